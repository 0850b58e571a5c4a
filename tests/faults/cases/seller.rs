//! The operator is killed at each call that it makes for a seller: for a service profile, and for
//! the decision on an incoming connection.

use kube::{
    Api,
    api::{DeleteParams, Patch, PatchParams},
};
use serde_json::{Value, json};

use fabric_testkit::{
    cluster::{TestCluster, condition},
    seller,
};

use super::{Case, Kind};
use crate::run::{ACCOUNT, Dialect, Run, ready};

pub fn cases() -> Vec<Case> {
    vec![
        Case {
            id: "EP",
            what: "dies before and after each call for a service profile",
            kind: Kind::Each(|t| Box::pin(life_of_a_profile(t))),
        },
        Case {
            id: "ED",
            what: "dies before and after each call for a seller's decision",
            kind: Kind::Each(|t| Box::pin(decision(t))),
        },
    ]
}

/// The seller's account that speaks the dialect of the run.
fn account(t: &Run) -> &'static str {
    match t.dialect {
        Dialect::V4 => "seller",
        Dialect::V3 => "seller-ecx",
    }
}

/// How often the provider has carried out a call of `method` whose path ends so.
fn carried_out(cluster: &TestCluster, method: &str, fits: impl Fn(&str) -> bool) -> usize {
    let requests = cluster.world.requests();
    let fits = |path: &str| fits(&path.to_lowercase());
    requests.iter().filter(|r| r.method == method && fits(&r.path) && r.status < 300).count()
}

/// Created once, changed, deleted once.
async fn life_of_a_profile(t: &mut Run) {
    t.alone();
    t.cluster.let_in_the_seller();
    t.cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ServiceProfile",
        "metadata": {"name": "it", "namespace": "network"},
        "spec": seller::private_profile(account(t)),
    }));
    t.start();
    let get = |cluster: &TestCluster| cluster.apiserver.get("serviceprofiles", "network", "it");
    let is = |cluster: &TestCluster, kind: &str, speeds: &Value| {
        get(cluster).is_some_and(|object| {
            object["status"]["observedGeneration"] == object["metadata"]["generation"]
                && object["spec"]["speedBandsMbps"] == *speeds
                && condition(&object, kind).is_some_and(|c| c.0 == "True")
        })
    };
    t.until("the profile is ready", |cluster| is(cluster, "Ready", &json!([50, 200, 500, 1000])))
        .await;
    let api: Api<fabric_api::ServiceProfile> =
        Api::namespaced(t.cluster.apiserver.client_as("user"), "network");
    let edit = Patch::Merge(json!({"spec": {"speedBandsMbps": [50, 200]}}));
    api.patch("it", &PatchParams::default(), &edit).await.unwrap();
    t.until("the profile is as edited", |cluster| is(cluster, "InSync", &json!([50, 200]))).await;
    let profile = get(&t.cluster).unwrap()["status"]["uuid"].as_str().unwrap().to_owned();
    api.delete("it", &DeleteParams::default()).await.unwrap();
    t.until("the profile is gone", |cluster| get(cluster).is_none()).await;
    let created = carried_out(&t.cluster, "POST", |path| path.ends_with("/serviceprofiles"));
    assert_eq!(created, 1, "the profile was created {created} times");
    let deleted = carried_out(&t.cluster, "DELETE", |path| path.ends_with(&profile));
    assert!(deleted >= 1, "profile {profile} stays, and no resource knows it");
}

/// A line is ordered, taken in by its seller, and let go.
async fn decision(t: &mut Run) {
    t.alone();
    t.people(false);
    t.cluster.let_in_the_seller();
    t.apply("line", seller::to_a_seller(ACCOUNT));
    t.start();
    t.until_reason("line", &["AwaitingApproval"]).await;
    let uuid = t.uuid("line");
    t.cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
        "metadata": {"name": "yes", "namespace": "network"},
        "spec": seller::admission(account(t), &uuid),
    }));
    t.until("it is decided", |cluster| {
        let approval = cluster.apiserver.get("connectionapprovals", "network", "yes").unwrap();
        condition(&approval, "Ready").is_some_and(|c| c.0 == "True")
    })
    .await;
    t.until("the line is in service", |cluster| ready(cluster, "line")).await;
    let taken = match t.dialect {
        Dialect::V4 => carried_out(&t.cluster, "POST", |path| path.ends_with("/actions")),
        Dialect::V3 => carried_out(&t.cluster, "PATCH", |path| path.contains("?action=")),
    };
    assert_eq!(taken, 1, "the decision was carried out {taken} times");
    t.people(true);
    t.delete("line").await;
    t.until_gone("line").await;
}
