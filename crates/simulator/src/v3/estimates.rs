//! What v3 returns before an order: prices, and whether an authorization key is valid.
//!
//! Chapters "Get L2 Connection Price" and "GET L2 Validate Authorization Key". Neither has errors
//! of its own, so parameters earn those of an order. Nothing is ordered here.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::{Flow, MetroCode};

use super::{
    error::{Violation, refused},
    field_reader,
};
use crate::{
    catalogue::v3 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        keys,
        seed::{
            MetroRecord, metro_of_key,
            prices::{PriceRoute, TIERS},
        },
        state::WorldState,
    },
};

const REGIONS: [&str; 3] = ["AMER", "EMEA", "APAC"];

/// A required query parameter.
fn needed<'a>(
    request: &'a ApiRequest<'_>,
    name: &str,
    violations: &mut Vec<Violation>,
) -> Option<&'a str> {
    let value = request.query.get(name).filter(|value| !value.is_empty());
    if value.is_none() {
        violations.push(Violation::field("NotEmpty: must be given", name));
    }
    value
}

fn known_metro<'a>(state: &'a WorldState, code: &str) -> Option<&'a MetroRecord> {
    state.metro(MetroCode::parse(code).ok()?)
}

fn unreached() -> Violation {
    Violation::of(codes::UNREACHED).at("destinationMetro")
}

/// Lists all tiers: the sample asks for two speeds, and its response has seven.
pub(super) fn prices(state: &WorldState, request: &ApiRequest<'_>, caller: Caller) -> ApiResponse {
    let mut violations = Vec::new();
    if request.query.all("customSpeeds").iter().any(|speed| speed.parse::<u32>().is_err()) {
        violations.push(Violation::field("Range: must be a positive number", "customSpeeds"));
    }
    let to = needed(request, "destinationMetro", &mut violations);
    let port = needed(request, "portUUID", &mut violations).and_then(|id| {
        let port = state.port(caller.0, id);
        if !state.well_formed(id) {
            violations.push(field_reader::malformed_port(id, "portUUID"));
        } else if port.is_none() {
            violations.push(Violation::of(codes::PORT_UNKNOWN).at("portUUID"));
        }
        port
    });
    let route = to.zip(port).and_then(|(to, port)| {
        let (from, to) = (state.metro(port.metro)?, known_metro(state, to)?);
        state.reaches(from.code, to.code).then(|| PriceRoute::of(port, from, to))
    });
    if violations.is_empty() && route.is_none() {
        violations.push(unreached());
    }
    match route {
        Some(route) if violations.is_empty() => ApiResponse::ok(price_list(route)),
        _ => refused(StatusCode::BAD_REQUEST, &violations),
    }
}

fn price_list(route: PriceRoute<'_>) -> Value {
    let list = |product: &str, kind: &str, price: &dyn Fn(usize) -> u32| {
        let tiers = TIERS.iter().enumerate();
        json!({
            "productName": product,
            "connectionType": kind,
            "prices": tiers.map(|(place, tier)| json!({
                "speedBillingTier": tier.to_string(),
                "price": amount(price(place)),
            })).collect::<Vec<_>>(),
        })
    };
    let mut lists = vec![list("ECX Fabric Service Provider Product", "localConnection", &|tier| {
        route.local(tier)
    })];
    if route.remote() {
        lists.push(list("ECX Fabric Remote Connection Product", "remoteConnection", &|tier| {
            route.price(tier)
        }));
    }
    json!({
        "currency": route.currency(),
        "originMetro": route.from.code.as_str(),
        "destinationMetro": route.to.code.as_str(),
        "priceList": lists,
    })
}

/// Zero is `0`, any other price has a decimal, as in the sample.
fn amount(price: u32) -> String {
    if price == 0 { "0".to_owned() } else { format!("{price}.0") }
}

/// An invalid key is no error; its response has no bandwidth in the document.
pub(super) fn validate_key(
    state: &WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let mut violations = Vec::new();
    let key = needed(request, "authorizationKey", &mut violations);
    let metro = needed(request, "metroCode", &mut violations).and_then(|code| {
        let metro = known_metro(state, code);
        if metro.is_none() {
            violations.push(Violation::field("Invalid metro code", "metroCode"));
        }
        metro
    });
    let id = needed(request, "profileId", &mut violations);
    if id.is_some_and(|id| !state.well_formed(id)) {
        violations.push(Violation::field("ValidUUID: Invalid UUID", "profileId"));
    }
    if needed(request, "region", &mut violations).is_some_and(|region| !REGIONS.contains(&region)) {
        violations.push(Violation::field(
            "ValidEnum: Invalid value. Valid values are: [AMER, EMEA, APAC]",
            "region",
        ));
    }
    let (Some(key), Some(metro), Some(id), true) = (key, metro, id, violations.is_empty()) else {
        return refused(StatusCode::BAD_REQUEST, &violations);
    };
    let Some(profile) = state.profile_for(caller.0, id) else {
        let violation = Violation::of(codes::PROFILE_UNKNOWN).at("profileId");
        return refused(StatusCode::NOT_FOUND, &[violation]);
    };
    let right_place = profile.is_in(metro.code)
        && metro_of_key(key).is_none_or(|made_for| made_for == metro.code.as_str());
    let used_up = profile.flow == Flow::Azure && keys::remaining(state, profile, key).is_empty();
    if !right_place || used_up || !keys::is_plausible(profile, key) {
        return ApiResponse::ok(json!({
            "message": "Authorization key provided is invalid",
            "status": "INVALID",
        }));
    }
    let bandwidth =
        json!({"bandwidth": format!("{}MB", profile.definition.mbps.first().unwrap_or(&50))});
    let mut body = json!({
        "message": "Authorization key provided is valid",
        "status": "VALID",
        "primary": bandwidth,
    });
    if profile.definition.requires_redundancy {
        body["secondary"] = bandwidth;
    }
    ApiResponse::ok(body)
}
