//! Sending on v3: the root of its paths and its pages.
//!
//! The calls themselves are in `reads` and `writes`.

use serde_json::Value;

use super::wire::PageBody;
use crate::{
    Error, Transport,
    http::{ApiAnswer, ApiCall},
};

/// Entries of a page.
const PAGE_SIZE: usize = 100;
/// The most pages read of one list.
pub(super) const MAX_PAGES: usize = 200;

/// A client of ECX v3.
#[derive(Debug)]
pub struct EcxV3(pub(super) Transport);

impl EcxV3 {
    /// Sends all calls over `transport`.
    pub fn new(transport: Transport) -> Self {
        Self(transport)
    }

    /// Sends a call whose path starts below `/ecx/v3`.
    pub(super) async fn send(&self, call: ApiCall<'_>) -> Result<ApiAnswer, Error> {
        let path = [&["ecx", "v3"], call.path].concat();
        self.0.call(ApiCall { path: &path, ..call }).await
    }

    /// The answer with page `number` of a list, counted from 0.
    pub(super) async fn ask_page(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
        number: usize,
    ) -> Result<ApiAnswer, Error> {
        let page = [("pageSize", PAGE_SIZE.to_string()), ("pageNumber", number.to_string())];
        let query = [filter, &page].concat();
        let call = ApiCall { query: &query, ..ApiCall::get(operation, path) };
        self.send(call).await
    }

    /// Page `number` of a list, counted from 0.
    pub(super) async fn page(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
        number: usize,
    ) -> Result<PageBody, Error> {
        self.ask_page(operation, path, filter, number).await?.read()
    }

    /// All entries of a list; [`Error::Unreadable`] if it has more than [`MAX_PAGES`] pages.
    pub(super) async fn list_all(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
    ) -> Result<Vec<Value>, Error> {
        let mut found = vec![];
        for number in 0..MAX_PAGES {
            let page = self.page(operation, path, filter, number).await?;
            let last = page.is_last();
            found.extend(page.content);
            if last {
                return Ok(found);
            }
        }
        Err(Error::Unreadable(format!("{operation}: more than {MAX_PAGES} pages")))
    }
}

impl PageBody {
    /// Whether the page is the last of its list: it says so, or nothing is on it.
    pub(super) fn is_last(&self) -> bool {
        let short = self.content.len() < PAGE_SIZE;
        self.content.is_empty() || self.is_last_page.get().unwrap_or(short)
    }
}
