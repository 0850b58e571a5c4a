//! Stops calling a provider that has not answered anybody for a while, but for a try now and then.
//!
//! One for each credential. What a user waits for is tried all the same: each resource has pauses of
//! its own.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{Error, pacing::Priority};

/// So many failures in a row,
const FAILURES: u32 = 10;
/// over so long at least, without one success: longer than a provider's hiccup, and than one
/// broken object takes to be told from a broken provider by the listings.
const OPENS_AFTER: Duration = Duration::from_secs(180);
/// The pause between two tries.
const TRY_EVERY: Duration = Duration::from_secs(30);

/// Whether calls are made.
#[derive(Debug, Default)]
pub(super) struct Breaker(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    failures: u32,
    since: Option<Instant>,
    tried: Option<Instant>,
}

impl Breaker {
    /// An error if the call is not worth making now.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut state = self.state();
        let now = Instant::now();
        let open = state.failures >= FAILURES
            && state.since.is_some_and(|since| now - since >= OPENS_AFTER);
        let tried = state.tried.is_some_and(|tried| now - tried < TRY_EVERY);
        if open && tried && Priority::current() != Priority::Interactive {
            return Err(Error::Unavailable(format!(
                "it has failed {} times in a row and is tried once in {TRY_EVERY:?}",
                state.failures
            )));
        }
        state.tried = Some(now);
        Ok(())
    }

    /// The provider has answered.
    pub(super) fn succeeded(&self) {
        *self.state() = State::default();
    }

    /// It has not, or only that it cannot.
    pub(super) fn failed(&self) {
        let mut state = self.state();
        state.failures = state.failures.saturating_add(1);
        state.since.get_or_insert_with(Instant::now);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::advance;

    use super::*;

    /// How many of the calls that are wanted each second for `seconds` are made, all in vain.
    async fn made(breaker: &Breaker, seconds: u32) -> u32 {
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
    async fn a_provider_that_fails_all_is_tried_twice_a_minute() {
        let breaker = Breaker::default();
        assert_eq!(made(&breaker, 180).await, 180);
        let later = made(&breaker, 3600).await;
        assert!((118..=122).contains(&later), "{later}");
    }

    #[tokio::test(start_paused = true)]
    async fn one_answer_is_enough_to_go_on_and_edits_always_do() {
        let breaker = Breaker::default();
        made(&breaker, 600).await;
        breaker.check().unwrap_or_default();
        assert!(breaker.check().is_err());
        assert!(Priority::Interactive.drive(async { breaker.check() }).await.is_ok());
        breaker.succeeded();
        assert_eq!(made(&breaker, 100).await, 100);
    }

    #[tokio::test(start_paused = true)]
    async fn what_fails_beside_what_does_not_stops_nobody() {
        let breaker = Breaker::default();
        for _ in 0..60 {
            assert_eq!(made(&breaker, 60).await, 60);
            breaker.succeeded();
        }
    }
}
