//! A buyer accepts connections at AWS.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
};

use super::{
    BUYER, SIDES, acceptance, aws_keys, aws_pair, carried_out, decide, decisions, get, market,
    ready, until_outcome, until_reason,
};

/// Waits until the connection is in service, without accepting it.
async fn until_in_service(cluster: &TestCluster) {
    cluster
        .until("the connection is in service", Duration::from_secs(3600), |cluster| {
            cluster.condition("line", "Ready").is_some_and(|c| c.0 == "True")
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn an_approval_alone_brings_an_aws_connection_into_service() {
    for side in SIDES {
        let cluster = market();
        cluster.apiserver.put(aws_keys());
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        decide(&cluster, BUYER, "accept", acceptance());
        until_outcome(&cluster, BUYER, "accept", "Approved").await;
        until_in_service(&cluster).await;
        assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (1, 1), "{side:?}");
        let object = get(&cluster, BUYER, "accept");
        let uuid = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
        let line = &object["status"]["primary"];
        assert_eq!((&line["uuid"], &line["outcome"]), (&uuid, &json!("Approved")));
        assert_eq!(line["intent"]["what"], "Approve Creation");
        assert_eq!(
            (&line["intent"]["attempt"], &line["intent"]["taken"]),
            (&json!(1), &json!(true))
        );
        assert!(line["askedSince"].is_string(), "{line}");
        assert_eq!(object["status"]["observedGeneration"], object["metadata"]["generation"]);
        assert!(object["metadata"].get("finalizers").is_none(), "nothing has to be undone");
        let (_, reason, message) = ready(&cluster, BUYER, "accept").unwrap();
        assert_eq!(reason, "Decided");
        assert!(message.contains("approved") && message.contains(uuid.as_str().unwrap()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_is_seen_in_service_without_the_next_listing() {
    for side in SIDES {
        let cluster = market();
        let mut account = cluster.apiserver.get("fabricaccounts", "", side.buyer).unwrap();
        account["spec"]["observationIntervalSeconds"] = json!(3600);
        cluster.apiserver.put(account);
        cluster.apiserver.put(aws_keys());
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        // Nothing moves any more, so the next listing is an hour away.
        tokio::time::sleep(Duration::from_secs(300)).await;
        decide(&cluster, BUYER, "accept", acceptance());
        cluster
            .until("the connection is in service", Duration::from_secs(120), |cluster| {
                cluster.condition("line", "Ready").is_some_and(|c| c.0 == "True")
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn both_lines_of_a_pair_are_accepted_each_once() {
    for side in SIDES {
        let cluster = market();
        cluster.apiserver.put(aws_keys());
        decide(&cluster, BUYER, "accept", acceptance());
        cluster.apply("line", aws_pair(side.buyer));
        until_outcome(&cluster, BUYER, "accept", "Approved").await;
        until_in_service(&cluster).await;
        let sent = decisions(&cluster);
        assert_eq!((sent.len(), carried_out(&cluster)), (2, 2), "{side:?}");
        assert_ne!(sent[0].path, sent[1].path, "one for each line");
        let status = &get(&cluster, BUYER, "accept")["status"];
        for part in ["primary", "secondary"] {
            assert_eq!(status[part]["outcome"], "Approved", "{part}: {status:#}");
            let line = &cluster.get("line").unwrap()["status"][part]["uuid"];
            assert_eq!(&status[part]["uuid"], line);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_blocked_approval_records_which_connection_it_is_about() {
    for side in SIDES {
        let cluster = market();
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        decide(&cluster, BUYER, "accept", acceptance());
        until_reason(&cluster, BUYER, "accept", "SecretNotFound").await;
        let recorded = &get(&cluster, BUYER, "accept")["status"]["primary"];
        let shown = &cluster.get("line").unwrap()["status"]["primary"];
        for field in ["uuid", "name", "equinixStatus", "providerStatus"] {
            assert!(shown[field].is_string(), "{side:?}: {shown:#}");
            assert_eq!(recorded[field], shown[field], "{side:?}: {field}");
        }
        assert!(recorded["askedSince"].is_string(), "{side:?}: {recorded:#}");
        assert_eq!(decisions(&cluster).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_waits_for_its_connection() {
    let cluster = market();
    cluster.apiserver.put(aws_keys());
    decide(&cluster, BUYER, "accept", acceptance());
    let message = until_reason(&cluster, BUYER, "accept", "ConnectionNotFound").await;
    assert!(message.contains("FabricConnection line"), "{message}");
    let mut spec = manifests::aws_dot1q("default");
    spec["paused"] = json!(true);
    cluster.apply("line", spec.clone());
    let message = until_reason(&cluster, BUYER, "accept", "NothingToDecide").await;
    assert!(message.contains("not ordered yet"), "{message}");
    assert!(condition(&get(&cluster, BUYER, "accept"), "Reconciling").is_some());
    spec["paused"] = json!(false);
    cluster.apply("line", spec);
    cluster
        .until("the line is at Equinix", Duration::from_secs(60), |cluster| {
            ready(cluster, BUYER, "accept")
                .is_some_and(|c| c.2.contains("PROVISIONING/NOT_AVAILABLE"))
        })
        .await;
    until_outcome(&cluster, BUYER, "accept", "Approved").await;
    assert_eq!(carried_out(&cluster), 1);
}

#[tokio::test(start_paused = true)]
async fn a_decision_may_name_the_line_itself() {
    for side in SIDES {
        let cluster = market();
        cluster.apiserver.put(aws_keys());
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        let uuid = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
        let mut spec = acceptance();
        spec["connection"] = json!({"uuid": uuid});
        spec["account"] = json!(side.buyer);
        decide(&cluster, BUYER, "accept", spec);
        until_outcome(&cluster, BUYER, "accept", "Approved").await;
        until_in_service(&cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn what_was_accepted_in_the_console_is_reported_as_such() {
    let cluster = market();
    cluster.apiserver.put(aws_keys());
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_ready("line").await;
    decide(&cluster, BUYER, "accept", acceptance());
    until_outcome(&cluster, BUYER, "accept", "AlreadyDecided").await;
    assert_eq!(ready(&cluster, BUYER, "accept").unwrap().1, "AlreadyDecided");
    assert_eq!(decisions(&cluster).len(), 0, "nothing is sent");
    let read = |cluster: &TestCluster| {
        cluster
            .apiserver
            .requests()
            .iter()
            .filter(|r| r.resource == "secrets" && r.name == "aws-keys")
            .count()
    };
    assert_eq!(read(&cluster), 0, "the keys are read only for a call");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_was_rejected_or_deleted_is_reported() {
    for side in SIDES {
        // AWS said no.
        let cluster = market();
        cluster.apiserver.put(aws_keys());
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        let uuid = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
        let uuid = uuid.as_str().unwrap().to_owned();
        let id = fabric_domain::ConnectionId::parse(&uuid).unwrap();
        cluster.world.reject(&id).unwrap();
        cluster.until_reason("line", "Rejected").await;
        decide(&cluster, BUYER, "accept", acceptance());
        until_outcome(&cluster, BUYER, "accept", "DecidedOtherwise").await;
        assert_eq!(decisions(&cluster).len(), 0);

        // It was deleted.
        let cluster = market();
        cluster.apiserver.put(aws_keys());
        cluster.apply("line", manifests::aws_dot1q(side.buyer));
        cluster.until_reason("line", "AwaitingApproval").await;
        cluster.delete("line").await;
        cluster.until_reason("line", "Deprovisioning").await;
        decide(&cluster, BUYER, "accept", acceptance());
        until_outcome(&cluster, BUYER, "accept", "TooLate").await;
        assert_eq!(decisions(&cluster).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_is_on_one_connection_and_not_on_its_name() {
    let cluster = market();
    decide(&cluster, BUYER, "accept", acceptance());
    cluster.apply("line", manifests::aws_dot1q("default"));
    until_reason(&cluster, BUYER, "accept", "SecretNotFound").await;
    let before = get(&cluster, BUYER, "accept")["status"]["primary"]["uuid"].clone();
    assert!(before.is_string());
    cluster.delete("line").await;
    cluster.until_gone("line").await;
    until_outcome(&cluster, BUYER, "accept", "TooLate").await;
    cluster.apiserver.put(aws_keys());
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_reason("line", "AwaitingApproval").await;
    tokio::time::sleep(Duration::from_secs(3600)).await;
    assert_eq!(cluster.condition("line", "Ready").unwrap().1, "AwaitingApproval");
    assert_eq!(decisions(&cluster).len(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_finished_decision_asks_and_writes_nothing_more() {
    let mut cluster = market();
    cluster.apiserver.put(aws_keys());
    cluster.apply("line", manifests::aws_dot1q("default"));
    decide(&cluster, BUYER, "accept", acceptance());
    until_outcome(&cluster, BUYER, "accept", "Approved").await;
    until_in_service(&cluster).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    let version = cluster.apiserver.resource_version();
    cluster.stop_operator().await;
    cluster.start_operator();
    tokio::time::sleep(Duration::from_secs(24 * 3600)).await;
    assert_eq!(cluster.apiserver.resource_version(), version, "no write in 24 hours");
    let gets = |r: &fabric_simulator::Recorded| {
        r.method == "GET" && r.path.starts_with("/fabric/v4/connections/")
    };
    let asked = cluster.world.requests().into_iter().rev().take(1000).filter(gets).count();
    assert_eq!(asked, 0, "no line is read alone");
    let events: Vec<Value> = cluster.apiserver.all("events");
    let events: Vec<&Value> =
        events.iter().filter(|e| e["regarding"]["kind"] == "ConnectionApproval").collect();
    assert!(events.iter().any(|e| e["reason"] == "Decided"), "{events:#?}");
}
