//! `metadata.managedFields`: which manager owns which field, in the notation of the real server, so
//! that tests see what kubectl shows.
//!
//! A field is a path of that notation's steps: `f:spec`, `f:metro`; `k:{"type":"Ready"}` for an
//! entry of a list merged by key, `v:"x"` for one of a set. It records ownership; it must not look
//! at the values of fields.
use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// The steps to a field, as `managedFields` writes them.
pub(super) type FieldPath = Vec<String>;
pub(super) type FieldSet = BTreeSet<FieldPath>;

/// A field manager; these fields together identify its entry in `managedFields`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Manager {
    pub name: String,
    /// `Apply` or `Update`.
    pub operation: &'static str,
    pub subresource: String,
    pub api_version: String,
    /// The time of the request.
    pub time: String,
}

/// The fields that a write changes.
pub(super) struct Comparison {
    /// Added or modified.
    pub changed: FieldSet,
    pub removed: FieldSet,
}

/// The parsed `metadata.managedFields`.
pub(super) struct Entries(Vec<(Map<String, Value>, FieldSet)>);

impl Entries {
    pub(super) fn of(object: &Value) -> Self {
        let entries = object["metadata"]["managedFields"].as_array().into_iter().flatten();
        let entries = entries.filter_map(Value::as_object).map(|entry| {
            let mut owned = FieldSet::new();
            let tree = entry.get("fieldsV1").unwrap_or(&Value::Null);
            read_fields(tree, &mut Vec::new(), &mut owned);
            (entry.clone(), owned)
        });
        Self(entries.collect())
    }

    pub(super) fn fields(&self, manager: &Manager) -> Option<&FieldSet> {
        self.0.iter().find(|(entry, _)| manager.is(entry)).map(|(_, fields)| fields)
    }

    /// Sets the fields that a manager owns. An unchanged entry keeps its time, so that a write
    /// without effect does not create a new version.
    pub(super) fn set(&mut self, manager: &Manager, fields: FieldSet) {
        match self.0.iter_mut().find(|(entry, _)| manager.is(entry)) {
            Some((_, owned)) if *owned == fields => {}
            Some(entry) => *entry = (manager.entry(), fields),
            None => self.0.push((manager.entry(), fields)),
        }
    }

    /// Removes changed and removed fields from all other managers, and returns the conflicts: the
    /// changed fields that they owned. Removed fields had no other owner.
    pub(super) fn take_over(
        &mut self,
        by: &Manager,
        difference: &Comparison,
    ) -> Vec<(String, String)> {
        let mut conflicts = Vec::new();
        for (entry, owned) in self.0.iter_mut().filter(|(entry, _)| !by.is(entry)) {
            let other = entry["manager"].as_str().unwrap_or_default();
            let taken = owned.intersection(&difference.changed);
            conflicts.extend(taken.map(|path| (other.to_owned(), display(path))));
            owned.retain(|path| {
                !difference.changed.contains(path) && !difference.removed.contains(path)
            });
        }
        conflicts
    }

    /// Whether a manager owns this field or one inside it.
    pub(super) fn owns_within(&self, path: &[String]) -> bool {
        self.0.iter().any(|(_, owned)| owned.iter().any(|field| field.starts_with(path)))
    }

    pub(super) fn write(self, object: &mut Value) {
        let entries = self.0.into_iter().filter(|(_, owned)| !owned.is_empty());
        let entries: Vec<Value> = entries
            .map(|(mut entry, owned)| {
                entry.insert("fieldsType".to_owned(), json!("FieldsV1"));
                entry.insert("fieldsV1".to_owned(), write_fields(&owned));
                Value::Object(entry)
            })
            .collect();
        if !entries.is_empty() {
            object["metadata"]["managedFields"] = Value::Array(entries);
        } else if let Some(metadata) = object["metadata"].as_object_mut() {
            metadata.remove("managedFields");
        }
    }
}

impl Manager {
    fn is(&self, entry: &Map<String, Value>) -> bool {
        let text = |key| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        text("manager") == self.name
            && text("operation") == self.operation
            && text("subresource") == self.subresource
            && text("apiVersion") == self.api_version
    }

    fn entry(&self) -> Map<String, Value> {
        let mut entry = Map::new();
        entry.insert("manager".to_owned(), json!(self.name));
        entry.insert("operation".to_owned(), json!(self.operation));
        entry.insert("apiVersion".to_owned(), json!(self.api_version));
        entry.insert("time".to_owned(), json!(self.time));
        if !self.subresource.is_empty() {
            entry.insert("subresource".to_owned(), json!(self.subresource));
        }
        entry
    }
}

/// `FieldsV1`: nested by step, `{}` for a field, and `.` for a field that has others inside.
fn read_fields(tree: &Value, path: &mut FieldPath, out: &mut FieldSet) {
    let Some(children) = tree.as_object() else {
        return;
    };
    if (children.is_empty() && !path.is_empty()) || children.contains_key(".") {
        out.insert(path.clone());
    }
    for (step, tree) in children.iter().filter(|(step, _)| *step != ".") {
        path.push(step.clone());
        read_fields(tree, path, out);
        path.pop();
    }
}

fn write_fields(fields: &FieldSet) -> Value {
    let mut tree = json!({});
    for path in fields {
        let mut node = &mut tree;
        for step in path {
            node = &mut node[step];
            if node.is_null() {
                *node = json!({});
            }
        }
        // Sorted paths have a field before those inside it.
        let has_inside =
            fields.iter().any(|other| other.len() > path.len() && other.starts_with(path));
        if has_inside {
            node["."] = json!({});
        }
    }
    tree
}

/// `.spec.metro`, `.status.conditions[{"type":"Ready"}].status`.
fn display(path: &FieldPath) -> String {
    let steps = path.iter().map(|step| match step.split_once(':') {
        Some(("f", name)) => format!(".{name}"),
        Some((_, entry)) => format!("[{entry}]"),
        None => step.clone(),
    });
    steps.collect()
}
