//! Carrying a step out: at most one mutating call at the provider, and then the report.

mod cancel;
mod change;
mod order;

use std::{sync::Arc, time::Duration};

use kube::ResourceExt;
use kube_runtime::{controller::Action, events::EventType, reflector::ObjectRef};

use fabric_api::{FINALIZER, FabricConnection, Reason};
use fabric_domain::{Phase, Standing, WaitingFor};

use crate::{
    account::session::Session,
    connection::{
        api,
        observe::Observation,
        plan::{Released, Step},
        report::{Outcome, settle},
    },
    reconcile::{
        context::Context,
        events, finalizer,
        memory::spread,
        problem::{Problem, Retry},
        status::{self, Error},
    },
};
use cancel::cancel;
use change::change;
use order::order;

/// How long a resource rests at most when nothing wakes it.
const RESYNC: Duration = Duration::from_secs(30 * 60);

/// Carries `step` out and reports.
pub(super) async fn perform(
    object: &FabricConnection,
    context: &Context,
    seen: &Observation,
    step: Step,
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    let flow = seen.flow;
    match step {
        Step::Pause => report(object, context, &Outcome::Paused, RESYNC).await,
        Step::Hold(problem) => held(object, context, problem, Outcome::Held).await,
        Step::AwaitListing => {
            report(object, context, &Outcome::AwaitingListing, Duration::from_secs(60)).await
        }
        // The story of the refusal stays as it was told.
        Step::Rest(left) => Ok(Action::requeue(left)),
        Step::Order(desired, attempt) => match session(object, context) {
            Ok(session) => order(object, context, &session, &desired, attempt).await,
            Err(problem) => held(object, context, problem, Outcome::Held).await,
        },
        Step::Search => {
            report(object, context, &Outcome::Unknown(None), Duration::from_secs(300)).await
        }
        Step::Adopt(leg, id) => {
            tracing::info!(object = %key, %leg, connection = %id, "found what was ordered");
            report(object, context, &Outcome::Adopted(leg, id), RESYNC).await?;
            context.metrics.adopted();
            Ok(soon())
        }
        Step::TakeOver(leg, id, resolved) => {
            tracing::info!(object = %key, %leg, connection = %id, "taking over");
            report(object, context, &Outcome::TakenOver(leg, id, resolved), RESYNC).await?;
            Ok(soon())
        }
        Step::Follow(lines, drifts, price) => {
            for (_, line) in &lines {
                let standing = Standing::of(&line.equinix_status, &line.provider_status, flow);
                hurry_if_moving(object, context, standing);
            }
            let rest = change::rest(object, context, &drifts);
            if rest == RESYNC {
                context.memory.succeeded(&object.uid().unwrap_or_default());
            }
            report(object, context, &Outcome::Standing(lines, flow, drifts, price), rest).await
        }
        Step::Change(leg, id, wanted, status) => match session(object, context) {
            Ok(session) => change(object, context, &session, (leg, &id), (&wanted, status)).await,
            Err(problem) => held(object, context, problem, Outcome::Held).await,
        },
        Step::Cancel(leg, id) => match session(object, context) {
            Ok(session) => cancel(object, context, &session, (leg, &id), false).await,
            Err(problem) => held(object, context, problem, Outcome::Held).await,
        },
        Step::StillUp(leg, line) => {
            report(object, context, &Outcome::StillUp(leg, line), RESYNC).await
        }
        Step::Confirm(leg, id) => match session(object, context) {
            Ok(session) => cancel(object, context, &session, (leg, &id), true).await,
            Err(problem) => held(object, context, problem, Outcome::Held).await,
        },
        Step::AwaitEnd(lines) => {
            if let Ok(session) = session(object, context) {
                session.fleet.poll_fast();
            }
            report(object, context, &Outcome::HttpOutcome(lines, flow), RESYNC).await
        }
        Step::Release(why) => let_go(object, context, why).await,
    }
}

fn session(object: &FabricConnection, context: &Context) -> Result<Arc<Session>, Problem> {
    context.accounts.session(&object.spec.account)
}

/// While something works by itself, look more often.
fn hurry_if_moving(object: &FabricConnection, context: &Context, standing: Standing) {
    let moving = match (standing.phase, standing.waiting_for) {
        (
            Phase::Provisioning | Phase::Deleting | Phase::Ordering,
            WaitingFor::Equinix | WaitingFor::Provider,
        ) => true,
        (
            Phase::Pending
            | Phase::Ordering
            | Phase::AwaitingApproval
            | Phase::Provisioning
            | Phase::Ready
            | Phase::Deleting
            | Phase::Deleted
            | Phase::Failed
            | Phase::Unknown,
            _,
        ) => false,
    };
    if let (true, Ok(session)) = (moving, session(object, context)) {
        session.fleet.poll_fast();
    }
}

async fn let_go(
    object: &FabricConnection,
    context: &Context,
    why: Released,
) -> Result<Action, Error> {
    finalizer::release(&api(object, context), object, FINALIZER).await?;
    let key = ObjectRef::from_obj(object);
    tracing::info!(object = %key, ?why, "released");
    if let Ok(session) = session(object, context) {
        session.fleet.unfollow(&key);
    }
    context.memory.forget(&object.uid().unwrap_or_default());
    let reason = match why {
        Released::LineGone => Reason::ConnectionDeleted,
        Released::NothingOrdered | Released::Orphaned => Reason::Released,
    };
    context.tell(object, EventType::Normal, reason, "Release", why.note()).await;
    Ok(Action::await_change())
}

async fn held(
    object: &FabricConnection,
    context: &Context,
    problem: Problem,
    outcome: fn(Problem) -> Outcome,
) -> Result<Action, Error> {
    let wait = problem.retry;
    report(object, context, &outcome(problem), RESYNC).await?;
    Ok(retry(object, context, wait))
}

fn retry(object: &FabricConnection, context: &Context, retry: Retry) -> Action {
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let pause = context.memory.pause(&uid, generation, retry);
    let deleting = object.metadata.deletion_timestamp.is_some();
    context.memory.hold(&uid, generation, deleting, pause);
    Action::requeue(pause)
}

/// The next pass at once: something was done, and its effect is to be seen.
fn soon() -> Action {
    Action::requeue(Duration::from_secs(1))
}

/// Writes what came of the pass, if it is news, and tells the owner.
async fn report(
    object: &FabricConnection,
    context: &Context,
    outcome: &Outcome,
    rest: Duration,
) -> Result<Action, Error> {
    write(object, context, outcome).await?;
    tell(object, context, outcome, "Reconcile").await;
    Ok(Action::requeue(spread(rest, &object.name_any())))
}

/// Writes status once, if it differs.
async fn write(
    object: &FabricConnection,
    context: &Context,
    outcome: &Outcome,
) -> Result<FabricConnection, Error> {
    let old = object.status.clone().unwrap_or_default();
    let new = settle(object, &old, outcome, context.now());
    if object.status.as_ref() == Some(&new) {
        return Ok(object.clone());
    }
    status::write(&api(object, context), object, &new).await
}

/// Tells the owner what is new of `outcome`.
async fn tell(object: &FabricConnection, context: &Context, outcome: &Outcome, action: &str) {
    let old = object.status.clone().unwrap_or_default();
    let new = settle(object, &old, outcome, context.now());
    events::tell(object, context, (&old.conditions, &new.conditions), action).await;
}
