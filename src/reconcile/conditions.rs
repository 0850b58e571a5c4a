//! Conditions in the form that kstatus, Flux and Argo CD judge.
//!
//! `Ready` is always there, and `Unknown` while what it is about cannot be looked at. `Reconciling` and `Stalled` are there only while they are true. What a
//! condition means is not known here.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use fabric_api::{ConditionType, Reason};
use fabric_domain::{WaitingFor, clean};

use crate::reconcile::problem::{Problem, Retry};

/// The longest message, in characters.
const MAX_MESSAGE: usize = 4096;

/// How far a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// As the spec asks.
    Done,
    /// On its way, by itself or through another party.
    Working,
    /// Nothing changes until the user or another party acts.
    Stuck,
}

impl Progress {
    /// How far a resource is that a problem is in the way of.
    pub(crate) fn after(retry: Retry) -> Self {
        match retry {
            Retry::Awaited | Retry::Parked => Self::Stuck,
            Retry::After(_) | Retry::Backoff => Self::Working,
        }
    }
}

/// The status of a condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub(crate) enum ConditionStatus {
    True,
    False,
    Unknown,
}

impl From<bool> for ConditionStatus {
    fn from(holds: bool) -> Self {
        if holds { Self::True } else { Self::False }
    }
}

/// What `Ready`, `Reconciling` and `Stalled` say together, and the columns beside them.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Summary {
    pub(crate) progress: Progress,
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) waiting_for: WaitingFor,
    /// A change of something in service that is under way, or cannot be made.
    pub(crate) open_change: Option<OpenChange>,
    /// Whether what it is about exists and cannot be looked at: nothing is known of it then.
    pub(crate) unseen: bool,
}

/// What `Reconciling` or `Stalled` says beside a `Ready` that is true.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct OpenChange {
    pub(crate) progress: Progress,
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) waiting_for: WaitingFor,
}

impl Summary {
    /// On its way, and Equinix has to do the next step.
    pub(crate) fn working(reason: Reason, message: impl Into<String>) -> Self {
        Self {
            progress: Progress::Working,
            reason,
            message: message.into(),
            waiting_for: WaitingFor::Equinix,
            open_change: None,
            unseen: false,
        }
    }

    /// A problem is in the way.
    pub(crate) fn blocked(problem: &Problem) -> Self {
        Self {
            progress: Progress::after(problem.retry),
            reason: problem.reason,
            message: problem.message.clone(),
            waiting_for: problem.waiting_for,
            open_change: None,
            unseen: false,
        }
    }

    /// A problem keeps from being looked at what exists.
    pub(crate) fn unseen(problem: &Problem) -> Self {
        Self { unseen: true, ..Self::blocked(problem) }
    }

    /// Who has to do the next step.
    pub(crate) fn waiting_for(&self) -> WaitingFor {
        self.open_change().map_or(self.waiting_for, |change| change.waiting_for)
    }

    /// What is open beside a resource that is ready.
    fn open_change(&self) -> Option<&OpenChange> {
        self.open_change.as_ref().filter(|_| self.progress == Progress::Done)
    }
}

/// The conditions of a status, as one pass changes them.
pub(crate) struct Conditions<'a> {
    pub(crate) list: &'a mut Vec<Condition>,
    /// The generation that the pass has seen.
    pub(crate) generation: Option<i64>,
    pub(crate) now: Timestamp,
}

impl Conditions<'_> {
    /// Sets `Ready`, `Reconciling` and `Stalled` to one summary.
    pub(crate) fn summarize(&mut self, summary: &Summary) {
        let Summary { progress, reason, message, .. } = summary;
        let ready = if summary.unseen {
            ConditionStatus::Unknown
        } else {
            (*progress == Progress::Done).into()
        };
        self.set(ConditionType::Ready, ready, *reason, message);
        let (progress, reason, message) = match summary.open_change() {
            Some(change) => (change.progress, change.reason, &change.message),
            None => (*progress, *reason, message),
        };
        for (kind, when) in [
            (ConditionType::Reconciling, Progress::Working),
            (ConditionType::Stalled, Progress::Stuck),
        ] {
            if progress == when {
                self.set(kind, true, reason, message);
            } else {
                self.unset(kind);
            }
        }
    }

    /// Says of a condition that there is already that nothing is known of what it is about.
    pub(crate) fn doubt(&mut self, kind: ConditionType, reason: Reason, message: &str) {
        if find(self.list, kind).is_some() {
            self.set(kind, ConditionStatus::Unknown, reason, message);
        }
    }

    /// Sets one condition; its transition time moves only when its status does.
    pub(crate) fn set(
        &mut self,
        kind: ConditionType,
        holds: impl Into<ConditionStatus>,
        reason: Reason,
        message: &str,
    ) {
        let status: &str = holds.into().into();
        let before = self.list.iter().position(|c| c.type_ == kind.as_str());
        let since = before.map(|n| &self.list[n]).filter(|c| c.status == status);
        let condition = Condition {
            type_: kind.as_str().into(),
            status: status.into(),
            reason: reason.as_str().into(),
            message: clean(message, MAX_MESSAGE),
            observed_generation: self.generation,
            last_transition_time: since.map_or(Time(self.now), |c| c.last_transition_time.clone()),
        };
        match before {
            Some(n) => self.list[n] = condition,
            None => self.list.push(condition),
        }
    }

    /// Removes a condition.
    pub(crate) fn unset(&mut self, kind: ConditionType) {
        self.list.retain(|c| c.type_ != kind.as_str());
    }
}

/// The condition of a type.
pub(crate) fn find(conditions: &[Condition], kind: ConditionType) -> Option<&Condition> {
    conditions.iter().find(|condition| condition.type_ == kind.as_str())
}

/// Whether `Ready` has one of these reasons.
pub(crate) fn is_ready_because(conditions: &[Condition], reasons: &[Reason]) -> bool {
    let ready = find(conditions, ConditionType::Ready);
    ready.is_some_and(|ready| reasons.iter().any(|reason| ready.reason == reason.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(conditions: &[Condition]) -> Vec<(&str, &str, i64)> {
        conditions
            .iter()
            .map(|c| (c.type_.as_str(), c.status.as_str(), c.last_transition_time.0.as_second()))
            .collect()
    }

    #[test]
    fn one_summary_in_three_conditions() {
        let mut list = vec![];
        let mut at = |second: i64, summary: &Summary| {
            let now = Timestamp::from_second(second).unwrap();
            Conditions { list: &mut list, generation: Some(1), now }.summarize(summary);
            kinds(&list).iter().map(|(kind, status, at)| format!("{kind} {status} {at}")).collect()
        };
        let of = |progress, reason| Summary { progress, ..Summary::working(reason, "m") };
        let seen: Vec<String> = at(1, &of(Progress::Working, Reason::Provisioning));
        assert_eq!(seen, ["Ready False 1", "Reconciling True 1"]);
        let seen: Vec<String> = at(2, &of(Progress::Stuck, Reason::Rejected));
        assert_eq!(seen, ["Ready False 1", "Stalled True 2"]);
        let done = of(Progress::Done, Reason::InService);
        let seen: Vec<String> = at(3, &done);
        assert_eq!(seen, ["Ready True 3"]);
        let open_change = Some(OpenChange {
            progress: Progress::Working,
            reason: Reason::Changing,
            message: "m".into(),
            waiting_for: WaitingFor::Seller,
        });
        let changing = Summary { open_change, ..done };
        assert_eq!(changing.waiting_for(), WaitingFor::Seller);
        for second in [4, 5] {
            let seen: Vec<String> = at(second, &changing);
            assert_eq!(seen, ["Ready True 3", "Reconciling True 4"]);
        }
        assert!(is_ready_because(&list, &[Reason::Changing, Reason::InService]));
    }
}
