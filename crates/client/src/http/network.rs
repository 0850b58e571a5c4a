//! [`Http`] over the network.
//!
//! Sends each request exactly once: no redirects, since a bearer token travels with each request,
//! and no retries, since the layer above decides which requests may be sent again.

use std::{error::Error, time::Duration};

use async_trait::async_trait;
use bytes::{Bytes, BytesMut};
use http::{Request, Response};

use fabric_domain::clean;

use super::{Http, Proxies, SendError, TrustedCas, trust::unknown_ca};

/// Time limit for connecting, TLS handshake included.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long an idle connection stays open.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);
/// Limit on the size of an answer, in bytes: 16 MiB.
const MAX_ANSWER: usize = 16 * 1024 * 1024;

/// [`Http`] over the network, through a proxy where there is one for the target.
#[derive(Debug)]
pub struct ReqwestHttp {
    client: reqwest::Client,
    proxies: Proxies,
}

impl ReqwestHttp {
    /// A client with a connection pool of its own.
    pub fn new(proxies: &Proxies, trusted: &TrustedCas) -> Result<Self, String> {
        let tls = trusted.tls().map_err(|e| {
            format!("cannot prepare TLS: {e}; is a bundle of CA certificates installed?")
        })?;
        let settings = reqwest::Client::builder().tls_backend_preconfigured(tls);
        Self::of(settings, proxies).map_err(|e| format!("cannot prepare HTTPS: {}", describe(&e)))
    }

    /// A client with further settings, such as the version of HTTP. Whatever those are, each request
    /// is sent once.
    pub fn of(settings: reqwest::ClientBuilder, proxies: &Proxies) -> Result<Self, reqwest::Error> {
        let rule = proxies.clone();
        let client = settings
            // In place of reqwest's own reading of the environment.
            .proxy(reqwest::Proxy::custom(move |target| rule.of(target).cloned()))
            .redirect(reqwest::redirect::Policy::none())
            // By default, reqwest repeats requests that an HTTP/2 server rejects at the protocol
            // level; an order must not be repeated by a layer that knows nothing about orders.
            .retry(reqwest::retry::never())
            .connect_timeout(CONNECT_TIMEOUT)
            .pool_idle_timeout(IDLE_TIMEOUT)
            .user_agent(concat!("fabric-operator/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, proxies: proxies.clone() })
    }
}

#[async_trait]
impl Http for ReqwestHttp {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let request = reqwest::Request::try_from(request).map_err(|e| {
            SendError::NotSent(format!("the request is not valid: {}", describe(&e)))
        })?;
        let proxy = self.proxies.address_for(request.url());
        let mut answer = self.client.execute(request).await.map_err(|e| {
            let mut text = describe(&e);
            if let Some(proxy) = proxy {
                text = format!("{text} (through the proxy {proxy})");
            }
            if e.is_connect() || e.is_builder() {
                SendError::NotSent(text)
            } else {
                SendError::Lost(text)
            }
        })?;
        let mut body = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|e| SendError::Lost(describe(&e)))? {
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

/// The error and its causes, without the URL: its query may hold a key.
fn describe(error: &reqwest::Error) -> String {
    let mut text = if error.is_timeout() {
        "timed out".to_owned()
    } else if error.is_connect() {
        "cannot connect".to_owned()
    } else {
        "the exchange failed".to_owned()
    };
    let mut source = error.source();
    while let Some(cause) = source {
        text = match unknown_ca(cause) {
            Some(unknown) => format!("{text}: {unknown}"),
            None => format!("{text}: {cause}"),
        };
        source = cause.source();
    }
    clean(&text, 300)
}
