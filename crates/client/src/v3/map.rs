//! v3's words into ours, and ours into v3's.

use jiff::Timestamp;

use fabric_domain::{
    AuthenticationKey, Change, ChangeProgress, ChangeSeen, Connection, ConnectionId, Currency,
    Email, Encapsulation, EquinixStatus, Leg, LegOrder, Mbps, Metro, MetroCode, Money, Order,
    Peering, Port, PortId, ProfileId, ProviderStatus, PurchaseOrderNumber, Redundancy,
    ServiceProfile, Tags, Vlan, ZSide, clean,
};

use super::wire::{
    ConnectionBody, MetroBody, OrderBody, PortBody, PricesBody, ProfileBody, SecondaryBody,
    UpdateBody,
};
use crate::{Error, Fault, Refusal};

/// The body of an order. This dialect knows neither service tokens nor invitations, and orders a
/// connection to an own port through the profile that holds it.
pub(super) fn order(order: &Order) -> Result<OrderBody<'_>, Error> {
    let unknown = |what: &str| refused("zSide", format!("ECX v3 {what}"));
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
        secondary: order.secondary.as_ref().map(|half| secondary(half, &order.z_side)),
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
            let far = link.tags();
            Ok(OrderBody {
                profile_uuid: profile.as_str(),
                primary_z_side_port_uuid: Some(port.as_str()),
                primary_z_side_vlan_s_tag: Some(far.s_tag.to_string()),
                primary_z_side_vlan_c_tag: far.c_tag.map(|tag| tag.to_string()),
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

/// A no of our own, in the form of the provider's.
fn refused(property: &str, message: String) -> Error {
    let fault = Fault { message, property: Some(property.into()), ..Fault::default() };
    Error::Refused(Refusal { status: 400, faults: vec![fault] })
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

/// What a line of this bandwidth costs a month: the price of the smallest tier that holds it, in
/// the list for lines that stay in their metro or in the one for those that leave it.
pub(super) fn price(body: PricesBody, bandwidth: Mbps) -> Option<Money> {
    let remote = body.origin_metro? != body.destination_metro?;
    let kind = if remote { "remoteConnection" } else { "localConnection" };
    let lists = body.price_list.into_iter();
    let prices =
        lists.filter(|list| list.connection_type.as_deref() == Some(kind)).flat_map(|l| l.prices);
    let tiers = prices.filter_map(|price| Some((price.speed_billing_tier?, price.price?)));
    let (_, price) = tiers
        .filter(|(tier, _)| *tier >= u64::from(bandwidth.get()))
        .min_by_key(|(tier, _)| *tier)?;
    Money::parse(&price, Currency::parse(&body.currency?).ok()?).ok()
}

/// The redundant half. What it shares with the primary does not travel twice.
fn secondary<'a>(half: &'a LegOrder, primary: &ZSide) -> SecondaryBody<'a> {
    let tags = half.a_side.link.tags();
    let body = SecondaryBody {
        name: half.name.as_str(),
        port_uuid: half.a_side.port.as_str(),
        vlan_s_tag: tags.s_tag.to_string(),
        vlan_c_tag: tags.c_tag.map(|tag| tag.to_string()),
        z_side_port_uuid: None,
        z_side_vlan_s_tag: None,
        z_side_vlan_c_tag: None,
        seller_region: None,
        seller_metro_code: None,
        authorization_key: None,
    };
    match (&half.z_side, primary) {
        (
            ZSide::Profile { metro, seller_region, key, z_c_tag, .. },
            ZSide::Profile { metro: first, seller_region: region, key: first_key, .. },
        ) => SecondaryBody {
            z_side_vlan_c_tag: z_c_tag.map(|tag| tag.to_string()),
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
                z_side_vlan_s_tag: Some(far.s_tag.to_string()),
                z_side_vlan_c_tag: far.c_tag.map(|tag| tag.to_string()),
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
        region: body.region.map(|region| clean(&region, 16)),
        reaches: body.cloud_reach.iter().filter_map(|c| MetroCode::parse(c).ok()).collect(),
    })
}

/// A service profile; `None` if it has no usable id.
pub(super) fn profile(body: ProfileBody) -> Option<ServiceProfile> {
    let any_speed = [body.allow_custom_speed, body.speed_from_api].contains(&Some(true));
    let api = body.api_available == Some(true);
    Some(ServiceProfile {
        id: ProfileId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        organization: body.organization_name.map(|n| clean(&n, 128)),
        encapsulation: body.profile_encapsulation.and_then(|e| Encapsulation::parse(&e)),
        metros: body.metros.into_iter().filter_map(|m| MetroCode::parse(&m.code?).ok()).collect(),
        bandwidths: body
            .speed_bands
            .into_iter()
            .filter(|_| !any_speed)
            .filter_map(|band| mbps(band.speed, band.unit.as_deref()))
            .collect(),
        remote: body.features.cloud_reach,
        needs_pair: body.required_redundancy == Some(true),
        same_tags: body.vlan_same_as_primary == Some(true),
        // Profiles with an interface to their seller ask for a key, and have it checked there.
        needs_key: api,
        checks_keys: api,
    })
}

/// A bandwidth in Mbit/s.
pub(super) fn mbps(speed: Option<u64>, unit: Option<&str>) -> Option<u32> {
    let gigabits = unit.is_some_and(|unit| unit.eq_ignore_ascii_case("GB"));
    let mbps = speed?.checked_mul(if gigabits { 1000 } else { 1 })?;
    u32::try_from(mbps).ok()
}

/// How far the latest change is; this dialect tells only of one that is under way.
fn changing(body: &ConnectionBody) -> Option<ChangeSeen> {
    let progress = if body.seller_approval_pending_for_bandwidth == Some(true) {
        ChangeProgress::AwaitingApproval
    } else if body.update_in_progress == Some(true) {
        ChangeProgress::UnderWay
    } else {
        return None;
    };
    Some(ChangeSeen { id: None, progress })
}

/// A connection; `None` if it has no usable id.
pub(super) fn connection(body: ConnectionBody) -> Option<Connection> {
    let tag = |tag: Option<u64>| {
        tag.and_then(|t| u16::try_from(t).ok()).and_then(|t| Vlan::new(t).ok()).map(Vlan::get)
    };
    let change = changing(&body);
    Some(Connection {
        id: ConnectionId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        equinix_status: EquinixStatus::read(&body.status.unwrap_or_default()),
        provider_status: ProviderStatus::read(&body.provider_status.unwrap_or_default()),
        bandwidth: mbps(body.speed, body.speed_unit.as_deref()),
        port: body.port_uuid.and_then(|p| PortId::parse(&p).ok()),
        tags: tag(body.vlan_s_tag).map(|s_tag| Tags { s_tag, c_tag: tag(body.vlan_c_tag) }),
        redundancy: body.redundancy_group.map(|group| Redundancy {
            group: clean(&group, 64),
            leg: body.redundancy_type.as_deref().and_then(priority),
        }),
        provider_connection_id: body
            .actions
            .into_iter()
            .flat_map(|action| action.action_required_data)
            .find(|datum| datum.key.as_deref() == Some("awsConnectionId"))
            .and_then(|datum| datum.value)
            .map(|id| clean(&id, 128)),
        notifications: body.notifications.iter().take(32).map(|e| clean(e, 254)).collect(),
        term: None,
        change,
        created: body.created_date.and_then(|at| at.parse::<Timestamp>().ok()),
        faults: vec![],
    })
}

fn priority(word: &str) -> Option<Leg> {
    match word.to_ascii_lowercase().as_str() {
        "primary" => Some(Leg::Primary),
        "secondary" => Some(Leg::Secondary),
        _ => None,
    }
}
