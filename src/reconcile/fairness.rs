//! Priority and fairness: which pass runs next, per account and namespace.
//!
//! The runtime's own limit knows neither priorities nor accounts: a thousand resources that fail, one
//! account whose API is slow, or one namespace that asks for hundreds at once would use it up and keep
//! other users' edits waiting. So the runtime begins every pass at once, and passes wait here for a
//! seat, where they hold nothing. What a pass does is not known here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Resource, ResourceExt};
use kube_runtime::controller::Config;
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use fabric_api::ConditionType;
use fabric_client::Priority;

use crate::reconcile::{
    Kind,
    backoff::{Backoff, Key},
    conditions::find,
};

/// How long a pass waits for a seat before it gives up its place: its object may have been edited
/// meanwhile, and the runtime brings that only when the pass ends.
const WAIT: Duration = Duration::from_secs(10);

/// The runtime's settings for a kind whose passes wait here: it sets no limit of its own.
pub(super) fn unlimited() -> Config {
    Config::default().concurrency(0)
}

/// What has seats of its own: an account, a namespace that uses it, and a priority.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct SeatKey {
    account: String,
    namespace: String,
    pub(super) priority: Priority,
}

impl SeatKey {
    /// The flow of a pass over `object`.
    pub(super) fn of<K: Kind>(object: &K, backoff: &Backoff) -> Self {
        let conditions = object.status().map(K::conditions).unwrap_or_default();
        Self {
            account: object.account().to_owned(),
            namespace: object.namespace().unwrap_or_default(),
            priority: priority(object, conditions, backoff),
        }
    }
}

/// What a user waits for goes first, then what is on its way. What rests comes last, and so does
/// what has failed already: it may do so for ever.
fn priority<K: Resource>(object: &K, conditions: &[Condition], backoff: &Backoff) -> Priority {
    let key = Key::of(object);
    let of_now = |kind: ConditionType| {
        let condition = find(conditions, kind)?;
        let current = condition.observed_generation == object.meta().generation;
        current.then(|| condition.status == "True")
    };
    match (of_now(ConditionType::Ready), of_now(ConditionType::Stalled)) {
        _ if backoff.is_failing(&key) => Priority::Background,
        (None, _) => Priority::Interactive,
        (_, Some(true)) => Priority::Background,
        (Some(true), _) if !key.deleting => Priority::Background,
        (Some(_), _) => Priority::Progressing,
    }
}

/// So many seats for each flow.
#[derive(Debug)]
pub(crate) struct Fairness {
    seats: u16,
    /// Only those of flows that have a pass.
    flows: Mutex<BTreeMap<SeatKey, Weak<Semaphore>>>,
}

impl Fairness {
    /// Gives each flow `seats`, at least one.
    pub(super) fn new(seats: u16) -> Self {
        Self { seats: seats.max(1), flows: Mutex::default() }
    }

    /// Waits for a seat, first come, first served; it is free again when the guard is dropped. `None`
    /// if that takes long.
    pub(super) async fn seat(&self, flow: SeatKey) -> Option<OwnedSemaphorePermit> {
        // The semaphores are never closed, so a permit comes or the time is over.
        timeout(WAIT, self.seats_of(flow).acquire_owned()).await.ok()?.ok()
    }

    fn seats_of(&self, flow: SeatKey) -> Arc<Semaphore> {
        let mut flows = self.flows.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(seats) = flows.get(&flow).and_then(Weak::upgrade) {
            return seats;
        }
        flows.retain(|_, seats| seats.strong_count() > 0);
        let seats = Arc::new(Semaphore::new(self.seats.into()));
        flows.insert(flow, Arc::downgrade(&seats));
        seats
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde_json::{Value, json};

    use super::*;
    use crate::reconcile::problem::Retry;

    fn flow(account: &str, namespace: &str, priority: Priority) -> SeatKey {
        SeatKey { account: account.into(), namespace: namespace.into(), priority }
    }

    #[tokio::test(start_paused = true)]
    async fn an_account_a_namespace_and_a_priority_have_their_own_seats() {
        let fairness = Fairness::new(2);
        let seat = |account: &str, namespace: &str, priority| {
            fairness.seat(flow(account, namespace, priority)).now_or_never().flatten()
        };
        let interactive =
            |account: &str, namespace: &str| seat(account, namespace, Priority::Interactive);
        let (first, second) = (interactive("a", "n"), interactive("a", "n"));
        assert!(first.is_some() && second.is_some());
        assert!(interactive("a", "n").is_none(), "both are taken");
        assert!(seat("a", "n", Priority::Background).is_some());
        assert!(interactive("a", "m").is_some());
        assert!(interactive("b", "n").is_some());
        drop(first);
        assert!(interactive("a", "n").is_some());
    }

    #[tokio::test(start_paused = true)]
    async fn no_flow_outlives_its_passes() {
        let fairness = Fairness::new(1);
        for n in 0..100 {
            let flow = flow(&n.to_string(), "", Priority::Interactive);
            assert!(fairness.seat(flow).await.is_some());
        }
        assert_eq!(fairness.flows.lock().unwrap().len(), 1);
    }

    fn priority_of(metadata: &Value, conditions: &[(&str, &str, i64)], failed: bool) -> Priority {
        let backoff = Backoff::default();
        let object: ConfigMap = serde_json::from_value(json!({"metadata": metadata})).unwrap();
        let conditions: Vec<Condition> = conditions
            .iter()
            .map(|(kind, status, generation)| {
                serde_json::from_value(json!({
                    "type": kind, "status": status, "observedGeneration": generation,
                    "reason": "R", "message": "", "lastTransitionTime": "2021-07-15T19:30:00Z",
                }))
                .unwrap()
            })
            .collect();
        if failed {
            backoff.failed(&Key::of(&object), Retry::Backoff);
        }
        priority(&object, &conditions, &backoff)
    }

    #[test]
    fn edits_first_then_what_moves_then_what_rests_or_fails() {
        let (now, before) = (2, 1);
        let live = json!({"name": "n", "uid": "u", "generation": 2});
        let deleted = json!({
            "name": "n", "uid": "u", "generation": 2, "deletionTimestamp": "2021-07-15T19:30:00Z",
        });
        let of = |conditions: &[_]| priority_of(&live, conditions, false);
        assert_eq!(of(&[]), Priority::Interactive);
        assert_eq!(of(&[("Ready", "True", before)]), Priority::Interactive);
        assert_eq!(
            of(&[("Ready", "False", before), ("Stalled", "True", before)]),
            Priority::Interactive
        );
        assert_eq!(
            of(&[("Ready", "False", now), ("Reconciling", "True", now)]),
            Priority::Progressing
        );
        assert_eq!(of(&[("Ready", "False", now), ("Stalled", "True", now)]), Priority::Background);
        assert_eq!(of(&[("Ready", "True", now)]), Priority::Background);
        let going = |conditions: &[_]| priority_of(&deleted, conditions, false);
        assert_eq!(going(&[("Ready", "True", before)]), Priority::Interactive);
        assert_eq!(going(&[("Ready", "True", now)]), Priority::Progressing);
        assert_eq!(priority_of(&live, &[], true), Priority::Background);
        assert_eq!(priority_of(&deleted, &[("Ready", "True", before)], true), Priority::Background);
    }
}
