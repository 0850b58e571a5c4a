//! The controller of `ServiceProfile`: creates a profile, keeps it as the spec says, and shows its
//! owner what comes in.
//!
//! One pass: observe what there is, plan one step, act it, report. Nothing here is billed, but a
//! creation can be told from another by its name alone; how it is done once is in `act::create`.

mod commands;
mod desired;
mod drift;
mod observation;
mod observe;
mod plan;
mod report;
mod trouble;

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
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

use fabric_api::{FabricAccount, PROFILE_FINALIZER, ServiceProfile};
use fabric_domain::ProfileId;

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

/// Handles for a pass over a profile.
struct Desk {
    context: Arc<Context>,
    /// All profiles of the cluster.
    all: Store<ServiceProfile>,
    /// One creation at a time: whether a name is free is known only until the next one.
    creating: Mutex<()>,
}

impl Desk {
    /// The other resources that may have profiles at the endpoint of `of`. Ids and names say
    /// something only at one endpoint; where another account's endpoint is not known, it counts as
    /// the same.
    fn others(&self, of: &ServiceProfile) -> Vec<Arc<ServiceProfile>> {
        let accounts = &self.context.accounts;
        let endpoint = accounts.endpoint(&of.spec.account);
        let mut all = self.all.state();
        all.retain(|object| {
            let theirs = accounts.endpoint(&object.spec.account);
            let same = theirs.is_none() || endpoint.is_none() || theirs == endpoint;
            same && object.metadata.uid != of.metadata.uid
        });
        all
    }

    /// The resource other than `of` whose profile this is, or that asks for it.
    fn claimant(&self, profile: &ProfileId, of: &ServiceProfile) -> Option<String> {
        let claims = |object: &ServiceProfile| {
            let status = object.status.as_ref();
            let held = status.and_then(|status| status.uuid.as_deref());
            let asked = object.spec.adopt.as_ref().map(|adopt| adopt.uuid.as_str());
            [held, asked].contains(&Some(profile.as_str()))
        };
        self.others(of).iter().find(|object| claims(object)).map(|object| name(object))
    }

    /// The resource other than `of` that has, or may have, a profile of the same name through the
    /// same account.
    fn namesake(&self, of: &ServiceProfile) -> Option<String> {
        let has = |object: &ServiceProfile| {
            let status = object.status.as_ref();
            let may = status.is_some_and(|s| s.uuid.is_some() || s.creation.is_some());
            may && object.spec.name == of.spec.name && object.spec.account == of.spec.account
        };
        self.others(of).iter().find(|object| has(object)).map(|object| name(object))
    }
}

fn name(object: &ServiceProfile) -> String {
    format!("{}/{}", object.namespace().unwrap_or_default(), object.name_any())
}

/// Runs the controller until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let api: Api<ServiceProfile> = namespaced(&context.client, context.settings.watched.as_deref());
    let accounts: Api<FabricAccount> = Api::all(context.client.clone());
    let controller = Controller::new(api, watcher::Config::default().any_semantic())
        .with_config(fairness::unlimited());
    let all = controller.store();
    context.caches.keep(all.clone());
    let through = all.clone();
    let desk = Arc::new(Desk { context, all, creating: Mutex::default() });
    controller
        .watches(accounts, watcher::Config::default().any_semantic(), move |account| {
            let name = account.name_any();
            let mut profiles = through.state();
            profiles.retain(|profile| profile.spec.account == name);
            profiles.into_iter().map(|profile| ObjectRef::from_obj(profile.as_ref()))
        })
        .graceful_shutdown_on(stop.cancelled_owned())
        .run(reconcile, on_error, desk)
        .for_each(async |outcome| {
            if let Err(error) = outcome {
                tracing::debug!(%error, "a pass over a ServiceProfile ended early");
            }
        })
        .await;
}

#[allow(clippy::needless_pass_by_value, reason = "the signature is the runtime's")]
fn on_error(object: Arc<ServiceProfile>, error: &Error, desk: Arc<Desk>) -> Action {
    fairness::after_failure(object.as_ref(), error, &desk.context)
}

#[tracing::instrument(
    skip_all,
    fields(
        kind = ServiceProfile::KIND,
        namespace = object.namespace(),
        object = object.name_any(),
        generation = object.metadata.generation,
        step,
    )
)]
async fn reconcile(object: Arc<ServiceProfile>, desk: Arc<Desk>) -> Result<Action, Error> {
    let account = &object.spec.account;
    let conditions = object.status.as_ref().map(|status| &status.conditions[..]);
    fairness::pass(object.as_ref(), account, conditions, &desk.context, async |measured| {
        look_and_act(object.clone(), &desk, measured).await
    })
    .await
}

async fn look_and_act(
    object: Arc<ServiceProfile>,
    desk: &Desk,
    measured: &mut Pass,
) -> Result<Action, Error> {
    let api = api(&object, &desk.context);
    let Some(object) = copy::newest(object, &api, &desk.context.memory).await? else {
        return Ok(Action::await_change());
    };
    let object = object.as_ref();
    let deleting = object.meta().deletion_timestamp.is_some();
    let held = object.finalizers().iter().any(|f| f == PROFILE_FINALIZER);
    match (deleting, held) {
        (false, false) => {
            finalizer::hold(&api, object, PROFILE_FINALIZER).await?;
            Ok(Action::await_change())
        }
        (true, false) => {
            desk.context.memory.forget(&object.uid().unwrap_or_default());
            Ok(Action::await_change())
        }
        (_, true) => pass(object, desk, measured).await,
    }
}

async fn pass(object: &ServiceProfile, desk: &Desk, measured: &mut Pass) -> Result<Action, Error> {
    let observation = observe::look(object, desk).await?;
    let step = plan::next(&observation);
    measured.takes(&step);
    // Looking takes time, in which leadership may have been lost: then another does this.
    if desk.context.stop.is_cancelled() {
        return Ok(Action::await_change());
    }
    commands::perform(object, desk, step).await
}

fn api(object: &ServiceProfile, context: &Context) -> Api<ServiceProfile> {
    Api::namespaced(context.client.clone(), &object.namespace().unwrap_or_default())
}
