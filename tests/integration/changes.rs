//! Changing connections in place, on both dialects: which requests are sent, how often, and what
//! the status reports.

use std::time::Duration;

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use fabric_domain::ConnectionId;
use fabric_simulator::{Effect, InjectedFault, PortalEdit};
use fabric_testkit::{cluster::TestCluster, manifests, seller::to_a_seller};

const DIALECTS: [&str; 2] = ["default", "ecx"];
const DAY: Duration = Duration::from_secs(24 * 3600);

/// A line in service.
async fn in_service(spec: Value) -> TestCluster {
    let cluster = TestCluster::start();
    cluster.apply("line", spec);
    cluster.until_ready("line").await;
    cluster
}

/// The user changes parts of the spec.
pub async fn edit(cluster: &TestCluster, spec: Value) {
    let patch = Patch::Merge(json!({"spec": spec}));
    cluster.connections().patch("line", &PatchParams::default(), &patch).await.unwrap();
}

/// Bodies of the changes that reached the provider, oldest first.
pub fn asked(cluster: &TestCluster) -> Vec<Value> {
    let requests = cluster.world.requests().into_iter();
    requests.filter(|request| request.method == "PATCH").map(|request| request.body).collect()
}

fn id(cluster: &TestCluster) -> ConnectionId {
    let line = &cluster.get("line").unwrap()["status"]["primary"];
    ConnectionId::parse(line["uuid"].as_str().unwrap()).unwrap()
}

fn in_sync(cluster: &TestCluster) -> (String, String, String) {
    cluster.condition("line", "InSync").unwrap()
}

async fn until_in_sync(cluster: &TestCluster, status: &str, reason: &str) {
    cluster
        .until(&format!("InSync is {status}, {reason}"), DAY, |cluster| {
            let in_sync = cluster.condition("line", "InSync");
            in_sync.is_some_and(|c| c.0 == status && c.1 == reason)
        })
        .await;
}

async fn until_as_specified(cluster: &TestCluster) {
    until_in_sync(cluster, "True", "AsSpecified").await;
    assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True");
    assert_eq!(cluster.condition("line", "Reconciling"), None);
    assert_eq!(cluster.condition("line", "Stalled"), None);
}

/// A stalled change: the line stays in service, and nothing is asked for any more.
async fn stays_refused(cluster: &TestCluster, words: &[&str]) {
    until_in_sync(cluster, "False", "ChangeRefused").await;
    let before = cluster.world.ledger().changes.len();
    tokio::time::sleep(DAY).await;
    assert_eq!(cluster.world.ledger().changes.len(), before, "asked for again");
    assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True", "it is in service");
    assert_eq!(cluster.condition("line", "Stalled").unwrap().1, "ChangeRefused");
    assert_eq!(cluster.get("line").unwrap()["status"]["waitingFor"], "You");
    let (_, _, message) = in_sync(cluster);
    for word in words {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_name_is_changed_in_place() {
    for (account, body) in [
        ("default", json!([{"op": "replace", "path": "/name", "value": "Renamed"}])),
        ("ecx", json!({"connectionNewName": "Renamed"})),
    ] {
        let cluster = in_service(manifests::aws_dot1q(account)).await;
        edit(&cluster, json!({"name": "Renamed"})).await;
        until_in_sync(&cluster, "False", "Changing").await;
        until_as_specified(&cluster).await;
        assert_eq!(asked(&cluster), [body], "{account}");
        assert_eq!(cluster.get("line").unwrap()["status"]["primary"]["name"], "Renamed");
        assert_eq!(cluster.order_bodies().len(), 1, "{account}: changed, not ordered anew");
    }
}

#[tokio::test(start_paused = true)]
async fn one_operation_at_a_time_each_to_its_end() {
    for (account, bodies) in [
        (
            "default",
            json!([
                [{"op": "replace", "path": "/name", "value": "Renamed"}],
                [{"op": "replace", "path": "/bandwidth", "value": 200}],
            ]),
        ),
        ("ecx", json!([{"connectionNewName": "Renamed"}, {"speed": 200, "speedUnit": "MB"}])),
    ] {
        let mut spec = to_a_seller(account);
        // A profile that approves by itself.
        spec["zSide"]["serviceProfile"] =
            json!({"uuid": "5f00b000-0000-4000-8000-000000000003", "metroCode": "FR"});
        spec["aSide"]["port"]["uuid"] = json!("91469d07-dd6f-d6f2-1de0-37c8bc10af30");
        spec["zSide"]["serviceProfile"] = json!({"uuid": "97d1850f-4df0-468c-9281-fa7b0dfa2096", "metroCode": "SV",
                   "linkProtocol": {"type": "QINQ", "vlanCTag": 775}});
        let cluster = in_service(spec).await;
        edit(&cluster, json!({"name": "Renamed", "bandwidthMbps": 200})).await;
        cluster
            .until("both are changed", DAY, |cluster| {
                cluster.world.accept_all();
                cluster.condition("line", "InSync").is_some_and(|c| c.0 == "True")
                    && cluster.get("line").unwrap()["status"]["primary"]["bandwidthMbps"] == 200
            })
            .await;
        assert_eq!(json!(asked(&cluster)), bodies, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_may_take_days_to_approve() {
    for account in DIALECTS {
        let cluster = in_service(to_a_seller(account)).await;
        edit(&cluster, json!({"bandwidthMbps": 200})).await;
        until_in_sync(&cluster, "False", "ChangeAwaitingApproval").await;
        tokio::time::sleep(3 * DAY).await;
        let (_, reason, message) = in_sync(&cluster);
        assert_eq!(reason, "ChangeAwaitingApproval", "{account}");
        assert!(message.contains("bandwidth is 50 Mbit/s and the spec says 200 Mbit/s"));
        assert!(message.contains("the seller has to approve"), "{message}");
        assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True", "still in service");
        assert_eq!(cluster.condition("line", "Reconciling").unwrap().1, "ChangeAwaitingApproval");
        assert_eq!(cluster.get("line").unwrap()["status"]["waitingFor"], "Seller");
        assert_eq!(cluster.world.ledger().changes.len(), 1, "{account}: asked once");
        cluster.world.accept(&id(&cluster)).unwrap();
        until_as_specified(&cluster).await;
        let status = &cluster.get("line").unwrap()["status"];
        assert_eq!(status["primary"]["bandwidthMbps"], 200);
        assert_eq!(status["monthlyPrice"]["bandwidthMbps"], 200);
        assert_eq!(cluster.world.ledger().changes.len(), 1, "{account}: asked once");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rejected_change_is_not_asked_for_again_until_the_spec_says_so() {
    for account in DIALECTS {
        let cluster = in_service(to_a_seller(account)).await;
        edit(&cluster, json!({"bandwidthMbps": 200})).await;
        until_in_sync(&cluster, "False", "ChangeAwaitingApproval").await;
        cluster.world.reject(&id(&cluster)).unwrap();
        stays_refused(
            &cluster,
            &["bandwidth is 50 Mbit/s", "rejected", "edit spec.bandwidthMbps", "the present one"],
        )
        .await;
        edit(&cluster, json!({"bandwidthMbps": 500})).await;
        until_in_sync(&cluster, "False", "ChangeAwaitingApproval").await;
        edit(&cluster, json!({"bandwidthMbps": 50})).await;
        cluster.world.reject(&id(&cluster)).unwrap();
        until_as_specified(&cluster).await;
        assert_eq!(cluster.world.ledger().changes.len(), 2, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_the_api_refuses_is_reported_in_its_words_and_does_not_keep_other_changes_back() {
    // The bandwidth of a connection to AWS cannot be changed.
    for account in DIALECTS {
        let cluster = in_service(manifests::aws_dot1q(account)).await;
        edit(&cluster, json!({"bandwidthMbps": 200})).await;
        until_in_sync(&cluster, "False", "ChangeRefused").await;
        tokio::time::sleep(DAY / 2).await;
        assert_eq!(asked(&cluster).len(), 1, "{account}: asked once");
        let words = ["bandwidth is 50 Mbit/s", "cannot be changed", "edit spec.bandwidthMbps"];
        stays_refused(&cluster, &words).await;
        let faults = &cluster.get("line").unwrap()["status"]["providerFaults"];
        assert_eq!(faults, &Value::Null, "{account}: the line itself has no fault");
        edit(&cluster, json!({"name": "Renamed"})).await;
        cluster
            .until("the name is changed", DAY, |cluster| {
                cluster.get("line").unwrap()["status"]["primary"]["name"] == "Renamed"
            })
            .await;
        tokio::time::sleep(DAY / 24).await;
        stays_refused(&cluster, &["bandwidth is 50 Mbit/s"]).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_that_fails_is_asked_for_five_times() {
    for account in DIALECTS {
        let cluster = in_service(to_a_seller(account)).await;
        edit(&cluster, json!({"name": "Renamed"})).await;
        cluster
            .until("it was given up", 3 * DAY, |cluster| {
                let _ = cluster.world.fail(&id(cluster));
                cluster.condition("line", "Stalled").is_some()
            })
            .await;
        stays_refused(&cluster, &["name is JohnDoe_Storage", "5 times"]).await;
        assert_eq!(cluster.world.ledger().changes.len(), 5, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_client_changed_is_corrected() {
    for account in DIALECTS {
        let cluster = in_service(to_a_seller(account)).await;
        let renamed = PortalEdit { name: Some("Other".into()), bandwidth: None };
        cluster.world.edit(&id(&cluster), &renamed).unwrap();
        cluster
            .until("the name is set right", DAY, |cluster| {
                asked(cluster).len() == 1 && cluster.world.lines()[0].name == "JohnDoe_Storage"
            })
            .await;
        until_as_specified(&cluster).await;

        // Another client keeps undoing the change: the operator stops, and reports it.
        cluster
            .until("it was given up", DAY, |cluster| {
                if cluster.world.lines()[0].name != "Other" {
                    cluster.world.edit(&id(cluster), &renamed).unwrap();
                }
                cluster.condition("line", "Stalled").is_some()
            })
            .await;
        stays_refused(&cluster, &["name is Other and the spec says JohnDoe_Storage"]).await;
        assert_eq!(cluster.world.ledger().changes.len(), 5, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn notifications_and_terms_are_changed_where_the_dialect_can() {
    let mut spec = to_a_seller("default");
    spec["termMonths"] = json!(12);
    let cluster = in_service(spec).await;
    assert_eq!(cluster.order_bodies()[0]["order"]["termLength"], 12);
    edit(&cluster, json!({"notifications": ["test@example.com"], "termMonths": 24})).await;
    cluster.until("both are asked for", DAY, |cluster| asked(cluster).len() == 2).await;
    until_as_specified(&cluster).await;
    let value = json!([{"type": "ALL", "emails": ["test@example.com"]}]);
    assert_eq!(
        asked(&cluster),
        [
            json!([{"op": "replace", "path": "/notifications", "value": value}]),
            json!([{"op": "replace", "path": "/order/termLength", "value": 24}]),
        ]
    );

    let cluster = in_service(to_a_seller("ecx")).await;
    edit(&cluster, json!({"notifications": ["test@example.com"]})).await;
    until_in_sync(&cluster, "False", "NotSupported").await;
    let (_, _, message) = in_sync(&cluster);
    assert!(message.contains("notifications are JohnDoe@equinix.com"), "{message}");
    tokio::time::sleep(DAY).await;
    assert_eq!(asked(&cluster), Vec::<Value>::new());
}

#[tokio::test(start_paused = true)]
async fn more_bandwidth_is_not_asked_for_above_the_price_limit() {
    for account in DIALECTS {
        // From Silicon Valley to Ashburn: 115 a month at 50 Mbit/s, 200 at 200 Mbit/s.
        let mut spec = to_a_seller(account);
        spec["zSide"]["serviceProfile"]["metroCode"] = json!("DC");
        spec["maxMonthlyPrice"] = json!({"amount": "150", "currency": "USD"});
        let cluster = in_service(spec).await;
        edit(&cluster, json!({"bandwidthMbps": 200})).await;
        until_in_sync(&cluster, "False", "PriceAboveLimit").await;
        tokio::time::sleep(DAY).await;
        assert_eq!(asked(&cluster), Vec::<Value>::new(), "{account}");
        assert_eq!(cluster.condition("line", "Ready").unwrap().0, "True");
        assert_eq!(cluster.condition("line", "Stalled").unwrap().1, "PriceAboveLimit");
        edit(&cluster, json!({"maxMonthlyPrice": {"amount": "200"}})).await;
        until_in_sync(&cluster, "False", "ChangeAwaitingApproval").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_not_asked_for_twice() {
    for account in DIALECTS {
        let cluster = in_service(to_a_seller(account)).await;
        let path = "/**";
        cluster.world.inject(InjectedFault::once(Effect::LoseReply).on("PATCH", path));
        edit(&cluster, json!({"bandwidthMbps": 200})).await;
        until_in_sync(&cluster, "False", "ChangeAwaitingApproval").await;
        tokio::time::sleep(DAY).await;
        assert_eq!(cluster.world.ledger().changes.len(), 1, "{account}");
        cluster.world.accept(&id(&cluster)).unwrap();
        until_as_specified(&cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_busy_line_is_asked_again_later() {
    for account in DIALECTS {
        let cluster = in_service(to_a_seller(account)).await;
        let body = json!([{"errorCode": "EQ-3142510", "errorMessage": "Connection is in transient state"}]);
        let effect = Effect::Answer { status: 400, retry_after: None, body };
        let busy = InjectedFault { times: 3, ..InjectedFault::once(effect).on("PATCH", "/**") };
        cluster.world.inject(busy);
        edit(&cluster, json!({"name": "Renamed"})).await;
        until_in_sync(&cluster, "True", "AsSpecified").await;
        cluster
            .until("the name is changed", DAY, |cluster| cluster.world.lines()[0].name == "Renamed")
            .await;
        until_as_specified(&cluster).await;
        assert_eq!(asked(&cluster).len(), 4, "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn both_halves_of_a_pair_are_changed_one_after_the_other() {
    for account in DIALECTS {
        let cluster = in_service(manifests::azure_pair(account)).await;
        edit(&cluster, json!({"bandwidthMbps": 200})).await;
        cluster
            .until("both are changed", DAY, |cluster| {
                cluster.world.lines().iter().all(|line| line.bandwidth == 200)
            })
            .await;
        until_as_specified(&cluster).await;
        let ledger = cluster.world.ledger();
        let mut changed: Vec<String> = ledger.changes.into_iter().map(|c| c.uuid).collect();
        changed.sort();
        changed.dedup();
        assert_eq!(changed.len(), 2, "{account}: each half once");
        assert_eq!(asked(&cluster).len(), 2, "{account}");
    }
}
