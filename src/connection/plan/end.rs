//! The next step towards the end of a resource that is being deleted. Pure.

use fabric_api::{FabricConnection, Reason};
use fabric_domain::{Connection, Flow, Phase, Standing};

use super::{RESYNC, adopt, pending::Pending, report};
use crate::{
    connection::{
        commands::{Cancel, ConnectionCommand},
        evidence::OrderEvidence,
        observe::ConnectionObservation,
        report::ConnectionReport,
        state::{Adoption, Cancellation, ConnectionState, ProviderView, Trace},
    },
    reconcile::{Next, Release, Step, problem::Problem},
};

/// Ends what is known at once, each connection by itself, and goes on looking for what is not.
pub(super) fn end(seen: &ConnectionObservation) -> Step<FabricConnection> {
    let (mut due, mut ending, mut pending) = (vec![], vec![], None);
    let (mut ordered, mut left, mut named, mut agreed) = (false, false, false, None);
    for (leg, state) in &seen.legs {
        let obstacle = match state {
            // The user decides about it, whatever the provider shows.
            ConnectionState::Known { .. } if seen.kept.contains(leg) => {
                left = true;
                continue;
            }
            ConnectionState::Known { id, cancellation, view } => {
                ordered = true;
                let cancel = |confirms| Cancel { leg: *leg, id: id.clone(), confirms };
                match view {
                    ProviderView::Gone => continue,
                    ProviderView::Seen(line) => match going_down(line, *cancellation, seen.flow) {
                        Going::Gone => continue,
                        Going::Down => {
                            ending.push((*leg, line.clone()));
                            continue;
                        }
                        Going::Cancel => {
                            due.push(cancel(false));
                            continue;
                        }
                        Going::StillUp => Pending {
                            report: ConnectionReport::StillUp(*leg, line.clone()),
                            next: Next::After(RESYNC),
                        },
                    },
                    // That it is not visible is no proof that it is gone: credentials may have changed.
                    ProviderView::NotVisible(_) => {
                        due.push(cancel(true));
                        continue;
                    }
                    ProviderView::Unlisted(None) => Pending::listing(None),
                    ProviderView::Unlisted(Some(problem)) | ProviderView::Unasked(problem) => {
                        Pending::unseen(problem, seen)
                    }
                    ProviderView::Foreign(problem) | ProviderView::Lagging(problem) => {
                        Pending::problem(problem)
                    }
                }
            }
            ConnectionState::Intended(
                _,
                OrderEvidence::Open | OrderEvidence::Found(_) | OrderEvidence::Repeatable,
            ) => Pending::unknown(None, seen.trouble.as_ref()),
            ConnectionState::Intended(_, OrderEvidence::Doubtful(connection))
            | ConnectionState::Unrecorded(Trace::Doubtful(connection)) => {
                Pending::unknown(Some(connection), None)
            }
            ConnectionState::Unrecorded(Trace::Unlisted(trouble))
            | ConnectionState::Offered(Adoption::AwaitingListing(trouble)) => {
                Pending::listing(trouble.as_ref())
            }
            ConnectionState::Unusable(problem) | ConnectionState::Copied(problem) => {
                Pending::problem(problem)
            }
            // Where there is no account, there is nothing to look in.
            ConnectionState::Unrecorded(Trace::Unasked(problem))
                if problem.reason != Reason::AccountNotFound =>
            {
                Pending::problem(&unsearched(problem))
            }
            // The spec asks to end what it adopts, so that is adopted first.
            ConnectionState::Offered(Adoption::Agreed(id, resolved)) => {
                agreed = Some((*leg, id, resolved));
                continue;
            }
            ConnectionState::Offered(Adoption::Declined(problem)) => {
                Pending::problem(&unadopted(problem))
            }
            ConnectionState::Offered(Adoption::Unjudged) => {
                named = true;
                continue;
            }
            ConnectionState::Intended(_, OrderEvidence::Absent)
            | ConnectionState::Unrecorded(Trace::Unasked(_) | Trace::Nothing | Trace::Ours(_))
            | ConnectionState::Offered(Adoption::Ended(_)) => continue,
        };
        pending.get_or_insert(obstacle);
    }
    // What is known to be gone, or goes already, is not at stake.
    let at_stake = !due.is_empty() || pending.is_some();
    let obstacle = seen.safeguards.obstacle("cancel the connection");
    if let Some(problem) = obstacle.filter(|_| at_stake) {
        due.clear();
        pending = Some(Pending::problem(&problem));
    }
    match (pending, ordered) {
        _ if !due.is_empty() => Step::Act(ConnectionCommand::Cancel(due, ending)),
        _ if let Some((leg, id, resolved)) = agreed => adopt(seen, leg, id, resolved),
        (None, _) if !ending.is_empty() => {
            report(ConnectionReport::Ending(ending, seen.flow, None), RESYNC)
        }
        (Some(Pending { report, next }), _) if !ending.is_empty() => {
            let pending = Some(Box::new(report));
            Step::Report(ConnectionReport::Ending(ending, seen.flow, pending), next)
        }
        (Some(pending), _) => pending.step(),
        (None, _) if left => Step::Release(Release::Adopted),
        (None, _) if named => Step::Release(Release::NotAdopted),
        (None, true) => Step::Release(Release::Gone),
        (None, false) => Step::Release(Release::NothingSent),
    }
}

/// The spec asks to end a connection that this resource may not adopt.
fn unadopted(problem: &Problem) -> Problem {
    let message = format!(
        "{}; until then this resource cannot cancel the connection that spec.adopt names: set spec.deletionPolicy to Orphan to leave it in place",
        problem.message
    );
    Problem { message, ..problem.clone() }
}

/// Status has no connection, and whether there is one cannot be looked up now.
fn unsearched(problem: &Problem) -> Problem {
    let message = format!(
        "{}; until then it cannot be looked up whether this resource has a connection, which would be billed on: set spec.deletionPolicy to Orphan if you know that it has none",
        problem.message
    );
    Problem { message, ..problem.clone() }
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
