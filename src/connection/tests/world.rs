//! The state of the small world: one resource, the provider's ledger, what is on its way, and what
//! each process knows.
//!
//! Plain values, so that two states that are the same have the same hash. Nothing here decides what
//! may follow a state.

use std::hash::{DefaultHasher, Hash, Hasher};

use fabric_domain::Leg;

/// Minutes since the resource was created, by the one clock of this world.
pub(super) type Minutes = u16;

/// How long an order may be on its way. The rules of evidence rely on it: see `ARRIVES_WITHIN` in
/// `ownership` and `SETTLE` in `observe::search`.
pub(super) const ARRIVES_WITHIN: Minutes = 15;

/// How far listings may lag. The rules of evidence rely on that, too: see `OUTLAST`.
pub(super) const LAGS_AT_MOST: Minutes = 360;

/// A status, by its number in [`Statuses`](super::statuses::Statuses).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct StatusId(pub(super) u32);

/// The resource as the API server has it, or had it when a process read it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Stored {
    pub(super) generation: u8,
    pub(super) deleting: bool,
    /// `spec.deletionPolicy` is Orphan.
    pub(super) orphan: bool,
    /// The tag of the primary in the spec.
    pub(super) tag: u16,
    pub(super) finalizer: bool,
    pub(super) status: StatusId,
}

/// A port, by number, and a tag on it. The provider gives out each once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Place {
    pub(super) port: u8,
    pub(super) tag: u16,
}

/// Whose a connection is, as its customer reference number shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Orderer {
    /// The resource's, for this leg.
    Resource(Leg),
    /// Another organisation's, which marks its orders as the operator does.
    Marked,
    /// Another client's, which marks nothing.
    Unmarked,
}

/// How far the life of a connection is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Life {
    Up,
    Ending,
    Gone,
}

/// A connection in the provider's ledger; its place in the ledger is its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct LedgerEntry {
    pub(super) orderer: Orderer,
    pub(super) place: Place,
    pub(super) life: Life,
    pub(super) created: Minutes,
}

impl LedgerEntry {
    /// Whether it is this resource's and is billed.
    pub(super) fn is_billed_here(self) -> bool {
        matches!(self.orderer, Orderer::Resource(_)) && self.life != Life::Gone
    }
}

/// An order that its sender has given up and that may still arrive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Straggler {
    pub(super) leg: Leg,
    pub(super) place: Place,
    pub(super) sent: Minutes,
}

/// What a process knows of an attempt; as `reconcile::attempts` keeps it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Memory {
    pub(super) attempt: u8,
    pub(super) fate: Remembered,
    /// Whether a whole listing began after that.
    pub(super) listed_since: bool,
}

/// How far an attempt got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Remembered {
    Unsent,
    Taken,
    Unknown,
    /// It made this connection.
    Placed(u8),
}

/// What a process has of the listings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Listings {
    /// When the last two whole listings began; they are taken together.
    pub(super) dated: Option<Minutes>,
    /// The connections that the last of them shows, one bit each.
    pub(super) whole: u8,
    /// The same and those that later partial ones show.
    pub(super) shown: u8,
}

/// A request that is decided, and the resource that it was decided from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Planned {
    pub(super) view: Stored,
    pub(super) request: Outgoing,
}

/// What is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Outgoing {
    Order {
        leg: Leg,
        /// The id of the attempt.
        attempt: u8,
        /// The number that its intent carries.
        number: u32,
        place: Place,
        /// The status with the intent.
        recorded: StatusId,
        decided: Minutes,
    },
    Cancel {
        leg: Leg,
        entry: u8,
    },
}

/// The provider's answer, or that there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Reply {
    /// The order made this connection.
    Placed(u8),
    /// The cancellation was accepted.
    Accepted,
    /// The connection is deleted already.
    Gone,
    /// The port and tag are taken.
    Taken,
    /// Refused before it was carried out, as with status 429.
    Refused,
    Lost,
}

/// How far a process is in its pass. A pass that sends nothing takes one move: its only write names
/// the resourceVersion that it was made from, so whatever comes between only makes it a conflict.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum PassStage {
    Idle,
    /// Decided, and recorded where it is an order; the check before sending comes next.
    Decided(Planned),
    /// On its way to the provider.
    Sent(Planned),
    /// The answer is there, and not stored.
    Answered(Planned, Reply),
}

/// A process of the operator.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Replica {
    pub(super) alive: bool,
    pub(super) stage: PassStage,
    pub(super) memory: Vec<Memory>,
    pub(super) listings: Listings,
}

impl Replica {
    /// One that has just started.
    pub(super) fn fresh() -> Self {
        Self { alive: true, stage: PassStage::Idle, memory: vec![], listings: Listings::default() }
    }

    /// What it knows of an attempt; of one that it has only just seen, that it may have been sent.
    pub(super) fn recall(&self, attempt: u8) -> Memory {
        let known = self.memory.iter().find(|memory| memory.attempt == attempt);
        let unknown = Memory { attempt, fate: Remembered::Unknown, listed_since: false };
        known.copied().unwrap_or(unknown)
    }

    /// Records how far an attempt got.
    pub(super) fn remember(&mut self, attempt: u8, fate: Remembered) {
        self.memory.retain(|memory| memory.attempt != attempt);
        self.memory.push(Memory { attempt, fate, listed_since: false });
    }
}

/// How often each thing may still happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub(super) struct Budget {
    /// Requests or answers that are lost or late.
    pub(super) losses: u8,
    pub(super) deaths: u8,
    /// Refusals that have nothing to do with the order, such as 429.
    pub(super) refusals: u8,
    /// Edits of the spec.
    pub(super) edits: u8,
    /// Orders of other clients on the port and tag.
    pub(super) rivals: u8,
    /// Orders of other clients elsewhere, which show how far a listing is.
    pub(super) bystanders: u8,
}

/// One state of the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SmallWorld {
    pub(super) now: Minutes,
    /// `None` once it is released.
    pub(super) resource: Option<Stored>,
    /// The resource before the last write, which an informer may still show.
    pub(super) previous: Option<Stored>,
    /// Whether the resource was released with its connections left in place.
    pub(super) left: bool,
    pub(super) ledger: Vec<LedgerEntry>,
    pub(super) stragglers: Vec<Straggler>,
    pub(super) replicas: Vec<Replica>,
    /// How many attempts were recorded.
    pub(super) attempts: u8,
    pub(super) budget: Budget,
}

impl SmallWorld {
    /// The hash of the state. Which process or late order is which makes no difference.
    pub(super) fn fingerprint(&self) -> u64 {
        let (replicas, stragglers) = (unordered(&self.replicas), unordered(&self.stragglers));
        hash(&(
            (self.now, self.resource, self.previous, self.left, self.attempts, self.budget),
            (&self.ledger, stragglers, replicas),
        ))
    }

    /// Writes the resource.
    pub(super) fn write(&mut self, new: Option<Stored>) {
        self.previous = self.resource;
        self.resource = new;
    }

    /// The connection in service, or on its way down, on a place.
    pub(super) fn occupant(&self, place: Place) -> Option<&LedgerEntry> {
        self.ledger.iter().find(|entry| entry.place == place && entry.life != Life::Gone)
    }
}

/// The hashes of all, in an order that depends on nothing else.
fn unordered<T: Hash>(all: &[T]) -> Vec<u64> {
    let mut hashes: Vec<u64> = all.iter().map(hash).collect();
    hashes.sort_unstable();
    hashes
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}
