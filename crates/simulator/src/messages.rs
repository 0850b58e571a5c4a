//! A request and an answer as the faces see them: read, and not yet sent.
//!
//! Faces are functions from a [`Call`] to a [`Reply`]; bytes and streams are the gate's matter.

use http::{HeaderMap, Method, StatusCode};
use serde_json::Value;

use super::{access::Organisation, faults::Lens};

/// A request whose body has arrived.
#[derive(Debug)]
pub(super) struct Call<'a> {
    pub(super) method: &'a Method,
    pub(super) path: &'a str,
    pub(super) query: Query,
    pub(super) headers: &'a HeaderMap,
    pub(super) body: &'a [u8],
    pub(super) lens: Lens,
}

/// Why a body cannot be read.
#[derive(Debug)]
pub(super) enum Unreadable {
    /// Its content type is not JSON.
    MediaType,
    /// It is no JSON.
    Json,
}

impl<'a> Call<'a> {
    /// The path's segments after a prefix; none if the path is another.
    pub(super) fn under(&self, prefix: &str) -> Vec<&'a str> {
        self.path
            .strip_prefix(prefix)
            .and_then(|rest| rest.strip_prefix('/'))
            .map(|rest| rest.split('/').collect())
            .unwrap_or_default()
    }

    /// The body as JSON.
    pub(super) fn json(&self) -> Result<Value, Unreadable> {
        self.json_of(&["application/json"])
    }

    /// The body as JSON of one of some content types.
    pub(super) fn json_of(&self, kinds: &[&str]) -> Result<Value, Unreadable> {
        let kind = self
            .headers
            .get(::http::header::CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .unwrap_or_default();
        let kind = kind.split(';').next().unwrap_or_default().trim();
        if !kinds.iter().any(|known| kind.eq_ignore_ascii_case(known)) {
            return Err(Unreadable::MediaType);
        }
        serde_json::from_slice(self.body).map_err(|_| Unreadable::Json)
    }
}

/// A parsed query string.
#[derive(Debug)]
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn parse(text: &str) -> Self {
        Self(url::form_urlencoded::parse(text.as_bytes()).into_owned().collect())
    }

    /// The first value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// All values of a parameter, repeated or joined by commas.
    pub(super) fn all(&self, name: &str) -> Vec<&str> {
        self.0
            .iter()
            .filter(|(key, _)| key == name)
            .flat_map(|(_, value)| value.split(','))
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .collect()
    }

    /// A whole number, or the default where there is none. `Err` where it is no such number.
    pub(super) fn number(&self, name: &str, default: usize) -> Result<usize, ()> {
        match self.get(name) {
            None | Some("") => Ok(default),
            Some(text) => text.parse().map_err(|_| ()),
        }
    }
}

/// An answer.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    pub(super) body: Value,
    pub(super) content_type: &'static str,
    pub(super) etag: Option<u32>,
}

impl Reply {
    pub(super) fn new(status: StatusCode, body: Value) -> Self {
        Self { status, body, content_type: "application/json", etag: None }
    }

    pub(super) fn ok(body: Value) -> Self {
        Self::new(StatusCode::OK, body)
    }
}

/// A caller who has shown a valid token.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller(pub(super) Organisation);
