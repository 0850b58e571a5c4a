//! Pages of v4: `{pagination, data}` with offset and limit.
//!
//! The specification's text says 20 by default and at most 100, its examples ask for 1000: more
//! than 100 is taken for 100.

use serde_json::{Value, json};

use crate::messages::Query;

const DEFAULT_LIMIT: usize = 20;
const MAX_LIMIT: usize = 100;

/// Which part of a list is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PageWindow {
    offset: usize,
    limit: usize,
}

impl PageWindow {
    /// From a query string. `Err` is the parameter that is no such number.
    pub(super) fn of_query(query: &Query) -> Result<Self, &'static str> {
        let offset = query.number("offset", 0).map_err(|()| "offset")?;
        let limit = query.number("limit", DEFAULT_LIMIT).map_err(|()| "limit")?;
        if limit == 0 {
            return Err("limit");
        }
        Ok(Self { offset, limit: limit.min(MAX_LIMIT) })
    }

    /// From the checked body of a search.
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

    /// The first page, for calls that cannot ask for another.
    pub(super) fn first() -> Self {
        Self { offset: 0, limit: DEFAULT_LIMIT }
    }

    /// A page that holds everything, for listings that cannot be asked for pages.
    pub(super) fn whole() -> Self {
        Self { offset: 0, limit: 1000 }
    }

    /// Cuts the page out of a list; `path` is where its neighbours are.
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
