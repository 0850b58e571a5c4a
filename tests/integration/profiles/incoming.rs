//! Incoming connections: orders of buyers, which the seller sees and which block a deletion.

use serde_json::{Value, json};

use fabric_domain::ConnectionId;
use fabric_testkit::manifests;

use super::{HOUR, MINUTE, SELLERS, Store, private_profile, with};

/// A profile in SV on a Dot1q port that lets the buyer of the samples in.
fn open_to_john(account: &str) -> Value {
    with(
        private_profile(account),
        json!({
            "ports": [{"uuid": "8cb83fdb-6671-6714-bbe0-38389cc0acfa"}],
            "privateUserEmails": ["john.doe@example.com"],
        }),
    )
}

/// A buyer's order from a profile.
fn order(buyer: &str, profile: &str, name: &str, tag: u16) -> Value {
    json!({
        "account": buyer,
        "name": name,
        "bandwidthMbps": 50,
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": {
            "port": {"uuid": "7f891d3b-973e-73e0-bae0-30ac1885197a"},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": tag},
        },
        "zSide": {"serviceProfile": {"uuid": profile, "metroCode": "SV"}},
    })
}

fn line(store: &Store, name: &str) -> ConnectionId {
    let uuid = store.0.get(name).unwrap()["status"]["primary"]["uuid"].clone();
    ConnectionId::parse(uuid.as_str().unwrap()).unwrap()
}

async fn ordered(store: &Store, name: &str) {
    store
        .until("it is ordered", HOUR, |store| {
            store.0.condition(name, "Ready").is_some_and(|c| c.1 == "AwaitingApproval")
        })
        .await;
}

/// The one connection that waits, once it waits for `asks`.
async fn waiting(store: &Store, asks: &str) -> Value {
    store
        .until(&format!("a {asks} comes in"), 10 * MINUTE, |store| {
            store.status()["incoming"][0]["asks"] == asks
        })
        .await;
    assert_eq!(store.status()["incomingCount"], 1);
    store.status()["incoming"][0].clone()
}

#[tokio::test(start_paused = true)]
async fn a_buyer_who_was_let_in_orders_and_the_seller_sees_it() {
    for (seller, buyer) in [("seller", "default"), ("seller-ecx", "ecx"), ("seller", "ecx")] {
        let store =
            Store::selling(with(open_to_john(seller), json!({"privateUserEmails": []}))).await;
        let id = store.id();
        store.0.apply("line", order(buyer, id.as_str(), "JohnDoe_Line", 774));
        // Reading what one is not let into is forbidden on v4, and finds nothing on v3.
        store
            .until("the order is refused", HOUR, |store| {
                let ready = store.0.condition("line", "Ready");
                ready.is_some_and(|c| ["Forbidden", "ProfileNotFound"].contains(&c.1.as_str()))
            })
            .await;
        store.edit(json!({"privateUserEmails": ["john.doe@example.com"]})).await;
        store.until_in_sync("True", "AsSpecified").await;
        ordered(&store, "line").await;
        let waits = waiting(&store, "Creation").await;
        let uuid = line(&store, "line");
        assert_eq!(waits["uuid"], uuid.as_str());
        assert_eq!(waits["name"], "JohnDoe_Line");
        assert_eq!((&waits["bandwidthMbps"], &waits["metroCode"]), (&json!(50), &json!("SV")));
        assert!(waits["buyer"].is_string() && waits["since"].is_string(), "{waits}");
        store.says("Ready", &["1 connection waits for your decision"]);
        assert!(store.events().contains("ConnectionIncoming"));
        assert_eq!(store.condition("Ready").unwrap().0, "True");
        store.0.world.accept(&uuid).unwrap();
        store.0.until_ready("line").await;
        store
            .until("nothing waits any more", 10 * MINUTE, |store| {
                store.status()["incoming"].is_null()
            })
            .await;
        assert_eq!(store.status()["incomingCount"], 0);
    }
}

#[tokio::test(start_paused = true)]
async fn changes_and_deletions_that_wait_are_distinguished() {
    for (seller, buyer) in [("seller", "default"), ("seller-ecx", "ecx")] {
        let store = Store::selling(open_to_john(seller)).await;
        store.0.apply("line", order(buyer, store.id().as_str(), "JohnDoe_Line", 774));
        store.0.until_ready("line").await;
        let uuid = line(&store, "line");
        let mut wider = order(buyer, store.id().as_str(), "JohnDoe_Line", 774);
        wider["bandwidthMbps"] = json!(200);
        let mut object = store.0.get("line").unwrap();
        object["spec"] = wider;
        store.0.apiserver.put(object);
        let waits = waiting(&store, "Change").await;
        assert_eq!(waits["bandwidthMbps"], 50);
        // v3 does not report what the buyer asks for.
        let wanted = if seller == "seller" { json!(200) } else { Value::Null };
        assert_eq!(waits["wantedBandwidthMbps"], wanted, "{seller}");
        store.0.world.accept(&uuid).unwrap();
        store.until("it is decided", 10 * MINUTE, |s| s.status()["incomingCount"] == 0).await;
        store.0.delete("line").await;
        let waits = waiting(&store, "Deletion").await;
        assert_eq!(waits["uuid"], uuid.as_str());
        store.0.world.accept(&uuid).unwrap();
        store.0.until_gone("line").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_with_connections_is_not_deleted_and_lists_them() {
    for (seller, buyer) in [("seller", "default"), ("seller-ecx", "ecx")] {
        let store = Store::selling(open_to_john(seller)).await;
        for (name, tag) in [("one", 774), ("two", 775)] {
            store.0.apply(name, order(buyer, store.id().as_str(), name, tag));
            ordered(&store, name).await;
        }
        store.0.world.accept(&line(&store, "one")).unwrap();
        store.0.until_ready("one").await;
        store.delete().await;
        store.until_reason("ProfileInUse").await;
        let (one, two) = (line(&store, "one"), line(&store, "two"));
        store.says("Ready", &[one.as_str(), two.as_str(), "one", "two", "Orphan"]);
        assert_eq!(store.condition("Stalled").unwrap().0, "True");
        tokio::time::sleep(3 * HOUR).await;
        assert_eq!(store.counts(), (1, 0, 0), "{seller}: it is not even tried");
        for name in ["one", "two"] {
            store.0.delete(name).await;
        }
        store
            .until("the lines are gone", HOUR, |store| {
                store.0.world.accept_all();
                store.0.get("one").is_none() && store.0.get("two").is_none()
            })
            .await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 1), "{seller}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_profile_with_connections_can_be_let_go() {
    for (seller, buyer) in [("seller", "default"), ("seller-ecx", "ecx")] {
        let store = Store::selling(open_to_john(seller)).await;
        store.0.apply("line", order(buyer, store.id().as_str(), "JohnDoe_Line", 774));
        ordered(&store, "line").await;
        store.delete().await;
        store.until_reason("ProfileInUse").await;
        store.edit(json!({"deletionPolicy": "Orphan"})).await;
        store.until_gone().await;
        assert_eq!(store.counts(), (1, 0, 0), "{seller}");
    }
}

/// The provider has the last word: what is ordered between the look and the deletion.
#[tokio::test(start_paused = true)]
async fn a_deletion_that_the_provider_refuses_is_reported_in_its_words() {
    use fabric_simulator::{Effect, InjectedFault};
    let refusals = [
        ("seller", "/fabric/v4/serviceProfiles/*", "EQ-3001114"),
        ("seller-ecx", "/ecx/v3/l2/serviceprofiles/*", "IC-LAYER2-402"),
    ];
    for (account, path, code) in refusals {
        let store = Store::selling(private_profile(account)).await;
        let body = json!([{"errorCode": code, "errorMessage": "Connections go through it"}]);
        let refused = Effect::Answer { status: 400, retry_after: None, body };
        store
            .0
            .world
            .inject(InjectedFault { times: 2, ..InjectedFault::once(refused) }.on("DELETE", path));
        store.delete().await;
        store.until_reason("DeletionRefused").await;
        store.says("Ready", &[code, "Connections go through it"]);
        assert_eq!(store.status()["providerFaults"][0]["code"], code);
        store.until_gone().await;
    }
}

#[tokio::test(start_paused = true)]
async fn the_list_is_bounded_and_says_how_many_there_are() {
    for account in SELLERS {
        let store = Store::selling(open_to_john(account)).await;
        let id = store.id();
        for n in 0..60_u16 {
            let spec = order("default", id.as_str(), &format!("Line-{n:02}"), 1000 + n);
            store.0.apiserver.put(manifests::connection(&format!("line-{n:02}"), spec));
        }
        store.until("all are in", HOUR, |store| store.status()["incomingCount"] == 60).await;
        assert_eq!(store.status()["incoming"].as_array().unwrap().len(), 50, "{account}");
        let first = store.status()["incoming"][0]["since"].clone();
        let last = store.status()["incoming"][49]["since"].clone();
        assert!(first.as_str() <= last.as_str(), "the longest waiting first");
        store.delete().await;
        store.until_reason("ProfileInUse").await;
        store.says("Ready", &["and 40 more"]);
    }
}
