//! The v3 errors: one violation, and the bodies that carry them.
//!
//! Codes and texts are those of the v3 document's troubleshooting chapter. Which request violates
//! what is not decided here.

use ::http::StatusCode;
use serde_json::{Value, json};

use super::super::http::Reply;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    pub(super) code: &'static str,
    message: &'static str,
    more: String,
    pub(super) property: String,
}

impl Violation {
    pub(super) fn new(
        code: &'static str,
        message: &'static str,
        more: impl Into<String>,
        property: impl Into<String>,
    ) -> Self {
        Self { code, message, more: more.into(), property: property.into() }
    }

    /// A field that is wrong by itself: `IC-LAYER2-402`.
    pub(super) fn field(more: impl Into<String>, property: impl Into<String>) -> Self {
        Self::new("IC-LAYER2-402", "Invalid Request", more, property)
    }

    fn body(&self) -> Value {
        json!({
            "errorCode": self.code,
            "errorMessage": self.message,
            "moreInfo": self.more,
            "property": self.property,
        })
    }
}

/// The refusal of the application itself: an array, one element a violation.
pub(super) fn refused(status: StatusCode, violations: &[Violation]) -> Reply {
    let body = violations.iter().map(Violation::body).collect();
    Reply::new(status, Value::Array(body))
}

/// The refusal of the gateway in front of it: one object.
pub(super) fn plain(status: StatusCode, code: &str, message: &str, more: &str) -> Reply {
    Reply::new(
        status,
        json!({
            "errorCode": code,
            "errorMessage": message,
            "moreInfo": more,
            "property": "",
        }),
    )
}
