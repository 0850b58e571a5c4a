//! Service profiles as their seller makes and sees them: "How to create a service profile?", "How
//! to authorize a buyer …?" and "Get L2 Service Profiles".
//!
//! Requests are exactly those of the samples. Which differences to correct is the caller's decision.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use fabric_domain::{
    MetroCode, Offering, Outlet, OwnProfile, PortId, ProfileId, ProfileState, Question, TagType,
    clean,
};

use super::{
    map::{self, bandwidths, speed_from_api},
    wire::{ProfileBody, ProfilePortBody},
};
use crate::own_profiles::{ShownProfile, overlay};

/// Parameters of the chapter that this program does not model. A replacement sends them back.
const KEPT: [&str; 2] = ["connectionAccessibility", "namedTags"];
/// The same of a port.
const KEPT_OF_PORTS: [&str; 3] = ["crossConnectId", "inTrail", "xa"];

/// The body that creates a profile.
pub(super) fn creation(offering: &Offering) -> Value {
    let mut body = parameters(offering);
    body.insert("ports".into(), offering.ports.iter().map(port).collect());
    Value::Object(body)
}

/// The body that replaces a profile. It holds the id, too.
pub(super) fn replacement(shown: &ShownProfile, wanted: &Offering) -> Value {
    let was = parameters(&shown.profile.offering);
    let shall = parameters(wanted);
    let known =
        |name: &str| was.contains_key(name) || shall.contains_key(name) || KEPT.contains(&name);
    let given = shown.body.as_object().into_iter().flatten();
    let mut body: Map<String, Value> = given
        .filter(|(name, value)| known(name) && !value.is_null())
        .map(|(name, value)| (name.clone(), value.clone()))
        .collect();
    overlay(&mut body, &was, &shall);
    let ports = wanted.ports.iter().map(|outlet| {
        let mut body = port(outlet);
        let region = outlet.seller_region.as_deref().map_or(Value::Null, Value::from);
        body["sellerRegion"] = region;
        let before = shown.body.get("ports").and_then(Value::as_array).into_iter().flatten();
        let mut before = before.filter(|port| {
            port["id"].as_str().is_some_and(|id| id.eq_ignore_ascii_case(outlet.port.as_str()))
        });
        if let Some(before) = before.next() {
            for name in KEPT_OF_PORTS {
                if let Some(value) = before.get(name).filter(|value| !value.is_null()) {
                    body[name] = value.clone();
                }
            }
        }
        body
    });
    body.insert("ports".into(), ports.collect());
    body.insert("uuid".into(), shown.profile.id.as_str().into());
    Value::Object(body)
}

/// All parameters except the ports. An absent text is empty where the samples have one.
fn parameters(offering: &Offering) -> Map<String, Value> {
    let text = |text: &Option<String>| text.clone().unwrap_or_default();
    let limit = offering.over_subscription_limit.map(|times| format!("{times}x"));
    let bands = offering.speed_bands.iter().map(|mbps| json!({"speed": mbps, "unit": "MB"}));
    let optional = [
        ("description", offering.description.clone().map(Value::from)),
        ("alertPercentage", offering.alert_percentage.map(|n| n.to_string().into())),
        ("authKeyLabel", offering.auth_key_label.clone().map(Value::from)),
        ("speedBands", (!offering.speed_bands.is_empty()).then(|| bands.collect())),
    ];
    let always = [
        ("name", offering.name.as_str().into()),
        ("private", offering.private.into()),
        ("privateUserEmails", offering.private_user_emails.as_slice().into()),
        (
            "onProfileApprovalRejectNotification",
            offering.on_profile_approval_reject.as_slice().into(),
        ),
        ("onBandwidthThresholdNotification", offering.on_bandwidth_threshold.as_slice().into()),
        ("onVcApprovalRejectionNotification", offering.on_vc_approval_rejection.as_slice().into()),
        ("connectionNameLabel", text(&offering.connection_name_label).into()),
        ("ctagLabel", text(&offering.ctag_label).into()),
        ("equinixManagedPortAndVlan", offering.equinix_managed_port_and_vlan.into()),
        ("allowOverSubscription", offering.allow_over_subscription.into()),
        ("overSubscription", limit.unwrap_or_default().into()),
        ("apiAvailable", offering.api_available.into()),
        ("integrationId", text(&offering.integration_id).into()),
        (
            "features",
            json!({"cloudReach": offering.cloud_reach, "testProfile": offering.test_profile}),
        ),
        ("requiredRedundancy", offering.required_redundancy.into()),
        ("tagType", offering.tag_type.map(TagType::as_str).into()),
        ("vlanSameAsPrimary", offering.vlan_same_as_primary.into()),
        ("enableAutoGenerateServiceKey", offering.enable_auto_generate_service_key.into()),
        ("additionalBuyerInfo", offering.additional_buyer_info.iter().map(question).collect()),
        ("allowCustomSpeed", offering.allow_custom_speed.into()),
        ("speedFromAPI", offering.speed_from_api.into()),
    ];
    let optional = optional.into_iter().filter_map(|(name, value)| Some((name, value?)));
    always.into_iter().chain(optional).map(|(name, value)| (name.to_owned(), value)).collect()
}

fn port(outlet: &Outlet) -> Value {
    let mut body = json!({"id": outlet.port.as_str()});
    let parts = [
        ("metroCode", outlet.metro.as_ref().map(MetroCode::as_str)),
        ("sellerRegion", outlet.seller_region.as_deref()),
        ("sellerRegionDescription", outlet.seller_region_description.as_deref()),
    ];
    for (name, value) in parts {
        if let Some(value) = value {
            body[name] = value.into();
        }
    }
    body
}

fn question(question: &Question) -> Value {
    let mut body = json!({
        "name": question.name,
        "mandatory": question.mandatory,
        "datatype": question.datatype,
        "captureInEmail": question.capture_in_email,
    });
    if let Some(description) = &question.description {
        body["description"] = description.as_str().into();
    }
    body
}

/// One of the account's own profiles; `None` without a usable id.
pub(super) fn own(value: &Value) -> Option<OwnProfile> {
    let body = ProfileBody::deserialize(value).ok()?;
    let state_word = clean(body.state.or_empty(), 64);
    Some(OwnProfile {
        id: body.uuid.parse(ProfileId::parse)?,
        state: ProfileState::read(&state_word),
        state_word,
        // This dialect does not show how far the request to publish a profile has come.
        publication: None,
        created: body.created_date.timestamp(),
        offering: offering(&body),
        unread: unread(&body),
    })
}

/// The lists of an offering of which an entry cannot be read.
fn unread(body: &ProfileBody) -> Vec<&'static str> {
    let lists = [
        ("privateUserEmails", body.private_user_emails.unreadable),
        ("speedBandsMbps", bandwidths(body).unreadable),
        ("ports", body.ports.try_map(outlet).unreadable),
        ("onBandwidthThresholdNotification", body.on_bandwidth_threshold_notification.unreadable),
        (
            "onProfileApprovalRejectNotification",
            body.on_profile_approval_reject_notification.unreadable,
        ),
        (
            "onVcApprovalRejectionNotification",
            body.on_vc_approval_rejection_notification.unreadable,
        ),
        ("additionalBuyerInfo", body.additional_buyer_info.unreadable),
    ];
    lists.into_iter().filter(|(_, lost)| *lost > 0).map(|(field, _)| field).collect()
}

fn offering(body: &ProfileBody) -> Offering {
    Offering {
        name: body.name.or_empty().to_owned(),
        description: body.description.non_empty(),
        private: body.private.is_true(),
        private_user_emails: body.private_user_emails.to_vec(),
        speed_bands: bandwidths(body).entries,
        allow_custom_speed: body.allow_custom_speed.is_true(),
        speed_from_api: speed_from_api(body),
        allow_over_subscription: body.allow_over_subscription.is_true(),
        over_subscription_limit: body.over_subscription.fit(),
        alert_percentage: body.alert_percentage.get(),
        required_redundancy: body.required_redundancy.is_true(),
        vlan_same_as_primary: body.vlan_same_as_primary.is_true(),
        tag_type: body.tag_type.get().and_then(TagType::read),
        ctag_label: body.ctag_label.non_empty(),
        connection_name_label: body.connection_name_label.non_empty(),
        auth_key_label: body.auth_key_label.non_empty(),
        enable_auto_generate_service_key: body.enable_auto_generate_service_key.get(),
        api_available: body.api_available.is_true(),
        integration_id: body.integration_id.non_empty(),
        equinix_managed_port_and_vlan: body.equinix_managed_port_and_vlan.is_true(),
        cloud_reach: body.features.cloud_reach.is_true(),
        test_profile: body.features.test_profile.is_true(),
        ports: body.ports.try_map(outlet).entries,
        on_bandwidth_threshold: body.on_bandwidth_threshold_notification.to_vec(),
        on_profile_approval_reject: body.on_profile_approval_reject_notification.to_vec(),
        on_vc_approval_rejection: body.on_vc_approval_rejection_notification.to_vec(),
        additional_buyer_info: body.additional_buyer_info.iter().map(map::question).collect(),
    }
}

fn outlet(body: &ProfilePortBody) -> Option<Outlet> {
    Some(Outlet {
        port: body.id.parse(PortId::parse)?,
        metro: body.metro_code.parse(MetroCode::parse),
        seller_region: body.seller_region.non_empty(),
        seller_region_description: body.seller_region_description.non_empty(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_that_lost_an_entry_are_named() {
        let own = own(&json!({
            "uuid": "5f00b000",
            "ports": [{"id": "5f00a000"}, {}],
            "speedBands": [{"speed": 50, "unit": "MB"}, {"speed": 1, "unit": "?"}],
            "speedFromAPI": false, "speedfromAPI": true,
        }))
        .unwrap();
        assert_eq!(own.unread, ["speedBandsMbps", "ports"]);
        assert!(own.offering.speed_from_api, "either spelling");
        let names = own.offering.fields();
        assert!(own.unread.iter().all(|field| names.iter().any(|(name, _)| name == field)));
    }
}
