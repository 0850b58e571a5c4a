//! What proves whose a connection is, and what does not.

use jiff::Timestamp;
use serde_json::{Value, json};

use fabric_domain::{ConnectionId, EquinixStatus, ProviderStatus, ZSideSeen};

use super::*;

pub(in crate::connection) const PORT: &str = "a867f685-41b0-1b07-6de0-320a5c00abdd";

pub(in crate::connection) fn owner(cluster: &str, resource: &str) -> Owner {
    Owner { cluster_uid: cluster.into(), resource_uid: resource.into() }
}

/// A resource, created at 12:00, with a name of the user's unless `spec` says otherwise.
pub(in crate::connection) fn object(spec: &Value) -> FabricConnection {
    let mut all = json!({
        "account": "default", "name": "Conn-1", "bandwidthMbps": 50,
        "notifications": ["test@example.com"],
        "aSide": {"port": {"uuid": PORT}, "linkProtocol": {"type": "DOT1Q", "vlanTag": 1001}},
        "zSide": {"serviceProfile": {"name": "AWS Direct Connect"}},
    });
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricConnection",
        "metadata": {"name": "line", "namespace": "network", "uid": "here",
            "creationTimestamp": "2026-01-05T12:00:00Z"},
        "spec": all,
    }))
    .unwrap()
}

pub(in crate::connection) fn identity(
    object: &FabricConnection,
    status_owner: StatusOwner,
) -> Identity<'_> {
    let ports = ByLeg::of(|_| SpecPort::Known(PortId::parse(PORT).unwrap()));
    let ahead = Some(SignedDuration::ZERO);
    Identity::new(object, owner("cluster", "here"), status_owner, ahead, ports)
}

/// A connection on the port and tag of the spec, created at 12:10, without a mark.
pub(in crate::connection) fn line() -> Connection {
    Connection {
        id: ConnectionId::parse("5f00c000").unwrap(),
        name: "Conn-1".into(),
        equinix_status: EquinixStatus::Provisioned,
        provider_status: ProviderStatus::Provisioned,
        reference: None,
        bandwidth: Some(50),
        port: PortId::parse(PORT).ok(),
        tags: Some(Tags { s_tag: 1001, c_tag: None }),
        metro: None,
        z_side: ZSideSeen::default(),
        redundancy: None,
        provider_connection_id: None,
        notifications: vec![],
        term: None,
        change: None,
        created: Some("2026-01-05T12:10:00Z".parse().unwrap()),
        operational: None,
        faults: vec![],
    }
}

fn marked(owner: &Owner) -> Connection {
    Connection { reference: Some(mark(owner, Leg::Primary)), ..line() }
}

fn at(time: &str) -> Timestamp {
    format!("2026-01-05T{time}Z").parse().unwrap()
}

#[test]
fn a_mark_stands_for_one_leg_of_one_resource_of_one_cluster() {
    let here = owner("cluster", "here");
    let first = mark(&here, Leg::Primary);
    assert!(is_mark(&first) && first.len() == 26, "{first}");
    assert!(reference(&here, Leg::Secondary).is_some());
    let others = [
        mark(&here, Leg::Secondary),
        mark(&owner("cluster", "there"), Leg::Primary),
        mark(&owner("another", "here"), Leg::Primary),
    ];
    assert!(others.iter().all(|other| *other != first && is_mark(other)), "{others:?}");
    for text in ["", "fo-", "fo-12345g-0123456789abcdef", "PO-4711", "fo-123456-0123"] {
        assert!(!is_mark(text), "{text}");
    }
}

#[test]
fn only_an_owner_that_is_gone_from_this_cluster_is_replaced() {
    let this = owner("cluster", "here");
    let (there, abroad) = (owner("cluster", "there"), owner("another", "there"));
    let of = |named, exists| StatusOwner::of(named, &this, |_| exists);
    assert_eq!(of(None, None), StatusOwner::This);
    assert_eq!(of(Some(&this), Some(true)), StatusOwner::This);
    assert_eq!(of(Some(&there), Some(false)), StatusOwner::Gone(there.clone()));
    assert_eq!(of(Some(&there), Some(true)), StatusOwner::Another);
    assert_eq!(of(Some(&there), None), StatusOwner::Another, "not known to be gone");
    assert_eq!(of(Some(&abroad), Some(false)), StatusOwner::Another, "it may be there");
}

#[test]
fn an_id_in_status_needs_a_connection_that_proves_it() {
    let object = object(&json!({}));
    let identity = identity(&object, StatusOwner::This);
    let owns = |line: &Connection| identity.owns(line, Leg::Primary, None);
    assert!(owns(&line()), "name, port, tags and age");
    assert!(owns(&marked(&owner("cluster", "here"))));
    assert!(!owns(&marked(&owner("another", "here"))), "another cluster's");
    let moved = Connection { tags: Some(Tags { s_tag: 3000, c_tag: None }), ..line() };
    assert!(owns(&moved), "Equinix may move it");
    let renamed = Connection { name: "Portal".into(), ..line() };
    assert!(owns(&renamed), "a user may rename it");
    let stranger = Connection { name: "Victim".into(), ..moved.clone() };
    assert!(!owns(&stranger));
    let adopted = self::object(&json!({"adopt": {"uuid": "5F00C000"}}));
    assert!(self::identity(&adopted, StatusOwner::This).owns(&stranger, Leg::Primary, None));
    let older = Connection { created: "2026-01-01T00:00:00Z".parse().ok(), ..line() };
    assert!(!owns(&older), "it was there before the resource");
    let timeless = Connection { created: None, ..moved };
    assert!(!owns(&timeless), "without its age, name and place are both needed");
}

#[test]
fn a_restored_resource_takes_up_what_the_one_before_had_marked() {
    let former = owner("cluster", "before");
    let object = object(&json!({}));
    let line = marked(&former);
    let this = identity(&object, StatusOwner::This);
    assert!(!this.owns(&line, Leg::Primary, None));
    let restored = identity(&object, StatusOwner::Gone(former));
    assert!(restored.owns(&line, Leg::Primary, None));
    let elsewhere =
        Connection { name: "Other".into(), tags: Some(Tags { s_tag: 7, c_tag: None }), ..line };
    assert!(!restored.owns(&elsewhere, Leg::Primary, None), "status alone says so");
}

/// Who may write status can name an owner that never was: that alone makes nothing this resource's.
#[test]
fn a_forged_owner_makes_no_connection_ours() {
    let object = object(&json!({}));
    let forged = identity(&object, StatusOwner::Gone(owner("cluster", "never was")));
    let owns = |line: &Connection| forged.owns(line, Leg::Primary, None);
    let older = Connection { created: "2026-01-01T00:00:00Z".parse().ok(), ..line() };
    assert!(owns(&older), "name, port and tags are all the spec's");
    assert!(!owns(&Connection { name: "Victim".into(), ..older.clone() }));
    let elsewhere = Some(Tags { s_tag: 7, c_tag: None });
    assert!(!owns(&Connection { tags: elsewhere, ..older }));
}

/// An order that was recorded at 12:09:50, by both clocks.
pub(in crate::connection) fn intent(reference: bool) -> OrderIntent {
    let mark = mark(&owner("cluster", "here"), Leg::Primary);
    serde_json::from_value(json!({
        "name": "Conn-1", "portUuid": PORT, "vlanSTag": 1001, "requestHash": "0", "by": "1",
        "at": "2026-01-05T12:09:50Z", "attempt": 1, "reference": reference.then_some(mark),
        "providerTime": "2026-01-05T12:09:50Z", "attemptProviderTime": "2026-01-05T12:09:50Z",
    }))
    .unwrap()
}

/// On v3, connections on one S-tag show no C-tag: an older neighbour proves nothing of an order.
#[test]
fn a_neighbour_on_the_s_tag_is_no_occupant() {
    let object = object(&json!({}));
    let identity = identity(&object, StatusOwner::This);
    let mut intent = intent(false);
    intent.vlan_c_tag = Some(7);
    let of = |line: &Connection| identity.matches(line, Leg::Primary, &intent);
    let neighbour = Connection { name: "Other".into(), created: Some(at("11:00:00")), ..line() };
    assert_eq!(of(&neighbour), Match::Elsewhere);
    let same = Some(Tags { s_tag: 1001, c_tag: Some(7) });
    assert_eq!(of(&Connection { tags: same, ..neighbour }), Match::Occupant);
    assert_eq!(of(&line()), Match::Ours, "its name and age, and no other C-tag");
}

#[test]
fn what_is_on_the_port_and_tags_is_ours_anothers_or_in_doubt() {
    let object = object(&json!({}));
    let identity = identity(&object, StatusOwner::This);
    let of =
        |line: &Connection, reference| identity.matches(line, Leg::Primary, &intent(reference));
    assert_eq!(of(&line(), false), Match::Ours);
    let doubt = Match::Doubtful { shows_place: true };
    assert_eq!(of(&line(), true), doubt, "the order had a mark, and this shows none");
    assert_eq!(of(&marked(&owner("cluster", "here")), true), Match::Ours);
    assert_eq!(of(&marked(&owner("another", "here")), true), Match::Occupant);
    // The clocks of a gateway and of what is behind it may differ by seconds or hours.
    for created in ["12:09:00", "12:09:44", "13:00:00"] {
        let line = Connection { created: Some(at(created)), ..line() };
        assert_eq!(of(&line, false), doubt, "{created}");
        let other = Connection { name: "Other".into(), ..line };
        let expected = if created < "12:10" { Match::Occupant } else { Match::Elsewhere };
        assert_eq!(of(&other, false), expected, "{created}");
    }
    let renamed = Connection { name: "Portal".into(), ..line() };
    assert_eq!(of(&renamed, false), doubt);
    let tagless = Connection { tags: None, ..line() };
    assert_eq!(of(&tagless, false), Match::Doubtful { shows_place: false });
    let elsewhere = Connection { tags: Some(Tags { s_tag: 7, c_tag: None }), ..line() };
    assert_eq!(of(&elsewhere, false), Match::Elsewhere);
    let moved = Connection { tags: elsewhere.tags, ..marked(&owner("cluster", "here")) };
    assert_eq!(of(&moved, true), Match::Ours, "its mark proves it wherever it is");
}
