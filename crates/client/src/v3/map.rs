//! Makes the domain's types from the answers of v3.
//!
//! What an answer leaves out stays absent; nothing is made up.

use fabric_domain::{
    ChangeProgress, ChangeSeen, Connection, ConnectionId, Currency, Encapsulation, EquinixStatus,
    Leg, Mbps, Metro, MetroCode, Money, Peering, Port, PortId, ProfileId, ProviderStatus,
    Redundancy, ServiceProfile, Tags, Vlan, ZSideSeen, clean,
};

use super::wire::{ConnectionBody, MetroBody, PortBody, PricesBody, ProfileBody};
use crate::lenient::{Number, Text};

/// The most notification addresses kept of one connection.
const MAX_EMAILS: usize = 32;

/// The monthly price of a connection of this bandwidth: that of the smallest tier that holds it, in
/// the list for connections within a metro or in the one for those between two.
pub(super) fn price(body: &PricesBody, bandwidth: Mbps) -> Option<Money> {
    let remote = body.origin_metro.get()? != body.destination_metro.get()?;
    let kind = if remote { "remoteConnection" } else { "localConnection" };
    let lists = body.price_list.iter().filter(|list| list.connection_type.get() == Some(kind));
    let prices = lists.flat_map(|list| list.prices.iter());
    let tiers = prices.filter_map(|p| Some((p.speed_billing_tier.get()?, p.price.get()?)));
    let (_, price) = tiers
        .filter(|(tier, _)| *tier >= u64::from(bandwidth.get()))
        .min_by_key(|(tier, _)| *tier)?;
    Money::parse(price, body.currency.parse(Currency::parse)?).ok()
}

/// A port; `None` without a usable id.
pub(super) fn port(body: &PortBody) -> Option<Port> {
    Some(Port {
        id: body.uuid.parse(PortId::parse)?,
        name: clean(body.name.or_empty(), 128),
        metro: body.metro_code.parse(MetroCode::parse),
        encapsulation: body.encapsulation.get().and_then(Encapsulation::parse),
        may_order: body.place_vc_order_permission.get(),
    })
}

/// A metro; `None` without a usable code.
pub(super) fn metro(body: &MetroBody) -> Option<Metro> {
    Some(Metro {
        code: body.code.parse(MetroCode::parse)?,
        name: clean(body.name.or_empty(), 64),
        region: body.region.cleaned(16),
        reaches: body.cloud_reach.iter().filter_map(|c| MetroCode::parse(c).ok()).collect(),
    })
}

/// A service profile; `None` without a usable id.
pub(super) fn profile(body: &ProfileBody) -> Option<ServiceProfile> {
    let any_speed = body.allow_custom_speed.is_true() || body.speed_from_api.is_true();
    let metros = body.metros.iter().filter_map(|metro| metro.code.parse(MetroCode::parse));
    Some(ServiceProfile {
        id: body.uuid.parse(ProfileId::parse)?,
        name: clean(body.name.or_empty(), 128),
        organization: body.organization_name.cleaned(128),
        encapsulation: body.profile_encapsulation.get().and_then(Encapsulation::parse),
        metros: metros.collect(),
        bandwidths: if any_speed { vec![] } else { bandwidths(body) },
        remote: body.features.cloud_reach.get(),
        needs_pair: body.required_redundancy.is_true(),
        same_tags: body.vlan_same_as_primary.is_true(),
        // A profile with an API to its seller requires a key, and checks it through that API.
        needs_key: body.api_available.is_true(),
        checks_keys: body.api_available.is_true(),
    })
}

/// The bandwidths that a profile sells, in Mbit/s.
pub(super) fn bandwidths(body: &ProfileBody) -> Vec<u32> {
    body.speed_bands.iter().filter_map(|band| mbps(band.speed, &band.unit)).collect()
}

/// A bandwidth in Mbit/s.
pub(super) fn mbps(speed: Number, unit: &Text) -> Option<u32> {
    let gigabits = unit.or_empty().eq_ignore_ascii_case("GB");
    let mbps = speed.get()?.checked_mul(if gigabits { 1000 } else { 1 })?;
    u32::try_from(mbps).ok()
}

/// A connection; `None` without a usable id.
pub(super) fn connection(body: &ConnectionBody) -> Option<Connection> {
    Some(Connection {
        id: body.uuid.parse(ConnectionId::parse)?,
        name: clean(body.name.or_empty(), 128),
        equinix_status: EquinixStatus::read(body.status.or_empty()),
        provider_status: ProviderStatus::read(body.provider_status.or_empty()),
        reference: None,
        bandwidth: mbps(body.speed, &body.speed_unit),
        port: body.port_uuid.parse(PortId::parse),
        tags: tag(body.vlan_s_tag).map(|s_tag| Tags { s_tag, c_tag: tag(body.vlan_c_tag) }),
        metro: body.metro_code.parse(MetroCode::parse),
        z_side: z_side_seen(body),
        redundancy: body
            .redundancy_group
            .cleaned(64)
            .map(|group| Redundancy { group, leg: body.redundancy_type.get().and_then(leg) }),
        provider_connection_id: provider_connection_id(body),
        notifications: body
            .notifications
            .iter()
            .take(MAX_EMAILS)
            .map(|email| clean(email, 254))
            .collect(),
        term: None,
        change: change_seen(body),
        created: body.created_date.timestamp(),
        faults: vec![],
    })
}

fn z_side_seen(body: &ConnectionBody) -> ZSideSeen {
    ZSideSeen {
        profile: body.seller_service_uuid.parse(ProfileId::parse),
        metro: body.seller_metro_code.parse(MetroCode::parse),
        port: body.z_side_port_uuid.parse(PortId::parse),
        s_tag: tag(body.z_side_vlan_s_tag),
        c_tag: tag(body.z_side_vlan_c_tag),
        seller_region: body.seller_region.cleaned(64).filter(|region| !region.is_empty()),
        peering: body.named_tag.get().and_then(Peering::read),
        // This dialect orders through neither.
        token: None,
        invitee: None,
    }
}

fn tag(tag: Number) -> Option<u16> {
    Vlan::new(tag.fit()?).ok().map(Vlan::get)
}

/// AWS's id of the connection, which AWS gives along with the action that it requires.
fn provider_connection_id(body: &ConnectionBody) -> Option<String> {
    let mut data = body.actions.iter().flat_map(|action| action.action_required_data.iter());
    data.find(|datum| datum.key.get() == Some("awsConnectionId"))?.value.cleaned(128)
}

/// The latest change, while it is under way: this dialect shows no other.
fn change_seen(body: &ConnectionBody) -> Option<ChangeSeen> {
    let progress = if body.seller_approval_pending_for_bandwidth.is_true() {
        ChangeProgress::AwaitingApproval
    } else if body.update_in_progress.is_true() {
        ChangeProgress::UnderWay
    } else {
        return None;
    };
    Some(ChangeSeen { id: None, progress })
}

fn leg(redundancy_type: &str) -> Option<Leg> {
    match redundancy_type.to_ascii_lowercase().as_str() {
        "primary" => Some(Leg::Primary),
        "secondary" => Some(Leg::Secondary),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// The connection of the sample "GET L2 Connections {uuid}", as far as it shows the two sides.
    #[test]
    fn both_sides_are_read_as_in_the_sample() {
        let sample = json!({
            "uuid": "006d08e2-788e-4c83-82d3-07b1787644a5",
            "vlanSTag": 200,
            "portUUID": "66284add-86d1-6d10-b4e0-30ac094f8af1",
            "metroCode": "TR",
            "sellerMetroCode": "TR",
            "sellerServiceUUID": "a1390b22-bbe0-4e93-ad37-85beef9d254d",
            "namedTag": "Private",
            "zSidePortUUID": "6f5680ea-1513-5130-50e0-30ac094f83ec",
            "zSideVlanSTag": 8,
        });
        let read = |body: &serde_json::Value| {
            connection(&serde_json::from_value(body.clone()).unwrap()).unwrap()
        };
        let line = read(&sample);
        assert_eq!(line.metro, MetroCode::parse("TR").ok());
        let mut expected = ZSideSeen {
            profile: ProfileId::parse("a1390b22-bbe0-4e93-ad37-85beef9d254d").ok(),
            metro: MetroCode::parse("TR").ok(),
            port: PortId::parse("6f5680ea-1513-5130-50e0-30ac094f83ec").ok(),
            s_tag: Some(8),
            peering: Some(Peering::Private),
            ..ZSideSeen::default()
        };
        assert_eq!(line.z_side, expected);
        let mut more = sample;
        more["zSideVlanCTag"] = json!("211");
        more["sellerRegion"] = json!("us-west-1");
        (expected.c_tag, expected.seller_region) = (Some(211), Some("us-west-1".into()));
        assert_eq!(read(&more).z_side, expected);
        let silent = read(&json!({"uuid": "1"}));
        assert_eq!((silent.metro, silent.z_side), (None, ZSideSeen::default()));
    }
}
