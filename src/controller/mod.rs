//! The controllers: from resources to the provider and back into status.
//!
//! A pass is observe → plan → act → report. Plans are pure; an act makes at most one mutating call
//! at the provider; then the next pass looks again.

mod account;
mod accounts;
mod approval;
mod cached;
mod census;
mod conditions;
mod connection;
mod context;
mod copy;
mod finalizers;
mod memory;
mod news;
mod patience;
mod permits;
mod ports;
mod problem;
mod profile;
mod secrets;
mod selling;
mod status;
mod turns;

use std::{collections::BTreeSet, sync::Arc};

use futures::future::join4;
use kube::Client;
use kube_runtime::reflector::ObjectRef;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub use census::Caches;
use census::Counted;
use context::Context;
pub use context::{Connector, Instruments, Now, Settings, namespaced};
pub use problem::Handling;
pub use status::Failure;

use crate::{
    api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile},
    telemetry::Pass,
};

/// The kinds that are looked after, as metrics show them.
pub const KINDS: [&str; 4] =
    [FabricAccount::KIND, FabricConnection::KIND, ServiceProfile::KIND, ConnectionApproval::KIND];

/// What passes may be for, as metrics show it.
pub fn steps() -> impl Iterator<Item = &'static str> {
    let kinds = [connection::steps(), profile::steps(), approval::steps()];
    let all =
        [Pass::OBSERVE, account::STEP].into_iter().chain(kinds.into_iter().flatten().copied());
    all.collect::<BTreeSet<_>>().into_iter()
}

/// The field manager of the resources' status.
const STATUS_MANAGER: &str = "fabric-operator/status";

/// Runs all controllers until `stop`, then lets passes under way end.
pub async fn run(
    client: Client,
    connector: Connector,
    settings: Settings,
    instruments: Instruments,
    stop: CancellationToken,
) {
    let (wake, woken) = mpsc::unbounded_channel::<ObjectRef<FabricConnection>>();
    let observers = CancellationToken::new();
    let _ended_with_us = observers.clone().drop_guard();
    let metrics = instruments.metrics.clone();
    let begin = stop.clone();
    let context = Context::new(client, connector, settings, instruments, wake, begin, observers);
    let context = Arc::new(context);
    let counted = Arc::downgrade(&context);
    metrics.count_by(move || counted.upgrade().map(|all| all.census()).unwrap_or_default());
    join4(
        account::run(context.clone(), stop.clone()),
        approval::run(context.clone(), stop.clone()),
        connection::run(context.clone(), woken, stop.clone()),
        profile::run(context, stop),
    )
    .await;
}
