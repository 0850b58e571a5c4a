//! A cluster with the operator installed, and the operator running against it as a process.
//!
//! All tests share one installation, except those that kill the operator: other tests' orders would
//! survive that, but would take a quarter of an hour to do so. It must not know any test.

use std::{
    net::TcpListener,
    path::{Path, PathBuf},
    sync::{LazyLock, Mutex},
    time::{Duration, Instant},
};

use k8s_openapi::api::{
    coordination::v1::Lease,
    core::v1::{Namespace, Secret},
    rbac::v1::{Role, RoleBinding},
};
use kube::{
    Api, Client, Config,
    api::{ApiResource, DynamicObject, Patch, PatchParams, PostParams},
    config::{KubeConfigOptions, Kubeconfig},
};
use serde_json::Value;

use fabric_api::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};
use fabric_testkit::{
    controlplane::ControlPlane,
    manifests,
    process::{Invocation, Supervised},
};

use crate::waiting::LIMIT;

/// The number of simulators that an installation has addresses for: one for each test that orders,
/// and some to spare.
const ENDPOINTS: usize = 48;

static SHARED: LazyLock<Installation> = LazyLock::new(Installation::start);

/// A cluster with an operator.
pub struct Installation {
    /// Dropped first: the control plane takes the operator's folder with it.
    operator: Mutex<Option<Supervised>>,
    endpoints: Mutex<Vec<TcpListener>>,
    /// The operator's arguments.
    arguments: Vec<String>,
    pub plane: ControlPlane,
}

impl Installation {
    /// The installation of all tests that leave the operator alive.
    pub fn shared() -> &'static Self {
        &SHARED
    }

    /// An installation for one test.
    pub fn start() -> Self {
        Self::with_election(true)
    }

    /// The same, with an operator that acts at once, without waiting for a predecessor's Lease.
    pub fn without_election() -> Self {
        Self::with_election(false)
    }

    fn with_election(election: bool) -> Self {
        Self::installed(|plane, origins| {
            for folder in ["crds", "deploy/local"] {
                let (_, said) = plane.kubectl(&["apply", "-k", folder]);
                assert!(
                    !said.to_lowercase().contains("warning"),
                    "kubectl apply -k {folder} must print no warning: {said}"
                );
            }
            let (origins, election) = (origins.join(","), election.to_string());
            let arguments = [
                "run",
                "--log-format=text",
                "--http-port=0",
                "--allowed-endpoint",
                &origins,
                "--leader-election",
                &election,
            ];
            arguments.map(str::to_owned).into()
        })
    }

    /// An installation that `install` makes, with an operator whose accounts may use these origins.
    /// `install` returns the operator's arguments.
    pub fn installed(install: impl FnOnce(&ControlPlane, &[String]) -> Vec<String>) -> Self {
        let plane = ControlPlane::start();
        let endpoints: Vec<TcpListener> =
            (0..ENDPOINTS).map(|_| TcpListener::bind("127.0.0.1:0").unwrap()).collect();
        let origins: Vec<String> = endpoints.iter().map(origin).collect();
        let arguments = install(&plane, &origins);
        prepare(&plane);
        let endpoints = Mutex::new(endpoints);
        let installation = Self { operator: Mutex::default(), endpoints, arguments, plane };
        installation.start_operator();
        installation
    }

    /// Starts the operator with the service account of the manifests. When it exits, it is started
    /// again, as by the kubelet: an operator that loses its Lease exits, which it may on a machine
    /// that is slow, or without an API server.
    pub fn start_operator(&self) {
        *self.operator.lock().unwrap() = Some(self.start_another());
    }

    /// Starts another operator, in addition to the one that is running.
    pub fn start_another(&self) -> Supervised {
        Supervised::start(Invocation {
            program: env!("CARGO_BIN_EXE_fabric-operator").into(),
            arguments: self.arguments.clone(),
            environment: vec![
                ("KUBECONFIG", service_account(&self.plane)),
                ("POD_NAMESPACE", "fabric-operator".into()),
                ("NO_COLOR", "1".into()),
                ("NO_PROXY", "127.0.0.1".into()),
            ],
            log: self.log_file(),
        })
    }

    /// Kills the operator with SIGKILL and does not start it again.
    pub fn kill_operator(&self) {
        let operator = self.operator.lock().unwrap().take();
        operator.expect("the operator runs").kill();
    }

    fn log_file(&self) -> PathBuf {
        self.plane.folder().join("operator.log")
    }

    /// The log of all processes of the operator.
    pub fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    /// The end of it, for the message of a failed test.
    pub fn log_end(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines[lines.len().saturating_sub(40)..].join("\n")
    }

    /// An address that the operator's accounts may name, and its origin.
    pub fn endpoint(&self) -> (tokio::net::TcpListener, String) {
        let free = self.endpoints.lock().unwrap().pop();
        let listener = free.expect("more simulators than ENDPOINTS are asked for");
        let origin = origin(&listener);
        listener.set_nonblocking(true).unwrap();
        (tokio::net::TcpListener::from_std(listener).unwrap(), origin)
    }

    /// The administrator's access.
    pub async fn admin(&self) -> Cluster {
        Cluster { client: client(&self.plane.admin()).await }
    }

    /// A user's access, as the administrator impersonates the user.
    pub async fn user(&self, name: &str) -> Cluster {
        let mut config = config(&self.plane.admin()).await;
        config.auth_info.impersonate = Some(name.to_owned());
        Cluster { client: Client::try_from(config).unwrap() }
    }

    /// The operator's access.
    pub async fn operator(&self) -> Cluster {
        Cluster { client: client(&service_account(&self.plane)).await }
    }
}

fn origin(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

/// Waits until the cluster serves the definitions, and adds the Secret of the accounts.
#[allow(clippy::disallowed_methods, reason = "a real API server runs on the wall clock")]
fn prepare(plane: &ControlPlane) {
    plane.kubectl(&[
        "wait",
        "--for=condition=Established",
        "--timeout=5m",
        "crd/connectionapprovals.fabric.equinix.com",
        "crd/fabricaccounts.fabric.equinix.com",
        "crd/fabricconnections.fabric.equinix.com",
        "crd/serviceprofiles.fabric.equinix.com",
    ]);
    // Discovery, from which kubectl learns short names, lags behind the definitions.
    let list = ["api-resources", "--api-group=fabric.equinix.com", "-o", "name"];
    let deadline = Instant::now() + LIMIT;
    while plane.kubectl(&list).0.lines().count() != 4 {
        assert!(Instant::now() < deadline, "not all resources of fabric.equinix.com are listed");
        std::thread::sleep(Duration::from_millis(250));
    }
    let file = plane.folder().join("secret.json");
    std::fs::write(&file, manifests::secret().to_string()).unwrap();
    plane.kubectl(&["apply", "-f", file.to_str().unwrap()]);
}

/// Writes a kubeconfig with a fresh token of the operator's service account.
fn service_account(plane: &ControlPlane) -> PathBuf {
    let file = plane.folder().join("operator.kubeconfig");
    if file.exists() {
        return file;
    }
    let (token, _) =
        plane.kubectl(&["create", "token", "fabric-operator", "-n", "fabric-operator"]);
    // Written aside, so that no test reads the administrator's token from it.
    let draft = plane.folder().join("operator.kubeconfig.new");
    std::fs::copy(plane.admin(), &draft).unwrap();
    let path = draft.to_str().unwrap();
    plane.kubectl(&["config", "--kubeconfig", path, "set", "users.admin.token", token.trim()]);
    std::fs::rename(&draft, &file).unwrap();
    file
}

async fn client(kubeconfig: &Path) -> Client {
    Client::try_from(config(kubeconfig).await).unwrap()
}

async fn config(kubeconfig: &Path) -> Config {
    fabric_operator::install_crypto_provider();
    let file = Kubeconfig::read_from(kubeconfig).unwrap();
    Config::from_custom_kubeconfig(file, &KubeConfigOptions::default()).await.unwrap()
}

/// A user's access to the cluster. Objects are JSON, because many of them are wrong on purpose.
#[derive(Clone)]
pub struct Cluster {
    pub client: Client,
}

impl Cluster {
    /// Applies an object on the server; the error is the message that its author gets.
    pub async fn apply(&self, object: &Value) -> Result<Value, String> {
        self.patch(object, PatchParams::apply("e2e").force()).await
    }

    /// The same as a dry run.
    pub async fn try_out(&self, object: &Value) -> Result<Value, String> {
        self.patch(object, PatchParams::apply("e2e").force().dry_run()).await
    }

    /// Creates an object; the error is the message that its author gets.
    pub async fn create(&self, object: &Value) -> Result<(), String> {
        let api =
            self.api(object["kind"].as_str().unwrap(), object["metadata"]["namespace"].as_str());
        let new = serde_json::from_value(object.clone()).unwrap();
        match api.create(&PostParams::default(), &new).await {
            Ok(_) => Ok(()),
            Err(kube::Error::Api(status)) => Err(status.message.clone()),
            Err(error) => panic!("cannot create {object}: {error}"),
        }
    }

    async fn patch(&self, object: &Value, params: PatchParams) -> Result<Value, String> {
        let api =
            self.api(object["kind"].as_str().unwrap(), object["metadata"]["namespace"].as_str());
        let name = object["metadata"]["name"].as_str().unwrap();
        match api.patch(name, &params.validation_strict(), &Patch::Apply(object)).await {
            Ok(stored) => Ok(serde_json::to_value(stored).unwrap()),
            Err(kube::Error::Api(status)) => Err(status.message.clone()),
            Err(error) => panic!("cannot apply {object}: {error}"),
        }
    }

    /// An object as stored.
    pub async fn get(&self, kind: &str, namespace: Option<&str>, name: &str) -> Option<Value> {
        let found = self.api(kind, namespace).get_opt(name).await.unwrap();
        found.map(|object| serde_json::to_value(object).unwrap())
    }

    /// An object as stored, if the user may read it; the error is the message that the user gets.
    pub async fn try_get(
        &self,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
    ) -> Result<DynamicObject, String> {
        match self.api(kind, namespace).get(name).await {
            Ok(object) => Ok(object),
            Err(kube::Error::Api(status)) => Err(status.message.clone()),
            Err(error) => panic!("cannot read {kind} {name}: {error}"),
        }
    }

    /// Deletes an object, without waiting for its finalizers.
    pub async fn delete(&self, kind: &str, namespace: Option<&str>, name: &str) {
        self.api(kind, namespace).delete(name, &kube::api::DeleteParams::default()).await.unwrap();
    }

    fn api(&self, kind: &str, namespace: Option<&str>) -> Api<DynamicObject> {
        let resource = match kind {
            "ConnectionApproval" => ApiResource::erase::<ConnectionApproval>(&()),
            "FabricAccount" => ApiResource::erase::<FabricAccount>(&()),
            "FabricConnection" => ApiResource::erase::<FabricConnection>(&()),
            "Lease" => ApiResource::erase::<Lease>(&()),
            "Namespace" => ApiResource::erase::<Namespace>(&()),
            "Role" => ApiResource::erase::<Role>(&()),
            "RoleBinding" => ApiResource::erase::<RoleBinding>(&()),
            "Secret" => ApiResource::erase::<Secret>(&()),
            "ServiceProfile" => ApiResource::erase::<ServiceProfile>(&()),
            other => panic!("tests apply no objects of kind {other}"),
        };
        match namespace {
            Some(namespace) => Api::namespaced_with(self.client.clone(), namespace, &resource),
            None => Api::all_with(self.client.clone(), &resource),
        }
    }
}
