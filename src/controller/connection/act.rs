//! Carrying a step out: at most one mutating call at the provider, and then the report.
//!
//! The order protocol: the intent goes into status, with the object's resourceVersion as its
//! precondition, so that of two operators one loses here; then one request, which nothing below
//! repeats; then the id goes into status until it is there. What is not known stays written down.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube_runtime::{controller::Action, events::EventType, reflector::ObjectRef};
use sha2::{Digest, Sha256};
use tokio::time::{Instant, sleep};

use super::{
    api,
    desired::Desired,
    line::Part,
    observe::Observation,
    plan::{Released, Step},
    release,
    report::{Outcome, settle},
};
use crate::{
    api::{FabricConnection, OrderIntent, Reason},
    controller::{
        accounts::Session,
        conditions::ready_reason,
        context::Context,
        memory::{Fate, spread},
        problem::{Problem, Retry},
        status::{self, Error, bounded},
    },
    domain::{ASide, ConnectionId, ConnectionName, Phase, Placed, Standing, WaitingFor},
    provider,
};

/// How long a resource rests at most when nothing wakes it.
const RESYNC: Duration = Duration::from_secs(30 * 60);
/// How long the writing of an answer is tried before the pass gives up; the intent remains.
const RECORD_FOR: Duration = Duration::from_secs(60);

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
        Step::Adopt(part, id) => {
            tracing::info!(object = %key, %part, connection = %id, "found what was ordered");
            report(object, context, &Outcome::Adopted(part, id), RESYNC).await?;
            Ok(soon())
        }
        Step::Follow(lines) => {
            for (_, line) in &lines {
                let standing = Standing::of(&line.equinix_status, &line.provider_status, flow);
                hurry_if_moving(object, context, standing);
            }
            context.memory.succeeded(&object.uid().unwrap_or_default());
            report(object, context, &Outcome::Standing(lines, flow), RESYNC).await
        }
        Step::Cancel(part, id) => match session(object, context) {
            Ok(session) => cancel(object, context, &session, (part, &id), false).await,
            Err(problem) => held(object, context, problem, Outcome::Held).await,
        },
        Step::Confirm(part, id) => match session(object, context) {
            Ok(session) => cancel(object, context, &session, (part, &id), true).await,
            Err(problem) => held(object, context, problem, Outcome::Held).await,
        },
        Step::AwaitEnd(lines) => {
            if let Ok(session) = session(object, context) {
                session.fleet.hurry();
            }
            report(object, context, &Outcome::Ending(lines, flow), RESYNC).await
        }
        Step::Release(why) => let_go(object, context, why).await,
    }
}

fn session(
    object: &FabricConnection,
    context: &Context,
) -> Result<std::sync::Arc<Session>, Problem> {
    let account = context.accounts.get(&object.spec.account);
    account.and_then(|a| a.session.ok()).ok_or_else(|| {
        Problem::passing(
            Reason::AccountNotReady,
            format!(
                "FabricAccount {} has just changed; it is tried again by itself",
                object.spec.account
            ),
        )
    })
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
        session.fleet.hurry();
    }
}

/// Orders a line.
async fn order(
    object: &FabricConnection,
    context: &Context,
    session: &Session,
    desired: &Desired,
    attempt: u32,
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    let uid = object.uid().unwrap_or_default();
    let by = context.mark();
    let intents = intents(desired, attempt, &by, context);
    let parts: Vec<Part> = intents.iter().map(|(part, _)| *part).collect();
    context.memory.attempted(&uid, &by, Fate::Unsent);
    let written =
        write(object, context, &Outcome::Intent(intents, desired.resolved.clone())).await?;
    tracing::info!(object = %key, name = %desired.order.name, attempt, "ordering");
    context.memory.attempted(&uid, &by, Fate::Unknown);
    let answer = session.provider.order(&desired.order).await;
    let outcome = match answer {
        Ok(mut placed) => {
            session.fleet.touched(&placed.primary);
            if let Some(id) = &placed.secondary {
                session.fleet.touched(id);
            }
            tracing::info!(object = %key, connection = %placed.primary, "ordered");
            if desired.part == Part::Secondary {
                // The answer calls every single line its primary.
                let secondary = Some(placed.primary.clone());
                let found = Placed { primary: placed.primary.clone(), secondary };
                context.memory.attempted(&uid, &by, Fate::Placed(found));
                placed.secondary = None;
            } else {
                context.memory.attempted(&uid, &by, Fate::Placed(placed.clone()));
            }
            Outcome::Ordered(placed, desired.part)
        }
        Err(error @ (provider::Error::Ambiguous(_) | provider::Error::Unreadable(_))) => {
            context.memory.attempted(&uid, &by, Fate::Unknown);
            session.fleet.hurry();
            tracing::warn!(object = %key, %error, "the answer to an order was lost");
            Outcome::Unknown(Some(error.to_string()))
        }
        // After an attempt of unknown outcome, a VLAN in use may be in use by that attempt.
        Err(error @ provider::Error::VlanInUse(_)) if attempt > 1 => {
            context.memory.attempted(&uid, &by, Fate::Unknown);
            Outcome::Unknown(Some(error.to_string()))
        }
        Err(error) => {
            tracing::warn!(object = %key, %error, "the order was refused");
            context.memory.attempted(&uid, &by, Fate::Unsent);
            let doing = format!("ordering connection {}", desired.order.name);
            Outcome::Refused(Problem::of(&doing, &object.spec.account, &error), parts)
        }
    };
    let pause = match &outcome {
        Outcome::Refused(problem, _) => {
            let generation = object.metadata.generation.unwrap_or_default();
            let pause = context.memory.pause(&uid, generation, problem.retry);
            context.memory.rest(&uid, generation, session.id(), pause);
            pause
        }
        _ => Duration::ZERO,
    };
    record(&written, context, &outcome, &by).await?;
    tell(object, context, &outcome, "Order").await;
    Ok(match outcome {
        Outcome::Refused(..) => Action::requeue(pause),
        Outcome::Unknown(_) => {
            session.fleet.after_next_round(&key);
            Action::requeue(Duration::from_secs(300))
        }
        _ => soon(),
    })
}

/// What is written down of an order: enough to find each of its lines again.
fn intents(
    desired: &Desired,
    attempt: u32,
    by: &str,
    context: &Context,
) -> Vec<(Part, OrderIntent)> {
    // Secrets print as asterisks, so the hash tells nothing of them.
    let hash: [u8; 32] = Sha256::digest(format!("{:?}", desired.order)).into();
    let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let intent = |name: &ConnectionName, a_side: &ASide| {
        let tags = a_side.link.tags();
        OrderIntent {
            name: name.to_string(),
            port_uuid: a_side.port.to_string(),
            vlan_outer: tags.outer,
            vlan_inner: tags.inner,
            request_hash: format!("{hash:016x}"),
            by: by.to_owned(),
            at: Time(context.now()),
            attempt,
        }
    };
    desired.sides().map(|(part, name, a_side)| (part, intent(name, a_side))).collect()
}

/// Cancels a line, which the provider may not show any more.
async fn cancel(
    object: &FabricConnection,
    context: &Context,
    session: &Session,
    (part, id): (Part, &ConnectionId),
    unseen: bool,
) -> Result<Action, Error> {
    let key = ObjectRef::from_obj(object);
    tracing::info!(object = %key, connection = %id, "cancelling");
    match session.provider.cancel(id).await {
        Err(provider::Error::Gone(_)) if unseen => {
            report(object, context, &Outcome::Ended(part), RESYNC).await?;
            Ok(soon())
        }
        // "Already deleted" may also mean that it is on its way down, and billed until it is gone:
        // the next pass looks.
        Ok(()) | Err(provider::Error::Gone(_)) => {
            session.fleet.touched(id);
            report(object, context, &Outcome::Cancelled(part), RESYNC).await?;
            Ok(soon())
        }
        Err(error) => {
            let doing = format!("cancelling connection {id}");
            let problem = Problem::of(&doing, &object.spec.account, &error);
            let problem = match error {
                provider::Error::Busy(_) => problem.because(Reason::Deprovisioning),
                provider::Error::Refused(_) => Problem {
                    message: format!(
                        "{doing}: {error}; cancel it in the Equinix portal, or contact Equinix support"
                    ),
                    ..problem.because(Reason::CancellationRefused)
                },
                provider::Error::NotVisible(_) => Problem {
                    message: format!(
                        "{}; while it is not known to be gone this resource stays; if you know that it is, set spec.deletionPolicy to Orphan",
                        problem.message
                    ),
                    ..problem
                },
                _ => problem,
            };
            held(object, context, problem, Outcome::NotCancelled).await
        }
    }
}

async fn let_go(
    object: &FabricConnection,
    context: &Context,
    why: Released,
) -> Result<Action, Error> {
    release(object, context).await?;
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
    Action::requeue(context.memory.pause(&uid, generation, retry))
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

/// Writes what must not be lost: again and again, each time onto the object as it is by then.
async fn record(
    object: &FabricConnection,
    context: &Context,
    outcome: &Outcome,
    by: &str,
) -> Result<(), Error> {
    let api = api(object, context);
    let deadline = Instant::now() + RECORD_FOR;
    let mut object = object.clone();
    let mut pause = Duration::from_millis(200);
    loop {
        let Err(error) = write(&object, context, outcome).await else { return Ok(()) };
        if error.is_not_found() || Instant::now() >= deadline {
            return Err(error);
        }
        sleep(pause).await;
        pause = (pause * 2).min(Duration::from_secs(5));
        let name = object.name_any();
        if let Ok(newer) = bounded("reading the object", api.get(&name)).await {
            let parts = [Part::Primary, Part::Secondary].into_iter();
            let mut orders = parts.filter_map(|part| part.of(&newer)?.order.as_ref());
            let ours = newer.uid() == object.uid() && orders.any(|order| order.by == by);
            if !ours {
                // Somebody else has gone on with this resource; what we know is in memory.
                return Err(error);
            }
            object = newer;
        }
    }
}

/// An event for each new reason of `Ready`.
async fn tell(object: &FabricConnection, context: &Context, outcome: &Outcome, action: &str) {
    let old = object.status.clone().unwrap_or_default();
    let new = settle(object, &old, outcome, context.now());
    let reason = ready_reason(&new.conditions);
    if reason == ready_reason(&old.conditions) {
        return;
    }
    let condition = new.conditions.iter().find(|c| c.type_ == "Ready");
    let stalled = new.conditions.iter().any(|c| c.type_ == "Stalled");
    let kind = if stalled { EventType::Warning } else { EventType::Normal };
    let parsed = reason.and_then(Reason::read);
    if let (Some(condition), Some(reason)) = (condition, parsed) {
        context.tell(object, kind, reason, action, &condition.message).await;
    }
}
