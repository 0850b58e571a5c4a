//! Connections: what is ordered and what is seen.
//!
//! An [`Order`] is complete and valid by construction; a [`Connection`] is an observation, with
//! everything optional that an answer may leave out.

use super::{
    AuthenticationKey, ChangeSeen, ConnectionId, ConnectionName, Email, EquinixStatus, Flow, Leg,
    Mbps, MetroCode, Phase, PortId, ProfileId, ProviderStatus, PurchaseOrderNumber, ServiceTokenId,
    Standing, Term, Vlan,
};

/// How a side separates this connection from its neighbours on the port.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkProtocol {
    /// One tag.
    Dot1q(Vlan),
    /// An S-tag, and a C-tag where the tagging tables ask for it.
    Qinq {
        /// S-tag.
        s_tag: Vlan,
        /// C-tag.
        c_tag: Option<Vlan>,
    },
}

impl LinkProtocol {
    /// The tags without the protocol, as listings can be compared with.
    pub fn tags(self) -> Tags {
        match self {
            Self::Dot1q(tag) => Tags { s_tag: tag.get(), c_tag: None },
            Self::Qinq { s_tag, c_tag } => Tags { s_tag: s_tag.get(), c_tag: c_tag.map(Vlan::get) },
        }
    }
}

/// VLAN tags as observed; on one port they name one connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Tags {
    /// The only tag of Dot1q, the S-tag of QinQ.
    pub s_tag: u16,
    /// The C-tag.
    pub c_tag: Option<u16>,
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
        /// What the seller asks for.
        key: Option<AuthenticationKey>,
        /// Azure's peering.
        peering: Option<Peering>,
        /// The far C-tag, where the tagging table asks for it.
        z_c_tag: Option<Vlan>,
    },
    /// Another port of the account.
    Port {
        /// Which.
        port: PortId,
        /// Its tags there.
        link: LinkProtocol,
        /// The account's own profile that holds it; v3 orders through it.
        profile: Option<ProfileId>,
        /// Where it is.
        metro: Option<MetroCode>,
    },
    /// Whatever stands behind a service token.
    Token(ServiceTokenId),
    /// Someone without a profile, asked by e-mail.
    Invitation {
        /// Whom.
        email: Email,
        /// In which words.
        message: String,
        /// In which metro.
        metro: MetroCode,
    },
}

/// The redundant half of a pair that is ordered at once.
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
    /// The group of the other line.
    pub group: String,
    /// This line's part.
    pub leg: Leg,
}

/// A line to order, or a pair of them where the dialect takes both at once.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// Its name at the provider.
    pub name: ConnectionName,
    /// Its bandwidth.
    pub bandwidth: Mbps,
    /// For the invoice.
    pub purchase_order_number: Option<PurchaseOrderNumber>,
    /// How long it is ordered for; on demand if it is not said.
    pub term: Option<Term>,
    /// Who is told about changes; 1 to 12.
    pub notifications: Vec<Email>,
    /// Where it starts.
    pub a_side: ASide,
    /// Where it ends.
    pub z_side: ZSide,
    /// The redundant half that goes with it.
    pub secondary: Option<LegOrder>,
    /// The group that it joins.
    pub join: Option<Join>,
}

/// What an order made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// The line.
    pub primary: ConnectionId,
    /// The redundant line, if a pair was ordered and the answer names both.
    pub secondary: Option<ConnectionId>,
}

/// A redundancy group, as observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Redundancy {
    /// The group's id: not a UUID everywhere.
    pub group: String,
    /// This line's part in it.
    pub leg: Option<Leg>,
}

/// A line as the provider shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    /// Its id.
    pub id: ConnectionId,
    /// Its name.
    pub name: String,
    /// Where it stands at Equinix.
    pub equinix_status: EquinixStatus,
    /// Where it stands at the other side.
    pub provider_status: ProviderStatus,
    /// Its bandwidth in Mbit/s.
    pub bandwidth: Option<u32>,
    /// Its A-side port.
    pub port: Option<PortId>,
    /// Its A-side tags.
    pub tags: Option<Tags>,
    /// Its redundancy group.
    pub redundancy: Option<Redundancy>,
    /// The other side's id for it, e.g. AWS's `dxcon-…`.
    pub provider_connection_id: Option<String>,
    /// Who is told about changes; empty where the provider does not say.
    pub notifications: Vec<String>,
    /// How long it is ordered for, in months.
    pub term: Option<u8>,
    /// Its latest change.
    pub change: Option<ChangeSeen>,
    /// When it was ordered, as printed by the provider.
    pub created: Option<jiff::Timestamp>,
    /// What the provider says went wrong, one text a fault.
    pub faults: Vec<String>,
}

impl Connection {
    /// Whether it is the other half of a pair that `of` belongs to, and not gone.
    pub fn is_other_half(&self, of: &Self) -> bool {
        let group = |line: &Self| line.redundancy.as_ref().map(|r| r.group.clone());
        let standing = Standing::of(&self.equinix_status, &self.provider_status, Flow::Seller);
        self.id != of.id
            && group(self).is_some()
            && group(self) == group(of)
            && standing.phase != Phase::Deleted
    }

    /// Whether the seller or the other side said no to it.
    pub fn is_rejected(&self) -> bool {
        matches!(self.equinix_status, EquinixStatus::Rejected | EquinixStatus::RejectedAck)
            || self.provider_status == ProviderStatus::Rejected
    }
}
