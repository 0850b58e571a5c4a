//! How v4 prints a connection.
//!
//! Fields of the sample responses of both v4 documents and of the specification's `Connection`.
//! Only formatting: no rules here, but for the states in which v4 calls a connection transient.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_domain::{
    Encapsulation, EquinixStatus as E, Leg, LinkProtocol, MetroCode, PortId, ProfileId,
    ProviderStatus as P, Tags,
};

use super::change_view;
use crate::{
    catalogue::v4 as codes,
    world::{
        draft::{Destination, Draft},
        ledger::ApiDialect,
        line::Line,
        seed::{PROJECT, prices::TIERS},
        state::WorldState,
        state_tables::{Exit, Stage},
        users::Organisation,
        z_side::ZSidePort,
    },
};

/// A link protocol as v4 writes it.
pub(super) fn link(link: LinkProtocol) -> Value {
    match link {
        LinkProtocol::Dot1q(tag) => json!({"type": "DOT1Q", "vlanTag": tag.get()}),
        LinkProtocol::Qinq { s_tag, c_tag } => {
            let mut body = json!({"type": "QINQ", "vlanSTag": s_tag.get()});
            if let Some(c_tag) = c_tag {
                body["vlanCTag"] = c_tag.get().into();
            }
            body
        }
    }
}

/// The response to an order with `dryRun=true`: without id and state.
pub(super) fn preview(state: &WorldState, organisation: Organisation, draft: &Draft) -> Value {
    let mut body = json!({
        "type": "EVPL_VC",
        "name": draft.name,
        "bandwidth": draft.mbps,
        "redundancy": {"priority": priority(draft.leg)},
        "aSide": {"accessPoint": a_side(state, organisation, draft)},
        "zSide": z_side(state, organisation, draft, None),
        "order": order(draft),
        "notifications": notifications(draft),
    });
    echo(draft, &mut body);
    body
}

/// A connection as its buyer or its seller sees it.
pub(super) fn connection(
    state: &WorldState,
    viewer: Organisation,
    line: &Line,
    now: Duration,
) -> Value {
    let draft = &line.draft;
    let row = line.lifecycle.stage();
    let href = format!("{}/fabric/v4/connections/{}", state.config.base_url, line.id.as_str());
    let port = state.port_of(line);
    let mut body = json!({
        "href": href,
        "type": "EVPL_VC",
        "uuid": line.id.as_str(),
        "name": draft.name,
        "state": shown_state(row),
        "operation": operation(line),
        "order": order(draft),
        "notifications": notifications(draft),
        "account": account(line.organisation),
        "changeLog": change_log(state, line, now),
        "change": change_view::latest(state, line),
        "bandwidth": draft.mbps,
        "redundancy": {"group": line.group, "priority": priority(draft.leg)},
        "isRemote": port.is_some_and(|port| port.metro != draft.metro),
        "direction": direction(state, viewer, line),
        "aSide": {"accessPoint": a_side(state, line.organisation, draft)},
        "zSide": z_side(state, line.organisation, draft, state.aws_id(line)),
        "project": {"projectId": PROJECT},
    });
    echo(draft, &mut body);
    if let (Destination::Profile(_), Some(assigned)) = (&draft.destination, state.z_side_port(line))
    {
        let z_side = &mut body["zSide"]["accessPoint"];
        z_side["port"] = port_named(state, assigned.id, Some(assigned.name));
        z_side["linkProtocol"] = assigned_link(&assigned);
    }
    body
}

/// The link protocol at the port that a seller assigned.
fn assigned_link(assigned: &ZSidePort<'_>) -> Value {
    let Tags { s_tag, c_tag } = assigned.tags;
    if c_tag.is_none() && assigned.encapsulation != Some(Encapsulation::Qinq) {
        return json!({"type": "DOT1Q", "vlanTag": s_tag});
    }
    let mut body = json!({"type": "QINQ", "vlanSTag": s_tag});
    if let Some(c_tag) = c_tag {
        body["vlanCTag"] = c_tag.into();
    }
    body
}

/// "Connection directionality from the requester point of view."
fn direction(state: &WorldState, viewer: Organisation, line: &Line) -> &'static str {
    let buys = viewer == line.organisation;
    match line.draft.destination {
        Destination::Port { .. } => "INTERNAL",
        Destination::Profile(_) if state.sells(viewer, line) => {
            if buys {
                "INTERNAL"
            } else {
                "INCOMING"
            }
        }
        Destination::Profile(_) | Destination::Token(_) | Destination::Invitation { .. } => {
            "OUTGOING"
        }
    }
}

fn echo(draft: &Draft, body: &mut Value) {
    for name in ["project", "geoScope", "additionalInfo", "marketplaceSubscription"] {
        if let Some(value) = draft.echoed.get(name) {
            body[name] = value.clone();
        }
    }
}

/// `state` depends on the state at Equinix. While a deletion waits for its seller, the connection
/// "counts as active".
fn shown_state(stage: &Stage) -> &'static str {
    match (&stage.equinix, &stage.provider) {
        (E::PendingApproval | E::PendingAutoApproval | E::PendingBgpPeering, _) => "PENDING",
        (E::Provisioned | E::PendingDelete, _) => "ACTIVE",
        (E::Deprovisioning, _) => "DEPROVISIONING",
        (E::Deprovisioned, _) => "DEPROVISIONED",
        (E::Rejected | E::RejectedAck | E::NotProvisioned, _) => "FAILED",
        _ => "PROVISIONING",
    }
}

/// Whether v4 rejects changes and deletion of a connection now (`EQ-3142510`).
pub(super) fn transient(line: &Line) -> bool {
    line.relocation.is_some()
        || (line.lifecycle.deletion_started() && !line.lifecycle.deprovisioned())
        || shown_state(line.lifecycle.stage()) == "PROVISIONING"
}

fn operation(line: &Line) -> Value {
    let stage = line.lifecycle.stage();
    let mut body = json!({
        "equinixStatus": line.equinix_status(ApiDialect::V4).as_str(),
        "providerStatus": stage.provider.as_str(),
    });
    if stage.equinix == E::Provisioned && stage.exit == Exit::Final {
        body["operationalStatus"] = "UP".into();
    }
    if stage.provider == P::Failed {
        body["errors"] = json!([{
            "errorCode": codes::SELLER_PORT_FULL.code,
            "errorMessage": codes::SELLER_PORT_FULL.message,
        }]);
    }
    body
}

fn order(draft: &Draft) -> Value {
    let mut order = draft.echoed.get("order").cloned().unwrap_or(json!({}));
    if let Some(number) = &draft.purchase_order {
        order["purchaseOrderNumber"] = number.as_str().into();
    }
    order["billingTier"] = billing_tier(draft.mbps).into();
    order
}

/// The billing tier of a bandwidth, as the sample responses print it.
fn billing_tier(mbps: u32) -> String {
    let tier = TIERS.into_iter().find(|tier| mbps <= *tier).unwrap_or(mbps);
    if tier >= 1000 { format!("Up to {} Gbps", tier / 1000) } else { format!("Up to {tier} Mbps") }
}

fn notifications(draft: &Draft) -> Value {
    draft
        .echoed
        .get("notifications")
        .cloned()
        .unwrap_or_else(|| json!([{"type": "ALL", "emails": draft.emails}]))
}

/// The account of an organisation.
pub(super) fn account(organisation: Organisation) -> Value {
    json!({
        "accountNumber": 270_001 + organisation.0,
        "accountName": format!("example-account-{}", organisation.0 + 1),
        "orgId": 91_997 + organisation.0,
        "organizationName": format!("example-organization-{}", organisation.0 + 1),
    })
}

fn change_log(state: &WorldState, line: &Line, now: Duration) -> Value {
    let user = "john.doe@example.com";
    let mut body = json!({
        "createdBy": user,
        "createdByEmail": user,
        "createdDateTime": state.clock.print(line.created),
        "updatedBy": user,
        "updatedByEmail": user,
        "updatedDateTime": state.clock.print(line.updated()),
    });
    if let Some(cancelled) = line.cancelled {
        body["deletedBy"] = user.into();
        body["deletedByEmail"] = user.into();
        body["deletedDateTime"] = state.clock.print(cancelled.min(now)).into();
    }
    body
}

pub(super) fn priority(leg: Leg) -> &'static str {
    match leg {
        Leg::Primary => "PRIMARY",
        Leg::Secondary => "SECONDARY",
    }
}

fn port(state: &WorldState, id: &PortId) -> Value {
    port_named(state, id.as_str(), state.any_port(id).map(|port| port.name.as_str()))
}

fn port_named(state: &WorldState, id: &str, name: Option<&str>) -> Value {
    let mut body = json!({
        "href": format!("{}/fabric/v4/ports/{id}", state.config.base_url),
        "type": "XF_PORT",
        "uuid": id,
    });
    if let Some(name) = name {
        body["name"] = name.into();
    }
    body
}

/// A metro as `location`.
pub(super) fn location(state: &WorldState, code: MetroCode) -> Value {
    let mut body = json!({
        "metroHref": format!("{}/fabric/v4/metros/{code}", state.config.base_url),
        "metroCode": code.as_str(),
    });
    if let Some(metro) = state.metro(code) {
        body["metroName"] = metro.name.into();
        body["region"] = metro.region.into();
    }
    body
}

fn a_side(state: &WorldState, organisation: Organisation, draft: &Draft) -> Value {
    let mut body = json!({
        "type": "COLO",
        "account": account(organisation),
        "port": port(state, &draft.port),
        "linkProtocol": link(draft.link),
    });
    if let Some(port) = state.any_port(&draft.port) {
        body["location"] = location(state, port.metro);
    }
    body
}

fn profile(state: &WorldState, id: &ProfileId) -> Value {
    let mut body = json!({
        "href": format!("{}/fabric/v4/serviceProfiles/{id}", state.config.base_url),
        "type": "L2_PROFILE",
        "uuid": id.as_str(),
    });
    if let Some(profile) = state.profile(id) {
        body["name"] = profile.definition.name.as_str().into();
    }
    body
}

fn z_side(
    state: &WorldState,
    organisation: Organisation,
    draft: &Draft,
    provider_id: Option<String>,
) -> Value {
    let mut location = location(state, draft.metro);
    match &draft.destination {
        Destination::Token(token) => json!({"serviceToken": {
            "href": format!("{}/fabric/v4/serviceTokens/{}", state.config.base_url, token.as_str()),
            "type": "VC_TOKEN",
            "uuid": token.as_str(),
        }}),
        Destination::Invitation { email, message } => {
            // The document's response has href where the specification has metroHref.
            location["href"] = location["metroHref"].clone();
            json!({"accessPoint": {
                "location": location,
                "invitation": {"email": email, "message": message},
            }})
        }
        Destination::Port { port: id, link: tags, profile: through } => {
            let mut body = json!({
                "type": "COLO",
                "account": account(organisation),
                "port": port(state, id),
                "linkProtocol": link(*tags),
                "location": location,
            });
            if let Some(through) = through {
                body["profile"] = profile(state, through);
            }
            json!({"accessPoint": body})
        }
        Destination::Profile(id) => {
            let mut body = json!({
                "type": "SP",
                "profile": profile(state, id),
                "location": location,
            });
            let terms = &draft.terms;
            let peering = terms.peering.as_ref().map(|p| p.to_ascii_uppercase());
            for (name, value) in [
                ("sellerRegion", terms.seller_region.clone()),
                ("authenticationKey", terms.key.clone()),
                ("peeringType", peering),
                ("providerConnectionId", provider_id),
            ] {
                if let Some(value) = value {
                    body[name] = value.into();
                }
            }
            if let Some(protocol) = draft.echoed.get("zSideLinkProtocol") {
                body["linkProtocol"] = protocol.clone();
            } else if let Some(c_tag) = terms.c_tag {
                body["linkProtocol"] = json!({"type": "QINQ", "vlanCTag": c_tag});
            }
            json!({"accessPoint": body})
        }
    }
}
