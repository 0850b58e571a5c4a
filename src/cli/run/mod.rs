//! `fabric-operator run`: puts the operator together, and runs it until it is asked to stop.
//!
//! What is waited for is told by [`Readiness`]; what cannot be waited for ends the process with one
//! sentence. Nothing here reconciles anything.

mod cluster;
mod leading;

use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use jiff::Timestamp;
use kube::Client;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

use super::Failure;
use crate::{
    api::{FabricAccount, FabricConnection},
    controller::{self, Caches, Connector, Instruments, Settings},
    domain::clean,
    lease::{Candidate, Election},
    provider::{Http, ReqwestHttp},
    server::{self, Gate, Readiness},
    telemetry::{self, LogFormat, Metrics, Traces},
};

/// How long passes under way may take to end.
const DRAIN: Duration = Duration::from_secs(40);

/// Options of `run`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The operator's own namespace, where the Secrets of the accounts are.
    #[arg(long, env = "POD_NAMESPACE", default_value = "fabric-operator")]
    namespace: String,
    /// An origin that FabricAccounts may name; may be given several times, or with commas.
    #[arg(
        long = "allowed-endpoint",
        env = "FABRIC_OPERATOR_ALLOWED_ENDPOINTS",
        default_value = "https://api.equinix.com",
        value_delimiter = ',',
        value_parser = origin
    )]
    allowed_endpoints: Vec<Url>,
    /// How many resources of a kind are worked on at the same time.
    #[arg(long, env = "FABRIC_OPERATOR_CONCURRENCY", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=256))]
    concurrency: u16,
    /// Act only while holding a Lease in the operator's namespace, so that of several operators one
    /// acts; false only where there is one for certain.
    #[arg(long, env = "FABRIC_OPERATOR_LEADER_ELECTION", default_value_t = true, action = clap::ArgAction::Set)]
    leader_election: bool,
    /// Name of that Lease. The rights that are installed are for the default.
    #[arg(long, env = "FABRIC_OPERATOR_LEASE_NAME", default_value = "fabric-operator")]
    lease_name: String,
    /// How long the Lease is good after its holder was last heard of: what a failover takes at most.
    #[arg(long, env = "FABRIC_OPERATOR_LEASE_DURATION", default_value = "15s", value_parser = lease_duration)]
    lease_duration: Duration,
    /// Address that /livez, /readyz and /metrics are served at; in a Pod, the Pod's.
    #[arg(long, env = "FABRIC_OPERATOR_HTTP_ADDRESS", default_value = "127.0.0.1")]
    http_address: IpAddr,
    /// Port there; 0 picks a free one, which the log names.
    #[arg(long, env = "FABRIC_OPERATOR_HTTP_PORT", default_value_t = 8481)]
    http_port: u16,
    /// Address of a collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318;
    /// none are made if it is left out. Headers for it come from `OTEL_EXPORTER_OTLP_HEADERS`.
    #[arg(long, env = "FABRIC_OPERATOR_OTLP_ENDPOINT", value_parser = collector)]
    otlp_endpoint: Option<Url>,
    /// Log format.
    #[arg(long, env = "FABRIC_OPERATOR_LOG_FORMAT", default_value = "json")]
    log_format: LogFormat,
    /// What is logged, e.g. info or fabric_operator=debug.
    #[arg(long, env = "FABRIC_OPERATOR_LOG", default_value = "info")]
    log: String,
}

fn origin(text: &str) -> Result<Url, String> {
    let url = Url::parse(text)
        .map_err(|e| format!("expected an address such as https://api.equinix.com: {e}"))?;
    let bare = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
    let anonymous = url.username().is_empty() && url.password().is_none();
    match url.scheme() {
        "https" | "http" if bare && anonymous && url.has_host() => Ok(url),
        _ => Err("expected an origin without a path, such as https://api.equinix.com".to_owned()),
    }
}

fn collector(text: &str) -> Result<Url, String> {
    let anonymous = |url: &Url| url.username().is_empty() && url.password().is_none();
    let plain = |url: &Url| url.query().is_none() && url.fragment().is_none() && url.has_host();
    let url = Url::parse(text).ok().filter(|url| anonymous(url) && plain(url));
    url.filter(|url| matches!(url.scheme(), "http" | "https")).ok_or_else(|| {
        "expected an address without credentials, such as http://127.0.0.1:4318".to_owned()
    })
}

/// A duration that leaves room for three renewals, and that nobody waits for too long.
fn lease_duration(text: &str) -> Result<Duration, String> {
    let allowed = Duration::from_secs(5)..=Duration::from_secs(600);
    match humantime::parse_duration(text) {
        Ok(it) if allowed.contains(&it) && it.subsec_nanos() == 0 => Ok(it),
        _ => Err("expected whole seconds from 5s to 10min, such as 15s".to_owned()),
    }
}

impl Args {
    pub(super) async fn execute(self) -> Result<(), Failure> {
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
            there = there(&client, &readiness) => there?,
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
            let listed = all_listed(&instruments.caches, &readiness);
            let connector: Connector = Arc::new(move |_| Ok(http.clone()));
            let running =
                controller::run(client, connector, settings, instruments.clone(), stop.clone());
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
async fn there(client: &Client, readiness: &Readiness) -> Result<(), String> {
    cluster::served::<FabricAccount>(client, readiness).await?;
    cluster::served::<FabricConnection>(client, readiness).await?;
    readiness.open(Gate::Definitions, "the cluster serves all kinds");
    Ok(())
}

/// Tells when the watches have listed everything.
async fn all_listed(caches: &Caches, readiness: &Readiness) -> Infallible {
    loop {
        // The controllers, which are polled first, have begun by then.
        tokio::time::sleep(Duration::from_millis(200)).await;
        let unlisted = caches.unlisted();
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
