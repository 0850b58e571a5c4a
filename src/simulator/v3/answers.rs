//! How the v3 face prints ports, metros, profiles and connections.
//!
//! The keys are those of the sample answers of the chapter "API Reference". Nothing is decided
//! here.

use std::time::Duration;

use serde_json::{Map, Value, json};

use super::super::access::Organisation;
use super::super::clock::print;
use super::super::http::{Caller, Reply};
use super::super::ledger::Dialect;
use super::super::line::{End, Line, aws_id, seller_port};
use super::super::rules::{Course, Leaving};
use super::super::seed::{Port, Profile};
use super::super::state::State;
use crate::domain::{Encapsulation, LinkProtocol, MetroCode, Priority};

/// "GET User Port".
pub(super) fn ports(state: &State, caller: Caller) -> Reply {
    let ports = state.ports(caller.0).iter();
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

/// "GET L2 Service Profiles Services {uuid}", and one element of its listing.
pub(super) fn profile(state: &State, profile: &Profile) -> Value {
    let metros = profile.metros.iter().filter_map(|code| state.metro(*code));
    let mut body = json!({
        "uuid": profile.id.as_str(),
        "name": profile.name,
        "connectionNameLabel": "Connection",
        "requiredRedundancy": profile.needs_pair,
        "allowCustomSpeed": false,
        "speedBands": profile.mbps.iter()
            .map(|mbps| json!({"speed": mbps, "unit": "MB"}))
            .collect::<Vec<_>>(),
        "metros": metros.map(|metro| {
            let mut body = json!({
                "code": metro.code.as_str(),
                "name": metro.name,
                "ibxs": [format!("{}5", metro.code)],
                "displayName": metro.name,
            });
            if !profile.regions.is_empty() {
                body["sellerRegions"] = regions(profile).into();
            }
            body
        }).collect::<Vec<_>>(),
        "createdDate": "2018-12-07T13:31:58.525Z",
        "createdBy": "John-Doe",
        "lastUpdatedDate": "2018-12-07T13:58:28.258Z",
        "lastUpdatedBy": "John-Doe",
        "vlanSameAsPrimary": false,
        "tagType": if profile.named_tags.is_empty() { "CTAGED" } else { "BOTH" },
        "apiAvailable": profile.key_label.is_some(),
        "selfProfile": profile.sold_by_first(),
        "speedFromAPI": false,
        "authorizationKey": "[a-z|A-z|0-9]",
        "organizationName": profile.seller,
        "private": profile.own(),
        "features": {"cloudReach": true, "testProfile": false},
    });
    if let Some(encapsulation) = profile.encapsulation {
        // Profiles write "Qinq" where ports write "QinQ".
        body["profileEncapsulation"] = match encapsulation {
            Encapsulation::Qinq => "Qinq",
            Encapsulation::Dot1q | Encapsulation::Untagged => spelled(encapsulation),
        }
        .into();
    }
    if let Some(label) = profile.key_label {
        body["authKeyLabel"] = label.into();
    }
    if !profile.named_tags.is_empty() {
        body["namedTags"] = profile.named_tags.into();
    }
    body
}

fn regions(profile: &Profile) -> Map<String, Value> {
    let regions = profile.regions.iter();
    regions.map(|(key, label)| ((*key).to_owned(), Value::from(*label))).collect()
}

/// One element of "GET L2 Buyer Connections" and "GET L2 Connections {uuid}".
pub(super) fn connection(state: &State, line: &Line, now: Duration) -> Value {
    let draft = &line.draft;
    let (equinix, provider) = line.life.stage().shown_on(Dialect::V3);
    let port = state.port_of(line);
    let (speed, unit) =
        if draft.in_gigabits { (draft.mbps / 1000, "GB") } else { (draft.mbps, "MB") };
    let tags = draft.link.tags();
    let user = "JohnDoe@equinix.com";
    let mut body = json!({
        "buyerOrganizationName": buyer(line.organisation),
        "uuid": line.id.as_str(),
        "name": draft.name,
        "vlanSTag": tags.outer,
        "portUUID": draft.port.as_str(),
        "portName": port.map(|port| &port.name),
        "asideEncapsulation": match draft.link {
            LinkProtocol::Dot1q(_) => "dot1q",
            LinkProtocol::Qinq { .. } => "qinq",
        },
        "metroCode": port.map(|port| port.metro.as_str()),
        "metroDescription": port.and_then(|port| state.metro(port.metro)).map(|metro| metro.name),
        "providerStatus": provider.as_str(),
        "status": equinix.as_str(),
        "billingTier": format!("Up to {speed} {unit}"),
        "speed": speed,
        "speedUnit": unit,
        "redundancyType": match draft.priority {
            Priority::Primary => "primary",
            Priority::Secondary => "secondary",
        },
        "redundancyGroup": line.group,
        "sellerMetroCode": draft.metro.as_str(),
        "sellerMetroDescription": state.metro(draft.metro).map(|metro| metro.name),
        "notifications": draft.emails,
        "createdDate": state.clock.print(line.created),
        "createdBy": user,
        "createdByFullName": "John Doe",
        "createdByEmail": user,
        "lastUpdatedDate": state.clock.print(line.updated()),
        "remote": port.is_some_and(|port| port.metro != draft.metro),
        "private": false,
        "self": matches!(draft.end, End::Port { .. }),
        "updateInProgress": line.changing(),
        "connectionEditable": line.life.in_service() && !line.changing(),
        "sellerApprovedBandwidth": line.approved(),
        "sellerApprovalPendingForBandwidth": line.submitted(),
    });
    let mut put = |key: &str, value: Value| body[key] = value;
    if let Some(inner) = tags.inner {
        put("vlanCTag", inner.into());
    }
    if let Some(profile) = line.profile()
        && let Some(profile) = state.profile(line.organisation, profile.as_str())
    {
        put("sellerServiceName", profile.name.into());
        put("sellerServiceUUID", profile.id.as_str().into());
        put("sellerOrganizationName", profile.seller.into());
        put("private", profile.own().into());
    }
    if let Some(order) = &draft.purchase_order {
        put("purchaseOrderNumber", order.as_str().into());
    }
    if let Some(key) = &draft.terms.key {
        put("authorizationKey", key.as_str().into());
    }
    if let Some(tag) = &draft.terms.peering {
        put("namedTag", tag.as_str().into());
    }
    if let Some(region) = &draft.terms.seller_region {
        put("sellerRegion", region.as_str().into());
    }
    if let Some(inner) = draft.terms.inner {
        put("zSideVlanCTag", inner.into());
    }
    if let End::Port { port, link, .. } = &draft.end {
        let far = state.port(line.organisation, port.as_str());
        put("zSidePortName", far.map(|far| far.name.as_str()).into());
        put("zSidePortUUID", port.as_str().into());
        put("zSideVlanSTag", link.tags().outer.into());
    }
    if let Some((name, id, tag)) = seller_port(line) {
        put("zSidePortName", name.into());
        put("zSidePortUUID", id.into());
        put("zSideVlanSTag", tag.into());
    }
    if let Some(cancelled) = line.cancelled {
        put("deletedBy", user.into());
        put("deletedDate", print(state.clock.at(cancelled.min(now))).into());
        put("deletedByEmail", user.into());
    }
    if let Some(id) = provider_id(state, line) {
        put("actionDetails", action_details(line, &id));
    }
    body
}

/// What the buyer of an AWS connection has to do while it waits for acceptance.
fn action_details(line: &Line, provider_id: &str) -> Value {
    if line.life.stage().leaving != Leaving::Waits {
        return json!([]);
    }
    let datum = |key: &str, label: &str, value: Value, editable: bool| json!({"key": key, "label": label, "value": value, "editable": editable});
    json!([{
        "actionType": "EQUINIX_EXECUTE_ACTION",
        "operationId": "CONFIRM_CONNECTION",
        "actionMessage": "Accept the hosted connection with the keys of the AWS account",
        "actionRequiredData": [
            datum("awsConnectionId", "AWS Connection Id", provider_id.into(), false),
            datum("accessKey", "AWS Access Key", Value::Null, true),
            datum("secretKey", "AWS Secret Key", Value::Null, true),
        ],
    }])
}

/// AWS's own id for a line, from when AWS knows it.
fn provider_id(state: &State, line: &Line) -> Option<String> {
    let profile = state.profile(line.organisation, line.profile()?.as_str())?;
    (profile.course == Course::Aws && line.life.reached_provider()).then(|| aws_id(line))
}

fn buyer(organisation: Organisation) -> String {
    if organisation == Organisation::FIRST {
        "JOHN-DOE-ORG".to_owned()
    } else {
        format!("EXAMPLE-ORG-{}", organisation.0)
    }
}
