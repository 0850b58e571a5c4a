//! Bytes to and from the API: token, pace, safe repeats and the meaning of failures.
//!
//! One place for everything that both dialects need below their own words. It knows no JSON but
//! that of errors, and it never sends twice what may not be done twice.

use std::{fmt, sync::Arc, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Request, Response, StatusCode, header};
use secrecy::ExposeSecret;
use serde_json::Value;
use tokio::time::{sleep, timeout};
use url::Url;

use fabric_domain::clean;

use super::{
    Error, InstrumentedHttp, RateLimiter, TokenSource, breaker::Breaker, catalogue, redact,
};

/// How long a request that may be carried out once waits for its turn.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// Pauses before a safe request is sent again.
const REPEATS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];
/// The largest answer that is read.
const MAX_ANSWER: usize = 16 * 1024 * 1024;
/// The longest wait that a `Retry-After` can impose.
const MAX_WAIT: Duration = Duration::from_secs(3600);

/// Why no answer came back.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The request was not sent.
    #[error("{0}")]
    NotSent(String),
    /// The request may have been carried out, but its answer did not arrive whole.
    #[error("{0}")]
    Lost(String),
}

/// Something that carries one request to the API: the network, or a simulator in process.
#[async_trait]
pub trait Http: Send + Sync + fmt::Debug {
    /// Sends the request and reads the whole answer.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError>;
}

/// [`Http`] over the network. No redirects, since a bearer token travels with each request.
#[derive(Debug)]
pub struct ReqwestHttp(reqwest::Client);

impl ReqwestHttp {
    /// A client on the platform's certificates.
    pub fn new() -> Result<Self, reqwest::Error> {
        reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(Duration::from_secs(10))
            .pool_idle_timeout(Duration::from_secs(60))
            .user_agent(concat!("fabric-operator/", env!("CARGO_PKG_VERSION")))
            .build()
            .map(Self)
    }
}

#[async_trait]
impl Http for ReqwestHttp {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let request = reqwest::Request::try_from(request)
            .map_err(|e| SendError::NotSent(format!("the request is not valid: {}", reason(&e))))?;
        let mut answer = self.0.execute(request).await.map_err(|e| {
            let text = reason(&e);
            if e.is_connect() || e.is_builder() {
                SendError::NotSent(text)
            } else {
                SendError::Lost(text)
            }
        })?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| SendError::Lost(reason(&e)))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(SendError::Lost(format!(
                    "the answer is larger than {MAX_ANSWER} bytes"
                )));
            }
            body.extend_from_slice(&chunk);
        }
        let mut response = Response::new(body.freeze());
        *response.status_mut() = answer.status();
        *response.headers_mut() = answer.headers().clone();
        Ok(response)
    }
}

/// An error and its causes, without the URL, whose query may hold a key.
fn reason(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "timed out".to_owned()
    } else if error.is_connect() {
        "cannot connect".to_owned()
    } else {
        "the exchange failed".to_owned()
    };
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    clean(&text, 300)
}

/// Whether a request may be sent again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// It changes nothing, or the same thing each time.
    Safe,
    /// It may be carried out once.
    Once,
}

/// One call.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) operation: &'static str,
    pub(super) method: Method,
    /// Path segments after the dialect's root; each is escaped on its own.
    pub(super) path: &'a [&'a str],
    pub(super) query: &'a [(&'a str, String)],
    pub(super) body: Option<Value>,
    pub(super) content_type: &'static str,
    /// The version that what is changed must still have (`If-Match`).
    pub(super) version: Option<&'a str>,
    /// What of the body must not come back in an error.
    pub(super) secrets: &'a [&'a str],
    pub(super) effect: Effect,
}

/// A success.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) body: Bytes,
    /// The version of what was asked for, where the answer names one (`ETag`), without its quotes:
    /// so the published client sends it back.
    pub(super) version: Option<String>,
}

/// The content type of every body but patches.
pub(super) const JSON: &str = "application/json";

/// The way to one account's API.
#[derive(Debug, Clone)]
pub struct Transport {
    exchange: InstrumentedHttp,
    origin: Url,
    tokens: Arc<TokenSource>,
    pace: Arc<RateLimiter>,
    breaker: Arc<Breaker>,
}

impl Transport {
    /// Calls go to `origin`, signed in by `tokens`, at `pace`.
    pub fn new(
        exchange: InstrumentedHttp,
        origin: Url,
        tokens: Arc<TokenSource>,
        pace: Arc<RateLimiter>,
    ) -> Self {
        Self { exchange, origin, tokens, pace, breaker: Arc::default() }
    }

    /// Makes the call.
    #[tracing::instrument(name = "provider", skip_all, fields(operation = call.operation, error))]
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Answer, Error> {
        let mut repeats = REPEATS.iter();
        loop {
            let error = match self.signed_in(&call).await {
                Ok(answer) => return Ok(answer),
                Err(error) => error,
            };
            tracing::Span::current().record("error", error.category());
            tracing::debug!(operation = call.operation, error = error.category(), "call failed");
            match (call.effect, &error, repeats.next()) {
                (Effect::Safe, Error::Unavailable(_), Some(pause)) => sleep(*pause).await,
                _ => return Err(error),
            }
        }
    }

    /// One exchange, and another with a new token if the API does not take the first.
    async fn signed_in(&self, call: &Call<'_>) -> Result<Answer, Error> {
        let token = self.tokens.current().await?;
        match self.exchange(call, token.expose_secret()).await? {
            Exchanged::Success(answer) => Ok(answer),
            Exchanged::TokenRefused(_) => {
                self.tokens.discard(&token).await;
                let token = self.tokens.current().await?;
                match self.exchange(call, token.expose_secret()).await? {
                    Exchanged::Success(answer) => Ok(answer),
                    Exchanged::TokenRefused(error) => Err(error),
                }
            }
        }
    }

    async fn exchange(&self, call: &Call<'_>, token: &str) -> Result<Exchanged, Error> {
        let request = self.request(call, token)?;
        self.breaker.check()?;
        if call.effect == Effect::Once {
            // What must not be done twice is sent soon after it was decided, or not at all: by
            // then somebody else may have decided the same.
            timeout(SEND_WITHIN, self.exchange.turn(&self.pace)).await.map_err(|_| {
                Error::Unavailable(format!(
                    "{} found no slot within {SEND_WITHIN:?}",
                    call.operation
                ))
            })?;
        } else {
            self.exchange.turn(&self.pace).await;
        }
        let answer = self.exchange.send(call.operation, request).await;
        match &answer {
            Ok(answer) if !answer.status().is_server_error() => self.breaker.succeeded(),
            Ok(_) | Err(_) => self.breaker.failed(),
        }
        let answer = match (answer, call.effect) {
            (Ok(answer), _) => answer,
            (Err(SendError::Lost(text)), Effect::Once) => return Err(Error::Ambiguous(text)),
            (Err(SendError::NotSent(text) | SendError::Lost(text)), _) => {
                return Err(Error::Unavailable(text));
            }
        };
        let status = answer.status();
        let wait = retry_after(answer.headers());
        if status.is_success() {
            let version = version(answer.headers());
            return Ok(Exchanged::Success(Answer { body: answer.into_body(), version }));
        }
        let body = redact::without(answer.body(), call.secrets);
        let error = catalogue::error(status.as_u16(), &body, call.effect);
        if status == StatusCode::UNAUTHORIZED {
            return Ok(Exchanged::TokenRefused(error));
        }
        if let (StatusCode::TOO_MANY_REQUESTS, Some(wait)) = (status, wait) {
            self.pace.hold(wait);
        }
        Err(match error {
            Error::Throttled { .. } => Error::Throttled { wait },
            // Whoever is overloaded may say when to come back.
            Error::Unavailable(_) if wait.is_some() => Error::Throttled { wait },
            error => error,
        })
    }

    fn request(&self, call: &Call<'_>, token: &str) -> Result<Request<Bytes>, Error> {
        let unsendable =
            |what: &str| Error::Unavailable(format!("{what} of the request is not valid"));
        let mut url = self.origin.clone();
        url.path_segments_mut()
            .map_err(|()| unsendable("the endpoint"))?
            .pop_if_empty()
            .extend(call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let body = call.body.as_ref().map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
        let mut request = Request::builder();
        if let Some(version) = call.version {
            request = request.header(header::IF_MATCH, version);
        }
        request
            .method(call.method.clone())
            .uri(url.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, call.content_type)
            .header(header::ACCEPT, JSON)
            .body(body)
            .map_err(|_| unsendable("a part"))
    }
}

enum Exchanged {
    Success(Answer),
    TokenRefused(Error),
}

/// The longest version that is kept.
const MAX_VERSION: usize = 64;

/// Reads `ETag`.
fn version(headers: &HeaderMap) -> Option<String> {
    let text = headers.get(header::ETAG)?.to_str().ok()?.trim();
    let text = text.strip_prefix("W/").unwrap_or(text).trim_matches('"');
    let usable =
        (1..=MAX_VERSION).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    usable.then(|| text.to_owned())
}

/// Reads `Retry-After` in both of its forms.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    let seconds = if let Ok(seconds) = text.parse::<u64>() {
        seconds
    } else {
        let date = jiff::fmt::rfc2822::parse(text).ok()?.timestamp();
        u64::try_from(date.as_second() - jiff::Timestamp::now().as_second()).unwrap_or(0)
    };
    Some(Duration::from_secs(seconds).min(MAX_WAIT))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Credentials, Grant};

    /// Signs everybody in and answers all else with one status, wait and body.
    #[derive(Debug)]
    struct Always(u16, Option<u32>, &'static str);

    #[async_trait]
    impl Http for Always {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
            if request.uri().path() == "/oauth2/v1/token" {
                return Ok(Response::new(Bytes::from(r#"{"access_token":"t"}"#)));
            }
            let mut answer = Response::new(Bytes::from(self.2));
            *answer.status_mut() = StatusCode::from_u16(self.0).unwrap();
            if let Some(wait) = self.1 {
                answer.headers_mut().insert(header::RETRY_AFTER, wait.into());
            }
            Ok(answer)
        }
    }

    async fn answered(answer: Always, effect: Effect) -> Error {
        let http = Arc::new(answer);
        let origin: Url = "https://api.equinix.com".parse().unwrap();
        let credentials = Credentials {
            client_id: "ABCDE12345".into(),
            client_secret: "FGHIJ67890".into(),
            grant: Grant::ClientCredentials,
        };
        let exchange = InstrumentedHttp::new(http, Arc::new(()));
        let tokens = TokenSource::new(exchange.clone(), origin.clone(), credentials, None);
        let tokens = Arc::new(tokens);
        let transport = Transport::new(exchange, origin, tokens, Arc::new(RateLimiter::new(1000)));
        let method = Method::POST;
        let content_type = JSON;
        let call = Call {
            operation: "test",
            method,
            path: &[],
            query: &[],
            body: None,
            content_type,
            version: None,
            secrets: &[],
            effect,
        };
        transport.call(call).await.unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_overloaded_may_say_when_to_come_back() {
        let wait = Some(Duration::from_secs(7));
        for status in [429, 500, 503] {
            let error = answered(Always(status, Some(7), ""), Effect::Safe).await;
            assert_eq!(error, Error::Throttled { wait }, "{status}");
        }
        assert_eq!(
            answered(Always(429, Some(7), ""), Effect::Once).await,
            Error::Throttled { wait }
        );
        for status in [408, 500, 503] {
            let error = answered(Always(status, Some(7), ""), Effect::Once).await;
            assert!(matches!(error, Error::Ambiguous(_)), "{status}: {error}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_plain_no_with_a_servers_status_is_a_plain_no() {
        // "500- ERR-L2-001-08": the path does not take the method, so nothing was ordered.
        let body = r#"{"errorCode":"ERR-L2-001-08","errorMessage":"Method not supported,Please check the URL passed","moreInfo":"method:POST"}"#;
        let error = answered(Always(500, None, body), Effect::Once).await;
        assert!(matches!(error, Error::Refused(_)), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_never_taken_is_no_right() {
        let error = answered(Always(401, None, ""), Effect::Safe).await;
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
    }

    #[test]
    fn versions_are_read_without_their_quotes_and_bounded() {
        let read =
            |text: &str| version(&HeaderMap::from_iter([(header::ETAG, text.parse().unwrap())]));
        assert_eq!(read("\"3\"").as_deref(), Some("3"));
        assert_eq!(read("3").as_deref(), Some("3"));
        assert_eq!(read("W/\"3\"").as_deref(), Some("3"));
        assert_eq!(read("\"\""), None);
        assert_eq!(read(&"3".repeat(65)), None);
    }

    fn headers(value: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::RETRY_AFTER, value.parse().unwrap())])
    }

    #[test]
    fn retry_after_in_both_forms() {
        assert_eq!(retry_after(&headers("7")), Some(Duration::from_secs(7)));
        assert_eq!(retry_after(&headers("999999999")), Some(MAX_WAIT));
        assert_eq!(retry_after(&headers("Wed, 21 Oct 2015 07:28:00 GMT")), Some(Duration::ZERO));
        assert_eq!(retry_after(&headers("soon")), None);
        let later = jiff::Timestamp::now() + Duration::from_secs(120);
        let text =
            jiff::fmt::rfc2822::DateTimePrinter::new().timestamp_to_rfc9110_string(&later).unwrap();
        let wait = retry_after(&headers(&text)).unwrap().as_secs();
        assert!((115..=120).contains(&wait), "{wait}");
    }
}
