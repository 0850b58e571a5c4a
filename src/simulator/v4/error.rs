//! The v4 errors: arrays of `{errorCode, errorMessage, correlationId, details, additionalInfo}`.
//!
//! Shape of the specification's `Error`, whose code has the pattern `EQ-` and seven digits. Which
//! request earns which error is not decided here.

use ::http::StatusCode;
use serde_json::{Map, Value, json};

use super::super::http::{Call, Reply, Unreadable};
use super::super::state::State;

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Problem {
    pub(super) code: &'static str,
    message: &'static str,
    details: Option<String>,
    info: Vec<(Option<String>, Option<String>)>,
}

impl Problem {
    pub(super) fn new(code: &'static str, message: &'static str) -> Self {
        Self { code, message, details: None, info: Vec::new() }
    }

    /// `EQ-3142501` for one property.
    pub(super) fn invalid(property: &str, reason: impl Into<String>) -> Self {
        Self::new("EQ-3142501", "Invalid input").because(property, reason)
    }

    pub(super) fn details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Names the property at fault.
    pub(super) fn at(mut self, property: &str) -> Self {
        self.info.push((Some(property.to_owned()), None));
        self
    }

    /// Names a property at fault and why it is.
    pub(super) fn because(mut self, property: &str, reason: impl Into<String>) -> Self {
        self.info.push((Some(property.to_owned()), Some(reason.into())));
        self
    }

    fn body(self, correlation: &str) -> Value {
        let mut body = json!({
            "errorCode": self.code,
            "errorMessage": self.message,
            "correlationId": correlation,
        });
        if let Some(details) = self.details {
            body["details"] = details.into();
        }
        if !self.info.is_empty() {
            let info = self.info.into_iter().map(|(property, reason)| {
                let property = property.map(|text| ("property".to_owned(), text.into()));
                let reason = reason.map(|text| ("reason".to_owned(), text.into()));
                let fields: Map<_, _> = property.into_iter().chain(reason).collect();
                Value::Object(fields)
            });
            body["additionalInfo"] = info.collect();
        }
        body
    }
}

/// The refusal of a request; all its errors have one correlation id.
pub(super) fn refuse(state: &mut State, status: StatusCode, problems: Vec<Problem>) -> Reply {
    let correlation = state.correlation();
    let body = problems.into_iter().map(|problem| problem.body(&correlation)).collect();
    Reply::new(status, Value::Array(body))
}

/// The refusal of a request that breaks a rule.
pub(super) fn bad(state: &mut State, problem: Problem) -> Reply {
    refuse(state, StatusCode::BAD_REQUEST, vec![problem])
}

/// The body of a request, or the refusal of one that is no JSON.
pub(super) fn json_body(
    state: &mut State,
    call: &Call<'_>,
    invalid: Problem,
) -> Result<Value, Reply> {
    json_body_of(state, call, &["application/json"], invalid)
}

/// The same for other content types.
pub(super) fn json_body_of(
    state: &mut State,
    call: &Call<'_>,
    kinds: &[&str],
    invalid: Problem,
) -> Result<Value, Reply> {
    call.json_of(kinds).map_err(|why| match why {
        Unreadable::MediaType => refuse(
            state,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            vec![invalid.details(format!("The content type must be {}", kinds.join(" or ")))],
        ),
        Unreadable::Json => bad(state, invalid.details("The body must be a JSON document")),
    })
}
