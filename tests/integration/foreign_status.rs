//! A status that the operator did not write: another client's, an older version's, or a backup's.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::Config;
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    seller::private_profile,
};

use crate::profiles::profile;

const HOUR: Duration = Duration::from_secs(3600);

/// All kinds: plural, namespace and name.
const ALL: [(&str, &str, &str); 4] = [
    ("fabricaccounts", "", "default"),
    ("fabricconnections", "network", "line"),
    ("serviceprofiles", "network", "shop"),
    ("connectionapprovals", "network", "no"),
];

fn ready(cluster: &TestCluster, (plural, namespace, name): (&str, &str, &str)) -> Option<String> {
    let object = cluster.apiserver.get(plural, namespace, name)?;
    condition(&object, "Ready").map(|(_, reason, _)| reason)
}

#[tokio::test(start_paused = true)]
async fn a_status_that_cannot_be_read_is_replaced_whatever_its_kind() {
    for status in [
        json!({"conditions": [{"type": "Stalled", "status": "True"}, {"type": "Ready"}]}),
        json!({"conditions": {"Ready": "True"}, "observedGeneration": "one", "someday": 1}),
        json!("Ready"),
    ] {
        let mut cluster = TestCluster::without_operator(Config::default());
        cluster.let_in_the_seller();
        cluster.apply("line", manifests::aws_dot1q("default"));
        cluster.apiserver.put(profile("shop", private_profile("seller")));
        cluster.apiserver.put(json!({
            "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
            "metadata": {"name": "no", "namespace": "network"},
            "spec": {
                "account": "seller", "decision": "Reject", "comment": "JohnDoe rejected",
                "connection": {"uuid": "5f00c000-0000-4000-8000-0000000000ff"},
            },
        }));
        for (plural, namespace, name) in ALL {
            let mut object = cluster.apiserver.get(plural, namespace, name).unwrap();
            object["status"] = status.clone();
            cluster.apiserver.put(object);
        }
        cluster.start_operator();
        let all_ready = |cluster: &TestCluster| {
            ALL.iter().all(|it| ready(cluster, *it).is_some_and(|reason| !reason.is_empty()))
        };
        let deadline = tokio::time::Instant::now() + HOUR;
        while !all_ready(&cluster) {
            let there = ALL.map(|(plural, ..)| cluster.apiserver.all(plural));
            assert!(tokio::time::Instant::now() < deadline, "{status}: {there:#?}");
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        // That asserts that conditions fit their reasons, too.
        cluster.until_ready("line").await;
        assert_eq!(cluster.order_bodies().len(), 1, "{status}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_condition_that_another_manager_owns_is_removed_with_its_cause() {
    let cluster = TestCluster::start();
    let mut line = manifests::connection("line", manifests::aws_dot1q("default"));
    line["status"] = json!({"conditions": [{
        "type": "Stalled", "status": "True", "reason": "PortNotFound", "message": "no such port",
        "lastTransitionTime": "2021-07-15T19:30:00Z",
    }]});
    cluster.apiserver.put(line);
    cluster.until_ready("line").await;
    assert_eq!(cluster.condition("line", "Stalled"), None);
}

#[tokio::test(start_paused = true)]
async fn a_status_that_is_edited_while_the_resource_is_left_alone_is_put_right_soon() {
    let cluster = TestCluster::start();
    let mut spec = manifests::aws_dot1q("default");
    spec["aSide"]["port"] = json!({"name": "noSuchPort"});
    cluster.apply("line", spec);
    cluster.until_reason("line", "PortNotFound").await;
    tokio::time::sleep(Duration::from_secs(60)).await;
    for emptied in [json!({}), Value::Null] {
        let mut line = cluster.get("line").unwrap();
        line["status"] = emptied;
        cluster.apiserver.put(line);
        tokio::time::sleep(Duration::from_secs(70)).await;
        let ready = cluster.condition("line", "Ready").expect("it is written again");
        assert_eq!(ready.1, "PortNotFound");
    }
}

/// The status of a newer operator, with fields that this one does not know: it passes over them, and writes.
#[tokio::test(start_paused = true)]
async fn fields_that_only_a_newer_version_knows_outlive_the_writes_of_this_one() {
    let mut cluster = TestCluster::start();
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_ready("line").await;
    cluster.stop_operator().await;
    let mut line = cluster.get("line").unwrap();
    line["status"]["someday"] = json!({"a": [1]});
    line["status"]["primary"]["someday"] = json!("b");
    line["status"]["primary"]["order"]["someday"] = json!(3);
    line["spec"]["name"] = json!("Renamed");
    cluster.apiserver.put(line);
    cluster.start_operator();
    cluster
        .until("the name is changed", 24 * HOUR, |cluster| {
            cluster.get("line").unwrap()["status"]["primary"]["name"] == "Renamed"
        })
        .await;
    cluster.until_ready("line").await;
    let status = &cluster.get("line").unwrap()["status"];
    assert_eq!(status["someday"], json!({"a": [1]}), "{status:#}");
    assert_eq!(status["primary"]["someday"], "b", "{status:#}");
    assert_eq!(status["primary"]["order"]["someday"], 3, "{status:#}");
}
