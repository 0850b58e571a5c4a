//! The chart on the real API server: helm installs, upgrades and uninstalls it. No Pods run there,
//! so nothing waits for them.
//!
//! The integration tests cover what the templates make of values, without a server.

mod gitops;
mod lifecycle;
mod neighbours;
mod pods;
mod rights;
mod user_roles;

use std::path::Path;

use serde_json::Value;

use fabric_testkit::{
    controlplane::ControlPlane,
    tools::{run, tool},
};

pub(super) const CHART: &str = "charts/fabric-operator";
/// Of the release, its namespace and its service account.
pub(super) const NAME: &str = "fabric-operator";

/// Runs helm as the administrator, from the root of the repository.
pub(super) fn helm(plane: &ControlPlane, arguments: &[&str]) -> Result<String, String> {
    let mut helm = tool("helm");
    helm.args(arguments).args(["--namespace", NAME]).env("KUBECONFIG", plane.admin());
    for variable in ["HELM_CACHE_HOME", "HELM_CONFIG_HOME", "HELM_DATA_HOME", "KUBECACHEDIR"] {
        helm.env(variable, plane.folder().join(variable));
    }
    run(&mut helm, "")
}

/// Installs or upgrades from the chart in `folder`, with values as `name=JSON`; what helm says.
pub(super) fn install(
    plane: &ControlPlane,
    verb: &str,
    folder: &Path,
    values: &[&str],
) -> Result<String, String> {
    let mut arguments = vec![verb, NAME, folder.to_str().unwrap(), "--create-namespace"];
    if verb == "upgrade" {
        arguments[3] = "--reset-values";
    }
    for value in values {
        arguments.extend(["--set-json", value]);
    }
    helm(plane, &arguments)
}

/// What kubectl gets, as JSON.
pub(super) fn get(plane: &ControlPlane, arguments: &[&str]) -> Value {
    let (text, _) = plane.kubectl(&[&["get", "--output=json"], arguments].concat());
    serde_json::from_str(&text).unwrap()
}

/// Hands an object to kubectl; the error is what its author gets to read.
pub(super) fn hand(plane: &ControlPlane, verb: &[&str], object: &Value) -> Result<(), String> {
    let file = tempfile::NamedTempFile::new_in(plane.folder()).unwrap();
    std::fs::write(&file, object.to_string()).unwrap();
    let path = file.path().to_str().unwrap();
    let output = plane.try_kubectl(&[verb, &["--filename", path]].concat());
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    if output.status.success() { Ok(()) } else { Err(said) }
}
