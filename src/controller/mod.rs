//! The controllers: from resources to the provider and back into status.
//!
//! A pass is observe → plan → act → report. Plans are pure; an act makes at most one mutating call
//! at the provider; then the next pass looks again.

mod account;
mod accounts;
mod approval;
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

use std::sync::Arc;

use futures::future::join4;
use kube::Client;
use kube_runtime::reflector::ObjectRef;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use context::Context;
pub use context::{Connector, Now, Settings};
pub use problem::Handling;

use crate::api::FabricConnection;

/// The field manager of the resources' status.
const STATUS_MANAGER: &str = "fabric-operator/status";

/// Runs all controllers until `stop`, then lets passes under way end.
pub async fn run(
    client: Client,
    connector: Connector,
    settings: Settings,
    stop: CancellationToken,
) {
    let (wake, woken) = mpsc::unbounded_channel::<ObjectRef<FabricConnection>>();
    let observers = CancellationToken::new();
    let _ended_with_us = observers.clone().drop_guard();
    let context = Arc::new(Context::new(client, connector, settings, wake, observers));
    join4(
        account::run(context.clone(), stop.clone()),
        approval::run(context.clone(), stop.clone()),
        connection::run(context.clone(), woken, stop.clone()),
        profile::run(context, stop),
    )
    .await;
}
