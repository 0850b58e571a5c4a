//! What a user reads in the conditions of a wrong resource: golden texts, one for each manifest of
//! `tests/wrong-input/conditions`.

use std::time::Duration;

use serde_json::Value;

use fabric_testkit::{
    cluster::{TestCluster, condition},
    wrong_input::{WrongInput, wrong_inputs},
};

use crate::house::field_paths;

fn plural(object: &Value) -> &'static str {
    match object["kind"].as_str().unwrap() {
        "FabricConnection" => "fabricconnections",
        "FabricAccount" => "fabricaccounts",
        "ServiceProfile" => "serviceprofiles",
        "ConnectionApproval" => "connectionapprovals",
        other => panic!("no golden texts for {other}"),
    }
}

/// Applies the object, and returns what its owner reads once the operator has looked at it.
async fn reads(case: &WrongInput) -> String {
    let cluster = TestCluster::start();
    cluster.let_in_the_seller();
    for object in &case.context {
        cluster.apiserver.put(object.clone());
    }
    cluster.apiserver.put(case.object.clone());
    let metadata = &case.object["metadata"];
    let namespace = metadata["namespace"].as_str().unwrap_or_default();
    let name = metadata["name"].as_str().unwrap();
    let stored = |cluster: &TestCluster| {
        cluster.apiserver.get(plural(&case.object), namespace, name).unwrap()
    };
    let is_reported = |cluster: &TestCluster| {
        condition(&stored(cluster), "Ready")
            .is_some_and(|(status, reason, _)| status == "False" && reason != "Provisioning")
    };
    cluster.until(&case.name, Duration::from_secs(3600), is_reported).await;
    // What is found out by and by is part of it.
    tokio::time::sleep(Duration::from_secs(120)).await;
    assert!(cluster.order_bodies().is_empty(), "{}: nothing is ordered", case.name);
    let object = stored(&cluster);
    let (status, reason, message) = condition(&object, "Ready").unwrap();
    let waits = object["status"]["waitingFor"].as_str().map(|who| format!(", waiting for {who}"));
    format!("Ready {status}, {reason}{}\n\n{message}", waits.unwrap_or_default())
}

#[tokio::test(start_paused = true)]
async fn each_wrong_resource_says_what_is_wrong_where_and_what_to_do() {
    let cases = wrong_inputs("conditions");
    let mut differences = vec![];
    for case in &cases {
        let text = reads(case).await;
        let known = field_paths::paths(plural(&case.object));
        for path in field_paths::named(&text) {
            // What only the administrator can change, a message leaves to the administrator.
            let is_theirs = text.contains("ask its administrator") && path == "spec.grants";
            assert!(
                is_theirs || known.contains(&path),
                "{}: there is no field {path}: {text}",
                case.name
            );
        }
        differences.extend(case.difference(&text));
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}

/// The two folders together are the list of mistakes that users make.
#[test]
fn there_are_enough_of_them() {
    let all = wrong_inputs("conditions").len() + wrong_inputs("admission").len();
    assert!(all >= 60, "{all} wrong manifests");
}
