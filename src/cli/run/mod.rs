//! `fabric-operator run`: puts the operator together, and runs it until it is asked to stop.
//!
//! What is waited for is told by [`Readiness`]; what cannot be waited for ends the process with one
//! sentence. Nothing here reconciles anything.

mod cluster;
mod leading;
mod options;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::{Api, Client};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};
use fabric_client::{Http, ReqwestHttp};
use fabric_domain::clean;

use crate::{
    cli::Failure,
    controllers::{self, Connector, Instruments, Settings, Stores, namespaced},
    lease::{Candidate, Election},
    server::{self, Gate, Readiness},
    telemetry::{self, Metrics, Traces},
};

pub(super) use options::Args;

/// How long passes under way may take to end.
const DRAIN: Duration = Duration::from_secs(40);

impl Args {
    pub(super) async fn execute(self) -> Result<(), Failure> {
        if self.print_config {
            println!("{}", self.in_force().join("\n"));
            return Ok(());
        }
        let traces = self.otlp_endpoint.as_ref().map(Traces::to).transpose()?;
        telemetry::start(self.log_format, &self.log, traces.as_ref())?;
        let outcome = self.run().await;
        if let Some(traces) = traces {
            traces.finish().await;
        }
        outcome
    }

    async fn run(self) -> Result<(), Failure> {
        let stop = CancellationToken::new();
        let signal = stop.clone();
        tokio::spawn(async move {
            interrupted().await;
            tracing::info!("stopping: passes under way end first");
            signal.cancel();
        });
        let (readiness, instruments) = (Readiness::default(), Instruments::default());
        self.serve(&readiness, &instruments.metrics).await?;
        let client = cluster::client().await?;
        tokio::select! {
            there = there(&client, self.watch_namespace.as_deref(), &readiness) => there?,
            () = stop.cancelled() => return Ok(()),
        }
        self.work(client, readiness, instruments, stop).await
    }

    /// Serves what the process tells of itself, from now on.
    async fn serve(&self, readiness: &Readiness, metrics: &Metrics) -> Result<(), String> {
        let at = SocketAddr::new(self.http_address, self.http_port);
        let listener = TcpListener::bind(at).await.map_err(|e| {
            format!("cannot listen on {at}: {e}; choose another --http-address or --http-port")
        })?;
        let at = listener.local_addr().map_err(|e| format!("cannot tell the address: {e}"))?;
        tracing::info!(address = %at, "serving /livez, /readyz and /metrics");
        let metrics = metrics.clone();
        tokio::spawn(server::serve(
            listener,
            readiness.clone(),
            Arc::new(move || metrics.scrape()),
        ));
        Ok(())
    }

    /// Runs the controllers, when this process leads.
    async fn work(
        self,
        client: Client,
        readiness: Readiness,
        instruments: Instruments,
        stop: CancellationToken,
    ) -> Result<(), Failure> {
        let http: Arc<dyn Http> = Arc::new(ReqwestHttp::new().map_err(|e| {
            format!("cannot prepare HTTPS: {e}; is a bundle of CA certificates installed?")
        })?);
        let settings = Settings {
            namespace: self.namespace.clone(),
            watched: self.watch_namespace,
            allowed_endpoints: self.allowed_endpoints,
            concurrency: self.concurrency,
            now: Arc::new(Timestamp::now),
        };
        let candidate = Candidate {
            namespace: self.namespace,
            lease: self.lease_name,
            identity: identity(),
            duration: self.lease_duration,
        };
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            namespace = settings.namespace,
            identity = candidate.identity,
            "started"
        );
        let metrics = instruments.metrics.clone();
        let shown = leading::shown(&readiness, &metrics);
        let election = Election::new(client.clone(), candidate, shown);
        let work = Box::pin(drained(stop.clone(), async {
            let listed = all_listed(&instruments.stores, &readiness);
            let connector: Connector = Arc::new(move |_| Ok(http.clone()));
            let running =
                controllers::run(client, connector, settings, instruments.clone(), stop.clone());
            tokio::select! {
                () = running => {}
                // It tells, and has nothing to end with.
                never = listed => match never {},
            }
        }));
        if self.leader_election {
            leading::lead(election, &metrics, &stop, work).await
        } else {
            metrics.leads(true);
            readiness.open(Gate::Leadership, "leader election is off");
            Ok(work.await?)
        }
    }
}

/// Waits until the cluster serves all kinds.
async fn there(
    client: &Client,
    watched: Option<&str>,
    readiness: &Readiness,
) -> Result<(), String> {
    cluster::served::<FabricAccount>(Api::all(client.clone()), readiness).await?;
    cluster::served(namespaced::<FabricConnection>(client.clone(), watched), readiness).await?;
    cluster::served(namespaced::<ServiceProfile>(client.clone(), watched), readiness).await?;
    cluster::served(namespaced::<ConnectionApproval>(client.clone(), watched), readiness).await?;
    readiness.open(Gate::Definitions, "the cluster serves all kinds");
    Ok(())
}

/// Tells when the watches have listed everything.
async fn all_listed(stores: &Stores, readiness: &Readiness) -> Infallible {
    loop {
        // The controllers, which are polled first, have begun by then.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let unlisted = stores.unlisted();
        if unlisted.is_empty() {
            readiness.open(Gate::Watches, "everything is listed");
            return std::future::pending().await;
        }
        let unlisted = unlisted.join(" and ");
        readiness.close(Gate::Watches, format!("waiting for the first listing of {unlisted}"));
    }
}

/// Ends with `work`, or a while after `stop`.
async fn drained(stop: CancellationToken, work: impl Future<Output = ()>) -> Result<(), String> {
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(DRAIN).await;
    };
    tokio::select! {
        () = work => Ok(()),
        () = late => Err(format!("passes under way did not end within {DRAIN:?}")),
    }
}

/// Tells this process from every other, past ones included: a Pod's name outlives its containers.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = host.unwrap_or_else(|| "fabric-operator".to_owned());
    let (process, start) = (std::process::id(), Timestamp::now().as_nanosecond());
    format!("{}_{process}-{start:x}", clean(&host, 100))
}

/// Ends when the process is asked to stop.
pub(super) async fn interrupted() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}
