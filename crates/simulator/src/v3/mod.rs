//! The v3 face, `/ecx/v3`: the paths of the v3 document's chapter "API Reference".
//!
//! Which path, which method, whose token. How an order is checked and how things are printed is in
//! the modules below.

mod answers;
mod decision;
pub(super) mod error;
mod estimates;
mod listing;
mod offer;
mod order;
mod printed;
mod profiles;
mod rules;
mod update;

use http::StatusCode;
use serde_json::{Map, Value, json};

use self::error::{Violation, bad, plain};
use crate::{
    catalogue::{Known, v3 as codes},
    server::messages::{Call, Caller, Reply, Unreadable},
    world::{ledger::Dialect, state::State},
};

pub(super) const PREFIX: &str = "/ecx/v3";

/// What a path stands for.
#[derive(Debug, Clone, Copy)]
enum Route<'a> {
    Ports,
    Metros,
    Services,
    Service(&'a str),
    Profiles,
    Profile(&'a str),
    Integration(&'a str),
    Connections,
    BuyerConnections,
    SellerConnections,
    Connection(&'a str),
    Prices,
    KeyCheck,
}

impl<'a> Route<'a> {
    fn of(segments: &[&'a str]) -> Option<Self> {
        match *segments {
            ["port", "userport"] => Some(Self::Ports),
            ["l2", "common", "metros"] => Some(Self::Metros),
            ["l2", "serviceprofiles"] => Some(Self::Profiles),
            ["l2", "serviceprofiles", "services"] => Some(Self::Services),
            ["l2", "serviceprofiles", "services", id] if !id.is_empty() => Some(Self::Service(id)),
            ["l2", "serviceprofiles", "validateIntegrationId", id] if !id.is_empty() => {
                Some(Self::Integration(id))
            }
            ["l2", "serviceprofiles", id] if !id.is_empty() => Some(Self::Profile(id)),
            ["l2", "connections"] => Some(Self::Connections),
            ["l2", "buyer", "connections"] => Some(Self::BuyerConnections),
            ["l2", "seller", "connections"] => Some(Self::SellerConnections),
            ["l2", "connections", "prices"] => Some(Self::Prices),
            ["l2", "connections", "validateAuthorizationKey"] => Some(Self::KeyCheck),
            ["l2", "connections", id] if !id.is_empty() => Some(Self::Connection(id)),
            _ => None,
        }
    }
}

pub(super) fn answer(state: &mut State, call: &Call<'_>, caller: Option<Caller>) -> Reply {
    let segments = call.under(PREFIX);
    if segments.is_empty() {
        return error::no_path(state, call);
    }
    let Some(caller) = caller else {
        let violation = Violation::of(codes::UNAUTHENTICATED);
        return plain(&violation.saying("The access token is missing, invalid or expired"));
    };
    let Some(route) = Route::of(&segments) else {
        return error::no_path(state, call);
    };
    match (call.method.as_str(), route) {
        ("GET", Route::Ports) => printed::ports(state, caller),
        ("GET", Route::Metros) => printed::metros(state),
        ("GET", Route::Services) => listing::services(state, call, caller),
        ("GET", Route::Service(id)) => service(state, caller, id),
        ("GET", Route::Profiles) => profiles::list(state, call, caller),
        ("POST", Route::Profiles) => profiles::create(state, call, caller),
        ("PUT", Route::Profiles) => profiles::replace(state, call, caller),
        ("GET", Route::Profile(id)) => profiles::get(state, caller, id),
        ("DELETE", Route::Profile(id)) => profiles::delete(state, caller, id),
        ("GET", Route::Integration(id)) => profiles::validate_integration(id),
        ("POST", Route::Connections) => create(state, call, caller),
        ("GET", Route::BuyerConnections) => listing::buyer_connections(state, call, caller),
        ("GET", Route::SellerConnections) => listing::seller_connections(state, call, caller),
        ("GET", Route::Connection(id)) => connection(state, caller, id),
        ("DELETE", Route::Connection(id)) => delete(state, caller, id),
        ("PATCH", Route::Connection(id)) => update::patch(state, call, caller, id),
        ("GET", Route::Prices) => estimates::prices(state, call, caller),
        ("GET", Route::KeyCheck) => estimates::validate_key(state, call, caller),
        _ => plain(&Violation::of(codes::METHOD_UNKNOWN).saying(format!("method:{}", call.method))),
    }
}

/// The answer to a body above the limit; the gate sets the status.
pub(super) fn too_large() -> Reply {
    // No document knows this status.
    const TOO_LARGE: &Known =
        &Known { code: "413", message: "Payload too large", ..*codes::STATUS_400 };
    plain(&Violation::of(TOO_LARGE))
}

fn service(state: &mut State, caller: Caller, id: &str) -> Reply {
    state.look();
    match state.profile_for(caller.0, id) {
        Some(profile) => Reply::ok(printed::service(state, caller, profile)),
        None => error::refused(StatusCode::NOT_FOUND, &[Violation::of(codes::PROFILE_UNKNOWN)]),
    }
}

/// The body of a request, or the refusal of one that is no JSON object.
fn object(call: &Call<'_>) -> Result<Map<String, Value>, Reply> {
    match call.json() {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) | Err(Unreadable::Json) => {
            Err(bad(Violation::field("The body must be a JSON object", "")))
        }
        Err(Unreadable::MediaType) => Err(plain(&Violation::of(codes::MEDIA_TYPE))),
    }
}

fn create(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let body = match object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let drafts = match order::read(state, caller, &body) {
        Ok(drafts) => drafts,
        Err(violations) => return error::refused(StatusCode::BAD_REQUEST, &violations),
    };
    // Both halves of a pair share one group; a single line has one of its own.
    let group = state.group();
    let mut reply = json!({"message": "Connection Saved Successfully"});
    for (draft, key) in drafts.into_iter().zip(["primaryConnectionId", "secondaryConnectionId"]) {
        if let Some(id) = state.order(caller.0, Dialect::V3, draft, group.clone()) {
            reply[key] = id.as_str().into();
        }
    }
    Reply::ok(reply)
}

/// The sample answers with a page although one connection was asked for; the table beside it lists
/// the connection's fields next to the page's, and the published v3 client looks for them there. So
/// the answer has both.
fn connection(state: &mut State, caller: Caller, id: &str) -> Reply {
    let now = state.look();
    let Some(line) = state.line(caller.0, id) else {
        return bad(unknown_connection(state, id));
    };
    let mut body = answers::connection(state, line, now);
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
    Reply::ok(body)
}

fn delete(state: &mut State, caller: Caller, id: &str) -> Reply {
    state.look();
    let Some(line) = state.line(caller.0, id) else {
        return bad(unknown_connection(state, id));
    };
    if line.life.going_down() {
        return bad(Violation::of(codes::ALREADY_DELETED));
    }
    let id = line.id.clone();
    state.cancel(&id, Dialect::V3);
    Reply::ok(json!({
        "message": "Connection deleted Successfully",
        "primaryConnectionId": id.as_str(),
    }))
}

fn unknown_connection(state: &State, id: &str) -> Violation {
    if state.well_formed(id) {
        Violation::of(codes::CONNECTION_UNKNOWN)
    } else {
        Violation::field("ValidUUID: Invalid UUID", "uuid")
    }
}
