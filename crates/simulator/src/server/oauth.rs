//! The OAuth API: `POST /oauth2/v1/token` and `POST /oauth2/v1/refreshaccesstoken`.
//!
//! Bodies as in "Requesting Access and Refresh tokens" (v3) and the v4 OAuth description.
//! Credentials are checked, and tokens issued, in `world::users`.

use http::StatusCode;
use serde_json::{Value, json};

use crate::{
    catalogue::DocumentedError,
    messages::{ApiRequest, ApiResponse},
    world::{
        state::WorldState,
        users::{Denied, GrantType, IssuedToken},
    },
};

pub(super) const PREFIX: &str = "/oauth2/";

pub(super) fn answer(state: &mut WorldState, request: &ApiRequest<'_>) -> ApiResponse {
    let segments = request.under("/oauth2/v1");
    match (request.method.as_str(), segments.as_slice()) {
        ("POST", ["token"]) => token(state, request),
        ("POST", ["refreshaccesstoken"]) => refresh(state, request),
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

fn token(state: &mut WorldState, request: &ApiRequest<'_>) -> ApiResponse {
    let body = match object(request) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let hashed = match body.get("password_encoding").and_then(Value::as_str) {
        None | Some("" | "none") => false,
        Some("md5-b64") => true,
        Some(_) => return bad("400-003", "password_encoding must be none or md5-b64"),
    };
    // By the v4 description, an absent grant type means the older grant.
    let grant = match body.get("grant_type").and_then(Value::as_str) {
        Some("client_credentials") => GrantType::Client,
        None | Some("" | "password") => {
            GrantType::Password { user: text("user_name"), password: text("user_password"), hashed }
        }
        Some(_) => {
            return bad("400-002", "grant_type must be password or client_credentials");
        }
    };
    let issued = state.users.grant(text("client_id"), text("client_secret"), grant);
    token_response(state, issued)
}

fn refresh(state: &mut WorldState, request: &ApiRequest<'_>) -> ApiResponse {
    let body = match object(request) {
        Ok(body) => body,
        Err(response) => return response,
    };
    let text = |name: &str| body.get(name).and_then(Value::as_str).unwrap_or_default();
    let issued =
        state.users.refresh(text("client_id"), text("client_secret"), text("refresh_token"));
    token_response(state, issued)
}

fn object(request: &ApiRequest<'_>) -> Result<Value, ApiResponse> {
    match request.json() {
        Ok(body) if body.is_object() => Ok(body),
        Ok(_) | Err(_) => Err(bad("400-001", "The body must be a JSON object")),
    }
}

fn token_response(state: &WorldState, issued: Result<IssuedToken, Denied>) -> ApiResponse {
    let (lifetime, refresh_lifetime) = state.users.lifetimes();
    match issued {
        Ok(issued) => {
            let mut body = json!({
                "access_token": issued.access,
                "token_timeout": lifetime.as_secs().to_string(),
                "user_name": issued.user,
                "token_type": "Bearer",
            });
            if let Some(refresh) = issued.refresh {
                body["refresh_token"] = refresh.into();
                body["refresh_token_timeout"] = refresh_lifetime.as_secs().to_string().into();
            }
            ApiResponse::ok(body)
        }
        Err(Denied::Wrong) => bad("400-010", "Invalid credentials"),
        Err(Denied::Locked) => bad("400-011", "The user is locked after too many invalid attempts"),
        Err(Denied::RefreshToken) => bad("400-012", "Invalid refresh token"),
    }
}

fn bad(code: &str, message: &str) -> ApiResponse {
    error(StatusCode::BAD_REQUEST, code, "Unable to process the request", message)
}

fn error(status: StatusCode, code: &str, title: &str, message: &str) -> ApiResponse {
    texts(status, ["apps-oauth2", title, code, message, message])
}

/// Any error of the catalogue, with domain and title of the only one that is documented for this
/// API.
pub(super) fn documented(error: &DocumentedError) -> ApiResponse {
    let title = "Unable to process the request";
    texts(error.status, ["Apps - FQA", title, error.code, error.more, error.message])
}

/// The only error body of this API: an object of five texts.
fn texts(status: StatusCode, texts: [&str; 5]) -> ApiResponse {
    let names = ["error_domain", "error_title", "error_code", "developer_message", "error_message"];
    let body = names.into_iter().zip(texts).map(|(name, text)| (name.to_owned(), text.into()));
    ApiResponse::new(status, Value::Object(body.collect()))
}
