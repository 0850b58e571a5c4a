//! Each error is reported with a reason of its own and a remedy, nothing is lost, and other
//! resources are not affected.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::ORIGIN,
};

/// Applies `spec` beside a good connection: it ends with `reason` and a message that holds all
/// `words`, keeps its finalizer, orders nothing, and the good one is served. Its deletion is let go.
pub async fn refused(cluster: &TestCluster, spec: Value, reason: &str, words: &[&str]) {
    is_refused(cluster, spec, reason, words).await;
    cluster.delete("bad").await;
    cluster.until_gone("bad").await;
}

/// As [`refused`], by an account that is there and cannot be used: status may have been lost, and no
/// listing shows whether there is a connection, so the deletion waits and names the way out.
async fn refused_by_the_account(cluster: &TestCluster, spec: Value, reason: &str, words: &[&str]) {
    let mut orphaned = spec.clone();
    orphaned["deletionPolicy"] = json!("Orphan");
    is_refused(cluster, spec, reason, words).await;
    cluster.delete("bad").await;
    let offers_orphan = |cluster: &TestCluster| {
        let (_, _, message) = cluster.condition("bad", "Ready").unwrap();
        message.contains("spec.deletionPolicy to Orphan")
    };
    cluster.until("the way out is named", Duration::from_secs(300), offers_orphan).await;
    cluster.apply("bad", orphaned);
    cluster.until_gone("bad").await;
}

async fn is_refused(cluster: &TestCluster, spec: Value, reason: &str, words: &[&str]) {
    cluster.apply("bad", spec);
    cluster.apply("good", manifests::aws_qinq("default"));
    cluster.until_reason("bad", reason).await;
    let (status, _, message) = cluster.condition("bad", "Ready").unwrap();
    assert_eq!(status, "False");
    for word in words {
        assert!(message.contains(word), "{reason}: {word:?} is not in {message:?}");
    }
    cluster.until_ready("good").await;
    let finalizers = &cluster.get("bad").unwrap()["metadata"]["finalizers"];
    assert_eq!(finalizers, &json!(["fabric.equinix.com/connection"]));
    assert_eq!(cluster.world.ledger().orders.len(), 1, "only the good one is ordered");
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

/// Without a C-tag, too, the message has one remedy: the tags that the port carries.
#[tokio::test(start_paused = true)]
async fn a_port_of_the_other_encapsulation_has_one_remedy() {
    let cluster = TestCluster::start();
    let spec = aws(|s| s["aSide"]["linkProtocol"] = json!({"type": "QINQ", "vlanSTag": 774}));
    cluster.apply("bad", spec);
    cluster.until_reason("bad", "InvalidSpec").await;
    let (_, _, message) = cluster.condition("bad", "Ready").unwrap();
    assert!(message.contains("type DOT1Q with vlanTag"), "{message}");
    assert!(!message.contains("vlanCTag"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn a_c_tag_that_the_destination_needs() {
    let mut spec = manifests::aws_qinq("default");
    spec["aSide"]["linkProtocol"] = json!({"type": "QINQ", "vlanSTag": 780});
    let words = ["spec.aSide.linkProtocol.vlanCTag is needed", "this destination"];
    refused(&TestCluster::start(), spec, "InvalidSpec", &words).await;
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
async fn several_mistakes_are_reported_at_once() {
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
    let cluster = TestCluster::start();
    refused(
        &cluster,
        with("account"),
        "SecretNotFound",
        &["network/aws", "create it", "authenticationKeyRef", "10 minutes"],
    )
    .await;

    let cluster = TestCluster::start();
    cluster.apiserver.put(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": "network"},
        "data": {"other": "MTIzNDU2Nzg5MDEy"},
    }));
    refused(
        &cluster,
        with("account"),
        "SecretInvalid",
        &[
            "network/aws",
            "lacks the key account; add it to the Secret",
            "authenticationKeyRef",
            "10 minutes",
        ],
    )
    .await;

    // Put right, it goes on by itself, and the key that is ordered is that of the Secret.
    let cluster = TestCluster::start();
    cluster.apply("late", with("account"));
    cluster.until_reason("late", "SecretNotFound").await;
    cluster.apiserver.put(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": "network"},
        "data": {"account": "MTIzNDU2Nzg5MDEyCg=="},
    }));
    cluster.until_ready("late").await;
    let body = &cluster.order_bodies()[0];
    assert_eq!(body["zSide"]["accessPoint"]["authenticationKey"], "123456789012");
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_the_account_does_not_allow() {
    let cluster = TestCluster::start();
    let mut account = manifests::account("closed", "FabricV4", ORIGIN);
    account["spec"]["grants"] = json!([{"namespaces": {"names": ["other"]}, "mayAdopt": true}]);
    cluster.apiserver.put(account);
    let spec = aws(|s| s["account"] = json!("closed"));
    refused(&cluster, spec, "NamespaceNotAllowed", &["closed", "network", "spec.grants"]).await;

    let cluster = TestCluster::start();
    let mut account = manifests::account("nobody", "FabricV4", ORIGIN);
    account["spec"].as_object_mut().unwrap().remove("grants");
    cluster.apiserver.put(account);
    let spec = aws(|s| s["account"] = json!("nobody"));
    refused(&cluster, spec, "NamespaceNotAllowed", &["nobody"]).await;

    let cluster = TestCluster::start();
    let mut account = manifests::account("net", "FabricV4", ORIGIN);
    account["spec"]["grants"] =
        json!([{"namespaces": {"selector": {"matchLabels": {"team": "net"}}}, "mayAdopt": true}]);
    cluster.apiserver.put(account);
    cluster.apply("it", aws(|s| s["account"] = json!("net")));
    cluster.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn an_account_that_is_not_there_or_not_usable() {
    let cluster = TestCluster::start();
    let spec = aws(|s| s["account"] = json!("none"));
    refused(
        &cluster,
        spec,
        "AccountNotFound",
        &["FabricAccount none", "spec.account", "administrator"],
    )
    .await;

    let cluster = TestCluster::start();
    let mut account = manifests::account("poor", "FabricV4", ORIGIN);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("nothing");
    cluster.apiserver.put(account);
    let spec = aws(|s| s["account"] = json!("poor"));
    let words = ["FabricAccount poor", "ask its administrator", "its status"];
    refused_by_the_account(&cluster, spec, "SecretNotFound", &words).await;
    let account = cluster.apiserver.get("fabricaccounts", "", "poor").unwrap();
    let (_, reason, message) = condition(&account, "Ready").unwrap();
    assert_eq!(reason, "SecretNotFound");
    for word in ["fabric-operator/nothing", "spec.credentials.secretRef", "a minute"] {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }

    let cluster = TestCluster::start();
    cluster.apiserver.put(manifests::account("away", "FabricV4", "https://evil.example.com"));
    let spec = aws(|s| s["account"] = json!("away"));
    refused_by_the_account(
        &cluster,
        spec,
        "EndpointNotAllowed",
        &["FabricAccount away", "ask its administrator"],
    )
    .await;
    let account = cluster.apiserver.get("fabricaccounts", "", "away").unwrap();
    let (_, _, message) = condition(&account, "Ready").unwrap();
    for word in ["https://evil.example.com", "--allowed-endpoint"] {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wrong_password_is_tried_once_and_again_when_it_changes() {
    let mut cluster = TestCluster::start();
    let token_calls = |cluster: &TestCluster| {
        cluster.world.requests().iter().filter(|r| r.path == "/oauth2/v1/token").count()
    };
    cluster
        .until("accounts are ready", Duration::from_secs(60), |cluster| {
            cluster
                .apiserver
                .all("fabricaccounts")
                .iter()
                .all(|a| condition(a, "Ready").is_some_and(|c| c.0 == "True"))
        })
        .await;
    let before = token_calls(&cluster);
    let mut secret = manifests::secret_of("wrong");
    secret["metadata"]["name"] = json!("wrong");
    cluster.apiserver.put(secret);
    let mut account = manifests::account("typo", "FabricV4", ORIGIN);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("wrong");
    cluster.apiserver.put(account);
    cluster.apply("bad", aws(|s| s["account"] = json!("typo")));
    cluster.until_reason("bad", "CredentialsRejected").await;
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let account = cluster.apiserver.get("fabricaccounts", "", "typo").unwrap();
    let (status, reason, message) = condition(&account, "Stalled").unwrap();
    assert_eq!((status.as_str(), reason.as_str()), ("True", "CredentialsRejected"));
    assert!(message.contains("Secret of FabricAccount typo"), "{message}");
    let others = 2 * 25;
    assert!(token_calls(&cluster) - before <= 1 + others, "{}", token_calls(&cluster) - before);

    // A restart does not try them again either.
    let refused_tries = |cluster: &TestCluster| {
        cluster
            .world
            .requests()
            .iter()
            .filter(|r| r.path == "/oauth2/v1/token" && r.status != 200)
            .count()
    };
    assert_eq!(refused_tries(&cluster), 1);
    cluster.stop_operator().await;
    cluster.start_operator();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(refused_tries(&cluster), 1);

    let mut secret = manifests::secret();
    secret["metadata"]["name"] = json!("wrong");
    cluster.apiserver.put(secret);
    cluster.until_ready("bad").await;
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_cannot_be_reached() {
    let cluster = TestCluster::start();
    let down = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
    cluster
        .until("the accounts are signed in", Duration::from_secs(60), |cluster| {
            cluster.calls() >= 4
        })
        .await;
    cluster.world.inject(InjectedFault::always(down));
    cluster.apply("it", manifests::aws_dot1q("default"));
    cluster.until_reason("it", "ProviderUnavailable").await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(cluster.get("it").is_some());
    cluster.world.clear_faults();
    cluster.until_ready("it").await;
    assert_eq!(cluster.world.ledger().orders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn connections_that_the_account_may_not_list() {
    let cluster = TestCluster::start();
    // EQ-3142401 of the published v4 specification: no permission.
    let body = json!([{"errorCode": "EQ-3142401", "errorMessage": "Access denied"}]);
    let refusal = Effect::Answer { status: 403, retry_after: None, body };
    cluster
        .world
        .inject(InjectedFault::always(refusal).on("POST", "/fabric/v4/connections/search"));
    cluster.apply("it", manifests::aws_dot1q("default"));
    cluster.until_reason("it", "Forbidden").await;
    let (_, _, message) = cluster.condition("it", "Ready").unwrap();
    assert!(message.contains("EQ-3142401") && message.contains("listing"), "{message}");
    assert!(cluster.order_bodies().is_empty(), "nothing is ordered blindly");
    cluster.world.clear_faults();
    cluster.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn the_providers_code_message_and_property_are_kept() {
    // IC-LAYER2-AUTH-007 of the troubleshooting chapter.
    let cluster = TestCluster::start();
    let body = json!([{
        "errorCode": "IC-LAYER2-AUTH-007",
        "errorMessage": "Authorization Key does not match the destination Metro. Please verify the Authorization key",
        "moreInfo": "",
        "property": "authorizationKey",
    }]);
    let refusal = Effect::Answer { status: 400, retry_after: None, body };
    cluster.world.inject(InjectedFault::once(refusal).on("POST", "/ecx/v3/l2/connections"));
    cluster.apply("it", manifests::aws_dot1q("ecx"));
    cluster.until_reason("it", "OrderRefused").await;
    let object = cluster.get("it").unwrap();
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
async fn a_vlan_of_another_connection_is_left_alone() {
    let cluster = TestCluster::start();
    cluster.apply("first", manifests::aws_dot1q("default"));
    cluster.until_ready("first").await;
    let mut spec = manifests::aws_dot1q("default");
    spec["name"] = json!("Second");
    cluster.apply("second", spec);
    cluster.until_reason("second", "ConnectionExists").await;
    let (_, _, message) = cluster.condition("second", "Ready").unwrap();
    assert!(message.contains("spec.adopt"), "{message}");
    cluster.delete("second").await;
    cluster.until_gone("second").await;
    let ledger = cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 0));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_was_put_into_status_is_not_cancelled() {
    let cluster = TestCluster::start();
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.apply("theirs", manifests::aws_qinq("default"));
    cluster.until_ready("mine").await;
    cluster.until_ready("theirs").await;
    let mut object = cluster.get("mine").unwrap();
    object["status"]["primary"]["uuid"] =
        cluster.get("theirs").unwrap()["status"]["primary"]["uuid"].clone();
    cluster.apiserver.put(object);
    cluster.delete("mine").await;
    cluster.until_reason("mine", "ConnectionExists").await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(cluster.world.ledger().cancellations.is_empty(), "nothing is cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_not_visible_is_never_called_gone() {
    let cluster = TestCluster::start();
    cluster.apply("it", manifests::aws_dot1q("default"));
    cluster.until_ready("it").await;
    // The credentials now belong to a user who does not see the connection.
    let nothing = json!({"pagination": {"offset": 0, "limit": 100, "total": 0}, "data": []});
    let unseen = json!([{
        "errorCode": "EQ-3142519",
        "errorMessage": "Connection does not exist or is not visible to this user",
    }]);
    let answer = |status, body| Effect::Answer { status, retry_after: None, body };
    cluster.world.inject(
        InjectedFault::always(answer(200, nothing)).on("POST", "/fabric/v4/connections/search"),
    );
    for method in ["GET", "DELETE"] {
        let fault = InjectedFault::always(answer(400, unseen.clone()));
        cluster.world.inject(fault.on(method, "/fabric/v4/connections/*"));
    }
    for kind in ["Ready", "InSync", "DataPlaneUp"] {
        assert_eq!(cluster.condition("it", kind).unwrap().0, "True", "{kind}");
    }
    cluster.until_reason("it", "ConnectionNotVisible").await;
    for kind in ["Ready", "InSync", "DataPlaneUp"] {
        let (status, reason, _) = cluster.condition("it", kind).unwrap();
        assert_eq!((&*status, &*reason), ("Unknown", "ConnectionNotVisible"), "{kind}");
    }
    let it = cluster.get("it").unwrap()["status"].clone();
    assert_eq!(it["phase"], "Unknown");
    assert!(it["primary"]["lastSeen"].is_string(), "{it:#}");
    cluster.delete("it").await;
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    let it = cluster.get("it").expect("it was not seen to go");
    assert_eq!(it["status"]["phase"], "Deleting");
    cluster.world.clear_faults();
    cluster.until_gone("it").await;
    let ledger = cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}
