//! Errors that are found before an order costs money, on both dialects: the reason, the message,
//! and that nothing was ordered.

use serde_json::{Value, json};

use fabric_testkit::{cluster::TestCluster, manifests};

use crate::refusals::refused;

const DIALECTS: [&str; 2] = ["default", "ecx"];

fn aws(account: &str, change: impl FnOnce(&mut Value)) -> Value {
    let mut spec = manifests::aws_dot1q(account);
    change(&mut spec);
    spec
}

/// The port and the metro of "Get L2 Connection Price", and a profile that is there.
pub fn from_geneva(account: &str) -> Value {
    json!({
        "account": account,
        "name": "JohnDoe_Demo",
        "bandwidthMbps": 50,
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": {
            "port": {"uuid": "91469d07-dd6f-d6f2-1de0-37c8bc10af30"},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": 774},
        },
        "zSide": {"serviceProfile": {
            "uuid": "97d1850f-4df0-468c-9281-fa7b0dfa2096",
            "metroCode": "SV",
            "linkProtocol": {"type": "QINQ", "vlanCTag": 775},
        }},
    })
}

fn limited(mut spec: Value, limit: Value) -> Value {
    spec["maxMonthlyPrice"] = limit;
    spec
}

#[tokio::test(start_paused = true)]
async fn a_bandwidth_outside_the_bands() {
    for account in DIALECTS {
        let spec = aws(account, |s| s["bandwidthMbps"] = json!(60));
        let words = ["60 Mbit/s", "50, 200, 500", "spec.bandwidthMbps"];
        refused(&TestCluster::start(), spec, "BandwidthNotOffered", &words).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_metro_without_the_profile_and_one_that_the_port_does_not_reach() {
    for account in DIALECTS {
        let spec = aws(account, |s| s["zSide"]["serviceProfile"]["metroCode"] = json!("CH"));
        let words = ["is not in metro CH", "SV, DC, DA, SE, TR", "metroCode"];
        refused(&TestCluster::start(), spec, "MetroNotReachable", &words).await;

        let mut spec = from_geneva(account);
        spec["zSide"]["serviceProfile"]["metroCode"] = json!("DC");
        let words = ["DC cannot be reached from GV", "SV"];
        refused(&TestCluster::start(), spec, "MetroNotReachable", &words).await;
    }
}

#[tokio::test(start_paused = true)]
async fn half_of_a_pair_where_the_profile_takes_pairs_only() {
    for account in DIALECTS {
        let mut spec = manifests::azure_pair(account);
        spec.as_object_mut().unwrap().remove("secondary");
        let words = ["redundant pairs only", "spec.secondary"];
        refused(&TestCluster::start(), spec, "SecondaryRequired", &words).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_key_that_is_missing_and_one_that_the_seller_does_not_take() {
    for account in DIALECTS {
        let spec = aws(account, |s| {
            s["zSide"]["serviceProfile"].as_object_mut().unwrap().remove("authenticationKey");
        });
        let words = ["asks for a key", "authenticationKey"];
        refused(&TestCluster::start(), spec, "InvalidSpec", &words).await;

        let key = "not-an-aws-account";
        let spec = aws(account, |s| s["zSide"]["serviceProfile"]["authenticationKey"] = json!(key));
        let cluster = TestCluster::start();
        refused(&cluster, spec, "KeyRejected", &["does not take", "authenticationKey"]).await;
        let events = format!("{:?}", cluster.apiserver.all("events"));
        assert!(!events.contains(key), "{account}: the key is in an event: {events}");
    }
}

/// Of v4 only: the check of v3 takes no seller region.
#[tokio::test(start_paused = true)]
async fn a_seller_region_that_the_seller_does_not_have() {
    let spec = aws("default", |s| s["zSide"]["serviceProfile"]["sellerRegion"] = json!("us-wst-1"));
    let cluster = TestCluster::start();
    cluster.apply("bad", spec);
    cluster.until_reason("bad", "KeyRejected").await;
    let (_, _, message) = cluster.condition("bad", "Ready").unwrap();
    assert!(message.ends_with("correct spec.zSide.serviceProfile.sellerRegion"), "{message}");
    assert!(!message.contains("authenticationKey"), "{message}");
}

#[tokio::test(start_paused = true)]
async fn everything_that_is_wrong_is_reported_at_once() {
    for account in DIALECTS {
        let spec = aws(account, |s| {
            s["bandwidthMbps"] = json!(60);
            s["aSide"]["linkProtocol"] = json!({"type": "QINQ", "vlanSTag": 774, "vlanCTag": 775});
            s["zSide"]["serviceProfile"]["metroCode"] = json!("CH");
            s["zSide"]["serviceProfile"]["authenticationKey"] = json!("not-an-aws-account");
        });
        let words = ["60 Mbit/s", "Dot1q port", "is not in metro CH", "does not take"];
        refused(&TestCluster::start(), spec, "InvalidSpec", &words).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_price_above_the_limit_or_in_another_currency() {
    // "230.0" CHF for 50 Mbit/s from Geneva to Silicon Valley.
    for account in DIALECTS {
        let limit = json!({"amount": "229.99", "currency": "CHF"});
        let spec = limited(from_geneva(account), limit);
        let words = ["230.00 CHF", "229.99 CHF", "spec.maxMonthlyPrice"];
        refused(&TestCluster::start(), spec, "PriceAboveLimit", &words).await;

        let limit = json!({"amount": "1000", "currency": "USD", "whenUnknown": "Order"});
        let spec = limited(from_geneva(account), limit);
        refused(&TestCluster::start(), spec, "PriceUnknown", &["230.00 CHF", "give it in CHF"])
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_within_the_price_limit_is_sent_and_its_price_reported() {
    for account in DIALECTS {
        let cluster = TestCluster::start();
        let limit = json!({"amount": "230", "currency": "CHF"});
        cluster.apply("line", limited(from_geneva(account), limit));
        cluster.until_ready("line").await;
        assert_eq!(
            cluster.get("line").unwrap()["status"]["monthlyPrice"],
            json!({"amount": "230.00", "currency": "CHF", "bandwidthMbps": 50}),
            "{account}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_costs_what_both_halves_cost() {
    for account in DIALECTS {
        let cluster = TestCluster::start();
        let mut spec = manifests::azure_pair(account);
        // From Silicon Valley to Ashburn: 115 a month at 50 Mbit/s, and twice that for two.
        // The key of "GET L2 Validate Authorization Key", which is one for Ashburn.
        spec["zSide"]["serviceProfile"]["metroCode"] = json!("DC");
        let key = "991040a8-2e08-48b9-b0f8-8c5f87dfbx6a";
        spec["zSide"]["serviceProfile"]["authenticationKey"] = json!(key);
        let limit = |amount: &str| json!({"amount": amount, "currency": "USD"});
        cluster.apply("dear", limited(spec.clone(), limit("229")));
        cluster.until_reason("dear", "PriceAboveLimit").await;
        assert_eq!(cluster.order_bodies(), Vec::<Value>::new(), "{account}");
        cluster.delete("dear").await;
        cluster.until_gone("dear").await;
        cluster.apply("pair", limited(spec, limit("230")));
        cluster.until_ready("pair").await;
        assert_eq!(cluster.get("pair").unwrap()["status"]["monthlyPrice"]["amount"], "230.00");
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_price_is_refused_unless_the_user_says_otherwise() {
    // Where a service token leads is not known before the order, and so neither is its price.
    let token = || manifests::token_dot1q("default");
    let limit = json!({"amount": "1000", "currency": "USD"});
    let words = ["names no price", "whenUnknown"];
    refused(&TestCluster::start(), limited(token(), limit), "PriceUnknown", &words).await;

    let cluster = TestCluster::start();
    let limit = json!({"amount": "1000", "currency": "USD", "whenUnknown": "Order"});
    cluster.apply("line", limited(token(), limit));
    cluster.until_ready("line").await;
    assert!(cluster.get("line").unwrap()["status"]["monthlyPrice"].is_null());
}
