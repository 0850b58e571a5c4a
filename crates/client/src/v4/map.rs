//! v4's words into ours, and ours into v4's.

use jiff::Timestamp;
use serde_json::{Value, json};

use fabric_domain::{
    AuthenticationKey, Change, ChangeProgress, ChangeSeen, Connection, ConnectionId, Currency,
    Email, Encapsulation, EquinixStatus, Leg, LinkProtocol, Mbps, Metro, MetroCode, Money, Order,
    Peering, Port, PortId, ProfileId, ProviderStatus, PurchaseOrderNumber, Redundancy,
    ServiceProfile, Tags, Term, Vlan, ZSide, clean,
};

use super::wire::{
    AccessPoint, ChangeBody, ConfigBody, ConnectionBody, InvitationBody, JoinBody,
    LinkProtocolBody, LinkProtocolSeen, Location, MetroBody, Notification, NotificationSeen,
    OrderBody, OrderDetails, PortBody, PriceBody, ProfileBody, ProfileRef, SideBody, Uuid,
};

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
        a_side: SideBody {
            access_point: Some(AccessPoint {
                r#type: Some("COLO"),
                port: Some(Uuid { uuid: order.a_side.port.as_str() }),
                link_protocol: Some(link_protocol(order.a_side.link)),
                ..AccessPoint::default()
            }),
            ..SideBody::default()
        },
        z_side: z_side(&order.z_side),
        notifications: notifications(&order.notifications),
    }
}

fn details(order: &Order) -> Option<OrderDetails<'_>> {
    let purchase_order_number =
        order.purchase_order_number.as_ref().map(PurchaseOrderNumber::as_str);
    let term_length = order.term.map(Term::months);
    (purchase_order_number.is_some() || term_length.is_some())
        .then_some(OrderDetails { purchase_order_number, term_length })
}

fn notifications(emails: &[Email]) -> Vec<Notification<'_>> {
    vec![Notification { r#type: "ALL", emails: emails.iter().map(Email::as_str).collect() }]
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

/// The properties of a search, all of which must hold.
pub(super) fn all_of(properties: &[(&str, &str)]) -> Value {
    let each = |(property, value): &(&str, &str)| json!({"property": property, "operator": "=", "values": [value]});
    json!({"filter": {"and": properties.iter().map(each).collect::<Vec<_>>()}})
}

/// What a line of this bandwidth costs a month. Where several prices are named, the highest
/// counts: it must not turn out dearer than what was agreed to.
pub(super) fn price(prices: Vec<PriceBody>, bandwidth: Mbps) -> Option<Money> {
    let fits = |price: &PriceBody| {
        price.connection.bandwidth.is_none_or(|mbps| mbps == u64::from(bandwidth.get()))
    };
    let month = |price: PriceBody| {
        let currency = Currency::parse(&price.currency?).ok()?;
        let monthly =
            price.charges.into_iter().filter(|c| c.kind.as_deref() == Some("MONTHLY_RECURRING"));
        let charges = monthly.map(|c| Money::parse(&c.price?, currency).ok());
        charges.collect::<Option<Vec<_>>>()?.into_iter().reduce(|a, b| a.plus(b).unwrap_or(a))
    };
    let all = prices.into_iter().filter(fits).map(month).collect::<Option<Vec<_>>>()?;
    let mut highest = *all.first()?;
    for price in all {
        if price.exceeds(highest)? {
            highest = price;
        }
    }
    Some(highest)
}

pub(super) fn link_protocol(link: LinkProtocol) -> LinkProtocolBody {
    match link {
        LinkProtocol::Dot1q(tag) => LinkProtocolBody::Dot1q { tag: tag.get() },
        LinkProtocol::Qinq { s_tag, c_tag } => {
            LinkProtocolBody::Qinq { s_tag: s_tag.get(), c_tag: c_tag.map(Vlan::get) }
        }
    }
}

fn z_side(side: &ZSide) -> SideBody<'_> {
    match side {
        ZSide::Profile { profile, metro, seller_region, key, peering, z_c_tag } => SideBody {
            access_point: Some(AccessPoint {
                r#type: Some("SP"),
                profile: Some(ProfileRef { r#type: "L2_PROFILE", uuid: profile.as_str() }),
                location: Some(Location { metro_code: metro.as_str() }),
                authentication_key: key.as_ref().map(AuthenticationKey::expose),
                seller_region: seller_region.as_deref(),
                peering_type: peering.map(peering_type),
                link_protocol: z_c_tag.map(|tag| LinkProtocolBody::FarQinq { c_tag: tag.get() }),
                ..AccessPoint::default()
            }),
            ..SideBody::default()
        },
        ZSide::Port { port, link, .. } => SideBody {
            access_point: Some(AccessPoint {
                r#type: Some("COLO"),
                port: Some(Uuid { uuid: port.as_str() }),
                link_protocol: Some(link_protocol(*link)),
                ..AccessPoint::default()
            }),
            ..SideBody::default()
        },
        ZSide::Token(token) => {
            SideBody { service_token: Some(Uuid { uuid: token.as_str() }), ..SideBody::default() }
        }
        ZSide::Invitation { email, message, metro } => SideBody {
            access_point: Some(AccessPoint {
                location: Some(Location { metro_code: metro.as_str() }),
                ..AccessPoint::default()
            }),
            invitation: Some(InvitationBody { email: email.as_str(), message }),
            ..SideBody::default()
        },
    }
}

fn peering_type(peering: Peering) -> &'static str {
    match peering {
        Peering::Private => "PRIVATE",
        Peering::Public => "PUBLIC",
        Peering::Microsoft => "MICROSOFT",
        Peering::Manual => "MANUAL",
    }
}

/// A port; `None` if it has no usable id.
pub(super) fn port(body: PortBody) -> Option<Port> {
    Some(Port {
        id: PortId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        metro: body.location.metro_code.and_then(|c| MetroCode::parse(&c).ok()),
        encapsulation: body.encapsulation.kind.and_then(|e| Encapsulation::parse(&e)),
        may_order: body.settings.place_vc_order_permission,
    })
}

/// A metro; `None` if it has no usable code.
pub(super) fn metro(body: MetroBody) -> Option<Metro> {
    Some(Metro {
        code: MetroCode::parse(&body.code?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 64),
        region: body.region.map(|region| clean(&region, 16)),
        reaches: body
            .connected_metros
            .into_iter()
            .filter_map(|m| MetroCode::parse(&m.code?).ok())
            .collect(),
    })
}

/// A service profile; `None` if it has no usable id.
pub(super) fn profile(body: ProfileBody) -> Option<ServiceProfile> {
    // Of the ways in, that from a port counts.
    let port = |config: &ConfigBody| config.kind.as_deref().is_none_or(|kind| kind == "COLO");
    let config = body.configs.into_iter().find(port).unwrap_or_default();
    let any = [config.allow_custom_bandwidth, config.api_config.bandwidth_from_api];
    let any_bandwidth = any.contains(&Some(true));
    let encapsulation = config.link_protocol_config.encapsulation;
    Some(ServiceProfile {
        id: ProfileId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        encapsulation: encapsulation.and_then(|word| Encapsulation::parse(&word)),
        organization: body.account.organization_name.map(|n| clean(&n, 128)),
        metros: body.metros.into_iter().filter_map(|m| MetroCode::parse(&m.code?).ok()).collect(),
        bandwidths: if any_bandwidth { vec![] } else { config.supported_bandwidths },
        remote: config.allow_remote_connections,
        needs_pair: config.connection_redundancy_required == Some(true),
        // Only the older API knows of this.
        same_tags: false,
        needs_key: config.authentication_key.required == Some(true),
        checks_keys: config.api_config.api_available == Some(true),
    })
}

/// A connection; `None` if it has no usable id.
pub(super) fn connection(body: ConnectionBody) -> Option<Connection> {
    let a_side = body.a_side.access_point;
    Some(Connection {
        id: ConnectionId::parse(&body.uuid?).ok()?,
        name: clean(&body.name.unwrap_or_default(), 128),
        equinix_status: equinix_status(body.operation.equinix_status, body.state),
        provider_status: ProviderStatus::read(&body.operation.provider_status.unwrap_or_default()),
        bandwidth: body.bandwidth.and_then(|mbps| u32::try_from(mbps).ok()),
        port: a_side.port.uuid.and_then(|p| PortId::parse(&p).ok()),
        tags: tags(&a_side.link_protocol),
        redundancy: body.redundancy.group.map(|group| Redundancy {
            group: clean(&group, 64),
            leg: body.redundancy.priority.as_deref().and_then(priority),
        }),
        provider_connection_id: body
            .z_side
            .access_point
            .provider_connection_id
            .or(a_side.provider_connection_id)
            .map(|id| clean(&id, 128)),
        notifications: emails(body.notifications),
        term: body.order.term_length.and_then(|months| u8::try_from(months).ok()),
        change: change_seen(body.change),
        created: body.change_log.created_date_time.and_then(|at| at.parse::<Timestamp>().ok()),
        faults: body
            .operation
            .errors
            .into_iter()
            .take(8)
            .map(|e| {
                let text =
                    [e.error_code, e.error_message].into_iter().flatten().collect::<Vec<_>>();
                clean(&text.join(": "), 400)
            })
            .collect(),
    })
}

/// `state` says less than `operation.equinixStatus`, but an end that only it shows counts, and it
/// stands in where the other is missing. `FAILED` does not hide how it failed.
fn equinix_status(operation: Option<String>, state: Option<String>) -> EquinixStatus {
    let state = state.filter(|s| !s.is_empty()).map(|s| match s.to_ascii_uppercase().as_str() {
        "ACTIVE" => EquinixStatus::Provisioned,
        "PENDING" => EquinixStatus::PendingApproval,
        _ => EquinixStatus::read(&s),
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
    let operation = operation.filter(|o| !o.is_empty()).map(|o| EquinixStatus::read(&o));
    match (operation, state) {
        (Some(how), Some(EquinixStatus::Failed)) if says_how(&how) => how,
        (_, Some(state)) if ended(&state) => state,
        (Some(operation), _) => operation,
        (None, Some(state)) => state,
        (None, None) => EquinixStatus::read(""),
    }
}

/// All addresses, of whatever kind of notification.
fn emails(notifications: Vec<NotificationSeen>) -> Vec<String> {
    let all = notifications.into_iter().flat_map(|notification| notification.emails);
    all.take(32).map(|email| clean(&email, 254)).collect()
}

/// The latest change, if it is one that a buyer asked for. A word that is not known counts as under
/// way.
fn change_seen(change: ChangeBody) -> Option<ChangeSeen> {
    if change.kind? != "CONNECTION_UPDATE" {
        return None;
    }
    let progress = match change.status?.as_str() {
        "COMPLETED" => ChangeProgress::Done,
        "SUBMITTED_FOR_APPROVAL" => ChangeProgress::AwaitingApproval,
        "REJECTED" => ChangeProgress::Rejected,
        "FAILED" => ChangeProgress::Failed,
        _ => ChangeProgress::UnderWay,
    };
    Some(ChangeSeen { id: change.uuid.map(|id| clean(&id, 64)), progress })
}

fn tags(link: &LinkProtocolSeen) -> Option<Tags> {
    let tag = |tag: Option<u64>| {
        tag.and_then(|t| u16::try_from(t).ok()).and_then(|t| Vlan::new(t).ok()).map(Vlan::get)
    };
    let s_tag = tag(link.tag).or(tag(link.s_tag))?;
    Some(Tags { s_tag, c_tag: tag(link.c_tag) })
}

fn priority(word: &str) -> Option<Leg> {
    match word.to_ascii_uppercase().as_str() {
        "PRIMARY" => Some(Leg::Primary),
        "SECONDARY" => Some(Leg::Secondary),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_that_only_state_shows_counts() {
        let read = |operation: Option<&str>, state: Option<&str>| {
            equinix_status(operation.map(Into::into), state.map(Into::into))
        };
        assert_eq!(read(Some("PROVISIONING"), Some("ACTIVE")), EquinixStatus::Provisioning);
        assert_eq!(read(Some("PROVISIONED"), Some("FAILED")), EquinixStatus::Failed);
        assert_eq!(read(None, Some("ACTIVE")), EquinixStatus::Provisioned);
        assert_eq!(read(None, Some("PENDING")), EquinixStatus::PendingApproval);
        assert_eq!(read(None, Some("")).as_str(), "");
    }

    #[test]
    fn failed_does_not_hide_how_it_failed() {
        let read = |operation: &str, state: &str| {
            equinix_status(Some(operation.into()), Some(state.into()))
        };
        assert_eq!(read("REJECTED", "FAILED"), EquinixStatus::Rejected);
        assert_eq!(read("NOT_PROVISIONED", "FAILED"), EquinixStatus::NotProvisioned);
        assert_eq!(read("NOT_DEPROVISIONED", "FAILED"), EquinixStatus::NotDeprovisioned);
        assert_eq!(read("PROVISIONING", "FAILED"), EquinixStatus::Failed);
        assert_eq!(read("REJECTED", "DEPROVISIONED"), EquinixStatus::Deprovisioned);
    }
}
