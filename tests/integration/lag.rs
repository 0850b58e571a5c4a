//! Right after an answer of the provider's own, its "not found" is lag: no alarm, until the time that
//! is usual for it has passed.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
};

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// The reads of a dialect that answer "not found".
fn hidden(path: &str) -> InjectedFault {
    let unknown = Effect::Answer { status: 404, retry_after: None, body: Value::Null };
    InjectedFault::always(unknown).on("GET", path)
}

/// A connection of `account` that the provider has just accepted and does not show.
async fn fresh(account: &str, path: &str) -> TestCluster {
    let cluster = TestCluster::start();
    cluster.world.inject(hidden(path));
    cluster.world.inject(InjectedFault::always(Effect::IndexLag(DAY)));
    cluster.apply("aws", manifests::aws_dot1q(account));
    cluster
        .until("the order is accepted", 5 * MINUTE, |cluster| {
            cluster.get("aws").is_some_and(|aws| aws["status"]["primary"]["uuid"].is_string())
        })
        .await;
    cluster
}

/// The accounts, and the reads of the first connection that the simulator makes for each.
const READS: [(&str, &str); 2] = [
    ("default", "/fabric/v4/connections/5f00c000-0000-4000-8000-000000000002"),
    ("ecx", "/ecx/v3/l2/connections/5f00c000-0000-4000-8000-000000000002"),
];

/// The reasons of the Events of type Warning.
fn warnings(cluster: &TestCluster) -> Vec<String> {
    let events = cluster.apiserver.all("events");
    let warns = events.iter().filter(|event| event["type"] == "Warning");
    warns.map(|event| event["reason"].as_str().unwrap_or_default().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_fresh_order_that_is_not_found_is_reconciling_and_then_says_so() {
    for (account, path) in READS {
        let cluster = fresh(account, path).await;
        tokio::time::sleep(8 * MINUTE).await;
        let (status, reason, message) = cluster.condition("aws", "Reconciling").unwrap();
        assert_eq!((status.as_str(), reason.as_str()), ("True", "Ordering"), "{account}");
        assert!(message.contains("does not show it yet"), "{message}");
        assert!(cluster.condition("aws", "Stalled").is_none(), "{account}");
        assert_eq!(warnings(&cluster), [""; 0], "{account}");
        cluster.until_reason("aws", "ConnectionNotVisible").await;
        assert!(cluster.condition("aws", "Stalled").is_some(), "{account}");
        assert_eq!(warnings(&cluster), ["ConnectionNotVisible"], "{account}");
        cluster.world.clear_faults();
        cluster.until_ready("aws").await;
        assert_eq!(cluster.world.ledger().orders.len(), 1, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_order_that_shows_in_time_never_warned() {
    for (account, path) in READS {
        let cluster = fresh(account, path).await;
        tokio::time::sleep(4 * MINUTE).await;
        cluster.world.clear_faults();
        cluster.until_ready("aws").await;
        assert_eq!(warnings(&cluster), [""; 0], "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_fresh_order_that_is_deleted_waits_until_it_shows_and_is_cancelled_once() {
    let (account, path) = READS[0];
    let cluster = fresh(account, path).await;
    let cancel =
        InjectedFault::always(Effect::Answer { status: 404, retry_after: None, body: Value::Null });
    cluster.world.inject(cancel.on("DELETE", path));
    cluster.delete("aws").await;
    tokio::time::sleep(4 * MINUTE).await;
    let aws = cluster.get("aws").unwrap();
    assert!(condition(&aws, "Stalled").is_none(), "{aws}");
    assert_eq!(warnings(&cluster), [""; 0]);
    cluster.world.clear_faults();
    cluster.until_gone("aws").await;
    let ledger = cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_decision_on_a_fresh_order_waits_for_it() {
    let (account, path) = READS[0];
    let cluster = fresh(account, path).await;
    cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
        "metadata": {"name": "accept", "namespace": "network"},
        "spec": {
            "connection": {"name": "aws"}, "decision": "Approve",
            "awsCredentialsRef": {"name": "aws-keys"},
        },
    }));
    tokio::time::sleep(5 * MINUTE).await;
    let accept = cluster.apiserver.all("connectionapprovals").pop().unwrap();
    assert!(condition(&accept, "Stalled").is_none(), "{accept}");
    let (_, reason, message) = condition(&accept, "Reconciling").unwrap();
    assert_eq!(reason, "NothingToDecide", "{message}");
    assert!(message.contains("does not show it yet"), "{message}");
}
