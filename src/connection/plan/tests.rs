//! Every kind of observation, and that none of them leads to what must never be done.

use fabric_domain::{
    ASide, Change, ConnectionId, ConnectionName, EquinixStatus, LinkProtocol, Mbps, Order, PortId,
    ProviderStatus, ServiceTokenId, Vlan, ZSide, ZSideSeen,
};

use fabric_api::{OrderIntent, Owner, Resolved};

use super::*;
use crate::{
    account::grants::AccountUse,
    connection::{preflight::MissingLegs, resolve::Desired},
};

fn id() -> ConnectionId {
    ConnectionId::parse("3a58dd05-f46d-4b1d-a154-2e85c396ea62").unwrap()
}

fn line(equinix: &str, provider: &str) -> Box<Connection> {
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

fn intent() -> OrderIntent {
    serde_json::from_value(serde_json::json!({
        "name": "Conn-1", "portUuid": "a867f685", "vlanSTag": 1001, "requestHash": "0",
        "by": "1-2-3", "at": "2021-07-15T19:30:29Z", "attempt": 1,
    }))
    .unwrap()
}

fn preflights() -> Vec<Preflight> {
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

fn states() -> Vec<ConnectionState> {
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
    all
}

fn traces() -> [Trace; 7] {
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

fn owner() -> Owner {
    Owner { cluster_uid: "cluster".into(), resource_uid: "resource".into() }
}

/// Every combination of one line or two, of what is missing, and of the flags.
fn observations() -> Vec<ConnectionObservation> {
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
        for flags in 0..32 {
            let [deleting, orphan, paused, observes] = [1, 2, 4, 8].map(|flag| flags & flag > 0);
            let asked = missing && !deleting && !paused && !observes;
            let preflights = if asked { preflights() } else { vec![Preflight::Unasked] };
            for preflight in preflights {
                for drifts in [vec![], vec![drift()]] {
                    all.push(ConnectionObservation {
                        deleting,
                        keeps: orphan || observes,
                        observes,
                        paused,
                        flow: Flow::Token,
                        owner: owner(),
                        recorded_owner: owner(),
                        adopts: flags & 16 > 0,
                        may_adopt: true,
                        trouble: None,
                        legs: legs.clone(),
                        drifts: if observes { vec![] } else { drifts },
                        price: None,
                        preflight: preflight.clone(),
                        awaits_list: false,
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

fn is_gone(state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Known { view: ProviderView::Gone, .. } => true,
        ConnectionState::Known { view: ProviderView::Seen(seen), .. } => {
            seen.equinix_status == EquinixStatus::Deprovisioned
        }
        ConnectionState::Known { .. }
        | ConnectionState::Unrecorded(_)
        | ConnectionState::Copied(_)
        | ConnectionState::Intended(..)
        | ConnectionState::Offered(_)
        | ConnectionState::Unusable(_) => false,
    }
}

/// Whether the provider is proven to have nothing of it; without an account, there is no provider.
fn is_unordered(state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Unrecorded(Trace::Unasked(problem)) => {
            problem.reason == Reason::AccountNotFound
        }
        ConnectionState::Unrecorded(Trace::Nothing)
        | ConnectionState::Intended(_, OrderEvidence::Absent)
        | ConnectionState::Offered(_) => true,
        _ => false,
    }
}

/// Whether an order for it may go out.
fn may_be_ordered(state: &ConnectionState) -> bool {
    matches!(
        state,
        ConnectionState::Unrecorded(Trace::Nothing)
            | ConnectionState::Intended(_, OrderEvidence::Absent | OrderEvidence::Repeatable)
    )
}

/// Whether it may be at the provider, and is not known by its id.
fn is_open(state: &ConnectionState) -> bool {
    matches!(
        state,
        ConnectionState::Intended(
            _,
            OrderEvidence::Open | OrderEvidence::Found(_) | OrderEvidence::Doubtful(_)
        ) | ConnectionState::Unrecorded(Trace::Ours(_) | Trace::Doubtful(_))
    )
}

fn is_copy(state: &ConnectionState) -> bool {
    matches!(state, ConnectionState::Copied(_))
}

/// Whether a command is one that the observation may lead to.
fn is_allowed(seen: &ConnectionObservation, command: &ConnectionCommand) -> bool {
    let of = |leg: &Leg| seen.legs.iter().find(|(of, _)| of == leg).map(|(_, state)| state);
    let may_change = !seen.deleting && !seen.paused && !seen.observes;
    match command {
        ConnectionCommand::Order { .. } => {
            may_change
                && matches!(seen.preflight, Preflight::Ready(_))
                && seen.legs.iter().any(|(_, state)| may_be_ordered(state))
                && !seen.adopts
                && !seen.legs.iter().any(|(_, state)| is_open(state) || is_copy(state))
                && seen.legs.iter().all(|(_, state)| is_searched(state))
        }
        ConnectionCommand::TakeUp(leg, id) => match of(leg) {
            Some(ConnectionState::Intended(_, OrderEvidence::Found(found))) => {
                found == id && !seen.paused
            }
            Some(ConnectionState::Unrecorded(Trace::Ours(ours))) => ours == id && !seen.paused,
            _ => false,
        },
        ConnectionCommand::Change { leg, id, .. } => match of(leg) {
            Some(ConnectionState::Known { id: known, view: ProviderView::Seen(_), .. }) => {
                known == id && may_change
            }
            _ => false,
        },
        ConnectionCommand::Cancel(due, ending) => {
            let is_due = |Cancel { leg, id, confirms }: &Cancel| match of(leg) {
                Some(ConnectionState::Known { id: known, view, cancellation }) => {
                    let shown = matches!(view, ProviderView::Seen(_)) && !confirms;
                    let hidden = matches!(view, ProviderView::NotVisible(_)) && *confirms;
                    known == id
                        && (shown || hidden)
                        && (hidden || *cancellation != Cancellation::Taken)
                }
                _ => false,
            };
            let is_seen = |(leg, _): &(Leg, Box<Connection>)| {
                matches!(of(leg), Some(ConnectionState::Known { view: ProviderView::Seen(_), .. }))
            };
            seen.deleting
                && !seen.keeps
                && !seen.paused
                && !seen.legs.iter().any(|(_, state)| is_copy(state))
                && !due.is_empty()
                && due.iter().all(is_due)
                && ending.iter().all(is_seen)
        }
    }
}

/// Whether a connection is known to be up and was not cancelled yet.
fn is_up_uncancelled(seen: &ConnectionObservation, state: &ConnectionState) -> bool {
    let ConnectionState::Known { view: ProviderView::Seen(line), cancellation, .. } = state else {
        return false;
    };
    let standing = Standing::of(&line.equinix_status, &line.provider_status, seen.flow);
    *cancellation == Cancellation::No && !matches!(standing.phase, Phase::Deleting | Phase::Deleted)
}

#[test]
fn no_observation_leads_to_a_second_order_or_an_unasked_cancellation() {
    let all = observations();
    println!("{} observations", all.len());
    let (mut orders, mut cancellations, mut changes, mut found) = (0, 0, 0, 0);
    for seen in all {
        let step = plan(&seen);
        let to_cancel: Vec<Leg> = seen
            .legs
            .iter()
            .filter(|(_, state)| is_up_uncancelled(&seen, state))
            .map(|(leg, _)| *leg)
            .collect();
        let cancelled: Vec<Leg> = match &step {
            Step::Act(ConnectionCommand::Cancel(due, _)) => due.iter().map(|due| due.leg).collect(),
            _ => vec![],
        };
        let takes_up = matches!(step, Step::Act(ConnectionCommand::TakeUp(..)));
        let ends = seen.deleting && !seen.keeps && !seen.paused && !takes_up;
        let ends = ends && !seen.legs.iter().any(|(_, state)| is_copy(state));
        // What is known is cancelled at once, whatever the other half is.
        assert!(
            !ends || to_cancel.iter().all(|leg| cancelled.contains(leg)),
            "{seen:#?} leads to {step:#?}"
        );
        let context = || format!("{seen:#?} leads to {step:#?}");
        let every =
            |holds: fn(&ConnectionState) -> bool| seen.legs.iter().all(|(_, leg)| holds(leg));
        match &step {
            Step::Act(command) => {
                assert!(is_allowed(&seen, command), "{}", context());
                match command {
                    ConnectionCommand::Order { .. } => orders += 1,
                    ConnectionCommand::Cancel(..) => cancellations += 1,
                    ConnectionCommand::Change { .. } => changes += 1,
                    ConnectionCommand::TakeUp(..) => found += 1,
                }
            }
            Step::Report(ConnectionReport::Adopted { leg, .. }, _) => {
                let agreed = |(of, state): &(Leg, ConnectionState)| {
                    of == leg && matches!(state, ConnectionState::Offered(Adoption::Agreed(..)))
                };
                assert!(seen.legs.iter().any(agreed), "{}", context());
                assert!(!seen.deleting && !seen.paused, "{}", context());
            }
            Step::Report(ConnectionReport::Paused, _) => assert!(seen.paused, "{}", context()),
            Step::Report(ConnectionReport::StillUp(..) | ConnectionReport::Ending(..), _) => {
                assert!(seen.deleting && !seen.keeps, "{}", context());
            }
            Step::Report(
                ConnectionReport::Blocked(_)
                | ConnectionReport::AwaitingListing
                | ConnectionReport::OrderUnknown(None)
                | ConnectionReport::OrderDoubtful(_)
                | ConnectionReport::Followed { .. },
                _,
            ) => assert!(!seen.paused, "{}", context()),
            Step::Report(ConnectionReport::Copied(_), _) => {
                assert!(!every(|state| !is_copy(state)) && !seen.deleting, "{}", context());
            }
            Step::Report(ConnectionReport::NotOrdered(leg), _) => {
                let absent = |(of, state): &(Leg, ConnectionState)| {
                    of == leg
                        && matches!(state, ConnectionState::Intended(_, OrderEvidence::Absent))
                };
                assert!(seen.legs.iter().any(absent) && !seen.deleting, "{}", context());
            }
            Step::Report(report, _) => panic!("no plan reports {report:?}: {}", context()),
            Step::Wait(_) => assert!(!seen.paused && !seen.deleting, "{}", context()),
            Step::Release(Release::NothingSent) => {
                assert!(every(is_unordered) && seen.deleting, "{}", context());
            }
            Step::Release(Release::Gone) => {
                let over = every(|state| is_unordered(state) || is_gone(state));
                assert!(over && seen.deleting, "{}", context());
            }
            Step::Release(Release::Orphaned) => {
                let left = seen.keeps || !every(|state| !is_copy(state));
                assert!(seen.deleting && left, "{}", context());
            }
        }
    }
    let each = [orders, cancellations, changes, found];
    assert!(each.iter().all(|count| *count > 100), "orders and the like: {each:?}");
}

#[test]
fn another_attempt_is_counted() {
    let seen = |state| ConnectionObservation {
        deleting: false,
        keeps: false,
        observes: false,
        paused: false,
        flow: Flow::Token,
        owner: owner(),
        recorded_owner: owner(),
        adopts: false,
        may_adopt: false,
        trouble: None,
        legs: vec![(Leg::Primary, state)],
        drifts: vec![],
        price: None,
        preflight: Preflight::Ready(desired()),
        awaits_list: false,
    };
    let attempt = |state| match plan(&seen(state)) {
        Step::Act(ConnectionCommand::Order { attempt, .. }) => attempt,
        step => panic!("no order: {step:?}"),
    };
    assert_eq!(attempt(ConnectionState::Unrecorded(Trace::Nothing)), 1);
    assert_eq!(attempt(ConnectionState::Intended(intent(), OrderEvidence::Absent)), 2);
}
