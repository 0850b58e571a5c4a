//! Conditions in the form that kstatus, Flux and Argo CD judge.
//!
//! `Ready` is always there. `Reconciling` and `Stalled` are there only while they are true.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use fabric_api::{ConditionType, Reason};
use fabric_domain::WaitingFor;

/// How far a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// As asked for.
    Done,
    /// On its way, by itself or through somebody else.
    Working,
    /// Nothing changes until somebody acts.
    Stuck,
}

/// What a condition says.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Told<'a> {
    pub(crate) reason: Reason,
    pub(crate) message: &'a str,
}

/// A condition beside `Ready`: something in service that is being changed, or cannot be.
#[derive(Debug, Clone)]
pub(crate) struct Beside {
    pub(crate) kind: ConditionType,
    pub(crate) reason: Reason,
    pub(crate) message: String,
    pub(crate) waiting_for: WaitingFor,
}

/// Sets `Ready`, `Reconciling` and `Stalled` to one story; or, once that is done, what is still
/// told beside it.
pub(crate) fn tell_with(
    conditions: &mut Vec<Condition>,
    generation: Option<i64>,
    now: Timestamp,
    (progress, told): (Progress, Told<'_>),
    beside: Option<&Beside>,
) {
    match (progress, beside) {
        (Progress::Done, Some(Beside { kind, reason, message, .. })) => {
            let open = Some((*kind, Told { reason: *reason, message }));
            tell_apart(conditions, generation, now, (true, told), open);
        }
        (Progress::Done, None) | (Progress::Working | Progress::Stuck, _) => {
            tell(conditions, generation, now, progress, told);
        }
    }
}

/// Sets `Ready`, `Reconciling` and `Stalled` to one story.
pub(crate) fn tell(
    conditions: &mut Vec<Condition>,
    generation: Option<i64>,
    now: Timestamp,
    progress: Progress,
    told: Told<'_>,
) {
    let open = match progress {
        Progress::Done => None,
        Progress::Working => Some((ConditionType::Reconciling, told)),
        Progress::Stuck => Some((ConditionType::Stalled, told)),
    };
    tell_apart(conditions, generation, now, (progress == Progress::Done, told), open);
}

/// Sets `Ready` to one story, and `Reconciling` or `Stalled` to another.
fn tell_apart(
    conditions: &mut Vec<Condition>,
    generation: Option<i64>,
    now: Timestamp,
    (ready, told): (bool, Told<'_>),
    open: Option<(ConditionType, Told<'_>)>,
) {
    let mut put = |kind, holds, told: Told<'_>| {
        set(conditions, generation, now, kind, holds, told.reason, told.message);
    };
    put(ConditionType::Ready, ready, told);
    if let Some((kind, told)) = open {
        put(kind, true, told);
    }
    for kind in [ConditionType::Reconciling, ConditionType::Stalled] {
        if open.is_none_or(|(open, _)| open != kind) {
            unset(conditions, kind);
        }
    }
}

/// Sets one condition; its transition time moves only when it turns.
pub(crate) fn set(
    conditions: &mut Vec<Condition>,
    generation: Option<i64>,
    now: Timestamp,
    kind: ConditionType,
    holds: bool,
    reason: Reason,
    message: &str,
) {
    let kind: &str = kind.into();
    let status = if holds { "True" } else { "False" };
    let before = conditions.iter().position(|c| c.type_ == kind);
    let since = before.map(|n| &conditions[n]).filter(|c| c.status == status);
    let condition = Condition {
        type_: kind.into(),
        status: status.into(),
        reason: reason.as_str().into(),
        message: fabric_domain::clean(message, 4096),
        observed_generation: generation,
        last_transition_time: since.map_or(Time(now), |c| c.last_transition_time.clone()),
    };
    match before {
        Some(n) => conditions[n] = condition,
        None => conditions.push(condition),
    }
}

/// Removes a condition.
pub(crate) fn unset(conditions: &mut Vec<Condition>, kind: ConditionType) {
    let kind: &str = kind.into();
    conditions.retain(|c| c.type_ != kind);
}

/// The reason of `Ready`.
pub(crate) fn ready_reason(conditions: &[Condition]) -> Option<&str> {
    conditions.iter().find(|c| c.type_ == "Ready").map(|c| c.reason.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn kinds(conditions: &[Condition]) -> Vec<(&str, &str, i64)> {
        conditions
            .iter()
            .map(|c| (c.type_.as_str(), c.status.as_str(), c.last_transition_time.0.as_second()))
            .collect()
    }

    #[test]
    fn one_story_in_three_conditions() {
        let mut it = vec![];
        let told = |reason| Told { reason, message: "m" };
        tell(&mut it, Some(1), at(1), Progress::Working, told(Reason::Provisioning));
        assert_eq!(kinds(&it), [("Ready", "False", 1), ("Reconciling", "True", 1)]);
        tell(&mut it, Some(1), at(2), Progress::Stuck, told(Reason::Rejected));
        assert_eq!(kinds(&it), [("Ready", "False", 1), ("Stalled", "True", 2)]);
        tell(&mut it, Some(1), at(3), Progress::Done, told(Reason::InService));
        assert_eq!(kinds(&it), [("Ready", "True", 3)]);
        let open = Some((ConditionType::Reconciling, told(Reason::Changing)));
        for second in [4, 5] {
            tell_apart(&mut it, Some(1), at(second), (true, told(Reason::InService)), open);
            assert_eq!(kinds(&it), [("Ready", "True", 3), ("Reconciling", "True", 4)]);
        }
        assert_eq!(ready_reason(&it), Some("InService"));
    }
}
