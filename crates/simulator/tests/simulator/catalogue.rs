//! Every code of the documents can be injected as a fault, with its text.
//!
//! `catalogue.txt` has the examples of the v3 document's troubleshooting chapter and its plain
//! statuses, and those of the v4 specification for the codes that matter for connections: family,
//! code, status, message, property, particulars. What is not documented is empty.

use serde_json::{Value, json};

use fabric_simulator::{Effect, ErrorCode, InjectedFault};

use crate::{
    client::{TestClient, keys},
    samples::v4_aws,
    v3_errors::demo,
};

const CONNECTIONS: &str = "/ecx/v3/l2/connections";

/// An error as a document shows it.
#[derive(Debug)]
pub(crate) struct ErrorRow {
    family: &'static str,
    pub(crate) code: &'static str,
    pub(crate) status: u16,
    message: &'static str,
    property: &'static str,
    more: &'static str,
}

impl ErrorRow {
    /// As v3 prints it.
    pub(crate) fn body(&self) -> Value {
        json!({
            "errorCode": self.code,
            "errorMessage": self.message,
            "moreInfo": self.more,
            "property": self.property,
        })
    }
}

pub(crate) fn rows(family: &str) -> Vec<ErrorRow> {
    let lines = include_str!("catalogue.txt").lines();
    let rows = lines.map(|line| {
        let mut cells = line.split('|').map(|cell| cell.strip_prefix(' ').unwrap_or(cell));
        let mut cell = || cells.next().map(|cell| cell.strip_suffix(' ').unwrap_or(cell));
        let family = cell().unwrap();
        let code = cell().unwrap();
        let status = cell().unwrap().parse().unwrap();
        let [message, property, more] = [cell(), cell(), cell()].map(Option::unwrap_or_default);
        ErrorRow { family, code, status, message, property, more }
    });
    rows.filter(|row| row.family == family).collect()
}

/// Injects an error into the next request, over HTTP.
async fn refuse(api: &TestClient, code: &str) {
    let fault = json!({"effect": {"refuse": code}});
    let (status, answer) = api.call("POST", "/control/faults", &fault).await;
    assert_eq!(status, 200, "{code}: {answer}");
}

#[tokio::test(start_paused = true)]
async fn every_code_of_the_v3_document_can_be_injected() {
    let api = TestClient::new().await;
    let (application, gateway) = (rows("v3"), rows("gateway"));
    assert_eq!((application.len(), gateway.len()), (15, 7));
    for row in application {
        refuse(&api, row.code).await;
        let answer = api.call("POST", CONNECTIONS, &demo()).await;
        assert_eq!(answer, (row.status, json!([row.body()])));
    }
    for row in gateway {
        refuse(&api, row.code).await;
        assert_eq!(api.call("POST", CONNECTIONS, &demo()).await, (row.status, row.body()));
    }
    refuse(&api, "404").await;
    let (status, answer) = api.get("/ecx/v3/l2/common/metros").await;
    assert_eq!((status, &answer["errorCode"]), (404, &json!("404")));
    assert_eq!(answer["errorMessage"], "Not Found - No message available");
    assert_eq!(answer["path"], "/ecx/v3/l2/common/metros");
    assert!(answer["timestamp"].as_str().unwrap().parse::<i64>().is_ok());
    assert!(api.world.ledger().orders.is_empty(), "a refused request is not carried out");
    assert_eq!(api.call("POST", CONNECTIONS, &demo()).await.0, 200, "once each");
}

#[tokio::test(start_paused = true)]
async fn the_sign_in_fails_as_documented() {
    let api = TestClient::new().await;
    refuse(&api, "S1002").await;
    let sample = json!({
        "user_password": "johndoe", "grant_type": "client_credentials", "user_name": "johndoe",
        "client_secret": "ZXYAbcdLMNOpQrst", "client_id": "O0079ABCDEFGHIJKLMNOpqrstuvwxyz",
    });
    let (status, answer) = api.call("POST", "/oauth2/v1/token", &sample).await;
    let wanted = json!({
        "error_domain": "Apps - FQA",
        "error_title": "Unable to process the request",
        "error_code": "S1002",
        "developer_message":
            "Execution of ServiceCallout PingCallout failed. Reason: timeout occurred PingCallout",
        "error_message": "Unable to process the request, Please try again later",
    });
    assert_eq!((status, answer), (500, wanted));
    // The injected error does not count as a failed attempt.
    assert_eq!(api.call("POST", "/oauth2/v1/token", &sample).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn every_relevant_code_of_v4_can_be_injected() {
    let api = TestClient::new().await;
    let rows = rows("v4");
    assert_eq!(rows.len(), 42);
    for row in rows {
        refuse(&api, row.code).await;
        let (given, answer) = api.call("POST", "/fabric/v4/connections", &v4_aws()).await;
        assert_eq!(given, row.status, "{row:?}");
        let errors = answer.as_array().unwrap();
        assert_eq!((errors.len(), &errors[0]["errorCode"]), (1, &json!(row.code)));
        if !row.message.is_empty() {
            assert_eq!(errors[0]["errorMessage"], row.message);
        }
        if !row.property.is_empty() {
            assert_eq!(errors[0]["additionalInfo"][0]["property"], row.property);
        }
        if !row.more.is_empty() {
            assert_eq!(errors[0]["details"], row.more);
        }
        assert!(errors[0]["correlationId"].is_string());
    }
    // The example of an unsupported dry run has only a reason.
    refuse(&api, "EQ-3142411").await;
    let (_, answer) = api.call("POST", "/fabric/v4/connections", &v4_aws()).await;
    assert_eq!(answer[0]["errorMessage"], "Dry run is not supported for this connection type");
    assert_eq!(answer[0]["additionalInfo"], json!([{"reason": "queryParam:dryRun"}]));
    assert!(api.world.ledger().orders.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_code_is_printed_by_the_api_of_the_path() {
    let api = TestClient::new().await;
    refuse(&api, "EQ-3142510").await;
    let (status, answer) = api.get("/ecx/v3/port/userport").await;
    let busy = json!({
        "errorCode": "EQ-3142510",
        "errorMessage": "Connection is in transient state",
        "moreInfo": "",
        "property": "uuid",
    });
    assert_eq!((status, answer), (400, busy));
    refuse(&api, "503").await;
    let (status, answer) = api.get("/fabric/v4/ports").await;
    assert_eq!((status, &answer[0]["errorCode"]), (503, &json!("503")));
    assert_eq!(answer[0]["errorMessage"], "Service unavailable");
    refuse(&api, "429").await;
    let (status, answer) = api.call("POST", "/oauth2/v1/token", &json!({})).await;
    assert_eq!((status, &answer["error_code"]), (429, &json!("429")));
    assert!(keys(&answer).contains("/developer_message"));
}

#[tokio::test(start_paused = true)]
async fn only_documented_codes_are_accepted() {
    let api = TestClient::new().await;
    let fault = json!([
        {"effect": {"refuse": "IC-LAYER2-VLAN-005"}},
        {"effect": {"refuse": "IC-LAYER2-VLAN-006"}},
    ]);
    let (status, answer) = api.call("POST", "/control/faults", &fault).await;
    assert_eq!(status, 400);
    let message = answer["error"].as_str().unwrap();
    for part in ["no document names", "IC-LAYER2-VLAN-006", "IC-LAYER2-VLAN-005"] {
        assert!(message.contains(part), "{message}");
    }
    assert_eq!(api.get("/ecx/v3/port/userport").await.0, 200, "nor any fault beside it");
    assert!(ErrorCode::parse("").is_err());
    let (_, listed) = api.get("/control/errors").await;
    let listed = listed.as_array().unwrap().clone();
    assert_eq!(listed.len(), ErrorCode::all().count());
    for row in rows("v3") {
        assert!(listed.iter().any(|listed| listed["code"] == row.code), "{row:?}");
    }
    let busy = Effect::Refuse(ErrorCode::parse("EQ-3142510").unwrap());
    api.world.inject(InjectedFault::once(busy).on("DELETE", "/fabric/v4/connections/*"));
    let (status, _) =
        api.delete("/fabric/v4/connections/5f00c000-0000-4000-8000-000000000001").await;
    assert_eq!(status, 400);
}
