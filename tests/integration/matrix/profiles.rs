//! The operations of a seller on service profiles: creating, replacing and deleting one.

use serde_json::{Value, json};

use fabric_api::ServiceProfile;
use fabric_testkit::seller::private_profile;

use super::{
    Run,
    answers::{CallKind, ExpectedOutcome},
    life::Life,
};

/// A profile that names an API integration, which v3 checks.
fn resource() -> Value {
    let mut spec = private_profile("seller");
    spec["apiAvailable"] = json!(true);
    spec["integrationId"] = json!("Direct-01");
    json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "ServiceProfile",
        "metadata": {"name": "it", "namespace": "network"},
        "spec": spec,
    })
}

/// A profile on offer, replaced, and deleted: one of each, whatever was answered.
pub async fn lifetime(run: Run) -> Life {
    let life = Life::empty().with_seller(run.dialect).await;
    run.disturb(&life);
    life.cluster.apiserver.put(resource());
    life.until_ready::<ServiceProfile>().await;
    let refused = life.until_changed::<ServiceProfile>("description").await;
    let may_be = run.answer.means(CallKind::Changing) == ExpectedOutcome::Refused;
    assert!(may_be || !refused, "{run:?}: the replacement was carried out, or may have been");
    life.until_gone::<ServiceProfile>().await;
    let sent = life.network.sent();
    for operation in ["create_profile", "replace_profile", "delete_profile"] {
        let done = sent.iter().filter(|r| r.operation == operation && r.carried_out).count();
        assert_eq!(done, 1, "{run:?}: {operation}");
    }
    life
}
