//! The one next step. Pure: no client, no clock, no randomness.
//!
//! The step is the log line, the metric label and the test's expectation.

use std::time::Duration;

use super::{
    desired::Desired,
    observe::{Evidence, Line, Observation, Readiness, View},
};
use crate::{
    api::Reason,
    controller::problem::Problem,
    domain::{Connection, ConnectionId, Phase, Standing},
};

/// What to do next. At most one mutating call at the provider each.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr)]
pub(super) enum Step {
    /// Leave everything as it is: `spec.paused`.
    Pause,
    /// Something is in the way: say so.
    Hold(Problem),
    /// Wait for the first listing.
    AwaitListing,
    /// Wait for so long before the same order is sent again.
    Rest(Duration),
    /// Write the intent down and send the order.
    Order(Box<Desired>, u32),
    /// Look for the order whose answer was lost.
    Search,
    /// Take this line for ours.
    Adopt(ConnectionId),
    /// Report where the line stands.
    Follow(Box<Connection>),
    /// Send the cancellation.
    Cancel(ConnectionId),
    /// Ask for the cancellation of a line that is not shown: only the answer that it is deleted
    /// already proves that it is gone.
    Confirm(ConnectionId),
    /// Report how the line goes down.
    AwaitEnd(Box<Connection>),
    /// Let the resource go.
    Release(Released),
}

/// Why a resource is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Released {
    /// Nothing was ever ordered for it.
    NothingOrdered,
    /// Its line is gone.
    LineGone,
    /// Its line stays, as asked for.
    Orphaned,
}

/// The next step.
pub(super) fn next(seen: &Observation) -> Step {
    if seen.deleting { end(seen) } else { go_on(seen) }
}

fn go_on(seen: &Observation) -> Step {
    if seen.paused {
        return Step::Pause;
    }
    match &seen.line {
        Line::None(readiness) => order(readiness, 1),
        Line::Intended(_, Evidence::Found(id)) => Step::Adopt(id.clone()),
        Line::Intended(_, Evidence::Open) => Step::Search,
        Line::Intended(intent, Evidence::Absent(readiness)) => order(readiness, intent.attempt + 1),
        Line::Known { view, .. } => match view {
            View::Seen(connection) => Step::Follow(connection.clone()),
            View::NotListed => Step::AwaitListing,
            View::Gone => Step::Hold(Problem::stalled(
                Reason::ConnectionDeleted,
                "the connection was deleted, and not by this resource; delete this resource, and create it anew to order again",
            )),
            View::Foreign(problem) | View::NotVisible(problem) | View::Unasked(problem) => {
                Step::Hold(problem.clone())
            }
        },
    }
}

fn order(readiness: &Readiness, attempt: u32) -> Step {
    match readiness {
        Readiness::Unasked | Readiness::AwaitingListing => Step::AwaitListing,
        Readiness::Blocked(problem) => Step::Hold(problem.clone()),
        Readiness::Resting(left) => Step::Rest(*left),
        Readiness::Ours(id) => Step::Adopt(id.clone()),
        Readiness::Occupied(line) => Step::Hold(occupied(line)),
        Readiness::Ready(desired) => Step::Order(desired.clone(), attempt),
    }
}

fn occupied(line: &Connection) -> Problem {
    let standing =
        Standing::of(&line.equinix_status, &line.provider_status, crate::domain::Flow::Seller);
    if standing.phase == Phase::Deleting {
        return Problem::passing(
            Reason::VlanInUse,
            format!(
                "the port and VLAN still carry connection {} ({}), which is being taken down; the order goes out when they are free",
                line.name, line.id
            ),
        );
    }
    Problem::stalled(
        Reason::ConnectionExists,
        format!(
            "the port and VLAN carry connection {} ({}), which this resource did not order; choose another tag, or cancel that connection first",
            line.name, line.id
        ),
    )
}

fn end(seen: &Observation) -> Step {
    if seen.paused {
        return Step::Pause;
    }
    if seen.orphan {
        return Step::Release(Released::Orphaned);
    }
    match &seen.line {
        Line::None(Readiness::Blocked(problem)) => Step::Hold(problem.clone()),
        Line::None(_) | Line::Intended(_, Evidence::Absent(_)) => {
            Step::Release(Released::NothingOrdered)
        }
        Line::Intended(_, Evidence::Found(id)) => Step::Adopt(id.clone()),
        Line::Intended(_, Evidence::Open) => Step::Search,
        Line::Known { id, cancelled, view } => match view {
            View::Gone => Step::Release(Released::LineGone),
            View::Seen(line) => {
                let standing = Standing::of(&line.equinix_status, &line.provider_status, seen.flow);
                match standing.phase {
                    Phase::Deleted => Step::Release(Released::LineGone),
                    Phase::Deleting => Step::AwaitEnd(line.clone()),
                    Phase::Pending
                    | Phase::Ordering
                    | Phase::AwaitingApproval
                    | Phase::Provisioning
                    | Phase::Ready
                    | Phase::Failed
                    | Phase::Unknown => {
                        if *cancelled {
                            Step::AwaitEnd(line.clone())
                        } else {
                            Step::Cancel(id.clone())
                        }
                    }
                }
            }
            View::NotListed => Step::AwaitListing,
            // Not seeing a line is no proof that it is gone: credentials may have changed.
            View::NotVisible(_) => Step::Confirm(id.clone()),
            View::Foreign(problem) | View::Unasked(problem) => Step::Hold(problem.clone()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        api::{OrderIntent, Resolved},
        domain::{
            ASide, ConnectionName, EquinixStatus, Flow, LinkProtocol, Mbps, Order, PortId,
            ProviderStatus, ServiceTokenId, Vlan, ZSide,
        },
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
            bandwidth: None,
            port: None,
            tags: None,
            redundancy: None,
            provider_connection_id: None,
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
            notifications: vec![],
            a_side: ASide { port, link },
            z_side: ZSide::Token(ServiceTokenId::parse("20d32a80").unwrap()),
        };
        Box::new(Desired { order, resolved: Resolved::default() })
    }

    fn intent() -> OrderIntent {
        serde_json::from_value(serde_json::json!({
            "name": "Conn-1", "portUuid": "a867f685", "vlanOuter": 1001, "requestHash": "0",
            "by": "1-2-3", "at": "2021-07-15T19:30:29Z", "attempt": 1,
        }))
        .unwrap()
    }

    fn readinesses() -> Vec<Readiness> {
        vec![
            Readiness::Unasked,
            Readiness::Blocked(problem()),
            Readiness::Resting(Duration::from_secs(1)),
            Readiness::AwaitingListing,
            Readiness::Occupied(line("PROVISIONED", "PROVISIONED")),
            Readiness::Occupied(line("DEPROVISIONING", "DEPROVISIONING")),
            Readiness::Ours(id()),
            Readiness::Ready(desired()),
        ]
    }

    fn lines() -> Vec<Line> {
        let mut all: Vec<Line> = readinesses().into_iter().map(Line::None).collect();
        let absent = readinesses().into_iter().map(Evidence::Absent);
        let evidence = [Evidence::Found(id()), Evidence::Open].into_iter().chain(absent);
        all.extend(evidence.map(|e| Line::Intended(intent(), e)));
        let mut views = vec![
            View::Foreign(problem()),
            View::NotListed,
            View::Gone,
            View::NotVisible(problem()),
            View::Unasked(problem()),
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
            views.push(View::Seen(line(pair.0, pair.1)));
        }
        for cancelled in [false, true] {
            let known = |view: &View| Line::Known { id: id(), cancelled, view: view.clone() };
            all.extend(views.iter().map(known));
        }
        all
    }

    fn observations() -> Vec<Observation> {
        let mut all = vec![];
        for line in lines() {
            for flags in 0..8 {
                all.push(Observation {
                    deleting: flags & 1 > 0,
                    orphan: flags & 2 > 0,
                    paused: flags & 4 > 0,
                    flow: Flow::Token,
                    line: line.clone(),
                });
            }
        }
        all
    }

    #[test]
    fn no_observation_leads_to_a_second_order_or_an_unasked_cancellation() {
        for seen in observations() {
            let step = next(&seen);
            let told = format!("{seen:#?} leads to {step:#?}");
            match &step {
                Step::Order(..) => {
                    let clear = matches!(
                        seen.line,
                        Line::None(Readiness::Ready(_))
                            | Line::Intended(_, Evidence::Absent(Readiness::Ready(_)))
                    );
                    assert!(clear && !seen.deleting && !seen.paused, "{told}");
                }
                Step::Cancel(_) | Step::Confirm(_) => {
                    assert!(seen.deleting && !seen.orphan && !seen.paused, "{told}");
                }
                Step::Release(Released::NothingOrdered) => {
                    let nothing =
                        matches!(seen.line, Line::None(_) | Line::Intended(_, Evidence::Absent(_)));
                    assert!(nothing && seen.deleting, "{told}");
                }
                Step::Release(Released::LineGone) => {
                    let gone = match &seen.line {
                        Line::Known { view: View::Gone, .. } => true,
                        Line::Known { view: View::Seen(line), .. } => {
                            line.equinix_status == EquinixStatus::Deprovisioned
                        }
                        Line::Known { .. } | Line::None(_) | Line::Intended(..) => false,
                    };
                    assert!(gone && seen.deleting, "{told}");
                }
                Step::Release(Released::Orphaned) => {
                    assert!(seen.deleting && seen.orphan, "{told}");
                }
                Step::Pause => assert!(seen.paused, "{told}"),
                Step::Hold(_)
                | Step::AwaitListing
                | Step::Rest(_)
                | Step::Search
                | Step::Adopt(_)
                | Step::Follow(_)
                | Step::AwaitEnd(_) => {}
            }
        }
    }

    #[test]
    fn another_attempt_is_counted() {
        let seen = |line| Observation {
            deleting: false,
            orphan: false,
            paused: false,
            flow: Flow::Token,
            line,
        };
        let absent = Evidence::Absent(Readiness::Ready(desired()));
        let first = next(&seen(Line::None(Readiness::Ready(desired()))));
        let second = next(&seen(Line::Intended(intent(), absent)));
        assert!(matches!(first, Step::Order(_, 1)), "{first:?}");
        assert!(matches!(second, Step::Order(_, 2)), "{second:?}");
    }
}
