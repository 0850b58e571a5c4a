//! Creating a profile.
//!
//! The provider knows no idempotency key for it; only its name distinguishes one creation from
//! another. So creations run one at a time, and each first checks that the account has no profile of
//! that name. After a lost answer, `evidence` looks for the name.

use std::{sync::Arc, time::Duration};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube_runtime::controller::Action;

use fabric_api::{CreationIntent, Reason, ServiceProfile, UnknownFields};
use fabric_client::{Error, Gate, Writes};
use fabric_domain::{Offering, OwnProfile, ProfileId, ProfileState};

use crate::{
    account::session::Session,
    profile::{plan::SEARCH, problems, report::ProfileReport},
    reconcile::{
        Next, Pass,
        claims::full_name,
        problem::Problem,
        send_once::{Intent, Outcome, Request, Response, Then},
        status::ApiError,
    },
};

/// Creates a profile, if its name is free.
pub(super) async fn create(
    pass: &Pass<'_, ServiceProfile>,
    session: &Session,
    offering: &Offering,
    attempt: u32,
) -> Result<Action, ApiError> {
    // Held until the answer is stored: that a name is free holds only until the next creation.
    let _creating = pass.context.creating.lock().await;
    match name_holder(pass, session, &offering.name).await {
        Ok(None) => pass.send_once(session, &ProfileCreation { offering, attempt }).await,
        // An earlier attempt of this resource arrived late.
        Ok(Some(NameHolder::Profile(profile))) if attempt > 1 => {
            pass.report(&ProfileReport::Found(profile.id), Next::Soon).await
        }
        Ok(Some(holder)) => pass.block(holder.problem(&offering.name)).await,
        Err(error) => pass.block(problem(pass.object, &offering.name, &error)).await,
    }
}

/// What has a name already.
enum NameHolder {
    /// A profile of the account.
    Profile(Box<OwnProfile>),
    /// Another resource, whose profile has the name or is about to get it.
    Resource(Arc<ServiceProfile>),
}

impl NameHolder {
    fn problem(&self, name: &str) -> Problem {
        let holder = match self {
            Self::Profile(profile) => format!("service profile {}", profile.id),
            Self::Resource(other) => full_name(&**other),
        };
        let message = format!(
            "the account has a service profile named {name} already; choose another spec.name, or take it over with spec.adopt, if a grant of the account has mayAdopt"
        );
        let problem = Problem::stalled(Reason::ProfileExists, message);
        problem.withholding(format!("the name {name} is that of {holder}"))
    }
}

async fn name_holder(
    pass: &Pass<'_, ServiceProfile>,
    session: &Session,
    name: &str,
) -> Result<Option<NameHolder>, Error> {
    let context = pass.context;
    if let Some(other) = context.profiles.namesake(pass.object) {
        return Ok(Some(NameHolder::Resource(other)));
    }
    let named = session.reads.own_profiles_named(name).await?;
    let there = named.filter(|profile| profile.state != ProfileState::Deleted);
    match (there.items.into_iter().next(), there.gap) {
        (None, Some(gap)) => Err(Error::not_whole("service profiles", &gap)),
        (existing, _) => Ok(existing.map(|profile| NameHolder::Profile(Box::new(profile)))),
    }
}

fn problem(object: &ServiceProfile, name: &str, error: &Error) -> Problem {
    let doing = format!("creating service profile {name}");
    let refusal = (Reason::CreationRefused, "correct the spec as the message says");
    problems::problem(&doing, &object.spec.account, error, refusal)
}

/// The request to create a profile.
struct ProfileCreation<'a> {
    offering: &'a Offering,
    /// The attempt's number, from 1.
    attempt: u32,
}

impl Request<ServiceProfile> for ProfileCreation<'_> {
    const ACTION: &'static str = "Create";
    type Value = ProfileId;

    fn target(&self) -> String {
        self.offering.name.clone()
    }

    fn intent(&self, pass: &Pass<'_, ServiceProfile>, id: &str) -> Intent<ProfileReport> {
        Intent::Status(ProfileReport::Creating(CreationIntent {
            name: self.offering.name.clone(),
            by: id.to_owned(),
            at: Time(pass.context.now()),
            attempt: self.attempt,
            unknown: UnknownFields::default(),
        }))
    }

    fn is_recorded(&self, object: &ServiceProfile, id: &str) -> bool {
        let intent = object.status.as_ref().and_then(|status| status.creation.as_ref());
        intent.is_some_and(|intent| intent.by == id)
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<ProfileId, Error> {
        writes.create_profile(self.offering, gate).await
    }

    async fn answered(
        &self,
        pass: &Pass<'_, ServiceProfile>,
        _session: &Session,
        response: Response<ProfileId>,
    ) -> Outcome<ProfileReport> {
        let (report, then) = match response {
            Response::Done(id) => (ProfileReport::Created(id), Then::Look(Next::Soon)),
            Response::Unknown(error) => (
                ProfileReport::CreationUnknown(Some(error.to_string())),
                Then::Look(Next::After(SEARCH)),
            ),
            Response::Taken(error) | Response::Refused(error) => {
                let problem = problem(pass.object, &self.offering.name, &error);
                let then = Then::Postpone(problem.retry, Duration::MAX);
                (ProfileReport::NotCreated(problem), then)
            }
        };
        Outcome { report: Some(report), then }
    }
}
