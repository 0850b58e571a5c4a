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
            View::NotVisible(problem) | View::Unasked(problem) => Step::Hold(problem.clone()),
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
            View::Unasked(problem) => Step::Hold(problem.clone()),
        },
    }
}
