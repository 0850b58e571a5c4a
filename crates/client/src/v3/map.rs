//! Makes the domain's types from the answers of v3.
//!
//! What an answer leaves out stays absent; nothing is made up.

use fabric_domain::{
    ChangeProgress, ChangeSeen, Connection, ConnectionId, Currency, Encapsulation, EquinixStatus,
    Leg, Mbps, Metro, MetroCode, Money, Peering, Port, PortId, ProfileId, ProviderStatus, Question,
    Redundancy, ServiceProfile, Tags, Vlan, ZSideSeen, clean,
};

use super::wire::{BuyerInfoBody, ConnectionBody, MetroBody, PortBody, PricesBody, ProfileBody};
use crate::lenient::{Items, Number, Text};

/// The most notification addresses kept of one connection.
const MAX_EMAILS: usize = 32;

/// The monthly price of a connection of this bandwidth: that of the smallest tier that holds it, in
/// the list for connections within a metro or in the one for those between two. `None` if one of the
/// prices cannot be read: it may be that of a smaller tier.
pub(super) fn price(body: &PricesBody, bandwidth: Mbps) -> Option<Money> {
    let remote = body.origin_metro.get()? != body.destination_metro.get()?;
    let kind = if remote { "remoteConnection" } else { "localConnection" };
    let unreadable = body.price_list.unreadable
        + body.price_list.iter().map(|list| list.prices.unreadable).sum::<usize>();
    if unreadable > 0 {
        return None;
    }
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
        // The document gives `totalBandwidth` in bytes, and shows a number of bits.
        mbps: None,
        unlimited: body.buyout.get(),
    })
}

/// A metro; `None` without a usable code.
pub(super) fn metro(body: &MetroBody) -> Option<Metro> {
    Some(Metro {
        code: body.code.parse(MetroCode::parse)?,
        name: clean(body.name.or_empty(), 64),
        region: body.region.cleaned(16),
        reaches: body.cloud_reach.try_map(|code| MetroCode::parse(code).ok()).all(),
    })
}

/// A service profile; `None` without a usable id.
pub(super) fn profile(body: &ProfileBody) -> Option<ServiceProfile> {
    let any_speed = body.allow_custom_speed.is_true() || speed_from_api(body);
    Some(ServiceProfile {
        id: body.uuid.parse(ProfileId::parse)?,
        name: clean(body.name.or_empty(), 128),
        organization: body.organization_name.cleaned(128),
        encapsulation: body.profile_encapsulation.get().and_then(Encapsulation::parse),
        metros: body.metros.try_map(|metro| metro.code.parse(MetroCode::parse)).all(),
        bandwidths: if any_speed { vec![] } else { bandwidths(body).all() },
        remote: body.features.cloud_reach.get(),
        needs_pair: body.required_redundancy.is_true(),
        same_tags: body.vlan_same_as_primary.is_true(),
        // A profile with an API to its seller requires a key, and checks it through that API.
        needs_key: body.api_available.is_true(),
        checks_keys: body.api_available.is_true(),
        questions: questions(&body.additional_buyer_info),
    })
}

/// What buyers are asked for; `None` if an entry cannot be read, or has no name to answer to.
fn questions(asked: &Items<BuyerInfoBody>) -> Option<Vec<Question>> {
    let read = asked.try_map(|body| body.name.non_empty().map(|_| question(body)));
    (read.unreadable == 0).then_some(read.entries)
}

/// One question of a seller. This dialect shows no options.
pub(super) fn question(body: &BuyerInfoBody) -> Question {
    Question {
        name: body.name.or_empty().to_owned(),
        description: body.description.non_empty(),
        mandatory: body.mandatory.is_true(),
        datatype: body.datatype.or_empty().to_ascii_uppercase(),
        options: vec![],
        capture_in_email: body.capture_in_email.is_true(),
    }
}

/// Whether the seller's API determines the bandwidth, in either spelling.
pub(super) fn speed_from_api(body: &ProfileBody) -> bool {
    body.speed_from_api.is_true() || body.speed_from_api_lower.is_true()
}

/// The bandwidths that a profile sells, in Mbit/s.
pub(super) fn bandwidths(body: &ProfileBody) -> Items<u32> {
    body.speed_bands.try_map(|band| mbps(band.speed, &band.unit))
}

/// A bandwidth in Mbit/s; `None` without a unit that is known. The documents write `MB` and `GB`
/// for Mbit/s and Gbit/s.
pub(super) fn mbps(speed: Number, unit: &Text) -> Option<u32> {
    let unit = unit.get()?.trim().to_ascii_lowercase();
    let (factor, rest) = match unit.split_at_checked(1)? {
        ("g", rest) => (1000, rest.strip_prefix("iga").unwrap_or(rest)),
        ("m", rest) => (1, rest.strip_prefix("ega").unwrap_or(rest)),
        _ => return None,
    };
    let is_unit = ["", "b", "bps", "b/s", "bit", "bits", "bit/s", "bits/s"].contains(&rest);
    u32::try_from(speed.get()?.checked_mul(factor)?).ok().filter(|_| is_unit)
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
        notifications: emails(&body.notifications),
        term: None,
        change: change_seen(body),
        created: body.created_date.timestamp(),
        // Neither is in this dialect's answers.
        operational: None,
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
        seller_region: body.seller_region.cleaned(64),
        peering: body.named_tag.get().and_then(Peering::read),
        // This dialect orders through neither.
        token: None,
        invitee: None,
    }
}

fn tag(tag: Number) -> Option<u16> {
    Vlan::new(tag.fit()?).ok().map(Vlan::get)
}

/// The addresses to notify; none if one of them cannot be read.
fn emails(notifications: &Items<String>) -> Vec<String> {
    notifications.all().iter().take(MAX_EMAILS).map(|email| clean(email, 254)).collect()
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

    #[test]
    fn a_bandwidth_has_the_unit_that_it_names() {
        let read = |speed: u32, unit: serde_json::Value| {
            let unit: Text = serde_json::from_value(unit).unwrap();
            mbps(serde_json::from_value(json!(speed)).unwrap(), &unit)
        };
        for unit in ["GB", "Gbps", "Gb", "gbit/s", "G", " GBPS "] {
            assert_eq!(read(1, json!(unit)), Some(1000), "{unit}");
        }
        for unit in ["MB", "Mbps", "Mb", "mbit/s", "M", "Megabits"] {
            assert_eq!(read(50, json!(unit)), Some(50), "{unit}");
        }
        for unit in [json!(null), json!(""), json!("KB"), json!("TB"), json!("g-force"), json!("é")]
        {
            assert_eq!(read(50, unit.clone()), None, "{unit}");
        }
    }
}
