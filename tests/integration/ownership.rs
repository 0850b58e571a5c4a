//! Whose a connection is and whether an order arrived, in worlds that the fault suite's clock and
//! lists are too kind for: each test was a sequence that lost, doubled or gave away a connection.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_domain::ConnectionId;
use fabric_simulator::{Config, DateFault, Effect, InjectedFault, Relocation};
use fabric_testkit::{cluster::TestCluster, manifests, operator::ORIGIN};

const V3_ORDER: &str = "/ecx/v3/l2/connections";
const V4_ORDER: &str = "/fabric/v4/connections";
const HOUR: Duration = Duration::from_secs(3600);

fn refusal(status: u16) -> Effect {
    Effect::Answer { status, retry_after: None, body: Value::Null }
}

/// Changes an object as a restore or another client may: past admission.
fn rewrite(cluster: &TestCluster, name: &str, change: impl Fn(&mut Value)) {
    let mut object = cluster.get(name).unwrap();
    change(&mut object);
    cluster.apiserver.put(object);
}

fn lose_status(object: &mut Value) {
    object.as_object_mut().unwrap().remove("status");
}

fn adopt(object: &mut Value, uuid: &Value) {
    object["spec"]["adopt"] = json!({"uuid": uuid});
    object["metadata"]["generation"] = json!(9);
}

/// A copy with its status, as a backup tool makes one.
fn copy_of(cluster: &TestCluster, name: &str) -> Value {
    let mut object = cluster.get("mine").unwrap();
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in
        ["uid", "resourceVersion", "generation", "managedFields", "creationTimestamp", "finalizers"]
    {
        metadata.remove(field);
    }
    object["metadata"]["name"] = json!(name);
    object
}

/// On v3 no C-tag is shown: a neighbour on the S-tag is not the one that refused the order.
#[tokio::test(start_paused = true)]
async fn an_older_neighbour_on_the_s_tag_proves_nothing() {
    let cluster = TestCluster::start();
    let mut first = manifests::aws_qinq("ecx");
    first["name"] = json!("Neighbour");
    cluster.apply("neighbour", first);
    cluster.until_ready("neighbour").await;
    tokio::time::sleep(HOUR).await;
    cluster.world.inject(InjectedFault::always(Effect::IndexLag(Duration::from_secs(600))));
    cluster.world.inject(InjectedFault::always(Effect::Omit(vec!["vlanCTag".into()])));
    cluster.world.inject(InjectedFault::once(Effect::LoseReply).on("POST", V3_ORDER));
    let mut second = manifests::aws_qinq("ecx");
    second["name"] = json!("Mine");
    second["aSide"]["linkProtocol"]["vlanCTag"] = json!(900);
    cluster.apply("mine", second);
    cluster.until("ordered", HOUR, |c| c.world.ledger().orders.len() == 2).await;
    tokio::time::sleep(Duration::from_secs(20)).await;
    cluster.delete("mine").await;
    cluster.until_gone("mine").await;
    let ledger = cluster.world.ledger();
    assert_eq!(ledger.cancellations.len(), 1, "billed on");
}

/// Another's connection has the place, so the order failed, and the user says which one it is to be.
#[tokio::test(start_paused = true)]
async fn what_adopt_names_is_adopted_once_the_order_is_proven_lost() {
    let cluster = TestCluster::start();
    cluster.world.inject(InjectedFault::once(refusal(503)).on("POST", V4_ORDER));
    let mut spec = manifests::aws_dot1q("default");
    cluster.apply("mine", spec.clone());
    cluster.until_reason("mine", "OrderUnknown").await;
    spec["deletionPolicy"] = json!("Orphan");
    cluster.apply("other", spec);
    cluster.until_ready("other").await;
    let uuid = cluster.get("other").unwrap()["status"]["primary"]["uuid"].clone();
    cluster.delete("other").await;
    cluster.until_gone("other").await;
    cluster.until_reason("mine", "ConnectionExists").await;
    rewrite(&cluster, "mine", |o| adopt(o, &uuid));
    tokio::time::sleep(8 * HOUR).await;
    assert_eq!(cluster.get("mine").unwrap()["status"]["primary"]["uuid"], uuid);
}

/// An order failed, and meanwhile a colleague ordered on the same port and tag under the same name,
/// without a mark. Whether the namespace may adopt is up to its grant.
async fn in_doubt(may_adopt: bool) -> (TestCluster, Value) {
    let mut cluster = TestCluster::without_operator(Config::default());
    let mut plain = manifests::account("plain", "FabricV4", ORIGIN);
    plain["spec"]["orderMark"] = json!("None");
    cluster.apiserver.put(plain);
    let mut account = manifests::account("default", "FabricV4", ORIGIN);
    account["spec"]["grants"] = json!([{"namespaces": {"all": true}, "mayAdopt": may_adopt}]);
    cluster.apiserver.put(account);
    cluster.start_operator();
    cluster.world.inject(InjectedFault::once(refusal(503)).on("POST", V4_ORDER));
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_reason("mine", "OrderUnknown").await;
    let pause = |paused: bool| {
        rewrite(&cluster, "mine", |o| o["spec"]["paused"] = json!(paused));
    };
    pause(true);
    let mut other = manifests::aws_dot1q("plain");
    other["deletionPolicy"] = json!("Orphan");
    cluster.apply("other", other);
    cluster.until_ready("other").await;
    let uuid = cluster.get("other").unwrap()["status"]["primary"]["uuid"].clone();
    cluster.delete("other").await;
    cluster.until_gone("other").await;
    pause(false);
    cluster
        .until("it is in doubt", HOUR, |cluster| {
            let ready = cluster.condition("mine", "Ready").unwrap();
            ready.1 == "OrderUnknown" && ready.2.contains("spec.adopt")
        })
        .await;
    (cluster, uuid)
}

/// The user's word counts as in any adoption, and what was not ordered is not cancelled.
#[tokio::test(start_paused = true)]
async fn what_is_in_doubt_is_adopted_at_most() {
    let (cluster, uuid) = in_doubt(true).await;
    rewrite(&cluster, "mine", |o| adopt(o, &uuid));
    cluster.until_ready("mine").await;
    let line = cluster.get("mine").unwrap()["status"]["primary"].clone();
    assert_eq!((&line["uuid"], &line["order"]), (&uuid, &Value::Null), "{line:#}");
    cluster.delete("mine").await;
    cluster.until_gone("mine").await;
    let ledger = cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 0), "the colleague's");

    let (cluster, uuid) = in_doubt(false).await;
    rewrite(&cluster, "mine", |o| adopt(o, &uuid));
    cluster.until_reason("mine", "GrantExceeded").await;
    assert_eq!(cluster.get("mine").unwrap()["status"]["primary"]["uuid"], Value::Null);
    assert_eq!(cluster.world.ledger().cancellations.len(), 0);
}

/// Its own mark says that it was ordered, whatever the user named since.
#[tokio::test(start_paused = true)]
async fn what_was_ordered_is_cancelled_though_adopt_names_it() {
    for loses_again in [false, true] {
        let cluster = TestCluster::start();
        cluster.apply("mine", manifests::aws_dot1q("default"));
        cluster.until_ready("mine").await;
        let uuid = cluster.get("mine").unwrap()["status"]["primary"]["uuid"].clone();
        rewrite(&cluster, "mine", lose_status);
        cluster.until_ready("mine").await;
        rewrite(&cluster, "mine", |o| adopt(o, &uuid));
        if loses_again {
            rewrite(&cluster, "mine", lose_status);
        }
        cluster.delete("mine").await;
        cluster.until_gone("mine").await;
        let ledger = cluster.world.ledger();
        assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1), "billed on");
    }
}

/// The order may go out again, and the user names another connection instead.
#[tokio::test(start_paused = true)]
async fn nothing_is_ordered_beside_what_is_to_be_adopted() {
    let cluster = TestCluster::start();
    let mut other = manifests::aws_dot1q("default");
    other["deletionPolicy"] = json!("Orphan");
    other["aSide"]["linkProtocol"]["vlanTag"] = json!(900);
    cluster.apply("other", other);
    cluster.until_ready("other").await;
    let uuid = cluster.get("other").unwrap()["status"]["primary"]["uuid"].clone();
    cluster.delete("other").await;
    cluster.until_gone("other").await;
    cluster.world.inject(InjectedFault::once(refusal(503)).on("POST", V4_ORDER));
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_reason("mine", "OrderUnknown").await;
    rewrite(&cluster, "mine", |o| adopt(o, &uuid));
    tokio::time::sleep(8 * HOUR).await;
    assert_eq!(cluster.world.ledger().orders.len(), 1, "ordered in spite of spec.adopt");
}

/// The provider says "already deleted" of a connection that is up.
#[tokio::test(start_paused = true)]
async fn a_cancellation_without_effect_is_sent_again() {
    let cluster = TestCluster::start();
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_ready("mine").await;
    let uuid =
        cluster.get("mine").unwrap()["status"]["primary"]["uuid"].as_str().unwrap().to_owned();
    let path = format!("/fabric/v4/connections/{uuid}");
    let body = json!([{"errorCode": "EQ-3142509", "errorMessage": "already deleted"}]);
    let accepted = Effect::Answer { status: 400, retry_after: None, body };
    cluster.world.inject(InjectedFault::once(accepted).on("DELETE", &path));
    cluster.delete("mine").await;
    tokio::time::sleep(HOUR).await;
    tokio::time::sleep(HOUR).await;
    tokio::time::sleep(70 * HOUR).await;
    assert!(cluster.get("mine").is_none(), "hangs, and the line is billed");
}

/// Status is lost, and the port of the spec is given by name.
#[tokio::test(start_paused = true)]
async fn ports_that_cannot_be_read_prove_no_absence() {
    let mut cluster = TestCluster::start();
    let mut spec = manifests::aws_dot1q("ecx");
    spec["aSide"]["port"] = json!({"name": "johnDoePort"});
    cluster.apply("mine", spec);
    cluster.until_ready("mine").await;
    cluster.stop_operator().await;
    rewrite(&cluster, "mine", lose_status);
    cluster.world.inject(InjectedFault::always(refusal(503)).on("GET", "/ecx/v3/port/userport"));
    cluster.start_operator();
    cluster.delete("mine").await;
    tokio::time::sleep(HOUR).await;
    let there = cluster.get("mine").is_some();
    assert!(there, "released, and the line is billed on");
}

/// Status is lost, and the credentials are refused.
#[tokio::test(start_paused = true)]
async fn an_account_that_cannot_be_used_proves_no_absence() {
    let mut cluster = TestCluster::start();
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_ready("mine").await;
    cluster.stop_operator().await;
    rewrite(&cluster, "mine", lose_status);
    cluster.apiserver.put(manifests::secret_of("wrong"));
    cluster.start_operator();
    cluster.delete("mine").await;
    tokio::time::sleep(HOUR).await;
    assert!(cluster.get("mine").is_some(), "released, and the line is billed on");
}

/// The user needs the id, to adopt the connection.
#[tokio::test(start_paused = true)]
async fn a_copied_status_goes_on_naming_the_connection() {
    let mut cluster = TestCluster::start();
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_ready("mine").await;
    let uuid =
        cluster.get("mine").unwrap()["status"]["primary"]["uuid"].as_str().unwrap().to_owned();
    cluster.apiserver.put(copy_of(&cluster, "copy"));
    cluster.until_reason("copy", "StatusCopied").await;
    tokio::time::sleep(HOUR).await;
    cluster.kill_operator().await;
    cluster.start_operator();
    tokio::time::sleep(HOUR).await;
    assert!(cluster.get("copy").unwrap().to_string().contains(&uuid), "the id is nowhere any more");
}

/// `Date` is of a gateway, and the time of a connection is of the application behind it.
#[tokio::test(start_paused = true)]
async fn a_gateway_whose_clock_is_ahead_loses_no_order() {
    let mut bad = vec![];
    for ahead in [2, 7, 10, 60, 7200] {
        let cluster = TestCluster::start();
        let date = DateFault::Ahead(Duration::from_secs(ahead));
        cluster.world.inject(InjectedFault::always(Effect::Date(date)));
        cluster.world.inject(InjectedFault::once(Effect::LoseReply).on("POST", V3_ORDER));
        cluster.apply("mine", manifests::aws_dot1q("ecx"));
        cluster.until("ordered", HOUR, |c| c.world.ledger().orders.len() == 1).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        cluster.delete("mine").await;
        tokio::time::sleep(HOUR).await;
        let gone = cluster.get("mine").is_none();
        let cancelled = cluster.world.ledger().cancellations.len();
        if gone && cancelled == 0 {
            bad.push(ahead);
        }
    }
    assert!(bad.is_empty(), "lost at {bad:?}");
}

/// The same where v4 does not show the mark.
#[tokio::test(start_paused = true)]
async fn a_gateway_whose_clock_is_ahead_loses_no_order_without_its_mark() {
    let cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::always(Effect::Date(DateFault::Ahead(Duration::from_secs(10)))));
    cluster
        .world
        .inject(InjectedFault::always(Effect::Omit(vec!["customerReferenceNumber".into()])));
    cluster.world.inject(InjectedFault::once(Effect::LoseReply).on("POST", V4_ORDER));
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until("ordered", HOUR, |c| c.world.ledger().orders.len() == 1).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    cluster.delete("mine").await;
    tokio::time::sleep(HOUR).await;
    assert!(
        cluster.get("mine").is_some() || cluster.world.ledger().cancellations.len() == 1,
        "lost"
    );
}

/// The same without a deletion: the order is in doubt, and not another client's.
#[tokio::test(start_paused = true)]
async fn a_gateway_whose_clock_is_ahead_disowns_no_order() {
    let cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::always(Effect::Date(DateFault::Ahead(Duration::from_secs(10)))));
    cluster.world.inject(InjectedFault::once(Effect::LoseReply).on("POST", V3_ORDER));
    cluster.apply("mine", manifests::aws_dot1q("ecx"));
    tokio::time::sleep(8 * HOUR).await;
    assert_ne!(cluster.condition("mine", "Ready").unwrap().1, "ConnectionExists");
}

/// Neither a listing nor the account can be used.
#[tokio::test(start_paused = true)]
async fn an_unknown_order_says_why_it_is_not_found() {
    let cluster = TestCluster::start();
    cluster.world.inject(InjectedFault::once(Effect::LoseReply).on("POST", V4_ORDER));
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until("ordered", HOUR, |c| c.world.ledger().orders.len() == 1).await;
    cluster
        .world
        .inject(InjectedFault::always(refusal(403)).on("POST", "/fabric/v4/connections/search"));
    tokio::time::sleep(12 * HOUR).await;
    let message = cluster.condition("mine", "Ready").unwrap().2;
    assert!(message.contains("listing the account's connections"), "{message}");
    cluster.apiserver.put(manifests::secret_of("wrong"));
    tokio::time::sleep(12 * HOUR).await;
    let message = cluster.condition("mine", "Ready").unwrap().2;
    let refused = "FabricAccount default cannot be used (CredentialsRejected)";
    assert!(message.contains(refused), "{message}");
}

/// No copy has the mark of this resource.
#[tokio::test(start_paused = true)]
async fn the_own_mark_outweighs_another_owner_in_status() {
    let mut cluster = TestCluster::start();
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_ready("mine").await;
    cluster.stop_operator().await;
    rewrite(&cluster, "mine", |o| {
        o["status"]["owner"] = json!({"clusterUID": "x", "resourceUID": "y"});
    });
    cluster.start_operator();
    cluster.delete("mine").await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(cluster.world.ledger().cancellations.len(), 1, "billed on, though its mark is ours");
}

/// Its process remembers what it ordered.
#[tokio::test(start_paused = true)]
async fn a_status_that_is_lost_within_the_lag_is_made_good() {
    let cluster = TestCluster::start();
    cluster.apply("first", {
        let mut s = manifests::aws_dot1q("default");
        s["aSide"]["linkProtocol"]["vlanTag"] = json!(900);
        s
    });
    cluster.until_ready("first").await;
    cluster.world.inject(InjectedFault::always(Effect::IndexLag(Duration::from_secs(600))));
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster
        .until("ordered", HOUR, |c| c.get("mine").unwrap()["status"]["primary"]["uuid"].is_string())
        .await;
    rewrite(&cluster, "mine", lose_status);
    cluster.delete("mine").await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(cluster.world.ledger().cancellations.len(), 1, "billed on");
}

/// What status has of another resource's connections goes with its owner.
#[tokio::test(start_paused = true)]
async fn an_adopted_primary_takes_no_copied_secondary_along() {
    let mut cluster = TestCluster::start();
    cluster.apply("mine", manifests::azure_pair("ecx"));
    cluster.until_ready("mine").await;
    let status = cluster.get("mine").unwrap()["status"].clone();
    // Another cluster: the owner is not of this one; only the primary is to be adopted.
    cluster.stop_operator().await;
    let mut copy = copy_of(&cluster, "copy");
    copy["status"]["owner"] = json!({"clusterUID": "elsewhere", "resourceUID": "y"});
    copy["spec"]["adopt"] = json!({"uuid": status["primary"]["uuid"], "secondaryUuid": "5f00c000-0000-4000-8000-00000000dead"});
    let mut object = cluster.get("mine").unwrap();
    object["metadata"]["finalizers"] = json!([]);
    cluster.apiserver.put(object);
    cluster.delete("mine").await;
    cluster.apiserver.put(copy);
    cluster.start_operator();
    tokio::time::sleep(HOUR).await;
    cluster.delete("copy").await;
    tokio::time::sleep(HOUR).await;
    assert!(cluster.world.ledger().cancellations.len() <= 1);
}

/// Status is lost, and Equinix has moved the connection: its old place is free.
#[tokio::test(start_paused = true)]
async fn a_listing_that_comes_in_during_the_preflight_is_searched() {
    let mut cluster = TestCluster::start();
    cluster.apply("mine", manifests::aws_dot1q("default"));
    cluster.until_ready("mine").await;
    let id = ConnectionId::parse(
        cluster.get("mine").unwrap()["status"]["primary"]["uuid"].as_str().unwrap(),
    )
    .unwrap();
    let to = Relocation { vlan: Some(3000), ..Relocation::default() };
    cluster.world.relocate(&id, &to).unwrap();
    tokio::time::sleep(HOUR).await;
    cluster.stop_operator().await;
    rewrite(&cluster, "mine", lose_status);
    let slow = |s| Effect::Latency(Duration::from_secs(s));
    cluster
        .world
        .inject(InjectedFault::always(slow(5)).on("POST", "/fabric/v4/connections/search"));
    cluster.world.inject(InjectedFault::always(slow(8)).on("GET", "/fabric/v4/serviceProfiles/*"));
    cluster.start_operator();
    tokio::time::sleep(HOUR).await;
    assert_eq!(cluster.world.ledger().orders.len(), 1, "ordered twice");
}

/// Who may write status names an owner that never was, and a connection of the same name.
#[tokio::test(start_paused = true)]
async fn a_forged_owner_gives_no_connection_away() {
    let mut out = vec![];
    for forged in [false, true] {
        let mut cluster = TestCluster::start();
        let mut victim = manifests::aws_dot1q("ecx");
        victim["deletionPolicy"] = json!("Orphan");
        victim["aSide"]["linkProtocol"]["vlanTag"] = json!(900);
        cluster.apply("victim", victim);
        cluster.until_ready("victim").await;
        let uuid = cluster.get("victim").unwrap()["status"]["primary"]["uuid"].clone();
        cluster.delete("victim").await;
        cluster.until_gone("victim").await;
        tokio::time::sleep(72 * HOUR).await;
        cluster.apply("mine", manifests::aws_dot1q("ecx"));
        cluster.until_ready("mine").await;
        cluster.stop_operator().await;
        rewrite(&cluster, "mine", |o| {
            o["status"]["primary"]["uuid"] = uuid.clone();
            if forged {
                o["status"]["owner"]["resourceUID"] = json!("nosuch");
            }
        });
        cluster.start_operator();
        cluster.delete("mine").await;
        tokio::time::sleep(2 * HOUR).await;
        let hit = cluster.world.ledger().cancellations.iter().any(|c| json!(c.uuid) == uuid);
        out.push(hit);
    }
    assert_eq!(out, [false, false]);
}

/// A status of an earlier version, or one that was taken up again, names no owner at first.
#[tokio::test(start_paused = true)]
async fn a_status_without_an_owner_gets_one() {
    for account in ["default", "ecx"] {
        let mut cluster = TestCluster::start();
        cluster.apply("mine", manifests::aws_dot1q(account));
        cluster.until_ready("mine").await;
        let owner = cluster.get("mine").unwrap()["status"]["owner"].clone();
        cluster.stop_operator().await;
        rewrite(&cluster, "mine", |o| drop(o["status"].as_object_mut().unwrap().remove("owner")));
        cluster.start_operator();
        tokio::time::sleep(HOUR).await;
        assert_eq!(cluster.get("mine").unwrap()["status"]["owner"], owner, "{account}");
        cluster.apiserver.put(copy_of(&cluster, "copy"));
        cluster.until_reason("copy", "StatusCopied").await;
        assert_eq!(cluster.condition("mine", "Ready").unwrap().0, "True", "{account}");
    }
}
