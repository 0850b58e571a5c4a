//! The HTTP server: reads requests, dispatches them to the APIs, applies faults, records requests.
//!
//! axum, bytes and streams stay in this module: the APIs know only `messages`. No rules of an API
//! here.

mod control;
mod falsify;
mod faults;
mod oauth;

use std::{net::SocketAddr, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{ConnectInfo, Request, State as Shared},
    response::Response,
};
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    catalogue::DocumentedError,
    messages::{ApiRequest, ApiResponse, Caller, Query},
    v3, v4,
    world::{World, faults::ListingFaults, ledger::Recorded},
};

pub use self::faults::ReplyLost;

/// The maximum length of a body, in bytes; the longest sample has two kilobytes.
const MAX_BODY: usize = 256 * 1024;

impl World {
    /// Returns all APIs as one router, to be called in process or served. Serve it with
    /// [`World::serve`], which keeps the addresses that `/control` checks.
    pub fn router(&self) -> Router {
        Router::new().fallback(handle).with_state(self.clone())
    }

    /// Serves the router on a listener until the future is dropped.
    ///
    /// # Errors
    /// As `axum::serve`.
    pub async fn serve(&self, listener: TcpListener) -> std::io::Result<()> {
        let service = self.router().into_make_service_with_connect_info::<SocketAddr>();
        axum::serve(listener, service).await
    }
}

async fn handle(Shared(world): Shared<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let whole_path =
        parts.uri.path_and_query().map_or_else(|| path.to_owned(), ToString::to_string);
    let body = to_bytes(body, MAX_BODY).await.ok();
    let mut request = ApiRequest {
        method: &parts.method,
        path,
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers: &parts.headers,
        body: body.as_deref().unwrap_or_default(),
        listing: ListingFaults::default(),
    };
    if path == "/control" || path.starts_with("/control/") {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let local = control::may_control(peer.map(|info| info.0), &parts.headers, parts.version);
        return send(&if local { control::answer(&world, &request) } else { control::forbidden() });
    }

    let faults_met = world.state().script.meet(parts.method.as_str(), path);
    request.listing = faults_met.listing;
    if faults_met.latency > Duration::ZERO {
        tokio::time::sleep(faults_met.latency).await;
    }
    let (response, status) = if let Some(scripted) = &faults_met.response {
        let status = StatusCode::from_u16(scripted.status);
        let status = status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (faults::respond(status, scripted), status)
    } else {
        let answer = match (faults_met.refusal, &body) {
            (Some(code), _) => documented_error(&world, &request, code.error()),
            (None, Some(_)) => dispatch(&world, &request),
            (None, None) => too_large(&world, &request),
        };
        let answer = falsify::falsified(answer, &faults_met.answer, path);
        (send(&answer), answer.status)
    };
    record(&world, &request, whole_path, status);
    let response = falsify::dated(response, world_time(&world), faults_met.answer.date);
    faults::damage(response, &faults_met).await
}

fn world_time(world: &World) -> Timestamp {
    let state = world.state();
    state.clock.at(state.clock.now())
}

fn record(world: &World, request: &ApiRequest<'_>, path: String, status: StatusCode) {
    let at = world_time(world);
    world.state().requests.keep(Recorded {
        at,
        method: request.method.as_str().to_owned(),
        path,
        status: status.as_u16(),
        body: serde_json::from_slice(request.body).unwrap_or(Value::Null),
    });
}

/// The API that a path belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ApiFamily {
    SignIn,
    V3,
    V4,
}

impl ApiFamily {
    /// Unknown paths belong to v3, whose gateway has a response for them.
    fn of(path: &str) -> Self {
        if path.starts_with(oauth::PREFIX) {
            Self::SignIn
        } else if path.starts_with(v4::PREFIX) {
            Self::V4
        } else {
            Self::V3
        }
    }
}

/// Passes a request to its API, with the caller that its access token identifies.
fn dispatch(world: &World, request: &ApiRequest<'_>) -> ApiResponse {
    let mut state = world.state();
    let state = &mut *state;
    let bearer = request.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let caller = state.users.bearer(bearer).map(Caller);
    match ApiFamily::of(request.path) {
        ApiFamily::SignIn => oauth::answer(state, request),
        ApiFamily::V3 => v3::answer(state, request, caller),
        ApiFamily::V4 => v4::answer(state, request, caller),
    }
}

/// A documented error as the API of the path prints it.
fn documented_error(
    world: &World,
    request: &ApiRequest<'_>,
    error: &'static DocumentedError,
) -> ApiResponse {
    let mut state = world.state();
    match ApiFamily::of(request.path) {
        ApiFamily::SignIn => oauth::documented(error),
        ApiFamily::V3 => v3::error::documented(&state, request, error),
        ApiFamily::V4 => v4::error::documented(&mut state, error),
    }
}

fn too_large(world: &World, request: &ApiRequest<'_>) -> ApiResponse {
    let mut answer = match ApiFamily::of(request.path) {
        ApiFamily::SignIn | ApiFamily::V3 => v3::too_large(),
        ApiFamily::V4 => v4::too_large(&mut world.state()),
    };
    answer.status = StatusCode::PAYLOAD_TOO_LARGE;
    answer
}

fn send(answer: &ApiResponse) -> Response {
    let text = match &answer.body {
        Value::Null if answer.status == StatusCode::NO_CONTENT => String::new(),
        Value::String(text) if answer.content_type == "text/html" => text.clone(),
        json => json.to_string(),
    };
    let mut response = Response::new(Body::from(text));
    *response.status_mut() = answer.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(answer.content_type));
    if let Some(version) = answer.etag
        && let Ok(value) = HeaderValue::from_str(&format!("\"{version}\""))
    {
        headers.insert(header::ETAG, value);
    }
    response
}
