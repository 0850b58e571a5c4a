//! Simulated time: durations since the world began, and the timestamps that they stand for.
//!
//! The clock follows `tokio::time::Instant` and nothing else, so that tests control it by pausing
//! tokio's clock.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// The world's clock. An instant of the world is the duration since its start.
#[derive(Debug)]
pub(crate) struct Clock {
    started: Instant,
    base: Timestamp,
    speed: f64,
    skipped: Duration,
}

impl Clock {
    pub(crate) fn new(speed: f64, epoch: Option<Timestamp>) -> Self {
        Self {
            started: Instant::now(),
            base: epoch.unwrap_or_else(Timestamp::now),
            speed,
            skipped: Duration::ZERO,
        }
    }

    /// Simulated time since the start.
    pub(crate) fn now(&self) -> Duration {
        let elapsed = self.started.elapsed();
        // A speed of one avoids floating point, because stages end on exact seconds.
        let scaled = if (self.speed - 1.0).abs() < f64::EPSILON {
            elapsed
        } else {
            Duration::try_from_secs_f64(elapsed.as_secs_f64() * self.speed.max(0.0))
                .unwrap_or(Duration::MAX)
        };
        scaled.saturating_add(self.skipped)
    }

    /// Advances simulated time without waiting.
    pub(crate) fn skip(&mut self, by: Duration) {
        self.skipped = self.skipped.saturating_add(by);
    }

    /// The timestamp of an instant of the world.
    pub(crate) fn at(&self, instant: Duration) -> Timestamp {
        SignedDuration::try_from(instant)
            .ok()
            .and_then(|since| self.base.checked_add(since).ok())
            .unwrap_or(Timestamp::MAX)
    }

    /// An instant as both APIs print it: `2021-07-15T19:30:29.526Z`.
    pub(crate) fn print(&self, instant: Duration) -> String {
        print(self.at(instant))
    }
}

/// A timestamp as HTTP prints it, in whole seconds: `Thu, 15 Jul 2021 19:30:29 GMT`.
pub(crate) fn print_http(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

/// A timestamp with milliseconds and `Z`.
pub(crate) fn print(at: Timestamp) -> String {
    at.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn time_is_scaled_and_printed_with_milliseconds() {
        let epoch: Timestamp = "2021-07-15T19:30:29.526Z".parse().unwrap();
        let mut clock = Clock::new(60.0, Some(epoch));
        assert_eq!(clock.print(clock.now()), "2021-07-15T19:30:29.526Z");
        tokio::time::advance(Duration::from_secs(1)).await;
        assert_eq!(clock.now(), Duration::from_mins(1));
        clock.skip(Duration::from_secs(5));
        assert_eq!(clock.print(clock.now()), "2021-07-15T19:31:34.526Z");
        assert_eq!(print_http(clock.at(clock.now())), "Thu, 15 Jul 2021 19:31:34 GMT");
    }
}
