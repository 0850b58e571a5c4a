//! Decisions on the wire: requests equal the documents' samples, and the responses of the samples
//! are understood.
//!
//! "Connect to AWS > Step 3: Accept Connection", "How to approve or reject a connection?" and the
//! published v4 specification's examples.

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde_json::{Value, json};

use fabric_client::{
    Dialect, Error, Http, InstrumentedHttp, OAuthCredentials, OAuthGrant, RateLimiter, SendError,
    TokenSource, Transport,
};
use fabric_domain::{
    AuthenticationKey, AwsKeys, ConnectionId, Decision, LinkProtocol, PortId, SellerPort,
    SellerRequest, Vlan,
};
use fabric_testkit::{
    operator::ORIGIN,
    provider_client::{Calls, connect},
};

/// Writes down what is sent, and gives everybody the same answer.
#[derive(Debug)]
struct Desk {
    status: StatusCode,
    answer: Value,
    sent: Mutex<Vec<Sent>>,
}

/// A request as it arrived.
#[derive(Debug, Clone, PartialEq)]
struct Sent {
    method: String,
    path: String,
    content_type: String,
    body: Value,
}

#[async_trait]
impl Http for Desk {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path() == "/oauth2/v1/token" {
            return Ok(Response::new(Bytes::from(r#"{"access_token":"t"}"#)));
        }
        let path = request.uri().path_and_query().unwrap().to_string();
        self.sent.lock().unwrap().push(Sent {
            method: request.method().to_string(),
            path,
            content_type: request.headers()["content-type"].to_str().unwrap().to_owned(),
            body: serde_json::from_slice(request.body()).unwrap(),
        });
        let mut answer = Response::new(Bytes::from(self.answer.to_string()));
        *answer.status_mut() = self.status;
        Ok(answer)
    }
}

fn provider(desk: &Arc<Desk>, dialect: Dialect) -> Arc<dyn Calls> {
    let http: Arc<dyn Http> = desk.clone();
    let origin: url::Url = ORIGIN.parse().unwrap();
    let credentials = OAuthCredentials {
        client_id: "ABCDE12345".into(),
        client_secret: "FGHIJ67890".into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let exchange = InstrumentedHttp::new(http, Arc::new(()));
    let tokens = Arc::new(TokenSource::new(exchange.clone(), origin.clone(), credentials, None));
    connect(dialect, Transport::new(exchange, origin, tokens, Arc::new(RateLimiter::new(1000))))
}

/// What is sent for a decision, and what comes of the answer.
async fn decide(
    dialect: Dialect,
    id: &str,
    decision: &Decision,
    (status, answer): (u16, Value),
) -> (Vec<Sent>, Result<(), Error>) {
    let status = StatusCode::from_u16(status).unwrap();
    let desk = Arc::new(Desk { status, answer, sent: Mutex::default() });
    let id = ConnectionId::parse(id).unwrap();
    let result = provider(&desk, dialect).decide(&id, decision).await;
    let sent = desk.sent.lock().unwrap().clone();
    (sent, result)
}

fn keys(access: &str, secret: &str) -> Decision {
    let key = |text| AuthenticationKey::parse(text).unwrap();
    Decision::Accept(AwsKeys { access: key(access), secret: key(secret) })
}

fn landing(port: &str, link: LinkProtocol) -> SellerPort {
    SellerPort { port: PortId::parse(port).unwrap(), link }
}

fn dot1q(port: &str, tag: u16) -> SellerPort {
    landing(port, LinkProtocol::Dot1q(Vlan::new(tag).unwrap()))
}

fn qinq(port: &str, s_tag: u16, c_tag: u16) -> SellerPort {
    let tag = |tag| Vlan::new(tag).unwrap();
    landing(port, LinkProtocol::Qinq { s_tag: tag(s_tag), c_tag: Some(tag(c_tag)) })
}

macro_rules! sample {
    ($name:literal) => {
        serde_json::from_str::<Value>(include_str!(concat!("../fixtures/decisions/", $name)))
            .unwrap()
    };
}

/// A decision on v3 is the sample, and its answer a yes.
async fn v3(id: &str, action: &str, decision: &Decision, body: Value, answer: Value) {
    let (sent, result) = decide(Dialect::V3, id, decision, (200, answer)).await;
    let expected = Sent {
        method: "PATCH".into(),
        path: format!("/ecx/v3/l2/connections/{id}?action={action}"),
        content_type: "application/json".into(),
        body,
    };
    assert_eq!((sent, result), (vec![expected], Ok(())));
}

#[tokio::test(start_paused = true)]
async fn keys_for_aws_travel_as_in_the_sample_v3() {
    v3(
        "9999a8-0e07-44d0-944c-88a25d8d28f7",
        "Approve",
        &keys("AKIAGGJKJU7BC3QJKYQ", "CXGJW1lWbqENEqSkBAK"),
        sample!("013-aws-accept.json"),
        sample!("014-aws-accept-answer.json"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_sellers_yes_and_no_travel_as_in_the_samples_v3() {
    v3(
        "9b1da3b0-ea1d-4770-ae51-c794ffb23dbc",
        "Approve",
        &Decision::Admit(dot1q("754086e4-164d-64d0-84e0-30ac188c7c35", 555)),
        sample!("110-seller-approve.json"),
        sample!("111-seller-approve-answer.json"),
    )
    .await;
    v3(
        "60bfd673-8fbc-4de9-be4b-176ad8f3e908",
        "Reject",
        &Decision::Refuse(SellerRequest::Creation, "JohnDoe rejected".into()),
        sample!("112-seller-reject.json"),
        sample!("113-seller-reject-answer.json"),
    )
    .await;
    v3(
        "9b1da3b0-ea1d-4770-ae51-c794ffb23dbc",
        "Approve",
        &Decision::AdmitPair(
            dot1q("7cb83fdb-6620-6204-bbe0-38389cc0acfa", 779),
            dot1q("7cb83fdb-663a-63a4-bbe0-38389cc0acfa", 780),
        ),
        sample!("114-seller-approve-redundant.json"),
        sample!("115-seller-approve-redundant-answer.json"),
    )
    .await;
}

#[tokio::test(start_paused = true)]
async fn c_tags_have_fields_of_their_own_v3() {
    // The parameter table beside the samples: primaryVlanCTag, secondaryVlanCTag.
    let port = "754086e4-164d-64d0-84e0-30ac188c7c35";
    let pair = Decision::AdmitPair(qinq(port, 555, 556), qinq(port, 779, 780));
    let body = json!({
        "primaryPortUUID": port, "primaryVlanSTag": "555", "primaryVlanCTag": "556",
        "secondaryPortUUID": port, "secondaryVlanSTag": "779", "secondaryVlanCTag": "780",
    });
    let answer = sample!("115-seller-approve-redundant-answer.json");
    v3("9b1da3b0-ea1d-4770-ae51-c794ffb23dbc", "Approve", &pair, body, answer).await;
}

#[tokio::test(start_paused = true)]
async fn deletions_and_changes_are_decided_by_the_same_two_actions_v3() {
    let id = "9b1da3b0-ea1d-4770-ae51-c794ffb23dbc";
    for yes in [Decision::LetGo, Decision::AgreeToChange] {
        v3(id, "Approve", &yes, json!({}), sample!("111-seller-approve-answer.json")).await;
    }
    for asks in [SellerRequest::Deletion, SellerRequest::Change] {
        let no = Decision::Refuse(asks, "JohnDoe rejected".into());
        let answer = sample!("113-seller-reject-answer.json");
        v3(id, "Reject", &no, sample!("112-seller-reject.json"), answer).await;
    }
}

#[tokio::test(start_paused = true)]
async fn decisions_travel_as_in_the_published_examples_v4() {
    let port = "20d32a80-0d61-4333-bc03-707b591ae2f4";
    let end = |link: Value| {
        json!({"zSide": {"accessPoint": {
            "type": "COLO", "port": {"uuid": port}, "linkProtocol": link,
        }}})
    };
    let no = |text: &str| text.to_owned();
    let rows = [
        (
            // Connection_Creation_Acceptance.
            Decision::Admit(qinq(port, 1002, 1001)),
            json!({
                "type": "CONNECTION_CREATION_ACCEPTANCE",
                "data": end(json!({"type": "QINQ", "vlanSTag": 1002, "vlanCTag": 1001})),
            }),
        ),
        (
            Decision::Admit(dot1q(port, 1001)),
            json!({
                "type": "CONNECTION_CREATION_ACCEPTANCE",
                "data": end(json!({"type": "DOT1Q", "vlanTag": 1001})),
            }),
        ),
        (
            Decision::Refuse(SellerRequest::Creation, no("Invalid connection request")),
            json!({
                "type": "CONNECTION_CREATION_REJECTION",
                "description": "Invalid connection request",
            }),
        ),
        (Decision::AgreeToChange, json!({"type": "CONNECTION_UPDATE_ACCEPTANCE"})),
        (
            Decision::Refuse(SellerRequest::Change, no("Invalid connection update request")),
            json!({
                "type": "CONNECTION_UPDATE_REJECTION",
                "description": "Invalid connection update request",
            }),
        ),
        (Decision::LetGo, json!({"type": "CONNECTION_DELETION_ACCEPTANCE"})),
    ];
    let id = "9b8c5042-b553-4d5e-a2ac-c73bf6d4fd81";
    for (decision, body) in rows {
        // ConnectionActionResponse, as far as it is the same for all.
        let answer = json!({"type": body["type"], "uuid": "3a58dd05-f46d-4b1d-a154-2e85c396ea62"});
        let (sent, result) = decide(Dialect::V4, id, &decision, (202, answer)).await;
        let expected = Sent {
            method: "POST".into(),
            path: format!("/fabric/v4/connections/{id}/actions"),
            content_type: "application/json".into(),
            body,
        };
        assert_eq!((sent, result), (vec![expected], Ok(())));
    }
    // ConnectionAddAccessAndSecretKeyAWSRequest.
    let keys = keys("nTTgtgoQbTQCRHTbynll", "NwPcpbWgFEPofydsZEQGwjtHqJOYrUmBbrcxtOzP");
    let (sent, result) = decide(Dialect::V4, id, &keys, (202, json!({"uuid": id}))).await;
    let expected = Sent {
        method: "PATCH".into(),
        path: format!("/fabric/v4/connections/{id}"),
        content_type: "application/json-patch+json".into(),
        body: json!([{"op": "add", "path": "", "value": {"additionalInfo": [
            {"key": "accessKey", "value": "nTTgtgoQbTQCRHTbynll"},
            {"key": "secretKey", "value": "NwPcpbWgFEPofydsZEQGwjtHqJOYrUmBbrcxtOzP"},
        ]}}]),
    };
    assert_eq!((sent, result), (vec![expected], Ok(())));
}

#[tokio::test(start_paused = true)]
async fn what_v4_has_no_action_for_is_not_sent() {
    let port = "20d32a80-0d61-4333-bc03-707b591ae2f4";
    let pair = Decision::AdmitPair(dot1q(port, 779), dot1q(port, 780));
    let no = Decision::Refuse(SellerRequest::Deletion, "JohnDoe rejected".into());
    for decision in [pair, no] {
        let id = "9b8c5042-b553-4d5e-a2ac-c73bf6d4fd81";
        let (sent, result) = decide(Dialect::V4, id, &decision, (202, json!({}))).await;
        assert_eq!(sent, []);
        assert!(matches!(result, Err(Error::Refused(_))), "{result:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_does_not_quote_the_keys() {
    // The wording is made up: the documents show no refusal of keys.
    let (access, secret) = ("AKIACANARY0123456789", "CaNaRy/0123456789+abcdefghijklmnopqrstuv");
    let refusal = json!([{
        "errorCode": "EQ-3142501",
        "errorMessage": format!("The keys {access} and {secret} are not valid"),
        "correlationId": secret,
        "additionalInfo": [{"property": access, "reason": format!("{}{secret}", "x".repeat(390))}],
    }]);
    for dialect in [Dialect::V3, Dialect::V4] {
        let id = "9b8c5042-b553-4d5e-a2ac-c73bf6d4fd81";
        let decision = keys(access, secret);
        let (_, result) = decide(dialect, id, &decision, (400, refusal.clone())).await;
        let printed = format!("{0:?} {0}", result.unwrap_err());
        assert!(printed.contains("EQ-3142501"), "{printed}");
        for part in [&access[..8], &secret[..8]] {
            assert!(!printed.contains(part), "{part} of a key is in {printed}");
            assert!(!format!("{decision:?}").contains(part));
        }
    }
}
