//! The documented errors: their codes with status, texts and property.
//!
//! The APIs reject requests with these, and a fault can return any of them. How an error is
//! printed, and which request earns which, is for each API.

pub(super) mod v3;
pub(super) mod v4;

use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// How many similar codes an unknown code's error names.
const MAX_SIMILAR: usize = 5;

/// A documented error with the texts of its example.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct DocumentedError {
    pub(super) code: &'static str,
    pub(super) status: StatusCode,
    pub(super) message: &'static str,
    /// `moreInfo` of v3, `details` of v4, `developer_message` of OAuth; may be empty.
    pub(super) more: &'static str,
    /// May be empty.
    pub(super) property: &'static str,
    /// On v4, why the property is wrong; may be empty.
    pub(super) reason: &'static str,
}

/// Defines a constant for each row, and the list of all: under its status a row has name, code,
/// message, particulars, property, and the reason if there is one.
macro_rules! table {
    ($($status:ident {
        $($(#[$doc:meta])* $name:ident = $code:literal, $message:literal, $more:literal,
            $property:literal $(, $reason:literal)?;)+
    })+) => {
        $($(
            $(#[$doc])*
            pub(crate) const $name: &super::DocumentedError = &super::DocumentedError {
                code: $code,
                status: ::http::StatusCode::$status,
                message: $message,
                more: $more,
                property: $property,
                reason: concat!($($reason)?),
            };
        )+)+

        /// The whole table.
        pub(super) static ALL: &[&super::DocumentedError] = &[$($($name),+),+];
    };
}
use table;

fn all() -> impl Iterator<Item = &'static DocumentedError> {
    v3::ALL.iter().chain(v4::ALL).copied()
}

/// The whole table, as `/control/errors` returns it.
pub(super) fn listed() -> Value {
    let rows = all().map(|error| {
        json!({
            "code": error.code,
            "status": error.status.as_u16(),
            "message": error.message,
            "more": error.more,
            "property": error.property,
        })
    });
    rows.collect()
}

/// The code of a documented error, such as `IC-LAYER2-AUTH-006`, `EQ-3142510` or, for plain
/// statuses, `503`. A fault can return it: see [`Effect::Refuse`].
///
/// [`Effect::Refuse`]: super::Effect::Refuse
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ErrorCode(&'static DocumentedError);

/// An error code that no document names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no document names the error code {code:?}; similar ones are {similar}")]
pub struct UnknownCode {
    code: String,
    similar: String,
}

impl ErrorCode {
    /// Looks a code up.
    ///
    /// # Errors
    /// If no document names it; the error lists similar codes.
    pub fn parse(code: &str) -> Result<Self, UnknownCode> {
        match all().find(|error| error.code == code) {
            Some(error) => Ok(Self(error)),
            None => {
                Err(UnknownCode { code: code.chars().take(40).collect(), similar: similar(code) })
            }
        }
    }

    /// All codes.
    pub fn all() -> impl Iterator<Item = Self> {
        all().map(Self)
    }

    /// The code as text.
    pub fn as_str(self) -> &'static str {
        self.0.code
    }

    pub(super) fn error(self) -> &'static DocumentedError {
        self.0
    }
}

/// The codes that share the longest prefix with an unknown one.
fn similar(code: &str) -> String {
    let alike = |error: &DocumentedError| {
        error.code.bytes().zip(code.bytes()).take_while(|(a, b)| a == b).count()
    };
    let mut codes: Vec<&DocumentedError> = all().collect();
    codes.sort_by_key(|error| std::cmp::Reverse(alike(error)));
    let codes: Vec<&str> = codes.into_iter().take(MAX_SIMILAR).map(|error| error.code).collect();
    codes.join(", ")
}

impl<'de> Deserialize<'de> for ErrorCode {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(from)?).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_code_stands_once_and_is_found() {
        let codes: BTreeSet<_> = ErrorCode::all().map(ErrorCode::as_str).collect();
        assert_eq!(codes.len(), ErrorCode::all().count());
        for code in codes {
            assert_eq!(ErrorCode::parse(code).unwrap().as_str(), code);
        }
    }

    #[test]
    fn near_codes_are_named() {
        let error = ErrorCode::parse("IC-LAYER2-AUTH-008").unwrap_err().to_string();
        assert!(error.contains("IC-LAYER2-AUTH-006, IC-LAYER2-AUTH-007"), "{error}");
        let error = ErrorCode::parse("EQ-3142518").unwrap_err().to_string();
        assert!(error.contains("EQ-3142514") && error.contains("EQ-3142519"), "{error}");
    }
}
