//! Starting without a prerequisite: the process waits for it or exits, and names it in one
//! sentence.

use std::{
    path::Path,
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, routing::post};
use serde_json::Value;

use fabric_testkit::{
    controlplane::ControlPlane,
    process::{Invocation, Tethered},
};

use crate::waiting::until;

const PROGRAM: &str = env!("CARGO_BIN_EXE_fabric-operator");

/// Runs the operator to its end, which has to come by itself.
fn ended(kubeconfig: Option<&Path>, arguments: &[&str]) -> Output {
    let mut command = Command::new("timeout");
    command.args(["300", PROGRAM, "run", "--http-port=0"]).args(arguments).env_remove("KUBECONFIG");
    command.env("HOME", "/nonexistent").env_remove("KUBERNETES_SERVICE_HOST");
    if let Some(kubeconfig) = kubeconfig {
        command.env("KUBECONFIG", kubeconfig);
    }
    command.output().unwrap()
}

fn last_words(output: &Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!said.contains("panicked") && !said.contains("backtrace"), "{said}");
    said.lines().last().unwrap_or_default().to_owned()
}

/// A process that is to wait.
struct Waiting {
    _process: Tethered,
    log: std::path::PathBuf,
}

impl Waiting {
    fn start(folder: &Path, name: &str, kubeconfig: &Path, arguments: &[&str]) -> Self {
        let log = folder.join(format!("{name}.log"));
        let arguments = [&["run", "--http-port=0"], arguments].concat();
        let process = Tethered::start(&Invocation {
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            environment: vec![
                ("KUBECONFIG", kubeconfig.to_owned()),
                ("NO_PROXY", "127.0.0.1".into()),
            ],
            ..Invocation::of(Path::new(PROGRAM), &log)
        });
        Self { _process: process, log }
    }

    /// Its log, line by line; all of it is JSON.
    fn log(&self) -> Vec<Value> {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        // The last line may be on its way.
        let whole = text.rfind('\n').map_or("", |end| &text[..end]);
        let read = |line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"));
        whole.lines().map(read).collect()
    }

    /// Waits for a line about a gate that has these words, and answers with its message.
    async fn says(&self, gate: &str, words: &str) -> String {
        until(&format!("{gate} says {words:?}"), async || {
            let log = self.log();
            for line in log.iter().filter(|line| line["gate"] == gate) {
                assert!(line["timestamp"].is_string() && line["level"].is_string(), "{line}");
                if line["message"].as_str().is_some_and(|message| message.contains(words)) {
                    return Ok(line["message"].as_str().unwrap().to_owned());
                }
            }
            Err(format!("{log:#?}"))
        })
        .await
    }

    async fn readyz(&self) -> (u16, String) {
        let log = self.log();
        let address = log.iter().find_map(|line| line["address"].as_str()).unwrap();
        let answer = reqwest::get(format!("http://{address}/readyz")).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

#[test]
fn what_cannot_be_waited_for_ends_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let broken = folder.path().join("kubeconfig");
    std::fs::write(&broken, "clusters: 7\ntoken: hush\n").unwrap();
    for (kubeconfig, arguments, code, words) in [
        (None, &[] as &[_], 1, "set KUBECONFIG, or run in a Pod"),
        (Some(folder.path().join("none")), &[], 1, "cannot read KUBECONFIG"),
        (Some(broken), &[], 1, "KUBECONFIG"),
        (None, &["--http-address=192.0.2.1"], 1, "cannot listen on 192.0.2.1:0"),
        (None, &["--log=no=such=filter"], 1, "cannot read --log"),
        (None, &["--lease-duration=1s"], 2, "--help"),
        (None, &["--no-such-option"], 2, "--help"),
    ] {
        let output = ended(kubeconfig.as_deref(), arguments);
        let said = last_words(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(words), "{arguments:?}: {words:?} is not in {said}");
        assert!(code == 2 || said.starts_with("fabric-operator: "), "{arguments:?}: {said}");
        assert!(!String::from_utf8_lossy(&output.stderr).contains("hush"), "{arguments:?}");
    }
}

#[test]
fn settings_are_printed_and_no_secret_is_among_them() {
    let output = Command::new(PROGRAM)
        .args(["run", "--print-config", "--concurrency=3"])
        .env("FABRIC_OPERATOR_LEASE_DURATION", "30s")
        .env("OTEL_EXPORTER_OTLP_HEADERS", "authorization=hush")
        .output()
        .unwrap();
    assert!(output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    for line in
        ["--concurrency=3", "--lease-duration=30s", "--allowed-endpoint=https://api.equinix.com"]
    {
        assert!(printed.lines().any(|l| l == line), "no {line} in {printed}");
    }
    assert!(!printed.contains("hush"), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_waited_for_by_name() {
    fabric_operator::install_crypto_provider();
    let plane = ControlPlane::start();
    let folder = plane.folder();
    let copy = |name: &str, settings: &[[&str; 2]]| {
        let file = folder.join(name);
        std::fs::copy(plane.admin(), &file).unwrap();
        for [key, value] in settings {
            let path = file.to_str().unwrap();
            plane.kubectl(&["config", "--kubeconfig", path, "set", key, value]);
        }
        file
    };
    let cluster =
        plane.kubectl(&["config", "view", "-o", "jsonpath={.contexts[0].context.cluster}"]).0;
    let server = format!("clusters.{cluster}.server");

    // No server listens there.
    let elsewhere = copy("elsewhere", &[[&server, "https://127.0.0.1:1"]]);
    let unreachable = Waiting::start(folder, "unreachable", &elsewhere, &[]);
    let said = unreachable.says("ApiServer", "does not answer").await;
    assert!(said.contains("KUBECONFIG") && !said.contains('\n'), "{said}");
    assert_eq!(unreachable.readyz().await.0, 503);

    // A token that is no token.
    let stranger = copy("stranger", &[["users.admin.token", "nonsense"]]);
    let output = ended(Some(&stranger), &["--log-format=text"]);
    let said = last_words(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("does not accept the operator's token"), "{said}");

    // Definitions that come later, and spans that a collector gets.
    let spans: Arc<Mutex<Vec<Bytes>>> = Arc::default();
    let heard = spans.clone();
    let take = post(async move |body: Bytes| heard.lock().unwrap().push(body));
    let collector = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("--otlp-endpoint=http://{}", collector.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", take);
    tokio::spawn(async move { axum::serve(collector, router).await });
    plane.kubectl(&["create", "namespace", "fabric-operator"]);
    let early = Waiting::start(folder, "early", &plane.admin(), &[&endpoint]);
    let said = early.says("Definitions", "does not serve").await;
    assert!(said.contains("install the definitions of crds/"), "{said}");
    let (status, gates) = early.readyz().await;
    assert!(status == 503 && gates.contains("install the definitions"), "{gates}");

    // A service account without rights.
    plane.kubectl(&["create", "serviceaccount", "powerless", "--namespace", "fabric-operator"]);
    let (token, _) =
        plane.kubectl(&["create", "token", "powerless", "--namespace", "fabric-operator"]);
    let powerless = copy("powerless", &[["users.admin.token", token.trim()]]);
    plane.kubectl(&["apply", "-k", "crds"]);
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=5m", "crd", "--all"]);
    let powerless = Waiting::start(folder, "powerless", &powerless, &[]);
    let said = powerless.says("Definitions", "may not list").await;
    assert!(said.contains("rights"), "{said}");

    early.says("Watches", "everything is listed").await;
    assert_eq!(early.readyz().await.0, 200);
    plane.kubectl(&["apply", "-f", "examples/account-v4.yaml"]);
    let holds = |body: &Bytes| body.windows(13).any(|w| w == b"FabricAccount");
    until("a span of the account arrives", async || {
        let arrived = spans.lock().unwrap().iter().any(holds);
        if arrived { Ok(()) } else { Err(format!("{:#?}", early.log())) }
    })
    .await;

    // A definition that goes while the operator runs, and comes back.
    let approvals = "crd/connectionapprovals.fabric.equinix.com";
    plane.kubectl(&["delete", approvals]);
    let is = async |wanted: u16, words: &str| {
        until(&format!("/readyz answers {wanted} with {words}"), async || {
            let (status, gates) = early.readyz().await;
            if status == wanted && gates.contains(words) { Ok(()) } else { Err(gates) }
        })
        .await;
    };
    is(503, "does not serve connectionapprovals").await;
    plane.kubectl(&["apply", "-k", "crds"]);
    is(200, "the cluster serves all kinds").await;
}
