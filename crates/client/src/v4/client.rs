//! Sending on v4: the root of its paths, its content types and its pages.
//!
//! The calls themselves are in `reads` and `writes`.

use http::Method;
use serde_json::{Value, json};

use super::wire::PageBody;
use crate::{
    Error, Transport,
    http::{ApiAnswer, ApiCall},
    lenient::Items,
    paging::{Collected, NextPage, PAGE_SIZE, RawPage},
};

/// The content type of patches (RFC 6902).
const JSON_PATCH: &str = "application/json-patch+json";

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

    /// All pages of a search.
    pub(super) async fn search_all(
        &self,
        operation: &'static str,
        kind: &str,
        query: &[(&str, String)],
        filter: Value,
    ) -> Result<Collected, Error> {
        let mut found = Collected::default();
        loop {
            let mut body = oldest_first(found.read());
            body["filter"] = filter.clone();
            let path = [kind, "search"];
            let call = ApiCall { query, ..search(operation, &path, body) };
            if !found.add(self.page(call, found.read(), Some(PAGE_SIZE)).await?) {
                return Ok(found);
            }
        }
    }

    /// All pages of a list that is read with `GET`. Only pages after the first are asked for by
    /// offset, since the specification gives some lists no such parameters.
    pub(super) async fn list_all(
        &self,
        operation: &'static str,
        path: &[&str],
        size: Option<usize>,
    ) -> Result<Collected, Error> {
        let mut found = Collected::default();
        loop {
            let size = size.or_else(|| (found.read() > 0).then_some(PAGE_SIZE));
            let window = size
                .map(|size| [("offset", found.read().to_string()), ("limit", size.to_string())]);
            let query = window.as_ref().map_or(&[][..], <[_; 2]>::as_slice);
            let call = ApiCall { query, ..ApiCall::get(operation, path) };
            if !found.add(self.page(call, found.read(), size).await?) {
                return Ok(found);
            }
        }
    }

    /// The page of a list that follows `before` entries; `asked` is the limit that the call asks for.
    pub(super) async fn page(
        &self,
        call: ApiCall<'_>,
        before: usize,
        asked: Option<usize>,
    ) -> Result<RawPage, Error> {
        let operation = call.operation;
        let answer = self.send(call).await?;
        let date = answer.date;
        let body: PageBody = match answer.read_list()? {
            Value::Null => return Ok(RawPage { date, ..RawPage::empty() }),
            list @ Value::Array(_) => {
                PageBody { data: serde_json::from_value(list).ok(), ..PageBody::default() }
            }
            body => serde_json::from_value(body)
                .map_err(|e| Error::Unreadable(format!("{operation}: {e}")))?,
        };
        let page = body.read(asked, before).ok_or_else(|| {
            Error::Unreadable(format!("{operation}: the answer is no page of a list"))
        })?;
        Ok(RawPage { date, ..page })
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
    /// The page, which follows `before` entries and was asked for with the limit `asked`; `None` if
    /// the body is none. A page may leave out the list where that is empty.
    fn read(self, asked: Option<usize>, before: usize) -> Option<RawPage> {
        let pagination = self.pagination.as_ref();
        if self.data.is_none() && pagination.is_none() {
            return None;
        }
        let Items { entries, unreadable } = self.data.unwrap_or_default();
        let total = pagination.and_then(|p| p.total.fit()).unwrap_or(0);
        let shown = pagination.and_then(|p| p.limit.fit()).filter(|limit| *limit > 0);
        let next = match pagination.and_then(|p| p.next.as_ref()) {
            Some(Value::Null) => NextPage::Denied,
            Some(Value::String(link)) if link.is_empty() => NextPage::Denied,
            Some(_) => NextPage::Shown,
            // The last page has no link. That says so only where nothing else is missing from the
            // pagination, either.
            None if total > 0 && total == before + entries.len() => NextPage::Denied,
            None => NextPage::Unsaid,
        };
        let size = [asked, shown].into_iter().flatten().min();
        Some(RawPage { entries, unreadable, total, size, next, date: None })
    }
}
