//! One exchange with the API: its time limit, and who is told how it went.
//!
//! Sign-ins and calls alike come through here. What an answer means is said elsewhere.

use std::{fmt, sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use tokio::time::{Instant, timeout};

use super::{Http, RateLimiter, SendError};

/// How long one request may take, answer included.
const TIMEOUT: Duration = Duration::from_secs(30);

/// How an exchange ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HttpOutcome {
    /// With an answer of this HTTP status.
    Answered(u16),
    /// The request was not sent.
    NotSent,
    /// No answer came back whole.
    Lost,
    /// No answer came in time.
    TimedOut,
}

/// The statuses that are told one by one; of others only the hundred is.
const CODES: [&str; 27] = [
    "200", "201", "202", "204", "301", "302", "303", "307", "308", "400", "401", "402", "403",
    "404", "405", "406", "409", "412", "413", "415", "422", "429", "500", "501", "502", "503",
    "504",
];

impl HttpOutcome {
    /// A word from a short list.
    pub fn code(self) -> &'static str {
        match self {
            Self::Answered(status) => {
                let text = status.to_string();
                let hundred = || match status / 100 {
                    1 => "1xx",
                    2 => "2xx",
                    3 => "3xx",
                    4 => "4xx",
                    5 => "5xx",
                    _ => "other",
                };
                CODES.into_iter().find(|code| *code == text).unwrap_or_else(hundred)
            }
            Self::NotSent => "not_sent",
            Self::Lost => "lost",
            Self::TimedOut => "timeout",
        }
    }
}

/// Is told of every exchange. Operations are words of this crate, such as `order`.
pub trait HttpMetrics: Send + Sync + fmt::Debug {
    /// An exchange ended so, after so long.
    fn exchanged(&self, operation: &'static str, ending: HttpOutcome, took: Duration);
    /// A request waited so long for its turn.
    fn waited(&self, pause: Duration);
}

/// Tells nobody.
impl HttpMetrics for () {
    fn exchanged(&self, _: &'static str, _: HttpOutcome, _: Duration) {}
    fn waited(&self, _: Duration) {}
}

/// The way to one account's origin.
#[derive(Debug, Clone)]
pub struct InstrumentedHttp {
    http: Arc<dyn Http>,
    meter: Arc<dyn HttpMetrics>,
}

impl InstrumentedHttp {
    /// Requests go through `http`; `meter` is told.
    pub fn new(http: Arc<dyn Http>, meter: Arc<dyn HttpMetrics>) -> Self {
        Self { http, meter }
    }

    /// Waits for the request's turn.
    pub(super) async fn turn(&self, pace: &RateLimiter) {
        let asked = Instant::now();
        pace.permit().await;
        self.meter.waited(asked.elapsed());
    }

    /// Sends the request and reads the whole answer. No URL is told: its query may hold a key.
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
        let (ending, answer) = match timeout(TIMEOUT, self.http.send(request)).await {
            Ok(Ok(answer)) => (HttpOutcome::Answered(answer.status().as_u16()), Ok(answer)),
            Ok(Err(wire @ SendError::NotSent(_))) => (HttpOutcome::NotSent, Err(wire)),
            Ok(Err(wire @ SendError::Lost(_))) => (HttpOutcome::Lost, Err(wire)),
            Err(_) => {
                let text = format!("no answer to {operation} within {TIMEOUT:?}");
                (HttpOutcome::TimedOut, Err(SendError::Lost(text)))
            }
        };
        tracing::Span::current().record("code", ending.code());
        self.meter.exchanged(operation, ending, sent.elapsed());
        answer
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use async_trait::async_trait;

    use super::*;

    #[test]
    fn codes_are_from_a_short_list() {
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
    struct Heard(Mutex<Vec<(&'static str, HttpOutcome, Duration)>>);

    impl HttpMetrics for Heard {
        fn exchanged(&self, operation: &'static str, ending: HttpOutcome, took: Duration) {
            self.0.lock().unwrap().push((operation, ending, took));
        }
        fn waited(&self, _: Duration) {}
    }

    /// Takes so long, and answers with the status that the path asks for.
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
    async fn every_ending_is_told_once() {
        let heard = Arc::new(Heard::default());
        let second = Duration::from_secs(1);
        for (path, takes, ending) in [
            ("/201", second, HttpOutcome::Answered(201)),
            ("/503", second, HttpOutcome::Answered(503)),
            ("/nowhere", second, HttpOutcome::NotSent),
            ("/200", TIMEOUT * 2, HttpOutcome::TimedOut),
        ] {
            let exchange = InstrumentedHttp::new(Arc::new(After(takes)), heard.clone());
            let request = Request::get(format!("https://api.equinix.com{path}"));
            let answer = exchange.send("order", request.body(Bytes::new()).unwrap()).await;
            assert_eq!(answer.is_ok(), matches!(ending, HttpOutcome::Answered(_)), "{path}");
            let told = heard.0.lock().unwrap().pop().unwrap();
            assert_eq!(told, ("order", ending, takes.min(TIMEOUT)), "{path}");
            assert!(heard.0.lock().unwrap().is_empty(), "{path}");
        }
    }
}
