//! Sending on v3: the root of its paths and its pages.
//!
//! The calls themselves are in `reads` and `writes`.

use serde_json::Value;

use super::wire::PageBody;
use crate::{
    Error, Transport,
    http::{ApiAnswer, ApiCall},
    lenient::Items,
    paging::{Collected, NextPage, PAGE_SIZE, RawPage},
};

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

    /// Page `number` of a list, counted from 0.
    pub(super) async fn page(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
        number: usize,
    ) -> Result<RawPage, Error> {
        let page = [("pageSize", PAGE_SIZE.to_string()), ("pageNumber", number.to_string())];
        let query = [filter, &page].concat();
        let call = ApiCall { query: &query, ..ApiCall::get(operation, path) };
        self.read_page(call, Some(PAGE_SIZE)).await
    }

    /// A list that this dialect shows in one piece.
    pub(super) async fn whole(
        &self,
        operation: &'static str,
        path: &[&str],
    ) -> Result<Collected, Error> {
        let mut found = Collected::default();
        found.add(self.read_page(ApiCall::get(operation, path), None).await?);
        Ok(found)
    }

    /// All pages of a list.
    pub(super) async fn list_all(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
    ) -> Result<Collected, Error> {
        let mut found = Collected::default();
        let mut number = 0;
        while found.add(self.page(operation, path, filter, number).await?) {
            number += 1;
        }
        Ok(found)
    }

    async fn read_page(&self, call: ApiCall<'_>, asked: Option<usize>) -> Result<RawPage, Error> {
        let operation = call.operation;
        let answer = self.send(call).await?;
        let date = answer.date;
        let body: PageBody = match answer.read_list()? {
            Value::Null => return Ok(RawPage { date, ..RawPage::empty() }),
            list @ Value::Array(_) => {
                PageBody { content: serde_json::from_value(list).ok(), ..PageBody::default() }
            }
            body => serde_json::from_value(body)
                .map_err(|e| Error::Unreadable(format!("{operation}: {e}")))?,
        };
        let page = body.read(asked).ok_or_else(|| {
            Error::Unreadable(format!("{operation}: the answer is no page of a list"))
        })?;
        Ok(RawPage { date, ..page })
    }
}

impl PageBody {
    /// The page, which was asked for with the size `asked`; `None` if the body is none. A page may
    /// leave out the list where that is empty.
    fn read(self, asked: Option<usize>) -> Option<RawPage> {
        let (last, total) = (self.is_last_page.get(), self.total_count.fit());
        if self.content.is_none() && last.is_none() && total.is_none() {
            return None;
        }
        let Items { entries, unreadable } = self.content.unwrap_or_default();
        let shown = self.page_size.fit().filter(|size| *size > 0);
        let next = match last {
            Some(true) => NextPage::Denied,
            Some(false) => NextPage::Shown,
            None => NextPage::Unsaid,
        };
        let size = [asked, shown].into_iter().flatten().min();
        Some(RawPage { entries, unreadable, total: total.unwrap_or(0), size, next, date: None })
    }
}
