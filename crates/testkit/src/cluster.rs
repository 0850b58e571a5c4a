//! A test cluster: the in-memory API server, the simulator, and the real operator between them, all
//! in one process and on one paused clock.
//!
//! It offers what a user does and sees. It must not know what a particular test is about.

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use serde_json::{Value, json};
use tokio::time::Instant;

use fabric_api::Reason;
use fabric_client::Http;
use fabric_operator::{
    controllers::{Instruments, Settings},
    lease::Tenure,
};
use fabric_simulator::{Config, UserCredentials, World};

use crate::{
    apiserver::Apiserver,
    manifests,
    operator::{InProcess, ORIGIN, Operator, virtual_clock},
};

/// One cluster, one provider, and an operator that can be stopped and started again.
pub struct TestCluster {
    /// The API server.
    pub apiserver: Apiserver,
    /// The simulated Equinix.
    pub world: World,
    /// The metrics and traces of the operator that was started last.
    pub instruments: Instruments,
    /// The settings of the operators that are started from now on.
    pub settings: Settings,
    running: Vec<Operator>,
}

impl TestCluster {
    /// A cluster with a v4 account `default`, a v3 account `ecx` and their Secret, and a running
    /// operator.
    pub fn start() -> Self {
        let mut cluster = Self::without_operator(Config::default());
        cluster.start_operator();
        cluster
    }

    /// The same without the operator, on a simulator of this configuration.
    pub fn without_operator(config: Config) -> Self {
        let cluster = Self::bare(config);
        cluster.apiserver.put(manifests::secret());
        cluster.apiserver.put(manifests::account("default", "FabricV4", ORIGIN));
        cluster.apiserver.put(manifests::account("ecx", "EcxV3", ORIGIN));
        cluster
    }

    /// A cluster with nothing but the definitions and the namespace `network`.
    pub fn bare(config: Config) -> Self {
        let base = config.epoch.unwrap_or_else(Timestamp::now);
        let started = Instant::now();
        let now = Arc::new(move || base + started.elapsed());
        let apiserver = Apiserver::default();
        apiserver.set_clock(now.clone());
        for (name, labels) in [("kube-system", json!({})), ("network", json!({"team": "net"}))] {
            apiserver.put(json!({
                "apiVersion": "v1", "kind": "Namespace",
                "metadata": {"name": name, "labels": labels},
            }));
        }
        for definition in fabric_api::definitions() {
            apiserver.put(json!({
                "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                "metadata": {
                    "name": definition.metadata.name,
                    "finalizers": ["customresourcecleanup.apiextensions.k8s.io"],
                },
            }));
        }
        let settings = Settings {
            namespace: "fabric-operator".into(),
            watched: None,
            allowed_endpoints: vec![ORIGIN.parse().unwrap()],
            secret_reader_role: "fabric-operator-secret-reader".into(),
            concurrency: 8,
            protected_namespaces: vec![],
            namespace_metrics: false,
            now,
            tenure: Tenure::unlimited(virtual_clock()),
        };
        let (world, instruments) = (World::new(config), Instruments::default());
        Self { apiserver, world, instruments, settings, running: vec![] }
    }

    /// Starts an operator, in addition to any that is running.
    pub fn start_operator(&mut self) {
        self.start_operator_over(Arc::new(InProcess(self.world.router())));
    }

    /// Starts an operator that reaches the provider over `provider`, in addition to any that is
    /// running.
    pub fn start_operator_over(&mut self, provider: Arc<dyn Http>) {
        let cluster = self.apiserver.client_as("operator");
        self.instruments = Instruments::default();
        let (settings, instruments) = (self.settings.clone(), self.instruments.clone());
        self.running.push(Operator::start(settings, cluster, provider, instruments));
    }

    /// Admits the seller of the samples, with a v4 account `seller` and a v3 account
    /// `seller-ecx`.
    pub fn let_in_the_seller(&self) {
        let credentials = UserCredentials {
            client_id: "SELLER12345".into(),
            client_secret: "KLMNO12345".into(),
            user_name: "seller@example.com".into(),
            user_password: "s".into(),
        };
        self.world.admit_seller(credentials, "John-Doe-Corp");
        self.apiserver.put(manifests::seller_secret());
        self.apiserver.put(manifests::seller_account("seller", "FabricV4", ORIGIN));
        self.apiserver.put(manifests::seller_account("seller-ecx", "EcxV3", ORIGIN));
    }

    /// Aborts the operators at their next await, as SIGKILL would.
    pub async fn kill_operator(&mut self) {
        for operator in self.running.drain(..) {
            operator.kill().await;
        }
    }

    /// Asks the operators to stop and waits until they have.
    pub async fn stop_operator(&mut self) {
        for operator in self.running.drain(..) {
            operator.stop().await;
        }
    }

    /// The user creates a connection in namespace `network`.
    pub fn apply(&self, name: &str, spec: Value) {
        self.apiserver.put(manifests::connection(name, spec));
    }

    /// The user deletes it.
    pub async fn delete(&self, name: &str) {
        let api = self.connections();
        api.delete(name, &kube::api::DeleteParams::default()).await.unwrap();
    }

    /// The connections of namespace `network`, as the user accesses them.
    pub fn connections(&self) -> kube::Api<fabric_api::FabricConnection> {
        kube::Api::namespaced(self.apiserver.client_as("user"), "network")
    }

    /// A connection of namespace `network`, as stored.
    pub fn get(&self, name: &str) -> Option<Value> {
        self.apiserver.get("fabricconnections", "network", name)
    }

    /// A condition as (status, reason, message).
    pub fn condition(&self, name: &str, kind: &str) -> Option<(String, String, String)> {
        condition(&self.get(name)?, kind)
    }

    /// Waits on the virtual clock until `holds`; fails the test after `within`.
    pub async fn until(&self, what: &str, within: Duration, holds: impl Fn(&Self) -> bool) {
        let deadline = Instant::now() + within;
        while !holds(self) {
            assert!(
                Instant::now() < deadline,
                "not within {within:?}: {what}; connections: {:#?}; profiles: {:#?}; approvals: {:#?}",
                self.apiserver.all("fabricconnections"),
                self.apiserver.all("serviceprofiles"),
                self.apiserver.all("connectionapprovals")
            );
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        self.stalls_as_the_reason_says();
    }

    /// Asserts that exactly the objects with a stalling reason have the condition `Stalled`.
    fn stalls_as_the_reason_says(&self) {
        for kind in
            ["connectionapprovals", "fabricconnections", "fabricaccounts", "serviceprofiles"]
        {
            for object in self.apiserver.all(kind) {
                let stalls =
                    |(_, reason, _): &(_, String, _)| Reason::read(reason).unwrap().stalls();
                let (ready, stalled) = (condition(&object, "Ready"), condition(&object, "Stalled"));
                // A connection in service stays ready while a refused change stalls it.
                assert!(stalled.as_ref().is_none_or(stalls), "{stalled:?}: {object:#}");
                assert!(stalled.is_some() || !ready.as_ref().is_some_and(stalls), "{object:#}");
            }
        }
    }

    /// Waits up to an hour until the condition `Ready` has this reason.
    pub async fn until_reason(&self, name: &str, reason: &str) {
        self.until(&format!("{name} is {reason}"), Duration::from_secs(3600), |cluster| {
            cluster.condition(name, "Ready").is_some_and(|c| c.1 == reason)
        })
        .await;
    }

    /// Waits up to a day until the connection is ready, accepting at the Z side.
    pub async fn until_ready(&self, name: &str) {
        self.until(&format!("{name} is Ready"), Duration::from_secs(24 * 3600), |cluster| {
            cluster.world.accept_all();
            cluster.condition(name, "Ready").is_some_and(|c| c.0 == "True")
        })
        .await;
    }

    /// Waits up to a day until the connection is deleted.
    pub async fn until_gone(&self, name: &str) {
        self.until(&format!("{name} is gone"), Duration::from_secs(24 * 3600), |cluster| {
            cluster.get(name).is_none()
        })
        .await;
    }

    /// The bodies of the orders that reached the provider, oldest first.
    pub fn order_bodies(&self) -> Vec<Value> {
        let creates = ["/ecx/v3/l2/connections", "/fabric/v4/connections"];
        self.world
            .requests()
            .into_iter()
            .filter(|r| r.method == "POST" && creates.contains(&r.path.as_str()))
            .map(|r| r.body)
            .collect()
    }

    /// The number of requests of any kind that reached the provider.
    pub fn calls(&self) -> usize {
        self.world.requests().len()
    }
}

/// A condition of an object as (status, reason, message).
pub fn condition(object: &Value, kind: &str) -> Option<(String, String, String)> {
    let conditions = object["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|c| c["type"] == kind)?;
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    Some((text("status"), text("reason"), text("message")))
}
