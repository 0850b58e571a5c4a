//! The custom resource definitions, as files.
//!
//! The types are the only source: this module may shorten their schemas, but not add to them.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::CustomResourceExt;
use serde_json::Value;

use super::{ConnectionApproval, FabricAccount, FabricConnection, ServiceProfile};

/// Why a definition cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum CrdError {
    /// The definition cannot be written as YAML.
    #[error("cannot print the definition {name}: {source}")]
    Print {
        /// The definition's name.
        name: String,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// The annotation of a definition that names the release that it is from. Definitions only go forward:
/// older ones would prune what a newer operator wrote into status.
pub const VERSION_ANNOTATION: &str = "fabric.equinix.com/version";

/// All definitions.
pub fn definitions() -> Vec<CustomResourceDefinition> {
    let mut all = vec![
        FabricAccount::crd(),
        FabricConnection::crd(),
        ServiceProfile::crd(),
        ConnectionApproval::crd(),
    ];
    for definition in &mut all {
        let annotations = definition.metadata.annotations.get_or_insert_default();
        annotations.insert(VERSION_ANNOTATION.to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    }
    all
}

/// File name and YAML of every definition.
pub fn rendered() -> Result<Vec<(String, String)>, CrdError> {
    definitions()
        .into_iter()
        .map(|definition| {
            let file = format!("{}.yaml", definition.spec.names.plural);
            let print = |source: Box<dyn std::error::Error + Send + Sync>| CrdError::Print {
                name: definition.spec.names.plural.clone(),
                source,
            };
            let mut value = serde_json::to_value(&definition).map_err(|e| print(e.into()))?;
            tidy(&mut value);
            let yaml = serde_saphyr::to_string_with_options(&value, options())
                .map_err(|e| print(e.into()))?;
            Ok((file, yaml))
        })
        .collect()
}

/// Keeps each rule and message on one line, so that they can be searched for.
fn options() -> serde_saphyr::SerializerOptions {
    serde_saphyr::ser_options! { folded_wrap_chars: 10_000, prefer_block_scalars: false }
}

/// Makes a schema small, and one that the API server accepts without warnings.
///
/// - Removes the formats of unsigned integers, which the API server does not know, and their minimum
///   of 0: fields that users write have bounds of their own.
/// - Removes `nullable`, and null from the words of a field: without them, the API server drops a null,
///   so that `has()` in the rules is true only for values, and does not offer null as a value.
/// - Prints whole numbers as such.
fn tidy(value: &mut Value) {
    match value {
        Value::Object(map) => {
            if map.get("format").and_then(Value::as_str).is_some_and(|f| f.starts_with("uint")) {
                map.remove("format");
                if map.get("minimum").and_then(Value::as_f64) == Some(0.0) {
                    map.remove("minimum");
                }
            }
            if map.get("nullable").is_some_and(Value::is_boolean) {
                map.remove("nullable");
            }
            if let Some(Value::Array(words)) = map.get_mut("enum") {
                words.retain(|word| !word.is_null());
            }
            map.retain(|_, v| !v.is_null());
            map.values_mut().for_each(tidy);
        }
        Value::Array(items) => items.iter_mut().for_each(tidy),
        Value::Number(number) => {
            if let Some(whole) = number.as_f64().filter(|f| f.fract() == 0.0 && f.abs() < 1e9) {
                #[allow(clippy::cast_possible_truncation, reason = "whole and bounded just above")]
                let whole = whole as i64;
                *number = whole.into();
            }
        }
        Value::Null | Value::Bool(_) | Value::String(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Measured as JSON without spaces: that is what `kubectl apply` keeps in its annotation, of which
    /// the API server takes 256 KiB, and what clients load. The indentation of the file costs no one.
    #[test]
    fn definitions_are_small_and_without_unsigned_formats() {
        for definition in definitions() {
            let mut value = serde_json::to_value(&definition).unwrap();
            tidy(&mut value);
            let bytes = value.to_string().len();
            let name = definition.spec.names.plural;
            assert!(bytes <= 48 * 1024, "{name} has {bytes} bytes");
        }
        for (file, yaml) in rendered().unwrap() {
            assert!(!yaml.contains("uint"), "{file}");
            assert!(!yaml.contains("- null"), "{file} offers null as a word");
        }
    }

    /// The paths of the fields below `schema` that `kubectl explain` has no text for.
    fn unexplained(schema: &Value, at: &str) -> Vec<String> {
        let mut found = vec![];
        if let Some(Value::Object(fields)) = schema.get("properties") {
            for (name, field) in fields {
                let path = format!("{at}.{name}");
                if field["description"].as_str().is_none_or(str::is_empty) {
                    found.push(path.clone());
                }
                found.extend(unexplained(field, &path));
            }
        }
        for inner in ["items", "additionalProperties"] {
            found.extend(schema.get(inner).into_iter().flat_map(|inner| unexplained(inner, at)));
        }
        found
    }

    #[test]
    fn every_field_is_explained() {
        for definition in definitions() {
            let mut value = serde_json::to_value(&definition).unwrap();
            tidy(&mut value);
            let schema = &value["spec"]["versions"][0]["schema"]["openAPIV3Schema"];
            assert_eq!(unexplained(schema, ""), [""; 0], "{}", definition.spec.names.plural);
        }
    }
}
