//! What the provider offers: ports, metros, service profiles.
//!
//! Facts as listed; whether an order fits them is not decided here.

use super::{MetroCode, PortId, ProfileId, Question};

/// How a port separates traffic.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encapsulation {
    /// One tag.
    Dot1q,
    /// Two tags.
    Qinq,
    /// None: the port carries one connection.
    Untagged,
}

impl Encapsulation {
    /// Reads the spellings of all documents ("Dot1q", "DOT1Q", "QinQ", "Qinq", …).
    pub fn parse(text: &str) -> Option<Self> {
        match text.to_ascii_lowercase().as_str() {
            "dot1q" => Some(Self::Dot1q),
            "qinq" => Some(Self::Qinq),
            "untagged" => Some(Self::Untagged),
            _ => None,
        }
    }
}

/// A port of the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Its id.
    pub id: PortId,
    /// Its name; not unique.
    pub name: String,
    /// Where it is.
    pub metro: Option<MetroCode>,
    /// How it separates traffic; `None` where the provider does not say.
    pub encapsulation: Option<Encapsulation>,
    /// Whether this account may order on it; `None` where the provider does not say.
    pub may_order: Option<bool>,
    /// Its bandwidth in Mbit/s; `None` where the provider does not say, or not in a unit that is sure.
    pub mbps: Option<u32>,
    /// Whether it carries any number of connections at no charge (a buyout port); `None` where the
    /// provider does not say.
    pub unlimited: Option<bool>,
}

/// A metro where connections can begin or end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Metro {
    /// Its code.
    pub code: MetroCode,
    /// Its name, e.g. "Amsterdam".
    pub name: String,
    /// Its region (AMER, EMEA, APAC), where the provider says.
    pub region: Option<String>,
    /// Metros that a remote connection can reach from here; empty where the provider does not say.
    pub reaches: Vec<MetroCode>,
}

/// A seller's service profile, as a buyer sees it.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceProfile {
    /// Its id.
    pub id: ProfileId,
    /// Its name; not unique among sellers.
    pub name: String,
    /// The seller, where the provider says.
    pub organization: Option<String>,
    /// How the seller's ports separate traffic; `None` where the provider does not say.
    pub encapsulation: Option<Encapsulation>,
    /// Metros where it can be reached; empty where the provider does not say.
    pub metros: Vec<MetroCode>,
    /// The only bandwidths that can be ordered, in Mbit/s; empty where others can be ordered, too, or
    /// where the provider does not say.
    pub bandwidths: Vec<u32>,
    /// Whether it can be ordered from other metros; `None` where the provider does not say.
    pub remote: Option<bool>,
    /// Whether only pairs can be ordered.
    pub needs_pair: bool,
    /// Whether both connections of a pair have the same tags.
    pub same_tags: bool,
    /// Whether an order needs an authentication key.
    pub needs_key: bool,
    /// Whether the provider can check a key before an order.
    pub checks_keys: bool,
    /// What each buyer is asked for; `None` where the provider does not say all of it.
    pub questions: Option<Vec<Question>>,
}
