//! How differences are found, and what the operator does about each.

use serde_json::{Value, json};

use super::*;
use fabric_client::OfferingCapabilities;
use fabric_domain::{ChangeSeen, ConnectionId, EquinixStatus, ProviderStatus, ZSideSeen};

const V4: Capabilities = Capabilities {
    service_tokens: true,
    invitations: true,
    pairs_in_one_order: false,
    own_ports_through_profiles: false,
    customer_references: true,
    keys_by_region: false,
    terms: true,
    notification_changes: true,
    pair_decisions: false,
    deletion_refusals: false,
    offerings: OfferingCapabilities {
        test_profiles: false,
        same_vlan: false,
        choices: true,
        undescribed: false,
    },
};
const V3: Capabilities = Capabilities { terms: false, notification_changes: false, ..V4 };

fn object(spec: &Value, changes: &Value) -> FabricConnection {
    let mut all = json!({
        "account": "default", "name": "JohnDoe_AWS_Dot1q", "bandwidthMbps": 50,
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": {"port": {"name": "johnDoePort"}, "linkProtocol": {"type": "DOT1Q", "vlanTag": 774}},
        "zSide": {"serviceProfile": {"name": "AWS Direct Connect"}},
    });
    all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
    serde_json::from_value(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricConnection",
        "metadata": {"name": "aws", "namespace": "network", "generation": 2},
        "spec": all,
        "status": {"primary": {"uuid": "3a58dd05", "changes": changes}},
    }))
    .unwrap()
}

fn line() -> Connection {
    Connection {
        id: ConnectionId::parse("3a58dd05").unwrap(),
        name: "JohnDoe_AWS_Dot1q".into(),
        equinix_status: EquinixStatus::Provisioned,
        provider_status: ProviderStatus::Provisioned,
        reference: None,
        bandwidth: Some(50),
        port: None,
        tags: None,
        metro: None,
        z_side: ZSideSeen::default(),
        redundancy: None,
        provider_connection_id: None,
        notifications: vec!["johndoe@equinix.com".into()],
        term: Some(1),
        change: None,
        created: None,
        operational: None,
        faults: vec![],
    }
}

fn now() -> Timestamp {
    "2021-07-15T19:30:00Z".parse().unwrap()
}

fn of(spec: &Value, changes: &Value, line: &Connection, can: Capabilities) -> Drift {
    compare(&object(spec, changes), Leg::Primary, line, Flow::Seller, can, now())
}

fn asked(field: &str, to: &str, minutes_ago: i64, more: &Value) -> Value {
    let at = now() - jiff::SignedDuration::from_mins(minutes_ago);
    let mut change =
        json!({"field": field, "to": to, "generation": 2, "at": at.to_string(), "attempts": 1});
    change.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    json!([change])
}

#[test]
fn only_what_the_user_set_and_the_provider_shows_is_compared() {
    assert_eq!(of(&json!({}), &json!([]), &line(), V4).correction, Correction::InSync);
    let silent = Connection {
        reference: None,
        bandwidth: None,
        notifications: vec![],
        term: None,
        ..line()
    };
    let spec = json!({"bandwidthMbps": 100, "notifications": ["a@example.com"], "termMonths": 12});
    assert_eq!(of(&spec, &json!([]), &silent, V4).correction, Correction::InSync);
    let unnamed = json!({"name": null});
    let renamed = Connection { name: "anything".into(), ..line() };
    assert_eq!(of(&unnamed, &json!([]), &renamed, V4).correction, Correction::InSync);
}

#[test]
fn one_change_at_a_time_and_both_values_are_reported() {
    let spec = json!({"name": "Renamed", "bandwidthMbps": 200});
    let drift = of(&spec, &json!([]), &line(), V4);
    let described: Vec<String> = drift.differences.iter().map(Difference::describe).collect();
    assert_eq!(
        described,
        [
            "name is JohnDoe_AWS_Dot1q and the spec says Renamed",
            "bandwidth is 50 Mbit/s and the spec says 200 Mbit/s"
        ]
    );
    assert!(
        matches!(&drift.correction, Correction::Due(Change::Name(name), asked) if name.as_str() == "Renamed" && asked.attempts == 1)
    );
    for (progress, correction) in [
        (ChangeProgress::UnderWay, Correction::UnderWay),
        (ChangeProgress::AwaitingApproval, Correction::AwaitingApproval),
    ] {
        let change = Some(ChangeSeen { id: None, progress });
        let line = Connection { change, ..line() };
        assert_eq!(of(&spec, &json!([]), &line, V4).correction, correction);
    }
}

#[test]
fn what_was_asked_for_is_asked_for_again_only_after_a_pause_and_not_for_ever() {
    let spec = json!({"bandwidthMbps": 200});
    let correction = |minutes_ago, more: Value| {
        of(&spec, &asked("bandwidth", "200 Mbit/s", minutes_ago, &more), &line(), V4).correction
    };
    assert!(matches!(correction(0, json!({})), Correction::Pausing(_)));
    assert!(matches!(correction(2, json!({})), Correction::Due(_, asked) if asked.attempts == 2));
    assert!(matches!(correction(60, json!({"attempts": 5})), Correction::GivenUp(..)));
    let refused = correction(60, json!({"refused": "no"}));
    assert_eq!(refused, Correction::GivenUp(ChangedField::Bandwidth, "no".into()));
    assert!(matches!(correction(60, json!({"awaitedApproval": true})), Correction::GivenUp(..)));
    let edited = correction(60, json!({"attempts": 5, "generation": 1}));
    assert!(matches!(edited, Correction::Due(_, asked) if asked.attempts == 1));
}

#[test]
fn only_the_rejection_of_our_own_change_counts() {
    let spec = json!({"bandwidthMbps": 200});
    let changes = asked("bandwidth", "200 Mbit/s", 60, &json!({"uuid": "ours"}));
    let with = |id: &str| {
        let change = ChangeSeen { id: Some(id.into()), progress: ChangeProgress::Rejected };
        of(&spec, &changes, &Connection { change: Some(change), ..line() }, V4).correction
    };
    assert!(matches!(with("ours"), Correction::GivenUp(..)));
    assert!(matches!(with("another"), Correction::Due(..)));
}

#[test]
fn one_refusal_does_not_keep_other_changes_back() {
    let spec = json!({"name": "Renamed", "bandwidthMbps": 200});
    let changes = asked("name", "Renamed", 60, &json!({"refused": "no"}));
    let drift = of(&spec, &changes, &line(), V4);
    assert!(matches!(drift.correction, Correction::Due(Change::Bandwidth(_), _)), "{drift:?}");
}

#[test]
fn nothing_is_changed_before_service_by_an_observer_or_against_the_dialect() {
    let spec = json!({"bandwidthMbps": 200});
    let early = Connection { equinix_status: EquinixStatus::Provisioning, ..line() };
    assert_eq!(of(&spec, &json!([]), &early, V4).correction, Correction::Later);
    let observe = json!({"bandwidthMbps": 200, "managementPolicy": "Observe"});
    assert_eq!(of(&observe, &json!([]), &line(), V4).correction, Correction::Observed);
    let emails = json!({"notifications": ["other@example.com"]});
    assert_eq!(of(&emails, &json!([]), &line(), V3).correction, Correction::Unsupported);
    assert!(matches!(of(&emails, &json!([]), &line(), V4).correction, Correction::Due(..)));
}
