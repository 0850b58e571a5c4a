//! `fabric-operator run`: assembles the operator, and runs it until a signal stops it.
//!
//! [`ReadinessGates`] report what the operator waits for; what waiting cannot mend ends the process
//! with one sentence. This module must not reconcile anything.

pub(super) mod cluster;
mod leading;
mod options;

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::{Api, Client};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};
use fabric_client::{Http, Proxies, ReqwestHttp, TrustedCas};
use fabric_domain::clean;

use crate::{
    cli::CliError,
    controllers::{self, Connector, Instruments, Settings, Stores, namespaced},
    lease::{Candidate, Election, SteadyClock, Tenure},
    server::{self, ReadinessGate, ReadinessGates},
    telemetry::{self, Metrics, Traces},
};

pub(super) use options::RunArgs;

/// How often the operator checks that the cluster still serves all kinds.
const DEFINITIONS: Duration = Duration::from_secs(60);
/// How long passes under way may take to end.
const DRAIN: Duration = Duration::from_secs(40);

impl RunArgs {
    pub(super) async fn execute(self) -> Result<(), CliError> {
        if self.print_config {
            println!("{}", self.in_force().join("\n"));
            return Ok(());
        }
        let proxies = Proxies::from_env()?;
        let trusted = self.ca_file.as_deref().map(TrustedCas::of_file).transpose()?;
        let http: Arc<dyn Http> =
            Arc::new(ReqwestHttp::new(&proxies, &trusted.unwrap_or_default())?);
        let collector = self.otlp_endpoint.as_ref();
        let traces = collector.map(|at| Traces::through(http.clone(), at)).transpose()?;
        telemetry::start(self.log_format, &self.log, traces.as_ref())?;
        let outcome = self.run(http, &proxies).await;
        if let Some(traces) = traces {
            traces.finish().await;
        }
        outcome
    }

    async fn run(self, http: Arc<dyn Http>, proxies: &Proxies) -> Result<(), CliError> {
        let stop = CancellationToken::new();
        let signal = stop.clone();
        tokio::spawn(async move {
            interrupted().await;
            tracing::info!("stopping: passes under way end first");
            signal.cancel();
        });
        let (gates, instruments) = (ReadinessGates::default(), Instruments::default());
        self.serve(&gates, &instruments.metrics).await?;
        let client = cluster::client(proxies).await?;
        tokio::select! {
            served = all_served(&client, self.watch_namespace.as_deref(), &gates) => served?,
            () = stop.cancelled() => return Ok(()),
        }
        let watching =
            watch_definitions(client.clone(), self.watch_namespace.clone(), gates.clone());
        tokio::select! {
            worked = self.work(client, http, gates, instruments, stop) => worked,
            // Reports only; it never ends.
            never = watching => match never {},
        }
    }

    /// Starts the health and metrics endpoints.
    async fn serve(&self, gates: &ReadinessGates, metrics: &Metrics) -> Result<(), String> {
        let at = SocketAddr::new(self.http_address, self.http_port);
        let listener = TcpListener::bind(at).await.map_err(|e| {
            format!("cannot listen on {at}: {e}; choose another --http-address or --http-port")
        })?;
        let at = listener
            .local_addr()
            .map_err(|e| format!("cannot read the address of the listener on {at}: {e}"))?;
        tracing::info!(address = %at, "serving /livez, /readyz and /metrics");
        let metrics = metrics.clone();
        tokio::spawn(server::serve(listener, gates.clone(), Arc::new(move || metrics.scrape())));
        Ok(())
    }

    /// Runs the controllers once this process leads.
    async fn work(
        self,
        client: Client,
        http: Arc<dyn Http>,
        gates: ReadinessGates,
        instruments: Instruments,
        stop: CancellationToken,
    ) -> Result<(), CliError> {
        let candidate = Candidate {
            namespace: self.namespace.clone(),
            lease: self.lease_name,
            identity: identity(),
            duration: self.lease_duration,
        };
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            namespace = candidate.namespace,
            identity = candidate.identity,
            "started"
        );
        let metrics = instruments.metrics.clone();
        let publisher = leading::publisher(&gates, &metrics);
        let election = Election::new(client.clone(), candidate, SteadyClock::boottime(), publisher);
        let settings = Settings {
            namespace: self.namespace,
            watched: self.watch_namespace,
            allowed_endpoints: self.allowed_endpoints,
            secret_reader_role: self.secret_reader_role,
            concurrency: self.concurrency,
            protected_namespaces: self.protected_namespaces,
            namespace_metrics: self.namespace_metrics,
            now: Arc::new(Timestamp::now),
            tenure: if self.leader_election {
                election.tenure()
            } else {
                Tenure::unlimited(SteadyClock::boottime())
            },
        };
        let work = Box::pin(drained(stop.clone(), async {
            let listed = all_listed(&instruments.stores, &gates);
            let connector: Connector = Arc::new(move |_| Ok(http.clone()));
            let running =
                controllers::run(client, connector, settings, instruments.clone(), stop.clone());
            tokio::select! {
                () = running => {}
                // Reports only; it never ends.
                never = listed => match never {},
            }
        }));
        if self.leader_election {
            leading::lead(election, &metrics, &stop, work).await
        } else {
            metrics.leads(true);
            gates.open(ReadinessGate::Leadership, "leader election is off");
            Ok(work.await?)
        }
    }
}

/// Waits until the cluster serves all custom resources.
async fn all_served(
    client: &Client,
    watched: Option<&str>,
    gates: &ReadinessGates,
) -> Result<(), String> {
    cluster::served::<FabricAccount>(Api::all(client.clone()), gates).await?;
    cluster::served(namespaced::<FabricConnection>(client.clone(), watched), gates).await?;
    cluster::served(namespaced::<ServiceProfile>(client.clone(), watched), gates).await?;
    cluster::served(namespaced::<ConnectionApproval>(client.clone(), watched), gates).await?;
    gates.open(ReadinessGate::Definitions, "the cluster serves all kinds");
    Ok(())
}

/// Closes the gate of the definitions when one of them goes, and opens it when it is back.
async fn watch_definitions(
    client: Client,
    watched: Option<String>,
    gates: ReadinessGates,
) -> Infallible {
    loop {
        tokio::time::sleep(DEFINITIONS).await;
        if let Err(why) = all_served(&client, watched.as_deref(), &gates).await {
            gates.close(ReadinessGate::ApiServer, why);
        }
    }
}

/// Opens the gate of the watches once every cache has its first list.
async fn all_listed(stores: &Stores, gates: &ReadinessGates) -> Infallible {
    loop {
        // By then the controllers, which are polled first, have started their watches.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let unlisted = stores.unlisted();
        if unlisted.is_empty() {
            gates.open(ReadinessGate::Watches, "everything is listed");
            return std::future::pending().await;
        }
        let unlisted = unlisted.join(" and ");
        gates.close(ReadinessGate::Watches, format!("waiting for the first listing of {unlisted}"));
    }
}

/// Ends with `work`, or [`DRAIN`] after `stop`.
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

/// Identifies this process among all, past ones included: a Pod's name outlives its containers.
fn identity() -> String {
    let host = std::env::var("HOSTNAME").ok().filter(|name| !name.is_empty());
    let host = host.unwrap_or_else(|| "fabric-operator".to_owned());
    let (process, start) = (std::process::id(), Timestamp::now().as_nanosecond());
    format!("{}_{process}-{start:x}", clean(&host, 100))
}

/// Ends on SIGTERM or SIGINT.
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
