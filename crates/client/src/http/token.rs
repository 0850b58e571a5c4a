//! The access token of an account: one request serves all callers that wait for a token.
//!
//! Rejected credentials are not sent again: five failed attempts in a row lock the user
//! ("Requesting Access and Refresh tokens"). Secrets stay in [`SecretString`]s.

use std::{fmt, time::Duration};

use bytes::Bytes;
use http::{Method, Request, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::{
    sync::{Mutex, Notify},
    time::Instant,
};
use url::Url;

use super::{InstrumentedHttp, OAuthCredentials, headers::retry_after};
use crate::{
    error::{Error, Refusal},
    error_codes,
    lenient::{Number, Text},
};

/// The life of a token whose answer names none.
const DEFAULT_LIFE: Duration = Duration::from_secs(3600);
/// How long before its end a token is replaced, if its life is long enough.
const EARLY: Duration = Duration::from_secs(60);
/// After a failure other than a refusal, how long callers get the same error without a request.
const COOL_DOWN: Duration = Duration::from_secs(5);

struct AccessToken {
    value: SecretString,
    replace_at: Instant,
    ends: Instant,
    refresh: Option<RefreshToken>,
}

struct RefreshToken {
    value: SecretString,
    ends: Instant,
}

#[derive(Default)]
struct SignInState {
    token: Option<AccessToken>,
    /// A refresh token outlives the access token that came with it.
    refresh: Option<RefreshToken>,
    refused: Option<Refusal>,
    /// The last failure other than a refusal, and until when callers get it again.
    failed: Option<(Instant, Error)>,
}

/// Hands out the access token of one account.
pub struct TokenSource {
    http: InstrumentedHttp,
    origin: Url,
    credentials: OAuthCredentials,
    state: Mutex<SignInState>,
    refusal: Notify,
}

impl fmt::Debug for TokenSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TokenSource({})", self.origin)
    }
}

impl TokenSource {
    /// Requests tokens for `credentials` at the OAuth 2 endpoints of `origin`.
    ///
    /// `refused` is the endpoint's refusal of these very credentials, if it refused them before:
    /// then no request is made at all.
    pub fn new(
        http: InstrumentedHttp,
        origin: Url,
        credentials: OAuthCredentials,
        refused: Option<Refusal>,
    ) -> Self {
        let state = SignInState { refused, ..SignInState::default() };
        Self { http, origin, credentials, state: Mutex::new(state), refusal: Notify::new() }
    }

    /// The credentials in use.
    pub fn credentials(&self) -> &OAuthCredentials {
        &self.credentials
    }

    /// When the token in use ends; `None` without a token, or while a request for one is under way.
    pub fn ends(&self) -> Option<Instant> {
        Some(self.state.try_lock().ok()?.token.as_ref()?.ends)
    }

    /// Returns when the endpoint refuses the credentials, once: for one listener, that the refusal
    /// which it was created with does not concern.
    pub async fn refused(&self) {
        self.refusal.notified().await;
    }

    /// A token that is not about to end. Callers share one request.
    ///
    /// [`Error::Credentials`] once the endpoint has refused the credentials.
    pub async fn current(&self) -> Result<SecretString, Error> {
        let mut state = self.state.lock().await;
        if let Some(token) = &state.token
            && Instant::now() < token.replace_at
        {
            return Ok(token.value.clone());
        }
        if let Some(refusal) = &state.refused {
            return Err(Error::Credentials(refusal.clone()));
        }
        if let Some((until, error)) = &state.failed
            && Instant::now() < *until
        {
            return Err(error.clone());
        }
        match self.renew(&mut state).await {
            Ok(token) => {
                let value = token.value.clone();
                state.failed = None;
                state.token = Some(token);
                Ok(value)
            }
            Err(error) => {
                match &error {
                    Error::Credentials(refusal) => {
                        state.refused = Some(refusal.clone());
                        self.refusal.notify_one();
                    }
                    Error::Throttled { wait } => {
                        let until = Instant::now() + wait.unwrap_or(COOL_DOWN).max(COOL_DOWN);
                        state.failed = Some((until, error.clone()));
                    }
                    _ => state.failed = Some((Instant::now() + COOL_DOWN, error.clone())),
                }
                Err(error)
            }
        }
    }

    /// Drops a token that the API rejected, unless a newer one has replaced it meanwhile.
    pub async fn discard(&self, rejected: &SecretString) {
        let mut state = self.state.lock().await;
        if state.token.as_ref().is_some_and(|t| t.value.expose_secret() == rejected.expose_secret())
        {
            state.refresh = state.token.take().and_then(|t| t.refresh);
        }
    }

    async fn renew(&self, state: &mut SignInState) -> Result<AccessToken, Error> {
        if let Some(token) = state.token.take() {
            state.refresh = token.refresh;
        }
        if let Some(refresh) = state.refresh.take()
            && Instant::now() < refresh.ends
        {
            let body = json!({
                "client_id": self.credentials.client_id,
                "client_secret": self.credentials.client_secret.expose_secret(),
                "refresh_token": refresh.value.expose_secret(),
            });
            match self.request("refresh", "refreshaccesstoken", &body).await {
                // The refresh token is used up either way; sign in again.
                Err(Error::Credentials(_)) => {}
                other => return other,
            }
        }
        self.request("token", "token", &self.credentials.token_request()).await
    }

    async fn request(
        &self,
        operation: &'static str,
        path: &str,
        body: &Value,
    ) -> Result<AccessToken, Error> {
        let mut url = self.origin.clone();
        url.set_path(&format!("/oauth2/v1/{path}"));
        let request = Request::builder()
            .method(Method::POST)
            .uri(url.as_str())
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json")
            .body(Bytes::from(body.to_string()))
            .map_err(|_| Error::Unavailable("the endpoint is not a valid address".into()))?;
        let answer = self
            .http
            .send(operation, request)
            .await
            .map_err(|error| Error::Unavailable(error.to_string()))?;
        let status = answer.status();
        if status.is_success() {
            return read(answer.body());
        }
        let faults = error_codes::faults(status.as_u16(), answer.body());
        let class = error_codes::sign_in(status.as_u16(), &faults);
        Err(match Error::of(class, Refusal { status: status.as_u16(), faults }) {
            Error::Throttled { .. } => Error::Throttled { wait: retry_after(answer.headers()) },
            error => error,
        })
    }
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct TokenBody {
    access_token: Text,
    token_timeout: Number,
    refresh_token: Text,
    refresh_token_timeout: Number,
}

/// Reads the answer to a token request. Lifetimes are seconds, as strings or numbers.
fn read(body: &[u8]) -> Result<AccessToken, Error> {
    let answer: TokenBody = serde_json::from_slice(body)
        .map_err(|e| Error::Unreadable(format!("the token's answer is no JSON object: {e}")))?;
    let usable =
        |t: &&str| !t.is_empty() && t.len() <= 16 * 1024 && t.bytes().all(|b| b.is_ascii_graphic());
    let value = answer.access_token.get().filter(usable).ok_or_else(|| {
        Error::Unreadable("the token's answer holds no usable access_token".into())
    })?;
    let now = Instant::now();
    let life = answer
        .token_timeout
        .get()
        .map_or(DEFAULT_LIFE, |seconds| Duration::from_secs(seconds.clamp(1, 86_400)));
    let replace_at = now + (life.mul_f64(0.8)).max(life.saturating_sub(EARLY)).min(life);
    let refresh_life = answer.refresh_token_timeout.get().unwrap_or(0).min(90 * 86_400);
    let refresh = answer.refresh_token.non_empty().map(|value| RefreshToken {
        value: value.into(),
        ends: now + Duration::from_secs(refresh_life),
    });
    Ok(AccessToken { value: value.into(), replace_at, ends: now + life, refresh })
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex as SyncMutex};

    use async_trait::async_trait;
    use http::Response;

    use super::*;
    use crate::{Http, OAuthGrant, PasswordDigest, SendError};

    /// Answers from a list and records the requests.
    #[derive(Debug, Default)]
    struct ScriptedHttp {
        answers: SyncMutex<Vec<(u16, &'static str)>>,
        sent: SyncMutex<Vec<(String, Value)>>,
    }

    #[async_trait]
    impl Http for ScriptedHttp {
        async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
            tokio::time::sleep(Duration::from_millis(10)).await;
            let path = request.uri().path().to_owned();
            let body = serde_json::from_slice(request.body()).unwrap();
            self.sent.lock().unwrap().push((path, body));
            let (status, text) = self.answers.lock().unwrap().remove(0);
            Ok(Response::builder().status(status).body(Bytes::from(text)).unwrap())
        }
    }

    fn source(
        grant: OAuthGrant,
        answers: &[(u16, &'static str)],
    ) -> (Arc<ScriptedHttp>, TokenSource) {
        let http = Arc::new(ScriptedHttp {
            answers: SyncMutex::new(answers.to_vec()),
            ..ScriptedHttp::default()
        });
        let credentials = OAuthCredentials {
            client_id: "ABCDE12345".into(),
            client_secret: "FGHIJ67890".into(),
            grant,
        };
        let origin = "https://api.equinix.com".parse().unwrap();
        let exchange = InstrumentedHttp::new(http.clone(), Arc::new(()));
        (http, TokenSource::new(exchange, origin, credentials, None))
    }

    fn password(digest: PasswordDigest) -> OAuthGrant {
        OAuthGrant::Password {
            user: "john.doe@example.com".into(),
            password: "jd1@#$".into(),
            digest,
        }
    }

    // The sample answers of "Requesting Access and Refresh tokens".
    const CLIENT: &str = r#"{"access_token":"qwErtY8zyW1abcdefGHI","token_timeout":"3600","user_name":"john.doe@example.com","token_type":"Bearer"}"#;
    const USER: &str = r#"{"access_token":"qwErtY8zyW1abcdefGHI","token_timeout":"3600","user_name":"john.doe@example.com","token_type":"Bearer","refresh_token":"zxcvbn1JKLMNOPQRSTU","refresh_token_timeout":"5184000"}"#;
    const REFRESHED: &str = r#"{"access_token":"1abcdefGHIqwErtY8zyW","token_timeout":"3600","refresh_token":"1JKLMNOPQRSTUzxcvbn","refresh_token_timeout":"5184000"}"#;

    #[tokio::test(start_paused = true)]
    async fn many_callers_share_one_request_and_renew_early() {
        let (http, source) = source(OAuthGrant::ClientCredentials, &[(200, CLIENT), (200, CLIENT)]);
        futures::future::join_all((0..20).map(|_| source.current())).await;
        assert_eq!(http.sent.lock().unwrap().len(), 1);
        assert_eq!(
            http.sent.lock().unwrap()[0],
            (
                "/oauth2/v1/token".to_owned(),
                json!({"grant_type":"client_credentials","client_id":"ABCDE12345","client_secret":"FGHIJ67890"})
            )
        );
        tokio::time::advance(Duration::from_secs(3539)).await;
        source.current().await.unwrap();
        assert_eq!(http.sent.lock().unwrap().len(), 1);
        tokio::time::advance(Duration::from_secs(10)).await;
        source.current().await.unwrap();
        assert_eq!(http.sent.lock().unwrap().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn the_password_grant_refreshes_with_its_refresh_token() {
        let (http, source) =
            source(password(PasswordDigest::None), &[(200, USER), (200, REFRESHED)]);
        source.current().await.unwrap();
        tokio::time::advance(Duration::from_secs(3590)).await;
        assert_eq!(source.current().await.unwrap().expose_secret(), "1abcdefGHIqwErtY8zyW");
        let sent = http.sent.lock().unwrap();
        assert_eq!(
            sent[0].1,
            json!({"grant_type":"password","user_name":"john.doe@example.com","user_password":"jd1@#$","client_id":"ABCDE12345","client_secret":"FGHIJ67890"})
        );
        assert_eq!(
            sent[1],
            (
                "/oauth2/v1/refreshaccesstoken".to_owned(),
                json!({"client_id":"ABCDE12345","client_secret":"FGHIJ67890","refresh_token":"zxcvbn1JKLMNOPQRSTU"})
            )
        );
    }

    #[test]
    fn md5_b64_is_base64_of_the_digest() {
        let (_, source) = source(password(PasswordDigest::Md5B64), &[]);
        let body = source.credentials().token_request();
        assert_eq!(body["password_encoding"], "md5-b64");
        // printf '%s' 'jd1@#$' | openssl md5 -binary | base64
        assert_eq!(body["user_password"], "pJThQGD0QG7R0iedSipwIA==");
    }

    #[tokio::test(start_paused = true)]
    async fn refused_credentials_are_sent_once_and_failures_cool_down() {
        let refusal = r#"{"error_domain":"apps-fqa","error_title":"Invalid","error_code":"1003","developer_message":"","error_message":"invalid credentials"}"#;
        let (http, source) = source(OAuthGrant::ClientCredentials, &[(503, ""), (400, refusal)]);
        assert!(matches!(source.current().await, Err(Error::Unavailable(_))));
        assert!(matches!(source.current().await, Err(Error::Unavailable(_))));
        assert_eq!(http.sent.lock().unwrap().len(), 1);
        tokio::time::advance(COOL_DOWN).await;
        for _ in 0..50 {
            let Err(Error::Credentials(refusal)) = source.current().await else {
                panic!("the credentials were refused");
            };
            assert_eq!(refusal.faults[0].code.as_deref(), Some("1003"));
            tokio::time::advance(Duration::from_secs(3600)).await;
        }
        assert_eq!(http.sent.lock().unwrap().len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_gateway_failure_does_not_refuse_the_credentials() {
        // S1002 of the troubleshooting chapter, which names no status.
        let s1002 = r#"{"error_domain":"Apps - FQA","error_title":"Unable to process the request","error_code":"S1002","developer_message":"Execution of ServiceCallout PingCallout failed. Reason: timeout occurred PingCallout","error_message":"Unable to process the request, Please try again later"}"#;
        for status in [400, 500] {
            let (_, source) =
                source(OAuthGrant::ClientCredentials, &[(status, s1002), (200, CLIENT)]);
            assert!(matches!(source.current().await, Err(Error::Unavailable(_))), "{status}");
            tokio::time::advance(COOL_DOWN).await;
            source.current().await.unwrap();
        }
    }

    #[tokio::test(start_paused = true)]
    async fn lifetimes_are_read_leniently() {
        for (timeout, life) in [
            (r#""3599 (60 minutes)""#, 3599),
            ("1800", 1800),
            ("null", 3600),
            (r#""soon""#, 3600),
            ("0", 1),
        ] {
            let body = format!(r#"{{"access_token":"t","token_timeout":{timeout}}}"#);
            let token = read(body.as_bytes()).unwrap();
            let left = token.replace_at - Instant::now();
            assert!(
                left <= Duration::from_secs(life) && left >= Duration::from_millis(life * 800),
                "{timeout}"
            );
        }
        assert!(read(b"{}").is_err() && read(b"[]").is_err());
        assert!(read(br#"{"access_token":"a b"}"#).is_err());
    }
}
