//! The verbs: what each does to the stored objects.
//!
//! It defines the sequence of a write and the rules of deletion. Merging of patches (`apply`,
//! `patch`), field ownership and immutable fields (`strategy`) are decided elsewhere.
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    apply,
    managed_fields::Manager,
    patch,
    request::{ApiserverRequest, RequestInfo},
    response::{self, StatusError},
    selector::Selection,
    store::{ObjectKey, Store, finalizers, is_deleting},
    strategy::{
        check_identity, check_uid, check_version, drop_nulls, restrict, restrict_new,
        set_generation, set_or_remove, system_metadata, text,
    },
};

type VerbResult = Result<(StatusCode, Value), StatusError>;

/// Carries out any request but a watch.
pub(super) fn carry_out(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    if call.is_dry_run() {
        return dispatch(&mut store.clone(), call);
    }
    dispatch(store, call)
}

fn dispatch(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let request = &call.request;
    match (request.verb, request.subresource.as_str()) {
        (_, subresource) if !serves(request, subresource) => Err(StatusError::not_found(request)),
        ("get", _) => Ok((StatusCode::OK, existing(store, request)?)),
        ("list", _) => Ok((StatusCode::OK, list(store, call)?)),
        ("create", "") => create(store, call),
        ("update", _) => update(store, call),
        ("patch", _) if call.content_type == "application/apply-patch+yaml" => {
            server_side_apply(store, call)
        }
        ("patch", _) => patch(store, call),
        ("delete", "") => delete(store, call),
        ("deletecollection", "") => delete_collection(store, call),
        _ => Err(StatusError::method_not_allowed()),
    }
}

fn serves(request: &RequestInfo, subresource: &str) -> bool {
    subresource.is_empty() || (subresource == "status" && request.key("").is_custom())
}

/// Stores an object that a test seeds, with whatever system metadata it brings.
pub(super) fn put(store: &mut Store, mut object: Value) -> Value {
    let api_version = text(&object, "/apiVersion");
    let key = ObjectKey {
        group: api_version.rsplit_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default(),
        resource: plural(&text(&object, "/kind")),
        namespace: text(&object, "/metadata/namespace"),
        name: text(&object, "/metadata/name"),
    };
    let live = store.object(&key).cloned();
    let system = match &live {
        Some(live) => live["metadata"].clone(),
        None => system_metadata(store, &key),
    };
    for name in ["uid", "creationTimestamp", "generation"] {
        if object["metadata"][name].is_null() && !system[name].is_null() {
            object["metadata"][name] = system[name].clone();
        }
    }
    let live = live.unwrap_or_else(|| json!({}));
    set_generation(&key, &live, &mut object);
    let manager = Manager {
        name: "put".to_owned(),
        operation: "Update",
        subresource: String::new(),
        api_version,
        time: store.now(),
    };
    apply::update(&live, &mut object, &manager);
    store.commit(&key, object)
}

fn list(store: &Store, call: &ApiserverRequest) -> Result<Value, StatusError> {
    let selection = Selection::of(call)?;
    let items: Vec<_> = selected(store, &selection).map(|(_, object)| object.clone()).collect();
    let kind = items.first().and_then(|item| item["kind"].as_str()).unwrap_or_default();
    Ok(json!({
        "apiVersion": call.api_version,
        "kind": format!("{kind}List"),
        "metadata": { "resourceVersion": store.version().to_string() },
        "items": items,
    }))
}

fn selected<'a>(
    store: &'a Store,
    selection: &'a Selection,
) -> impl Iterator<Item = (&'a ObjectKey, &'a Value)> {
    store.objects().filter(|(key, object)| selection.covers(key) && selection.matches(object))
}

fn create(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let mut object = call.object()?;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(StatusError::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let prefix = text(&object, "/metadata/generateName");
    if text(&object, "/metadata/name").is_empty() && !prefix.is_empty() {
        let suffix = format!("{:032x}", store.digits());
        object["metadata"]["name"] = json!(format!("{prefix}{}", &suffix[..5]));
    }
    let name = text(&object, "/metadata/name");
    if name.is_empty() {
        return Err(StatusError::invalid(
            &call.request,
            "metadata.name",
            "name or generateName is required",
        ));
    }
    let key = call.request.key(&name);
    if store.object(&key).is_some() {
        return Err(StatusError::already_exists(&call.request, &name));
    }
    check_identity(call, &object, &name)?;
    restrict_new(&key, &mut object);
    apply::update(&json!({}), &mut object, &manager(store, call));
    Ok((StatusCode::CREATED, store_new(store, &key, object)))
}

fn update(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let request = &call.request;
    let live = existing(store, request)?;
    let object = call.object()?;
    check_identity(call, &object, &request.name)?;
    let uid = text(&object, "/metadata/uid");
    if !uid.is_empty() && live["metadata"]["uid"] != uid {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            text(&live, "/metadata/uid")
        );
        return Err(StatusError::conflict(request, &why));
    }
    // Custom resources and Leases do not allow unconditional updates.
    let unconditional = !request.key("").is_custom() && request.resource != "leases";
    if text(&object, "/metadata/resourceVersion").is_empty() && !unconditional {
        let why = "Invalid value: 0: must be specified for an update";
        return Err(StatusError::invalid(request, "metadata.resourceVersion", why));
    }
    replace(store, call, &live, object)
}

fn patch(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let live = existing(store, &call.request)?;
    let mut object = live.clone();
    match call.content_type.as_str() {
        "application/json-patch+json" => patch::json(&mut object, &call.body)?,
        "application/merge-patch+json" => patch::merge(&mut object, &call.body)?,
        other => return Err(StatusError::unsupported_media_type(other)),
    }
    check_identity(call, &object, &call.request.name)?;
    replace(store, call, &live, object)
}

/// Writes the result of an update or a patch.
fn replace(
    store: &mut Store,
    call: &ApiserverRequest,
    live: &Value,
    mut object: Value,
) -> VerbResult {
    check_version(&call.request, live, &object)?;
    restrict(&call.request, live, &mut object)?;
    apply::update(live, &mut object, &manager(store, call));
    Ok((StatusCode::OK, store_changed(store, call, live, object)?))
}

fn server_side_apply(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let request = &call.request;
    if call.query("fieldManager").is_none() {
        return Err(StatusError::bad_request("fieldManager is required for apply patch"));
    }
    let mut config = call.object()?;
    check_identity(call, &config, &request.name)?;
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(StatusError::bad_request("metadata.managedFields must be nil"));
    }
    if config["apiVersion"] != call.api_version || text(&config, "/kind").is_empty() {
        return Err(StatusError::bad_request("apiVersion and kind must be set, and fit the URL"));
    }
    let manager = Manager { operation: "Apply", ..manager(store, call) };
    let key = request.key(&request.name);
    let Some(live) = store.object(&key).cloned() else {
        if !request.subresource.is_empty() {
            return Err(StatusError::not_found(request));
        }
        // A resourceVersion does not prevent an apply from creating the object; a uid does.
        let uid = text(&config, "/metadata/uid");
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object \
                 was found"
            );
            return Err(StatusError::conflict(request, &why));
        }
        restrict_new(&key, &mut config);
        let nothing = json!({ "metadata": {} });
        let object = apply::apply(&nothing, &config, &manager, true)
            .map_err(|conflicts| StatusError::owned_by_others(request, &conflicts))?;
        return Ok((StatusCode::CREATED, store_new(store, &key, object)));
    };
    check_version(request, &live, &config)?;
    check_uid(request, &live, &config)?;
    // This endpoint ignores the part of the object that it does not write.
    if let Some(members) = config.as_object_mut() {
        if request.subresource == "status" {
            members.retain(|name, _| name == "status");
        } else if key.is_custom() {
            members.remove("status");
        }
    }
    drop_nulls(&mut config["metadata"]);
    let mut object = apply::apply(&live, &config, &manager, call.is_set("force"))
        .map_err(|conflicts| StatusError::owned_by_others(request, &conflicts))?;
    let ownership = object["metadata"]["managedFields"].take();
    restrict(request, &live, &mut object)?;
    set_or_remove(&mut object["metadata"], "managedFields", ownership);
    Ok((StatusCode::OK, store_changed(store, call, &live, object)?))
}

fn delete(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let request = &call.request;
    let live = existing(store, request)?;
    let options = if call.body.is_empty() { json!({}) } else { call.object()? };
    for (name, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let (wanted, found) = (&options["preconditions"][name], &live["metadata"][name]);
        if !wanted.is_null() && wanted != found {
            let why = format!(
                "Precondition failed: {what} in precondition: {wanted}, {what} in object meta: \
                 {found}"
            );
            return Err(StatusError::conflict(request, &why));
        }
    }
    Ok((StatusCode::OK, remove(store, request, &request.key(&request.name), live)))
}

fn delete_collection(store: &mut Store, call: &ApiserverRequest) -> VerbResult {
    let selection = Selection::of(call)?;
    let doomed: Vec<_> =
        selected(store, &selection).map(|(key, object)| (key.clone(), object.clone())).collect();
    let listed = list(store, call)?;
    for (key, object) in doomed {
        remove(store, &call.request, &key, object);
    }
    Ok((StatusCode::OK, listed))
}

/// Deletes an object, or marks it as being deleted if it has finalizers.
fn remove(store: &mut Store, request: &RequestInfo, key: &ObjectKey, mut live: Value) -> Value {
    if finalizers(&live).is_empty() {
        store.remove(key);
        return response::deleted(request, &live["metadata"]["uid"]);
    }
    if is_deleting(&live) {
        return live;
    }
    live["metadata"]["deletionTimestamp"] = json!(store.now());
    live["metadata"]["deletionGracePeriodSeconds"] = json!(0);
    // A deletion changes what controllers have to do, so the server increments the generation.
    if let Some(generation) = live["metadata"]["generation"].as_i64() {
        live["metadata"]["generation"] = json!(generation + 1);
    }
    store.commit(key, live)
}

fn existing(store: &Store, request: &RequestInfo) -> Result<Value, StatusError> {
    let object = store.object(&request.key(&request.name));
    object.cloned().ok_or_else(|| StatusError::not_found(request))
}

fn store_new(store: &mut Store, key: &ObjectKey, mut object: Value) -> Value {
    let system = system_metadata(store, key);
    if let (Some(metadata), Value::Object(system)) = (object["metadata"].as_object_mut(), system) {
        metadata.extend(system);
    }
    store.commit(key, object)
}

fn store_changed(
    store: &mut Store,
    call: &ApiserverRequest,
    live: &Value,
    mut object: Value,
) -> Result<Value, StatusError> {
    let key = call.request.key(&call.request.name);
    if object["kind"] != live["kind"] || object["apiVersion"] != live["apiVersion"] {
        return Err(StatusError::bad_request("apiVersion and kind of an object cannot be changed"));
    }
    set_generation(&key, live, &mut object);
    Ok(store.commit(&key, object))
}

fn manager(store: &Store, call: &ApiserverRequest) -> Manager {
    Manager {
        name: call.request.field_manager.clone(),
        operation: "Update",
        subresource: call.request.subresource.clone(),
        api_version: call.api_version.clone(),
        time: store.now(),
    }
}

/// The plural of a kind, by the rule that CRD generators follow.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.as_bytes() {
        [.., b's' | b'x' | b'z'] | [.., b'c' | b's', b'h'] => format!("{kind}es"),
        [.., b'a' | b'e' | b'i' | b'o' | b'u', b'y'] => format!("{kind}s"),
        [stem @ .., b'y'] => format!("{}ies", String::from_utf8_lossy(stem)),
        _ => format!("{kind}s"),
    }
}
