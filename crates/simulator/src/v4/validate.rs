//! `POST /connections/validate`: whether an authorization key is valid, or a tag is free.
//!
//! Requests and responses of the specification's examples; there is one error for everything.
//! Nothing changes here.

use serde_json::{Value, json};

use fabric_domain::{Flow, LinkProtocol, Vlan};

use super::{
    connection_view,
    error::{FabricError, bad, checked_body},
    filter::FlatFilter,
    schema::PropertyError,
};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{keys, profile::ProfileRecord, seed::metro_of_key, state::WorldState},
};

const KEY: &str = "/zSide/accessPoint/authenticationKey";
const PROFILE: &str = "/zSide/accessPoint/profile/uuid";
const REGION: &str = "/zSide/accessPoint/sellerRegion";
const PORT: &str = "/zSide/accessPoint/port/uuid";
const TAG: &str = "/zSide/accessPoint/linkProtocol/vlanTag";
const S_TAG: &str = "/zSide/accessPoint/linkProtocol/vlanSTag";
const C_TAG: &str = "/zSide/accessPoint/linkProtocol/vlanCTag";

fn invalid() -> FabricError {
    FabricError::of(codes::KEY_REFUSED)
}

fn wrong<T>(property: &str, reason: &str) -> Result<T, PropertyError> {
    Err(PropertyError::new(property, reason))
}

pub(super) fn validate(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match checked_body(state, request, "ValidateRequest", invalid()) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    match check(state, caller, &body) {
        Ok(answer) => ApiResponse::ok(answer),
        Err(error) => bad(state, invalid().because_of(vec![error])),
    }
}

fn check(state: &WorldState, caller: Caller, body: &Value) -> Result<Value, PropertyError> {
    let filter = body.get("filter").unwrap_or(&Value::Null);
    let known = [KEY, PROFILE, REGION, PORT, TAG, S_TAG, C_TAG];
    let wanted = FlatFilter::read(filter, &known, &["="])?;
    match (wanted.one(KEY), wanted.one(PORT)) {
        (Some(key), None) => check_key(state, caller, &wanted, key),
        (None, Some(port)) => check_tag(state, caller, &wanted, port),
        _ => wrong("filter", "either a key or a port has to be given"),
    }
}

fn message(message: &str) -> Value {
    json!({"additionalInfo": [{"key": "message", "value": message}]})
}

fn check_key(
    state: &WorldState,
    caller: Caller,
    wanted: &FlatFilter<'_>,
    key: &str,
) -> Result<Value, PropertyError> {
    let Some(profile) = wanted.one(PROFILE).and_then(|id| state.profile_for(caller.0, id)) else {
        return wrong(PROFILE, "no such profile");
    };
    if !keys::is_plausible(profile, key) {
        return wrong(KEY, "is no key of this provider");
    }
    if metro_of_key(key)
        .is_some_and(|made_for| !profile.metros.iter().any(|p| p.code.as_str() == made_for))
    {
        return wrong(KEY, "was made for a metro that the profile is not in");
    }
    let regions = profile.regions();
    if wanted.one(REGION).is_some_and(|region| {
        !regions.is_empty() && !regions.iter().any(|known| known.key == region)
    }) {
        return wrong(REGION, "is no region of this provider");
    }
    let mut answer = message("Authorization key provided is valid");
    match profile.flow {
        Flow::Azure => {
            let remaining = remaining(state, profile, key);
            if remaining.is_empty() {
                return wrong(KEY, "all connections of this key exist");
            }
            answer["data"] = remaining.into();
        }
        Flow::Oracle => answer["data"] = json!([{"bandwidth": 1000}]),
        _ => {}
    }
    Ok(answer)
}

/// The connections that can still be ordered with an Azure key from Dot1q ports.
fn remaining(state: &WorldState, profile: &ProfileRecord, key: &str) -> Vec<Value> {
    let bandwidth = profile.definition.mbps.first().copied().unwrap_or(50);
    let metro = metro_of_key(key).or(profile.metros.first().map(|served| served.code.as_str()));
    keys::remaining(state, profile, key)
        .into_iter()
        .enumerate()
        .map(|(number, (peering, leg))| {
            json!({
                "bandwidth": bandwidth,
                "redundancy": {"priority": connection_view::priority(leg)},
                "zSide": {"accessPoint": {
                    "type": "COLO",
                    "port": {"type": "XF_PORT", "name": format!("Port-Name-{}", number + 1)},
                    "location": {"metroCode": metro},
                    "peeringType": peering.to_ascii_uppercase(),
                    "linkProtocol": {"type": "QINQ", "vlanSTag": 1003},
                }},
            })
        })
        .collect()
}

fn check_tag(
    state: &WorldState,
    caller: Caller,
    wanted: &FlatFilter<'_>,
    port: &str,
) -> Result<Value, PropertyError> {
    let Some(port) = state.port(caller.0, port) else {
        return wrong(PORT, "no such port, or not yours");
    };
    let tag = |property: &str| match wanted.one(property) {
        None => Ok(None),
        Some(text) => match text.parse().ok().and_then(|tag| Vlan::new(tag).ok()) {
            Some(tag) => Ok(Some(tag)),
            None => wrong(property, "must be 2 to 4094"),
        },
    };
    let link = match (tag(TAG)?, tag(S_TAG)?, tag(C_TAG)?) {
        (Some(tag), None, None) => LinkProtocol::Dot1q(tag),
        (None, Some(s_tag), c_tag) => LinkProtocol::Qinq { s_tag, c_tag },
        _ => return wrong(TAG, "either vlanTag, or vlanSTag and vlanCTag, has to be given"),
    };
    if state.tags_in_use(&port.id, link, state.clock.now()) {
        let property = if wanted.one(TAG).is_some() { TAG } else { S_TAG };
        return wrong(property, "is in use");
    }
    Ok(message("vlanTag(s) provided is available"))
}
