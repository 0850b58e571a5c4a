//! What draws attention to a resource or asks the operator for it: a phase that takes too long, a pause,
//! and a user who wants a look now.

use std::time::Duration;

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use fabric_api::RECONCILE_AT;
use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{cluster::TestCluster, manifests};

const HOUR: Duration = Duration::from_secs(3600);
const MINUTE: Duration = Duration::from_secs(60);

fn reasons(cluster: &TestCluster) -> Vec<String> {
    let events = cluster.apiserver.all("events");
    events.iter().map(|event| event["reason"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_waits_longer_than_usual_says_so_once() {
    let cluster = TestCluster::start();
    // The ports cannot be read, so the order waits, and nothing stalls.
    let fails = Effect::Answer {
        status: 503,
        retry_after: None,
        body: json!([{"errorCode": "EQ-0", "errorMessage": "maintenance"}]),
    };
    cluster.world.inject(InjectedFault::always(fails).on("GET", "/fabric/v4/ports"));
    cluster.apply("aws", manifests::aws_dot1q("default"));
    tokio::time::sleep(23 * HOUR).await;
    let takes_long = |cluster: &TestCluster| {
        reasons(cluster).iter().filter(|reason| *reason == "TakesLong").count()
    };
    assert_eq!(takes_long(&cluster), 0, "a day is usual");
    assert!(cluster.condition("aws", "Stalled").is_none());
    tokio::time::sleep(4 * HOUR).await;
    assert_eq!(takes_long(&cluster), 1);
    assert!(cluster.get("aws").unwrap()["status"]["overdueSince"].is_string());
    tokio::time::sleep(24 * HOUR).await;
    assert_eq!(takes_long(&cluster), 1, "once");
    cluster.world.clear_faults();
    cluster.until_ready("aws").await;
    assert!(cluster.get("aws").unwrap()["status"]["overdueSince"].is_null());
}

fn paused() -> Value {
    let mut spec = manifests::aws_dot1q("default");
    spec["paused"] = json!(true);
    spec
}

#[tokio::test(start_paused = true)]
async fn a_resource_that_is_paused_from_birth_says_so_and_can_be_deleted() {
    let cluster = TestCluster::start();
    cluster.apply("aws", paused());
    cluster.until_reason("aws", "Paused").await;
    let status = cluster.get("aws").unwrap()["status"].clone();
    assert_eq!((&status["phase"], &status["waitingFor"]), (&json!("Pending"), &json!("You")));
    assert_eq!(cluster.condition("aws", "Paused").unwrap().0, "True");
    cluster.delete("aws").await;
    cluster.until_gone("aws").await;
    assert!(cluster.world.ledger().orders.is_empty());
}

async fn pause(cluster: &TestCluster, paused: bool) {
    let patch = Patch::Merge(json!({"spec": {"paused": paused}}));
    cluster.connections().patch("aws", &PatchParams::default(), &patch).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_paused_resource_with_a_connection_stays_when_it_is_deleted() {
    let cluster = TestCluster::start();
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_ready("aws").await;
    pause(&cluster, true).await;
    cluster.delete("aws").await;
    tokio::time::sleep(3 * HOUR).await;
    assert!(cluster.get("aws").is_some());
    assert!(cluster.world.ledger().cancellations.is_empty());
    pause(&cluster, false).await;
    cluster.until_gone("aws").await;
    assert_eq!(cluster.world.ledger().cancellations.len(), 1);
}

async fn ask_for_a_look(cluster: &TestCluster, at: &str) {
    let patch = Patch::Merge(json!({"metadata": {"annotations": {RECONCILE_AT: at}}}));
    cluster.connections().patch("aws", &PatchParams::default(), &patch).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_user_can_ask_for_a_look_now() {
    let cluster = TestCluster::start();
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_ready("aws").await;
    tokio::time::sleep(HOUR).await;
    assert!(cluster.get("aws").unwrap()["status"]["lastHandledReconcileAt"].is_null());
    let calls = cluster.calls();
    ask_for_a_look(&cluster, "now").await;
    cluster
        .until("the look is answered", 10 * Duration::from_secs(1), |cluster| {
            cluster.get("aws").unwrap()["status"]["lastHandledReconcileAt"] == "now"
        })
        .await;
    assert!(cluster.calls() > calls, "the provider was asked");
}

#[tokio::test(start_paused = true)]
async fn a_look_ends_the_pause_that_a_failure_earned() {
    let cluster = TestCluster::start();
    let mut wrong = manifests::aws_dot1q("default");
    wrong["aSide"]["port"] = json!({"name": "noSuchPort"});
    cluster.apply("aws", wrong);
    cluster.until_reason("aws", "PortNotFound").await;
    tokio::time::sleep(MINUTE).await;
    ask_for_a_look(&cluster, "2026-01-01T00:00:00Z").await;
    cluster
        .until("the look is answered", 10 * Duration::from_secs(1), |cluster| {
            cluster.get("aws").unwrap()["status"]["lastHandledReconcileAt"]
                == "2026-01-01T00:00:00Z"
        })
        .await;
}
