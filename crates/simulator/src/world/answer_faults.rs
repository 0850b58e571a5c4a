//! What can be wrong with the answer to a request that was carried out.
//!
//! Data only: `server` falsifies the answers. Each is something that public reports or the documents'
//! own samples show of lists and answers.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use super::faults::duration;

/// What is wrong with the `Date` of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum DateFault {
    /// It has no value. A server over a network would fill in a header that is left out.
    Empty,
    /// It is ahead of the world's clock.
    Ahead(#[serde(deserialize_with = "duration")] Duration),
    /// It is behind the world's clock.
    Behind(#[serde(deserialize_with = "duration")] Duration),
}

/// What is wrong with the number of entries that a list claims to have.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum TotalFault {
    /// It is left out.
    Missing,
    /// It is this instead.
    Wrong(Value),
}

/// What is wrong with what a page says of the next one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum NextFault {
    /// It says nothing.
    Missing,
    /// It says that there is one, also on the last page and against the total.
    Shown,
    /// It says that there is none, also before the last page and against the total.
    Denied,
}

/// How a list without entries is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum EmptyFault {
    /// The list is null.
    Null,
    /// The page lacks the list; a list that is not in a page is null.
    Absent,
    /// 204, without a body.
    NoContent,
}

/// The combined faults of one answer.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct AnswerFaults {
    pub(crate) date: Option<DateFault>,
    /// A web page takes its place.
    pub(crate) web_page: bool,
    pub(crate) total: Option<TotalFault>,
    pub(crate) next: Option<NextFault>,
    pub(crate) empty: Option<EmptyFault>,
    /// The positions of the entries, counted from 0 on each page, that lose their ids.
    pub(crate) unreadable: Vec<usize>,
    /// The names of the fields that are left out, at any depth.
    pub(crate) omitted: Vec<String>,
}
