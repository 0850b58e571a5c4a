//! What status keeps of what the provider shows, and says of it.

use serde_json::json;

use super::*;
use fabric_api::{ProviderFault, ZSideStatus};
use fabric_domain::{EquinixStatus, Fault, OperationalStatus, PortId, ProviderStatus, ZSideSeen};

use crate::reconcile::conditions::find;

fn object() -> FabricConnection {
    serde_json::from_value(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricConnection",
        "metadata": {"name": "aws", "namespace": "network", "generation": 1},
        "spec": {
            "account": "default", "bandwidthMbps": 50, "notifications": ["a@example.com"],
            "aSide": {"port": {"name": "p"}, "linkProtocol": {"type": "DOT1Q", "vlanTag": 774}},
            "zSide": {"serviceProfile": {"name": "AWS Direct Connect"}},
        },
    }))
    .unwrap()
}

fn line() -> Connection {
    Connection {
        id: ConnectionId::parse("3a58dd05").unwrap(),
        name: "aws".into(),
        equinix_status: EquinixStatus::Provisioned,
        provider_status: ProviderStatus::Provisioned,
        reference: None,
        bandwidth: Some(50),
        port: None,
        tags: None,
        metro: None,
        z_side: ZSideSeen::default(),
        redundancy: None,
        provider_connection_id: None,
        notifications: vec![],
        term: None,
        change: None,
        created: None,
        operational: None,
        faults: vec![],
    }
}

fn after(old: &FabricConnectionStatus, lines: &[(Leg, Connection)]) -> FabricConnectionStatus {
    let seen = lines.iter().map(|(leg, line)| (*leg, Box::new(line.clone()))).collect();
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    status_after(&object(), old, &ConnectionReport::Ending(seen, Flow::Aws, None), now)
}

fn shown(operational: &str) -> Connection {
    Connection { operational: Some(OperationalStatus::read(operational)), ..line() }
}

fn data_plane_of(status: &FabricConnectionStatus) -> Option<(&str, &str, &str)> {
    let found = find(&status.conditions, ConditionType::DataPlaneUp)?;
    Some((&found.status, &found.reason, &found.message))
}

#[test]
fn the_data_plane_is_as_the_provider_last_showed_it() {
    let silent = after(&FabricConnectionStatus::default(), &[(Leg::Primary, line())]);
    assert_eq!(data_plane_of(&silent), None, "the provider has shown nothing");
    let one = |word| after(&silent, &[(Leg::Primary, shown(word))]);
    let up = ("True", "OperationalUp", "Equinix reports the connection as UP");
    assert_eq!(data_plane_of(&one("UP")), Some(up));
    let down = ("False", "OperationalDown", "Equinix reports the connection as DOWN");
    assert_eq!(data_plane_of(&one("DOWN")), Some(down));
    let new = ("Unknown", "OperationalUnknown", "Equinix reports the connection as DEGRADED");
    assert_eq!(data_plane_of(&one("DEGRADED")), Some(new));
    let kept = after(&one("DOWN"), &[(Leg::Primary, line())]);
    assert_eq!(data_plane_of(&kept), Some(down), "an answer without the word changes nothing");
}

/// What a report makes of a status.
fn reported(old: &FabricConnectionStatus, report: &ConnectionReport) -> FabricConnectionStatus {
    status_after(&object(), old, report, "2026-01-01T01:00:00Z".parse().unwrap())
}

#[test]
fn nothing_is_said_of_the_data_plane_of_what_cannot_be_seen() {
    let up = after(&FabricConnectionStatus::default(), &[(Leg::Primary, shown("UP"))]);
    for (report, reason) in [
        (
            ConnectionReport::Unseen(Problem::stalled(Reason::AccountDeleting, "x"), vec![]),
            "AccountDeleting",
        ),
        (
            ConnectionReport::Blocked(Problem::stalled(Reason::ConnectionDeleted, "x")),
            "ConnectionDeleted",
        ),
    ] {
        let unseen = reported(&up, &report);
        assert_eq!(data_plane_of(&unseen), Some(("Unknown", reason, "x")));
        // Nor by what knows no more than that.
        let later = reported(&unseen, &ConnectionReport::AwaitingListing);
        assert_eq!(data_plane_of(&later), Some(("Unknown", reason, "x")));
        let again = after(&later, &[(Leg::Primary, shown("UP"))]);
        assert_eq!(data_plane_of(&again).map(|it| it.0), Some("True"));
    }
}

#[test]
fn a_restart_while_a_connection_cannot_be_seen_claims_nothing_new() {
    let up = after(&FabricConnectionStatus::default(), &[(Leg::Primary, shown("UP"))]);
    let problem = Problem::stalled(Reason::AccountDeleting, "x");
    let unseen = reported(&up, &ConnectionReport::Unseen(problem, vec![]));
    assert_eq!(unseen.phase.as_deref(), Some("Unknown"));
    let restarted = reported(&unseen, &ConnectionReport::AwaitingListing);
    assert_eq!(restarted.conditions, unseen.conditions);
    assert_eq!(restarted.phase, unseen.phase);
}

#[test]
fn one_connection_of_a_pair_that_is_down_shows() {
    let pair = [(Leg::Primary, shown("UP")), (Leg::Secondary, shown("DOWN"))];
    let status = after(&FabricConnectionStatus::default(), &pair);
    let message = "Equinix reports the primary connection as UP; Equinix reports the secondary connection as DOWN";
    assert_eq!(data_plane_of(&status), Some(("False", "OperationalDown", message)));
}

#[test]
fn the_z_side_keeps_what_an_answer_leaves_out() {
    let port = PortId::parse("6f5680ea-1513-5130-50e0-30ac094f83ec").unwrap();
    let z_side = |z_side| [(Leg::Primary, Connection { z_side, ..line() })];
    let whole = ZSideSeen { port: Some(port.clone()), s_tag: Some(306), ..ZSideSeen::default() };
    let first = after(&FabricConnectionStatus::default(), &z_side(whole));
    let c_tag = ZSideSeen { c_tag: Some(8), ..ZSideSeen::default() };
    let second = after(&first, &z_side(c_tag));
    let expected = ZSideStatus {
        port_uuid: Some(port.to_string()),
        vlan_s_tag: Some(306),
        vlan_c_tag: Some(8),
    };
    assert_eq!(second.primary.unwrap().z_side, Some(expected));
}

#[test]
fn faults_of_a_connection_are_quoted_whole_and_once() {
    let fault = Fault {
        code: Some("EQ-3142701".into()),
        message: "Provisioning failed".into(),
        details: Some("The seller refused the key".into()),
        reason: Some("expired".into()),
        property: Some("/zSide/accessPoint/authenticationKey".into()),
        correlation_id: Some("c-1".into()),
        help: Some("https://docs.equinix.com".into()),
    };
    let failed = [(Leg::Primary, Connection { faults: vec![fault], ..line() })];
    let first = after(&FabricConnectionStatus::default(), &failed);
    let expected = ProviderFault {
        code: Some("EQ-3142701".into()),
        message: "Provisioning failed: expired".into(),
        details: Some("The seller refused the key".into()),
        property: Some("/zSide/accessPoint/authenticationKey".into()),
        correlation_id: Some("c-1".into()),
        help: Some("https://docs.equinix.com".into()),
    };
    assert_eq!(first.provider_faults, [expected]);
    assert_eq!(after(&first, &failed).provider_faults, first.provider_faults);
}
