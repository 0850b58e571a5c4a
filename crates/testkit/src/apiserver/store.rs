//! The objects and their history: what etcd is to the real API server.
//!
//! It assigns versions, keeps the event log and completes deletions; it must not know requests.
use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use jiff::Timestamp;
use serde_json::{Value, json};

use super::CUSTOM_GROUP;

/// The key of an object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ObjectKey {
    pub(crate) group: String,
    pub(crate) resource: String,
    /// Empty for cluster-scoped resources.
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl ObjectKey {
    /// Whether the object has a status subresource and a generation.
    pub(crate) fn is_custom(&self) -> bool {
        self.group == CUSTOM_GROUP
    }
}

/// A change of an object.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub version: u64,
    pub key: ObjectKey,
    /// The object before; `None` if this created it.
    pub before: Option<Value>,
    /// The object after, or its last state if `gone`.
    pub after: Value,
    pub gone: bool,
}

#[derive(Clone, Default)]
pub(super) struct Store {
    version: u64,
    /// Watches from an earlier version get 410 Expired.
    compacted: u64,
    objects: BTreeMap<ObjectKey, Value>,
    changes: Vec<Revision>,
    names: u64,
    clock: WallClock,
}

/// The server's wall clock.
#[derive(Clone)]
pub(super) struct WallClock(pub(super) Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Default for WallClock {
    fn default() -> Self {
        Self(Arc::new(Timestamp::now))
    }
}

impl Store {
    /// The time of day in whole seconds, as Kubernetes stores it.
    pub(super) fn now(&self) -> String {
        Timestamp::from_second((self.clock.0)().as_second()).unwrap_or_default().to_string()
    }

    pub(super) fn set_clock(&mut self, clock: WallClock) {
        self.clock = clock;
    }

    pub(super) fn version(&self) -> u64 {
        self.version
    }

    /// The oldest version that a watch can start from.
    pub(super) fn oldest(&self) -> u64 {
        self.compacted
    }

    pub(super) fn compact(&mut self) {
        self.compacted = self.version;
    }

    pub(super) fn object(&self, key: &ObjectKey) -> Option<&Value> {
        self.objects.get(key)
    }

    pub(super) fn objects(&self) -> impl Iterator<Item = (&ObjectKey, &Value)> {
        self.objects.iter()
    }

    /// An object by resource name, in any group.
    pub(super) fn find(&self, resource: &str, namespace: &str, name: &str) -> Option<&Value> {
        self.objects
            .iter()
            .find(|(key, _)| {
                key.resource == resource && key.namespace == namespace && key.name == name
            })
            .map(|(_, object)| object)
    }

    pub(super) fn of_resource(&self, resource: &str) -> impl Iterator<Item = &Value> {
        self.objects.iter().filter(move |(key, _)| key.resource == resource).map(|(_, o)| o)
    }

    /// The changes after `version`, oldest first.
    pub(super) fn since(&self, version: u64) -> &[Revision] {
        let start = self.changes.partition_point(|change| change.version <= version);
        &self.changes[start..]
    }

    /// Pseudo-random digits that depend only on how often this was called: unique to each creation,
    /// and the same in every run of a test.
    pub(super) fn digits(&mut self) -> u128 {
        self.names += 1;
        let mixed = |seed: u64| {
            // The finalizer of SplitMix64, a bijection: different seeds stay different.
            let mut z = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            z ^ (z >> 31)
        };
        u128::from(mixed(self.names)) << 64 | u128::from(mixed(!self.names))
    }

    /// A uid in the form of a random UUID.
    pub(super) fn uid(&mut self) -> String {
        let hex = format!("{:032x}", self.digits());
        format!("{}-{}-4{}-a{}-{}", &hex[..8], &hex[8..12], &hex[13..16], &hex[17..20], &hex[20..])
    }

    /// Stores an object under a new version and logs the revision, unless nothing has changed.
    /// Removes it instead if it is being deleted and has no finalizers left.
    pub(super) fn commit(&mut self, key: &ObjectKey, mut object: Value) -> Value {
        let before = self.objects.get(key).cloned();
        if let Some(before) = &before {
            object["metadata"]["resourceVersion"] = before["metadata"]["resourceVersion"].clone();
            if object == *before {
                return object;
            }
        }
        let deleting = before.as_ref().is_some_and(is_deleting);
        let gone = deleting && finalizers(&object).is_empty();
        self.version += 1;
        object["metadata"]["resourceVersion"] = json!(self.version.to_string());
        if gone {
            self.objects.remove(key);
        } else {
            self.objects.insert(key.clone(), object.clone());
        }
        let after = object.clone();
        self.changes.push(Revision {
            version: self.version,
            key: key.clone(),
            before,
            after,
            gone,
        });
        object
    }

    /// Removes an object at once.
    pub(super) fn remove(&mut self, key: &ObjectKey) -> Option<Value> {
        let before = self.objects.remove(key)?;
        self.version += 1;
        let mut after = before.clone();
        after["metadata"]["resourceVersion"] = json!(self.version.to_string());
        let before = Some(before);
        let version = self.version;
        self.changes.push(Revision {
            version,
            key: key.clone(),
            before,
            after: after.clone(),
            gone: true,
        });
        Some(after)
    }
}

pub(super) fn is_deleting(object: &Value) -> bool {
    !object["metadata"]["deletionTimestamp"].is_null()
}

pub(super) fn finalizers(object: &Value) -> BTreeSet<&str> {
    let finalizers = object["metadata"]["finalizers"].as_array();
    finalizers.into_iter().flatten().filter_map(Value::as_str).collect()
}
