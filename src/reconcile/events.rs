//! Events: the owner of an object is told of each new reason, once.

use std::fmt::Debug;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Resource;
use kube_runtime::events::EventType;

use fabric_api::{ConditionType, Reason};

use crate::reconcile::context::Context;

/// Tells of each new reason of `Ready` and of `InSync`.
pub(crate) async fn tell<K: Resource<DynamicType = ()> + Debug>(
    object: &K,
    context: &Context,
    (old, new): (&[Condition], &[Condition]),
    action: &str,
) {
    let stalled = new.iter().any(|c| c.type_ == "Stalled");
    let kind = if stalled { EventType::Warning } else { EventType::Normal };
    for of in [ConditionType::Ready, ConditionType::InSync] {
        let find = |conditions: &[Condition]| {
            conditions.iter().find(|c| c.type_ == <&str>::from(of)).cloned()
        };
        let (Some(condition), before) = (find(new), find(old)) else { continue };
        // That something new is as specified goes without saying.
        let first = of == ConditionType::InSync && before.is_none() && condition.status == "True";
        if first || before.is_some_and(|before| before.reason == condition.reason) {
            continue;
        }
        if let Some(reason) = Reason::read(&condition.reason) {
            context.tell(object, kind, reason, action, &condition.message).await;
        }
    }
}
