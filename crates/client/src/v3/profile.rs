//! Service profiles as their seller makes and sees them: "How to create a service profile?", "How
//! to authorize a buyer …?" and "Get L2 Service Profiles".
//!
//! Requests are as the samples; in answers everything may be missing, mistyped or new.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use fabric_domain::{
    MetroCode, Offering, Outlet, OwnProfile, PortId, ProfileId, ProfileState, Question, TagType,
    clean,
};

use super::{map::mbps, wire::SpeedBand};
use crate::{
    lenient,
    selling::{ShownProfile, overlay},
};

/// Parameters of the chapter that this program has no words for. What is there of them goes back.
const KEPT: [&str; 2] = ["connectionAccessibility", "namedTags"];
/// The same of a port.
const KEPT_OF_PORTS: [&str; 3] = ["crossConnectId", "inTrail", "xa"];

/// What is sent to create a profile.
pub(super) fn creation(offering: &Offering) -> Value {
    let mut body = parameters(offering);
    body.insert("ports".into(), offering.ports.iter().map(port).collect());
    Value::Object(body)
}

/// What is sent to replace a profile; the id is in the body.
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
        let mut before = before.filter(|port| port["id"] == outlet.port.as_str());
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

/// All parameters but the ports. An empty text stands for nothing where the samples have one.
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

/// A profile of "Get L2 Service Profiles".
#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct Body {
    #[serde(deserialize_with = "lenient::text")]
    uuid: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    state: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    created_date: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    private: Option<bool>,
    #[serde(deserialize_with = "lenient::items")]
    private_user_emails: Vec<String>,
    #[serde(deserialize_with = "lenient::items")]
    on_profile_approval_reject_notification: Vec<String>,
    #[serde(deserialize_with = "lenient::items")]
    on_bandwidth_threshold_notification: Vec<String>,
    #[serde(deserialize_with = "lenient::items")]
    on_vc_approval_rejection_notification: Vec<String>,
    #[serde(deserialize_with = "lenient::decimal")]
    alert_percentage: Option<f64>,
    #[serde(deserialize_with = "lenient::text")]
    auth_key_label: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    connection_name_label: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    ctag_label: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    equinix_managed_port_and_vlan: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    allow_over_subscription: Option<bool>,
    /// `10x`.
    #[serde(deserialize_with = "lenient::number")]
    over_subscription: Option<u64>,
    #[serde(deserialize_with = "lenient::flag")]
    api_available: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    integration_id: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    features: FeaturesBody,
    #[serde(deserialize_with = "lenient::flag")]
    required_redundancy: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    tag_type: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    vlan_same_as_primary: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    enable_auto_generate_service_key: Option<bool>,
    #[serde(deserialize_with = "lenient::items")]
    additional_buyer_info: Vec<QuestionBody>,
    #[serde(deserialize_with = "lenient::items")]
    ports: Vec<OutletBody>,
    #[serde(deserialize_with = "lenient::flag")]
    allow_custom_speed: Option<bool>,
    #[serde(rename = "speedFromAPI", alias = "speedfromAPI", deserialize_with = "lenient::flag")]
    speed_from_api: Option<bool>,
    #[serde(deserialize_with = "lenient::items")]
    speed_bands: Vec<SpeedBand>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct FeaturesBody {
    #[serde(deserialize_with = "lenient::flag")]
    cloud_reach: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    test_profile: Option<bool>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
struct OutletBody {
    #[serde(deserialize_with = "lenient::text")]
    id: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    metro_code: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    seller_region: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    seller_region_description: Option<String>,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default, rename_all = "camelCase")]
struct QuestionBody {
    #[serde(deserialize_with = "lenient::text")]
    name: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    mandatory: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    datatype: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    capture_in_email: Option<bool>,
}

/// A profile of one's own; `None` if it has no usable id.
pub(super) fn own(value: Value) -> Option<ShownProfile> {
    let body = Body::deserialize(&value).ok()?;
    let state_word = clean(body.state.as_deref().unwrap_or_default(), 64);
    let profile = OwnProfile {
        id: ProfileId::parse(body.uuid.as_deref()?).ok()?,
        state: ProfileState::read(&state_word),
        state_word,
        // This dialect does not tell how far making a profile public is.
        publication: None,
        created: body.created_date.as_ref().and_then(|at| at.parse::<Timestamp>().ok()),
        offering: offering(body),
    };
    Some(ShownProfile { profile, version: None, body: value })
}

fn offering(body: Body) -> Offering {
    let yes = |flag: Option<bool>| flag == Some(true);
    let bands = body.speed_bands.into_iter();
    Offering {
        name: body.name.unwrap_or_default(),
        description: said(body.description),
        private: yes(body.private),
        private_user_emails: body.private_user_emails,
        speed_bands: bands.filter_map(|b| mbps(b.speed, b.unit.as_deref())).collect(),
        allow_custom_speed: yes(body.allow_custom_speed),
        speed_from_api: yes(body.speed_from_api),
        allow_over_subscription: yes(body.allow_over_subscription),
        over_subscription_limit: body.over_subscription.and_then(|n| u32::try_from(n).ok()),
        alert_percentage: body.alert_percentage,
        required_redundancy: yes(body.required_redundancy),
        vlan_same_as_primary: yes(body.vlan_same_as_primary),
        tag_type: body.tag_type.as_deref().and_then(TagType::read),
        ctag_label: said(body.ctag_label),
        connection_name_label: said(body.connection_name_label),
        auth_key_label: said(body.auth_key_label),
        enable_auto_generate_service_key: body.enable_auto_generate_service_key,
        api_available: yes(body.api_available),
        integration_id: said(body.integration_id),
        equinix_managed_port_and_vlan: yes(body.equinix_managed_port_and_vlan),
        cloud_reach: yes(body.features.cloud_reach),
        test_profile: yes(body.features.test_profile),
        ports: body.ports.into_iter().filter_map(outlet).collect(),
        on_bandwidth_threshold: body.on_bandwidth_threshold_notification,
        on_profile_approval_reject: body.on_profile_approval_reject_notification,
        on_vc_approval_rejection: body.on_vc_approval_rejection_notification,
        additional_buyer_info: body.additional_buyer_info.into_iter().map(asked).collect(),
    }
}

/// A text that says something.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn outlet(body: OutletBody) -> Option<Outlet> {
    Some(Outlet {
        port: PortId::parse(&body.id?).ok()?,
        metro: body.metro_code.and_then(|code| MetroCode::parse(&code).ok()),
        seller_region: said(body.seller_region),
        seller_region_description: said(body.seller_region_description),
    })
}

fn asked(body: QuestionBody) -> Question {
    Question {
        name: body.name.unwrap_or_default(),
        description: said(body.description),
        mandatory: body.mandatory == Some(true),
        datatype: body.datatype.unwrap_or_default().to_ascii_uppercase(),
        options: vec![],
        capture_in_email: body.capture_in_email == Some(true),
    }
}
