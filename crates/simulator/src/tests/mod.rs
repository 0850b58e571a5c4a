//! The router against the documents, in process and on a paused clock.
//!
//! Expected values are the documents'; nothing here is copied from what the simulator said.

mod access;
mod catalogue;
mod changes;
mod flows;
mod life;
mod lookups;
mod misfortune;
mod outcomes;
mod selling;
mod v3_decisions;
mod v3_errors;
mod v3_offers;
mod v3_orders;
mod v3_seller;
mod v4_offers;
mod v4_orders;
mod v4_profiles;
mod v4_reads;

use std::collections::BTreeSet;

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use http::{Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{Config, Credentials, World};

/// A client with a token.
struct Client {
    world: World,
    token: String,
}

impl Client {
    /// A client of a fresh world.
    async fn new() -> Self {
        Self::of(World::new(Config::default())).await
    }

    async fn of(world: World) -> Self {
        Self::with(world, &Credentials::of_the_samples()).await
    }

    async fn with(world: World, credentials: &Credentials) -> Self {
        let mut client = Self { world, token: String::new() };
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        });
        let (status, token) = client.call("POST", "/oauth2/v1/token", &body).await;
        assert_eq!(status, 200, "{token}");
        client.token = token["access_token"].as_str().unwrap().to_owned();
        client
    }

    async fn raw(&self, method: &str, path: &str, body: &Value) -> Response {
        let mut request = Request::builder()
            .method(method.parse::<Method>().unwrap())
            .uri(path)
            .header("content-type", "application/json");
        if !self.token.is_empty() {
            request = request.header("authorization", format!("Bearer {}", self.token));
        }
        let body = if body.is_null() { Body::empty() } else { Body::from(body.to_string()) };
        let request = request.body(body).unwrap();
        self.world.router().oneshot(request).await.unwrap()
    }

    async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let response = self.raw(method, path, body).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null).await
    }

    async fn delete(&self, path: &str) -> (u16, Value) {
        self.call("DELETE", path, &Value::Null).await
    }

    /// Orders on v3 and expects success.
    async fn order_v3(&self, body: &Value) -> Value {
        let (status, answer) = self.call("POST", "/ecx/v3/l2/connections", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Orders on v4 and expects success.
    async fn order_v4(&self, body: &Value) -> Value {
        let (status, answer) = self.call("POST", "/fabric/v4/connections", body).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }
}

/// All keys of a document with their places; of arrays the first element speaks for all.
fn keys(value: &Value) -> BTreeSet<String> {
    fn walk(value: &Value, at: &str, out: &mut BTreeSet<String>) {
        match value {
            Value::Object(fields) => {
                for (name, value) in fields {
                    let at = format!("{at}/{name}");
                    walk(value, &at, out);
                    out.insert(at);
                }
            }
            Value::Array(items) => {
                if let Some(first) = items.first() {
                    walk(first, &format!("{at}[]"), out);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut out = BTreeSet::new();
    walk(value, "", &mut out);
    out
}

/// A document with some fields set, or taken out where the value is null.
fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(*name);
        } else {
            body[*name] = value.clone();
        }
    }
    body
}

/// "Connect to AWS", from a Dot1q port.
fn aws_dot1q() -> Value {
    json!({
        "primaryName": "JohnDoe_AWS_Dot1q",
        "profileUUID": "3214888b-39b0-49ea-a232-005088dc9c84",
        "speed": 50,
        "speedUnit": "MB",
        "notifications": ["JohnDoe@equinix.com"],
        "purchaseOrderNumber": "1234567890",
        "primaryPortUUID": "7f891d3b-973e-73e0-bae0-30ac1885197a",
        "primaryVlanSTag": "774",
        "sellerRegion": "us-west-1",
        "sellerMetroCode": "SV",
        "authorizationKey": "123456789012",
    })
}

/// "Connect to AWS", from a `QinQ` port.
fn aws_qinq() -> Value {
    with(
        aws_dot1q(),
        &[
            ("primaryName", json!("JohnDoe_AWS_QinQ")),
            ("profileUUID", json!("999552b-39b0-49ea-a232-005088dc9c84")),
            ("purchaseOrderNumber", json!("0987654321")),
            ("primaryPortUUID", json!("99991d3b-9750-7500-bae0-30ac1885197a")),
            ("primaryVlanCTag", json!("775")),
        ],
    )
}

/// "Connect to Azure", from Dot1q ports, private peering.
fn azure_dot1q() -> Value {
    json!({
        "primaryName": "JohnDoe_Dot1q_Private",
        "profileUUID": "84c6616c-573a-447d-a478-9fab8fff284d",
        "speed": 50,
        "speedUnit": "MB",
        "purchaseOrderNumber": "",
        "primaryPortUUID": "7f891d3b-973e-73e0-bae0-30ac1885197a",
        "primaryVlanSTag": "458",
        "secondaryName": "TestS110",
        "secondaryVlanSTag": "442",
        "secondaryPortUUID": "7f891d3b-9740-7400-bae0-30ac1885197a",
        "namedTag": "Private",
        "sellerMetroCode": "SV",
        "authorizationKey": "76e781b5-2992-4042-b2a2-37d0d5eb6735",
        "notifications": ["JohnDoe@equinix.com"],
    })
}

/// "Connect to Enterprise", both sides Dot1q.
fn enterprise() -> Value {
    json!({
        "primaryName": "JohnDoe_Dot1Q_To_Dot1Q",
        "profileUUID": "8e79b5e4-7c5b-4201-9334-fd89b37bec47",
        "speed": 50,
        "speedUnit": "MB",
        "notifications": ["JohnDoe@equinix.com"],
        "purchaseOrderNumber": "1234567890",
        "authorizationKey": "xxxxxxxx",
        "primaryPortUUID": "4f891d3b-973e-73e0-bae0-30ac1885197a",
        "primaryVlanSTag": "672",
        "sellerMetroCode": "DA",
    })
}

/// What all four v4 samples have in common.
fn v4_order(link: &Value, far: &Value) -> Value {
    json!({
        "type": "EVPL_VC",
        "name": "Conn-1",
        "order": {"purchaseOrderNumber": "1-129105284100"},
        "bandwidth": 1000,
        "aSide": {"accessPoint": {
            "type": "COLO",
            "port": {"uuid": "a867f685-41b0-1b07-6de0-320a5c00abdd"},
            "linkProtocol": link,
        }},
        "zSide": far,
        "notifications": [{"type": "ALL", "emails": ["test@equinix.com", "test2@equinix.com"]}],
    })
}

fn dot1q() -> Value {
    json!({"type": "DOT1Q", "vlanTag": 1001})
}

fn qinq() -> Value {
    json!({"type": "QINQ", "vlanCTag": 1001, "vlanSTag": 1002})
}

fn by_token() -> Value {
    json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f4"}})
}

fn by_invitation() -> Value {
    json!({
        "accessPoint": {"location": {"metroCode": "SV"}},
        "invitation": {"email": "test@equinix.com", "message": "Hello World!"},
    })
}

/// A v4 order for AWS from the port of the v3 sample.
fn v4_aws() -> Value {
    let mut body = v4_order(
        &json!({"type": "DOT1Q", "vlanTag": 774}),
        &json!({"accessPoint": {
            "type": "SP",
            "profile": {"type": "L2_PROFILE", "uuid": "3214888b-39b0-49ea-a232-005088dc9c84"},
            "location": {"metroCode": "SV"},
            "sellerRegion": "us-west-1",
            "authenticationKey": "123456789012",
        }}),
    );
    body["bandwidth"] = json!(50);
    body["aSide"]["accessPoint"]["port"]["uuid"] = json!("7f891d3b-973e-73e0-bae0-30ac1885197a");
    body
}
