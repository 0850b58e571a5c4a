//! Asking for one change of a line.
//!
//! It is written down before it is sent, with the object's resourceVersion as the precondition, so
//! that of two operators one asks. Asking twice for the same does no harm, but a seller may be asked
//! to approve it each time.

use std::time::Duration;

use kube::ResourceExt;
use kube_runtime::{controller::Action, reflector::ObjectRef};

use super::{
    super::{
        corrections::{Course, Drift},
        line::Part,
        report::Outcome,
    },
    RESYNC, report, retry, session, soon, write,
};
use crate::{
    api::{ChangeStatus, FabricConnection, Reason},
    controller::{accounts::Session, context::Context, problem::Problem, status::Error},
    domain::{Change, ConnectionId},
    provider,
};

/// How soon a change that is under way is looked at again, whatever the listings show.
const LOOK: Duration = Duration::from_secs(60);

/// Asks for a change and writes down what came of that.
pub(super) async fn change(
    object: &FabricConnection,
    context: &Context,
    session: &Session,
    (part, id): (Part, &ConnectionId),
    (wanted, status): (&Change, ChangeStatus),
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    let written = write(object, context, &Outcome::Changing(part, status.clone())).await?;
    tracing::info!(object = %key, connection = %id, field = status.field, attempt = status.attempts, "changing");
    let answer = session.provider.change(id, wanted).await;
    session.fleet.touched(id);
    let doing = format!("changing the {} of connection {id}", status.field);
    let problem = |error: &provider::Error| {
        let no = (Reason::ChangeRefused, "edit the spec to try again, or set it to what is there");
        Problem::refused(&doing, &object.spec.account, error, no)
    };
    let outcome = match answer {
        Ok(uuid) => Outcome::Changing(part, ChangeStatus { uuid, ..status }),
        Err(error @ provider::Error::Refused(_)) => {
            tracing::warn!(object = %key, %error, "the change was refused");
            Outcome::ChangeRefused(part, status, problem(&error))
        }
        Err(provider::Error::Ambiguous(text) | provider::Error::Unreadable(text)) => {
            tracing::warn!(object = %key, error = text, "the answer to a change was lost");
            return Ok(soon());
        }
        // It was not carried out: the attempt does not count.
        Err(error) => {
            let problem = problem(&error);
            let pause = retry(object, context, problem.retry);
            let asked = part.of(object).map(|line| line.changes.as_slice()).unwrap_or_default();
            let before = asked.iter().find(|asked| asked.field == status.field).cloned();
            let outcome = Outcome::NotChanged(part, status.field, before, problem);
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
                session.fleet.hurry();
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
