//! The Fabric v4 API, `/fabric/v4`: connections, ports, metros, service profiles, service tokens,
//! prices, health.
//!
//! Paths, methods and statuses of the published specification 4.30 and of the two v4 documents.
//! Routing and authentication only; the calls are in the submodules. It must not know v3.

mod actions;
mod body_checker;
mod change_view;
mod connection_view;
mod connections;
pub(super) mod error;
mod filter;
mod inventory;
mod order;
mod page;
mod patch;
mod prices;
mod profile_request;
mod profile_view;
mod profiles;
mod schema;
mod search;
mod searchable;
mod token_request;
mod tokens;
mod update;
mod validate;
mod views;

use http::StatusCode;

use self::error::{FabricError, bad, refuse};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::state::WorldState,
};

pub(super) const PREFIX: &str = "/fabric/v4";

/// A path of this API.
#[derive(Debug, Clone, Copy)]
enum FabricRoute<'a> {
    Connections,
    Connection(&'a str),
    ConnectionSearch,
    Validation,
    Actions(&'a str),
    Ports,
    Port(&'a str),
    PortSearch,
    PortLinks(&'a str),
    Metros,
    Metro(&'a str),
    Profiles,
    Profile(&'a str),
    ProfileSearch,
    ProfileMetros(&'a str),
    ProfileActions(&'a str),
    Tokens,
    Token(&'a str),
    TokenActions(&'a str),
    TokenSearch,
    Prices,
    Health,
}

impl<'a> FabricRoute<'a> {
    fn of(segments: &[&'a str]) -> Option<Self> {
        match *segments {
            ["connections"] => Some(Self::Connections),
            ["connections", "search"] => Some(Self::ConnectionSearch),
            ["connections", "validate"] => Some(Self::Validation),
            ["connections", id, "actions"] if !id.is_empty() => Some(Self::Actions(id)),
            ["connections", id] if !id.is_empty() => Some(Self::Connection(id)),
            ["ports"] => Some(Self::Ports),
            ["ports", "search"] => Some(Self::PortSearch),
            ["ports", id] if !id.is_empty() => Some(Self::Port(id)),
            ["ports", id, "linkProtocols"] if !id.is_empty() => Some(Self::PortLinks(id)),
            ["metros"] => Some(Self::Metros),
            ["metros", code] if !code.is_empty() => Some(Self::Metro(code)),
            ["serviceProfiles"] => Some(Self::Profiles),
            ["serviceProfiles", "search"] => Some(Self::ProfileSearch),
            ["serviceProfiles", id, "metros"] if !id.is_empty() => Some(Self::ProfileMetros(id)),
            ["serviceProfiles", id, "actions"] if !id.is_empty() => Some(Self::ProfileActions(id)),
            ["serviceProfiles", id] if !id.is_empty() => Some(Self::Profile(id)),
            ["serviceTokens"] => Some(Self::Tokens),
            ["serviceTokens", "search"] => Some(Self::TokenSearch),
            ["serviceTokens", id, "actions"] if !id.is_empty() => Some(Self::TokenActions(id)),
            ["serviceTokens", id] if !id.is_empty() => Some(Self::Token(id)),
            ["prices", "search"] => Some(Self::Prices),
            ["health"] => Some(Self::Health),
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
    let route = FabricRoute::of(&segments);
    let Some(caller) = caller else {
        // Metros and service profiles have their own codes.
        let problem = match route {
            Some(FabricRoute::Metros | FabricRoute::Metro(_)) => codes::METROS_UNAUTHENTICATED,
            Some(
                FabricRoute::Profiles
                | FabricRoute::Profile(_)
                | FabricRoute::ProfileSearch
                | FabricRoute::ProfileMetros(_)
                | FabricRoute::ProfileActions(_),
            ) => codes::PROFILES_UNAUTHENTICATED,
            _ => codes::UNAUTHENTICATED,
        };
        return bad(state, FabricError::of(problem));
    };
    let Some(route) = route else {
        let problem = FabricError::of(codes::NOT_THERE).saying("Resource not found");
        return bad(state, problem.details(request.path));
    };
    match (request.method.as_str(), route) {
        ("POST", FabricRoute::Connections) => connections::create(state, request, caller),
        ("POST", FabricRoute::ConnectionSearch) => connections::search(state, request, caller),
        ("GET", FabricRoute::Connection(id)) => connections::get(state, request, caller, id),
        ("DELETE", FabricRoute::Connection(id)) => connections::delete(state, caller, id),
        ("PATCH", FabricRoute::Connection(id)) => update::patch(state, request, caller, id),
        ("POST", FabricRoute::Actions(id)) => actions::act(state, request, caller, id),
        ("POST", FabricRoute::Validation) => validate::validate(state, request, caller),
        ("POST", FabricRoute::Prices) => prices::search(state, request, caller),
        ("GET", FabricRoute::PortLinks(id)) => {
            inventory::link_protocols(state, request, caller, id)
        }
        ("GET", FabricRoute::Ports) => inventory::ports(state, request, caller),
        ("GET", FabricRoute::Port(id)) => inventory::port(state, caller, id),
        ("POST", FabricRoute::PortSearch) => inventory::search_ports(state, request, caller),
        ("GET", FabricRoute::Metros) => inventory::metros(state, request, caller),
        ("GET", FabricRoute::Metro(code)) => inventory::metro(state, code),
        ("GET", FabricRoute::Profiles) => profiles::list(state, request, caller),
        ("POST", FabricRoute::Profiles) => profiles::create(state, request, caller),
        ("GET", FabricRoute::Profile(id)) => profiles::get(state, request, caller, id),
        ("PUT", FabricRoute::Profile(id)) => profiles::replace(state, request, caller, id),
        ("PATCH", FabricRoute::Profile(id)) => profiles::amend(state, request, caller, id),
        ("DELETE", FabricRoute::Profile(id)) => profiles::delete(state, caller, id),
        ("POST", FabricRoute::ProfileSearch) => profiles::search(state, request, caller),
        ("GET", FabricRoute::ProfileMetros(id)) => profiles::metros(state, request, caller, id),
        ("POST", FabricRoute::ProfileActions(id)) => profiles::act(state, request, caller, id),
        ("GET", FabricRoute::Tokens) => tokens::list(state, request, caller),
        ("POST", FabricRoute::Tokens) => tokens::create(state, request, caller),
        ("POST", FabricRoute::TokenSearch) => tokens::search(state, request, caller),
        ("GET", FabricRoute::Token(id)) => tokens::get(state, caller, id),
        ("PATCH", FabricRoute::Token(id)) => tokens::patch(state, request, caller, id),
        ("DELETE", FabricRoute::Token(id)) => tokens::delete(state, caller, id),
        ("POST", FabricRoute::TokenActions(id)) => tokens::act(state, request, caller, id),
        ("GET", FabricRoute::Health) => inventory::health(state),
        _ => {
            let problem = FabricError::of(codes::METHOD_UNKNOWN);
            bad(state, problem.details(format!("Method:{}", request.method)))
        }
    }
}

/// The response to a body above the limit.
pub(super) fn too_large(state: &mut WorldState) -> ApiResponse {
    let problem = FabricError::of(codes::INVALID).details("The body is too large");
    refuse(state, StatusCode::PAYLOAD_TOO_LARGE, vec![problem])
}
