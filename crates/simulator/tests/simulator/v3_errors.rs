//! The troubleshooting chapter of v3: every error that a rule can produce.

use axum::body::{Body, to_bytes};
use http::Request;
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::{
    catalogue::rows,
    client::{TestClient, with},
    samples::{aws_dot1q, azure_dot1q},
};

const CONNECTIONS: &str = "/ecx/v3/l2/connections";

/// The request that most samples of errors are variants of.
pub(crate) fn demo() -> Value {
    json!({
        "primaryName": "JohnDoe_Demo_Connection",
        "profileUUID": "937d83b1-ce02-452e-b60b-80955eb91c",
        "speed": 50,
        "speedUnit": "MB",
        "notifications": ["john.doe@demo.com"],
        "purchaseOrderNumber": "1234567890",
        "primaryPortUUID": "7e7374c4-a357-3570-f2e0-30ac195544ce",
        "primaryVlanSTag": "555",
        "namedTag": "Manual",
        "sellerMetroCode": "SV",
    })
}

pub(crate) fn oracle_qinq() -> Value {
    json!({
        "primaryName": "JohnDoeOracleQinQ",
        "profileUUID": "c7f5469b-9618-4d8e-b7dc-9e643rd0a8b8",
        "speed": 1,
        "speedUnit": "GB",
        "notifications": ["JohnDoe@equinix.com"],
        "purchaseOrderNumber": "1111",
        "primaryPortUUID": "7f891e3b-974f-74f0-bae0-30ec1885143a",
        "primaryVlanSTag": "3273",
        "primaryVlanCTag": "1111",
        "sellerRegion": "us-ashburn-1",
        "sellerMetroCode": "DC",
        "authorizationKey": "ocid1.virtualcircuit.oc1.iad.aaaaabcdp2mwua7njveex3vmhchwqwyzzka5zrrhbo4wc7uz46pzlqghkzgq",
    })
}

/// Asserts that an order is rejected with exactly this error among others.
async fn refused(api: &TestClient, body: &Value, code: &str, more: &str, property: &str) {
    let (status, errors) = api.call("POST", CONNECTIONS, body).await;
    assert_eq!(status, 400, "{code}: {errors}");
    let found = errors.as_array().unwrap().iter().any(|error| {
        error["errorCode"] == code && error["moreInfo"] == more && error["property"] == property
    });
    assert!(found, "{code} {property}: {errors}");
}

fn azure_named() -> Value {
    with(
        azure_dot1q(),
        &[("primaryName", json!("johnDoePrimary")), ("secondaryName", json!("johnDoeSecondary"))],
    )
}

#[tokio::test(start_paused = true)]
async fn samples_with_a_mistake_earn_its_error() {
    let error = |code: &str, message: &str, more: &str, property: &str| {
        json!({
            "errorCode": code, "errorMessage": message, "moreInfo": more, "property": property,
        })
    };
    let field =
        |more: &str, property: &str| error("IC-LAYER2-402", "Invalid Request", more, property);
    let known = |code: &str| rows("v3").iter().find(|row| row.code == code).unwrap().body();
    let wrong = |name: &str, value: &str| with(demo(), &[(name, json!(value))]);
    let tag = json!("55555");
    for (sample, wanted) in [
        (
            wrong("primaryName", "JohnDoe_Demo_Connection_Testing_Maximum_Characters_Allowed"),
            field("Size: Max 24 characters are allowed for Primary Connection Name", "PrimaryName"),
        ),
        (
            wrong("primaryName", "JohnDoe_Demo_Connection@"),
            field(
                "Pattern: Only number,characters,'_' and space between words are allowed",
                "PrimaryName",
            ),
        ),
        (
            wrong("profileUUID", "937d83b1-ce02-452e-b60b-80955eb91cxxxxx"),
            field("ValidUUID: Invalid UUID", "profileUUID"),
        ),
        (
            wrong("purchaseOrderNumber", &format!("1234567890{}", "9".repeat(62))),
            field(
                "Size: Maximum 30 characters allowed on Purchase Order Number",
                "purchaseOrderNumber",
            ),
        ),
        (
            wrong("speedUnit", "XD"),
            field("ValidEnum: Invalid value. Valid values are: [MB, GB]", "speedUnit"),
        ),
        (
            wrong("primaryVlanCtag", "555555"),
            field("Range: Primary CTag must be between 2 and 4094", "primaryVlanCTag"),
        ),
        (
            wrong("primaryVlanSTag", "55555"),
            field("Range: Primary STag must be between 2 and 4094", "primaryVlanSTag"),
        ),
        (
            wrong("primaryPortUUID", "7e7374c4-a357-3570-f2e0-30ac195544cexxxx"),
            field("For input string: \"30ac195544cexxx\"", "primaryPortUUID"),
        ),
        (
            with(
                wrong("primaryPortUUID", "7e7374c4-a357-3570-f2e0-30ac195544de"),
                &[("primaryVlanSTag", tag.clone())],
            ),
            known("IC-LAYER2-PORTS-001"),
        ),
        (
            with(wrong("sellerMetroCode", "SL"), &[("primaryVlanSTag", tag.clone())]),
            known("IC-LAYER2-REMOTE-003"),
        ),
        (with(azure_named(), &[("namedTag", json!("microsoft"))]), known("IC-LAYER2-TAGS-001")),
        (
            with(wrong("primaryVlanSTag", "55555"), &[("primaryVlanCTag", tag)]),
            known("IC-LAYER2-VLAN-005"),
        ),
        // Its sample is the corrected request.
        (with(oracle_qinq(), &[("primaryVlanCTag", Value::Null)]), known("IC-LAYER2-VLAN-007")),
    ] {
        let api = TestClient::new().await;
        let (status, errors) = api.call("POST", CONNECTIONS, &sample).await;
        assert_eq!(status, 400, "{wanted}");
        assert!(errors.as_array().unwrap().contains(&wanted), "{wanted}: {errors}");
    }
    let api = TestClient::new().await;
    let id = "97d1850f-4df0-468c-9281-fa7b0dfa2096";
    let answer = api.get(&format!("{CONNECTIONS}/{id}")).await;
    assert_eq!(answer, (400, json!([known("IC-LAYER2-4023")])));
    let answer = api.call("POST", "/ecx/v3/l2/common/metros", &Value::Null).await;
    assert_eq!(answer, (500, rows("gateway")[0].body()));
}

#[tokio::test(start_paused = true)]
async fn rules_about_ports_metros_and_tags() {
    let api = TestClient::new().await;
    let stranger = json!("7e7374c4-a357-3570-f2e0-30ac195544de");
    let body = with(demo(), &[("primaryPortUUID", stranger)]);
    refused(&api, &body, "IC-LAYER2-PORTS-001", "", "primaryPortUUID").await;
    let body = with(demo(), &[("sellerMetroCode", json!("SL"))]);
    refused(&api, &body, "IC-LAYER2-REMOTE-003", "", "sellerMetroCode").await;
    let body = with(demo(), &[("primaryVlanCTag", json!("555"))]);
    refused(&api, &body, "IC-LAYER2-VLAN-005", "", "primaryVlanCTag").await;
    let standard = json!("7e7374c4-a357-3570-f2e0-30ac195544ce");
    let body = with(azure_dot1q(), &[("secondaryPortUUID", standard)]);
    let more = "Primary Buyout Port: Y Secondary Buyout Port: N";
    refused(&api, &body, "IC-LAYER2-PORTS-016", more, "secondaryPortUUID").await;
}

#[tokio::test(start_paused = true)]
async fn several_violations_are_reported_at_once() {
    let api = TestClient::new().await;
    let body =
        with(demo(), &[("primaryVlanSTag", json!("55555")), ("primaryVlanCTag", json!("55555"))]);
    let (_, errors) = api.call("POST", CONNECTIONS, &body).await;
    let codes: Vec<_> = errors.as_array().unwrap().iter().map(|e| &e["errorCode"]).collect();
    assert_eq!(codes, ["IC-LAYER2-402", "IC-LAYER2-402", "IC-LAYER2-VLAN-005"]);
    assert!(api.world.ledger().orders.is_empty());
}

#[tokio::test(start_paused = true)]
async fn tags_in_use() {
    let api = TestClient::new().await;
    api.order_v3(&azure_dot1q()).await;
    let body =
        with(azure_dot1q(), &[("namedTag", json!("Public")), ("secondaryVlanSTag", json!("443"))]);
    refused(&api, &body, "IC-LAYER2-VLAN-008", "", "PrimaryVlanStag").await;
    let body =
        with(azure_dot1q(), &[("namedTag", json!("Public")), ("primaryVlanSTag", json!("459"))]);
    refused(&api, &body, "IC-LAYER2-VLAN-009", "", "SecondaryVlanStag").await;
}

#[tokio::test(start_paused = true)]
async fn keys_of_azure() {
    let api = TestClient::new().await;
    let body = with(azure_dot1q(), &[("sellerMetroCode", json!("DC"))]);
    refused(&api, &body, "IC-LAYER2-AUTH-007", "", "authorizationKey").await;
    let order = |tag: u16, peering: &str| {
        with(
            azure_dot1q(),
            &[
                ("namedTag", json!(peering)),
                ("primaryVlanSTag", json!(tag)),
                ("secondaryVlanSTag", json!(tag)),
            ],
        )
    };
    api.order_v3(&order(10, "Private")).await;
    let again = order(11, "Private");
    refused(&api, &again, "IC-LAYER2-AUTH-006", "", "authorizationkey").await;
    api.order_v3(&order(12, "Public")).await;
    api.order_v3(&order(13, "Microsoft")).await;
    let fourth = with(
        order(14, "Manual"),
        &[("primaryZSideVlanCTag", json!("20")), ("secondaryZSideVlanCTag", json!("21"))],
    );
    refused(&api, &fourth, "IC-LAYER2-DOT1Q-001", "", "authorizationKey").await;
}

#[tokio::test(start_paused = true)]
async fn unknown_fields_are_rejected_by_name() {
    let api = TestClient::new().await;
    let body = with(aws_dot1q(), &[("colour", json!("red"))]);
    refused(&api, &body, "IC-LAYER2-402", "Unrecognized field", "colour").await;
}

#[tokio::test(start_paused = true)]
async fn ids_in_paths() {
    let api = TestClient::new().await;
    let get = async |path: &str| api.get(path).await;
    let (status, errors) = get("/ecx/v3/l2/connections/97d1850f-4df0-468c-9281-fa7b0dfa2096").await;
    assert_eq!(status, 400);
    assert_eq!(
        errors,
        json!([{
            "errorCode": "IC-LAYER2-4023",
            "errorMessage":
                "Connection does not exist or do not belong to user,Please check connection Id",
            "moreInfo": "",
            "property": "uuid",
        }])
    );
    let (_, errors) = get("/ecx/v3/l2/connections/not-a-uuid").await;
    assert_eq!(errors[0]["moreInfo"], "ValidUUID: Invalid UUID");
    let (status, errors) =
        get("/ecx/v3/l2/serviceprofiles/services/97d1850f-4df0-468c-9281-fa7b0dfa2097").await;
    assert_eq!((status, &errors[0]["errorCode"]), (404, &json!("IC-PROFILE-404")));
    assert_eq!(errors[0]["errorMessage"], "Service profile not found in database");
}

#[tokio::test(start_paused = true)]
async fn the_gateway_has_its_own_errors() {
    let api = TestClient::new().await;
    let (status, error) = api.get("/ecx/v3/l2/common/metro").await;
    assert_eq!(status, 404);
    assert_eq!(error["errorMessage"], "Not Found - No message available");
    assert_eq!(error["path"], "/ecx/v3/l2/common/metro");
    assert!(error["timestamp"].as_str().unwrap().parse::<i64>().is_ok());
    let (status, error) = api.call("POST", "/ecx/v3/l2/common/metros", &Value::Null).await;
    assert_eq!((status, &error["errorCode"]), (500, &json!("ERR-L2-001-08")));
    assert_eq!(error["moreInfo"], "method:POST");

    let request = Request::post(CONNECTIONS)
        .header("authorization", format!("Bearer {}", api.token))
        .header("content-type", "text/plain")
        .body(Body::from("{}"))
        .unwrap();
    let response = api.world.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 415);
    let request = Request::get("/ecx/v3/port/userport").body(Body::empty()).unwrap();
    let response = api.world.router().oneshot(request).await.unwrap();
    assert_eq!(response.status(), 401);
    let body = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    let error: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(error["errorMessage"], "Authentication Error");
}
