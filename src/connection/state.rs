//! What a resource knows of its lines, and what the provider shows of them.
//!
//! Words for observations and plans; nothing here looks or decides.

use fabric_api::{FabricConnection, OrderIntent, Resolved};
use fabric_domain::{Connection, ConnectionId, Leg};

use crate::reconcile::problem::Problem;

/// The id that `spec.adopt` gives for a leg.
pub(super) fn adopted(object: &FabricConnection, leg: Leg) -> Option<&str> {
    let adopt = object.spec.adopt.as_ref()?;
    match leg {
        Leg::Primary => Some(&adopt.uuid),
        Leg::Secondary => adopt.secondary_uuid.as_deref(),
    }
}

/// A line at the provider, as far as this resource knows of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// No order was ever sent, or each was refused.
    None,
    /// An order was written down; whether it arrived is not known.
    Intended(OrderIntent, Evidence),
    /// The line is known by its id.
    Known { id: ConnectionId, cancellation: Cancellation, view: View },
    /// `spec.adopt` names a line that was not taken over yet.
    Offered(Offer),
    /// What status says of it cannot be used.
    Unusable(Problem),
}

/// How far the cancellation of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Cancellation {
    /// It was not sent, or not taken.
    No,
    /// It was taken.
    Taken,
    /// It was taken, and the other side put the line back into service.
    Refused {
        /// Whether enough time has passed to send it again.
        again: bool,
    },
}

/// Whether a line may be taken over.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Offer {
    /// It is what the spec describes.
    Agreed(ConnectionId, Resolved),
    /// It is not, or it is somebody else's, or it cannot be looked at.
    Declined(Problem),
    /// Nothing can be said yet.
    AwaitingListing,
}

/// What tells whether an intended order arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Evidence {
    /// It did: this is its line.
    Found(ConnectionId),
    /// Nothing yet, and it is too early to say no.
    Open,
    /// It did not: it was never sent, or two whole listings past the settle time lack it.
    Absent,
}

/// What the provider shows of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum View {
    /// This.
    Seen(Box<Connection>),
    /// A line that this resource did not order: its id was put into status by somebody else.
    Foreign(Problem),
    /// Nothing yet: the first listing is still to come.
    NotListed,
    /// That it was deleted.
    Gone,
    /// That it does not exist or is somebody else's; which, it does not say.
    NotVisible(Problem),
    /// It could not be asked.
    Unasked(Problem),
}
