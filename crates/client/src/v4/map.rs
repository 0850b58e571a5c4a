//! Makes the domain's types from the answers of v4.
//!
//! What an answer leaves out stays absent; nothing is made up.

use fabric_domain::{
    ChangeProgress, ChangeSeen, Connection, ConnectionId, Currency, Encapsulation, EquinixStatus,
    Fault, Leg, Listed, Mbps, Metro, MetroCode, Money, OperationalStatus, Peering, Port, PortId,
    ProfileId, ProviderStatus, Question, Redundancy, ServiceProfile, ServiceTokenId, Tags, Vlan,
    ZSideSeen, clean,
};

use super::wire::{
    AccessPointConfig, ChangeBody, ConnectionBody, CustomFieldBody, LinkProtocolSeen, MetroBody,
    MetroRef, NotificationSeen, PortBody, PriceBody, ProfileBody, SideSeen,
};
use crate::{
    error_codes,
    lenient::{Items, Number},
};

/// The most notification addresses kept of one connection.
const MAX_EMAILS: usize = 32;

/// The monthly price of a connection of this bandwidth; `None` unless every price can be read. Of
/// several prices the highest counts: the connection must not cost more than the user agreed to.
pub(super) fn price(prices: &Listed<PriceBody>, bandwidth: Mbps) -> Option<Money> {
    if prices.gap.is_some() {
        return None;
    }
    let mut highest: Option<Money> = None;
    for price in &prices.items {
        if price.connection.bandwidth.get().is_some_and(|mbps| mbps != u64::from(bandwidth.get())) {
            continue;
        }
        let monthly = monthly(price)?;
        let dearest = match highest {
            Some(highest) => monthly.exceeds(highest)?,
            None => true,
        };
        if dearest {
            highest = Some(monthly);
        }
    }
    highest
}

/// The sum of a price's monthly charges.
fn monthly(price: &PriceBody) -> Option<Money> {
    if price.charges.unreadable > 0 {
        return None;
    }
    let currency = price.currency.parse(Currency::parse)?;
    let charges = price.charges.iter().filter(|c| c.kind.get() == Some("MONTHLY_RECURRING"));
    let charges = charges.map(|charge| charge.price.parse(|text| Money::parse(text, currency)));
    charges.collect::<Option<Vec<_>>>()?.into_iter().reduce(|a, b| a.plus(b).unwrap_or(a))
}

/// A port; `None` without a usable id.
pub(super) fn port(body: &PortBody) -> Option<Port> {
    Some(Port {
        id: body.uuid.parse(PortId::parse)?,
        name: clean(body.name.or_empty(), 128),
        metro: body.location.metro_code.parse(MetroCode::parse),
        encapsulation: body.encapsulation.kind.get().and_then(Encapsulation::parse),
        may_order: body.settings.place_vc_order_permission.get(),
        mbps: body.bandwidth.fit(),
        unlimited: body.settings.buyout.get(),
    })
}

/// A metro; `None` without a usable code.
pub(super) fn metro(body: &MetroBody) -> Option<Metro> {
    Some(Metro {
        code: body.code.parse(MetroCode::parse)?,
        name: clean(body.name.or_empty(), 64),
        region: body.region.cleaned(16),
        reaches: metros(&body.connected_metros),
    })
}

/// The metros of a list; none if one of them cannot be read.
fn metros(list: &Items<MetroRef>) -> Vec<MetroCode> {
    list.try_map(|metro| metro.code.parse(MetroCode::parse)).all()
}

/// A service profile; `None` without a usable id.
pub(super) fn profile(body: &ProfileBody) -> Option<ServiceProfile> {
    // Of the access point types, the one for ports counts.
    let for_ports = |config: &&AccessPointConfig| config.kind.get().is_none_or(|t| t == "COLO");
    let none = AccessPointConfig::default();
    let config = body.access_point_type_configs.iter().find(for_ports).unwrap_or(&none);
    let any_bandwidth =
        config.allow_custom_bandwidth.is_true() || config.api_config.bandwidth_from_api.is_true();
    Some(ServiceProfile {
        id: body.uuid.parse(ProfileId::parse)?,
        name: clean(body.name.or_empty(), 128),
        encapsulation: config
            .link_protocol_config
            .encapsulation
            .get()
            .and_then(Encapsulation::parse),
        organization: body.account.organization_name.cleaned(128),
        metros: metros(&body.metros),
        bandwidths: if any_bandwidth { vec![] } else { config.supported_bandwidths.all() },
        remote: config.allow_remote_connections.get(),
        needs_pair: config.connection_redundancy_required.is_true(),
        // Only v3 has this.
        same_tags: false,
        needs_key: config.authentication_key.required.is_true(),
        checks_keys: config.api_config.api_available.is_true(),
        questions: questions(&body.custom_fields),
    })
}

/// What buyers are asked for; `None` if an entry, or one of its options, cannot be read, or if an
/// entry has no name to answer to.
fn questions(fields: &Items<CustomFieldBody>) -> Option<Vec<Question>> {
    let read = fields.try_map(|field| {
        let whole = field.options.unreadable == 0 && field.label.non_empty().is_some();
        whole.then(|| question(field))
    });
    (read.unreadable == 0).then_some(read.entries)
}

/// One question of a seller.
pub(super) fn question(body: &CustomFieldBody) -> Question {
    Question {
        name: body.label.or_empty().to_owned(),
        description: body.description.non_empty(),
        mandatory: body.required.is_true() || body.is_required.is_true(),
        datatype: body.data_type.or_empty().to_owned(),
        options: body.options.to_vec(),
        capture_in_email: body.capture_in_email.is_true(),
    }
}

/// A connection; `None` without a usable id.
pub(super) fn connection(body: &ConnectionBody) -> Option<Connection> {
    let (a_side, z_side) = (&body.a_side.access_point, &body.z_side.access_point);
    let operation = &body.operation;
    let faults = operation
        .errors
        .iter()
        .flat_map(|error| error_codes::faults_of(error.clone(), "an error without a text"));
    Some(Connection {
        id: body.uuid.parse(ConnectionId::parse)?,
        name: clean(body.name.or_empty(), 128),
        equinix_status: equinix_status(operation.equinix_status.get(), body.state.get()),
        provider_status: ProviderStatus::read(operation.provider_status.or_empty()),
        reference: body.order.customer_reference_number.cleaned(64),
        bandwidth: body.bandwidth.fit(),
        port: a_side.port.uuid.parse(PortId::parse),
        tags: tags(&a_side.link_protocol),
        metro: a_side.location.metro_code.parse(MetroCode::parse),
        z_side: z_side_seen(&body.z_side),
        redundancy: body
            .redundancy
            .group
            .cleaned(64)
            .map(|group| Redundancy { group, leg: body.redundancy.priority.get().and_then(leg) }),
        provider_connection_id: z_side
            .provider_connection_id
            .cleaned(128)
            .or(a_side.provider_connection_id.cleaned(128)),
        notifications: emails(&body.notifications),
        term: body.order.term_length.fit(),
        change: change_seen(&body.change),
        created: body.change_log.created_date_time.timestamp(),
        operational: operation.operational_status.non_empty().map(|s| OperationalStatus::read(&s)),
        faults: Fault::bounded(faults.collect()),
    })
}

/// `operation.equinixStatus` says more than `state`, except that an end that only `state` shows
/// counts, and that `state` stands in for a missing status. `FAILED` does not hide how it failed.
fn equinix_status(operation: Option<&str>, state: Option<&str>) -> EquinixStatus {
    let state = state.filter(|s| !s.is_empty()).map(|s| match s.to_ascii_uppercase().as_str() {
        "ACTIVE" => EquinixStatus::Provisioned,
        "PENDING" => EquinixStatus::PendingApproval,
        _ => EquinixStatus::read(s),
    });
    let ended = |status: &EquinixStatus| {
        matches!(
            status,
            EquinixStatus::Failed | EquinixStatus::Cancelled | EquinixStatus::Deprovisioned
        )
    };
    let says_how = |status: &EquinixStatus| {
        matches!(
            status,
            EquinixStatus::Rejected
                | EquinixStatus::RejectedAck
                | EquinixStatus::NotProvisioned
                | EquinixStatus::NotDeprovisioned
                | EquinixStatus::AutoApprovalFailed
                | EquinixStatus::PendingProviderVlanError
        )
    };
    let operation = operation.filter(|o| !o.is_empty()).map(EquinixStatus::read);
    match (operation, state) {
        (Some(how), Some(EquinixStatus::Failed)) if says_how(&how) => how,
        (_, Some(state)) if ended(&state) => state,
        (Some(operation), _) => operation,
        (None, Some(state)) => state,
        (None, None) => EquinixStatus::read(""),
    }
}

/// The addresses of all kinds of notification; none if one of them cannot be read.
fn emails(notifications: &Items<NotificationSeen>) -> Vec<String> {
    let lost = notifications.iter().map(|notification| notification.emails.unreadable);
    if notifications.unreadable + lost.sum::<usize>() > 0 {
        return vec![];
    }
    let all = notifications.iter().flat_map(|notification| notification.emails.iter());
    all.take(MAX_EMAILS).map(|email| clean(email, 254)).collect()
}

/// The latest change, if a buyer asked for it. An unknown status counts as under way.
fn change_seen(change: &ChangeBody) -> Option<ChangeSeen> {
    if change.kind.get()? != "CONNECTION_UPDATE" {
        return None;
    }
    let progress = match change.status.get()? {
        "COMPLETED" => ChangeProgress::Done,
        "SUBMITTED_FOR_APPROVAL" => ChangeProgress::AwaitingApproval,
        "REJECTED" => ChangeProgress::Rejected,
        "FAILED" => ChangeProgress::Failed,
        _ => ChangeProgress::UnderWay,
    };
    Some(ChangeSeen { id: change.uuid.cleaned(64), progress })
}

fn z_side_seen(side: &SideSeen) -> ZSideSeen {
    let point = &side.access_point;
    ZSideSeen {
        profile: point.profile.uuid.parse(ProfileId::parse),
        metro: point.location.metro_code.parse(MetroCode::parse),
        port: point.port.uuid.parse(PortId::parse),
        s_tag: s_tag(&point.link_protocol),
        c_tag: tag(point.link_protocol.c_tag),
        seller_region: point.seller_region.cleaned(64),
        peering: point.peering_type.get().and_then(Peering::read),
        token: side.service_token.uuid.parse(ServiceTokenId::parse),
        invitee: point.invitation.email.cleaned(254).or(side.invitation.email.cleaned(254)),
    }
}

fn tags(link: &LinkProtocolSeen) -> Option<Tags> {
    Some(Tags { s_tag: s_tag(link)?, c_tag: tag(link.c_tag) })
}

/// The only tag of Dot1q, or the S-tag of `QinQ`.
fn s_tag(link: &LinkProtocolSeen) -> Option<u16> {
    tag(link.tag).or(tag(link.s_tag))
}

fn tag(tag: Number) -> Option<u16> {
    Vlan::new(tag.fit()?).ok().map(Vlan::get)
}

fn leg(priority: &str) -> Option<Leg> {
    match priority.to_ascii_uppercase().as_str() {
        "PRIMARY" => Some(Leg::Primary),
        "SECONDARY" => Some(Leg::Secondary),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn faults_are_shown_whole() {
        let error = json!({
            "errorCode": "EQ-3142701", "errorMessage": "Provisioning failed",
            "correlationId": "c-1", "details": "The seller refused the key",
            "additionalInfo": [
                {"property": "/zSide/accessPoint/authenticationKey", "reason": "expired"},
                {"property": "/bandwidth", "reason": "too much"},
            ],
        });
        let read = |errors: serde_json::Value| {
            let body = json!({"uuid": "5f00c000", "operation": {"errors": errors}});
            let seen = connection(&serde_json::from_value(body).unwrap()).unwrap();
            seen.faults.iter().map(Fault::with_correlation_id).collect::<Vec<_>>()
        };
        let said = "EQ-3142701: Provisioning failed: The seller refused the key";
        let key = "expired (property /zSide/accessPoint/authenticationKey)";
        assert_eq!(
            read(json!([error])),
            [
                format!("{said}: {key} (correlation id c-1)"),
                format!("{said}: too much (property /bandwidth) (correlation id c-1)"),
            ]
        );
        assert_eq!(read(json!([{}])), ["an error without a text"]);
        let many = read(json!(vec![error; 20]));
        assert_eq!((many.len(), many[7].as_str()), (8, "and 33 more faults"));
    }

    #[test]
    fn a_list_that_lost_an_entry_limits_nothing() {
        let config = |bandwidths| json!([{"type": "COLO", "supportedBandwidths": bandwidths}]);
        let read = |metros: serde_json::Value, configs: serde_json::Value| {
            let body = json!({
                "uuid": "5f00b000", "metros": metros, "accessPointTypeConfigs": configs,
            });
            let profile = profile(&serde_json::from_value(body).unwrap()).unwrap();
            (profile.metros.len(), profile.bandwidths)
        };
        let whole = read(json!([{"code": "SV"}, {"code": "DC"}]), config(json!([50, 100])));
        assert_eq!(whole, (2, vec![50, 100]));
        let lost = read(json!([{"code": "SV"}, {}]), config(json!([50, {}])));
        assert_eq!(lost, (0, vec![]));
        let metro = json!({"code": "SV", "connectedMetros": [{"code": "DC"}, {"code": "?"}]});
        assert!(super::metro(&serde_json::from_value(metro).unwrap()).unwrap().reaches.is_empty());
        let notifications = json!([{"type": "ALL", "emails": ["a@example.com", 5]}]);
        assert!(emails(&serde_json::from_value(notifications).unwrap()).is_empty());
    }

    #[test]
    fn an_end_that_only_state_shows_counts() {
        let read = equinix_status;
        assert_eq!(read(Some("PROVISIONING"), Some("ACTIVE")), EquinixStatus::Provisioning);
        assert_eq!(read(Some("PROVISIONED"), Some("FAILED")), EquinixStatus::Failed);
        assert_eq!(read(None, Some("ACTIVE")), EquinixStatus::Provisioned);
        assert_eq!(read(None, Some("PENDING")), EquinixStatus::PendingApproval);
        assert_eq!(read(None, Some("")).as_str(), "");
    }

    #[test]
    fn failed_does_not_hide_how_it_failed() {
        let read = |operation: &str, state: &str| equinix_status(Some(operation), Some(state));
        assert_eq!(read("REJECTED", "FAILED"), EquinixStatus::Rejected);
        assert_eq!(read("NOT_PROVISIONED", "FAILED"), EquinixStatus::NotProvisioned);
        assert_eq!(read("NOT_DEPROVISIONED", "FAILED"), EquinixStatus::NotDeprovisioned);
        assert_eq!(read("PROVISIONING", "FAILED"), EquinixStatus::Failed);
        assert_eq!(read("REJECTED", "DEPROVISIONED"), EquinixStatus::Deprovisioned);
    }

    fn seen(body: &serde_json::Value) -> Connection {
        connection(&serde_json::from_value(body.clone()).unwrap()).unwrap()
    }

    #[test]
    fn both_sides_are_read_as_shown() {
        let line = seen(&json!({
            "uuid": "3a58dd05-f46d-4b1d-a154-2e85c396ea62",
            "aSide": {"accessPoint": {
                "type": "COLO", "location": {"metroCode": "SV"},
                "port": {"uuid": "a867f685-41b0-1b07-6de0-320a5c00abdd"},
                "linkProtocol": {"type": "DOT1Q", "vlanTag": 1001},
            }},
            "zSide": {"accessPoint": {
                "type": "SP", "location": {"metroCode": "DC"}, "peeringType": "PRIVATE",
                "profile": {"uuid": "a1390b22-bbe0-4e93-ad37-85beef9d254d"},
                "port": {"uuid": "6f5680ea-1513-5130-50e0-30ac094f83ec"},
                "linkProtocol": {"type": "QINQ", "vlanSTag": 306, "vlanCTag": 8},
                "sellerRegion": "us-west-1",
            }},
        }));
        assert_eq!(line.metro, MetroCode::parse("SV").ok());
        let expected = ZSideSeen {
            profile: ProfileId::parse("a1390b22-bbe0-4e93-ad37-85beef9d254d").ok(),
            metro: MetroCode::parse("DC").ok(),
            port: PortId::parse("6f5680ea-1513-5130-50e0-30ac094f83ec").ok(),
            s_tag: Some(306),
            c_tag: Some(8),
            seller_region: Some("us-west-1".into()),
            peering: Some(Peering::Private),
            token: None,
            invitee: None,
        };
        assert_eq!(line.z_side, expected);
    }

    #[test]
    fn the_samples_show_a_token_and_an_invitation() {
        let z_side =
            |z_side: serde_json::Value| seen(&json!({"uuid": "1", "zSide": z_side})).z_side;
        let token = "20d32a80-0d61-4333-bc03-707b591ae2f5";
        let by_token = json!({"serviceToken": {"type": "VC_TOKEN", "uuid": token}});
        let expected =
            ZSideSeen { token: ServiceTokenId::parse(token).ok(), ..ZSideSeen::default() };
        assert_eq!(z_side(by_token), expected);
        let invitation = json!({"email": "test@equinix.com", "message": "Hello World!"});
        let location = json!({"metroCode": "SV", "region": "AMER"});
        let invited = ZSideSeen {
            metro: MetroCode::parse("SV").ok(),
            invitee: Some("test@equinix.com".into()),
            ..ZSideSeen::default()
        };
        let within = json!({"accessPoint": {"location": location, "invitation": invitation}});
        let beside = json!({"accessPoint": {"location": location}, "invitation": invitation});
        assert_eq!((z_side(within), z_side(beside)), (invited.clone(), invited));
    }

    #[test]
    fn what_is_not_shown_stays_unknown() {
        let empty = json!({"uuid": "1", "zSide": {"accessPoint": {
            "sellerRegion": "", "peeringType": null, "location": {"metroCode": "Washington"},
            "linkProtocol": {"type": "QINQ", "vlanCTag": "211"},
        }}});
        let line = seen(&empty);
        assert_eq!(line.z_side, ZSideSeen { c_tag: Some(211), ..ZSideSeen::default() });
        assert_eq!(line.metro, None);
    }
}
