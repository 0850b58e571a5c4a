//! A cluster of one dialect behind a network that fails on demand, and how its resources are brought
//! to where they were going.

use std::{fmt::Debug, sync::Arc, time::Duration};

use k8s_openapi::NamespaceResourceScope;
use kube::{
    Api, Resource,
    api::{DeleteParams, Patch, PatchParams},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use fabric_simulator::{Config, UserCredentials};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::{InProcess, ORIGIN},
};

use super::network::DisturbedNetwork;

/// Longer than any pause of the operator, several times over.
pub const DAY: Duration = Duration::from_secs(24 * 3600);

/// One life: a cluster with a buyer's account `buyer` and a seller's account `seller`, both of one
/// dialect.
pub struct Life {
    pub cluster: TestCluster,
    pub network: Arc<DisturbedNetwork>,
}

impl Life {
    /// Without accounts: none has signed in.
    pub fn empty() -> Self {
        let stage = Duration::from_secs(10);
        let mut cluster = TestCluster::bare(Config { stage, ..Config::default() });
        let network = Arc::new(DisturbedNetwork::new(InProcess(cluster.world.router())));
        cluster.start_operator_over(network.clone());
        Self { cluster, network }
    }

    /// With the buyer's account, signed in.
    pub async fn of_buyer(dialect: &str) -> Self {
        let life = Self::empty();
        life.cluster.apiserver.put(manifests::secret());
        life.cluster.apiserver.put(manifests::account("buyer", dialect, ORIGIN));
        life.until_signed_in("buyer").await;
        life
    }

    /// Adds the seller of the samples, signed in.
    pub async fn with_seller(self, dialect: &str) -> Self {
        let credentials = UserCredentials {
            client_id: "SELLER12345".into(),
            client_secret: "KLMNO12345".into(),
            user_name: "seller@example.com".into(),
            user_password: "s".into(),
        };
        self.cluster.world.admit_seller(credentials, "John-Doe-Corp");
        self.cluster.apiserver.put(manifests::seller_secret());
        self.cluster.apiserver.put(manifests::seller_account("seller", dialect, ORIGIN));
        self.until_signed_in("seller").await;
        self
    }

    /// Waits until an account is ready: what depends on it does not begin a second time then.
    pub async fn until_signed_in(&self, account: &str) {
        self.until(&format!("{account} is signed in"), |life| {
            let account = life.cluster.apiserver.get("fabricaccounts", "", account).unwrap();
            condition(&account, "Ready").is_some_and(|ready| ready.0 == "True")
        })
        .await;
    }

    /// The user's access to a kind in namespace `network`.
    pub fn api<K>(&self) -> Api<K>
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>,
    {
        Api::namespaced(self.cluster.apiserver.client_as("user"), "network")
    }

    /// The resource `it` of a kind, as stored.
    pub fn stored<K: Resource<DynamicType = ()>>(&self) -> Option<Value> {
        self.cluster.apiserver.get(&K::plural(&()), "network", "it")
    }

    /// Waits until `it` is ready, accepting at the other side.
    pub async fn until_ready<K: Resource<DynamicType = ()>>(&self) {
        self.until("it is Ready", |life| {
            life.cluster.world.accept_all();
            let ready = life.stored::<K>().and_then(|object| condition(&object, "Ready"));
            ready.is_some_and(|ready| ready.0 == "True")
        })
        .await;
    }

    /// Edits a field of `it`, until the provider has what the spec says. A refused change waits for
    /// another edit; answers with whether it took one.
    pub async fn until_changed<K>(&self, field: &str) -> bool
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug,
    {
        for edit in [1, 2] {
            let patch = Patch::Merge(json!({"spec": {field: format!("Changed{edit}")}}));
            self.api::<K>().patch("it", &PatchParams::default(), &patch).await.unwrap();
            self.until("it is changed, or its change refused", |life| {
                let object = life.stored::<K>().unwrap();
                let seen = &object["status"]["observedGeneration"];
                let ended = condition(&object, "InSync")
                    .is_some_and(|c| c.0 == "True" || c.1 == "ChangeRefused");
                *seen == object["metadata"]["generation"] && ended
            })
            .await;
            if condition(&self.stored::<K>().unwrap(), "InSync").unwrap().0 == "True" {
                return edit == 2;
            }
            // The operator is given the time to repeat the refused change by itself.
            tokio::time::sleep(Duration::from_secs(10)).await;
        }
        panic!("refused twice: {:#}", self.stored::<K>().unwrap());
    }

    /// Deletes `it` and waits until it is gone.
    pub async fn until_gone<K>(&self)
    where
        K: Resource<DynamicType = (), Scope = NamespaceResourceScope>
            + Clone
            + DeserializeOwned
            + Debug,
    {
        self.api::<K>().delete("it", &DeleteParams::default()).await.unwrap();
        self.until("it is gone", |life| life.stored::<K>().is_none()).await;
    }

    pub async fn until(&self, what: &str, holds: impl Fn(&Self) -> bool) {
        self.cluster.until(what, DAY, |_| holds(self)).await;
    }
}
