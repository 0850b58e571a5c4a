//! A key in clear moves to a Secret after the order: the operator accepts the same key and reports another one.

use std::time::Duration;

use base64::{Engine, engine::general_purpose::STANDARD};
use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use fabric_testkit::{cluster::TestCluster, manifests};

const KEY: &str = "123456789012";
const DAY: Duration = Duration::from_secs(24 * 3600);

fn put_key(cluster: &TestCluster, key: &str) {
    cluster.apiserver.put(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "aws", "namespace": "network"},
        "data": {"account": STANDARD.encode(key)},
    }));
}

async fn edit(cluster: &TestCluster, spec: Value) {
    let patch = Patch::Merge(json!({"spec": spec}));
    cluster.connections().patch("line", &PatchParams::default(), &patch).await.unwrap();
}

/// From clear text to the Secret.
fn moved() -> Value {
    json!({
        "authenticationKey": null,
        "authenticationKeyRef": {"name": "aws", "key": "account"},
    })
}

async fn until_in_sync(cluster: &TestCluster, status: &str, reason: &str) -> String {
    cluster
        .until(&format!("InSync is {status}, {reason}"), DAY, |cluster| {
            let line = cluster.get("line").unwrap();
            let is_seen = line["status"]["observedGeneration"] == line["metadata"]["generation"];
            let in_sync = cluster.condition("line", "InSync");
            is_seen && in_sync.is_some_and(|c| c.0 == status && c.1 == reason)
        })
        .await;
    cluster.condition("line", "InSync").unwrap().2
}

/// A line in service whose key stands in its spec.
async fn in_service(spec: Value) -> TestCluster {
    let cluster = TestCluster::start();
    cluster.apply("line", spec);
    cluster.until_ready("line").await;
    cluster
}

fn orders_and_cancellations(cluster: &TestCluster) -> (usize, usize) {
    let ledger = cluster.world.ledger();
    (ledger.orders.len(), ledger.cancellations.len())
}

#[tokio::test(start_paused = true)]
async fn the_same_key_can_move_to_a_secret_and_another_one_is_reported() {
    for account in ["default", "ecx"] {
        let cluster = in_service(manifests::aws_dot1q(account)).await;
        put_key(&cluster, KEY);
        edit(&cluster, json!({"zSide": {"serviceProfile": moved()}})).await;
        until_in_sync(&cluster, "True", "AsSpecified").await;

        put_key(&cluster, "210987654321");
        let message = until_in_sync(&cluster, "False", "KeyDiffers").await;
        assert!(message.contains("Secret aws"), "{message}");
        assert!(!message.contains("210987654321"), "{message}");
        assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True", "it keeps its key");

        put_key(&cluster, KEY);
        until_in_sync(&cluster, "True", "AsSpecified").await;
        assert_eq!(orders_and_cancellations(&cluster), (1, 0), "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_secret_of_a_moved_key_is_reported() {
    let cluster = in_service(manifests::aws_dot1q("default")).await;
    edit(&cluster, json!({"zSide": {"serviceProfile": moved()}})).await;
    until_in_sync(&cluster, "False", "SecretNotFound").await;
    put_key(&cluster, KEY);
    until_in_sync(&cluster, "True", "AsSpecified").await;
    assert_eq!(orders_and_cancellations(&cluster), (1, 0));
}

/// A short key, such as the number of an account, must not be found from what status keeps.
#[tokio::test(start_paused = true)]
async fn status_keeps_too_little_of_a_key_to_find_it() {
    let cluster = in_service(manifests::aws_dot1q("default")).await;
    let line = cluster.get("line").unwrap();
    let kept = line["status"]["primary"]["order"]["keyHash"].as_str().unwrap().to_owned();
    assert_eq!(kept.len(), 8, "more than 32 bits tell keys of twelve digits apart");
    let other = in_service(manifests::aws_dot1q("default")).await;
    other.apply("second", {
        let mut spec = manifests::aws_dot1q("default");
        spec["name"] = json!("Second");
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(99);
        spec
    });
    other.until_ready("second").await;
    let second = other.get("second").unwrap();
    assert_ne!(
        second["status"]["primary"]["order"]["keyHash"],
        json!(kept),
        "the same key, salted"
    );
}
