//! Bytes to and from the API: token, pace, timeout, safe repeats and the meaning of failures.
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

use super::{Error, Pace, TokenSource, catalogue};
use crate::domain::clean;

/// How long one request may take, answer included.
const TIMEOUT: Duration = Duration::from_secs(30);
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
pub enum Wire {
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
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Wire>;
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
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Wire> {
        let request = reqwest::Request::try_from(request)
            .map_err(|e| Wire::NotSent(format!("the request is not valid: {}", reason(&e))))?;
        let mut answer = self.0.execute(request).await.map_err(|e| {
            let text = reason(&e);
            if e.is_connect() || e.is_builder() { Wire::NotSent(text) } else { Wire::Lost(text) }
        })?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| Wire::Lost(reason(&e)))? {
            if body.len() + chunk.len() > MAX_ANSWER {
                return Err(Wire::Lost(format!("the answer is larger than {MAX_ANSWER} bytes")));
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
    pub(super) effect: Effect,
}

/// The content type of every body but patches.
pub(super) const JSON: &str = "application/json";

/// The way to one account's API.
#[derive(Debug, Clone)]
pub struct Transport {
    http: Arc<dyn Http>,
    origin: Url,
    tokens: Arc<TokenSource>,
    pace: Arc<Pace>,
}

impl Transport {
    /// Calls go to `origin`, signed in by `tokens`, at `pace`.
    pub fn new(
        http: Arc<dyn Http>,
        origin: Url,
        tokens: Arc<TokenSource>,
        pace: Arc<Pace>,
    ) -> Self {
        Self { http, origin, tokens, pace }
    }

    /// Makes the call and answers with the body of a success.
    pub(super) async fn call(&self, call: Call<'_>) -> Result<Bytes, Error> {
        let mut repeats = REPEATS.iter();
        loop {
            let error = match self.signed_in(&call).await {
                Ok(body) => return Ok(body),
                Err(error) => error,
            };
            tracing::debug!(operation = call.operation, error = error.category(), "call failed");
            match (call.effect, &error, repeats.next()) {
                (Effect::Safe, Error::Unavailable(_), Some(pause)) => sleep(*pause).await,
                _ => return Err(error),
            }
        }
    }

    /// One exchange, and another with a new token if the API does not take the first.
    async fn signed_in(&self, call: &Call<'_>) -> Result<Bytes, Error> {
        let token = self.tokens.current().await?;
        match self.exchange(call, token.expose_secret()).await? {
            Exchange::Success(body) => Ok(body),
            Exchange::TokenRefused(_) => {
                self.tokens.discard(&token).await;
                let token = self.tokens.current().await?;
                match self.exchange(call, token.expose_secret()).await? {
                    Exchange::Success(body) => Ok(body),
                    Exchange::TokenRefused(error) => Err(error),
                }
            }
        }
    }

    async fn exchange(&self, call: &Call<'_>, token: &str) -> Result<Exchange, Error> {
        let request = self.request(call, token)?;
        if call.effect == Effect::Once {
            // What must not be done twice is sent soon after it was decided, or not at all: by
            // then somebody else may have decided the same.
            timeout(SEND_WITHIN, self.pace.permit()).await.map_err(|_| {
                Error::Unavailable(format!(
                    "{} found no slot within {SEND_WITHIN:?}",
                    call.operation
                ))
            })?;
        } else {
            self.pace.permit().await;
        }
        let answer = timeout(TIMEOUT, self.http.send(request)).await.unwrap_or_else(|_| {
            Err(Wire::Lost(format!("no answer to {} within {TIMEOUT:?}", call.operation)))
        });
        let answer = match (answer, call.effect) {
            (Ok(answer), _) => answer,
            (Err(Wire::Lost(text)), Effect::Once) => return Err(Error::Ambiguous(text)),
            (Err(Wire::NotSent(text) | Wire::Lost(text)), _) => {
                return Err(Error::Unavailable(text));
            }
        };
        let status = answer.status();
        let wait = retry_after(answer.headers());
        if status.is_success() {
            return Ok(Exchange::Success(answer.into_body()));
        }
        let body = answer.body();
        if status == StatusCode::UNAUTHORIZED {
            return Ok(Exchange::TokenRefused(catalogue::error(status.as_u16(), body)));
        }
        if status == StatusCode::TOO_MANY_REQUESTS {
            if let Some(wait) = wait {
                self.pace.hold(wait);
            }
            return Err(Error::Throttled { wait });
        }
        // A gateway that gave up waiting does not know either.
        let gave_up = status == StatusCode::REQUEST_TIMEOUT;
        if status.is_server_error() || gave_up {
            let said = catalogue::faults(status.as_u16(), body);
            let text = said.first().map_or_else(String::new, ToString::to_string);
            return Err(match call.effect {
                Effect::Once => Error::Ambiguous(text),
                Effect::Safe if wait.is_some() => Error::Throttled { wait },
                Effect::Safe => Error::Unavailable(text),
            });
        }
        if status.is_redirection() {
            let text = format!(
                "the endpoint redirects (HTTP status {status}); correct it in the FabricAccount"
            );
            return Err(Error::Unavailable(text));
        }
        Err(catalogue::error(status.as_u16(), body))
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
        Request::builder()
            .method(call.method.clone())
            .uri(url.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, call.content_type)
            .header(header::ACCEPT, JSON)
            .body(body)
            .map_err(|_| unsendable("a part"))
    }
}

enum Exchange {
    Success(Bytes),
    TokenRefused(Error),
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
