//! How the operator handles each class of the provider's errors: with which reason, conduct and remedy.
//!
//! One place, so that all kinds and the reference page say the same. What a reason means and how the operator
//! retries is in the table of `fabric_api`; only what depends on the class of an error or on the account is
//! here.

use fabric_api::{Reason, RetryPolicy};
use fabric_client::{Class, Error, error_codes::Code};
use fabric_domain::WaitingFor;

use crate::reconcile::problem::Retry;

/// How the operator handles the errors of a class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// The reason of `Ready`.
    pub reason: Reason,
    /// What the operator does, in a sentence.
    pub conduct: &'static str,
    /// What the user can do, where the error code has no remedy of its own. A clause of a message.
    pub remedy: String,
}

impl Handling {
    /// How the operator handles errors of `class` from requests through FabricAccount `account`.
    pub fn of(class: Class, account: &str) -> Self {
        const BACKOFF: &str = "Retries, with growing pauses of up to ten minutes.";
        const RETRIES: &str = "the operator retries";
        let handling = |reason: Reason, conduct, remedy: &str| Self {
            reason,
            conduct,
            remedy: remedy.to_owned(),
        };
        let by_the_table = |reason: Reason, conduct| handling(reason, conduct, &clause(reason));
        match class {
            Class::Throttled => handling(
                Reason::Throttled,
                "Retries, not before the time that Equinix names.",
                RETRIES,
            ),
            Class::Unavailable => handling(
                Reason::ProviderUnavailable,
                BACKOFF,
                &format!(
                    "the operator retries; if it persists, check spec.endpoint of FabricAccount {account} and the network policy"
                ),
            ),
            Class::Credentials => handling(
                Reason::CredentialsRejected,
                "Does not send these credentials again until the Secret changes, which it notices within 10 seconds.",
                &format!(
                    "correct the Secret of FabricAccount {account}; the operator does not send these credentials again, because repeated failures lock the user"
                ),
            ),
            Class::Forbidden => handling(
                Reason::Forbidden,
                "Stops, and checks every half hour.",
                &format!(
                    "ask the master administrator at Equinix for the right, or correct the credentials of FabricAccount {account}"
                ),
            ),
            Class::Refused => by_the_table(
                Reason::OrderRefused,
                "Repeats it five times, after half an hour and then after pauses twice as long each; then no more until the spec or the credentials change.",
            ),
            Class::NoCapacity => by_the_table(Reason::NoCapacity, "Retries every half hour."),
            Class::Busy => handling(Reason::Provisioning, BACKOFF, RETRIES),
            Class::Stale => handling(
                Reason::Changing,
                "Reads the object again, then retries the change, with growing pauses of up to ten minutes.",
                "the operator reads it again and retries",
            ),
            Class::VlanInUse => by_the_table(
                Reason::VlanInUse,
                "Checks whether a lost order of this resource holds the VLAN, and adopts that connection; else retries, with growing pauses of up to ten minutes.",
            ),
            Class::Gone => by_the_table(
                Reason::ConnectionDeleted,
                "Takes a cancellation as done, and checks; orders nothing in its place.",
            ),
            Class::NotVisible => handling(
                Reason::ConnectionNotVisible,
                "Never takes it as deleted; stops, and checks every half hour.",
                &format!(
                    "check that FabricAccount {account} has the credentials of the organisation that owns it"
                ),
            ),
            Class::Ambiguous => handling(
                Reason::OrderUnknown,
                "Looks for the order in the account's listings, and orders again only after proof that it did not arrive.",
                "the operator looks for the result",
            ),
            Class::Unreadable => handling(
                Reason::UnreadableAnswer,
                "Looks for the order if the answer was to one; else retries, with growing pauses of up to ten minutes.",
                "the operator retries; if it persists, report it with this message",
            ),
            Class::Withdrawn => handling(
                Reason::Ordering,
                "Does not send the request, because the resource was edited or deleted since it was decided, another process leads, or it waited too long; decides anew.",
                "the operator decides anew",
            ),
        }
    }

    pub(super) fn retry(&self) -> Retry {
        self.reason.retry().into()
    }

    /// The party that has to act next.
    pub(super) fn waiting_for(&self) -> WaitingFor {
        match self.reason.retry() {
            RetryPolicy::Settled | RetryPolicy::Automatic => WaitingFor::Equinix,
            RetryPolicy::HalfHourly => WaitingFor::Seller,
            RetryPolicy::Awaited | RetryPolicy::Parked => WaitingFor::You,
        }
    }
}

/// The remedy of a reason as a clause of a message: without a capital and a full stop.
fn clause(reason: Reason) -> String {
    let sentence = reason.remedy().trim_end_matches('.').replace(". ", "; ");
    let mut letters = sentence.chars();
    let first = letters.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default();
    first + letters.as_str()
}

/// What was tried, the result and what to do. No trailing full stop.
pub(super) fn message(doing: &str, error: &Error, handling: &Handling) -> String {
    format!("{doing}: {error}; {}", remedy(error, handling))
}

/// What to do about `error`: the remedies of its codes, and the remedy of its class for codes that
/// have none.
fn remedy(error: &Error, handling: &Handling) -> String {
    let mut remedies: Vec<&str> = vec![];
    for fault in error.faults() {
        let own = Code::of(fault).and_then(|code| code.remedy);
        let remedy = own.unwrap_or(&handling.remedy);
        if !remedies.contains(&remedy) {
            remedies.push(remedy);
        }
    }
    if remedies.is_empty() { handling.remedy.clone() } else { remedies.join("; ") }
}
