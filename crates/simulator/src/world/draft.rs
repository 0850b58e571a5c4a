//! What an API has checked and the world may take as an order.
//!
//! Values only, of whichever API. A connection keeps its draft and changes it.

use serde_json::{Map, Value};

use fabric_domain::{Leg, LinkProtocol, MetroCode, PortId, ProfileId, ServiceTokenId};

/// Where a line ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Destination {
    /// At a service profile.
    Profile(ProfileId),
    /// At a port of the same organisation, possibly through a profile of its own.
    Port { port: PortId, link: LinkProtocol, profile: Option<ProfileId> },
    /// Where the token says.
    Token(ServiceTokenId),
    /// Where the invited party decides.
    Invitation { email: String, message: String },
}

/// What is asked of the other side.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct ZSideTerms {
    pub(crate) seller_region: Option<String>,
    pub(crate) key: Option<String>,
    /// In the spelling of v3; v4 has it in capitals.
    pub(crate) peering: Option<String>,
    /// The Z-side tags that a buyer may give at a profile.
    pub(crate) s_tag: Option<u16>,
    pub(crate) c_tag: Option<u16>,
}

/// What a face has checked and wants to be a line.
#[derive(Debug, Clone)]
pub(crate) struct Draft {
    pub(crate) name: String,
    pub(crate) mbps: u32,
    /// Whether the order had its speed in GB; v3 shows it as it was ordered.
    pub(crate) in_gigabits: bool,
    pub(crate) purchase_order: Option<String>,
    pub(crate) emails: Vec<String>,
    pub(crate) port: PortId,
    pub(crate) link: LinkProtocol,
    pub(crate) destination: Destination,
    pub(crate) terms: ZSideTerms,
    pub(crate) metro: MetroCode,
    pub(crate) leg: Leg,
    /// Fields of a v4 request that are only echoed.
    pub(crate) echoed: Map<String, Value>,
}
