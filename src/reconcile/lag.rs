//! Reads that lag behind answers: the provider accepts a creation, names its id, and for a while
//! answers "not found" to a read of that id.
//!
//! Such an answer proves nothing and alarms no one, until the time that is usual for it has passed.
//! What was created is not known here.

use std::time::Duration;

use jiff::Timestamp;

use fabric_api::Reason;
use fabric_domain::WaitingFor;

use crate::reconcile::problem::{Problem, Retry};

/// How long "not found" is taken for lag: the provider's search index is known to trail by up to ten
/// minutes.
const GRACE: Duration = Duration::from_secs(600);

/// How soon the provider is asked again.
const LOOK_AGAIN: Duration = Duration::from_secs(30);

/// Whether what the provider accepted at `accepted` may still be missing from its reads.
pub(crate) fn is_fresh(accepted: Option<Timestamp>, now: Timestamp) -> bool {
    // Another process may have written it, by a clock that is a little ahead.
    accepted.is_some_and(|accepted| now.duration_since(accepted).unsigned_abs() < GRACE)
}

/// The provider does not show `what` (e.g. "connection 5f00…") yet, which it has just accepted.
pub(crate) fn not_shown_yet(reason: Reason, what: &str) -> Problem {
    let minutes = GRACE.as_secs() / 60;
    Problem {
        retry: Retry::After(LOOK_AGAIN),
        waiting_for: WaitingFor::Equinix,
        ..Problem::stalled(
            reason,
            format!(
                "Equinix accepted {what} and does not show it yet, which can take up to {minutes} minutes; the operator keeps looking"
            ),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lag_ends_with_the_grace_time() {
        let accepted = Timestamp::from_second(1000).unwrap();
        let fresh = |second| is_fresh(Some(accepted), Timestamp::from_second(second).unwrap());
        assert!(fresh(999) && fresh(1000) && fresh(1599));
        assert!(!fresh(1600) && !fresh(400), "a clock that is far off proves no lag");
        assert!(!is_fresh(None, accepted), "an answer that status does not have is no answer");
    }

    #[test]
    fn what_lags_is_retried_and_stalls_nothing() {
        let problem = not_shown_yet(Reason::Ordering, "connection 1");
        assert_eq!(problem.waiting_for, WaitingFor::Equinix);
        assert_ne!(problem.retry, Retry::Parked);
    }
}
