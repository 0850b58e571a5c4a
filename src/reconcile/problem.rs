//! What keeps a resource from going on, in words for its owner.
//!
//! One place turns provider errors into reasons and remedies, so that no two passes say it
//! differently.

use std::{fmt::Write, time::Duration};

use fabric_api::{ProviderFault, Reason};
use fabric_client::{Class, Error, Fault, error_codes::Code};
use fabric_domain::WaitingFor;

/// How long an order rests that waits for somebody else's capacity.
const ROOM: Duration = Duration::from_secs(1800);

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Not before this has passed.
    After(Duration),
    /// Sooner at first, then ever more slowly.
    Backoff,
    /// Somebody has to act first; look now and then.
    Parked,
}

/// How errors of a class are met.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handling {
    /// Why the resource is not ready then.
    pub reason: Reason,
    pub(crate) retry: Retry,
    waiting_for: WaitingFor,
    /// What the operator does, in a sentence.
    pub conduct: &'static str,
    /// What the user can do, where the code does not say it better. A part of a message.
    pub remedy: String,
}

impl Handling {
    /// How errors of `class` are met that come through `account`.
    pub fn of(class: Class, account: &str) -> Self {
        match class {
            Class::Throttled => Self::passing(
                Reason::Throttled,
                "Tries again, not before it is told to.",
                "it is tried again by itself",
            ),
            Class::Unavailable => Self::passing(
                Reason::ProviderUnavailable,
                "Tries again, ever more slowly up to every ten minutes.",
                format!(
                    "it is tried again by itself; if it stays so, check spec.endpoint of FabricAccount {account} and the network policy"
                ),
            ),
            Class::Credentials => Self::parked(
                Reason::CredentialsRejected,
                "Does not send these credentials again, and looks every minute whether they changed.",
                format!(
                    "correct the Secret of FabricAccount {account}; these credentials are not sent again, because repeated failures lock the user"
                ),
            ),
            Class::Forbidden => Self::parked(
                Reason::Forbidden,
                "Stops, and looks again every half hour.",
                format!(
                    "ask the master administrator at Equinix for the right, or correct the credentials of FabricAccount {account}"
                ),
            ),
            Class::Refused => Self::parked(
                Reason::OrderRefused,
                "Stops; tries once more every half hour, and at once when the spec changes.",
                "correct the spec as the message says",
            ),
            Class::NoCapacity => Self {
                retry: Retry::After(ROOM),
                waiting_for: WaitingFor::Seller,
                ..Self::passing(
                    Reason::NoCapacity,
                    "Tries again every half hour.",
                    "ask the seller for more, or ask for less; it is tried again by itself",
                )
            },
            Class::Busy => Self::passing(
                Reason::Provisioning,
                "Tries again, ever more slowly up to every ten minutes.",
                "it is tried again by itself",
            ),
            Class::Stale => Self::passing(
                Reason::Changing,
                "Reads it again, and then changes it, ever more slowly up to every ten minutes.",
                "it is read again by itself",
            ),
            Class::VlanInUse => Self::passing(
                Reason::VlanInUse,
                "Looks whether a lost order of its own holds the VLAN, and takes that up; else tries again, ever more slowly up to every ten minutes.",
                "choose another tag, or wait if the tag is just being freed: it is tried again by itself",
            ),
            Class::Gone => Self::parked(
                Reason::ConnectionDeleted,
                "Takes a cancellation for done, and looks; orders nothing in its place.",
                "delete this resource, and create it anew to order again",
            ),
            Class::NotVisible => Self::parked(
                Reason::ConnectionNotVisible,
                "Never takes it for deleted; stops, and looks again every half hour.",
                format!(
                    "check that FabricAccount {account} has the credentials of the organisation that owns it"
                ),
            ),
            Class::Ambiguous => Self::passing(
                Reason::OrderUnknown,
                "Looks for the order in the account's listings, and orders again only after proof that it did not arrive.",
                "the outcome is looked for by itself",
            ),
            Class::Unreadable => Self::passing(
                Reason::UnreadableAnswer,
                "Looks for the order if the answer was to one; else tries again, ever more slowly up to every ten minutes.",
                "it is tried again by itself; if it stays so, report it with this message",
            ),
        }
    }

    fn passing(reason: Reason, conduct: &'static str, remedy: impl Into<String>) -> Self {
        let (retry, waiting_for) = (Retry::Backoff, WaitingFor::Equinix);
        Self { reason, retry, waiting_for, conduct, remedy: remedy.into() }
    }

    fn parked(reason: Reason, conduct: &'static str, remedy: impl Into<String>) -> Self {
        let (retry, waiting_for) = (Retry::Parked, WaitingFor::You);
        Self { reason, retry, waiting_for, conduct, remedy: remedy.into() }
    }
}

fn told(doing: &str, error: &Error, handling: &Handling) -> String {
    format!("{doing}: {error}; {}", remedy(error, handling))
}

/// What to do about `error`: what its codes say, and for those that say nothing of their own what
/// its class says.
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

/// One thing that is in the way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) reason: Reason,
    /// What was tried, what came of it and what to do. No trailing stop.
    pub(crate) message: String,
    pub(crate) retry: Retry,
    /// Whose move it is.
    pub(crate) waiting_for: WaitingFor,
    pub(crate) faults: Vec<ProviderFault>,
}

impl Problem {
    /// Puts the provider's words into status. The same words under another correlation id are no
    /// news: the first id serves support as well, and status is written only when it differs.
    pub(crate) fn quote(&self, quoted: &mut Vec<ProviderFault>) {
        let words = |fault: &ProviderFault| ProviderFault { correlation_id: None, ..fault.clone() };
        if !quoted.iter().map(words).eq(self.faults.iter().map(words)) {
            quoted.clone_from(&self.faults);
        }
    }

    /// Nothing changes until somebody acts.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            retry: Retry::Parked,
            waiting_for: WaitingFor::You,
            faults: vec![],
        }
    }

    /// Somebody has to act, and it is noticed soon when they have.
    pub(crate) fn missing(reason: Reason, message: impl Into<String>) -> Self {
        Self { retry: Retry::Backoff, ..Self::stalled(reason, message) }
    }

    /// It may pass by itself.
    pub(crate) fn passing(reason: Reason, message: impl Into<String>) -> Self {
        Self { waiting_for: WaitingFor::Equinix, ..Self::missing(reason, message) }
    }

    /// What `error` means to somebody who was `doing` something through `account`.
    pub(crate) fn of(doing: &str, account: &str, error: &Error) -> Self {
        let handling = Handling::of(error.into(), account);
        let retry = match error {
            Error::Throttled { wait: Some(wait) } => Retry::After(*wait),
            _ => handling.retry,
        };
        Self {
            reason: handling.reason,
            message: told(doing, error, &handling),
            retry,
            waiting_for: handling.waiting_for,
            faults: error.faults().iter().map(fault).collect(),
        }
    }

    /// The same, where a plain no is not one to an order: `reason`, and `remedy` where its code has
    /// none of its own.
    pub(crate) fn refused(
        doing: &str,
        account: &str,
        error: &Error,
        (reason, remedy): (Reason, &str),
    ) -> Self {
        let problem = Self::of(doing, account, error);
        if !matches!(error, Error::Refused(_)) {
            return problem;
        }
        let handling =
            Handling { remedy: remedy.to_owned(), ..Handling::of(Class::Refused, account) };
        Self { reason, message: told(doing, error, &handling), ..problem }
    }

    /// What an error of a read means.
    pub(crate) fn reading(doing: &str, account: &str, error: &Error) -> Self {
        let no = (Reason::RequestRefused, "correct the spec as the message says");
        Self::refused(doing, account, error, no)
    }

    /// The same with another reason.
    pub(crate) fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// Several problems as one: all messages, the soonest retry, and the reason of the first that
    /// needs somebody to act.
    pub(crate) fn all(problems: &[Self]) -> Option<Self> {
        let first =
            problems.iter().find(|p| p.retry == Retry::Parked).or_else(|| problems.first())?;
        let retry = if problems.iter().all(|p| p.retry == Retry::Parked) {
            Retry::Parked
        } else {
            Retry::Backoff
        };
        let retry = if problems.len() == 1 { first.retry } else { retry };
        // What is said of several fields alike is said once.
        let mut messages: Vec<&str> = vec![];
        let mut faults: Vec<ProviderFault> = vec![];
        for problem in problems {
            if !messages.contains(&problem.message.as_str()) {
                messages.push(&problem.message);
                faults.extend(problem.faults.iter().cloned());
            }
        }
        faults.truncate(8);
        Some(Self {
            reason: first.reason,
            message: messages.join("; "),
            retry,
            waiting_for: first.waiting_for,
            faults,
        })
    }
}

/// The first of many candidates, so that a message stays readable.
pub(crate) fn list(candidates: impl Iterator<Item = String>) -> String {
    const SHOWN: usize = 20;
    let all: Vec<String> = candidates.collect();
    let mut text = all.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if all.len() > SHOWN {
        // Writing to a String cannot fail.
        let _ = write!(text, " and {} more", all.len() - SHOWN);
    }
    text
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
    use fabric_client::Refusal;

    #[test]
    fn the_same_words_under_another_id_are_no_news() {
        let told = |message: &str, id: &str| {
            let fault = Fault {
                message: message.into(),
                correlation_id: Some(id.into()),
                ..Fault::default()
            };
            let refusal = Refusal { status: 403, faults: vec![fault] };
            Problem::of("reading the line", "default", &Error::Forbidden(refusal))
        };
        let mut quoted = vec![];
        told("no", "c-1").quote(&mut quoted);
        told("no", "c-2").quote(&mut quoted);
        assert_eq!(quoted[0].correlation_id.as_deref(), Some("c-1"));
        assert_eq!(told("no", "c-1").message, told("no", "c-2").message);
        told("never", "c-3").quote(&mut quoted);
        assert_eq!(quoted[0].correlation_id.as_deref(), Some("c-3"));
    }

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

    fn refused(codes: &[&str]) -> Problem {
        let fault = |code: &&str| Fault {
            code: Some((*code).to_owned()),
            message: "m".into(),
            ..Fault::default()
        };
        let faults = codes.iter().map(fault).collect();
        let error = Error::Refused(Refusal { status: 400, faults });
        Problem::of("ordering", "default", &error)
    }

    #[test]
    fn a_code_with_a_remedy_of_its_own_says_that() {
        let generic = "correct the spec as the message says";
        let one = refused(&["IC-LAYER2-AUTH-006"]).message;
        assert!(one.contains("choose another peeringType") && !one.contains(generic), "{one}");
        let two = refused(&["IC-LAYER2-AUTH-006", "IC-LAYER2-VLAN-005"]).message;
        assert!(two.contains("another peeringType") && two.contains("vlanCTag"), "{two}");
        let unknown = refused(&["IC-NEW-1", "IC-NEW-2"]).message;
        assert_eq!(unknown.matches(generic).count(), 1, "{unknown}");
        let mixed = refused(&["IC-NEW-1", "IC-LAYER2-VLAN-005"]).message;
        assert!(mixed.contains(generic) && mixed.contains("vlanCTag"), "{mixed}");
    }

    #[test]
    fn room_at_the_seller_is_waited_for() {
        let error = Error::NoCapacity(Refusal { status: 400, faults: vec![] });
        let problem = Problem::of("ordering", "default", &error);
        assert_eq!(problem.reason, Reason::NoCapacity);
        assert_eq!(problem.waiting_for, WaitingFor::Seller);
        assert_eq!(problem.retry, Retry::After(ROOM));
    }

    #[test]
    fn several_problems_are_told_together() {
        let all = Problem::all(&[
            Problem::passing(Reason::ProviderUnavailable, "a"),
            Problem::stalled(Reason::PortNotFound, "b"),
            Problem::stalled(Reason::PortNotFound, "b"),
        ])
        .unwrap();
        assert_eq!((all.reason, all.message.as_str()), (Reason::PortNotFound, "a; b"));
        assert_eq!(all.retry, Retry::Backoff);
        assert!(Problem::all(&[]).is_none());
    }
}
