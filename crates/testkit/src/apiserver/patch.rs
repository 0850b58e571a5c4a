//! JSON patch and JSON merge patch, which change an object without regard to field ownership.
//!
//! It must not protect metadata: `strategy` does, when the result is written.
use json_patch::{Patch, PatchErrorKind, PatchOperation};
use serde_json::Value;

use super::response::StatusError;

/// JSON merge patch (RFC 7396).
pub(super) fn merge(object: &mut Value, body: &[u8]) -> Result<(), StatusError> {
    let patch: Value = serde_json::from_slice(body)
        .map_err(|error| StatusError::bad_request(format!("unreadable merge patch: {error}")))?;
    json_patch::merge(object, &patch);
    Ok(())
}

/// JSON patch (RFC 6902), with the one deviation of the API server's library: a `test` for null
/// passes if the member is absent. Adding a finalizer relies on it.
pub(super) fn json(object: &mut Value, body: &[u8]) -> Result<(), StatusError> {
    let Patch(operations) = serde_json::from_slice(body)
        .map_err(|error| StatusError::bad_request(format!("unreadable JSON patch: {error}")))?;
    let mut patched = object.clone();
    for operation in operations {
        if is_test_for_absence(&operation, &patched) {
            continue;
        }
        json_patch::patch(&mut patched, &[operation]).map_err(|error| match error.kind {
            PatchErrorKind::TestFailed => StatusError::patch_failed("testing value failed"),
            _ => StatusError::patch_failed(&error.to_string()),
        })?;
    }
    *object = patched;
    Ok(())
}

fn is_test_for_absence(operation: &PatchOperation, object: &Value) -> bool {
    let PatchOperation::Test(test) = operation else {
        return false;
    };
    let path = test.path.as_str();
    let parent = path.rsplit_once('/').and_then(|(parent, _)| object.pointer(parent));
    test.value.is_null() && parent.is_some_and(Value::is_object) && object.pointer(path).is_none()
}
