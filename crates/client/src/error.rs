//! What can go wrong at the provider, by what it means for the caller.

use std::{fmt, time::Duration};

/// One fault as the provider words it, cleaned and bounded.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fault {
    /// Its code, e.g. `IC-LAYER2-402` or `EQ-3142102`.
    pub code: Option<String>,
    /// Its message, with whatever more was said.
    pub message: String,
    /// The property it names.
    pub property: Option<String>,
    /// What to quote to support.
    pub correlation_id: Option<String>,
}

/// Without the correlation id: the same refusal reads the same each time.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(code) = &self.code {
            write!(f, "{code}: ")?;
        }
        f.write_str(&self.message)?;
        if let Some(property) = &self.property {
            write!(f, " (property {property})")?;
        }
        Ok(())
    }
}

/// A definite no, with everything the provider said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// What it said; at least one.
    pub faults: Vec<Fault>,
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

/// Why a call did not give what was asked for.
#[derive(
    Debug, Clone, PartialEq, Eq, thiserror::Error, strum::IntoStaticStr, strum::EnumDiscriminants,
)]
#[strum_discriminants(
    name(Class),
    doc = "The kinds of [`Error`], without what was said.",
    derive(Hash, strum::EnumIter, strum::IntoStaticStr),
    allow(missing_docs, reason = "each is documented with the error")
)]
pub enum Error {
    /// Too many requests; nothing was done.
    #[error("the provider asks to slow down")]
    Throttled {
        /// How long, if it said so.
        wait: Option<Duration>,
    },
    /// The request did not get through, or it was safe and failed at the provider.
    #[error("the provider cannot be reached: {0}")]
    Unavailable(String),
    /// The token endpoint refused the credentials. They are not tried again.
    #[error("the provider refused the credentials: {0}")]
    Credentials(Refusal),
    /// The API refused the token, twice, or what it may do.
    #[error("the account may not do this: {0}")]
    Forbidden(Refusal),
    /// A definite no. Nothing was done, and asking again will not help.
    #[error("the provider refused: {0}")]
    Refused(Refusal),
    /// A no that may turn into a yes when somebody else makes room. Nothing was done.
    #[error("there is no room for it now: {0}")]
    NoCapacity(Refusal),
    /// Not now: the line is in between two states.
    #[error("the connection is busy: {0}")]
    Busy(Refusal),
    /// Somebody changed it since it was read. Nothing was done.
    #[error("it was changed since it was read: {0}")]
    Stale(Refusal),
    /// The port and tags carry another line, or are not free again yet.
    #[error("the VLAN is in use: {0}")]
    VlanInUse(Refusal),
    /// Deleted already.
    #[error("already deleted: {0}")]
    Gone(Refusal),
    /// It does not exist, or this account cannot see it: the provider does not tell which.
    #[error("not found, or not visible to this account: {0}")]
    NotVisible(Refusal),
    /// The request may have been carried out.
    #[error("the outcome is unknown: {0}")]
    Ambiguous(String),
    /// The answer cannot be read.
    #[error("the provider's answer cannot be read: {0}")]
    Unreadable(String),
}

impl Error {
    /// The error of `class` that `refusal` tells of.
    pub(super) fn of(class: Class, refusal: Refusal) -> Self {
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
        }
    }

    /// What the provider said, if it said something.
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
            | Self::Unreadable(_) => &[],
        }
    }

    /// The same as the answer to an order. That what it names is not visible is a no: no
    /// connection is meant.
    pub(super) fn answering_an_order(self) -> Self {
        match self {
            Self::NotVisible(refusal) => Self::Refused(refusal),
            other => other,
        }
    }

    /// Whether a changing call may have been carried out.
    pub fn may_have_arrived(&self) -> bool {
        matches!(self, Self::Ambiguous(_) | Self::Unreadable(_))
    }

    /// A fixed word for logs and metrics.
    pub fn category(&self) -> &'static str {
        self.into()
    }
}
