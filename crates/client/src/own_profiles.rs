//! What the seller's calls exchange: profiles as the provider shows them, and which incoming
//! connections to list.
//!
//! A replacement replaces a whole profile. So what this program does not model goes back as it was
//! shown, and a replacement changes only what differs between two offerings. What to replace is the
//! caller's decision.

use serde_json::{Map, Value};

use fabric_domain::{Incoming, OwnProfile, ProfileId};

/// One of the account's own profiles, as the provider shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct ShownProfile {
    /// What this program models of it.
    pub profile: OwnProfile,
    /// Its entity tag, where the dialect has one.
    pub version: Option<String>,
    /// All of it.
    pub(crate) body: Value,
}

/// Which connections at the account's own profiles to list.
#[derive(Debug, Clone, Copy)]
pub enum IncomingFilter<'a> {
    /// Those that wait for their seller's decision, at any of the profiles.
    Waiting,
    /// Those of one profile that are not deleted.
    Through(&'a ProfileId),
}

impl IncomingFilter<'_> {
    /// Whether the filter admits a connection. The API's own filters are coarser.
    pub(crate) fn admits(self, incoming: &Incoming) -> bool {
        match self {
            Self::Waiting => incoming.asks.is_some(),
            // The API was asked for this profile's, and may leave out what it was asked for.
            Self::Through(profile) => incoming.profile.as_ref().is_none_or(|at| at == profile),
        }
    }
}

/// What an offering may hold on a dialect. Callers check it before they promise anything.
#[allow(clippy::struct_excessive_bools, reason = "independent facts")]
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OfferingCapabilities {
    /// Profiles for test connections.
    pub test_profiles: bool,
    /// The same VLAN for both connections of a pair.
    pub same_vlan: bool,
    /// Questions with a list of answers to choose from.
    pub choices: bool,
    /// Profiles without a description.
    pub undescribed: bool,
}

/// Changes in `out` what differs between `was` and `shall`, at any depth; everything else in `out`
/// stays as it is.
pub(crate) fn overlay(
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
    fn only_what_differs_changes() {
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
