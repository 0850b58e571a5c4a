//! How Argo CD and Flux judge the health of the resources, by their own interpreters: for objects
//! that the operator has written, and for edge cases.

use std::{collections::BTreeSet, fs, path::Path, time::Duration};

use serde_json::{Value, json};

use fabric_testkit::{
    cluster::TestCluster,
    manifests,
    tools::{run, tool},
};

const SCRIPT: &str = "deploy/gitops/argocd/health.lua";
const KUSTOMIZATION: &str = "deploy/gitops/flux/connections.yaml";
const DEFINITIONS: &str = "deploy/gitops/flux/definitions.yaml";
const OPERATOR: &str = "deploy/gitops/flux/operator.yaml";

fn read(path: &str) -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    serde_saphyr::from_str(&fs::read_to_string(file).unwrap()).unwrap()
}

fn judged(by: &[&str], objects: &[Value]) -> Vec<String> {
    let words = run(tool("health").args(by), &json!(objects).to_string()).unwrap();
    serde_json::from_str(&words).unwrap()
}

/// What both say of an object: Argo CD with its message, Flux with a word.
fn verdicts(object: &Value) -> (String, String) {
    let objects = [object.clone()];
    let argocd = judged(&["argocd", SCRIPT], &objects).remove(0);
    (argocd, judged(&["flux", KUSTOMIZATION], &objects).remove(0))
}

/// As the API server would hand it out.
fn object(cluster: &TestCluster, name: &str) -> Value {
    let mut object = cluster.get(name).unwrap();
    object["apiVersion"] = json!("fabric.equinix.com/v1alpha1");
    object["kind"] = json!("FabricConnection");
    object
}

fn message(object: &Value, kind: &str) -> String {
    let conditions = object["status"]["conditions"].as_array().unwrap();
    let found = conditions.iter().find(|c| c["type"] == kind).unwrap();
    found["message"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_life_is_judged_right_at_every_stage() {
    let mut cluster = TestCluster::start();
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_reason("line", "AwaitingApproval").await;
    let waits = object(&cluster, "line");
    let (argocd, flux) = verdicts(&waits);
    let expected = format!("Progressing: waiting for You: {}", message(&waits, "Reconciling"));
    assert_eq!((argocd, flux.as_str()), (expected, "InProgress"));

    cluster.until_ready("line").await;
    let ready = object(&cluster, "line");
    let (argocd, flux) = verdicts(&ready);
    assert_eq!(
        (argocd, flux.as_str()),
        (format!("Healthy: {}", message(&ready, "Ready")), "Current")
    );

    let mut wrong = manifests::aws_dot1q("default");
    wrong["aSide"]["port"] = json!({"name": "noSuchPort"});
    cluster.apply("wrong", wrong);
    cluster.until_reason("wrong", "PortNotFound").await;
    let stalled = object(&cluster, "wrong");
    let (argocd, flux) = verdicts(&stalled);
    let expected = format!("Degraded: {}", message(&stalled, "Stalled"));
    assert_eq!((argocd, flux.as_str()), (expected, "Failed"));

    let mut paused = manifests::aws_dot1q("default");
    paused["paused"] = json!(true);
    cluster.apply("paused", paused);
    let is_paused = |cluster: &TestCluster| {
        cluster.condition("paused", "Paused").is_some_and(|c| c.0 == "True")
    };
    cluster.until("paused", Duration::from_secs(60), is_paused).await;
    let paused = object(&cluster, "paused");
    let (argocd, flux) = verdicts(&paused);
    assert_eq!(
        (argocd, flux.as_str()),
        (format!("Suspended: {}", message(&paused, "Paused")), "Current")
    );

    // Without a running operator, a changed spec is not judged by the old status.
    cluster.kill_operator().await;
    let mut changed = ready;
    changed["metadata"]["generation"] = json!(9);
    let (argocd, flux) = verdicts(&changed);
    assert_eq!(argocd, "Progressing: the operator has not looked at it yet");
    assert_eq!(flux, "InProgress");
}

#[test]
fn what_the_operator_has_not_looked_at_is_not_done() {
    let new = json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricConnection",
        "metadata": {"name": "new", "namespace": "network", "generation": 1},
        "spec": {},
    });
    let mut empty = new.clone();
    empty["status"] = json!({"observedGeneration": 1, "conditions": []});
    let mut unready = new.clone();
    let condition =
        |kind, status| json!({"type": kind, "status": status, "reason": "R", "message": "m"});
    unready["status"] =
        json!({"observedGeneration": 1, "conditions": [condition("Ready", "Unknown")]});
    for object in [&new, &empty, &unready] {
        let (argocd, flux) = verdicts(object);
        assert!(argocd.starts_with("Progressing: "), "{argocd} for {object}");
        assert!(["InProgress", "Unknown"].contains(&flux.as_str()), "{flux} for {object}");
    }
    // Flux would take it for done without the expressions.
    assert_eq!(judged(&["kstatus"], std::slice::from_ref(&new)), ["Current"]);

    // Ready and on its way at once, as while the bandwidth is raised.
    let mut changes = new.clone();
    changes["status"] = json!({
        "observedGeneration": 1, "waitingFor": "Seller",
        "conditions": [condition("Ready", "True"), condition("Reconciling", "True")],
    });
    assert_eq!(
        verdicts(&changes),
        ("Progressing: waiting for Seller: m".to_owned(), "InProgress".to_owned())
    );
    let mut leaves = changes;
    leaves["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    leaves["metadata"]["finalizers"] = json!(["fabric.equinix.com/connection"]);
    assert_eq!(verdicts(&leaves).0, "Progressing: is being deleted");
}

/// The words in backquotes of a cell.
fn words(cell: &str) -> Vec<&str> {
    cell.split('`').skip(1).step_by(2).collect()
}

/// The documented table is what both tools say, row by row.
#[test]
fn the_documented_table_is_what_both_say() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/operations.md");
    let page = fs::read_to_string(page).unwrap();
    let section = page.split("## What the conditions mean").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows: Vec<Vec<&str>> = section
        .lines()
        .filter(|line| line.starts_with("| ") && line.contains("`Ready="))
        .map(|line| line.trim_matches('|').split('|').collect())
        .collect();
    assert_eq!(rows.len(), 8, "{section}");
    for row in rows {
        let [situation, conditions, waiting_for, argocd, flux] = row.as_slice() else {
            panic!("{row:?}");
        };
        let conditions: Vec<Value> = words(conditions)
            .iter()
            .map(|word| word.split_once('=').unwrap())
            .map(|(kind, status)| {
                json!({"type": kind, "status": status, "reason": "R", "message": "m"})
            })
            .collect();
        for who in words(waiting_for) {
            let object = json!({
                "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricConnection",
                "metadata": {"name": "it", "namespace": "network", "generation": 1},
                "spec": {},
                "status": {
                    "observedGeneration": 1, "waitingFor": who, "conditions": conditions,
                },
            });
            let (by_argocd, by_flux) = verdicts(&object);
            assert_eq!(by_argocd.split(':').next(), words(argocd).first().copied(), "{situation}");
            assert_eq!(Some(by_flux.as_str()), words(flux).first().copied(), "{situation}");
            let waits = by_argocd.starts_with(&format!("Progressing: waiting for {who}: "));
            assert_eq!(waits, by_argocd.starts_with("Progressing"), "{situation}: {by_argocd}");
        }
    }
}

#[test]
fn every_kind_is_judged_by_both() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crds");
    let files =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap());
    let kinds: BTreeSet<String> = files
        .filter(|file| file != "kustomization.yaml")
        .map(|file| read(&format!("crds/{file}"))["spec"]["names"]["kind"].as_str().unwrap().into())
        .collect();
    let flux: BTreeSet<String> = read(KUSTOMIZATION)["spec"]["healthCheckExprs"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["kind"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(flux, kinds);
    let component = read("deploy/gitops/argocd/kustomization.yaml");
    let argocd: BTreeSet<String> = component["configMapGenerator"][0]["files"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| {
            let file = file.as_str().unwrap().strip_suffix("=health.lua").unwrap();
            let kind = file.strip_prefix("resource.customizations.health.fabric.equinix.com_");
            kind.unwrap().to_owned()
        })
        .collect();
    assert_eq!(argocd, kinds);
}

#[test]
fn the_samples_never_let_a_connection_be_cancelled_by_a_lost_file() {
    let application = read("deploy/gitops/argocd/connections.yaml");
    assert_eq!(application["spec"]["syncPolicy"]["automated"]["prune"], false);
    assert!(application["metadata"].get("finalizers").is_none(), "it would cascade");
    for file in [KUSTOMIZATION, DEFINITIONS, OPERATOR] {
        assert_eq!(read(file)["spec"]["prune"], false, "{file}");
    }
}

#[test]
fn the_samples_install_what_is_here() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let application = read("deploy/gitops/argocd/operator.yaml");
    let source = &application["spec"]["source"];
    let chart = source["path"].as_str().unwrap();
    assert_eq!(source["targetRevision"], format!("v{}", env!("CARGO_PKG_VERSION")));
    let values = source["helm"]["valuesObject"].to_string();
    let mut helm = tool("helm");
    let rendered = run(helm.args(["template", "it", chart, "--values", "-"]), &values).unwrap();
    assert!(rendered.contains("image: registry.example.com/fabric-operator:"), "{rendered}");

    // Flux's own types read them, and strictly.
    for file in [KUSTOMIZATION, DEFINITIONS, OPERATOR] {
        assert_eq!(judged(&["flux", file], &[]), Vec::<String>::new());
    }
    for file in [DEFINITIONS, OPERATOR] {
        let kustomization = read(file);
        let path = kustomization["spec"]["path"].as_str().unwrap();
        assert!(root.join(path).join("kustomization.yaml").exists(), "{path}");
    }
    let awaited = &read(OPERATOR)["spec"]["dependsOn"][0]["name"];
    assert_eq!(*awaited, read(DEFINITIONS)["metadata"]["name"]);
}
