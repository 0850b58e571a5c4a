//! What travels on v4 to order a connection and to change one: `POST /connections` and
//! `PATCH /connections/{id}`.
//!
//! Bodies of the published specification's examples, exactly.

use serde::Serialize;
use serde_json::{Value, json};

use fabric_domain::{
    AuthenticationKey, Change, CustomerReference, Email, Leg, LinkProtocol, Order, Peering,
    PurchaseOrderNumber, Term, Vlan, ZSide,
};

/// `POST /connections`.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct OrderBody<'a> {
    r#type: &'static str,
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<OrderDetails<'a>>,
    bandwidth: u32,
    #[serde(skip_serializing_if = "Option::is_none")]
    redundancy: Option<JoinBody<'a>>,
    a_side: SideBody<'a>,
    z_side: SideBody<'a>,
    notifications: Vec<NotificationBody<'a>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    additional_info: Vec<AnswerBody<'a>>,
}

/// The answer to a question of the seller. Values are strings, as in the schema; some examples have
/// numbers and booleans.
#[derive(Serialize)]
struct AnswerBody<'a> {
    key: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct JoinBody<'a> {
    group: &'a str,
    priority: &'static str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct OrderDetails<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    purchase_order_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    customer_reference_number: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    term_length: Option<u8>,
}

#[derive(Serialize)]
struct NotificationBody<'a> {
    r#type: &'static str,
    emails: Vec<&'a str>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct SideBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    access_point: Option<AccessPointBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    service_token: Option<UuidBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invitation: Option<InvitationBody<'a>>,
}

#[derive(Serialize, Default)]
#[serde(rename_all = "camelCase")]
struct AccessPointBody<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    r#type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    port: Option<UuidBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    profile: Option<ProfileRefBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<LocationBody<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    link_protocol: Option<LinkProtocolBody>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seller_region: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    peering_type: Option<&'static str>,
}

#[derive(Serialize)]
struct UuidBody<'a> {
    uuid: &'a str,
}

#[derive(Serialize)]
struct ProfileRefBody<'a> {
    r#type: &'static str,
    uuid: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LocationBody<'a> {
    metro_code: &'a str,
}

#[derive(Serialize)]
struct InvitationBody<'a> {
    email: &'a str,
    message: &'a str,
}

#[derive(Serialize)]
#[serde(tag = "type")]
pub(super) enum LinkProtocolBody {
    #[serde(rename = "DOT1Q")]
    Dot1q {
        #[serde(rename = "vlanTag")]
        tag: u16,
    },
    #[serde(rename = "QINQ")]
    Qinq {
        #[serde(rename = "vlanSTag")]
        s_tag: u16,
        #[serde(rename = "vlanCTag", skip_serializing_if = "Option::is_none")]
        c_tag: Option<u16>,
    },
    /// A seller's Z side, whose S-tag the seller chooses.
    #[serde(rename = "QINQ")]
    SellerQinq {
        #[serde(rename = "vlanCTag")]
        c_tag: u16,
    },
}

/// The body of an order.
pub(super) fn order(order: &Order) -> OrderBody<'_> {
    OrderBody {
        r#type: "EVPL_VC",
        name: order.name.as_str(),
        order: details(order),
        bandwidth: order.bandwidth.get(),
        redundancy: order.join.as_ref().map(|join| JoinBody {
            group: &join.group,
            priority: match join.leg {
                Leg::Primary => "PRIMARY",
                Leg::Secondary => "SECONDARY",
            },
        }),
        a_side: port_side(order.a_side.port.as_str(), order.a_side.link),
        z_side: z_side(&order.z_side),
        notifications: notifications(&order.notifications),
        additional_info: order
            .answers
            .iter()
            .map(|answer| AnswerBody { key: &answer.name, value: answer.text.expose() })
            .collect(),
    }
}

/// The one operation of a change.
pub(super) fn change(change: &Change) -> Value {
    let (path, value) = match change {
        Change::Name(name) => ("/name", json!(name.as_str())),
        Change::Bandwidth(mbps) => ("/bandwidth", json!(mbps.get())),
        Change::Notifications(emails) => ("/notifications", json!(notifications(emails))),
        Change::Term(term) => ("/order/termLength", json!(term.months())),
    };
    json!([{"op": "replace", "path": path, "value": value}])
}

pub(super) fn link_protocol(link: LinkProtocol) -> LinkProtocolBody {
    match link {
        LinkProtocol::Dot1q(tag) => LinkProtocolBody::Dot1q { tag: tag.get() },
        LinkProtocol::Qinq { s_tag, c_tag } => {
            LinkProtocolBody::Qinq { s_tag: s_tag.get(), c_tag: c_tag.map(Vlan::get) }
        }
    }
}

fn details(order: &Order) -> Option<OrderDetails<'_>> {
    let purchase_order_number =
        order.purchase_order_number.as_ref().map(PurchaseOrderNumber::as_str);
    let customer_reference_number = order.reference.as_ref().map(CustomerReference::as_str);
    let term_length = order.term.map(Term::months);
    let is_empty = purchase_order_number.is_none()
        && customer_reference_number.is_none()
        && term_length.is_none();
    (!is_empty).then_some(OrderDetails {
        purchase_order_number,
        customer_reference_number,
        term_length,
    })
}

fn notifications(emails: &[Email]) -> Vec<NotificationBody<'_>> {
    vec![NotificationBody { r#type: "ALL", emails: emails.iter().map(Email::as_str).collect() }]
}

fn z_side(side: &ZSide) -> SideBody<'_> {
    match side {
        ZSide::Profile { profile, metro, seller_region, key, peering, z_c_tag } => {
            access(AccessPointBody {
                r#type: Some("SP"),
                profile: Some(ProfileRefBody { r#type: "L2_PROFILE", uuid: profile.as_str() }),
                location: Some(LocationBody { metro_code: metro.as_str() }),
                authentication_key: key.as_ref().map(AuthenticationKey::expose),
                seller_region: seller_region.as_deref(),
                peering_type: peering.map(peering_type),
                link_protocol: z_c_tag.map(|tag| LinkProtocolBody::SellerQinq { c_tag: tag.get() }),
                ..AccessPointBody::default()
            })
        }
        ZSide::Port { port, link, .. } => port_side(port.as_str(), *link),
        ZSide::Token(token) => SideBody {
            service_token: Some(UuidBody { uuid: token.as_str() }),
            ..SideBody::default()
        },
        ZSide::Invitation { email, message, metro } => SideBody {
            invitation: Some(InvitationBody { email: email.as_str(), message }),
            ..access(AccessPointBody {
                location: Some(LocationBody { metro_code: metro.as_str() }),
                ..AccessPointBody::default()
            })
        },
    }
}

fn port_side(port: &str, link: LinkProtocol) -> SideBody<'_> {
    access(AccessPointBody {
        r#type: Some("COLO"),
        port: Some(UuidBody { uuid: port }),
        link_protocol: Some(link_protocol(link)),
        ..AccessPointBody::default()
    })
}

fn access(access_point: AccessPointBody<'_>) -> SideBody<'_> {
    SideBody { access_point: Some(access_point), ..SideBody::default() }
}

fn peering_type(peering: Peering) -> &'static str {
    match peering {
        Peering::Private => "PRIVATE",
        Peering::Public => "PUBLIC",
        Peering::Microsoft => "MICROSOFT",
        Peering::Manual => "MANUAL",
    }
}
