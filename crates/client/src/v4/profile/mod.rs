//! What travels on v4 to create and replace a service profile: `ServiceProfileRequest` of the
//! published specification.
//!
//! [`shown`] reads profiles. Which differences to correct is the caller's decision.

mod shown;

use serde_json::{Map, Value, json};

use fabric_domain::{Offering, Outlet, Question, TagType};

use crate::own_profiles::{ShownProfile, overlay};

pub(super) use shown::own;

/// Fields of an answer that the provider sets. All others go back with a replacement.
const READ_ONLY: [&str; 9] = [
    "account",
    "change",
    "changeLog",
    "environments",
    "href",
    "metros",
    "selfProfile",
    "state",
    "uuid",
];
/// The same of a configuration.
const READ_ONLY_OF_CONFIGS: [&str; 2] = ["metadata", "uuid"];
const CONFIGS: &str = "accessPointTypeConfigs";

/// The body that creates a profile.
pub(super) fn creation(offering: &Offering) -> Value {
    let mut body = request(offering);
    body.insert(CONFIGS.into(), json!([config(offering)]));
    body.insert("ports".into(), offering.ports.iter().map(port).collect());
    Value::Object(body)
}

/// The body that replaces a profile.
pub(super) fn replacement(shown: &ShownProfile, wanted: &Offering) -> Value {
    let offering = &shown.profile.offering;
    let mut body = shown.body.as_object().cloned().unwrap_or_default();
    body.retain(|name, value| !READ_ONLY.contains(&name.as_str()) && !value.is_null());
    overlay(&mut body, &request(offering), &request(wanted));
    let before = list(&shown.body, "ports");
    let ports = wanted.ports.iter().map(|outlet| {
        let shown = before.iter().find(|port| {
            port["uuid"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(outlet.port.as_str()))
        });
        let mut body = port(outlet);
        if let Some(id) = shown.and_then(|port| port.get("crossConnectId")) {
            body["crossConnectId"] = id.clone();
        }
        body
    });
    body.insert("ports".into(), ports.collect());
    let mut configs: Vec<Map<String, Value>> =
        list(&shown.body, CONFIGS).iter().filter_map(Value::as_object).cloned().collect();
    let colo = |config: &Map<String, Value>| config.get("type") == Some(&"COLO".into());
    if !configs.iter().any(colo) {
        configs.push(Map::new());
    }
    for one in &mut configs {
        one.retain(|name, _| !READ_ONLY_OF_CONFIGS.contains(&name.as_str()));
        if one.is_empty() || colo(one) {
            overlay(one, &config(offering), &config(wanted));
            if let Some(Value::Object(link)) = one.get_mut("linkProtocolConfig") {
                link.remove("encapsulation");
            }
        }
    }
    body.insert(CONFIGS.into(), configs.into_iter().map(Value::Object).collect());
    Value::Object(body)
}

fn list<'a>(body: &'a Value, name: &str) -> &'a [Value] {
    body.get(name).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A request without its ports and its configurations.
fn request(offering: &Offering) -> Map<String, Value> {
    let recipients = [
        ("BANDWIDTH_ALERT", &offering.on_bandwidth_threshold),
        ("CONNECTION_APPROVAL", &offering.on_vc_approval_rejection),
        ("PROFILE_LIFECYCLE", &offering.on_profile_approval_reject),
    ];
    let recipients = recipients.into_iter().filter(|(_, emails)| !emails.is_empty());
    let notifications = recipients.map(|(kind, emails)| json!({"type": kind, "emails": emails}));
    let mut body = object(json!({
        "type": "L2_PROFILE",
        "name": offering.name,
        "visibility": if offering.private { "PRIVATE" } else { "PUBLIC" },
        "allowedEmails": offering.private_user_emails,
        "notifications": notifications.collect::<Vec<_>>(),
        "customFields": offering.additional_buyer_info.iter().map(question).collect::<Vec<_>>(),
    }));
    put(&mut body, "description", offering.description.as_deref());
    body
}

/// The configuration for access from ports.
fn config(offering: &Offering) -> Map<String, Value> {
    let mut link = Map::new();
    put(&mut link, "encapsulationStrategy", offering.tag_type.map(TagType::as_str));
    put(&mut link, "vlanCTagLabel", offering.ctag_label.as_deref());
    let mut api = object(json!({
        "apiAvailable": offering.api_available,
        "equinixManagedPort": offering.equinix_managed_port_and_vlan,
        "equinixManagedVlan": offering.equinix_managed_port_and_vlan,
        "allowOverSubscription": offering.allow_over_subscription,
        "bandwidthFromApi": offering.speed_from_api,
    }));
    put(&mut api, "integrationId", offering.integration_id.as_deref());
    put(&mut api, "overSubscriptionLimit", offering.over_subscription_limit);
    let mut key = object(json!({"required": offering.auth_key_label.is_some()}));
    put(&mut key, "label", offering.auth_key_label.as_deref());
    let mut config = object(json!({
        "type": "COLO",
        "supportedBandwidths": offering.speed_bands,
        "allowRemoteConnections": offering.cloud_reach,
        "allowCustomBandwidth": offering.allow_custom_speed,
        "connectionRedundancyRequired": offering.required_redundancy,
        "linkProtocolConfig": link,
        "apiConfig": api,
        "authenticationKey": key,
    }));
    let auto_keys = offering.enable_auto_generate_service_key;
    put(&mut config, "enableAutoGenerateServiceKey", auto_keys);
    put(&mut config, "bandwidthAlertThreshold", offering.alert_percentage);
    put(&mut config, "connectionLabel", offering.connection_name_label.as_deref());
    config
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}

fn put(body: &mut Map<String, Value>, name: &str, value: Option<impl Into<Value>>) {
    if let Some(value) = value {
        body.insert(name.to_owned(), value.into());
    }
}

fn port(outlet: &Outlet) -> Value {
    let mut body = object(json!({"type": "XF_PORT", "uuid": outlet.port.as_str()}));
    let metro = outlet.metro.as_ref().map(|metro| json!({"metroCode": metro.as_str()}));
    put(&mut body, "location", metro);
    put(&mut body, "sellerRegion", outlet.seller_region.as_deref());
    put(&mut body, "sellerRegionDescription", outlet.seller_region_description.as_deref());
    Value::Object(body)
}

/// The schema requires `isRequired` and describes `required`; its examples have the latter.
fn question(question: &Question) -> Value {
    let mut body = object(json!({
        "label": question.name,
        "required": question.mandatory,
        "dataType": question.datatype,
        "captureInEmail": question.capture_in_email,
    }));
    put(&mut body, "description", question.description.as_deref());
    let options = (!question.options.is_empty()).then_some(question.options.as_slice());
    put(&mut body, "options", options);
    Value::Object(body)
}
