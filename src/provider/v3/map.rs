//! v3's words into ours, and ours into v3's.

use jiff::Timestamp;

use super::wire::{ConnectionBody, MetroBody, OrderBody, PortBody, ProfileBody, SecondaryBody};
use crate::{
    domain::{
        AuthenticationKey, Connection, ConnectionId, Email, Encapsulation, EquinixStatus, Half,
        Mbps, Metro, MetroCode, Order, Peering, Port, PortId, Priority, ProfileId, ProviderStatus,
        PurchaseOrderNumber, Redundancy, ServiceProfile, Tags, Vlan, ZSide, clean,
    },
    provider::{Error, Fault, Refusal},
};

/// The body of an order. This dialect knows neither service tokens nor invitations, and orders a
/// connection to an own port through the profile that holds it.
pub(super) fn order(order: &Order) -> Result<OrderBody<'_>, Error> {
    let unknown = |what: &str| {
        let message = format!("ECX v3 {what}");
        let property = Some("zSide".into());
        let fault = Fault { message, property, ..Fault::default() };
        Error::Refused(Refusal { status: 400, faults: vec![fault] })
    };
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
        primary_vlan_s_tag: tags.outer.to_string(),
        primary_vlan_c_tag: tags.inner.map(|tag| tag.to_string()),
        primary_z_side_port_uuid: None,
        primary_z_side_vlan_s_tag: None,
        primary_z_side_vlan_c_tag: None,
        named_tag: None,
        seller_region: None,
        seller_metro_code: None,
        authorization_key: None,
        secondary: order.secondary.as_ref().map(|half| secondary(half, &order.z_side)),
    };
    match &order.z_side {
        ZSide::Profile { profile, metro, seller_region, key, peering, far_inner } => {
            Ok(OrderBody {
                profile_uuid: profile.as_str(),
                primary_z_side_vlan_c_tag: far_inner.map(|tag| tag.to_string()),
                named_tag: peering.map(named_tag),
                seller_region: seller_region.as_deref(),
                seller_metro_code: Some(metro.as_str()),
                authorization_key: key.as_ref().map(AuthenticationKey::expose),
                ..body
            })
        }
        ZSide::Port { port, link, profile: Some(profile), metro } => {
            let far = link.tags();
            Ok(OrderBody {
                profile_uuid: profile.as_str(),
                primary_z_side_port_uuid: Some(port.as_str()),
                primary_z_side_vlan_s_tag: Some(far.outer.to_string()),
                primary_z_side_vlan_c_tag: far.inner.map(|tag| tag.to_string()),
                seller_metro_code: metro.as_ref().map(MetroCode::as_str),
                ..body
            })
        }
        ZSide::Port { profile: None, .. } => {
            Err(unknown("orders a connection to an own port through the profile that holds it"))
        }
        ZSide::Token(_) | ZSide::Invitation { .. } => {
            Err(unknown("knows neither service tokens nor invitations; use a FabricV4 account"))
        }
    }
}

/// The redundant half. What it shares with the primary does not travel twice.
fn secondary<'a>(half: &'a Half, primary: &ZSide) -> SecondaryBody<'a> {
    let tags = half.a_side.link.tags();
    let body = SecondaryBody {
        name: half.name.as_str(),
        port_uuid: half.a_side.port.as_str(),
        vlan_s_tag: tags.outer.to_string(),
        vlan_c_tag: tags.inner.map(|tag| tag.to_string()),
        z_side_port_uuid: None,
        z_side_vlan_s_tag: None,
        z_side_vlan_c_tag: None,
        seller_region: None,
        seller_metro_code: None,
        authorization_key: None,
    };
    match (&half.z_side, primary) {
        (
            ZSide::Profile { metro, seller_region, key, far_inner, .. },
            ZSide::Profile { metro: first, seller_region: region, key: first_key, .. },
        ) => SecondaryBody {
            z_side_vlan_c_tag: far_inner.map(|tag| tag.to_string()),
            seller_region: seller_region.as_deref().filter(|_| seller_region != region),
            seller_metro_code: (metro != first).then(|| metro.as_str()),
            authorization_key: key
                .as_ref()
                .filter(|_| key != first_key)
                .map(AuthenticationKey::expose),
            ..body
        },
        (ZSide::Port { port, link, .. }, _) => {
            let far = link.tags();
            SecondaryBody {
                z_side_port_uuid: Some(port.as_str()),
                z_side_vlan_s_tag: Some(far.outer.to_string()),
                z_side_vlan_c_tag: far.inner.map(|tag| tag.to_string()),
                ..body
            }
        }
        (ZSide::Profile { .. } | ZSide::Token(_) | ZSide::Invitation { .. }, _) => body,
    }
}

/// Whole gigabits travel as such, everything else as megabits (samples of Oracle and AWS).
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

/// A port; `None` if it has no usable id.
pub(super) fn port(body: PortBody) -> Option<Port> {
    Some(Port {
        id: PortId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        metro: body.metro_code.and_then(|c| MetroCode::parse(&c).ok()),
        encapsulation: body.encapsulation.and_then(|e| Encapsulation::parse(&e)),
        may_order: body.place_vc_order_permission,
    })
}

/// A metro; `None` if it has no usable code.
pub(super) fn metro(body: MetroBody) -> Option<Metro> {
    Some(Metro {
        code: MetroCode::parse(&body.code?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 64),
        reaches: body.cloud_reach.iter().filter_map(|c| MetroCode::parse(c).ok()).collect(),
    })
}

/// A service profile; `None` if it has no usable id.
pub(super) fn profile(body: ProfileBody) -> Option<ServiceProfile> {
    Some(ServiceProfile {
        id: ProfileId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        organization: body.organization_name.map(|n| clean(&n, 128)),
        encapsulation: body.profile_encapsulation.and_then(|e| Encapsulation::parse(&e)),
        metros: body.metros.into_iter().filter_map(|m| MetroCode::parse(&m.code?).ok()).collect(),
    })
}

/// A connection; `None` if it has no usable id.
pub(super) fn connection(body: ConnectionBody) -> Option<Connection> {
    let tag = |tag: Option<u64>| {
        tag.and_then(|t| u16::try_from(t).ok()).and_then(|t| Vlan::new(t).ok()).map(Vlan::get)
    };
    let factor = match body.speed_unit.as_deref() {
        Some(unit) if unit.eq_ignore_ascii_case("GB") => 1000,
        _ => 1,
    };
    Some(Connection {
        id: ConnectionId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        equinix_status: EquinixStatus::read(&body.status.unwrap_or_default()),
        provider_status: ProviderStatus::read(&body.provider_status.unwrap_or_default()),
        bandwidth: body
            .speed
            .and_then(|s| s.checked_mul(factor))
            .and_then(|mbps| u32::try_from(mbps).ok()),
        port: body.port_uuid.and_then(|p| PortId::parse(&p).ok()),
        tags: tag(body.vlan_s_tag).map(|outer| Tags { outer, inner: tag(body.vlan_c_tag) }),
        redundancy: body.redundancy_group.map(|group| Redundancy {
            group: clean(&group, 64),
            priority: body.redundancy_type.as_deref().and_then(priority),
        }),
        provider_connection_id: body
            .actions
            .into_iter()
            .flat_map(|action| action.action_required_data)
            .find(|datum| datum.key.as_deref() == Some("awsConnectionId"))
            .and_then(|datum| datum.value)
            .map(|id| clean(&id, 128)),
        created: body.created_date.and_then(|at| at.parse::<Timestamp>().ok()),
        faults: vec![],
    })
}

fn priority(word: &str) -> Option<Priority> {
    match word.to_ascii_lowercase().as_str() {
        "primary" => Some(Priority::Primary),
        "secondary" => Some(Priority::Secondary),
        _ => None,
    }
}
