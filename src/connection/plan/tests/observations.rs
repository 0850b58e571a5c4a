//! Every kind of observation of a connection, for the tests of the plan.

use fabric_api::{OrderIntent, Owner, Resolved};
use fabric_domain::{
    ASide, Change, ConnectionId, ConnectionName, EquinixStatus, LinkProtocol, Mbps, Order, PortId,
    ProviderStatus, ServiceTokenId, Vlan, ZSide, ZSideSeen,
};

use super::*;
use crate::{
    account::grants::AccountUse,
    connection::{preflight::MissingLegs, resolve::Desired},
    reconcile::deletion::{Definition, Safeguards},
};

pub(super) fn id() -> ConnectionId {
    ConnectionId::parse("3a58dd05-f46d-4b1d-a154-2e85c396ea62").unwrap()
}

pub(super) fn line(equinix: &str, provider: &str) -> Box<Connection> {
    Box::new(Connection {
        id: id(),
        name: "Conn-1".into(),
        equinix_status: EquinixStatus::read(equinix),
        provider_status: ProviderStatus::read(provider),
        reference: None,
        bandwidth: None,
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
    })
}

pub(super) fn problem() -> Problem {
    Problem::passing(Reason::ProviderUnavailable, "down")
}

pub(super) fn desired() -> Box<Desired> {
    let link = LinkProtocol::Dot1q(Vlan::new(1001).unwrap());
    let port = PortId::parse("a867f685-41b0-1b07-6de0-320a5c00abdd").unwrap();
    let order = Order {
        name: ConnectionName::parse("Conn-1").unwrap(),
        bandwidth: Mbps::new(1000).unwrap(),
        purchase_order_number: None,
        reference: None,
        term: None,
        notifications: vec![],
        answers: vec![],
        a_side: ASide { port, link },
        z_side: ZSide::Token(ServiceTokenId::parse("20d32a80").unwrap()),
        secondary: None,
        join: None,
    };
    let resolved = Resolved::default();
    Box::new(Desired {
        leg: Leg::Primary,
        order,
        resolved,
        price: None,
        asked: AccountUse::default(),
    })
}

pub(super) fn intent() -> OrderIntent {
    serde_json::from_value(serde_json::json!({
        "name": "Conn-1", "portUuid": "a867f685", "vlanSTag": 1001, "requestHash": "0",
        "by": "1-2-3", "at": "2021-07-15T19:30:29Z", "attempt": 1,
    }))
    .unwrap()
}

pub(super) fn preflights() -> Vec<Preflight> {
    vec![
        Preflight::Unasked,
        Preflight::Blocked(problem()),
        Preflight::Postponed(Duration::from_secs(1)),
        Preflight::AwaitingListing(None),
        Preflight::AwaitingListing(Some(problem())),
        Preflight::AwaitingPrimary,
        Preflight::Occupied(line("PROVISIONED", "PROVISIONED")),
        Preflight::Occupied(line("DEPROVISIONING", "DEPROVISIONING")),
        Preflight::AwaitingProof,
        Preflight::Ready(desired()),
    ]
}

pub(super) fn states() -> Vec<ConnectionState> {
    let mut all = vec![ConnectionState::Copied(problem()), ConnectionState::Unusable(problem())];
    all.extend(traces().map(ConnectionState::Unrecorded));
    let evidence = [
        OrderEvidence::Found(id()),
        OrderEvidence::Open,
        OrderEvidence::Doubtful(line("PROVISIONED", "PROVISIONED")),
        OrderEvidence::Repeatable,
        OrderEvidence::Absent,
    ];
    all.extend(evidence.map(|e| ConnectionState::Intended(intent(), e)));
    let mut views = vec![
        ProviderView::Foreign(problem()),
        ProviderView::Unlisted(None),
        ProviderView::Unlisted(Some(problem())),
        ProviderView::Gone,
        ProviderView::NotVisible(problem()),
        ProviderView::Lagging(problem()),
        ProviderView::Unasked(problem()),
    ];
    for pair in [
        ("PROVISIONING", "NOT_AVAILABLE"),
        ("PROVISIONED", "PENDING_APPROVAL"),
        ("PROVISIONED", "PROVISIONED"),
        ("PENDING_APPROVAL", "NOT_AVAILABLE"),
        ("PENDING_DELETE", "AVAILABLE"),
        ("DEPROVISIONING", "DEPROVISIONING"),
        ("DEPROVISIONED", "DEPROVISIONED"),
        ("REJECTED", "NOT_AVAILABLE"),
        ("SOMETHING_NEW", "AVAILABLE"),
    ] {
        views.push(ProviderView::Seen(line(pair.0, pair.1)));
    }
    for cancellation in [
        Cancellation::No,
        Cancellation::Taken,
        Cancellation::Refused { again: false },
        Cancellation::Refused { again: true },
    ] {
        let known = |view: &ProviderView| ConnectionState::Known {
            id: id(),
            cancellation,
            view: view.clone(),
        };
        all.extend(views.iter().map(known));
    }
    all.push(ConnectionState::Offered(Adoption::Agreed(id(), Resolved::default())));
    all.push(ConnectionState::Offered(Adoption::Declined(problem())));
    all.push(ConnectionState::Offered(Adoption::AwaitingListing(None)));
    all.push(ConnectionState::Offered(Adoption::Unjudged));
    all.push(ConnectionState::Offered(Adoption::Ended(problem())));
    all
}

pub(super) fn traces() -> [Trace; 7] {
    [
        Trace::Unasked(problem()),
        Trace::Unasked(Problem { reason: Reason::AccountNotFound, ..problem() }),
        Trace::Unlisted(None),
        Trace::Unlisted(Some(problem())),
        Trace::Nothing,
        Trace::Ours(id()),
        Trace::Doubtful(line("PROVISIONED", "PROVISIONED")),
    ]
}

pub(super) fn owner() -> Owner {
    Owner { cluster_uid: "cluster".into(), resource_uid: "resource".into() }
}

/// Every combination of one line or two, of what is missing, and of the flags.
pub(super) fn observations() -> Vec<ConnectionObservation> {
    let mut all = vec![];
    let mut sets: Vec<Vec<(Leg, ConnectionState)>> =
        states().into_iter().map(|line| vec![(Leg::Primary, line)]).collect();
    for first in states() {
        for second in states() {
            sets.push(vec![(Leg::Primary, first.clone()), (Leg::Secondary, second)]);
        }
    }
    for legs in sets {
        let missing = MissingLegs::of(&legs).is_some();
        for flags in 0..128 {
            let [deleting, orphan, paused, observes, adopts, kept, held] =
                [1, 2, 4, 8, 16, 32, 64].map(|flag| flags & flag > 0);
            // What is not looked at differently needs no second look.
            if (kept && !(deleting && adopts)) || (held && (!deleting || observes)) {
                continue;
            }
            let asked = missing && !deleting && !paused && !observes;
            let preflights = if asked { preflights() } else { vec![Preflight::Unasked] };
            for preflight in preflights {
                for drifts in [vec![], vec![drift()]] {
                    all.push(ConnectionObservation {
                        deleting,
                        keeps: orphan || observes,
                        kept: if kept { vec![Leg::Primary] } else { vec![] },
                        safeguards: Safeguards { protected: held, ..no_safeguards() },
                        observes,
                        paused,
                        flow: Flow::Token,
                        owner: owner(),
                        recorded_owner: owner(),
                        adopts,
                        may_adopt: true,
                        trouble: None,
                        legs: legs.clone(),
                        drifts: if observes { vec![] } else { drifts },
                        price: None,
                        preflight: preflight.clone(),
                        awaits_list: false,
                        last_seen: vec![],
                    });
                }
            }
        }
    }
    all
}

/// A change that is due on the first line.
pub(super) fn drift() -> Drift {
    let status = serde_json::json!({
        "field": "bandwidth", "to": "200 Mbit/s", "generation": 1, "at": "2021-07-15T19:30:29Z",
        "attempts": 1,
    });
    let change = Change::Bandwidth(Mbps::new(200).unwrap());
    let correction = Correction::Due(change, serde_json::from_value(status).unwrap());
    Drift { leg: Leg::Primary, differences: vec![], correction }
}

/// Nothing that holds a deletion.
pub(super) fn no_safeguards() -> Safeguards {
    Safeguards { protected: false, definition: Definition::Stays }
}
