//! The provider's time, as the `Date` of its answers shows it.
//!
//! The clocks of this machine and of the provider may differ by any amount, so the local wall clock
//! must not enter here: between two answers, only monotonic time counts.

use std::sync::{Mutex, PoisonError};

use jiff::Timestamp;
use tokio::time::Instant;

/// The provider's clock; without a time until an answer has shown one.
#[derive(Debug, Default)]
pub(super) struct ProviderClock(Mutex<Option<ObservedDate>>);

#[derive(Debug, Clone, Copy)]
struct ObservedDate {
    date: Timestamp,
    at: Instant,
}

impl ProviderClock {
    /// Takes in the date of an answer that has just arrived.
    pub(super) fn observe(&self, date: Timestamp) {
        let observed = ObservedDate { date, at: Instant::now() };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(observed);
    }

    /// The last date and the time since; `None` if no answer showed a date.
    pub(super) fn now(&self) -> Option<Timestamp> {
        let observed = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ObservedDate { date, at } = observed?;
        date.checked_add(at.elapsed()).ok()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_time_goes_on_from_the_last_date() {
        let clock = ProviderClock::default();
        assert_eq!(clock.now(), None);
        let time = |text: &str| text.parse::<Timestamp>().unwrap();
        clock.observe(time("2021-07-15T19:30:29Z"));
        tokio::time::advance(Duration::from_secs(90)).await;
        assert_eq!(clock.now(), Some(time("2021-07-15T19:31:59Z")));
        clock.observe(time("2021-07-15T19:00:00Z"));
        assert_eq!(clock.now(), Some(time("2021-07-15T19:00:00Z")), "the provider was corrected");
        clock.observe(Timestamp::MAX);
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), None, "no time is better than a panic");
    }
}
