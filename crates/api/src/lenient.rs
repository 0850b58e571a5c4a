//! Reading a status that this version of the operator would not write.
//!
//! An older version, a restored backup or another client may have left one in the cluster. One object
//! that cannot be read would end the informer's list, and with it the reconciliation of its whole
//! kind. So whatever cannot be read of a status counts as absent, and the next write replaces it. This
//! module must not be lenient with a spec: what a user wants is never guessed.
//!
//! Fields that only a newer version knows are kept; see [`UnknownFields`].

use serde::{Deserialize, Deserializer, Serialize, de::Error};
use serde_json::{Map, Value};
use serde_path_to_error::{Path, Segment, Track};

/// Fields of a status that this version does not know, because a newer one wrote them. They stay with the
/// object that they are part of, so that an older operator loses nothing of what a newer one needs.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(transparent)]
pub struct UnknownFields(Map<String, Value>);

/// Implements `Serialize` and `Deserialize` for a status that derives both with
/// `#[serde(remote = "Self")]`.
macro_rules! read_leniently {
    ($status:ty) => {
        impl serde::Serialize for $status {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                <$status>::serialize(self, serializer)
            }
        }

        impl<'de> serde::Deserialize<'de> for $status {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                $crate::lenient::read(from, |value, track| {
                    <$status>::deserialize(serde_path_to_error::Deserializer::new(value, track))
                })
            }
        }
    };
}
pub(crate) use read_leniently;

/// Reads with `strict`, and removes the smallest part that it cannot read until it can read the rest.
pub(crate) fn read<'de, D: Deserializer<'de>, T>(
    from: D,
    strict: impl Fn(&Value, &mut Track) -> Result<T, serde_json::Error>,
) -> Result<T, D::Error> {
    let mut value = Value::deserialize(from)?;
    loop {
        let mut track = Track::new();
        match strict(&value, &mut track) {
            Ok(read) => return Ok(read),
            Err(_) if remove(&mut value, &track.path()) => {}
            Err(error) => return Err(D::Error::custom(error)),
        }
    }
}

/// Removes the part at `path`; of an entry of a list, the whole entry. The root becomes an empty
/// object. Whether `value` is another one now.
fn remove(value: &mut Value, path: &Path) -> bool {
    let steps: Vec<&Segment> = path.iter().collect();
    let Some((last, parents)) = steps.split_last() else {
        let empty = Value::Object(Map::new());
        return std::mem::replace(value, empty.clone()) != empty;
    };
    let parent = parents.iter().try_fold(value, |value, step| match step {
        Segment::Map { key } => value.get_mut(key),
        Segment::Seq { index } => value.get_mut(index),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    match (parent, last) {
        (Some(Value::Object(members)), Segment::Map { key }) => members.remove(key).is_some(),
        (Some(Value::Array(entries)), Segment::Seq { index }) if *index < entries.len() => {
            entries.remove(*index);
            true
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::{
        ConnectionApprovalStatus, FabricAccountStatus, FabricConnectionStatus, ServiceProfileStatus,
    };

    #[test]
    fn what_cannot_be_read_counts_as_absent_and_the_rest_is_kept() {
        let status: FabricConnectionStatus = serde_json::from_value(json!({
            "observedGeneration": "seven",
            "phase": "Ready",
            "someday": {"a": 1},
            "conditions": [
                {"type": "Ready", "status": "True"},
                {"type": "InSync", "status": "True", "reason": "InSync", "message": "",
                 "lastTransitionTime": "2021-07-15T19:30:00Z"},
                7,
            ],
            "primary": {
                "uuid": "5f00c000-0000-4000-8000-000000000001",
                "bandwidthMbps": -50,
                "changes": [{"field": "name"}],
            },
            "secondary": "none",
        }))
        .unwrap();
        assert_eq!((status.observed_generation, status.secondary), (None, None));
        assert_eq!(status.phase.as_deref(), Some("Ready"));
        assert_eq!(status.conditions.len(), 1);
        assert_eq!(status.conditions[0].type_, "InSync");
        let primary = status.primary.unwrap();
        assert_eq!(primary.uuid.as_deref(), Some("5f00c000-0000-4000-8000-000000000001"));
        assert_eq!((primary.bandwidth_mbps, primary.changes), (None, vec![]));
    }

    #[test]
    fn what_only_a_newer_version_knows_is_written_again() {
        let newer = json!({
            "observedGeneration": 1,
            "someday": {"a": [1]},
            "primary": {
                "uuid": "5f00c000-0000-4000-8000-000000000001",
                "someday": "b",
                "order": {
                    "name": "Conn-1", "portUuid": "a867f685", "vlanSTag": 1001, "requestHash": "0",
                    "by": "1-2-3", "at": "2021-07-15T19:30:29Z", "attempt": 1, "someday": 3,
                },
                "changes": [{
                    "field": "name", "to": "x", "generation": 1, "at": "2021-07-15T19:30:29Z",
                    "attempts": 1, "awaitedApproval": false, "someday": null,
                }],
            },
            "secondary": {"someday": true},
        });
        let status: FabricConnectionStatus = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!(serde_json::to_value(&status).unwrap(), newer);
        let newer = json!({"phase": "Done", "primary": {"someday": 1}, "someday": 2});
        let status: ConnectionApprovalStatus = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!(serde_json::to_value(&status).unwrap(), newer);
        let newer = json!({"creation": {
            "name": "shop", "by": "1", "at": "2021-07-15T19:30:29Z", "attempt": 1, "someday": 1,
        }, "someday": 2});
        let status: ServiceProfileStatus = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!(serde_json::to_value(&status).unwrap(), newer);
        let newer = json!({"someday": 2});
        let status: FabricAccountStatus = serde_json::from_value(newer.clone()).unwrap();
        assert_eq!(serde_json::to_value(&status).unwrap(), newer);
    }

    #[test]
    fn a_status_of_any_kind_can_be_read_whatever_it_is() {
        for status in [
            json!([]),
            json!("Ready"),
            json!({"conditions": "Ready"}),
            json!({"conditions": [{"type": "Ready", "lastTransitionTime": "yesterday"}]}),
        ] {
            let account = serde_json::from_value::<FabricAccountStatus>(status.clone());
            assert_eq!(account.unwrap(), FabricAccountStatus::default(), "{status}");
            let approval = serde_json::from_value::<ConnectionApprovalStatus>(status.clone());
            assert_eq!(approval.unwrap(), ConnectionApprovalStatus::default(), "{status}");
            let connection = serde_json::from_value::<FabricConnectionStatus>(status.clone());
            assert_eq!(connection.unwrap(), FabricConnectionStatus::default(), "{status}");
            let profile = serde_json::from_value::<ServiceProfileStatus>(status.clone());
            assert_eq!(profile.unwrap(), ServiceProfileStatus::default(), "{status}");
        }
    }
}
