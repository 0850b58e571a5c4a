//! Lists with a gap, from the provider to the resource: what is missing from one is not known, and
//! the resource says so and goes on by itself. Where a list ends is `crates/client/tests/lists.rs`.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{cluster::TestCluster, manifests};

const HOUR: Duration = Duration::from_secs(3600);
const LISTING: (&str, &str) = ("POST", "/fabric/v4/connections/search");

fn answer(body: Value) -> InjectedFault {
    InjectedFault::always(Effect::Answer { status: 200, retry_after: None, body })
}

async fn until_message(cluster: &TestCluster, reason: &str, words: &str) {
    cluster
        .until(&format!("it is {reason}: {words}"), HOUR, |cluster| {
            let ready = cluster.condition("it", "Ready");
            ready.is_some_and(|(_, why, message)| why == reason && message.contains(words))
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn the_first_order_goes_out_of_an_account_without_connections() {
    let cluster = TestCluster::start();
    let page = json!({"pagination": {"offset": 0, "limit": 100, "total": 0}, "data": null});
    cluster.world.inject(answer(page).on(LISTING.0, LISTING.1));
    cluster.apply("it", manifests::aws_dot1q("default"));
    cluster.until("it is ordered", HOUR, |cluster| !cluster.world.ledger().orders.is_empty()).await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_ordered_while_the_listing_has_a_gap() {
    for (page, words) in [
        (
            json!({"pagination": {"offset": 0, "limit": 100, "total": 2}, "data": []}),
            "the provider counts 2 connections and shows 0",
        ),
        (
            json!({"pagination": {"offset": 0, "limit": 100, "total": 1}, "data": [{"name": "a"}]}),
            "1 of the entries cannot be read",
        ),
    ] {
        let cluster = TestCluster::start();
        cluster.world.inject(answer(page).on(LISTING.0, LISTING.1));
        cluster.apply("it", manifests::aws_dot1q("default"));
        until_message(&cluster, "UnreadableAnswer", words).await;
        assert!(cluster.world.ledger().orders.is_empty(), "{words}");
        cluster.world.clear_faults();
        cluster.until_ready("it").await;
        assert_eq!(cluster.world.ledger().orders.len(), 1, "{words}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_port_that_a_list_with_a_gap_lacks_is_not_known_yet() {
    let cluster = TestCluster::start();
    let page = json!({"pagination": {"offset": 0, "limit": 1000, "total": 12}, "data": []});
    cluster.world.inject(answer(page).on("GET", "/fabric/v4/ports"));
    cluster.apply("it", manifests::aws_dot1q("default"));
    until_message(&cluster, "UnreadableAnswer", "list of ports could not be read whole").await;
    let stalled = cluster.condition("it", "Stalled");
    assert!(stalled.is_none_or(|(status, ..)| status != "True"), "it is tried again by itself");
    cluster.world.clear_faults();
    cluster.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn a_metro_that_a_list_with_a_gap_lacks_is_not_known_yet() {
    let cluster = TestCluster::start();
    let page = json!({"pagination": {"offset": 0, "limit": 100, "total": 12}, "data": []});
    cluster.world.inject(answer(page).on("GET", "/fabric/v4/metros"));
    cluster.apply("it", manifests::aws_dot1q("default"));
    until_message(&cluster, "UnreadableAnswer", "list of metros could not be read whole").await;
    cluster.world.clear_faults();
    cluster.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_a_list_with_a_gap_lacks_is_not_known_yet() {
    let cluster = TestCluster::start();
    let page = json!({"pagination": {"offset": 0, "limit": 100, "total": 1}, "data": [{}]});
    cluster.world.inject(answer(page).on("POST", "/fabric/v4/serviceProfiles/search"));
    let mut spec = manifests::aws_dot1q("default");
    spec["zSide"]["serviceProfile"]["name"] = json!("AWS Direct Connect");
    spec["zSide"]["serviceProfile"].as_object_mut().unwrap().remove("uuid");
    cluster.apply("it", spec);
    until_message(&cluster, "UnreadableAnswer", "spec.zSide.serviceProfile.uuid").await;
    cluster.world.clear_faults();
    cluster.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn a_key_is_not_checked_without_the_region_that_the_check_needs() {
    let cluster = TestCluster::start();
    // The metros of the spec and of the port, without their regions.
    let metros =
        json!([{"code": "SV", "name": "Silicon Valley"}, {"code": "DC", "name": "Ashburn"}]);
    cluster.world.inject(answer(metros).on("GET", "/ecx/v3/l2/common/metros"));
    cluster.apply("it", manifests::aws_dot1q("ecx"));
    until_message(&cluster, "UnreadableAnswer", "region").await;
    assert!(cluster.world.ledger().orders.is_empty());
    cluster.world.clear_faults();
    cluster.until_ready("it").await;
}

#[tokio::test(start_paused = true)]
async fn a_uuid_in_capitals_is_the_same_port_and_profile() {
    for account in ["default", "ecx"] {
        let cluster = TestCluster::start();
        let mut spec = manifests::aws_dot1q(account);
        spec["aSide"]["port"] = json!({"uuid": "7F891D3B-973E-73E0-BAE0-30AC1885197A"});
        cluster.apply("it", spec);
        cluster.until_ready("it").await;
        assert_eq!(cluster.world.ledger().orders.len(), 1, "{account}");
    }
}
