//! The v4 calls on connections: create, get, search, delete; changes and actions are next door.
//!
//! Statuses of the published specification. The rules of an order are next door.

use http::StatusCode;
use serde_json::Value;

use super::{
    connection_view,
    error::{Problem, bad, checked_body, json_body, refuse},
    order,
    search::Search,
    searchable,
};
use crate::{
    catalogue::{Known, v4 as codes},
    messages::{Call, Caller, Reply},
    world::{ledger::Dialect, line::Line, state::State, users::Organisation},
};

/// Whether an order or a change is only tried.
pub(super) fn rehearsed(call: &Call<'_>) -> Result<bool, Problem> {
    match call.query.get("dryRun") {
        None | Some("" | "false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(Problem::invalid("dryRun", "must be true or false")),
    }
}

/// The refusal of what has to wait.
pub(super) fn transient() -> Problem {
    Problem::of(codes::TRANSIENT)
}

pub(super) fn create(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let rehearsed = match rehearsed(call) {
        Ok(rehearsed) => rehearsed,
        Err(problem) => return bad(state, problem),
    };
    let body = match checked_body(state, call, "ConnectionPostRequest", Problem::of(codes::INVALID))
    {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let (draft, group) = match order::read(state, caller, &body) {
        Ok(order) => order,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    if rehearsed {
        return Reply::ok(connection_view::rehearsal(state, caller.0, &draft));
    }
    let group = group.unwrap_or_else(|| state.group());
    let id = state.order(caller.0, Dialect::V4, draft, group);
    match id.and_then(|id| shown(state, caller.0, id.as_str())) {
        Some(body) => Reply::new(StatusCode::CREATED, body),
        None => bad(state, Problem::of(codes::BROKEN)),
    }
}

pub(super) fn shown(state: &mut State, organisation: Organisation, id: &str) -> Option<Value> {
    let now = state.look();
    let line = state.seen(organisation, id)?;
    Some(connection_view::connection(state, organisation, line, now))
}

pub(super) fn get(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    if let Some(direction) = call.query.get("direction")
        && !["INTERNAL", "INCOMING", "OUTGOING"].contains(&direction)
    {
        let problem = Problem::invalid("direction", format!("Unexpected value '{direction}'"));
        return bad(state, problem);
    }
    match shown(state, caller.0, id) {
        Some(body) => Reply::ok(body),
        None => unknown(state, id),
    }
}

/// What has the shape of an id "does not exist or does not belong to the user"; what has not cannot
/// be found.
pub(super) fn unknown(state: &mut State, id: &str) -> Reply {
    let well_formed = state.well_formed(id);
    bad(state, Problem::of(if well_formed { codes::CONNECTION_UNKNOWN } else { codes::NOT_THERE }))
}

/// The refusal of what only the buyer may do: `forbidden` to the seller, who sees the line.
pub(super) fn not_the_buyers(
    state: &mut State,
    caller: Caller,
    id: &str,
    forbidden: &'static Known,
) -> Reply {
    if state.seen(caller.0, id).is_some() {
        bad(state, Problem::of(forbidden))
    } else {
        unknown(state, id)
    }
}

pub(super) fn delete(state: &mut State, caller: Caller, id: &str) -> Reply {
    state.look();
    let Some(line) = state.line(caller.0, id) else {
        return not_the_buyers(state, caller, id, codes::MAY_NOT_DECIDE);
    };
    if line.life.gone() {
        return bad(state, Problem::of(codes::ALREADY_DELETED));
    }
    if connection_view::transient(line) {
        return bad(state, transient());
    }
    let id = line.id.clone();
    state.cancel(&id, Dialect::V4);
    match shown(state, caller.0, id.as_str()) {
        Some(body) => Reply::ok(body),
        None => unknown(state, id.as_str()),
    }
}

pub(super) fn search(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let body = match json_body(state, call, Problem::of(searchable::CONNECTIONS.bad)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let search = match Search::read(&searchable::CONNECTIONS, &body) {
        Ok(search) => search,
        Err(problem) => return bad(state, problem),
    };
    let now = state.look();
    let mine = |line: &Line| line.organisation == caller.0 || state.sells(caller.0, line);
    let lines = state.listed(call.lens, now, mine).into_iter();
    let all = lines.map(|line| connection_view::connection(state, caller.0, line, now)).collect();
    let mut found = search.pick(all);
    call.lens.arrange(&mut found);
    Reply::ok(search.page(found, "/fabric/v4/connections/search"))
}
