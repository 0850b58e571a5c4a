//! The controllers: from resources to the provider and back into status.
//!
//! A pass is observe → plan → act → report. Plans are pure; an act makes at most one mutating call
//! at the provider; then the next pass looks again.

mod account;
mod accounts;
mod census;
mod conditions;
mod connection;
mod context;
mod memory;
mod problem;
mod secrets;
mod status;

use std::sync::Arc;

use futures::future::join;
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
    api::{FabricAccount, FabricConnection},
    telemetry::Pass,
};

/// The kinds that are looked after, as metrics show them.
pub const KINDS: [&str; 2] = [FabricAccount::KIND, FabricConnection::KIND];

/// What passes may be for, as metrics show it.
pub fn steps() -> impl Iterator<Item = &'static str> {
    [Pass::OBSERVE, account::STEP].into_iter().chain(connection::steps().iter().copied())
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
    join(account::run(context.clone(), stop.clone()), connection::run(context, woken, stop)).await;
}
