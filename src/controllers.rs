//! Runs the controllers of all kinds over one context.
//!
//! What a pass does is each kind's own and the engine's; here they are only started together.

use std::{collections::BTreeSet, sync::Arc};

use futures::future::join4;
use kube::Client;
use kube_runtime::reflector::ObjectRef;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};

use crate::{
    account, approval, connection, profile,
    reconcile::{
        Kind, STEP_RELEASE, STEP_WAIT,
        context::{Context, Wakes},
    },
    telemetry::PassTimer,
};

pub use crate::reconcile::{
    context::{Connector, Instruments, Now, Settings, namespaced},
    gauges::Stores,
    handling::Handling,
    status::Failure,
};

/// The kinds that are reconciled, as metrics show them.
pub const KINDS: [&str; 4] =
    [FabricAccount::KIND, FabricConnection::KIND, ServiceProfile::KIND, ConnectionApproval::KIND];

/// The steps of passes, as metrics show them.
pub fn steps() -> impl Iterator<Item = &'static str> {
    let kinds = [&account::STEPS[..], &approval::STEPS, &connection::STEPS, &profile::STEPS];
    let own = kinds.into_iter().flatten().copied().flatten().copied();
    let common = [PassTimer::OBSERVE, STEP_WAIT, STEP_RELEASE];
    common.into_iter().chain(own).collect::<BTreeSet<_>>().into_iter()
}

/// Runs all controllers until `stop`, then lets passes under way end.
pub async fn run(
    client: Client,
    connector: Connector,
    settings: Settings,
    instruments: Instruments,
    stop: CancellationToken,
) {
    let (wake, woken) = mpsc::unbounded_channel::<ObjectRef<FabricConnection>>();
    let (wake_account, woken_accounts) = mpsc::unbounded_channel::<ObjectRef<FabricAccount>>();
    let observers = CancellationToken::new();
    let _ended_with_us = observers.clone().drop_guard();
    let metrics = instruments.metrics.clone();
    let begin = stop.clone();
    let wakes = Wakes { connections: wake, accounts: wake_account };
    let context = Context::new(client, connector, settings, instruments, wakes, begin, observers);
    let context = Arc::new(context);
    let counted = Arc::downgrade(&context);
    metrics.count_by(move || counted.upgrade().map(|all| all.census()).unwrap_or_default());
    join4(
        account::run(context.clone(), woken_accounts, stop.clone()),
        approval::run(context.clone(), stop.clone()),
        connection::run(context.clone(), woken, stop.clone()),
        profile::run(context, stop),
    )
    .await;
}
