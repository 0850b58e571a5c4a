//! What can go wrong at the provider, classified by what it means for the caller.
//!
//! Outside this crate, no code looks at an HTTP status or an error code. How a class is handled is
//! the caller's decision.

use std::{fmt, time::Duration};

use fabric_domain::Fault;

/// Whether a request may be repeated. Decides what a failure of the request means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Idempotency {
    /// It changes nothing, or the same thing each time.
    Safe,
    /// The provider may carry it out only once.
    Once,
}

/// A definite no, with all of the provider's faults.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The faults; at least one.
    pub faults: Vec<Fault>,
}

impl Refusal {
    /// A refusal with one fault without a code, about `property` of the request if one is to blame.
    /// This client words those itself: about what a dialect does not support, and about what an
    /// answer with status 200 denies.
    pub(crate) fn new(status: u16, message: impl Into<String>, property: Option<&str>) -> Self {
        let (message, property) = (message.into(), property.map(str::to_owned));
        Self { status, faults: vec![Fault { message, property, ..Fault::default() }] }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (n, fault) in self.faults.iter().enumerate() {
            if n > 0 {
                f.write_str("; ")?;
            }
            fault.fmt(f)?;
        }
        Ok(())
    }
}

/// Why a call failed.
#[derive(
    Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr, strum::EnumDiscriminants,
)]
#[strum_discriminants(
    name(Class),
    doc = "The kinds of [`Error`], without their details.",
    derive(Hash, strum::EnumIter, strum::IntoStaticStr),
    allow(missing_docs, reason = "each is documented with the error")
)]
pub enum Error {
    /// Too many requests. The provider changed nothing.
    #[error("the provider asks to slow down")]
    Throttled {
        /// How long the provider asks to wait, if it says so.
        wait: Option<Duration>,
    },
    /// The request did not reach the provider, or it is safe to repeat and failed there.
    #[error("the provider cannot be reached: {0}")]
    Unavailable(String),
    /// The token endpoint refused the credentials. This client does not send them again.
    #[error("the provider refused the credentials: {0}")]
    Credentials(Refusal),
    /// The API rejected a fresh token as well, or the user lacks the permission.
    #[error("the account may not do this: {0}")]
    Forbidden(Refusal),
    /// A definite no. The provider changed nothing, and repeating the request will not help.
    #[error("the provider refused: {0}")]
    Refused(Refusal),
    /// A no that may turn into a yes once the seller has room again. The provider changed nothing.
    #[error("there is no room for it now: {0}")]
    NoCapacity(Refusal),
    /// The resource is in between two states and takes no change now.
    #[error("the connection is busy: {0}")]
    Busy(Refusal),
    /// Another client changed the resource since it was read. This request changed nothing.
    #[error("it was changed since it was read: {0}")]
    Stale(Refusal),
    /// The port and tags carry another connection, or are not free again yet.
    #[error("the VLAN is in use: {0}")]
    VlanInUse(Refusal),
    /// The resource is deleted already.
    #[error("already deleted: {0}")]
    Gone(Refusal),
    /// The resource does not exist, or this account cannot see it: the provider does not say which.
    #[error("not found, or not visible to this account: {0}")]
    NotVisible(Refusal),
    /// The provider may have carried out the request.
    #[error("the outcome is unknown: {0}")]
    Ambiguous(String),
    /// The answer cannot be decoded.
    #[error("the provider's answer cannot be read: {0}")]
    Unreadable(String),
    /// The caller's gate withdrew the request before it was sent.
    #[error("the request was withdrawn before it was sent: {0}")]
    Withdrawn(String),
}

impl Error {
    /// The error of `class` with the details of `refusal`.
    pub(crate) fn of(class: Class, refusal: Refusal) -> Self {
        match class {
            Class::Throttled => Self::Throttled { wait: None },
            Class::Unavailable => Self::Unavailable(refusal.to_string()),
            Class::Credentials => Self::Credentials(refusal),
            Class::Forbidden => Self::Forbidden(refusal),
            Class::Refused => Self::Refused(refusal),
            Class::NoCapacity => Self::NoCapacity(refusal),
            Class::Busy => Self::Busy(refusal),
            Class::Stale => Self::Stale(refusal),
            Class::VlanInUse => Self::VlanInUse(refusal),
            Class::Gone => Self::Gone(refusal),
            Class::NotVisible => Self::NotVisible(refusal),
            Class::Ambiguous => Self::Ambiguous(refusal.to_string()),
            Class::Unreadable => Self::Unreadable(refusal.to_string()),
            Class::Withdrawn => Self::Withdrawn(refusal.to_string()),
        }
    }

    /// Whether the provider has decided on the request, rather than on who sent it or how often.
    pub fn was_answered(&self) -> bool {
        match self {
            Self::Refused(_)
            | Self::NoCapacity(_)
            | Self::Busy(_)
            | Self::Stale(_)
            | Self::VlanInUse(_)
            | Self::Gone(_)
            | Self::NotVisible(_)
            | Self::Throttled { .. } => true,
            Self::Unavailable(_)
            | Self::Credentials(_)
            | Self::Forbidden(_)
            | Self::Ambiguous(_)
            | Self::Unreadable(_)
            | Self::Withdrawn(_) => false,
        }
    }

    /// Whether the provider may have carried out the request that failed so.
    ///
    /// The one place that decides it. After `true`, the caller must find out what became of the
    /// request before it sends another; after `false`, the provider changed nothing. Of a read, the
    /// answer means nothing.
    pub fn may_have_arrived(&self) -> bool {
        match self {
            // No usable answer: lost on the way, a server that gave up, or a success that cannot
            // be decoded.
            Self::Ambiguous(_) | Self::Unreadable(_) => true,
            // Refused, never sent, or safe to repeat: where a server gave up on a request that may
            // be carried out only once, the error is `Ambiguous` and not `Unavailable`.
            Self::Throttled { .. }
            | Self::Unavailable(_)
            | Self::Credentials(_)
            | Self::Forbidden(_)
            | Self::Refused(_)
            | Self::NoCapacity(_)
            | Self::Busy(_)
            | Self::Stale(_)
            | Self::VlanInUse(_)
            | Self::Gone(_)
            | Self::NotVisible(_)
            | Self::Withdrawn(_) => false,
        }
    }

    /// Something is missing from a list that was not read whole, for want of `gap`
    /// ([`fabric_domain::Listed::gap`]); `what` names the list in the plural.
    pub fn not_whole(what: &str, gap: &str) -> Self {
        Self::Unreadable(format!("the list of {what} is not whole: {gap}"))
    }

    /// The provider's faults; empty if it named none.
    pub fn faults(&self) -> &[Fault] {
        match self {
            Self::Credentials(r)
            | Self::Forbidden(r)
            | Self::Refused(r)
            | Self::NoCapacity(r)
            | Self::Busy(r)
            | Self::Stale(r)
            | Self::VlanInUse(r)
            | Self::Gone(r)
            | Self::NotVisible(r) => &r.faults,
            Self::Throttled { .. }
            | Self::Unavailable(_)
            | Self::Ambiguous(_)
            | Self::Unreadable(_)
            | Self::Withdrawn(_) => &[],
        }
    }

    /// The same error in answer to an order: what is not visible is something that the order names,
    /// so the order is refused.
    pub(crate) fn in_answer_to_order(self) -> Self {
        match self {
            Self::NotVisible(refusal) => Self::Refused(refusal),
            other => other,
        }
    }

    /// The name of its class, for logs and metrics.
    pub fn category(&self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests {
    use strum::IntoEnumIterator;

    use super::*;

    #[test]
    fn only_without_a_usable_answer_may_a_request_have_arrived() {
        for class in Class::iter() {
            let error = Error::of(class, Refusal::new(400, "no", None));
            assert_eq!(Class::from(&error), class);
            let unknown = matches!(class, Class::Ambiguous | Class::Unreadable);
            assert_eq!(error.may_have_arrived(), unknown, "{class:?}");
        }
    }
}
