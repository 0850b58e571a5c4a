//! Requests and responses as the APIs see them.
//!
//! An API is a function from an [`ApiRequest`] to an [`ApiResponse`]. Reading and sending bytes is
//! for `server`; nothing here knows a particular API.

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::world::{faults::ListingFaults, users::Organisation};

/// A request with its complete body.
#[derive(Debug)]
pub(crate) struct ApiRequest<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: Query,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) listing: ListingFaults,
}

/// Why a body is not readable as JSON.
#[derive(Debug)]
pub(crate) enum UnreadableBody {
    /// Its content type is another one.
    MediaType,
    /// It is not JSON.
    Json,
}

impl<'a> ApiRequest<'a> {
    /// The segments of the path after a prefix; none if the path has another prefix.
    pub(crate) fn under(&self, prefix: &str) -> Vec<&'a str> {
        self.path
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix('/'))
            .map(|rest| rest.split('/').collect())
            .unwrap_or_default()
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> Result<Value, UnreadableBody> {
        self.json_of(&["application/json"])
    }

    /// The body as JSON, if it has one of these content types.
    pub(crate) fn json_of(&self, kinds: &[&str]) -> Result<Value, UnreadableBody> {
        let kind = self
            .headers
            .get(::http::header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kinds.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
            return Err(UnreadableBody::MediaType);
        }
        serde_json::from_slice(self.body).map_err(|_| UnreadableBody::Json)
    }
}

/// A parsed query string.
#[derive(Debug)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, repeated or joined by commas.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A parameter as a number, or the default if it is absent.
    ///
    /// # Errors
    /// If it is not a whole number.
    pub(crate) fn number(&self, name: &str, default: usize) -> Result<usize, ()> {
        match self.get(name) {
            None | Some("") => Ok(default),
            Some(text) => text.parse().map_err(|_| ()),
        }
    }
}

/// A response.
#[derive(Debug)]
pub(crate) struct ApiResponse {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    pub(crate) content_type: &'static str,
    pub(crate) etag: Option<u32>,
}

impl ApiResponse {
    pub(crate) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, content_type: "application/json", etag: None }
    }

    pub(crate) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }
}

/// The organisation of a caller with a valid access token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(pub(crate) Organisation);
