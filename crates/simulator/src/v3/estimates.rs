//! What v3 returns before an order: prices, and whether an authorization key is valid.
//!
//! Chapters "Get L2 Connection Price" and "GET L2 Validate Authorization Key". Neither has errors
//! of its own, so parameters earn those of an order. Nothing is ordered here.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::{Flow, MetroCode};

use super::{
    error::{Violation, refused},
    field_reader::malformed_port,
};
use crate::{
    catalogue::v3 as codes,
    messages::{ApiRequest, ApiResponse, Caller, Query},
    world::{
        keys,
        seed::{
            MetroRecord, PortRecord, metro_of_key,
            prices::{PriceRoute, TIERS},
        },
        state::WorldState,
    },
};

const REGIONS: [&str; 3] = ["AMER", "EMEA", "APAC"];

/// Reads query parameters and gathers their violations.
struct Parameters<'a> {
    query: &'a Query,
    violations: Vec<Violation>,
}

impl<'a> Parameters<'a> {
    fn of(request: &'a ApiRequest<'_>) -> Self {
        Self { query: &request.query, violations: Vec::new() }
    }

    /// A required parameter.
    fn needed(&mut self, name: &str) -> Option<&'a str> {
        let value = self.query.get(name).filter(|value| !value.is_empty());
        if value.is_none() {
            self.wrong("NotEmpty: must be given", name);
        }
        value
    }

    fn wrong(&mut self, more: &str, name: &str) {
        self.violations.push(Violation::field(more, name));
    }
}

fn known_metro<'a>(state: &'a WorldState, code: &str) -> Option<&'a MetroRecord> {
    state.metro(MetroCode::parse(code).ok()?)
}

/// Lists all tiers: the sample asks for two speeds, and its response has seven.
pub(super) fn prices(state: &WorldState, request: &ApiRequest<'_>, caller: Caller) -> ApiResponse {
    let mut parameters = Parameters::of(request);
    if request.query.all("customSpeeds").iter().any(|speed| speed.parse::<u32>().is_err()) {
        parameters.wrong("Range: must be a positive number", "customSpeeds");
    }
    let to = parameters.needed("destinationMetro");
    let id = parameters.needed("portUUID");
    let port = id.and_then(|id| state.port(caller.0, id));
    match id {
        Some(id) if !state.well_formed(id) => {
            parameters.violations.push(malformed_port(id, "portUUID"));
        }
        Some(_) if port.is_none() => {
            parameters.violations.push(Violation::of(codes::PORT_UNKNOWN).at("portUUID"));
        }
        Some(_) | None => {}
    }
    let route = to.zip(port).and_then(|(to, port)| route(state, port, to));
    if parameters.violations.is_empty() && route.is_none() {
        parameters.violations.push(Violation::of(codes::UNREACHED).at("destinationMetro"));
    }
    match route {
        Some(route) if parameters.violations.is_empty() => ApiResponse::ok(price_list(route)),
        _ => refused(StatusCode::BAD_REQUEST, &parameters.violations),
    }
}

/// From a port to a metro, if connections between them are possible.
fn route<'a>(state: &'a WorldState, port: &PortRecord, to: &str) -> Option<PriceRoute<'a>> {
    let (from, to) = (state.metro(port.metro)?, known_metro(state, to)?);
    state.reaches(from.code, to.code).then(|| PriceRoute::of(port, from, to))
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
    let mut parameters = Parameters::of(request);
    let key = parameters.needed("authorizationKey");
    let code = parameters.needed("metroCode");
    let metro = code.and_then(|code| known_metro(state, code));
    if code.is_some() && metro.is_none() {
        parameters.wrong("Invalid metro code", "metroCode");
    }
    let id = parameters.needed("profileId");
    if id.is_some_and(|id| !state.well_formed(id)) {
        parameters.wrong("ValidUUID: Invalid UUID", "profileId");
    }
    if parameters.needed("region").is_some_and(|region| !REGIONS.contains(&region)) {
        let more = "ValidEnum: Invalid value. Valid values are: [AMER, EMEA, APAC]";
        parameters.wrong(more, "region");
    }
    let violations = parameters.violations;
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
