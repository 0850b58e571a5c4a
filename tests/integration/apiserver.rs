//! The in-memory API server behaves as Kubernetes documents it, where controllers depend on it.
//!
//! These tests must not know the operator: they use a resource of their own.
mod apply;
mod fault_injection;
mod watches;

use std::{pin::pin, time::Duration};

use futures::{StreamExt, TryStreamExt};
use http::StatusCode;
use k8s_openapi::api::core::v1::{ConfigMap, ObjectReference};
use kube::{
    Api, Client, CustomResource, Error, Resource, ResourceExt,
    api::{
        DeleteParams, ListParams, PartialObjectMeta, Patch, PatchParams, PostParams, Preconditions,
    },
    core::WatchEvent,
};
use kube_runtime::{
    WatchStreamExt,
    controller::Action,
    events::{self, Recorder},
    finalizer::{self, finalizer},
    watcher,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::time::{Instant, timeout};

use fabric_testkit::apiserver::{Apiserver, Loss};

#[derive(CustomResource, Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[kube(
    group = "fabric.equinix.com",
    version = "v1alpha1",
    kind = "Probe",
    namespaced,
    status = "ProbeStatus",
    derive = "PartialEq"
)]
pub struct ProbeSpec {
    metro: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<u32>,
}

#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
pub struct ProbeStatus {
    phase: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    conditions: Vec<Value>,
}

const NAMESPACE: &str = "lab";

fn probes(server: &Apiserver) -> Api<Probe> {
    Api::namespaced(server.client(), NAMESPACE)
}

fn probe(name: &str) -> Probe {
    Probe::new(name, ProbeSpec { metro: "AM".to_owned(), speed: None })
}

fn stored(server: &Apiserver, name: &str) -> Value {
    server.get("probes", NAMESPACE, name).expect("the probe is stored")
}

/// An apply configuration: identity plus what `fields` says.
fn config(name: &str, fields: &Value) -> Patch<Value> {
    let mut config = json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "Probe",
        "metadata": { "name": name },
    });
    json_patch::merge(&mut config, fields);
    Patch::Apply(config)
}

async fn apply(server: &Apiserver, manager: &str, fields: &Value) -> Result<Probe, kube::Error> {
    probes(server).patch("p", &PatchParams::apply(manager), &config("p", fields)).await
}

async fn apply_status(
    server: &Apiserver,
    manager: &str,
    fields: &Value,
) -> Result<Probe, kube::Error> {
    let params = PatchParams::apply(manager).force();
    probes(server).patch_status("p", &params, &config("p", fields)).await
}

/// The code and the reason of a refusal.
fn refusal<T: std::fmt::Debug>(result: Result<T, Error>) -> (u16, String) {
    match result.expect_err("the request is refused") {
        Error::Api(status) => (status.code, status.reason.clone()),
        other => panic!("not an answer of the apiserver: {other}"),
    }
}

fn code(number: u16, reason: &str) -> (u16, String) {
    (number, reason.to_owned())
}

// --- status and generation -----------------------------------------------------------------------

#[tokio::test]
async fn generation_counts_changes_of_the_spec_only() {
    let server = Apiserver::default();
    let api = probes(&server);
    let mut object = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    assert_eq!(object.meta().generation, Some(1));

    object.labels_mut().insert("a".to_owned(), "1".to_owned());
    object = api.replace("p", &PostParams::default(), &object).await.unwrap();
    assert_eq!(object.meta().generation, Some(1));

    apply_status(&server, "one", &json!({ "status": { "phase": "Up" } })).await.unwrap();
    assert_eq!(stored(&server, "p")["metadata"]["generation"], 1);

    apply(&server, "one", &json!({ "spec": { "speed": 5 } })).await.unwrap();
    assert_eq!(stored(&server, "p")["metadata"]["generation"], 2);

    // The request to delete is a change of what is desired, too.
    apply(
        &server,
        "one",
        &json!({ "metadata": { "finalizers": ["x/y"] }, "spec": { "speed": 5 } }),
    )
    .await
    .unwrap();
    api.delete("p", &DeleteParams::default()).await.unwrap();
    assert_eq!(stored(&server, "p")["metadata"]["generation"], 3);
}

#[tokio::test]
async fn object_and_status_are_written_apart() {
    let server = Apiserver::default();
    let api = probes(&server);
    let mut new = probe("p");
    new.status = Some(ProbeStatus { phase: Some("Forged".to_owned()), ..Default::default() });
    let mut object = api.create(&PostParams::default(), &new).await.unwrap();
    assert_eq!(object.status, None);

    object.spec.metro = "FR".to_owned();
    object.status = Some(ProbeStatus { phase: Some("Up".to_owned()), ..Default::default() });
    let object = api.replace_status("p", &PostParams::default(), &object).await.unwrap();
    assert_eq!(object.spec.metro, "AM");
    assert_eq!(object.status.unwrap().phase.unwrap(), "Up");

    let patch = Patch::Merge(json!({ "spec": { "metro": "LD" }, "status": { "phase": "Down" } }));
    let object = api.patch("p", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(object.spec.metro, "LD");
    assert_eq!(object.status.unwrap().phase.unwrap(), "Up");
}

#[tokio::test]
async fn an_update_needs_the_live_version() {
    let server = Apiserver::default();
    let api = probes(&server);
    let stale = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let mut fresh = stale.clone();
    fresh.spec.speed = Some(5);
    api.replace("p", &PostParams::default(), &fresh).await.unwrap();
    let refused = api.replace("p", &PostParams::default(), &stale).await;
    assert_eq!(refusal(refused), code(409, "Conflict"));
    let refused = api.replace("p", &PostParams::default(), &probe("p")).await;
    assert_eq!(refusal(refused), code(422, "Invalid"));
    let refused = api.create(&PostParams::default(), &probe("p")).await;
    assert_eq!(refusal(refused), code(409, "AlreadyExists"));
}

#[tokio::test]
async fn a_write_that_changes_nothing_is_no_event() {
    let server = Apiserver::default();
    let api = probes(&server);
    let object = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let version = server.resource_version();
    let same = api.replace("p", &PostParams::default(), &object).await.unwrap();
    let patch = Patch::Merge(json!({ "spec": { "metro": "AM" } }));
    api.patch("p", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(same.resource_version(), object.resource_version());
    assert_eq!(server.resource_version(), version);
    assert_eq!(server.writes(), 3);
}

// --- deletion ------------------------------------------------------------------------------------

#[tokio::test]
async fn finalizers_hold_a_deletion_until_the_last_is_gone() {
    let server = Apiserver::default();
    let api = probes(&server);
    let mut object = probe("p");
    object.finalizers_mut().extend(["x/one".to_owned(), "x/two".to_owned()]);
    api.create(&PostParams::default(), &object).await.unwrap();

    let deleted = api.delete("p", &DeleteParams::default()).await.unwrap().left().unwrap();
    let since = deleted.meta().deletion_timestamp.clone().unwrap();
    // Neither a second request nor a write changes the mark.
    api.delete("p", &DeleteParams::default()).await.unwrap();
    let patch = Patch::Merge(json!({ "metadata": { "deletionTimestamp": null } }));
    let object = api.patch("p", &PatchParams::default(), &patch).await.unwrap();
    assert_eq!(object.meta().deletion_timestamp, Some(since));
    let patch = Patch::Merge(json!({ "metadata": { "finalizers": ["x/one", "x/two", "x/new"] } }));
    let refused = api.patch("p", &PatchParams::default(), &patch).await;
    assert_eq!(refusal(refused), code(422, "Invalid"));

    for finalizers in [json!(["x/two"]), json!(null)] {
        assert!(server.get("probes", NAMESPACE, "p").is_some());
        let patch = Patch::Merge(json!({ "metadata": { "finalizers": finalizers } }));
        api.patch("p", &PatchParams::default(), &patch).await.unwrap();
    }
    assert_eq!(server.get("probes", NAMESPACE, "p"), None);
    assert_eq!(refusal(api.delete("p", &DeleteParams::default()).await), code(404, "NotFound"));
}

#[tokio::test]
async fn the_finalizer_helper_adds_and_removes_its_finalizer() {
    let server = Apiserver::default();
    let api = probes(&server);
    let pass = async |api: &Api<Probe>| {
        let object = api.get("p").await.unwrap().into();
        finalizer(api, "x/y", object, |event| async move {
            let cleanup = matches!(event, finalizer::Event::Cleanup(_));
            if cleanup { Ok(Action::await_change()) } else { Err(std::fmt::Error) }
        })
        .await
    };
    let created = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    pass(&api).await.unwrap();
    assert_eq!(stored(&server, "p")["metadata"]["finalizers"], json!(["x/y"]));
    // The guard in its patch fails for a client that has not seen that.
    let late = finalizer(&api, "x/y", created.into(), |_| async { Err(std::fmt::Error) }).await;
    match late {
        Err(finalizer::Error::AddFinalizer(error)) => {
            assert_eq!(refusal::<()>(Err(error)), code(422, "Invalid"));
        }
        other => panic!("the guard held: {other:?}"),
    }
    api.delete("p", &DeleteParams::default()).await.unwrap();
    pass(&api).await.unwrap();
    assert_eq!(server.all("probes"), Vec::<Value>::new());
}

#[tokio::test]
async fn a_recreated_object_has_a_uid_of_its_own() {
    let server = Apiserver::default();
    let api = probes(&server);
    let first = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    api.delete("p", &DeleteParams::default()).await.unwrap();
    let second = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    assert_ne!(first.uid(), second.uid());

    let of = |uid| DeleteParams {
        preconditions: Some(Preconditions { uid, resource_version: None }),
        ..Default::default()
    };
    assert_eq!(refusal(api.delete("p", &of(first.uid())).await), code(409, "Conflict"));
    api.delete("p", &of(second.uid())).await.unwrap();

    // The same server run again hands out the same ones.
    let again = probes(&Apiserver::default());
    assert_eq!(again.create(&PostParams::default(), &probe("p")).await.unwrap().uid(), first.uid());
}
