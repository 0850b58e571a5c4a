//! Spans to a collector, by OTLP over HTTP.
//!
//! Exports only the operator's own spans: a pass over a resource, the calls to Equinix in it, and each
//! request. Their fields name resources, operations and codes; an address or a body must not be among
//! them. When the collector stops answering, spans are lost and one line is logged.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use opentelemetry::{KeyValue, trace::TracerProvider};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{SpanExporter, WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::{Resource, trace::SdkTracerProvider};
use tokio::{runtime::Handle, time::timeout};
use tracing::{Subscriber, level_filters::LevelFilter};
use tracing_subscriber::{Layer, filter::Targets, registry::LookupSpan};
use url::Url;

use fabric_client::Http;

/// How long the collector may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long the last spans may take to be sent.
const LAST: Duration = Duration::from_secs(5);

/// The export of spans to a collector.
pub struct Traces(SdkTracerProvider);

impl Traces {
    /// Exports by `http` to the collector at `endpoint`, to which `/v1/traces` is appended.
    pub fn through(http: Arc<dyn Http>, endpoint: &Url) -> Result<Self, String> {
        let client = CollectorClient {
            http,
            runtime: Handle::current(),
            failing: Arc::new(AtomicBool::new(false)),
        };
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(format!("{}/v1/traces", endpoint.as_str().trim_end_matches('/')))
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|e| {
                format!("cannot send traces to {endpoint}: {e}; correct --otlp-endpoint")
            })?;
        let version = KeyValue::new("service.version", env!("CARGO_PKG_VERSION"));
        let resource =
            Resource::builder().with_service_name("fabric-operator").with_attribute(version);
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(resource.build());
        Ok(Self(provider.build()))
    }

    /// The layer that records the operator's own spans.
    pub(super) fn layer<S>(&self) -> impl Layer<S> + use<S>
    where
        S: Subscriber + for<'a> LookupSpan<'a> + Send + Sync,
    {
        let own = Targets::new().with_target("fabric_operator", LevelFilter::INFO);
        tracing_opentelemetry::layer()
            .with_tracer(self.0.tracer("fabric-operator"))
            .with_location(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            .with_filter(own)
    }

    /// Sends the last spans.
    pub async fn finish(self) {
        // The shutdown blocks its thread while the runtime sends.
        let sent = tokio::task::spawn_blocking(move || self.0.shutdown_with_timeout(LAST));
        if !matches!(sent.await, Ok(Ok(()))) {
            tracing::warn!("the last spans could not be sent");
        }
    }
}

/// Sends on the operator's runtime: the exporter's own thread has none.
struct CollectorClient {
    http: Arc<dyn Http>,
    runtime: Handle,
    failing: Arc<AtomicBool>,
}

impl fmt::Debug for CollectorClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CollectorClient")
    }
}

#[async_trait]
impl HttpClient for CollectorClient {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let http = self.http.clone();
        let sending = async move { timeout(TIMEOUT, http.send(request)).await };
        let answer: Result<Response<Bytes>, HttpError> = match self.runtime.spawn(sending).await {
            Ok(Ok(Ok(answer))) => Ok(answer),
            Ok(Ok(Err(wire))) => Err(wire.into()),
            Ok(Err(late)) => Err(late.into()),
            Err(ended) => Err(ended.into()),
        };
        let failure = match &answer {
            Ok(answer) if answer.status().is_success() => None,
            Ok(answer) => Some(answer.status().to_string()),
            Err(error) => Some(error.to_string()),
        };
        let before = self.failing.swap(failure.is_some(), Ordering::Relaxed);
        if let (false, Some(error)) = (before, failure) {
            tracing::warn!(error, "the collector does not take traces; the spans are lost");
        }
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use tracing_subscriber::layer::SubscriberExt;

    use super::*;
    use fabric_client::SendError;

    /// A collector that keeps every request.
    #[derive(Debug, Default)]
    struct Collector(Mutex<Vec<(String, Vec<u8>)>>);

    #[async_trait]
    impl Http for Collector {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
            // Panics unless the sender runs on a runtime.
            tokio::time::sleep(Duration::from_millis(1)).await;
            let sent = (request.uri().to_string(), request.body().to_vec());
            self.0.lock().unwrap().push(sent);
            Ok(Response::new(Bytes::new()))
        }
    }

    fn holds(body: &[u8], text: &str) -> bool {
        body.windows(text.len()).any(|window| window == text.as_bytes())
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn own_spans_are_sent_and_no_others() {
        let collector = Arc::new(Collector::default());
        let endpoint = "http://127.0.0.1:4318".parse().unwrap();
        let traces = Traces::through(collector.clone(), &endpoint).unwrap();
        let subscriber = tracing_subscriber::registry().with(traces.layer());
        tracing::subscriber::with_default(subscriber, || {
            let pass = tracing::info_span!("reconcile", kind = "FabricConnection", step = "Order");
            pass.in_scope(|| {
                tracing::info_span!(target: "somebody_else", "foreign").in_scope(|| {
                    tracing::info_span!("provider", operation = "order").in_scope(|| {});
                });
            });
        });
        traces.finish().await;
        let sent = collector.0.lock().unwrap();
        let [(url, body)] = &sent[..] else { panic!("{} batches", sent.len()) };
        assert_eq!(url, "http://127.0.0.1:4318/v1/traces");
        for text in ["fabric-operator", "reconcile", "FabricConnection", "Order", "provider"] {
            assert!(holds(body, text), "{text} was not sent");
        }
        assert!(!holds(body, "foreign"), "only the operator's spans are for the collector");
    }
}
