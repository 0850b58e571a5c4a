//! How long a resource is left alone after a failure, and how often a correction is asked for.
//!
//! In memory only: a restart forgets all of it and costs at most a try. What must outlive a restart
//! is in status.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash, Hasher},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use jiff::Timestamp;
use kube::{Resource, ResourceExt};
use tokio::time::Instant;

use crate::reconcile::{Kind, problem::Retry};

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause between two tries.
pub(crate) const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// How often a status that another client edited ends a suspension.
const REPAIR_EVERY: Duration = Duration::from_secs(60);
/// The pause where the user has to act first.
const PARKED: Duration = Duration::from_secs(1800);

/// A resource, and what ends a pause early: an edit or its deletion.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) uid: String,
    pub(crate) generation: i64,
    pub(crate) deleting: bool,
}

impl Key {
    pub(super) fn of<K: Resource>(object: &K) -> Self {
        Self {
            uid: object.uid().unwrap_or_default(),
            generation: object.meta().generation.unwrap_or_default(),
            deleting: object.meta().deletion_timestamp.is_some(),
        }
    }
}

/// A copy of a status, by which an edit of it is noticed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StatusCopy(u64);

impl StatusCopy {
    pub(super) fn of<K: Kind>(object: &K) -> Self {
        let mut hasher = DefaultHasher::new();
        // A status that cannot be serialized is not written either.
        serde_json::to_string(&object.status()).unwrap_or_default().hash(&mut hasher);
        Self(hasher.finish())
    }
}

/// How long a resource is left alone, and what it looked like when that began.
#[derive(Debug)]
struct Suspension {
    key: Key,
    until: Instant,
    /// The status that the last pass found, and the one that it left.
    known: [StatusCopy; 2],
}

#[derive(Debug, Default)]
struct Entry {
    /// The generation that `failures` are of.
    generation: i64,
    failures: u32,
    /// How often something that the resource depends on has changed.
    resumes: u64,
    /// Until when no pass looks at the resource.
    suspended: Option<Suspension>,
    /// Until when another edit of status does not end a suspension.
    repaired: Option<Instant>,
    /// The command that failed.
    postponed: Option<Postponed>,
}

/// How often a command is repeated that the provider refused for a reason which the user has to remove.
const REPEATS: u32 = 5;
/// How long a resource is left alone at most while nothing is to be repeated any more.
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A command that failed, and is not sent again for a while through the same session.
#[derive(Debug)]
struct Postponed {
    key: Key,
    session: usize,
    /// `None`: it is not sent again.
    until: Option<Instant>,
    /// How often it was refused.
    refusals: u32,
}

/// Pauses by resource.
#[derive(Debug, Default)]
pub(crate) struct Backoff(Mutex<HashMap<String, Entry>>);

impl Backoff {
    /// The pause before the next try; counts a failure where pauses grow.
    pub(super) fn failed(&self, key: &Key, retry: Retry) -> Duration {
        let mut entries = self.entries();
        let entry = entries.entry(key.uid.clone()).or_default();
        if entry.generation != key.generation {
            entry.generation = key.generation;
            entry.failures = 0;
        }
        match retry {
            Retry::After(wait) => jitter(wait.max(FIRST_PAUSE), &key.uid),
            Retry::Parked => jitter(PARKED, &key.uid),
            Retry::Backoff | Retry::Awaited => {
                let pause = FIRST_PAUSE * 2_u32.saturating_pow(entry.failures.min(16));
                entry.failures += 1;
                jitter(pause.min(LONGEST_PAUSE), &key.uid)
            }
        }
    }

    /// Ends a series of failures.
    pub(super) fn succeeded(&self, key: &Key) {
        if let Some(entry) = self.entries().get_mut(&key.uid) {
            entry.failures = 0;
        }
    }

    /// Whether the last tries at this generation failed.
    pub(super) fn is_failing(&self, key: &Key) -> bool {
        let entries = self.entries();
        let entry = entries.get(&key.uid);
        entry.is_some_and(|entry| entry.failures > 0 && entry.generation == key.generation)
    }

    /// Leaves a resource alone for this long, unless it is edited, deleted or [resumed](Self::resume).
    ///
    /// `since` is how often it was resumed when the pass began: what has changed meanwhile must be
    /// looked at. `known` are the statuses that the pass found and left.
    pub(super) fn suspend(&self, key: &Key, pause: Duration, since: u64, known: [StatusCopy; 2]) {
        let until = Instant::now() + pause;
        let mut entries = self.entries();
        let entry = entries.entry(key.uid.clone()).or_default();
        if entry.resumes == since {
            entry.suspended = Some(Suspension { key: key.clone(), until, known });
        }
    }

    /// How often a resource was resumed.
    pub(super) fn resumes(&self, key: &Key) -> u64 {
        self.entries().get(&key.uid).map_or(0, |entry| entry.resumes)
    }

    /// How long a resource is still left alone. A status that another client edited is put right at
    /// once, but only now and then: two operators would wake each other without end.
    pub(super) fn suspended(&self, key: &Key, seen: StatusCopy) -> Option<Duration> {
        let mut entries = self.entries();
        let entry = entries.get_mut(&key.uid)?;
        let suspension = entry.suspended.as_ref().filter(|suspension| suspension.key == *key)?;
        let pause = left(suspension.until)?;
        if suspension.known.contains(&seen) {
            return Some(pause);
        }
        if let Some(hold) = entry.repaired.and_then(left) {
            return Some(hold.min(pause));
        }
        entry.repaired = Some(Instant::now() + REPAIR_EVERY);
        None
    }

    /// Ends a suspension, because something that the resource depends on has changed.
    pub(crate) fn resume(&self, uid: &str) {
        let mut entries = self.entries();
        let entry = entries.entry(uid.to_owned()).or_default();
        entry.resumes += 1;
        entry.suspended = None;
    }

    /// Keeps the same command from being sent again for this long, whatever wakes the resource:
    /// unless its spec or its account's session is another by then. One that waits for the user waits
    /// twice as long each time, and after [`REPEATS`] for good. Answers when to look again.
    pub(super) fn postpone(
        &self,
        key: &Key,
        session: usize,
        retry: Retry,
        pause: Duration,
    ) -> Duration {
        let mut entries = self.entries();
        let entry = entries.entry(key.uid.clone()).or_default();
        let before = entry.postponed.take().filter(|before| before.is_of(key, session));
        let refusals = before.map_or(0, |before| before.refusals);
        let (refusals, pause) = match retry {
            Retry::Parked if refusals < REPEATS => {
                (refusals + 1, Some(pause * 2_u32.saturating_pow(refusals)))
            }
            Retry::Parked => (refusals, None),
            Retry::After(_) | Retry::Backoff | Retry::Awaited => (refusals, Some(pause)),
        };
        let until = pause.map(|pause| Instant::now() + pause);
        entry.postponed = Some(Postponed { key: key.clone(), session, until, refusals });
        pause.unwrap_or(DAY)
    }

    /// How long a command still has to wait.
    pub(super) fn postponed(&self, key: &Key, session: usize) -> Option<Duration> {
        let entries = self.entries();
        let postponed = entries.get(&key.uid)?.postponed.as_ref()?;
        postponed.until.map_or(Some(DAY), left).filter(|_| postponed.is_of(key, session))
    }

    /// Forgets a resource that is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.entries().remove(uid);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Postponed {
    fn is_of(&self, key: &Key, session: usize) -> bool {
        self.key.generation == key.generation && self.session == session
    }
}

fn left(until: Instant) -> Option<Duration> {
    let left = until.saturating_duration_since(Instant::now());
    (!left.is_zero()).then_some(left)
}

/// `base` give or take a tenth, the same for the same name: resources made together spread out.
pub(crate) fn jitter(base: Duration, name: &str) -> Duration {
    let hash = name.bytes().fold(17_u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into()));
    base.mul_f64(0.9 + f64::from(hash % 1000) / 5000.0)
}

/// How often the same correction is asked for before it is given up: two owners of one thing must not
/// undo each other's changes for ever.
pub(crate) const CORRECTIONS: u32 = 5;
/// The pause after the first of them; each further one is twice as long.
const CORRECTION_PAUSE: Duration = Duration::from_secs(60);
/// How long a correction that held is remembered: one that comes undone within that time counts as
/// another attempt.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What is next for a correction that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CorrectionBudget {
    /// The next attempt is due after this long.
    Pausing(Duration),
    /// The next attempt is due.
    Due,
    /// No attempt is left.
    Exhausted,
}

/// What is next for a correction that was asked for so often, the last time at `at`.
pub(crate) fn correction_budget(attempts: u32, at: Timestamp, now: Timestamp) -> CorrectionBudget {
    let doublings = attempts.clamp(1, CORRECTIONS) - 1;
    let pause = CORRECTION_PAUSE * 2_u32.saturating_pow(doublings);
    let since = Duration::try_from(now.duration_since(at)).unwrap_or_default();
    let left = pause.saturating_sub(since);
    if !left.is_zero() {
        CorrectionBudget::Pausing(left)
    } else if attempts < CORRECTIONS {
        CorrectionBudget::Due
    } else {
        CorrectionBudget::Exhausted
    }
}

/// Whether a correction that was last asked for at `at` is remembered.
pub(crate) fn is_remembered(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).unsigned_abs() < REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statuses that a pass found and left.
    const KNOWN: [StatusCopy; 2] = [StatusCopy(1), StatusCopy(2)];

    fn key(generation: i64, deleting: bool) -> Key {
        Key { uid: "u".into(), generation, deleting }
    }

    #[test]
    fn pauses_grow_to_a_limit_and_start_anew() {
        let backoff = Backoff::default();
        let pause = |generation| backoff.failed(&key(generation, false), Retry::Backoff);
        let pauses: Vec<f64> = (0..20).map(|_| pause(1).as_secs_f64()).collect();
        assert!(pauses[0] < 2.3 && pauses[1] > pauses[0] * 1.9, "{pauses:?}");
        assert!(pauses.iter().all(|p| *p <= 660.0), "{pauses:?}");
        assert!(pause(2).as_secs_f64() < 2.3, "a new generation starts anew");
        pause(2);
        backoff.succeeded(&key(2, false));
        assert!(pause(2).as_secs_f64() < 2.3, "success starts anew");
    }

    #[tokio::test(start_paused = true)]
    async fn a_suspension_ends_with_its_time_an_edit_the_deletion_or_a_change() {
        let backoff = Backoff::default();
        let minute = Duration::from_secs(60);
        let suspend = |since| backoff.suspend(&key(1, false), minute, since, KNOWN);
        let suspended = |key| backoff.suspended(&key, KNOWN[0]);
        suspend(backoff.resumes(&key(1, false)));
        assert!(suspended(key(1, false)).is_some());
        assert!(suspended(key(2, false)).is_none());
        assert!(suspended(key(1, true)).is_none());
        tokio::time::advance(minute).await;
        assert!(suspended(key(1, false)).is_none());
        suspend(backoff.resumes(&key(1, false)));
        let before = backoff.resumes(&key(1, false));
        backoff.resume("u");
        assert!(suspended(key(1, false)).is_none());
        suspend(before);
        assert!(suspended(key(1, false)).is_none(), "it changed during the pass");
    }

    #[tokio::test(start_paused = true)]
    async fn an_edited_status_ends_a_suspension_once_a_minute() {
        let backoff = Backoff::default();
        let hour = Duration::from_secs(3600);
        let suspended = |seen| backoff.suspended(&key(1, false), seen);
        backoff.suspend(&key(1, false), hour, 0, KNOWN);
        assert!(suspended(KNOWN[0]).is_some(), "the copy that the pass started from");
        assert!(suspended(KNOWN[1]).is_some(), "the pass's own write");
        assert_eq!(suspended(StatusCopy(3)), None);
        backoff.suspend(&key(1, false), hour, 0, KNOWN);
        assert_eq!(suspended(StatusCopy(3)), Some(REPAIR_EVERY));
        tokio::time::advance(REPAIR_EVERY).await;
        assert_eq!(suspended(StatusCopy(3)), None);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_command_waits_until_its_time_or_a_change() {
        let backoff = Backoff::default();
        backoff.postpone(&key(1, false), 7, Retry::Backoff, Duration::from_secs(60));
        assert!(backoff.postponed(&key(1, false), 7).is_some());
        assert!(backoff.postponed(&key(2, false), 7).is_none());
        assert!(backoff.postponed(&key(1, false), 8).is_none());
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(backoff.postponed(&key(1, false), 7).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_command_is_repeated_ever_more_rarely_and_not_for_ever() {
        let backoff = Backoff::default();
        let half_hour = Duration::from_secs(1800);
        let refused = |generation, session| {
            backoff.postpone(&key(generation, false), session, Retry::Parked, half_hour)
        };
        for doublings in 0..REPEATS {
            let pause = refused(1, 7);
            assert_eq!(pause, half_hour * 2_u32.pow(doublings));
            tokio::time::advance(pause).await;
            assert_eq!(backoff.postponed(&key(1, false), 7), None);
        }
        refused(1, 7);
        tokio::time::advance(100 * DAY).await;
        assert_eq!(backoff.postponed(&key(1, false), 7), Some(DAY));
        assert_eq!(backoff.postponed(&key(2, false), 7), None, "the spec is another");
        assert_eq!(backoff.postponed(&key(1, false), 8), None, "the session is another");
        assert_eq!(refused(2, 7), half_hour, "another spec begins anew");
    }

    #[test]
    fn corrections_are_asked_for_ever_more_slowly_and_not_for_ever() {
        use CorrectionBudget::{Due, Exhausted, Pausing};
        let at: Timestamp = "2021-07-15T19:30:00Z".parse().unwrap();
        let after =
            |attempts, seconds| correction_budget(attempts, at, at + Duration::from_secs(seconds));
        assert_eq!(after(1, 0), Pausing(Duration::from_secs(60)));
        assert_eq!(after(1, 60), Due);
        assert_eq!(after(2, 60), Pausing(Duration::from_secs(60)));
        assert_eq!(after(4, 480), Due);
        assert_eq!(after(5, 959), Pausing(Duration::from_secs(1)));
        assert_eq!(after(5, 960), Exhausted);
        assert!(is_remembered(at, at + Duration::from_secs(24 * 3600 - 1)));
        assert!(!is_remembered(at, at + Duration::from_secs(24 * 3600)));
    }
}
