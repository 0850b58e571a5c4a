//! GitOps tools: what they apply is stored unchanged, and nothing is out of sync.

use std::{fs, path::Path};

use serde_json::{Value, json};

use fabric_testkit::{
    controlplane::ControlPlane,
    manifests,
    tools::{run, tool},
};

use super::{CHART, NAME, get};
use crate::{installation::Installation, tenant::Tenant};

/// Applies as Argo CD and Flux do: on the server, by a manager of one's own.
const APPLY: [&str; 3] = ["--server-side", "--field-manager=gitops", "--filename"];

/// Whether the server would change anything; what, if it would.
fn difference(plane: &ControlPlane, file: &str) -> Option<String> {
    let output = plane.try_kubectl(&[&["diff"], &APPLY[..], &[file]].concat());
    let printed = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    match output.status.code() {
        Some(0) => None,
        Some(1) => Some(printed),
        _ => panic!("kubectl diff failed: {printed}"),
    }
}

#[test]
fn what_the_chart_renders_is_in_sync_once_it_is_applied() {
    let plane = ControlPlane::start();
    plane.kubectl(&["create", "namespace", NAME]);
    let mut helm = tool("helm");
    let rendered = run(helm.args(["template", NAME, CHART, "--namespace", NAME]), "").unwrap();
    let file = plane.folder().join("rendered.yaml");
    fs::write(&file, rendered).unwrap();
    let file = file.to_str().unwrap();
    assert!(difference(&plane, file).is_some_and(|printed| printed.contains("FabricConnection")));
    for _ in 0..2 {
        plane.kubectl(&[&["apply"], &APPLY[..], &[file]].concat());
        plane.kubectl(&["wait", "--for=condition=Established", "--timeout=5m", "crd", "--all"]);
        assert_eq!(difference(&plane, file), None);
    }
    // The same objects by kustomize.
    for folder in ["crds", "deploy/base"] {
        let (built, _) = plane.kubectl(&["kustomize", folder]);
        let file = plane.folder().join("built.yaml");
        fs::write(&file, built).unwrap();
        let file = file.to_str().unwrap();
        plane.kubectl(&[&["apply", "--force-conflicts"], &APPLY[..], &[file]].concat());
        assert_eq!(difference(&plane, file), None);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_in_service_is_in_sync_with_its_file() {
    let installation = Installation::shared();
    let tenant = Tenant::new(installation, "in-sync", "FabricV4").await;
    let connection = tenant.connection("line", manifests::token_dot1q("in-sync"));
    let file = installation.plane.folder().join("in-sync.json");
    fs::write(&file, connection.to_string()).unwrap();
    let file = file.to_str().unwrap().to_owned();
    let apply = [&["apply"], &APPLY[..], &[file.as_str()]].concat();
    installation.plane.kubectl(&apply);
    tenant.until_ready("line").await;
    let before = tenant.get("line").await.unwrap();
    assert_eq!(difference(&installation.plane, &file), None);
    installation.plane.kubectl(&apply);
    let after = tenant.get("line").await.unwrap();
    assert_eq!(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"]);
}

#[test]
fn the_component_adds_the_health_checks_to_what_argo_cd_is_configured_by() {
    let plane = ControlPlane::start();
    let folder = plane.folder().join("argocd");
    fs::create_dir_all(&folder).unwrap();
    let copied = std::process::Command::new("cp")
        .arg("-R")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/gitops/argocd"))
        .arg(folder.join("component"))
        .status();
    assert!(copied.unwrap().success());
    let map = json!({
        "apiVersion": "v1", "kind": "ConfigMap",
        "metadata": {"name": "argocd-cm", "namespace": "argocd"}, "data": {"url": "https://argocd.example.com"},
    });
    fs::write(folder.join("map.json"), map.to_string()).unwrap();
    let kustomization = json!({"resources": ["map.json"], "components": ["component"]});
    fs::write(folder.join("kustomization.yaml"), kustomization.to_string()).unwrap();
    plane.kubectl(&["create", "namespace", "argocd"]);
    plane.kubectl(&["apply", "-k", folder.to_str().unwrap()]);
    let data = &get(&plane, &["configmap", "argocd-cm", "--namespace=argocd"])["data"];
    assert_eq!(data["url"], "https://argocd.example.com");
    let script = fs::read_to_string(folder.join("component/health.lua")).unwrap();
    let key = "resource.customizations.health.fabric.equinix.com_FabricConnection";
    assert_eq!(data[key], Value::String(script));
}
