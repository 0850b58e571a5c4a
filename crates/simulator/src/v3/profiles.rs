//! A seller's calls on v3 service profiles: create, update, delete, list and get; also the
//! validation of API integrations.
//!
//! "How to create a service profile?", "How to authorize a buyer …?" and the chapter "Layer 2
//! Seller APIs". Bodies are read in `profile_request`.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::ProfileId;

use super::{
    error::{Violation, bad, object, refused},
    listing, profile_request, views,
};
use crate::{
    catalogue::v3 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        profile::Approval,
        seed::{INTEGRATION_REGIONS, integration},
        state::WorldState,
    },
};

/// The organisation's id in the customer directory, as in the sample.
const CUSTOMER: &str = "0018000000S1BpZAAV";

pub(super) fn list(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    state.catch_up();
    let states = request.query.all("state");
    let mut content: Vec<Value> = state
        .profiles_of(caller.0)
        .filter(|profile| {
            let approval = profile.approval.on_v3();
            states.is_empty() || states.iter().any(|wanted| wanted.eq_ignore_ascii_case(approval))
        })
        .map(views::profile)
        .collect();
    request.listing.arrange(&mut content);
    listing::page(request, &content)
}

fn unknown() -> ApiResponse {
    refused(StatusCode::NOT_FOUND, &[Violation::of(codes::PROFILE_UNKNOWN)])
}

/// Deleted profiles stay readable.
pub(super) fn get(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    state.catch_up();
    match state.profile_of(caller.0, id) {
        Some(profile) => {
            let mut body = views::profile(profile);
            body["globalCustId"] = CUSTOMER.into();
            ApiResponse::ok(body)
        }
        None => unknown(),
    }
}

pub(super) fn create(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match object(request) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    match profile_request::read(state, caller.0, &body) {
        Ok(definition) => {
            let id = state.publish(caller.0, definition);
            ApiResponse::ok(json!({"uuid": id.as_ref().map(ProfileId::as_str)}))
        }
        Err(violations) => refused(StatusCode::BAD_REQUEST, &violations),
    }
}

/// The id of a profile that the caller sells and has not deleted.
fn mine(state: &WorldState, caller: Caller, id: &str) -> Option<ProfileId> {
    state
        .profile_of(caller.0, id)
        .filter(|profile| profile.approval != Approval::Deleted)
        .map(|profile| profile.id.clone())
}

/// The body has the id, not the path.
pub(super) fn replace(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match object(request) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    let id = match body.get("uuid").and_then(Value::as_str).filter(|id| !id.is_empty()) {
        None => return bad(Violation::field("NotEmpty: must be given", "uuid")),
        Some(id) if !state.well_formed(id) => {
            return bad(Violation::field("ValidUUID: Invalid UUID", "uuid"));
        }
        Some(id) => id,
    };
    let Some(id) = mine(state, caller, id) else { return unknown() };
    match profile_request::read(state, caller.0, &body) {
        Ok(mut definition) => {
            // What v3 has no fields for stays as it is.
            if let Some(profile) = state.profile(&id) {
                definition.auto_approves_bandwidth = profile.definition.auto_approves_bandwidth;
                definition.selective_redundancy = profile.definition.selective_redundancy;
                definition.echoed.clone_from(&profile.definition.echoed);
            }
            state.replace(&id, definition);
            ApiResponse::ok(json!({"uuid": id.as_str()}))
        }
        Err(violations) => refused(StatusCode::BAD_REQUEST, &violations),
    }
}

pub(super) fn delete(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    state.catch_up();
    let Some(id) = mine(state, caller, id) else { return unknown() };
    if state.in_use(&id) {
        return bad(Violation::field("Connections go through the service profile", "uuid"));
    }
    state.withdraw(&id);
    ApiResponse::ok(json!({
        "message": format!("UUID's [{id}] successfully deleted"),
        "status": "SUCCESS",
    }))
}

/// The document does not show the response for an unknown integration.
pub(super) fn validate_integration(id: &str) -> ApiResponse {
    let Some((redundancy, message)) = integration(id) else {
        return ApiResponse::ok(json!({
            "redundancy": "SINGLE",
            "message": "API integration ID is invalid",
            "state": "INVALID",
            "sellerRegions": [],
            "metadata": [],
        }));
    };
    let regions = INTEGRATION_REGIONS.iter().map(|(region, key, description)| {
        json!({
            "interconnectionRegion": region,
            "regionData": [{"key": key, "description": description}],
        })
    });
    ApiResponse::ok(json!({
        "redundancy": redundancy,
        "message": message,
        "state": "VALID",
        "sellerRegions": regions.collect::<Vec<_>>(),
        "metadata": [],
    }))
}
