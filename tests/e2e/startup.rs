//! Starting without a prerequisite: the process waits for it or exits, and names it in one
//! sentence.

use std::{
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::{Arc, Mutex},
};

use axum::{Router, body::Bytes, routing::post};
use serde_json::Value;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

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
    log: PathBuf,
}

impl Waiting {
    fn start(folder: &Path, name: &str, kubeconfig: &Path, arguments: &[&str]) -> Self {
        let no_proxy = [("HTTPS_PROXY", ""), ("NO_PROXY", "")];
        Self::start_in(&no_proxy, folder, name, kubeconfig, arguments)
    }

    /// The same with these environment variables.
    fn start_in(
        environment: &[(&'static str, &str)],
        folder: &Path,
        name: &str,
        kubeconfig: &Path,
        arguments: &[&str],
    ) -> Self {
        let log = folder.join(format!("{name}.log"));
        let arguments = [&["run", "--http-port=0"], arguments].concat();
        let process = Tethered::start(&Invocation {
            arguments: arguments.into_iter().map(str::to_owned).collect(),
            environment: environment
                .iter()
                .map(|&(name, value)| (name, value.into()))
                .chain([("KUBECONFIG", kubeconfig.to_owned())])
                .collect(),
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

    fn readyz_url(&self) -> String {
        let log = self.log();
        let address = log.iter().find_map(|line| line["address"].as_str()).unwrap();
        format!("http://{address}/readyz")
    }

    /// What `fabric-operator ready` says: whether it succeeds, and its output.
    fn asked(&self) -> (bool, String) {
        let output = Command::new(PROGRAM)
            .args(["ready", "--within=2s", "--url", &self.readyz_url()])
            // No proxy leads to an operator.
            .env("HTTP_PROXY", "http://127.0.0.1:1")
            .output()
            .unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.success(), String::from_utf8(said).unwrap())
    }

    async fn readyz(&self) -> (u16, String) {
        let answer = reqwest::get(self.readyz_url()).await.unwrap();
        (answer.status().as_u16(), answer.text().await.unwrap())
    }
}

/// A copy of the administrator's kubeconfig with these settings.
fn kubeconfig(plane: &ControlPlane, name: &str, settings: &[[&str; 2]]) -> PathBuf {
    let file = plane.folder().join(name);
    std::fs::copy(plane.admin(), &file).unwrap();
    for [key, value] in settings {
        let path = file.to_str().unwrap();
        plane.kubectl(&["config", "--kubeconfig", path, "set", key, value]);
    }
    file
}

/// What that kubeconfig calls its cluster.
fn cluster(plane: &ControlPlane) -> String {
    plane.kubectl(&["config", "view", "-o", "jsonpath={.contexts[0].context.cluster}"]).0
}

/// A proxy that leads each CONNECT to `port`: its address, and the targets that it was asked for.
async fn proxy(port: u16) -> (String, Arc<Mutex<Vec<String>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    let asked: Arc<Mutex<Vec<String>>> = Arc::default();
    let seen = asked.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let mut stream = BufReader::new(stream);
            let seen = seen.clone();
            tokio::spawn(async move {
                let mut head = String::new();
                while stream.read_line(&mut head).await.unwrap() > 2 {}
                seen.lock().unwrap().push(head.lines().next().unwrap_or_default().to_owned());
                let mut server = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
                stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
                let _ = copy_bidirectional(&mut stream, &mut server).await;
            });
        }
    });
    (address, asked)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_api_server_is_reached_through_the_proxy_unless_it_is_exempt() {
    let plane = ControlPlane::start();
    let folder = plane.folder();
    let cluster = cluster(&plane);
    let [server, name] =
        ["server", "tls-server-name"].map(|key| format!("clusters.{cluster}.{key}"));
    let (address, _) =
        plane.kubectl(&["config", "view", "-o", "jsonpath={.clusters[0].cluster.server}"]);
    let port: u16 = address.trim().rsplit(':').next().unwrap().parse().unwrap();
    let (proxy, asked) = proxy(port).await;

    // Its name does not resolve, so only the proxy leads there.
    let named = format!("https://api.cluster.test:{port}");
    let remote = kubeconfig(&plane, "remote", &[[&server, &named], [&name, "127.0.0.1"]]);
    let through = [("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", "api.other.test")];
    let waiting = Waiting::start_in(&through, folder, "through", &remote, &[]);
    waiting.says("Definitions", "does not serve").await;
    let connect = format!("CONNECT api.cluster.test:{port} HTTP/1.1");
    assert!(asked.lock().unwrap().iter().all(|line| *line == connect));
    drop(waiting);

    // NO_PROXY is about the API server, not about the proxy. A loopback address needs no entry.
    asked.lock().unwrap().clear();
    let exempt = [("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", "cluster.test")];
    let direct = Waiting::start_in(&exempt, folder, "exempt", &remote, &[]);
    let said = direct.says("ApiServer", "does not answer").await;
    assert!(said.contains("NO_PROXY"), "{said}");
    let loopback = [("HTTPS_PROXY", proxy.as_str()), ("NO_PROXY", "")];
    let local = Waiting::start_in(&loopback, folder, "local", &plane.admin(), &[]);
    local.says("Definitions", "does not serve").await;
    assert_eq!(*asked.lock().unwrap(), [""; 0]);

    // The proxy of the kubeconfig takes precedence, as in kubectl.
    let own = kubeconfig(
        &plane,
        "own",
        &[
            [&server, &named],
            [&name, "127.0.0.1"],
            [&format!("clusters.{cluster}.proxy-url"), &proxy],
        ],
    );
    let other = [("HTTPS_PROXY", "http://127.0.0.1:1"), ("NO_PROXY", "cluster.test")];
    let own = Waiting::start_in(&other, folder, "own", &own, &[]);
    own.says("Definitions", "does not serve").await;

    // A CA that the kubeconfig does not name.
    let stranger = kubeconfig(&plane, "stranger", &[]);
    let path = stranger.to_str().unwrap();
    for key in ["certificate-authority-data", "certificate-authority"] {
        let key = format!("clusters.{cluster}.{key}");
        plane.kubectl(&["config", "--kubeconfig", path, "unset", &key]);
    }
    let stranger = Waiting::start(folder, "stranger", &stranger, &[]);
    let said = stranger.says("ApiServer", "UnknownIssuer").await;
    assert!(said.contains("certificate-authority"), "{said}");
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
        (None, &["--ca-file=/nonexistent/ca.crt"], 1, "CA certificates from /nonexistent/ca.crt"),
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
fn a_proxy_that_cannot_be_used_ends_it_with_one_sentence() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("kubeconfig");
    let socks = "socks5://user:hush@127.0.0.1:1080";
    let ends = |proxy_url: &str, [https_proxy, no_proxy]: [&str; 2], words: &str| {
        let cluster = serde_json::json!({"server": "https://api.test", "proxy-url": proxy_url});
        let config = serde_json::json!({
            "current-context": "it",
            "contexts": [{"name": "it", "context": {"cluster": "it", "user": "it"}}],
            "clusters": [{"name": "it", "cluster": cluster}],
            "users": [{"name": "it", "user": {}}],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        let output = Command::new("timeout")
            .args(["60", PROGRAM, "run", "--http-port=0"])
            .env("KUBECONFIG", &file)
            .env("HTTPS_PROXY", https_proxy)
            .env("NO_PROXY", no_proxy)
            .output()
            .unwrap();
        let said = last_words(&output);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.starts_with(&format!("fabric-operator: cannot use {words}")), "{said}");
        assert!(!said.contains("hush"), "{said}");
    };
    ends("", [socks, ""], "HTTPS_PROXY: only proxies at http:// and https://");
    ends(socks, ["", ""], "proxy-url of KUBECONFIG: only proxies at http:// and https://");
    ends("", ["http://127.0.0.1:1", "a.test,,b.test"], "NO_PROXY: ");
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
    let copy = |name: &str, settings: &[[&str; 2]]| kubeconfig(&plane, name, settings);
    let server = format!("clusters.{}.server", cluster(&plane));

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
    let collector = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("--otlp-endpoint=http://{}", collector.local_addr().unwrap());
    let router = Router::new().route("/v1/traces", take);
    tokio::spawn(async move { axum::serve(collector, router).await });
    plane.kubectl(&["create", "namespace", "fabric-operator"]);
    let early = Waiting::start(folder, "early", &plane.admin(), &[&endpoint]);
    let said = early.says("Definitions", "does not serve").await;
    assert!(said.contains("install the definitions of crds/"), "{said}");
    let (status, gates) = early.readyz().await;
    assert!(status == 503 && gates.contains("install the definitions"), "{gates}");
    let (ready, said) = early.asked();
    assert!(
        !ready && said.contains("is not ready") && said.contains("install the definitions"),
        "{said}"
    );

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
    let (ready, said) = early.asked();
    assert!(ready && said.contains("everything is listed"), "{said}");
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
