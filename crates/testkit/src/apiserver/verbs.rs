//! What each verb does to the stored objects.
//!
//! It knows the order of a write and the rules of deletion. How a patch merges, who owns a field
//! and what a client cannot change is not decided here.
use http::StatusCode;
use serde_json::{Value, json};

use super::{
    apply,
    managed_fields::Manager,
    patch,
    request::{Call, Request},
    response::{self, Refusal},
    selector::Selection,
    store::{Key, State, finalizers, is_deleting},
    strategy::{
        check_identity, check_uid, check_version, drop_nulls, now, restrict, restrict_new,
        set_generation, set_or_remove, system_metadata, text,
    },
};

type Outcome = Result<(StatusCode, Value), Refusal>;

/// Carries out any request but a watch.
pub fn carry_out(state: &mut State, call: &Call) -> Outcome {
    if call.is_dry_run() {
        return dispatch(&mut state.clone(), call);
    }
    dispatch(state, call)
}

fn dispatch(state: &mut State, call: &Call) -> Outcome {
    let request = &call.request;
    match (request.verb, request.subresource.as_str()) {
        (_, subresource) if !serves(request, subresource) => Err(Refusal::not_found(request)),
        ("get", _) => Ok((StatusCode::OK, existing(state, request)?)),
        ("list", _) => Ok((StatusCode::OK, list(state, call)?)),
        ("create", "") => create(state, call),
        ("update", _) => update(state, call),
        ("patch", _) if call.content_type == "application/apply-patch+yaml" => {
            server_side_apply(state, call)
        }
        ("patch", _) => patch(state, call),
        ("delete", "") => delete(state, call),
        ("deletecollection", "") => delete_collection(state, call),
        _ => Err(Refusal::method_not_allowed()),
    }
}

fn serves(request: &Request, subresource: &str) -> bool {
    subresource.is_empty() || (subresource == "status" && request.key("").is_custom())
}

/// Stores an object as a test wants it to be.
pub fn put(state: &mut State, mut object: Value) -> Value {
    let api_version = text(&object, "/apiVersion");
    let key = Key {
        group: api_version.rsplit_once('/').map(|(group, _)| group.to_owned()).unwrap_or_default(),
        resource: plural(&text(&object, "/kind")),
        namespace: text(&object, "/metadata/namespace"),
        name: text(&object, "/metadata/name"),
    };
    let live = state.object(&key).cloned();
    let system = match &live {
        Some(live) => live["metadata"].clone(),
        None => system_metadata(state, &key),
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
        time: now(),
    };
    apply::update(&live, &mut object, &manager);
    state.store(&key, object)
}

fn list(state: &State, call: &Call) -> Result<Value, Refusal> {
    let selection = Selection::of(call)?;
    let items: Vec<_> = selected(state, &selection).map(|(_, object)| object.clone()).collect();
    let kind = items.first().and_then(|item| item["kind"].as_str()).unwrap_or_default();
    Ok(json!({
        "apiVersion": call.api_version,
        "kind": format!("{kind}List"),
        "metadata": { "resourceVersion": state.version().to_string() },
        "items": items,
    }))
}

fn selected<'a>(
    state: &'a State,
    selection: &'a Selection,
) -> impl Iterator<Item = (&'a Key, &'a Value)> {
    state.objects().filter(|(key, object)| selection.covers(key) && selection.matches(object))
}

fn create(state: &mut State, call: &Call) -> Outcome {
    let mut object = call.object()?;
    if !text(&object, "/metadata/resourceVersion").is_empty() {
        return Err(Refusal::bad_request(
            "resourceVersion should not be set on objects to be created",
        ));
    }
    let prefix = text(&object, "/metadata/generateName");
    if text(&object, "/metadata/name").is_empty() && !prefix.is_empty() {
        let suffix = format!("{:032x}", state.digits());
        object["metadata"]["name"] = json!(format!("{prefix}{}", &suffix[..5]));
    }
    let name = text(&object, "/metadata/name");
    if name.is_empty() {
        return Err(Refusal::invalid(
            &call.request,
            "metadata.name",
            "name or generateName is required",
        ));
    }
    let key = call.request.key(&name);
    if state.object(&key).is_some() {
        return Err(Refusal::already_exists(&call.request, &name));
    }
    check_identity(call, &object, &name)?;
    restrict_new(&key, &mut object);
    apply::update(&json!({}), &mut object, &manager(call));
    Ok((StatusCode::CREATED, store_new(state, &key, object)))
}

fn update(state: &mut State, call: &Call) -> Outcome {
    let request = &call.request;
    let live = existing(state, request)?;
    let object = call.object()?;
    check_identity(call, &object, &request.name)?;
    let uid = text(&object, "/metadata/uid");
    if !uid.is_empty() && live["metadata"]["uid"] != uid {
        let why = format!(
            "Precondition failed: UID in precondition: {uid}, UID in object meta: {}",
            text(&live, "/metadata/uid")
        );
        return Err(Refusal::conflict(request, &why));
    }
    // Kinds that can be written by several parties insist on a version to compare with.
    let unconditional = !request.key("").is_custom() && request.resource != "leases";
    if text(&object, "/metadata/resourceVersion").is_empty() && !unconditional {
        let why = "Invalid value: 0: must be specified for an update";
        return Err(Refusal::invalid(request, "metadata.resourceVersion", why));
    }
    replace(state, call, &live, object)
}

fn patch(state: &mut State, call: &Call) -> Outcome {
    let live = existing(state, &call.request)?;
    let mut object = live.clone();
    match call.content_type.as_str() {
        "application/json-patch+json" => patch::json(&mut object, &call.body)?,
        "application/merge-patch+json" => patch::merge(&mut object, &call.body)?,
        other => return Err(Refusal::unsupported_media_type(other)),
    }
    check_identity(call, &object, &call.request.name)?;
    replace(state, call, &live, object)
}

/// Writes what an update or a patch has made of the live object.
fn replace(state: &mut State, call: &Call, live: &Value, mut object: Value) -> Outcome {
    check_version(&call.request, live, &object)?;
    restrict(&call.request, live, &mut object)?;
    apply::update(live, &mut object, &manager(call));
    Ok((StatusCode::OK, store_changed(state, call, live, object)?))
}

fn server_side_apply(state: &mut State, call: &Call) -> Outcome {
    let request = &call.request;
    if call.query("fieldManager").is_none() {
        return Err(Refusal::bad_request("fieldManager is required for apply patch"));
    }
    let mut config = call.object()?;
    check_identity(call, &config, &request.name)?;
    if config.pointer("/metadata/managedFields").is_some_and(|fields| !fields.is_null()) {
        return Err(Refusal::bad_request("metadata.managedFields must be nil"));
    }
    if config["apiVersion"] != call.api_version || text(&config, "/kind").is_empty() {
        return Err(Refusal::bad_request("apiVersion and kind must be set, and fit the URL"));
    }
    let manager = Manager { operation: "Apply", ..manager(call) };
    let key = request.key(&request.name);
    let Some(live) = state.object(&key).cloned() else {
        if !request.subresource.is_empty() {
            return Err(Refusal::not_found(request));
        }
        // A resourceVersion does not keep an apply from creating; a uid does.
        let uid = text(&config, "/metadata/uid");
        if !uid.is_empty() {
            let why = format!(
                "uid mismatch: the provided object specified uid {uid}, and no existing object \
                 was found"
            );
            return Err(Refusal::conflict(request, &why));
        }
        restrict_new(&key, &mut config);
        let nothing = json!({ "metadata": {} });
        let object = apply::apply(&nothing, &config, &manager, true)
            .map_err(|conflicts| Refusal::owned_by_others(request, &conflicts))?;
        return Ok((StatusCode::CREATED, store_new(state, &key, object)));
    };
    check_version(request, &live, &config)?;
    check_uid(request, &live, &config)?;
    // The part of the object that this endpoint does not write is nobody's business here.
    if let Some(members) = config.as_object_mut() {
        if request.subresource == "status" {
            members.retain(|name, _| name == "status");
        } else if key.is_custom() {
            members.remove("status");
        }
    }
    drop_nulls(&mut config["metadata"]);
    let mut object = apply::apply(&live, &config, &manager, call.is_set("force"))
        .map_err(|conflicts| Refusal::owned_by_others(request, &conflicts))?;
    let ownership = object["metadata"]["managedFields"].take();
    restrict(request, &live, &mut object)?;
    set_or_remove(&mut object["metadata"], "managedFields", ownership);
    Ok((StatusCode::OK, store_changed(state, call, &live, object)?))
}

fn delete(state: &mut State, call: &Call) -> Outcome {
    let request = &call.request;
    let live = existing(state, request)?;
    let options = if call.body.is_empty() { json!({}) } else { call.object()? };
    for (name, what) in [("uid", "UID"), ("resourceVersion", "ResourceVersion")] {
        let (wanted, found) = (&options["preconditions"][name], &live["metadata"][name]);
        if !wanted.is_null() && wanted != found {
            let why = format!(
                "Precondition failed: {what} in precondition: {wanted}, {what} in object meta: \
                 {found}"
            );
            return Err(Refusal::conflict(request, &why));
        }
    }
    Ok((StatusCode::OK, remove(state, request, &request.key(&request.name), live)))
}

fn delete_collection(state: &mut State, call: &Call) -> Outcome {
    let selection = Selection::of(call)?;
    let doomed: Vec<_> =
        selected(state, &selection).map(|(key, object)| (key.clone(), object.clone())).collect();
    let listed = list(state, call)?;
    for (key, object) in doomed {
        remove(state, &call.request, &key, object);
    }
    Ok((StatusCode::OK, listed))
}

/// Deletes an object, or marks it if finalizers hold it.
fn remove(state: &mut State, request: &Request, key: &Key, mut live: Value) -> Value {
    if finalizers(&live).is_empty() {
        state.remove(key);
        return response::deleted(request, &live["metadata"]["uid"]);
    }
    if is_deleting(&live) {
        return live;
    }
    live["metadata"]["deletionTimestamp"] = json!(now());
    live["metadata"]["deletionGracePeriodSeconds"] = json!(0);
    // The mark asks something else of the controllers than the spec did before.
    if let Some(generation) = live["metadata"]["generation"].as_i64() {
        live["metadata"]["generation"] = json!(generation + 1);
    }
    state.store(key, live)
}

fn existing(state: &State, request: &Request) -> Result<Value, Refusal> {
    let object = state.object(&request.key(&request.name));
    object.cloned().ok_or_else(|| Refusal::not_found(request))
}

fn store_new(state: &mut State, key: &Key, mut object: Value) -> Value {
    let system = system_metadata(state, key);
    if let (Some(metadata), Value::Object(system)) = (object["metadata"].as_object_mut(), system) {
        metadata.extend(system);
    }
    state.store(key, object)
}

fn store_changed(
    state: &mut State,
    call: &Call,
    live: &Value,
    mut object: Value,
) -> Result<Value, Refusal> {
    let key = call.request.key(&call.request.name);
    if object["kind"] != live["kind"] || object["apiVersion"] != live["apiVersion"] {
        return Err(Refusal::bad_request("apiVersion and kind of an object cannot be changed"));
    }
    set_generation(&key, live, &mut object);
    Ok(state.store(&key, object))
}

fn manager(call: &Call) -> Manager {
    Manager {
        name: call.request.field_manager.clone(),
        operation: "Update",
        subresource: call.request.subresource.clone(),
        api_version: call.api_version.clone(),
        time: now(),
    }
}

/// The resource name of a kind, by the rule that generators of definitions follow.
fn plural(kind: &str) -> String {
    let kind = kind.to_lowercase();
    match kind.as_bytes() {
        [.., b's' | b'x' | b'z'] | [.., b'c' | b's', b'h'] => format!("{kind}es"),
        [.., b'a' | b'e' | b'i' | b'o' | b'u', b'y'] => format!("{kind}s"),
        [stem @ .., b'y'] => format!("{}ies", String::from_utf8_lossy(stem)),
        _ => format!("{kind}s"),
    }
}
