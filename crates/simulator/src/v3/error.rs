//! The v3 errors: one violation, and the bodies that carry them.
//!
//! Codes and texts are those of the catalogue. Which request earns which error is decided
//! elsewhere.

use http::StatusCode;
use serde_json::{Map, Value, json};

use crate::{
    catalogue::{DocumentedError, v3 as codes},
    messages::{ApiRequest, ApiResponse, UnreadableBody},
    world::state::WorldState,
};

/// One thing that is wrong with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Violation {
    error: &'static DocumentedError,
    more: String,
    property: String,
}

impl Violation {
    /// A violation as the example of the code shows it.
    pub(super) fn of(error: &'static DocumentedError) -> Self {
        Self { error, more: error.more.to_owned(), property: error.property.to_owned() }
    }

    /// An invalid field: `IC-LAYER2-402`.
    pub(super) fn field(more: impl Into<String>, property: impl Into<String>) -> Self {
        Self { more: more.into(), ..Self::of(codes::FIELD).at(property) }
    }

    /// The same violation of another field.
    pub(super) fn at(self, property: impl Into<String>) -> Self {
        Self { property: property.into(), ..self }
    }

    /// The same violation with other particulars.
    pub(super) fn saying(self, more: impl Into<String>) -> Self {
        Self { more: more.into(), ..self }
    }

    fn body(&self) -> Value {
        json!({
            "errorCode": self.error.code,
            "errorMessage": self.error.message,
            "moreInfo": self.more,
            "property": self.property,
        })
    }
}

/// The error response of the application: an array with an element for each violation.
pub(super) fn refused(status: StatusCode, violations: &[Violation]) -> ApiResponse {
    let body = violations.iter().map(Violation::body).collect();
    ApiResponse::new(status, Value::Array(body))
}

/// The error response to a request with one violation.
pub(super) fn bad(violation: Violation) -> ApiResponse {
    refused(StatusCode::BAD_REQUEST, &[violation])
}

/// The error response of the gateway: one object.
pub(super) fn plain(violation: &Violation) -> ApiResponse {
    ApiResponse::new(violation.error.status, violation.body())
}

/// The gateway's response to an unknown path.
pub(super) fn no_path(state: &WorldState, request: &ApiRequest<'_>) -> ApiResponse {
    let now = state.clock.at(state.clock.now());
    ApiResponse::new(
        codes::NO_PATH.status,
        json!({
            "errorCode": codes::NO_PATH.code,
            "errorMessage": codes::NO_PATH.message,
            "path": request.path,
            "timestamp": now.as_millisecond().to_string(),
        }),
    )
}

/// Any error of the catalogue, as the application or the gateway prints it.
pub(crate) fn documented(
    state: &WorldState,
    request: &ApiRequest<'_>,
    error: &'static DocumentedError,
) -> ApiResponse {
    let violation = Violation::of(error);
    if error == codes::NO_PATH {
        no_path(state, request)
    } else if error.code.starts_with("IC-") {
        refused(error.status, &[violation])
    } else {
        plain(&violation)
    }
}

/// The body of a request, or the error response if it is no JSON object.
pub(super) fn object(request: &ApiRequest<'_>) -> Result<Map<String, Value>, ApiResponse> {
    match request.json() {
        Ok(Value::Object(body)) => Ok(body),
        Ok(_) | Err(UnreadableBody::Json) => {
            Err(bad(Violation::field("The body must be a JSON object", "")))
        }
        Err(UnreadableBody::MediaType) => Err(plain(&Violation::of(codes::MEDIA_TYPE))),
    }
}
