//! Where requests arrive and answers leave: bodies, faults, tokens, the log of requests, and which
//! face is meant.
//!
//! Bytes, streams and axum end here; the faces behind know only calls and replies.

mod control;
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
use serde_json::Value;
use tokio::net::TcpListener;

use crate::{
    catalogue::Known,
    messages::{Call, Caller, Query, Reply},
    v3, v4,
    world::{World, faults::Lens, ledger::Recorded},
};

pub use self::faults::ReplyLost;

/// The longest body that is read; the longest sample has two kilobytes.
const MAX_BODY: usize = 256 * 1024;

impl World {
    /// Returns all APIs as one router, to be called in process or served. Serve it with
    /// [`World::serve`], which keeps the addresses that `/control` checks.
    pub fn router(&self) -> Router {
        Router::new().fallback(pass).with_state(self.clone())
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

async fn pass(Shared(world): Shared<World>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path();
    let whole_path =
        parts.uri.path_and_query().map_or_else(|| path.to_owned(), ToString::to_string);
    let body = to_bytes(body, MAX_BODY).await.ok();
    let mut call = Call {
        method: &parts.method,
        path,
        query: Query::parse(parts.uri.query().unwrap_or_default()),
        headers: &parts.headers,
        body: body.as_deref().unwrap_or_default(),
        lens: Lens::default(),
    };
    if path == "/control" || path.starts_with("/control/") {
        let peer = parts.extensions.get::<ConnectInfo<SocketAddr>>();
        let local = control::may_control(peer.map(|info| info.0), &parts.headers, parts.version);
        return send(&if local { control::answer(&world, &call) } else { control::forbidden() });
    }

    let misfortune = world.state().script.meet(parts.method.as_str(), path);
    call.lens = misfortune.lens;
    if misfortune.latency > Duration::ZERO {
        tokio::time::sleep(misfortune.latency).await;
    }
    let (response, status) = if let Some((status, retry_after, body)) = &misfortune.answer {
        let status = StatusCode::from_u16(*status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (faults::scripted(status, retry_after.as_deref(), body), status)
    } else {
        let reply = match (misfortune.refusal, &body) {
            (Some(code), _) => refused(&world, &call, code.known()),
            (None, Some(_)) => face(&world, &call),
            (None, None) => too_large(&world, &call),
        };
        (send(&reply), reply.status)
    };
    record(&world, &call, whole_path, status);
    faults::damage(response, &misfortune).await
}

fn record(world: &World, call: &Call<'_>, path: String, status: StatusCode) {
    let mut state = world.state();
    let at = state.clock.at(state.clock.now());
    state.requests.keep(Recorded {
        at,
        method: call.method.as_str().to_owned(),
        path,
        status: status.as_u16(),
        body: serde_json::from_slice(call.body).unwrap_or(Value::Null),
    });
}

/// Who answers a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Face {
    SignIn,
    V3,
    V4,
}

impl Face {
    /// Paths of no face get the answer of the older gateway, which has a shape for them.
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

/// Lets the face answer, which for all but the sign-in has to know the caller.
fn face(world: &World, call: &Call<'_>) -> Reply {
    let mut state = world.state();
    let state = &mut *state;
    let bearer = call.headers.get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let caller = state.access.bearer(bearer).map(Caller);
    match Face::of(call.path) {
        Face::SignIn => oauth::answer(state, call),
        Face::V3 => v3::answer(state, call, caller),
        Face::V4 => v4::answer(state, call, caller),
    }
}

/// A documented error, in the dialect of the path.
fn refused(world: &World, call: &Call<'_>, known: &'static Known) -> Reply {
    let mut state = world.state();
    match Face::of(call.path) {
        Face::SignIn => oauth::documented(known),
        Face::V3 => v3::error::documented(&state, call, known),
        Face::V4 => v4::error::documented(&mut state, known),
    }
}

fn too_large(world: &World, call: &Call<'_>) -> Reply {
    let mut reply = match Face::of(call.path) {
        Face::SignIn | Face::V3 => v3::too_large(),
        Face::V4 => v4::too_large(&mut world.state()),
    };
    reply.status = StatusCode::PAYLOAD_TOO_LARGE;
    reply
}

fn send(reply: &Reply) -> Response {
    let mut response = Response::new(Body::from(reply.body.to_string()));
    *response.status_mut() = reply.status;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(reply.content_type));
    if let Some(version) = reply.etag
        && let Ok(value) = HeaderValue::from_str(&format!("\"{version}\""))
    {
        headers.insert(header::ETAG, value);
    }
    response
}
