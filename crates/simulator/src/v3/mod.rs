//! The ECX v3 API, `/ecx/v3`: the paths of the v3 document's chapter "API Reference".
//!
//! Routing and authentication only; the calls are in the submodules. It must not know v4.

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
    catalogue::{DocumentedError, v3 as codes},
    messages::{ApiRequest, ApiResponse, Caller},
    world::state::WorldState,
};

pub(super) const PREFIX: &str = "/ecx/v3";

/// A path of this API.
#[derive(Debug, Clone, Copy)]
enum EcxRoute<'a> {
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

impl<'a> EcxRoute<'a> {
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

pub(super) fn answer(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Option<Caller>,
) -> ApiResponse {
    let segments = request.under(PREFIX);
    if segments.is_empty() {
        return error::no_path(state, request);
    }
    let Some(caller) = caller else {
        let violation = Violation::of(codes::UNAUTHENTICATED);
        return plain(&violation.saying("The access token is missing, invalid or expired"));
    };
    let Some(route) = EcxRoute::of(&segments) else {
        return error::no_path(state, request);
    };
    match (request.method.as_str(), route) {
        ("GET", EcxRoute::Ports) => views::ports(state, caller),
        ("GET", EcxRoute::Metros) => views::metros(state),
        ("GET", EcxRoute::Services) => listing::services(state, request, caller),
        ("GET", EcxRoute::Service(id)) => listing::service(state, caller, id),
        ("GET", EcxRoute::Profiles) => profiles::list(state, request, caller),
        ("POST", EcxRoute::Profiles) => profiles::create(state, request, caller),
        ("PUT", EcxRoute::Profiles) => profiles::replace(state, request, caller),
        ("GET", EcxRoute::Profile(id)) => profiles::get(state, caller, id),
        ("DELETE", EcxRoute::Profile(id)) => profiles::delete(state, caller, id),
        ("GET", EcxRoute::Integration(id)) => profiles::validate_integration(id),
        ("POST", EcxRoute::Connections) => connections::create(state, request, caller),
        ("GET", EcxRoute::BuyerConnections) => listing::buyer_connections(state, request, caller),
        ("GET", EcxRoute::SellerConnections) => listing::seller_connections(state, request, caller),
        ("GET", EcxRoute::Connection(id)) => connections::get(state, caller, id),
        ("DELETE", EcxRoute::Connection(id)) => connections::delete(state, caller, id),
        ("PATCH", EcxRoute::Connection(id)) => update::patch(state, request, caller, id),
        ("GET", EcxRoute::Prices) => estimates::prices(state, request, caller),
        ("GET", EcxRoute::KeyCheck) => estimates::validate_key(state, request, caller),
        _ => plain(
            &Violation::of(codes::METHOD_UNKNOWN).saying(format!("method:{}", request.method)),
        ),
    }
}

/// The response to a body above the limit; `server` sets the status.
pub(super) fn too_large() -> ApiResponse {
    // No document knows this status.
    const TOO_LARGE: &DocumentedError =
        &DocumentedError { code: "413", message: "Payload too large", ..*codes::STATUS_400 };
    plain(&Violation::of(TOO_LARGE))
}
