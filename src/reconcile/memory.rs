//! What this process remembers beside the resources' status: nothing that a restart may lose.
//!
//! Failures in a row, and what is known of orders whose answer may still be missing.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use fabric_domain::Placed;

use crate::reconcile::problem::Retry;

/// The first pause after a failure; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// The longest pause between two tries.
const LONGEST_PAUSE: Duration = Duration::from_secs(600);
/// The pause where somebody has to act first.
const PARKED: Duration = Duration::from_secs(1800);

/// An order that was written down and whose answer may be missing.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The intent's own mark.
    by: String,
    /// From when on a listing counts: when this process gave the attempt up, or first heard of it.
    pub(crate) since: Instant,
    /// How far it got.
    pub(crate) fate: Fate,
}

/// How far an order got, as far as this process knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It was written down here and never sent.
    Unsent,
    /// It was sent, here or by another process.
    Unknown,
    /// It was taken; the answer may not be written down yet.
    Placed(Placed),
}

#[derive(Debug, Default)]
struct Entry {
    generation: i64,
    failures: u32,
    attempt: Option<Attempt>,
    rest: Option<Rest>,
    hold: Option<Hold>,
    outdated: bool,
}

/// After a refusal: what would have to change for another order before its time.
#[derive(Debug)]
struct Rest {
    generation: i64,
    session: usize,
    until: Instant,
}

/// After a failure: until when a resource is left alone, whatever is written into its status.
#[derive(Debug)]
struct Hold {
    generation: i64,
    deleting: bool,
    until: Instant,
}

/// What is remembered of each resource, by its uid.
#[derive(Debug, Default)]
pub(crate) struct Memory(Mutex<HashMap<String, Entry>>);

impl Memory {
    /// How long to wait before the next try; counts a failure where the pause grows.
    pub(crate) fn pause(&self, uid: &str, generation: i64, retry: Retry) -> Duration {
        let mut entries = self.entries();
        let entry = entries.entry(uid.to_owned()).or_default();
        if entry.generation != generation {
            entry.generation = generation;
            entry.failures = 0;
        }
        match retry {
            Retry::After(wait) => spread(wait.max(FIRST_PAUSE), uid),
            Retry::Parked => spread(PARKED, uid),
            Retry::Backoff => {
                let pause = FIRST_PAUSE * 2_u32.saturating_pow(entry.failures.min(16));
                entry.failures += 1;
                spread(pause.min(LONGEST_PAUSE), uid)
            }
        }
    }

    /// Leaves a resource alone for `pause`, unless it is edited or deleted meanwhile: status that
    /// another operator writes brings no news, and two of them would wake each other without end.
    pub(crate) fn hold(&self, uid: &str, generation: i64, deleting: bool, pause: Duration) {
        let hold = Hold { generation, deleting, until: Instant::now() + pause };
        self.entries().entry(uid.to_owned()).or_default().hold = Some(hold);
    }

    /// How long a resource is still to be left alone.
    pub(crate) fn held(&self, uid: &str, generation: i64, deleting: bool) -> Option<Duration> {
        let entries = self.entries();
        let hold = entries.get(uid)?.hold.as_ref()?;
        let left = hold.until.saturating_duration_since(Instant::now());
        let same = hold.generation == generation && hold.deleting == deleting;
        (same && !left.is_zero()).then_some(left)
    }

    /// Ends a hold, because there is news of the line or of its account.
    pub(crate) fn woken(&self, uid: &str) {
        if let Some(entry) = self.entries().get_mut(uid) {
            entry.hold = None;
        }
    }

    /// Remembers that the copy of a resource that passes are given is older than the resource.
    pub(crate) fn outdated(&self, uid: &str) {
        self.entries().entry(uid.to_owned()).or_default().outdated = true;
    }

    /// Whether it is; asked once.
    pub(crate) fn was_outdated(&self, uid: &str) -> bool {
        self.entries().get_mut(uid).is_some_and(|entry| std::mem::take(&mut entry.outdated))
    }

    /// Whether the last tries at `generation` failed.
    pub(crate) fn is_failing(&self, uid: &str, generation: Option<i64>) -> bool {
        let entries = self.entries();
        let failing = entries.get(uid).filter(|entry| entry.failures > 0);
        failing.is_some_and(|entry| Some(entry.generation) == generation)
    }

    /// Ends a row of failures.
    pub(crate) fn succeeded(&self, uid: &str) {
        if let Some(entry) = self.entries().get_mut(uid) {
            entry.failures = 0;
        }
    }

    /// Remembers how far the order marked `by` got. One that is about to be written down is not yet
    /// worth forgetting one that was taken: it may come of an old copy, and come to nothing.
    pub(crate) fn attempted(&self, uid: &str, by: &str, fate: Fate) {
        let mut entries = self.entries();
        let entry = entries.entry(uid.to_owned()).or_default();
        let taken = entry.attempt.as_ref().is_some_and(|it| matches!(it.fate, Fate::Placed(_)));
        if !(taken && fate == Fate::Unsent) {
            let attempt = Attempt { by: by.to_owned(), since: Instant::now(), fate };
            entry.attempt = Some(attempt);
        }
    }

    /// What is known of the order marked `by`. One that this process did not write down itself,
    /// it first hears of now.
    pub(crate) fn attempt(&self, uid: &str, by: &str) -> Attempt {
        let mut entries = self.entries();
        let entry = entries.entry(uid.to_owned()).or_default();
        match &entry.attempt {
            Some(attempt) if attempt.by == by => attempt.clone(),
            _ => {
                let attempt =
                    Attempt { by: by.to_owned(), since: Instant::now(), fate: Fate::Unknown };
                entry.attempt = Some(attempt.clone());
                attempt
            }
        }
    }

    /// Keeps the same order from going out again at once, whatever wakes the resource: not before
    /// `pause` has passed, unless its spec or its account's session is another by then.
    pub(crate) fn rest(&self, uid: &str, generation: i64, session: usize, pause: Duration) {
        let rest = Rest { generation, session, until: Instant::now() + pause };
        self.entries().entry(uid.to_owned()).or_default().rest = Some(rest);
    }

    /// How long an order still has to wait after a refusal.
    pub(crate) fn resting(&self, uid: &str, generation: i64, session: usize) -> Option<Duration> {
        let entries = self.entries();
        let rest = entries.get(uid)?.rest.as_ref()?;
        let left = rest.until.saturating_duration_since(Instant::now());
        let same = rest.generation == generation && rest.session == session;
        (same && !left.is_zero()).then_some(left)
    }

    /// Forgets a resource that is gone.
    pub(crate) fn forget(&self, uid: &str) {
        self.entries().remove(uid);
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// `base` give or take a tenth, the same for the same name: objects made together spread out.
pub(crate) fn spread(base: Duration, name: &str) -> Duration {
    let hash = name.bytes().fold(17_u32, |h, b| h.wrapping_mul(31).wrapping_add(b.into()));
    base.mul_f64(0.9 + f64::from(hash % 1000) / 5000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_to_a_limit_and_start_anew() {
        let memory = Memory::default();
        let pause = |generation| memory.pause("u", generation, Retry::Backoff).as_secs_f64();
        let pauses: Vec<f64> = (0..20).map(|_| pause(1)).collect();
        assert!(pauses[0] < 2.3 && pauses[1] > pauses[0] * 1.9, "{pauses:?}");
        assert!(pauses.iter().all(|p| *p <= 660.0), "{pauses:?}");
        assert!(pause(2) < 2.3, "a new generation starts anew");
        pause(2);
        memory.succeeded("u");
        assert!(pause(2) < 2.3, "success starts anew");
    }

    #[tokio::test(start_paused = true)]
    async fn an_attempt_of_another_process_counts_from_when_it_is_heard_of() {
        let memory = Memory::default();
        let heard = memory.attempt("u", "a").since;
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(memory.attempt("u", "a").since, heard);
        assert_ne!(memory.attempt("u", "b").since, heard);
        memory.attempted("u", "c", Fate::Unsent);
        assert_eq!(memory.attempt("u", "c").fate, Fate::Unsent);
        assert_eq!(memory.attempt("u", "d").fate, Fate::Unknown, "another's is never unsent");
    }

    #[test]
    fn an_attempt_from_an_old_copy_does_not_lose_what_was_ordered() {
        let memory = Memory::default();
        let primary = fabric_domain::ConnectionId::parse("1").unwrap();
        let placed = Fate::Placed(Placed { primary, secondary: None });
        memory.attempted("u", "a", placed.clone());
        memory.attempted("u", "b", Fate::Unsent);
        assert_eq!(memory.attempt("u", "a").fate, placed);
        memory.attempted("u", "b", Fate::Unknown);
        assert_eq!(memory.attempt("u", "b").fate, Fate::Unknown, "it was written down and sent");
    }

    #[tokio::test(start_paused = true)]
    async fn a_hold_ends_with_its_time_an_edit_the_deletion_or_news() {
        let memory = Memory::default();
        memory.hold("u", 1, false, Duration::from_secs(60));
        assert!(memory.held("u", 1, false).is_some());
        assert!(memory.held("u", 2, false).is_none());
        assert!(memory.held("u", 1, true).is_none());
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(memory.held("u", 1, false).is_none());
        memory.hold("u", 1, false, Duration::from_secs(60));
        memory.woken("u");
        assert!(memory.held("u", 1, false).is_none());
    }

    #[test]
    fn an_outdated_copy_is_told_of_once() {
        let memory = Memory::default();
        assert!(!memory.was_outdated("u"));
        memory.outdated("u");
        assert!(memory.was_outdated("u") && !memory.was_outdated("u"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_order_rests_until_its_time_or_a_change() {
        let memory = Memory::default();
        memory.rest("u", 1, 7, Duration::from_secs(60));
        assert!(memory.resting("u", 1, 7).is_some());
        assert!(memory.resting("u", 2, 7).is_none());
        assert!(memory.resting("u", 1, 8).is_none());
        tokio::time::advance(Duration::from_secs(60)).await;
        assert!(memory.resting("u", 1, 7).is_none());
    }
}
