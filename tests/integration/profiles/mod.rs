//! Service profiles from the resource to the provider and back, on both dialects: what is created,
//! replaced and deleted, how often, and what the status reports.

mod creation;
mod drift;
mod incoming;
mod refusals;

use std::{collections::BTreeSet, time::Duration};

use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};

use fabric_api::ServiceProfile;
use fabric_domain::ProfileId;
use fabric_simulator::{Config, Recorded};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    seller::private_profile,
};

/// The seller's accounts: v4 and v3.
const SELLERS: [&str; 2] = ["seller", "seller-ecx"];
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A service profile in namespace `network`, from a spec.
pub fn profile(name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "ServiceProfile",
        "metadata": {"name": name, "namespace": "network"},
        "spec": spec,
    })
}

/// A cluster with the seller in it, and one service profile in question.
struct Store(TestCluster);

impl Store {
    /// With an operator.
    fn open() -> Self {
        let mut store = Self::closed();
        store.0.start_operator();
        store
    }

    /// Without.
    fn closed() -> Self {
        let cluster = TestCluster::without_operator(Config::default());
        cluster.let_in_the_seller();
        Self(cluster)
    }

    /// With an operator that looks once an hour, for stories of days.
    fn patient() -> Self {
        let mut store = Self::closed();
        for account in store.0.apiserver.all("fabricaccounts") {
            let mut account = account;
            account["spec"]["observationIntervalSeconds"] = json!(3600);
            store.0.apiserver.put(account);
        }
        store.0.start_operator();
        store
    }

    /// With an operator, and a profile that can be ordered from.
    async fn selling(spec: Value) -> Self {
        let store = Self::open();
        store.apply(spec);
        store.until_ready().await;
        store
    }

    fn apply(&self, spec: Value) {
        self.0.apiserver.put(profile("it", spec));
    }

    fn get(&self) -> Option<Value> {
        self.0.apiserver.get("serviceprofiles", "network", "it")
    }

    fn status(&self) -> Value {
        self.get().unwrap()["status"].clone()
    }

    fn id(&self) -> ProfileId {
        ProfileId::parse(self.status()["uuid"].as_str().unwrap()).unwrap()
    }

    /// A condition as (status, reason, message).
    fn condition(&self, kind: &str) -> Option<(String, String, String)> {
        condition(&self.get()?, kind)
    }

    fn api(&self) -> kube::Api<ServiceProfile> {
        kube::Api::namespaced(self.0.apiserver.client_as("user"), "network")
    }

    /// The user changes parts of the spec.
    async fn edit(&self, spec: Value) {
        let patch = Patch::Merge(json!({"spec": spec}));
        self.api().patch("it", &PatchParams::default(), &patch).await.unwrap();
    }

    async fn delete(&self) {
        self.api().delete("it", &DeleteParams::default()).await.unwrap();
    }

    async fn until(&self, what: &str, within: Duration, holds: impl Fn(&Self) -> bool) {
        self.0.until(what, within, |_| holds(self)).await;
    }

    async fn until_reason(&self, reason: &str) {
        self.until(&format!("it is {reason}"), HOUR, |store| {
            store.condition("Ready").is_some_and(|c| c.1 == reason)
        })
        .await;
    }

    async fn until_ready(&self) {
        self.until("it is Ready", HOUR, |store| {
            store.condition("Ready").is_some_and(|c| c.0 == "True")
        })
        .await;
    }

    async fn until_in_sync(&self, status: &str, reason: &str) {
        self.until(&format!("InSync is {status}, {reason}"), DAY, |store| {
            let object = store.get().unwrap();
            let current =
                object["status"]["observedGeneration"] == object["metadata"]["generation"];
            let reported = store.condition("InSync");
            current && reported.is_some_and(|c| c.0 == status && c.1 == reason)
        })
        .await;
    }

    async fn until_gone(&self) {
        self.until("it is gone", HOUR, |store| store.get().is_none()).await;
    }

    /// The reasons of all events so far.
    fn events(&self) -> BTreeSet<String> {
        let events = self.0.apiserver.all("events").into_iter();
        events.map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
    }

    /// The message of a condition, which has to hold all of `words`.
    fn says(&self, kind: &str, words: &[&str]) {
        let (_, _, message) = self.condition(kind).unwrap();
        for word in words {
            assert!(message.contains(word), "{word:?} is not in {message:?}");
        }
    }

    /// What changed a profile at the provider, oldest first.
    fn writes(&self) -> Vec<Recorded> {
        let mut requests = self.0.world.requests();
        requests.retain(|request| {
            let profiles = ["/ecx/v3/l2/serviceprofiles", "/fabric/v4/serviceProfiles"];
            profiles.iter().any(|path| request.path.starts_with(path))
                && request.method != "GET"
                && !request.path.contains("/search")
        });
        requests
    }

    fn bodies(&self, method: &str) -> Vec<Value> {
        self.writes().into_iter().filter(|r| r.method == method).map(|r| r.body).collect()
    }

    /// How many writes of each kind there were: created, replaced, deleted.
    fn counts(&self) -> (usize, usize, usize) {
        let writes = self.writes();
        let count = |method: &str| writes.iter().filter(|r| r.method == method).count();
        (count("POST"), count("PUT"), count("DELETE"))
    }
}

/// A spec with some fields changed; null removes one.
fn with(mut spec: Value, fields: Value) -> Value {
    for (name, value) in fields.as_object().unwrap() {
        if value.is_null() {
            spec.as_object_mut().unwrap().remove(name);
        } else {
            spec[name] = value.clone();
        }
    }
    spec
}
