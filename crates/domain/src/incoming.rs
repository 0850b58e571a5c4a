//! Connections that buyers order from a seller's profile, as the seller sees them.
//!
//! Observations only; `decision` has what can be decided about them.

use super::{ConnectionId, MetroCode, ProfileId};

/// What a connection requests of the seller on its Z side.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub enum SellerRequest {
    /// Its setup.
    Creation,
    /// Its deletion.
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
    /// The request that the seller has to decide, if any.
    pub asks: Option<SellerRequest>,
    /// The bandwidth that it requests, in Mbit/s, where the provider reports one.
    pub wanted_bandwidth: Option<u32>,
    /// Since when it waits, or when it was ordered, as printed by the provider.
    pub since: Option<jiff::Timestamp>,
}
