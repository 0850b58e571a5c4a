//! The health and metrics endpoints: `/livez`, `/readyz` and `/metrics`.
//!
//! Alive means that the process answers requests. Ready means that every readiness gate is open; each
//! reports why it is open or closed. An outage of the provider closes none: conditions and metrics
//! report that. The server must not change anything.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use serde::Serialize;
use strum::IntoEnumIterator;
use tokio::{net::TcpListener, time::Instant};

/// How often the log repeats why a gate is closed.
const REPEAT: Duration = Duration::from_secs(60);

/// What the process needs before it is ready, in the order of its start.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    strum::EnumIter,
    strum::IntoStaticStr,
)]
pub enum ReadinessGate {
    /// The API server answers.
    ApiServer,
    /// It serves the custom resources, and the operator may list them.
    Definitions,
    /// This process leads, or stands by.
    Leadership,
    /// Every watch of the leader has completed its first list.
    Watches,
}

struct GateState {
    open: bool,
    why: String,
    logged: Instant,
}

/// All readiness gates. Clones share them.
#[derive(Clone, Default)]
pub struct ReadinessGates(Arc<Mutex<BTreeMap<ReadinessGate, GateState>>>);

impl ReadinessGates {
    /// Opens a gate; `why` is what `/readyz` shows.
    pub fn open(&self, gate: ReadinessGate, why: impl Into<String>) {
        self.set(gate, true, why.into());
    }

    /// Closes a gate; `why` says what the process waits for, and what to do about it.
    pub fn close(&self, gate: ReadinessGate, why: impl Into<String>) {
        self.set(gate, false, why.into());
    }

    /// Logs each change, and repeats once a minute why a gate is closed.
    fn set(&self, gate: ReadinessGate, open: bool, why: String) {
        let mut gates = self.gates();
        let unchanged = gates.get(&gate).filter(|state| state.open == open && state.why == why);
        let logged = match unchanged {
            Some(state) if open || state.logged.elapsed() < REPEAT => state.logged,
            Some(_) | None => {
                log(gate, open, &why);
                Instant::now()
            }
        };
        gates.insert(gate, GateState { open, why, logged });
    }

    fn gates(&self) -> MutexGuard<'_, BTreeMap<ReadinessGate, GateState>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> ReadyzBody {
        let states = self.gates();
        let gates: Vec<GateBody> = ReadinessGate::iter()
            .map(|gate| match states.get(&gate) {
                Some(GateState { open, why, .. }) => {
                    GateBody { gate, open: *open, reason: why.clone() }
                }
                None => GateBody { gate, open: false, reason: "not checked yet".to_owned() },
            })
            .collect();
        ReadyzBody { ready: gates.iter().all(|gate| gate.open), gates }
    }
}

fn log(gate: ReadinessGate, open: bool, why: &str) {
    let gate: &str = gate.into();
    if open {
        tracing::info!(gate, "{why}");
    } else {
        tracing::warn!(gate, "{why}");
    }
}

/// The body of `/readyz`.
#[derive(Serialize)]
struct ReadyzBody {
    ready: bool,
    gates: Vec<GateBody>,
}

#[derive(Serialize)]
struct GateBody {
    gate: ReadinessGate,
    open: bool,
    reason: String,
}

/// Prints all metrics in the OpenMetrics text format.
pub type Scrape = Arc<dyn Fn() -> String + Send + Sync>;

/// The routes of all endpoints.
pub fn router(readiness: ReadinessGates, scrape: Scrape) -> Router {
    Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", get(metrics).with_state(scrape))
}

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, readiness: ReadinessGates, scrape: Scrape) {
    if let Err(error) = axum::serve(listener, router(readiness, scrape)).await {
        tracing::error!(%error, "the HTTP server ended");
    }
}

async fn readyz(State(readiness): State<ReadinessGates>) -> (StatusCode, Json<ReadyzBody>) {
    let report = readiness.report();
    let status = if report.ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, Json(report))
}

async fn metrics(State(scrape): State<Scrape>) -> Response {
    let kind = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, kind)], scrape()).into_response()
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use serde_json::{Value, json};
    use tower::ServiceExt;

    use super::*;

    async fn ask(router: &Router, path: &str) -> (u16, Option<String>, String) {
        let request = axum::extract::Request::get(path).body(axum::body::Body::empty()).unwrap();
        let answer = router.clone().oneshot(request).await.unwrap();
        let kind = answer.headers().get(header::CONTENT_TYPE);
        let kind = kind.map(|kind| kind.to_str().unwrap().to_owned());
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, kind, String::from_utf8(body.to_vec()).unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn ready_means_that_every_gate_is_open() {
        let readiness = ReadinessGates::default();
        let router = router(readiness.clone(), Arc::new(|| "# EOF\n".to_owned()));
        assert_eq!(ask(&router, "/livez").await.0, 200, "alive from the start");
        for (n, gate) in ReadinessGate::iter().enumerate() {
            let (status, _, body) = ask(&router, "/readyz").await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &body["ready"]), (503, &json!(false)), "{gate:?} is closed");
            assert_eq!(body["gates"][n]["reason"], "not checked yet");
            readiness.open(gate, "fine");
        }
        let (status, _, body) = ask(&router, "/readyz").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        let gate = |name: &str| json!({"gate": name, "open": true, "reason": "fine"});
        let gates = ["ApiServer", "Definitions", "Leadership", "Watches"].map(gate);
        assert_eq!((status, body), (200, json!({"ready": true, "gates": gates})));
        readiness.close(ReadinessGate::Definitions, "the cluster does not serve fabricaccounts");
        let (status, _, body) = ask(&router, "/readyz").await;
        assert!(status == 503 && body.contains("does not serve fabricaccounts"), "{body}");
        assert_eq!(ask(&router, "/livez").await.0, 200);
    }

    #[tokio::test]
    async fn metrics_are_in_the_openmetrics_format() {
        let router = router(ReadinessGates::default(), Arc::new(|| "# EOF\n".to_owned()));
        let (status, kind, body) = ask(&router, "/metrics").await;
        assert_eq!((status, body.as_str()), (200, "# EOF\n"));
        assert!(kind.unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    }
}
