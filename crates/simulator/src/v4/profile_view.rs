//! How the v4 face prints service profiles: to buyers, to their seller, and as they were asked for.
//!
//! Keys of the specification's `ServiceProfile` and of its examples of both views. Nothing is decided
//! here.

use serde_json::{Map, Value, json};

use super::views::encapsulation;
use crate::world::{
    clock::print,
    profile::{Decision, Offer, Outlet, Place, Profile, Publication, Question},
    state::State,
    users::Organisation,
};

/// From which side a profile is looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum View {
    Buyer,
    Seller,
}

impl View {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Buyer => "aSide",
            Self::Seller => "zSide",
        }
    }
}

/// A profile.
pub(super) fn profile(state: &State, viewer: Organisation, profile: &Profile, view: View) -> Value {
    let href = format!("{}/fabric/v4/serviceProfiles/{}", state.config.base_url, profile.id);
    let mut body = asked_for(&profile.offer);
    let mut put = |name: &str, value: Value| body[name] = value;
    put("uuid", profile.id.as_str().into());
    put("state", profile.standing.on_v4().into());
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
    put("metros", profile.places.iter().map(|place| metro(state, place)).collect());
    put("selfProfile", state.owns(viewer, profile).into());
    if let (View::Seller, Some(publication)) = (view, &profile.publication) {
        put("change", change(&href, publication));
    }
    let config = &mut body["accessPointTypeConfigs"][0];
    // The configuration has an id of its own.
    let id = profile.id.as_str().get(8..).unwrap_or_default();
    config["uuid"] = format!("5f00b002{id}").into();
    if let Some(kind) = profile.encapsulation {
        config["linkProtocolConfig"]["encapsulation"] = encapsulation(kind).into();
    }
    if view == View::Buyer {
        for (place, names) in [
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
            if let Some(fields) = body.pointer_mut(place).and_then(Value::as_object_mut) {
                fields.retain(|name, _| !names.contains(&name.as_str()));
            }
        }
    }
    body
}

/// An offer in the words of the request that makes it.
pub(super) fn asked_for(offer: &Offer) -> Value {
    let mut link = json!({
        "encapsulationStrategy": offer.tagging.as_str(),
        "reuseVlanSTag": offer.same_vlan,
    });
    if !offer.named_tags.is_empty() {
        link["namedTags"] = offer.named_tags.as_slice().into();
    }
    if let Some(label) = &offer.c_tag_label {
        link["vlanCTagLabel"] = label.as_str().into();
    }
    let mut api = json!({
        "apiAvailable": offer.api.available,
        "equinixManagedPort": offer.api.managed_port,
        "equinixManagedVlan": offer.api.managed_vlan,
        "allowOverSubscription": offer.oversold,
        "overSubscriptionLimit": offer.oversold_limit.unwrap_or(1),
        "bandwidthFromApi": offer.api.gives_speed,
    });
    if let Some(id) = &offer.api.integration {
        api["integrationId"] = id.as_str().into();
    }
    let key = offer.key.as_ref();
    let mut authentication = json!({
        "required": key.is_some_and(|key| key.required),
        "label": key.map_or("Service Key", |key| &key.label),
    });
    if let Some(description) = key.and_then(|key| key.description.as_deref()) {
        authentication["description"] = description.into();
    }
    let mut config = json!({
        "type": "COLO",
        "supportedBandwidths": offer.mbps,
        "allowRemoteConnections": offer.from_afar,
        "allowCustomBandwidth": offer.any_mbps,
        "allowBandwidthAutoApproval": offer.auto_approves,
        "linkProtocolConfig": link,
        "enableAutoGenerateServiceKey": offer.makes_keys,
        "connectionRedundancyRequired": offer.needs_pair,
        "selectiveRedundancy": offer.may_pair,
        "apiConfig": api,
        "connectionLabel": offer.label,
        "authenticationKey": authentication,
    });
    if let Some(percent) = offer.alert_percent {
        config["bandwidthAlertThreshold"] = percent.into();
    }
    let mut body = json!({
        "type": "L2_PROFILE",
        "name": offer.name,
        "description": offer.description.as_deref().unwrap_or(&offer.name),
        "visibility": if offer.private { "PRIVATE" } else { "PUBLIC" },
        "accessPointTypeConfigs": [config],
        "notifications": notifications(offer),
        "ports": offer.outlets.iter().map(port).collect::<Vec<_>>(),
    });
    if !offer.emails.is_empty() {
        body["allowedEmails"] = offer.emails.as_slice().into();
    }
    if !offer.questions.is_empty() {
        body["customFields"] = offer.questions.iter().map(question).collect();
    }
    for (name, value) in &offer.echoed {
        body[name] = value.clone();
    }
    body
}

fn notifications(offer: &Offer) -> Vec<Value> {
    let told = &offer.told;
    [
        ("BANDWIDTH_ALERT", &told.bandwidth),
        ("CONNECTION_APPROVAL", &told.connections),
        ("PROFILE_LIFECYCLE", &told.profile),
    ]
    .into_iter()
    .filter(|(_, emails)| !emails.is_empty())
    .map(|(kind, emails)| json!({"type": kind, "emails": emails}))
    .collect()
}

fn port(outlet: &Outlet) -> Value {
    let mut body = json!({
        "type": "XF_PORT",
        "uuid": outlet.port.as_str(),
        "location": {"metroCode": outlet.metro.as_str()},
    });
    if let Some(region) = &outlet.region {
        body["sellerRegion"] = region.key.as_str().into();
        body["sellerRegionDescription"] = region.label.as_str().into();
    }
    if let Some(id) = &outlet.cross_connect {
        body["crossConnectId"] = id.as_str().into();
    }
    body
}

fn question(question: &Question) -> Value {
    let mut body = json!({
        "label": question.label,
        "required": question.required,
        "dataType": question.kind,
        "captureInEmail": question.in_email,
    });
    if let Some(description) = &question.description {
        body["description"] = description.as_str().into();
    }
    if !question.options.is_empty() {
        body["options"] = question.options.as_slice().into();
    }
    body
}

/// A metro of a profile.
pub(super) fn metro(state: &State, place: &Place) -> Value {
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

/// The example names the change by the action that it takes, and has no status.
fn change(href: &str, publication: &Publication) -> Value {
    let id = format!("5f00b003-0000-4000-8000-{:012x}", publication.number);
    let (kind, status) = match publication.decision {
        Decision::Awaited => ("PROFILE_UPDATE_ACCEPTANCE", "SUBMITTED_FOR_APPROVAL"),
        Decision::Yes => ("PROFILE_UPDATE_ACCEPTANCE", "COMPLETED"),
        Decision::No => ("PROFILE_UPDATE_REJECTION", "REJECTED"),
    };
    json!({
        "href": format!("{href}/actions/{id}"),
        "type": kind,
        "status": status,
        "uuid": id,
        "createdDateTime": print(publication.asked),
        "updatedDateTime": print(publication.since),
        "data": [{"op": "replace", "path": "/visibility", "value": "PUBLIC"}],
    })
}
