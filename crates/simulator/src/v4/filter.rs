//! The flat filters of validation and prices: properties with values, joined by one `and` at most.
//!
//! Searches have nested filters, which are in `search`.

use std::collections::BTreeMap;

use serde_json::Value;

use super::schema::PropertyError;

/// A filter: properties and their values.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct FlatFilter<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> FlatFilter<'a> {
    /// Reads the parts of an `and`, or a single part.
    ///
    /// # Errors
    /// The first unknown property or operator, or a part without values.
    pub(super) fn read(
        filter: &'a Value,
        known: &[&str],
        operators: &[&str],
    ) -> Result<Self, PropertyError> {
        let mut wanted = Self::default();
        match filter.get("and").and_then(Value::as_array) {
            Some(parts) => {
                parts.iter().try_for_each(|part| wanted.take(part, known, operators))?;
            }
            None => wanted.take(filter, known, operators)?,
        }
        Ok(wanted)
    }

    fn take(
        &mut self,
        part: &'a Value,
        known: &[&str],
        operators: &[&str],
    ) -> Result<(), PropertyError> {
        let text = |name: &str| part.get(name).and_then(Value::as_str);
        let Some(property) = text("property") else {
            return Err(PropertyError::new("filter", "a part has no property"));
        };
        let wrong =
            |reason: &str| Err(PropertyError::new(property, format!("{property} {reason}")));
        if !known.contains(&property) {
            return wrong("is not supported");
        }
        if !operators.contains(&text("operator").unwrap_or("=")) {
            return wrong("has an operator that is not supported");
        }
        let values = part.get("values").and_then(Value::as_array);
        let values: Vec<&str> = values.into_iter().flatten().filter_map(Value::as_str).collect();
        if values.is_empty() {
            return wrong("has no values");
        }
        self.0.insert(property, values);
        Ok(())
    }

    /// All values of a property; none if it is absent.
    pub(super) fn all(&self, property: &str) -> &[&'a str] {
        self.0.get(property).map_or(&[], Vec::as_slice)
    }

    /// The first value of a property.
    pub(super) fn one(&self, property: &str) -> Option<&'a str> {
        self.all(property).first().copied()
    }
}
