//! The controller of `ConnectionApproval`: carries one decision out, once.
//!
//! One pass: observe how the lines stand to the decision, plan one step, act it, report. The
//! decision is written down before it is sent; what happened while nobody watched is read off the
//! lines.

mod commands;
mod decision;
mod line;
mod observe;
mod plan;
mod report;
mod target;

use std::sync::Arc;

use futures::StreamExt;
use kube::{Api, Resource, ResourceExt};
use kube_runtime::{
    Controller,
    controller::Action,
    reflector::{ObjectRef, Store},
    watcher,
};
use strum::VariantNames;
use tokio_util::sync::CancellationToken;

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection};

use crate::{
    reconcile::{
        context::{Context, namespaced},
        copy, fairness,
        gauges::Counted,
        status::Error,
    },
    telemetry::Pass,
};

/// What passes may be for, as metrics show it.
pub(crate) fn steps() -> &'static [&'static str] {
    plan::Step::VARIANTS
}

/// Runs the controller until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let watched = context.settings.watched.as_deref();
    let api: Api<ConnectionApproval> = namespaced(&context.client, watched);
    let connections: Api<FabricConnection> = namespaced(&context.client, watched);
    let accounts: Api<FabricAccount> = Api::all(context.client.clone());
    let config = || watcher::Config::default().any_semantic();
    let controller = Controller::new(api, config());
    context.caches.keep(controller.store());
    let (of_connection, of_account) = (controller.store(), controller.store());
    let forgetful = context.clone();
    controller
        .with_config(fairness::unlimited())
        .watches(connections, config(), move |connection| {
            let (name, namespace) = (connection.name_any(), connection.namespace());
            those(&of_connection, |approval| {
                approval.spec.connection.name.as_ref() == Some(&name)
                    && approval.namespace() == namespace
            })
        })
        .watches(accounts, config(), move |account| {
            let name = account.name_any();
            those(&of_account, |approval| approval.spec.account.as_ref() == Some(&name))
        })
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, on_error, context)
        .for_each(async |outcome| match outcome {
            Ok(_) => {}
            Err(kube_runtime::controller::Error::ObjectNotFound(object)) => {
                forgetful.memory.forget(&object.extra.uid.unwrap_or_default());
            }
            Err(error) => tracing::debug!(%error, "a pass over a ConnectionApproval ended early"),
        })
        .await;
}

/// Those approvals that something is about, and that are not over.
fn those(
    all: &Store<ConnectionApproval>,
    fits: impl Fn(&ConnectionApproval) -> bool,
) -> Vec<ObjectRef<ConnectionApproval>> {
    let all = all.state();
    let open = all.iter().filter(|approval| !observe::is_over(approval) && fits(approval));
    open.map(|approval| ObjectRef::from_obj(approval.as_ref())).collect()
}

#[allow(clippy::needless_pass_by_value, reason = "the signature is the runtime's")]
fn on_error(object: Arc<ConnectionApproval>, error: &Error, context: Arc<Context>) -> Action {
    fairness::after_failure(object.as_ref(), error, &context)
}

#[tracing::instrument(
    skip_all,
    fields(
        kind = ConnectionApproval::KIND,
        namespace = object.namespace(),
        object = object.name_any(),
        generation = object.metadata.generation,
        step,
    )
)]
async fn reconcile(
    object: Arc<ConnectionApproval>,
    context: Arc<Context>,
) -> Result<Action, Error> {
    let account = object.spec.account.as_deref().unwrap_or_default();
    let conditions = object.status.as_ref().map(|status| &status.conditions[..]);
    fairness::pass(object.as_ref(), account, conditions, &context, async |measured| {
        look_and_act(object.clone(), &context, measured).await
    })
    .await
}

async fn look_and_act(
    object: Arc<ConnectionApproval>,
    context: &Context,
    measured: &mut Pass,
) -> Result<Action, Error> {
    let api = api(&object, context);
    let Some(object) = copy::newest(object, &api, &context.memory).await? else {
        return Ok(Action::await_change());
    };
    let object = object.as_ref();
    if object.meta().deletion_timestamp.is_some() || observe::is_over(object) {
        context.memory.forget(&object.uid().unwrap_or_default());
        return Ok(Action::await_change());
    }
    let seen = observe::look(object, context).await?;
    let step = plan::next(&seen);
    measured.takes(&step);
    // Looking takes time, in which leadership may have been lost: then another does this.
    if context.stop.is_cancelled() {
        return Ok(Action::await_change());
    }
    commands::perform(object, context, &seen, step).await
}

fn api(object: &ConnectionApproval, context: &Context) -> Api<ConnectionApproval> {
    Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default())
}
