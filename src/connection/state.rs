//! What a resource knows of its connections, and what the provider shows of them.
//!
//! Types for observations and plans; nothing here reads or decides.

use fabric_api::{FabricConnection, OrderIntent, Resolved};
use fabric_domain::{Connection, ConnectionId, Leg};

use crate::{
    connection::evidence::OrderEvidence,
    reconcile::{claims::leg_status, problem::Problem},
};

/// The id that `spec.adopt` gives for a leg.
pub(super) fn adopted(object: &FabricConnection, leg: Leg) -> Option<&str> {
    let adopt = object.spec.adopt.as_ref()?;
    match leg {
        Leg::Primary => Some(&adopt.uuid),
        Leg::Secondary => adopt.secondary_uuid.as_deref(),
    }
}

/// Whether the connection of a leg was adopted rather than ordered: `spec.adopt` names it, and status
/// records no order for it.
pub(super) fn is_adopted(object: &FabricConnection, leg: Leg) -> bool {
    let known = leg_status(object, leg).filter(|known| known.order.is_none());
    let known = known.and_then(|known| known.uuid.as_deref());
    adopted(object, leg).zip(known).is_some_and(|(named, known)| named.eq_ignore_ascii_case(known))
}

/// A connection at the provider, as this resource knows of it.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ConnectionState {
    /// Status has nothing: no order was ever sent, or each was refused, or status was lost.
    Unrecorded(Trace),
    /// An order was recorded; whether it arrived is not known.
    Intended(OrderIntent, OrderEvidence),
    /// The connection is known by its id.
    Known { id: ConnectionId, cancellation: Cancellation, view: ProviderView },
    /// `spec.adopt` names a connection that this resource does not hold yet.
    Offered(Adoption),
    /// Status is another resource's, which this one is a copy of.
    Copied(Problem),
    /// Its part of status cannot be used.
    Unusable(Problem),
}

/// What the listings show of a connection that status does not have.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Trace {
    /// The account cannot be asked, because of this.
    Unasked(Problem),
    /// The first listing is still to come, and this is why if it failed.
    Unlisted(Option<Problem>),
    /// Nothing.
    Nothing,
    /// A connection that proves by itself that it is this resource's: status was lost.
    Ours(ConnectionId),
    /// A connection with the name, port and tags of the spec, which may be this resource's or another
    /// client's.
    Doubtful(Box<Connection>),
}

/// How far the cancellation of a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancellation {
    /// It was not sent, or not accepted.
    No,
    /// It was accepted.
    Taken,
    /// It was accepted, and the other side put the connection back into service.
    Refused {
        /// Whether enough time has passed to send it again.
        again: bool,
    },
}

/// Whether a connection may be adopted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Adoption {
    /// Not judged: the resource is paused, or it is being deleted and would leave the connection alone.
    Unjudged,
    /// It is what the spec describes.
    Agreed(ConnectionId, Resolved),
    /// It is not, or another resource holds it, or it cannot be read.
    Declined(Problem),
    /// It is being taken down or gone, which this says: there is nothing to adopt.
    Ended(Problem),
    /// It cannot be known before a listing, and this is why there is none if it failed.
    AwaitingListing(Option<Problem>),
}

/// What the provider shows of a connection.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProviderView {
    /// This.
    Seen(Box<Connection>),
    /// A connection that this resource did not order: another client put its id into status.
    Foreign(Problem),
    /// Nothing yet: the first listing is still to come, and this is why if it failed.
    Unlisted(Option<Problem>),
    /// That it was deleted.
    Gone,
    /// That it does not exist or is not visible to the account; the provider does not say which.
    NotVisible(Problem),
    /// The same, right after its own answer to the order named the connection.
    Lagging(Problem),
    /// It could not be read.
    Unasked(Problem),
}
