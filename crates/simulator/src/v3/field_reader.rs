//! Reads the flat fields of v3 bodies, each checked by itself.
//!
//! A reader gathers everything that is wrong instead of stopping at the first violation. What
//! fields mean together, or against the world, is checked by its callers.

use serde_json::{Map, Value};

use fabric_domain::{Leg, Vlan};

use super::error::Violation;
use crate::world::state::WorldState;

/// The name of a field of one leg: `primaryName`, `secondaryVlanSTag`.
pub(super) fn field_of(leg: Leg, name: &str) -> String {
    let leg = match leg {
        Leg::Primary => "primary",
        Leg::Secondary => "secondary",
    };
    format!("{leg}{name}")
}

/// A leg as error texts name it.
pub(super) fn title_of(leg: Leg) -> &'static str {
    match leg {
        Leg::Primary => "Primary",
        Leg::Secondary => "Secondary",
    }
}

/// An optional tag. `sent` is also true if its value is invalid.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct TagField {
    pub(super) sent: bool,
    pub(super) value: Option<Vlan>,
}

/// A speed with its unit, in Mbit/s.
///
/// # Errors
/// If either is invalid.
pub(super) fn speed(number: &Value, unit: &Value) -> Result<u32, Violation> {
    let (amount, factor) = (positive(number)?, factor(unit.as_str().unwrap_or_default())?);
    amount.checked_mul(factor).ok_or_else(no_number)
}

fn no_number() -> Violation {
    Violation::field("NotNull: must be a positive number", "speed")
}

pub(super) fn positive(number: &Value) -> Result<u32, Violation> {
    let number = number.as_u64().and_then(|number| u32::try_from(number).ok());
    number.filter(|number| *number > 0).ok_or_else(no_number)
}

pub(super) fn factor(unit: &str) -> Result<u32, Violation> {
    match unit {
        "MB" => Ok(1),
        "GB" => Ok(1000),
        _ => Err(Violation::field(
            "ValidEnum: Invalid value. Valid values are: [MB, GB]",
            "speedUnit",
        )),
    }
}

/// All violations of a name, as texts.
pub(super) fn name_faults(name: &str, title: &str) -> Vec<String> {
    let mut faults = Vec::new();
    if name.chars().count() > 24 {
        faults.push(format!("Size: Max 24 characters are allowed for {title} Name"));
    }
    let spaced = name.starts_with(' ') || name.ends_with(' ');
    let letters = name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | ' '));
    if spaced || !letters {
        let fault = "Pattern: Only number,characters,'_' and space between words are allowed";
        faults.push(fault.to_owned());
    }
    faults
}

/// The document shows the message of a failed number conversion: the last group of the id, without
/// its last character.
pub(super) fn malformed_port(id: &str, property: &str) -> Violation {
    let group = id.rsplit('-').next().unwrap_or_default();
    let shown: String = group.chars().take(15).collect();
    Violation::field(format!("For input string: \"{shown}\""), property)
}

/// Reads the fields of a body and gathers their violations.
pub(super) struct FieldReader<'a> {
    body: &'a Map<String, Value>,
    pub(super) violations: Vec<Violation>,
}

impl<'a> FieldReader<'a> {
    /// A reader of a body; any field but the known ones is a violation.
    pub(super) fn new(body: &'a Map<String, Value>, known: &[&str]) -> Self {
        let strange = body.keys().filter(|name| !known.contains(&name.as_str()));
        let violations = strange.map(|name| Violation::field("Unrecognized field", name)).collect();
        Self { body, violations }
    }

    pub(super) fn wrong(&mut self, more: &str, property: &str) {
        self.violations.push(Violation::field(more, property));
    }

    pub(super) fn value(&self, name: &str) -> Option<&'a Value> {
        self.body.get(name).filter(|value| !value.is_null())
    }

    /// A text; an empty one counts as absent, since samples send empty purchase orders.
    pub(super) fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) if text.is_empty() => None,
            Value::String(text) => Some(text.clone()),
            _ => {
                self.wrong("Type: must be a string", name);
                None
            }
        }
    }

    pub(super) fn needed(&mut self, name: &str) -> Option<String> {
        let found = self.text(name);
        if found.is_none() && self.value(name).is_none_or(Value::is_string) {
            self.wrong("NotEmpty: must be given", name);
        }
        found
    }

    pub(super) fn port_id(
        &mut self,
        state: &WorldState,
        id: Option<String>,
        property: &str,
    ) -> Option<String> {
        let id = id?;
        if state.well_formed(&id) {
            return Some(id);
        }
        self.violations.push(malformed_port(&id, property));
        None
    }

    pub(super) fn tag(&mut self, name: &str, title: &str) -> TagField {
        self.tag_at(name, name, title)
    }

    /// A tag, as a number or a text: samples have both.
    pub(super) fn tag_at(&mut self, name: &str, property: &str, title: &str) -> TagField {
        let number = match self.value(name) {
            None => return TagField::default(),
            Some(Value::String(text)) if text.is_empty() => return TagField::default(),
            Some(Value::String(text)) => text.parse::<u64>().ok(),
            Some(value) => value.as_u64(),
        };
        let value = number
            .and_then(|number| u16::try_from(number).ok())
            .and_then(|number| Vlan::new(number).ok());
        if value.is_none() {
            self.wrong(&format!("Range: {title} must be between 2 and 4094"), property);
        }
        TagField { sent: true, value }
    }
}
