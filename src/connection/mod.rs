//! The controller of `FabricConnection`: orders a line, follows it and cancels it.
//!
//! One pass: observe what there is, plan one step, act it, report. The order protocol is in `act`,
//! the proof that nothing is ordered twice in `observe` and `plan`.

mod adoption;
mod commands;
mod drift;
mod observe;
mod plan;
mod preflight;
mod report;
mod resolve;
mod state;

use std::sync::Arc;

use futures::StreamExt;
use kube::{Api, Resource, ResourceExt};
use kube_runtime::{Controller, controller::Action, reflector::ObjectRef, watcher};
use strum::VariantNames;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use fabric_api::{FINALIZER, FabricAccount, FabricConnection};

use crate::{
    reconcile::{
        context::{Context, namespaced},
        copy, fairness, finalizer,
        gauges::Counted,
        status::Error,
    },
    telemetry::Pass,
};

/// What passes may be for, as metrics show it.
pub(crate) fn steps() -> &'static [&'static str] {
    plan::Step::VARIANTS
}

/// Runs the controller until `stop`. Keys that come in by `woken` are passed over out of turn.
pub(crate) async fn run(
    context: Arc<Context>,
    woken: UnboundedReceiver<ObjectRef<FabricConnection>>,
    stop: CancellationToken,
) {
    let api: Api<FabricConnection> =
        namespaced(&context.client, context.settings.watched.as_deref());
    let accounts: Api<FabricAccount> = Api::all(context.client.clone());
    let memory = context.clone();
    let woken = futures::stream::unfold(woken, async |mut woken| {
        let key = woken.recv().await?;
        Some((key, woken))
    });
    let woken = woken.inspect(move |key| end_hold(&memory, key));
    let controller = Controller::new(api, watcher::Config::default().any_semantic());
    context.watch(controller.store());
    let mapper = context.clone();
    controller
        .with_config(fairness::unlimited())
        .watches(accounts, watcher::Config::default().any_semantic(), move |account| {
            let through = mapper.through(&account.name_any());
            for key in &through {
                end_hold(&mapper, key);
            }
            through
        })
        .reconcile_on(woken)
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, on_error, context)
        .for_each(async |outcome| {
            if let Err(error) = outcome {
                tracing::debug!(%error, "a pass over a FabricConnection ended early");
            }
        })
        .await;
}

/// There is news for `key`.
fn end_hold(context: &Context, key: &ObjectRef<FabricConnection>) {
    if let Some(uid) = &key.extra.uid {
        context.memory.woken(uid);
    }
}

#[allow(clippy::needless_pass_by_value, reason = "the signature is the runtime's")]
fn on_error(object: Arc<FabricConnection>, error: &Error, context: Arc<Context>) -> Action {
    fairness::after_failure(object.as_ref(), error, &context)
}

#[tracing::instrument(
    skip_all,
    fields(
        kind = FabricConnection::KIND,
        namespace = object.namespace(),
        object = object.name_any(),
        generation = object.metadata.generation,
        step,
    )
)]
async fn reconcile(object: Arc<FabricConnection>, context: Arc<Context>) -> Result<Action, Error> {
    let account = &object.spec.account;
    let conditions = object.status.as_ref().map(|status| &status.conditions[..]);
    fairness::pass(object.as_ref(), account, conditions, &context, async |measured| {
        look_and_act(object.clone(), &context, measured).await
    })
    .await
}

async fn look_and_act(
    object: Arc<FabricConnection>,
    context: &Context,
    measured: &mut Pass,
) -> Result<Action, Error> {
    let api = api(&object, context);
    let Some(object) = copy::newest(object, &api, &context.memory).await? else {
        return Ok(Action::await_change());
    };
    let object = object.as_ref();
    let deleting = object.meta().deletion_timestamp.is_some();
    let held = object.finalizers().iter().any(|f| f == FINALIZER);
    match (deleting, held) {
        (false, false) => {
            finalizer::hold(&api, object, FINALIZER).await?;
            Ok(Action::await_change())
        }
        (true, false) => {
            context.memory.forget(&object.uid().unwrap_or_default());
            Ok(Action::await_change())
        }
        (_, true) => pass(object, context, measured).await,
    }
}

async fn pass(
    object: &FabricConnection,
    context: &Context,
    measured: &mut Pass,
) -> Result<Action, Error> {
    let uid = object.uid().unwrap_or_default();
    let deleting = object.meta().deletion_timestamp.is_some();
    let generation = object.metadata.generation.unwrap_or_default();
    if let Some(left) = context.memory.held(&uid, generation, deleting) {
        return Ok(Action::requeue(left));
    }
    step(object, context, measured).await
}

async fn step(
    object: &FabricConnection,
    context: &Context,
    measured: &mut Pass,
) -> Result<Action, Error> {
    let observation = observe::look(object, context).await?;
    let step = plan::next(&observation);
    measured.takes(&step);
    // Looking takes time, in which leadership may have been lost: then another does this.
    if context.stop.is_cancelled() {
        return Ok(Action::await_change());
    }
    commands::perform(object, context, &observation, step).await
}

fn api(object: &FabricConnection, context: &Context) -> Api<FabricConnection> {
    Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default())
}
