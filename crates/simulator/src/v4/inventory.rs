//! The v4 calls on what clients can only read: ports and the tags on them, metros, health.
//!
//! Responses of the published specification with the data of the seed. Nothing changes here.

use serde_json::{Value, json};

use fabric_domain::{LinkProtocol, MetroCode};

use super::{
    connection_view,
    error::{FabricError, bad, json_body},
    page::PageWindow,
    search::{Search, Searchable},
    searchable, views,
};
use crate::{
    catalogue::v4 as codes,
    messages::{ApiRequest, ApiResponse, Caller},
    world::{clock::print, line::Line, seed::is_uuid, state::WorldState, users::Organisation},
};

/// The specification calls these ids UUIDs, so ports whose id in a v3 sample is none are not
/// listed. They can be read by id, though.
fn all_ports(state: &WorldState, organisation: Organisation) -> Vec<Value> {
    let ports = state.ports(organisation);
    ports
        .filter(|port| is_uuid(port.id.as_str()))
        .map(|port| views::port(state, organisation, port))
        .collect()
}

/// The only filter is the name, and there are no pages.
pub(super) fn ports(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    state.catch_up();
    let mut ports = all_ports(state, caller.0);
    if let Some(name) = request.query.get("name") {
        ports.retain(|port| port["name"] == name);
    }
    request.listing.arrange(&mut ports);
    ApiResponse::ok(PageWindow::whole().of(ports, "/fabric/v4/ports"))
}

pub(super) fn port(state: &mut WorldState, caller: Caller, id: &str) -> ApiResponse {
    state.catch_up();
    match state.port(caller.0, id) {
        Some(port) => ApiResponse::ok(views::port(state, caller.0, port)),
        None => bad(state, no_port()),
    }
}

pub(super) fn no_port() -> FabricError {
    FabricError::of(codes::PORT_UNKNOWN)
}

pub(super) fn search_ports(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    state.catch_up();
    let all = all_ports(state, caller.0);
    let path = "/fabric/v4/ports/search";
    searched(state, request, &searchable::PORTS, all, path).unwrap_or_else(|response| response)
}

/// The response to a search in a list.
pub(super) fn searched(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    list: &Searchable,
    all: Vec<Value>,
    path: &str,
) -> Result<ApiResponse, ApiResponse> {
    let body = json_body(state, request, FabricError::of(list.bad))?;
    let search = Search::read(list, &body).map_err(|problem| bad(state, problem))?;
    let mut found = search.pick(all);
    request.listing.arrange(&mut found);
    let mut answer = search.page(found, path);
    // Only the search for connections returns the sort order.
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("sort");
    }
    Ok(ApiResponse::ok(answer))
}

pub(super) fn metros(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
) -> ApiResponse {
    let wrong = |property: &str, reason: &str| {
        FabricError::of(codes::METRO_PARAMETER).for_reason(property, reason)
    };
    let page = match PageWindow::of_query(&request.query) {
        Ok(page) => page,
        Err(name) => return bad(state, wrong(name, "must be a positive number")),
    };
    let mine = match request.query.get("presence") {
        None => false,
        Some("MY_PORTS") => true,
        Some(_) => {
            return bad(state, FabricError::of(codes::METRO_PARAMETER));
        }
    };
    let at_home: Vec<MetroCode> = state.ports(caller.0).map(|port| port.metro).collect();
    let mut metros: Vec<Value> = state
        .metros
        .iter()
        .filter(|metro| !mine || at_home.contains(&metro.code))
        .map(|metro| views::metro(state, metro))
        .collect();
    request.listing.arrange(&mut metros);
    ApiResponse::ok(page.of(metros, "/fabric/v4/metros"))
}

pub(super) fn metro(state: &mut WorldState, code: &str) -> ApiResponse {
    let Ok(code) = MetroCode::parse(code) else {
        let problem = FabricError::of(codes::METRO_PARAMETER)
            .saying("Invalid Path Parameter")
            .for_reason("pathparameter-metroCode", "Provide valid metro code");
        return bad(state, problem);
    };
    if let Some(metro) = state.metro(code) {
        return ApiResponse::ok(views::metro(state, metro));
    }
    bad(state, FabricError::of(codes::METRO_UNKNOWN))
}

/// `GET /ports/{id}/linkProtocols`: which tags of a port are in use, and by which connection. A tag
/// is listed until it can be used again, so for a while after its connection is gone.
pub(super) fn link_protocols(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    caller: Caller,
    id: &str,
) -> ApiResponse {
    let page = match PageWindow::of_query(&request.query) {
        Ok(page) => page,
        Err(name) => return bad(state, FabricError::invalid(name, "must be a positive number")),
    };
    let now = state.catch_up();
    let Some(port) = state.port(caller.0, id) else {
        return bad(state, no_port());
    };
    let hold = state.config.vlan_hold;
    let mut links = Vec::new();
    for line in &state.lines {
        for (side, (at, link)) in line.tagged_ports().into_iter().enumerate() {
            if *at == port.id && line.occupies(at, link, now, hold) {
                links.push(link_protocol(state, line, side, link));
            }
        }
    }
    request.listing.arrange(&mut links);
    ApiResponse::ok(page.of(links, &format!("/fabric/v4/ports/{id}/linkProtocols")))
}

fn link_protocol(state: &WorldState, line: &Line, side: usize, tags: LinkProtocol) -> Value {
    let id = line.id.as_str();
    let mut body = connection_view::link(tags);
    body["uuid"] = format!("5f00f00{side}-0000-4000-8000-{:012x}", line.serial).into();
    body["state"] = "RESERVED".into();
    body["asset"] = json!({
        "href": format!("{}/fabric/v4/connections/{id}", state.config.base_url),
        "uuid": id,
        "type": "XF_CONNECTION",
        "bandwidth": line.draft.mbps,
    });
    body["changeLog"] = json!({"createdDateTime": state.clock.print(line.created)});
    body
}

pub(super) fn health(state: &WorldState) -> ApiResponse {
    ApiResponse::ok(json!({
        "href": format!("{}/fabric/v4/health", state.config.base_url),
        "version": "4.30",
        "release": "2025.1",
        "state": "HEALTHY",
        "apiServices": {
            "route": "/connections",
            "status": "UP",
            "changedDateTime": print(state.clock.at(std::time::Duration::ZERO)),
        },
    }))
}
