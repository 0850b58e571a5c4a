//! Pages of v4: `{pagination, data}` with offset and limit.
//!
//! The text of the specification has a default of 20 and a maximum of 100; its examples request
//! 1000. So limits above 100 count as 100. Which items a list has is for the callers.

use serde_json::{Value, json};

use crate::messages::Query;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// The requested part of a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageWindow {
    offset: usize,
    limit: usize,
}

impl PageWindow {
    /// From a query string.
    ///
    /// # Errors
    /// The name of the parameter that is invalid.
    pub(super) fn of_query(query: &Query) -> Result<Self, &'static str> {
        let offset = query.number("offset", 0).map_err(|()| "offset")?;
        let limit = query.number("limit", DEFAULT_LIMIT).map_err(|()| "limit")?;
        if limit == 0 {
            return Err("limit");
        }
        Ok(Self { offset, limit: limit.min(MAX_LIMIT) })
    }

    /// From the body of a search, whose schema has been checked.
    pub(super) fn of_body(body: &Value) -> Self {
        let number = |name: &str| {
            body.pointer(&format!("/pagination/{name}"))
                .and_then(Value::as_u64)
                .and_then(|number| usize::try_from(number).ok())
        };
        Self {
            offset: number("offset").unwrap_or(0),
            limit: number("limit").unwrap_or(DEFAULT_LIMIT).min(MAX_LIMIT),
        }
    }

    /// The first page, for calls that have no parameters for others.
    pub(super) fn first() -> Self {
        Self { offset: 0, limit: DEFAULT_LIMIT }
    }

    /// A page with everything, for listings without pages.
    pub(super) fn whole() -> Self {
        Self { offset: 0, limit: 1000 }
    }

    /// Cuts the page out of a list; `path` is that of the links to its neighbours.
    pub(super) fn of(self, items: Vec<Value>, path: &str) -> Value {
        let Self { offset, limit } = self;
        let total = items.len();
        let mut pagination = json!({"offset": offset, "limit": limit, "total": total});
        let link = |offset: usize| Value::from(format!("{path}?offset={offset}&limit={limit}"));
        if offset.saturating_add(limit) < total {
            pagination["next"] = link(offset + limit);
        }
        if offset > 0 {
            pagination["previous"] = link(offset.saturating_sub(limit));
        }
        let data: Vec<Value> = items.into_iter().skip(offset).take(limit).collect();
        json!({"pagination": pagination, "data": data})
    }
}
