//! The v4 calls on connections: create, get, search and delete. `update` changes them, `actions`
//! decides about them.
//!
//! Statuses of the published specification. Orders are checked in `order`.

use http::StatusCode;
use serde_json::Value;

use super::{
    connection_view,
    error::{FabricError, bad, json_body, refuse},
    order, schema,
    search::Search,
    searchable,
};
use crate::{
    catalogue::{DocumentedError, v4 as codes},
    messages::{ApiRequest, ApiResponse, Caller},
    world::{ledger::ApiDialect, line::Line, state::WorldState, users::Organisation},
};

/// Whether a request is a dry run: checked, but not carried out.
pub(super) fn is_dry_run(request: &ApiRequest<'_>) -> Result<bool, FabricError> {
    match request.query.get("dryRun") {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(FabricError::invalid("dryRun", "must be true or false")),
    }
}

/// The error for a connection that is in transition.
pub(super) fn transient() -> FabricError {
    FabricError::of(codes::TRANSIENT)
}

pub(super) fn create(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let dry_run = match is_dry_run(request) {
        Ok(dry_run) => dry_run,
        Err(problem) => return bad(state, problem),
    };
    let invalid = FabricError::of(codes::INVALID);
    let mut body = match json_body(state, request, invalid.clone()) {
        Ok(body) => body,
        Err(response) => return response,
    };
    lists(&mut body);
    let violations = schema::check("ConnectionPostRequest", &body);
    if !violations.is_empty() {
        return bad(state, invalid.because_of(violations));
    }
    let (draft, group) = match order::read(state, caller, &body) {
        Ok(order) => order,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    if dry_run {
        return ApiResponse::ok(connection_view::preview(state, caller.0, &draft));
    }
    let group = group.unwrap_or_else(|| state.new_group());
    let id = state.order(caller.0, ApiDialect::V4, draft, group);
    match id.and_then(|id| shown(state, caller.0, id.as_str())) {
        Some(body) => ApiResponse::new(StatusCode::CREATED, body),
        None => bad(state, FabricError::of(codes::BROKEN)),
    }
}

/// Makes lists of notifications and of addresses: one example of the specification has a single one
/// of each in their places.
fn lists(body: &mut Value) {
    let wrap = |value: &mut Value| {
        if value.is_object() || value.is_string() {
            *value = Value::Array(vec![value.take()]);
        }
    };
    let Some(notifications) = body.get_mut("notifications") else { return };
    wrap(notifications);
    for notification in notifications.as_array_mut().into_iter().flatten() {
        notification.get_mut("emails").into_iter().for_each(wrap);
    }
}

pub(super) fn shown(state: &mut WorldState, organisation: Organisation, id: &str) -> Option<Value> {
    let now = state.catch_up();
    let line = state.visible_line(organisation, id)?;
    Some(connection_view::connection(state, organisation, line, now))
}

pub(super) fn get(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    if let Some(direction) = request.query.get("direction")
        && !["INTERNAL", "INCOMING", "OUTGOING"].contains(&direction)
    {
        let problem = FabricError::invalid("direction", format!("Unexpected value '{direction}'"));
        return bad(state, problem);
    }
    match shown(state, caller.0, id) {
        Some(body) => ApiResponse::ok(body),
        None => unknown(state, id),
    }
}

/// The error for an unknown connection: an id of the right format "does not exist or does not
/// belong to the user", any other is not found.
pub(super) fn unknown(state: &mut WorldState, id: &str) -> ApiResponse {
    let well_formed = state.well_formed(id);
    bad(
        state,
        FabricError::of(if well_formed { codes::CONNECTION_UNKNOWN } else { codes::NOT_THERE }),
    )
}

/// The error for what only the buyer may do: `forbidden` for the seller, who sees the connection.
pub(super) fn not_the_buyers(
    state: &mut WorldState,
    caller: Caller,
    id: &str,
    forbidden: &'static DocumentedError,
) -> ApiResponse {
    if state.visible_line(caller.0, id).is_some() {
        bad(state, FabricError::of(forbidden))
    } else {
        unknown(state, id)
    }
}

pub(super) fn delete(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    state.catch_up();
    let Some(line) = state.line(caller.0, id) else {
        return not_the_buyers(state, caller, id, codes::MAY_NOT_DECIDE);
    };
    if line.lifecycle.deprovisioned() {
        return bad(state, FabricError::of(codes::ALREADY_DELETED));
    }
    if connection_view::transient(line) {
        return bad(state, transient());
    }
    let id = line.id.clone();
    state.cancel(&id, ApiDialect::V4);
    match shown(state, caller.0, id.as_str()) {
        Some(body) => ApiResponse::ok(body),
        None => unknown(state, id.as_str()),
    }
}

pub(super) fn search(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match json_body(state, request, FabricError::of(searchable::CONNECTIONS.bad)) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let search = match Search::read(&searchable::CONNECTIONS, &body) {
        Ok(search) => search,
        Err(problem) => return bad(state, problem),
    };
    let now = state.catch_up();
    let mine = |line: &Line| line.organisation == caller.0 || state.sells(caller.0, line);
    let lines = state.listed(request.listing, now, mine);
    let all =
        lines.iter().map(|line| connection_view::connection(state, caller.0, line, now)).collect();
    let mut found = search.pick(all);
    request.listing.arrange(&mut found);
    ApiResponse::ok(search.page(found, "/fabric/v4/connections/search"))
}
