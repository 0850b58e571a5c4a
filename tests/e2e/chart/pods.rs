//! The Pods of the chart, as the API server admits them.

use std::path::Path;

use serde_json::{Value, json};

use fabric_testkit::{
    controlplane::ControlPlane,
    tools::{run, tool},
};

use super::{CHART, NAME, get, hand, install};

/// The Pod that the Deployment would make.
fn pod(plane: &ControlPlane) -> Value {
    let deployment = get(plane, &["deployment", NAME, "--namespace", NAME]);
    let mut pod = deployment["spec"]["template"].clone();
    pod["apiVersion"] = json!("v1");
    pod["kind"] = json!("Pod");
    pod["metadata"]["name"] = json!("tried-out");
    pod["metadata"]["namespace"] = json!(NAME);
    pod
}

#[test]
fn a_restricted_namespace_admits_them() {
    let plane = ControlPlane::start();
    plane.kubectl(&["create", "namespace", NAME]);
    plane.kubectl(&["label", "namespace", NAME, "pod-security.kubernetes.io/enforce=restricted"]);
    install(&plane, "install", Path::new(CHART), &[]).unwrap();

    let pod = pod(&plane);
    hand(&plane, &["create", "--dry-run=server"], &pod).unwrap();
    let container = &pod["spec"]["containers"][0]["securityContext"];
    assert_eq!(container["readOnlyRootFilesystem"], true, "which the standard does not ask for");
    // So is the Pod of `helm test`, which helm creates only when it is asked to.
    let mut helm = tool("helm");
    let ready = ["--show-only", "templates/tests/ready.yaml"];
    helm.args(["template", NAME, CHART, "--namespace", NAME]).args(ready);
    let test: Value = serde_saphyr::from_str(&run(&mut helm, "").unwrap()).unwrap();
    assert_eq!(get(&plane, &["pods", "--namespace", NAME])["items"], json!([]));
    hand(&plane, &["create", "--dry-run=server"], &test).unwrap();
    // The namespace does judge.
    let mut other = pod.clone();
    other["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = json!(true);
    let said = hand(&plane, &["create", "--dry-run=server"], &other).unwrap_err();
    assert!(said.contains("violates PodSecurity \"restricted"), "{said}");
}
