//! `ServiceProfile`: creates a service profile, keeps it as the spec says, and lists its incoming
//! connections.
//!
//! Nothing here is billed, but only its name distinguishes one creation from another: `evidence` and
//! `commands::create` ensure that a profile is created once. The seller's decisions on incoming
//! connections are not made here.

mod adoption;
mod commands;
mod desired;
mod drift;
mod evidence;
mod observe;
mod plan;
mod preflight;
mod problems;
mod report;

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client};
use kube_runtime::{Controller, controller::Action, watcher};
use strum::VariantNames;
use tokio_util::sync::CancellationToken;

use fabric_api::{FabricAccount, PROFILE_FINALIZER, Reason, ServiceProfile, ServiceProfileStatus};

use crate::{
    account::changes,
    reconcile::{
        self, Kind, Pass, Release, Step,
        context::{Context, namespaced},
        events::Notice,
        problem::Problem,
        status::ApiError,
    },
};
use commands::ProfileCommand;
use observe::ProfileObservation;
use report::ProfileReport;

impl Kind for ServiceProfile {
    const KIND: &'static str = "ServiceProfile";
    const FINALIZER: Option<&'static str> = Some(PROFILE_FINALIZER);

    type Observation = ProfileObservation;
    type Report = ProfileReport;
    type Command = ProfileCommand;

    fn api(client: Client, namespace: Option<&str>) -> Api<Self> {
        namespaced(client, namespace)
    }

    fn account(&self) -> &str {
        &self.spec.account
    }

    fn conditions(status: &Self::Status) -> &[Condition] {
        &status.conditions
    }

    fn last_handled_reconcile_at(status: &mut Self::Status) -> &mut Option<String> {
        &mut status.last_handled_reconcile_at
    }

    fn open_intents(&self) -> Vec<&str> {
        match &self.status {
            Some(ServiceProfileStatus { uuid: None, creation: Some(intent), .. }) => {
                vec![&intent.by]
            }
            Some(_) | None => vec![],
        }
    }

    async fn observe(pass: &Pass<'_, Self>) -> Result<ProfileObservation, ApiError> {
        observe::observe(pass).await
    }

    fn plan(&self, seen: &ProfileObservation) -> Step<Self> {
        plan::plan(seen)
    }

    async fn act(
        pass: &Pass<'_, Self>,
        _seen: &ProfileObservation,
        command: ProfileCommand,
    ) -> Result<Action, ApiError> {
        commands::act(pass, command).await
    }

    fn report(
        &self,
        old: &ServiceProfileStatus,
        report: &ProfileReport,
        now: Timestamp,
    ) -> ServiceProfileStatus {
        report::status_after(self, old, report, now)
    }

    fn blocked(problem: Problem) -> ProfileReport {
        ProfileReport::Blocked(problem)
    }

    fn withheld(report: &ProfileReport) -> Option<String> {
        let ProfileReport::Blocked(problem) = report else { return None };
        problem.withheld.clone()
    }

    fn notices(old: Option<&ServiceProfileStatus>, new: &ServiceProfileStatus) -> Vec<Notice> {
        report::incoming_notices(old, new)
    }

    fn release_notice(release: Release) -> (Reason, &'static str) {
        let text = match release {
            Release::NothingSent => "nothing was created, so nothing is left at the provider",
            Release::NotAdopted => {
                "the service profile that spec.adopt names was not adopted, and was left alone"
            }
            Release::Gone => "the service profile is deleted",
            Release::Orphaned => "the service profile was left at the provider",
            Release::Adopted => {
                "the service profile was adopted and spec.deletionPolicy was left out, so it was left at the provider"
            }
        };
        (Reason::Released, text)
    }
}

/// The names that steps may have, as metrics show them.
pub(crate) const STEPS: [&[&str]; 2] = [ProfileReport::VARIANTS, ProfileCommand::VARIANTS];

/// Runs the controller until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let (client, watched) = (context.client.clone(), context.settings.watched.as_deref());
    let accounts: Api<FabricAccount> = Api::all(client.clone());
    let config = || watcher::Config::default().any_semantic();
    let controller = Controller::new(ServiceProfile::api(client, watched), config());
    context.stores.add(controller.store());
    context.profiles.read_from(controller.store());
    let shared = context.clone();
    let waking = changes::waking(move |account| {
        let through = shared.profiles.through(account);
        for uid in through.iter().filter_map(|profile| profile.extra.uid.as_deref()) {
            shared.backoff.resume(uid);
        }
        through
    });
    let controller = controller.watches(accounts, config(), waking);
    reconcile::run(controller, context, stop).await;
}
