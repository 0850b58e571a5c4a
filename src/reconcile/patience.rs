//! How often the same correction is asked for: two owners must not fight for ever.
//!
//! Pure. What a correction is, and what it is compared with, its controller knows.

use std::time::Duration;

use jiff::Timestamp;

/// How often the same correction is asked for before it is given up.
pub(crate) const ATTEMPTS: u32 = 5;
/// The pause after the first attempt; each further one is twice as long.
const FIRST_PAUSE: Duration = Duration::from_secs(60);
/// How long a correction that held is remembered: what comes undone within that time counts as
/// another attempt.
const REMEMBERED: Duration = Duration::from_secs(24 * 3600);

/// What is next for a correction that did not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Patience {
    /// It is asked for again after so long.
    Pausing(Duration),
    /// It is asked for again now.
    Again,
    /// It is not asked for again.
    Exhausted,
}

/// What is next for what was asked for so often, the last time at `at`.
pub(crate) fn patience(attempts: u32, at: Timestamp, now: Timestamp) -> Patience {
    let pause = FIRST_PAUSE * 2_u32.saturating_pow(attempts.clamp(1, ATTEMPTS) - 1);
    let since = Duration::try_from(now.duration_since(at)).unwrap_or_default();
    let left = pause.saturating_sub(since);
    if !left.is_zero() {
        Patience::Pausing(left)
    } else if attempts < ATTEMPTS {
        Patience::Again
    } else {
        Patience::Exhausted
    }
}

/// Whether what was last asked for at `at` is remembered.
pub(crate) fn remembered(at: Timestamp, now: Timestamp) -> bool {
    now.duration_since(at).unsigned_abs() < REMEMBERED
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_and_end() {
        let at: Timestamp = "2021-07-15T19:30:00Z".parse().unwrap();
        let after = |attempts, seconds| patience(attempts, at, at + Duration::from_secs(seconds));
        assert_eq!(after(1, 0), Patience::Pausing(Duration::from_secs(60)));
        assert_eq!(after(1, 60), Patience::Again);
        assert_eq!(after(2, 60), Patience::Pausing(Duration::from_secs(60)));
        assert_eq!(after(4, 480), Patience::Again);
        assert_eq!(after(5, 959), Patience::Pausing(Duration::from_secs(1)));
        assert_eq!(after(5, 960), Patience::Exhausted);
        assert!(remembered(at, at + Duration::from_secs(24 * 3600 - 1)));
        assert!(!remembered(at, at + Duration::from_secs(24 * 3600)));
    }
}
