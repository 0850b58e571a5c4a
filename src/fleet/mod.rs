//! One observer per account: lists the whole fleet of lines and wakes only what changed.
//!
//! N lines cost N divided by the page size calls a round, not N. The fleet knows nothing of
//! resources: whoever follows a line does so under a key of its own, and gets that key back.

mod snapshot;

use std::{
    hash::Hash,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, sleep_until},
};
use tokio_util::sync::CancellationToken;

use fabric_client::{Cursor, Error, Priority, Reads};
use fabric_domain::{Connection, ConnectionId};

use snapshot::Snapshot;

/// The pause between two rounds while something moves.
const FAST_INTERVAL: Duration = Duration::from_secs(5);
/// How long a call of [`Fleet::poll_fast`] lasts.
const FAST_FOR: Duration = Duration::from_secs(60);
/// The longest pause after failures.
const MAX_PAUSE: Duration = Duration::from_secs(300);

/// The lines of one account as last seen, and who follows them.
#[derive(Debug)]
pub struct Fleet<K> {
    reads: Arc<dyn Reads>,
    interval: Duration,
    state: Mutex<Snapshot<K>>,
    fast_until: Mutex<Option<Instant>>,
    last_error: Mutex<Option<Error>>,
    nudge: Notify,
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
    /// A fleet that nobody has looked at yet. Keys of followers whose lines change are sent to
    /// `wake`.
    pub fn new(reads: Arc<dyn Reads>, interval: Duration, wake: mpsc::UnboundedSender<K>) -> Self {
        Self {
            reads,
            interval,
            state: Mutex::new(Snapshot::default()),
            fast_until: Mutex::default(),
            last_error: Mutex::default(),
            nudge: Notify::new(),
            wake,
        }
    }

    /// Looks again and again until `stop`.
    pub async fn observe(self: Arc<Self>, stop: CancellationToken) {
        let mut failures = 0_u32;
        loop {
            let round = tokio::select! {
                round = self.lane().drive(self.round()) => round,
                () = stop.cancelled() => return,
            };
            *lock(&self.last_error) = round.as_ref().err().cloned();
            let pause = match round {
                Ok(()) => {
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
                    // Once for a row of failures: conditions and the account's status go on telling.
                    if failures == 1 {
                        tracing::warn!(%error, "cannot list the connections of the account");
                    } else {
                        tracing::debug!(%error, failures, "still cannot list them");
                    }
                    pause.min(MAX_PAUSE)
                }
            };
            let next = Instant::now() + pause;
            tokio::select! {
                () = sleep_until(next) => {}
                () = self.nudge.notified(), if failures == 0 => {
                    // Something began to move: look soon, but not at once, so that many
                    // beginnings make one round.
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

    /// Reads all pages once and wakes whom it concerns.
    async fn round(&self) -> Result<(), Error> {
        let began = Instant::now();
        let (mut lines, mut unreadable, mut from) = (vec![], 0, Some(Cursor::default()));
        let mut total = 0;
        while let Some(cursor) = from {
            let page = self.reads.connections(cursor).await?;
            lines.extend(page.connections);
            unreadable += page.unreadable;
            total = page.total;
            from = page.next;
        }
        let woken = self.state().take(began, lines, unreadable, total);
        for key in woken {
            self.send(key);
        }
        Ok(())
    }

    /// What moves is looked for before what rests.
    fn lane(&self) -> Priority {
        if self.polling_fast() { Priority::Progressing } else { Priority::Background }
    }

    fn polling_fast(&self) -> bool {
        lock(&self.fast_until).is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self) -> Duration {
        if self.polling_fast() { FAST_INTERVAL.min(self.interval) } else { self.interval }
    }

    /// Why the last round failed, if it did.
    pub fn last_error(&self) -> Option<Error> {
        lock(&self.last_error).clone()
    }

    /// Looks more often for a while, because something moves.
    pub fn poll_fast(&self) {
        *lock(&self.fast_until) = Some(Instant::now() + FAST_FOR);
        self.nudge.notify_one();
    }

    /// Wakes `key` when one of `lines` changes; these replace what it followed before.
    pub fn follow(&self, key: &K, lines: &[ConnectionId]) {
        self.state().follow(key, lines);
    }

    /// Wakes `key` once, after the next round.
    pub fn wake_after_next_list(&self, key: &K) {
        self.state().await_round(key);
    }

    /// Forgets `key`.
    pub fn unfollow(&self, key: &K) {
        self.state().unfollow(key);
    }

    /// What is known of a line.
    pub fn get(&self, id: &ConnectionId) -> Lookup {
        self.state().get(id)
    }

    /// Takes in a line that was read alone.
    pub fn learn(&self, asked_at: Instant, connection: Connection) {
        let woken = self.state().learn(asked_at, connection);
        for key in woken {
            self.send(key);
        }
    }

    /// Forgets what was seen of a line, because it was just changed.
    pub fn invalidate(&self, id: &ConnectionId) {
        self.state().invalidate(id);
        self.poll_fast();
    }

    /// Forgets a line as it was seen before `instant`, because somebody knows it better since.
    pub fn invalidate_before(&self, id: &ConnectionId, instant: Instant) {
        self.state().invalidate_before(id, instant);
    }

    /// The lines that fit, if a whole listing has come in.
    pub fn find(&self, fits: impl Fn(&Connection) -> bool) -> Option<Vec<Connection>> {
        self.state().find(fits)
    }

    /// How many of the last two whole listings began at or after `instant`.
    pub fn whole_listings_since(&self, instant: Instant) -> usize {
        self.state().whole_listings_since(instant)
    }

    fn state(&self) -> MutexGuard<'_, Snapshot<K>> {
        lock(&self.state)
    }

    fn send(&self, key: K) {
        // Nobody listens any more only while the operator stops.
        let _ = self.wake.send(key);
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
