//! Carrying a step out: at most one mutating call at the provider, and then the report.
//!
//! The decision goes into status, with the object's resourceVersion as its precondition, so that of
//! two operators one loses here; then one request. What is not known stays written down, and the
//! line tells later.

use std::{sync::Arc, time::Duration};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube::ResourceExt;
use kube_runtime::{controller::Action, reflector::ObjectRef};

use fabric_api::{ConnectionApproval, ConnectionApprovalStatus, DecisionIntent, Reason};
use fabric_domain::{ConnectionId, DecisionState, Leg, Subject};

use crate::{
    account::session::{Look, Session},
    approval::{
        api,
        decision::decision,
        line::{Line, Sent, known},
        observe::{Observation, Scene, Sight},
        plan::{Due, Step},
        report::{Outcome, settle, what},
    },
    reconcile::{
        context::Context,
        events,
        memory::{Fate, spread},
        problem::{Problem, Retry},
        status::{self, Error},
    },
};

/// How soon what is not known yet is looked at again.
const SOON: Duration = Duration::from_secs(2);
/// How soon a line is looked at again that was decided on a moment ago.
const WATCH: Duration = Duration::from_secs(5);
/// How soon a line is looked at again that may ask for the decision later, or that somebody has to
/// put right.
const LATER: Duration = Duration::from_secs(60);
/// The longest that a decision rests when somebody has to act first.
const LONGEST: Duration = Duration::from_secs(300);

/// Carries `step` out and reports.
pub(super) async fn perform(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    step: Step,
) -> Result<Action, Error> {
    match step {
        Step::Wait => Ok(Action::requeue(SOON)),
        Step::Rest(left) => Ok(Action::requeue(left)),
        Step::Hold(problem) => held(object, context, seen, problem).await,
        Step::Await => {
            context.memory.succeeded(&object.uid().unwrap_or_default());
            report(object, context, seen, &Outcome::Awaiting).await?;
            Ok(Action::requeue(spread(LATER, &object.name_any())))
        }
        Step::Watch => {
            report(object, context, seen, &Outcome::Watching).await?;
            Ok(Action::requeue(if is_fresh(seen) { WATCH } else { LATER }))
        }
        Step::Settle(verdicts) => {
            let key = ObjectRef::from_obj(object);
            tracing::info!(object = %key, ?verdicts, "decided");
            report(object, context, seen, &Outcome::Settled(verdicts)).await?;
            Ok(Action::requeue(SOON))
        }
        Step::Decide(due) => match &seen.sight {
            Sight::Lines(scene) => decide(object, context, seen, scene, &due).await,
            Sight::Nothing | Sight::Resting(_) | Sight::Blocked(_) => Ok(Action::requeue(SOON)),
        },
    }
}

/// Whether the decision was sent a moment ago.
fn is_fresh(seen: &Observation) -> bool {
    let fresh = |line: &Line| matches!(line.sent, Sent::Maybe { settled: false, .. });
    match &seen.sight {
        Sight::Lines(scene) => scene.lines.iter().any(fresh),
        Sight::Nothing | Sight::Resting(_) | Sight::Blocked(_) => false,
    }
}

/// Sends the decision on the lines that are due.
async fn decide(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    scene: &Scene,
    due: &[Due],
) -> Result<Action, Error> {
    let account = scene.account.as_deref().unwrap_or_default();
    let session = match context.accounts.session(account) {
        Ok(session) => session,
        Err(problem) => return held(object, context, seen, problem).await,
    };
    let ids: Vec<ConnectionId> = due.iter().filter_map(|due| id(scene, due.leg)).collect();
    let (Some(first), true) = (ids.first(), ids.len() == due.len()) else {
        return Ok(Action::requeue(SOON));
    };
    let decision = match decision(object, context, seen, due).await? {
        Ok(decision) => decision,
        Err(problem) => return held(object, context, seen, problem).await,
    };
    let (key, uid) = (ObjectRef::from_obj(object), object.uid().unwrap_or_default());
    let by = context.mark();
    context.memory.attempted(&uid, &by, Fate::Unsent);
    let intents = intents(object, due, &by, context);
    let before: Vec<(Leg, Option<DecisionIntent>)> = due
        .iter()
        .map(|due| (due.leg, known(object, due.leg).and_then(|line| line.intent.clone())))
        .collect();
    let written = write(object, context, seen, &Outcome::Intent(intents)).await?;
    tracing::info!(object = %key, connection = %first, what = what(object), "deciding");
    context.memory.attempted(&uid, &by, Fate::Unknown);
    let answer = session.writes.decide(first, &decision).await;
    drop(decision);
    for id in &ids {
        if seen.matter == Subject::Acceptance {
            session.fleet.invalidate(id);
        }
        context.stir(id);
    }
    let legs: Vec<Leg> = due.iter().map(|due| due.leg).collect();
    let outcome = match answer {
        Ok(()) => Outcome::Taken(legs),
        Err(error @ (fabric_client::Error::Ambiguous(_) | fabric_client::Error::Unreadable(_))) => {
            tracing::warn!(object = %key, %error, "the answer to a decision was lost");
            Outcome::Unknown(error.to_string())
        }
        Err(error) => {
            tracing::warn!(object = %key, %error, "the decision was not carried out");
            context.memory.attempted(&uid, &by, Fate::Unsent);
            if !still_waits(seen, first, &session).await {
                // Somebody was faster, or an earlier attempt had arrived: the line will tell.
                Outcome::NotDone(before, None)
            } else if matches!(error, fabric_client::Error::Refused(_)) {
                Outcome::Refused(before, refusal(object, seen, first, account, &error))
            } else {
                Outcome::NotDone(before, Some(failure(object, first, account, &error)))
            }
        }
    };
    let action = match &outcome {
        Outcome::NotDone(_, Some(problem)) => {
            let generation = object.metadata.generation.unwrap_or_default();
            let pause = context.memory.pause(&uid, generation, problem.retry);
            context.memory.rest(&uid, generation, session.id(), pause);
            Action::requeue(pause)
        }
        Outcome::Refused(..) => Action::requeue(LONGEST),
        _ => Action::requeue(SOON),
    };
    record(&written, context, seen, &outcome, &by).await?;
    tell(&written, context, seen, &outcome).await;
    Ok(action)
}

/// The id of a line that is seen.
fn id(scene: &Scene, leg: Leg) -> Option<ConnectionId> {
    let line = scene.lines.iter().find(|line| line.leg == leg)?;
    line.seen().map(|seen| seen.id.clone())
}

/// What is written down of a decision before it is sent.
fn intents(
    object: &ConnectionApproval,
    due: &[Due],
    by: &str,
    context: &Context,
) -> Vec<(Leg, DecisionIntent)> {
    let intent = |due: &Due| DecisionIntent {
        what: what(object),
        by: by.to_owned(),
        at: Time(context.now()),
        attempt: due.attempt,
        taken: false,
    };
    due.iter().map(|due| (due.leg, intent(due))).collect()
}

/// Whether a line still waits for the decision that has just been in vain.
async fn still_waits(seen: &Observation, id: &ConnectionId, session: &Session) -> bool {
    let line = match seen.matter {
        Subject::Acceptance => match session.look(id).await {
            Look::Seen(line) => Some(*line),
            Look::Unlisted | Look::Unseen(_) => None,
        },
        Subject::Seller(_) => session.reads.incoming_line(id).await.ok(),
    };
    line.is_none_or(|line| seen.matter.stand(&line, true) == DecisionState::Awaited)
}

fn doing(object: &ConnectionApproval, id: &ConnectionId) -> String {
    format!("sending \"{}\" for connection {id}", what(object))
}

/// A definite no: the same is not sent again.
fn refusal(
    object: &ConnectionApproval,
    seen: &Observation,
    id: &ConnectionId,
    account: &str,
    error: &fabric_client::Error,
) -> Problem {
    let (reason, remedy) = match seen.matter {
        Subject::Acceptance => (
            Reason::AwsKeysRefused,
            "if the keys are wrong, correct the Secret; this ConnectionApproval is not sent again: create another one, or accept the connection in the AWS console",
        ),
        Subject::Seller(_) => (
            Reason::DecisionRefused,
            "this ConnectionApproval cannot be changed and is not sent again: create another one",
        ),
    };
    let problem =
        Problem::refused(&doing(object, id), account, error, (reason, "nothing was changed"));
    Problem { message: format!("{}; {remedy}", problem.message), ..problem }
}

/// It was not carried out, and may be later.
fn failure(
    object: &ConnectionApproval,
    id: &ConnectionId,
    account: &str,
    error: &fabric_client::Error,
) -> Problem {
    let problem = Problem::of(&doing(object, id), account, error);
    match error {
        // The words for an order do not fit.
        fabric_client::Error::Busy(_)
        | fabric_client::Error::Gone(_)
        | fabric_client::Error::Stale(_) => Problem::passing(
            Reason::Deciding,
            format!("{}: {error}; it is tried again by itself", doing(object, id)),
        ),
        fabric_client::Error::VlanInUse(_) => Problem {
            message: format!(
                "{}: {error}; wait if the tag is just being freed, or create another ConnectionApproval with another tag",
                doing(object, id)
            ),
            ..problem
        },
        fabric_client::Error::Throttled { .. }
        | fabric_client::Error::Unavailable(_)
        | fabric_client::Error::Credentials(_)
        | fabric_client::Error::Forbidden(_)
        | fabric_client::Error::Refused(_)
        | fabric_client::Error::NoCapacity(_)
        | fabric_client::Error::NotVisible(_)
        | fabric_client::Error::Ambiguous(_)
        | fabric_client::Error::Unreadable(_) => problem,
    }
}

/// The session that the lines were looked at through.
fn session(context: &Context, seen: &Observation) -> Option<Arc<Session>> {
    let Sight::Lines(scene) = &seen.sight else { return None };
    context.accounts.session(scene.account.as_deref()?).ok()
}

async fn held(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    problem: Problem,
) -> Result<Action, Error> {
    let retry = problem.retry;
    report(object, context, seen, &Outcome::Held(problem)).await?;
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    let pause = match retry {
        // To look costs little, and what is put right is to be noticed.
        Retry::Parked => LONGEST,
        Retry::After(_) | Retry::Backoff => context.memory.pause(&uid, generation, retry),
    };
    let pause = spread(pause.min(LONGEST), &object.name_any());
    if let Some(session) = session(context, seen) {
        // The words that were just written wake this resource: they are not asked for again at once.
        context.memory.rest(&uid, generation, session.id(), pause);
    }
    Ok(Action::requeue(pause))
}

/// Writes what came of the pass, if it is news, and tells the owner.
async fn report(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    outcome: &Outcome,
) -> Result<(), Error> {
    write(object, context, seen, outcome).await?;
    tell(object, context, seen, outcome).await;
    Ok(())
}

/// Writes the answer to a decision, as long as that is still the one that was sent.
async fn record(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    outcome: &Outcome,
    by: &str,
) -> Result<(), Error> {
    let settled = |object: &ConnectionApproval| {
        let new = settled(object, context, seen, outcome);
        (object.status.as_ref() != Some(&new)).then_some(new)
    };
    let ours = |object: &ConnectionApproval| {
        let legs = [Leg::Primary, Leg::Secondary].into_iter();
        legs.filter_map(|leg| known(object, leg)?.intent.as_ref()).any(|sent| sent.by == by)
    };
    status::record(&api(object, context), object, settled, ours).await
}

/// Writes status once, if it differs.
async fn write(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    outcome: &Outcome,
) -> Result<ConnectionApproval, Error> {
    let new = settled(object, context, seen, outcome);
    if object.status.as_ref() == Some(&new) {
        return Ok(object.clone());
    }
    status::write(&api(object, context), object, &new).await
}

/// Tells the owner what is new of `outcome`.
async fn tell(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    outcome: &Outcome,
) {
    let old = object.status.clone().unwrap_or_default().conditions;
    let new = settled(object, context, seen, outcome).conditions;
    events::tell(object, context, (&old, &new), "Decide").await;
}

fn settled(
    object: &ConnectionApproval,
    context: &Context,
    seen: &Observation,
    outcome: &Outcome,
) -> ConnectionApprovalStatus {
    let old = object.status.clone().unwrap_or_default();
    let lines: &[Line] = match &seen.sight {
        Sight::Lines(scene) => &scene.lines,
        Sight::Nothing | Sight::Resting(_) | Sight::Blocked(_) => &[],
    };
    settle(object, &old, lines, outcome, context.now())
}
