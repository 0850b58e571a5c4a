//! What stays the same in a search: the resource's spec, who orders, and which safeguard is missing.
//!
//! Builds the objects that the product's functions read. Decides nothing.

use std::rc::Rc;

use jiff::{SignedDuration, Timestamp};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use serde_json::json;

use fabric_api::{DeletionPolicy, FabricConnection, Owner, Resolved};
use fabric_domain::{
    ASide, Connection, ConnectionId, ConnectionName, EquinixStatus, Join, Leg, LinkProtocol, Mbps,
    Order, PortId, ProviderStatus, Redundancy, ServiceTokenId, Tags, Vlan, ZSide, ZSideSeen,
};

use crate::account::grants::AccountUse;
use crate::connection::{
    ownership::{ByLeg, Identity, SpecPort, StatusOwner, mark},
    resolve::Desired,
    tests::{
        statuses::Statuses,
        world::{LedgerEntry, Life, Minutes, Orderer, Place, Stored},
    },
};

/// A safeguard of the order protocol. A search without one of them has to find a violation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Safeguard {
    /// The intent is in status before the order leaves.
    Intent,
    /// Every status write and the release name the resourceVersion that they were made from.
    Precondition,
    /// An order of unknown outcome is searched for.
    Search,
    /// Listings younger than a quarter of an hour after the attempt prove nothing.
    Settling,
    /// A listing that may lag lets no order go.
    LagProof,
    /// What shows how far listings are was created after the order can have arrived.
    Transit,
    /// Only what the last whole listing shows itself says how far listings are.
    LastListing,
    /// A partial listing is not a whole one.
    Wholeness,
    /// The mark says whose a connection is.
    Mark,
    /// The decision is checked again right before the request leaves.
    Recheck,
    /// A refusal of a later attempt leaves the intent of the first one.
    KeptIntent,
    /// An attempt that a process does not know may have been sent.
    Doubt,
}

/// One search's fixed part.
pub(super) struct Scene {
    pub(super) pair: bool,
    /// Whether orders carry a mark.
    pub(super) marks: bool,
    pub(super) without: Option<Safeguard>,
    pub(super) statuses: Statuses,
    pub(super) owner: Owner,
    base: FabricConnection,
}

impl Scene {
    pub(super) fn new(pair: bool, marks: bool, without: Option<Safeguard>) -> Self {
        let side = |port: u8, tag: u16| json!({"port": {"uuid": port_id(port)}, "linkProtocol": {"type": "DOT1Q", "vlanTag": tag}});
        let mut base = json!({
            "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricConnection",
            "metadata": {
                "name": "conn-1", "namespace": "network", "uid": "resource",
                "creationTimestamp": at(0).to_string(),
            },
            "spec": {
                "account": "default", "name": "Conn-1", "bandwidthMbps": 1000,
                "notifications": ["test@equinix.com"], "aSide": side(1, 1001),
                "zSide": {"serviceToken": {"uuid": TOKEN}},
            },
        });
        if pair {
            base["spec"]["secondary"] = json!({"name": "Conn-2", "aSide": side(2, 2001)});
        }
        Self {
            pair,
            marks,
            without,
            statuses: Statuses::default(),
            owner: Owner { cluster_uid: "cluster".into(), resource_uid: "resource".into() },
            base: serde_json::from_value(base).unwrap(),
        }
    }

    pub(super) fn lacks(&self, safeguard: Safeguard) -> bool {
        self.without == Some(safeguard)
    }

    /// The resource as the API server answers with it.
    pub(super) fn object(&self, stored: Stored) -> FabricConnection {
        let mut object = self.base.clone();
        object.metadata.generation = Some(stored.generation.into());
        object.metadata.deletion_timestamp = stored.deleting.then(|| Time(at(0)));
        object.spec.a_side.link_protocol.vlan_tag = Some(stored.tag);
        if stored.orphan {
            object.spec.deletion_policy = Some(DeletionPolicy::Orphan);
        }
        object.status = Some(Rc::unwrap_or_clone(self.statuses.get(stored.status)));
        object
    }

    /// The legs that the spec asks for.
    pub(super) fn legs(&self) -> &'static [Leg] {
        if self.pair { &Leg::BOTH } else { &[Leg::Primary] }
    }

    /// What the resource can prove ownership by. The clocks agree.
    pub(super) fn identity<'a>(&self, object: &'a FabricConnection) -> Identity<'a> {
        let port = |leg| SpecPort::Known(PortId::parse(&port_id(place(leg, 0).port)).unwrap());
        let named = object.status.as_ref().and_then(|status| status.owner.as_ref());
        let status_owner = StatusOwner::of(named, &self.owner, |_| Some(true));
        let ahead = Some(SignedDuration::ZERO);
        Identity::new(object, self.owner.clone(), status_owner, ahead, ByLeg::of(port))
    }

    /// A connection of the ledger as the provider shows it.
    pub(super) fn shown(&self, number: usize, entry: LedgerEntry) -> Connection {
        let (equinix, provider) = match entry.life {
            Life::Up => ("PROVISIONED", "PROVISIONED"),
            Life::Ending => ("DEPROVISIONING", "DEPROVISIONING"),
            Life::Gone => ("DEPROVISIONED", "DEPROVISIONED"),
        };
        let stranger = Owner { cluster_uid: "another".into(), resource_uid: "another".into() };
        let reference = match entry.orderer {
            Orderer::Resource(leg) => self.marks.then(|| mark(&self.owner, leg)),
            Orderer::Marked if self.lacks(Safeguard::Mark) => Some(mark(&self.owner, Leg::Primary)),
            Orderer::Marked => Some(mark(&stranger, Leg::Primary)),
            Orderer::Unmarked => None,
        };
        let group = (self.pair && matches!(entry.orderer, Orderer::Resource(_)))
            .then(|| Redundancy { group: "group".into(), leg: None });
        Connection {
            id: id(number),
            name: name(entry.place).into(),
            equinix_status: EquinixStatus::read(equinix),
            provider_status: ProviderStatus::read(provider),
            reference,
            bandwidth: Some(1000),
            port: PortId::parse(&port_id(entry.place.port)).ok(),
            tags: Some(Tags { s_tag: entry.place.tag, c_tag: None }),
            metro: None,
            z_side: ZSideSeen::default(),
            redundancy: group,
            provider_connection_id: None,
            notifications: vec![],
            term: None,
            change: None,
            created: Some(at(entry.created)),
            operational: None,
            faults: vec![],
        }
    }
}

/// The order for a leg. The secondary of a pair joins the group of the primary.
pub(super) fn desired(leg: Leg, place: Place, joins: bool) -> Desired {
    let order = Order {
        answers: vec![],
        name: ConnectionName::parse(name(place)).unwrap(),
        bandwidth: Mbps::new(1000).unwrap(),
        purchase_order_number: None,
        reference: None,
        term: None,
        notifications: vec![],
        a_side: a_side(place),
        z_side: ZSide::Token(ServiceTokenId::parse(TOKEN).unwrap()),
        secondary: None,
        join: joins.then(|| Join { group: "group".into(), leg }),
    };
    Desired { leg, order, resolved: Resolved::default(), price: None, asked: AccountUse::default() }
}

const TOKEN: &str = "20d32a80-0d61-4333-bc03-707b591ae2f4";

/// Where a leg starts, if the tag of the primary is this.
pub(super) fn place(leg: Leg, tag: u16) -> Place {
    match leg {
        Leg::Primary => Place { port: 1, tag },
        Leg::Secondary => Place { port: 2, tag: 2001 },
    }
}

/// Where another client orders that shares no port with the resource.
pub(super) const ELSEWHERE: Place = Place { port: 3, tag: 1001 };

/// A place as an order names it.
pub(super) fn a_side(place: Place) -> ASide {
    ASide {
        port: PortId::parse(&port_id(place.port)).unwrap(),
        link: LinkProtocol::Dot1q(Vlan::new(place.tag).unwrap()),
    }
}

/// The id of a port.
pub(super) fn port_id(port: u8) -> String {
    format!("a867f685-41b0-1b07-6de0-{port:012}")
}

/// What every order for a place is called, a stranger's too.
pub(super) fn name(place: Place) -> &'static str {
    match place.port {
        1 => "Conn-1",
        2 => "Conn-2",
        _ => "Conn-3",
    }
}

/// The id of a connection.
pub(super) fn id(number: usize) -> ConnectionId {
    ConnectionId::parse(&format!("3a58dd05-f46d-4b1d-a154-{number:012}")).unwrap()
}

/// The number of a connection.
pub(super) fn number(id: &str) -> u8 {
    id.rsplit('-').next().unwrap().parse().unwrap()
}

/// A moment of this world.
pub(super) fn at(minutes: Minutes) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_mins(minutes.into())
}

/// The minute of a moment.
pub(super) fn minute(time: Timestamp) -> Minutes {
    Minutes::try_from(time.as_second() / 60).unwrap()
}
