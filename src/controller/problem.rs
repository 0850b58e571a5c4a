//! What keeps a resource from going on, in words for its owner.
//!
//! One place turns provider errors into reasons and remedies, so that no two passes say it
//! differently.

use std::time::Duration;

use crate::{
    api::{ProviderFault, Reason},
    domain::WaitingFor,
    provider::{Error, Fault},
};

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Retry {
    /// Not before this has passed.
    After(Duration),
    /// Sooner at first, then ever more slowly.
    Backoff,
    /// Somebody has to act first; look now and then.
    Parked,
}

/// One thing that is in the way.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) reason: Reason,
    /// What was tried, what came of it and what to do. No trailing stop.
    pub(super) message: String,
    pub(super) retry: Retry,
    /// Whose move it is.
    pub(super) waiting_for: WaitingFor,
    pub(super) faults: Vec<ProviderFault>,
}

impl Problem {
    /// Nothing changes until somebody acts.
    pub(super) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            retry: Retry::Parked,
            waiting_for: WaitingFor::You,
            faults: vec![],
        }
    }

    /// Somebody has to act, and it is noticed soon when they have.
    pub(super) fn missing(reason: Reason, message: impl Into<String>) -> Self {
        Self { retry: Retry::Backoff, ..Self::stalled(reason, message) }
    }

    /// It may pass by itself.
    pub(super) fn passing(reason: Reason, message: impl Into<String>) -> Self {
        Self { waiting_for: WaitingFor::Equinix, ..Self::missing(reason, message) }
    }

    /// What `error` means to somebody who was `doing` something through `account`.
    pub(super) fn of(doing: &str, account: &str, error: &Error) -> Self {
        let (reason, retry, remedy) = match error {
            Error::Throttled { wait } => (
                Reason::Throttled,
                wait.map_or(Retry::Backoff, Retry::After),
                "it is tried again by itself".to_owned(),
            ),
            Error::Unavailable(_) => (
                Reason::ProviderUnavailable,
                Retry::Backoff,
                format!("it is tried again by itself; if it stays so, check spec.endpoint of FabricAccount {account} and the network policy"),
            ),
            Error::Credentials(_) => (
                Reason::CredentialsRejected,
                Retry::Parked,
                format!("correct the Secret of FabricAccount {account}; these credentials are not sent again, because repeated failures lock the user"),
            ),
            Error::Forbidden(_) => (
                Reason::Forbidden,
                Retry::Parked,
                format!("ask the master administrator at Equinix for the right, or correct the credentials of FabricAccount {account}"),
            ),
            Error::Refused(_) => (
                Reason::OrderRefused,
                Retry::Parked,
                "correct the spec as the message says".to_owned(),
            ),
            Error::Busy(_) => (
                Reason::Provisioning,
                Retry::Backoff,
                "it is tried again by itself".to_owned(),
            ),
            Error::VlanInUse(_) => (
                Reason::VlanInUse,
                Retry::Backoff,
                "choose another tag, or wait if the tag is just being freed: it is tried again by itself".to_owned(),
            ),
            Error::Gone(_) => (
                Reason::ConnectionDeleted,
                Retry::Parked,
                "delete this resource, and create it anew to order again".to_owned(),
            ),
            Error::NotVisible(_) => (
                Reason::ConnectionNotVisible,
                Retry::Parked,
                format!("check that FabricAccount {account} has the credentials of the organisation that owns it"),
            ),
            Error::Ambiguous(_) => (
                Reason::OrderUnknown,
                Retry::Backoff,
                "the outcome is looked for by itself".to_owned(),
            ),
            Error::Unreadable(_) => (
                Reason::UnreadableAnswer,
                Retry::Backoff,
                "it is tried again by itself; if it stays so, report it with this message".to_owned(),
            ),
        };
        Self {
            reason,
            message: format!("{doing}: {error}; {remedy}"),
            retry,
            waiting_for: match retry {
                Retry::Parked => WaitingFor::You,
                Retry::After(_) | Retry::Backoff => WaitingFor::Equinix,
            },
            faults: error.faults().iter().map(fault).collect(),
        }
    }

    /// The same with another reason.
    pub(super) fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// Several problems as one: all messages, the soonest retry, and the reason of the first that
    /// needs somebody to act.
    pub(super) fn all(problems: &[Self]) -> Option<Self> {
        let first =
            problems.iter().find(|p| p.retry == Retry::Parked).or_else(|| problems.first())?;
        let retry = if problems.iter().all(|p| p.retry == Retry::Parked) {
            Retry::Parked
        } else {
            Retry::Backoff
        };
        let retry = if problems.len() == 1 { first.retry } else { retry };
        Some(Self {
            reason: first.reason,
            message: problems.iter().map(|p| p.message.as_str()).collect::<Vec<_>>().join("; "),
            retry,
            waiting_for: first.waiting_for,
            faults: problems.iter().flat_map(|p| p.faults.clone()).take(8).collect(),
        })
    }
}

fn fault(fault: &Fault) -> ProviderFault {
    ProviderFault {
        code: fault.code.clone(),
        message: fault.message.clone(),
        property: fault.property.clone(),
        correlation_id: fault.correlation_id.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::Refusal;

    #[test]
    fn provider_words_are_kept() {
        let error = Error::Refused(Refusal {
            status: 400,
            faults: vec![Fault {
                code: Some("IC-LAYER2-402".into()),
                message: "Invalid Request".into(),
                property: Some("profileUUID".into()),
                correlation_id: Some("c-1".into()),
            }],
        });
        let problem = Problem::of("ordering the connection", "default", &error);
        assert_eq!(problem.faults[0].code.as_deref(), Some("IC-LAYER2-402"));
        assert_eq!(problem.faults[0].correlation_id.as_deref(), Some("c-1"));
        assert!(problem.message.contains("IC-LAYER2-402: Invalid Request (property profileUUID)"));
    }

    #[test]
    fn several_problems_are_told_together() {
        let all = Problem::all(&[
            Problem::passing(Reason::ProviderUnavailable, "a"),
            Problem::stalled(Reason::PortNotFound, "b"),
        ])
        .unwrap();
        assert_eq!((all.reason, all.message.as_str()), (Reason::PortNotFound, "a; b"));
        assert_eq!(all.retry, Retry::Backoff);
        assert!(Problem::all(&[]).is_none());
    }
}
