//! What an API has checked and the world may take as an order.
//!
//! Plain values, the same for v3 and v4. A connection keeps its draft, and changes apply to it.

use serde_json::{Map, Value};

use fabric_domain::{Leg, LinkProtocol, MetroCode, PortId, ProfileId, ServiceTokenId};

/// The Z side of an order.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Destination {
    /// A service profile.
    Profile(ProfileId),
    /// A port of the same organisation, possibly through a profile of its own.
    Port { port: PortId, link: LinkProtocol, profile: Option<ProfileId> },
    /// The port of a service token.
    Token(ServiceTokenId),
    /// A port that the invited party chooses.
    Invitation { email: String, message: String },
}

/// What a buyer states about the Z side beyond its destination.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ZSideTerms {
    pub(crate) seller_region: Option<String>,
    pub(crate) key: Option<String>,
    /// As v3 spells it, e.g. `Private`; v4 uses capitals.
    pub(crate) peering: Option<String>,
    /// The Z-side tags that a buyer may request at a profile.
    pub(crate) s_tag: Option<u16>,
    pub(crate) c_tag: Option<u16>,
}

/// A checked order for one connection.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) mbps: u32,
    /// Whether the order stated the speed in GB; v3 prints the unit that was ordered.
    pub(crate) in_gigabits: bool,
    pub(crate) purchase_order: Option<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) port: PortId,
    pub(crate) link: LinkProtocol,
    pub(crate) destination: Destination,
    pub(crate) terms: ZSideTerms,
    pub(crate) metro: MetroCode,
    pub(crate) leg: Leg,
    /// Fields of a v4 request that responses repeat unchanged.
    pub(crate) echoed: Map<String, Value>,
}
