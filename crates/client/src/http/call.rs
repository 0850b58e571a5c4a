//! One call of a dialect, and the provider's answer to it.
//!
//! The constructors choose the [`Idempotency`]: only reads and `DELETE` may be repeated. How a call
//! is sent is the transport's business.

use bytes::Bytes;
use http::{Method, StatusCode};
use jiff::Timestamp;
use serde::{
    Serialize,
    de::{DeserializeOwned, IgnoredAny},
};
use serde_json::{Map, Value};

use crate::{Error, Gate, error::Idempotency};

/// The content type of every body except v4's patches.
const JSON: &str = "application/json";

/// One call of a dialect.
pub(crate) struct ApiCall<'a> {
    /// The call's name in metrics, traces and error texts, such as `order`.
    pub(crate) operation: &'static str,
    pub(crate) method: Method,
    /// Path segments; the transport escapes each of them.
    pub(crate) path: &'a [&'a str],
    pub(crate) query: &'a [(&'a str, String)],
    pub(crate) body: Option<Value>,
    pub(crate) content_type: &'static str,
    /// The entity tag that the resource must still have (`If-Match`).
    pub(crate) etag: Option<&'a str>,
    /// Parts of the body that an error text must not quote.
    pub(crate) secrets: &'a [&'a str],
    pub(crate) idempotency: Idempotency,
    /// What each exchange of a call that changes something passes first.
    pub(crate) gate: Option<&'a dyn Gate>,
}

impl<'a> ApiCall<'a> {
    /// Reads with a `GET`.
    pub(crate) fn get(operation: &'static str, path: &'a [&'a str]) -> Self {
        Self::new(operation, Method::GET, path, Idempotency::Safe)
    }

    /// Deletes. A second `DELETE` changes nothing more, so this is the one change that may be
    /// repeated.
    pub(crate) fn delete(operation: &'static str, path: &'a [&'a str], gate: &'a dyn Gate) -> Self {
        let call = Self::new(operation, Method::DELETE, path, Idempotency::Safe);
        Self { gate: Some(gate), ..call }
    }

    /// Changes something in any other way, at most once.
    pub(crate) fn change(
        operation: &'static str,
        method: Method,
        path: &'a [&'a str],
        body: &impl Serialize,
        gate: &'a dyn Gate,
    ) -> Result<Self, Error> {
        let body = serde_json::to_value(body).map_err(|e| {
            Error::Unavailable(format!("{operation}: cannot serialize the request: {e}"))
        })?;
        let call = Self::new(operation, method, path, Idempotency::Once);
        Ok(Self { body: Some(body), gate: Some(gate), ..call })
    }

    fn new(
        operation: &'static str,
        method: Method,
        path: &'a [&'a str],
        idempotency: Idempotency,
    ) -> Self {
        Self {
            operation,
            method,
            path,
            query: &[],
            body: None,
            content_type: JSON,
            etag: None,
            secrets: &[],
            idempotency,
            gate: None,
        }
    }
}

/// An answer with a 2xx status.
#[derive(Debug)]
pub(crate) struct ApiAnswer {
    pub(super) operation: &'static str,
    pub(super) status: StatusCode,
    pub(super) body: Bytes,
    /// The entity tag of the resource, without its quotes, where the answer has one.
    #[cfg_attr(not(feature = "fabric-v4"), allow(dead_code, reason = "ECX v3 has no entity tags"))]
    pub(crate) etag: Option<String>,
    /// The provider's time when it answered, where the answer shows one.
    pub(crate) date: Option<Timestamp>,
}

impl ApiAnswer {
    /// Decodes the body of a read.
    pub(crate) fn read<T: DeserializeOwned>(&self) -> Result<T, Error> {
        serde_json::from_slice(&self.body)
            .map_err(|e| Error::Unreadable(format!("{}: {e}", self.operation)))
    }

    /// Decodes the body of a list: null for a 204, with which an API shows a list without entries.
    pub(crate) fn read_list(&self) -> Result<Value, Error> {
        if self.status == StatusCode::NO_CONTENT && self.body.is_empty() {
            return Ok(Value::Null);
        }
        self.read()
    }

    /// Decodes the body of a change. The status alone does not say that the provider accepted the
    /// change: a page of a gateway may have it, too. So an answer that is not the expected object
    /// leaves the outcome open.
    pub(crate) fn read_accepted<T: DeserializeOwned>(&self) -> Result<T, Error> {
        let unclear = |why: String| Error::Ambiguous(format!("{}: {why}", self.operation));
        let body = if self.status == StatusCode::NO_CONTENT && self.body.is_empty() {
            Value::Object(Map::new())
        } else {
            serde_json::from_slice(&self.body).map_err(|e| unclear(e.to_string()))?
        };
        match &body {
            Value::Object(fields) if !fields.contains_key("errorCode") => {
                serde_json::from_value(body).map_err(|e| unclear(e.to_string()))
            }
            _ => Err(unclear("the answer is no acceptance".into())),
        }
    }

    /// Checks the answer to a change of which nothing more is read.
    pub(crate) fn accepted(&self) -> Result<(), Error> {
        self.read_accepted().map(|IgnoredAny| ())
    }

    /// Checks the answer to a `DELETE`, which may be without a body.
    pub(crate) fn deleted(&self) -> Result<(), Error> {
        if self.body.is_empty() { Ok(()) } else { self.accepted() }
    }
}
