//! Searches in v4 lists: nested filters, sorting and pages, applied to the JSON of the response.
//!
//! Operators of the specification's `Expression`. Which properties a list has is in `searchable`.

use std::cmp::Ordering;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::{
    error::FabricError,
    page::PageWindow,
    schema::{self, PropertyError},
};
use crate::catalogue::DocumentedError;

/// A list that can be searched.
#[derive(Debug)]
pub(super) struct Searchable {
    pub(super) schema: &'static str,
    /// The error of all its invalid searches.
    pub(super) bad: &'static DocumentedError,
    pub(super) properties: &'static [&'static str],
    pub(super) sorts: &'static [&'static str],
    /// The property to sort by, descending, if a search names none.
    pub(super) default_sort: &'static str,
    /// States that items can have, but that filters must not name.
    pub(super) unsearchable_states: &'static [&'static str],
}

const OPERATORS: [&str; 15] = [
    "=",
    "!=",
    ">",
    ">=",
    "<",
    "<=",
    "LIKE",
    // The specification's spelling, and the intended one.
    "ILKE",
    "ILIKE",
    "IN",
    "BETWEEN",
    // Only for tokens and prices in the specification, but harmless elsewhere.
    "NOT IN",
    "NOT BETWEEN",
    "IS NULL",
    "IS NOT NULL",
];

/// A checked search.
#[derive(Debug)]
pub(super) struct Search<'a> {
    filter: Option<&'a Value>,
    sorts: Vec<(&'a str, bool)>,
    page: PageWindow,
}

impl<'a> Search<'a> {
    /// Reads and checks a body.
    ///
    /// # Errors
    /// The violations of its schema, or else the first invalid part.
    pub(super) fn read(list: &Searchable, body: &'a Value) -> Result<Self, FabricError> {
        let refusal = || FabricError::of(list.bad);
        let violations = schema::check(list.schema, body);
        if !violations.is_empty() {
            return Err(refusal().because_of(violations));
        }
        let filter = body.get("filter").filter(|filter| !filter.is_null());
        if let Some(filter) = filter {
            check(list, filter, "filter").map_err(|error| refusal().because_of(vec![error]))?;
        }
        let text = |sort: &'a Value, name: &str| sort.get(name).and_then(Value::as_str);
        let mut sorts = Vec::new();
        for sort in body.get("sort").and_then(Value::as_array).into_iter().flatten() {
            let property = text(sort, "property").unwrap_or(list.default_sort);
            let known = list.sorts.iter().find(|known| **known == property);
            let Some(property) = known else {
                return Err(refusal().because("sort", format!("Unexpected value '{property}'")));
            };
            sorts.push((*property, text(sort, "direction") != Some("ASC")));
        }
        if sorts.is_empty() {
            sorts.push((list.default_sort, true));
        }
        Ok(Self { filter, sorts, page: PageWindow::of_body(body) })
    }

    /// The matching items, sorted.
    pub(super) fn pick(&self, mut items: Vec<Value>) -> Vec<Value> {
        items.retain(|item| self.filter.is_none_or(|filter| fits(filter, item)));
        items.sort_by(|one, other| {
            self.sorts
                .iter()
                .map(|(property, descending)| {
                    let order = compare_at(one, other, property);
                    if *descending { order.reverse() } else { order }
                })
                .find(|order| order.is_ne())
                .unwrap_or(Ordering::Equal)
        });
        items
    }

    /// A page of picked items, with their sort order.
    pub(super) fn page(&self, items: Vec<Value>, path: &str) -> Value {
        let mut answer = self.page.of(items, path);
        answer["sort"] = self
            .sorts
            .iter()
            .map(|(property, descending)| {
                let direction = if *descending { "DESC" } else { "ASC" };
                json!({"property": property, "direction": direction})
            })
            .collect();
        answer
    }
}

fn check(list: &Searchable, filter: &Value, at: &str) -> Result<(), PropertyError> {
    for word in ["and", "or"] {
        let parts = filter.get(word).and_then(Value::as_array);
        for (index, part) in parts.into_iter().flatten().enumerate() {
            check(list, part, &format!("{at}.{word}.[{index}]"))?;
        }
    }
    let Some(property) = filter.get("property").and_then(Value::as_str) else {
        return Ok(());
    };
    let unexpected = |name: &str, value: &str| {
        Err(PropertyError::new(format!("{at}.{name}"), format!("Unexpected value '{value}'")))
    };
    if !list.properties.contains(&property) {
        return unexpected("property", property);
    }
    let operator = operator(filter);
    if !OPERATORS.contains(&operator.as_str()) {
        return unexpected("operator", &operator);
    }
    let needed = match operator.as_str() {
        "IS NULL" | "IS NOT NULL" => 0,
        "BETWEEN" | "NOT BETWEEN" => 2,
        _ => 1,
    };
    let values = values(filter);
    if values.len() < needed {
        let reason = format!("must have {needed} values or more");
        return Err(PropertyError::new(format!("{at}.values"), reason));
    }
    match values
        .iter()
        .find(|v| property == "/state" && list.unsearchable_states.contains(&v.as_str()))
    {
        Some(state) => unexpected("values", state),
        None => Ok(()),
    }
}

fn operator(filter: &Value) -> String {
    let operator = filter.get("operator").and_then(Value::as_str);
    operator.unwrap_or("=").to_ascii_uppercase()
}

/// Values of all types as texts: strings in the schema, also numbers and booleans in the examples.
fn values(filter: &Value) -> Vec<String> {
    let values = filter.get("values").and_then(Value::as_array);
    values.into_iter().flatten().map(text).collect()
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn fits(filter: &Value, item: &Value) -> bool {
    let parts = |word: &str| filter.get(word).and_then(Value::as_array);
    parts("and").is_none_or(|all| all.iter().all(|part| fits(part, item)))
        && parts("or").is_none_or(|any| any.iter().any(|part| fits(part, item)))
        && filter
            .get("property")
            .and_then(Value::as_str)
            .is_none_or(|property| leaf(filter, &at(item, property)))
}

fn leaf(filter: &Value, actual: &[String]) -> bool {
    let wanted = values(filter);
    let first = wanted.first().map(String::as_str).unwrap_or_default();
    let second = wanted.get(1).map(String::as_str).unwrap_or_default();
    let any = |test: &dyn Fn(&str) -> bool| actual.iter().any(|value| test(value));
    let equal = |value: &str| wanted.iter().any(|wanted| compare(value, wanted).is_eq());
    match operator(filter).as_str() {
        "!=" | "NOT IN" => !any(&equal),
        ">" => any(&|value| compare(value, first).is_gt()),
        ">=" => any(&|value| compare(value, first).is_ge()),
        "<" => any(&|value| compare(value, first).is_lt()),
        "<=" => any(&|value| compare(value, first).is_le()),
        "BETWEEN" => any(&|v| compare(v, first).is_ge() && compare(v, second).is_le()),
        "NOT BETWEEN" => !any(&|v| compare(v, first).is_ge() && compare(v, second).is_le()),
        "LIKE" => any(&|value| wanted.iter().any(|wanted| like(value, wanted))),
        "ILKE" | "ILIKE" => any(&|value| {
            let value = value.to_lowercase();
            wanted.iter().any(|w| like(&value, &w.to_lowercase()))
        }),
        "IS NULL" => actual.is_empty(),
        "IS NOT NULL" => !actual.is_empty(),
        // In the examples, = with several values means any of them.
        _ => any(&equal),
    }
}

/// The examples have parts of texts without wildcards; a percent sign matches anything.
fn like(value: &str, pattern: &str) -> bool {
    let mut rest = value;
    pattern.split('%').all(|part| match rest.find(part) {
        Some(start) => {
            rest = &rest[start + part.len()..];
            true
        }
        None => false,
    })
}

fn compare_at(one: &Value, other: &Value, property: &str) -> Ordering {
    let first = |item: &Value| at(item, property).into_iter().next();
    match (first(one), first(other)) {
        (Some(one), Some(other)) => compare(&one, &other),
        (one, other) => one.is_some().cmp(&other.is_some()),
    }
}

/// Compares numbers by value, timestamps by instant, everything else as text.
fn compare(one: &str, other: &str) -> Ordering {
    if let (Ok(one), Ok(other)) = (one.parse::<f64>(), other.parse::<f64>()) {
        return one.partial_cmp(&other).unwrap_or(Ordering::Equal);
    }
    if let (Ok(one), Ok(other)) = (one.parse::<Timestamp>(), other.parse::<Timestamp>()) {
        return one.cmp(&other);
    }
    one.cmp(other)
}

/// The values of a property: several if there are lists on its path, none if it is absent.
fn at(item: &Value, property: &str) -> Vec<String> {
    let property = match property {
        "/changeLog/lastUpdatedBy" => "/changeLog/updatedBy",
        "/aSide/accessPoint/name" => "/aSide/accessPoint/port/name",
        "/zSide/accessPoint/name" => "/zSide/accessPoint/profile/name",
        other => other,
    };
    if let Some(link) =
        property.strip_suffix("/vlanTagMin").or_else(|| property.strip_suffix("/vlanTagMax"))
    {
        let tags = ["vlanTag", "vlanSTag"];
        return tags
            .iter()
            .filter_map(|tag| item.pointer(&format!("{link}/{tag}")))
            .map(text)
            .collect();
    }
    // The schema of service tokens spells changeLog in lower case.
    if let Some(name) = property.strip_prefix("/changeLog/")
        && let Some(value) = item.pointer(&format!("/changelog/{name}"))
    {
        return vec![text(value)];
    }
    let mut found = vec![item];
    for name in property.split('/').skip(1) {
        found = found
            .into_iter()
            .filter_map(|value| value.get(name))
            .flat_map(|value| match value {
                Value::Array(items) => items.iter().collect(),
                one => vec![one],
            })
            .collect();
    }
    found.into_iter().filter(|value| !value.is_null()).map(text).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn finds(filter: &Value) -> bool {
        let item = json!({
            "name": "AWS-Dot1Q-1", "bandwidth": 50, "isRemote": true,
            "changeLog": {"createdDateTime": "2021-07-15T19:30:29.526Z"},
            "operation": {"equinixStatus": "PROVISIONED"},
        });
        fits(filter, &item)
    }

    #[test]
    fn operators_of_the_specification() {
        let leaf = |property: &str, operator: &str, values: Value| {
            finds(&json!({"property": property, "operator": operator, "values": values}))
        };
        assert!(leaf("/bandwidth", "=", json!(["200", "50"])));
        assert!(leaf("/bandwidth", "<", json!(["200"])));
        assert!(leaf("/bandwidth", "BETWEEN", json!(["10", "50"])));
        assert!(leaf("/isRemote", "=", json!([true])));
        assert!(leaf("/name", "LIKE", json!(["Dot1Q"])));
        assert!(!leaf("/name", "LIKE", json!(["dot1q"])));
        assert!(leaf("/name", "ILKE", json!(["aws%1"])));
        assert!(leaf("/geoScope", "IS NULL", json!([])));
        assert!(leaf("/geoScope", "!=", json!(["CONUS"])));
        assert!(leaf("/changeLog/createdDateTime", ">", json!(["2021-01-02T00:00:00Z"])));
    }

    #[test]
    fn filters_nest() {
        let name = json!({"property": "/name", "operator": "LIKE", "values": ["AWS"]});
        let status = |word: &str| json!({"property": "/operation/equinixStatus", "operator": "=", "values": [word]});
        assert!(finds(&json!({"and": [name, {"or": [status("FAILED"), status("PROVISIONED")]}]})));
        assert!(!finds(&json!({"and": [name, status("FAILED")]})));
        assert!(finds(&json!({})));
    }
}
