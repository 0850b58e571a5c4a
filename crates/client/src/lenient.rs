//! Reading values whose type the documents and the API do not agree on.
//!
//! A tag is a number in one sample and a string in the next; a missing value is absent, null or
//! empty. None of these readers fails: what cannot be read is absent.

use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

/// Text, from a string, number or boolean.
pub(super) fn text<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    })
}

/// A number, from a number or a string that starts with one ("3599 (60 minutes)").
pub(super) fn number<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
        Value::String(text) => {
            let digits: String =
                text.trim().chars().take_while(char::is_ascii_digit).take(18).collect();
            digits.parse().ok()
        }
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

fn whole(number: f64) -> Option<u64> {
    let fits = number.fract() == 0.0 && (0.0..9e15).contains(&number);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    fits.then_some(number as u64)
}

/// A number that may have a fraction, from a number or a string.
pub(super) fn decimal<'de, D: Deserializer<'de>>(from: D) -> Result<Option<f64>, D::Error> {
    let number = match Value::deserialize(from)? {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    Ok(number.filter(|number: &f64| number.is_finite()))
}

/// A flag, from a boolean or the words true and false.
pub(super) fn flag<'de, D: Deserializer<'de>>(from: D) -> Result<Option<bool>, D::Error> {
    Ok(match Value::deserialize(from)? {
        Value::Bool(flag) => Some(flag),
        Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
        Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// A part of its own, or its default where it is null or mistyped.
pub(super) fn part<'de, D: Deserializer<'de>, T: DeserializeOwned + Default>(
    from: D,
) -> Result<T, D::Error> {
    Ok(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default())
}

/// A list read item by item; one bad item costs only itself. A single object counts as a list of
/// one.
pub(super) fn items<'de, D: Deserializer<'de>, T: DeserializeOwned>(
    from: D,
) -> Result<Vec<T>, D::Error> {
    Ok(each(match Value::deserialize(from)? {
        Value::Array(values) => values,
        value @ Value::Object(_) => vec![value],
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => vec![],
    }))
}

/// Those of `values` that can be read.
pub(super) fn each<T: DeserializeOwned>(values: Vec<Value>) -> Vec<T> {
    values.into_iter().filter_map(|value| serde_json::from_value(value).ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Deserialize, Default)]
    #[serde(default)]
    struct Probe {
        #[serde(deserialize_with = "text")]
        text: Option<String>,
        #[serde(deserialize_with = "number")]
        number: Option<u64>,
        #[serde(deserialize_with = "decimal")]
        decimal: Option<f64>,
        #[serde(deserialize_with = "flag")]
        flag: Option<bool>,
    }

    fn probe(json: &str) -> (Option<String>, Option<u64>, Option<bool>) {
        let it: Probe = serde_json::from_str(json).unwrap();
        (it.text, it.number, it.flag)
    }

    #[test]
    fn values_of_any_type_are_read_or_absent() {
        assert_eq!(
            probe(r#"{"text":5,"number":"774","flag":"true"}"#),
            (Some("5".into()), Some(774), Some(true))
        );
        assert_eq!(probe(r#"{"text":[],"number":{},"flag":1}"#), (None, None, None));
        assert_eq!(probe(r#"{"text":null,"number":null}"#), (None, None, None));
        assert_eq!(probe(r#"{"number":"3599 (60 minutes)"}"#).1, Some(3599));
        assert_eq!(probe(r#"{"number":10000000000.0}"#).1, Some(10_000_000_000));
        assert_eq!(probe(r#"{"number":-1}"#).1, None);
        let decimal = |json: &str| serde_json::from_str::<Probe>(json).unwrap().decimal;
        // "alertPercentage" is "85" in a sample and 20.0 in the published client.
        assert_eq!(decimal(r#"{"decimal":"85"}"#), Some(85.0));
        assert_eq!(decimal(r#"{"decimal":20.5}"#), Some(20.5));
        assert_eq!(decimal(r#"{"decimal":"NaN"}"#), None);
    }

    #[test]
    fn one_bad_item_costs_only_itself() {
        assert_eq!(each::<u8>(vec![1.into(), "x".into(), 3.into()]), [1, 3]);
    }
}
