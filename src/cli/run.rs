//! `fabric-operator run`.

use std::{io::IsTerminal, sync::Arc, time::Duration};

use jiff::Timestamp;
use kube::{Api, Client, Config, CustomResourceExt, config::Kubeconfig};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use url::Url;

use crate::{
    api::{FabricAccount, FabricConnection, ServiceProfile},
    controller::{self, Settings},
    provider::{Http, ReqwestHttp},
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
    /// Log format.
    #[arg(long, env = "FABRIC_OPERATOR_LOG_FORMAT", default_value = "json")]
    log_format: LogFormat,
    /// What is logged, e.g. info or fabric_operator=debug.
    #[arg(long, env = "FABRIC_OPERATOR_LOG", default_value = "info")]
    log: String,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum LogFormat {
    Json,
    Text,
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

impl Args {
    pub(super) async fn execute(self) -> Result<(), String> {
        self.start_logs()?;
        let client = client().await?;
        served::<FabricAccount>(&client).await?;
        served::<FabricConnection>(&client).await?;
        served::<ServiceProfile>(&client).await?;
        let http: Arc<dyn Http> = Arc::new(ReqwestHttp::new().map_err(|e| {
            format!("cannot prepare HTTPS: {e}; is a bundle of CA certificates installed?")
        })?);
        let settings = Settings {
            namespace: self.namespace,
            allowed_endpoints: self.allowed_endpoints,
            concurrency: self.concurrency,
            now: Arc::new(Timestamp::now),
        };
        let stop = CancellationToken::new();
        let signal = stop.clone();
        tokio::spawn(async move {
            interrupted().await;
            tracing::info!("stopping: passes under way end first");
            signal.cancel();
        });
        tracing::info!(
            version = env!("CARGO_PKG_VERSION"),
            namespace = settings.namespace,
            "started"
        );
        let running =
            controller::run(client, Arc::new(move |_| Ok(http.clone())), settings, stop.clone());
        let drained = async {
            stop.cancelled().await;
            tokio::time::sleep(DRAIN).await;
        };
        tokio::select! {
            () = running => Ok(()),
            () = drained => Err(format!("passes under way did not end within {DRAIN:?}")),
        }
    }

    fn start_logs(&self) -> Result<(), String> {
        let filter = EnvFilter::try_new(&self.log)
            .map_err(|e| format!("cannot read --log {}: {e}", self.log))?;
        let logs = tracing_subscriber::fmt()
            .with_env_filter(filter)
            .with_ansi(std::io::stderr().is_terminal())
            .with_writer(std::io::stderr);
        let started = match self.log_format {
            LogFormat::Json => logs.json().flatten_event(true).try_init(),
            LogFormat::Text => logs.try_init(),
        };
        started.map_err(|e| format!("cannot start logging: {e}"))
    }
}

async fn client() -> Result<Client, String> {
    let remedy = "set KUBECONFIG, or run in a Pod with a service account";
    let mut config = match std::env::var_os("KUBECONFIG") {
        Some(_) => {
            let file =
                Kubeconfig::from_env().map_err(|e| format!("cannot read KUBECONFIG: {e}"))?;
            let file = file.ok_or_else(|| format!("KUBECONFIG names no file: {remedy}"))?;
            Config::from_custom_kubeconfig(file, &kube::config::KubeConfigOptions::default())
                .await
                .map_err(|e| format!("cannot use KUBECONFIG: {e}"))?
        }
        None => Config::infer().await.map_err(|e| format!("found no cluster ({e}): {remedy}"))?,
    };
    config.headers.push((
        http::header::USER_AGENT,
        http::HeaderValue::from_static(concat!("fabric-operator/", env!("CARGO_PKG_VERSION"))),
    ));
    // What fails is tried again by the controllers, where it is seen.
    config.default_retry = false;
    Client::try_from(config).map_err(|e| format!("cannot prepare calls to the cluster: {e}"))
}

/// Waits until the cluster serves a kind, so that installing in any order works.
async fn served<K>(client: &Client) -> Result<(), String>
where
    K: kube::Resource<DynamicType = ()>
        + CustomResourceExt
        + Clone
        + std::fmt::Debug
        + serde::de::DeserializeOwned,
{
    let name = K::crd_name();
    let mut waiting = false;
    loop {
        let problem = match Api::<K>::all(client.clone())
            .list(&kube::api::ListParams::default().limit(1))
            .await
        {
            Ok(_) => return Ok(()),
            // A cluster that knows nothing of the group answers with a plain page.
            Err(kube::Error::Api(status)) if status.code == 404 => {
                format!("the cluster does not serve {name}: install the definitions of crds/")
            }
            Err(kube::Error::Api(status)) if status.is_forbidden() => {
                format!(
                    "the operator may not list {name}: install the rights of deploy/base/rbac.yaml"
                )
            }
            Err(kube::Error::Api(status)) if status.code == 401 => {
                return Err(format!(
                    "the cluster does not accept the operator's token: {}",
                    status.message
                ));
            }
            Err(error) => format!("the cluster does not answer: {error}"),
        };
        if !waiting {
            tracing::warn!("{problem}; waiting for it");
            waiting = true;
        }
        tokio::select! {
            () = tokio::time::sleep(Duration::from_secs(2)) => {}
            () = interrupted() => return Err(problem),
        }
    }
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
