//! Connections that come in at a seller's profile, as the seller sees them.

use super::{ConnectionId, MetroCode, ProfileId};

/// What a connection wants of the seller at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub enum SellerRequest {
    /// To be let in.
    Creation,
    /// To be let go.
    Deletion,
    /// Another bandwidth.
    Change,
}

/// A connection at one of the account's own profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incoming {
    /// Its id.
    pub id: ConnectionId,
    /// Its name, as its buyer gave it.
    pub name: String,
    /// The buyer's organisation.
    pub buyer: Option<String>,
    /// Its bandwidth in Mbit/s.
    pub bandwidth: Option<u32>,
    /// Where it ends.
    pub metro: Option<MetroCode>,
    /// The profile that it was ordered from.
    pub profile: Option<ProfileId>,
    /// What it waits for the seller to decide, if anything.
    pub asks: Option<SellerRequest>,
    /// The bandwidth that it asks for, in Mbit/s, where that is asked and told.
    pub wanted_bandwidth: Option<u32>,
    /// Since when it waits, or when it was ordered, as printed by the provider.
    pub since: Option<jiff::Timestamp>,
}
