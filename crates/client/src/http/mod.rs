//! HTTP below both dialects: sending, signing in, rate limiting and the circuit breaker.
//!
//! [`Transport`] puts the parts together. Nothing here knows a path, a body or a decision of a
//! dialect.

mod call;
mod circuit_breaker;
mod credentials;
mod exchange;
mod headers;
mod network;
mod provider_clock;
mod proxies;
mod rate_limit;
mod redact;
mod token;
mod transport;
mod trust;

use std::fmt;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};

pub use credentials::{OAuthCredentials, OAuthGrant, PasswordDigest};
pub use exchange::{HttpMetrics, HttpOutcome, InstrumentedHttp};
pub use network::ReqwestHttp;
pub use proxies::Proxies;
pub use rate_limit::{Priority, RateLimiter};
pub use token::TokenSource;
pub use transport::Transport;
pub use trust::TrustedCas;

pub(crate) use call::{ApiAnswer, ApiCall};

/// Why a request has no answer.
#[derive(Debug, Clone, thiserror::Error)]
pub enum SendError {
    /// The request did not leave this process.
    #[error("{0}")]
    NotSent(String),
    /// The server may have carried the request out, but its answer did not arrive whole.
    #[error("{0}")]
    Lost(String),
}

/// Carries one request to the API: over the network, or to a simulator in the same process.
#[async_trait]
pub trait Http: Send + Sync + fmt::Debug {
    /// Sends the request once and reads the whole answer, whatever its status.
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError>;
}
