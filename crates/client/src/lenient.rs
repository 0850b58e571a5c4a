//! Fields of answers whose type the documents and the API do not agree on.
//!
//! A tag is a number in one sample and a string in the next; a missing value is absent, null or
//! empty. Deserializing these types never fails: a value of the wrong type is absent. What absence
//! means is for the dialects to decide.

use std::ops::Deref;

use jiff::Timestamp;
use serde::{Deserialize, Deserializer, de::DeserializeOwned};
use serde_json::Value;

use fabric_domain::clean;

/// Text, from a string, number or boolean.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Text(Option<String>);

impl Text {
    pub(crate) fn get(&self) -> Option<&str> {
        self.0.as_deref()
    }

    pub(crate) fn or_empty(&self) -> &str {
        self.get().unwrap_or_default()
    }

    /// A copy, unless the text is absent or empty.
    pub(crate) fn non_empty(&self) -> Option<String> {
        self.0.clone().filter(|text| !text.is_empty())
    }

    /// The text on one line, cut to `max` characters, unless nothing is left of it.
    pub(crate) fn cleaned(&self, max: usize) -> Option<String> {
        self.get().map(|text| clean(text, max)).filter(|text| !text.is_empty())
    }

    /// What `parse` makes of the text; `None` if it rejects the text.
    pub(crate) fn parse<T, E>(&self, parse: impl FnOnce(&str) -> Result<T, E>) -> Option<T> {
        parse(self.get()?).ok()
    }

    /// A timestamp of RFC 3339.
    pub(crate) fn timestamp(&self) -> Option<Timestamp> {
        self.parse(str::parse)
    }
}

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::String(text) => Some(text),
            Value::Number(number) => Some(number.to_string()),
            Value::Bool(flag) => Some(flag.to_string()),
            Value::Null | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// A whole number from 0, from a number or a string that starts with one ("3599 (60 minutes)").
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Number(Option<u64>);

impl Number {
    pub(crate) fn get(self) -> Option<u64> {
        self.0
    }

    /// The number as a smaller type; `None` if it does not fit.
    pub(crate) fn fit<T: TryFrom<u64>>(self) -> Option<T> {
        T::try_from(self.0?).ok()
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::Number(number) => number.as_u64().or_else(|| whole(number.as_f64()?)),
            Value::String(text) => {
                let digits: String =
                    text.trim().chars().take_while(char::is_ascii_digit).take(18).collect();
                digits.parse().ok()
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

fn whole(number: f64) -> Option<u64> {
    let fits = number.fract() == 0.0 && (0.0..9e15).contains(&number);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked above")]
    fits.then_some(number as u64)
}

/// A finite number that may have a fraction, from a number or a string.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Decimal(Option<f64>);

impl Decimal {
    pub(crate) fn get(self) -> Option<f64> {
        self.0
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let number = match Value::deserialize(from)? {
            Value::Number(number) => number.as_f64(),
            Value::String(text) => text.trim().parse().ok(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
        };
        Ok(Self(number.filter(|number: &f64| number.is_finite())))
    }
}

/// A flag, from a boolean or the words `true` and `false` in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Flag(Option<bool>);

impl Flag {
    pub(crate) fn get(self) -> Option<bool> {
        self.0
    }

    /// Whether the flag is there and true.
    pub(crate) fn is_true(self) -> bool {
        self.0 == Some(true)
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(match Value::deserialize(from)? {
            Value::Bool(flag) => Some(flag),
            Value::String(text) => text.trim().to_ascii_lowercase().parse().ok(),
            Value::Null | Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
        }))
    }
}

/// An object within another; its default if it is null or of the wrong type.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Part<T>(T);

impl<T> Deref for Part<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.0
    }
}

impl<'de, T: DeserializeOwned + Default> Deserialize<'de> for Part<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(Self(serde_json::from_value(Value::deserialize(from)?).unwrap_or_default()))
    }
}

/// Distinguishes null, which is a value here, from a field that is not there.
pub(crate) fn present<'de, T, D>(from: D) -> Result<Option<T>, D::Error>
where
    T: Deserialize<'de>,
    D: Deserializer<'de>,
{
    T::deserialize(from).map(Some)
}

/// A list read entry by entry: an unreadable entry costs only itself, and is counted. A single
/// object counts as a list of one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Items<T> {
    /// The readable entries, in the order of the answer.
    pub(crate) entries: Vec<T>,
    /// How many entries could not be read. While there are any, absence from `entries` proves
    /// nothing.
    pub(crate) unreadable: usize,
}

impl<T> Items<T> {
    /// Maps every entry; one that does not map counts as unreadable.
    pub(crate) fn try_map<U>(&self, map: impl Fn(&T) -> Option<U>) -> Items<U> {
        let entries: Vec<U> = self.entries.iter().filter_map(map).collect();
        let lost = self.entries.len() - entries.len();
        Items { entries, unreadable: self.unreadable + lost }
    }
}

impl<T: Clone> Items<T> {
    /// The entries; none if one of them cannot be read. For lists that allow what is on them: one
    /// that lost an entry forbids nothing.
    pub(crate) fn all(&self) -> Vec<T> {
        if self.unreadable > 0 { vec![] } else { self.entries.clone() }
    }
}

impl<T> Default for Items<T> {
    fn default() -> Self {
        Self { entries: vec![], unreadable: 0 }
    }
}

impl<T> Deref for Items<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.entries
    }
}

impl<T: DeserializeOwned> From<Vec<Value>> for Items<T> {
    fn from(values: Vec<Value>) -> Self {
        let count = values.len();
        let readable = values.into_iter().filter_map(|value| serde_json::from_value(value).ok());
        let entries: Vec<T> = readable.collect();
        Self { unreadable: count - entries.len(), entries }
    }
}

impl<'de, T: DeserializeOwned> Deserialize<'de> for Items<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Ok(match Value::deserialize(from)? {
            Value::Array(values) => values.into(),
            value @ Value::Object(_) => vec![value].into(),
            Value::Null => Self::default(),
            Value::Bool(_) | Value::Number(_) | Value::String(_) => {
                Self { unreadable: 1, ..Self::default() }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read<T: DeserializeOwned>(value: &Value) -> T {
        serde_json::from_value(value.clone()).unwrap()
    }

    #[test]
    fn text_comes_from_any_scalar() {
        for (value, text) in [
            (json!("a b"), Some("a b")),
            (json!(""), Some("")),
            (json!(5), Some("5")),
            (json!(1.5), Some("1.5")),
            (json!(true), Some("true")),
            (json!(null), None),
            (json!([]), None),
            (json!(["a"]), None),
            (json!({"a": 1}), None),
        ] {
            assert_eq!(read::<Text>(&value).get(), text, "{value}");
        }
        assert_eq!(read::<Text>(&json!("")).non_empty(), None);
        assert_eq!(read::<Text>(&json!(null)).or_empty(), "");
        assert_eq!(read::<Text>(&json!("\n ")).cleaned(3), None);
        assert_eq!(read::<Text>(&json!("a\nbc")).cleaned(3).as_deref(), Some("a …"));
        assert_eq!(read::<Text>(&json!("7")).parse(str::parse::<u8>), Some(7));
        assert_eq!(read::<Text>(&json!("seven")).parse(str::parse::<u8>), None);
        assert!(read::<Text>(&json!("2020-09-17T01:02:03.456Z")).timestamp().is_some());
        assert_eq!(read::<Text>(&json!("yesterday")).timestamp(), None);
    }

    #[test]
    fn numbers_come_from_numbers_and_from_strings_that_start_with_one() {
        for (value, number) in [
            (json!(774), Some(774)),
            (json!("774"), Some(774)),
            (json!(" 774 "), Some(774)),
            (json!("3599 (60 minutes)"), Some(3599)),
            (json!("10x"), Some(10)),
            (json!(10_000_000_000.0), Some(10_000_000_000)),
            (json!(u64::MAX), Some(u64::MAX)),
            (json!("1234567890123456789"), Some(123_456_789_012_345_678)),
            (json!(1.5), None),
            (json!(-1), None),
            (json!(1e300), None),
            (json!("-1"), None),
            (json!("many"), None),
            (json!(""), None),
            (json!(true), None),
            (json!(null), None),
            (json!([1]), None),
            (json!({}), None),
        ] {
            assert_eq!(read::<Number>(&value).get(), number, "{value}");
        }
        assert_eq!(read::<Number>(&json!(300)).fit::<u8>(), None);
        assert_eq!(read::<Number>(&json!(255)).fit::<u8>(), Some(255));
    }

    #[test]
    fn decimals_are_finite() {
        for (value, number) in [
            // "alertPercentage" is "85" in a sample and 20.0 in the published client.
            (json!("85"), Some(85.0)),
            (json!(20.5), Some(20.5)),
            (json!(" -1.5 "), Some(-1.5)),
            (json!("NaN"), None),
            (json!("inf"), None),
            (json!(true), None),
            (json!(null), None),
            (json!([]), None),
            (json!({}), None),
        ] {
            assert_eq!(read::<Decimal>(&value).get(), number, "{value}");
        }
    }

    #[test]
    fn flags_come_from_booleans_and_their_words() {
        for (value, flag) in [
            (json!(true), Some(true)),
            (json!(false), Some(false)),
            (json!("true"), Some(true)),
            (json!(" FALSE "), Some(false)),
            (json!("yes"), None),
            (json!(1), None),
            (json!(null), None),
            (json!([]), None),
            (json!({}), None),
        ] {
            assert_eq!(read::<Flag>(&value).get(), flag, "{value}");
            assert_eq!(read::<Flag>(&value).is_true(), flag == Some(true), "{value}");
        }
    }

    #[derive(Deserialize, Debug, Default, PartialEq)]
    #[serde(default)]
    struct Probe {
        text: Text,
        number: Number,
        part: Part<Option<InnerProbe>>,
        items: Items<InnerProbe>,
    }

    #[derive(Deserialize, Debug, Default, PartialEq)]
    #[serde(default)]
    struct InnerProbe {
        flag: Flag,
    }

    #[test]
    fn a_part_of_the_wrong_type_is_its_default() {
        for (value, flag) in [
            (json!({"flag": true}), Some(true)),
            (json!({"flag": [], "more": 1}), None),
            (json!({}), None),
            (json!(null), None),
            (json!("text"), None),
            (json!(5), None),
        ] {
            assert_eq!(read::<Part<InnerProbe>>(&value).flag.get(), flag, "{value}");
        }
        for (value, there) in [(json!({}), true), (json!(null), false), (json!(5), false)] {
            assert_eq!(read::<Part<Option<InnerProbe>>>(&value).is_some(), there, "{value}");
        }
    }

    #[test]
    fn an_unreadable_entry_costs_only_itself_and_is_counted() {
        for (value, entries, unreadable) in [
            (json!([1, "x", 3, null, 300]), vec![1, 3], 3),
            (json!([]), vec![], 0),
            (json!(null), vec![], 0),
            (json!("1"), vec![], 1),
            (json!(1), vec![], 1),
            (json!({}), vec![], 1),
        ] {
            let expected = Items::<u8> { entries, unreadable };
            assert_eq!(read::<Items<u8>>(&value), expected, "{value}");
        }
        let single = read::<Items<InnerProbe>>(&json!({"flag": true}));
        assert!(single.len() == 1 && single[0].flag.is_true());
    }

    #[test]
    fn an_entry_that_does_not_map_counts_as_unreadable() {
        let items = Items::<u8>::from(vec![1.into(), "x".into(), 3.into()]);
        let odd = items.try_map(|n| (*n > 1).then_some(*n));
        assert_eq!(odd, Items { entries: vec![3], unreadable: 2 });
        assert!(odd.all().is_empty());
        assert_eq!(Items { entries: vec![3], unreadable: 0 }.all(), [3]);
    }

    #[test]
    fn absent_fields_are_absent() {
        assert_eq!(read::<Probe>(&json!({})), Probe::default());
        let mistyped = json!({"text": [], "number": {}, "part": "x", "items": null});
        assert_eq!(read::<Probe>(&mistyped), Probe::default());
    }
}
