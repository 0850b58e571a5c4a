//! Errors that the operator reports on the resource, with its real rights; once the user corrects
//! the cause, it continues by itself. The in-process tests cover the many kinds of errors.

use futures::future::join;
use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{Tenant, condition},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_port_is_reported() {
    let tenant = Tenant::new(Installation::shared(), "no-such-port", "FabricV4").await;
    let mut spec = manifests::aws_dot1q(&tenant.name);
    spec["aSide"]["port"] = json!({"name": "noSuchPort"});
    tenant.apply("line", spec).await;
    let message = tenant.until_reason("line", "PortNotFound").await;
    assert!(message.contains("noSuchPort") && message.contains("spec.aSide.port"), "{message}");
    let object = tenant.get("line").await.unwrap();
    assert_eq!(condition(&object, "Stalled").unwrap().0, "True");
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    tenant.delete("line").await;
    tenant.until_gone("line").await;
    assert_eq!(tenant.world.ledger().orders.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_of_an_account_is_reported_on_both() {
    let tenant = Tenant::new(Installation::shared(), "no-secret", "FabricV4").await;
    let mut account = manifests::account("poor", "FabricV4", &tenant.origin);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("nothing");
    tenant.cluster.apply(&account).await.unwrap();
    tenant.apply("line", manifests::aws_dot1q("poor")).await;
    let is_missing = |o: &Value| condition(o, "Ready").is_some_and(|c| c.1 == "SecretNotFound");
    let reported = |o: Option<&Value>| o.is_some_and(is_missing);
    let (account, message) = join(
        tenant.wait("FabricAccount", None, "poor", "SecretNotFound", reported),
        tenant.until_reason("line", "SecretNotFound"),
    )
    .await;
    let (_, _, on_account) = condition(&account, "Ready").unwrap();
    assert!(on_account.contains("fabric-operator/nothing"), "{on_account}");
    assert!(message.contains("FabricAccount poor"), "{message}");
    assert!(!message.contains("nothing"), "the Secret is the administrator's: {message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_may_not_be_read_is_reported_and_read_once_it_may() {
    let tenant = Tenant::new(Installation::shared(), "secretive", "FabricV4").await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": tenant.name},
        "stringData": {"account": "123456789012"},
    });
    tenant.cluster.apply(&secret).await.unwrap();
    let mut spec = manifests::aws_dot1q(&tenant.name);
    let profile = spec["zSide"]["serviceProfile"].as_object_mut().unwrap();
    profile.remove("authenticationKey");
    profile.insert("authenticationKeyRef".into(), json!({"name": "aws", "key": "account"}));
    tenant.apply("line", spec).await;
    let message = tenant.until_reason("line", "SecretForbidden").await;
    for word in ["secretive/aws", "fabric-operator-secret-reader"] {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }

    tenant.let_secrets_be_read().await;
    tenant.until_reason("line", "AwaitingApproval").await;
    let bodies = tenant.order_bodies();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(bodies[0]["zSide"]["accessPoint"]["authenticationKey"], "123456789012");
}
