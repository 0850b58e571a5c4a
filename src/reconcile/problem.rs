//! Why a resource cannot go on: errors of the provider and wrong specs, as reasons and messages.
//!
//! All kinds word them alike, by the reasons and remedies of [`Handling`]. This module must not decide what
//! to do next.

use std::{fmt::Write, time::Duration};

use fabric_api::{ProviderFault, Reason, RetryPolicy};
use fabric_client::{Class, Error, Fault};
use fabric_domain::WaitingFor;

use crate::reconcile::{
    conditions::Progress,
    handling::{Handling, message},
};

/// The pause of [`RetryPolicy::HalfHourly`].
const HALF_HOUR: Duration = Duration::from_secs(1800);
/// The most faults of the provider that status quotes; the schema allows no more.
const MAX_FAULTS: usize = 8;

/// When to try again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Not before this much time has passed.
    After(Duration),
    /// Soon at first, then with growing pauses.
    Backoff,
    /// Someone has to act first; look whether it happened as after [`Retry::Backoff`].
    Awaited,
    /// Someone has to act first; check at long intervals.
    Parked,
}

impl From<RetryPolicy> for Retry {
    fn from(policy: RetryPolicy) -> Self {
        match policy {
            RetryPolicy::Settled | RetryPolicy::Automatic => Self::Backoff,
            RetryPolicy::HalfHourly => Self::After(HALF_HOUR),
            RetryPolicy::Awaited => Self::Awaited,
            RetryPolicy::Parked => Self::Parked,
        }
    }
}

/// One reason why a resource cannot go on.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub(crate) reason: Reason,
    /// What was tried, the result and what to do. No trailing full stop.
    pub(crate) message: String,
    pub(crate) retry: Retry,
    /// The party that has to act next.
    pub(crate) waiting_for: WaitingFor,
    pub(crate) faults: Vec<ProviderFault>,
    /// What the message leaves out because it is another tenant's: whose, which, where. For
    /// administrators.
    pub(crate) withheld: Option<String>,
}

impl Problem {
    /// Copies the provider's faults into status, unless only their correlation ids differ: the first
    /// id serves support as well, and an equal status is not written.
    pub(crate) fn quote(&self, quoted: &mut Vec<ProviderFault>) {
        let words = |fault: &ProviderFault| ProviderFault { correlation_id: None, ..fault.clone() };
        if !quoted.iter().map(words).eq(self.faults.iter().map(words)) {
            quoted.clone_from(&self.faults);
        }
    }

    /// The user has to act; the operator checks at long intervals.
    pub(crate) fn stalled(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            reason,
            message: message.into(),
            retry: Retry::Parked,
            waiting_for: WaitingFor::You,
            faults: vec![],
            withheld: None,
        }
    }

    /// The user has to provide something; the operator looks for it soon.
    pub(crate) fn missing(reason: Reason, message: impl Into<String>) -> Self {
        Self { retry: Retry::Awaited, ..Self::stalled(reason, message) }
    }

    /// The problem may resolve without the user; the operator retries soon.
    pub(crate) fn passing(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            retry: Retry::Backoff,
            waiting_for: WaitingFor::Equinix,
            ..Self::stalled(reason, message)
        }
    }

    /// `error` as the result of `doing` something (e.g. "ordering the connection") through FabricAccount
    /// `account`.
    pub(crate) fn of(doing: &str, account: &str, error: &Error) -> Self {
        let handling = Handling::of(error.into(), account);
        let retry = match error {
            Error::Throttled { wait: Some(wait) } => Retry::After(*wait),
            _ => handling.retry(),
        };
        Self {
            reason: handling.reason,
            message: message(doing, error, &handling),
            retry,
            waiting_for: handling.waiting_for(),
            faults: error.faults().iter().map(quoted).collect(),
            withheld: None,
        }
    }

    /// The same problem, with what only administrators may read of it.
    pub(crate) fn withholding(self, withheld: impl Into<String>) -> Self {
        Self { withheld: Some(withheld.into()), ..self }
    }

    /// As [`Problem::of`], for commands other than an order: a plain refusal has `reason`, and `remedy`
    /// where its code has none of its own.
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
        Self { reason, message: message(doing, error, &handling), ..problem }
    }

    /// `error` as the result of a read.
    pub(crate) fn reading(doing: &str, account: &str, error: &Error) -> Self {
        let no = (Reason::RequestRefused, "correct the spec as the message says");
        Self::refused(doing, account, error, no)
    }

    /// The same problem with another reason.
    pub(crate) fn because(self, reason: Reason) -> Self {
        Self { reason, ..self }
    }

    /// Several problems as one: all messages, the soonest retry, and the reason of the first that the
    /// user has to resolve. `None` without problems.
    pub(crate) fn all(problems: &[Self]) -> Option<Self> {
        let is_stuck = |p: &&Self| Progress::after(p.retry) == Progress::Stuck;
        let first = problems.iter().find(is_stuck).or_else(|| problems.first())?;
        let all = |retry| problems.iter().all(|p| p.retry == retry);
        let retry = if problems.len() == 1 || all(Retry::Parked) {
            first.retry
        } else if problems.iter().all(|p| is_stuck(&p)) {
            Retry::Awaited
        } else {
            Retry::Backoff
        };
        // Several fields can cause the same message.
        let mut messages: Vec<&str> = vec![];
        let mut faults: Vec<ProviderFault> = vec![];
        for problem in problems {
            if !messages.contains(&problem.message.as_str()) {
                messages.push(&problem.message);
                faults.extend(problem.faults.iter().cloned());
            }
        }
        Some(Self {
            reason: first.reason,
            message: messages.join("; "),
            retry,
            waiting_for: first.waiting_for,
            faults: at_most(faults),
            withheld: problems.iter().find_map(|problem| problem.withheld.clone()),
        })
    }
}

/// The first 20 candidates and the number of the others, so that a message stays readable.
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

/// A fault as status quotes it.
pub(crate) fn quoted(fault: &Fault) -> ProviderFault {
    // The message of an error that names several properties says what is wrong with this one.
    let texts = [Some(fault.message.as_str()), fault.reason.as_deref()];
    let texts: Vec<&str> = texts.into_iter().flatten().filter(|text| !text.is_empty()).collect();
    ProviderFault {
        code: fault.code.clone(),
        message: texts.join(": "),
        details: fault.details.clone(),
        property: fault.property.clone(),
        correlation_id: fault.correlation_id.clone(),
        help: fault.help.clone(),
    }
}

/// As many faults as status has room for; in the place of the others, one that says how many they are.
pub(crate) fn at_most(mut faults: Vec<ProviderFault>) -> Vec<ProviderFault> {
    if faults.len() > MAX_FAULTS {
        let more = faults.len() - (MAX_FAULTS - 1);
        faults.truncate(MAX_FAULTS - 1);
        let message = format!("and {more} more faults");
        faults.push(ProviderFault { message, ..ProviderFault::default() });
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use fabric_client::Refusal;

    #[test]
    fn a_new_correlation_id_alone_does_not_change_status() {
        let refused = |message: &str, id: &str| {
            let fault = Fault {
                message: message.into(),
                correlation_id: Some(id.into()),
                ..Fault::default()
            };
            let refusal = Refusal { status: 403, faults: vec![fault] };
            Problem::of("reading the line", "default", &Error::Forbidden(refusal))
        };
        let mut quoted = vec![];
        refused("no", "c-1").quote(&mut quoted);
        refused("no", "c-2").quote(&mut quoted);
        assert_eq!(quoted[0].correlation_id.as_deref(), Some("c-1"));
        assert_eq!(refused("no", "c-1").message, refused("no", "c-2").message);
        refused("never", "c-3").quote(&mut quoted);
        assert_eq!(quoted[0].correlation_id.as_deref(), Some("c-3"));
    }

    #[test]
    fn a_remedy_of_the_table_is_a_clause_of_the_message() {
        let error = Error::Gone(Refusal { status: 404, faults: vec![] });
        let problem = Problem::of("reading the connection", "default", &error);
        let remedy = "; delete the resource; create it anew to order again";
        assert!(problem.message.ends_with(remedy), "{}", problem.message);
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
                details: Some("The profile was withdrawn".into()),
                help: Some("https://docs.equinix.com".into()),
                ..Fault::default()
            }],
        });
        let problem = Problem::of("ordering the connection", "default", &error);
        assert_eq!(problem.faults[0].code.as_deref(), Some("IC-LAYER2-402"));
        assert_eq!(problem.faults[0].correlation_id.as_deref(), Some("c-1"));
        assert_eq!(problem.faults[0].details.as_deref(), Some("The profile was withdrawn"));
        assert_eq!(problem.faults[0].help.as_deref(), Some("https://docs.equinix.com"));
        let said =
            "IC-LAYER2-402: Invalid Request: The profile was withdrawn (property profileUUID)";
        assert!(problem.message.contains(said), "{}", problem.message);
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
    fn the_operator_waits_for_capacity_at_the_seller() {
        let error = Error::NoCapacity(Refusal { status: 400, faults: vec![] });
        let problem = Problem::of("ordering", "default", &error);
        assert_eq!(problem.reason, Reason::NoCapacity);
        assert_eq!(problem.waiting_for, WaitingFor::Seller);
        assert_eq!(problem.retry, Retry::After(HALF_HOUR));
    }

    #[test]
    fn faults_without_room_in_status_are_counted() {
        let fault = |n: usize| ProviderFault { message: n.to_string(), ..ProviderFault::default() };
        let of = |count| Problem {
            faults: (0..count).map(fault).collect(),
            ..Problem::stalled(Reason::InvalidSpec, count.to_string())
        };
        let all = Problem::all(&[of(6), of(7)]).unwrap().faults;
        assert_eq!((all.len(), all[7].message.as_str()), (8, "and 6 more faults"));
        assert_eq!(Problem::all(&[of(6), of(2)]).unwrap().faults.len(), 8);
    }

    #[test]
    fn several_problems_become_one() {
        let all = Problem::all(&[
            Problem::passing(Reason::ProviderUnavailable, "a"),
            Problem::stalled(Reason::PortNotFound, "b"),
            Problem::stalled(Reason::PortNotFound, "b"),
        ])
        .unwrap();
        assert_eq!((all.reason, all.message.as_str()), (Reason::PortNotFound, "a; b"));
        assert_eq!(all.retry, Retry::Backoff);
        let stuck = Problem::all(&[
            Problem::stalled(Reason::PortNotFound, "a"),
            Problem::missing(Reason::SecretNotFound, "b"),
        ]);
        assert_eq!(stuck.unwrap().retry, Retry::Awaited, "the Secret is looked for soon");
        assert!(Problem::all(&[]).is_none());
    }
}
