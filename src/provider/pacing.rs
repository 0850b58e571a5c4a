//! One pace for all calls of an account (GCRA on the runtime's clock).
//!
//! Callers take their slots in the order they ask. Nothing here knows what is called.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::{Instant, sleep_until};

/// Lets `burst` calls through at once and one more every `period`.
#[derive(Debug)]
pub struct Pace {
    period: Duration,
    slack: Duration,
    next: Mutex<Option<Instant>>,
}

impl Pace {
    /// `per_second` calls a second, at least one, with as much again at once after a rest.
    pub fn new(per_second: u32) -> Self {
        let per_second = per_second.max(1);
        let period = Duration::from_secs(1) / per_second;
        Self { period, slack: period * (per_second - 1), next: Mutex::new(None) }
    }

    /// Takes the next slot and sleeps until it comes. Holds that begin meanwhile are kept, too.
    pub async fn permit(&self) {
        sleep_until(self.book(Instant::now())).await;
    }

    /// Holds everyone back who asks from now on, e.g. for a `Retry-After`.
    pub fn hold(&self, wait: Duration) {
        let until = Instant::now() + wait + self.slack;
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        *next = Some(next.map_or(until, |n| n.max(until)));
    }

    fn book(&self, now: Instant) -> Instant {
        let mut next = self.next.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = next.map_or(now, |n| n.max(now));
        *next = Some(slot + self.period);
        slot.checked_sub(self.slack).map_or(now, |at| at.max(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_burst_then_a_steady_pace_and_holds() {
        let (pace, start) = (Pace::new(2), Instant::now());
        let mut at = vec![];
        for _ in 0..5 {
            pace.permit().await;
            at.push(start.elapsed().as_millis());
        }
        assert_eq!(at, [0, 0, 500, 1000, 1500]);
        pace.hold(Duration::from_secs(30));
        pace.permit().await;
        assert!(start.elapsed() >= Duration::from_millis(31_500));
    }
}
