//! The v4 calls on service tokens: list, search, get, issue, change, delete and resend.
//!
//! Paths and statuses of the specification, which calls an unknown token a bad request. Requests are
//! read in `token_request`; who can use a token is in the world.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::ServiceTokenId;

use super::{
    connection_view::{account, link, location},
    connections::is_dry_run,
    error::{FabricError, bad, checked_body, json_body, json_body_of, refuse},
    page::PageWindow,
    search::Search,
    searchable, token_request,
};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        clock::print,
        state::WorldState,
        tokens::{TokenRecord, TokenSide, TokenState},
        users::Organisation,
    },
};

const PATCH_TYPES: [&str; 2] = ["application/json-patch+json", "application/json"];

fn invalid() -> FabricError {
    FabricError::of(codes::INVALID)
}

fn all(state: &WorldState, caller: Caller) -> Vec<Value> {
    state.tokens(caller.0).map(|token| view(state, caller.0, token)).collect()
}

pub(super) fn list(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let page = match PageWindow::of_query(&request.query) {
        Ok(page) => page,
        Err(name) => return bad(state, FabricError::invalid(name, "must be a positive number")),
    };
    ApiResponse::ok(page.of(all(state, caller), "/fabric/v4/serviceTokens"))
}

/// The query and the body may both select a page; the query takes precedence.
pub(super) fn search(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let list = &searchable::TOKENS;
    let page = match PageWindow::of_query(&request.query) {
        Ok(page) => page,
        Err(name) => return bad(state, FabricError::invalid(name, "must be a positive number")),
    };
    let queried = ["offset", "limit"].iter().any(|name| request.query.get(name).is_some());
    let body = match json_body(state, request, FabricError::of(list.bad)) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let search = match Search::read(list, &body) {
        Ok(search) => search,
        Err(problem) => return bad(state, problem),
    };
    let mut found = search.pick(all(state, caller));
    request.listing.arrange(&mut found);
    let page = if queried { page } else { PageWindow::of_body(&body) };
    ApiResponse::ok(page.of(found, "/fabric/v4/serviceTokens/search"))
}

pub(super) fn get(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    match state.token(caller.0, id) {
        Some(token) => ApiResponse::ok(view(state, caller.0, token)),
        None => bad(state, FabricError::of(codes::TOKEN_UNKNOWN)),
    }
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
    let body = match json_body(state, request, invalid()) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let Some(id) = state.new_token_id() else {
        return bad(state, FabricError::of(codes::BROKEN));
    };
    let token = match token_request::issue(state, caller, id, body) {
        Ok(token) => token,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    let shown = view(state, caller.0, &token);
    if dry_run {
        return ApiResponse::ok(preview(shown));
    }
    state.issue_token(token);
    ApiResponse::new(StatusCode::CREATED, shown)
}

pub(super) fn patch(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let dry_run = match is_dry_run(request) {
        Ok(dry_run) => dry_run,
        Err(problem) => return bad(state, problem),
    };
    let body = match json_body_of(state, request, &PATCH_TYPES, invalid()) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let changed = unused(state, caller, id).and_then(|token| token_request::change(token, &body));
    let changed = match changed {
        Ok(changed) => changed,
        Err(problem) => return bad(state, problem),
    };
    let shown = view(state, caller.0, &changed);
    if !dry_run {
        state.replace_token(changed);
    }
    ApiResponse::ok(shown)
}

pub(super) fn delete(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    let deleted = match unused(state, caller, id) {
        Ok(token) => TokenRecord { state: TokenState::Deleted, ..token.clone() },
        Err(problem) => return bad(state, problem),
    };
    let shown = view(state, caller.0, &deleted);
    state.replace_token(deleted);
    ApiResponse::ok(shown)
}

/// `RESEND_EMAIL_NOTIFICATION`, the only action; no e-mail is sent.
pub(super) fn act(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    if let Err(response) = checked_body(state, request, "ServiceTokenActionRequest", invalid()) {
        return response;
    }
    match state.token(caller.0, id) {
        Some(token) => ApiResponse::new(StatusCode::ACCEPTED, view(state, caller.0, token)),
        None => bad(state, FabricError::of(codes::TOKEN_UNKNOWN)),
    }
}

/// A token that has not been used, nor deleted: only such a token can be changed or deleted.
fn unused<'a>(
    state: &'a WorldState,
    caller: Caller,
    id: &str,
) -> Result<&'a TokenRecord, FabricError> {
    let Some(token) = state.token(caller.0, id) else {
        return Err(FabricError::of(codes::TOKEN_UNKNOWN));
    };
    match token.state {
        TokenState::Inactive => Ok(token),
        TokenState::Active => Err(FabricError::invalid("/state", "the token is in use")),
        TokenState::Deleted => Err(FabricError::of(codes::TOKEN_DELETED)),
    }
}

/// A token that was not issued: without what only an issued one has.
fn preview(mut shown: Value) -> Value {
    if let Some(fields) = shown.as_object_mut() {
        for name in ["href", "uuid", "state", "changelog"] {
            fields.remove(name);
        }
    }
    shown
}

fn view(state: &WorldState, organisation: Organisation, token: &TokenRecord) -> Value {
    let base = &state.config.base_url;
    let id: &ServiceTokenId = &token.id;
    let now = state.clock.at(state.clock.now());
    let mut port = json!({
        "href": format!("{base}/fabric/v4/ports/{}", token.port),
        "type": "XF_PORT",
        "uuid": token.port.as_str(),
    });
    if let Some(known) = state.any_port(&token.port) {
        port["location"] = location(state, known.metro);
    }
    let access_points = json!({"accessPointSelectors": [{
        "type": "COLO",
        "port": port,
        "linkProtocol": link(token.link),
    }]});
    let mut connection = json!({
        "type": "EVPL_VC",
        "allowRemoteConnection": token.allows_remote,
        "allowCustomBandwidth": false,
    });
    match token.side {
        TokenSide::A => {
            connection["bandwidthLimit"] = json!(token.mbps.first());
            connection["aSide"] = access_points;
        }
        TokenSide::Z => {
            connection["supportedBandwidths"] = json!(token.mbps);
            connection["zSide"] = access_points;
        }
    }
    json!({
        "href": format!("{base}/fabric/v4/serviceTokens/{}", id.as_str()),
        "type": "VC_TOKEN",
        "uuid": id.as_str(),
        "name": token.name,
        "description": token.description,
        "state": match token.state {
            TokenState::Inactive if token.expired(now) => "EXPIRED",
            TokenState::Inactive => "INACTIVE",
            TokenState::Active => "ACTIVE",
            TokenState::Deleted => "DELETED",
        },
        "expirationDateTime": print(token.expires),
        "connection": connection,
        "notifications": [{"type": "ALL", "emails": token.emails}],
        "account": account(organisation),
        "changelog": {
            "createdBy": "john.doe@example.com",
            "createdDateTime": print(token.created),
        },
        "project": {"projectId": token.project},
    })
}
