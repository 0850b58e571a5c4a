//! Label and field selectors, and the collections that they select from.
//!
//! It supports equality and existence of labels, and equality of name and namespace. It rejects all
//! other selectors, so that no test passes because a requirement was ignored.
use serde_json::Value;

use super::{request::ApiserverRequest, response::StatusError, store::ObjectKey};

/// The objects that a list, a watch or a deletion of a collection selects.
pub(super) struct Selection {
    group: String,
    resource: String,
    namespace: String,
    requirements: Vec<Requirement>,
}

struct Requirement {
    /// `/metadata/labels/app`.
    pointer: String,
    /// `None` if the label only has to exist.
    value: Option<String>,
    negated: bool,
}

impl Selection {
    pub(super) fn of(call: &ApiserverRequest) -> Result<Self, StatusError> {
        let mut requirements = Vec::new();
        for term in terms(call.query("labelSelector")) {
            requirements.push(Requirement::on_label(term)?);
        }
        for term in terms(call.query("fieldSelector")) {
            requirements.push(Requirement::on_field(term)?);
        }
        let request = &call.request;
        Ok(Self {
            group: request.group.clone(),
            resource: request.resource.clone(),
            namespace: request.namespace.clone(),
            requirements,
        })
    }

    /// Whether the collection contains this key.
    pub(super) fn covers(&self, key: &ObjectKey) -> bool {
        key.group == self.group
            && key.resource == self.resource
            && (self.namespace.is_empty() || key.namespace == self.namespace)
    }

    /// Whether an object of a covered key meets the requirements.
    pub(super) fn matches(&self, object: &Value) -> bool {
        self.requirements.iter().all(|requirement| requirement.holds(object))
    }
}

impl Requirement {
    fn on_label(term: &str) -> Result<Self, StatusError> {
        if term.contains(['(', ')', ' ', '<', '>']) {
            return Err(unsupported("label", term));
        }
        let (label, value, negated) = match (equality(term), term.strip_prefix('!')) {
            (Some((label, value, negated)), _) => (label, Some(value.to_owned()), negated),
            (None, Some(label)) => (label, None, true),
            (None, None) => (term, None, false),
        };
        let label = label.replace('~', "~0").replace('/', "~1");
        Ok(Self { pointer: format!("/metadata/labels/{label}"), value, negated })
    }

    fn on_field(term: &str) -> Result<Self, StatusError> {
        match equality(term) {
            Some((field @ ("metadata.name" | "metadata.namespace"), value, negated)) => Ok(Self {
                pointer: format!("/{}", field.replace('.', "/")),
                value: Some(value.to_owned()),
                negated,
            }),
            _ => Err(unsupported("field", term)),
        }
    }

    fn holds(&self, object: &Value) -> bool {
        let found = object.pointer(&self.pointer).and_then(Value::as_str);
        let holds = match &self.value {
            Some(value) => found == Some(value),
            None => found.is_some(),
        };
        holds != self.negated
    }
}

fn terms(selector: Option<&str>) -> impl Iterator<Item = &str> {
    selector.into_iter().flat_map(|selector| selector.split(','))
}

/// Splits `a=b`, `a==b` or `a!=b`; the flag is true for the last.
fn equality(term: &str) -> Option<(&str, &str, bool)> {
    let (left, right) = term.split_once('=')?;
    match left.strip_suffix('!') {
        Some(left) => Some((left, right, true)),
        None => Some((left, right.strip_prefix('=').unwrap_or(right), false)),
    }
}

fn unsupported(kind: &str, term: &str) -> StatusError {
    StatusError::bad_request(format!("{kind} selector not supported: {term}"))
}
