//! The one next step. Pure: no client, no clock, no randomness.
//!
//! The step is the log line, the metric label and the test's expectation.

use std::time::Duration;

use fabric_api::{ChangeStatus, Reason, Resolved};
use fabric_domain::{Change, Connection, ConnectionId, Flow, Leg, Money, Phase, Standing};

use crate::{
    connection::{
        drift::{Course, Drift},
        observe::Observation,
        preflight::Readiness,
        resolve::Desired,
        state::{Cancellation, Evidence, Line, Offer, View},
    },
    reconcile::problem::Problem,
};

/// Lines as seen, each with its leg.
pub(super) type Lines = Vec<(Leg, Box<Connection>)>;

/// What to do next. At most one mutating call at the provider each.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
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
    Adopt(Leg, ConnectionId),
    /// Take over the line that the spec names.
    TakeOver(Leg, ConnectionId, Resolved),
    /// Report where the lines stand, how they differ from the spec, and what they cost.
    Follow(Lines, Vec<Drift>, Option<Money>),
    /// Write down and ask for one change of a line.
    Change(Leg, ConnectionId, Change, ChangeStatus),
    /// Send the cancellation.
    Cancel(Leg, ConnectionId),
    /// Ask for the cancellation of a line that is not shown: only the answer that it is deleted
    /// already proves that it is gone.
    Confirm(Leg, ConnectionId),
    /// Report how the lines go down.
    AwaitEnd(Lines),
    /// Report that the other side put a cancelled line back into service.
    StillUp(Leg, Box<Connection>),
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
    if seen.deleting && seen.keeps {
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
    for (leg, line) in &seen.lines {
        match line {
            Line::Unusable(problem) => return Some(Step::Hold(problem.clone())),
            Line::Intended(_, Evidence::Found(id)) => return Some(Step::Adopt(*leg, id.clone())),
            Line::Intended(_, Evidence::Open) => open = true,
            Line::Intended(_, Evidence::Absent)
            | Line::None
            | Line::Offered(_)
            | Line::Known { .. } => {}
        }
    }
    open.then_some(Step::Search)
}

fn go_on(seen: &Observation) -> Step {
    let mut lines = vec![];
    let mut attempts = 0;
    for (leg, line) in &seen.lines {
        match line {
            Line::Known { view, .. } => match view {
                View::Seen(connection) => lines.push((*leg, connection.clone())),
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
            Line::Offered(offer) => {
                return match offer {
                    Offer::Agreed(id, resolved) => {
                        Step::TakeOver(*leg, id.clone(), resolved.clone())
                    }
                    Offer::Declined(problem) => Step::Hold(problem.clone()),
                    Offer::AwaitingListing => Step::AwaitListing,
                };
            }
            Line::Intended(intent, _) => attempts = attempts.max(intent.attempt),
            Line::None | Line::Unusable(_) => {}
        }
    }
    match &seen.readiness {
        Readiness::Unasked if lines.len() == seen.lines.len() => follow(seen, lines),
        Readiness::Unasked if seen.observes => Step::Hold(Problem::stalled(
            Reason::NothingToObserve,
            "spec.managementPolicy is Observe and there is no connection to look at: give spec.adopt, or set Manage to order one",
        )),
        Readiness::Unasked | Readiness::AwaitingPrimary if !lines.is_empty() => {
            Step::Follow(lines, seen.drifts.clone(), seen.price)
        }
        Readiness::Unasked | Readiness::AwaitingPrimary | Readiness::AwaitingListing => {
            Step::AwaitListing
        }
        Readiness::Blocked(problem) => Step::Hold(problem.clone()),
        Readiness::Resting(left) => Step::Rest(*left),
        Readiness::Ours(leg, id) => Step::Adopt(*leg, id.clone()),
        Readiness::Occupied(line) => Step::Hold(occupied(line)),
        Readiness::Ready(desired) => Step::Order(desired.clone(), attempts + 1),
    }
}

/// All lines are there: one change at a time, or the report.
fn follow(seen: &Observation, lines: Lines) -> Step {
    for drift in &seen.drifts {
        let line = lines.iter().find(|(leg, _)| *leg == drift.leg);
        if let (Course::Due(change, status), Some((leg, line))) = (&drift.course, line) {
            return Step::Change(*leg, line.id.clone(), change.clone(), status.clone());
        }
    }
    Step::Follow(lines, seen.drifts.clone(), seen.price)
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
    for (leg, line) in &seen.lines {
        let Line::Known { id, cancellation, view } = line else { continue };
        ordered = true;
        match view {
            View::Gone => {}
            View::Seen(line) => {
                let standing = Standing::of(&line.equinix_status, &line.provider_status, seen.flow);
                match standing.phase {
                    Phase::Deleted => {}
                    Phase::Deleting => ending.push((*leg, line.clone())),
                    Phase::Pending
                    | Phase::Ordering
                    | Phase::AwaitingApproval
                    | Phase::Provisioning
                    | Phase::Ready
                    | Phase::Failed
                    | Phase::Unknown => match cancellation {
                        Cancellation::No | Cancellation::Refused { again: true } => {
                            return Step::Cancel(*leg, id.clone());
                        }
                        Cancellation::Refused { again: false } => {
                            return Step::StillUp(*leg, line.clone());
                        }
                        Cancellation::Taken => ending.push((*leg, line.clone())),
                    },
                }
            }
            View::NotListed => return Step::AwaitListing,
            // Not seeing a line is no proof that it is gone: credentials may have changed.
            View::NotVisible(_) => return Step::Confirm(*leg, id.clone()),
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
mod tests;
