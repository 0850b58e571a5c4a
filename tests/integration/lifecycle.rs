//! Order, provision, cancel: the whole lifecycle of a connection on the virtual clock.

use std::time::Duration;

use serde_json::json;

use fabric_testkit::{cluster::TestCluster, manifests};

#[tokio::test(start_paused = true)]
async fn a_connection_is_ordered_watched_and_cancelled() {
    for account in ["default", "ecx"] {
        let lab = TestCluster::start();
        lab.apply("aws", manifests::aws_dot1q(account));
        lab.until_reason("aws", "AwaitingApproval").await;
        let waiting = lab.get("aws").unwrap();
        assert_eq!(waiting["status"]["phase"], "AwaitingApproval");
        assert_eq!(waiting["status"]["waitingFor"], "You");
        assert_eq!(waiting["status"]["primary"]["equinixStatus"], "PROVISIONED");
        assert_eq!(waiting["status"]["primary"]["providerStatus"], "PENDING_APPROVAL");
        assert_eq!(waiting["status"]["resolved"]["metroCode"], "SV");
        let (status, _, message) = lab.condition("aws", "Reconciling").unwrap();
        assert_eq!(status, "True");
        assert!(message.contains("AWS Direct Connect console"), "{message}");

        lab.until_ready("aws").await;
        let ready = lab.get("aws").unwrap();
        assert_eq!(ready["status"]["phase"], "Ready");
        assert_eq!(ready["status"]["waitingFor"], "Nobody");
        assert_eq!(ready["status"]["observedGeneration"], ready["metadata"]["generation"]);
        assert_eq!(lab.condition("aws", "InSync").unwrap().0, "True");
        assert!(lab.condition("aws", "Reconciling").is_none());
        assert!(lab.condition("aws", "Stalled").is_none());

        lab.delete("aws").await;
        lab.until("the cancellation is told", Duration::from_secs(60), |lab| {
            lab.get("aws").is_some_and(|o| o["status"]["phase"] == "Deleting")
        })
        .await;
        lab.until_gone("aws").await;
        let ledger = lab.world.ledger();
        assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
        assert_eq!(ledger.orders[0].uuid, ledger.cancellations[0].uuid);
        assert_eq!(ready["status"]["primary"]["uuid"], json!(ledger.orders[0].uuid));
    }
}

#[tokio::test(start_paused = true)]
async fn a_settled_connection_is_left_alone_for_a_day() {
    let lab = TestCluster::start();
    lab.apply("aws", manifests::aws_dot1q("default"));
    lab.until_ready("aws").await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (version, calls) = (lab.cluster.resource_version(), lab.calls());
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(lab.cluster.resource_version(), version, "no write in 24 hours");
    // One page a minute, twice since there are two accounts, and the tokens.
    let per_day = 2 * (24 * 60 + 30);
    assert!(lab.calls() - calls <= per_day, "{} calls", lab.calls() - calls);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_connections_cost_one_listing_a_round() {
    let lab = TestCluster::start();
    for n in 0..100 {
        let mut spec = manifests::aws_dot1q("default");
        spec["name"] = json!(format!("aws-{n}"));
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
        lab.apply(&format!("aws-{n}"), spec);
    }
    lab.until("all are ready", Duration::from_secs(24 * 3600), |lab| {
        lab.world.accept_all();
        (0..100).all(|n| lab.condition(&format!("aws-{n}"), "Ready").is_some_and(|c| c.0 == "True"))
    })
    .await;
    assert_eq!(lab.world.ledger().orders.len(), 100);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let calls = lab.calls();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    // 60 rounds of one page for each of two accounts, and a token or two.
    assert!(lab.calls() - calls <= 126, "{} calls", lab.calls() - calls);
}

#[tokio::test(start_paused = true)]
async fn a_killed_operator_goes_on_where_it_was() {
    let mut lab = TestCluster::start();
    lab.apply("aws", manifests::aws_dot1q("ecx"));
    lab.until_reason("aws", "AwaitingApproval").await;
    lab.kill_operator().await;
    lab.start_operator();
    lab.until_ready("aws").await;
    lab.delete("aws").await;
    lab.kill_operator().await;
    lab.start_operator();
    lab.until_gone("aws").await;
    let ledger = lab.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_restart_changes_no_status() {
    let mut lab = TestCluster::start();
    for n in 0..20 {
        let mut spec = manifests::aws_dot1q("default");
        spec["name"] = json!(format!("aws-{n}"));
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
        lab.apply(&format!("aws-{n}"), spec);
    }
    for n in 0..20 {
        lab.until_ready(&format!("aws-{n}")).await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    lab.stop_operator().await;
    let (version, calls) = (lab.cluster.resource_version(), lab.calls());
    // Secrets come late, so that the connections are passed over before their account is open.
    lab.cluster.stall(|r| r.resource == "secrets", Duration::from_secs(3));
    lab.start_operator();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(lab.cluster.resource_version(), version, "nothing is written");
    // Tokens, and a page a minute for each of two accounts.
    assert!(lab.calls() - calls <= 2 * 13, "{} calls", lab.calls() - calls);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_operator_ends_its_passes() {
    let mut lab = TestCluster::start();
    lab.apply("aws", manifests::aws_dot1q("default"));
    lab.until_reason("aws", "AwaitingApproval").await;
    lab.stop_operator().await;
}

#[tokio::test(start_paused = true)]
async fn orphans_are_left_and_pauses_hold() {
    let lab = TestCluster::start();
    let mut spec = manifests::aws_dot1q("default");
    spec["deletionPolicy"] = json!("Orphan");
    lab.apply("aws", spec.clone());
    lab.until_ready("aws").await;
    lab.delete("aws").await;
    lab.until_gone("aws").await;
    assert_eq!(lab.world.ledger().cancellations.len(), 0);

    let mut paused = manifests::aws_qinq("default");
    paused["paused"] = json!(true);
    lab.apply("paused", paused.clone());
    lab.until("the pause is told", Duration::from_secs(60), |lab| {
        lab.condition("paused", "Paused").is_some_and(|c| c.0 == "True")
    })
    .await;
    lab.delete("paused").await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert!(lab.get("paused").is_some(), "a paused resource keeps its finalizer");
    assert_eq!(lab.world.ledger().orders.len(), 1);
}
