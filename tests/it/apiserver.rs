//! That the in-memory apiserver behaves as Kubernetes documents it, where controllers rely on it.
//!
//! These tests must not know the operator: they use a resource of their own.
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

use crate::support::apiserver::{Apiserver, Loss};

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

// --- server-side apply ---------------------------------------------------------------------------

#[tokio::test]
async fn apply_creates_and_then_removes_what_its_manager_leaves_out() {
    let server = Apiserver::default();
    let labels = json!({ "metadata": { "labels": { "a": "1", "b": "2" } }, "spec": { "metro": "AM", "speed": 5 } });
    apply(&server, "one", &labels).await.unwrap();
    assert_eq!(server.requests()[0].status, StatusCode::CREATED);
    apply(&server, "two", &json!({ "metadata": { "labels": { "c": "3" } } })).await.unwrap();

    apply(
        &server,
        "one",
        &json!({ "metadata": { "labels": { "a": "1" } }, "spec": { "metro": "AM" } }),
    )
    .await
    .unwrap();

    let object = stored(&server, "p");
    assert_eq!(object["metadata"]["labels"], json!({ "a": "1", "c": "3" }));
    assert_eq!(object["spec"], json!({ "metro": "AM" }));
}

#[tokio::test]
async fn apply_keeps_a_field_that_another_manager_owns_too() {
    let server = Apiserver::default();
    apply(&server, "one", &json!({ "spec": { "metro": "AM", "speed": 5 } })).await.unwrap();
    apply(&server, "two", &json!({ "spec": { "speed": 5 } })).await.unwrap();
    apply(&server, "one", &json!({ "spec": { "metro": "AM" } })).await.unwrap();
    assert_eq!(stored(&server, "p")["spec"], json!({ "metro": "AM", "speed": 5 }));

    apply(&server, "two", &json!({})).await.unwrap();
    assert_eq!(stored(&server, "p")["spec"], json!({ "metro": "AM" }));
}

#[tokio::test]
async fn apply_conflicts_over_the_fields_of_others_unless_forced() {
    let server = Apiserver::default();
    apply(&server, "one", &json!({ "spec": { "metro": "AM", "speed": 5 } })).await.unwrap();
    let other = json!({ "spec": { "speed": 10 } });
    let refused = apply(&server, "two", &other).await;
    assert_eq!(refusal(refused), code(409, "Conflict"));
    assert_eq!(stored(&server, "p")["spec"]["speed"], 5);

    let force = PatchParams::apply("two").force();
    probes(&server).patch("p", &force, &config("p", &other)).await.unwrap();
    assert_eq!(stored(&server, "p")["spec"]["speed"], 10);
    // The field has changed hands: its new owner alone decides whether it stays.
    apply(&server, "two", &json!({})).await.unwrap();
    assert_eq!(stored(&server, "p")["spec"], json!({ "metro": "AM" }));
}

#[tokio::test]
async fn applied_conditions_are_merged_by_type() {
    let server = Apiserver::default();
    probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let conditions = |list: Value| json!({ "status": { "conditions": list } });
    let ready = json!({ "type": "Ready", "status": "True", "reason": "Fine" });
    let synced = json!({ "type": "Synced", "status": "True" });
    let paid = json!({ "type": "Paid", "status": "False" });
    apply_status(&server, "one", &conditions(json!([ready, synced]))).await.unwrap();
    apply_status(&server, "two", &conditions(json!([paid]))).await.unwrap();
    apply_status(&server, "one", &conditions(json!([{ "type": "Ready", "status": "False" }])))
        .await
        .unwrap();

    let expected = json!([{ "type": "Ready", "status": "False" }, paid]);
    assert_eq!(stored(&server, "p")["status"]["conditions"], expected);
}

#[tokio::test]
async fn ownership_is_recorded_in_managed_fields() {
    let server = Apiserver::default();
    probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let conditions = json!([{ "type": "Ready", "status": "True" }]);
    apply_status(&server, "one", &json!({ "status": { "conditions": conditions } })).await.unwrap();
    let entries = stored(&server, "p")["metadata"]["managedFields"].clone();
    assert_eq!(entries[0]["manager"], "unknown");
    assert_eq!(entries[0]["operation"], "Update");
    assert_eq!(entries[0]["fieldsV1"], json!({ "f:spec": { "f:metro": {} } }));
    assert_eq!(entries[1]["manager"], "one");
    assert_eq!(entries[1]["operation"], "Apply");
    assert_eq!(entries[1]["subresource"], "status");
    let ready = json!({ ".": {}, "f:type": {}, "f:status": {} });
    assert_eq!(
        entries[1]["fieldsV1"],
        json!({ "f:status": { "f:conditions": { r#"k:{"type":"Ready"}"#: ready } } })
    );
}

#[tokio::test]
async fn applied_finalizers_are_merged_as_a_set() {
    let server = Apiserver::default();
    probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    apply(&server, "one", &json!({ "metadata": { "finalizers": ["x/one"] } })).await.unwrap();
    apply(&server, "two", &json!({ "metadata": { "finalizers": ["x/two"] } })).await.unwrap();
    assert_eq!(stored(&server, "p")["metadata"]["finalizers"], json!(["x/one", "x/two"]));
    apply(&server, "one", &json!({})).await.unwrap();
    assert_eq!(stored(&server, "p")["metadata"]["finalizers"], json!(["x/two"]));
}

#[tokio::test]
async fn other_writes_take_ownership_of_what_they_change() {
    let server = Apiserver::default();
    apply(&server, "one", &json!({ "spec": { "metro": "AM", "speed": 5 } })).await.unwrap();
    let patch = Patch::Merge(json!({ "spec": { "speed": 10 } }));
    probes(&server).patch("p", &PatchParams::default(), &patch).await.unwrap();
    let same = apply(&server, "one", &json!({ "spec": { "metro": "AM", "speed": 5 } })).await;
    assert_eq!(refusal(same), code(409, "Conflict"));
    apply(&server, "one", &json!({ "spec": { "metro": "AM" } })).await.unwrap();
    assert_eq!(stored(&server, "p")["spec"]["speed"], 10);
}

#[tokio::test]
async fn applying_the_same_again_is_no_write() {
    let server = Apiserver::default();
    let fields = json!({ "metadata": { "labels": { "a": "1" } }, "spec": { "metro": "AM" } });
    let first = apply(&server, "one", &fields).await.unwrap();
    let version = server.resource_version();
    let second = apply(&server, "one", &fields).await.unwrap();
    assert_eq!(first.resource_version(), second.resource_version());
    assert_eq!(server.resource_version(), version);
}

#[tokio::test]
async fn apply_with_an_old_version_conflicts_on_the_object_and_on_its_status() {
    let server = Apiserver::default();
    let created = probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let version = created.resource_version();
    apply(&server, "other", &json!({ "metadata": { "labels": { "a": "1" } } })).await.unwrap();

    let stale = json!({ "metadata": { "resourceVersion": version }, "status": { "phase": "Up" } });
    assert_eq!(refusal(apply_status(&server, "one", &stale).await), code(409, "Conflict"));
    assert_eq!(refusal(apply(&server, "one", &stale).await), code(409, "Conflict"));
    assert_eq!(stored(&server, "p")["status"], Value::Null);

    let version = probes(&server).get("p").await.unwrap().resource_version();
    let fresh = json!({ "metadata": { "resourceVersion": version }, "status": { "phase": "Up" } });
    apply_status(&server, "one", &fresh).await.unwrap();
    assert_eq!(stored(&server, "p")["status"]["phase"], "Up");
}

#[tokio::test]
async fn apply_to_an_absent_object_fails_on_its_status_and_with_a_uid() {
    let server = Apiserver::default();
    let status = apply_status(&server, "one", &json!({ "status": { "phase": "Up" } })).await;
    assert_eq!(refusal(status), code(404, "NotFound"));
    let ghost = json!({ "metadata": { "uid": "c0ffee" }, "spec": { "metro": "AM" } });
    assert_eq!(refusal(apply(&server, "one", &ghost).await), code(409, "Conflict"));
    // A version, on the other hand, does not keep an apply from creating.
    let reborn = json!({ "metadata": { "resourceVersion": "7" }, "spec": { "metro": "AM" } });
    apply(&server, "one", &reborn).await.unwrap();
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
    // Its guard fails for whoever has not seen that.
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

// --- lists and watches ---------------------------------------------------------------------------

#[tokio::test]
async fn lists_select_by_namespace_label_and_name() {
    let server = Apiserver::default();
    for (namespace, name, tier) in
        [("lab", "a", "gold"), ("lab", "b", "tin"), ("prod", "a", "gold")]
    {
        server.put(json!({
            "apiVersion": "fabric.equinix.com/v1alpha1",
            "kind": "Probe",
            "metadata": { "namespace": namespace, "name": name, "labels": { "x/tier": tier } },
            "spec": { "metro": "AM" },
        }));
    }
    let all: Api<Probe> = Api::all(server.client());
    let count = async |api: &Api<Probe>, params: ListParams| {
        api.list(&params).await.map(|list| list.items.len())
    };
    assert_eq!(count(&all, ListParams::default()).await.unwrap(), 3);
    assert_eq!(count(&probes(&server), ListParams::default()).await.unwrap(), 2);
    assert_eq!(count(&all, ListParams::default().labels("x/tier=gold")).await.unwrap(), 2);
    assert_eq!(count(&all, ListParams::default().labels("x/tier!=gold")).await.unwrap(), 1);
    assert_eq!(count(&all, ListParams::default().labels("!x/tier")).await.unwrap(), 0);
    assert_eq!(count(&all, ListParams::default().fields("metadata.name=a")).await.unwrap(), 2);
    let unknown = count(&all, ListParams::default().fields("spec.metro=AM")).await;
    assert_eq!(refusal(unknown), code(400, "BadRequest"));

    let partial: Api<PartialObjectMeta<Probe>> = Api::all(server.client());
    assert_eq!(partial.list(&ListParams::default()).await.unwrap().items[2].name_any(), "a");
}

#[tokio::test(start_paused = true)]
async fn a_watch_tells_what_has_happened_since_its_version() {
    let server = Apiserver::default();
    let api = probes(&server);
    let start = server.resource_version().max(1).to_string();
    api.create(&PostParams::default(), &probe("first")).await.unwrap();
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    apply(&server, "one", &json!({ "spec": { "speed": 5 } })).await.unwrap();
    api.delete("p", &DeleteParams::default()).await.unwrap();

    let params = kube::api::WatchParams::default().timeout(60);
    let started = Instant::now();
    let events: Vec<_> = api.watch(&params, &start).await.unwrap().try_collect().await.unwrap();
    let told: Vec<_> = events
        .iter()
        .map(|event| match event {
            WatchEvent::Added(_) => "added",
            WatchEvent::Modified(_) => "modified",
            WatchEvent::Deleted(_) => "deleted",
            WatchEvent::Bookmark(_) => "bookmark",
            WatchEvent::Error(_) => "error",
        })
        .collect();
    assert_eq!(told, ["added", "modified", "deleted", "bookmark"]);
    assert_eq!(started.elapsed(), Duration::from_mins(1));
}

#[tokio::test(start_paused = true)]
async fn a_watcher_recovers_from_compaction_by_listing_again() {
    let server = Apiserver::default();
    let api = probes(&server);
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let stream = watcher(api.clone(), watcher::Config::default()).default_backoff();
    let mut stream = pin!(stream.filter_map(async |event| event.ok()));
    for expected in ["Init", "InitApply", "InitDone"] {
        assert!(format!("{:?}", stream.next().await.unwrap()).starts_with(expected));
    }

    // While it is away, its object goes and the history with it.
    server.freeze_watch();
    api.delete("p", &DeleteParams::default()).await.unwrap();
    api.create(&PostParams::default(), &probe("q")).await.unwrap();
    server.close_watches();
    server.compact();
    server.thaw_watch();

    let mut names = Vec::new();
    loop {
        match stream.next().await.unwrap() {
            watcher::Event::Init => {}
            watcher::Event::InitApply(object) => names.push(object.name_any()),
            watcher::Event::InitDone => break,
            other => panic!("not a new list: {other:?}"),
        }
    }
    assert_eq!(names, ["q"]);
    let lists = server.requests().iter().filter(|request| request.verb == "list").count();
    assert_eq!(lists, 2);
}

#[tokio::test(start_paused = true)]
async fn a_watcher_resumes_after_its_watch_has_ended() {
    let server = Apiserver::default();
    let api = probes(&server);
    let stream = watcher(api.clone(), watcher::Config::default()).default_backoff();
    let mut stream = pin!(stream.filter_map(async |event| event.ok()));
    for expected in ["Init", "InitDone"] {
        assert!(format!("{:?}", stream.next().await.unwrap()).starts_with(expected));
    }
    // A quiet hour, in which the watch runs out again and again; then all is dropped at once.
    assert!(timeout(Duration::from_hours(1), stream.next()).await.is_err());
    server.close_watches();
    server.compact();
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let next = stream.next().await.unwrap();
    assert!(matches!(next, watcher::Event::Apply(object) if object.name_any() == "p"));
    assert_eq!(server.requests().iter().filter(|request| request.verb == "list").count(), 1);
    assert!(server.requests().iter().filter(|request| request.verb == "watch").count() > 10);
}

#[tokio::test(start_paused = true)]
async fn streaming_lists_end_with_a_bookmark() {
    let server = Apiserver::default();
    probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let config = watcher::Config::default().streaming_lists();
    let stream = watcher(probes(&server), config);
    let events: Vec<_> =
        stream.take(3).map_ok(|event| format!("{event:?}")).try_collect().await.unwrap();
    assert!(events[2].starts_with("InitDone"), "{events:?}");
    assert_eq!(server.requests().iter().filter(|request| request.verb == "list").count(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_frozen_watch_is_late_and_complete() {
    let server = Apiserver::default();
    let api = probes(&server);
    let version = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let params = kube::api::WatchParams::default();
    let mut events = pin!(api.watch(&params, &version.resource_version().unwrap()).await.unwrap());
    server.freeze_watch();
    apply(&server, "one", &json!({ "spec": { "speed": 5 } })).await.unwrap();
    api.delete("p", &DeleteParams::default()).await.unwrap();
    assert!(timeout(Duration::from_secs(100), events.next()).await.is_err());
    server.thaw_watch();
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Modified(_)));
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Deleted(_)));
}

#[tokio::test(start_paused = true)]
async fn an_object_leaves_a_selection_as_deleted() {
    let server = Apiserver::default();
    let api = probes(&server);
    let created = api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let params = kube::api::WatchParams::default().labels("tier=gold");
    let mut events = pin!(api.watch(&params, &created.resource_version().unwrap()).await.unwrap());
    apply(&server, "one", &json!({ "metadata": { "labels": { "tier": "gold" } } })).await.unwrap();
    apply(&server, "one", &json!({})).await.unwrap();
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Added(_)));
    assert!(matches!(events.next().await.unwrap().unwrap(), WatchEvent::Deleted(_)));
}

// --- levers --------------------------------------------------------------------------------------

#[tokio::test]
async fn a_request_whose_reply_is_lost_is_applied() {
    let server = Apiserver::default();
    let api = probes(&server);
    server.lose_reply(0, Loss::Reset);
    server.lose_reply(2, Loss::Internal);
    let reset = api.create(&PostParams::default(), &probe("a")).await;
    assert!(matches!(reset, Err(Error::Service(_))), "{reset:?}");
    api.create(&PostParams::default(), &probe("b")).await.unwrap();
    let internal = api.create(&PostParams::default(), &probe("c")).await;
    assert_eq!(refusal(internal), code(500, "InternalError"));
    assert_eq!(server.all("probes").len(), 3);
    let lost: Vec<_> = server.requests().iter().map(|request| request.lost).collect();
    assert_eq!(lost, [true, false, true]);
}

#[tokio::test]
async fn a_refused_request_is_not_applied() {
    let server = Apiserver::default();
    let api = probes(&server);
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    server.fail_next(|r| r.is_for("probes", "status"), 2, StatusCode::FORBIDDEN, "Forbidden");
    let status = json!({ "status": { "phase": "Up" } });
    for _ in 0..2 {
        assert_eq!(refusal(apply_status(&server, "one", &status).await), code(403, "Forbidden"));
        assert_eq!(stored(&server, "p")["status"], Value::Null);
    }
    apply_status(&server, "one", &status).await.unwrap();
    assert_eq!(stored(&server, "p")["status"]["phase"], "Up");
    assert_eq!(server.writes(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_stalled_request_takes_its_time_and_lets_others_pass() {
    let server = Apiserver::default();
    let api = probes(&server);
    server.stall(|request| request.verb == "create", Duration::from_secs(30));
    let started = Instant::now();
    let post = PostParams::default();
    let object = probe("p");
    let (created, (listed, after)) = tokio::join!(api.create(&post, &object), async {
        (api.list(&ListParams::default()).await, started.elapsed())
    });
    created.unwrap();
    assert_eq!(started.elapsed(), Duration::from_secs(30));
    assert_eq!((listed.unwrap().items.len(), after), (0, Duration::ZERO));
    server.heal();
    server.clear_requests();
    api.create(&post, &probe("q")).await.unwrap();
    assert_eq!(server.requests().len(), 1);
    assert_eq!(started.elapsed(), Duration::from_secs(30));
}

#[tokio::test]
async fn the_log_tells_who_asked_for_what() {
    let server = Apiserver::default();
    let client: Client = server.client_as("operator");
    let api: Api<Probe> = Api::namespaced(client.clone(), NAMESPACE);
    api.create(&PostParams::default(), &probe("p")).await.unwrap();
    let status = config("p", &json!({ "status": { "phase": "Up" } }));
    api.patch_status("p", &PatchParams::apply("one"), &status).await.unwrap();
    Api::<ConfigMap>::all(client).list(&ListParams::default()).await.unwrap();

    let seen: Vec<_> = server
        .requests()
        .into_iter()
        .map(|r| {
            [
                r.user,
                r.verb.to_owned(),
                r.group,
                r.resource,
                r.subresource,
                r.namespace,
                r.name,
                r.field_manager,
            ]
            .join(" ")
        })
        .collect();
    assert_eq!(
        seen,
        [
            "operator create fabric.equinix.com probes  lab  unknown",
            "operator patch fabric.equinix.com probes status lab p one",
            "operator list  configmaps    unknown",
        ]
    );
}

#[tokio::test]
async fn events_are_recorded_and_counted() {
    let server = Apiserver::default();
    let object = probes(&server).create(&PostParams::default(), &probe("p")).await.unwrap();
    let recorder = Recorder::new(server.client(), "tests".into());
    let event = events::Event {
        type_: events::EventType::Normal,
        reason: "Ordered".to_owned(),
        note: Some("ordered".to_owned()),
        action: "Order".to_owned(),
        secondary: None,
    };
    let reference: ObjectReference = object.object_ref(&());
    recorder.publish(&event, &reference).await.unwrap();
    recorder.publish(&event, &reference).await.unwrap();
    let events = server.all("events");
    assert_eq!(events.len(), 1);
    assert_eq!(events[0]["series"]["count"], 2);
}

#[tokio::test]
async fn seeded_objects_are_found_and_versioned() {
    let server = Apiserver::default();
    let namespace =
        json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "lab" } });
    server.put(namespace);
    assert!(server.get("namespaces", "", "lab").is_some());
    let mut object = serde_json::to_value(probe("p")).unwrap();
    object["metadata"]["namespace"] = json!(NAMESPACE);
    object["status"] = json!({ "phase": "Up" });
    let first = server.put(object.clone());
    object["spec"]["metro"] = json!("FR");
    let second = server.put(object);
    assert_eq!(first["metadata"]["uid"], second["metadata"]["uid"]);
    assert_eq!(second["metadata"]["generation"], 2);
    assert_eq!(probes(&server).get("p").await.unwrap().status.unwrap().phase.unwrap(), "Up");
    assert_eq!(server.writes(), 0);
}

#[tokio::test]
async fn a_dry_run_changes_nothing() {
    let server = Apiserver::default();
    let api = probes(&server);
    let dry = PostParams { dry_run: true, ..Default::default() };
    assert!(api.create(&dry, &probe("p")).await.unwrap().uid().is_some());
    assert_eq!(server.all("probes"), Vec::<Value>::new());
}
