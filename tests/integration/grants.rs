//! What a namespace may use an account for, and what it learns of other tenants. No test here may rely
//! on what a message of the account says: tenants do not read that.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::Config;
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::ORIGIN,
};

const HOUR: Duration = Duration::from_secs(3600);
const DIALECTS: [&str; 2] = ["default", "ecx"];

/// A cluster with the namespaces `network`, `web` and `data`, and both accounts with these grants.
fn granting(grants: &Value) -> TestCluster {
    let mut cluster = TestCluster::without_operator(Config::default());
    for namespace in ["web", "data"] {
        cluster.apiserver.put(json!({
            "apiVersion": "v1", "kind": "Namespace",
            "metadata": {"name": namespace, "labels": {"team": namespace}},
        }));
    }
    for (name, dialect) in [("default", "FabricV4"), ("ecx", "EcxV3")] {
        grant(&cluster, name, dialect, grants);
    }
    cluster.start_operator();
    cluster
}

fn grant(cluster: &TestCluster, name: &str, dialect: &str, grants: &Value) {
    let mut account = manifests::account(name, dialect, ORIGIN);
    account["spec"]["grants"] = grants.clone();
    cluster.apiserver.put(account);
}

fn apply_in(cluster: &TestCluster, namespace: &str, name: &str, spec: Value) {
    let mut object = manifests::connection(name, spec);
    object["metadata"]["namespace"] = json!(namespace);
    cluster.apiserver.put(object);
}

async fn delete_in(cluster: &TestCluster, namespace: &str, name: &str) {
    let api: kube::Api<fabric_api::FabricConnection> =
        kube::Api::namespaced(cluster.apiserver.client_as("user"), namespace);
    api.delete(name, &kube::api::DeleteParams::default()).await.unwrap();
}

fn ready(cluster: &TestCluster, namespace: &str, name: &str) -> (String, String, String) {
    let object = cluster.apiserver.get("fabricconnections", namespace, name).unwrap();
    condition(&object, "Ready").unwrap_or_default()
}

async fn until_in_service(cluster: &TestCluster, namespace: &str, name: &str) {
    cluster
        .until(&format!("{namespace}/{name} is in service"), 24 * HOUR, |cluster| {
            cluster.world.accept_all();
            ready(cluster, namespace, name).0 == "True"
        })
        .await;
}

async fn until_reason(cluster: &TestCluster, namespace: &str, name: &str, reason: &str) -> String {
    cluster
        .until(&format!("{namespace}/{name} is {reason}"), HOUR, |cluster| {
            cluster.world.accept_all();
            ready(cluster, namespace, name).1 == reason
        })
        .await;
    ready(cluster, namespace, name).2
}

fn adopting(mut spec: Value, uuid: &str) -> Value {
    spec["adopt"] = json!({"uuid": uuid});
    spec["deletionPolicy"] = json!("Orphan");
    spec
}

/// A connection of the account that no resource has any more.
async fn orphan(cluster: &TestCluster, account: &str) -> String {
    let mut spec = manifests::aws_dot1q(account);
    spec["deletionPolicy"] = json!("Orphan");
    cluster.apply("before", spec);
    cluster.until_ready("before").await;
    let uuid = cluster.get("before").unwrap()["status"]["primary"]["uuid"].clone();
    cluster.delete("before").await;
    cluster.until_gone("before").await;
    uuid.as_str().unwrap().to_owned()
}

/// Nothing that a tenant may read of `namespace` holds any of `words`.
fn learns_nothing(cluster: &TestCluster, namespace: &str, words: &[&str]) {
    for kind in ["fabricconnections", "serviceprofiles", "connectionapprovals", "events"] {
        for object in cluster.apiserver.all(kind) {
            if object["metadata"]["namespace"] != namespace {
                continue;
            }
            let status = object["status"].to_string() + &object["note"].to_string();
            let status = status + &object["message"].to_string();
            for word in words {
                assert!(!status.contains(word), "{namespace} reads {word:?} in {object:#}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_beyond_each_limit_is_not_sent_and_one_within_is() {
    let port = "7f891d3b-973e-73e0-bae0-30ac1885197a";
    let profile = "3214888b-39b0-49ea-a232-005088dc9c84";
    let wide = json!({
        "namespaces": {"selector": {"matchLabels": {"team": "web"}}},
        "ports": [port], "serviceProfiles": [profile], "metros": ["SV"],
        "vlanRanges": [{"from": 700, "to": 799}], "maxBandwidthMbps": 50,
        "maxMonthlyPrice": {"amount": "500", "currency": "USD"}, "maxConnections": 1,
    });
    let narrow = [
        ("vlanRanges", json!([{"from": 2, "to": 773}]), "VLAN 774"),
        ("maxBandwidthMbps", json!(49), "spec.bandwidthMbps 50"),
        ("metros", json!(["DC"]), "metro SV"),
        ("maxMonthlyPrice", json!({"amount": "500", "currency": "EUR"}), "cannot be compared"),
    ];
    for account in DIALECTS {
        for (field, limit, words) in &narrow {
            let mut grant = wide.clone();
            grant[field] = limit.clone();
            let cluster = granting(&json!([grant]));
            apply_in(&cluster, "web", "line", manifests::aws_dot1q(account));
            let message = until_reason(&cluster, "web", "line", "GrantExceeded").await;
            assert!(message.contains(words), "{account}, {field}: {message}");
            assert_eq!(cluster.order_bodies().len(), 0, "{account}, {field}");
        }
        let cluster = granting(&json!([wide]));
        apply_in(&cluster, "web", "line", manifests::aws_dot1q(account));
        until_in_service(&cluster, "web", "line").await;
        apply_in(&cluster, "data", "line", manifests::aws_qinq(account));
        until_reason(&cluster, "data", "line", "NamespaceNotAllowed").await;
        assert_eq!(cluster.order_bodies().len(), 1, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_not_granted_is_reported_like_what_is_not_there() {
    let unknown = "00000000-973e-73e0-bae0-30ac1885197a";
    for account in DIALECTS {
        let cluster = granting(&json!([
            {"namespaces": {"names": ["web"]}, "ports": ["of-others"], "serviceProfiles": ["none"]},
        ]));
        let mut message_of = vec![];
        for (name, port, profile) in [
            (
                "real",
                "7f891d3b-973e-73e0-bae0-30ac1885197a",
                "3214888b-39b0-49ea-a232-005088dc9c84",
            ),
            ("unreal", unknown, "00000000-39b0-49ea-a232-005088dc9c84"),
        ] {
            let mut spec = manifests::aws_dot1q(account);
            spec["aSide"]["port"] = json!({"uuid": port});
            spec["zSide"]["serviceProfile"]["uuid"] = json!(profile);
            apply_in(&cluster, "web", name, spec);
            let message = until_reason(&cluster, "web", name, "PortNotFound").await;
            assert!(message.contains("no service profile"), "{account}: {message}");
            message_of.push(message.replace(port, "PORT").replace(profile, "PROFILE"));
        }
        assert_eq!(message_of[0], message_of[1], "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_wish_without_a_grant_blocks_no_one() {
    for account in DIALECTS {
        let cluster = granting(&json!([
            {"namespaces": {"names": ["network"]}, "mayAdopt": true},
            {"namespaces": {"names": ["web"]}},
        ]));
        let uuid = orphan(&cluster, account).await;
        let read = |cluster: &TestCluster| {
            let requests = cluster.world.requests();
            requests.iter().filter(|request| request.path.contains(&uuid)).count()
        };
        let before = read(&cluster);
        for (namespace, reason) in [("web", "GrantExceeded"), ("data", "NamespaceNotAllowed")] {
            apply_in(&cluster, namespace, "wish", adopting(manifests::aws_dot1q(account), &uuid));
            let message = until_reason(&cluster, namespace, "wish", reason).await;
            assert!(!message.contains("differs"), "{account}: {message}");
        }
        assert_eq!(read(&cluster), before, "{account}: it is not even read for them");
        cluster.apply("owner", adopting(manifests::aws_dot1q(account), &uuid));
        cluster.until_ready("owner").await;
        for namespace in ["web", "data"] {
            let object = cluster.apiserver.get("fabricconnections", namespace, "wish").unwrap();
            assert_eq!(object["status"]["primary"], Value::Null, "{account}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_tenant_learns_that_something_is_in_the_way_and_the_administrator_what() {
    for account in DIALECTS {
        let cluster = granting(&json!([
            {"namespaces": {"all": true}, "mayAdopt": true},
        ]));
        let mut spec = manifests::aws_dot1q(account);
        spec["name"] = json!("Canary-Name");
        apply_in(&cluster, "data", "canary-resource", spec);
        until_in_service(&cluster, "data", "canary-resource").await;
        let owner = cluster.apiserver.get("fabricconnections", "data", "canary-resource").unwrap();
        let uuid = owner["status"]["primary"]["uuid"].as_str().unwrap().to_owned();

        // On the same port and tags.
        let mut spec = manifests::aws_dot1q(account);
        spec["name"] = json!("Mine");
        apply_in(&cluster, "web", "occupied", spec);
        until_reason(&cluster, "web", "occupied", "ConnectionExists").await;
        learns_nothing(&cluster, "web", &[&uuid, "Canary-Name", "canary-resource", "data/"]);

        // Its uuid is known from elsewhere.
        let mut spec = manifests::aws_qinq(account);
        spec["name"] = json!("Mine-2");
        apply_in(&cluster, "web", "thief", adopting(spec, &uuid));
        until_reason(&cluster, "web", "thief", "AdoptionRefused").await;
        learns_nothing(&cluster, "web", &["Canary-Name", "canary-resource", "data/"]);

        cluster
            .until("the administrator reads both", HOUR, |cluster| {
                let account = cluster.apiserver.get("fabricaccounts", "", account).unwrap();
                let conflicts = account["status"]["conflicts"].to_string();
                ["web/occupied", "web/thief", "Canary-Name", &uuid, "data/canary-resource"]
                    .iter()
                    .all(|word| conflicts.contains(word))
            })
            .await;
        // What was in the way is gone, and so is the conflict.
        for name in ["occupied", "thief"] {
            delete_in(&cluster, "web", name).await;
        }
        cluster
            .until("no conflict is left", HOUR, |cluster| {
                let account = cluster.apiserver.get("fabricaccounts", "", account).unwrap();
                account["status"]["conflicts"] == Value::Null
            })
            .await;
    }
}

/// Passes over connections that are as they should be.
fn followed(cluster: &TestCluster) -> u64 {
    let text = cluster.instruments.metrics.scrape();
    let sample =
        r#"fabric_operator_reconcile_total{kind="FabricConnection",step="Followed",result="ok"} "#;
    let count = text.lines().find_map(|line| line.strip_prefix(sample));
    count.expect("connections were followed").parse().unwrap()
}

/// It stands in the status of the account, which all connections through it depend on.
#[tokio::test(start_paused = true)]
async fn a_conflict_wakes_no_other_connection() {
    let cluster = granting(&json!([{"namespaces": {"all": true}}]));
    for n in 0..4_u16 {
        let mut spec = manifests::aws_dot1q("default");
        spec["name"] = json!(format!("line-{n}"));
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
        apply_in(&cluster, "data", &format!("line-{n}"), spec);
    }
    for n in 0..4 {
        until_in_service(&cluster, "data", &format!("line-{n}")).await;
    }
    let told = |cluster: &TestCluster| {
        let account = cluster.apiserver.get("fabricaccounts", "", "default").unwrap();
        account["status"]["conflicts"].is_array()
    };
    tokio::time::sleep(Duration::from_secs(300)).await;
    let mut spec = manifests::aws_dot1q("default");
    spec["name"] = json!("Mine");
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100);
    apply_in(&cluster, "web", "occupied", spec);
    until_reason(&cluster, "web", "occupied", "ConnectionExists").await;
    // The account takes it up within about a minute, which is less than connections at rest rest.
    let mut before = followed(&cluster);
    while !told(&cluster) {
        before = followed(&cluster);
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let woken = followed(&cluster) - before;
    assert!(woken < 4, "{woken} passes over the other connections");
}

#[tokio::test(start_paused = true)]
async fn an_adoption_that_is_refused_says_which_fields_differ_and_not_how() {
    for account in DIALECTS {
        let cluster = granting(&json!([
            {"namespaces": {"names": ["network", "web"]}, "mayAdopt": true},
        ]));
        let uuid = orphan(&cluster, account).await;
        let mut spec = manifests::aws_dot1q(account);
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(999);
        spec["bandwidthMbps"] = json!(200);
        apply_in(&cluster, "web", "probe", adopting(spec, &uuid));
        let message = until_reason(&cluster, "web", "probe", "AdoptionRefused").await;
        assert!(message.contains("spec.aSide.linkProtocol, spec.bandwidthMbps"), "{message}");
        learns_nothing(&cluster, "web", &["774", "JohnDoe_AWS_Dot1q"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_namespace_has_no_more_connections_than_granted_and_the_next_follows_when_one_goes() {
    for account in DIALECTS {
        let cluster = granting(&json!([
            {"namespaces": {"names": ["web"]}, "maxConnections": 2},
        ]));
        for n in 0..3_u16 {
            let mut spec = manifests::aws_dot1q(account);
            spec["name"] = json!(format!("line-{n}"));
            spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
            apply_in(&cluster, "web", &format!("line-{n}"), spec);
        }
        for n in 0..2 {
            until_in_service(&cluster, "web", &format!("line-{n}")).await;
        }
        until_reason(&cluster, "web", "line-2", "QuotaExceeded").await;
        assert_eq!(cluster.order_bodies().len(), 2, "{account}");
        delete_in(&cluster, "web", "line-0").await;
        until_in_service(&cluster, "web", "line-2").await;
        assert_eq!(cluster.order_bodies().len(), 3, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_narrower_grant_leaves_a_connection_in_service_and_refuses_its_growth() {
    for (account, dialect) in [("default", "FabricV4"), ("ecx", "EcxV3")] {
        let cluster = granting(&json!([{"namespaces": {"names": ["network"]}}]));
        cluster.apply("line", manifests::aws_dot1q(account));
        cluster.until_ready("line").await;
        grant(
            &cluster,
            account,
            dialect,
            &json!([{"namespaces": {"names": ["network"]}, "maxBandwidthMbps": 100}]),
        );
        let patch = kube::api::Patch::Merge(json!({"spec": {"bandwidthMbps": 200}}));
        let params = kube::api::PatchParams::default();
        cluster.connections().patch("line", &params, &patch).await.unwrap();
        cluster
            .until("the change is refused", HOUR, |cluster| {
                cluster.condition("line", "InSync").is_some_and(|c| c.1 == "GrantExceeded")
            })
            .await;
        assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True", "{account}");
        // Without any grant it stays, too, and its owner may still cancel it.
        grant(&cluster, account, dialect, &json!([{"namespaces": {"names": ["other"]}}]));
        tokio::time::sleep(HOUR).await;
        assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True", "{account}");
        assert_eq!(cluster.world.lines()[0].bandwidth, 50, "{account}");
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        assert_eq!(cluster.world.ledger().cancellations.len(), 1, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_by_uuid_needs_a_resource_of_the_namespace_or_the_grant_to_adopt() {
    let approval = |name: &str, uuid: &str| {
        json!({
            "apiVersion": "fabric.equinix.com/v1alpha1",
            "kind": "ConnectionApproval",
            "metadata": {"name": name, "namespace": "web"},
            "spec": {
                "account": "seller", "connection": {"uuid": uuid},
                "subject": "Creation", "decision": "Reject", "comment": "no",
            },
        })
    };
    let cluster = granting(&json!([{"namespaces": {"names": ["network"]}}]));
    cluster.let_in_the_seller();
    let mut account = manifests::seller_account("seller", "FabricV4", ORIGIN);
    account["spec"]["grants"] = json!([{"namespaces": {"names": ["web"]}}]);
    cluster.apiserver.put(account);
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster
        .until("it is ordered", HOUR, |cluster| {
            cluster.get("line").is_some_and(|o| o["status"]["primary"]["uuid"].is_string())
        })
        .await;
    let uuid = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
    let mut messages = vec![];
    for (name, id) in
        [("real", uuid.as_str().unwrap()), ("unreal", "00000000-0d61-4333-bc03-707b591ae2f4")]
    {
        cluster.apiserver.put(approval(name, id));
        let get = |cluster: &TestCluster| {
            cluster.apiserver.get("connectionapprovals", "web", name).unwrap()
        };
        cluster
            .until("it is refused", HOUR, |cluster| {
                condition(&get(cluster), "Ready").is_some_and(|c| c.1 == "GrantExceeded")
            })
            .await;
        messages.push(condition(&get(&cluster), "Ready").unwrap().2.replace(id, "UUID"));
    }
    assert_eq!(messages[0], messages[1], "one that is there is not distinguished");
    let decides = |path: &str| path.contains("/actions") || path.contains("/user/");
    assert!(cluster.world.requests().iter().all(|request| !decides(&request.path)));
}
