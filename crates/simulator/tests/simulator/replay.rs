//! Every request that the documents show, each on a fresh world, by whom the document has in mind.
//!
//! `replay.json` has the requests that `flows.json` does not have, and the code of the error where a
//! request shows the mistake that its error is about.

use serde_json::{Value, json};

use fabric_simulator::Config;

use crate::{client::TestClient, v3_profiles::market};

fn rows(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

/// A buyer and the seller of the samples in a world as the program starts it.
async fn fresh() -> (TestClient, TestClient) {
    market(Config { sample_connections: true, ..Config::default() }).await
}

/// The refresh token of a sample is a placeholder for the one that was issued.
async fn with_issued_token(api: &TestClient, mut body: Value) -> Value {
    if body.get("refresh_token").is_some() {
        let grant = json!({
            "grant_type": "password", "client_id": "ABCDE12345", "client_secret": "FGHIJ67890",
            "user_name": "john.doe@example.com", "user_password": "jd1@#$",
        });
        let (_, token) = api.call("POST", "/oauth2/v1/token", &grant).await;
        body["refresh_token"] = token["refresh_token"].clone();
    }
    body
}

#[tokio::test(start_paused = true)]
async fn every_sample_replays_on_a_fresh_world() {
    let orders = rows(include_str!("flows.json"));
    let others = rows(include_str!("replay.json"));
    assert_eq!(orders.len() + others.len(), 80);
    for order in &orders {
        let (buyer, _) = fresh().await;
        buyer.order_v3(&order["body"]).await;
    }
    for row in &others {
        let (buyer, seller) = fresh().await;
        let api = if row["by"] == "seller" { &seller } else { &buyer };
        let body = with_issued_token(api, row["body"].clone()).await;
        let text = |name: &str| row[name].as_str().unwrap();
        let (status, answer) = api.call(text("method"), text("path"), &body).await;
        let sample = text("sample");
        match row["code"].as_str() {
            Some(code) => assert!(answer.to_string().contains(&format!("\"{code}\"")), "{sample}"),
            // Samples of failures that show no mistake, or that of another code.
            None if sample.contains("-error-") => assert!(status < 500, "{sample}: {answer}"),
            None => assert!((200..300).contains(&status), "{sample}: {status} {answer}"),
        }
    }
}
