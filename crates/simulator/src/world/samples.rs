//! The connections that samples use without ordering them.
//!
//! Those of "GET L2 Connections {uuid}" and "DELETE Connections {uuid}"; the one that "Step 3: Accept
//! Connection" accepts at AWS; the three that wait for
//! their seller in "How to approve or reject a connection?", a pair and a single one; and the
//! primary ones of the two redundancy groups that the tables of the invitation document name. Every
//! other connection has to be ordered.

use std::time::Duration;

use serde_json::Map;

use fabric_domain::{
    ConnectionId, Leg, LinkProtocol, MetroCode, PortId, ProfileId, ServiceTokenId, Vlan,
};

use super::{
    draft::{Destination, Draft, ZSideTerms},
    ledger::ApiDialect,
    lifecycle::Lifecycle,
    line::Line,
    state::WorldState,
    users::Organisation,
};

/// The state in which a sample connection starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SampleState {
    InService,
    Deprovisioned,
    PendingApproval,
    /// It waits for its buyer to accept it at AWS.
    PendingAcceptance,
}

struct SampleLine {
    id: &'static str,
    name: &'static str,
    port: &'static str,
    profile: &'static str,
    metro: &'static str,
    vlan: u16,
    key: Option<&'static str>,
    peering: Option<&'static str>,
    leg: Leg,
    sample_state: SampleState,
}

const AZURE: SampleLine = SampleLine {
    id: "006d08e2-788e-4c83-82d3-07b1787644a5",
    name: "SAL-AZURE-TR-SEC-20",
    port: "66284add-86d1-6d10-b4e0-30ac094f8af1",
    profile: "a1390b22-bbe0-4e93-ad37-85beef9d254d",
    metro: "TR",
    vlan: 200,
    key: Some("99973578-36f9-47f8-b12f-afa3faf02d06"),
    peering: Some("Private"),
    leg: Leg::Secondary,
    sample_state: SampleState::Deprovisioned,
};
const AWS: SampleLine = SampleLine {
    id: "702d31c4-c66d-49b0-a26c-a9a234e56fsb",
    name: "John-Doe",
    port: JOHN_DOE_PORT,
    profile: "3214888b-39b0-49ea-a232-005088dc9c84",
    metro: "SV",
    vlan: 201,
    key: Some("123456789012"),
    peering: None,
    leg: Leg::Primary,
    sample_state: SampleState::InService,
};
const WAITING: SampleLine = SampleLine {
    id: "9b1da3b0-ea1d-4770-ae51-c794ffb23dbc",
    name: "John-Doe-Primary",
    port: JOHN_DOE_PORT,
    profile: "7a73af1a-3d74-47ac-b778-6bf455d1174e",
    metro: "SV",
    vlan: 202,
    key: None,
    peering: None,
    leg: Leg::Primary,
    sample_state: SampleState::PendingApproval,
};
const SAMPLES: [SampleLine; 6] = [
    AZURE,
    AWS,
    SampleLine {
        id: "9999a8-0e07-44d0-944c-88a25d8d28f7",
        name: "JohnDoe_AWS_Accept",
        vlan: 205,
        sample_state: SampleState::PendingAcceptance,
        ..AWS
    },
    WAITING,
    // The other leg is the one that the answer to the redundant approval names.
    SampleLine {
        id: "13f1b31a-855b-44ca-b30a-4322a4d3af0b",
        name: "John-Doe-Secondary",
        vlan: 203,
        leg: Leg::Secondary,
        ..WAITING
    },
    SampleLine {
        id: "60bfd673-8fbc-4de9-be4b-176ad8f3e908",
        name: "John-Doe-Rejected",
        vlan: 204,
        ..WAITING
    },
];
const JOHN_DOE_PORT: &str = "9a1b30c7-baaf-aaf0-96e0-30ac188c7099";

/// Adds the sample connections to a new world.
pub(crate) fn add(state: &mut WorldState) {
    let mut group = state.new_group();
    for sample in &SAMPLES {
        // The secondary of a pair follows its primary.
        if sample.leg == Leg::Primary {
            group = state.new_group();
        }
        if let Some(draft) = draft(sample) {
            add_line(state, sample.id, &group, draft, ApiDialect::V3, sample.sample_state);
        }
    }
    let email = "test@equinix.com".to_owned();
    let invitation = Destination::Invitation { email, message: "Hello World!".to_owned() };
    let token =
        ServiceTokenId::parse("20d32a80-0d61-4333-bc03-707b591ae2f3").map(Destination::Token);
    for (number, group, vlan, end) in [
        ("1", "m167f685-41b0-1b07-6de0-320a5c00abeu", 4001, Ok(invitation)),
        ("2", "7a58dd05-f46d-4b1d-a154-2e85c396ea63", 4002, token),
    ] {
        if let Some(draft) = end.ok().and_then(|end| first_line(number, vlan, end)) {
            let id = format!("5f00d000-0000-4000-8000-00000000000{number}");
            add_line(state, &id, group, draft, ApiDialect::V4, SampleState::InService);
        }
    }
}

/// The primary connection of a group that a secondary one can join.
fn first_line(number: &str, vlan: u16, destination: Destination) -> Option<Draft> {
    Some(Draft {
        name: format!("First-{number}"),
        mbps: 1000,
        in_gigabits: false,
        purchase_order: None,
        emails: vec!["test@equinix.com".to_owned()],
        port: PortId::parse("a867f685-41b0-1b07-6de0-320a5c00abdd").ok()?,
        link: LinkProtocol::Dot1q(Vlan::new(vlan).ok()?),
        destination,
        terms: ZSideTerms::default(),
        metro: MetroCode::parse("SV").ok()?,
        leg: Leg::Primary,
        echoed: Map::new(),
    })
}

fn draft(sample: &SampleLine) -> Option<Draft> {
    Some(Draft {
        name: sample.name.to_owned(),
        mbps: 50,
        in_gigabits: false,
        purchase_order: None,
        emails: vec!["JohnDoe@equinix.com".to_owned()],
        port: PortId::parse(sample.port).ok()?,
        link: LinkProtocol::Dot1q(Vlan::new(sample.vlan).ok()?),
        destination: Destination::Profile(ProfileId::parse(sample.profile).ok()?),
        terms: ZSideTerms {
            key: sample.key.map(str::to_owned),
            peering: sample.peering.map(str::to_owned),
            ..ZSideTerms::default()
        },
        metro: MetroCode::parse(sample.metro).ok()?,
        leg: sample.leg,
        echoed: Map::new(),
    })
}

fn add_line(
    state: &mut WorldState,
    id: &str,
    group: &str,
    draft: Draft,
    dialect: ApiDialect,
    sample_state: SampleState,
) {
    let Ok(id) = ConnectionId::parse(id) else { return };
    let flow = state.flow(&draft);
    let deprovisioned = sample_state == SampleState::Deprovisioned;
    // Cloud providers know a connection by a number of its own.
    let serial = match sample_state {
        SampleState::PendingAcceptance => state.next_number(),
        SampleState::InService | SampleState::Deprovisioned | SampleState::PendingApproval => 0,
    };
    state.lines.push(Line {
        id,
        organisation: Organisation::FIRST,
        dialect,
        draft,
        group: group.to_owned(),
        created: Duration::ZERO,
        cancelled: deprovisioned.then_some(Duration::ZERO),
        lifecycle: match sample_state {
            SampleState::InService | SampleState::Deprovisioned => {
                Lifecycle::ended(flow, deprovisioned)
            }
            SampleState::PendingApproval => Lifecycle::begin(flow, Duration::ZERO),
            SampleState::PendingAcceptance => Lifecycle::awaiting_decision(flow, Duration::ZERO),
        },
        relocation: None,
        change: None,
        assigned_port: None,
        edited: Duration::ZERO,
        comment: None,
        serial,
    });
}
