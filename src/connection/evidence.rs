//! Whether an order whose answer may be missing arrived, by all that is known.
//!
//! Pure. Absence is no proof: not of a listing that is partial or old, and not of an account that no
//! longer sees the port. Where nothing proves either, the order stays unknown.

use fabric_api::OrderIntent;
use fabric_domain::{Connection, ConnectionId, Leg};

use crate::connection::ownership::{Identity, Match};

/// What is known of an order.
#[derive(Debug, Clone)]
pub(super) struct OrderFacts<'a> {
    pub(super) leg: Leg,
    pub(super) intent: &'a OrderIntent,
    pub(super) attempt: KnownAttempt,
    /// The connections of the last whole listing that are not deleted, with whether another resource
    /// holds each; `None` before the first whole listing.
    pub(super) listed: Option<Vec<Candidate<'a>>>,
    pub(super) listings: ListingEvidence,
    /// Whether the account still sees the port; `None` if that is not known.
    pub(super) sees_port: Option<bool>,
}

/// A listed connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Candidate<'a> {
    pub(super) connection: &'a Connection,
    /// Whether another resource holds it.
    pub(super) held: bool,
}

/// What this process knows of the latest attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum KnownAttempt {
    /// It was accepted, under this id.
    Placed(ConnectionId),
    /// It was recorded and not sent, or refused for a reason that has nothing to do with its port.
    Unsent,
    /// It was refused because the port and tags are taken, perhaps by an earlier copy of it.
    Taken,
    /// It was sent, or may have been.
    Unknown,
}

/// How much the listings since the latest attempt prove by their number and age.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ListingEvidence {
    /// None is whole and later than the attempt.
    Nothing,
    /// One is.
    Later,
    /// Two are, and began when every connection should be listed.
    Settled,
    /// The same, and they are known not to lag behind the attempt: they show a connection that was
    /// created after it, or so much time has passed that no lag explains an absence.
    Caught,
}

/// The evidence whether a recorded order arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OrderEvidence {
    /// It did: this is its connection.
    Found(ConnectionId),
    /// Nothing yet, and it is too early to say no.
    Open,
    /// A listed connection may be it, or another client's.
    Doubtful(Box<Connection>),
    /// Listings lack it for as long as they usually lag. The same order may go out again, since the
    /// provider gives out a port and tag once; it is not proof enough to let the order go.
    Repeatable,
    /// It did not.
    Absent,
}

/// Judges an order by what is known of it.
pub(super) fn judge(identity: &Identity<'_>, facts: &OrderFacts<'_>) -> OrderEvidence {
    if let KnownAttempt::Placed(id) = &facts.attempt {
        return OrderEvidence::Found(id.clone());
    }
    let (mut doubtful, mut occupied) = (None, false);
    for Candidate { connection, held } in facts.listed.iter().flatten() {
        let found = || OrderEvidence::Found(connection.id.clone());
        match (identity.matches(connection, facts.leg, facts.intent), held) {
            (Match::Ours, false) => return found(),
            // The user says whose it is.
            (Match::Doubtful, false) if identity.adopts(connection, facts.leg) => return found(),
            (Match::Doubtful, false) => doubtful = Some(*connection),
            (Match::Occupant, _) => occupied = true,
            // What another resource holds is not this order's.
            (Match::Ours | Match::Doubtful, true) | (Match::Elsewhere, _) => {}
        }
    }
    let is_first = facts.intent.attempt == 1;
    if is_first && facts.attempt == KnownAttempt::Unsent || occupied {
        return OrderEvidence::Absent;
    }
    if let Some(connection) = doubtful {
        return OrderEvidence::Doubtful(Box::new(connection.clone()));
    }
    let is_over = match facts.attempt {
        // An earlier attempt was given up before this one was made.
        KnownAttempt::Unsent => true,
        KnownAttempt::Taken => facts.listings >= ListingEvidence::Later,
        KnownAttempt::Unknown | KnownAttempt::Placed(_) => {
            facts.listings >= ListingEvidence::Settled
        }
    };
    // A refusal leaves only the lag of listings in doubt, not when the order may still arrive.
    let needed = match facts.attempt {
        KnownAttempt::Taken if is_first => ListingEvidence::Settled,
        KnownAttempt::Taken
        | KnownAttempt::Unsent
        | KnownAttempt::Unknown
        | KnownAttempt::Placed(_) => ListingEvidence::Caught,
    };
    match (is_over, facts.listings >= needed, facts.sees_port) {
        (true, true, Some(true)) => OrderEvidence::Absent,
        (true, _, _) => OrderEvidence::Repeatable,
        (false, _, _) => OrderEvidence::Open,
    }
}
