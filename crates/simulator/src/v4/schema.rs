//! Checks the fields of v4 requests against the schemas of the published specification.
//!
//! `schema.txt` has the request schemas of the specification 4.30 with everything they refer to,
//! and what the invitation document adds. Fields that are not in it are violations. It differs on
//! purpose: tags end at 4094 instead of 4092, `zSide.invitation` exists, values of `additionalInfo`
//! may have any type, as in the specification's own examples, and enumerations of a service profile
//! that have their own errors are plain strings. Only names and types are checked here, not
//! meanings.

use std::{collections::BTreeMap, sync::LazyLock};

use serde_json::Value;

/// Schemas, each with its fields: name, whether it is required, type.
type Schemas = BTreeMap<&'static str, Vec<(&'static str, bool, &'static str)>>;

static SCHEMAS: LazyLock<Schemas> = LazyLock::new(|| {
    let mut schemas = Schemas::new();
    let mut current = "";
    for line in include_str!("schema.txt").lines() {
        match line.strip_prefix("  ").and_then(|row| row.split_once(' ')) {
            Some((name, kind)) => {
                let (name, required) = name.strip_suffix('!').map_or((name, false), |n| (n, true));
                schemas.entry(current).or_default().push((name, required, kind));
            }
            None => current = line,
        }
    }
    schemas
});

/// A violation of a schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SchemaViolation {
    /// The field, as a JSON pointer.
    pub(super) property: String,
    /// Why it is wrong.
    pub(super) reason: String,
}

impl SchemaViolation {
    fn new(property: String, reason: &str) -> Self {
        Self { property, reason: reason.to_owned() }
    }
}

/// Checks a body against a schema.
pub(super) fn check(schema: &'static str, body: &Value) -> Vec<SchemaViolation> {
    let mut misfits = Vec::new();
    fits(schema, body, "", &mut misfits);
    misfits
}

fn fits(kind: &'static str, value: &Value, at: &str, out: &mut Vec<SchemaViolation>) {
    let mut wrong = |reason: String| {
        out.push(SchemaViolation { property: at.to_owned(), reason });
    };
    let expect = |right: bool| (!right).then(|| format!("must be a {kind}"));
    let complaint = match kind {
        "any" => None,
        "string" => expect(value.is_string()),
        "boolean" => expect(value.is_boolean()),
        "number" => expect(value.is_number()),
        "object" => expect(value.is_object()),
        _ => {
            if let Some(item) = kind.strip_prefix("[]") {
                let Some(items) = value.as_array() else {
                    wrong("must be an array".to_owned());
                    return;
                };
                for (index, value) in items.iter().enumerate() {
                    fits(item, value, &format!("{at}/{index}"), out);
                }
                return;
            }
            if let Some(words) = kind.strip_prefix('=') {
                let known = value.as_str().is_some_and(|word| words.split('|').any(|w| w == word));
                (!known).then(|| format!("must be one of {}", words.replace('|', ", ")))
            } else if let Some(range) = kind.strip_prefix("integer") {
                (!in_range(value, range)).then(|| format!("must be an integer {range}"))
            } else {
                object(kind, value, at, out);
                return;
            }
        }
    };
    if let Some(complaint) = complaint {
        wrong(complaint);
    }
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

fn object(schema: &'static str, value: &Value, at: &str, out: &mut Vec<SchemaViolation>) {
    let Some(body) = value.as_object() else {
        out.push(SchemaViolation::new(at.to_owned(), "must be an object"));
        return;
    };
    let fields = SCHEMAS.get(schema).map_or(&[][..], Vec::as_slice);
    for (name, required, _) in fields {
        if *required && body.get(*name).is_none_or(Value::is_null) {
            out.push(SchemaViolation::new(format!("{at}/{name}"), "is required"));
        }
    }
    for (name, value) in body {
        let property = format!("{at}/{name}");
        match fields.iter().find(|(known, ..)| known == name) {
            None => out.push(SchemaViolation::new(property, "unknown field")),
            // Some clients send null instead of leaving a field out.
            Some(_) if value.is_null() => {}
            Some((_, _, kind)) => fits(kind, value, &property, out),
        }
    }
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
            for (name, _, kind) in fields {
                let kind = kind.strip_prefix("[]").unwrap_or(kind);
                let plain = ["any", "string", "boolean", "number", "object"].contains(&kind)
                    || kind.starts_with('=')
                    || kind.starts_with("integer");
                assert!(plain || SCHEMAS.contains_key(kind), "{schema}.{name}: {kind}");
            }
        }
    }

    #[test]
    fn misfits_are_named_by_their_place() {
        let misfits = check(
            "ConnectionPostRequest",
            &json!({
                "type": "EVPL_VC", "name": "Conn-1", "bandwidth": "50", "colour": "red",
                "notifications": [{"type": "ALL", "emails": ["test@example.com"]}],
                "aSide": {"accessPoint": {"linkProtocol": {"type": "DOT1Q", "vlanTag": 4095}}},
            }),
        );
        let places: Vec<&str> = misfits.iter().map(|m| m.property.as_str()).collect();
        assert_eq!(
            places,
            ["/zSide", "/aSide/accessPoint/linkProtocol/vlanTag", "/bandwidth", "/colour"]
        );
    }
}
