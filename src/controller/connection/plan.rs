//! The one next step. Pure: no client, no clock, no randomness.
//!
//! The step is the log line, the metric label and the test's expectation.

use std::time::Duration;

use super::{
    desired::Desired,
    line::{Evidence, Line, Part, View},
    observe::Observation,
    readiness::Readiness,
};
use crate::{
    api::Reason,
    controller::problem::Problem,
    domain::{Connection, ConnectionId, Flow, Phase, Standing},
};

/// Lines as seen, each with its part.
pub(super) type Lines = Vec<(Part, Box<Connection>)>;

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
    /// Write the intent down and send the order, for the n-th time.
    Order(Box<Desired>, u32),
    /// Look for the order whose answer was lost.
    Search,
    /// Take this line for ours.
    Adopt(Part, ConnectionId),
    /// Report where the lines stand.
    Follow(Lines),
    /// Send the cancellation.
    Cancel(Part, ConnectionId),
    /// Ask for the cancellation of a line that is not shown: only the answer that it is deleted
    /// already proves that it is gone.
    Confirm(Part, ConnectionId),
    /// Report how the lines go down.
    AwaitEnd(Lines),
    /// Let the resource go.
    Release(Released),
}

/// Why a resource is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Released {
    /// Nothing was ever ordered for it.
    NothingOrdered,
    /// Its lines are gone.
    LineGone,
    /// Its lines stay, as asked for.
    Orphaned,
}

/// The next step.
pub(super) fn next(seen: &Observation) -> Step {
    if seen.paused {
        return Step::Pause;
    }
    if seen.deleting && seen.orphan {
        return Step::Release(Released::Orphaned);
    }
    // Orders of unknown outcome come first: nothing else is safe before they are known.
    if let Some(step) = unknown(seen) {
        return step;
    }
    if seen.deleting { end(seen) } else { go_on(seen) }
}

fn unknown(seen: &Observation) -> Option<Step> {
    let mut open = false;
    for (part, line) in &seen.lines {
        match line {
            Line::Unusable(problem) => return Some(Step::Hold(problem.clone())),
            Line::Intended(_, Evidence::Found(id)) => return Some(Step::Adopt(*part, id.clone())),
            Line::Intended(_, Evidence::Open) => open = true,
            Line::Intended(_, Evidence::Absent) | Line::None | Line::Known { .. } => {}
        }
    }
    open.then_some(Step::Search)
}

fn go_on(seen: &Observation) -> Step {
    let mut lines = vec![];
    let mut attempts = 0;
    for (part, line) in &seen.lines {
        match line {
            Line::Known { view, .. } => match view {
                View::Seen(connection) => lines.push((*part, connection.clone())),
                View::NotListed => return Step::AwaitListing,
                View::Gone => {
                    return Step::Hold(Problem::stalled(
                        Reason::ConnectionDeleted,
                        "the connection was deleted, and not by this resource; delete this resource, and create it anew to order again",
                    ));
                }
                View::Foreign(problem) | View::NotVisible(problem) | View::Unasked(problem) => {
                    return Step::Hold(problem.clone());
                }
            },
            Line::Intended(intent, _) => attempts = attempts.max(intent.attempt),
            Line::None | Line::Unusable(_) => {}
        }
    }
    match &seen.readiness {
        Readiness::Unasked | Readiness::AwaitingPrimary if !lines.is_empty() => Step::Follow(lines),
        Readiness::Unasked | Readiness::AwaitingPrimary | Readiness::AwaitingListing => {
            Step::AwaitListing
        }
        Readiness::Blocked(problem) => Step::Hold(problem.clone()),
        Readiness::Resting(left) => Step::Rest(*left),
        Readiness::Ours(part, id) => Step::Adopt(*part, id.clone()),
        Readiness::Occupied(line) => Step::Hold(occupied(line)),
        Readiness::Ready(desired) => Step::Order(desired.clone(), attempts + 1),
    }
}

fn occupied(line: &Connection) -> Problem {
    let standing = Standing::of(&line.equinix_status, &line.provider_status, Flow::Seller);
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
    let mut ending = vec![];
    let mut ordered = false;
    for (part, line) in &seen.lines {
        let Line::Known { id, cancelled, view } = line else { continue };
        ordered = true;
        match view {
            View::Gone => {}
            View::Seen(line) => {
                let standing = Standing::of(&line.equinix_status, &line.provider_status, seen.flow);
                match standing.phase {
                    Phase::Deleted => {}
                    Phase::Deleting => ending.push((*part, line.clone())),
                    Phase::Pending
                    | Phase::Ordering
                    | Phase::AwaitingApproval
                    | Phase::Provisioning
                    | Phase::Ready
                    | Phase::Failed
                    | Phase::Unknown => {
                        if !cancelled {
                            return Step::Cancel(*part, id.clone());
                        }
                        ending.push((*part, line.clone()));
                    }
                }
            }
            View::NotListed => return Step::AwaitListing,
            // Not seeing a line is no proof that it is gone: credentials may have changed.
            View::NotVisible(_) => return Step::Confirm(*part, id.clone()),
            View::Foreign(problem) | View::Unasked(problem) => return Step::Hold(problem.clone()),
        }
    }
    if !ending.is_empty() {
        Step::AwaitEnd(ending)
    } else if ordered {
        Step::Release(Released::LineGone)
    } else {
        Step::Release(Released::NothingOrdered)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::readiness::Missing, *};
    use crate::{
        api::{OrderIntent, Resolved},
        domain::{
            ASide, ConnectionName, EquinixStatus, LinkProtocol, Mbps, Order, PortId,
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
            secondary: None,
            join: None,
        };
        Box::new(Desired { part: Part::Primary, order, resolved: Resolved::default() })
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
            Readiness::AwaitingPrimary,
            Readiness::Occupied(line("PROVISIONED", "PROVISIONED")),
            Readiness::Occupied(line("DEPROVISIONING", "DEPROVISIONING")),
            Readiness::Ours(Part::Primary, id()),
            Readiness::Ready(desired()),
        ]
    }

    fn lines() -> Vec<Line> {
        let mut all = vec![Line::None, Line::Unusable(problem())];
        let evidence = [Evidence::Found(id()), Evidence::Open, Evidence::Absent];
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

    /// Every combination of one line or two, of what is missing, and of the flags.
    fn observations() -> Vec<Observation> {
        let mut all = vec![];
        let mut sets: Vec<Vec<(Part, Line)>> =
            lines().into_iter().map(|line| vec![(Part::Primary, line)]).collect();
        for first in lines() {
            for second in lines() {
                sets.push(vec![(Part::Primary, first.clone()), (Part::Secondary, second)]);
            }
        }
        for lines in sets {
            let missing = Missing::of(&lines).is_some();
            let readinesses = if missing { readinesses() } else { vec![Readiness::Unasked] };
            for readiness in readinesses {
                for flags in 0..8 {
                    all.push(Observation {
                        deleting: flags & 1 > 0,
                        orphan: flags & 2 > 0,
                        paused: flags & 4 > 0,
                        flow: Flow::Token,
                        lines: lines.clone(),
                        readiness: readiness.clone(),
                    });
                }
            }
        }
        all
    }

    fn is_gone(line: &Line) -> bool {
        match line {
            Line::Known { view: View::Gone, .. } => true,
            Line::Known { view: View::Seen(line), .. } => {
                line.equinix_status == EquinixStatus::Deprovisioned
            }
            Line::Known { .. } | Line::None | Line::Intended(..) | Line::Unusable(_) => false,
        }
    }

    fn is_absent(line: &Line) -> bool {
        matches!(line, Line::None | Line::Intended(_, Evidence::Absent))
    }

    #[test]
    fn no_observation_leads_to_a_second_order_or_an_unasked_cancellation() {
        let all = observations();
        println!("{} observations", all.len());
        for seen in all {
            let step = next(&seen);
            let told = format!("{seen:#?} leads to {step:#?}");
            let every = |holds: fn(&Line) -> bool| seen.lines.iter().all(|(_, line)| holds(line));
            let any = |holds: fn(&Line) -> bool| seen.lines.iter().any(|(_, line)| holds(line));
            match &step {
                Step::Order(..) => {
                    let open = any(|l| matches!(l, Line::Intended(_, Evidence::Open)));
                    let found = any(|l| matches!(l, Line::Intended(_, Evidence::Found(_))));
                    assert!(any(is_absent) && !open && !found, "{told}");
                    assert!(matches!(seen.readiness, Readiness::Ready(_)), "{told}");
                    assert!(!seen.deleting && !seen.paused, "{told}");
                }
                Step::Cancel(..) | Step::Confirm(..) => {
                    assert!(seen.deleting && !seen.orphan && !seen.paused, "{told}");
                }
                Step::Release(Released::NothingOrdered) => {
                    assert!(every(is_absent) && seen.deleting, "{told}");
                }
                Step::Release(Released::LineGone) => {
                    let over = every(|line| is_absent(line) || is_gone(line));
                    assert!(over && seen.deleting, "{told}");
                }
                Step::Release(Released::Orphaned) => {
                    assert!(seen.deleting && seen.orphan, "{told}");
                }
                Step::Pause => assert!(seen.paused, "{told}"),
                Step::Hold(_)
                | Step::AwaitListing
                | Step::Rest(_)
                | Step::Search
                | Step::Adopt(..)
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
            lines: vec![(Part::Primary, line)],
            readiness: Readiness::Ready(desired()),
        };
        let first = next(&seen(Line::None));
        let second = next(&seen(Line::Intended(intent(), Evidence::Absent)));
        assert!(matches!(first, Step::Order(_, 1)), "{first:?}");
        assert!(matches!(second, Step::Order(_, 2)), "{second:?}");
    }
}
