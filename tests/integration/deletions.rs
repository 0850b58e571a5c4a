//! Deletions that cancel nothing: protected resources, and resources that go with their definition.

use std::time::Duration;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};

use fabric_api::ServiceProfile;
use fabric_simulator::Config;
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    seller::private_profile,
};

use crate::profiles::profile;

const HOUR: Duration = Duration::from_secs(3600);

/// The kinds whose deletion ends something at the provider: plural and name.
const KINDS: [(&str, &str); 2] = [("fabricconnections", "line"), ("serviceprofiles", "shop")];

/// A cluster with a connection in service and an active profile, both with these fields in their spec.
async fn in_service(protected_namespaces: &[&str], fields: &Value) -> TestCluster {
    let mut cluster = TestCluster::without_operator(Config::default());
    cluster.settings.protected_namespaces =
        protected_namespaces.iter().map(|&namespace| namespace.to_owned()).collect();
    cluster.start_operator();
    cluster.let_in_the_seller();
    let with = |mut spec: Value| {
        for (name, value) in fields.as_object().unwrap() {
            spec[name] = value.clone();
        }
        spec
    };
    cluster.apply("line", with(manifests::aws_dot1q("default")));
    cluster.apiserver.put(profile("shop", with(private_profile("seller"))));
    cluster.until_ready("line").await;
    cluster
        .until("the profile is Ready", HOUR, |cluster| {
            ready(cluster, "serviceprofiles", "shop").is_some_and(|ready| ready.0 == "True")
        })
        .await;
    cluster
}

fn ready(cluster: &TestCluster, plural: &str, name: &str) -> Option<(String, String, String)> {
    condition(&cluster.apiserver.get(plural, "network", name)?, "Ready")
}

async fn delete_both(cluster: &TestCluster) {
    cluster.delete("line").await;
    let profiles: Api<ServiceProfile> =
        Api::namespaced(cluster.apiserver.client_as("user"), "network");
    profiles.delete("shop", &DeleteParams::default()).await.unwrap();
}

fn edit_both(cluster: &TestCluster, field: &str, value: &Value) {
    for (plural, name) in KINDS {
        let mut object = cluster.apiserver.get(plural, "network", name).unwrap();
        object["spec"][field] = value.clone();
        cluster.apiserver.put(object);
    }
}

/// Waits until both say this reason and the words, and for hours after that.
async fn both_hold(cluster: &TestCluster, reason: &str, words: &[&str]) {
    for (plural, name) in KINDS {
        cluster
            .until(&format!("{name} is {reason}"), HOUR, |cluster| {
                ready(cluster, plural, name).is_some_and(|ready| ready.1 == reason)
            })
            .await;
        let (_, _, message) = ready(cluster, plural, name).unwrap();
        for word in words {
            assert!(message.contains(word), "{name}: {word:?} is not in {message:?}");
        }
        let object = cluster.apiserver.get(plural, "network", name).unwrap();
        assert_eq!(object["status"]["waitingFor"], "You", "{name}");
    }
    tokio::time::sleep(3 * HOUR).await;
    assert_eq!(ended(cluster), 0, "{reason}: ended at the provider");
    for (plural, name) in KINDS {
        assert_eq!(ready(cluster, plural, name).unwrap().1, reason, "{name}");
    }
}

/// How many requests to cancel or delete reached the provider.
fn ended(cluster: &TestCluster) -> usize {
    cluster.world.requests().iter().filter(|request| request.method == "DELETE").count()
}

async fn both_go(cluster: &TestCluster) {
    for (plural, name) in KINDS {
        cluster
            .until(&format!("{name} is gone"), HOUR, |cluster| {
                cluster.world.accept_all();
                cluster.apiserver.get(plural, "network", name).is_none()
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_protected_resource_stays_until_its_protection_is_switched_off() {
    for (namespaces, fields) in
        [(&[] as &[_], json!({"deletionProtection": true})), (&["network"], json!({}))]
    {
        let cluster = in_service(namespaces, &fields).await;
        delete_both(&cluster).await;
        both_hold(&cluster, "DeletionProtected", &["spec.deletionProtection to false"]).await;
        edit_both(&cluster, "deletionProtection", &json!(false));
        both_go(&cluster).await;
        assert_eq!(ended(&cluster), 2, "{fields}: both are ended");
    }
}

#[tokio::test(start_paused = true)]
async fn the_spec_outweighs_the_default_of_its_namespace() {
    for (namespaces, protection) in
        [(&["network"] as &[_], json!(false)), (&["other"], json!(null))]
    {
        let cluster = in_service(namespaces, &json!({"deletionProtection": protection})).await;
        delete_both(&cluster).await;
        both_go(&cluster).await;
        assert_eq!(ended(&cluster), 2);
    }
}

/// A connection that stays in place is not endangered.
#[tokio::test(start_paused = true)]
async fn a_protected_resource_whose_policy_is_orphan_is_released_at_once() {
    let fields = json!({"deletionProtection": true, "deletionPolicy": "Orphan"});
    let cluster = in_service(&[], &fields).await;
    delete_both(&cluster).await;
    both_go(&cluster).await;
    assert_eq!(ended(&cluster), 0);
}

#[tokio::test(start_paused = true)]
async fn what_goes_with_its_definition_is_not_cancelled_and_orphan_is_the_way_out() {
    let cluster = in_service(&[], &json!({})).await;
    let definitions: Api<CustomResourceDefinition> =
        Api::all(cluster.apiserver.client_as("administrator"));
    // Then the API server deletes all objects of the kind.
    for (plural, _) in KINDS {
        let name = format!("{plural}.fabric.equinix.com");
        definitions.delete(&name, &DeleteParams::default()).await.unwrap();
    }
    delete_both(&cluster).await;
    let words = ["spec.deletionPolicy to Orphan", "fabric.equinix.com is being deleted"];
    both_hold(&cluster, "DefinitionDeleted", &words).await;
    edit_both(&cluster, "deletionPolicy", &json!("Orphan"));
    both_go(&cluster).await;
    assert_eq!(ended(&cluster), 0);
}

/// As with the rights of an older release.
#[tokio::test(start_paused = true)]
async fn a_definition_that_cannot_be_read_proves_nothing() {
    let cluster = in_service(&[], &json!({})).await;
    cluster.apiserver.fail_next(
        |request| request.resource == "customresourcedefinitions",
        usize::MAX,
        http::StatusCode::FORBIDDEN,
        "Forbidden",
    );
    delete_both(&cluster).await;
    both_hold(&cluster, "DefinitionUnreadable", &["verb get", "customresourcedefinition"]).await;
    cluster.apiserver.heal();
    both_go(&cluster).await;
    assert_eq!(ended(&cluster), 2);
}

/// At rest they cost no request.
#[tokio::test(start_paused = true)]
async fn definitions_are_read_for_deletions_only() {
    let cluster = in_service(&[], &json!({})).await;
    tokio::time::sleep(6 * HOUR).await;
    let reads = |cluster: &TestCluster| {
        let requests = cluster.apiserver.requests().into_iter();
        requests.filter(|request| request.resource == "customresourcedefinitions").count()
    };
    assert_eq!(reads(&cluster), 0);
    delete_both(&cluster).await;
    both_go(&cluster).await;
    assert!(reads(&cluster) >= 4, "before each decision and before each request");
}
