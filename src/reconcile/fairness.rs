//! Whose pass goes first: the lane of a resource, and a worker of its account and namespace.
//!
//! The runtime's own limit of passes knows neither lanes nor accounts: a thousand that fail, one
//! account whose API is slow, or one team that asks for hundreds at once would use it up and keep
//! other users' edits waiting. So the runtime begins every pass at once, and passes wait here, where
//! they hold nothing. What a pass does is not known here.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError, Weak},
    time::Duration,
};

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{Resource, ResourceExt};
use kube_runtime::{
    controller::{Action, Config},
    reflector::ObjectRef,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

use fabric_api::ConditionType;
use fabric_client::Priority;

use crate::{
    reconcile::{context::Context, gauges::Counted, memory::Memory, problem::Retry, status::Error},
    telemetry::Pass,
};

/// How long a pass waits for a worker before it looks at its object anew: it may have been edited
/// meanwhile, and the runtime brings that only when the pass ends.
const WAIT: Duration = Duration::from_secs(10);

/// The runtime's settings for a kind whose passes wait here: it sets no limit of its own.
pub(crate) fn unlimited() -> Config {
    Config::default().concurrency(0)
}

/// Makes a pass over `object` when it is its turn, and measures it; none yet if that takes long, and
/// none if the operator stops before.
pub(crate) async fn pass<K: Counted>(
    object: &K,
    account: &str,
    conditions: Option<&[Condition]>,
    context: &Context,
    pass: impl AsyncFnOnce(&mut Pass) -> Result<Action, Error>,
) -> Result<Action, Error> {
    let lane = lane(object, conditions.unwrap_or_default(), &context.memory);
    let share = (account.to_owned(), object.namespace().unwrap_or_default(), lane);
    let worker = tokio::select! {
        biased;
        () = context.stop.cancelled() => return Ok(Action::await_change()),
        worker = timeout(WAIT, context.workers.begin(share)) => worker,
    };
    let Ok(_worker) = worker else { return Ok(Action::requeue(Duration::ZERO)) };
    let mut measured = context.metrics.pass(K::KIND);
    let outcome = lane.drive(Box::pin(pass(&mut measured))).await;
    measured.ended(outcome.as_ref().map(|_| ()).map_err(|error| error.category().into()));
    outcome
}

/// When the next pass over `object` is due after one that the API server has ended.
pub(crate) fn after_failure<K: Counted>(object: &K, error: &Error, context: &Context) -> Action {
    let uid = object.uid().unwrap_or_default();
    if error.is_conflict() {
        // Somebody else wrote first. The watch brings the newer object, unless it missed that.
        context.memory.outdated(&uid);
        return Action::requeue(Duration::from_secs(1));
    }
    let key = ObjectRef::from_obj(object);
    tracing::warn!(kind = K::KIND, object = %key, %error, "pass failed");
    let generation = object.meta().generation.unwrap_or_default();
    Action::requeue(context.memory.pause(&uid, generation, Retry::Backoff))
}

/// What a user waits for goes first, then what is on its way. What rests comes last, and so does
/// what has failed already: it may do so for ever.
fn lane<K: Resource>(object: &K, conditions: &[Condition], memory: &Memory) -> Priority {
    let generation = object.meta().generation;
    let told = |kind: ConditionType| {
        let mut of_now = conditions.iter().filter(|c| c.observed_generation == generation);
        of_now.find(|c| c.type_ == kind.as_str()).map(|c| c.status == "True")
    };
    let failing = memory.is_failing(&object.uid().unwrap_or_default(), generation);
    let deleting = object.meta().deletion_timestamp.is_some();
    match (told(ConditionType::Ready), told(ConditionType::Stalled)) {
        _ if failing => Priority::Background,
        (None, _) => Priority::Interactive,
        (_, Some(true)) => Priority::Background,
        (Some(true), _) if !deleting => Priority::Background,
        (Some(_), _) => Priority::Progressing,
    }
}

/// Who has workers of its own: an account, a namespace that uses it, and a lane.
type Share = (String, String, Priority);

/// So many passes at once for each share.
#[derive(Debug)]
pub(crate) struct Workers {
    at_once: u16,
    /// Only those that somebody works or waits at.
    gates: Mutex<BTreeMap<Share, Weak<Semaphore>>>,
}

impl Workers {
    pub(crate) fn new(at_once: u16) -> Self {
        Self { at_once: at_once.max(1), gates: Mutex::default() }
    }

    /// Waits for a worker, first come, first served; it is free again when what this answers with
    /// is dropped.
    async fn begin(&self, share: Share) -> Option<OwnedSemaphorePermit> {
        // Gates are never closed, so that there is always a permit in the end.
        self.gate(share).acquire_owned().await.ok()
    }

    fn gate(&self, share: Share) -> Arc<Semaphore> {
        let mut gates = self.gates.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(gate) = gates.get(&share).and_then(Weak::upgrade) {
            return gate;
        }
        gates.retain(|_, gate| gate.strong_count() > 0);
        let gate = Arc::new(Semaphore::new(self.at_once.into()));
        gates.insert(share, Arc::downgrade(&gate));
        gate
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;
    use k8s_openapi::api::core::v1::ConfigMap;
    use serde_json::{Value, json};

    use super::*;

    #[test]
    fn an_account_a_namespace_and_a_lane_have_their_own_workers() {
        let workers = Workers::new(2);
        let begin = |account: &str, namespace: &str, lane| {
            workers.begin((account.into(), namespace.into(), lane)).now_or_never()
        };
        let (first, second) =
            (begin("a", "n", Priority::Interactive), begin("a", "n", Priority::Interactive));
        assert!(first.is_some() && second.is_some());
        assert!(begin("a", "n", Priority::Interactive).is_none(), "both are busy");
        assert!(begin("a", "n", Priority::Background).is_some());
        assert!(begin("a", "m", Priority::Interactive).is_some());
        assert!(begin("b", "n", Priority::Interactive).is_some());
        drop(first);
        assert!(begin("a", "n", Priority::Interactive).is_some());
    }

    #[test]
    fn no_gate_outlives_those_who_use_it() {
        let workers = Workers::new(1);
        for n in 0..100 {
            let share = (n.to_string(), String::new(), Priority::Interactive);
            assert!(workers.begin(share).now_or_never().is_some());
        }
        assert_eq!(workers.gates.lock().unwrap().len(), 1);
    }

    fn lane_of(metadata: &Value, conditions: &[(&str, &str, i64)], failed: bool) -> Priority {
        let memory = Memory::default();
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
            memory.pause("u", 2, Retry::Backoff);
        }
        lane(&object, &conditions, &memory)
    }

    #[test]
    fn edits_first_then_what_moves_then_what_rests_or_fails() {
        let (now, before) = (2, 1);
        let live = json!({"name": "n", "uid": "u", "generation": 2});
        let deleted = json!({
            "name": "n", "uid": "u", "generation": 2, "deletionTimestamp": "2021-07-15T19:30:00Z",
        });
        let of = |conditions: &[_]| lane_of(&live, conditions, false);
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
        let going = |conditions: &[_]| lane_of(&deleted, conditions, false);
        assert_eq!(going(&[("Ready", "True", before)]), Priority::Interactive);
        assert_eq!(going(&[("Ready", "True", now)]), Priority::Progressing);
        assert_eq!(lane_of(&live, &[], true), Priority::Background);
        assert_eq!(lane_of(&deleted, &[("Ready", "True", before)], true), Priority::Background);
    }
}
