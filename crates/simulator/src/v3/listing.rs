//! The listings of v3 and their pages: service profiles for buyers, connections of buyers and
//! sellers.
//!
//! Parameters of "GET L2 Service Profiles Services", "GET L2 Buyer Connections" and "GET L2 Seller
//! Connections". Unknown query parameters are ignored, as gateways do. Nothing changes here.

use http::StatusCode;
use serde_json::{Value, json};

use fabric_domain::ProfileId;

use super::{
    connection_view,
    error::{Violation, refused},
    views,
};
use crate::{
    catalogue::v3 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{ledger::ApiDialect, line::Line, profile::ProfileRecord, state::WorldState},
};

/// The default page size (example value of both tables).
const PAGE: usize = 20;

/// The maximum page size; the largest of the samples is 150.
const MAX_PAGE: usize = 500;

pub(super) fn services(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    state.catch_up();
    let metros = request.query.all("metroCode");
    let in_metros = |profile: &&ProfileRecord| {
        metros.is_empty()
            || profile.metros.iter().any(|served| {
                metros.iter().any(|wanted| wanted.eq_ignore_ascii_case(served.code.as_str()))
            })
    };
    let mut content: Vec<Value> = state
        .profiles_for(caller.0)
        .filter(in_metros)
        .map(|profile| views::service(state, caller, profile))
        .collect();
    request.listing.arrange(&mut content);
    page(request, &content)
}

pub(super) fn service(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    state.catch_up();
    match state.profile_for(caller.0, id) {
        Some(profile) => ApiResponse::ok(views::service(state, caller, profile)),
        None => refused(StatusCode::NOT_FOUND, &[Violation::of(codes::PROFILE_UNKNOWN)]),
    }
}

/// Includes deprovisioned connections, as in the sample.
pub(super) fn buyer_connections(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let now = state.catch_up();
    let mut lines = state.listed(request.listing, now, |line| line.organisation == caller.0);
    // Newest first, so that a new order is on the first page.
    lines.reverse();
    lines.retain(|line| wanted(state, line, request));
    request.listing.arrange(&mut lines);
    let content: Vec<Value> =
        lines.iter().map(|line| connection_view::connection(state, line, now)).collect();
    page(request, &content)
}

fn wanted(state: &WorldState, line: &Line, request: &ApiRequest<'_>) -> bool {
    let same = |wanted: &[&str], actual: Option<&str>| {
        actual.is_some_and(|actual| wanted.iter().any(|w| w.eq_ignore_ascii_case(actual)))
    };
    let port = state.port_of(line).map(|port| port.name.as_str());
    let z_side_port = state.z_side_port(line).map(|port| port.name);
    let one = |name: &str| request.query.get(name).into_iter().collect::<Vec<_>>();
    let filters = [
        (request.query.all("status"), Some(line.equinix_status(ApiDialect::V3).as_str())),
        (request.query.all("metroCode"), Some(line.draft.metro.as_str())),
        (one("authorizationKey"), line.draft.terms.key.as_deref()),
        (one("buyerPortName"), port),
        (one("buyerPortUUID"), Some(line.draft.port.as_str())),
        (one("sellerPortName"), z_side_port),
    ];
    let mut matches: Vec<bool> = Vec::new();
    for (wanted, actual) in &filters {
        if !wanted.is_empty() {
            matches.push(same(wanted, *actual));
        }
    }
    let any = ["searchType", "searchtType"]
        .iter()
        .filter_map(|name| request.query.get(name))
        .any(|kind| kind.eq_ignore_ascii_case("OR"));
    if matches.is_empty() {
        true
    } else if any {
        matches.contains(&true)
    } else {
        !matches.contains(&false)
    }
}

/// Includes the seller's own orders from its profiles. The example of `state` is an id and that of
/// `profileId` a name, but the descriptions of both decide. `metroCode` is the metro "to which
/// connections have been created".
pub(super) fn seller_connections(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let now = state.catch_up();
    let mut lines = state.listed(request.listing, now, |line| state.sells(caller.0, line));
    lines.reverse();
    let fits = |name: &str, actual: Option<&str>| {
        let wanted = request.query.all(name);
        wanted.is_empty()
            || actual.is_some_and(|actual| wanted.iter().any(|w| w.eq_ignore_ascii_case(actual)))
    };
    lines.retain(|line| {
        let status = line.equinix_status(ApiDialect::V3).as_str();
        fits("status", Some(status))
            && fits("state", Some(status))
            && fits("metroCode", Some(line.draft.metro.as_str()))
            && fits("portName", state.z_side_port(line).map(|port| port.name))
            && fits("profileId", line.profile().map(ProfileId::as_str))
    });
    request.listing.arrange(&mut lines);
    let content: Vec<Value> =
        lines.iter().map(|line| connection_view::incoming(state, line, now)).collect();
    page(request, &content)
}

pub(super) fn page(request: &ApiRequest<'_>, content: &[Value]) -> ApiResponse {
    let size = request.query.number("pageSize", PAGE);
    let number = request.query.number("pageNumber", 0);
    let (size, number) = match (size, number) {
        (Ok(size), Ok(number)) if size > 0 => (size.min(MAX_PAGE), number),
        (Ok(_) | Err(()), Ok(_)) => return not_a_number("pageSize"),
        (_, Err(())) => return not_a_number("pageNumber"),
    };
    let start = number.saturating_mul(size).min(content.len());
    let end = start.saturating_add(size).min(content.len());
    ApiResponse::ok(json!({
        "isFirstPage": number == 0,
        "totalCount": content.len(),
        "isLastPage": end == content.len(),
        "pageSize": size,
        "content": content.get(start..end).unwrap_or_default(),
        "pageNumber": number,
    }))
}

fn not_a_number(property: &str) -> ApiResponse {
    refused(
        StatusCode::BAD_REQUEST,
        &[Violation::field("Range: must be a positive number", property)],
    )
}
