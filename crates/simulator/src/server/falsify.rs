//! Falsifies the answers of the APIs: their pages, lists, fields and dates.
//!
//! `world::answer_faults` says what may be wrong. A list is what both APIs call one: `data` in a page
//! of v4, `content` in one of v3, or a bare array. Errors keep their bodies.

use axum::response::Response;
use http::{HeaderValue, StatusCode, header};
use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::{
    messages::ApiResponse,
    world::{
        answer_faults::{AnswerFaults, DateFault, EmptyFault, NextFault, TotalFault},
        clock::print_http,
    },
};

/// What a portal between the client and the API may answer.
const WEB_PAGE: &str =
    "<!DOCTYPE html><html><title>Sign in</title><p>Sign in to continue.</p></html>";

/// Dates a response by the world's clock, or falsely if a fault demands it.
pub(super) fn dated(mut response: Response, now: Timestamp, fault: Option<DateFault>) -> Response {
    let shown = match fault {
        None => Some(now),
        Some(DateFault::Empty) => None,
        Some(DateFault::Ahead(by)) => Some(now.saturating_add(by).unwrap_or(Timestamp::MAX)),
        Some(DateFault::Behind(by)) => Some(now.saturating_sub(by).unwrap_or(Timestamp::MIN)),
    };
    if let Ok(value) = HeaderValue::from_str(&shown.map_or_else(String::new, print_http)) {
        response.headers_mut().insert(header::DATE, value);
    }
    response
}

/// The answer to a request for `path`, with its faults.
pub(super) fn falsified(answer: ApiResponse, faults: &AnswerFaults, path: &str) -> ApiResponse {
    if faults.web_page {
        let body = Value::from(WEB_PAGE);
        return ApiResponse { content_type: "text/html", ..ApiResponse::ok(body) };
    }
    if !answer.status.is_success() {
        return answer;
    }
    let (list, rest) = split(answer.body);
    let list = list.map(|list| unreadable(list, &faults.unreadable));
    let rest = rest.map(|page| next(total(page, faults.total.as_ref()), faults.next, path));
    let (status, body) = match (list, faults.empty) {
        (Some(list), Some(how)) if list.entries.is_empty() => empty(rest, list.name, how),
        (list, _) => (answer.status, joined(list, rest)),
    };
    ApiResponse { status, body: without(body, &faults.omitted), ..answer }
}

/// A list, apart from the page that it is on.
struct FoundList {
    /// The field that it is in; `None` for a bare array.
    name: Option<&'static str>,
    entries: Vec<Value>,
}

/// What a body consists of: a list, and everything else unless the list is bare.
fn split(body: Value) -> (Option<FoundList>, Option<Value>) {
    match body {
        Value::Array(entries) => (Some(FoundList { name: None, entries }), None),
        Value::Object(mut fields) => {
            for name in ["data", "content"] {
                if let Some(Value::Array(entries)) = fields.get_mut(name) {
                    let entries = std::mem::take(entries);
                    return (Some(FoundList { name: Some(name), entries }), Some(fields.into()));
                }
            }
            (None, Some(fields.into()))
        }
        other => (None, Some(other)),
    }
}

fn joined(list: Option<FoundList>, rest: Option<Value>) -> Value {
    match (list, rest) {
        (Some(FoundList { name: Some(name), entries }), Some(mut page)) => {
            page[name] = entries.into();
            page
        }
        (Some(FoundList { entries, .. }), _) => entries.into(),
        (None, rest) => rest.unwrap_or_default(),
    }
}

/// The list, with entries that lack what identifies them.
fn unreadable(list: FoundList, positions: &[usize]) -> FoundList {
    let entries = list.entries.into_iter().enumerate().map(|(at, entry)| {
        if positions.contains(&at) { without(entry, &["uuid", "code"]) } else { entry }
    });
    FoundList { entries: entries.collect(), ..list }
}

/// The page with another total, if it has one.
fn total(mut page: Value, fault: Option<&TotalFault>) -> Value {
    let Some(fault) = fault else { return page };
    let fields = match page.get_mut("pagination") {
        Some(pagination) => pagination.as_object_mut().map(|fields| (fields, "total")),
        None => page.as_object_mut().map(|fields| (fields, "totalCount")),
    };
    if let Some((fields, name)) = fields
        && fields.contains_key(name)
    {
        match fault {
            TotalFault::Missing => drop(fields.remove(name)),
            TotalFault::Wrong(value) => fields[name] = value.clone(),
        }
    }
    page
}

/// The page with another link to its next one (v4), or another `isLastPage` (v3).
fn next(mut page: Value, fault: Option<NextFault>, path: &str) -> Value {
    let Some(fault) = fault else { return page };
    if let Some(pagination) = page.get_mut("pagination").and_then(Value::as_object_mut) {
        let number = |name: &str| pagination.get(name).and_then(Value::as_u64).unwrap_or(0);
        let (offset, limit) = (number("offset"), number("limit"));
        match fault {
            NextFault::Missing | NextFault::Denied => drop(pagination.remove("next")),
            NextFault::Shown => {
                let link = format!("{path}?offset={}&limit={limit}", offset + limit);
                pagination.insert("next".to_owned(), link.into());
            }
        }
        if fault == NextFault::Denied {
            pagination.insert("next".to_owned(), Value::Null);
        }
    } else if let Some(fields) = page.as_object_mut().filter(|f| f.contains_key("isLastPage")) {
        match fault {
            NextFault::Missing => drop(fields.remove("isLastPage")),
            NextFault::Shown => fields["isLastPage"] = false.into(),
            NextFault::Denied => fields["isLastPage"] = true.into(),
        }
    }
    page
}

/// The status and the body of a list without entries.
fn empty(rest: Option<Value>, name: Option<&str>, how: EmptyFault) -> (StatusCode, Value) {
    let page = match (rest, name, how) {
        (_, _, EmptyFault::NoContent) => return (StatusCode::NO_CONTENT, Value::Null),
        (Some(mut page), Some(name), EmptyFault::Null) => {
            page[name] = Value::Null;
            page
        }
        (Some(page), Some(name), EmptyFault::Absent) => {
            let fields = page.as_object().cloned().unwrap_or_default().into_iter();
            fields.filter(|(field, _)| field != name).collect::<Map<_, _>>().into()
        }
        (_, _, EmptyFault::Null | EmptyFault::Absent) => json!(null),
    };
    (StatusCode::OK, page)
}

/// The value without the fields of these names, at any depth.
fn without(value: Value, names: &[impl AsRef<str>]) -> Value {
    match value {
        _ if names.is_empty() => value,
        Value::Object(fields) => {
            let kept = fields.into_iter().filter(|(f, _)| !names.iter().any(|n| n.as_ref() == f));
            kept.map(|(field, value)| (field, without(value, names))).collect()
        }
        Value::Array(items) => items.into_iter().map(|item| without(item, names)).collect(),
        other => other,
    }
}
