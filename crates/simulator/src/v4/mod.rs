//! The v4 face, `/fabric/v4`: connections, ports, metros, service profiles, service tokens, prices,
//! health.
//!
//! Paths, methods and statuses of the published specification 4.30 and of the two v4 documents.
//! How an order is checked and how things are printed is in the modules below.

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
mod update;
mod validate;
mod views;

use http::StatusCode;

use self::error::{Problem, bad, refuse};
use crate::{
    catalogue::v4 as codes,
    messages::{Call, Caller, Reply},
    world::state::State,
};

pub(super) const PREFIX: &str = "/fabric/v4";

/// What a path stands for.
#[derive(Debug, Clone, Copy)]
enum Route<'a> {
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
    TokenSearch,
    Prices,
    Health,
}

impl<'a> Route<'a> {
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
            ["serviceTokens", id] if !id.is_empty() => Some(Self::Token(id)),
            ["prices", "search"] => Some(Self::Prices),
            ["health"] => Some(Self::Health),
            _ => None,
        }
    }
}

pub(super) fn answer(state: &mut State, call: &Call<'_>, caller: Option<Caller>) -> Reply {
    let segments = call.under(PREFIX);
    let route = Route::of(&segments);
    let Some(caller) = caller else {
        // Metros and profiles have codes of their own.
        let problem = match route {
            Some(Route::Metros | Route::Metro(_)) => codes::METROS_UNAUTHENTICATED,
            Some(
                Route::Profiles
                | Route::Profile(_)
                | Route::ProfileSearch
                | Route::ProfileMetros(_)
                | Route::ProfileActions(_),
            ) => codes::PROFILES_UNAUTHENTICATED,
            _ => codes::UNAUTHENTICATED,
        };
        return bad(state, Problem::of(problem));
    };
    let Some(route) = route else {
        let problem = Problem::of(codes::NOT_THERE).saying("Resource not found");
        return bad(state, problem.details(call.path));
    };
    match (call.method.as_str(), route) {
        ("POST", Route::Connections) => connections::create(state, call, caller),
        ("POST", Route::ConnectionSearch) => connections::search(state, call, caller),
        ("GET", Route::Connection(id)) => connections::get(state, call, caller, id),
        ("DELETE", Route::Connection(id)) => connections::delete(state, caller, id),
        ("PATCH", Route::Connection(id)) => update::patch(state, call, caller, id),
        ("POST", Route::Actions(id)) => actions::act(state, call, caller, id),
        ("POST", Route::Validation) => validate::validate(state, call, caller),
        ("POST", Route::Prices) => prices::search(state, call, caller),
        ("GET", Route::PortLinks(id)) => inventory::link_protocols(state, call, caller, id),
        ("POST", Route::TokenSearch) => inventory::search_tokens(state, call, caller),
        ("GET", Route::Ports) => inventory::ports(state, call, caller),
        ("GET", Route::Port(id)) => inventory::port(state, caller, id),
        ("POST", Route::PortSearch) => inventory::search_ports(state, call, caller),
        ("GET", Route::Metros) => inventory::metros(state, call, caller),
        ("GET", Route::Metro(code)) => inventory::metro(state, code),
        ("GET", Route::Profiles) => profiles::list(state, call, caller),
        ("POST", Route::Profiles) => profiles::create(state, call, caller),
        ("GET", Route::Profile(id)) => profiles::get(state, call, caller, id),
        ("PUT", Route::Profile(id)) => profiles::replace(state, call, caller, id),
        ("PATCH", Route::Profile(id)) => profiles::amend(state, call, caller, id),
        ("DELETE", Route::Profile(id)) => profiles::delete(state, caller, id),
        ("POST", Route::ProfileSearch) => profiles::search(state, call, caller),
        ("GET", Route::ProfileMetros(id)) => profiles::metros(state, call, caller, id),
        ("POST", Route::ProfileActions(id)) => profiles::act(state, call, caller, id),
        ("GET", Route::Tokens) => inventory::tokens(state, call, caller),
        ("GET", Route::Token(id)) => inventory::token(state, caller, id),
        ("GET", Route::Health) => inventory::health(state),
        _ => {
            let problem = Problem::of(codes::METHOD_UNKNOWN);
            bad(state, problem.details(format!("Method:{}", call.method)))
        }
    }
}

/// The answer to a body above the limit; the gate sets the status.
pub(super) fn too_large(state: &mut State) -> Reply {
    let problem = Problem::of(codes::INVALID).details("The body is too large");
    refuse(state, StatusCode::PAYLOAD_TOO_LARGE, vec![problem])
}
