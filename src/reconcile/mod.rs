//! The engine: everything that a kind does not decide itself.
//!
//! One pass over a resource is observe → plan → act → report. A kind brings `observe`, which only
//! reads, the pure functions `plan` and `report`, and its commands. The engine owns the rest: which
//! pass runs next, the refresh after a conflict, the finalizer, backoff, status, Events, metrics, and
//! the one way by which a request that changes something leaves the process ([`send_once`]).
//!
//! Nothing here knows what a connection, a profile or a decision is.

pub(crate) mod attempts;
pub(crate) mod backoff;
pub(crate) mod claims;
pub(crate) mod conditions;
pub(crate) mod conflicts;
pub(crate) mod context;
pub(crate) mod deletion;
pub(crate) mod events;
pub(crate) mod fairness;
pub(crate) mod finalizer;
pub(crate) mod gauges;
pub(crate) mod handling;
pub(crate) mod lag;
mod pass;
pub(crate) mod problem;
mod recheck;
mod refresh;
pub(crate) mod send_once;
pub(crate) mod status;

use std::{fmt::Debug, sync::Arc, time::Duration};

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, Resource, ResourceExt, core::object::HasStatus};
use kube_runtime::{
    Controller,
    controller::{self, Action},
    reflector::ObjectRef,
};
use serde::{Serialize, de::DeserializeOwned};
use tokio_util::sync::CancellationToken;

use fabric_api::{ConditionType, Reason};

use crate::{
    account::dependents,
    telemetry::{Metrics, PassTimer},
};
use context::Context;
use events::Notice;
use fairness::SeatKey;
use gauges::Facts;
use problem::{Problem, Retry};
use refresh::refresh;
use status::ApiError;

pub(crate) use pass::Pass;

/// A kind of resource, and what the engine has to know of it.
pub(crate) trait Kind:
    Resource<DynamicType = ()>
    + HasStatus<Status: Clone + Default + PartialEq + Serialize + Send + Sync>
    + Clone
    + Debug
    + Serialize
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// Its name, as logs and metrics show it.
    const KIND: &'static str;
    /// What keeps a resource until what it stands for is gone; `None` if nothing has to be undone.
    const FINALIZER: Option<&'static str>;
    /// What a pass has seen: everything that its plan looks at.
    type Observation: Send + Sync;
    /// What a pass has to report.
    type Report: StepName + Debug + Send + Sync;
    /// What a pass can do beside reporting.
    type Command: StepName + Debug + Send;

    /// The resources of one namespace, or of the cluster.
    fn api(client: Client, namespace: Option<&str>) -> Api<Self>;
    /// The account that it goes through.
    fn account(&self) -> &str;
    /// The conditions of a status.
    fn conditions(status: &Self::Status) -> &[Condition];

    /// What status answers to the annotation by which a user asks for a look now.
    fn last_handled_reconcile_at(status: &mut Self::Status) -> &mut Option<String>;

    /// Drops what this process has read of what the resource stands for, because a user asks for a look
    /// now.
    fn look_now(_pass: &Pass<'_, Self>) {}

    /// What is counted of it.
    fn facts(&self) -> Facts {
        Facts::of(self.status().map(Self::conditions).unwrap_or_default())
    }

    /// Whether nothing will be done about it any more.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether its account has to stay for it: it holds, or may hold, something at the provider.
    fn needs_account(&self) -> bool {
        let is_ours = |held: &String| Some(held.as_str()) == Self::FINALIZER;
        self.finalizers().iter().any(is_ours)
    }

    /// Whether it has to carry the finalizer while it is not being deleted; `None` if that is not
    /// known yet.
    fn is_to_be_held(&self, _context: &Context) -> Option<bool> {
        Some(true)
    }

    /// The ids of the intents in its status whose answers may be missing.
    fn open_intents(&self) -> Vec<&str> {
        vec![]
    }

    /// Subscribes to changes of what the resource names, before it is observed.
    fn subscribe(_pass: &Pass<'_, Self>) {}

    /// Reads what there is. It steers no scheduler, counts no failure and clears no flag.
    fn observe(
        pass: &Pass<'_, Self>,
    ) -> impl Future<Output = Result<Self::Observation, ApiError>> + Send;

    /// Asks for the wake-ups that the plan over `seen` relies on.
    fn await_changes(_pass: &Pass<'_, Self>, _seen: &Self::Observation) {}

    /// The one next step. Pure.
    fn plan(&self, seen: &Self::Observation) -> Step<Self>;

    /// Carries a command out: at most one request that changes something at the provider.
    fn act(
        pass: &Pass<'_, Self>,
        seen: &Self::Observation,
        command: Self::Command,
    ) -> impl Future<Output = Result<Action, ApiError>> + Send;

    /// The status after `report`. Pure.
    fn report(&self, old: &Self::Status, report: &Self::Report, now: Timestamp) -> Self::Status;

    /// The report that a problem is in the way.
    fn blocked(problem: Problem) -> Self::Report;

    /// What a report leaves out of status because it is another tenant's.
    fn withheld(_report: &Self::Report) -> Option<String> {
        None
    }

    /// What else users should hear of a status that was written; the engine publishes new reasons of
    /// conditions by itself.
    fn notices(_old: Option<&Self::Status>, _new: &Self::Status) -> Vec<Notice> {
        vec![]
    }

    /// Measures what a status that was written brings to an end.
    fn measure(
        _old: Option<&Self::Status>,
        _new: &Self::Status,
        _now: Timestamp,
        _metrics: &Metrics,
    ) {
    }

    /// Whether the Events for new reasons of a status warn.
    fn warns(new: &Self::Status) -> bool {
        conditions::find(Self::conditions(new), ConditionType::Stalled).is_some()
    }

    /// The reason and the text of the Event at a release.
    fn release_notice(release: Release) -> (Reason, &'static str) {
        let text = match release {
            Release::NothingSent => "nothing was sent, so nothing is left at the provider",
            Release::NotAdopted => "what spec.adopt names was not adopted, and was left alone",
            Release::Gone => "what it stood for is gone",
            Release::Orphaned | Release::Adopted => "what it stood for was left at the provider",
        };
        (Reason::Released, text)
    }

    /// Drops what this process keeps of a resource that the API server has no longer.
    fn forget(_key: &ObjectRef<Self>, _context: &Context) {}
}

/// The name of a step that leaves everything as it is.
pub(crate) const STEP_WAIT: &str = "Wait";
/// The name of the step that removes the finalizer.
pub(crate) const STEP_RELEASE: &str = "Release";

/// What to do next.
#[derive(Debug, PartialEq)]
pub(crate) enum Step<K: Kind> {
    /// Write a report into status, and look again.
    Report(K::Report, Next),
    /// Carry a command out.
    Act(K::Command),
    /// Leave status as it is, and look again after this long.
    Wait(Duration),
    /// Remove the finalizer.
    Release(Release),
}

impl<K: Kind> Step<K> {
    /// The step as metrics, the span and the log name it.
    fn name(&self) -> &'static str {
        match self {
            Self::Report(report, _) => report.step_name(),
            Self::Act(command) => command.step_name(),
            Self::Wait(_) => STEP_WAIT,
            Self::Release(_) => STEP_RELEASE,
        }
    }
}

/// Something that names a step: a report or a command.
pub(crate) trait StepName {
    /// The name, from a fixed set.
    fn step_name(&self) -> &'static str;
}

impl<T> StepName for T
where
    for<'a> &'a T: Into<&'static str>,
{
    fn step_name(&self) -> &'static str {
        self.into()
    }
}

/// When to look again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Next {
    /// At once: something was done, and its effect should be seen.
    Soon,
    /// After this long, give or take a tenth.
    After(Duration),
    /// The same, and all is well: a series of failures ends here.
    Settled(Duration),
    /// When what was read expires, not before: all is well, too.
    Expiry(Duration),
    /// After the pause that a failure earns, and no later than `at_most`. Until then, only an edit
    /// or a change at the provider brings another pass, not the status that was just written.
    Retry { retry: Retry, at_most: Duration },
}

impl Next {
    /// After the pause that a failure earns, however long.
    pub(crate) fn retry(retry: Retry) -> Self {
        Self::Retry { retry, at_most: Duration::MAX }
    }
}

/// Why a resource may go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Release {
    /// Nothing was ever ordered or created for it.
    NothingSent,
    /// What it stood for is gone.
    Gone,
    /// What it stood for stays at the provider, as the spec asks.
    Orphaned,
    /// It stays at the provider, because the resource adopted it and the spec asks for nothing.
    Adopted,
    /// What the spec asked to adopt was not adopted, and is left alone.
    NotAdopted,
}

/// Runs `controller`, which is set up to watch what its kind depends on, until `stop`.
pub(crate) async fn run<K: Kind>(
    controller: Controller<K>,
    context: Arc<Context>,
    stop: CancellationToken,
) {
    let forgetful = context.clone();
    controller
        .with_config(fairness::unlimited())
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile::<K>, on_error::<K>, context)
        .for_each(async |outcome| match outcome {
            Ok(_) => {}
            Err(controller::Error::ObjectNotFound(object)) => {
                forgetful.forget(object.extra.uid.as_deref().unwrap_or_default());
                K::forget(&object.into_kind_unchecked(()), &forgetful);
                dependents::let_go(&forgetful);
            }
            Err(error) => tracing::debug!(kind = K::KIND, %error, "a pass ended early"),
        })
        .await;
}

/// One pass, when it is its turn. None yet if that takes long, and none if the operator stops first.
#[tracing::instrument(
    skip_all,
    fields(
        kind = K::KIND,
        namespace = object.namespace(),
        object = object.name_any(),
        generation = object.meta().generation,
        step,
    )
)]
async fn reconcile<K: Kind>(object: Arc<K>, context: Arc<Context>) -> Result<Action, ApiError> {
    let seat_key = SeatKey::of(object.as_ref(), &context.backoff);
    let priority = seat_key.priority;
    let seat = tokio::select! {
        biased;
        () = context.stop.cancelled() => return Ok(Action::await_change()),
        seat = context.fairness.seat(seat_key) => seat,
    };
    // The object may have been edited meanwhile, and only the end of this pass brings that.
    let Some(_seat) = seat else { return Ok(Action::requeue(Duration::ZERO)) };
    let mut measured = context.metrics.pass(K::KIND);
    let outcome = priority.drive(Box::pin(pass(object, &context, &mut measured))).await;
    measured.ended(outcome.as_ref().map(|_| ()).map_err(|error| error.category().into()));
    outcome
}

async fn pass<K: Kind>(
    object: Arc<K>,
    context: &Context,
    measured: &mut PassTimer,
) -> Result<Action, ApiError> {
    let Some(object) = refresh(object.clone(), context).await? else {
        // The informer still has it.
        return Ok(Pass::new(object.as_ref(), context).look_whether_gone());
    };
    let pass = Pass::new(object.as_ref(), context);
    if let Some(finalizer) = K::FINALIZER {
        let held = object.finalizers().iter().any(|held| held == finalizer);
        match (pass.is_deleting(), held, pass.object.is_to_be_held(context)) {
            (false, false, Some(true)) => {
                finalizer::add(&pass.api(), pass.object, finalizer).await?;
                return Ok(Action::await_change());
            }
            (false, true, Some(false)) => {
                finalizer::remove(&pass.api(), pass.object, finalizer).await?;
                return Ok(Action::await_change());
            }
            (true, false, _) => {
                K::forget(&ObjectRef::from_obj(pass.object), context);
                dependents::let_go(context);
                return Ok(pass.forget());
            }
            (false, false, Some(false) | None) | (_, true, _) => {}
        }
    } else if pass.is_deleting() {
        K::forget(&ObjectRef::from_obj(pass.object), context);
        dependents::let_go(context);
        return Ok(pass.forget());
    }
    if pass.object.needs_account() {
        dependents::hold(pass.object.account(), context).await?;
    }
    if pass.object.is_over() {
        dependents::let_go(context);
        return Ok(pass.forget());
    }
    if pass.is_asked_to_look() {
        K::look_now(&pass);
    } else if let Some(left) = pass.suspended() {
        return Ok(Action::requeue(left));
    }
    for intent in pass.object.open_intents() {
        context.attempts.adopt(&pass.key().uid, intent);
    }
    K::subscribe(&pass);
    let seen = K::observe(&pass).await?;
    let step = pass.object.plan(&seen);
    measured.takes(step.name());
    // Observing takes time, in which leadership may have been lost: then another process acts.
    if context.stop.is_cancelled() {
        return Ok(Action::await_change());
    }
    K::await_changes(&pass, &seen);
    match step {
        Step::Report(report, next) => pass.report(&report, next).await,
        Step::Act(command) => K::act(&pass, &seen, command).await,
        Step::Wait(left) => Ok(Action::requeue(left)),
        Step::Release(release) => pass.release(release).await,
    }
}

/// When the next pass is due after one that the API server ended.
#[allow(clippy::needless_pass_by_value, reason = "the signature is the runtime's")]
fn on_error<K: Kind>(object: Arc<K>, error: &ApiError, context: Arc<Context>) -> Action {
    let pass = Pass::new(object.as_ref(), &context);
    if error.is_conflict() {
        // Another client wrote first. The watch brings the newer object, unless it missed that.
        context.stale.mark(&pass.key().uid);
        return Action::requeue(Duration::from_secs(1));
    }
    tracing::warn!(kind = K::KIND, object = %pass.reference(), %error, "pass failed");
    Action::requeue(context.backoff.failed(pass.key(), Retry::Backoff))
}
