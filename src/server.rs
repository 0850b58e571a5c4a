//! What the process tells those who watch it: `/livez`, `/readyz` and `/metrics`.
//!
//! Alive means that requests are answered. Ready means that every gate is open, each of which has a
//! name and says why it is as it is. Trouble at the provider is neither: that is a condition and a
//! metric. The server reads only; nothing can be changed through it.

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

/// How often a gate that stays closed is logged.
const REPEAT: Duration = Duration::from_secs(60);

/// What has to hold before the process is ready, in the order in which it comes to hold.
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
pub enum Gate {
    /// The API server answers.
    ApiServer,
    /// It serves the custom resources, and the operator may list them.
    Definitions,
    /// This process leads, or stands by.
    Leadership,
    /// The watches of a leader have listed everything once.
    Watches,
}

struct Told {
    open: bool,
    why: String,
    logged: Instant,
}

/// The gates. Clones share them.
#[derive(Clone, Default)]
pub struct Readiness(Arc<Mutex<BTreeMap<Gate, Told>>>);

impl Readiness {
    /// The gate is open, because of `why`.
    pub fn open(&self, gate: Gate, why: impl Into<String>) {
        self.tell(gate, true, why.into());
    }

    /// The gate is closed, because of `why`: what is waited for, and what to do about it.
    pub fn close(&self, gate: Gate, why: impl Into<String>) {
        self.tell(gate, false, why.into());
    }

    /// Each change is logged, and once a minute what stays closed.
    fn tell(&self, gate: Gate, open: bool, why: String) {
        let mut gates = self.gates();
        let before = gates.get(&gate);
        let same = before.filter(|told| told.open == open && told.why == why);
        let due = same.is_none_or(|told| !open && told.logged.elapsed() >= REPEAT);
        if due {
            let gate: &str = gate.into();
            if open {
                tracing::info!(gate, "{why}");
            } else {
                tracing::warn!(gate, "{why}");
            }
        }
        let logged = same.filter(|_| !due).map_or_else(Instant::now, |told| told.logged);
        gates.insert(gate, Told { open, why, logged });
    }

    fn gates(&self) -> MutexGuard<'_, BTreeMap<Gate, Told>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn report(&self) -> Report {
        let told = self.gates();
        let gates: Vec<GateReport> = Gate::iter()
            .map(|gate| match told.get(&gate) {
                Some(Told { open, why, .. }) => {
                    GateReport { gate, open: *open, reason: why.clone() }
                }
                None => GateReport { gate, open: false, reason: "not looked at yet".to_owned() },
            })
            .collect();
        Report { ready: gates.iter().all(|gate| gate.open), gates }
    }
}

/// The body of `/readyz`.
#[derive(Serialize)]
struct Report {
    ready: bool,
    gates: Vec<GateReport>,
}

#[derive(Serialize)]
struct GateReport {
    gate: Gate,
    open: bool,
    reason: String,
}

/// Prints all metrics.
pub type Scrape = Arc<dyn Fn() -> String + Send + Sync>;

/// What is served.
pub fn router(readiness: Readiness, scrape: Scrape) -> Router {
    Router::new()
        .route("/livez", get(async || "alive\n"))
        .route("/readyz", get(readyz).with_state(readiness))
        .route("/metrics", get(metrics).with_state(scrape))
}

/// Serves until the process ends.
pub async fn serve(listener: TcpListener, readiness: Readiness, scrape: Scrape) {
    if let Err(error) = axum::serve(listener, router(readiness, scrape)).await {
        tracing::error!(%error, "the HTTP server ended");
    }
}

async fn readyz(State(readiness): State<Readiness>) -> (StatusCode, Json<Report>) {
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
        let readiness = Readiness::default();
        let router = router(readiness.clone(), Arc::new(|| "# EOF\n".to_owned()));
        assert_eq!(ask(&router, "/livez").await.0, 200, "alive from the start");
        for (n, gate) in Gate::iter().enumerate() {
            let (status, _, body) = ask(&router, "/readyz").await;
            let body: Value = serde_json::from_str(&body).unwrap();
            assert_eq!((status, &body["ready"]), (503, &json!(false)), "{gate:?} is closed");
            assert_eq!(body["gates"][n]["reason"], "not looked at yet");
            readiness.open(gate, "fine");
        }
        let (status, _, body) = ask(&router, "/readyz").await;
        let body: Value = serde_json::from_str(&body).unwrap();
        let gate = |name: &str| json!({"gate": name, "open": true, "reason": "fine"});
        let gates = ["ApiServer", "Definitions", "Leadership", "Watches"].map(gate);
        assert_eq!((status, body), (200, json!({"ready": true, "gates": gates})));
        readiness.close(Gate::Definitions, "the cluster does not serve fabricaccounts");
        let (status, _, body) = ask(&router, "/readyz").await;
        assert!(status == 503 && body.contains("does not serve fabricaccounts"), "{body}");
        assert_eq!(ask(&router, "/livez").await.0, 200);
    }

    #[tokio::test]
    async fn metrics_are_in_the_openmetrics_format() {
        let router = router(Readiness::default(), Arc::new(|| "# EOF\n".to_owned()));
        let (status, kind, body) = ask(&router, "/metrics").await;
        assert_eq!((status, body.as_str()), (200, "# EOF\n"));
        assert!(kind.unwrap().starts_with("application/openmetrics-text; version=1.0.0"));
    }
}
