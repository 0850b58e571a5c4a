//! How v3 prints ports, metros and service profiles.
//!
//! Fields of the sample responses of the chapter "API Reference". Only formatting: no rules here.

use serde_json::{Map, Value, json};

use fabric_domain::{Encapsulation, MetroCode};

use crate::{
    messages::{ApiResponse, Caller},
    world::{
        clock::print,
        profile::{CustomField, OfferedPort, ProfileDefinition, ProfileMetro, ProfileRecord},
        seed::PortRecord,
        state::WorldState,
    },
};

/// "GET User Port".
pub(super) fn ports(state: &WorldState, caller: Caller) -> ApiResponse {
    let ports = state.ports(caller.0);
    ApiResponse::ok(ports.map(|port| one_port(state, port)).collect())
}

fn one_port(state: &WorldState, port: &PortRecord) -> Value {
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
pub(super) fn metros(state: &WorldState) -> ApiResponse {
    let metros = state.metros.iter().map(|metro| {
        json!({
            "name": metro.name,
            "code": metro.code.as_str(),
            "region": metro.region,
            "cloudReach": metro.reaches.iter().map(MetroCode::as_str).collect::<Vec<_>>(),
        })
    });
    ApiResponse::ok(metros.collect())
}

/// Profiles write "Qinq" where ports write "QinQ".
fn spelled_in_profiles(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::Qinq => "Qinq",
        Encapsulation::Dot1q | Encapsulation::Untagged => spelled(encapsulation),
    }
}

fn speed_bands(definition: &ProfileDefinition) -> Value {
    definition.mbps.iter().map(|mbps| json!({"speed": mbps, "unit": "MB"})).collect()
}

/// "GET L2 Service Profiles Services {uuid}", and one element of its listing: the buyer's view.
pub(super) fn service(state: &WorldState, caller: Caller, profile: &ProfileRecord) -> Value {
    let definition = &profile.definition;
    let mut body = json!({
        "uuid": profile.id.as_str(),
        "name": definition.name,
        "connectionNameLabel": definition.label,
        "requiredRedundancy": definition.requires_redundancy,
        "allowCustomSpeed": definition.custom_bandwidth,
        "speedBands": speed_bands(definition),
        "metros": profile.metros.iter().map(|served| metro(state, served)).collect::<Vec<_>>(),
        "createdDate": print(profile.created),
        "createdBy": "John-Doe",
        "lastUpdatedDate": print(profile.updated),
        "lastUpdatedBy": "John-Doe",
        "vlanSameAsPrimary": definition.reuses_s_tag,
        "tagType": definition.tagging.as_str(),
        "apiAvailable": definition.api.available,
        "selfProfile": state.owns(caller.0, profile),
        "speedFromAPI": definition.api.provides_bandwidth,
        "authorizationKey": "[a-z|A-z|0-9]",
        "organizationName": profile.seller,
        "private": definition.private,
        "features": {"cloudReach": definition.allows_remote, "testProfile": definition.is_test},
    });
    if let Some(encapsulation) = profile.encapsulation {
        body["profileEncapsulation"] = spelled_in_profiles(encapsulation).into();
    }
    if let Some(key) = &definition.key {
        body["authKeyLabel"] = key.label.as_str().into();
    }
    if !definition.named_tags.is_empty() {
        body["namedTags"] = definition.named_tags.as_slice().into();
    }
    if !definition.custom_fields.is_empty() {
        body["additionalBuyerInfo"] = definition.custom_fields.iter().map(custom_field).collect();
    }
    body
}

fn metro(state: &WorldState, served: &ProfileMetro) -> Value {
    let name = state.metro(served.code).map(|metro| metro.name);
    let mut body = json!({
        "code": served.code.as_str(),
        "name": name,
        "ibxs": [format!("{}5", served.code)],
        "displayName": name,
    });
    if !served.regions.is_empty() {
        let regions = served.regions.iter();
        let regions: Map<String, Value> =
            regions.map(|r| (r.key.clone(), r.label.as_str().into())).collect();
        body["sellerRegions"] = regions.into();
    }
    body
}

/// One element of "Get L2 Service Profiles": the seller's view.
pub(super) fn profile(profile: &ProfileRecord) -> Value {
    let definition = &profile.definition;
    let email = "JohnDoe@equinix.com";
    let mut body = json!({
        "uuid": profile.id.as_str(),
        "name": definition.name,
        "requiredRedundancy": definition.requires_redundancy,
        "connectionNameLabel": definition.label,
        "equinixManagedPortAndVlan": definition.api.managed_port && definition.api.managed_vlan,
        "apiAvailable": definition.api.available,
        "allowOverSubscription": definition.oversubscribed,
        "vlanSameAsPrimary": definition.reuses_s_tag,
        "tagType": definition.tagging.as_str(),
        "enableAutoGenerateServiceKey": definition.generates_service_keys,
        "onProfileApprovalRejectNotification": definition.notifications.profile,
        "onBandwidthThresholdNotification": definition.notifications.bandwidth,
        "onVcApprovalRejectionNotification": definition.notifications.connections,
        "ports": definition.ports.iter().map(offered_port).collect::<Vec<_>>(),
        "allowCustomSpeed": definition.custom_bandwidth,
        "speedFromAPI": definition.api.provides_bandwidth,
        "speedBands": speed_bands(definition),
        "state": profile.approval.on_v3(),
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
        "private": definition.private,
        "features": {"cloudReach": definition.allows_remote, "testProfile": definition.is_test},
    });
    let mut put = |name: &str, value: Option<Value>| {
        if let Some(value) = value {
            body[name] = value;
        }
    };
    let text = |text: &Option<String>| text.as_deref().map(Value::from);
    let list = |items: &[String]| (!items.is_empty()).then(|| items.into());
    put("description", text(&definition.description));
    put("integrationId", text(&definition.api.integration));
    put("ctagLabel", text(&definition.c_tag_label));
    put("authKeyLabel", definition.key.as_ref().map(|key| key.label.as_str().into()));
    put(
        "overSubscription",
        definition.oversubscription_limit.map(|times| format!("{times}x").into()),
    );
    put("alertPercentage", definition.alert_percent.map(Value::from));
    put("privateUserEmails", list(&definition.allowed_emails));
    put("namedTags", list(&definition.named_tags));
    let custom_fields = &definition.custom_fields;
    put(
        "additionalBuyerInfo",
        (!custom_fields.is_empty()).then(|| custom_fields.iter().map(custom_field).collect()),
    );
    put("profileEncapsulation", profile.encapsulation.map(|e| spelled_in_profiles(e).into()));
    body
}

fn offered_port(offered: &OfferedPort) -> Value {
    let region = offered.region.as_ref();
    json!({
        "id": offered.port.as_str(),
        "sellerRegion": region.map(|region| &region.key),
        "sellerRegionDescription": region.map(|region| &region.label),
        "metroCode": offered.metro.as_str(),
        "inTrail": null,
        "crossConnectId": offered.cross_connect,
        "xa": null,
    })
}

fn custom_field(field: &CustomField) -> Value {
    let mut body = json!({
        "name": field.label,
        "mandatory": field.required,
        "datatype": field.kind,
        "captureInEmail": field.captured_in_email,
    });
    if let Some(description) = &field.description {
        body["description"] = description.as_str().into();
    }
    body
}
