//! A client of the Equinix Fabric API: [`Reads`] and [`Writes`], implemented by each dialect over one
//! [`Transport`].
//!
//! Errors are classified here, where they arise, so that no caller looks at a status code. No
//! Kubernetes, and no decision about what to order, belongs here.
//!
//! Each dialect has a feature of its own: `fabric-v4` and `ecx-v3`, both on by default.

#[cfg(not(any(feature = "fabric-v4", feature = "ecx-v3")))]
compile_error!("fabric-client needs a dialect: enable feature `fabric-v4`, `ecx-v3` or both");

mod error;
pub mod error_codes;
mod http;
mod lenient;
mod own_profiles;
mod paging;
#[cfg(feature = "ecx-v3")]
mod v3;
#[cfg(feature = "fabric-v4")]
mod v4;

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use jiff::Timestamp;

use fabric_domain::{
    AuthenticationKey, Change, Connection, ConnectionId, Decision, Incoming, Listed, Metro,
    MetroCode, Money, Offering, Order, OwnProfile, Placed, Port, ProfileId, Quote, ServiceProfile,
};

pub use error::{Class, Error, Refusal};
pub use fabric_domain::Fault;
pub use http::{
    Http, HttpMetrics, HttpOutcome, InstrumentedHttp, OAuthCredentials, OAuthGrant, PasswordDigest,
    Priority, Proxies, RateLimiter, ReqwestHttp, SendError, TokenSource, Transport, TrustedCas,
};
pub use own_profiles::{IncomingFilter, OfferingCapabilities, ShownProfile};
#[cfg(feature = "ecx-v3")]
pub use v3::EcxV3;
#[cfg(feature = "fabric-v4")]
pub use v4::FabricV4;

/// What a dialect supports. Callers check it before they promise anything.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capabilities {
    /// Orders against a service token.
    pub service_tokens: bool,
    /// Orders by invitation.
    pub invitations: bool,
    /// Orders of both connections of a pair at once; otherwise the secondary joins the group of the
    /// primary.
    pub pairs_in_one_order: bool,
    /// Orders to one of the account's own ports need the service profile that holds the port.
    pub own_ports_through_profiles: bool,
    /// Whether the check of a key needs the region of the A-side port.
    pub keys_by_region: bool,
    /// A customer reference number on orders, which the provider shows with the connection.
    pub customer_references: bool,
    /// Orders for a term.
    pub terms: bool,
    /// Changes of the notification addresses of a connection.
    pub notification_changes: bool,
    /// Decisions of a seller on both connections of a pair at once; otherwise on each alone.
    pub pair_decisions: bool,
    /// Refusals of a deletion by the seller.
    pub deletion_refusals: bool,
    /// What the account's own profiles may offer.
    pub offerings: OfferingCapabilities,
}

/// An authentication key, to be checked before an order uses it.
#[derive(Debug, Clone, Copy)]
pub struct KeyCheck<'a> {
    /// The key that the seller gave to the buyer.
    pub key: &'a AuthenticationKey,
    /// The seller's profile.
    pub profile: &'a ProfileId,
    /// The metro of the Z side.
    pub metro: MetroCode,
    /// The seller's own region there.
    pub seller_region: Option<&'a str>,
    /// The region of the A side's metro, as [`Reads::metros`] names it. v3 cannot check a key
    /// without it.
    pub region: Option<&'a str>,
}

/// Where a listing of connections continues; opaque to callers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cursor {
    /// The next page's number or offset.
    position: usize,
    /// How many entries the pages before it have.
    read: usize,
}

/// One page of a listing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// The entries that could be read.
    pub connections: Vec<Connection>,
    /// How many entries could not be read.
    pub unreadable: usize,
    /// How many entries the whole listing has, as the provider counts them; 0 if it does not say. A
    /// listing with fewer is not whole; one with as many is not whole for that.
    pub total: usize,
    /// The next page, unless this one is the end of the listing.
    pub next: Option<Cursor>,
    /// The provider's time when it answered with this page (`Date`); `None` if it did not say.
    pub date: Option<Timestamp>,
}

/// The calls of one dialect that change nothing. Each is one request, apart from token requests and
/// repeats after a failure; lists take a request a page.
#[async_trait]
pub trait Reads: Send + Sync + fmt::Debug {
    /// What this dialect supports.
    fn can(&self) -> Capabilities;
    /// The provider's time now: the `Date` of its last answer that showed one, and the monotonic
    /// time since; `None` if no answer showed one. It is right to the second, and late by the time
    /// that the answer took.
    fn provider_time(&self) -> Option<Timestamp>;
    /// All ports of the account.
    async fn ports(&self) -> Result<Listed<Port>, Error>;
    /// All metros.
    async fn metros(&self) -> Result<Listed<Metro>, Error>;
    /// One service profile.
    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error>;
    /// All service profiles that the account can order from.
    async fn profiles(&self) -> Result<Listed<ServiceProfile>, Error>;
    /// The service profiles with exactly this name.
    async fn profiles_named(&self, name: &str) -> Result<Listed<ServiceProfile>, Error>;
    /// Checks a key with its seller; [`Error::Refused`] if the seller would not accept it.
    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error>;
    /// The monthly price of a connection, before taxes; `None` if the provider names none.
    async fn price(&self, quote: &Quote) -> Result<Option<Money>, Error>;
    /// One connection in its current state; a deleted one, too, as long as the provider shows it.
    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error>;
    /// One page of the account's connections, oldest first where the dialect can sort.
    async fn connections(&self, from: Cursor) -> Result<Page, Error>;
    /// Checks an API integration of the account; [`Error::Refused`] if the provider does not know
    /// it. A dialect without such a call accepts any: the provider will refuse the profile.
    async fn check_integration(&self, id: &str) -> Result<(), Error>;
    /// One of the account's own profiles, deleted or not. A profile of another organisation is
    /// [`Error::NotVisible`].
    async fn own_profile(&self, id: &ProfileId) -> Result<ShownProfile, Error>;
    /// All of the account's own profiles with exactly this name, deleted or not.
    async fn own_profiles_named(&self, name: &str) -> Result<Listed<OwnProfile>, Error>;
    /// One connection at one of the account's own profiles, in its current state. On a dialect that
    /// has to look for it in a list, [`Error::NotVisible`] needs the whole list.
    async fn incoming_line(&self, id: &ConnectionId) -> Result<Connection, Error>;
    /// The other connection of a pair at one of the account's own profiles, unless it is deleted.
    /// `None` needs the whole list; [`Error::Unreadable`] without it.
    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error>;
    /// Connections at the account's own profiles.
    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Listed<Incoming>, Error>;
}

/// Why a request must not be sent any more, as a clause for logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawn(pub String);

/// What a request that changes something passes as the last step before it is sent, each time that it
/// is: after every wait for a token, a slot or the end of a pause. What was decided before that wait
/// may no longer be right.
#[async_trait]
pub trait Gate: Send + Sync {
    /// An error keeps the request from being sent; the call then ends with [`Error::Withdrawn`].
    async fn pass(&self) -> Result<(), Withdrawn>;
}

/// The calls of one dialect that change something. Each is one request, sent at most once unless it
/// is a `DELETE`; after an error, [`Error::may_have_arrived`] says what is known. Each exchange passes
/// the caller's [`Gate`] first.
///
/// These calls spend money. The operator hands them only to the code that records an intent before
/// each call.
#[async_trait]
pub trait Writes: Send + Sync + fmt::Debug {
    /// Orders a connection, or a pair, and returns the ids. After [`Error::Ambiguous`], the provider
    /// may have accepted the order.
    async fn order(&self, order: &Order, gate: &dyn Gate) -> Result<Placed, Error>;
    /// Requests the change of one property, and returns the change's id if the dialect has one. The
    /// provider accepts a change before it carries it out; the connection shows how far it is.
    async fn change(
        &self,
        id: &ConnectionId,
        change: &Change,
        gate: &dyn Gate,
    ) -> Result<Option<String>, Error>;
    /// Cancels a connection. [`Error::Gone`] if it is deleted already; [`Error::Ambiguous`] if the
    /// answer does not say that the provider accepted it.
    async fn cancel(&self, id: &ConnectionId, gate: &dyn Gate) -> Result<(), Error>;
    /// Creates a service profile. After [`Error::Ambiguous`], it may exist.
    async fn create_profile(
        &self,
        offering: &Offering,
        gate: &dyn Gate,
    ) -> Result<ProfileId, Error>;
    /// Replaces what a profile offers. [`Error::Stale`] if the profile has changed since it was
    /// shown, on a dialect with entity tags; the other overwrites the change.
    async fn replace_profile(
        &self,
        shown: &ShownProfile,
        wanted: &Offering,
        gate: &dyn Gate,
    ) -> Result<(), Error>;
    /// Deletes a profile. [`Error::Gone`] if it is deleted already.
    async fn delete_profile(&self, id: &ProfileId, gate: &dyn Gate) -> Result<(), Error>;
    /// Sends a decision on a connection. [`Error::Refused`] may mean that the connection no longer
    /// waits for it. The provider accepts a decision before it carries it out; the connection shows
    /// the result.
    async fn decide(
        &self,
        id: &ConnectionId,
        decision: &Decision,
        gate: &dyn Gate,
    ) -> Result<(), Error>;
}

/// The dialects, by their names in a `FabricAccount`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::VariantNames)]
pub enum Dialect {
    /// Fabric v4.
    #[cfg(feature = "fabric-v4")]
    #[strum(serialize = "FabricV4")]
    V4,
    /// ECX v3.
    #[cfg(feature = "ecx-v3")]
    #[strum(serialize = "EcxV3")]
    V3,
}

/// A client of one account, its reads apart from its writes.
#[derive(Debug, Clone)]
pub struct Client {
    /// The calls that change nothing.
    pub reads: Arc<dyn Reads>,
    /// The calls that change something.
    pub writes: Arc<dyn Writes>,
}

/// A client that speaks `dialect` over `transport`.
pub fn connect(dialect: Dialect, transport: Transport) -> Client {
    fn client<T: Reads + Writes + 'static>(client: T) -> Client {
        let client = Arc::new(client);
        Client { reads: client.clone(), writes: client }
    }
    match dialect {
        #[cfg(feature = "fabric-v4")]
        Dialect::V4 => client(FabricV4::new(transport)),
        #[cfg(feature = "ecx-v3")]
        Dialect::V3 => client(EcxV3::new(transport)),
    }
}
