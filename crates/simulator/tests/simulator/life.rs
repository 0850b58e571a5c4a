//! The state tables over HTTP on both APIs, and deletion.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    client::{TestClient, with},
    samples::{aws_dot1q, by_invitation, by_token, dot1q, enterprise, v4_aws, v4_order},
};

const STAGE: Duration = Duration::from_mins(1);

/// Status and provider status on v3; v4 must print the same.
async fn pair(api: &TestClient, id: &str) -> (String, String) {
    let (_, page) = api.get(&format!("/ecx/v3/l2/connections/{id}")).await;
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let line = &page["content"][0];
    let pair = (text(&line["status"]), text(&line["providerStatus"]));
    let (_, line) = api.get(&format!("/fabric/v4/connections/{id}")).await;
    let operation = &line["operation"];
    let same = (text(&operation["equinixStatus"]), text(&operation["providerStatus"]));
    assert_eq!(pair, same);
    pair
}

async fn expect(api: &TestClient, id: &str, equinix: &str, provider: &str, state: &str) {
    assert_eq!(pair(api, id).await, (equinix.to_owned(), provider.to_owned()));
    let (_, line) = api.get(&format!("/fabric/v4/connections/{id}")).await;
    assert_eq!(line["state"], state, "{equinix}/{provider}");
}

async fn act(api: &TestClient, id: &str, deed: &str) -> u16 {
    let path = format!("/control/connections/{id}/{deed}");
    api.call("POST", &path, &Value::Null).await.0
}

#[tokio::test(start_paused = true)]
async fn aws_waits_for_its_buyer() {
    let api = TestClient::new().await;
    let id = api.order_v3(&aws_dot1q()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    expect(&api, id, "PROVISIONING", "NOT_AVAILABLE", "PROVISIONING").await;
    assert_eq!(act(&api, id, "accept").await, 409);
    tokio::time::advance(STAGE).await;
    expect(&api, id, "PROVISIONED", "PENDING_APPROVAL", "ACTIVE").await;
    let (_, line) = api.get(&format!("/fabric/v4/connections/{id}")).await;
    let provider_id = &line["zSide"]["accessPoint"]["providerConnectionId"];
    assert!(provider_id.as_str().unwrap().starts_with("dxcon-"));
    tokio::time::advance(Duration::from_hours(24)).await;
    let api = TestClient::of(api.world).await;
    expect(&api, id, "PROVISIONED", "PENDING_APPROVAL", "ACTIVE").await;
    assert_eq!(act(&api, id, "accept").await, 200);
    expect(&api, id, "PROVISIONED", "PROVISIONING", "ACTIVE").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "PROVISIONED", "PROVISIONED", "ACTIVE").await;

    let path = format!("/ecx/v3/l2/connections/{id}");
    let (status, answer) = api.delete(&path).await;
    assert_eq!(status, 200);
    assert_eq!(
        answer,
        json!({"message": "Connection deleted Successfully", "primaryConnectionId": id})
    );
    expect(&api, id, "DEPROVISIONING", "DEPROVISIONING", "DEPROVISIONING").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "DEPROVISIONED", "DEPROVISIONED", "DEPROVISIONED").await;
    let (_, page) = api.get("/ecx/v3/l2/buyer/connections").await;
    assert_eq!(page["content"][0]["uuid"], id, "listed although it is gone");
    assert_eq!(page["content"][0]["status"], "DEPROVISIONED");
    let (status, again) = api.delete(&path).await;
    assert_eq!((status, &again[0]["errorCode"]), (400, &json!("IC-LAYER2-4021")));
}

#[tokio::test(start_paused = true)]
async fn a_seller_decides_on_creation_and_deletion() {
    let api = TestClient::new().await;
    let id = api.order_v3(&enterprise()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    tokio::time::advance(10 * STAGE).await;
    expect(&api, id, "PENDING_APPROVAL", "NOT_AVAILABLE", "PENDING").await;
    assert_eq!(api.world.accept_all(), 1);
    expect(&api, id, "PROVISIONING", "NOT_AVAILABLE", "PROVISIONING").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "PROVISIONED", "AVAILABLE", "ACTIVE").await;
    api.delete(&format!("/fabric/v4/connections/{id}")).await;
    tokio::time::advance(10 * STAGE).await;
    expect(&api, id, "PENDING_DELETE", "AVAILABLE", "ACTIVE").await;
    assert_eq!(act(&api, id, "accept").await, 200);
    expect(&api, id, "DEPROVISIONING", "AVAILABLE", "DEPROVISIONING").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "DEPROVISIONED", "NOT_AVAILABLE", "DEPROVISIONED").await;
}

#[tokio::test(start_paused = true)]
async fn a_seller_may_reject() {
    let api = TestClient::new().await;
    let id = api.order_v3(&enterprise()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    assert_eq!(act(&api, id, "reject").await, 200);
    expect(&api, id, "REJECTED", "NOT_AVAILABLE", "FAILED").await;
    assert_eq!(api.delete(&format!("/fabric/v4/connections/{id}")).await.0, 200);
    tokio::time::advance(STAGE).await;
    expect(&api, id, "DEPROVISIONED", "NOT_AVAILABLE", "DEPROVISIONED").await;
}

#[tokio::test(start_paused = true)]
async fn tokens_need_no_decision() {
    let api = TestClient::new().await;
    let line = api.order_v4(&v4_order(&dot1q(), &by_token())).await;
    let id = line["uuid"].as_str().unwrap();
    expect(&api, id, "PROVISIONING", "NOT_AVAILABLE", "PROVISIONING").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "PROVISIONED", "PROVISIONED", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn invitations_wait_for_the_invited_party() {
    let api = TestClient::new().await;
    let line = api.order_v4(&v4_order(&dot1q(), &by_invitation())).await;
    let id = line["uuid"].as_str().unwrap();
    tokio::time::advance(10 * STAGE).await;
    expect(&api, id, "PENDING_APPROVAL", "NOT_AVAILABLE", "PENDING").await;
    assert_eq!(act(&api, id, "accept").await, 200);
    expect(&api, id, "PROVISIONING", "NOT_AVAILABLE", "PROVISIONING").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "PROVISIONED", "PROVISIONING", "ACTIVE").await;
    tokio::time::advance(STAGE).await;
    expect(&api, id, "PROVISIONED", "PROVISIONED", "ACTIVE").await;
}

#[tokio::test(start_paused = true)]
async fn deletion_on_v4_has_its_own_errors() {
    let api = TestClient::new().await;
    let line = api.order_v4(&v4_aws()).await;
    let path = format!("/fabric/v4/connections/{}", line["uuid"].as_str().unwrap());
    let refused = async |code: &str| {
        let (status, error) = api.delete(&path).await;
        assert_eq!((status, &error[0]["errorCode"]), (400, &json!(code)));
    };
    refused("EQ-3142510").await;
    tokio::time::advance(STAGE).await;
    let (status, line) = api.delete(&path).await;
    assert_eq!(status, 200);
    assert_eq!(line["operation"]["equinixStatus"], "DEPROVISIONING");
    refused("EQ-3142510").await;
    tokio::time::advance(STAGE).await;
    refused("EQ-3142509").await;
    assert_eq!(api.get(&path).await.1["state"], "DEPROVISIONED");
    let ledger = api.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn tags_are_freed_a_while_after_the_end() {
    let api = TestClient::new().await;
    let id = api.order_v3(&aws_dot1q()).await["primaryConnectionId"].clone();
    let path = format!("/ecx/v3/l2/connections/{}", id.as_str().unwrap());
    api.delete(&path).await;
    let again = with(aws_dot1q(), &[("primaryName", json!("Again"))]);
    for minute in 0..3 {
        let (status, error) = api.call("POST", "/ecx/v3/l2/connections", &again).await;
        if minute < 2 {
            assert_eq!(status, 400, "minute {minute}");
            assert_eq!(error[0]["errorCode"], "IC-LAYER2-VLAN-008");
        } else {
            assert_eq!(status, 200, "{error}");
        }
        tokio::time::advance(STAGE).await;
    }
}

#[tokio::test(start_paused = true)]
async fn v4_reports_failures() {
    let api = TestClient::new().await;
    let line = api.order_v4(&v4_aws()).await;
    let id = line["uuid"].as_str().unwrap();
    assert_eq!(act(&api, id, "fail").await, 200);
    expect(&api, id, "NOT_PROVISIONED", "FAILED", "FAILED").await;
    let (_, line) = api.get(&format!("/fabric/v4/connections/{id}")).await;
    assert!(line["operation"]["errors"][0]["errorCode"].is_string());
    assert_eq!(act(&api, id, "fail").await, 409);
    assert_eq!(act(&api, "5f00c000-0000-4000-8000-00000000ffff", "fail").await, 404);
}
