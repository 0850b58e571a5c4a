//! Responses: objects, and errors as Kubernetes `Status` objects.
//!
//! It only builds responses; the caller decides which one to send.
use http::StatusCode;
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};

use super::{ApiserverResponse, request::RequestInfo};

/// The error of a request, as Kubernetes' `Status` reports it.
#[derive(Clone, Debug)]
pub(super) struct StatusError {
    pub status: StatusCode,
    reason: String,
    message: String,
    details: Value,
}

impl StatusError {
    pub(super) fn new(status: StatusCode, reason: &str, message: impl Into<String>) -> Self {
        let (reason, message) = (reason.to_owned(), message.into());
        Self { status, reason, message, details: json!({}) }
    }

    /// Adds the `details`, which name the object.
    fn about(mut self, request: &RequestInfo) -> Self {
        self.details =
            json!({ "name": request.name, "group": request.group, "kind": request.resource });
        self
    }

    pub(super) fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "BadRequest", message)
    }

    pub(super) fn method_not_allowed() -> Self {
        Self::new(
            StatusCode::METHOD_NOT_ALLOWED,
            "MethodNotAllowed",
            "the server does not allow this method on the requested resource",
        )
    }

    pub(super) fn unsupported_media_type(content_type: &str) -> Self {
        let message = format!("the body of the request was in an unknown format: {content_type}");
        Self::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "UnsupportedMediaType", message)
    }

    pub(super) fn not_found(request: &RequestInfo) -> Self {
        let message = format!("{} \"{}\" not found", request.qualified_resource(), request.name);
        Self::new(StatusCode::NOT_FOUND, "NotFound", message).about(request)
    }

    pub(super) fn already_exists(request: &RequestInfo, name: &str) -> Self {
        let message = format!("{} \"{name}\" already exists", request.qualified_resource());
        let mut error = Self::new(StatusCode::CONFLICT, "AlreadyExists", message).about(request);
        error.details["name"] = name.into();
        error
    }

    pub(super) fn conflict(request: &RequestInfo, why: &str) -> Self {
        let message = format!(
            "Operation cannot be fulfilled on {} \"{}\": {why}",
            request.qualified_resource(),
            request.name
        );
        Self::new(StatusCode::CONFLICT, "Conflict", message).about(request)
    }

    /// The conflict of a write with an outdated resourceVersion.
    pub(super) fn modified(request: &RequestInfo) -> Self {
        Self::conflict(
            request,
            "the object has been modified; please apply your changes to the latest version and \
             try again",
        )
    }

    /// The conflict of an unforced apply with fields that other managers own.
    pub(super) fn owned_by_others(request: &RequestInfo, conflicts: &[(String, String)]) -> Self {
        let list: Vec<_> =
            conflicts.iter().map(|(manager, field)| format!("{manager:?}: {field}")).collect();
        let message = format!(
            "Apply failed with {} conflict(s): conflicts with {}",
            conflicts.len(),
            list.join(", ")
        );
        let mut error = Self::new(StatusCode::CONFLICT, "Conflict", message).about(request);
        error.details["causes"] = conflicts
            .iter()
            .map(|(manager, field)| {
                json!({
                    "reason": "FieldManagerConflict",
                    "message": format!("conflict with {manager:?}"),
                    "field": field,
                })
            })
            .collect();
        error
    }

    pub(super) fn invalid(request: &RequestInfo, field: &str, why: &str) -> Self {
        let message =
            format!("{} \"{}\" is invalid: {field}: {why}", request.resource, request.name);
        let mut error =
            Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message).about(request);
        error.details["causes"] =
            json!([{ "reason": "FieldValueInvalid", "message": why, "field": field }]);
        error
    }

    /// A JSON patch that does not fit the object.
    pub(super) fn patch_failed(why: &str) -> Self {
        let message =
            format!("the server rejected our request due to an error in our request: {why}");
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "Invalid", message)
    }

    pub(super) fn expired(version: u64, oldest: u64) -> Self {
        let message = format!("too old resource version: {version} ({oldest})");
        Self::new(StatusCode::GONE, "Expired", message)
    }

    pub(super) fn reply_lost() -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "InternalError", "an error on the server")
    }

    /// The `Status` object.
    pub(super) fn object(&self) -> Value {
        json!({
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
            "reason": self.reason,
            "details": self.details,
            "code": self.status.as_u16(),
        })
    }

    pub(super) fn response(&self) -> ApiserverResponse {
        object(self.status, &self.object())
    }
}

/// The `Status` object for a deletion that is done.
pub(super) fn deleted(request: &RequestInfo, uid: &Value) -> Value {
    json!({
        "kind": "Status",
        "apiVersion": "v1",
        "metadata": {},
        "status": "Success",
        "details": {
            "name": request.name, "group": request.group, "kind": request.resource, "uid": uid,
        },
    })
}

pub(super) fn object(status: StatusCode, object: &Value) -> ApiserverResponse {
    let mut reply = ApiserverResponse::new(Full::from(object.to_string()).boxed_unsync());
    *reply.status_mut() = status;
    reply
        .headers_mut()
        .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/json"));
    reply
}
