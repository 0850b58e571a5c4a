//! Replacing what a profile offers.
//!
//! It is written down before it is sent, with the object's resourceVersion as the precondition, so
//! that of two operators one asks. On v4 the profile's version is a precondition, too: whoever
//! changed it in between is not overruled before it was looked at what they did.

use kube::ResourceExt;
use kube_runtime::{controller::Action, reflector::ObjectRef};

use fabric_api::{Reason, ReplacementStatus, ServiceProfile};
use fabric_client::{self, ShownProfile};
use fabric_domain::Offering;

use crate::{
    account::session::Session,
    profile::{
        Desk,
        commands::{held, soon, tell, write},
        report::Outcome,
        trouble,
    },
    reconcile::{problem::Retry, status::Error},
};

/// Asks for a replacement and writes down what came of that.
pub(super) async fn replace(
    object: &ServiceProfile,
    desk: &Desk,
    session: &Session,
    shown: &ShownProfile,
    (wanted, record): (&Offering, ReplacementStatus),
) -> Result<Action, Error> {
    let (key, id) = (ObjectRef::from_obj(object), &shown.profile.id);
    let problem = |error: &fabric_client::Error| {
        let no = (Reason::ChangeRefused, "edit the spec to try again, or set it to what is there");
        let doing = format!("changing service profile {id}");
        trouble::problem(&doing, &object.spec.account, error, no)
    };
    if shown.version.is_none() {
        // Without versions, only another look can tell that somebody else was faster.
        match session.reads.own_profile(id).await {
            Ok(now) if now == *shown => {}
            Ok(_) => {
                session.selling.invalidate(id);
                return Ok(soon());
            }
            Err(error) => return held(object, desk, problem(&error)).await,
        }
    }
    let written = write(object, desk, &Outcome::Replacing(record.clone())).await?;
    tracing::info!(object = %key, profile = %id, attempt = record.attempts, "replacing");
    let answer = session.writes.replace_profile(shown, wanted).await;
    session.selling.invalidate(id);
    let before = object.status.as_ref().and_then(|status| status.replacement.clone());
    let (outcome, next) = match answer {
        Ok(()) => {
            desk.context.memory.succeeded(&object.uid().unwrap_or_default());
            return Ok(soon());
        }
        Err(error @ fabric_client::Error::Refused(_)) => {
            tracing::warn!(object = %key, %error, "the replacement was refused");
            (Outcome::ReplacementRefused(record, problem(&error)), soon())
        }
        Err(fabric_client::Error::Ambiguous(text) | fabric_client::Error::Unreadable(text)) => {
            tracing::warn!(object = %key, error = text, "the answer to a replacement was lost");
            return Ok(soon());
        }
        // It was not carried out: the attempt does not count. A lost race is looked at again.
        Err(error) => {
            let lost =
                matches!(error, fabric_client::Error::Stale(_) | fabric_client::Error::Busy(_));
            let problem = problem(&error);
            let wait = if lost { Retry::Backoff } else { problem.retry };
            let uid = object.uid().unwrap_or_default();
            let generation = object.metadata.generation.unwrap_or_default();
            let memory = &desk.context.memory;
            let pause = memory.pause(&uid, generation, wait);
            memory.rest(&uid, generation, session.id(), pause);
            (Outcome::NotReplaced(before, problem), Action::requeue(pause))
        }
    };
    write(&written, desk, &outcome).await?;
    tell(&written, desk, &outcome, "Change").await;
    Ok(next)
}
