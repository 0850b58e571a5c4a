//! What errors of the provider mean to the owner of a profile.
//!
//! The words are those of `controller/problem`; the reasons are a profile's, not a connection's.

use fabric_api::Reason;
use fabric_client::Error;

use crate::reconcile::problem::Problem;

/// What `error` means to somebody who was `doing` something; a plain no has this reason, and this
/// remedy where its code has none of its own.
pub(super) fn problem(doing: &str, account: &str, error: &Error, no: (Reason, &str)) -> Problem {
    let problem = Problem::refused(doing, account, error, no);
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
        | Error::Unreadable(_) => problem,
    }
}

/// What an error of a read means.
pub(super) fn reading(doing: &str, account: &str, error: &Error) -> Problem {
    problem(doing, account, error, (Reason::RequestRefused, "correct the spec as the message says"))
}
