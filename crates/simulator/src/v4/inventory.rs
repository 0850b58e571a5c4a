//! The v4 calls on what only can be read: ports, metros, service tokens, health.
//!
//! Shapes of the published specification; facts of the seeds.

use serde_json::{Value, json};

use fabric_domain::{LinkProtocol, MetroCode};

use super::{
    connection_view,
    error::{Problem, bad, json_body},
    page::Page,
    search::{Search, Searchable},
    searchable, views,
};
use crate::{
    catalogue::v4 as codes,
    messages::{Call, Caller, Reply},
    world::{clock::print, line::Line, seed::is_uuid, state::State, users::Organisation},
};

/// The specification calls these ids UUIDs, so what a v3 sample calls otherwise is not listed here;
/// it is found by its id all the same.
fn all_ports(state: &State, organisation: Organisation) -> Vec<Value> {
    let ports = state.ports(organisation);
    ports
        .filter(|port| is_uuid(port.id.as_str()))
        .map(|port| views::port(state, organisation, port))
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
        Some(port) => Reply::ok(views::port(state, caller.0, port)),
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
    searched(state, call, &searchable::PORTS, all, path).unwrap_or_else(|reply| reply)
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
        .map(|metro| views::metro(state, metro))
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
        return Reply::ok(views::metro(state, metro));
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
    let tokens = tokens.map(|token| views::token(state, caller.0, token)).collect();
    Reply::ok(page.of(tokens, "/fabric/v4/serviceTokens"))
}

/// The page may be asked for in the query or in the body; the query goes first.
pub(super) fn search_tokens(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let list = &searchable::TOKENS;
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
    let mut found = search.pick(tokens.map(|token| views::token(state, caller.0, token)).collect());
    call.lens.arrange(&mut found);
    let page = if queried { page } else { Page::of_body(&body) };
    Reply::ok(page.of(found, "/fabric/v4/serviceTokens/search"))
}

pub(super) fn token(state: &mut State, caller: Caller, id: &str) -> Reply {
    match state.token(caller.0, id) {
        Some(token) => Reply::ok(views::token(state, caller.0, token)),
        None => bad(state, Problem::of(codes::TOKEN_UNKNOWN)),
    }
}

/// `GET /ports/{id}/linkProtocols`: which tags of a port are in use, and by which connection. A tag is
/// listed until it can be used again, so for a while after its connection is gone.
pub(super) fn link_protocols(
    state: &mut State,
    call: &Call<'_>,
    caller: Caller,
    id: &str,
) -> Reply {
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => return bad(state, Problem::invalid(name, "must be a positive number")),
    };
    let now = state.look();
    let Some(port) = state.port(caller.0, id) else {
        return bad(state, no_port());
    };
    let hold = state.config.vlan_hold;
    let mut links = Vec::new();
    for line in &state.lines {
        for (side, (at, link)) in line.ends().into_iter().enumerate() {
            if *at == port.id && line.occupies(at, link, now, hold) {
                links.push(link_protocol(state, line, side, link));
            }
        }
    }
    call.lens.arrange(&mut links);
    Reply::ok(page.of(links, &format!("/fabric/v4/ports/{id}/linkProtocols")))
}

fn link_protocol(state: &State, line: &Line, side: usize, tags: LinkProtocol) -> Value {
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
