//! The client of the cluster, and the wait until the cluster serves the custom resources.
//!
//! It must not reconcile anything, nor end the process for what an administrator can still install.

use std::{fmt::Debug, time::Duration};

use kube::{
    Api, Client, Config, CustomResourceExt, Resource,
    api::ListParams,
    config::{KubeConfigOptions, Kubeconfig, KubeconfigError},
};
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};
use url::Url;

use fabric_client::Proxies;
use fabric_domain::clean;

use crate::server::{ReadinessGate, ReadinessGates};

/// The pause between two requests.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long the API server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of the cluster of KUBECONFIG, or, without one, of the Pod's cluster.
pub(in crate::cli) async fn client(proxies: &Proxies) -> Result<Client, String> {
    let mut config = match kubeconfig()? {
        Some(file) => of_file(file, proxies).await?,
        // A Pod reaches its own API server directly, however its proxies are set.
        None => Config::incluster().map_err(|e| {
            format!(
                "found no cluster ({e}): set KUBECONFIG, or run in a Pod with a service account"
            )
        })?,
    };
    if let Some(proxy) = config.proxy_url.as_ref().and_then(http::Uri::host) {
        tracing::info!(proxy, "calls to the API server go through a proxy");
    }
    config.headers.push((
        http::header::USER_AGENT,
        http::HeaderValue::from_static(concat!("fabric-operator/", env!("CARGO_PKG_VERSION"))),
    ));
    // The controllers retry, where metrics and conditions show it.
    config.default_retry = false;
    Client::try_from(config).map_err(|e| format!("cannot prepare calls to the cluster: {e}"))
}

/// The files that KUBECONFIG names, or else the user's own file where there is one.
fn kubeconfig() -> Result<Option<Kubeconfig>, String> {
    if std::env::var_os("KUBECONFIG").is_none() {
        return Ok(Kubeconfig::read().ok());
    }
    let file =
        Kubeconfig::from_env().map_err(|e| format!("cannot read KUBECONFIG: {}", brief(&e)))?;
    let absent = "KUBECONFIG names no file: set it, or run in a Pod with a service account";
    file.map(Some).ok_or_else(|| absent.to_owned())
}

/// The settings of a file. Its `proxy-url` takes precedence over the environment, as in kubectl.
async fn of_file(file: Kubeconfig, proxies: &Proxies) -> Result<Config, String> {
    let own = proxy_url(&file).map(|url| Proxies::parse("proxy-url of KUBECONFIG", &url));
    let own = own.transpose()?;
    let mut config = Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
        .await
        .map_err(|e| match e {
            KubeconfigError::ParseNoProxy(why) => {
                format!("cannot use NO_PROXY: {why}; separate its entries by one comma each")
            }
            e => format!("cannot use KUBECONFIG: {}", brief(&e)),
        })?;
    // kube compares NO_PROXY with the address of the proxy, not with that of the cluster.
    let server = Url::parse(&config.cluster_url.to_string()).ok();
    let proxy = own.or_else(|| proxies.of(&server?).cloned());
    config.proxy_url = proxy.map(|proxy| proxy.as_str().parse()).transpose().map_err(|_| {
        "cannot use the proxy of the API server: its address is not valid".to_owned()
    })?;
    Ok(config)
}

/// The proxy that the cluster of the current context names.
fn proxy_url(file: &Kubeconfig) -> Option<String> {
    let current =
        file.contexts.iter().find(|it| Some(&it.name) == file.current_context.as_ref())?;
    let name = &current.context.as_ref()?.cluster;
    let cluster = file.clusters.iter().find(|it| &it.name == name)?.cluster.as_ref()?;
    cluster.proxy_url.clone().filter(|url| !url.is_empty())
}

/// The error and its causes in one line; causes that it names itself are not repeated.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = brief(error);
    let mut source = error.source();
    while let Some(cause) = source {
        let words = brief(cause);
        if !text.contains(&words) {
            text = format!("{text}: {words}");
        }
        source = cause.source();
    }
    clean(&text, 300)
}

/// The first line of an error: the others may quote the file, and with it a token.
fn brief(error: &dyn std::error::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Waits until the cluster serves a kind, so that the operator can be installed before its
/// definitions. Only a token that the cluster rejects ends the wait with an error.
pub(super) async fn served<K>(api: Api<K>, gates: &ReadinessGates) -> Result<(), String>
where
    K: Resource<DynamicType = ()> + CustomResourceExt + Clone + Debug + DeserializeOwned,
{
    let name = K::crd_name();
    loop {
        let listed = timeout(TIMEOUT, api.list(&ListParams::default().limit(1))).await;
        match listed {
            Ok(Ok(_)) => {
                gates.open(ReadinessGate::ApiServer, "the cluster answers");
                return Ok(());
            }
            Ok(Err(kube::Error::Api(status))) if status.code == 401 => {
                return Err(format!(
                    "the cluster does not accept the operator's token: {}",
                    status.message
                ));
            }
            // A cluster without the API group answers with plain text, not with a Status.
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => {
                gates.open(ReadinessGate::ApiServer, "the cluster answers");
                gates.close(ReadinessGate::Definitions, format!(
                    "the cluster does not serve {name}: install the definitions of crds/; the operator waits"
                ));
            }
            Ok(Err(kube::Error::Api(status))) if status.is_forbidden() => {
                gates.open(ReadinessGate::ApiServer, "the cluster answers");
                gates.close(ReadinessGate::Definitions, format!(
                    "the operator may not list {name}: install the rights of deploy/base/rbac.yaml; the operator waits"
                ));
            }
            Ok(Err(error)) => gates.close(ReadinessGate::ApiServer, format!(
                "the cluster does not answer: {}; is the address of KUBECONFIG right, does NO_PROXY list it where no \
                 proxy leads to it, is its certificate-authority that of the API server, and is the API server up? \
                 the operator waits",
                chain(&error)
            )),
            Err(_) => gates.close(ReadinessGate::ApiServer, format!(
                "the cluster does not answer within {TIMEOUT:?}; the operator waits"
            )),
        }
        sleep(INTERVAL).await;
    }
}
