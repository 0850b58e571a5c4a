//! `docs/api.md`: every field of the custom resources, and the rules that the API server enforces.
//!
//! The definitions are the only source: the page says what `kubectl explain` says, and adds the rules.

use std::fmt::Write;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray,
};

use fabric_api::{GROUP, definitions};

use super::{ORIGIN, code, table};

/// The page.
pub(super) fn page() -> String {
    let kinds = definitions();
    let mut text = format!(
        "# API reference\n\n{ORIGIN}\n\n\
         All kinds are of `{GROUP}/v1alpha1`. `[]` stands for each item of a list. What the operator writes into\n\
         `status` is for reading; [reasons.md](reasons.md) has the reasons of the conditions.\n"
    );
    for kind in &kinds {
        text.push_str(&section(kind));
    }
    text
}

fn section(definition: &CustomResourceDefinition) -> String {
    let names = &definition.spec.names;
    let mut text = format!("\n## {}\n", names.kind);
    let short = code(names.short_names.iter().flatten().map(String::as_str));
    for version in &definition.spec.versions {
        let schema = version.schema.as_ref().and_then(|s| s.open_api_v3_schema.as_ref());
        let Some(schema) = schema else { continue };
        let description = schema.description.as_deref().unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = write!(
            text,
            "\n{}\n\nResource {}, for short {short}; {}.\n",
            one_line(description),
            code([names.plural.as_str()]),
            match definition.spec.scope.as_str() {
                "Cluster" => "of the whole cluster",
                _ => "in a namespace",
            }
        );
        for part in ["spec", "status"] {
            let mut rows = vec![];
            let inside = schema.properties.as_ref().and_then(|fields| fields.get(part));
            if let Some(inside) = inside {
                fields(inside, "", &mut rows);
            }
            let _ = write!(text, "\n### {} {part}\n\n", names.kind);
            text.push_str(&table(["Field", "Type", "What it is"], rows));
        }
        let mut rules = vec![];
        collect_rules(schema, "", &mut rules);
        if !rules.is_empty() {
            let _ = write!(text, "\n### {} rules\n\n", names.kind);
            text.push_str(&table(["Where", "The API server refuses with"], rules));
        }
    }
    text
}

/// A row for every field of `schema`, sorted by name, each followed by its own fields.
fn fields(schema: &JSONSchemaProps, path: &str, rows: &mut Vec<[String; 3]>) {
    for (name, field) in schema.properties.iter().flatten() {
        let path = format!("{path}{name}");
        let required = schema.required.iter().flatten().any(|it| it == name);
        rows.push([code([path.as_str()]), shape(field), meaning(field, required)]);
        match items(field) {
            // Kubernetes documents the fields of a condition.
            Some(_) if field.x_kubernetes_list_map_keys.is_some() => {}
            Some(item) => fields(item, &format!("{path}[]."), rows),
            None => fields(field, &format!("{path}."), rows),
        }
    }
}

fn items(field: &JSONSchemaProps) -> Option<&JSONSchemaProps> {
    match field.items.as_ref()? {
        JSONSchemaPropsOrArray::Schema(item) => Some(item.as_ref()),
        JSONSchemaPropsOrArray::Schemas(items) => items.first(),
    }
}

/// The type of a field, and its bounds.
fn shape(field: &JSONSchemaProps) -> String {
    if let Some(words) = &field.enum_ {
        // A null among them stands for leaving the field out.
        let words = words.iter().filter(|word| !word.0.is_null());
        let words: Vec<String> = words.map(|word| plain(&word.0)).collect();
        return code(words.iter().map(String::as_str));
    }
    let kind = field.type_.as_deref().unwrap_or("object");
    if let Some(item) = items(field) {
        return format!("list of {}", shape(item));
    }
    let kind = match field.format.as_deref() {
        Some("date-time") => "time",
        _ => kind,
    };
    let number = |n: f64| n.to_string();
    let length = |n: i64| n.to_string();
    let range = |from: Option<String>, to: Option<String>| match (from, to) {
        (Some(from), Some(to)) => Some(format!("{from}–{to}")),
        (Some(from), None) => Some(format!("from {from}")),
        (None, Some(to)) => Some(format!("up to {to}")),
        (None, None) => None,
    };
    let size = range(field.minimum.map(number), field.maximum.map(number));
    let letters = range(field.min_length.map(length), field.max_length.map(length));
    let letters = letters.map(|range| format!("{range} characters"));
    let bounds: Vec<String> = size.into_iter().chain(letters).collect();
    let rules = field.x_kubernetes_validations.iter().flatten().filter(|_| kind == "string");
    let forms = rules.filter_map(|rule| rule.message.clone()).collect();
    [vec![kind.to_owned()], bounds, forms].concat().join(", ")
}

fn meaning(field: &JSONSchemaProps, required: bool) -> String {
    let mut parts = vec![];
    if required {
        parts.push("Required.".to_owned());
    }
    parts.extend(field.description.as_deref().map(one_line));
    if let Some(default) = &field.default {
        parts.push(format!("By default {}.", code([plain(&default.0).as_str()])));
    }
    parts.join(" ")
}

fn plain(value: &serde_json::Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A row for every rule, with the field that it constrains.
fn collect_rules(schema: &JSONSchemaProps, path: &str, rows: &mut Vec<[String; 2]>) {
    for rule in schema.x_kubernetes_validations.iter().flatten() {
        let place = rule.field_path.as_deref().map(|field| field.trim_start_matches('.'));
        let place = match (path.trim_end_matches('.'), place) {
            ("", Some(field)) => field.to_owned(),
            (path, Some(field)) => format!("{path}.{field}"),
            (path, None) => path.to_owned(),
        };
        rows.push([code([place.as_str()]), rule.message.clone().unwrap_or_default()]);
    }
    for (name, field) in schema.properties.iter().flatten() {
        let path = format!("{path}{name}.");
        collect_rules(items(field).unwrap_or(field), &path, rows);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_and_every_rule_has_a_row() {
        let page = page();
        for line in [
            "| `credentials.secretRef.name` | string, 1–253 characters | Required. Its name. |",
            "| `dialect` | `FabricV4`, `EcxV3` |",
            "| `aSide.linkProtocol.vlanTag` | integer, 2–4094 |",
            "| `notifications` | list of string",
            "| `requestsPerSecond` | integer, 1–50 | How many requests a second may be sent, all resources together. By default `5`. |",
            "| `primary.uuid` | string, up to 64 characters |",
        ] {
            assert!(page.contains(line), "{line}");
        }
        let rules = definitions()
            .iter()
            .map(|d| serde_json::to_string(d).unwrap().matches("\"rule\":").count())
            .sum::<usize>();
        let rows = page.split(" rules\n").skip(1).flat_map(|part| {
            part.lines()
                .skip(1)
                .skip_while(|l| l.is_empty())
                .take_while(|l| l.starts_with('|'))
                .skip(2)
        });
        assert_eq!(rows.count(), rules);
    }
}
