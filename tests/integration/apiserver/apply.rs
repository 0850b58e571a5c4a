//! Server-side apply: ownership, merging, removal and conflicts.

use super::*;

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
