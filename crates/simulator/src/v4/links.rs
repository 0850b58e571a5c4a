//! `GET /ports/{id}/linkProtocols`: which tags of a port are in use, and by what.
//!
//! A tag is listed as long as nobody else can have it, so also for a while after its line is gone.

use serde_json::{Value, json};

use fabric_domain::LinkProtocol;

use super::{
    answers,
    error::{Problem, bad},
    inventory::no_port,
    page::Page,
};
use crate::{
    server::messages::{Call, Caller, Reply},
    world::{line::Line, state::State},
};

pub(super) fn of_port(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
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
                links.push(printed(state, line, side, link));
            }
        }
    }
    call.lens.arrange(&mut links);
    Reply::ok(page.of(links, &format!("/fabric/v4/ports/{id}/linkProtocols")))
}

fn printed(state: &State, line: &Line, side: usize, tags: LinkProtocol) -> Value {
    let id = line.id.as_str();
    let mut body = answers::link(tags);
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
