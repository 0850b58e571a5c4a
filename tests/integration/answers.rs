//! A buyer answers what a seller asks: what travels on each dialect, what is reported before an order,
//! and that no text of an answer shows.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
};

/// The profile of the simulator that asks for `ASN`, a number, and `Global`, `true` or `false`.
const IBM: &str = "5f00b000-0000-4000-8000-000000000005";
const ACCOUNTS: [&str; 2] = ["default", "ecx"];

fn to_ibm(account: &str, answers: Value) -> Value {
    json!({
        "account": account,
        "name": "JohnDoe_IBM",
        "bandwidthMbps": 50,
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": {
            "port": {"uuid": "7f891d3b-973c-73c0-bae0-30ac1885197a"},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": 774},
        },
        "zSide": {"serviceProfile": {
            "uuid": IBM, "metroCode": "SV", "authenticationKey": "123456789012",
        }},
        "answers": answers,
    })
}

fn answer(name: &str, value: &str) -> Value {
    json!({"name": name, "value": value})
}

/// The message of `Ready` once the order is blocked.
async fn blocked(cluster: &TestCluster, spec: Value) -> String {
    cluster.apply("it", spec);
    let ready = |cluster: &TestCluster| condition(&cluster.get("it")?, "Ready");
    cluster
        .until("the order is blocked", Duration::from_secs(600), |cluster| {
            ready(cluster)
                .is_some_and(|(status, reason, _)| status == "False" && reason == "InvalidSpec")
        })
        .await;
    assert_eq!(cluster.order_bodies(), [json!(null); 0]);
    ready(cluster).unwrap().2
}

#[tokio::test(start_paused = true)]
async fn answers_travel_as_each_dialect_names_them() {
    for (account, expected) in [
        ("default", json!([{"key": "ASN", "value": "64512"}, {"key": "Global", "value": "true"}])),
        ("ecx", json!([{"name": "ASN", "value": "64512"}, {"name": "Global", "value": "true"}])),
    ] {
        let cluster = TestCluster::start();
        cluster.apply(
            "it",
            to_ibm(account, json!([answer("ASN", "64512"), answer("Global", "true")])),
        );
        cluster
            .until("it is ordered", Duration::from_secs(600), |cluster| {
                !cluster.order_bodies().is_empty()
            })
            .await;
        assert_eq!(cluster.order_bodies()[0]["additionalInfo"], expected, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn all_findings_are_reported_before_an_order() {
    let wrong = json!([answer("ASN", "AS-64512"), answer("Colour", "very-red")]);
    for account in ACCOUNTS {
        let cluster = TestCluster::start();
        let message = blocked(&cluster, to_ibm(account, wrong.clone())).await;
        for finding in [
            "IBM Cloud Direct Link 2 asks for Global",
            "spec.answers[0].value: IBM Cloud Direct Link 2 takes a number as ASN",
            "spec.answers[1].name: IBM Cloud Direct Link 2 does not ask for Colour; it asks for ASN, Global",
        ] {
            assert!(message.contains(finding), "{account}: {message}");
        }
        assert!(!message.contains("64512") && !message.contains("very-red"), "{message}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_option_that_the_seller_does_not_list_is_reported_where_the_dialect_shows_options() {
    let cluster = TestCluster::start();
    let answers = json!([answer("ASN", "64512"), answer("Global", "perhaps")]);
    let message = blocked(&cluster, to_ibm("default", answers)).await;
    let finding =
        "spec.answers[1].value: IBM Cloud Direct Link 2 takes one of true, false as Global";
    assert!(message.contains(finding) && !message.contains("perhaps"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_can_come_from_a_secret_and_shows_nowhere() {
    for account in ACCOUNTS {
        let cluster = TestCluster::start();
        let from = json!({"secretKeyRef": {"name": "ibm", "key": "asn"}});
        let answers = json!([{"name": "ASN", "valueFrom": from}, answer("Global", "true")]);
        cluster.apply("it", to_ibm(account, answers));
        cluster
            .until("the Secret is missing", Duration::from_secs(600), |cluster| {
                cluster
                    .get("it")
                    .and_then(|it| condition(&it, "Ready"))
                    .is_some_and(|c| c.1 == "SecretNotFound")
            })
            .await;
        cluster.apiserver.put(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "ibm", "namespace": "network"},
            // 4206942069
            "data": {"asn": "NDIwNjk0MjA2OQ=="},
        }));
        cluster
            .until("it is ordered", Duration::from_secs(7200), |cluster| {
                !cluster.order_bodies().is_empty()
            })
            .await;
        assert_eq!(cluster.order_bodies()[0]["additionalInfo"][0]["value"], "4206942069");
        tokio::time::sleep(Duration::from_secs(300)).await;
        let shown = cluster.get("it").unwrap().to_string();
        assert!(!shown.contains("4206942069"), "{shown}");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_profile_asks_questions() {
    let cluster = TestCluster::start();
    let mut spec = manifests::token_dot1q("default");
    spec["answers"] = json!([answer("ASN", "64512")]);
    let message = blocked(&cluster, spec).await;
    assert!(message.contains("spec.answers: only a service profile asks questions"), "{message}");
}
