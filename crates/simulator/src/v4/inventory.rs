//! The v4 calls on what only can be read: ports, metros, service tokens, health.
//!
//! Shapes of the published specification; facts of the seeds.

use serde_json::{Value, json};

use fabric_domain::MetroCode;

use super::{
    error::{Problem, bad, json_body},
    page::Page,
    printed,
    search::{Search, Searchable},
    tables,
};
use crate::{
    catalogue::v4 as codes,
    server::messages::{Call, Caller, Reply},
    world::{clock::print, seed::is_uuid, state::State, users::Organisation},
};

/// The specification calls these ids UUIDs, so what a v3 sample calls otherwise is not listed here;
/// it is found by its id all the same.
fn all_ports(state: &State, organisation: Organisation) -> Vec<Value> {
    let ports = state.ports(organisation);
    ports
        .filter(|port| is_uuid(port.id.as_str()))
        .map(|port| printed::port(state, organisation, port))
        .collect()
}

/// The only filter is the name; the listing has no pages.
pub(super) fn ports(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    state.look();
    let mut ports = all_ports(state, caller.0);
    if let Some(name) = call.query.get("name") {
        ports.retain(|port| port["name"] == name);
    }
    call.lens.arrange(&mut ports);
    Reply::ok(Page::whole().of(ports, "/fabric/v4/ports"))
}

pub(super) fn port(state: &mut State, caller: Caller, id: &str) -> Reply {
    state.look();
    match state.port(caller.0, id) {
        Some(port) => Reply::ok(printed::port(state, caller.0, port)),
        None => bad(state, no_port()),
    }
}

pub(super) fn no_port() -> Problem {
    Problem::of(codes::PORT_UNKNOWN)
}

pub(super) fn search_ports(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    state.look();
    let all = all_ports(state, caller.0);
    let path = "/fabric/v4/ports/search";
    searched(state, call, &tables::PORTS, all, path).unwrap_or_else(|reply| reply)
}

/// The page of a list that a search asks for.
pub(super) fn searched(
    state: &mut State,
    call: &Call<'_>,
    list: &Searchable,
    all: Vec<Value>,
    path: &str,
) -> Result<Reply, Reply> {
    let body = json_body(state, call, Problem::of(list.bad))?;
    let search = Search::read(list, &body).map_err(|problem| bad(state, problem))?;
    let mut found = search.pick(all);
    call.lens.arrange(&mut found);
    let mut answer = search.page(found, path);
    // Only connections answer with the order that they are in.
    if let Some(fields) = answer.as_object_mut() {
        fields.remove("sort");
    }
    Ok(Reply::ok(answer))
}

pub(super) fn metros(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let wrong = |property: &str, reason: &str| {
        Problem::of(codes::METRO_PARAMETER).for_reason(property, reason)
    };
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => return bad(state, wrong(name, "must be a positive number")),
    };
    let mine = match call.query.get("presence") {
        None => false,
        Some("MY_PORTS") => true,
        Some(_) => {
            return bad(state, Problem::of(codes::METRO_PARAMETER));
        }
    };
    let at_home: Vec<MetroCode> = state.ports(caller.0).map(|port| port.metro).collect();
    let mut metros: Vec<Value> = state
        .metros
        .iter()
        .filter(|metro| !mine || at_home.contains(&metro.code))
        .map(|metro| printed::metro(state, metro))
        .collect();
    call.lens.arrange(&mut metros);
    Reply::ok(page.of(metros, "/fabric/v4/metros"))
}

pub(super) fn metro(state: &mut State, code: &str) -> Reply {
    let Ok(code) = MetroCode::parse(code) else {
        let problem = Problem::of(codes::METRO_PARAMETER)
            .saying("Invalid Path Parameter")
            .for_reason("pathparameter-metroCode", "Provide valid metro code");
        return bad(state, problem);
    };
    if let Some(metro) = state.metro(code) {
        return Reply::ok(printed::metro(state, metro));
    }
    bad(state, Problem::of(codes::METRO_UNKNOWN))
}

pub(super) fn tokens(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => {
            let problem = Problem::invalid(name, "must be a positive number");
            return bad(state, problem);
        }
    };
    let tokens = state.tokens(caller.0).iter();
    let tokens = tokens.map(|token| printed::token(state, caller.0, token)).collect();
    Reply::ok(page.of(tokens, "/fabric/v4/serviceTokens"))
}

/// The page may be asked for in the query or in the body; the query goes first.
pub(super) fn search_tokens(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let list = &tables::TOKENS;
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => return bad(state, Problem::invalid(name, "must be a positive number")),
    };
    let queried = ["offset", "limit"].iter().any(|name| call.query.get(name).is_some());
    let body = match json_body(state, call, Problem::of(list.bad)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let search = match Search::read(list, &body) {
        Ok(search) => search,
        Err(problem) => return bad(state, problem),
    };
    let tokens = state.tokens(caller.0).iter();
    let mut found =
        search.pick(tokens.map(|token| printed::token(state, caller.0, token)).collect());
    call.lens.arrange(&mut found);
    let page = if queried { page } else { Page::of_body(&body) };
    Reply::ok(page.of(found, "/fabric/v4/serviceTokens/search"))
}

pub(super) fn token(state: &mut State, caller: Caller, id: &str) -> Reply {
    match state.token(caller.0, id) {
        Some(token) => Reply::ok(printed::token(state, caller.0, token)),
        None => bad(state, Problem::of(codes::TOKEN_UNKNOWN)),
    }
}

pub(super) fn health(state: &State) -> Reply {
    Reply::ok(json!({
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
