//! Asking for one change of a line.
//!
//! It is written down before it is sent, with the object's resourceVersion as the precondition, so
//! that of two operators one asks. Asking twice for the same does no harm, but a seller may be asked
//! to approve it each time.

use std::time::Duration;

use kube::ResourceExt;
use kube_runtime::{controller::Action, reflector::ObjectRef};

use fabric_api::{ChangeStatus, FabricConnection, Reason};
use fabric_domain::{Change, ConnectionId, Leg};

use crate::{
    account::session::Session,
    connection::{
        commands::{RESYNC, report, retry, session, soon, write},
        drift::{Course, Drift},
        report::Outcome,
    },
    reconcile::{claims::leg_status, context::Context, problem::Problem, status::Error},
};

/// How soon a change that is under way is looked at again, whatever the listings show.
const LOOK: Duration = Duration::from_secs(60);

/// Asks for a change and writes down what came of that.
pub(super) async fn change(
    object: &FabricConnection,
    context: &Context,
    session: &Session,
    (leg, id): (Leg, &ConnectionId),
    (wanted, status): (&Change, ChangeStatus),
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    let written = write(object, context, &Outcome::Changing(leg, status.clone())).await?;
    tracing::info!(object = %key, connection = %id, field = status.field, attempt = status.attempts, "changing");
    let answer = session.writes.change(id, wanted).await;
    session.fleet.invalidate(id);
    let doing = format!("changing the {} of connection {id}", status.field);
    let problem = |error: &fabric_client::Error| {
        let no = (Reason::ChangeRefused, "edit the spec to try again, or set it to what is there");
        Problem::refused(&doing, &object.spec.account, error, no)
    };
    let outcome = match answer {
        Ok(uuid) => Outcome::Changing(leg, ChangeStatus { uuid, ..status }),
        Err(error @ fabric_client::Error::Refused(_)) => {
            tracing::warn!(object = %key, %error, "the change was refused");
            Outcome::ChangeRefused(leg, status, problem(&error))
        }
        Err(fabric_client::Error::Ambiguous(text) | fabric_client::Error::Unreadable(text)) => {
            tracing::warn!(object = %key, error = text, "the answer to a change was lost");
            return Ok(soon());
        }
        // It was not carried out: the attempt does not count.
        Err(error) => {
            let problem = problem(&error);
            let pause = retry(object, context, problem.retry);
            let asked =
                leg_status(object, leg).map(|line| line.changes.as_slice()).unwrap_or_default();
            let before = asked.iter().find(|asked| asked.field == status.field).cloned();
            let outcome = Outcome::NotChanged(leg, status.field, before, problem);
            report(&written, context, &outcome, RESYNC).await?;
            return Ok(pause);
        }
    };
    report(&written, context, &outcome, RESYNC).await?;
    Ok(soon())
}

/// How long the resource rests after a report of `drifts`.
pub(super) fn rest(object: &FabricConnection, context: &Context, drifts: &[Drift]) -> Duration {
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let rests = drifts.iter().map(|drift| match &drift.course {
        Course::Pausing(left) => *left,
        Course::Blocked(problem) => context.memory.pause(&uid, generation, problem.retry),
        Course::UnderWay => {
            if let Ok(session) = session(object, context) {
                session.fleet.poll_fast();
            }
            LOOK
        }
        Course::InSync
        | Course::Later
        | Course::Observed
        | Course::Unsupported
        | Course::AwaitingApproval
        | Course::Due(..)
        | Course::GivenUp(_) => RESYNC,
    });
    rests.min().unwrap_or(RESYNC)
}
