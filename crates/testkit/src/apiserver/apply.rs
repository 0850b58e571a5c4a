//! Server-side apply, and the field ownership that results from other writes.
//!
//! It works on whole objects; it must not decide which part of an object a request may change.
use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::managed_fields::{Comparison, Entries, FieldPath, FieldSet, Manager};

/// Metadata that no manager can own, because the server or the URL determines it.
const UNOWNED: [&str; 11] = [
    "name",
    "namespace",
    "generateName",
    "uid",
    "resourceVersion",
    "generation",
    "creationTimestamp",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "selfLink",
    "managedFields",
];

/// How a list is merged. The real server reads it from the schema.
enum List {
    /// Replaced as a whole.
    Atomic,
    /// A set of scalars.
    Set,
    /// Entries identified by this field.
    Map(&'static str),
}

impl List {
    fn at(path: &[String]) -> Self {
        match path {
            [metadata, list] if metadata == "f:metadata" => match list.as_str() {
                "f:finalizers" => Self::Set,
                "f:ownerReferences" => Self::Map("uid"),
                _ => Self::Atomic,
            },
            [.., list] if list == "f:conditions" => Self::Map("type"),
            _ => Self::Atomic,
        }
    }

    /// The step to an entry, if the list is merged by entries.
    fn step(&self, entry: &Value) -> Option<String> {
        match self {
            Self::Atomic => None,
            Self::Set => Some(format!("v:{entry}")),
            Self::Map(key) => Some(format!("k:{}", json!({ *key: entry.get(key)? }))),
        }
    }
}

/// Merges an applied configuration into the live object and takes ownership of its fields. The
/// fields that the manager has applied before and now leaves out are removed, unless another
/// manager owns them too. Without `force`, returns the fields that others own and want otherwise.
pub(super) fn apply(
    live: &Value,
    config: &Value,
    manager: &Manager,
    force: bool,
) -> Result<Value, Vec<(String, String)>> {
    let mut entries = Entries::of(live);
    let before = entries.fields(manager).cloned().unwrap_or_default();
    let applied: FieldSet = fields(config).into_keys().collect();
    entries.set(manager, applied.clone());

    let mut object = live.clone();
    merge(&mut object, config, &mut Vec::new());
    // The order of paths removes a list entry as a whole before the key that identifies it.
    for path in before.difference(&applied) {
        if !entries.owns_within(path) {
            remove(&mut object, path);
            prune_empty(&mut object, path, &entries);
        }
    }

    let conflicts = entries.take_over(manager, &Comparison::between(live, &object));
    if !force && !conflicts.is_empty() {
        return Err(conflicts);
    }
    entries.write(&mut object);
    Ok(object)
}

/// Books a write that was not an apply: the manager comes to own what it has changed, and everyone
/// else loses it.
pub(super) fn update(live: &Value, object: &mut Value, manager: &Manager) {
    let mut entries = Entries::of(live);
    let difference = Comparison::between(live, object);
    entries.take_over(manager, &difference);
    let mut owned = entries.fields(manager).cloned().unwrap_or_default();
    owned.retain(|path| !difference.removed.contains(path));
    owned.extend(difference.changed);
    entries.set(manager, owned);
    entries.write(object);
}

/// The fields of an object that can be owned, with their values. An entry of a merged list is a
/// field itself, of no value: owning it keeps it in the list.
fn fields(object: &Value) -> BTreeMap<FieldPath, &Value> {
    fn collect<'a>(
        value: &'a Value,
        path: &mut FieldPath,
        out: &mut BTreeMap<FieldPath, &'a Value>,
    ) {
        match value {
            Value::Object(members) if !members.is_empty() => {
                for (name, member) in members {
                    if is_ownable(path, name) {
                        path.push(format!("f:{name}"));
                        collect(member, path, out);
                        path.pop();
                    }
                }
            }
            Value::Array(entries) if !entries.is_empty() => {
                let list = List::at(path);
                let steps: Option<Vec<_>> = entries.iter().map(|e| list.step(e)).collect();
                let Some(steps) = steps else {
                    out.insert(path.clone(), value);
                    return;
                };
                for (step, entry) in steps.into_iter().zip(entries) {
                    path.push(step);
                    out.insert(path.clone(), &Value::Null);
                    if entry.is_object() {
                        collect(entry, path, out);
                    }
                    path.pop();
                }
            }
            _ => {
                out.insert(path.clone(), value);
            }
        }
    }
    let mut out = BTreeMap::new();
    collect(object, &mut Vec::new(), &mut out);
    // An object without anything, or with empty metadata, has no field there.
    out.remove(&Vec::new());
    out.remove(&vec!["f:metadata".to_owned()]);
    out
}

fn is_ownable(parent: &[String], name: &str) -> bool {
    match parent {
        [] => name != "apiVersion" && name != "kind",
        [metadata] if metadata == "f:metadata" => !UNOWNED.contains(&name),
        _ => true,
    }
}

fn merge(live: &mut Value, config: &Value, path: &mut FieldPath) {
    match (live, config) {
        (Value::Object(live), Value::Object(config)) => {
            for (name, wanted) in config {
                path.push(format!("f:{name}"));
                match live.get_mut(name) {
                    Some(live) => merge(live, wanted, path),
                    None => {
                        live.insert(name.clone(), wanted.clone());
                    }
                }
                path.pop();
            }
        }
        (Value::Array(live), Value::Array(config)) => {
            let list = List::at(path);
            if config.iter().chain(live.iter()).any(|entry| list.step(entry).is_none()) {
                live.clone_from(config);
                return;
            }
            for wanted in config {
                let step = list.step(wanted).unwrap_or_default();
                match live.iter_mut().find(|entry| list.step(entry).as_ref() == Some(&step)) {
                    Some(entry) => {
                        path.push(step);
                        merge(entry, wanted, path);
                        path.pop();
                    }
                    None => live.push(wanted.clone()),
                }
            }
        }
        (live, config) => *live = config.clone(),
    }
}

/// The value one step down.
fn child<'a>(value: &'a mut Value, step: &str) -> Option<&'a mut Value> {
    if let Some(name) = step.strip_prefix("f:") {
        return value.get_mut(name);
    }
    let index = entry(value, step)?;
    value.get_mut(index)
}

/// The position of a list entry.
fn entry(list: &Value, step: &str) -> Option<usize> {
    let (kind, wanted) = step.split_once(':')?;
    let wanted: Value = serde_json::from_str(wanted).ok()?;
    list.as_array()?.iter().position(|entry| match (kind, wanted.as_object()) {
        ("k", Some(keys)) => keys.iter().all(|(key, value)| entry.get(key) == Some(value)),
        _ => *entry == wanted,
    })
}

fn remove(object: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let parent = parents.iter().try_fold(object, |value, step| child(value, step));
    match (parent, last.strip_prefix("f:")) {
        (Some(Value::Object(members)), Some(name)) => {
            members.remove(name);
        }
        (Some(parent), None) => {
            if let Some(index) = entry(parent, last) {
                parent.as_array_mut().map(|entries| entries.remove(index));
            }
        }
        _ => {}
    }
}

/// Removes the maps and lists above a removed field that it leaves empty. The top level stays:
/// an object without `metadata` would not be one.
fn prune_empty(object: &mut Value, path: &[String], entries: &Entries) {
    for length in (1..path.len()).rev() {
        let parent = &path[..length];
        let value = parent.iter().try_fold(&mut *object, |value, step| child(value, step));
        let empty = value.is_some_and(|value| match value {
            Value::Object(members) => members.is_empty(),
            Value::Array(entries) => entries.is_empty(),
            _ => false,
        });
        if !empty || parent == ["f:metadata"] || entries.owns_within(parent) {
            return;
        }
        remove(object, parent);
    }
}

impl Comparison {
    fn between(live: &Value, object: &Value) -> Self {
        let (before, after) = (fields(live), fields(object));
        let changed = after.iter().filter(|(path, value)| before.get(*path) != Some(value));
        let changed = changed.map(|(path, _)| path.clone()).collect();
        let removed = before.keys().filter(|path| !after.contains_key(*path)).cloned().collect();
        Self { changed, removed }
    }
}
