//! Priority and fairness: which reconcile runs first when workers are scarce.

use std::time::Duration;

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use fabric_simulator::{Config, Effect, InjectedFault};
use fabric_testkit::{cluster::TestCluster, manifests};

fn slow_profile(tag: u16) -> String {
    format!("00000000-0000-4000-8000-fffffffff{tag}")
}

/// A line on a tag of its own.
fn to_aws(account: &str, tag: u16) -> Value {
    let mut spec = manifests::aws_dot1q(account);
    spec["name"] = json!(format!("line-{tag}"));
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(tag);
    spec
}

/// One with a profile of its own, which the provider fails to show after twenty seconds.
fn to_a_slow_profile(tag: u16) -> Value {
    let mut spec = to_aws("default", tag);
    spec["zSide"]["serviceProfile"]["uuid"] = json!(slow_profile(tag));
    spec
}

/// One worker for each lane, and a dozen resources that keep that of the last lane busy.
async fn crowd() -> TestCluster {
    let mut cluster = TestCluster::without_operator(Config::default());
    cluster.settings.concurrency = 1;
    // Its listings show that the provider is there.
    cluster.apply("resting", to_aws("default", 200));
    for tag in 100..112 {
        let path = format!("/fabric/v4/serviceProfiles/{}", slow_profile(tag));
        let busy = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        for effect in [busy, Effect::Latency(Duration::from_secs(20))] {
            cluster.world.inject(InjectedFault::always(effect).on("GET", &path));
        }
        cluster.apply(&format!("failing-{tag}"), to_a_slow_profile(tag));
    }
    cluster.start_operator();
    sleep(Duration::from_secs(900)).await;
    cluster
}

async fn until_ordered(cluster: &TestCluster, within: Duration) {
    let began = Instant::now();
    while cluster.world.ledger().orders.len() < 2 {
        assert!(began.elapsed() < within, "not ordered within {within:?}");
        sleep(Duration::from_millis(500)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_new_resource_does_not_wait_for_those_that_fail() {
    let cluster = crowd().await;
    cluster.apply("good", to_aws("default", 300));
    until_ordered(&cluster, Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn another_account_does_not_wait_either() {
    let cluster = crowd().await;
    cluster.apply("good", to_aws("ecx", 300));
    until_ordered(&cluster, Duration::from_secs(5)).await;
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_its_turn_and_is_edited_goes_first() {
    // One of them may be at work just then, and asks three times before it gives up.
    for tag in 100..112 {
        let (cluster, name) = (crowd().await, format!("failing-{tag}"));
        let good = manifests::aws_dot1q("default")["zSide"].clone();
        let patch = Patch::Merge(json!({"spec": {"zSide": good}}));
        cluster.connections().patch(&name, &PatchParams::default(), &patch).await.unwrap();
        until_ordered(&cluster, Duration::from_secs(75)).await;
    }
}
