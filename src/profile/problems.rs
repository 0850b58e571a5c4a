//! What the provider's errors mean to a service profile.
//!
//! The texts are those of `reconcile::problem`; only the reasons differ from a connection's.

use fabric_api::Reason;
use fabric_client::Error;

use crate::reconcile::problem::Problem;

/// What `error` means while `doing` something through `account`. A refusal gets the reason and, where
/// its code has no remedy of its own, the remedy of `refusal`.
pub(super) fn problem(
    doing: &str,
    account: &str,
    error: &Error,
    refusal: (Reason, &str),
) -> Problem {
    let problem = Problem::refused(doing, account, error, refusal);
    match error {
        Error::NotVisible(_) => problem.because(Reason::ProfileNotVisible),
        Error::Gone(_) => problem.because(Reason::ProfileDeleted),
        Error::Busy(_) | Error::Stale(_) => problem.because(Reason::Changing),
        Error::Ambiguous(_) => problem.because(Reason::CreationUnknown),
        Error::Throttled { .. }
        | Error::Unavailable(_)
        | Error::Credentials(_)
        | Error::Forbidden(_)
        | Error::Refused(_)
        | Error::NoCapacity(_)
        | Error::VlanInUse(_)
        | Error::Unreadable(_)
        | Error::Withdrawn(_) => problem,
    }
}

/// What `error` means if a read returned it.
pub(super) fn reading(doing: &str, account: &str, error: &Error) -> Problem {
    problem(doing, account, error, (Reason::RequestRefused, "correct the spec as the message says"))
}

/// The problems of a spec as one.
pub(super) fn of_spec(problems: &[Problem]) -> Problem {
    let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be read");
    Problem::all(problems).unwrap_or_else(unclear)
}
