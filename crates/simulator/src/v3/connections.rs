//! The v3 calls on connections: create, get and delete. `update` changes them, `listing` lists
//! them.
//!
//! How an order is checked is for `order`.

use http::StatusCode;
use serde_json::json;

use super::{
    connection_view,
    error::{Violation, bad, object, refused},
    order,
};
use crate::{
    catalogue::v3 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{ledger::ApiDialect, state::WorldState},
};

pub(super) fn create(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match object(request) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let drafts = match order::read(state, caller, &body) {
        Ok(drafts) => drafts,
        Err(violations) => return refused(StatusCode::BAD_REQUEST, &violations),
    };
    // Both legs of a pair share one group; a single connection has one of its own.
    let group = state.new_group();
    let mut response = json!({"message": "Connection Saved Successfully"});
    for (draft, key) in drafts.into_iter().zip(["primaryConnectionId", "secondaryConnectionId"]) {
        if let Some(id) = state.order(caller.0, ApiDialect::V3, draft, group.clone()) {
            response[key] = id.as_str().into();
        }
    }
    ApiResponse::ok(response)
}

/// The sample response is a page, although it is about one connection. The table next to it lists
/// the connection's fields beside the page's, where the published v3 client reads them. So the
/// response has both.
pub(super) fn get(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    let now = state.catch_up();
    let Some(line) = state.line(caller.0, id) else {
        return bad(unknown(state, id));
    };
    let mut body = connection_view::connection(state, line, now);
    let content = json!([body]);
    for (name, value) in [
        ("isFirstPage", json!(true)),
        ("totalCount", json!(1)),
        ("isLastPage", json!(true)),
        ("pageSize", json!(20)),
        ("content", content),
        ("pageNumber", json!(0)),
    ] {
        body[name] = value;
    }
    ApiResponse::ok(body)
}

pub(super) fn delete(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    state.catch_up();
    let Some(line) = state.line(caller.0, id) else {
        return bad(unknown(state, id));
    };
    if line.lifecycle.deletion_started() {
        return bad(Violation::of(codes::ALREADY_DELETED));
    }
    let id = line.id.clone();
    state.cancel(&id, ApiDialect::V3);
    ApiResponse::ok(json!({
        "message": "Connection deleted Successfully",
        "primaryConnectionId": id.as_str(),
    }))
}

pub(super) fn unknown(state: &WorldState, id: &str) -> Violation {
    if state.well_formed(id) {
        Violation::of(codes::CONNECTION_UNKNOWN)
    } else {
        Violation::field("ValidUUID: Invalid UUID", "uuid")
    }
}
