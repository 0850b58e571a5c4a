//! Existing connections: adopted, observed, or left alone.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_domain::ConnectionId;
use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{cluster::TestCluster, manifests, operator::ORIGIN};

use crate::changes::{asked, edit};

const DIALECTS: [&str; 2] = ["default", "ecx"];
const HOUR: Duration = Duration::from_secs(3600);

/// Orders `spec` and lets it go again, so that its lines are there and belong to no resource.
async fn orphaned(mut spec: Value) -> (TestCluster, Vec<String>) {
    spec["deletionPolicy"] = json!("Orphan");
    let cluster = TestCluster::start();
    cluster.apply("old", spec);
    cluster.until_ready("old").await;
    let status = cluster.get("old").unwrap()["status"].clone();
    let uuids = [&status["primary"]["uuid"], &status["secondary"]["uuid"]];
    let uuids = uuids.iter().filter_map(|uuid| uuid.as_str().map(str::to_owned)).collect();
    cluster.delete("old").await;
    cluster.until_gone("old").await;
    (cluster, uuids)
}

fn adopting(mut spec: Value, uuid: &str) -> Value {
    spec["adopt"] = json!({"uuid": uuid});
    spec
}

/// What changes something at the provider, of all requests: everything but reads, searches,
/// questions and signing in.
fn writes(cluster: &TestCluster) -> usize {
    let questions = ["/search", "/validate", "/token", "/refreshaccesstoken"];
    let requests = cluster.world.requests().into_iter();
    requests
        .filter(|request| request.method != "GET")
        .filter(|request| !questions.iter().any(|end| request.path.ends_with(end)))
        .count()
}

async fn refused(cluster: &TestCluster, spec: Value, reason: &str, words: &[&str]) {
    let before = writes(cluster);
    cluster.apply("new", spec);
    cluster.until_reason("new", reason).await;
    let (_, _, message) = cluster.condition("new", "Ready").unwrap();
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
    assert!(cluster.get("new").unwrap()["status"]["primary"].is_null(), "nothing is taken over");
    cluster.delete("new").await;
    cluster.until_gone("new").await;
    assert_eq!(writes(cluster), before, "nothing is ordered, changed or cancelled");
}

#[tokio::test(start_paused = true)]
async fn a_line_that_is_as_the_spec_says_is_taken_over_without_a_write() {
    for account in DIALECTS {
        let (cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        let before = writes(&cluster);
        cluster.apply("line", adopting(manifests::aws_dot1q(account), &uuids[0]));
        cluster.until_ready("line").await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(writes(&cluster), before, "{account}");
        let status = cluster.get("line").unwrap()["status"].clone();
        assert_eq!(status["primary"]["uuid"], uuids[0]);
        assert_eq!(cluster.condition("line", "InSync").unwrap().0, "True");
        assert_eq!(status["monthlyPrice"]["bandwidthMbps"], 50, "{account}");
        // What the resource adopted stays, unless the spec says otherwise.
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        assert_eq!(writes(&cluster), before, "{account}");
        let events = format!("{:?}", cluster.apiserver.all("events"));
        assert!(events.contains("the connection was adopted"), "{account}: {events}");
        let mut spec = adopting(manifests::aws_dot1q(account), &uuids[0]);
        spec["deletionPolicy"] = json!("Delete");
        cluster.apply("line", spec);
        cluster.until_ready("line").await;
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        assert_eq!(cluster.world.ledger().cancellations.len(), 1, "{account}");
        assert_eq!(cluster.world.ledger().orders.len(), 1, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_adoption_follows_the_first_listing_that_succeeds() {
    let listings = [
        ("default", "POST", "/fabric/v4/connections/search"),
        ("ecx", "GET", "/ecx/v3/l2/buyer/connections"),
    ];
    for (account, method, path) in listings {
        let (mut cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        cluster.stop_operator().await;
        let down = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        cluster.world.inject(InjectedFault::always(down).on(method, path));
        let before = cluster.calls();
        cluster.start_operator();
        tokio::time::sleep(Duration::from_secs(5)).await;
        // The resource comes when the first listing has failed already.
        cluster.apply("line", adopting(manifests::aws_dot1q(account), &uuids[0]));
        cluster.until_reason("line", "ProviderUnavailable").await;
        // By now the resource's own delay after a failure is several minutes.
        tokio::time::sleep(Duration::from_secs(600)).await;
        cluster.world.clear_faults();
        let listed = |cluster: &TestCluster| {
            let requests = cluster.world.requests();
            requests.iter().skip(before).any(|r| r.path.starts_with(path) && r.status == 200)
        };
        cluster.until("the connections are listed", Duration::from_secs(600), listed).await;
        cluster
            .until("the connection is adopted", Duration::from_secs(10), |cluster| {
                cluster.get("line").unwrap()["status"]["primary"]["uuid"] == uuids[0].as_str()
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_that_differs_is_taken_over_and_changed() {
    for account in DIALECTS {
        let (cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        let mut spec = adopting(manifests::aws_dot1q(account), &uuids[0]);
        spec["name"] = json!("Renamed");
        cluster.apply("line", spec);
        cluster
            .until("the name is changed", 24 * HOUR, |cluster| {
                cluster.get("line").unwrap()["status"]["primary"]["name"] == "Renamed"
            })
            .await;
        assert_eq!(asked(&cluster).len(), 1, "{account}");
        assert_eq!(cluster.world.ledger().orders.len(), 1, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn both_lines_of_a_pair_are_taken_over() {
    for account in DIALECTS {
        let (cluster, uuids) = orphaned(manifests::azure_pair(account)).await;
        let before = writes(&cluster);
        let mut spec = adopting(manifests::azure_pair(account), &uuids[0]);
        spec["adopt"]["secondaryUuid"] = json!(uuids[1]);
        cluster.apply("line", spec);
        cluster.until_ready("line").await;
        let status = cluster.get("line").unwrap()["status"].clone();
        assert_eq!(status["secondary"]["uuid"], uuids[1], "{account}");
        assert_eq!(writes(&cluster), before, "{account}");
        edit(&cluster, json!({"deletionPolicy": "Delete"})).await;
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        assert_eq!(cluster.world.ledger().cancellations.len(), 2, "{account}");
    }
}

/// Deleted before it was adopted: with deletionPolicy Delete it is adopted and cancelled, or the deletion says
/// why not and waits; otherwise it is left alone, which the Event says.
#[tokio::test(start_paused = true)]
async fn a_deletion_ends_what_was_to_be_adopted_only_if_the_spec_says_so() {
    for account in DIALECTS {
        let (mut cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        let may = |may: bool| {
            let dialect = if account == "ecx" { "EcxV3" } else { "FabricV4" };
            let mut object = manifests::account(account, dialect, ORIGIN);
            object["spec"]["grants"] = json!([{"namespaces": {"all": true}, "mayAdopt": may}]);
            object
        };
        let ended = |cluster: &TestCluster| cluster.world.ledger().cancellations.len();
        cluster.apiserver.put(may(false));
        let mut left = adopting(manifests::aws_dot1q(account), &uuids[0]);
        cluster.apply("left", left.clone());
        cluster.until_reason("left", "GrantExceeded").await;
        cluster.delete("left").await;
        cluster.until_gone("left").await;
        let events = format!("{:?}", cluster.apiserver.all("events"));
        assert!(events.contains("was not adopted, and was left alone"), "{events}");

        left["deletionPolicy"] = json!("Delete");
        cluster.apply("held", left.clone());
        cluster.until_reason("held", "GrantExceeded").await;
        cluster.delete("held").await;
        tokio::time::sleep(2 * HOUR).await;
        let (_, reason, message) = cluster.condition("held", "Ready").expect("it waits");
        assert!(reason == "GrantExceeded" && message.contains("Orphan"), "{reason}: {message}");
        assert_eq!(ended(&cluster), 0, "{account}");
        cluster.apiserver.put(may(true));
        cluster.until_gone("held").await;
        assert_eq!(ended(&cluster), 1, "{account}: the operator may adopt it now, and cancels it");

        // What is gone holds no one.
        cluster.apply("late", left);
        cluster.until_reason("late", "AdoptionRefused").await;
        cluster.delete("late").await;
        cluster.until_gone("late").await;
        assert_eq!(ended(&cluster), 1, "{account}");
        cluster.stop_operator().await;
    }
}

/// The primary of the pair was ordered, and status lost the secondary: each is judged by itself.
#[tokio::test(start_paused = true)]
async fn of_a_pair_the_connection_that_was_adopted_stays() {
    let cluster = TestCluster::start();
    cluster.apply("line", manifests::azure_pair("ecx"));
    cluster.until_ready("line").await;
    let mut line = cluster.get("line").unwrap();
    let [primary, secondary] =
        ["primary", "secondary"].map(|leg| line["status"][leg]["uuid"].clone());
    line["spec"]["adopt"] = json!({"uuid": primary, "secondaryUuid": secondary});
    line["status"].as_object_mut().unwrap().remove("secondary");
    cluster.apiserver.put(line);
    cluster
        .until("the secondary is adopted", HOUR, |cluster| {
            cluster.get("line").unwrap()["status"]["secondary"]["uuid"] == secondary
        })
        .await;
    cluster.delete("line").await;
    cluster.until_gone("line").await;
    let cancelled = cluster.world.ledger().cancellations;
    assert_eq!(cancelled.len(), 1, "{cancelled:?}");
    let events = format!("{:?}", cluster.apiserver.all("events"));
    assert!(events.contains("the connection was adopted"), "{events}");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_what_the_spec_describes_is_not_taken_over() {
    for account in DIALECTS {
        let (cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        let with = |path: &str, value: Value| {
            let mut spec = adopting(manifests::aws_dot1q(account), &uuids[0]);
            *spec.pointer_mut(path).unwrap() = value;
            spec
        };
        let spec = with("/aSide/linkProtocol/vlanTag", json!(775));
        let words = ["differs from spec.aSide.linkProtocol,", "spec.adopt"];
        refused(&cluster, spec, "AdoptionRefused", &words).await;
        let other = "7f891d3b-9740-7400-bae0-30ac1885197a";
        let spec = with("/aSide/port", json!({"uuid": other}));
        let words = ["differs from spec.aSide.port,"];
        refused(&cluster, spec, "AdoptionRefused", &words).await;
        let spec = with("/bandwidthMbps", json!(200));
        let words = ["differs from spec.bandwidthMbps,"];
        refused(&cluster, spec, "AdoptionRefused", &words).await;
        // The A side is right, and the Z side is another cloud's in another metro.
        let mut spec = adopting(manifests::aws_dot1q(account), &uuids[0]);
        spec["zSide"] = json!({"serviceProfile": {
            "uuid": "9e441721-5342-4d8a-b62e-5ca61b4aa795", "metroCode": "DA",
            "authenticationKey": "a1b2c3d4-0815-4711-8000-000000000000/us-central1/1",
        }});
        let words = ["spec.zSide.serviceProfile, spec.zSide.serviceProfile.metroCode,"];
        refused(&cluster, spec, "AdoptionRefused", &words).await;
        let unknown = "3a58dd05-f46d-4b1d-a154-2e85c396ea62";
        let spec = with("/adopt/uuid", json!(unknown));
        refused(
            &cluster,
            spec,
            "ConnectionNotVisible",
            &[unknown, "credentials", "spec.adopt.uuid"],
        )
        .await;
        let spec = with("/account", json!("nobody"));
        refused(&cluster, spec, "AccountNotFound", &["nobody"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_line_of_another_resource_is_not_taken_over() {
    for account in DIALECTS {
        let cluster = TestCluster::start();
        cluster.apply("owner", manifests::aws_dot1q(account));
        cluster.until_ready("owner").await;
        let uuid = cluster.get("owner").unwrap()["status"]["primary"]["uuid"].clone();
        let spec = adopting(manifests::aws_dot1q(account), uuid.as_str().unwrap());
        refused(&cluster, spec, "AdoptionRefused", &["another resource's", "Orphan"]).await;
        assert_eq!(cluster.condition("owner", "Ready").unwrap().0, "True", "{account}");
        assert_eq!(cluster.world.ledger().cancellations.len(), 0, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_that_ask_for_one_line_at_most_one_gets_it() {
    for account in DIALECTS {
        let (cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        for name in ["first", "second"] {
            cluster.apply(name, adopting(manifests::aws_dot1q(account), &uuids[0]));
        }
        tokio::time::sleep(HOUR).await;
        let holders = ["first", "second"].into_iter().filter(|name| {
            cluster.get(name).unwrap()["status"]["primary"]["uuid"] == uuids[0].as_str()
        });
        assert!(holders.count() <= 1, "{account}");
        let refused = ["first", "second"].into_iter().filter(|name| {
            cluster.condition(name, "Ready").is_some_and(|c| c.1 == "AdoptionRefused")
        });
        assert!(refused.count() >= 1, "{account}: the other is refused");
    }
}

#[tokio::test(start_paused = true)]
async fn a_namespace_that_is_not_allowed_takes_nothing_over() {
    let (cluster, uuids) = orphaned(manifests::aws_dot1q("default")).await;
    let mut account = manifests::account("closed", "FabricV4", ORIGIN);
    account["spec"]["grants"] = json!([{"namespaces": {"names": ["other"]}, "mayAdopt": true}]);
    cluster.apiserver.put(account);
    let spec = adopting(manifests::aws_dot1q("closed"), &uuids[0]);
    refused(&cluster, spec, "NamespaceNotAllowed", &["network"]).await;
}

#[tokio::test(start_paused = true)]
async fn an_observer_never_writes() {
    for account in DIALECTS {
        let (cluster, uuids) = orphaned(manifests::aws_dot1q(account)).await;
        let before = writes(&cluster);
        let mut spec = adopting(manifests::aws_dot1q(account), &uuids[0]);
        spec["managementPolicy"] = json!("Observe");
        spec["bandwidthMbps"] = json!(200);
        cluster.apply("line", spec);
        cluster.until_ready("line").await;
        let (status, reason, message) = cluster.condition("line", "InSync").unwrap();
        assert_eq!((status.as_str(), reason.as_str()), ("False", "Differs"), "{account}");
        assert!(message.contains("bandwidth is 50 Mbit/s and the spec says 200 Mbit/s"));
        tokio::time::sleep(24 * HOUR).await;
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        assert_eq!(writes(&cluster), before, "{account}");
        assert_eq!(cluster.world.lines()[0].equinix_status, "PROVISIONED", "{account}: it stays");
    }
}

#[tokio::test(start_paused = true)]
async fn an_observer_without_a_line_orders_none() {
    let cluster = TestCluster::start();
    let mut spec = manifests::aws_dot1q("default");
    // Admission refuses this; what got in by another way is not ordered either.
    spec["managementPolicy"] = json!("Observe");
    refused(&cluster, spec, "NothingToObserve", &["spec.adopt", "Manage"]).await;
}

#[tokio::test(start_paused = true)]
async fn what_was_ordered_can_be_observed_from_then_on() {
    for account in DIALECTS {
        let cluster = TestCluster::start();
        cluster.apply("line", manifests::aws_dot1q(account));
        cluster.until_ready("line").await;
        edit(&cluster, json!({"managementPolicy": "Observe", "name": "Renamed"})).await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(asked(&cluster), Vec::<Value>::new(), "{account}");
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        assert_eq!(cluster.world.ledger().cancellations.len(), 0, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_who_refuses_a_deletion_is_reported_and_asked_again() {
    for account in DIALECTS {
        let cluster = TestCluster::start();
        let mut spec = manifests::aws_dot1q(account);
        spec["zSide"] = json!({"serviceProfile": {
            "uuid": "5f00b000-0000-4000-8000-000000000001", "metroCode": "SV",
        }});
        cluster.apply("line", spec);
        cluster.until_ready("line").await;
        let uuid = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
        let uuid = ConnectionId::parse(uuid.as_str().unwrap()).unwrap();
        cluster.delete("line").await;
        cluster
            .until("it waits for the seller", HOUR, |cluster| {
                cluster.get("line").unwrap()["status"]["waitingFor"] == "Seller"
            })
            .await;
        let (_, _, message) = cluster.condition("line", "Ready").unwrap();
        assert!(message.contains("billed"), "{message}");
        cluster.world.reject(&uuid).unwrap();
        cluster.until_reason("line", "CancellationRefused").await;
        let (_, _, message) = cluster.condition("line", "Ready").unwrap();
        assert!(message.contains("in service and billed again"), "{message}");
        assert_eq!(cluster.world.ledger().cancellations.len(), 1, "{account}: not at once");
        cluster
            .until("it is asked again", 30 * HOUR, |cluster| {
                cluster.world.ledger().cancellations.len() == 2
            })
            .await;
        cluster
            .until("the seller agrees", HOUR, |cluster| cluster.world.accept(&uuid).is_ok())
            .await;
        cluster.until_gone("line").await;
    }
}
