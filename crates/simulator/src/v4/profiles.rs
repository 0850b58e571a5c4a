//! The v4 calls on service profiles: read by buyers and sellers, created, replaced, patched, withdrawn.
//!
//! Paths, statuses and errors of the specification; the tag of a version is in `ETag`. What an offer
//! must be is next door.

use http::{StatusCode, header};
use serde_json::Value;

use fabric_domain::ProfileId;

use super::{
    error::{Problem, bad, json_body, json_body_of, refuse},
    inventory,
    page::Page,
    patch, profile_request,
    profile_view::{self, View},
    schema, searchable,
};
use crate::{
    catalogue::{Known, v4 as codes},
    messages::{Call, Caller, Reply},
    world::{
        profile::{Offer, Profile, Standing},
        seed::is_uuid,
        state::State,
    },
};

const PROFILE_TYPE: &str = "application/json; charset=UTF-8";
const PATCH_TYPES: [&str; 2] = ["application/json-patch+json", "application/json"];

/// A buyer sees all profiles, a seller those of the own organisation.
fn view_of(call: &Call<'_>) -> Result<View, Problem> {
    match call.query.get("viewPoint") {
        None | Some("" | "aSide") => Ok(View::Buyer),
        Some("zSide") => Ok(View::Seller),
        Some(other) => {
            Err(profile_request::invalid("viewPoint", format!("Unexpected value '{other}'")))
        }
    }
}

fn listed(state: &State, caller: Caller, view: View) -> Vec<Value> {
    let profiles: Vec<&Profile> = match view {
        View::Buyer => state.profiles_for(caller.0).collect(),
        View::Seller => state.profiles_of(caller.0).collect(),
    };
    profiles
        .into_iter()
        .filter(|profile| is_uuid(profile.id.as_str()))
        .map(|profile| profile_view::profile(state, caller.0, profile, view))
        .collect()
}

pub(super) fn list(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let view = match view_of(call) {
        Ok(view) => view,
        Err(problem) => return bad(state, problem),
    };
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => {
            return bad(state, profile_request::invalid(name, "must be a positive number"));
        }
    };
    state.look();
    let mut profiles = listed(state, caller, view);
    call.lens.arrange(&mut profiles);
    let body = page.of(profiles, "/fabric/v4/serviceProfiles");
    Reply { content_type: PROFILE_TYPE, ..Reply::ok(body) }
}

pub(super) fn search(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let view = match view_of(call) {
        Ok(view) => view,
        Err(problem) => return bad(state, problem),
    };
    state.look();
    let all = listed(state, caller, view);
    let path = "/fabric/v4/serviceProfiles/search";
    match inventory::searched(state, call, &searchable::PROFILES, all, path) {
        Ok(reply) => Reply { content_type: PROFILE_TYPE, ..reply },
        Err(reply) => reply,
    }
}

/// What of a profile a caller may read.
enum Readable<'a> {
    Yes(&'a Profile),
    Forbidden,
    Unknown,
}

/// Its seller reads a profile in all states; others those that they could order from, also when it
/// has been withdrawn.
fn readable<'a>(state: &'a State, caller: Caller, id: &str) -> Readable<'a> {
    let Some(profile) = state.profiles.iter().find(|profile| profile.id.as_str() == id) else {
        return Readable::Unknown;
    };
    match profile.standing {
        _ if state.owns(caller.0, profile) => Readable::Yes(profile),
        Standing::Approved | Standing::Deleted if state.lets_in(caller.0, profile) => {
            Readable::Yes(profile)
        }
        Standing::Approved | Standing::Deleted => Readable::Forbidden,
        Standing::Pending | Standing::Rejected => Readable::Unknown,
    }
}

/// A profile with its tag.
fn shown(
    state: &State,
    caller: Caller,
    profile: &Profile,
    view: View,
    status: StatusCode,
) -> Reply {
    let body = profile_view::profile(state, caller.0, profile, view);
    let etag = Some(profile.version);
    Reply { content_type: PROFILE_TYPE, etag, ..Reply::new(status, body) }
}

/// The specification has no 404 for reads.
fn unreadable(state: &mut State) -> Reply {
    refuse(state, StatusCode::BAD_REQUEST, vec![Problem::of(codes::PROFILE_ID)])
}

pub(super) fn get(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let view = match view_of(call) {
        Ok(view) => view,
        Err(problem) => return bad(state, problem),
    };
    state.look();
    match readable(state, caller, id) {
        Readable::Yes(profile) => shown(state, caller, profile, view, StatusCode::OK),
        Readable::Forbidden => bad(state, Problem::of(codes::MAY_NOT_READ_PROFILE)),
        Readable::Unknown => unreadable(state),
    }
}

pub(super) fn metros(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => {
            return bad(state, profile_request::invalid(name, "must be a positive number"));
        }
    };
    state.look();
    match readable(state, caller, id) {
        Readable::Yes(profile) => {
            let places = profile.places.iter();
            let metros = places.map(|place| profile_view::metro(state, place)).collect();
            Reply::ok(page.of(metros, &format!("/fabric/v4/serviceProfiles/{id}/metros")))
        }
        Readable::Forbidden => bad(state, Problem::of(codes::MAY_NOT_READ_PROFILE)),
        Readable::Unknown => unreadable(state),
    }
}

pub(super) fn create(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let body = match json_body(state, call, Problem::of(codes::PROFILE_VALUE)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    state.look();
    let offer = match profile_request::read(state, caller.0, &body) {
        Ok(offer) => offer,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    let id = state.publish(caller.0, offer);
    match id.as_ref().and_then(|id| state.profile(id)) {
        Some(profile) => shown(state, caller, profile, View::Seller, StatusCode::CREATED),
        None => bad(state, Problem::of(codes::PROFILES_BROKEN)),
    }
}

/// A profile that the caller may change, or the refusal: `forbidden` for what somebody else sells.
fn mine(
    state: &mut State,
    caller: Caller,
    id: &str,
    forbidden: &'static Known,
) -> Result<ProfileId, Reply> {
    state.look();
    if let Some(profile) = state.profile_of(caller.0, id)
        && profile.standing != Standing::Deleted
    {
        return Ok(profile.id.clone());
    }
    let problem = match readable(state, caller, id) {
        Readable::Yes(profile) if !state.owns(caller.0, profile) => forbidden,
        Readable::Forbidden => forbidden,
        Readable::Yes(_) | Readable::Unknown => codes::PROFILE_ID,
    };
    Err(bad(state, Problem::of(problem)))
}

/// The specification requires the header, calls it "conditional request" and lists no other status
/// for it than 400. So a missing one is a bad request. For a stale one there is nothing but what the
/// header means in HTTP: 412. Clients send the tag with and without its quotes.
fn unmatched(call: &Call<'_>, version: u32) -> Option<(StatusCode, Problem)> {
    let given = call.headers.get(header::IF_MATCH).and_then(|value| value.to_str().ok());
    let Some(given) = given.filter(|given| !given.trim().is_empty()) else {
        return Some((
            StatusCode::BAD_REQUEST,
            profile_request::invalid("If-Match", "is required"),
        ));
    };
    let current = version.to_string();
    let mut tags = given.split(',').map(str::trim);
    let matches = tags.any(|tag| tag == "*" || tag.trim_matches('"') == current);
    (!matches).then(|| {
        let reason = "is not the tag of the current version";
        (StatusCode::PRECONDITION_FAILED, profile_request::invalid("If-Match", reason))
    })
}

pub(super) fn replace(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let body = match json_body(state, call, Problem::of(codes::PROFILE_VALUE)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let id = match mine(state, caller, id, codes::MAY_NOT_UPDATE_PROFILE) {
        Ok(id) => id,
        Err(reply) => return reply,
    };
    let version = state.profile(&id).map_or(0, |profile| profile.version);
    if let Some((status, problem)) = unmatched(call, version) {
        return refuse(state, status, vec![problem]);
    }
    rewrite(state, caller, &id, &body, StatusCode::ACCEPTED)
}

/// Replaces what a profile offers by what a body says.
fn rewrite(
    state: &mut State,
    caller: Caller,
    id: &ProfileId,
    body: &Value,
    status: StatusCode,
) -> Reply {
    let standing = state.profile(id).map(|profile| profile.standing.on_v4());
    if let Some(wanted) = body.get("state").and_then(Value::as_str)
        && Some(wanted) != standing
    {
        return bad(state, Problem::of(codes::STATE_FIXED).at("/state"));
    }
    if body.get("type").and_then(Value::as_str).is_some_and(|kind| kind != "L2_PROFILE") {
        return bad(state, Problem::of(codes::TYPE_FIXED).at("/type"));
    }
    let offer: Offer = match profile_request::read(state, caller.0, body) {
        Ok(offer) => offer,
        Err(problems) => return refuse(state, StatusCode::BAD_REQUEST, problems),
    };
    state.replace(id, offer);
    match state.profile(id) {
        Some(profile) => shown(state, caller, profile, View::Seller, status),
        None => bad(state, Problem::of(codes::PROFILES_BROKEN)),
    }
}

pub(super) fn amend(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let invalid = Problem::of(codes::PROFILE_VALUE);
    let body = match json_body_of(state, call, &PATCH_TYPES, invalid) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let misfits = schema::check("[]ProfilePatchOperation", &body);
    if let Some(misfit) = misfits.into_iter().next() {
        return bad(state, profile_request::invalid(&misfit.property, misfit.reason));
    }
    let id = match mine(state, caller, id, codes::MAY_NOT_UPDATE_PROFILE) {
        Ok(id) => id,
        Err(reply) => return reply,
    };
    let mut wanted = state
        .profile(&id)
        .map(|profile| profile_view::asked_for(&profile.offer))
        .unwrap_or_default();
    match patch::apply(&mut wanted, &body) {
        Ok(()) => rewrite(state, caller, &id, &wanted, StatusCode::OK),
        Err(path) => bad(state, profile_request::invalid(&path, "nothing is there")),
    }
}

pub(super) fn delete(state: &mut State, caller: Caller, id: &str) -> Reply {
    let profile = match mine(state, caller, id, codes::MAY_NOT_DELETE_PROFILE) {
        Ok(profile) => profile,
        Err(reply) if reply.status == StatusCode::FORBIDDEN => return reply,
        // What is no id at all is not found; what is one, but of no profile, does not exist.
        Err(_) if is_uuid(id) => return bad(state, Problem::of(codes::PROFILE_GONE)),
        Err(reply) => return reply,
    };
    if state.in_use(&profile) {
        let problem = Problem::of(codes::PROFILE_STATE);
        return bad(state, problem.for_reason("uuid", "connections go through the profile"));
    }
    state.withdraw(&profile);
    match state.profile(&profile) {
        Some(profile) => shown(state, caller, profile, View::Seller, StatusCode::OK),
        None => bad(state, Problem::of(codes::PROFILES_BROKEN)),
    }
}

/// To accept or reject that a profile becomes public is for Equinix's own users.
pub(super) fn act(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let body = match json_body(state, call, Problem::of(codes::PROFILE_VALUE)) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    if let Some(misfit) = schema::check("ServiceProfileActionRequest", &body).into_iter().next() {
        return bad(state, profile_request::invalid(&misfit.property, misfit.reason));
    }
    match mine(state, caller, id, codes::MAY_NOT_UPDATE_PROFILE) {
        Ok(_) => bad(state, Problem::of(codes::MAY_NOT_UPDATE_PROFILE)),
        Err(reply) => reply,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_are_compared_with_and_without_quotes() {
        let judged = |header: Option<&str>| {
            let mut headers = ::http::HeaderMap::new();
            if let Some(text) = header {
                headers.insert(header::IF_MATCH, text.parse().unwrap());
            }
            let call = Call {
                method: &::http::Method::PUT,
                path: "",
                query: crate::messages::Query::parse(""),
                headers: &headers,
                body: &[],
                lens: <_>::default(),
            };
            unmatched(&call, 3).map(|(status, _)| status.as_u16())
        };
        for fine in ["3", "\"3\"", "*", "\"1\", \"3\""] {
            assert_eq!(judged(Some(fine)), None, "{fine}");
        }
        assert_eq!(judged(None), Some(400));
        assert_eq!(judged(Some("\"2\"")), Some(412));
        assert_eq!(judged(Some("W/\"3\"")), Some(412), "weak tags never match");
    }
}
