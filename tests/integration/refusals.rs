//! Each error is reported with a reason of its own and a remedy, nothing is lost, and other
//! resources are not affected.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Effect, Fault};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::ORIGIN,
};

/// Applies `spec` beside a good connection: it ends with `reason` and a message that holds all
/// `words`, keeps its finalizer, orders nothing, and the good one is served.
pub async fn refused(lab: &TestCluster, spec: Value, reason: &str, words: &[&str]) {
    lab.apply("bad", spec);
    lab.apply("good", manifests::aws_qinq("default"));
    lab.until_reason("bad", reason).await;
    let (status, _, message) = lab.condition("bad", "Ready").unwrap();
    assert_eq!(status, "False");
    for word in words {
        assert!(message.contains(word), "{reason}: {word:?} is not in {message:?}");
    }
    lab.until_ready("good").await;
    let finalizers = &lab.get("bad").unwrap()["metadata"]["finalizers"];
    assert_eq!(finalizers, &json!(["fabric.equinix.com/connection"]));
    assert_eq!(lab.world.ledger().orders.len(), 1, "only the good one is ordered");
    lab.delete("bad").await;
    lab.until_gone("bad").await;
}

fn aws(change: impl FnOnce(&mut Value)) -> Value {
    let mut spec = manifests::aws_dot1q("default");
    change(&mut spec);
    spec
}

#[tokio::test(start_paused = true)]
async fn an_unknown_port() {
    let spec = aws(|s| s["aSide"]["port"] = json!({"name": "noSuchPort"}));
    refused(&TestCluster::start(), spec, "PortNotFound", &["noSuchPort", "spec.aSide.port"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_port_of_the_other_encapsulation() {
    let spec = aws(|s| {
        s["aSide"]["linkProtocol"] = json!({"type": "QINQ", "vlanSTag": 774, "vlanCTag": 775});
    });
    refused(&TestCluster::start(), spec, "InvalidSpec", &["Dot1q port", "vlanTag"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_profile() {
    let uuid = "00000000-39b0-49ea-a232-005088dc9c84";
    let spec = aws(|s| s["zSide"]["serviceProfile"]["uuid"] = json!(uuid));
    refused(&TestCluster::start(), spec, "ProfileNotFound", &[uuid, "spec.zSide.serviceProfile"])
        .await;
    let spec = aws(|s| {
        s["zSide"]["serviceProfile"] = json!({"name": "No Such Profile", "metroCode": "SV"});
    });
    refused(&TestCluster::start(), spec, "ProfileNotFound", &["No Such Profile"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_metro() {
    let spec = aws(|s| s["zSide"]["serviceProfile"]["metroCode"] = json!("XX"));
    refused(&TestCluster::start(), spec, "MetroNotFound", &["no metro XX", "SV"]).await;
}

#[tokio::test(start_paused = true)]
async fn several_mistakes_are_told_at_once() {
    let spec = aws(|s| {
        s["aSide"]["port"] = json!({"name": "noSuchPort"});
        s["zSide"]["serviceProfile"]["metroCode"] = json!("XX");
    });
    refused(&TestCluster::start(), spec, "PortNotFound", &["noSuchPort", "no metro XX"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_the_dialect_does_not_offer_is_said() {
    let mut spec = manifests::aws_dot1q("ecx");
    spec["termMonths"] = json!(12);
    refused(&TestCluster::start(), spec, "NotSupported", &["spec.termMonths", "ECX v3"]).await;
    let mut spec = manifests::token_dot1q("ecx");
    spec["zSide"] = json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f4"}});
    refused(&TestCluster::start(), spec, "NotSupported", &["serviceToken", "ECX v3"]).await;
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_or_key_of_a_connection() {
    let reference = |key: &str| json!({"name": "aws", "key": key});
    let with = |key: &str| {
        aws(|s| {
            let profile = &mut s["zSide"]["serviceProfile"];
            profile["authenticationKey"].take();
            profile["authenticationKeyRef"] = reference(key);
            let fields = profile.as_object_mut().unwrap();
            fields.remove("authenticationKey");
        })
    };
    let lab = TestCluster::start();
    refused(&lab, with("account"), "SecretNotFound", &["network/aws", "create it"]).await;

    let lab = TestCluster::start();
    lab.cluster.put(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": "network"},
        "data": {"other": "MTIzNDU2Nzg5MDEy"},
    }));
    refused(&lab, with("account"), "SecretInvalid", &["network/aws", "account"]).await;

    // Put right, it goes on by itself, and the key that is ordered is that of the Secret.
    let lab = TestCluster::start();
    lab.apply("late", with("account"));
    lab.until_reason("late", "SecretNotFound").await;
    lab.cluster.put(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": "network"},
        "data": {"account": "MTIzNDU2Nzg5MDEyCg=="},
    }));
    lab.until_ready("late").await;
    let body = &lab.order_bodies()[0];
    assert_eq!(body["zSide"]["accessPoint"]["authenticationKey"], "123456789012");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_the_account_does_not_allow() {
    let lab = TestCluster::start();
    let mut account = manifests::account("closed", "FabricV4", ORIGIN);
    account["spec"]["allowedNamespaces"] = json!({"names": ["other"]});
    lab.cluster.put(account);
    let spec = aws(|s| s["account"] = json!("closed"));
    refused(&lab, spec, "NamespaceNotAllowed", &["closed", "network", "allowedNamespaces"]).await;

    let lab = TestCluster::start();
    let mut account = manifests::account("nobody", "FabricV4", ORIGIN);
    account["spec"].as_object_mut().unwrap().remove("allowedNamespaces");
    lab.cluster.put(account);
    let spec = aws(|s| s["account"] = json!("nobody"));
    refused(&lab, spec, "NamespaceNotAllowed", &["nobody"]).await;

    let lab = TestCluster::start();
    let mut account = manifests::account("net", "FabricV4", ORIGIN);
    account["spec"]["allowedNamespaces"] = json!({"selector": {"matchLabels": {"team": "net"}}});
    lab.cluster.put(account);
    lab.apply("it", aws(|s| s["account"] = json!("net")));
    lab.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_there_or_not_usable() {
    let lab = TestCluster::start();
    let spec = aws(|s| s["account"] = json!("none"));
    refused(&lab, spec, "AccountNotFound", &["FabricAccount none", "spec.account"]).await;

    let lab = TestCluster::start();
    let mut account = manifests::account("poor", "FabricV4", ORIGIN);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("nothing");
    lab.cluster.put(account);
    let spec = aws(|s| s["account"] = json!("poor"));
    refused(&lab, spec, "SecretNotFound", &["poor", "fabric-operator/nothing"]).await;
    let account = lab.cluster.get("fabricaccounts", "", "poor").unwrap();
    assert_eq!(condition(&account, "Ready").unwrap().1, "SecretNotFound");

    let lab = TestCluster::start();
    lab.cluster.put(manifests::account("away", "FabricV4", "https://evil.example.com"));
    let spec = aws(|s| s["account"] = json!("away"));
    refused(&lab, spec, "EndpointNotAllowed", &["https://evil.example.com", "--allowed-endpoint"])
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_once_and_again_when_it_changes() {
    let mut lab = TestCluster::start();
    let token_calls = |lab: &TestCluster| {
        lab.world.requests().iter().filter(|r| r.path == "/oauth2/v1/token").count()
    };
    lab.until("accounts are ready", Duration::from_secs(60), |lab| {
        lab.cluster
            .all("fabricaccounts")
            .iter()
            .all(|a| condition(a, "Ready").is_some_and(|c| c.0 == "True"))
    })
    .await;
    let before = token_calls(&lab);
    let mut secret = manifests::secret_of("wrong");
    secret["metadata"]["name"] = json!("wrong");
    lab.cluster.put(secret);
    let mut account = manifests::account("typo", "FabricV4", ORIGIN);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("wrong");
    lab.cluster.put(account);
    lab.apply("bad", aws(|s| s["account"] = json!("typo")));
    lab.until_reason("bad", "CredentialsRejected").await;
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let account = lab.cluster.get("fabricaccounts", "", "typo").unwrap();
    let (status, reason, message) = condition(&account, "Stalled").unwrap();
    assert_eq!((status.as_str(), reason.as_str()), ("True", "CredentialsRejected"));
    assert!(message.contains("Secret of FabricAccount typo"), "{message}");
    let others = 2 * 25;
    assert!(token_calls(&lab) - before <= 1 + others, "{}", token_calls(&lab) - before);

    // A restart does not try them again either.
    let refused_tries = |lab: &TestCluster| {
        lab.world
            .requests()
            .iter()
            .filter(|r| r.path == "/oauth2/v1/token" && r.status != 200)
            .count()
    };
    assert_eq!(refused_tries(&lab), 1);
    lab.stop_operator().await;
    lab.start_operator();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(refused_tries(&lab), 1);

    let mut secret = manifests::secret();
    secret["metadata"]["name"] = json!("wrong");
    lab.cluster.put(secret);
    lab.until_ready("bad").await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_cannot_be_reached() {
    let lab = TestCluster::start();
    let down = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
    lab.until("the accounts are signed in", Duration::from_secs(60), |lab| lab.calls() >= 4).await;
    lab.world.inject(Fault::always(down));
    lab.apply("it", manifests::aws_dot1q("default"));
    lab.until_reason("it", "ProviderUnavailable").await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(lab.get("it").is_some());
    lab.world.clear_faults();
    lab.until_ready("it").await;
    assert_eq!(lab.world.ledger().orders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn connections_that_the_account_may_not_list() {
    let lab = TestCluster::start();
    // EQ-3142401 of the published v4 specification: no permission.
    let body = json!([{"errorCode": "EQ-3142401", "errorMessage": "Access denied"}]);
    let refusal = Effect::Answer { status: 403, retry_after: None, body };
    lab.world.inject(Fault::always(refusal).on("POST", "/fabric/v4/connections/search"));
    lab.apply("it", manifests::aws_dot1q("default"));
    lab.until_reason("it", "Forbidden").await;
    let (_, _, message) = lab.condition("it", "Ready").unwrap();
    assert!(message.contains("EQ-3142401") && message.contains("listing"), "{message}");
    assert!(lab.order_bodies().is_empty(), "nothing is ordered blindly");
    lab.world.clear_faults();
    lab.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn the_providers_code_message_and_property_are_kept() {
    // IC-LAYER2-AUTH-007 of the troubleshooting chapter.
    let lab = TestCluster::start();
    let body = json!([{
        "errorCode": "IC-LAYER2-AUTH-007",
        "errorMessage": "Authorization Key does not match the destination Metro. Please verify the Authorization key",
        "moreInfo": "",
        "property": "authorizationKey",
    }]);
    let refusal = Effect::Answer { status: 400, retry_after: None, body };
    lab.world.inject(Fault::once(refusal).on("POST", "/ecx/v3/l2/connections"));
    lab.apply("it", manifests::aws_dot1q("ecx"));
    lab.until_reason("it", "OrderRefused").await;
    let object = lab.get("it").unwrap();
    assert_eq!(
        object["status"]["providerFaults"],
        json!([{
            "code": "IC-LAYER2-AUTH-007",
            "message": "Authorization Key does not match the destination Metro. Please verify the Authorization key",
            "property": "authorizationKey",
        }])
    );
    assert_eq!(condition(&object, "Stalled").unwrap().0, "True");
    assert!(object["status"].get("primary").is_none(), "a definite no leaves no intent");
}

#[tokio::test(start_paused = true)]
async fn a_vlan_of_somebody_else_is_left_alone() {
    let lab = TestCluster::start();
    lab.apply("first", manifests::aws_dot1q("default"));
    lab.until_ready("first").await;
    let mut spec = manifests::aws_dot1q("default");
    spec["name"] = json!("Second");
    lab.apply("second", spec);
    lab.until_reason("second", "ConnectionExists").await;
    lab.delete("second").await;
    lab.until_gone("second").await;
    let ledger = lab.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_put_into_status_is_not_cancelled() {
    let lab = TestCluster::start();
    lab.apply("mine", manifests::aws_dot1q("default"));
    lab.apply("theirs", manifests::aws_qinq("default"));
    lab.until_ready("mine").await;
    lab.until_ready("theirs").await;
    let mut object = lab.get("mine").unwrap();
    object["status"]["primary"]["uuid"] =
        lab.get("theirs").unwrap()["status"]["primary"]["uuid"].clone();
    lab.cluster.put(object);
    lab.delete("mine").await;
    lab.until_reason("mine", "ConnectionExists").await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(lab.world.ledger().cancellations.is_empty(), "nothing is cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_not_visible_is_never_called_gone() {
    let lab = TestCluster::start();
    lab.apply("it", manifests::aws_dot1q("default"));
    lab.until_ready("it").await;
    // The credentials now belong to a user who does not see the connection.
    let nothing = json!({"pagination": {"offset": 0, "limit": 100, "total": 0}, "data": []});
    let unseen = json!([{
        "errorCode": "EQ-3142519",
        "errorMessage": "Connection does not exist or is not visible to this user",
    }]);
    let answer = |status, body| Effect::Answer { status, retry_after: None, body };
    lab.world
        .inject(Fault::always(answer(200, nothing)).on("POST", "/fabric/v4/connections/search"));
    for method in ["GET", "DELETE"] {
        let fault = Fault::always(answer(400, unseen.clone()));
        lab.world.inject(fault.on(method, "/fabric/v4/connections/*"));
    }
    lab.until_reason("it", "ConnectionNotVisible").await;
    lab.delete("it").await;
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert!(lab.get("it").is_some(), "nobody has seen it go");
    lab.world.clear_faults();
    lab.until_gone("it").await;
    let ledger = lab.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}
