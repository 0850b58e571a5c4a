//! Order, provision, cancel: the whole lifecycle of a connection on the virtual clock.

use std::time::Duration;

use serde_json::json;

use fabric_testkit::{cluster::TestCluster, manifests};

#[tokio::test(start_paused = true)]
async fn a_connection_is_ordered_watched_and_cancelled() {
    for account in ["default", "ecx"] {
        let cluster = TestCluster::start();
        cluster.apply("aws", manifests::aws_dot1q(account));
        cluster.until_reason("aws", "AwaitingApproval").await;
        let waiting = cluster.get("aws").unwrap();
        assert_eq!(waiting["status"]["phase"], "AwaitingApproval");
        assert_eq!(waiting["status"]["waitingFor"], "You");
        assert_eq!(waiting["status"]["primary"]["equinixStatus"], "PROVISIONED");
        assert_eq!(waiting["status"]["primary"]["providerStatus"], "PENDING_APPROVAL");
        assert_eq!(waiting["status"]["resolved"]["metroCode"], "SV");
        let (status, _, message) = cluster.condition("aws", "Reconciling").unwrap();
        assert_eq!(status, "True");
        assert!(message.contains("AWS Direct Connect console"), "{message}");

        cluster.until_ready("aws").await;
        let ready = cluster.get("aws").unwrap();
        assert_eq!(ready["status"]["phase"], "Ready");
        assert_eq!(ready["status"]["waitingFor"], "Nobody");
        assert_eq!(ready["status"]["observedGeneration"], ready["metadata"]["generation"]);
        assert_eq!(cluster.condition("aws", "InSync").unwrap().0, "True");
        assert!(cluster.condition("aws", "Reconciling").is_none());
        assert!(cluster.condition("aws", "Stalled").is_none());

        cluster.delete("aws").await;
        cluster
            .until("the cancellation is reported", Duration::from_secs(60), |cluster| {
                cluster.get("aws").is_some_and(|o| o["status"]["phase"] == "Deleting")
            })
            .await;
        cluster.until_gone("aws").await;
        let ledger = cluster.world.ledger();
        assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
        assert_eq!(ledger.orders[0].uuid, ledger.cancellations[0].uuid);
        assert_eq!(ready["status"]["primary"]["uuid"], json!(ledger.orders[0].uuid));
    }
}

#[tokio::test(start_paused = true)]
async fn a_settled_connection_is_left_alone_for_a_day() {
    let cluster = TestCluster::start();
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_ready("aws").await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let (version, calls) = (cluster.apiserver.resource_version(), cluster.calls());
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(cluster.apiserver.resource_version(), version, "no write in 24 hours");
    // One page a minute, twice since there are two accounts, and the tokens.
    let per_day = 2 * (24 * 60 + 30);
    assert!(cluster.calls() - calls <= per_day, "{} calls", cluster.calls() - calls);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_connections_cost_one_listing_a_round() {
    let cluster = TestCluster::start();
    for n in 0..100 {
        let mut spec = manifests::aws_dot1q("default");
        spec["name"] = json!(format!("aws-{n}"));
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
        cluster.apply(&format!("aws-{n}"), spec);
    }
    cluster
        .until("all are ready", Duration::from_secs(24 * 3600), |cluster| {
            cluster.world.accept_all();
            (0..100).all(|n| {
                cluster.condition(&format!("aws-{n}"), "Ready").is_some_and(|c| c.0 == "True")
            })
        })
        .await;
    assert_eq!(cluster.world.ledger().orders.len(), 100);
    tokio::time::sleep(Duration::from_secs(300)).await;
    let calls = cluster.calls();
    tokio::time::sleep(Duration::from_secs(3600)).await;
    // 60 rounds of one page for each of two accounts, and a token or two.
    assert!(cluster.calls() - calls <= 126, "{} calls", cluster.calls() - calls);
}

#[tokio::test(start_paused = true)]
async fn a_killed_operator_goes_on_where_it_was() {
    let mut cluster = TestCluster::start();
    cluster.apply("aws", manifests::aws_dot1q("ecx"));
    cluster.until_reason("aws", "AwaitingApproval").await;
    cluster.kill_operator().await;
    cluster.start_operator();
    cluster.until_ready("aws").await;
    cluster.delete("aws").await;
    cluster.kill_operator().await;
    cluster.start_operator();
    cluster.until_gone("aws").await;
    let ledger = cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_restart_changes_no_status() {
    let mut cluster = TestCluster::start();
    for n in 0..20 {
        let mut spec = manifests::aws_dot1q("default");
        spec["name"] = json!(format!("aws-{n}"));
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
        cluster.apply(&format!("aws-{n}"), spec);
    }
    for n in 0..20 {
        cluster.until_ready(&format!("aws-{n}")).await;
    }
    tokio::time::sleep(Duration::from_secs(60)).await;
    cluster.stop_operator().await;
    let (version, calls) = (cluster.apiserver.resource_version(), cluster.calls());
    // Secrets come late, so that the connections are passed over before their account is open.
    cluster.apiserver.stall(|r| r.resource == "secrets", Duration::from_secs(3));
    cluster.start_operator();
    tokio::time::sleep(Duration::from_secs(600)).await;
    assert_eq!(cluster.apiserver.resource_version(), version, "nothing is written");
    // Tokens, and a page a minute for each of two accounts.
    assert!(cluster.calls() - calls <= 2 * 13, "{} calls", cluster.calls() - calls);
}

#[tokio::test(start_paused = true)]
async fn a_stopping_operator_ends_its_passes() {
    let mut cluster = TestCluster::start();
    cluster.apply("aws", manifests::aws_dot1q("default"));
    cluster.until_reason("aws", "AwaitingApproval").await;
    cluster.stop_operator().await;
}

#[tokio::test(start_paused = true)]
async fn orphans_are_left_and_pauses_hold() {
    let cluster = TestCluster::start();
    let mut spec = manifests::aws_dot1q("default");
    spec["deletionPolicy"] = json!("Orphan");
    cluster.apply("aws", spec.clone());
    cluster.until_ready("aws").await;
    cluster.delete("aws").await;
    cluster.until_gone("aws").await;
    assert_eq!(cluster.world.ledger().cancellations.len(), 0);

    let mut paused = manifests::aws_qinq("default");
    paused["paused"] = json!(true);
    cluster.apply("paused", paused.clone());
    cluster
        .until("the pause is reported", Duration::from_secs(60), |cluster| {
            cluster.condition("paused", "Paused").is_some_and(|c| c.0 == "True")
        })
        .await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cluster.world.ledger().orders.len(), 1);
    // It has no connection, so nothing holds it; tests/integration/attention.rs has one that does.
    cluster.delete("paused").await;
    cluster.until_gone("paused").await;
    assert_eq!(cluster.world.ledger().orders.len(), 1);
}
