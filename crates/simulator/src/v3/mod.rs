//! The v3 face, `/ecx/v3`: the paths of the v3 document's chapter "API Reference".
//!
//! Which path, which method, whose token. How an order is checked and how things are printed is in
//! the modules below.

mod connection_view;
mod connections;
mod decision;
pub(super) mod error;
mod estimates;
mod field_reader;
mod listing;
mod order;
mod profile_request;
mod profiles;
mod update;
mod views;

use self::error::{Violation, plain};
use crate::{
    catalogue::{Known, v3 as codes},
    messages::{Call, Caller, Reply},
    world::state::State,
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
        ("GET", Route::Ports) => views::ports(state, caller),
        ("GET", Route::Metros) => views::metros(state),
        ("GET", Route::Services) => listing::services(state, call, caller),
        ("GET", Route::Service(id)) => listing::service(state, caller, id),
        ("GET", Route::Profiles) => profiles::list(state, call, caller),
        ("POST", Route::Profiles) => profiles::create(state, call, caller),
        ("PUT", Route::Profiles) => profiles::replace(state, call, caller),
        ("GET", Route::Profile(id)) => profiles::get(state, caller, id),
        ("DELETE", Route::Profile(id)) => profiles::delete(state, caller, id),
        ("GET", Route::Integration(id)) => profiles::validate_integration(id),
        ("POST", Route::Connections) => connections::create(state, call, caller),
        ("GET", Route::BuyerConnections) => listing::buyer_connections(state, call, caller),
        ("GET", Route::SellerConnections) => listing::seller_connections(state, call, caller),
        ("GET", Route::Connection(id)) => connections::get(state, caller, id),
        ("DELETE", Route::Connection(id)) => connections::delete(state, caller, id),
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
