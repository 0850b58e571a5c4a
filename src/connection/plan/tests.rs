//! Every kind of observation, and that none of them leads to what must never be done.

use fabric_api::OrderIntent;
use fabric_domain::{
    ASide, ConnectionName, EquinixStatus, LinkProtocol, Mbps, Order, PortId, ProviderStatus,
    ServiceTokenId, Vlan, ZSide,
};

use crate::connection::{plan::*, preflight::MissingLegs};

fn id() -> ConnectionId {
    ConnectionId::parse("3a58dd05-f46d-4b1d-a154-2e85c396ea62").unwrap()
}

fn line(equinix: &str, provider: &str) -> Box<Connection> {
    Box::new(Connection {
        id: id(),
        name: "Conn-1".into(),
        equinix_status: EquinixStatus::read(equinix),
        provider_status: ProviderStatus::read(provider),
        bandwidth: None,
        port: None,
        tags: None,
        redundancy: None,
        provider_connection_id: None,
        notifications: vec![],
        term: None,
        change: None,
        created: None,
        faults: vec![],
    })
}

fn problem() -> Problem {
    Problem::passing(Reason::ProviderUnavailable, "down")
}

fn desired() -> Box<Desired> {
    let link = LinkProtocol::Dot1q(Vlan::new(1001).unwrap());
    let port = PortId::parse("a867f685-41b0-1b07-6de0-320a5c00abdd").unwrap();
    let order = Order {
        name: ConnectionName::parse("Conn-1").unwrap(),
        bandwidth: Mbps::new(1000).unwrap(),
        purchase_order_number: None,
        term: None,
        notifications: vec![],
        a_side: ASide { port, link },
        z_side: ZSide::Token(ServiceTokenId::parse("20d32a80").unwrap()),
        secondary: None,
        join: None,
    };
    let resolved = Resolved::default();
    Box::new(Desired { leg: Leg::Primary, order, resolved, price: None })
}

fn intent() -> OrderIntent {
    serde_json::from_value(serde_json::json!({
        "name": "Conn-1", "portUuid": "a867f685", "vlanSTag": 1001, "requestHash": "0",
        "by": "1-2-3", "at": "2021-07-15T19:30:29Z", "attempt": 1,
    }))
    .unwrap()
}

fn readinesses() -> Vec<Preflight> {
    vec![
        Preflight::Unasked,
        Preflight::Blocked(problem()),
        Preflight::Resting(Duration::from_secs(1)),
        Preflight::AwaitingListing,
        Preflight::AwaitingPrimary,
        Preflight::Occupied(line("PROVISIONED", "PROVISIONED")),
        Preflight::Occupied(line("DEPROVISIONING", "DEPROVISIONING")),
        Preflight::Ours(Leg::Primary, id()),
        Preflight::Ready(desired()),
    ]
}

fn lines() -> Vec<ConnectionState> {
    let mut all = vec![ConnectionState::None, ConnectionState::Unusable(problem())];
    let evidence = [OrderEvidence::Found(id()), OrderEvidence::Open, OrderEvidence::Absent];
    all.extend(evidence.map(|e| ConnectionState::Intended(intent(), e)));
    let mut views = vec![
        ProviderView::Foreign(problem()),
        ProviderView::Unlisted,
        ProviderView::Gone,
        ProviderView::NotVisible(problem()),
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
    all.push(ConnectionState::Offered(Adoption::AwaitingListing));
    all
}

/// Every combination of one line or two, of what is missing, and of the flags.
fn observations() -> Vec<ConnectionObservation> {
    let mut all = vec![];
    let mut sets: Vec<Vec<(Leg, ConnectionState)>> =
        lines().into_iter().map(|line| vec![(Leg::Primary, line)]).collect();
    for first in lines() {
        for second in lines() {
            sets.push(vec![(Leg::Primary, first.clone()), (Leg::Secondary, second)]);
        }
    }
    for lines in sets {
        let missing = MissingLegs::of(&lines).is_some();
        for flags in 0..16 {
            let [deleting, orphan, paused, observes] = [1, 2, 4, 8].map(|flag| flags & flag > 0);
            let asked = missing && !deleting && !paused && !observes;
            let readinesses = if asked { readinesses() } else { vec![Preflight::Unasked] };
            for readiness in readinesses {
                for drifts in [vec![], vec![drift()]] {
                    all.push(ConnectionObservation {
                        deleting,
                        keeps: orphan || observes,
                        observes,
                        paused,
                        flow: Flow::Token,
                        lines: lines.clone(),
                        drifts: if observes { vec![] } else { drifts },
                        price: None,
                        readiness: readiness.clone(),
                    });
                }
            }
        }
    }
    all
}

/// A change that is due on the first line.
fn drift() -> Drift {
    let status = serde_json::json!({
        "field": "bandwidth", "to": "200 Mbit/s", "generation": 1, "at": "2021-07-15T19:30:29Z",
        "attempts": 1,
    });
    let change = Change::Bandwidth(Mbps::new(200).unwrap());
    let correction = Correction::Due(change, serde_json::from_value(status).unwrap());
    Drift { leg: Leg::Primary, differences: vec![], correction }
}

fn is_gone(line: &ConnectionState) -> bool {
    match line {
        ConnectionState::Known { view: ProviderView::Gone, .. } => true,
        ConnectionState::Known { view: ProviderView::Seen(line), .. } => {
            line.equinix_status == EquinixStatus::Deprovisioned
        }
        ConnectionState::Known { .. }
        | ConnectionState::None
        | ConnectionState::Intended(..)
        | ConnectionState::Offered(_)
        | ConnectionState::Unusable(_) => false,
    }
}

fn is_unordered(line: &ConnectionState) -> bool {
    is_absent(line) || matches!(line, ConnectionState::Offered(_))
}

fn is_absent(line: &ConnectionState) -> bool {
    matches!(line, ConnectionState::None | ConnectionState::Intended(_, OrderEvidence::Absent))
}

#[test]
fn no_observation_leads_to_a_second_order_or_an_unasked_cancellation() {
    let all = observations();
    println!("{} observations", all.len());
    for seen in all {
        let step = next(&seen);
        let told = || format!("{seen:#?} leads to {step:#?}");
        let every =
            |holds: fn(&ConnectionState) -> bool| seen.lines.iter().all(|(_, line)| holds(line));
        let any =
            |holds: fn(&ConnectionState) -> bool| seen.lines.iter().any(|(_, line)| holds(line));
        match &step {
            Step::Order(..) => {
                let open = any(|l| matches!(l, ConnectionState::Intended(_, OrderEvidence::Open)));
                let found =
                    any(|l| matches!(l, ConnectionState::Intended(_, OrderEvidence::Found(_))));
                assert!(any(is_absent) && !open && !found, "{}", told());
                assert!(matches!(seen.readiness, Preflight::Ready(_)), "{}", told());
                assert!(!seen.deleting && !seen.paused && !seen.observes, "{}", told());
            }
            Step::Cancel(..) | Step::Confirm(..) => {
                assert!(seen.deleting && !seen.keeps && !seen.paused, "{}", told());
            }
            Step::Change(leg, ..) => {
                let there = |(of, line): &(Leg, ConnectionState)| {
                    of == leg
                        && matches!(
                            line,
                            ConnectionState::Known { view: ProviderView::Seen(_), .. }
                        )
                };
                assert!(seen.lines.iter().any(there), "{}", told());
                assert!(!seen.deleting && !seen.paused && !seen.observes, "{}", told());
            }
            Step::TakeOver(leg, ..) => {
                let agreed = |(of, line): &(Leg, ConnectionState)| {
                    of == leg && matches!(line, ConnectionState::Offered(Adoption::Agreed(..)))
                };
                assert!(seen.lines.iter().any(agreed), "{}", told());
                assert!(!seen.deleting && !seen.paused, "{}", told());
            }
            Step::Release(Released::NothingOrdered) => {
                assert!(every(is_unordered) && seen.deleting, "{}", told());
            }
            Step::Release(Released::LineGone) => {
                let over = every(|line| is_unordered(line) || is_gone(line));
                assert!(over && seen.deleting, "{}", told());
            }
            Step::Release(Released::Orphaned) => {
                assert!(seen.deleting && seen.keeps, "{}", told());
            }
            Step::Pause => assert!(seen.paused, "{}", told()),
            Step::Hold(_)
            | Step::AwaitListing
            | Step::Rest(_)
            | Step::Search
            | Step::Adopt(..)
            | Step::Follow(..)
            | Step::AwaitEnd(_) => {}
            Step::StillUp(..) => assert!(seen.deleting && !seen.keeps, "{}", told()),
        }
    }
}

#[test]
fn another_attempt_is_counted() {
    let seen = |line| ConnectionObservation {
        deleting: false,
        keeps: false,
        observes: false,
        paused: false,
        flow: Flow::Token,
        lines: vec![(Leg::Primary, line)],
        drifts: vec![],
        price: None,
        readiness: Preflight::Ready(desired()),
    };
    let first = next(&seen(ConnectionState::None));
    let second = next(&seen(ConnectionState::Intended(intent(), OrderEvidence::Absent)));
    assert!(matches!(first, Step::Order(_, 1)), "{first:?}");
    assert!(matches!(second, Step::Order(_, 2)), "{second:?}");
}
