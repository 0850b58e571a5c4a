//! Publishes Kubernetes Events: one for each new reason of a condition, and what a kind adds.
//!
//! An Event that cannot be recorded is a log line, never a failure.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Client, Resource};
use kube_runtime::events::{Event, EventType, Recorder, Reporter};

use fabric_api::{ConditionType, Reason};
use fabric_domain::clean;

use crate::reconcile::conditions::find;

/// The longest note of an Event, in characters; the API server takes 1,024 bytes.
const MAX_NOTE: usize = 900;

/// Something that users should hear of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Notice {
    pub(crate) reason: Reason,
    /// What was done, in one word.
    pub(crate) action: &'static str,
    pub(crate) note: String,
}

/// The way to the API server's Events.
pub(crate) struct Events(Recorder);

impl Events {
    pub(super) fn new(client: Client) -> Self {
        let reporter = Reporter { controller: "fabric-operator".into(), instance: None };
        Self(Recorder::new(client, reporter))
    }

    /// Publishes one Event about `object`.
    pub(super) async fn publish<K: Resource<DynamicType = ()>>(
        &self,
        object: &K,
        kind: EventType,
        notice: &Notice,
    ) {
        let reason = notice.reason.as_str();
        let event = Event {
            type_: kind,
            reason: reason.into(),
            note: Some(clean(&notice.note, MAX_NOTE)),
            action: notice.action.into(),
            secondary: None,
        };
        if let Err(error) = self.0.publish(&event, &object.object_ref(&())).await {
            tracing::warn!(%error, reason, "cannot record an event");
        }
    }
}

/// A notice of each new reason of `Ready`, `InSync` and `DataPlaneUp`. Pure.
pub(super) fn new_reasons(
    old: &[Condition],
    new: &[Condition],
    action: &'static str,
) -> Vec<Notice> {
    let mut notices = vec![];
    for of in [ConditionType::Ready, ConditionType::InSync, ConditionType::DataPlaneUp] {
        let (Some(condition), before) = (find(new, of), find(old, of)) else { continue };
        // That something new is as specified, or works, goes without saying.
        let first = of != ConditionType::Ready && before.is_none() && condition.status == "True";
        if first || before.is_some_and(|before| before.reason == condition.reason) {
            continue;
        }
        let Some(reason) = Reason::read(&condition.reason) else { continue };
        // What is said of several conditions alike is one event.
        if !notices.iter().any(|it: &Notice| it.reason == reason && it.note == condition.message) {
            notices.push(Notice { reason, action, note: condition.message.clone() });
        }
    }
    notices
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::reconcile::conditions::Conditions;

    fn conditions(of: &[(ConditionType, Reason, &str)]) -> Vec<Condition> {
        let mut list = vec![];
        for (kind, reason, message) in of {
            let mut all =
                Conditions { list: &mut list, generation: Some(1), now: Timestamp::UNIX_EPOCH };
            all.set(*kind, false, *reason, message);
        }
        list
    }

    #[test]
    fn what_is_said_of_several_conditions_alike_is_one_event() {
        use ConditionType::{DataPlaneUp, InSync, Ready};
        let (gone, late) = (Reason::SecretNotFound, Reason::Changing);
        let reasons = |of: &[(ConditionType, Reason, &str)]| {
            let notices = new_reasons(&[], &conditions(of), "Reconcile");
            notices.into_iter().map(|notice| (notice.reason, notice.note)).collect::<Vec<_>>()
        };
        let alike = [(Ready, gone, "a"), (InSync, gone, "a"), (DataPlaneUp, gone, "a")];
        assert_eq!(reasons(&alike), [(gone, "a".to_owned())]);
        let each = [(gone, "a".to_owned()), (late, "b".to_owned()), (gone, "c".to_owned())];
        let unlike = [(Ready, gone, "a"), (InSync, late, "b"), (DataPlaneUp, gone, "c")];
        assert_eq!(reasons(&unlike), each);
    }
}
