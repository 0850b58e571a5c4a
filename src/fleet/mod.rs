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
/// After how many rounds, each a pause and a reading, a connection that was not seen again is out of
/// sight: one round may fail or be slow, and the next one still comes in time.
const ROUNDS: u32 = 3;
/// The longest pause after failed listings.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// The connections of one account as last seen, and the keys that follow them.
#[derive(Debug)]
pub struct Fleet<K> {
    reads: Arc<dyn Reads>,
    interval: Duration,
    snapshot: Mutex<Snapshot<K>>,
    fast_until: Mutex<Option<Instant>>,
    last_fault: Mutex<Option<ListingFault>>,
    /// How long the last listing that came in took.
    last_took: Mutex<Duration>,
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
    /// It was not seen for so long that nothing is known of it, and this is why.
    OutOfSight(Error),
}

/// What keeps the last listing from proving anything.
#[derive(Debug, Clone)]
enum ListingFault {
    /// It came in, and was not whole.
    Gap(Error),
    /// It failed.
    Failed(Error),
}

impl ListingFault {
    fn error(&self) -> &Error {
        match self {
            Self::Gap(error) | Self::Failed(error) => error,
        }
    }
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
            last_fault: Mutex::default(),
            last_took: Mutex::default(),
            poll_soon: Notify::new(),
            wake,
        }
    }

    /// Lists the connections at intervals until `stop` is cancelled.
    pub async fn observe(self: Arc<Self>, stop: CancellationToken) {
        tokio::select! {
            () = self.list_at_intervals() => {}
            () = self.wake_when_out_of_sight() => {}
            () = stop.cancelled() => {}
        }
    }

    /// Wakes the followers of connections that were not seen for too long, once: no listing does.
    async fn wake_when_out_of_sight(&self) {
        loop {
            let limit = self.in_sight_for();
            let next = self.snapshot().next_out_of_sight(limit);
            sleep_until(next.unwrap_or_else(|| Instant::now() + limit)).await;
            let woken = self.snapshot().take_out_of_sight(Instant::now(), self.in_sight_for());
            for key in woken {
                self.send(key);
            }
        }
    }

    /// How long after it was seen a connection still counts as seen.
    fn in_sight_for(&self) -> Duration {
        ROUNDS * (self.interval + *lock(&self.last_took))
    }

    async fn list_at_intervals(&self) {
        let mut failures = 0_u32;
        loop {
            let began = Instant::now();
            let listed = self.priority().drive(self.list()).await;
            if listed.is_ok() {
                *lock(&self.last_took) = began.elapsed();
            }
            self.report(match &listed {
                Ok(gap) => gap.clone().map(ListingFault::Gap),
                Err(error) => Some(ListingFault::Failed(error.clone())),
            });
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
                    sleep_until((Instant::now() + FAST_INTERVAL).min(next)).await;
                }
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
        let woken = self.snapshot().take(listing, self.in_sight_for());
        for key in woken {
            self.send(key);
        }
        Ok(gap)
    }

    /// Stores what keeps listings from proving anything, and warns once for a row of them: the
    /// conditions keep reporting it.
    fn report(&self, fault: Option<ListingFault>) {
        let mut last = lock(&self.last_fault);
        match (fault.as_ref().map(ListingFault::error), &*last) {
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
        lock(&self.last_fault).as_ref().map(|fault| fault.error().clone())
    }

    /// When a connection was last seen, as far as this process knows.
    pub fn last_seen(&self, id: &ConnectionId) -> Option<Instant> {
        self.snapshot().last_seen(id)
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
    ///
    /// One that was out of sight for too long has to be read by id, unless listings fail: then a
    /// request for each connection would only fail as well.
    pub fn get(&self, id: &ConnectionId) -> Lookup {
        let is_in_sight =
            self.last_seen(id).is_none_or(|seen| seen.elapsed() < self.in_sight_for());
        match (&*lock(&self.last_fault), is_in_sight) {
            (_, true) => self.snapshot().get(id),
            (Some(ListingFault::Failed(error)), false) => Lookup::OutOfSight(error.clone()),
            (Some(ListingFault::Gap(_)) | None, false) => Lookup::MustRead,
        }
    }

    /// Takes in a connection that was read by id, by a request sent at `asked_at`.
    pub fn learn(&self, asked_at: Instant, connection: Connection) {
        let woken = self.snapshot().learn(asked_at, connection, self.in_sight_for());
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
