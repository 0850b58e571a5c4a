//! A request and an answer as the faces see them: read, and not yet sent.
//!
//! Faces are functions from a [`Call`] to a [`Reply`]; bytes and streams are the gate's matter.

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use crate::world::{faults::ListingFaults, users::Organisation};

/// A request whose body has arrived.
#[derive(Debug)]
pub(crate) struct ApiRequest<'a> {
    pub(crate) method: &'a Method,
    pub(crate) path: &'a str,
    pub(crate) query: Query,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: &'a [u8],
    pub(crate) listing: ListingFaults,
}

/// Why a body cannot be read.
#[derive(Debug)]
pub(crate) enum UnreadableBody {
    /// Its content type is not JSON.
    MediaType,
    /// It is no JSON.
    Json,
}

impl<'a> ApiRequest<'a> {
    /// The path's segments after a prefix; none if the path is another.
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

    /// The body as JSON of one of some content types.
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

    /// A whole number, or the default where there is none. `Err` where it is no such number.
    pub(crate) fn number(&self, name: &str, default: usize) -> Result<usize, ()> {
        match self.get(name) {
            None | Some("") => Ok(default),
            Some(text) => text.parse().map_err(|_| ()),
        }
    }
}

/// An answer.
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

/// A caller who has shown a valid token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Caller(pub(crate) Organisation);
