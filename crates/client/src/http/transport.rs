//! Sends a dialect's calls: token, rate limit, circuit breaker, the caller's gate, repeats, and what a
//! failure means.
//!
//! Both dialects need all of it. It decodes no body except that of an error, and never repeats a
//! request that may be carried out only once.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, header};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tokio::time::{sleep, timeout};
use url::Url;

use super::{
    InstrumentedHttp, RateLimiter, SendError, TokenSource,
    call::{ApiAnswer, ApiCall},
    circuit_breaker::CircuitBreaker,
    headers::{date, etag, retry_after},
    provider_clock::ProviderClock,
    redact,
};
use crate::{
    Withdrawn,
    error::{Error, Idempotency},
    error_codes,
};

/// How long a request that may be carried out once waits for the rate limiter.
const SEND_WITHIN: Duration = Duration::from_secs(20);
/// Pauses before a safe request is repeated.
const REPEATS: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

/// Sends the calls of one account.
#[derive(Debug, Clone)]
pub struct Transport {
    http: InstrumentedHttp,
    origin: Url,
    tokens: Arc<TokenSource>,
    rate_limiter: Arc<RateLimiter>,
    circuit_breaker: Arc<CircuitBreaker>,
    provider_clock: Arc<ProviderClock>,
}

impl Transport {
    /// Sends calls to `origin` with the tokens of `tokens`, at the rate of `rate_limiter`.
    pub fn new(
        http: InstrumentedHttp,
        origin: Url,
        tokens: Arc<TokenSource>,
        rate_limiter: Arc<RateLimiter>,
    ) -> Self {
        Self {
            http,
            origin,
            tokens,
            rate_limiter,
            circuit_breaker: Arc::default(),
            provider_clock: Arc::default(),
        }
    }

    /// The provider's time now; see [`Reads::provider_time`](crate::Reads::provider_time).
    pub(crate) fn provider_time(&self) -> Option<Timestamp> {
        self.provider_clock.now()
    }

    /// Makes the call, and repeats it while it is safe and the provider is unavailable.
    #[tracing::instrument(name = "provider", skip_all, fields(operation = call.operation, error))]
    pub(crate) async fn call(&self, call: ApiCall<'_>) -> Result<ApiAnswer, Error> {
        let (mut repeats, mut before) = (REPEATS.iter(), None);
        loop {
            let error = match self.signed_in(&call).await {
                Ok(answer) => return Ok(answer),
                // What was sent before the repeat was withdrawn may have arrived.
                Err(error @ Error::Withdrawn(_)) => return Err(before.unwrap_or(error)),
                Err(error) => error,
            };
            tracing::Span::current().record("error", error.category());
            tracing::debug!(operation = call.operation, error = error.category(), "call failed");
            match (call.idempotency, &error, repeats.next()) {
                (Idempotency::Safe, Error::Unavailable(_), Some(pause)) => sleep(*pause).await,
                _ => return Err(error),
            }
            before = Some(error);
        }
    }

    /// One exchange, and another with a new token if the API rejects the first token. A 401 is a
    /// definite no, so this repeats even a request that may be carried out once.
    async fn signed_in(&self, call: &ApiCall<'_>) -> Result<ApiAnswer, Error> {
        let token = self.tokens.current().await?;
        match self.exchange(call, token.expose_secret()).await? {
            Exchanged::Success(answer) => Ok(answer),
            Exchanged::TokenRejected(_) => {
                self.tokens.discard(&token).await;
                let token = self.tokens.current().await?;
                match self.exchange(call, token.expose_secret()).await? {
                    Exchanged::Success(answer) => Ok(answer),
                    Exchanged::TokenRejected(error) => Err(error),
                }
            }
        }
    }

    async fn exchange(&self, call: &ApiCall<'_>, token: &str) -> Result<Exchanged, Error> {
        let request = self.request(call, token)?;
        self.circuit_breaker.check()?;
        self.acquire(call).await?;
        if let Some(gate) = call.gate {
            gate.pass().await.map_err(|Withdrawn(why)| Error::Withdrawn(why))?;
        }
        let answer = self.http.send(call.operation, request).await;
        match &answer {
            Ok(answer) if !answer.status().is_server_error() => self.circuit_breaker.succeeded(),
            Ok(_) | Err(_) => self.circuit_breaker.failed(),
        }
        let answer = match (answer, call.idempotency) {
            (Ok(answer), _) => answer,
            (Err(SendError::Lost(text)), Idempotency::Once) => return Err(Error::Ambiguous(text)),
            (Err(SendError::NotSent(text) | SendError::Lost(text)), _) => {
                return Err(Error::Unavailable(text));
            }
        };
        let status = answer.status();
        let date = date(answer.headers());
        if let Some(date) = date {
            self.provider_clock.observe(date);
        }
        if status.is_success() {
            let etag = etag(answer.headers());
            let body = answer.into_body();
            let operation = call.operation;
            return Ok(Exchanged::Success(ApiAnswer { operation, status, body, etag, date }));
        }
        let wait = retry_after(answer.headers());
        let body = redact::without(answer.body(), call.secrets);
        let error = error_codes::error(status.as_u16(), &body, call.idempotency);
        if status == StatusCode::UNAUTHORIZED {
            return Ok(Exchanged::TokenRejected(error));
        }
        if let (StatusCode::TOO_MANY_REQUESTS, Some(wait)) = (status, wait) {
            self.rate_limiter.pause_for(wait);
        }
        Err(match error {
            Error::Throttled { .. } => Error::Throttled { wait },
            // An overloaded server may say when to come back.
            Error::Unavailable(_) if wait.is_some() => Error::Throttled { wait },
            error => error,
        })
    }

    /// Waits for the rate limiter. A request that may be carried out once is sent soon after it
    /// was decided, or not at all: later, another client may have decided the same.
    async fn acquire(&self, call: &ApiCall<'_>) -> Result<(), Error> {
        let slot = self.http.acquire(&self.rate_limiter);
        match call.idempotency {
            Idempotency::Safe => slot.await,
            Idempotency::Once => timeout(SEND_WITHIN, slot).await.map_err(|_| {
                Error::Unavailable(format!(
                    "{} found no slot within {SEND_WITHIN:?}",
                    call.operation
                ))
            })?,
        }
        Ok(())
    }

    fn request(&self, call: &ApiCall<'_>, token: &str) -> Result<Request<Bytes>, Error> {
        let invalid =
            |what: &str| Error::Unavailable(format!("{what} of the request is not valid"));
        let mut url = self.origin.clone();
        url.path_segments_mut()
            .map_err(|()| invalid("the endpoint"))?
            .pop_if_empty()
            .extend(call.path);
        if !call.query.is_empty() {
            url.query_pairs_mut().extend_pairs(call.query);
        }
        let body = call.body.as_ref().map_or_else(Bytes::new, |b| Bytes::from(b.to_string()));
        let mut request = Request::builder();
        if let Some(etag) = call.etag {
            request = request.header(header::IF_MATCH, etag);
        }
        request
            .method(call.method.clone())
            .uri(url.as_str())
            .header(header::AUTHORIZATION, format!("Bearer {token}"))
            .header(header::CONTENT_TYPE, call.content_type)
            .header(header::ACCEPT, "application/json")
            .body(body)
            .map_err(|_| invalid("a part"))
    }
}

enum Exchanged {
    Success(ApiAnswer),
    /// A 401, and the error that it is if a new token changes nothing.
    TokenRejected(Error),
}

#[cfg(test)]
mod tests {
    use async_trait::async_trait;
    use http::{Method, Response};

    use super::*;
    use crate::{Gate, Http, OAuthCredentials, OAuthGrant};

    /// Grants every token request and answers all others with one status, wait and body.
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

    /// Lets every request pass.
    struct PassesAll;

    #[async_trait]
    impl Gate for PassesAll {
        async fn pass(&self) -> Result<(), Withdrawn> {
            Ok(())
        }
    }

    async fn answered(answer: Always, idempotency: Idempotency) -> Error {
        let http = Arc::new(answer);
        let origin: Url = "https://api.equinix.com".parse().unwrap();
        let credentials = OAuthCredentials {
            client_id: "ABCDE12345".into(),
            client_secret: "FGHIJ67890".into(),
            grant: OAuthGrant::ClientCredentials,
        };
        let http = InstrumentedHttp::new(http, Arc::new(()));
        let tokens = TokenSource::new(http.clone(), origin.clone(), credentials, None);
        let rate_limiter = Arc::new(RateLimiter::new(1000));
        let transport = Transport::new(http, origin, Arc::new(tokens), rate_limiter);
        let call = ApiCall::change("test", Method::POST, &[], &(), &PassesAll).unwrap();
        let call = ApiCall { idempotency, ..call };
        transport.call(call).await.unwrap_err()
    }

    #[tokio::test(start_paused = true)]
    async fn an_overloaded_server_may_say_when_to_come_back() {
        let wait = Some(Duration::from_secs(7));
        for status in [429, 500, 503] {
            let error = answered(Always(status, Some(7), ""), Idempotency::Safe).await;
            assert_eq!(error, Error::Throttled { wait }, "{status}");
        }
        assert_eq!(
            answered(Always(429, Some(7), ""), Idempotency::Once).await,
            Error::Throttled { wait }
        );
        for status in [408, 500, 503] {
            let error = answered(Always(status, Some(7), ""), Idempotency::Once).await;
            assert!(matches!(error, Error::Ambiguous(_)), "{status}: {error}");
        }
    }

    #[cfg(feature = "ecx-v3")]
    #[tokio::test(start_paused = true)]
    async fn a_documented_refusal_with_a_server_status_is_a_refusal() {
        // "500- ERR-L2-001-08": the path does not take the method, so nothing was ordered.
        let body = r#"{"errorCode":"ERR-L2-001-08","errorMessage":"Method not supported,Please check the URL passed","moreInfo":"method:POST"}"#;
        let error = answered(Always(500, None, body), Idempotency::Once).await;
        assert!(matches!(error, Error::Refused(_)), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_that_is_rejected_twice_is_forbidden() {
        let error = answered(Always(401, None, ""), Idempotency::Safe).await;
        assert!(matches!(error, Error::Forbidden(_)), "{error}");
    }
}
