//! Installing, upgrading and uninstalling: the definitions, and the resources that users created,
//! survive the release.

use std::{fs, path::Path, process::Command};

use serde_json::{Value, json};

use fabric_api::VERSION_ANNOTATION;
use fabric_testkit::{controlplane::ControlPlane, manifests};

use super::{CHART, NAME, get, hand, helm, install};

const CONNECTIONS: &str = "crd/fabricconnections.fabric.equinix.com";

/// A chart as it may have been before this one: its definition of connections lacks a column.
fn previous(folder: &Path) {
    fn copy(from: &Path, to: &Path) {
        fs::create_dir_all(to).unwrap();
        for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
            let (from, to) = (entry.path(), to.join(entry.file_name()));
            if from.is_dir() {
                copy(&from, &to);
            } else {
                fs::copy(&from, &to).unwrap();
            }
        }
    }
    let replace = |file: &str, old: &str, new: &str| {
        let file = folder.join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(old), "{} has no {old:?}", file.display());
        fs::write(&file, text.replace(old, new)).unwrap();
    };
    copy(&Path::new(env!("CARGO_MANIFEST_DIR")).join(CHART), folder);
    replace("Chart.yaml", env!("CARGO_PKG_VERSION"), "0.0.9");
    let column =
        "    - jsonPath: .status.waitingFor\n      name: Waiting For\n      type: string\n";
    replace("files/crds/fabricconnections.yaml", column, "");
    for kind in ["connectionapprovals", "fabricaccounts", "fabricconnections", "serviceprofiles"] {
        let line = |version: &str| format!("{VERSION_ANNOTATION}: \"{version}\"");
        let file = format!("files/crds/{kind}.yaml");
        replace(&file, &line(env!("CARGO_PKG_VERSION")), &line("0.0.9"));
    }
}

fn columns(plane: &ControlPlane) -> String {
    get(plane, &[CONNECTIONS])["spec"]["versions"][0]["additionalPrinterColumns"].to_string()
}

/// What people made: an account, and a connection that an operator has taken care of.
fn people_use_it(plane: &ControlPlane) {
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=5m", "crd", "--all"]);
    let account = manifests::account("default", "FabricV4", "https://api.equinix.com");
    let mut connection = manifests::connection("line", manifests::aws_dot1q("default"));
    connection["metadata"]["finalizers"] = json!(["fabric.equinix.com/connection"]);
    plane.kubectl(&["create", "namespace", "network"]);
    let made = |object| (0..60).any(|_| hand(plane, &["create"], object).is_ok());
    assert!(made(&account) && made(&connection), "the API server does not take the objects");
}

/// The objects as they are, but for what the server writes about their fields.
fn objects(plane: &ControlPlane) -> [Value; 2] {
    [
        get(plane, &["fabricaccount", "default"]),
        get(plane, &["fabricconnection", "line", "--namespace=network"]),
    ]
}

/// What the program of the chart's guard says, as the administrator: whether it succeeds, and its output.
fn guard(plane: &ControlPlane) -> (bool, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_fabric-operator"))
        .arg("guard")
        .env("KUBECONFIG", plane.admin())
        .output()
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(said).unwrap())
}

#[test]
fn upgrading_and_uninstalling_keep_what_people_made() {
    let plane = ControlPlane::start();
    let (old, new) = (tempfile::tempdir().unwrap(), Path::new(CHART));
    previous(old.path());
    install(&plane, "install", old.path(), &[]).unwrap();
    people_use_it(&plane);
    let before = objects(&plane);
    assert!(!columns(&plane).contains("Waiting For"));

    install(&plane, "upgrade", new, &[]).unwrap();
    assert!(columns(&plane).contains("Waiting For"), "the definition was not upgraded");
    assert_eq!(objects(&plane), before);
    // The same again changes nothing.
    let revision = |plane| get(plane, &[CONNECTIONS])["metadata"]["resourceVersion"].clone();
    let unchanged = revision(&plane);
    install(&plane, "upgrade", new, &[]).unwrap();
    assert_eq!(revision(&plane), unchanged);

    let (left, said) = guard(&plane);
    assert!(
        !left && said.contains("has 1 FabricConnection;") && said.contains("--no-hooks"),
        "{said}"
    );
    let said = helm(&plane, &["uninstall", NAME]).unwrap();
    assert!(said.contains("kept") && said.contains("fabricconnections"), "{said}");
    assert_eq!(objects(&plane), before);
    let selector = format!("--selector=app.kubernetes.io/instance={NAME}");
    let kinds = "deployments,services,serviceaccounts,networkpolicies,poddisruptionbudgets,roles,\
                 rolebindings,clusterroles,clusterrolebindings";
    let left = get(&plane, &[kinds, "--all-namespaces", &selector]);
    assert_eq!(left["items"], json!([]), "the rest is gone");

    install(&plane, "install", new, &[]).unwrap();
    assert_eq!(objects(&plane), before);
}

/// Upgrade, back, upgrade: what the newer one wrote into status is there all the time.
#[test]
fn an_older_chart_does_not_lower_the_definitions() {
    let plane = ControlPlane::start();
    let (old, new) = (tempfile::tempdir().unwrap(), Path::new(CHART));
    previous(old.path());
    install(&plane, "install", old.path(), &["replicas=0"]).unwrap();
    install(&plane, "upgrade", new, &["replicas=0"]).unwrap();
    people_use_it(&plane);
    let order = json!({"status": {"primary": {"uuid": "5f00c000-0000-4000-8000-000000000001"}}});
    let patch = ["patch", "fabricconnection", "line", "--namespace=network", "--type=merge"];
    let order = format!("--patch={order}");
    plane.kubectl(&[&patch[..], &["--subresource=status", &order]].concat());
    let before = objects(&plane);

    let said = install(&plane, "upgrade", old.path(), &["replicas=0"]).unwrap_err();
    for word in ["fabric.equinix.com in the cluster", env!("CARGO_PKG_VERSION"), "crds.install"] {
        assert!(said.contains(word), "{word:?} is not in {said}");
    }
    assert!(columns(&plane).contains("Waiting For"), "the definition was lowered");
    let without = ["replicas=0", "crds.install=false"];
    install(&plane, "upgrade", old.path(), &without).unwrap();
    assert!(columns(&plane).contains("Waiting For"), "the definition was lowered");
    assert_eq!(objects(&plane), before);
    install(&plane, "upgrade", new, &["replicas=0"]).unwrap();
    assert_eq!(objects(&plane), before);
}

#[test]
fn an_account_comes_once_the_definitions_are_there_and_stays() {
    let plane = ControlPlane::start();
    // Before there are definitions there is nothing to guard.
    let (free, said) = guard(&plane);
    assert!(free, "{said}");
    let chart = Path::new(CHART);
    let with_account = [
        "account.create=true",
        r#"account.spec.grants=[{"namespaces":{"names":["network"]}}]"#,
        "replicas=0",
    ];
    let said = install(&plane, "install", chart, &with_account).unwrap_err();
    assert!(said.contains("account.create") && said.contains("helm upgrade"), "{said}");

    let notes = install(&plane, "install", chart, &["replicas=0"]).unwrap();
    assert!(notes.contains("kubectl create secret generic equinix --namespace fabric-operator"));
    assert!(notes.contains("kind: FabricAccount"), "{notes}");
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=5m", "crd", "--all"]);

    let wrong = [with_account[0], r#"account.spec.credential={"grant":"Password"}"#];
    let said = install(&plane, "upgrade", chart, &wrong).unwrap_err();
    assert!(said.contains("spec.credential"), "{said}");

    let notes = install(&plane, "upgrade", chart, &with_account).unwrap();
    assert!(notes.contains("kubectl get fabricaccount default"), "{notes}");
    let account = get(&plane, &["fabricaccount", "default"]);
    assert_eq!(account["spec"]["grants"][0]["namespaces"], json!({"names": ["network"]}));

    helm(&plane, &["uninstall", NAME]).unwrap();
    let kept = get(&plane, &["fabricaccount", "default"]);
    assert_eq!(kept["metadata"]["uid"], account["metadata"]["uid"]);
}

#[test]
fn wrong_values_install_nothing_and_are_named() {
    let plane = ControlPlane::start();
    for (value, name) in [
        (r#"replicas="two""#, "/replicas"),
        (r#"rbac.secretNamespaces="network""#, "/rbac/secretNamespaces"),
        (r#"imagee.tag="1""#, "'imagee' not allowed"),
    ] {
        let said = install(&plane, "install", Path::new(CHART), &[value]).unwrap_err();
        assert!(said.contains(name), "{name} is not in {said}");
        let releases = helm(&plane, &["list", "--output=json"]).unwrap();
        assert_eq!(releases.trim(), "[]", "{value}");
    }
    // What is Kubernetes' own business is refused by the API server, which names the field.
    let value = r#"affinity={"nodes":{}}"#;
    let said = install(&plane, "install", Path::new(CHART), &[value]).unwrap_err();
    assert!(said.contains("spec.template.spec.affinity.nodes"), "{said}");
}
