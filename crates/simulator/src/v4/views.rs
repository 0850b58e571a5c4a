//! How v4 prints ports and metros.
//!
//! Fields of the published specification. Only formatting: no rules here.

use serde_json::{Value, json};

use fabric_domain::{Encapsulation, MetroCode};

use super::connection_view::{account, location};
use crate::world::{
    seed::{MetroRecord, PROJECT, PortRecord},
    state::WorldState,
    users::Organisation,
};

/// The bandwidth of a port, in Mbit/s.
pub(super) const PORT_MBPS: u32 = 10_000;

pub(super) fn encapsulation(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::Dot1q => "DOT1Q",
        Encapsulation::Qinq => "QINQ",
        Encapsulation::Untagged => "UNTAGGED",
    }
}

pub(super) fn port(state: &WorldState, organisation: Organisation, port: &PortRecord) -> Value {
    let drafts = state
        .lines
        .iter()
        .filter(|line| line.organisation == organisation && !line.lifecycle.deprovisioned())
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
        "project": {"projectId": PROJECT},
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

pub(super) fn metro(state: &WorldState, metro: &MetroRecord) -> Value {
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
