//! `POST /prices/search`: monthly prices of connections, the same that v3 returns.
//!
//! Properties of the specification's examples for connections from ports. Other products have no
//! prices here.

use serde_json::{Value, json};

use fabric_domain::MetroCode;

use super::{
    connection_view::account,
    error::{FabricError, bad, checked_body},
    filter::FlatFilter,
    page::PageWindow,
    schema::PropertyError,
};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{
        seed::{
            MetroRecord,
            prices::{PriceRoute, TIERS, tier},
        },
        state::WorldState,
        users::Organisation,
    },
};

const PRODUCT_TYPE: &str = "/type";
const CONNECTION_TYPE: &str = "/connection/type";
const UUID: &str = "/connection/uuid";
const MBPS: &str = "/connection/bandwidth";
const A_SIDE_TYPE: &str = "/connection/aSide/accessPoint/type";
const PORT: &str = "/connection/aSide/accessPoint/port/uuid";
const FROM: &str = "/connection/aSide/accessPoint/location/metroCode";
const BUYOUT: &str = "/connection/aSide/accessPoint/port/settings/buyout";
const Z_SIDE_TYPE: &str = "/connection/zSide/accessPoint/type";
const TO: &str = "/connection/zSide/accessPoint/location/metroCode";
const PROFILE: &str = "/connection/zSide/accessPoint/profile/uuid";
const KNOWN: [&str; 14] = [
    PRODUCT_TYPE,
    CONNECTION_TYPE,
    UUID,
    MBPS,
    A_SIDE_TYPE,
    PORT,
    FROM,
    BUYOUT,
    Z_SIDE_TYPE,
    TO,
    PROFILE,
    "/connection/zSide/accessPoint/port/uuid",
    "/account/accountNumber",
    "/termLength",
];

fn invalid() -> FabricError {
    FabricError::of(codes::PRICES_INVALID)
}

fn wrong<T>(property: &str, reason: &str) -> Result<T, PropertyError> {
    Err(PropertyError::new(property, format!("{property} {reason}")))
}

/// A connection to be priced.
#[derive(Debug)]
struct PriceQuery<'a> {
    uuid: Option<&'a str>,
    route: PriceRoute<'a>,
    bandwidths: Vec<u32>,
    z_side_type: &'a str,
    profile: Option<&'a str>,
}

pub(super) fn search(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let body = match checked_body(state, request, "FilterBody", invalid()) {
        Ok(body) => body,
        Err(response) => return response,
    };
    state.catch_up();
    match found(state, caller, &body) {
        Ok(prices) => ApiResponse::ok(PageWindow::first().of(prices, "/fabric/v4/prices/search")),
        Err(error) => bad(state, invalid().because_of(vec![error])),
    }
}

/// Whether a filter selects something that has no price here: another product, type of connection
/// or type of A side.
fn has_no_price(filter: &Value) -> bool {
    let parts = filter.get("and").and_then(Value::as_array).map(Vec::as_slice);
    parts.unwrap_or(std::slice::from_ref(filter)).iter().any(|part| {
        let sold = match part.get("property").and_then(Value::as_str) {
            Some(PRODUCT_TYPE) => "VIRTUAL_CONNECTION_PRODUCT",
            Some(CONNECTION_TYPE) => "EVPL_VC",
            Some(A_SIDE_TYPE) => "COLO",
            _ => return false,
        };
        let values = part.get("values").and_then(Value::as_array);
        values.is_some_and(|values| !values.iter().any(|value| value == sold))
    })
}

/// A single `or` around the whole filter separates alternatives.
fn found(state: &WorldState, caller: Caller, body: &Value) -> Result<Vec<Value>, PropertyError> {
    let filter = body.get("filter").unwrap_or(&Value::Null);
    let alternatives = match filter.get("or").and_then(Value::as_array) {
        Some(parts) => parts.iter().collect(),
        None => vec![filter],
    };
    let mut prices = Vec::new();
    for alternative in alternatives.into_iter().filter(|filter| !has_no_price(filter)) {
        let wanted = FlatFilter::read(alternative, &KNOWN, &["=", "IN"])?;
        if let Some(priced) = priced(state, caller, &wanted)? {
            prices.extend(
                priced
                    .bandwidths
                    .iter()
                    .filter_map(|mbps| Some(price(&priced, *mbps, tier(*mbps)?, caller.0))),
            );
        }
    }
    Ok(prices)
}

fn metro<'a>(
    state: &'a WorldState,
    wanted: &FlatFilter<'_>,
    property: &str,
) -> Result<Option<&'a MetroRecord>, PropertyError> {
    let Some(code) = wanted.one(property) else { return Ok(None) };
    match MetroCode::parse(code).ok().and_then(|code| state.metro(code)) {
        Some(metro) => Ok(Some(metro)),
        None => wrong(property, "has invalid format"),
    }
}

/// Reads what to price; nothing if such a connection is impossible.
fn priced<'a>(
    state: &'a WorldState,
    caller: Caller,
    wanted: &FlatFilter<'a>,
) -> Result<Option<PriceQuery<'a>>, PropertyError> {
    // "Either uuid or rest of attributes are required."
    if wanted.one(PRODUCT_TYPE).is_none() && wanted.one(UUID).is_none() {
        return wrong(PRODUCT_TYPE, "is required");
    }
    if let Some(id) = wanted.one(UUID) {
        let Some(line) = state.line(caller.0, id) else {
            return wrong(UUID, "is not one of your connections");
        };
        let route = state.port_of(line).and_then(|port| {
            Some(PriceRoute::of(port, state.metro(port.metro)?, state.metro(line.draft.metro)?))
        });
        return Ok(route.map(|route| PriceQuery {
            uuid: Some(id),
            route,
            bandwidths: vec![line.draft.mbps],
            z_side_type: if line.profile().is_some() { "SP" } else { "COLO" },
            profile: line.profile().map(fabric_domain::ProfileId::as_str),
        }));
    }
    let Some(to) = metro(state, wanted, TO)? else { return wrong(TO, "is required") };
    let route = match (wanted.one(PORT), metro(state, wanted, FROM)?) {
        (Some(id), _) => match state.port(caller.0, id) {
            Some(port) => state.metro(port.metro).map(|from| PriceRoute::of(port, from, to)),
            None => return wrong(PORT, "is not one of your ports"),
        },
        (None, Some(from)) => {
            let buyout = match wanted.one(BUYOUT) {
                None | Some("false") => false,
                Some("true") => true,
                Some(_) => return wrong(BUYOUT, "has invalid format"),
            };
            Some(PriceRoute { from, to, buyout })
        }
        (None, None) => return wrong(FROM, "is required"),
    };
    let profile = wanted.one(PROFILE);
    if profile.is_some_and(|id| state.profile_for(caller.0, id).is_none()) {
        return wrong(PROFILE, "is no service profile");
    }
    let mut bandwidths = Vec::new();
    for text in wanted.all(MBPS) {
        match text.parse::<u32>().ok().filter(|mbps| *mbps > 0 && tier(*mbps).is_some()) {
            Some(mbps) => bandwidths.push(mbps),
            None => return wrong(MBPS, "has invalid format"),
        }
    }
    if bandwidths.is_empty() {
        bandwidths.extend(TIERS);
    }
    let z_side_type = wanted.one(Z_SIDE_TYPE).unwrap_or("SP");
    let connected = |route: &PriceRoute<'_>| state.reaches(route.from.code, route.to.code);
    Ok(route.filter(connected).map(|route| PriceQuery {
        uuid: None,
        route,
        bandwidths,
        z_side_type,
        profile,
    }))
}

fn price(priced: &PriceQuery<'_>, mbps: u32, tier: usize, organisation: Organisation) -> Value {
    let route = priced.route;
    let mut connection = json!({
        "type": "EVPL_VC",
        "bandwidth": mbps,
        "aSide": {"accessPoint": {
            "type": "COLO",
            "location": {"metroCode": route.from.code.as_str()},
            "port": {"settings": {"buyout": route.buyout}},
        }},
        "zSide": {"accessPoint": {
            "type": priced.z_side_type,
            "location": {"metroCode": route.to.code.as_str()},
        }},
    });
    if let Some(id) = priced.uuid {
        connection["uuid"] = id.into();
    }
    if let Some(id) = priced.profile {
        connection["zSide"]["accessPoint"]["profile"] = json!({"uuid": id});
    }
    let account = account(organisation);
    json!({
        "type": "VIRTUAL_CONNECTION_PRODUCT",
        "code": "ECX00015.PROD",
        "name": "Equinix Fabric Virtual Connection Product",
        "account": {"accountNumber": account["accountNumber"]},
        "charges": [{"type": "MONTHLY_RECURRING", "price": route.price(tier)}],
        "currency": route.currency(),
        "termLength": 1,
        "connection": connection,
    })
}
