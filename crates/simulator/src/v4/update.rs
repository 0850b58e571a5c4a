//! `PATCH /connections/{id}`: updates a v4 connection with one JSON Patch operation.
//!
//! The operations of the specification's examples, and the change of a Dot1q tag at
//! `/aSide/accessPoint/linkProtocols`, which the specification lacks and published clients send. AWS
//! keys are checked, but not kept.

use http::StatusCode;
use serde_json::{Map, Value, json};

use fabric_domain::{EquinixStatus, Flow, LinkProtocol, PortId, Vlan};

use super::{
    body_checker::{duplicate, encapsulation},
    connection_view, connections,
    error::{FabricError, bad, json_body_of},
    order::{MAX_EMAILS, MAX_MBPS, check_name, limits_names},
    schema,
};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        change::{Edit, Speed},
        draft::Destination,
        ledger::ApiDialect,
        line::Line,
        state::WorldState,
        state_tables::Exit,
    },
};

const MEDIA_TYPES: [&str; 2] = ["application/json-patch+json", "application/json"];
const TERMS: [u64; 4] = [1, 12, 24, 36];

/// A checked operation.
#[derive(Debug)]
enum ConnectionPatch {
    Edit(Edit),
    /// The buyer accepts an AWS connection.
    Acceptance,
}

pub(super) fn patch(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let dry_run = match connections::is_dry_run(request) {
        Ok(dry_run) => dry_run,
        Err(problem) => return bad(state, problem),
    };
    let invalid = FabricError::of(codes::INVALID);
    let body = match json_body_of(state, request, &MEDIA_TYPES, invalid) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    let Some(line) = state.line(caller.0, id) else {
        return connections::not_the_buyers(state, caller, id, codes::MAY_NOT);
    };
    if line.lifecycle.deprovisioned() {
        return bad(state, FabricError::of(codes::ALREADY_DELETED));
    }
    if connection_view::transient(line) || line.changing() {
        return bad(state, connections::transient());
    }
    let (patch, operation) = match read(state, line, &body) {
        Ok(read) => read,
        Err(problem) => return bad(state, problem),
    };
    if dry_run {
        return ApiResponse::ok(preview(state, line, &patch));
    }
    let id = line.id.clone();
    let edit = match patch {
        ConnectionPatch::Edit(edit) => edit,
        ConnectionPatch::Acceptance => {
            state.decide(&id, true, None);
            Edit::default()
        }
    };
    state.change(&id, ApiDialect::V4, edit, Some(operation));
    match connections::shown(state, caller.0, id.as_str()) {
        Some(body) => ApiResponse::new(StatusCode::ACCEPTED, body),
        None => connections::unknown(state, id.as_str()),
    }
}

/// The response to a dry run: the updated connection without states, as in the specification's
/// example.
fn preview(state: &WorldState, line: &Line, patch: &ConnectionPatch) -> Value {
    let mut updated = line.clone();
    if let ConnectionPatch::Edit(edit) = patch {
        edit.apply(&mut updated.draft);
    }
    let mut body =
        connection_view::connection(state, line.organisation, &updated, state.clock.now());
    if let Some(fields) = body.as_object_mut() {
        for name in ["state", "operation", "change"] {
            fields.remove(name);
        }
    }
    body
}

/// Reads and checks the operation of a body; returns it with the JSON that responses repeat.
fn read(
    state: &WorldState,
    line: &Line,
    body: &Value,
) -> Result<(ConnectionPatch, Value), FabricError> {
    let invalid = FabricError::of(codes::INVALID);
    let violations = schema::check("[]ConnectionChangeOperation", body);
    if !violations.is_empty() {
        return Err(invalid.because_of(violations));
    }
    let Some([operation]) = body.as_array().map(Vec::as_slice) else {
        return Err(invalid.because("", "must hold one operation"));
    };
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
    let (op, path) = (text("op"), text("path"));
    let value = operation.get("value").unwrap_or(&Value::Null);
    let edit = match (op, path) {
        ("replace", "/name") => name(line, value)?,
        ("replace", "/aSide/accessPoint/port/uuid") => a_port(state, line, value)?,
        ("replace", "/aSide/accessPoint/linkProtocols") => a_tag(state, line, value)?,
        ("replace", "/aSide/accessPoint") => {
            let property = "/aSide/accessPoint/virtualDevice/uuid";
            return Err(FabricError::invalid(property, "no such device, or not yours"));
        }
        ("replace", "/bandwidth") => bandwidth(state, line, value)?,
        ("replace", "/order/termLength") => term(value)?,
        ("replace", "/notifications") => notifications(value)?,
        ("add", "") => {
            keys(state, line, value)?;
            return Ok((ConnectionPatch::Acceptance, masked(value)));
        }
        _ => {
            let reason = format!("the operation {op} is not supported here");
            return Err(invalid.because(path, reason));
        }
    };
    Ok((ConnectionPatch::Edit(edit), operation.clone()))
}

fn name(line: &Line, value: &Value) -> Result<Edit, FabricError> {
    let name = value.as_str().unwrap_or_default();
    check_name(name, limits_names(&line.draft.destination))
        .map_err(|reason| FabricError::invalid("/name", reason))?;
    Ok(Edit { name: Some(name.to_owned()), ..Edit::default() })
}

/// Moves the A side to another port of the caller, with the tags that it has.
fn a_port(state: &WorldState, line: &Line, value: &Value) -> Result<Edit, FabricError> {
    const AT: &str = "/aSide/accessPoint/port/uuid";
    let Some(port) = state.port(line.organisation, value.as_str().unwrap_or_default()) else {
        return Err(FabricError::invalid(AT, "no such port, or not yours"));
    };
    if port.encapsulation.is_some_and(|stated| stated != encapsulation(line.draft.link)) {
        return Err(FabricError::invalid(AT, "the encapsulation of the port is another one"));
    }
    move_to(state, line, &port.id, line.draft.link)?;
    Ok(Edit { a_port: Some(port.id.clone()), ..Edit::default() })
}

/// Changes the tag at the A side, from one Dot1q tag to another.
fn a_tag(state: &WorldState, line: &Line, value: &Value) -> Result<Edit, FabricError> {
    const AT: &str = "/aSide/accessPoint/linkProtocols";
    if !matches!(line.draft.link, LinkProtocol::Dot1q(_)) {
        return Err(FabricError::invalid(AT, "only the tag of a DOT1Q connection can be changed"));
    }
    let number = value.get("vlanTag").and_then(Value::as_u64);
    let tag = number.and_then(|tag| u16::try_from(tag).ok()).and_then(|tag| Vlan::new(tag).ok());
    let Some(tag) = tag else {
        return Err(FabricError::invalid(&format!("{AT}/vlanTag"), "must be 2 to 4094"));
    };
    let tags = LinkProtocol::Dot1q(tag);
    move_to(state, line, &line.draft.port, tags)?;
    Ok(Edit { a_link: Some(tags), ..Edit::default() })
}

/// Checks that the A side of a connection in service can have these tags on this port.
fn move_to(
    state: &WorldState,
    line: &Line,
    port: &PortId,
    tags: LinkProtocol,
) -> Result<(), FabricError> {
    let stays = *port == line.draft.port && tags == line.draft.link;
    if !stays && state.tags_in_use(port, tags, state.clock.now()) {
        return Err(duplicate("/aSide/accessPoint/linkProtocol"));
    }
    if line.lifecycle.in_service() { Ok(()) } else { Err(connections::transient()) }
}

fn bandwidth(state: &WorldState, line: &Line, value: &Value) -> Result<Edit, FabricError> {
    let mbps = value.as_u64().and_then(|mbps| u32::try_from(mbps).ok()).unwrap_or(0);
    if !(1..=MAX_MBPS).contains(&mbps) {
        let reason = format!("must be an integer, 1 to {MAX_MBPS}");
        return Err(FabricError::invalid("/bandwidth", reason));
    }
    match &line.draft.destination {
        Destination::Profile(id) => {
            let profile = state.profile(id);
            if state.flow(&line.draft) == Flow::Aws {
                let reason = "the bandwidth of an AWS connection cannot be changed";
                return Err(FabricError::invalid("/bandwidth", reason));
            }
            if !profile.is_some_and(|profile| profile.sells(mbps)) {
                return Err(FabricError::of(codes::BANDWIDTH_NOT_SOLD));
            }
        }
        Destination::Token(id) => {
            let token = state.token_held(line.organisation, id.as_str());
            if !token.is_some_and(|token| token.mbps.contains(&mbps)) {
                return Err(FabricError::of(codes::ABOVE_TOKEN).at("/bandwidth"));
            }
        }
        Destination::Port { .. } | Destination::Invitation { .. } => {}
    }
    if !line.lifecycle.in_service() {
        return Err(connections::transient());
    }
    let speed = Speed { mbps, in_gigabits: false };
    Ok(Edit { speed: Some(speed), ..Edit::default() })
}

fn term(value: &Value) -> Result<Edit, FabricError> {
    match value.as_u64().filter(|months| TERMS.contains(months)) {
        Some(months) => Ok(Edit { term: Some(months), ..Edit::default() }),
        None => Err(FabricError::invalid("/order/termLength", format!("must be one of {TERMS:?}"))),
    }
}

fn notifications(value: &Value) -> Result<Edit, FabricError> {
    let violations = schema::check("[]SimplifiedNotification", value);
    if let Some(violation) = violations.into_iter().next() {
        return Err(FabricError::invalid(
            &format!("/notifications{}", violation.property),
            violation.reason,
        ));
    }
    let mut all = Vec::new();
    for list in value.as_array().into_iter().flatten() {
        let emails = list.get("emails").and_then(Value::as_array).into_iter().flatten();
        let emails: Vec<_> = emails.filter_map(Value::as_str).map(str::to_owned).collect();
        if emails.len() > MAX_EMAILS || !emails.iter().all(|email| email.contains('@')) {
            let reason = format!("must be 1 to {MAX_EMAILS} e-mail addresses");
            return Err(FabricError::invalid("/notifications", reason));
        }
        all.extend(emails);
    }
    if all.is_empty() {
        return Err(FabricError::invalid("/notifications", "must not be empty"));
    }
    Ok(Edit { notifications: Some((value.clone(), all)), ..Edit::default() })
}

/// Checks for the two AWS keys and nothing else. That AWS rejects them can be simulated with a
/// fault.
fn keys(state: &WorldState, line: &Line, value: &Value) -> Result<(), FabricError> {
    let wrong = |reason: &str| FabricError::invalid("/additionalInfo", reason);
    let given: Map<String, Value> = value
        .get("additionalInfo")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(|info| {
            let key = info.get("key")?.as_str()?.to_owned();
            Some((key, info.get("value").cloned().unwrap_or_default()))
        })
        .collect();
    let only = value.as_object().is_some_and(|fields| fields.len() == 1) && given.len() == 2;
    let filled = ["accessKey", "secretKey"].iter().all(|key| {
        given.get(*key).and_then(Value::as_str).is_some_and(|value| !value.trim().is_empty())
    });
    if !only || !filled {
        return Err(wrong("must hold accessKey and secretKey"));
    }
    let row = line.lifecycle.stage();
    let waits = row.exit == Exit::OnDecision && row.equinix == EquinixStatus::Provisioned;
    if !waits || state.flow(&line.draft) != Flow::Aws {
        return Err(wrong("the connection does not wait for its buyer"));
    }
    Ok(())
}

/// The operation with its secrets masked.
fn masked(value: &Value) -> Value {
    let info = value.get("additionalInfo").and_then(Value::as_array).into_iter().flatten();
    let info: Vec<Value> =
        info.map(|info| json!({"key": info.get("key"), "value": "***"})).collect();
    json!({"op": "add", "path": "", "value": {"additionalInfo": info}})
}
