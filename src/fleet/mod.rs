//! One observer per account: lists all its connections and wakes only the followers of those that
//! changed.
//!
//! A round over N connections costs N divided by the page size requests, not N. The fleet must not
//! know the custom resources: a follower registers under a key of its own, and the fleet sends that
//! key back.

mod snapshot;

use std::{
    collections::HashSet,
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use fabric_client::{Cursor, Error, Priority, Reads};
use fabric_domain::{Connection, ConnectionId};

use snapshot::{Listing, Snapshot};

/// The pause between two listings while a connection is changing.
const FAST_INTERVAL: Duration = Duration::from_secs(5);
/// How long one call of [`Fleet::poll_fast`] has effect.
const FAST_FOR: Duration = Duration::from_secs(60);
/// The longest pause after failed listings.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// The connections of one account as last seen, and the keys that follow them.
#[derive(Debug)]
pub struct Fleet<K> {
    reads: Arc<dyn Reads>,
    interval: Duration,
    snapshot: Mutex<Snapshot<K>>,
    fast_until: Mutex<Option<Instant>>,
    last_error: Mutex<Option<Error>>,
    poll_soon: Notify,
    wake: mpsc::UnboundedSender<K>,
}

/// What the fleet knows of a connection without a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Lookup {
    /// The last listing has it, or it was read by id since.
    Known(Box<Connection>),
    /// It has to be read by id: it is new, was just changed, or is missing from the listing.
    MustRead,
    /// No listing has come in yet.
    NotListed,
}

impl<K: Clone + Eq + Hash + Send + 'static> Fleet<K> {
    /// A fleet that has not listed anything yet. It sends the keys to reconcile to `wake`: those
    /// of followers whose connections change, and those that wait for a listing.
    pub fn new(reads: Arc<dyn Reads>, interval: Duration, wake: mpsc::UnboundedSender<K>) -> Self {
        Self {
            reads,
            interval,
            snapshot: Mutex::new(Snapshot::default()),
            fast_until: Mutex::default(),
            last_error: Mutex::default(),
            poll_soon: Notify::new(),
            wake,
        }
    }

    /// Lists the connections at intervals until `stop` is cancelled.
    pub async fn observe(self: Arc<Self>, stop: CancellationToken) {
        let mut failures = 0_u32;
        loop {
            let listed = tokio::select! {
                listed = self.priority().drive(self.list()) => listed,
                () = stop.cancelled() => return,
            };
            let fault = listed.as_ref().map_or_else(|error| Some(error.clone()), Clone::clone);
            self.report(fault);
            let pause = match listed {
                Ok(_) => {
                    failures = 0;
                    self.pause()
                }
                Err(error) => {
                    failures += 1;
                    let backoff = FAST_INTERVAL * 2_u32.saturating_pow(failures.min(8) - 1);
                    let pause = match error {
                        Error::Throttled { wait: Some(wait) } => wait.max(backoff),
                        _ => backoff,
                    };
                    pause.min(MAX_PAUSE)
                }
            };
            let next = Instant::now() + pause;
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.poll_soon.notified(), if failures == 0 => {
                    // Lists soon, but not at once, so that one listing serves many changes.
                    let soon = (Instant::now() + FAST_INTERVAL).min(next);
                    tokio::select! {
                        () = sleep_until(soon) => {}
                        () = stop.cancelled() => return,
                    }
                }
                () = stop.cancelled() => return,
            }
        }
    }

    /// Reads all pages once and wakes the followers of what changed. The listing may come in and
    /// still not be whole: then the result is why.
    async fn list(&self) -> Result<Option<Error>, Error> {
        let mut listing = Listing::begun(Instant::now());
        let mut seen = HashSet::new();
        let mut next = Some(Cursor::default());
        while let Some(cursor) = next {
            let page = self.reads.connections(cursor).await?;
            let before = seen.len();
            seen.extend(page.connections.iter().map(|connection| connection.id.clone()));
            if !page.connections.is_empty() && seen.len() == before {
                let repeats = "connections: the provider shows the same page again";
                return Err(Error::Unreadable(repeats.into()));
            }
            next = page.next;
            listing.add(page, cursor == Cursor::default());
        }
        let gap = gap(seen.len(), &listing);
        let woken = self.snapshot().take(listing);
        for key in woken {
            self.send(key);
        }
        Ok(gap)
    }

    /// Stores what keeps listings from proving anything, and warns once for a row of them: the
    /// conditions keep reporting it.
    fn report(&self, fault: Option<Error>) {
        let mut last = lock(&self.last_error);
        match (&fault, &*last) {
            (Some(error), None) => {
                tracing::warn!(%error, "cannot list all connections of the account");
            }
            (Some(error), Some(_)) => {
                tracing::debug!(%error, "still cannot list all connections of the account");
            }
            (None, _) => {}
        }
        *last = fault;
    }

    /// A listing for connections that are changing goes ahead of a routine one.
    fn priority(&self) -> Priority {
        if self.polling_fast() { Priority::Progressing } else { Priority::Background }
    }

    fn polling_fast(&self) -> bool {
        lock(&self.fast_until).is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) -> Duration {
        if self.polling_fast() { FAST_INTERVAL.min(self.interval) } else { self.interval }
    }

    /// Why the last listing proves no absence: it failed, or it was not whole.
    pub fn last_error(&self) -> Option<Error> {
        lock(&self.last_error).clone()
    }

    /// Lists every five seconds for a minute, because a connection is changing.
    pub fn poll_fast(&self) {
        *lock(&self.fast_until) = Some(Instant::now() + FAST_FOR);
        self.poll_soon.notify_one();
    }

    /// Lists once soon: something that a request may have made should show.
    pub fn list_soon(&self) {
        self.poll_soon.notify_one();
    }

    /// Wakes `key` when one of `connections` changes. They replace what `key` followed before.
    pub fn follow(&self, key: &K, connections: &[ConnectionId]) {
        self.snapshot().follow(key, connections);
    }

    /// Wakes `key` once, after the next listing.
    pub fn wake_after_next_list(&self, key: &K) {
        self.snapshot().wake_after_next_list(key);
    }

    /// Forgets `key`.
    pub fn unfollow(&self, key: &K) {
        self.snapshot().unfollow(key);
    }

    /// What the fleet knows of a connection; sends no request.
    pub fn get(&self, id: &ConnectionId) -> Lookup {
        self.snapshot().get(id)
    }

    /// Takes in a connection that was read by id, by a request sent at `asked_at`.
    pub fn learn(&self, asked_at: Instant, connection: Connection) {
        let woken = self.snapshot().learn(asked_at, connection);
        for key in woken {
            self.send(key);
        }
    }

    /// Discards what the fleet knows of a connection, because a request has just changed it.
    pub fn invalidate(&self, id: &ConnectionId) {
        self.snapshot().invalidate(id);
        self.poll_fast();
    }

    /// Discards what the fleet saw of a connection before `instant`, because its status is newer.
    pub fn invalidate_before(&self, id: &ConnectionId, instant: Instant) {
        self.snapshot().invalidate_before(id, instant);
    }

    /// The connections that satisfy `fits`; `None` until the first complete listing.
    pub fn find(&self, fits: impl Fn(&Connection) -> bool) -> Option<Vec<Connection>> {
        self.snapshot().find(fits)
    }

    /// How many of the last two complete listings began at or after `instant`.
    pub fn whole_listings_since(&self, instant: Instant) -> usize {
        self.snapshot().whole_listings_since(instant)
    }

    /// How many of the last two complete listings began at or after `time`, by the provider's own
    /// clock. A listing whose first page showed no date is not among them.
    pub fn whole_listings_dated_since(&self, time: Timestamp) -> usize {
        self.snapshot().whole_listings_dated_since(time)
    }

    /// When the provider dated the last complete listing; `None` if it did not.
    pub fn last_listing_date(&self) -> Option<Timestamp> {
        self.snapshot().last_listing_date()
    }

    /// Whether the last complete listing itself shows a connection that satisfies `fits`.
    pub fn last_listing_shows(&self, fits: impl Fn(&Connection) -> bool) -> bool {
        self.snapshot().last_listing_shows(fits)
    }

    fn snapshot(&self) -> MutexGuard<'_, Snapshot<K>> {
        lock(&self.snapshot)
    }

    fn send(&self, key: K) {
        // The receiver is gone only while the operator stops.
        let _ = self.wake.send(key);
    }
}

/// Why a listing with `distinct` connections is not whole, unless it is.
fn gap(distinct: usize, listing: &Listing) -> Option<Error> {
    let why = if listing.unreadable > 0 {
        format!("{} of the entries cannot be read", listing.unreadable)
    } else if distinct < listing.total {
        format!("the provider counts {} connections and shows {distinct}", listing.total)
    } else {
        return None;
    };
    Some(Error::Unreadable(format!("connections: {why}")))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
