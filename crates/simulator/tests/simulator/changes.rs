//! Changes, acceptance and decisions, on both APIs.

use std::time::Duration;

use axum::body::Body;
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use fabric_simulator::{Config, Effect, InjectedFault, UserCredentials, World};

use crate::{
    client::{TestClient, with},
    samples::{aws_dot1q, dot1q, enterprise, v4_aws, v4_order},
};

const STAGE: Duration = Duration::from_mins(1);

pub(crate) fn v3(id: &str, action: &str) -> String {
    format!("/ecx/v3/l2/connections/{id}?action={action}")
}

pub(crate) fn v4(id: &str) -> String {
    format!("/fabric/v4/connections/{id}")
}

/// An order on v3 that has reached the end of its state table.
pub(crate) async fn in_service(api: &TestClient, body: &Value) -> String {
    let id = api.order_v3(body).await["primaryConnectionId"].as_str().unwrap().to_owned();
    for _ in 0..4 {
        tokio::time::advance(STAGE).await;
        api.world.accept_all();
    }
    tokio::time::advance(STAGE).await;
    id
}

pub(crate) async fn seen(api: &TestClient, id: &str) -> Value {
    api.get(&format!("/ecx/v3/l2/connections/{id}")).await.1
}

pub(crate) fn replace(path: &str, value: impl Into<Value>) -> Value {
    let value = value.into();
    json!([{"op": "replace", "path": path, "value": value}])
}

pub(crate) async fn patched(api: &TestClient, id: &str, body: &Value) -> Value {
    let (status, line) = api.call("PATCH", &v4(id), body).await;
    assert_eq!(status, 202, "{line}");
    line
}

async fn refused(api: &TestClient, id: &str, body: &Value, code: &str, property: &str) {
    let (status, errors) = api.call("PATCH", &v4(id), body).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!(code)), "{body}: {errors}");
    assert_eq!(errors[0]["additionalInfo"][0]["property"], property, "{errors}");
}

#[tokio::test(start_paused = true)]
async fn v3_takes_name_and_speed_at_once_and_the_seller_decides_on_the_speed() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    let body = json!({"connectionNewName": "New name", "speed": 200, "speedUnit": "MB"});
    let answer = api.call("PATCH", &v3(&id, "update"), &body).await;
    let submitted = json!({
        "message": "updated connection successfully",
        "primaryConnectionId": id,
        "status": "submitted",
    });
    assert_eq!(answer, (200, submitted));
    let line = seen(&api, &id).await;
    assert_eq!((&line["name"], &line["speed"]), (&json!("JohnDoe_Dot1Q_To_Dot1Q"), &json!(50)));
    assert_eq!(line["updateInProgress"], true);
    let (status, errors) = api.call("PATCH", &v3(&id, "Update"), &body).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("IC-LAYER2-402")));

    tokio::time::advance(100 * STAGE).await;
    let api = TestClient::of(api.world).await;
    let line = seen(&api, &id).await;
    assert_eq!((&line["name"], &line["speed"]), (&json!("New name"), &json!(50)), "not atomic");
    assert_eq!(line["sellerApprovalPendingForBandwidth"], true);
    assert_eq!(api.get(&v4(&id)).await.1["change"]["status"], "SUBMITTED_FOR_APPROVAL");
    assert_eq!(api.world.accept_all(), 1);
    let line = seen(&api, &id).await;
    assert_eq!(line["speed"], 200);
    assert_eq!(line["updateInProgress"], false);
    assert_eq!(line["sellerApprovalPendingForBandwidth"], false);
    assert_eq!(line["status"], "PROVISIONED");
    assert_eq!(api.world.ledger().changes.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn v3_ignores_an_incomplete_speed_and_rejects_unknown_fields() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    for body in [json!({"speed": 200}), json!({"speedUnit": "MB"}), json!({})] {
        let (status, answer) = api.call("PATCH", &v3(&id, "UPDATE"), &body).await;
        assert_eq!((status, &answer["status"]), (200, &json!("submitted")));
    }
    assert!(api.world.ledger().changes.is_empty());
    for (action, body, property) in [
        ("Update", json!({"name": "New"}), "name"),
        ("Update", json!({"connectionNewName": "a".repeat(25)}), "connectionNewName"),
        ("Update", json!({"speed": 51, "speedUnit": "MB"}), "speed"),
        ("Update", json!({"speed": 1, "speedUnit": "TB"}), "speedUnit"),
        ("Migrate", json!({}), "action"),
        ("", json!({}), "action"),
        ("Approve", json!({"accessKey": "AKIA", "secretKey": "CXG"}), "uuid"),
    ] {
        let (status, errors) = api.call("PATCH", &v3(&id, action), &body).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("IC-LAYER2-402")), "{body}");
        assert_eq!(errors[0]["property"], property, "{errors}");
    }
    let cloud = in_service(&api, &aws_dot1q()).await;
    let faster = json!({"speed": 200, "speedUnit": "MB"});
    let (status, _) = api.call("PATCH", &v3(&cloud, "Update"), &faster).await;
    assert_eq!(status, 400, "AWS sells no other speed for a connection that exists");
}

#[tokio::test(start_paused = true)]
async fn aws_is_accepted_with_two_keys() {
    let api = TestClient::new().await;
    let id = api.order_v3(&aws_dot1q()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    let keys = json!({"accessKey": "AKIAGGJKJU7BC3QJKYQ", "secretKey": "CXGJW1lWbqENEqSkBAK"});
    assert_eq!(api.call("PATCH", &v3(id, "Approve"), &keys).await.0, 400, "too early");
    tokio::time::advance(STAGE).await;
    for key in ["accessKey", "secretKey"] {
        for value in [Value::Null, json!(""), json!(7)] {
            let body = with(keys.clone(), &[(key, value)]);
            let (status, errors) = api.call("PATCH", &v3(id, "Approve"), &body).await;
            assert_eq!((status, &errors[0]["property"]), (400, &json!(key)));
        }
    }
    let body = json!([{"errorCode": "IC-LAYER2-402", "errorMessage": "Invalid Request"}]);
    let answer = Effect::Answer { status: 400, retry_after: None, body };
    api.world.inject(InjectedFault::once(answer).on("PATCH", "/ecx/v3/l2/connections/*"));
    assert_eq!(api.call("PATCH", &v3(id, "approve"), &keys).await.0, 400);
    assert_eq!(seen(&api, id).await["providerStatus"], "PENDING_APPROVAL");
    let sample = json!({"message": "updated connection successfully", "primaryConnectionId": id});
    assert_eq!(api.call("PATCH", &v3(id, "Approve"), &keys).await, (200, sample));
    assert_eq!(seen(&api, id).await["providerStatus"], "PROVISIONING");
    assert_eq!(api.call("PATCH", &v3(id, "Approve"), &keys).await.0, 400, "once");
    // Rejecting the connection requires the keys, too.
    let other = with(aws_dot1q(), &[("primaryVlanSTag", json!(775))]);
    let other = api.order_v3(&other).await["primaryConnectionId"].clone();
    let other = other.as_str().unwrap();
    tokio::time::advance(STAGE).await;
    assert_eq!(api.call("PATCH", &v3(other, "Reject"), &json!({})).await.0, 400);
    assert_eq!(api.call("PATCH", &v3(other, "Reject"), &keys).await.0, 200);
    assert_eq!(seen(&api, other).await["status"], "REJECTED");
    let log = serde_json::to_string(&api.world.requests()).unwrap();
    assert!(!log.contains("AKIA") && !log.contains("CXG"));
}

#[tokio::test(start_paused = true)]
async fn v4_accepts_aws_by_a_patch_and_keeps_no_secret() {
    let api = TestClient::new().await;
    let line = api.order_v4(&v4_aws()).await;
    let id = line["uuid"].as_str().unwrap();
    let info = |access: &str| {
        json!([{"op": "add", "path": "", "value": {"additionalInfo": [
            {"key": "accessKey", "value": access},
            {"key": "secretKey", "value": "NwPcpbWgFEPofydsZEQG"},
        ]}}])
    };
    refused(&api, id, &info("nTTgtgoQbTQCRHTbynll"), "EQ-3142510", "uuid").await;
    tokio::time::advance(STAGE).await;
    refused(&api, id, &info(""), "EQ-3142501", "/additionalInfo").await;
    let line = patched(&api, id, &info("nTTgtgoQbTQCRHTbynll")).await;
    assert_eq!(line["operation"]["providerStatus"], "PROVISIONING");
    assert_eq!(line["change"]["status"], "REQUESTED");
    assert_eq!(line["change"]["data"]["path"], "");
    let all = format!("{line}{}", serde_json::to_string(&api.world.requests()).unwrap());
    assert!(!all.contains("nTTgtgoQ") && !all.contains("NwPcpbWg"));
    tokio::time::advance(STAGE).await;
    let (_, line) = api.get(&v4(id)).await;
    assert_eq!(line["operation"]["providerStatus"], "PROVISIONED");
    assert_eq!(line["change"]["status"], "COMPLETED");
}

#[tokio::test(start_paused = true)]
async fn v4_changes_one_thing_at_a_time() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    let people = json!([{"type": "ALL", "emails": ["a@example.com", "b@example.com"]}]);
    let mut ids = Vec::new();
    for (path, value) in [
        ("/name", json!("Conn-Name-2")),
        ("/order/termLength", json!(12)),
        ("/notifications", people),
    ] {
        let line = patched(&api, &id, &replace(path, value.clone())).await;
        assert_eq!(line["change"]["type"], "CONNECTION_UPDATE");
        assert_eq!(line["change"]["status"], "REQUESTED");
        assert_eq!(line["change"]["data"], replace(path, value.clone())[0]);
        assert_ne!(line.pointer(path), Some(&value), "not yet");
        refused(&api, &id, &replace("/name", json!("Other")), "EQ-3142510", "uuid").await;
        tokio::time::advance(STAGE).await;
        let (_, line) = api.get(&v4(&id)).await;
        assert_eq!(line["change"]["status"], "COMPLETED");
        assert_eq!(line.pointer(path), Some(&value));
        ids.push(line["change"]["uuid"].clone());
    }
    ids.dedup();
    assert_eq!(ids.len(), 3, "every change has an id of its own");
}

#[tokio::test(start_paused = true)]
async fn v4_bandwidth_waits_for_sellers_that_do_not_approve_by_themselves() {
    for (yes, status, mbps) in [(true, "COMPLETED", 200), (false, "REJECTED", 50)] {
        let api = TestClient::new().await;
        let id = in_service(&api, &enterprise()).await;
        patched(&api, &id, &replace("/bandwidth", json!(200))).await;
        tokio::time::advance(STAGE).await;
        let (_, line) = api.get(&v4(&id)).await;
        assert_eq!(line["change"]["status"], "SUBMITTED_FOR_APPROVAL");
        assert_eq!((&line["bandwidth"], &line["state"]), (&json!(50), &json!("ACTIVE")));
        refused(&api, &id, &replace("/name", json!("Other")), "EQ-3142510", "uuid").await;
        let deed = if yes { "accept" } else { "reject" };
        let path = format!("/control/connections/{id}/{deed}");
        assert_eq!(api.call("POST", &path, &Value::Null).await.0, 200);
        let (_, line) = api.get(&v4(&id)).await;
        assert_eq!((&line["change"]["status"], &line["bandwidth"]), (&json!(status), &json!(mbps)));
        assert_eq!(api.world.lines()[0].change.as_deref(), Some(status));
    }
    let api = TestClient::new().await;
    let body = with(
        enterprise(),
        &[
            ("profileUUID", json!("9e441721-5342-4d8a-b62e-5ca61b4aa795")),
            ("sellerRegion", json!("us-west1")),
            ("authorizationKey", json!("33835adc-00fd-4fe1-b9f3-78248e126ef7/us-west1/1")),
        ],
    );
    let id = in_service(&api, &body).await;
    patched(&api, &id, &replace("/bandwidth", json!(200))).await;
    tokio::time::advance(STAGE).await;
    assert_eq!(api.get(&v4(&id)).await.1["bandwidth"], 200);
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_a_seller_can_be_cancelled() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    patched(&api, &id, &replace("/bandwidth", json!(200))).await;
    tokio::time::advance(STAGE).await;
    assert_eq!(api.delete(&v4(&id)).await.0, 200);
    let (_, line) = api.get(&v4(&id)).await;
    assert_eq!(line["change"]["type"], "CONNECTION_DELETION");
    assert_eq!(api.world.accept_all(), 1, "the deletion, not the bandwidth");
    assert_eq!(api.get(&v4(&id)).await.1["bandwidth"], 50);
}

#[tokio::test(start_paused = true)]
async fn v4_approves_automatically_if_configured() {
    let world = World::new(Config { accept_after: Some(STAGE), ..Config::default() });
    let api = TestClient::of(world).await;
    let id = in_service(&api, &enterprise()).await;
    patched(&api, &id, &replace("/bandwidth", json!(500))).await;
    tokio::time::advance(2 * STAGE).await;
    assert_eq!(api.get(&v4(&id)).await.1["bandwidth"], 500);
}

#[tokio::test(start_paused = true)]
async fn v4_rejects_other_operations_values_and_media_types() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    let invalid = "EQ-3142501";
    for (body, code, property) in [
        (
            replace("/zSide/accessPoint/sellerRegion", json!("x")),
            invalid,
            "/zSide/accessPoint/sellerRegion",
        ),
        (
            replace("/aSide/accessPoint/port/uuid", json!("x")),
            invalid,
            "/aSide/accessPoint/port/uuid",
        ),
        (json!([{"op": "remove", "path": "/name", "value": ""}]), invalid, "/name"),
        (json!([{"op": "replace", "path": "/name"}]), invalid, "/0/value"),
        (json!([{"op": "replace", "path": "/name", "value": "A", "why": 1}]), invalid, "/0/why"),
        (json!([]), invalid, ""),
        (replace("/name", json!("a".repeat(51))), invalid, "/name"),
        (replace("/bandwidth", json!("200")), invalid, "/bandwidth"),
        (replace("/bandwidth", json!(51)), "EQ-3142306", "/bandwidth"),
        (replace("/order/termLength", json!(13)), invalid, "/order/termLength"),
        (replace("/notifications", json!([])), invalid, "/notifications"),
    ] {
        refused(&api, &id, &body, code, property).await;
    }
    let body = replace("/name", json!("Conn-Name-2"));
    let send = async |kind: &str| {
        let request = Request::patch(v4(&id))
            .header("authorization", format!("Bearer {}", api.token))
            .header("content-type", kind)
            .body(Body::from(body.to_string()))
            .unwrap();
        api.world.router().oneshot(request).await.unwrap().status().as_u16()
    };
    assert_eq!(send("application/merge-patch+json").await, 415);
    assert_eq!(send("application/json-patch+json; charset=utf-8").await, 202);
    let aws = in_service(&api, &aws_dot1q()).await;
    refused(&api, &aws, &replace("/bandwidth", json!(200)), invalid, "/bandwidth").await;
}

#[tokio::test(start_paused = true)]
async fn v4_previews_changes() {
    let api = TestClient::new().await;
    let id = in_service(&api, &enterprise()).await;
    let path = format!("{}?dryRun=true", v4(&id));
    let body = replace("/bandwidth", json!(1000));
    let (status, line) = api.call("PATCH", &path, &body).await;
    assert_eq!((status, &line["bandwidth"], &line["uuid"]), (200, &json!(1000), &json!(id)));
    for name in ["state", "operation", "change"] {
        assert!(line.get(name).is_none(), "{name}");
    }
    assert_eq!(api.get(&v4(&id)).await.1["bandwidth"], 50);
    let (status, _) = api.call("PATCH", &path, &replace("/bandwidth", json!(51))).await;
    assert_eq!(status, 400);
}

pub(crate) fn seller() -> UserCredentials {
    UserCredentials {
        client_id: "SELLER".to_owned(),
        client_secret: "SECRET".to_owned(),
        user_name: "jane.roe@example.com".to_owned(),
        user_password: "jr".to_owned(),
    }
}

/// The seller's port, as the specification's example gives it.
pub(crate) fn acceptance() -> Value {
    json!({"type": "CONNECTION_CREATION_ACCEPTANCE", "data": {"zSide": {"accessPoint": {
        "type": "COLO",
        "port": {"uuid": "754086e4-164d-64d0-84e0-30ac188c7c35"},
        "linkProtocol": {"type": "QINQ", "vlanSTag": 1002, "vlanCTag": 1001},
    }}}})
}

#[tokio::test(start_paused = true)]
async fn only_sellers_decide_by_actions() {
    let api = TestClient::new().await;
    let id = api.order_v3(&enterprise()).await["primaryConnectionId"].clone();
    let id = id.as_str().unwrap();
    api.world.admit_seller(seller(), "John-Doe-Corp");
    let seller = TestClient::with(api.world.clone(), &seller()).await;
    let path = format!("{}/actions", v4(id));
    let (status, errors) = api.call("POST", &path, &acceptance()).await;
    assert_eq!((status, &errors[0]["errorCode"]), (403, &json!("EQ-3142401")));
    let act = async |kind: &str| {
        let body = json!({"type": kind, "description": "Invalid connection update request"});
        seller.call("POST", &path, &body).await
    };
    assert_eq!(act("CONNECTION_CREATION_ACCEPTANCE").await.0, 400, "without a port");
    assert_eq!(act("CONNECTION_DELETION_ACCEPTANCE").await.0, 400, "nothing is deleted");
    let (status, answer) = seller.call("POST", &path, &acceptance()).await;
    assert_eq!(status, 202, "{answer}");
    assert_eq!(answer["type"], "CONNECTION_CREATION_ACCEPTANCE");
    assert_eq!(answer["data"], acceptance()["data"]);
    assert_eq!(seen(&api, id).await["status"], "PROVISIONING");
    let (_, errors) = act("CONNECTION_DELETION_ACCEPTANCE").await;
    assert_eq!(errors[0]["errorCode"], "EQ-3142510");
    tokio::time::advance(STAGE).await;
    assert_eq!(seen(&api, id).await["zSideVlanSTag"], 1002);

    patched(&api, id, &replace("/bandwidth", json!(200))).await;
    tokio::time::advance(STAGE).await;
    assert_eq!(act("CONNECTION_UPDATE_REJECTION").await.0, 202);
    assert_eq!(seen(&api, id).await["speed"], 50);
    patched(&api, id, &replace("/bandwidth", json!(200))).await;
    tokio::time::advance(STAGE).await;
    assert_eq!(act("CONNECTION_UPDATE_ACCEPTANCE").await.0, 202);
    assert_eq!(seen(&api, id).await["speed"], 200);
    assert_eq!(api.delete(&v4(id)).await.0, 200);
    assert_eq!(act("CONNECTION_DELETION_ACCEPTANCE").await.0, 202);
    assert_eq!(seen(&api, id).await["status"], "DEPROVISIONING");
}

#[tokio::test(start_paused = true)]
async fn one_organisation_can_be_both_sides() {
    let api = TestClient::new().await;
    let mine = json!({"accessPoint": {
        "type": "SP",
        "profile": {"type": "L2_PROFILE", "uuid": "5f00b000-0000-4000-8000-000000000004"},
        "location": {"metroCode": "SV"},
    }});
    let line = api.order_v4(&v4_order(&dot1q(), &mine)).await;
    assert_eq!(line["operation"]["equinixStatus"], "PENDING_APPROVAL");
    let id = line["uuid"].as_str().unwrap();
    let path = format!("{}/actions", v4(id));
    let body = json!({"type": "CONNECTION_CREATION_REJECTION", "description": "no"});
    assert_eq!(api.call("POST", &path, &body).await.0, 202);
    assert_eq!(seen(&api, id).await["status"], "REJECTED");
    let ask = json!({"type": "CONNECTION_PROVIDER_BANDWIDTH_REQUEST"});
    let (status, answer) = api.call("POST", &path, &ask).await;
    assert_eq!((status, &answer["data"]["providerBandwidth"]), (202, &json!(1000)));
    for body in [json!({"type": "COLOUR"}), json!({"type": "MIGRATION_EVPL_VC"})] {
        let (status, errors) = api.call("POST", &path, &body).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")));
    }
}
