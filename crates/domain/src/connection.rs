//! Connections: orders and observations.
//!
//! An [`Order`] is complete and valid by construction. A [`Connection`] is an observation: whatever an
//! answer may omit is optional. How either is written on the wire is not known here.

use std::fmt;

use super::{
    AuthenticationKey, BuyerAnswer, ChangeSeen, ConnectionId, ConnectionName, CustomerReference,
    Email, EquinixStatus, Fault, Flow, Leg, Mbps, MetroCode, OperationalStatus, Phase, PortId,
    ProfileId, ProviderStatus, PurchaseOrderNumber, ServiceTokenId, Standing, Term, Vlan,
};

/// How one side separates a connection from the others on its port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkProtocol {
    /// One tag.
    Dot1q(Vlan),
    /// An S-tag, and a C-tag where the tagging tables require it.
    Qinq {
        /// S-tag.
        s_tag: Vlan,
        /// C-tag.
        c_tag: Option<Vlan>,
    },
}

impl LinkProtocol {
    /// Whether two connections with these tags exclude each other on one port: the same S-tag, and no
    /// C-tags that differ.
    pub fn clashes(self, other: Self) -> bool {
        let (one, other) = (self.tags(), other.tags());
        let apart = one.c_tag.zip(other.c_tag).is_some_and(|(one, other)| one != other);
        one.s_tag == other.s_tag && !apart
    }

    /// The tags without the protocol, as listings show them.
    pub fn tags(self) -> Tags {
        match self {
            Self::Dot1q(tag) => Tags { s_tag: tag.get(), c_tag: None },
            Self::Qinq { s_tag, c_tag } => Tags { s_tag: s_tag.get(), c_tag: c_tag.map(Vlan::get) },
        }
    }
}

/// VLAN tags as observed; on one port they identify one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tags {
    /// The only tag of Dot1q, or the S-tag of QinQ.
    pub s_tag: u16,
    /// The C-tag.
    pub c_tag: Option<u16>,
}

/// The S-tag, or S-tag and C-tag with a dot between them.
impl fmt::Display for Tags {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.c_tag {
            Some(c_tag) => write!(f, "{}.{c_tag}", self.s_tag),
            None => write!(f, "{}", self.s_tag),
        }
    }
}

/// Azure's peering types, in the spelling of the v3 tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Peering {
    /// Private.
    Private,
    /// Public.
    Public,
    /// Microsoft.
    Microsoft,
    /// Manual: the buyer gives the C-tags.
    Manual,
}

impl Peering {
    /// Reads a peering type as either dialect prints it, in any letter case; `None` if it is another.
    pub fn read(text: &str) -> Option<Self> {
        match text.to_ascii_uppercase().as_str() {
            "PRIVATE" => Some(Self::Private),
            "PUBLIC" => Some(Self::Public),
            "MICROSOFT" => Some(Self::Microsoft),
            "MANUAL" => Some(Self::Manual),
            _ => None,
        }
    }
}

/// Where a connection starts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ASide {
    /// The account's port.
    pub port: PortId,
    /// Its tags there.
    pub link: LinkProtocol,
}

/// Where a connection ends.
#[derive(Debug, Clone, PartialEq)]
pub enum ZSide {
    /// A seller's service profile.
    Profile {
        /// Which.
        profile: ProfileId,
        /// In which metro.
        metro: MetroCode,
        /// The seller's own region there.
        seller_region: Option<String>,
        /// The key that the seller requires.
        key: Option<AuthenticationKey>,
        /// Azure's peering.
        peering: Option<Peering>,
        /// The Z-side C-tag, where the tagging table requires it.
        z_c_tag: Option<Vlan>,
    },
    /// Another port of the account.
    Port {
        /// Which.
        port: PortId,
        /// Its tags there.
        link: LinkProtocol,
        /// The account's own profile that holds the port; v3 orders through it.
        profile: Option<ProfileId>,
        /// Where it is.
        metro: Option<MetroCode>,
    },
    /// The service behind a service token.
    Token(ServiceTokenId),
    /// A party without a profile, invited by e-mail.
    Invitation {
        /// The address to invite.
        email: Email,
        /// The text of the invitation.
        message: String,
        /// In which metro.
        metro: MetroCode,
    },
}

/// The secondary of a pair that is ordered in one request.
#[derive(Debug, Clone, PartialEq)]
pub struct LegOrder {
    /// Its name at the provider.
    pub name: ConnectionName,
    /// Where it starts.
    pub a_side: ASide,
    /// Where it ends.
    pub z_side: ZSide,
}

/// A redundancy group to join.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Join {
    /// The group of the other connection.
    pub group: String,
    /// The role of this connection.
    pub leg: Leg,
}

/// A connection to order, or a pair where the dialect orders both in one request.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its name at the provider.
    pub name: ConnectionName,
    /// Its bandwidth.
    pub bandwidth: Mbps,
    /// The purchase order number for the invoice.
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// The customer reference number.
    pub reference: Option<CustomerReference>,
    /// The term; on demand if absent.
    pub term: Option<Term>,
    /// The addresses that Equinix notifies of changes; 1 to 12.
    pub notifications: Vec<Email>,
    /// Answers to the questions of the seller; for both connections of a pair.
    pub answers: Vec<BuyerAnswer>,
    /// Where it starts.
    pub a_side: ASide,
    /// Where it ends.
    pub z_side: ZSide,
    /// The secondary, where one request orders both.
    pub secondary: Option<LegOrder>,
    /// The redundancy group to join.
    pub join: Option<Join>,
}

/// The connections that an order created.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The connection, or the primary of a pair.
    pub primary: ConnectionId,
    /// The secondary, if a pair was ordered and the answer names both.
    pub secondary: Option<ConnectionId>,
}

/// A redundancy group, as observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redundancy {
    /// The id of the group; not a UUID on every dialect.
    pub group: String,
    /// The role of this connection in it.
    pub leg: Option<Leg>,
}

/// The Z side of a connection, as far as the provider shows it. What is absent is not known: it may
/// have any value.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ZSideSeen {
    /// The service profile.
    pub profile: Option<ProfileId>,
    /// The metro.
    pub metro: Option<MetroCode>,
    /// The port: the buyer's own, or the one that the seller assigned.
    pub port: Option<PortId>,
    /// The only tag of Dot1q, or the S-tag of QinQ, on that port.
    pub s_tag: Option<u16>,
    /// The C-tag there. It may be known before the seller has assigned the S-tag.
    pub c_tag: Option<u16>,
    /// The seller's own region.
    pub seller_region: Option<String>,
    /// Azure's peering.
    pub peering: Option<Peering>,
    /// The service token that was used.
    pub token: Option<ServiceTokenId>,
    /// The e-mail address that was invited.
    pub invitee: Option<String>,
}

/// A connection as the provider shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Its state at Equinix.
    pub equinix_status: EquinixStatus,
    /// Its state at the other side.
    pub provider_status: ProviderStatus,
    /// Its customer reference number.
    pub reference: Option<String>,
    /// Its bandwidth in Mbit/s.
    pub bandwidth: Option<u32>,
    /// Its A-side port.
    pub port: Option<PortId>,
    /// Its A-side tags.
    pub tags: Option<Tags>,
    /// The metro of its A side.
    pub metro: Option<MetroCode>,
    /// Its Z side.
    pub z_side: ZSideSeen,
    /// Its redundancy group.
    pub redundancy: Option<Redundancy>,
    /// The other side's id for it, e.g. AWS's `dxcon-…`.
    pub provider_connection_id: Option<String>,
    /// The addresses that Equinix notifies of changes; empty where the provider does not say.
    pub notifications: Vec<String>,
    /// The term of its order, in months.
    pub term: Option<u8>,
    /// Its latest change.
    pub change: Option<ChangeSeen>,
    /// When it was ordered, as printed by the provider.
    pub created: Option<jiff::Timestamp>,
    /// Whether its data plane works; `None` where the provider does not say.
    pub operational: Option<OperationalStatus>,
    /// The faults that the provider reports.
    pub faults: Vec<Fault>,
}

impl Connection {
    /// Whether this is the other connection of the redundant pair of `of`, and not deleted.
    pub fn is_other_half(&self, of: &Self) -> bool {
        let group = |connection: &Self| {
            connection.redundancy.as_ref().map(|r| r.group.to_ascii_lowercase())
        };
        let standing = Standing::of(&self.equinix_status, &self.provider_status, Flow::Seller);
        self.id != of.id
            && group(self).is_some()
            && group(self) == group(of)
            && standing.phase != Phase::Deleted
    }

    /// Whether the seller or the other side rejected it.
    pub fn is_rejected(&self) -> bool {
        matches!(self.equinix_status, EquinixStatus::Rejected | EquinixStatus::RejectedAck)
            || self.provider_status == ProviderStatus::Rejected
    }
}
