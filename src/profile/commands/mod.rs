//! Carrying a step out: at most one mutating call at the provider, and then the report.

mod create;
mod replace;

use std::{sync::Arc, time::Duration};

use kube::ResourceExt;
use kube_runtime::{controller::Action, events::EventType, reflector::ObjectRef};

use fabric_api::{PROFILE_FINALIZER, Reason, ServiceProfile, ServiceProfileStatus};
use fabric_domain::ProfileId;

use crate::{
    account::session::Session,
    profile::{
        Desk, api,
        drift::Course,
        observation::Seen,
        plan::{Released, Step},
        report::{Outcome, settle},
        trouble,
    },
    reconcile::{
        events, finalizer,
        memory::spread,
        problem::{Problem, Retry},
        status::{self, Error},
    },
};
use create::create;
use replace::replace;

/// How long a resource rests at most when nothing wakes it.
const RESYNC: Duration = Duration::from_secs(30 * 60);
/// How soon an account that was not looked at yet is asked for again.
const OPENING: Duration = Duration::from_secs(2);
/// How often a lost creation is looked for.
const SEARCH: Duration = Duration::from_secs(60);

/// Carries `step` out and reports.
pub(super) async fn perform(
    object: &ServiceProfile,
    desk: &Desk,
    step: Step,
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    match step {
        Step::Pause => report(object, desk, &Outcome::Paused, RESYNC).await,
        Step::Hold(problem) => held(object, desk, problem).await,
        Step::AwaitAccount => report(object, desk, &Outcome::AwaitingAccount, OPENING).await,
        // The story of the refusal stays as it was told.
        Step::Rest(left) => Ok(Action::requeue(left)),
        Step::Create(offering, attempt) => match session(object, desk) {
            Ok(session) => create(object, desk, &session, &offering, attempt).await,
            Err(problem) => held(object, desk, problem).await,
        },
        Step::Search => report(object, desk, &Outcome::Unknown(None), SEARCH).await,
        Step::Adopt(id) => {
            tracing::info!(object = %key, profile = %id, "found what was created");
            report(object, desk, &Outcome::Found(id), RESYNC).await?;
            Ok(soon())
        }
        Step::TakeOver(id) => {
            tracing::info!(object = %key, profile = %id, "taking over");
            report(object, desk, &Outcome::TakenOver(id), RESYNC).await?;
            Ok(soon())
        }
        Step::Replace(shown, wanted, record) => match session(object, desk) {
            Ok(session) => replace(object, desk, &session, &shown, (&wanted, record)).await,
            Err(problem) => held(object, desk, problem).await,
        },
        Step::Follow(seen) => follow(object, desk, seen).await,
        Step::Delete(id) => match session(object, desk) {
            Ok(session) => delete(object, desk, &session, &id).await,
            Err(problem) => held(object, desk, problem).await,
        },
        Step::InUse(id, lines) => {
            let rest = interval(object, desk);
            report(object, desk, &Outcome::InUse(id, lines), rest).await
        }
        Step::AwaitEnd => Ok(Action::requeue(interval(object, desk))),
        Step::Release(why) => let_go(object, desk, why).await,
    }
}

fn session(object: &ServiceProfile, desk: &Desk) -> Result<Arc<Session>, Problem> {
    desk.context.accounts.session(&object.spec.account)
}

/// How long what was seen of the account's profiles is taken for true.
fn interval(object: &ServiceProfile, desk: &Desk) -> Duration {
    session(object, desk).map_or(RESYNC, |session| session.selling.interval)
}

/// Reports where the profile stands, and tells its owner of each connection that came in.
async fn follow(object: &ServiceProfile, desk: &Desk, seen: Box<Seen>) -> Result<Action, Error> {
    let context = &desk.context;
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let rest = interval(object, desk);
    let rest = match &seen.drift.course {
        Course::Pausing(left) | Course::Resting(left) => rest.min(*left),
        Course::Blocked(problem) => rest.min(context.memory.pause(&uid, generation, problem.retry)),
        Course::InSync
        | Course::Observed
        | Course::AwaitingPublication
        | Course::Due(..)
        | Course::GivenUp(_) => {
            context.memory.succeeded(&uid);
            rest
        }
    };
    let waiting = |status: Option<&ServiceProfileStatus>| -> Vec<String> {
        let incoming = status.into_iter().flat_map(|status| &status.incoming);
        incoming.map(|line| format!("{} {}", line.uuid, line.asks)).collect()
    };
    let before = waiting(object.status.as_ref());
    let written = write(object, desk, &Outcome::Standing(seen.clone())).await?;
    tell(object, desk, &Outcome::Standing(seen), "Reconcile").await;
    let now = written.status.iter().flat_map(|status| &status.incoming);
    for line in now.filter(|line| !before.contains(&format!("{} {}", line.uuid, line.asks))) {
        let buyer = line.buyer.as_deref().unwrap_or("an unnamed buyer");
        let note = format!(
            "connection {} ({}) of {buyer} waits for your decision: {}",
            line.name, line.uuid, line.asks
        );
        let reason = Reason::ConnectionIncoming;
        context.tell(object, EventType::Normal, reason, "Incoming", &note).await;
    }
    Ok(Action::requeue(rest))
}

async fn delete(
    object: &ServiceProfile,
    desk: &Desk,
    session: &Session,
    id: &ProfileId,
) -> Result<Action, Error> {
    tracing::info!(object = %ObjectRef::from_obj(object), profile = %id, "deleting");
    let answer = session.writes.delete_profile(id).await;
    session.selling.invalidate(id);
    match answer {
        // "Already deleted" is looked at, like any other answer.
        Ok(()) | Err(fabric_client::Error::Gone(_)) => {
            report(object, desk, &Outcome::Deleted, RESYNC).await?;
            Ok(soon())
        }
        Err(error) => {
            let doing = format!("deleting service profile {id}");
            let no = (
                Reason::DeletionRefused,
                "delete it in the Equinix portal, or contact Equinix support",
            );
            held(object, desk, trouble::problem(&doing, &object.spec.account, &error, no)).await
        }
    }
}

async fn let_go(object: &ServiceProfile, desk: &Desk, why: Released) -> Result<Action, Error> {
    let context = &desk.context;
    finalizer::release(&api(object, context), object, PROFILE_FINALIZER).await?;
    tracing::info!(object = %ObjectRef::from_obj(object), ?why, "released");
    context.memory.forget(&object.uid().unwrap_or_default());
    context.tell(object, EventType::Normal, Reason::Released, "Release", why.note()).await;
    Ok(Action::await_change())
}

async fn held(object: &ServiceProfile, desk: &Desk, problem: Problem) -> Result<Action, Error> {
    let wait = problem.retry;
    report(object, desk, &Outcome::Held(problem), RESYNC).await?;
    Ok(retry(object, desk, wait))
}

fn retry(object: &ServiceProfile, desk: &Desk, retry: Retry) -> Action {
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    Action::requeue(desk.context.memory.pause(&uid, generation, retry))
}

/// The next pass at once: something was done, and its effect is to be seen.
fn soon() -> Action {
    Action::requeue(Duration::from_secs(1))
}

/// Writes what came of the pass, if it is news, and tells the owner.
async fn report(
    object: &ServiceProfile,
    desk: &Desk,
    outcome: &Outcome,
    rest: Duration,
) -> Result<Action, Error> {
    write(object, desk, outcome).await?;
    tell(object, desk, outcome, "Reconcile").await;
    Ok(Action::requeue(spread(rest, &object.name_any())))
}

/// The status after `outcome`, if it differs.
fn settled(
    object: &ServiceProfile,
    desk: &Desk,
    outcome: &Outcome,
) -> Option<ServiceProfileStatus> {
    let old = object.status.clone().unwrap_or_default();
    let new = settle(object, &old, outcome, desk.context.now());
    (object.status.as_ref() != Some(&new)).then_some(new)
}

/// Writes status once, if it differs.
async fn write(
    object: &ServiceProfile,
    desk: &Desk,
    outcome: &Outcome,
) -> Result<ServiceProfile, Error> {
    match settled(object, desk, outcome) {
        Some(new) => status::write(&api(object, &desk.context), object, &new).await,
        None => Ok(object.clone()),
    }
}

/// Tells the owner what is new of `outcome`.
async fn tell(object: &ServiceProfile, desk: &Desk, outcome: &Outcome, action: &str) {
    let old = object.status.clone().unwrap_or_default();
    let new = settle(object, &old, outcome, desk.context.now());
    events::tell(object, &desk.context, (&old.conditions, &new.conditions), action).await;
}
