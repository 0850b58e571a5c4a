//! Faults as a client sees them, the log of requests, the limit of bodies, and `/control`.

use std::time::Duration;

use axum::body::to_bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use fabric_simulator::{CONTROL, Config, Effect, InjectedFault, ReplyLost, World};

use crate::{
    client::{TestClient, with},
    samples::aws_dot1q,
};

const CONNECTIONS: &str = "/ecx/v3/l2/connections";
const BUYER: &str = "/ecx/v3/l2/buyer/connections";

#[tokio::test(start_paused = true)]
async fn a_lost_reply_leaves_an_order_behind() {
    let api = TestClient::new().await;
    api.world.lose_reply_of(2);
    assert_eq!(api.get(BUYER).await.0, 200);
    let response = api.raw("POST", CONNECTIONS, &aws_dot1q()).await;
    assert!(response.extensions().get::<ReplyLost>().is_some());
    assert!(to_bytes(response.into_body(), usize::MAX).await.is_err());
    let (_, page) = api.get(BUYER).await;
    assert_eq!(page["content"][0]["name"], "JohnDoe_AWS_Dot1q");
    assert_eq!(api.world.ledger().orders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_scripted_response_replaces_the_request() {
    let api = TestClient::new().await;
    let fault = json!({
        "on": {"method": "POST", "path": CONNECTIONS},
        "effect": {"answer": {"status": 429, "retryAfter": "7", "body": [{"errorCode": "429"}]}},
    });
    let (status, _) = api.call("POST", "/control/faults", &fault).await;
    assert_eq!(status, 200);
    let response = api.raw("POST", CONNECTIONS, &aws_dot1q()).await;
    assert_eq!(response.status(), 429);
    assert_eq!(response.headers()["retry-after"], "7");
    assert!(api.world.ledger().orders.is_empty());
    api.order_v3(&aws_dot1q()).await;
}

#[tokio::test(start_paused = true)]
async fn responses_can_be_late_and_truncated() {
    let api = TestClient::new().await;
    let start = Instant::now();
    let late = Effect::Latency(Duration::from_secs(40));
    api.world.inject(InjectedFault::once(late).on("GET", BUYER));
    api.world.inject(InjectedFault::once(Effect::Truncate).on("GET", BUYER));
    let response = api.raw("GET", BUYER, &Value::Null).await;
    assert_eq!(start.elapsed(), Duration::from_secs(40));
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(!bytes.is_empty() && serde_json::from_slice::<Value>(&bytes).is_err());
}

#[tokio::test(start_paused = true)]
async fn listings_can_lag_and_change_their_order() {
    let api = TestClient::new().await;
    api.world.inject(InjectedFault::always(Effect::IndexLag(Duration::from_secs(30))));
    for (number, tag) in ["10", "11", "12", "13"].iter().enumerate() {
        let name = format!("Line-{number}");
        let changes = [("primaryName", json!(name)), ("primaryVlanSTag", json!(tag))];
        api.order_v3(&with(aws_dot1q(), &changes)).await;
    }
    assert_eq!(api.get(BUYER).await.1["totalCount"], 0);
    let search = "/fabric/v4/connections/search";
    let (_, found) = api.call("POST", search, &json!({})).await;
    assert_eq!(found["pagination"]["total"], 0);
    tokio::time::advance(Duration::from_secs(30)).await;
    assert_eq!(api.get(BUYER).await.1["totalCount"], 4);
    api.world.clear_faults();
    api.world.inject(InjectedFault::always(Effect::Shuffle));
    let names = async || {
        let (_, page) = api.get(BUYER).await;
        let lines = page["content"].as_array().unwrap().clone();
        lines.iter().map(|l| l["name"].to_string()).collect::<Vec<_>>()
    };
    let mut orders = std::collections::BTreeSet::new();
    for _ in 0..10 {
        orders.insert(names().await);
    }
    assert!(orders.len() > 1);
}

#[tokio::test(start_paused = true)]
async fn responses_have_the_date_of_the_world() {
    // The timestamp of a v4 sample, and the date format of RFC 9110.
    let epoch = Some("2021-07-15T19:30:29.526Z".parse().unwrap());
    let api = TestClient::of(World::new(Config { epoch, ..Config::default() })).await;
    let date = async |fault: Value| {
        if !fault.is_null() {
            let fault = json!({"effect": {"date": fault}});
            assert_eq!(api.call("POST", "/control/faults", &fault).await.0, 200, "{fault}");
        }
        let response = api.raw("GET", BUYER, &Value::Null).await;
        response.headers()["date"].to_str().unwrap().to_owned()
    };
    assert_eq!(date(Value::Null).await, "Thu, 15 Jul 2021 19:30:29 GMT");
    tokio::time::advance(Duration::from_millis(500)).await;
    assert_eq!(date(Value::Null).await, "Thu, 15 Jul 2021 19:30:30 GMT");
    assert_eq!(date(json!({"ahead": "2h"})).await, "Thu, 15 Jul 2021 21:30:30 GMT");
    assert_eq!(date(json!({"behind": "1day"})).await, "Wed, 14 Jul 2021 19:30:30 GMT");
    assert_eq!(date(json!("empty")).await, "");
    assert_eq!(date(Value::Null).await, "Thu, 15 Jul 2021 19:30:30 GMT", "once");
}

#[tokio::test(start_paused = true)]
async fn requests_are_kept_without_secrets() {
    let api = TestClient::new().await;
    api.order_v3(&aws_dot1q()).await;
    api.get("/fabric/v4/metros?presence=MY_PORTS").await;
    let seen = api.world.requests();
    let routes: Vec<_> =
        seen.iter().map(|r| (r.method.as_str(), r.path.as_str(), r.status)).collect();
    assert_eq!(
        routes,
        [
            ("POST", "/oauth2/v1/token", 200),
            ("POST", CONNECTIONS, 200),
            ("GET", "/fabric/v4/metros?presence=MY_PORTS", 200),
        ]
    );
    assert_eq!(seen[0].body["client_secret"], "***");
    assert_eq!(seen[1].body, aws_dot1q());
    let (_, ledger) = api.get("/control/ledger").await;
    assert_eq!(ledger["orders"][0]["vlan"], 774);
    assert_eq!(ledger["orders"][0]["dialect"], "v3");
    assert_eq!(ledger["cancellations"], json!([]));
}

#[tokio::test(start_paused = true)]
async fn bodies_are_bounded() {
    let api = TestClient::new().await;
    let long = json!({"primaryName": "a".repeat(256 * 1024)});
    let (status, error) = api.call("POST", CONNECTIONS, &long).await;
    assert_eq!(status, 413);
    assert!(error["errorCode"].is_string());
    let (status, error) = api.call("POST", "/fabric/v4/connections", &long).await;
    assert_eq!(status, 413);
    assert!(error[0]["errorCode"].as_str().unwrap().starts_with("EQ-"));
}

#[tokio::test(start_paused = true)]
async fn every_control_call_of_the_help_exists() {
    let api = TestClient::new().await;
    let strange = api.get("/control/colours").await;
    assert_eq!(strange, (404, json!({"error": "no such control call"})));
    let words = |line: &'static str| line.split_whitespace().collect::<Vec<_>>();
    let calls: Vec<_> = CONTROL
        .lines()
        .map(words)
        .filter(|words| words.len() > 1 && words[1].starts_with('/'))
        .collect();
    assert_eq!(calls.len(), 18);
    for call in calls {
        let path = call[1].replace("{uuid}", "5f00c000-0000-4000-8000-00000000ffff");
        let answer = api.call(call[0], &path, &Value::Null).await;
        assert_ne!(answer, strange, "{call:?}");
    }
}
