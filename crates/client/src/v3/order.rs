//! What travels on v3 to order a connection or a pair and to change one: `POST /l2/connections` and
//! `PATCH /l2/connections/{id}?action=Update`.
//!
//! Flat objects, as in the samples, with a prefix for each connection of a pair.

use serde::Serialize;

use fabric_domain::{
    AuthenticationKey, Change, Email, LegOrder, Mbps, MetroCode, Order, Peering,
    PurchaseOrderNumber, ZSide,
};

use crate::{Error, Refusal};

/// `POST /l2/connections`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderBody<'a> {
    primary_name: &'a str,
    #[serde(rename = "profileUUID")]
    profile_uuid: &'a str,
    speed: u32,
    speed_unit: &'static str,
    notifications: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_order_number: Option<&'a str>,
    #[serde(rename = "primaryPortUUID")]
    primary_port_uuid: &'a str,
    /// Tags travel as strings, as in most samples.
    #[serde(rename = "primaryVlanSTag")]
    primary_vlan_s_tag: String,
    #[serde(rename = "primaryVlanCTag", skip_serializing_if = "Option::is_none")]
    primary_vlan_c_tag: Option<String>,
    #[serde(rename = "primaryZSidePortUUID", skip_serializing_if = "Option::is_none")]
    primary_z_side_port_uuid: Option<&'a str>,
    #[serde(rename = "primaryZSideVlanSTag", skip_serializing_if = "Option::is_none")]
    primary_z_side_vlan_s_tag: Option<String>,
    #[serde(rename = "primaryZSideVlanCTag", skip_serializing_if = "Option::is_none")]
    primary_z_side_vlan_c_tag: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    named_tag: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_metro_code: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorization_key: Option<&'a str>,
    /// The published v3 client sends the answers to `additionalBuyerInfo` under this name.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    additional_info: Vec<AnswerBody<'a>>,
    #[serde(flatten, skip_serializing_if = "Option::is_none")]
    secondary: Option<SecondaryOrderBody<'a>>,
}

/// The answer to a question of the seller.
#[derive(Serialize)]
struct AnswerBody<'a> {
    name: &'a str,
    value: &'a str,
}

/// The secondary connection of an order.
#[derive(Serialize)]
struct SecondaryOrderBody<'a> {
    #[serde(rename = "secondaryName")]
    name: &'a str,
    #[serde(rename = "secondaryPortUUID")]
    port_uuid: &'a str,
    #[serde(rename = "secondaryVlanSTag")]
    vlan_s_tag: String,
    #[serde(rename = "secondaryVlanCTag", skip_serializing_if = "Option::is_none")]
    vlan_c_tag: Option<String>,
    #[serde(rename = "secondaryZSidePortUUID", skip_serializing_if = "Option::is_none")]
    z_side_port_uuid: Option<&'a str>,
    #[serde(rename = "secondaryZSideVlanSTag", skip_serializing_if = "Option::is_none")]
    z_side_vlan_s_tag: Option<String>,
    #[serde(rename = "secondaryZSideVlanCTag", skip_serializing_if = "Option::is_none")]
    z_side_vlan_c_tag: Option<String>,
    #[serde(rename = "secondarySellerRegion", skip_serializing_if = "Option::is_none")]
    seller_region: Option<&'a str>,
    #[serde(rename = "secondarySellerMetroCode", skip_serializing_if = "Option::is_none")]
    seller_metro_code: Option<&'a str>,
    #[serde(rename = "secondaryAuthorizationKey", skip_serializing_if = "Option::is_none")]
    authorization_key: Option<&'a str>,
}

/// `PATCH /l2/connections/{id}?action=Update`. What is left out stays as it is.
#[derive(Serialize, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub(super) struct UpdateBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    connection_new_name: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    speed_unit: Option<&'static str>,
}

/// The body of an order. This dialect has neither service tokens nor invitations, and orders a
/// connection to an own port through the profile that holds the port.
pub(super) fn order(order: &Order) -> Result<OrderBody<'_>, Error> {
    let unsupported = |what: &str| refused("zSide", format!("ECX v3 {what}"));
    let tags = order.a_side.link.tags();
    let (speed, speed_unit) = speed(order.bandwidth);
    let body = OrderBody {
        primary_name: order.name.as_str(),
        profile_uuid: "",
        speed,
        speed_unit,
        notifications: order.notifications.iter().map(Email::as_str).collect(),
        purchase_order_number: order
            .purchase_order_number
            .as_ref()
            .map(PurchaseOrderNumber::as_str),
        primary_port_uuid: order.a_side.port.as_str(),
        primary_vlan_s_tag: tags.s_tag.to_string(),
        primary_vlan_c_tag: tags.c_tag.map(|tag| tag.to_string()),
        primary_z_side_port_uuid: None,
        primary_z_side_vlan_s_tag: None,
        primary_z_side_vlan_c_tag: None,
        named_tag: None,
        seller_region: None,
        seller_metro_code: None,
        authorization_key: None,
        additional_info: order
            .answers
            .iter()
            .map(|answer| AnswerBody { name: &answer.name, value: answer.text.expose() })
            .collect(),
        secondary: order.secondary.as_ref().map(|leg| secondary(leg, &order.z_side)),
    };
    match &order.z_side {
        ZSide::Profile { profile, metro, seller_region, key, peering, z_c_tag } => Ok(OrderBody {
            profile_uuid: profile.as_str(),
            primary_z_side_vlan_c_tag: z_c_tag.map(|tag| tag.to_string()),
            named_tag: peering.map(named_tag),
            seller_region: seller_region.as_deref(),
            seller_metro_code: Some(metro.as_str()),
            authorization_key: key.as_ref().map(AuthenticationKey::expose),
            ..body
        }),
        ZSide::Port { port, link, profile: Some(profile), metro } => {
            let z_tags = link.tags();
            Ok(OrderBody {
                profile_uuid: profile.as_str(),
                primary_z_side_port_uuid: Some(port.as_str()),
                primary_z_side_vlan_s_tag: Some(z_tags.s_tag.to_string()),
                primary_z_side_vlan_c_tag: z_tags.c_tag.map(|tag| tag.to_string()),
                seller_metro_code: metro.as_ref().map(MetroCode::as_str),
                ..body
            })
        }
        ZSide::Port { profile: None, .. } => {
            Err(unsupported("orders a connection to an own port through the profile that holds it"))
        }
        ZSide::Token(_) | ZSide::Invitation { .. } => {
            Err(unsupported("knows neither service tokens nor invitations; use a FabricV4 account"))
        }
    }
}

/// A refusal by this client, worded like the provider's.
fn refused(property: &str, message: String) -> Error {
    Error::Refused(Refusal::new(400, message, Some(property)))
}

/// The body of a change. This dialect changes names and bandwidths only.
pub(super) fn change(change: &Change) -> Result<UpdateBody<'_>, Error> {
    match change {
        Change::Name(name) => {
            Ok(UpdateBody { connection_new_name: Some(name.as_str()), ..UpdateBody::default() })
        }
        Change::Bandwidth(mbps) => {
            let (speed, unit) = speed(*mbps);
            let (speed, speed_unit) = (Some(speed), Some(unit));
            Ok(UpdateBody { speed, speed_unit, ..UpdateBody::default() })
        }
        Change::Notifications(_) => {
            Err(refused("notifications", "ECX v3 cannot change notifications".into()))
        }
        Change::Term(_) => Err(refused("termMonths", "ECX v3 knows no terms".into())),
    }
}

/// The secondary connection. Values that equal the primary's are left out.
fn secondary<'a>(leg: &'a LegOrder, primary: &ZSide) -> SecondaryOrderBody<'a> {
    let tags = leg.a_side.link.tags();
    let body = SecondaryOrderBody {
        name: leg.name.as_str(),
        port_uuid: leg.a_side.port.as_str(),
        vlan_s_tag: tags.s_tag.to_string(),
        vlan_c_tag: tags.c_tag.map(|tag| tag.to_string()),
        z_side_port_uuid: None,
        z_side_vlan_s_tag: None,
        z_side_vlan_c_tag: None,
        seller_region: None,
        seller_metro_code: None,
        authorization_key: None,
    };
    match (&leg.z_side, primary) {
        (
            ZSide::Profile { metro, seller_region, key, z_c_tag, .. },
            ZSide::Profile {
                metro: primary_metro,
                seller_region: primary_region,
                key: primary_key,
                ..
            },
        ) => SecondaryOrderBody {
            z_side_vlan_c_tag: z_c_tag.map(|tag| tag.to_string()),
            seller_region: seller_region.as_deref().filter(|_| seller_region != primary_region),
            seller_metro_code: (metro != primary_metro).then(|| metro.as_str()),
            authorization_key: key
                .as_ref()
                .filter(|_| key != primary_key)
                .map(AuthenticationKey::expose),
            ..body
        },
        (ZSide::Port { port, link, .. }, _) => {
            let z_tags = link.tags();
            SecondaryOrderBody {
                z_side_port_uuid: Some(port.as_str()),
                z_side_vlan_s_tag: Some(z_tags.s_tag.to_string()),
                z_side_vlan_c_tag: z_tags.c_tag.map(|tag| tag.to_string()),
                ..body
            }
        }
        (ZSide::Profile { .. } | ZSide::Token(_) | ZSide::Invitation { .. }, _) => body,
    }
}

/// Whole gigabits are sent as such, everything else as megabits (samples of Oracle and AWS).
fn speed(bandwidth: Mbps) -> (u32, &'static str) {
    match bandwidth.get() {
        mbps if mbps % 1000 == 0 => (mbps / 1000, "GB"),
        mbps => (mbps, "MB"),
    }
}

fn named_tag(peering: Peering) -> &'static str {
    match peering {
        Peering::Private => "Private",
        Peering::Public => "Public",
        Peering::Microsoft => "Microsoft",
        Peering::Manual => "Manual",
    }
}
