//! What this process knows of requests whose answers may be missing. A restart may lose all of it:
//! the intents themselves are in status.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::time::Instant;

use fabric_domain::Placed;

/// A request that was recorded and whose answer may be missing.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    /// The id of its intent.
    intent: String,
    /// When this process gave the attempt up, or first learned of it. Listings that began before
    /// prove nothing about it.
    pub(crate) since: Instant,
    /// How far it got.
    pub(crate) fate: Fate,
}

impl Attempt {
    fn now(intent: &str, fate: Fate) -> Self {
        Self { intent: intent.to_owned(), since: Instant::now(), fate }
    }
}

/// How far a request got, as this process knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fate {
    /// This process recorded the intent and never sent the request.
    Unsent,
    /// The provider refused it. An earlier copy of it may have been accepted: what the request itself
    /// uses up is refused to its own repetition.
    Refused,
    /// The provider refused it because what it asks for is taken, perhaps by an earlier copy of it.
    Taken,
    /// It was sent, by this process or another one.
    Unknown,
    /// An order was accepted; status may not have its ids yet.
    Placed(Placed),
}

/// How many attempts of one resource are kept, the latest last.
const KEPT: usize = 8;

/// The latest attempts of each resource, by uid.
#[derive(Debug, Default)]
pub(crate) struct Attempts(Mutex<HashMap<String, Vec<Attempt>>>);

impl Attempts {
    /// Records how far the attempt of `intent` got.
    pub(super) fn record(&self, uid: &str, intent: &str, fate: Fate) {
        let mut all = self.all();
        let known = all.entry(uid.to_owned()).or_default();
        known.retain(|attempt| attempt.intent != intent);
        known.push(Attempt::now(intent, fate));
        // What was accepted is kept longest: its ids may not be in status yet.
        while known.len() > KEPT {
            let spare = known.iter().position(|attempt| !matches!(attempt.fate, Fate::Placed(_)));
            known.remove(spare.unwrap_or_default());
        }
    }

    /// Counts an attempt that another process made from now, when this process first sees it.
    pub(super) fn adopt(&self, uid: &str, intent: &str) {
        if self.known(uid, intent).is_none() {
            self.record(uid, intent, Fate::Unknown);
        }
    }

    /// What is known of the attempt of `intent`; one that is not known has only just been seen.
    pub(crate) fn find(&self, uid: &str, intent: &str) -> Attempt {
        self.known(uid, intent).unwrap_or_else(|| Attempt::now(intent, Fate::Unknown))
    }

    fn known(&self, uid: &str, intent: &str) -> Option<Attempt> {
        self.all().get(uid)?.iter().find(|attempt| attempt.intent == intent).cloned()
    }

    /// When the provider last refused a request of a resource, as far as this process knows: listings
    /// that began before say nothing of an earlier copy of it.
    pub(crate) fn last_refusal(&self, uid: &str) -> Option<Instant> {
        let all = self.all();
        let refused = all.get(uid)?.iter().filter(|attempt| attempt.fate == Fate::Refused);
        refused.map(|attempt| attempt.since).max()
    }

    /// Forgets a resource that is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.all().remove(uid);
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, Vec<Attempt>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use fabric_domain::ConnectionId;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_attempt_of_another_process_counts_from_when_it_is_first_seen() {
        let attempts = Attempts::default();
        let adopted = |intent: &str| {
            attempts.adopt("u", intent);
            attempts.find("u", intent)
        };
        let seen = adopted("a").since;
        tokio::time::advance(Duration::from_secs(60)).await;
        assert_eq!(adopted("a").since, seen);
        assert_ne!(adopted("b").since, seen);
        attempts.record("u", "c", Fate::Unsent);
        assert_eq!(adopted("c").fate, Fate::Unsent);
        assert_eq!(adopted("d").fate, Fate::Unknown, "another's is never unsent");
    }

    #[test]
    fn an_attempt_from_a_stale_copy_does_not_displace_what_was_ordered() {
        let attempts = Attempts::default();
        let primary = ConnectionId::parse("1").unwrap();
        let placed = Fate::Placed(Placed { primary, secondary: None });
        attempts.record("u", "a", placed.clone());
        attempts.record("u", "b", Fate::Unsent);
        assert_eq!(attempts.find("u", "a").fate, placed);
        attempts.record("u", "b", Fate::Unknown);
        assert_eq!(attempts.find("u", "b").fate, Fate::Unknown, "it was recorded and sent");
    }
}
