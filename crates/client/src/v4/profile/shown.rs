//! Service profiles as their seller sees them: `ServiceProfile` of the published specification.
//!
//! Everything may be missing, mistyped or new.

use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use fabric_domain::{
    MetroCode, Offering, Outlet, OwnProfile, PortId, ProfileId, ProfileState, Publication,
    Question, TagType, clean,
};

use crate::{
    ShownProfile, lenient,
    v4::wire::{ChangeLog, LocationSeen},
};

/// A service profile.
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
    visibility: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    allowed_emails: Vec<String>,
    #[serde(deserialize_with = "lenient::items")]
    notifications: Vec<NotificationBody>,
    #[serde(deserialize_with = "lenient::items")]
    ports: Vec<OutletBody>,
    #[serde(deserialize_with = "lenient::items")]
    custom_fields: Vec<QuestionBody>,
    #[serde(deserialize_with = "lenient::items")]
    access_point_type_configs: Vec<ConfigBody>,
    #[serde(deserialize_with = "lenient::part")]
    change: Option<ChangeBody>,
    #[serde(deserialize_with = "lenient::part")]
    change_log: ChangeLog,
}

#[derive(Deserialize, Default, Debug)]
#[serde(default)]
struct NotificationBody {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    emails: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct OutletBody {
    #[serde(deserialize_with = "lenient::text")]
    uuid: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    location: LocationSeen,
    #[serde(deserialize_with = "lenient::text")]
    seller_region: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    seller_region_description: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct QuestionBody {
    #[serde(deserialize_with = "lenient::text")]
    label: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    description: Option<String>,
    #[serde(alias = "isRequired", deserialize_with = "lenient::flag")]
    required: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    data_type: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    options: Vec<String>,
    #[serde(deserialize_with = "lenient::flag")]
    capture_in_email: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ConfigBody {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    supported_bandwidths: Vec<u32>,
    #[serde(deserialize_with = "lenient::flag")]
    allow_remote_connections: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    allow_custom_bandwidth: Option<bool>,
    #[serde(deserialize_with = "lenient::decimal")]
    bandwidth_alert_threshold: Option<f64>,
    #[serde(deserialize_with = "lenient::part")]
    link_protocol_config: LinkBody,
    #[serde(deserialize_with = "lenient::flag")]
    enable_auto_generate_service_key: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    connection_redundancy_required: Option<bool>,
    #[serde(deserialize_with = "lenient::part")]
    api_config: ApiBody,
    #[serde(deserialize_with = "lenient::text")]
    connection_label: Option<String>,
    #[serde(deserialize_with = "lenient::part")]
    authentication_key: KeyBody,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct LinkBody {
    #[serde(deserialize_with = "lenient::text")]
    encapsulation_strategy: Option<String>,
    #[serde(rename = "vlanCTagLabel", deserialize_with = "lenient::text")]
    c_tag_label: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(default, rename_all = "camelCase")]
struct ApiBody {
    #[serde(deserialize_with = "lenient::flag")]
    api_available: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    integration_id: Option<String>,
    #[serde(deserialize_with = "lenient::flag")]
    equinix_managed_port: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    equinix_managed_vlan: Option<bool>,
    #[serde(deserialize_with = "lenient::flag")]
    allow_over_subscription: Option<bool>,
    #[serde(deserialize_with = "lenient::number")]
    over_subscription_limit: Option<u64>,
    #[serde(deserialize_with = "lenient::flag")]
    bandwidth_from_api: Option<bool>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct KeyBody {
    #[serde(deserialize_with = "lenient::flag")]
    required: Option<bool>,
    #[serde(deserialize_with = "lenient::text")]
    label: Option<String>,
}

/// The latest change of a profile.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ChangeBody {
    #[serde(rename = "type", deserialize_with = "lenient::text")]
    kind: Option<String>,
    #[serde(deserialize_with = "lenient::text")]
    status: Option<String>,
    #[serde(deserialize_with = "lenient::items")]
    data: Vec<OperationBody>,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct OperationBody {
    #[serde(deserialize_with = "lenient::text")]
    path: Option<String>,
}

/// A profile of one's own; `None` if it has no usable id.
pub(in crate::v4) fn own(value: Value, version: Option<String>) -> Option<ShownProfile> {
    let body = Body::deserialize(&value).ok()?;
    let state_word = clean(body.state.as_deref().unwrap_or_default(), 64);
    let profile = OwnProfile {
        id: ProfileId::parse(body.uuid.as_deref()?).ok()?,
        state: ProfileState::read(&state_word),
        state_word,
        publication: body.change.as_ref().and_then(publication),
        created: body
            .change_log
            .created_date_time
            .as_ref()
            .and_then(|at| at.parse::<Timestamp>().ok()),
        offering: offering(body),
    };
    Some(ShownProfile { profile, version, body: value })
}

/// How far making a profile public is. The specification's example has no status.
fn publication(change: &ChangeBody) -> Option<Publication> {
    let concerned = change.data.iter().any(|part| part.path.as_deref() == Some("/visibility"));
    concerned.then_some(match change.status.as_deref() {
        Some("COMPLETED" | "APPROVED") => Publication::Granted,
        Some("REJECTED" | "FAILED") => Publication::Refused,
        None if change.kind.as_deref() == Some("PROFILE_UPDATE_REJECTION") => Publication::Refused,
        Some(_) | None => Publication::Awaited,
    })
}

fn offering(body: Body) -> Offering {
    let yes = |flag: Option<bool>| flag == Some(true);
    let told = |kind: &str| -> Vec<String> {
        let fits =
            |word: &Option<String>| matches!(word.as_deref(), Some(w) if w == kind || w == "ALL");
        let all = body.notifications.iter().filter(|told| fits(&told.kind));
        all.flat_map(|told| told.emails.clone()).collect()
    };
    let (on_bandwidth_threshold, on_profile_approval_reject, on_vc_approval_rejection) =
        (told("BANDWIDTH_ALERT"), told("PROFILE_LIFECYCLE"), told("CONNECTION_APPROVAL"));
    let mut configs = body.access_point_type_configs.into_iter();
    let config = configs.find(|c| c.kind.as_deref() == Some("COLO")).unwrap_or_default();
    let (api, link, key) =
        (config.api_config, config.link_protocol_config, config.authentication_key);
    Offering {
        name: body.name.unwrap_or_default(),
        description: said(body.description),
        private: body.visibility.is_some_and(|word| word.eq_ignore_ascii_case("PRIVATE")),
        private_user_emails: body.allowed_emails,
        speed_bands: config.supported_bandwidths,
        allow_custom_speed: yes(config.allow_custom_bandwidth),
        speed_from_api: yes(api.bandwidth_from_api),
        allow_over_subscription: yes(api.allow_over_subscription),
        over_subscription_limit: api.over_subscription_limit.and_then(|n| u32::try_from(n).ok()),
        alert_percentage: config.bandwidth_alert_threshold,
        required_redundancy: yes(config.connection_redundancy_required),
        // Only the older API knows of this, and of test profiles.
        vlan_same_as_primary: false,
        test_profile: false,
        tag_type: link.encapsulation_strategy.as_deref().and_then(TagType::read),
        ctag_label: said(link.c_tag_label),
        connection_name_label: said(config.connection_label),
        // The older API knows no keys that may be left out.
        auth_key_label: said(key.label).filter(|_| key.required == Some(true)),
        enable_auto_generate_service_key: config.enable_auto_generate_service_key,
        api_available: yes(api.api_available),
        integration_id: said(api.integration_id),
        equinix_managed_port_and_vlan: yes(api.equinix_managed_port)
            && yes(api.equinix_managed_vlan),
        cloud_reach: yes(config.allow_remote_connections),
        ports: body.ports.into_iter().filter_map(outlet).collect(),
        on_bandwidth_threshold,
        on_profile_approval_reject,
        on_vc_approval_rejection,
        additional_buyer_info: body.custom_fields.into_iter().map(asked).collect(),
    }
}

/// A text that says something.
fn said(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

fn outlet(body: OutletBody) -> Option<Outlet> {
    Some(Outlet {
        port: PortId::parse(&body.uuid?).ok()?,
        metro: body.location.metro_code.and_then(|code| MetroCode::parse(&code).ok()),
        seller_region: said(body.seller_region),
        seller_region_description: said(body.seller_region_description),
    })
}

fn asked(body: QuestionBody) -> Question {
    Question {
        name: body.label.unwrap_or_default(),
        description: said(body.description),
        mandatory: body.required == Some(true),
        datatype: body.data_type.unwrap_or_default(),
        options: body.options,
        capture_in_email: body.capture_in_email == Some(true),
    }
}
