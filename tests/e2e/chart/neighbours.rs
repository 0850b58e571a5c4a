//! A release among others: namespaces that are not there, and an installation by kubectl beside it.

use std::path::Path;

use serde_json::json;

use fabric_testkit::controlplane::ControlPlane;

use super::{CHART, NAME, get, helm, install};

/// Whether the operator may read Secrets of a namespace.
fn reads_secrets(plane: &ControlPlane, namespace: &str) -> bool {
    let user = format!("--as=system:serviceaccount:{NAME}:{NAME}");
    let ask = ["auth", "can-i", "get", "secrets", "--namespace", namespace, &user];
    plane.try_kubectl(&ask).status.success()
}

#[test]
fn a_namespace_that_does_not_exist_fails_no_upgrade_and_is_named() {
    let plane = ControlPlane::start();
    let chart = Path::new(CHART);
    plane.kubectl(&["create", "namespace", "network"]);
    let values = [r#"rbac.secretNamespaces=["network","voice","fabric-operator"]"#];
    let missing = "Namespace voice of rbac.secretNamespaces does not exist";
    let notes = install(&plane, "install", chart, &values).unwrap();
    assert!(notes.contains(missing) && !notes.contains("Namespace network of"), "{notes}");
    assert!(reads_secrets(&plane, "network") && !reads_secrets(&plane, "voice"));

    // The upgrade after it was created grants the right.
    plane.kubectl(&["create", "namespace", "voice"]);
    let notes = install(&plane, "upgrade", chart, &values).unwrap();
    assert!(!notes.contains("does not exist"), "{notes}");
    assert!(reads_secrets(&plane, "voice"));

    plane.kubectl(&["delete", "namespace", "voice", "--timeout=5m"]);
    let notes = install(&plane, "upgrade", chart, &values).unwrap();
    assert!(notes.contains(missing), "{notes}");
    assert!(reads_secrets(&plane, "network"));
}

#[test]
fn a_release_beside_an_installation_by_kubectl_takes_nothing_from_it() {
    let plane = ControlPlane::start();
    let kinds = "deployments,services,serviceaccounts,networkpolicies,poddisruptionbudgets,roles,\
                 rolebindings,clusterroles,clusterrolebindings";
    let of = |instance: &str| {
        let selector = format!("--selector=app.kubernetes.io/instance={instance}");
        get(&plane, &[kinds, "--all-namespaces", &selector])["items"].clone()
    };
    plane.kubectl(&["apply", "-k", "crds"]);
    plane.kubectl(&["apply", "-k", "deploy/base"]);
    // The controllers of the server write into status, and so into the version.
    let names = |items: &serde_json::Value| -> Vec<(String, String)> {
        let field = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        let items = items.as_array().unwrap().iter();
        items.map(|o| (field(&o["kind"]), field(&o["metadata"]["uid"]))).collect()
    };
    let before = names(&of(NAME));
    assert!(before.len() > 8, "{before:?}");

    helm(&plane, &["install", "other", CHART, "--set", "crds.install=false"]).unwrap();
    assert!(of("other").as_array().unwrap().len() > 8);
    helm(&plane, &["uninstall", "other"]).unwrap();
    assert_eq!(of("other"), json!([]));
    assert_eq!(names(&of(NAME)), before);
    assert!(reads_secrets(&plane, NAME));
}
