//! Conditions in the form that kstatus, Flux and Argo CD judge.
//!
//! `Ready` is always there. `Reconciling` and `Stalled` are there only while they are true.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};

use crate::api::{ConditionType, Reason};

/// How far a resource is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Progress {
    /// As asked for.
    Done,
    /// On its way, by itself or through somebody else.
    Working,
    /// Nothing changes until somebody acts.
    Stuck,
}

/// Sets `Ready`, `Reconciling` and `Stalled` to one story.
pub(super) fn tell(
    conditions: &mut Vec<Condition>,
    generation: Option<i64>,
    now: Timestamp,
    progress: Progress,
    reason: Reason,
    message: &str,
) {
    let mut put = |kind, holds| set(conditions, generation, now, kind, holds, reason, message);
    put(ConditionType::Ready, progress == Progress::Done);
    if progress == Progress::Working {
        put(ConditionType::Reconciling, true);
    }
    if progress == Progress::Stuck {
        put(ConditionType::Stalled, true);
    }
    if progress != Progress::Working {
        unset(conditions, ConditionType::Reconciling);
    }
    if progress != Progress::Stuck {
        unset(conditions, ConditionType::Stalled);
    }
}

/// Sets one condition; its transition time moves only when it turns.
pub(super) fn set(
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
        message: crate::domain::clean(message, 4096),
        observed_generation: generation,
        last_transition_time: since.map_or(Time(now), |c| c.last_transition_time.clone()),
    };
    match before {
        Some(n) => conditions[n] = condition,
        None => conditions.push(condition),
    }
}

/// Removes a condition.
pub(super) fn unset(conditions: &mut Vec<Condition>, kind: ConditionType) {
    let kind: &str = kind.into();
    conditions.retain(|c| c.type_ != kind);
}

/// The reason of `Ready`.
pub(super) fn ready_reason(conditions: &[Condition]) -> Option<&str> {
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
        tell(&mut it, Some(1), at(1), Progress::Working, Reason::Provisioning, "m");
        assert_eq!(kinds(&it), [("Ready", "False", 1), ("Reconciling", "True", 1)]);
        tell(&mut it, Some(1), at(2), Progress::Stuck, Reason::Rejected, "m");
        assert_eq!(kinds(&it), [("Ready", "False", 1), ("Stalled", "True", 2)]);
        tell(&mut it, Some(1), at(3), Progress::Done, Reason::InService, "m");
        assert_eq!(kinds(&it), [("Ready", "True", 3)]);
        assert_eq!(ready_reason(&it), Some("InService"));
    }
}
