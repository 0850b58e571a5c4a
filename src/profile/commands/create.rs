//! Creating a profile.
//!
//! There is nothing to tell one creation from another by but the name. So, one creation at a time:
//! the account must have no profile of that name; then the intent goes into status, with the
//! object's resourceVersion as its precondition, so that of two operators one loses here; then one
//! request, which nothing below repeats; then the id goes into status until it is there.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube_runtime::{controller::Action, reflector::ObjectRef};

use fabric_api::{CreationIntent, Reason, ServiceProfile};
use fabric_domain::{Offering, OwnProfile, ProfileState};

use crate::{
    account::session::Session,
    profile::{
        Desk,
        commands::{SEARCH, api, held, settled, soon, tell, write},
        report::Outcome,
        trouble,
    },
    reconcile::{
        memory::Fate,
        problem::Problem,
        status::{self, Error},
    },
};

/// Creates a profile.
pub(super) async fn create(
    object: &ServiceProfile,
    desk: &Desk,
    session: &Session,
    offering: &Offering,
    attempt: u32,
) -> Result<Action, Error> {
    let turn = desk.creating.lock().await;
    let account = &object.spec.account;
    let doing = format!("creating service profile {}", offering.name);
    let no = (Reason::CreationRefused, "correct the spec as the message says");
    match taken(object, desk, session, offering).await {
        Ok(None) => {}
        // An earlier attempt of ours has arrived late.
        Ok(Some(Taken::There(profile))) if attempt > 1 => {
            super::report(object, desk, &Outcome::Found(profile.id), Duration::ZERO).await?;
            return Ok(soon());
        }
        Ok(Some(taken)) => return held(object, desk, taken.problem(&offering.name)).await,
        Err(error) => {
            return held(object, desk, trouble::problem(&doing, account, &error, no)).await;
        }
    }
    let memory = &desk.context.memory;
    let uid = object.uid().unwrap_or_default();
    let by = desk.context.mark();
    let intent = CreationIntent {
        name: offering.name.clone(),
        by: by.clone(),
        at: Time(desk.context.now()),
        attempt,
    };
    memory.attempted(&uid, &by, Fate::Unsent);
    let written = write(object, desk, &Outcome::Creating(intent)).await?;
    let key = ObjectRef::from_obj(object);
    tracing::info!(object = %key, name = offering.name, attempt, "creating");
    memory.attempted(&uid, &by, Fate::Unknown);
    let outcome = match session.writes.create_profile(offering).await {
        Ok(id) => {
            tracing::info!(object = %key, profile = %id, "created");
            Outcome::Created(id)
        }
        Err(error @ (fabric_client::Error::Ambiguous(_) | fabric_client::Error::Unreadable(_))) => {
            memory.attempted(&uid, &by, Fate::Unknown);
            tracing::warn!(object = %key, %error, "the answer to a creation was lost");
            Outcome::Unknown(Some(error.to_string()))
        }
        Err(error) => {
            memory.attempted(&uid, &by, Fate::Unsent);
            tracing::warn!(object = %key, %error, "the creation was refused");
            Outcome::NotCreated(trouble::problem(&doing, account, &error, no))
        }
    };
    drop(turn);
    let next = match &outcome {
        Outcome::NotCreated(problem) => {
            let generation = object.metadata.generation.unwrap_or_default();
            let pause = memory.pause(&uid, generation, problem.retry);
            memory.rest(&uid, generation, session.id(), pause);
            Action::requeue(pause)
        }
        Outcome::Unknown(_) => Action::requeue(SEARCH),
        _ => soon(),
    };
    let ours = |object: &ServiceProfile| {
        let intent = object.status.as_ref().and_then(|status| status.creation.as_ref());
        intent.is_some_and(|intent| intent.by == by)
    };
    // Should somebody else go on with this resource, the profile is found by its name.
    let settle = |object: &ServiceProfile| settled(object, desk, &outcome);
    status::record(&api(object, &desk.context), &written, settle, ours).await?;
    tell(object, desk, &outcome, "Create").await;
    Ok(next)
}

/// Who has a name.
enum Taken {
    /// A profile of the account.
    There(Box<OwnProfile>),
    /// Another resource, which created it or is about to.
    By(String),
}

impl Taken {
    fn problem(&self, name: &str) -> Problem {
        let message = match self {
            Self::There(profile) => format!(
                "the account has a service profile named {name} already: {}; take it over with spec.adopt, or choose another spec.name",
                profile.id
            ),
            Self::By(other) => format!(
                "ServiceProfile {other} has the name {name} already; choose another spec.name"
            ),
        };
        Problem::stalled(Reason::ProfileExists, message)
    }
}

/// Who has the name of the profile that is to be created.
async fn taken(
    object: &ServiceProfile,
    desk: &Desk,
    session: &Session,
    offering: &Offering,
) -> Result<Option<Taken>, fabric_client::Error> {
    if let Some(other) = desk.namesake(object) {
        return Ok(Some(Taken::By(other)));
    }
    let named = session.reads.own_profiles_named(&offering.name).await?;
    let there = named.into_iter().find(|profile| profile.state != ProfileState::Deleted);
    Ok(there.map(|profile| Taken::There(Box::new(profile))))
}
