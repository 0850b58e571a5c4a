//! How v4 prints service profiles: for buyers, for their seller, and as the request that defines
//! them.
//!
//! Fields of the specification's `ServiceProfile` and of its examples of both views. Only
//! formatting: no rules here.

use serde_json::{Map, Value, json};

use super::views::encapsulation;
use crate::world::{
    clock::print,
    profile::{
        CustomField, OfferedPort, ProfileDefinition, ProfileMetro, ProfileRecord, Review,
        VisibilityChange,
    },
    state::WorldState,
    users::Organisation,
};

/// The side from which a profile is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ViewPoint {
    Buyer,
    Seller,
}

impl ViewPoint {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "aSide",
            Self::Seller => "zSide",
        }
    }
}

/// A profile as the viewer sees it from one side.
pub(super) fn profile(
    state: &WorldState,
    viewer: Organisation,
    profile: &ProfileRecord,
    view: ViewPoint,
) -> Value {
    let href = format!("{}/fabric/v4/serviceProfiles/{}", state.config.base_url, profile.id);
    let mut body = as_request(&profile.definition);
    let mut put = |name: &str, value: Value| body[name] = value;
    put("uuid", profile.id.as_str().into());
    put("state", profile.approval.on_v4().into());
    put("account", json!({"organizationName": profile.seller}));
    put("href", format!("{href}?viewPoint={}", view.as_str()).into());
    put(
        "changeLog",
        json!({
            "createdBy": "John-Doe",
            "createdDateTime": print(profile.created),
            "updatedBy": "John-Doe",
            "updatedDateTime": print(profile.updated),
        }),
    );
    put("metros", profile.metros.iter().map(|served| metro(state, served)).collect());
    put("selfProfile", state.owns(viewer, profile).into());
    if let (ViewPoint::Seller, Some(visibility_change)) = (view, &profile.visibility_change) {
        put("change", change(&href, visibility_change));
    }
    let config = &mut body["accessPointTypeConfigs"][0];
    // The configuration has its own id.
    let id = profile.id.as_str().get(8..).unwrap_or_default();
    config["uuid"] = format!("5f00b002{id}").into();
    if let Some(kind) = profile.encapsulation {
        config["linkProtocolConfig"]["encapsulation"] = encapsulation(kind).into();
    }
    if view == ViewPoint::Buyer {
        for (served, names) in [
            ("", &["notifications", "ports"][..]),
            ("/accessPointTypeConfigs/0", &["bandwidthAlertThreshold"]),
            (
                "/accessPointTypeConfigs/0/apiConfig",
                &[
                    "integrationId",
                    "equinixManagedPort",
                    "equinixManagedVlan",
                    "allowOverSubscription",
                    "overSubscriptionLimit",
                ],
            ),
        ] {
            if let Some(fields) = body.pointer_mut(served).and_then(Value::as_object_mut) {
                fields.retain(|name, _| !names.contains(&name.as_str()));
            }
        }
    }
    body
}

/// A definition as the request that creates it, which is also what patches apply to.
pub(super) fn as_request(definition: &ProfileDefinition) -> Value {
    let mut link = json!({
        "encapsulationStrategy": definition.tagging.as_str(),
        "reuseVlanSTag": definition.reuses_s_tag,
    });
    if !definition.named_tags.is_empty() {
        link["namedTags"] = definition.named_tags.as_slice().into();
    }
    if let Some(label) = &definition.c_tag_label {
        link["vlanCTagLabel"] = label.as_str().into();
    }
    let mut api = json!({
        "apiAvailable": definition.api.available,
        "equinixManagedPort": definition.api.managed_port,
        "equinixManagedVlan": definition.api.managed_vlan,
        "allowOverSubscription": definition.oversubscribed,
        "overSubscriptionLimit": definition.oversubscription_limit.unwrap_or(1),
        "bandwidthFromApi": definition.api.provides_bandwidth,
    });
    if let Some(id) = &definition.api.integration {
        api["integrationId"] = id.as_str().into();
    }
    let key = definition.key.as_ref();
    let mut authentication = json!({
        "required": key.is_some_and(|key| key.required),
        "label": key.map_or("Service Key", |key| &key.label),
    });
    if let Some(description) = key.and_then(|key| key.description.as_deref()) {
        authentication["description"] = description.into();
    }
    let mut config = json!({
        "type": "COLO",
        "supportedBandwidths": definition.mbps,
        "allowRemoteConnections": definition.allows_remote,
        "allowCustomBandwidth": definition.custom_bandwidth,
        "allowBandwidthAutoApproval": definition.auto_approves_bandwidth,
        "linkProtocolConfig": link,
        "enableAutoGenerateServiceKey": definition.generates_service_keys,
        "connectionRedundancyRequired": definition.requires_redundancy,
        "selectiveRedundancy": definition.selective_redundancy,
        "apiConfig": api,
        "connectionLabel": definition.label,
        "authenticationKey": authentication,
    });
    if let Some(percent) = definition.alert_percent {
        config["bandwidthAlertThreshold"] = percent.into();
    }
    let mut body = json!({
        "type": "L2_PROFILE",
        "name": definition.name,
        "description": definition.description.as_deref().unwrap_or(&definition.name),
        "visibility": if definition.private { "PRIVATE" } else { "PUBLIC" },
        "accessPointTypeConfigs": [config],
        "notifications": notifications(definition),
        "ports": definition.ports.iter().map(port).collect::<Vec<_>>(),
    });
    if !definition.allowed_emails.is_empty() {
        body["allowedEmails"] = definition.allowed_emails.as_slice().into();
    }
    if !definition.custom_fields.is_empty() {
        body["customFields"] = definition.custom_fields.iter().map(custom_field).collect();
    }
    for (name, value) in &definition.echoed {
        body[name] = value.clone();
    }
    body
}

fn notifications(definition: &ProfileDefinition) -> Vec<Value> {
    let notifications = &definition.notifications;
    [
        ("BANDWIDTH_ALERT", &notifications.bandwidth),
        ("CONNECTION_APPROVAL", &notifications.connections),
        ("PROFILE_LIFECYCLE", &notifications.profile),
    ]
    .into_iter()
    .filter(|(_, emails)| !emails.is_empty())
    .map(|(kind, emails)| json!({"type": kind, "emails": emails}))
    .collect()
}

fn port(offered: &OfferedPort) -> Value {
    let mut body = json!({
        "type": "XF_PORT",
        "uuid": offered.port.as_str(),
        "location": {"metroCode": offered.metro.as_str()},
    });
    if let Some(region) = &offered.region {
        body["sellerRegion"] = region.key.as_str().into();
        body["sellerRegionDescription"] = region.label.as_str().into();
    }
    if let Some(id) = &offered.cross_connect {
        body["crossConnectId"] = id.as_str().into();
    }
    body
}

fn custom_field(field: &CustomField) -> Value {
    let mut body = json!({
        "label": field.label,
        "required": field.required,
        "dataType": field.kind,
        "captureInEmail": field.captured_in_email,
    });
    if let Some(description) = &field.description {
        body["description"] = description.as_str().into();
    }
    if !field.options.is_empty() {
        body["options"] = field.options.as_slice().into();
    }
    body
}

/// A metro of a profile.
pub(super) fn metro(state: &WorldState, served: &ProfileMetro) -> Value {
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

/// The example has the type of the action that the change takes, and no status.
fn change(href: &str, visibility_change: &VisibilityChange) -> Value {
    let id = format!("5f00b003-0000-4000-8000-{:012x}", visibility_change.number);
    let (kind, status) = match visibility_change.review {
        Review::Pending => ("PROFILE_UPDATE_ACCEPTANCE", "SUBMITTED_FOR_APPROVAL"),
        Review::Approved => ("PROFILE_UPDATE_ACCEPTANCE", "COMPLETED"),
        Review::Rejected => ("PROFILE_UPDATE_REJECTION", "REJECTED"),
    };
    json!({
        "href": format!("{href}/actions/{id}"),
        "type": kind,
        "status": status,
        "uuid": id,
        "createdDateTime": print(visibility_change.requested),
        "updatedDateTime": print(visibility_change.since),
        "data": [{"op": "replace", "path": "/visibility", "value": "PUBLIC"}],
    })
}
