//! Checks the fields of v4 requests against the schemas of the published specification.
//!
//! `schema.txt` has the request schemas of the specification 4.30 with everything they refer to,
//! and what the invitation document adds. Fields that are not in it are violations. It differs on
//! purpose: tags end at 4094 instead of 4092, `zSide.invitation` exists, values of `additionalInfo`
//! may have any type and link protocols may have a range of tags, as in the specification's own
//! examples, a bandwidth is checked with the order, and enumerations of a service profile that have
//! their own errors are plain strings. Only names and types are checked here, not
//! meanings.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

/// A field of a schema.
#[derive(Debug)]
struct SchemaField {
    name: &'static str,
    required: bool,
    /// A plain type, `=A|B` for an enumeration, `integer(1..9)`, the name of a schema, or `[]`
    /// before any of them for an array.
    kind: &'static str,
}

/// Schemas by name.
type Schemas = BTreeMap<&'static str, Vec<SchemaField>>;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut schemas = Schemas::new();
    let mut current = "";
    for line in include_str!("schema.txt").lines() {
        match line.strip_prefix("  ").and_then(|row| row.split_once(' ')) {
            Some((name, kind)) => {
                let (name, required) = name.strip_suffix('!').map_or((name, false), |n| (n, true));
                schemas.entry(current).or_default().push(SchemaField { name, required, kind });
            }
            None => current = line,
        }
    }
    schemas
});

/// A property of a request that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct PropertyError {
    /// The property: a JSON pointer, or a place in a filter.
    pub(super) property: String,
    /// Why it is wrong.
    pub(super) reason: String,
}

impl PropertyError {
    pub(super) fn new(property: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { property: property.into(), reason: reason.into() }
    }
}

/// Checks a body against a schema; returns all violations.
pub(super) fn check(schema: &'static str, body: &Value) -> Vec<PropertyError> {
    check_value(schema, body, "")
}

fn check_value(kind: &'static str, value: &Value, at: &str) -> Vec<PropertyError> {
    let expect = |valid: bool, wanted: String| {
        if valid { vec![] } else { vec![PropertyError::new(at, format!("must be {wanted}"))] }
    };
    let plain = |valid: bool| expect(valid, format!("a {kind}"));
    match kind {
        "any" => vec![],
        "string" => plain(value.is_string()),
        "boolean" => plain(value.is_boolean()),
        "number" => plain(value.is_number()),
        "object" => plain(value.is_object()),
        _ => {
            if let Some(item) = kind.strip_prefix("[]") {
                check_items(item, value, at)
            } else if let Some(words) = kind.strip_prefix('=') {
                let known = value.as_str().is_some_and(|word| words.split('|').any(|w| w == word));
                expect(known, format!("one of {}", words.replace('|', ", ")))
            } else if let Some(range) = kind.strip_prefix("integer") {
                expect(in_range(value, range), format!("an integer {range}"))
            } else {
                check_object(kind, value, at)
            }
        }
    }
}

fn check_items(kind: &'static str, value: &Value, at: &str) -> Vec<PropertyError> {
    let Some(items) = value.as_array() else {
        return vec![PropertyError::new(at, "must be an array")];
    };
    let items = items.iter().enumerate();
    items.flat_map(|(index, item)| check_value(kind, item, &format!("{at}/{index}"))).collect()
}

/// A range is like `(2..4094)`; either end may be absent.
fn in_range(value: &Value, range: &str) -> bool {
    let Some(number) = value.as_i64() else {
        return false;
    };
    let bounds = range.trim_matches(|c| c == '(' || c == ')');
    let (low, high) = bounds.split_once("..").unwrap_or(("", ""));
    low.parse().map_or(true, |low: i64| number >= low)
        && high.parse().map_or(true, |high: i64| number <= high)
}

fn check_object(schema: &'static str, value: &Value, at: &str) -> Vec<PropertyError> {
    let Some(body) = value.as_object() else {
        return vec![PropertyError::new(at, "must be an object")];
    };
    let fields = SCHEMAS.get(schema).map_or(&[][..], Vec::as_slice);
    let mut errors = Vec::new();
    for field in fields {
        if field.required && body.get(field.name).is_none_or(Value::is_null) {
            errors.push(PropertyError::new(format!("{at}/{}", field.name), "is required"));
        }
    }
    for (name, value) in body {
        let property = format!("{at}/{name}");
        match fields.iter().find(|field| field.name == name) {
            None => errors.push(PropertyError::new(property, "unknown field")),
            // Some clients send null instead of leaving a field out.
            Some(_) if value.is_null() => {}
            Some(field) => errors.extend(check_value(field.kind, value, &property)),
        }
    }
    errors
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_type_of_the_table_exists_once() {
        let headings = include_str!("schema.txt").lines();
        let headings = headings.filter(|line| !line.is_empty() && !line.starts_with(' '));
        assert_eq!(headings.count(), SCHEMAS.len());
        for (schema, fields) in SCHEMAS.iter() {
            for SchemaField { name, kind, .. } in fields {
                let kind = kind.strip_prefix("[]").unwrap_or(kind);
                let plain = ["any", "string", "boolean", "number", "object"].contains(&kind)
                    || kind.starts_with('=')
                    || kind.starts_with("integer");
                assert!(plain || SCHEMAS.contains_key(kind), "{schema}.{name}: {kind}");
            }
        }
    }

    #[test]
    fn errors_name_the_place() {
        let errors = check(
            "ConnectionPostRequest",
            &json!({
                "type": "EVPL_VC", "name": "Conn-1", "bandwidth": "50", "colour": "red",
                "notifications": [{"type": "ALL", "emails": ["test@example.com"]}],
                "aSide": {"accessPoint": {"linkProtocol": {"type": "DOT1Q", "vlanTag": 4095}}},
            }),
        );
        let places: Vec<&str> = errors.iter().map(|m| m.property.as_str()).collect();
        assert_eq!(
            places,
            ["/zSide", "/aSide/accessPoint/linkProtocol/vlanTag", "/bandwidth", "/colour"]
        );
    }
}
