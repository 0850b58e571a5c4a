//! Carries out the faults of a request: scripted responses, lost and truncated ones.
//!
//! `world::faults` decides which faults a request meets.

use axum::{
    body::{Body, Bytes, to_bytes},
    response::Response,
};
use futures::stream;
use http::{HeaderValue, StatusCode, header};
use serde_json::Value;

use crate::world::faults::{RequestFaults, ScriptedResponse};

/// An extension of a response that is lost although its request was carried out: reading the body
/// fails. An in-process transport can turn it into the connection error that a network would cause.
#[derive(Debug, Clone, Copy)]
pub struct ReplyLost;

/// The response of a fault.
pub(super) fn respond(status: StatusCode, scripted: &ScriptedResponse) -> Response {
    let (kind, text) = match &scripted.body {
        Value::Null => (None, String::new()),
        Value::String(text) => (Some("text/html"), text.clone()),
        json => (Some("application/json"), json.to_string()),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    }
    let named =
        [(header::RETRY_AFTER, &scripted.retry_after), (header::LOCATION, &scripted.location)];
    for (name, text) in named {
        if let Some(value) = text.as_deref().and_then(|text| HeaderValue::from_str(text).ok()) {
            headers.insert(name, value);
        }
    }
    response
}

/// Loses or truncates a response, if a fault demands it.
pub(super) async fn damage(response: Response, faults: &RequestFaults) -> Response {
    if faults.lose_reply {
        let (mut parts, _) = response.into_parts();
        parts.extensions.insert(ReplyLost);
        let broken = std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        let stream = stream::once(std::future::ready(Err::<Bytes, _>(broken)));
        return Response::from_parts(parts, Body::from_stream(stream));
    }
    if faults.truncate {
        let (parts, body) = response.into_parts();
        let whole = to_bytes(body, usize::MAX).await.unwrap_or_default();
        return Response::from_parts(parts, Body::from(whole.slice(..whole.len() / 2)));
    }
    response
}
