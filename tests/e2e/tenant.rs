//! A tenant: what one test has to itself on an installation, which is a namespace, an account and a
//! simulated Equinix.
//!
//! Simulated time runs sixty times as fast as real time, so that each state of a connection lasts a
//! second.

use axum::Router;
use serde_json::{Value, json};

use fabric_simulator::{Config, UserCredentials, World};
use fabric_testkit::manifests;

use crate::{
    installation::{Cluster, Installation},
    waiting::until,
};

/// A simulated Equinix that says it is at `origin`.
pub fn simulate(origin: &str) -> Config {
    let port = origin.rsplit(':').next().and_then(|port| port.parse::<u16>().ok());
    let number = port.unwrap_or_default() % 4096;
    Config { speed: 60.0, base_url: origin.to_owned(), number, ..Config::default() }
}

/// The credentials of the seller of the documents, as the Secret `seller` has them.
pub fn seller() -> UserCredentials {
    UserCredentials {
        client_id: "SELLER12345".into(),
        client_secret: "KLMNO12345".into(),
        user_name: "john.doe@example.com".into(),
        user_password: "jd1@#$".into(),
    }
}

/// A test's own part of an installation.
pub struct Tenant<'a> {
    installation: &'a Installation,
    pub cluster: Cluster,
    /// The name of the namespace and of the account.
    pub name: String,
    pub world: World,
    /// Where the account's API is.
    pub origin: String,
}

impl<'a> Tenant<'a> {
    pub async fn new(installation: &'a Installation, name: &str, dialect: &str) -> Self {
        Self::behind(installation, name, dialect, |router| router).await
    }

    /// The same, with something between the operator and the simulator.
    pub async fn behind(
        installation: &'a Installation,
        name: &str,
        dialect: &str,
        between: impl FnOnce(Router) -> Router,
    ) -> Self {
        let (listener, origin) = installation.endpoint();
        let world = World::new(simulate(&origin));
        let router = between(world.router());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let tenant = Self {
            installation,
            cluster: installation.admin().await,
            name: name.to_owned(),
            world,
            origin,
        };
        let namespace =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}});
        tenant.cluster.apply(&namespace).await.unwrap();
        let mut account = manifests::account(name, dialect, &tenant.origin);
        account["spec"]["grants"] = json!([{"namespaces": {"names": [name]}, "mayAdopt": true}]);
        if dialect == "EcxV3" {
            account["spec"]["credentials"]["grant"] = json!("Password");
        }
        tenant.cluster.apply(&account).await.unwrap();
        tenant
    }

    /// The administrator lets the operator read Secrets in the tenant's namespace.
    pub async fn let_secrets_be_read(&self) {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": "fabric-operator-secret-reader", "namespace": self.name},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": "fabric-operator-secret-reader",
            },
            "subjects": [{
                "kind": "ServiceAccount", "name": "fabric-operator", "namespace": "fabric-operator",
            }],
        });
        self.cluster.apply(&binding).await.unwrap();
    }

    /// A connection of this tenant, not applied yet.
    pub fn connection(&self, name: &str, spec: Value) -> Value {
        let mut object = manifests::connection(name, spec);
        object["metadata"]["namespace"] = json!(self.name);
        object
    }

    /// The user creates or changes a connection.
    pub async fn apply(&self, name: &str, spec: Value) {
        self.cluster.apply(&self.connection(name, spec)).await.unwrap();
    }

    pub async fn get(&self, name: &str) -> Option<Value> {
        self.cluster.get("FabricConnection", Some(&self.name), name).await
    }

    pub async fn delete(&self, name: &str) {
        self.cluster.delete("FabricConnection", Some(&self.name), name).await;
    }

    /// Waits until `holds`, and returns the connection then.
    pub async fn until(&self, name: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Value {
        self.wait("FabricConnection", Some(&self.name), name, what, |object| {
            object.is_some_and(&holds)
        })
        .await
    }

    pub async fn until_ready(&self, name: &str) -> Value {
        self.until(name, "Ready", |o| condition(o, "Ready").is_some_and(|c| c.0 == "True")).await
    }

    /// Waits until `Ready` has this reason, and answers with its message.
    pub async fn until_reason(&self, name: &str, reason: &str) -> String {
        let has = |o: &Value| condition(o, "Ready").is_some_and(|c| c.1 == reason);
        let object = self.until(name, reason, has).await;
        condition(&object, "Ready").unwrap().2
    }

    pub async fn until_gone(&self, name: &str) {
        self.wait("FabricConnection", Some(&self.name), name, "gone", |object| object.is_none())
            .await;
    }

    /// Waits until an object of any kind is so.
    pub async fn wait(
        &self,
        kind: &str,
        namespace: Option<&str>,
        name: &str,
        what: &str,
        holds: impl Fn(Option<&Value>) -> bool,
    ) -> Value {
        until(&format!("{kind} {name} of {} is {what}", self.name), async || {
            let object = self.cluster.get(kind, namespace, name).await;
            if holds(object.as_ref()) {
                return Ok(object.unwrap_or_default());
            }
            let status = &object.unwrap_or_default()["status"];
            Err(format!("{status:#}\nthe operator's log ends:\n{}", self.installation.log_end()))
        })
        .await
    }

    /// Bodies of the orders that reached the provider, refused ones too.
    pub fn order_bodies(&self) -> Vec<Value> {
        let creates = ["/ecx/v3/l2/connections", "/fabric/v4/connections"];
        self.world
            .requests()
            .into_iter()
            .filter(|r| r.method == "POST" && creates.contains(&r.path.as_str()))
            .map(|r| r.body)
            .collect()
    }
}

/// A condition of an object as (status, reason, message).
pub fn condition(object: &Value, kind: &str) -> Option<(String, String, String)> {
    let conditions = object["status"]["conditions"].as_array()?;
    let found = conditions.iter().find(|c| c["type"] == kind)?;
    let text = |field: &str| found[field].as_str().unwrap_or_default().to_owned();
    Some((text("status"), text("reason"), text("message")))
}
