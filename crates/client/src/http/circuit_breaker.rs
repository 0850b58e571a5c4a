//! A circuit breaker: stops calls to a provider that has answered none for minutes, except for a
//! probe now and then.
//!
//! One stands before each account. Interactive calls pass all the same: each resource backs off by
//! itself, and a user who waits learns of the failure at once.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Priority;
use crate::Error;

/// The breaker opens after this many failures in a row …
const FAILURES: u32 = 10;
/// … over at least this long, without one success. Longer than a hiccup of the provider, and than
/// the listings take to distinguish one broken object from a broken provider.
const OPENS_AFTER: Duration = Duration::from_secs(180);
/// The pause between two probes while it is open.
const PROBE_EVERY: Duration = Duration::from_secs(30);

/// Decides whether a call is worth making.
#[derive(Debug, Default)]
pub(super) struct CircuitBreaker(Mutex<FailureStreak>);

/// The failures since the last success.
#[derive(Debug, Default)]
struct FailureStreak {
    count: u32,
    since: Option<Instant>,
    /// When the last call was let through.
    probed: Option<Instant>,
}

impl CircuitBreaker {
    /// [`Error::Unavailable`] while the breaker is open and no probe is due.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut streak = self.streak();
        let now = Instant::now();
        let open = streak.count >= FAILURES
            && streak.since.is_some_and(|since| now - since >= OPENS_AFTER);
        let probed = streak.probed.is_some_and(|probed| now - probed < PROBE_EVERY);
        if open && probed && Priority::current() != Priority::Interactive {
            // Without a count: a message that changes would be written into status each time.
            return Err(Error::Unavailable(format!(
                "it has failed several times in a row and is tried once in {PROBE_EVERY:?}"
            )));
        }
        streak.probed = Some(now);
        Ok(())
    }

    /// Records an answer that is no server error.
    pub(super) fn succeeded(&self) {
        *self.streak() = FailureStreak::default();
    }

    /// Records a server error, or an exchange without an answer.
    pub(super) fn failed(&self) {
        let mut streak = self.streak();
        streak.count = streak.count.saturating_add(1);
        streak.since.get_or_insert_with(Instant::now);
    }

    fn streak(&self) -> MutexGuard<'_, FailureStreak> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// How many of the calls that are wanted, one a second for `seconds`, are made. All fail.
    async fn made(breaker: &CircuitBreaker, seconds: u32) -> u32 {
        let mut made = 0;
        for _ in 0..seconds {
            if breaker.check().is_ok() {
                made += 1;
                breaker.failed();
            }
            advance(Duration::from_secs(1)).await;
        }
        made
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_breaker_lets_two_probes_a_minute_through() {
        let breaker = CircuitBreaker::default();
        assert_eq!(made(&breaker, 180).await, 180);
        let later = made(&breaker, 3600).await;
        assert!((118..=122).contains(&later), "{later}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_closes_the_breaker_and_edits_always_pass() {
        let breaker = CircuitBreaker::default();
        made(&breaker, 600).await;
        breaker.check().unwrap_or_default();
        assert!(breaker.check().is_err());
        assert!(Priority::Interactive.drive(async { breaker.check() }).await.is_ok());
        breaker.succeeded();
        assert_eq!(made(&breaker, 100).await, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn failures_among_successes_do_not_open_the_breaker() {
        let breaker = CircuitBreaker::default();
        for _ in 0..60 {
            assert_eq!(made(&breaker, 60).await, 60);
            breaker.succeeded();
        }
    }
}
