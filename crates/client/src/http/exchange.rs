//! One HTTP exchange with the API: its time limit, its trace span and its metrics.
//!
//! Token requests and API calls alike pass through here. What an answer means is decided elsewhere.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, timeout};

use super::{Http, RateLimiter, SendError};

/// Time limit for one exchange, reading the answer included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpOutcome {
    /// The server answered with this HTTP status.
    Answered(u16),
    /// The request did not leave this process.
    NotSent,
    /// The answer did not arrive whole.
    Lost,
    /// No answer arrived within the time limit.
    TimedOut,
}

/// The statuses with a label value of their own; all others share one per class, such as `4xx`.
const CODES: [&str; 27] = [
    "200", "201", "202", "204", "301", "302", "303", "307", "308", "400", "401", "402", "403",
    "404", "405", "406", "409", "412", "413", "415", "422", "429", "500", "501", "502", "503",
    "504",
];

impl HttpOutcome {
    /// The label value for metrics and traces, from a short, fixed list.
    pub fn code(self) -> &'static str {
        match self {
            Self::Answered(status) => {
                let text = status.to_string();
                let class = || match status / 100 {
                    1 => "1xx",
                    2 => "2xx",
                    3 => "3xx",
                    4 => "4xx",
                    5 => "5xx",
                    _ => "other",
                };
                CODES.into_iter().find(|code| *code == text).unwrap_or_else(class)
            }
            Self::NotSent => "not_sent",
            Self::Lost => "lost",
            Self::TimedOut => "timeout",
        }
    }
}

/// Records every exchange. Operations are names that this crate gives its calls, such as `order`.
pub trait HttpMetrics: Send + Sync + fmt::Debug {
    /// Records an exchange and its duration, time in the rate limiter's queue not included.
    fn exchanged(&self, operation: &'static str, outcome: HttpOutcome, took: Duration);
    /// Records how long a request waited for the rate limiter.
    fn waited(&self, pause: Duration);
}

/// Records nothing.
impl HttpMetrics for () {
    fn exchanged(&self, _: &'static str, _: HttpOutcome, _: Duration) {}
    fn waited(&self, _: Duration) {}
}

/// An [`Http`] with a time limit, traces and metrics.
#[derive(Debug, Clone)]
pub struct InstrumentedHttp {
    http: Arc<dyn Http>,
    metrics: Arc<dyn HttpMetrics>,
}

impl InstrumentedHttp {
    /// Sends requests through `http` and records them in `metrics`.
    pub fn new(http: Arc<dyn Http>, metrics: Arc<dyn HttpMetrics>) -> Self {
        Self { http, metrics }
    }

    /// Waits for a slot of the rate limiter.
    pub(super) async fn acquire(&self, rate_limiter: &RateLimiter) {
        let asked = Instant::now();
        rate_limiter.acquire().await;
        self.metrics.waited(asked.elapsed());
    }

    /// Sends the request and reads the whole answer. The span has no URL: its query may hold a
    /// key.
    #[tracing::instrument(
        skip_all,
        fields(otel.kind = "client", operation, method = %request.method(), code)
    )]
    pub(super) async fn send(
        &self,
        operation: &'static str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, SendError> {
        let sent = Instant::now();
        let (outcome, answer) = match timeout(TIMEOUT, self.http.send(request)).await {
            Ok(Ok(answer)) => (HttpOutcome::Answered(answer.status().as_u16()), Ok(answer)),
            Ok(Err(error @ SendError::NotSent(_))) => (HttpOutcome::NotSent, Err(error)),
            Ok(Err(error @ SendError::Lost(_))) => (HttpOutcome::Lost, Err(error)),
            Err(_) => {
                let text = format!("no answer to {operation} within {TIMEOUT:?}");
                (HttpOutcome::TimedOut, Err(SendError::Lost(text)))
            }
        };
        tracing::Span::current().record("code", outcome.code());
        self.metrics.exchanged(operation, outcome, sent.elapsed());
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;

    #[test]
    fn codes_come_from_a_short_list() {
        let codes: std::collections::BTreeSet<&str> =
            (0..=999).map(|status| HttpOutcome::Answered(status).code()).collect();
        assert_eq!(codes.len(), CODES.len() + 6);
        assert_eq!(HttpOutcome::Answered(429).code(), "429");
        assert_eq!(
            (HttpOutcome::Answered(418).code(), HttpOutcome::Answered(599).code()),
            ("4xx", "5xx")
        );
    }

    #[derive(Debug, Default)]
    struct RecordedExchanges(Mutex<Vec<(&'static str, HttpOutcome, Duration)>>);

    impl HttpMetrics for RecordedExchanges {
        fn exchanged(&self, operation: &'static str, outcome: HttpOutcome, took: Duration) {
            self.0.lock().unwrap().push((operation, outcome, took));
        }
        fn waited(&self, _: Duration) {}
    }

    /// Waits, and then answers with the status that the path asks for.
    #[derive(Debug)]
    struct After(Duration);

    #[async_trait]
    impl Http for After {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
            tokio::time::sleep(self.0).await;
            match request.uri().path().trim_matches('/').parse() {
                Ok(status) => {
                    Ok(Response::builder().status::<u16>(status).body(Bytes::new()).unwrap())
                }
                Err(_) => Err(SendError::NotSent("cannot connect".into())),
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn every_outcome_is_recorded_once() {
        let recorded = Arc::new(RecordedExchanges::default());
        let second = Duration::from_secs(1);
        for (path, takes, outcome) in [
            ("/201", second, HttpOutcome::Answered(201)),
            ("/503", second, HttpOutcome::Answered(503)),
            ("/nowhere", second, HttpOutcome::NotSent),
            ("/200", TIMEOUT * 2, HttpOutcome::TimedOut),
        ] {
            let exchange = InstrumentedHttp::new(Arc::new(After(takes)), recorded.clone());
            let request = Request::get(format!("https://api.equinix.com{path}"));
            let answer = exchange.send("order", request.body(Bytes::new()).unwrap()).await;
            assert_eq!(answer.is_ok(), matches!(outcome, HttpOutcome::Answered(_)), "{path}");
            let last = recorded.0.lock().unwrap().pop().unwrap();
            assert_eq!(last, ("order", outcome, takes.min(TIMEOUT)), "{path}");
            assert!(recorded.0.lock().unwrap().is_empty(), "{path}");
        }
    }
}
