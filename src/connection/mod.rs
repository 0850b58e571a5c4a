//! `FabricConnection`: orders a connection or a redundant pair, follows it, changes it and cancels it.
//!
//! That nothing is ordered twice is shown by `observe` and `plan`: an order follows only from proof
//! that there is none. How a request is sent once is the engine's.

mod adoption;
mod commands;
mod drift;
mod evidence;
mod facts;
mod observe;
mod ownership;
mod plan;
mod preflight;
mod report;
mod resolve;
mod state;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use futures::StreamExt;
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Api, Client, ResourceExt};
use kube_runtime::{Controller, controller::Action, reflector::ObjectRef, watcher};
use strum::VariantNames;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio_util::sync::CancellationToken;

use fabric_api::{
    FINALIZER, FabricAccount, FabricConnection, FabricConnectionStatus, Owner, Reason,
};
use fabric_domain::{ConnectionId, Leg};

use crate::{
    account::changes,
    reconcile::{
        self, Kind, Pass, Release, Step,
        claims::leg_status,
        context::{Context, namespaced},
        events::Notice,
        gauges::Facts,
        problem::Problem,
        status::ApiError,
    },
    telemetry::Metrics,
};

use commands::ConnectionCommand;
use observe::ConnectionObservation;
use report::ConnectionReport;

/// A pass over a connection.
type ConnectionPass<'a> = Pass<'a, FabricConnection>;

impl Kind for FabricConnection {
    const KIND: &'static str = "FabricConnection";
    const FINALIZER: Option<&'static str> = Some(FINALIZER);

    type Observation = ConnectionObservation;
    type Report = ConnectionReport;
    type Command = ConnectionCommand;

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

    fn facts(&self) -> Facts {
        facts::facts(self)
    }

    fn open_intents(&self) -> Vec<&str> {
        let open = Leg::BOTH.into_iter().filter_map(|leg| leg_status(self, leg));
        let open = open.filter(|known| known.uuid.is_none());
        open.filter_map(|known| Some(known.order.as_ref()?.by.as_str())).collect()
    }

    /// Before anything is read, so that no change goes unseen in between.
    fn subscribe(pass: &ConnectionPass<'_>) {
        if let Ok(session) = pass.session(&pass.object.spec.account) {
            session.fleet.follow(&pass.reference(), &known_ids(pass.object));
        }
    }

    fn look_now(pass: &ConnectionPass<'_>) {
        let Ok(session) = pass.session(&pass.object.spec.account) else { return };
        for id in known_ids(pass.object) {
            session.fleet.invalidate(&id);
        }
        session.fleet.list_soon();
    }

    async fn observe(pass: &ConnectionPass<'_>) -> Result<ConnectionObservation, ApiError> {
        observe::observe(pass).await
    }

    fn await_changes(pass: &ConnectionPass<'_>, seen: &ConnectionObservation) {
        let Ok(session) = pass.session(&pass.object.spec.account) else { return };
        if seen.awaits_list {
            session.fleet.wake_after_next_list(&pass.reference());
        }
        if seen.is_moving() {
            session.fleet.poll_fast();
        }
    }

    fn plan(&self, seen: &ConnectionObservation) -> Step<Self> {
        plan::plan(seen)
    }

    async fn act(
        pass: &ConnectionPass<'_>,
        seen: &ConnectionObservation,
        command: ConnectionCommand,
    ) -> Result<Action, ApiError> {
        commands::act(pass, seen, command).await
    }

    fn report(
        &self,
        old: &FabricConnectionStatus,
        report: &ConnectionReport,
        now: Timestamp,
    ) -> FabricConnectionStatus {
        report::status_after(self, old, report, now)
    }

    fn blocked(problem: Problem) -> ConnectionReport {
        ConnectionReport::Blocked(problem)
    }

    fn notices(old: Option<&Self::Status>, new: &Self::Status) -> Vec<Notice> {
        report::overdue_notice(old, new).into_iter().collect()
    }

    fn measure(old: Option<&Self::Status>, new: &Self::Status, now: Timestamp, metrics: &Metrics) {
        if let Some(took) = facts::time_to_ready(old, new, now) {
            metrics.came_into_service(took);
        }
    }

    fn withheld(report: &ConnectionReport) -> Option<String> {
        report::withheld(report)
    }

    fn release_notice(release: Release) -> (Reason, &'static str) {
        match release {
            Release::NothingSent => {
                (Reason::Released, "nothing was ordered, so nothing is left at the provider")
            }
            Release::NotAdopted => (
                Reason::Released,
                "the connection that spec.adopt names was not adopted, and was left alone; it is billed on if it exists",
            ),
            Release::Gone => {
                (Reason::ConnectionDeleted, "the connection is gone and no longer billed")
            }
            Release::Orphaned => {
                (Reason::Released, "the connection was left at the provider, where it is billed on")
            }
            Release::Adopted => (
                Reason::Released,
                "the connection was adopted and spec.deletionPolicy was left out, so it was left at the provider, where it is billed on",
            ),
        }
    }

    fn forget(key: &ObjectRef<Self>, context: &Context) {
        context.accounts.unfollow(key);
    }
}

/// The resource of a pass as an owner, told apart from every other in every cluster.
async fn this_owner(pass: &ConnectionPass<'_>) -> Result<Owner, ApiError> {
    let cluster_uid = pass.context.cluster_uid().await?.to_owned();
    Ok(Owner { cluster_uid, resource_uid: pass.object.uid().unwrap_or_default() })
}

/// The ids of the connections that the resource has.
fn known_ids(object: &FabricConnection) -> Vec<ConnectionId> {
    let uuids = Leg::BOTH.into_iter().filter_map(|leg| leg_status(object, leg)?.uuid.as_deref());
    uuids.filter_map(|uuid| ConnectionId::parse(uuid).ok()).collect()
}

/// The names that steps may have, as metrics show them.
pub(crate) const STEPS: [&[&str]; 2] = [ConnectionReport::VARIANTS, ConnectionCommand::VARIANTS];

/// Runs the controller until `stop`. Resources that come in by `woken` get a pass out of turn.
pub(crate) async fn run(
    context: Arc<Context>,
    woken: UnboundedReceiver<ObjectRef<FabricConnection>>,
    stop: CancellationToken,
) {
    let (client, watched) = (context.client.clone(), context.settings.watched.as_deref());
    let api = FabricConnection::api(client.clone(), watched);
    let accounts: Api<FabricAccount> = Api::all(client);
    let config = || watcher::Config::default().any_semantic();
    let woken = futures::stream::unfold(woken, async |mut woken| {
        let key = woken.recv().await?;
        Some((key, woken))
    });
    let resumed = context.clone();
    let woken = woken.inspect(move |key| resume(&resumed, key));
    let controller = Controller::new(api, config());
    context.stores.add(controller.store());
    context.connections.read_from(controller.store());
    let through = context.clone();
    let waking = changes::waking(move |account| {
        let through_it = through.connections.through(account);
        for key in &through_it {
            resume(&through, key);
        }
        through_it
    });
    let controller = controller.watches(accounts, config(), waking).reconcile_on(woken);
    reconcile::run(controller, context, stop).await;
}

/// Something that the resource depends on has changed.
fn resume(context: &Context, key: &ObjectRef<FabricConnection>) {
    if let Some(uid) = &key.extra.uid {
        context.backoff.resume(uid);
    }
}
