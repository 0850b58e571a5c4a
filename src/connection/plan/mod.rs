//! The one next step. Pure: no client, no clock, no randomness.

use std::time::Duration;

use fabric_api::{FabricConnection, Reason};
use fabric_domain::{Connection, Flow, Leg, Phase, Standing};

use crate::{
    connection::{
        commands::ConnectionCommand,
        drift::{Correction, Drift},
        observe::ConnectionObservation,
        preflight::Preflight,
        report::ConnectionReport,
        state::{Adoption, Cancellation, ConnectionState, OrderEvidence, ProviderView},
    },
    reconcile::{Next, Release, Step, problem::Problem},
};

/// How long a resource rests at most when nothing wakes it.
const RESYNC: Duration = Duration::from_secs(30 * 60);
/// How soon a missing listing is looked for again.
const LISTING: Duration = Duration::from_secs(60);
/// How soon an order of unknown outcome is looked for again, whatever the listings bring.
pub(super) const SEARCH: Duration = Duration::from_secs(300);
/// How soon a change that is under way is looked at again, whatever the listings show.
const CHANGE: Duration = Duration::from_secs(60);

/// Connections as seen, by leg.
pub(super) type SeenLegs = Vec<(Leg, Box<Connection>)>;

/// The one next step.
pub(super) fn plan(seen: &ConnectionObservation) -> Step<FabricConnection> {
    if seen.paused {
        return report(ConnectionReport::Paused, RESYNC);
    }
    if seen.deleting && seen.keeps {
        return Step::Release(Release::Orphaned);
    }
    // Orders of unknown outcome come first: nothing else is safe before they are known.
    if let Some(step) = unknown(seen) {
        return step;
    }
    if seen.deleting { end(seen) } else { go_on(seen) }
}

fn unknown(seen: &ConnectionObservation) -> Option<Step<FabricConnection>> {
    let mut open = false;
    for (leg, state) in &seen.legs {
        match state {
            ConnectionState::Unusable(problem) => return Some(block(problem)),
            ConnectionState::Intended(_, OrderEvidence::Found(id)) => {
                return Some(Step::Act(ConnectionCommand::TakeUp(*leg, id.clone())));
            }
            ConnectionState::Intended(_, OrderEvidence::Open) => open = true,
            ConnectionState::Intended(_, OrderEvidence::Absent)
            | ConnectionState::None
            | ConnectionState::Offered(_)
            | ConnectionState::Known { .. } => {}
        }
    }
    open.then(|| report(ConnectionReport::OrderUnknown(None), SEARCH))
}

fn go_on(seen: &ConnectionObservation) -> Step<FabricConnection> {
    let mut connections = vec![];
    let mut attempts = 0;
    for (leg, state) in &seen.legs {
        match state {
            ConnectionState::Known { view, .. } => match view {
                ProviderView::Seen(connection) => connections.push((*leg, connection.clone())),
                ProviderView::Unlisted(trouble) => return await_listing(trouble.as_ref()),
                ProviderView::Gone => {
                    return block(&Problem::stalled(
                        Reason::ConnectionDeleted,
                        "the connection was deleted, and not by this resource; delete this resource, and create it anew to order again",
                    ));
                }
                ProviderView::Foreign(problem)
                | ProviderView::NotVisible(problem)
                | ProviderView::Unasked(problem) => return block(problem),
            },
            ConnectionState::Offered(Adoption::Agreed(id, resolved)) => {
                let adopted = ConnectionReport::Adopted(*leg, id.clone(), resolved.clone());
                return Step::Report(adopted, Next::Soon);
            }
            ConnectionState::Offered(Adoption::Declined(problem)) => return block(problem),
            ConnectionState::Offered(Adoption::AwaitingListing(trouble)) => {
                return await_listing(trouble.as_ref());
            }
            ConnectionState::Intended(intent, _) => attempts = attempts.max(intent.attempt),
            ConnectionState::None | ConnectionState::Unusable(_) => {}
        }
    }
    match &seen.preflight {
        Preflight::Unasked if connections.len() == seen.legs.len() => follow(seen, connections),
        Preflight::Unasked if seen.observes => block(&Problem::stalled(
            Reason::NothingToObserve,
            "spec.managementPolicy is Observe and there is no connection to look at: give spec.adopt, or set Manage to order one",
        )),
        Preflight::Unasked | Preflight::AwaitingPrimary if !connections.is_empty() => {
            followed(seen, connections)
        }
        Preflight::Unasked | Preflight::AwaitingPrimary => await_listing(None),
        Preflight::AwaitingListing(trouble) => await_listing(trouble.as_ref()),
        Preflight::Blocked(problem) => block(problem),
        Preflight::Postponed(left) => Step::Wait(*left),
        Preflight::Ours(leg, id) => Step::Act(ConnectionCommand::TakeUp(*leg, id.clone())),
        Preflight::Occupied(connection) => block(&occupied(connection)),
        Preflight::Ready(desired) => {
            let attempt = attempts + 1;
            Step::Act(ConnectionCommand::Order { desired: desired.clone(), attempt })
        }
    }
}

/// All connections are there: one change at a time, or the report.
fn follow(seen: &ConnectionObservation, connections: SeenLegs) -> Step<FabricConnection> {
    for drift in &seen.drifts {
        let Correction::Due(change, record) = &drift.correction else { continue };
        if let Some((leg, connection)) = connections.iter().find(|(leg, _)| *leg == drift.leg) {
            return Step::Act(ConnectionCommand::Change {
                leg: *leg,
                id: connection.id.clone(),
                change: change.clone(),
                record: record.clone(),
            });
        }
    }
    followed(seen, connections)
}

fn followed(seen: &ConnectionObservation, connections: SeenLegs) -> Step<FabricConnection> {
    let report = ConnectionReport::Followed {
        connections,
        flow: seen.flow,
        drifts: seen.drifts.clone(),
        price: seen.price,
    };
    Step::Report(report, next_look(&seen.drifts))
}

/// When connections with these drifts are looked at again.
fn next_look(drifts: &[Drift]) -> Next {
    let mut pause = RESYNC;
    let mut blocked = None;
    for drift in drifts {
        match &drift.correction {
            Correction::Pausing(left) => pause = pause.min(*left),
            Correction::UnderWay => pause = pause.min(CHANGE),
            Correction::Blocked(problem) => blocked = Some(problem.retry),
            Correction::InSync
            | Correction::Later
            | Correction::Observed
            | Correction::Unsupported
            | Correction::AwaitingApproval
            | Correction::Due(..)
            | Correction::GivenUp(_) => {}
        }
    }
    match blocked {
        Some(retry) => Next::Retry { retry, at_most: pause },
        None if pause == RESYNC => Next::Settled(RESYNC),
        None => Next::After(pause),
    }
}

fn occupied(connection: &Connection) -> Problem {
    let standing =
        Standing::of(&connection.equinix_status, &connection.provider_status, Flow::Seller);
    let (name, id) = (&connection.name, &connection.id);
    if standing.phase == Phase::Deleting {
        return Problem::passing(
            Reason::VlanInUse,
            format!(
                "the port and VLAN still carry connection {name} ({id}), which is being taken down; the order goes out when they are free"
            ),
        );
    }
    Problem::stalled(
        Reason::ConnectionExists,
        format!(
            "the port and VLAN carry connection {name} ({id}), which this resource did not order; choose another tag, or cancel that connection first"
        ),
    )
}

fn end(seen: &ConnectionObservation) -> Step<FabricConnection> {
    let mut ending = vec![];
    let mut ordered = false;
    for (leg, state) in &seen.legs {
        let ConnectionState::Known { id, cancellation, view } = state else { continue };
        ordered = true;
        let cancel =
            |confirms| Step::Act(ConnectionCommand::Cancel { leg: *leg, id: id.clone(), confirms });
        match view {
            ProviderView::Gone => {}
            ProviderView::Seen(connection) => {
                match going_down(connection, *cancellation, seen.flow) {
                    Going::Gone => {}
                    Going::Down => ending.push((*leg, connection.clone())),
                    Going::Cancel => return cancel(false),
                    Going::StillUp => {
                        let still_up = ConnectionReport::StillUp(*leg, connection.clone());
                        return report(still_up, RESYNC);
                    }
                }
            }
            ProviderView::Unlisted(trouble) => return await_listing(trouble.as_ref()),
            // That it is not visible is no proof that it is gone: credentials may have changed.
            ProviderView::NotVisible(_) => return cancel(true),
            ProviderView::Foreign(problem) | ProviderView::Unasked(problem) => {
                return block(problem);
            }
        }
    }
    if !ending.is_empty() {
        report(ConnectionReport::Ending(ending, seen.flow), RESYNC)
    } else if ordered {
        Step::Release(Release::Gone)
    } else {
        Step::Release(Release::NothingSent)
    }
}

/// How far the end of a connection is.
enum Going {
    /// It is deleted.
    Gone,
    /// It goes down, or its cancellation was accepted.
    Down,
    /// Its cancellation has to be sent.
    Cancel,
    /// Its cancellation was refused, and is not sent again yet.
    StillUp,
}

fn going_down(connection: &Connection, cancellation: Cancellation, flow: Flow) -> Going {
    let standing = Standing::of(&connection.equinix_status, &connection.provider_status, flow);
    match (standing.phase, cancellation) {
        (Phase::Deleted, _) => Going::Gone,
        (Phase::Deleting, _) | (_, Cancellation::Taken) => Going::Down,
        (
            Phase::Pending
            | Phase::Ordering
            | Phase::AwaitingApproval
            | Phase::Provisioning
            | Phase::Ready
            | Phase::Failed
            | Phase::Unknown,
            Cancellation::No | Cancellation::Refused { again: true },
        ) => Going::Cancel,
        (_, Cancellation::Refused { again: false }) => Going::StillUp,
    }
}

fn await_listing(trouble: Option<&Problem>) -> Step<FabricConnection> {
    match trouble {
        Some(problem) => block(problem),
        None => report(ConnectionReport::AwaitingListing, LISTING),
    }
}

fn block(problem: &Problem) -> Step<FabricConnection> {
    Step::Report(ConnectionReport::Blocked(problem.clone()), Next::retry(problem.retry))
}

fn report(report: ConnectionReport, pause: Duration) -> Step<FabricConnection> {
    Step::Report(report, Next::After(pause))
}

#[cfg(test)]
mod tests;
