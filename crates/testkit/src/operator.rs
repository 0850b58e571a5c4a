//! The operator as a task of the test's own runtime, with the simulator as its network.
//!
//! It starts, stops and kills operators; what they work on is in `cluster`.

use std::sync::Arc;

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt;
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;
use url::Url;

use fabric_client::{Http, SendError};
use fabric_operator::{
    controllers::{self, Instruments, Settings},
    lease::SteadyClock,
};
use fabric_simulator::ReplyLost;

/// The origin under which the accounts of tests reach the simulator.
pub const ORIGIN: &str = "https://api.equinix.com";

/// The clock of the test's runtime, which a test may pause.
pub fn virtual_clock() -> SteadyClock {
    let start = Instant::now();
    SteadyClock::reading(move || start.elapsed())
}

/// A network that consists of the simulator's router.
#[derive(Debug, Clone)]
pub struct InProcess(pub Router);

#[async_trait]
impl Http for InProcess {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let answer = self.0.clone().oneshot(request.map(axum::body::Body::from)).await;
        let (parts, body) = answer.map_err(|e| SendError::NotSent(e.to_string()))?.into_parts();
        if parts.extensions.get::<ReplyLost>().is_some() {
            return Err(SendError::Lost("connection reset".into()));
        }
        let body = body.collect().await.map_err(|e| SendError::Lost(e.to_string()))?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }
}

/// A running operator; dropping it aborts it.
pub struct Operator {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

impl Operator {
    /// Starts an operator with these clients of the two APIs.
    pub fn start(
        settings: Settings,
        cluster: kube::Client,
        provider: Arc<dyn Http>,
        instruments: Instruments,
    ) -> Self {
        let stop = CancellationToken::new();
        let connector = Arc::new(move |_: &Url| Ok(provider.clone()));
        let operator = controllers::run(cluster, connector, settings, instruments, stop.clone());
        Self { stop, task: tokio::spawn(operator) }
    }

    /// Aborts it at its next await, as SIGKILL would.
    pub async fn kill(mut self) {
        self.task.abort();
        let _ = (&mut self.task).await;
    }

    /// Asks it to stop and waits until it has.
    pub async fn stop(mut self) {
        self.stop.cancel();
        (&mut self.task).await.unwrap();
    }
}

impl Drop for Operator {
    fn drop(&mut self) {
        self.task.abort();
    }
}
