//! What Kubernetes calls a resource's strategy: which fields a client cannot change, and which the
//! server fills in: system metadata, generation, the split between an object and its status.
//!
//! It validates and completes single objects; it must not store any.
use serde_json::{Map, Value, json};

use super::{
    request::{ApiserverRequest, RequestInfo},
    response::StatusError,
    store::{ObjectKey, Store, finalizers, is_deleting},
};

/// Metadata that a client cannot change.
const SYSTEM_METADATA: [&str; 10] = [
    "name",
    "namespace",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "managedFields",
];

/// Name and namespace of an object have to match the URL.
pub(super) fn check_identity(
    call: &ApiserverRequest,
    object: &Value,
    name: &str,
) -> Result<(), StatusError> {
    let request = &call.request;
    for (pointer, wanted) in
        [("/metadata/name", name), ("/metadata/namespace", request.namespace.as_str())]
    {
        let found = text(object, pointer);
        if !found.is_empty() && found != wanted {
            return Err(StatusError::bad_request(format!(
                "{pointer} of the object ({found}) does not match the one on the URL ({wanted})"
            )));
        }
    }
    Ok(())
}

/// Optimistic concurrency: a resourceVersion, if given, has to be the live one.
pub(super) fn check_version(
    request: &RequestInfo,
    live: &Value,
    object: &Value,
) -> Result<(), StatusError> {
    let version = text(object, "/metadata/resourceVersion");
    if version.is_empty() || version == "0" || live["metadata"]["resourceVersion"] == version {
        return Ok(());
    }
    Err(StatusError::modified(request))
}

/// The uid is immutable. On the status subresource the server ignores it.
pub(super) fn check_uid(
    request: &RequestInfo,
    live: &Value,
    object: &Value,
) -> Result<(), StatusError> {
    let uid = text(object, "/metadata/uid");
    if uid.is_empty() || live["metadata"]["uid"] == uid || request.subresource == "status" {
        return Ok(());
    }
    Err(StatusError::invalid(request, "metadata.uid", "Invalid value: field is immutable"))
}

/// Restores the fields that this request may not change.
pub(super) fn restrict(
    request: &RequestInfo,
    live: &Value,
    object: &mut Value,
) -> Result<(), StatusError> {
    if request.subresource == "status" {
        let status = object["status"].take();
        *object = live.clone();
        set_or_remove(object, "status", status);
        return Ok(());
    }
    check_uid(request, live, object)?;
    if request.key("").is_custom() {
        set_or_remove(object, "status", live["status"].clone());
    }
    drop_nulls(&mut object["metadata"]);
    for name in SYSTEM_METADATA {
        set_or_remove(&mut object["metadata"], name, live["metadata"][name].clone());
    }
    if is_deleting(live) && !finalizers(object).is_subset(&finalizers(live)) {
        let why = "Forbidden: no new finalizers can be added if the object is being deleted";
        return Err(StatusError::invalid(request, "metadata.finalizers", why));
    }
    Ok(())
}

/// Removes the fields that a client cannot set on creation.
pub(super) fn restrict_new(key: &ObjectKey, object: &mut Value) {
    if key.is_custom() {
        set_or_remove(object, "status", Value::Null);
    }
    let metadata = &mut object["metadata"];
    drop_nulls(metadata);
    for name in SYSTEM_METADATA {
        if name != "generateName" {
            set_or_remove(metadata, name, Value::Null);
        }
    }
}

/// Increments the generation if anything but metadata and status differs.
pub(super) fn set_generation(key: &ObjectKey, live: &Value, object: &mut Value) {
    let desired = |object: &Value| {
        let mut members = object.as_object().cloned().unwrap_or_default();
        members.retain(|name, _| name != "metadata" && name != "status");
        members
    };
    let generation = live["metadata"]["generation"].as_i64();
    if let (true, Some(generation)) = (key.is_custom(), generation)
        && desired(live) != desired(object)
    {
        object["metadata"]["generation"] = json!(generation + 1);
    }
}

/// The metadata that the server sets on a new object.
pub(super) fn system_metadata(store: &mut Store, key: &ObjectKey) -> Value {
    let mut metadata = json!({
        "name": key.name,
        "uid": store.uid(),
        "creationTimestamp": store.now(),
    });
    if !key.namespace.is_empty() {
        metadata["namespace"] = json!(key.namespace);
    }
    if key.is_custom() {
        metadata["generation"] = json!(1);
    }
    metadata
}

pub(super) fn text(object: &Value, pointer: &str) -> String {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

/// Metadata is typed on the server, which does not distinguish null from absent.
pub(super) fn drop_nulls(metadata: &mut Value) {
    match metadata {
        Value::Object(members) => members.retain(|_, value| !value.is_null()),
        _ => *metadata = Value::Object(Map::new()),
    }
}

pub(super) fn set_or_remove(object: &mut Value, name: &str, value: Value) {
    if let Some(members) = object.as_object_mut() {
        if value.is_null() {
            members.remove(name);
        } else {
            members.insert(name.to_owned(), value);
        }
    }
}
