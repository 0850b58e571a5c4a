//! The way to the cluster, and waiting until it has what the operator needs.

use std::{fmt::Debug, time::Duration};

use kube::{
    Api, Client, Config, CustomResourceExt, Resource,
    api::ListParams,
    config::{KubeConfigOptions, Kubeconfig},
};
use serde::de::DeserializeOwned;
use tokio::time::{sleep, timeout};

use crate::server::{Gate, Readiness};

/// The pause between two looks.
const LOOK: Duration = Duration::from_secs(2);
/// How long the API server may take to answer one.
const PATIENCE: Duration = Duration::from_secs(10);

/// A client of the cluster of KUBECONFIG, or of the Pod.
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
    // What fails is tried again by the controllers, where it is seen.
    config.default_retry = false;
    Client::try_from(config).map_err(|e| format!("cannot prepare calls to the cluster: {e}"))
}

/// The first line of an error: what follows may show parts of the file, and so a token.
fn brief(error: &dyn std::error::Error) -> String {
    error.to_string().lines().next().unwrap_or_default().to_owned()
}

/// Waits until the cluster serves a kind, so that installing in any order works. Only a token that
/// is not accepted ends the wait.
pub(super) async fn served<K>(api: Api<K>, readiness: &Readiness) -> Result<(), String>
where
    K: Resource<DynamicType = ()> + CustomResourceExt + Clone + Debug + DeserializeOwned,
{
    let name = K::crd_name();
    loop {
        let listed = timeout(PATIENCE, api.list(&ListParams::default().limit(1))).await;
        match listed {
            Ok(Ok(_)) => {
                readiness.open(Gate::ApiServer, "the cluster answers");
                return Ok(());
            }
            Ok(Err(kube::Error::Api(status))) if status.code == 401 => {
                return Err(format!(
                    "the cluster does not accept the operator's token: {}",
                    status.message
                ));
            }
            // A cluster that knows nothing of the group answers with a plain page.
            Ok(Err(kube::Error::Api(status))) if status.code == 404 => {
                readiness.open(Gate::ApiServer, "the cluster answers");
                readiness.close(Gate::Definitions, format!(
                    "the cluster does not serve {name}: install the definitions of crds/; waiting for it"
                ));
            }
            Ok(Err(kube::Error::Api(status))) if status.is_forbidden() => {
                readiness.open(Gate::ApiServer, "the cluster answers");
                readiness.close(Gate::Definitions, format!(
                    "the operator may not list {name}: install the rights of deploy/base/rbac.yaml; waiting for it"
                ));
            }
            Ok(Err(error)) => readiness.close(Gate::ApiServer, format!(
                "the cluster does not answer: {error}; is the address of KUBECONFIG right, and the API server up? waiting for it"
            )),
            Err(_) => readiness.close(Gate::ApiServer, format!(
                "the cluster does not answer within {PATIENCE:?}; waiting for it"
            )),
        }
        sleep(LOOK).await;
    }
}
