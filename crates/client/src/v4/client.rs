//! Sending on v4: the root of its paths, its content types and its pages.
//!
//! The calls themselves are in `reads` and `writes`.

use http::Method;
use serde_json::{Value, json};

use super::wire::PageBody;
use crate::{
    Error, Transport,
    http::{ApiAnswer, ApiCall},
};

/// The content type of patches (RFC 6902).
const JSON_PATCH: &str = "application/json-patch+json";
/// Entries of a page; the documented maximum.
pub(super) const PAGE_SIZE: usize = 100;
/// The most entries read of one list.
const MAX_ENTRIES: usize = 20_000;

/// A client of Fabric v4.
#[derive(Debug)]
pub struct FabricV4(pub(super) Transport);

impl FabricV4 {
    /// Sends all calls over `transport`.
    pub fn new(transport: Transport) -> Self {
        Self(transport)
    }

    /// Sends a call whose path starts below `/fabric/v4`.
    pub(super) async fn send(&self, call: ApiCall<'_>) -> Result<ApiAnswer, Error> {
        let path = [&["fabric", "v4"], call.path].concat();
        let content_type =
            if call.method == Method::PATCH { JSON_PATCH } else { call.content_type };
        self.0.call(ApiCall { path: &path, content_type, ..call }).await
    }

    /// All entries of a search; [`Error::Unreadable`] if there are more than [`MAX_ENTRIES`].
    pub(super) async fn search_all(
        &self,
        operation: &'static str,
        kind: &str,
        query: &[(&str, String)],
        filter: Value,
    ) -> Result<Vec<Value>, Error> {
        let (mut found, mut from) = (vec![], Some(0));
        while let Some(offset) = from {
            let mut body = oldest_first(offset);
            body["filter"] = filter.clone();
            let path = [kind, "search"];
            let call = ApiCall { query, ..search(operation, &path, body) };
            let page: PageBody = self.send(call).await?.read()?;
            if page.total() > MAX_ENTRIES {
                return Err(Error::Unreadable(format!("{operation}: more than {MAX_ENTRIES}")));
            }
            from = page.next(offset);
            found.extend(page.data);
        }
        Ok(found)
    }
}

/// Reads with a `POST`, whose body says what to look for.
pub(super) fn search<'a>(operation: &'static str, path: &'a [&'a str], body: Value) -> ApiCall<'a> {
    ApiCall { method: Method::POST, body: Some(body), ..ApiCall::get(operation, path) }
}

/// The body of a search for a page from `offset`. Oldest first: entries created between two pages come at the
/// end and shift none.
pub(super) fn oldest_first(offset: usize) -> Value {
    json!({
        "pagination": {"offset": offset, "limit": PAGE_SIZE},
        "sort": [{"property": "/changeLog/createdDateTime", "direction": "ASC"}],
    })
}

impl PageBody {
    /// How many entries the whole list has, as the provider counts them; 0 if it does not say.
    pub(super) fn total(&self) -> usize {
        self.pagination.total.fit().unwrap_or(0)
    }

    /// Where the list goes on after this page, which started at `from`. The offset advances by the
    /// entries that came, since a server may send fewer than the limit allows.
    pub(super) fn next(&self, from: usize) -> Option<usize> {
        let next = from + self.data.len();
        (!self.data.is_empty() && next < self.total().min(MAX_ENTRIES)).then_some(next)
    }
}
