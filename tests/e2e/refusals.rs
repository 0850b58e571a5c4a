//! What is wrong is told on the resource, by a real operator with its real rights, and put right it
//! goes on by itself. The many kinds of mistakes are with the in-process tests.

use futures::future::join;
use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{Tenant, condition},
};

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_port_is_told() {
    let team = Tenant::new(Installation::shared(), "no-such-port", "FabricV4").await;
    let mut spec = manifests::aws_dot1q(&team.name);
    spec["aSide"]["port"] = json!({"name": "noSuchPort"});
    team.apply("line", spec).await;
    let message = team.until_reason("line", "PortNotFound").await;
    assert!(message.contains("noSuchPort") && message.contains("spec.aSide.port"), "{message}");
    let object = team.get("line").await.unwrap();
    assert_eq!(condition(&object, "Stalled").unwrap().0, "True");
    assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
    team.delete("line").await;
    team.until_gone("line").await;
    assert_eq!(team.world.ledger().orders.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_of_an_account_is_told_on_both() {
    let team = Tenant::new(Installation::shared(), "no-secret", "FabricV4").await;
    let mut account = manifests::account("poor", "FabricV4", &team.origin);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("nothing");
    team.cluster.apply(&account).await.unwrap();
    team.apply("line", manifests::aws_dot1q("poor")).await;
    let untold = |o: &Value| condition(o, "Ready").is_some_and(|c| c.1 == "SecretNotFound");
    let told = |o: Option<&Value>| o.is_some_and(untold);
    let (account, message) = join(
        team.wait("FabricAccount", None, "poor", "SecretNotFound", told),
        team.until_reason("line", "SecretNotFound"),
    )
    .await;
    let (_, _, on_account) = condition(&account, "Ready").unwrap();
    assert!(on_account.contains("fabric-operator/nothing"), "{on_account}");
    assert!(message.contains("FabricAccount poor"), "{message}");
    assert!(message.contains("fabric-operator/nothing"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_secret_that_may_not_be_read_is_told_and_read_once_it_may() {
    let team = Tenant::new(Installation::shared(), "secretive", "FabricV4").await;
    let secret = json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": team.name},
        "stringData": {"account": "123456789012"},
    });
    team.cluster.apply(&secret).await.unwrap();
    let mut spec = manifests::aws_dot1q(&team.name);
    let profile = spec["zSide"]["serviceProfile"].as_object_mut().unwrap();
    profile.remove("authenticationKey");
    profile.insert("authenticationKeyRef".into(), json!({"name": "aws", "key": "account"}));
    team.apply("line", spec).await;
    let message = team.until_reason("line", "SecretForbidden").await;
    for word in ["secretive/aws", "fabric-operator-secret-reader"] {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }

    team.let_secrets_be_read().await;
    team.until_reason("line", "AwaitingApproval").await;
    let bodies = team.order_bodies();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(bodies[0]["zSide"]["accessPoint"]["authenticationKey"], "123456789012");
}
