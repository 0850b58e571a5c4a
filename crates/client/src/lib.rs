//! The seam to Equinix Fabric: one trait, one implementation per dialect, one transport below both.
//!
//! Errors are classified here, where they are born, so that no caller looks at a status code. No
//! Kubernetes and no decisions about orders belong here.

mod auth;
mod breaker;
pub mod catalogue;
mod credentials;
mod error;
mod exchange;
mod lenient;
mod pacing;
mod redact;
mod selling;
mod transport;
mod v3;
mod v4;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

use fabric_domain::{
    AuthenticationKey, Change, Connection, ConnectionId, Decision, Incoming, Metro, MetroCode,
    Money, Offering, Order, OwnProfile, Placed, Port, ProfileId, Quote, ServiceProfile,
};

pub use auth::TokenSource;
pub use credentials::{Credentials, Grant, PasswordEncoding};
pub use error::{Class, Error, Fault, Refusal};
pub use exchange::{HttpMetrics, HttpOutcome, InstrumentedHttp};
pub use pacing::{Priority, RateLimiter};
pub use selling::{IncomingFilter, OfferingCapabilities, ShownProfile};
pub use transport::{Http, ReqwestHttp, SendError, Transport};
pub use v3::EcxV3;
pub use v4::FabricV4;

/// What a dialect can carry out. Asked before anything is promised.
#[allow(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Orders against a service token.
    pub service_tokens: bool,
    /// Orders by invitation.
    pub invitations: bool,
    /// Both halves of a pair in one order; otherwise one after the other, by their group.
    pub pairs_in_one_order: bool,
    /// Orders to an own port need the service profile that holds it.
    pub own_ports_through_profiles: bool,
    /// Orders for a term.
    pub terms: bool,
    /// Changing who is told about a line that exists.
    pub notification_changes: bool,
    /// A seller decides on both halves of a pair at once; otherwise on one after the other.
    pub pair_decisions: bool,
    /// A seller can refuse to let a line go.
    pub deletion_refusals: bool,
    /// What the account's own profiles can offer.
    pub offerings: OfferingCapabilities,
}

/// A key to be checked before an order carries it.
#[derive(Debug, Clone, Copy)]
pub struct KeyCheck<'a> {
    /// What the buyer was given by the seller.
    pub key: &'a AuthenticationKey,
    /// The seller's profile.
    pub profile: &'a ProfileId,
    /// Where the line is to end.
    pub metro: MetroCode,
    /// The seller's own region there.
    pub seller_region: Option<&'a str>,
    /// The part of the world where the line is to start, as the metros tell.
    pub region: Option<&'a str>,
}

/// Where a listing of connections goes on; opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor(usize);

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// What could be read.
    pub connections: Vec<Connection>,
    /// How many entries could not be read.
    pub unreadable: usize,
    /// How many entries the provider says there are in all.
    pub total: usize,
    /// Where the next page starts, if there is one.
    pub next: Option<Cursor>,
}

/// What can be read through one dialect of the API. Every call is one request, but for the token and
/// the safe repeats below.
#[async_trait]
pub trait Reads: Send + Sync + fmt::Debug {
    /// What this dialect offers.
    fn can(&self) -> Capabilities;
    /// All ports of the account.
    async fn ports(&self) -> Result<Vec<Port>, Error>;
    /// All metros.
    async fn metros(&self) -> Result<Vec<Metro>, Error>;
    /// One service profile.
    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error>;
    /// The service profiles with exactly this name.
    async fn profiles_named(&self, name: &str) -> Result<Vec<ServiceProfile>, Error>;
    /// Whether the seller would take a key: [`Error::Refused`] if not.
    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error>;
    /// What a line costs a month, before taxes; `None` if the provider names no price.
    async fn price(&self, quote: &Quote) -> Result<Option<Money>, Error>;
    /// One line, as it is now. A line that is gone is still answered for, as long as the provider
    /// remembers it.
    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error>;
    /// One page of all lines of the account, oldest first where the dialect can sort.
    async fn connections(&self, from: Cursor) -> Result<Page, Error>;
    /// Whether an API integration of the account's is known: [`Error::Refused`] if not. Where the
    /// dialect cannot be asked, it is taken for known, and the profile that names it is refused.
    async fn check_integration(&self, id: &str) -> Result<(), Error>;
    /// One of the account's own profiles, deleted ones too. What is somebody else's is
    /// [`Error::NotVisible`].
    async fn own_profile(&self, id: &ProfileId) -> Result<ShownProfile, Error>;
    /// The account's own profiles with exactly this name, deleted ones too; all of them, or an
    /// error.
    async fn own_profiles_named(&self, name: &str) -> Result<Vec<OwnProfile>, Error>;
    /// One line at one of the account's own profiles, as it is now.
    async fn incoming_line(&self, id: &ConnectionId) -> Result<Connection, Error>;
    /// The other half of a pair at one of the account's own profiles, as long as it is not gone.
    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error>;
    /// Connections at the account's own profiles.
    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Vec<Incoming>, Error>;
}

/// The calls that change something at the provider. Each is one request, sent at most once.
///
/// Whoever holds this can spend money: the operator hands it to the code alone that records an
/// intent before each call.
#[async_trait]
pub trait Writes: Send + Sync + fmt::Debug {
    /// Orders a line, or a pair, and answers with the ids. Sent at most once:
    /// [`Error::Ambiguous`] means that it may have been ordered.
    async fn order(&self, order: &Order) -> Result<Placed, Error>;
    /// Asks for one thing of a line to be changed, and answers with the change's id if the dialect
    /// has one. Taken is not done: the line tells how far it is.
    async fn change(&self, id: &ConnectionId, change: &Change) -> Result<Option<String>, Error>;
    /// Asks for a line to be taken down. [`Error::Gone`] means that it is down already.
    async fn cancel(&self, id: &ConnectionId) -> Result<(), Error>;
    /// Creates a service profile. Sent at most once: [`Error::Ambiguous`] means that it may be
    /// there.
    async fn create_profile(&self, offering: &Offering) -> Result<ProfileId, Error>;
    /// Replaces what a profile offers, if it still is as it was shown: [`Error::Stale`] if the
    /// dialect can tell that it is not.
    async fn replace_profile(&self, shown: &ShownProfile, wanted: &Offering) -> Result<(), Error>;
    /// Deletes a profile. [`Error::Gone`] means that it is deleted already.
    async fn delete_profile(&self, id: &ProfileId) -> Result<(), Error>;
    /// Sends a decision on a line. [`Error::Refused`] may mean that the line does not wait for it
    /// any more; taken is not done: the line tells.
    async fn decide(&self, id: &ConnectionId, decision: &Decision) -> Result<(), Error>;
}

/// The dialects, by the names that accounts give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantNames)]
pub enum Dialect {
    /// Fabric v4.
    #[strum(serialize = "FabricV4")]
    V4,
    /// ECX v3.
    #[strum(serialize = "EcxV3")]
    V3,
}

/// The two faces of a client of one account.
#[derive(Debug, Clone)]
pub struct Client {
    /// What can be read.
    pub reads: Arc<dyn Reads>,
    /// What can be changed.
    pub writes: Arc<dyn Writes>,
}

/// A client of `dialect` over a transport.
pub fn connect(dialect: Dialect, transport: Transport) -> Client {
    fn both<T: Reads + Writes + 'static>(client: T) -> Client {
        let client = Arc::new(client);
        Client { reads: client.clone(), writes: client }
    }
    match dialect {
        Dialect::V4 => both(FabricV4::new(transport)),
        Dialect::V3 => both(EcxV3::new(transport)),
    }
}
