//! How the v3 face prints ports, metros and service profiles.
//!
//! The keys are those of the sample answers of the chapter "API Reference". Nothing is decided
//! here.

use serde_json::{Map, Value, json};

use fabric_domain::{Encapsulation, MetroCode};

use crate::{
    messages::{Caller, Reply},
    world::{
        clock::print,
        profile::{Offer, Outlet, Place, Profile, Question},
        seed::Port,
        state::State,
    },
};

/// "GET User Port".
pub(super) fn ports(state: &State, caller: Caller) -> Reply {
    let ports = state.ports(caller.0);
    Reply::ok(ports.map(|port| one_port(state, port)).collect())
}

fn one_port(state: &State, port: &Port) -> Value {
    let metro = state.metro(port.metro);
    let mut body = json!({
        "uuid": port.id.as_str(),
        "name": port.name,
        "provisionStatus": "ADDED",
        "region": metro.map(|m| m.region),
        "device": "1C00A955256C0027A0D544A68EE8C911",
        "totalBandwidth": 10_000_000_000_u64,
        "buyout": port.buyout,
        "custOrgId": "99966",
        "ibx": format!("{}1", port.metro),
        "metroCode": port.metro.as_str(),
        "metroDescription": metro.map(|m| m.name),
        "deviceGroup": "2",
        "devicePriority": if port.secondary_device { "Secondary" } else { "Primary" },
        "viewPortPermission": true,
        "placeVcOrderPermission": true,
        "createdDate": "2018-11-07 21:56:59.0",
        "lastUpdatedDate": "2018-11-07 21:56:59.0",
        "userPorts": [{"bandwidth": 10_000_000_000_u64, "crossConnectId": "20883104"}],
        "layer3Enabled": true,
        "lag": false,
    });
    if let Some(encapsulation) = port.encapsulation {
        body["encapsulation"] = spelled(encapsulation).into();
    }
    body
}

fn spelled(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::Dot1q => "Dot1q",
        Encapsulation::Qinq => "QinQ",
        Encapsulation::Untagged => "Untagged",
    }
}

/// "GET Metros".
pub(super) fn metros(state: &State) -> Reply {
    let metros = state.metros.iter().map(|metro| {
        json!({
            "name": metro.name,
            "code": metro.code.as_str(),
            "region": metro.region,
            "cloudReach": metro.reaches.iter().map(MetroCode::as_str).collect::<Vec<_>>(),
        })
    });
    Reply::ok(metros.collect())
}

/// Profiles write "Qinq" where ports write "QinQ".
fn spelled_in_profiles(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::Qinq => "Qinq",
        Encapsulation::Dot1q | Encapsulation::Untagged => spelled(encapsulation),
    }
}

fn speed_bands(offer: &Offer) -> Value {
    offer.mbps.iter().map(|mbps| json!({"speed": mbps, "unit": "MB"})).collect()
}

/// "GET L2 Service Profiles Services {uuid}", and one element of its listing: the buyer's view.
pub(super) fn service(state: &State, caller: Caller, profile: &Profile) -> Value {
    let offer = &profile.offer;
    let mut body = json!({
        "uuid": profile.id.as_str(),
        "name": offer.name,
        "connectionNameLabel": offer.label,
        "requiredRedundancy": offer.needs_pair,
        "allowCustomSpeed": offer.any_mbps,
        "speedBands": speed_bands(offer),
        "metros": profile.places.iter().map(|place| metro(state, place)).collect::<Vec<_>>(),
        "createdDate": print(profile.created),
        "createdBy": "John-Doe",
        "lastUpdatedDate": print(profile.updated),
        "lastUpdatedBy": "John-Doe",
        "vlanSameAsPrimary": offer.same_vlan,
        "tagType": offer.tagging.as_str(),
        "apiAvailable": offer.api.available,
        "selfProfile": state.owns(caller.0, profile),
        "speedFromAPI": offer.api.gives_speed,
        "authorizationKey": "[a-z|A-z|0-9]",
        "organizationName": profile.seller,
        "private": offer.private,
        "features": {"cloudReach": offer.from_afar, "testProfile": offer.test},
    });
    if let Some(encapsulation) = profile.encapsulation {
        body["profileEncapsulation"] = spelled_in_profiles(encapsulation).into();
    }
    if let Some(key) = &offer.key {
        body["authKeyLabel"] = key.label.as_str().into();
    }
    if !offer.named_tags.is_empty() {
        body["namedTags"] = offer.named_tags.as_slice().into();
    }
    if !offer.questions.is_empty() {
        body["additionalBuyerInfo"] = offer.questions.iter().map(question).collect();
    }
    body
}

fn metro(state: &State, place: &Place) -> Value {
    let name = state.metro(place.metro).map(|metro| metro.name);
    let mut body = json!({
        "code": place.metro.as_str(),
        "name": name,
        "ibxs": [format!("{}5", place.metro)],
        "displayName": name,
    });
    if !place.regions.is_empty() {
        let regions = place.regions.iter();
        let regions: Map<String, Value> =
            regions.map(|r| (r.key.clone(), r.label.as_str().into())).collect();
        body["sellerRegions"] = regions.into();
    }
    body
}

/// One element of "Get L2 Service Profiles": the seller's view.
pub(super) fn profile(profile: &Profile) -> Value {
    let offer = &profile.offer;
    let email = "JohnDoe@equinix.com";
    let mut body = json!({
        "uuid": profile.id.as_str(),
        "name": offer.name,
        "requiredRedundancy": offer.needs_pair,
        "connectionNameLabel": offer.label,
        "equinixManagedPortAndVlan": offer.api.managed_port && offer.api.managed_vlan,
        "apiAvailable": offer.api.available,
        "allowOverSubscription": offer.oversold,
        "vlanSameAsPrimary": offer.same_vlan,
        "tagType": offer.tagging.as_str(),
        "enableAutoGenerateServiceKey": offer.makes_keys,
        "onProfileApprovalRejectNotification": offer.told.profile,
        "onBandwidthThresholdNotification": offer.told.bandwidth,
        "onVcApprovalRejectionNotification": offer.told.connections,
        "ports": offer.outlets.iter().map(outlet).collect::<Vec<_>>(),
        "allowCustomSpeed": offer.any_mbps,
        "speedFromAPI": offer.api.gives_speed,
        "speedBands": speed_bands(offer),
        "state": profile.standing.on_v3(),
        "createdDate": print(profile.created),
        "createdBy": "JohnDoe",
        "lastUpdatedDate": print(profile.updated),
        "lastUpdatedBy": "JohnDoe",
        "createdByFullName": "John Doe",
        "lastUpdatedByFullName": "John Doe",
        "createdByEmail": email,
        "updatedByEmail": email,
        "organizationName": profile.seller,
        "allowHighAvailability": true,
        "allowAuthorizationKeyReUse": true,
        "allowSecondaryLocation": true,
        "private": offer.private,
        "features": {"cloudReach": offer.from_afar, "testProfile": offer.test},
    });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let list = |items: &[String]| (!items.is_empty()).then(|| items.into());
    put("description", text(&offer.description));
    put("integrationId", text(&offer.api.integration));
    put("ctagLabel", text(&offer.c_tag_label));
    put("authKeyLabel", offer.key.as_ref().map(|key| key.label.as_str().into()));
    put("overSubscription", offer.oversold_limit.map(|times| format!("{times}x").into()));
    put("alertPercentage", offer.alert_percent.map(Value::from));
    put("privateUserEmails", list(&offer.emails));
    put("namedTags", list(&offer.named_tags));
    let questions = &offer.questions;
    put(
        "additionalBuyerInfo",
        (!questions.is_empty()).then(|| questions.iter().map(question).collect()),
    );
    put("profileEncapsulation", profile.encapsulation.map(|e| spelled_in_profiles(e).into()));
    body
}

fn outlet(outlet: &Outlet) -> Value {
    let region = outlet.region.as_ref();
    json!({
        "id": outlet.port.as_str(),
        "sellerRegion": region.map(|region| &region.key),
        "sellerRegionDescription": region.map(|region| &region.label),
        "metroCode": outlet.metro.as_str(),
        "inTrail": null,
        "crossConnectId": outlet.cross_connect,
        "xa": null,
    })
}

fn question(question: &Question) -> Value {
    let mut body = json!({
        "name": question.label,
        "mandatory": question.required,
        "datatype": question.kind,
        "captureInEmail": question.in_email,
    });
    if let Some(description) = &question.description {
        body["description"] = description.as_str().into();
    }
    body
}
