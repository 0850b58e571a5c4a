//! Each response is lost in a run of its own: all end alike, with one order.

use std::time::Duration;

use serde_json::Value;

use fabric_simulator::Config;
use fabric_testkit::{apiserver::Loss, cluster::TestCluster, manifests};

/// The response that is lost: the n-th of the provider, or the n-th of the API server to any client.
#[derive(Debug, Clone, Copy)]
enum Lost {
    Provider(u32),
    Apiserver(usize, Loss),
}

/// One life with one lost reply; answers with how many requests there were to lose.
async fn live(spec: &Value, lost: Option<Lost>) -> (usize, usize) {
    let lines = if spec.get("secondary").is_some() { 2 } else { 1 };
    let mut cluster = TestCluster::without_operator(Config::default());
    cluster.apply("aws", spec.clone());
    match lost {
        Some(Lost::Provider(n)) => cluster.world.lose_reply_of(n),
        Some(Lost::Apiserver(n, how)) => cluster.apiserver.lose_reply(n, how),
        None => {}
    }
    cluster.start_operator();
    cluster.until_ready("aws").await;
    // The reply that is lost may be this one; the deletion is made all the same.
    let _ = cluster.connections().delete("aws", &kube::api::DeleteParams::default()).await;
    cluster.until_gone("aws").await;
    let ledger = cluster.world.ledger();
    assert_eq!(ledger.orders.len(), lines, "orders with {lost:?} of {spec}");
    // A cancellation whose reply was lost may be sent again, and then finds the line going.
    assert_eq!(ledger.cancellations.len(), lines, "cancellations with {lost:?} of {spec}");
    (cluster.calls(), cluster.apiserver.requests().iter().filter(|r| r.verb != "watch").count())
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_order() {
    for account in ["default", "ecx"] {
        every_reply(&manifests::aws_dot1q(account)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_pair() {
    for account in ["default", "ecx"] {
        every_reply(&manifests::azure_pair(account)).await;
    }
}

async fn every_reply(spec: &Value) {
    let (calls, requests) = live(spec, None).await;
    for n in 1..=u32::try_from(calls).unwrap() {
        live(spec, Some(Lost::Provider(n))).await;
    }
    for n in 0..requests {
        live(spec, Some(Lost::Apiserver(n, Loss::Reset))).await;
        live(spec, Some(Lost::Apiserver(n, Loss::Internal))).await;
    }
    println!("{calls} provider replies and {requests} apiserver replies lost");
}

#[tokio::test(start_paused = true)]
async fn a_lost_order_is_reported_and_found() {
    use fabric_simulator::{Effect, InjectedFault};
    let cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_reason("aws", "OrderUnknown").await;
    let (_, _, message) = cluster.condition("aws", "Ready").unwrap();
    assert!(message.contains("JohnDoe_AWS_Dot1q") && message.contains("looked for"), "{message}");
    cluster.until_reason("aws", "AwaitingApproval").await;
    assert_eq!(cluster.world.ledger().orders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lost_order_is_found_though_the_account_opens_late() {
    use fabric_simulator::{Effect, InjectedFault};
    let mut cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_reason("aws", "OrderUnknown").await;
    cluster.kill_operator().await;
    cluster.apiserver.stall(|r| r.resource == "secrets", Duration::from_secs(1));
    cluster.start_operator();
    cluster
        .until("the line is found", Duration::from_secs(60), |cluster| {
            cluster.get("aws").unwrap()["status"]["primary"]["uuid"].is_string()
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_line_that_another_resource_holds_is_not_taken_for_the_lost_one() {
    use fabric_simulator::{Effect, InjectedFault};
    // Two resources ask for the same name, port and tag at once. One is served; the other is
    // refused, and its refusal is lost on the way. On v4, the mark of the one that is served says at
    // once that it is not the other's; on v3, only time does.
    for (account, path, at_first) in [
        ("default", "/fabric/v4/connections", "ConnectionExists"),
        ("ecx", "/ecx/v3/l2/connections", "OrderUnknown"),
    ] {
        let mut cluster = TestCluster::without_operator(Config::default());
        let fault = InjectedFault::once(Effect::LoseReply).on("POST", path);
        cluster.world.inject(fault.from_number(2));
        cluster.apply("one", manifests::aws_dot1q(account));
        cluster.apply("two", manifests::aws_dot1q(account));
        cluster.start_operator();
        cluster
            .until("both have asked", Duration::from_secs(60), |cluster| {
                cluster.order_bodies().len() == 2
            })
            .await;
        let holds = |cluster: &TestCluster, name: &str| {
            cluster.get(name).is_some_and(|o| o["status"]["primary"]["uuid"].is_string())
        };
        tokio::time::sleep(Duration::from_secs(60)).await;
        let (winner, loser) = if holds(&cluster, "one") { ("one", "two") } else { ("two", "one") };
        assert!(
            holds(&cluster, winner) && !holds(&cluster, loser),
            "one line belongs to one resource"
        );
        assert_eq!(cluster.condition(loser, "Ready").unwrap().1, at_first);
        cluster.until_reason(loser, "ConnectionExists").await;
        cluster.delete(loser).await;
        cluster.until_gone(loser).await;
        cluster.until_ready(winner).await;
        let ledger = cluster.world.ledger();
        assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_never_arrived_is_sent_again_after_proof() {
    use fabric_simulator::{Effect, InjectedFault};
    let cluster = TestCluster::start();
    let refused = Effect::Answer { status: 503, retry_after: None, body: serde_json::Value::Null };
    cluster.world.inject(InjectedFault::once(refused).on("POST", "/fabric/v4/connections"));
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_reason("aws", "OrderUnknown").await;
    tokio::time::sleep(Duration::from_secs(14 * 60)).await;
    assert_eq!(cluster.order_bodies().len(), 1, "nothing is sent again before the settle time");
    cluster.until_ready("aws").await;
    assert_eq!(cluster.world.ledger().orders.len(), 1);
    assert_eq!(cluster.get("aws").unwrap()["status"]["primary"]["order"]["attempt"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_resource_deleted_while_its_order_is_unknown_leaves_nothing() {
    use fabric_simulator::{Effect, InjectedFault};
    let cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_reason("aws", "OrderUnknown").await;
    cluster.delete("aws").await;
    cluster.until_gone("aws").await;
    let ledger = cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_listed_and_cannot_be_read_alone_is_not_asked_for_again_and_again() {
    use fabric_simulator::{Effect, InjectedFault};
    let cluster = TestCluster::start();
    let unknown = Effect::Answer { status: 404, retry_after: None, body: serde_json::Value::Null };
    let line = "/fabric/v4/connections/5f00c000-0000-4000-8000-000000000002";
    cluster.world.inject(InjectedFault::always(unknown).on("GET", line));
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_reason("aws", "ConnectionNotVisible").await;
    tokio::time::sleep(Duration::from_secs(600)).await;
    let alone =
        cluster.world.requests().iter().filter(|r| r.method == "GET" && r.path == line).count();
    assert!((1..=60).contains(&alone), "asked {alone} times in ten minutes");
    assert_eq!(cluster.world.ledger().orders.len(), 1);
}
