//! Why a resource cannot go on: errors of the provider and wrong specs, as reasons and messages.
//!
//! One place turns errors into reasons and remedies, so that all kinds word them alike. What a reason
//! means and how the operator retries is in the table of `fabric_api`; only what depends on the class
//! of an error or on the account is here. This module must not decide what to do next.

use std::{fmt::Write, time::Duration};

use fabric_api::{ProviderFault, Reason, RetryPolicy};
use fabric_client::{Class, Error, Fault, error_codes::Code};
use fabric_domain::WaitingFor;

use crate::reconcile::conditions::Progress;

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
                "Does not send these credentials again, and checks every minute whether they changed.",
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

    fn retry(&self) -> Retry {
        self.reason.retry().into()
    }

    /// The party that has to act next.
    fn waiting_for(&self) -> WaitingFor {
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

fn message(doing: &str, error: &Error, handling: &Handling) -> String {
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
