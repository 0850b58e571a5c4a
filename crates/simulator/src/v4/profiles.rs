//! The v4 calls on service profiles: list, search, get, create, replace, patch and delete.
//!
//! Paths, statuses and errors of the specification; `ETag` has the version. Bodies are read in
//! `profile_request`.

use http::{StatusCode, header};
use serde_json::Value;

use fabric_domain::ProfileId;

use super::{
    error::{FabricError, bad, json_body, json_body_of, refuse},
    inventory,
    page::PageWindow,
    patch, profile_request,
    profile_view::{self, ViewPoint},
    schema, searchable,
};
use crate::{
    catalogue::{DocumentedError, v4 as codes},
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        profile::{Approval, ProfileDefinition, ProfileRecord},
        seed::is_uuid,
        state::WorldState,
    },
};

const PROFILE_TYPE: &str = "application/json; charset=UTF-8";
const PATCH_TYPES: [&str; 2] = ["application/json-patch+json", "application/json"];

/// The view point: buyers see all profiles that they can order from, sellers their own.
fn view_of(request: &ApiRequest<'_>) -> Result<ViewPoint, FabricError> {
    match request.query.get("viewPoint") {
        None | Some("" | "aSide") => Ok(ViewPoint::Buyer),
        Some("zSide") => Ok(ViewPoint::Seller),
        Some(other) => {
            Err(profile_request::invalid("viewPoint", format!("Unexpected value '{other}'")))
        }
    }
}

fn listed(state: &WorldState, caller: Caller, view: ViewPoint) -> Vec<Value> {
    let profiles: Vec<&ProfileRecord> = match view {
        ViewPoint::Buyer => state.profiles_for(caller.0).collect(),
        ViewPoint::Seller => state.profiles_of(caller.0).collect(),
    };
    profiles
        .into_iter()
        .filter(|profile| is_uuid(profile.id.as_str()))
        .map(|profile| profile_view::profile(state, caller.0, profile, view))
        .collect()
}

pub(super) fn list(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let view = match view_of(request) {
        Ok(view) => view,
        Err(problem) => return bad(state, problem),
    };
    let page = match PageWindow::of_query(&request.query) {
        Ok(page) => page,
        Err(name) => {
            return bad(state, profile_request::invalid(name, "must be a positive number"));
        }
    };
    state.catch_up();
    let mut profiles = listed(state, caller, view);
    request.listing.arrange(&mut profiles);
    let body = page.of(profiles, "/fabric/v4/serviceProfiles");
    ApiResponse { content_type: PROFILE_TYPE, ..ApiResponse::ok(body) }
}

pub(super) fn search(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let view = match view_of(request) {
        Ok(view) => view,
        Err(problem) => return bad(state, problem),
    };
    state.catch_up();
    let all = listed(state, caller, view);
    let path = "/fabric/v4/serviceProfiles/search";
    match inventory::searched(state, request, &searchable::PROFILES, all, path) {
        Ok(response) => ApiResponse { content_type: PROFILE_TYPE, ..response },
        Err(response) => response,
    }
}

/// Whether a caller may read a profile.
enum ReadAccess<'a> {
    Yes(&'a ProfileRecord),
    Forbidden,
    Unknown,
}

/// Sellers can read their profiles in all states; others can read those that they may order from,
/// even when they are deleted.
fn readable<'a>(state: &'a WorldState, caller: Caller, id: &str) -> ReadAccess<'a> {
    let Some(profile) = state.profiles.iter().find(|profile| profile.id.as_str() == id) else {
        return ReadAccess::Unknown;
    };
    match profile.approval {
        _ if state.owns(caller.0, profile) => ReadAccess::Yes(profile),
        Approval::Approved | Approval::Deleted if state.admits(caller.0, profile) => {
            ReadAccess::Yes(profile)
        }
        Approval::Approved | Approval::Deleted => ReadAccess::Forbidden,
        Approval::Pending | Approval::Rejected => ReadAccess::Unknown,
    }
}

/// The response with a profile and its version.
fn shown(
    state: &WorldState,
    caller: Caller,
    profile: &ProfileRecord,
    view: ViewPoint,
    status: StatusCode,
) -> ApiResponse {
    let body = profile_view::profile(state, caller.0, profile, view);
    let etag = Some(profile.version);
    ApiResponse { content_type: PROFILE_TYPE, etag, ..ApiResponse::new(status, body) }
}

/// The error for an unknown profile: the specification has no 404 for reads.
fn unreadable(state: &mut WorldState) -> ApiResponse {
    refuse(state, StatusCode::BAD_REQUEST, vec![FabricError::of(codes::PROFILE_ID)])
}

pub(super) fn get(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let view = match view_of(request) {
        Ok(view) => view,
        Err(problem) => return bad(state, problem),
    };
    state.catch_up();
    match readable(state, caller, id) {
        ReadAccess::Yes(profile) => shown(state, caller, profile, view, StatusCode::OK),
        ReadAccess::Forbidden => bad(state, FabricError::of(codes::MAY_NOT_READ_PROFILE)),
        ReadAccess::Unknown => unreadable(state),
    }
}

pub(super) fn metros(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let page = match PageWindow::of_query(&request.query) {
        Ok(page) => page,
        Err(name) => {
            return bad(state, profile_request::invalid(name, "must be a positive number"));
        }
    };
    state.catch_up();
    match readable(state, caller, id) {
        ReadAccess::Yes(profile) => {
            let metros = profile.metros.iter();
            let metros = metros.map(|served| profile_view::metro(state, served)).collect();
            ApiResponse::ok(page.of(metros, &format!("/fabric/v4/serviceProfiles/{id}/metros")))
        }
        ReadAccess::Forbidden => bad(state, FabricError::of(codes::MAY_NOT_READ_PROFILE)),
        ReadAccess::Unknown => unreadable(state),
    }
}

pub(super) fn create(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match json_body(state, request, FabricError::of(codes::PROFILE_VALUE)) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    let definition = match profile_request::read(state, caller.0, &body) {
        Ok(definition) => definition,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    let id = state.publish(caller.0, definition);
    match id.as_ref().and_then(|id| state.profile(id)) {
        Some(profile) => shown(state, caller, profile, ViewPoint::Seller, StatusCode::CREATED),
        None => bad(state, FabricError::of(codes::PROFILES_BROKEN)),
    }
}

/// The id of a profile that the caller may change, or the error: `forbidden` for other sellers'
/// ones.
fn mine(
    state: &mut WorldState,
    caller: Caller,
    id: &str,
    forbidden: &'static DocumentedError,
) -> Result<ProfileId, ApiResponse> {
    state.catch_up();
    if let Some(profile) = state.profile_of(caller.0, id)
        && profile.approval != Approval::Deleted
    {
        return Ok(profile.id.clone());
    }
    let problem = match readable(state, caller, id) {
        ReadAccess::Yes(profile) if !state.owns(caller.0, profile) => forbidden,
        ReadAccess::Forbidden => forbidden,
        ReadAccess::Yes(_) | ReadAccess::Unknown => codes::PROFILE_ID,
    };
    Err(bad(state, FabricError::of(problem)))
}

/// Checks `If-Match`. The specification requires it, calls it "conditional request" and lists only
/// the status 400. So a missing header is a bad request; for a stale version only HTTP has a
/// status: 412. Clients send the tag with and without quotes.
fn unmatched(request: &ApiRequest<'_>, version: u32) -> Option<(StatusCode, FabricError)> {
    let given = request.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let Some(given) = given.filter(|given| !given.trim().is_empty()) else {
        return Some((
            StatusCode::BAD_REQUEST,
            profile_request::invalid("If-Match", "is required"),
        ));
    };
    let current = version.to_string();
    let mut tags = given.split(',').map(str::trim);
    let matches = tags.any(|tag| tag == "*" || tag.trim_matches('"') == current);
    (!matches).then(|| {
        let reason = "is not the tag of the current version";
        (StatusCode::PRECONDITION_FAILED, profile_request::invalid("If-Match", reason))
    })
}

pub(super) fn replace(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let body = match json_body(state, request, FabricError::of(codes::PROFILE_VALUE)) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let id = match mine(state, caller, id, codes::MAY_NOT_UPDATE_PROFILE) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let version = state.profile(&id).map_or(0, |profile| profile.version);
    if let Some((status, problem)) = unmatched(request, version) {
        return refuse(state, status, vec![problem]);
    }
    rewrite(state, caller, &id, &body, StatusCode::ACCEPTED)
}

/// Replaces the definition of a profile with that of a body.
fn rewrite(
    state: &mut WorldState,
    caller: Caller,
    id: &ProfileId,
    body: &Value,
    status: StatusCode,
) -> ApiResponse {
    let approval = state.profile(id).map(|profile| profile.approval.on_v4());
    if let Some(wanted) = body.get("state").and_then(Value::as_str)
        && Some(wanted) != approval
    {
        return bad(state, FabricError::of(codes::STATE_FIXED).at("/state"));
    }
    if body.get("type").and_then(Value::as_str).is_some_and(|kind| kind != "L2_PROFILE") {
        return bad(state, FabricError::of(codes::TYPE_FIXED).at("/type"));
    }
    let definition: ProfileDefinition = match profile_request::read(state, caller.0, body) {
        Ok(definition) => definition,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    state.replace(id, definition);
    match state.profile(id) {
        Some(profile) => shown(state, caller, profile, ViewPoint::Seller, status),
        None => bad(state, FabricError::of(codes::PROFILES_BROKEN)),
    }
}

pub(super) fn amend(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let invalid = FabricError::of(codes::PROFILE_VALUE);
    let body = match json_body_of(state, request, &PATCH_TYPES, invalid) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let violations = schema::check("[]ProfilePatchOperation", &body);
    if let Some(violation) = violations.into_iter().next() {
        return bad(state, profile_request::invalid(&violation.property, violation.reason));
    }
    let id = match mine(state, caller, id, codes::MAY_NOT_UPDATE_PROFILE) {
        Ok(id) => id,
        Err(response) => return response,
    };
    let mut wanted = state
        .profile(&id)
        .map(|profile| profile_view::as_request(&profile.definition))
        .unwrap_or_default();
    match patch::apply(&mut wanted, &body) {
        Ok(()) => rewrite(state, caller, &id, &wanted, StatusCode::OK),
        Err(path) => bad(state, profile_request::invalid(&path, "nothing is there")),
    }
}

pub(super) fn delete(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    let profile = match mine(state, caller, id, codes::MAY_NOT_DELETE_PROFILE) {
        Ok(profile) => profile,
        Err(response) if response.status == StatusCode::FORBIDDEN => return response,
        // An id of another format is not found; a UUID of no profile does not exist.
        Err(_) if is_uuid(id) => return bad(state, FabricError::of(codes::PROFILE_GONE)),
        Err(response) => return response,
    };
    if state.in_use(&profile) {
        let problem = FabricError::of(codes::PROFILE_STATE);
        return bad(state, problem.for_reason("uuid", "connections go through the profile"));
    }
    state.withdraw(&profile);
    match state.profile(&profile) {
        Some(profile) => shown(state, caller, profile, ViewPoint::Seller, StatusCode::OK),
        None => bad(state, FabricError::of(codes::PROFILES_BROKEN)),
    }
}

/// Only users of Equinix may approve or reject a profile.
pub(super) fn act(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let body = match json_body(state, request, FabricError::of(codes::PROFILE_VALUE)) {
        Ok(body) => body,
        Err(response) => return response,
    };
    if let Some(violation) = schema::check("ServiceProfileActionRequest", &body).into_iter().next()
    {
        return bad(state, profile_request::invalid(&violation.property, violation.reason));
    }
    match mine(state, caller, id, codes::MAY_NOT_UPDATE_PROFILE) {
        Ok(_) => bad(state, FabricError::of(codes::MAY_NOT_UPDATE_PROFILE)),
        Err(response) => response,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_with_and_without_quotes() {
        let review_profile = |header: Option<&str>| {
            let mut headers = ::http::HeaderMap::new();
            if let Some(text) = header {
                headers.insert(header::IF_MATCH, text.parse().unwrap());
            }
            let request = ApiRequest {
                method: &::http::Method::PUT,
                path: "",
                query: crate::messages::Query::parse(""),
                headers: &headers,
                body: &[],
                listing: <_>::default(),
            };
            unmatched(&request, 3).map(|(status, _)| status.as_u16())
        };
        for fine in ["3", "\"3\"", "*", "\"1\", \"3\""] {
            assert_eq!(review_profile(Some(fine)), None, "{fine}");
        }
        assert_eq!(review_profile(None), Some(400));
        assert_eq!(review_profile(Some("\"2\"")), Some(412));
        assert_eq!(review_profile(Some("W/\"3\"")), Some(412), "weak tags never match");
    }
}
