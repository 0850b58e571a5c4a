//! The one next step. Pure: no client, no clock, no randomness.

mod end;
mod pending;

use std::time::Duration;

use fabric_api::{FabricConnection, Reason, Resolved};
use fabric_domain::{Connection, ConnectionId, Flow, Leg, Phase, Standing};

use crate::{
    connection::{
        commands::ConnectionCommand,
        drift::{Correction, Drift},
        evidence::OrderEvidence,
        observe::ConnectionObservation,
        preflight::Preflight,
        report::ConnectionReport,
        state::{Adoption, ConnectionState, ProviderView, Trace},
    },
    reconcile::{Next, Release, Step, problem::Problem},
};
use end::end;

use pending::Pending;

/// How long a resource rests at most when nothing wakes it.
const RESYNC: Duration = Duration::from_secs(30 * 60);
/// How soon a listing is searched that has just come in.
const SEARCHED: Duration = Duration::from_secs(1);
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
    // What was found is recorded before anything else is decided.
    for (leg, state) in &seen.legs {
        if let ConnectionState::Intended(_, OrderEvidence::Found(id))
        | ConnectionState::Unrecorded(Trace::Ours(id)) = state
        {
            return Step::Act(ConnectionCommand::TakeUp(*leg, id.clone()));
        }
    }
    let is_copy = |(_, state): &(Leg, ConnectionState)| matches!(state, ConnectionState::Copied(_));
    // What another resource ordered is not this one's to cancel.
    if seen.deleting && seen.legs.iter().any(is_copy) {
        return Step::Release(Release::Orphaned);
    }
    if seen.deleting { end(seen) } else { go_on(seen) }
}

fn go_on(seen: &ConnectionObservation) -> Step<FabricConnection> {
    let mut connections = vec![];
    let mut pending = None;
    let mut attempts = 0;
    for (leg, state) in &seen.legs {
        let obstacle = match state {
            ConnectionState::Known { view, .. } => match view {
                ProviderView::Seen(connection) => {
                    connections.push((*leg, connection.clone()));
                    continue;
                }
                ProviderView::Unlisted(None) => Pending::listing(None),
                ProviderView::Unlisted(Some(problem))
                | ProviderView::Unasked(problem)
                | ProviderView::NotVisible(problem) => Pending::unseen(problem, seen),
                ProviderView::Gone => Pending::problem(&Problem::stalled(
                    Reason::ConnectionDeleted,
                    "the connection was deleted, and not by this resource; delete this resource, and create it anew to order again",
                )),
                ProviderView::Foreign(problem) | ProviderView::Lagging(problem) => {
                    Pending::problem(problem)
                }
            },
            ConnectionState::Offered(Adoption::Agreed(id, resolved)) => {
                return adopt(seen, *leg, id, resolved);
            }
            ConnectionState::Copied(problem) => {
                let copied = ConnectionReport::Copied(problem.clone());
                return Step::Report(copied, Next::retry(problem.retry));
            }
            ConnectionState::Offered(Adoption::Declined(problem) | Adoption::Ended(problem))
            | ConnectionState::Unusable(problem) => Pending::problem(problem),
            ConnectionState::Offered(Adoption::Unjudged) => Pending::listing(None),
            ConnectionState::Offered(Adoption::AwaitingListing(trouble)) => {
                Pending::listing(trouble.as_ref())
            }
            ConnectionState::Intended(_, OrderEvidence::Open | OrderEvidence::Found(_)) => {
                Pending::unknown(None, seen.trouble.as_ref())
            }
            ConnectionState::Intended(_, OrderEvidence::Doubtful(connection)) => {
                Pending::unknown(Some(connection), None)
            }
            ConnectionState::Unrecorded(Trace::Doubtful(connection)) => {
                Pending::problem(&occupied(connection, seen.may_adopt))
            }
            ConnectionState::Intended(
                intent,
                OrderEvidence::Repeatable | OrderEvidence::Absent,
            ) => {
                attempts = attempts.max(intent.attempt);
                continue;
            }
            ConnectionState::Unrecorded(
                Trace::Unasked(_) | Trace::Unlisted(_) | Trace::Nothing | Trace::Ours(_),
            ) => continue,
        };
        pending.get_or_insert(obstacle);
    }
    if pending.is_none() && connections.len() < seen.legs.len() {
        match next_order(seen, &connections, attempts) {
            // What is proven not to have arrived is no longer recorded, unless it goes out again:
            // then the user can correct the spec, or have another connection adopted.
            Ok(step) if !matches!(step, Step::Act(_)) && absent(seen).is_some() => {
                return forget_absent(seen).unwrap_or(step);
            }
            Ok(step) => return step,
            Err(obstacle) => pending = obstacle.map(|obstacle| *obstacle),
        }
    }
    if let Some(step) = forget_absent(seen) {
        return step;
    }
    match (pending, connections.is_empty()) {
        (Some(pending), true) => pending.step(),
        (None, true) => Pending::listing(None).step(),
        (pending, false) => follow(seen, connections, pending),
    }
}

/// The order for what is missing, or what is in its way, if anything.
fn next_order(
    seen: &ConnectionObservation,
    connections: &SeenLegs,
    attempts: u32,
) -> Result<Step<FabricConnection>, Option<Box<Pending>>> {
    let obstacle = |pending: Pending| Err(Some(Box::new(pending)));
    match &seen.preflight {
        Preflight::Unasked if seen.observes => obstacle(Pending::problem(&Problem::stalled(
            Reason::NothingToObserve,
            "spec.managementPolicy is Observe and there is no connection to look at: give spec.adopt, or set spec.managementPolicy to Manage to order one",
        ))),
        Preflight::Unasked | Preflight::AwaitingPrimary => Err(None),
        Preflight::AwaitingListing(trouble) => obstacle(Pending::listing(trouble.as_ref())),
        Preflight::AwaitingProof => obstacle(Pending::unknown(None, seen.trouble.as_ref())),
        Preflight::Blocked(problem) => obstacle(Pending::problem(problem)),
        Preflight::Occupied(connection) => {
            obstacle(Pending::problem(&occupied(connection, seen.may_adopt)))
        }
        Preflight::Postponed(left) if connections.is_empty() => Ok(Step::Wait(*left)),
        Preflight::Postponed(left) => obstacle(Pending {
            report: ConnectionReport::Observed(vec![]),
            next: Next::After(*left),
        }),
        // What an earlier attempt may have ordered is not ordered beside what is to be adopted.
        Preflight::Ready(_) if seen.adopts => {
            obstacle(Pending::unknown(None, seen.trouble.as_ref()))
        }
        // The listing came in after the search: the next pass searches it.
        Preflight::Ready(_) if !seen.legs.iter().all(|(_, state)| is_searched(state)) => {
            Ok(Step::Wait(SEARCHED))
        }
        // A half of a pair is of use only beside the other.
        Preflight::Ready(_) if !connections.iter().all(|(_, line)| is_up(line, seen.flow)) => {
            Err(None)
        }
        Preflight::Ready(desired) => Ok(Step::Act(ConnectionCommand::Order {
            desired: desired.clone(),
            attempt: attempts + 1,
        })),
    }
}

/// Whether a connection is in service or on its way there.
fn is_up(line: &Connection, flow: Flow) -> bool {
    match Standing::of(&line.equinix_status, &line.provider_status, flow).phase {
        Phase::Pending
        | Phase::Ordering
        | Phase::AwaitingApproval
        | Phase::Provisioning
        | Phase::Ready
        | Phase::Unknown => true,
        Phase::Deleting | Phase::Deleted | Phase::Failed => false,
    }
}

/// One change at a time, or the report.
fn follow(
    seen: &ConnectionObservation,
    connections: SeenLegs,
    pending: Option<Pending>,
) -> Step<FabricConnection> {
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
    let (pending, next) = match pending {
        Some(Pending { report, next }) => (Some(Box::new(report)), next),
        None => (None, next_look(&seen.drifts)),
    };
    let report = ConnectionReport::Followed {
        connections,
        owner: seen.recorded_owner.clone(),
        flow: seen.flow,
        drifts: seen.drifts.clone(),
        price: seen.price,
        pending,
    };
    Step::Report(report, next)
}

/// Whether what is missing was looked for in a listing.
fn is_searched(state: &ConnectionState) -> bool {
    !matches!(state, ConnectionState::Unrecorded(Trace::Unasked(_) | Trace::Unlisted(_)))
}

/// The leg whose order is proven not to have arrived, and which status still records.
fn absent(seen: &ConnectionObservation) -> Option<Leg> {
    seen.legs.iter().find_map(|(leg, state)| match state {
        ConnectionState::Intended(_, OrderEvidence::Absent) => Some(*leg),
        ConnectionState::Intended(..)
        | ConnectionState::Known { .. }
        | ConnectionState::Unrecorded(_)
        | ConnectionState::Offered(_)
        | ConnectionState::Copied(_)
        | ConnectionState::Unusable(_) => None,
    })
}

/// Removes the record of an order that is proven not to have arrived.
fn forget_absent(seen: &ConnectionObservation) -> Option<Step<FabricConnection>> {
    absent(seen).map(|leg| Step::Report(ConnectionReport::NotOrdered(leg), Next::Soon))
}

/// The connection that `spec.adopt` names is the resource's from now on.
fn adopt(
    seen: &ConnectionObservation,
    leg: Leg,
    id: &ConnectionId,
    resolved: &Resolved,
) -> Step<FabricConnection> {
    let (id, owner, resolved) = (id.clone(), seen.recorded_owner.clone(), resolved.clone());
    Step::Report(ConnectionReport::Adopted { leg, id, owner, resolved }, Next::Soon)
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
            | Correction::Moved
            | Correction::AwaitingApproval
            | Correction::Due(..)
            | Correction::GivenUp(..) => {}
        }
    }
    match blocked {
        Some(retry) => Next::Retry { retry, at_most: pause },
        None if pause == RESYNC => Next::Settled(RESYNC),
        None => Next::After(pause),
    }
}

/// Another connection is on the port and tags. Whose it is, and which, only administrators read.
fn occupied(connection: &Connection, may_adopt: bool) -> Problem {
    let standing =
        Standing::of(&connection.equinix_status, &connection.provider_status, Flow::Seller);
    let problem = if standing.phase == Phase::Deleting {
        Problem::passing(
            Reason::VlanInUse,
            "the port and VLAN still carry a connection that is being taken down; the order goes out when they are free",
        )
    } else {
        let adopt = if may_adopt { ", or take that connection over with spec.adopt" } else { "" };
        Problem::stalled(
            Reason::ConnectionExists,
            format!(
                "the port and VLAN carry a connection that this resource did not order; choose another tag{adopt}"
            ),
        )
    };
    problem.withholding(format!("it is connection {} ({})", connection.name, connection.id))
}

fn report(report: ConnectionReport, pause: Duration) -> Step<FabricConnection> {
    Step::Report(report, Next::After(pause))
}

#[cfg(test)]
mod tests;
