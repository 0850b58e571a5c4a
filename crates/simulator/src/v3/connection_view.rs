//! How v3 prints connections.
//!
//! Fields of the sample responses of the chapter "API Reference", and further ones that the
//! published client reads. Only formatting: no rules here.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_domain::{Encapsulation, Leg, LinkProtocol};

use crate::world::{
    clock::print, draft::Destination, ledger::ApiDialect, line::Line, state::WorldState,
    state_tables::Exit, z_side::ZSidePort,
};

/// One element of "GET L2 Buyer Connections" and "GET L2 Connections {uuid}".
pub(super) fn connection(state: &WorldState, line: &Line, now: Duration) -> Value {
    let draft = &line.draft;
    let equinix = line.equinix_status(ApiDialect::V3);
    let (_, provider) = line.lifecycle.stage().pair_on(ApiDialect::V3);
    let port = state.port_of(line);
    let (speed, unit) =
        if draft.in_gigabits { (draft.mbps / 1000, "GB") } else { (draft.mbps, "MB") };
    let tags = draft.link.tags();
    let user = "JohnDoe@equinix.com";
    let mut body = json!({
        "buyerOrganizationName": state.name_of(line.organisation),
        "uuid": line.id.as_str(),
        "name": draft.name,
        "vlanSTag": tags.s_tag,
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
        "redundancyType": match draft.leg {
            Leg::Primary => "primary",
            Leg::Secondary => "secondary",
        },
        "redundancyGroup": line.group,
        "sellerMetroCode": draft.metro.as_str(),
        "sellerMetroDescription": state.metro(draft.metro).map(|metro| metro.name),
        "notifications": draft.emails,
        "createdDate": state.clock.print(line.created),
        "createdBy": user,
        "createdByFullName": "John Doe",
        "createdByEmail": user,
        "lastUpdatedBy": user,
        "lastUpdatedDate": state.clock.print(line.updated()),
        "lastUpdatedByFullName": "John Doe",
        "lastUpdatedByEmail": user,
        "remote": port.is_some_and(|port| port.metro != draft.metro),
        "private": false,
        "self": matches!(draft.destination, Destination::Port { .. }) || state.sells(line.organisation, line),
        "updateInProgress": line.changing(),
        "connectionEditable": line.lifecycle.in_service() && !line.changing(),
        "sellerApprovedBandwidth": line.bandwidth_approved(),
        "sellerApprovalPendingForBandwidth": line.awaits_bandwidth_approval(),
    });
    let mut put = |key: &str, value: Value| body[key] = value;
    if let Some(c_tag) = tags.c_tag {
        put("vlanCTag", c_tag.into());
    }
    if let Some(profile) = line.profile()
        && let Some(profile) = state.profile(profile)
    {
        put("sellerServiceName", profile.definition.name.as_str().into());
        put("sellerServiceUUID", profile.id.as_str().into());
        put("sellerOrganizationName", profile.seller.as_str().into());
        put("private", profile.definition.private.into());
    }
    if let Some(other) = state.other_leg(line) {
        put("redundantUUID", other.id.as_str().into());
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
    if let Some(c_tag) = draft.terms.c_tag {
        put("zSideVlanCTag", c_tag.into());
    }
    if let Some(ZSidePort { name, id, tags, encapsulation }) = state.z_side_port(line) {
        put("zSidePortName", name.into());
        put("zSidePortUUID", id.into());
        put("zSideVlanSTag", tags.s_tag.into());
        if let Some(c_tag) = tags.c_tag {
            put("zSideVlanCTag", c_tag.into());
        }
        if let Some(encapsulation) = encapsulation {
            put("zsideEncapsulation", lower_case(encapsulation).into());
        }
    }
    if let Some(cancelled) = line.cancelled {
        put("deletedBy", user.into());
        put("deletedDate", print(state.clock.at(cancelled.min(now))).into());
        put("deletedByEmail", user.into());
    }
    if let Some(id) = state.aws_id(line) {
        put("actionDetails", action_details(line, &id));
    }
    body
}

/// One element of "GET L2 Seller Connections": the fields of its table, without the buyer's own.
pub(super) fn incoming(state: &WorldState, line: &Line, now: Duration) -> Value {
    let mut body = connection(state, line, now);
    if let Some(fields) = body.as_object_mut() {
        for name in ["authorizationKey", "sellerRegion", "connectionEditable", "actionDetails"] {
            fields.remove(name);
        }
    }
    body
}

/// Connections print it in lower case.
fn lower_case(encapsulation: Encapsulation) -> &'static str {
    match encapsulation {
        Encapsulation::Dot1q => "dot1q",
        Encapsulation::Qinq => "qinq",
        Encapsulation::Untagged => "untagged",
    }
}

/// The action that an AWS connection requires of its buyer while it waits for acceptance.
fn action_details(line: &Line, provider_id: &str) -> Value {
    if line.lifecycle.stage().exit != Exit::OnDecision {
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
