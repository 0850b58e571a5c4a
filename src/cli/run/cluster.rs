//! The client of the cluster, and the wait until the cluster serves the custom resources.
//!
//! It must not reconcile anything, nor end the process for what an administrator can still install.

use std::{fmt::Debug, time::Duration};

use kube::{
    Api, Client, Config, CustomResourceExt, Resource,
    api::ListParams,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};

use crate::server::{ReadinessGate, ReadinessGates};

/// The pause between two requests.
const INTERVAL: Duration = Duration::from_secs(2);
/// How long the API server may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);

/// A client of the cluster of KUBECONFIG, or, without one, of the Pod's cluster.
pub(super) async fn client() -> Result<Client, String> {
    let remedy = "set KUBECONFIG, or run in a Pod with a service account";
    let mut config = match std::env::var_os("KUBECONFIG") {
        Some(_) => {
            let file = Kubeconfig::from_env()
                .map_err(|e| format!("cannot read KUBECONFIG: {}", brief(&e)))?;
            let file = file.ok_or_else(|| format!("KUBECONFIG names no file: {remedy}"))?;
            Config::from_custom_kubeconfig(file, &KubeConfigOptions::default())
                .await
                .map_err(|e| format!("cannot use KUBECONFIG: {}", brief(&e)))?
        }
        None => Config::infer().await.map_err(|e| format!("found no cluster ({e}): {remedy}"))?,
    };
    config.headers.push((
        http::header::USER_AGENT,
        http::HeaderValue::from_static(concat!("fabric-operator/", env!("CARGO_PKG_VERSION"))),
    ));
    // The controllers retry, where metrics and conditions show it.
    config.default_retry = false;
    Client::try_from(config).map_err(|e| format!("cannot prepare calls to the cluster: {e}"))
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
                "the cluster does not answer: {error}; is the address of KUBECONFIG right, and the API server up? the operator waits"
            )),
            Err(_) => gates.close(ReadinessGate::ApiServer, format!(
                "the cluster does not answer within {TIMEOUT:?}; the operator waits"
            )),
        }
        sleep(INTERVAL).await;
    }
}
