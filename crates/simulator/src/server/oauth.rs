//! The OAuth face: `POST /oauth2/v1/token` and `POST /oauth2/v1/refreshaccesstoken`.
//!
//! Shapes of "Requesting Access and Refresh tokens" (v3) and of the v4 OAuth description. What a
//! token is worth is decided elsewhere.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    catalogue::Known,
    messages::{Call, Reply},
    world::{
        state::State,
        users::{Denied, Grant, Granted},
    },
};

pub(super) const PREFIX: &str = "/oauth2/";

pub(super) fn answer(state: &mut State, call: &Call<'_>) -> Reply {
    let segments = call.under("/oauth2/v1");
    match (call.method.as_str(), segments.as_slice()) {
        ("POST", ["token"]) => token(state, call),
        ("POST", ["refreshaccesstoken"]) => refresh(state, call),
        (_, ["token" | "refreshaccesstoken"]) => {
            error(StatusCode::METHOD_NOT_ALLOWED, "405-001", "Method not allowed", "Use POST")
        }
        _ => error(
            StatusCode::NOT_FOUND,
            "404-001",
            "Resource not found",
            "Verify the path of the request",
        ),
    }
}

fn token(state: &mut State, call: &Call<'_>) -> Reply {
    let body = match object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let hashed = match body.get("password_encoding").and_then(Value::as_str) {
        None | Some("" | "none") => false,
        Some("md5-b64") => true,
        Some(_) => return bad("400-003", "password_encoding must be none or md5-b64"),
    };
    // An absent grant type is the older grant, says the v4 description.
    let grant = match body.get("grant_type").and_then(Value::as_str) {
        Some("client_credentials") => Grant::Client,
        None | Some("" | "password") => {
            Grant::Password { user: text("user_name"), password: text("user_password"), hashed }
        }
        Some(_) => {
            return bad("400-002", "grant_type must be password or client_credentials");
        }
    };
    let granted = state.access.grant(text("client_id"), text("client_secret"), grant);
    given(state, granted)
}

fn refresh(state: &mut State, call: &Call<'_>) -> Reply {
    let body = match object(call) {
        Ok(body) => body,
        Err(reply) => return reply,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let granted =
        state.access.refresh(text("client_id"), text("client_secret"), text("refresh_token"));
    given(state, granted)
}

fn object(call: &Call<'_>) -> Result<Value, Reply> {
    match call.json() {
        Ok(body) if body.is_object() => Ok(body),
        Ok(_) | Err(_) => Err(bad("400-001", "The body must be a JSON object")),
    }
}

fn given(state: &State, granted: Result<Granted, Denied>) -> Reply {
    let (lifetime, refresh_lifetime) = state.access.lifetimes();
    match granted {
        Ok(granted) => {
            let mut body = json!({
                "access_token": granted.access,
                "token_timeout": lifetime.as_secs().to_string(),
                "user_name": granted.user,
                "token_type": "Bearer",
            });
            if let Some(refresh) = granted.refresh {
                body["refresh_token"] = refresh.into();
                body["refresh_token_timeout"] = refresh_lifetime.as_secs().to_string().into();
            }
            Reply::ok(body)
        }
        Err(Denied::Wrong) => bad("400-010", "Invalid credentials"),
        Err(Denied::Locked) => bad("400-011", "The user is locked after too many invalid attempts"),
        Err(Denied::RefreshToken) => bad("400-012", "Invalid refresh token"),
    }
}

fn bad(code: &str, message: &str) -> Reply {
    error(StatusCode::BAD_REQUEST, code, "Unable to process the request", message)
}

fn error(status: StatusCode, code: &str, title: &str, message: &str) -> Reply {
    texts(status, ["apps-oauth2", title, code, message, message])
}

/// Any error of the table, with domain and title of the only one that is documented for this face.
pub(super) fn documented(known: &Known) -> Reply {
    let title = "Unable to process the request";
    texts(known.status, ["Apps - FQA", title, known.code, known.more, known.message])
}

/// The only error shape of this face: one object of five texts.
fn texts(status: StatusCode, texts: [&str; 5]) -> Reply {
    let names = ["error_domain", "error_title", "error_code", "developer_message", "error_message"];
    let body = names.into_iter().zip(texts).map(|(name, text)| (name.to_owned(), text.into()));
    Reply::new(status, Value::Object(body.collect()))
}
