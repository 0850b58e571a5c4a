//! The rights in `deploy/base` are those that the operator uses, no fewer and no more.

use std::{collections::BTreeSet, fs, path::Path, sync::Arc, time::Duration};

use kube::{Api, api::DeleteParams};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use fabric_api::ServiceProfile;
use fabric_operator::lease::{Candidate, Election};
use fabric_simulator::Recorded;
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::virtual_clock,
    seller,
};

use crate::profiles::profile;

const HOUR: Duration = Duration::from_secs(3600);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    api_groups: Vec<String>,
    resources: Vec<String>,
    verbs: Vec<String>,
}

/// What the roles of `deploy/base` grant, as "group resource verb".
fn granted() -> BTreeSet<String> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/base/rbac.yaml");
    let documents: Vec<Value> =
        serde_saphyr::from_multiple(&fs::read_to_string(file).unwrap()).unwrap();
    let mut rights = BTreeSet::new();
    for document in documents {
        let Some(rules) = document.get("rules") else { continue };
        for rule in serde_json::from_value::<Vec<Rule>>(rules.clone()).unwrap() {
            for group in &rule.api_groups {
                for resource in &rule.resources {
                    for verb in &rule.verbs {
                        rights.insert(format!("{group} {resource} {verb}"));
                    }
                }
            }
        }
    }
    rights
}

/// Claims the Lease, renews it, and gives it up.
async fn lead(cluster: &TestCluster) {
    let candidate = Candidate {
        namespace: "fabric-operator".into(),
        lease: "fabric-operator".into(),
        identity: "it".into(),
        duration: Duration::from_secs(15),
    };
    let client = cluster.apiserver.client_as("operator");
    let term = Election::new(client, candidate, virtual_clock(), Arc::new(|_| {})).win().await;
    let done = CancellationToken::new();
    let held = tokio::spawn(term.hold(done.clone()));
    tokio::time::sleep(Duration::from_secs(60)).await;
    done.cancel();
    held.await.unwrap().unwrap();
}

/// A profile's life, and a decision on a line; the status of each is written onto the object as it is
/// by then, since a conflict makes it read.
async fn sell_and_decide(cluster: &TestCluster) {
    let conflict = |kind: &'static str, method: &'static str, path: &'static str| {
        let world = cluster.world.clone();
        let arrived = move |r: &Recorded| r.method == method && r.path.ends_with(path);
        cluster.apiserver.fail_next(
            move |r| r.is_for(kind, "status") && world.requests().iter().any(arrived),
            1,
            http::StatusCode::CONFLICT,
            "Conflict",
        );
    };
    cluster.let_in_the_seller();
    conflict("serviceprofiles", "POST", "/fabric/v4/serviceProfiles");
    cluster.apiserver.put(profile("shop", seller::private_profile("seller")));
    let shop = |cluster: &TestCluster| cluster.apiserver.get("serviceprofiles", "network", "shop");
    cluster
        .until("the profile is Ready", HOUR, |cluster| {
            condition(&shop(cluster).unwrap(), "Ready").is_some_and(|c| c.0 == "True")
        })
        .await;
    let profiles: Api<ServiceProfile> =
        Api::namespaced(cluster.apiserver.client_as("user"), "network");
    profiles.delete("shop", &DeleteParams::default()).await.unwrap();
    cluster.until("the profile is gone", HOUR, |cluster| shop(cluster).is_none()).await;

    let mut spec = manifests::aws_dot1q("default");
    spec["zSide"] = json!({"serviceProfile": {
        "uuid": "5f00b000-0000-4000-8000-000000000001", "metroCode": "SV",
    }});
    cluster.apply("line", spec);
    cluster
        .until("the seller has to decide", HOUR, |cluster| {
            cluster.get("line").unwrap()["status"]["primary"]["equinixStatus"] == "PENDING_APPROVAL"
        })
        .await;
    conflict("connectionapprovals", "POST", "/actions");
    cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
        "metadata": {"name": "no", "namespace": "network"},
        "spec": {
            "account": "seller", "decision": "Reject", "comment": "JohnDoe rejected",
            "connection": {"uuid": cluster.get("line").unwrap()["status"]["primary"]["uuid"]},
        },
    }));
    cluster
        .until("it is decided", HOUR, |cluster| {
            let decision = cluster.apiserver.get("connectionapprovals", "network", "no").unwrap();
            decision["status"]["outcome"] == "Rejected"
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn every_right_is_used_and_none_is_missing() {
    let cluster = TestCluster::start();
    lead(&cluster).await;
    // A pass whose copy has proved to be old reads a new one.
    cluster.apiserver.fail_next(
        |r| r.is_for("fabricaccounts", "status"),
        1,
        http::StatusCode::CONFLICT,
        "Conflict",
    );
    let mut account = cluster.apiserver.get("fabricaccounts", "", "default").unwrap();
    account["spec"]["grants"] =
        json!([{"namespaces": {"selector": {"matchLabels": {"team": "net"}}}, "mayAdopt": true}]);
    cluster.apiserver.put(account);
    cluster.apiserver.put(json!({
        "apiVersion": "v1", "kind": "Secret",
        "metadata": {"name": "token", "namespace": "network"},
        "data": {"token": "MjBkMzJhODAtMGQ2MS00MzMzLWJjMDMtNzA3YjU5MWFlMmY0"},
    }));
    let mut spec = manifests::token_dot1q("default");
    spec["zSide"]["serviceToken"] = json!({"secretRef": {"name": "token", "key": "token"}});
    // The id of an order is written onto the object as it is by then: a conflict makes it read.
    let world = cluster.world.clone();
    cluster.apiserver.fail_next(
        move |r| r.is_for("fabricconnections", "status") && !world.ledger().orders.is_empty(),
        1,
        http::StatusCode::CONFLICT,
        "Conflict",
    );
    cluster.apply("it", spec);
    cluster.until_ready("it").await;
    let mut wrong = manifests::aws_dot1q("default");
    wrong["aSide"]["port"] = json!({"name": "noSuchPort"});
    cluster.apply("wrong", wrong.clone());
    cluster.until_reason("wrong", "PortNotFound").await;
    // The same trouble again is a patch of the same event.
    wrong["bandwidthMbps"] = json!(100);
    cluster.apply("wrong", wrong);
    cluster.delete("wrong").await;
    cluster.delete("it").await;
    cluster.until_gone("it").await;
    sell_and_decide(&cluster).await;

    let used: BTreeSet<String> = cluster
        .apiserver
        .requests()
        .into_iter()
        .filter(|request| request.user == "operator")
        .map(|r| {
            let resource = if r.subresource.is_empty() {
                r.resource
            } else {
                format!("{}/{}", r.resource, r.subresource)
            };
            format!("{} {resource} {}", r.group, r.verb)
        })
        .collect();
    let granted = granted();
    let missing: Vec<_> = used.difference(&granted).collect();
    assert!(missing.is_empty(), "used and not granted: {missing:?}");
    // The recorder patches an event when it repeats, which one life need not bring about.
    let spare: Vec<_> =
        granted.difference(&used).filter(|r| *r != "events.k8s.io events patch").collect();
    assert!(spare.is_empty(), "granted and not used: {spare:?}");
}
