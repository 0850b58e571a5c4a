//! The v4 calls that only read: ports, metros, service profiles, service tokens, health.
//!
//! Shapes of the published specification; facts of the seeds.

use serde_json::{Map, Value, json};

use super::super::access::Organisation;
use super::super::clock::print;
use super::super::http::{Call, Caller, Reply};
use super::super::seed::{Metro, Port, Profile, Token, TokenState};
use super::super::state::State;
use super::answers::{account, location};
use super::error::{Problem, bad, json_body};
use super::page::Page;
use super::search::{Search, Searchable};
use super::tables;
use crate::domain::{Encapsulation, MetroCode};

const PROFILE_TYPE: &str = "application/json; charset=UTF-8";

/// Port bandwidth, in Mbit/s.
const PORT_MBPS: u32 = 10_000;

fn encapsulation(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::Dot1q => "DOT1Q",
        Encapsulation::Qinq => "QINQ",
        Encapsulation::Untagged => "UNTAGGED",
    }
}

fn one_port(state: &State, organisation: Organisation, port: &Port) -> Value {
    let drafts = state
        .lines
        .iter()
        .filter(|line| line.organisation == organisation && !line.life.gone())
        .map(|line| &line.draft)
        .filter(|draft| draft.port == port.id);
    let (mut lines, mut used) = (0_u32, 0_u32);
    for draft in drafts {
        lines += 1;
        used = used.saturating_add(draft.mbps).min(PORT_MBPS);
    }
    let priority = if port.secondary_device { "SECONDARY" } else { "PRIMARY" };
    let ibx = format!("{}1", port.metro);
    let mut place = location(state, port.metro);
    place["ibx"] = ibx.as_str().into();
    let mut body = json!({
        "href": format!("{}/fabric/v4/ports/{}", state.config.base_url, port.id),
        "type": "XF_PORT",
        "uuid": port.id.as_str(),
        "name": port.name,
        "physicalPortsSpeed": PORT_MBPS,
        "physicalPortsType": "10GBASE_LR",
        "connectivitySourceType": "COLO",
        "project": {"projectId": "5f00a000-0000-4000-8000-000000000001"},
        "package": {"code": if port.buyout { "UNLIMITED" } else { "STANDARD" }},
        "state": "ACTIVE",
        "operation": {
            "operationalStatus": "UP", "connectionCount": lines, "evplVCCount": lines,
            "accessVCCount": 0,
        },
        "account": account(organisation),
        "changeLog": {
            "createdBy": "john.doe@example.com",
            "createdDateTime": "2018-11-07T21:56:59.000Z",
            "updatedBy": "john.doe@example.com",
            "updatedDateTime": "2018-11-07T21:56:59.000Z",
        },
        "serviceCode": "CX",
        "bandwidth": PORT_MBPS,
        "availableBandwidth": PORT_MBPS - used,
        "usedBandwidth": used,
        "location": place,
        "device": {"redundancy": {"priority": priority}},
        "demarcationPointIbx": ibx,
        "tetherIbx": ibx,
        "redundancy": {"enabled": true, "priority": priority},
        "lagEnabled": false,
        "settings": {
            "buyout": port.buyout, "viewPortPermission": true, "placeVcOrderPermission": true,
            "layer3Enabled": true,
        },
        "physicalPorts": [{
            "type": "XF_PHYSICAL_PORT", "state": "ADDED",
            "tether": {"crossConnectId": "20883104", "ibx": ibx},
        }],
    });
    if let Some(kind) = port.encapsulation {
        body["encapsulation"] = json!({"type": encapsulation(kind), "tagProtocolId": "0x8100"});
    }
    body
}

fn all_ports(state: &State, organisation: Organisation) -> Vec<Value> {
    let ports = state.ports(organisation).iter();
    ports.map(|port| one_port(state, organisation, port)).collect()
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
        Some(port) => Reply::ok(one_port(state, caller.0, port)),
        None => bad(
            state,
            Problem::new("EQ-3035202", "Unable to fetch port details")
                .details("The uuid requested could not be found")
                .at("portUuid"),
        ),
    }
}

pub(super) fn search_ports(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    state.look();
    let all = all_ports(state, caller.0);
    let path = "/fabric/v4/ports/search";
    searched(state, call, &tables::PORTS, all, path).unwrap_or_else(|reply| reply)
}

fn searched(
    state: &mut State,
    call: &Call<'_>,
    list: &Searchable,
    all: Vec<Value>,
    path: &str,
) -> Result<Reply, Reply> {
    let body = json_body(state, call, Problem::new(list.bad.0, list.bad.1))?;
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

fn one_metro(state: &State, metro: &Metro) -> Value {
    let href = |code: MetroCode| format!("{}/fabric/v4/metros/{code}", state.config.base_url);
    json!({
        "href": href(metro.code),
        "type": "XF_METRO",
        "code": metro.code.as_str(),
        "region": metro.region,
        "name": metro.name,
        "country": metro.country,
        "equinixAsn": 60_000,
        "localVCBandwidthMax": 10_000,
        "geoCoordinates": {"latitude": metro.latitude, "longitude": metro.longitude},
        "connectedMetros": metro.reaches.iter().map(|code| json!({
            "href": href(*code), "code": code.as_str(), "avgLatency": 10.5,
            "remoteVCBandwidthMax": 10_000,
        })).collect::<Vec<_>>(),
        "services": [],
        "geoScopes": [],
    })
}

pub(super) fn metros(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let wrong = |property: &str, reason: &str| {
        Problem::new("EQ-3036013", "Invalid Query Parameter").because(property, reason)
    };
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => return bad(state, wrong(name, "must be a positive number")),
    };
    let mine = match call.query.get("presence") {
        None => false,
        Some("MY_PORTS") => true,
        Some(_) => {
            let problem = wrong("presence", "Allowed value for presence is MY_PORTS");
            return bad(state, problem);
        }
    };
    let ports = state.ports(caller.0);
    let mut metros: Vec<Value> = state
        .metros
        .iter()
        .filter(|metro| !mine || ports.iter().any(|port| port.metro == metro.code))
        .map(|metro| one_metro(state, metro))
        .collect();
    call.lens.arrange(&mut metros);
    Reply::ok(page.of(metros, "/fabric/v4/metros"))
}

pub(super) fn metro(state: &mut State, code: &str) -> Reply {
    let Ok(code) = MetroCode::parse(code) else {
        let problem = Problem::new("EQ-3036013", "Invalid Path Parameter")
            .because("pathparameter-metroCode", "Provide valid metro code");
        return bad(state, problem);
    };
    match state.metro(code) {
        Some(metro) => Reply::ok(one_metro(state, metro)),
        None => {
            let problem = Problem::new("EQ-3036100", "Metro Not Found")
                .because("pathparameter-metroCode", "Provide valid metro code");
            bad(state, problem)
        }
    }
}

fn one_profile(state: &State, profile: &Profile, view: &str) -> Value {
    let metros = profile.metros.iter().filter_map(|code| state.metro(*code));
    let regions: Map<String, Value> = profile
        .regions
        .iter()
        .map(|(key, label)| ((*key).to_owned(), Value::from(*label)))
        .collect();
    let mut link = json!({
        "encapsulationStrategy": if profile.named_tags.is_empty() { "CTAGED" } else { "BOTH" },
        "reuseVlanSTag": false,
    });
    if !profile.named_tags.is_empty() {
        link["namedTags"] = profile.named_tags.into();
    }
    if let Some(kind) = profile.encapsulation {
        link["encapsulation"] = encapsulation(kind).into();
    }
    json!({
        "state": "ACTIVE",
        "account": {"organizationName": profile.seller},
        "changeLog": {
            "createdBy": "John-Doe",
            "createdDateTime": "2018-12-07T13:31:58.525Z",
            "updatedBy": "John-Doe",
            "updatedDateTime": "2018-12-07T13:58:28.258Z",
        },
        "href": format!(
            "{}/fabric/v4/serviceProfiles/{}?viewPoint={view}",
            state.config.base_url, profile.id
        ),
        "type": "L2_PROFILE",
        "name": profile.name,
        "uuid": profile.id.as_str(),
        "description": profile.name,
        "visibility": if profile.own() { "PRIVATE" } else { "PUBLIC" },
        "accessPointTypeConfigs": [{
            "type": "COLO",
            "supportedBandwidths": profile.mbps,
            "allowRemoteConnections": true,
            "allowCustomBandwidth": false,
            "allowBandwidthAutoApproval": false,
            "linkProtocolConfig": link,
            "enableAutoGenerateServiceKey": false,
            "connectionRedundancyRequired": profile.needs_pair,
            "selectiveRedundancy": false,
            "apiConfig": {"apiAvailable": profile.key_label.is_some(), "bandwidthFromApi": false},
            "connectionLabel": "Connection",
            "authenticationKey": {
                "required": profile.key_label.is_some(),
                "label": profile.key_label.unwrap_or("Service Key"),
            },
        }],
        "metros": metros.map(|metro| {
            let mut body = json!({
                "code": metro.code.as_str(),
                "name": metro.name,
                "ibxs": [format!("{}5", metro.code)],
                "displayName": metro.name,
            });
            if !regions.is_empty() {
                body["sellerRegions"] = regions.clone().into();
            }
            body
        }).collect::<Vec<_>>(),
        "selfProfile": profile.own(),
    })
}

/// A buyer sees all profiles, a seller those of the own organisation.
fn view_point(state: &mut State, call: &Call<'_>) -> Result<&'static str, Reply> {
    match call.query.get("viewPoint") {
        None | Some("" | "aSide") => Ok("aSide"),
        Some("zSide") => Ok("zSide"),
        Some(other) => {
            let problem = Problem::invalid("viewPoint", format!("Unexpected value '{other}'"));
            Err(bad(state, problem))
        }
    }
}

fn all_profiles(state: &State, caller: Caller, view: &str) -> Vec<Value> {
    state
        .profiles_for(caller.0)
        .filter(|profile| view == "aSide" || profile.own())
        .map(|profile| one_profile(state, profile, view))
        .collect()
}

pub(super) fn profiles(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let view = match view_point(state, call) {
        Ok(view) => view,
        Err(reply) => return reply,
    };
    let page = match Page::of_query(&call.query) {
        Ok(page) => page,
        Err(name) => {
            let problem = Problem::invalid(name, "must be a positive number");
            return bad(state, problem);
        }
    };
    let mut profiles = all_profiles(state, caller, view);
    call.lens.arrange(&mut profiles);
    let body = page.of(profiles, "/fabric/v4/serviceProfiles");
    Reply { content_type: PROFILE_TYPE, ..Reply::ok(body) }
}

pub(super) fn profile(state: &mut State, call: &Call<'_>, caller: Caller, id: &str) -> Reply {
    let view = match view_point(state, call) {
        Ok(view) => view,
        Err(reply) => return reply,
    };
    match state.profile(caller.0, id) {
        Some(profile) => Reply {
            content_type: PROFILE_TYPE,
            etag: Some(1),
            ..Reply::ok(one_profile(state, profile, view))
        },
        None => bad(state, Problem::new("EQ-3001011", "Invalid uuid").at("uuid")),
    }
}

pub(super) fn search_profiles(state: &mut State, call: &Call<'_>, caller: Caller) -> Reply {
    let view = match view_point(state, call) {
        Ok(view) => view,
        Err(reply) => return reply,
    };
    let all = all_profiles(state, caller, view);
    let path = "/fabric/v4/serviceProfiles/search";
    match searched(state, call, &tables::PROFILES, all, path) {
        Ok(reply) => Reply { content_type: PROFILE_TYPE, ..reply },
        Err(reply) => reply,
    }
}

fn one_token(state: &State, organisation: Organisation, token: &Token) -> Value {
    let id = token.id.as_str();
    let started = state.clock.at(std::time::Duration::ZERO);
    let expires = started.saturating_add(jiff::SignedDuration::from_hours(24 * 90));
    let mut port = json!({
        "href": format!("{}/fabric/v4/ports/{}", state.config.base_url, token.port),
        "type": "XF_PORT",
        "uuid": token.port,
    });
    if let Some(metro) = token.metro {
        port["location"] = location(state, metro);
    }
    json!({
        "href": format!("{}/fabric/v4/serviceTokens/{id}", state.config.base_url),
        "type": "VC_TOKEN",
        "uuid": id,
        "name": token.name,
        "description": token.name,
        "state": match token.state {
            TokenState::Inactive => "INACTIVE",
            TokenState::Active => "ACTIVE",
        },
        "expirationDateTime": print(expires.unwrap_or(jiff::Timestamp::MAX)),
        "connection": {
            "type": "EVPL_VC",
            "allowRemoteConnection": token.allows_remote,
            "allowCustomBandwidth": false,
            "supportedBandwidths": token.mbps,
            "zSide": {"accessPointSelectors": [{
                "type": "COLO",
                "port": port,
                "linkProtocol": {"type": "DOT1Q", "vlanTag": token.vlan},
            }]},
        },
        "notifications": [{"type": "ALL", "emails": ["test@example.com"]}],
        "account": account(organisation),
        "changelog": {
            "createdBy": "john.doe@example.com",
            "createdDateTime": print(started),
        },
        "project": {"projectId": "5f00a000-0000-4000-8000-000000000001"},
    })
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
    let tokens = tokens.map(|token| one_token(state, caller.0, token)).collect();
    Reply::ok(page.of(tokens, "/fabric/v4/serviceTokens"))
}

pub(super) fn token(state: &mut State, caller: Caller, id: &str) -> Reply {
    match state.token(caller.0, id) {
        Some(token) => Reply::ok(one_token(state, caller.0, token)),
        None => bad(
            state,
            Problem::new("EQ-3034016", "Token not found").because("tokenUuid", "Token not found"),
        ),
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
