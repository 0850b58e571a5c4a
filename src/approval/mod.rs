//! `ConnectionApproval`: carries one decision out, once.
//!
//! The decision is recorded before it is sent; what happened while no operator ran is read off the
//! connections. How connections are ordered is not known here.

mod commands;
mod decision;
mod legs;
mod observe;
mod plan;
mod report;
mod target;

use std::sync::Arc;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};
use kube_runtime::{
    Controller,
    controller::Action,
    reflector::{ObjectRef, Store},
    watcher,
};
use strum::VariantNames;
use tokio_util::sync::CancellationToken;

use fabric_api::{ConnectionApproval, ConnectionApprovalStatus, FabricAccount, FabricConnection};
use fabric_domain::Leg;

use crate::{
    account::changes,
    reconcile::{
        self, Kind, Pass, Step,
        context::{Context, namespaced},
        problem::Problem,
        status::ApiError,
    },
};

use commands::ApprovalCommand;
use observe::ApprovalObservation;
use report::ApprovalReport;

impl Kind for ConnectionApproval {
    const KIND: &'static str = "ConnectionApproval";
    const FINALIZER: Option<&'static str> = None;

    type Observation = ApprovalObservation;
    type Report = ApprovalReport;
    type Command = ApprovalCommand;

    fn api(client: Client, namespace: Option<&str>) -> Api<Self> {
        namespaced(client, namespace)
    }

    fn account(&self) -> &str {
        self.spec.account.as_deref().unwrap_or_default()
    }

    fn conditions(status: &Self::Status) -> &[Condition] {
        &status.conditions
    }

    fn last_handled_reconcile_at(status: &mut Self::Status) -> &mut Option<String> {
        &mut status.last_handled_reconcile_at
    }

    fn is_over(&self) -> bool {
        self.status.as_ref().is_some_and(|status| status.outcome.is_some())
    }

    /// Until the decision has come to its end, only its account can carry it out or show the outcome.
    fn needs_account(&self) -> bool {
        !self.is_over()
    }

    fn open_intents(&self) -> Vec<&str> {
        let legs = Leg::BOTH.into_iter().filter_map(|leg| legs::known(self, leg));
        legs.filter_map(|known| Some(known.intent.as_ref()?.by.as_str())).collect()
    }

    async fn observe(pass: &Pass<'_, Self>) -> Result<ApprovalObservation, ApiError> {
        observe::observe(pass).await
    }

    fn plan(&self, seen: &ApprovalObservation) -> Step<Self> {
        plan::plan(seen)
    }

    async fn act(
        pass: &Pass<'_, Self>,
        seen: &ApprovalObservation,
        command: ApprovalCommand,
    ) -> Result<Action, ApiError> {
        let ApprovalCommand::Decide(due) = command;
        commands::decide(pass, seen, due).await
    }

    fn report(
        &self,
        old: &ConnectionApprovalStatus,
        report: &ApprovalReport,
        now: Timestamp,
    ) -> ConnectionApprovalStatus {
        report::status_after(self, old, report, now)
    }

    fn blocked(problem: Problem) -> ApprovalReport {
        ApprovalReport::of(vec![], report::Finding::Blocked(problem))
    }
}

/// The names that steps may have, as metrics show them.
pub(crate) const STEPS: [&[&str]; 2] = [report::Finding::VARIANTS, ApprovalCommand::VARIANTS];

/// Runs the controller until `stop`.
pub(crate) async fn run(context: Arc<Context>, stop: CancellationToken) {
    let (client, watched) = (context.client.clone(), context.settings.watched.as_deref());
    let connections: Api<FabricConnection> = namespaced(client.clone(), watched);
    let accounts: Api<FabricAccount> = Api::all(client.clone());
    let config = || watcher::Config::default().any_semantic();
    let controller = Controller::new(ConnectionApproval::api(client, watched), config());
    context.stores.add(controller.store());
    let (by_connection, by_account) = (controller.store(), controller.store());
    let (for_connection, for_account) = (context.clone(), context.clone());
    let controller = controller
        .watches(connections, config(), move |connection| {
            let (name, namespace) = (connection.name_any(), connection.namespace());
            resume(&for_connection, &by_connection, |approval| {
                approval.spec.connection.name.as_ref() == Some(&name)
                    && approval.namespace() == namespace
            })
        })
        .watches(
            accounts,
            config(),
            changes::waking(move |account| {
                resume(&for_account, &by_account, |approval| {
                    approval.spec.account.as_deref() == Some(account)
                })
            }),
        );
    reconcile::run(controller, context, stop).await;
}

/// Resumes the approvals that fit and are not over, and names them.
fn resume(
    context: &Context,
    all: &Store<ConnectionApproval>,
    fits: impl Fn(&ConnectionApproval) -> bool,
) -> Vec<ObjectRef<ConnectionApproval>> {
    let mut resumed = vec![];
    for approval in all.state() {
        if !approval.is_over() && fits(&approval) {
            context.backoff.resume(&approval.uid().unwrap_or_default());
            resumed.push(ObjectRef::from_obj(approval.as_ref()));
        }
    }
    resumed
}
