//! The chart's templates: what they make of values, and which values they reject.
//!
//! The end-to-end tests show that the result can be installed and suffices.

mod manifests;
mod surroundings;
mod values;

use std::{fmt::Write, path::Path};

use serde_json::Value;

use fabric_testkit::tools::{run, tool};

pub(super) const CHART: &str = "charts/fabric-operator";

/// Values of installations as different as they can be, each as `name=JSON`.
pub(super) const SETS: [&[&str]; 7] = [
    &[],
    &["replicas=1", "podDisruptionBudget.enabled=false", "networkPolicy.enabled=false"],
    &["rbac.userRoles=false", "crds.install=false", r#"watchNamespace="network""#],
    &["rbac.aggregate=true", r#"rbac.secretNamespaces=["network","voice"]"#],
    &["account.create=true", r#"extraArgs=["--http-port=9000"]"#, r#"extraEnv=[{"name":"A"}]"#],
    &["serviceMonitor.enabled=true", "prometheusRule.enabled=true", "dashboard.enabled=true"],
    &[
        r#"proxy.httpsProxy="http://p:3128""#,
        r#"trustedCa.secret="ca""#,
        "uninstallGuard.enabled=true",
    ],
];

/// What an installation by these values, each as `name=JSON`, would send to the cluster, or what
/// helm says instead.
pub(super) fn render(values: &[&str]) -> Result<Vec<Value>, String> {
    release("fabric-operator", &[], values)
}

/// The same for a release of another name, with further options of helm.
pub(super) fn release(name: &str, options: &[&str], values: &[&str]) -> Result<Vec<Value>, String> {
    let mut helm = tool("helm");
    helm.args(["template", name, CHART, "--namespace", "fabric-operator"]).args(options);
    for value in values {
        helm.args(["--set-json", value]);
    }
    let text = run(&mut helm, "")?;
    let documents: Vec<Value> = serde_saphyr::from_multiple(&text).unwrap();
    Ok(documents.into_iter().filter(|document| !document.is_null()).collect())
}

/// The same where it must succeed.
pub(super) fn rendered(values: &[&str]) -> Vec<Value> {
    render(values).unwrap_or_else(|said| panic!("{values:?}: {said}"))
}

/// The one object of a kind and name.
pub(super) fn find<'a>(objects: &'a [Value], kind: &str, name: &str) -> Option<&'a Value> {
    let is = |o: &&Value| o["kind"] == kind && o["metadata"]["name"] == name;
    let mut found = objects.iter().filter(is);
    let first = found.next();
    assert!(found.next().is_none(), "{kind} {name} is there twice");
    first
}

/// Every kind and name, for messages and comparisons.
pub(super) fn names(objects: &[Value]) -> Vec<String> {
    let name = |o: &Value| {
        let mut text = o["kind"].as_str().unwrap().to_owned();
        if let Some(namespace) = o["metadata"]["namespace"].as_str() {
            write!(text, " {namespace}").unwrap();
        }
        text + "/" + o["metadata"]["name"].as_str().unwrap()
    };
    objects.iter().map(name).collect()
}

fn read(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_saphyr::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

#[test]
fn helm_finds_nothing_to_complain_of() {
    for values in SETS {
        let mut helm = tool("helm");
        helm.args(["lint", "--strict", CHART]);
        for value in values {
            helm.args(["--set-json", value]);
        }
        let said = run(&mut helm, "").unwrap();
        assert!(said.contains("0 chart(s) failed"), "{values:?}: {said}");
    }
}

#[test]
fn the_chart_has_the_version_of_the_program() {
    let chart = read("charts/fabric-operator/Chart.yaml");
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}
