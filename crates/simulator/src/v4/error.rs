//! The v4 errors: arrays of `{errorCode, errorMessage, correlationId, details, additionalInfo}`.
//!
//! Fields of the specification's `Error`; codes and texts are those of the catalogue. Which request
//! earns which error is decided elsewhere.

use http::StatusCode;
use serde_json::{Value, json};

use super::schema::{self, PropertyError};
use crate::{
    catalogue::{DocumentedError, v4 as codes},
    messages::{ApiRequest, ApiResponse, UnreadableBody},
    world::state::WorldState,
};

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct FabricError {
    error: &'static DocumentedError,
    message: &'static str,
    details: String,
    /// Properties and reasons; the root of a body has an empty name.
    info: Vec<(Option<String>, Option<String>)>,
}

impl FabricError {
    /// An error as the example of its code shows it.
    pub(super) fn of(error: &'static DocumentedError) -> Self {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        let info = (given(error.property), given(error.reason));
        let named = info != (None, None);
        Self {
            error,
            message: error.message,
            details: error.more.to_owned(),
            info: if named { vec![info] } else { vec![] },
        }
    }

    /// `EQ-3142501` for one property.
    pub(super) fn invalid(property: &str, reason: impl Into<String>) -> Self {
        Self::of(codes::INVALID).because(property, reason)
    }

    /// The same error with another message that the code has.
    pub(super) fn saying(self, message: &'static str) -> Self {
        Self { message, ..self }
    }

    /// The same error with other details.
    pub(super) fn details(self, details: impl Into<String>) -> Self {
        Self { details: details.into(), ..self }
    }

    /// The same error for another property.
    pub(super) fn at(self, property: &str) -> Self {
        Self { info: vec![(Some(property.to_owned()), None)], ..self }
    }

    /// The same error for another property, with the reason.
    pub(super) fn for_reason(self, property: &str, reason: impl Into<String>) -> Self {
        Self { info: Vec::new(), ..self }.because(property, reason)
    }

    /// Adds a property and the reason why it is wrong.
    pub(super) fn because(mut self, property: &str, reason: impl Into<String>) -> Self {
        self.info.push((Some(property.to_owned()), Some(reason.into())));
        self
    }

    /// Adds all violations of a schema.
    pub(super) fn because_of(self, violations: Vec<PropertyError>) -> Self {
        violations
            .into_iter()
            .fold(self, |it, violation| it.because(&violation.property, violation.reason))
    }

    fn body(self, correlation: &str) -> Value {
        let mut body = json!({
            "errorCode": self.error.code,
            "errorMessage": self.message,
            "correlationId": correlation,
        });
        if !self.details.is_empty() {
            body["details"] = self.details.into();
        }
        if !self.info.is_empty() {
            let info = self.info.into_iter().map(|(property, reason)| {
                let fields = [("property", property), ("reason", reason)].into_iter();
                let given = fields.filter_map(|(name, text)| Some((name.to_owned(), text?.into())));
                Value::Object(given.collect())
            });
            body["additionalInfo"] = info.collect();
        }
        body
    }
}

/// The error response to a request; all errors in it share a correlation id.
pub(super) fn refuse(
    state: &mut WorldState,
    status: StatusCode,
    problems: Vec<FabricError>,
) -> ApiResponse {
    let correlation = state.next_correlation_id();
    let body = problems.into_iter().map(|problem| problem.body(&correlation)).collect();
    ApiResponse::new(status, Value::Array(body))
}

/// The error response with one error, and the status of its code.
pub(super) fn bad(state: &mut WorldState, problem: FabricError) -> ApiResponse {
    refuse(state, problem.error.status, vec![problem])
}

/// Any error of the catalogue.
pub(crate) fn documented(state: &mut WorldState, error: &'static DocumentedError) -> ApiResponse {
    bad(state, FabricError::of(error))
}

/// The body of a request, or the error response if it is not JSON.
pub(super) fn json_body(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    invalid: FabricError,
) -> Result<Value, ApiResponse> {
    json_body_of(state, request, &["application/json"], invalid)
}

/// The body of a request, or the error response if it violates its schema.
pub(super) fn checked_body(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    schema: &'static str,
    invalid: FabricError,
) -> Result<Value, ApiResponse> {
    let body = json_body(state, request, invalid.clone())?;
    let violations = schema::check(schema, &body);
    if violations.is_empty() { Ok(body) } else { Err(bad(state, invalid.because_of(violations))) }
}

/// The body of a request with one of these content types.
pub(super) fn json_body_of(
    state: &mut WorldState,
    request: &ApiRequest<'_>,
    kinds: &[&str],
    invalid: FabricError,
) -> Result<Value, ApiResponse> {
    request.json_of(kinds).map_err(|why| match why {
        UnreadableBody::MediaType => refuse(
            state,
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            vec![invalid.details(format!("The content type must be {}", kinds.join(" or ")))],
        ),
        UnreadableBody::Json => bad(state, invalid.details("The body must be a JSON document")),
    })
}
