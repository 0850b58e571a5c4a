//! The client that the tests call the simulator with, and helpers for the JSON it returns.
//!
//! It knows no API: tests name paths and bodies themselves.

use std::collections::BTreeSet;

use axum::{
    body::{Body, to_bytes},
    response::Response,
};
use http::{Method, Request};
use serde_json::{Value, json};
use tower::ServiceExt;

use fabric_simulator::{Config, UserCredentials, World};

/// A client with an access token.
pub(crate) struct TestClient {
    pub(crate) world: World,
    pub(crate) token: String,
}

impl TestClient {
    /// Signs in to a new world with default settings.
    pub(crate) async fn new() -> Self {
        Self::of(World::new(Config::default())).await
    }

    pub(crate) async fn of(world: World) -> Self {
        Self::with(world, &UserCredentials::of_the_samples()).await
    }

    pub(crate) async fn with(world: World, credentials: &UserCredentials) -> Self {
        let client = Self { world, token: String::new() };
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": credentials.client_id,
            "client_secret": credentials.client_secret,
        });
        let (status, token) = client.call("POST", "/oauth2/v1/token", &body).await;
        assert_eq!(status, 200, "{token}");
        Self { token: token["access_token"].as_str().unwrap().to_owned(), ..client }
    }

    pub(crate) async fn raw(&self, method: &str, path: &str, body: &Value) -> Response {
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

    pub(crate) async fn call(&self, method: &str, path: &str, body: &Value) -> (u16, Value) {
        let response = self.raw(method, path, body).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, serde_json::from_slice(&bytes).unwrap_or(Value::Null))
    }

    pub(crate) async fn get(&self, path: &str) -> (u16, Value) {
        self.call("GET", path, &Value::Null).await
    }

    pub(crate) async fn delete(&self, path: &str) -> (u16, Value) {
        self.call("DELETE", path, &Value::Null).await
    }

    /// Orders on v3 and expects success.
    pub(crate) async fn order_v3(&self, body: &Value) -> Value {
        let (status, answer) = self.call("POST", "/ecx/v3/l2/connections", body).await;
        assert_eq!(status, 200, "{answer}");
        answer
    }

    /// Orders on v4 and expects success.
    pub(crate) async fn order_v4(&self, body: &Value) -> Value {
        let (status, answer) = self.call("POST", "/fabric/v4/connections", body).await;
        assert_eq!(status, 201, "{answer}");
        answer
    }
}

/// All keys of a document as paths; an array has those of its first element.
pub(crate) fn keys(value: &Value) -> BTreeSet<String> {
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

/// A document with some fields set, or removed if the value is null.
pub(crate) fn with(mut body: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        if value.is_null() {
            body.as_object_mut().unwrap().remove(*name);
        } else {
            body[*name] = value.clone();
        }
    }
    body
}
