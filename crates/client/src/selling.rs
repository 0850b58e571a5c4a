//! What the seller's calls hand over: a profile as it was shown, and which connections are wanted.
//!
//! A profile is replaced as a whole. What this program has no words for goes back as it was shown,
//! so that a replacement changes nothing that nobody asked to be changed.

use serde_json::{Map, Value};

use fabric_domain::{OwnProfile, ProfileId};

/// One of the account's own profiles, as it was shown.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownProfile {
    /// What could be read.
    pub profile: OwnProfile,
    /// Its version, where the dialect has versions.
    pub version: Option<String>,
    /// All of it.
    pub(super) body: Value,
}

/// Which connections at the account's own profiles.
#[derive(Debug, Clone, Copy)]
pub enum IncomingFilter<'a> {
    /// Those that wait for their seller's decision. At whose profile, each one tells.
    Waiting,
    /// Those of one profile that are not gone.
    Through(&'a ProfileId),
}

/// What an offering can hold on a dialect. Asked before anything is promised.
#[allow(clippy::struct_excessive_bools, reason = "facts that have nothing to do with each other")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferingCapabilities {
    /// Profiles that are for test connections.
    pub test_profiles: bool,
    /// One VLAN for both halves of a pair.
    pub same_vlan: bool,
    /// Questions with a list to choose from.
    pub choices: bool,
    /// Profiles without a description.
    pub undescribed: bool,
}

/// Takes into `out` what differs between `was` and `shall`, at any depth; whatever else `out` holds
/// stays as it is.
pub(super) fn overlay(
    out: &mut Map<String, Value>,
    was: &Map<String, Value>,
    shall: &Map<String, Value>,
) {
    for name in was.keys().filter(|name| !shall.contains_key(*name)) {
        out.remove(name);
    }
    for (name, value) in shall {
        let shown = out.get_mut(name).filter(|shown| !shown.is_null());
        match (shown, was.get(name), value) {
            (Some(_), Some(was), shall) if was == shall => {}
            (Some(Value::Object(out)), Some(Value::Object(was)), Value::Object(shall)) => {
                overlay(out, was, shall);
            }
            _ => {
                out.insert(name.clone(), value.clone());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn only_what_differs_is_taken_over() {
        let map = |value: Value| value.as_object().unwrap().clone();
        let mut out = map(json!({
            "tags": ["a"], "name": "Old", "gone": 1, "label": "as shown",
            "api": {"available": false, "extra": 7}, "null": null,
        }));
        overlay(
            &mut out,
            &map(
                json!({"name": "Old", "gone": 1, "label": "as read", "api": {"available": false}, "null": null}),
            ),
            &map(
                json!({"name": "New", "label": "as read", "api": {"available": true}, "null": null, "more": 2}),
            ),
        );
        let expected = json!({
            "tags": ["a"], "name": "New", "label": "as shown",
            "api": {"available": true, "extra": 7}, "null": null, "more": 2,
        });
        assert_eq!(Value::Object(out), expected);
    }
}
