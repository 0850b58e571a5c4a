//! JSON Patch (RFC 6902), the operations that service profiles support: add, remove, replace.
//!
//! It works on any document and knows nothing of profiles.

use serde_json::Value;

/// Applies operations in sequence; their schema has been checked.
///
/// # Errors
/// The first path at which the operation is impossible.
pub(super) fn apply(document: &mut Value, operations: &Value) -> Result<(), String> {
    for operation in operations.as_array().into_iter().flatten() {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let value = operation.get("value").cloned();
        let (op, path) = (text("op"), text("path"));
        one(document, op, path, value).ok_or_else(|| path.to_owned())?;
    }
    Ok(())
}

fn one(document: &mut Value, op: &str, path: &str, value: Option<Value>) -> Option<()> {
    let (parent, name) = path.rsplit_once('/')?;
    let name = name.replace("~1", "/").replace("~0", "~");
    match (document.pointer_mut(parent)?, op) {
        (Value::Object(fields), "add") => {
            fields.insert(name, value?);
        }
        (Value::Object(fields), "replace") => *fields.get_mut(&name)? = value?,
        (Value::Object(fields), "remove") => {
            fields.remove(&name)?;
        }
        (Value::Array(items), "add") => {
            let at = if name == "-" { items.len() } else { name.parse().ok()? };
            if at > items.len() {
                return None;
            }
            items.insert(at, value?);
        }
        (Value::Array(items), "replace") => *items.get_mut(name.parse::<usize>().ok()?)? = value?,
        (Value::Array(items), "remove") => {
            let at = name.parse::<usize>().ok().filter(|at| *at < items.len())?;
            items.remove(at);
        }
        _ => return None,
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn operations_change_fields_and_items() {
        let mut document = json!({"a": {"b": [1, 2]}, "c/d": 3});
        let operations = json!([
            {"op": "add", "path": "/a/b/-", "value": 3},
            {"op": "add", "path": "/a/b/0", "value": 0},
            {"op": "remove", "path": "/a/b/1"},
            {"op": "replace", "path": "/c~1d", "value": null},
            {"op": "add", "path": "/e", "value": []},
        ]);
        assert_eq!(apply(&mut document, &operations), Ok(()));
        assert_eq!(document, json!({"a": {"b": [0, 2, 3]}, "c/d": null, "e": []}));
        for (op, path) in [
            ("replace", "/none"),
            ("remove", "/none"),
            ("remove", "/a/b/9"),
            ("add", "/a/b/9"),
            ("add", "/none/deep"),
            ("replace", "/a/b/x"),
            ("add", ""),
        ] {
            let operations = json!([{"op": op, "path": path, "value": 1}]);
            assert_eq!(apply(&mut document, &operations), Err(path.to_owned()), "{op} {path}");
        }
    }
}
