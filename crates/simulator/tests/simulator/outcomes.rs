//! Failed and rejected changes and deletions, and edits in the portal.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_domain::ConnectionId;
use fabric_simulator::{PortalEdit, Refused};

use crate::{
    changes::{acceptance, in_service, patched, replace, seen, seller, v3, v4},
    client::TestClient,
    samples::enterprise,
};

const STAGE: Duration = Duration::from_mins(1);

async fn control(api: &TestClient, id: &str, deed: &str, body: &Value) -> u16 {
    api.call("POST", &format!("/control/connections/{id}/{deed}"), body).await.0
}

/// The bandwidth on v3, and its flags about a change.
async fn flags(api: &TestClient, id: &str) -> (Value, [Value; 3]) {
    let line = seen(api, id).await;
    let names =
        ["updateInProgress", "sellerApprovalPendingForBandwidth", "sellerApprovedBandwidth"];
    (line["speed"].clone(), names.map(|name| line[name].clone()))
}

#[tokio::test(start_paused = true)]
async fn a_change_can_fail_in_progress_and_while_it_waits_for_the_seller() {
    for stages in [0, 1] {
        let api = TestClient::new().await;
        let id = in_service(&api, &enterprise()).await;
        assert_eq!(control(&api, &id, "fail", &Value::Null).await, 409, "nothing is under way");
        patched(&api, &id, &replace("/bandwidth", json!(200))).await;
        tokio::time::advance(stages * STAGE).await;
        assert_eq!(control(&api, &id, "fail", &Value::Null).await, 200);
        let (_, line) = api.get(&v4(&id)).await;
        assert_eq!((&line["bandwidth"], &line["state"]), (&json!(50), &json!("ACTIVE")));
        assert_eq!(line["change"]["type"], "CONNECTION_UPDATE");
        assert_eq!(line["change"]["status"], "FAILED");
        assert_eq!(line["change"]["data"], replace("/bandwidth", json!(200))[0]);
        assert_eq!(flags(&api, &id).await, (json!(50), [false, false, false].map(Value::from)));
        tokio::time::advance(10 * STAGE).await;
        assert_eq!(api.get(&v4(&id)).await.1["bandwidth"], 50);
        assert_eq!(control(&api, &id, "fail", &Value::Null).await, 409, "it is over");
        patched(&api, &id, &replace("/name", json!("Next"))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_change_of_two_parts_may_leave_the_first_behind() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    let body = json!({"connectionNewName": "Renamed", "speed": 200, "speedUnit": "MB"});
    assert_eq!(api.call("PATCH", &v3(&id, "update"), &body).await.0, 200);
    tokio::time::advance(STAGE).await;
    assert_eq!(flags(&api, &id).await.1, [true, true, false].map(Value::from));
    assert_eq!(control(&api, &id, "fail", &Value::Null).await, 200);
    let line = seen(&api, &id).await;
    assert_eq!((&line["name"], &line["speed"]), (&json!("Renamed"), &json!(50)));
}

#[tokio::test(start_paused = true)]
async fn v3_shows_what_the_seller_decided() {
    for (deed, speed, approved) in [("accept", 200, true), ("reject", 50, false)] {
        let api = TestClient::new().await;
        let id = in_service(&api, &enterprise()).await;
        assert_eq!(flags(&api, &id).await.1, [false, false, false].map(Value::from));
        let body = json!({"speed": 200, "speedUnit": "MB"});
        assert_eq!(api.call("PATCH", &v3(&id, "update"), &body).await.0, 200);
        assert_eq!(flags(&api, &id).await.1, [true, false, false].map(Value::from));
        tokio::time::advance(STAGE).await;
        assert_eq!(flags(&api, &id).await.1, [true, true, false].map(Value::from));
        assert_eq!(control(&api, &id, deed, &Value::Null).await, 200);
        let decided = (json!(speed), [false, false, approved].map(Value::from));
        assert_eq!(flags(&api, &id).await, decided);
    }
}

#[tokio::test(start_paused = true)]
async fn the_portal_changes_a_line_at_once_and_past_the_ledger() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    let before = seen(&api, &id).await["lastUpdatedDate"].clone();
    assert_eq!(control(&api, &id, "edit", &json!({"name": "By hand"})).await, 200);
    let line = seen(&api, &id).await;
    assert_eq!((&line["name"], &line["speed"]), (&json!("By hand"), &json!(50)));
    assert_ne!(line["lastUpdatedDate"], before);
    let line_id = ConnectionId::parse(&id).unwrap();
    let edit = PortalEdit { name: None, bandwidth: Some(500) };
    api.world.edit(&line_id, &edit).unwrap();
    let (_, line) = api.get(&v4(&id)).await;
    assert_eq!((&line["name"], &line["bandwidth"]), (&json!("By hand"), &json!(500)));
    assert_eq!(line["change"]["type"], "CONNECTION_CREATION", "the API has seen no change");
    assert!(api.world.ledger().changes.is_empty());
    for body in [json!({}), json!({"colour": "red"}), json!({"bandwidth": "fast"}), Value::Null] {
        assert_eq!(control(&api, &id, "edit", &body).await, 400, "{body}");
    }
    let unknown = "5f00c000-0000-4000-8000-00000000ffff";
    assert_eq!(control(&api, unknown, "edit", &json!({"name": "x"})).await, 404);
    api.delete(&v4(&id)).await;
    api.world.accept_all();
    tokio::time::advance(STAGE).await;
    assert_eq!(api.world.edit(&line_id, &edit), Err(Refused::NotNow));
}

#[tokio::test(start_paused = true)]
async fn a_rejected_deletion_ends_as_each_document_says() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    assert_eq!(api.delete(&v4(&id)).await.0, 200);
    assert_eq!(seen(&api, &id).await["status"], "PENDING_DELETE");
    assert_eq!(control(&api, &id, "reject", &Value::Null).await, 200);
    // The v3 table has one row for "in progress" and for "the seller has rejected the request".
    let line = seen(&api, &id).await;
    assert_eq!(
        (&line["status"], &line["providerStatus"]),
        (&json!("DEPROVISIONING"), &json!("AVAILABLE"))
    );
    let (_, line) = api.get(&v4(&id)).await;
    assert_eq!(line["state"], "ACTIVE");
    assert_eq!(
        line["operation"],
        json!({"equinixStatus": "PROVISIONED", "providerStatus": "AVAILABLE"})
    );
    assert_eq!(line["change"]["type"], "CONNECTION_DELETION");
    assert_eq!(line["change"]["status"], "REJECTED");
    tokio::time::advance(STAGE).await;
    let line = seen(&api, &id).await;
    assert_eq!(
        (&line["status"], &line["providerStatus"]),
        (&json!("PROVISIONED"), &json!("AVAILABLE"))
    );
    assert!(line["deletedDate"].is_string(), "a stamp of deletion does not mean deleted");
    // It can be changed, and its deletion can be requested again.
    patched(&api, &id, &replace("/name", json!("Kept"))).await;
    tokio::time::advance(STAGE).await;
    assert_eq!(api.get(&v4(&id)).await.1["change"]["type"], "CONNECTION_UPDATE");
    assert_eq!(api.delete(&v4(&id)).await.0, 200);
    assert_eq!(api.get(&v4(&id)).await.1["change"]["status"], "SUBMITTED_FOR_APPROVAL");
    assert_eq!(control(&api, &id, "accept", &Value::Null).await, 200);
    assert_eq!(seen(&api, &id).await["status"], "DEPROVISIONING");
    assert_eq!(api.world.ledger().cancellations.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn an_oracle_connection_stays_active_after_its_deletion() {
    let api = TestClient::new().await;
    let flows: Vec<Value> = serde_json::from_str(include_str!("flows.json")).unwrap();
    let oracle = flows.iter().find(|flow| flow["flow"] == "oracle").unwrap();
    let id = in_service(&api, &oracle["body"]).await;
    let (status, line) = api.delete(&v4(&id)).await;
    assert_eq!((status, &line["state"]), (200, &json!("ACTIVE")));
    assert_eq!(line["operation"]["equinixStatus"], "PROVISIONED");
    assert_eq!(line["change"]["type"], "CONNECTION_DELETION");
    let (status, errors) = api.delete(&v4(&id)).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142510")));
    tokio::time::advance(STAGE).await;
    assert_eq!(api.get(&v4(&id)).await.1["state"], "DEPROVISIONING");
    tokio::time::advance(STAGE).await;
    assert_eq!(api.get(&v4(&id)).await.1["state"], "DEPROVISIONED");
}

#[tokio::test(start_paused = true)]
async fn a_rejection_has_its_comment_and_can_be_acknowledged() {
    let api = TestClient::new().await;
    let id = api.order_v3(&enterprise()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    api.world.admit_seller(seller(), "John-Doe-Corp");
    let sells = TestClient::with(api.world.clone(), &seller()).await;
    let path = format!("{}/actions", v4(id));
    let acknowledge = json!({"type": "CONNECTION_REJECTION_ACCEPTANCE"});
    assert_eq!(api.call("POST", &path, &acknowledge).await.0, 400, "no party has rejected it");
    let no = json!({
        "type": "CONNECTION_CREATION_REJECTION", "description": "Invalid connection request",
    });
    assert_eq!(sells.call("POST", &path, &no).await.0, 202);
    let (_, line) = api.get(&v4(id)).await;
    assert_eq!(line["operation"]["equinixStatus"], "REJECTED");
    assert_eq!(line["change"]["status"], "REJECTED");
    assert_eq!(line["change"]["information"], "Invalid connection request");
    let (status, errors) = sells.call("POST", &path, &acknowledge).await;
    assert_eq!((status, &errors[0]["errorCode"]), (403, &json!("EQ-3142401")), "the buyer's act");
    assert_eq!(api.call("POST", &path, &acknowledge).await.0, 202);
    let (_, line) = api.get(&v4(id)).await;
    assert_eq!(line["operation"]["equinixStatus"], "REJECTED_ACK");
    assert_eq!(line["state"], "FAILED");
    assert_eq!(sells.call("POST", &path, &acceptance()).await.0, 400, "too late");
    assert_eq!(api.delete(&v4(id)).await.0, 200);
}
