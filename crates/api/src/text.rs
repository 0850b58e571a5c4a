//! The forms of texts that users write, as schemas whose rules say in words what is wanted.
//!
//! The API server prints the expression of a `pattern` and the message of a rule, so forms are rules.
//! Lengths stand at the fields. What a text refers to is not checked here.

use schemars::{Schema, SchemaGenerator, json_schema};

/// A text of this form; `must` follows the name of the field in the API server's answer.
fn of_form(form: &str, must: &str) -> Schema {
    // A raw string of CEL: backslashes are those of the expression.
    let rule = format!("self.matches(r'{form}')");
    json_schema!({
        "type": "string",
        "x-kubernetes-validations": [{"rule": rule, "message": must}],
    })
}

/// The longest text that is held against the form of a code. A longer one than the code is, so that the
/// API server prints the words of the form and not its length; the cost of the rule needs a bound.
const CODE: u32 = 64;

fn bounded(mut schema: Schema, length: u32) -> Schema {
    schema.insert("maxLength".to_owned(), length.into());
    schema
}

/// An id of the provider.
pub(crate) fn id(_: &mut SchemaGenerator) -> Schema {
    of_form("^[A-Za-z0-9-]+$", "must be an id as Equinix shows it: letters, digits and hyphens")
}

/// The name of a connection or service profile at the provider.
pub(crate) fn name(_: &mut SchemaGenerator) -> Schema {
    of_form(
        "^[A-Za-z0-9_-]+$",
        "must have letters, digits, hyphens and underscores only, as Equinix requires",
    )
}

/// The code of a metro.
pub(crate) fn metro(_: &mut SchemaGenerator) -> Schema {
    let must = "must be the code of a metro: two capital letters, such as SV";
    bounded(of_form("^[A-Z]{2}$", must), CODE)
}

/// Codes of metros.
pub(crate) fn metros(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": metro(generator)})
}

/// The code of a currency.
pub(crate) fn currency(_: &mut SchemaGenerator) -> Schema {
    let must = "must be the code of a currency: three capital letters, such as USD";
    bounded(of_form("^[A-Z]{3}$", must), CODE)
}

/// An amount of money.
pub(crate) fn amount(_: &mut SchemaGenerator) -> Schema {
    of_form(
        r"^[0-9]+(\.[0-9]{1,2})?$",
        "must be a number with at most two decimals, such as \"400\" or \"99.50\"",
    )
}

/// An authentication key.
pub(crate) fn key(_: &mut SchemaGenerator) -> Schema {
    of_form("^[!-~]+$", "must have no blanks, line ends or letters outside ASCII")
}

/// The origin of an API.
pub(crate) fn origin(_: &mut SchemaGenerator) -> Schema {
    of_form(
        r"^https?://[^/\s?#@]+$",
        "must be an origin without a path, such as https://api.equinix.com",
    )
}

/// An e-mail address.
pub(crate) fn email(_: &mut SchemaGenerator) -> Schema {
    bounded(of_form(r"^[^@\s]+@\S+$", "must be an e-mail address, such as noc@example.com"), 254)
}

/// E-mail addresses.
pub(crate) fn emails(generator: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "array", "items": email(generator)})
}

#[cfg(test)]
mod tests {
    use crate::crd::definitions;

    /// The API server would print the expression to the user.
    #[test]
    fn no_definition_has_a_pattern() {
        for definition in definitions() {
            let json = serde_json::to_string(&definition).unwrap();
            assert!(!json.contains("\"pattern\""), "{}", definition.spec.names.plural);
            assert!(json.contains("self.matches(r'"), "{}", definition.spec.names.plural);
        }
    }
}
