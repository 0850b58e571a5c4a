//! `PATCH connections/{id}?action=` on v3: updates a connection, accepts or rejects it.
//!
//! The buyer accepts at AWS ("Step 3: Accept Connection"); sellers' decisions are in `decision`. No
//! chapter describes updates; they are what the published v3 client sends. AWS keys are checked,
//! but not kept.

use http::StatusCode;
use serde_json::{Map, Value, json};

use fabric_domain::{ConnectionId, EquinixStatus, Flow};

use super::{
    connections, decision,
    error::{Violation, bad, object, refused},
    field_reader,
};
use crate::{
    catalogue::v3 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        change::{Edit, Speed},
        ledger::ApiDialect,
        line::Line,
        state::WorldState,
        state_tables::Exit,
    },
};

/// The `action` of the query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PatchAction {
    Approve,
    Reject,
    Update,
}

/// Case is ignored: the published client sends `update`, but `Approve`.
fn action(request: &ApiRequest<'_>) -> Result<PatchAction, Violation> {
    match request.query.get("action").map(str::to_ascii_lowercase).as_deref() {
        Some("approve") => Ok(PatchAction::Approve),
        Some("reject") => Ok(PatchAction::Reject),
        Some("update") => Ok(PatchAction::Update),
        None | Some("") => Err(Violation::field("NotEmpty: must be given", "action")),
        Some(_) => Err(Violation::field(
            "ValidEnum: Invalid value. Valid values are: [Approve, Reject, Update]",
            "action",
        )),
    }
}

pub(super) fn patch(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let action = match action(request) {
        Ok(action) => action,
        Err(violation) => return bad(violation),
    };
    let body = match object(request) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    match action {
        PatchAction::Update => change(state, caller, id, &body),
        PatchAction::Approve => decide(state, caller, id, true, &body),
        PatchAction::Reject => decide(state, caller, id, false, &body),
    }
}

fn change(
    state: &mut WorldState,
    caller: Caller,
    id: &str,
    body: &Map<String, Value>,
) -> ApiResponse {
    let Some(line) = state.line(caller.0, id) else {
        return bad(connections::unknown(state, id));
    };
    if line.lifecycle.deletion_started() {
        return bad(Violation::of(codes::ALREADY_DELETED));
    }
    let edit = match update(state, line, body) {
        Ok(edit) => edit,
        Err(violations) => return refused(StatusCode::BAD_REQUEST, &violations),
    };
    let id = line.id.clone();
    if edit != Edit::default() {
        state.change(&id, ApiDialect::V3, edit, None);
    }
    let mut answer = updated(&id);
    answer["status"] = "submitted".into();
    ApiResponse::ok(answer)
}

fn updated(id: &ConnectionId) -> Value {
    json!({"message": "updated connection successfully", "primaryConnectionId": id.as_str()})
}

/// At AWS the buyer accepts. Elsewhere the seller decides, who may be the buyer, too.
fn decide(
    state: &mut WorldState,
    caller: Caller,
    id: &str,
    accepts: bool,
    body: &Map<String, Value>,
) -> ApiResponse {
    let Some(line) = state.visible_line(caller.0, id) else {
        return bad(connections::unknown(state, id));
    };
    let id = line.id.clone();
    let buys = line.organisation == caller.0;
    if state.sells(caller.0, line) && !(buys && state.flow(&line.draft) == Flow::Aws) {
        return match decision::read(state, caller, line, accepts, body) {
            Ok(decision) => ApiResponse::ok(decision::carry_out(state, &id, decision)),
            Err(violations) => refused(StatusCode::BAD_REQUEST, &violations),
        };
    }
    if line.lifecycle.deletion_started() {
        return bad(Violation::of(codes::ALREADY_DELETED));
    }
    if let Err(violations) = accept(state, line, body) {
        return refused(StatusCode::BAD_REQUEST, &violations);
    }
    state.decide(&id, accepts, None);
    let mut answer = updated(&id);
    if !accepts {
        answer["message"] = "Action successfully performed".into();
    }
    ApiResponse::ok(answer)
}

fn unrecognized(body: &Map<String, Value>, known: &[&str]) -> Vec<Violation> {
    let names = body.keys().filter(|name| !known.contains(&name.as_str()));
    names.map(|name| Violation::field("Unrecognized field", name)).collect()
}

/// The keys are required. That AWS rejects them can be simulated with a fault.
fn accept(
    state: &WorldState,
    line: &Line,
    body: &Map<String, Value>,
) -> Result<(), Vec<Violation>> {
    let keys = ["accessKey", "secretKey"];
    let mut violations = unrecognized(body, &keys);
    for key in keys {
        if body.get(key).and_then(Value::as_str).is_none_or(|value| value.trim().is_empty()) {
            violations.push(Violation::field("NotEmpty: must be given", key));
        }
    }
    let waits = line.lifecycle.stage().exit == Exit::OnDecision;
    if !waits || state.flow(&line.draft) != Flow::Aws {
        violations.push(Violation::field("The connection does not wait for its buyer", "uuid"));
    }
    if violations.is_empty() { Ok(()) } else { Err(violations) }
}

/// A speed without a unit, or a unit without a speed, is ignored.
fn update(
    state: &WorldState,
    line: &Line,
    body: &Map<String, Value>,
) -> Result<Edit, Vec<Violation>> {
    let mut violations = unrecognized(body, &["connectionNewName", "speed", "speedUnit"]);
    let mut edit = Edit::default();
    match body.get("connectionNewName") {
        None | Some(Value::Null) => {}
        Some(Value::String(name)) if name.is_empty() => {}
        Some(Value::String(name)) => {
            violations.extend(
                field_reader::name_faults(name, "Connection")
                    .into_iter()
                    .map(|more| Violation::field(more, "connectionNewName")),
            );
            edit.name = Some(name.clone());
        }
        Some(_) => {
            violations.push(Violation::field("Type: must be a string", "connectionNewName"));
        }
    }
    let given = |name: &str| body.get(name).filter(|value| !value.is_null());
    if let (Some(speed), Some(unit)) = (given("speed"), given("speedUnit")) {
        match field_reader::speed(speed, unit) {
            Ok(mbps) => {
                let speed = Speed { mbps, in_gigabits: unit == "GB" };
                violations.extend(speed_fault(state, line, speed));
                edit.speed = Some(speed);
            }
            Err(violation) => violations.push(violation),
        }
    }
    if edit != Edit::default() && line.changing() {
        violations.push(Violation::field("An update of the connection is in progress", "uuid"));
    } else if edit != Edit::default() && !settled(line, &edit) {
        violations.push(Violation::field("The connection cannot be updated now", "uuid"));
    }
    if violations.is_empty() { Ok(edit) } else { Err(violations) }
}

/// Whether the state of a connection allows this update.
fn settled(line: &Line, edit: &Edit) -> bool {
    let named = [EquinixStatus::Provisioned, EquinixStatus::PendingApproval];
    if edit.speed.is_some() {
        line.lifecycle.in_service()
    } else {
        named.contains(&line.lifecycle.stage().equinix)
    }
}

/// By the published client's documentation, only Azure, Google, Oracle and enterprise connections
/// can change their speed.
fn speed_fault(state: &WorldState, line: &Line, speed: Speed) -> Option<Violation> {
    let profile = line.profile().and_then(|id| state.profile(id));
    match state.flow(&line.draft) {
        Flow::Azure | Flow::Google | Flow::Oracle | Flow::Seller => {
            let sold = profile.is_some_and(|profile| profile.sells(speed.mbps));
            (!sold)
                .then(|| Violation::field("Speed is not supported by the service profile", "speed"))
        }
        Flow::Aws | Flow::Own | Flow::Token | Flow::Invitation => {
            Some(Violation::field("Speed of this connection cannot be changed", "speed"))
        }
    }
}
