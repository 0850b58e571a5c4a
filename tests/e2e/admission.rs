//! Which FabricConnections the schema rejects, on the real API server: for each rule, one manifest
//! that violates it alone, and an error that names the field.
//!
//! All requests are dry runs, and no operator takes part.

use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::installation::Installation;

type Change = fn(&mut Value);

/// Tries out one change of a good connection, which is to be refused with all of `words`.
struct Bad {
    what: &'static str,
    change: Change,
    words: &'static [&'static str],
}

fn bad(what: &'static str, change: Change, words: &'static [&'static str]) -> Bad {
    Bad { what, change, words }
}

/// A sample with `change`, in the namespace `default`.
fn changed(change: Change) -> Value {
    let mut spec = manifests::aws_dot1q("nobody");
    change(&mut spec);
    let mut object = manifests::connection("tried-out", spec);
    object["metadata"]["namespace"] = json!("default");
    object
}

async fn all_refused(rules: &[Bad]) {
    let cluster = Installation::shared().admin().await;
    for rule in rules {
        let Err(message) = cluster.try_out(&changed(rule.change)).await else {
            panic!("the API server takes a connection with {}", rule.what);
        };
        for word in rule.words {
            assert!(message.contains(word), "{}: {word:?} is not in {message:?}", rule.what);
        }
    }
}

fn emails(count: usize) -> Value {
    (0..count).map(|n| json!(format!("noc{n}@example.com"))).collect()
}

fn link(spec: &mut Value, protocol: Value) {
    spec["aSide"]["linkProtocol"] = protocol;
}

fn token(spec: &mut Value, token: Value) {
    spec["zSide"] = json!({"serviceToken": token});
}

#[tokio::test(flavor = "multi_thread")]
async fn good_connections_are_taken() {
    let cluster = Installation::shared().admin().await;
    // The outermost values that are still good.
    let good: [(&str, Change); 7] = [
        ("nothing changed", |_| ()),
        ("the lowest VLAN", |s| s["aSide"]["linkProtocol"]["vlanTag"] = json!(2)),
        ("the highest VLAN", |s| s["aSide"]["linkProtocol"]["vlanTag"] = json!(4094)),
        ("a name of 24 characters", |s| s["name"] = json!("n".repeat(24))),
        ("a purchase order number of 30", |s| s["purchaseOrderNumber"] = json!("1".repeat(30))),
        ("twelve e-mail addresses", |s| s["notifications"] = emails(12)),
        ("a QinQ port without C-tag", |s| link(s, json!({"type": "QINQ", "vlanSTag": 774}))),
    ];
    for (what, change) in good {
        let taken = cluster.try_out(&changed(change)).await;
        assert!(taken.is_ok(), "{what}: {taken:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_names_numbers_and_words_are_refused() {
    all_refused(&[
        bad(
            "a name of 25 characters",
            |s| s["name"] = json!("n".repeat(25)),
            &["spec.name", "than 24"],
        ),
        bad("an @ in its name", |s| s["name"] = json!("john@aws"), &["spec.name"]),
        bad(
            "a purchase order number of 31 characters",
            |s| s["purchaseOrderNumber"] = json!("1".repeat(31)),
            &["spec.purchaseOrderNumber", "than 30"],
        ),
        bad(
            "no bandwidth",
            |s| s["bandwidthMbps"] = json!(0),
            &["spec.bandwidthMbps", "or equal to 1"],
        ),
        bad(
            "no address to notify",
            |s| s["notifications"] = emails(0),
            &["spec.notifications", "at least 1"],
        ),
        bad(
            "13 people to notify",
            |s| s["notifications"] = emails(13),
            &["spec.notifications", "at most 12"],
        ),
        bad(
            "an e-mail address that is none",
            |s| s["notifications"] = json!(["noc@example.com", "noc"]),
            &["spec.notifications[1]"],
        ),
        bad(
            "an unknown deletion policy",
            |s| s["deletionPolicy"] = json!("Retain"),
            &["spec.deletionPolicy", "Delete", "Orphan"],
        ),
        bad(
            "an unknown management policy",
            |s| s["managementPolicy"] = json!("Ignore"),
            &["spec.managementPolicy", "Manage", "Observe"],
        ),
        bad("a field that there is none", |s| s["vlan"] = json!(774), &["spec.vlan"]),
        bad(
            "no account",
            |s| drop(s.as_object_mut().unwrap().remove("account")),
            &["spec.account", "Required"],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_policies_are_refused() {
    const UUID: &str = "3a58dd05-f46d-4b1d-a154-2e85c396ea62";
    fn price(spec: &mut Value, price: Value) {
        spec["maxMonthlyPrice"] = price;
    }
    all_refused(&[
        bad(
            "an observer of nothing",
            |s| s["managementPolicy"] = json!("Observe"),
            &["spec.managementPolicy", "needs spec.adopt"],
        ),
        bad(
            "half of a pair to adopt that is none",
            |s| s["adopt"] = json!({"uuid": UUID, "secondaryUuid": UUID}),
            &["spec.adopt", "secondaryUuid is needed with spec.secondary, and only with it"],
        ),
        bad(
            "a line to adopt by nothing",
            |s| s["adopt"] = json!({"uuid": ""}),
            &["spec.adopt.uuid"],
        ),
        bad(
            "a limit without a currency",
            |s| price(s, json!({"amount": "400"})),
            &["spec.maxMonthlyPrice.currency", "Required"],
        ),
        bad(
            "a limit that is no amount",
            |s| price(s, json!({"amount": "4e2", "currency": "USD"})),
            &["spec.maxMonthlyPrice.amount"],
        ),
        bad(
            "a limit with an unknown way out",
            |s| price(s, json!({"amount": "400", "currency": "USD", "whenUnknown": "Ask"})),
            &["spec.maxMonthlyPrice.whenUnknown", "Refuse", "Order"],
        ),
        bad("a term of 13 months", |s| s["termMonths"] = json!(13), &["spec.termMonths", "36"]),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_a_sides_are_refused() {
    all_refused(&[
        bad(
            "VLAN 1",
            |s| s["aSide"]["linkProtocol"]["vlanTag"] = json!(1),
            &["spec.aSide.linkProtocol.vlanTag", "or equal to 2"],
        ),
        bad(
            "VLAN 4095",
            |s| s["aSide"]["linkProtocol"]["vlanTag"] = json!(4095),
            &["spec.aSide.linkProtocol.vlanTag", "or equal to 4094"],
        ),
        bad(
            "an S-tag 1",
            |s| link(s, json!({"type": "QINQ", "vlanSTag": 1, "vlanCTag": 775})),
            &["spec.aSide.linkProtocol.vlanSTag", "or equal to 2"],
        ),
        bad(
            "an C-tag 4095",
            |s| link(s, json!({"type": "QINQ", "vlanSTag": 774, "vlanCTag": 4095})),
            &["spec.aSide.linkProtocol.vlanCTag", "or equal to 4094"],
        ),
        bad(
            "QINQ without an S-tag",
            |s| link(s, json!({"type": "QINQ", "vlanCTag": 775})),
            &["spec.aSide.linkProtocol", "QINQ needs vlanSTag"],
        ),
        bad(
            "QINQ with the tag of DOT1Q",
            |s| link(s, json!({"type": "QINQ", "vlanSTag": 774, "vlanTag": 774})),
            &["spec.aSide.linkProtocol", "takes no vlanTag"],
        ),
        bad(
            "DOT1Q without a tag",
            |s| link(s, json!({"type": "DOT1Q"})),
            &["spec.aSide.linkProtocol", "DOT1Q needs vlanTag"],
        ),
        bad(
            "DOT1Q with an C-tag",
            |s| link(s, json!({"type": "DOT1Q", "vlanTag": 774, "vlanCTag": 775})),
            &["spec.aSide.linkProtocol", "neither vlanSTag nor vlanCTag"],
        ),
        bad(
            "an unknown link protocol",
            |s| link(s, json!({"type": "VXLAN", "vlanTag": 774})),
            &["spec.aSide.linkProtocol.type", "DOT1Q", "QINQ"],
        ),
        bad(
            "a port by name and by uuid",
            |s| s["aSide"]["port"]["name"] = json!("JohnDoe-SV"),
            &["spec.aSide.port", "by name or by uuid"],
        ),
        bad(
            "a port by nothing",
            |s| s["aSide"]["port"] = json!({}),
            &["spec.aSide.port", "by name or by uuid"],
        ),
    ])
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_z_sides_are_refused() {
    const ONE_OF: &str = "exactly one of serviceProfile, port, serviceToken, invitation";
    const EMAIL: &str = "spec.zSide.invitation.email";
    all_refused(&[
        bad("no Z side", |s| s["zSide"] = json!({}), &["spec.zSide", ONE_OF]),
        bad(
            "two Z sides",
            |s| {
                s["zSide"]["serviceToken"] =
                    json!({"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f4"});
            },
            &["spec.zSide", ONE_OF],
        ),
        bad(
            "a service profile by name and by uuid",
            |s| s["zSide"]["serviceProfile"]["name"] = json!("AWS Direct Connect"),
            &["spec.zSide.serviceProfile", "by name or by uuid"],
        ),
        bad(
            "an own service profile by name and by uuid",
            |s| {
                s["zSide"] = json!({"port": {
                    "uuid": "9f891d3b-973c-73c0-bae0-30ac1885197a",
                    "linkProtocol": {"type": "DOT1Q", "vlanTag": 893},
                    "serviceProfile": {"name": "Own", "uuid": "3214888b-39b0-49ea-a232-005088dc9c84"},
                }});
            },
            &["spec.zSide.port.serviceProfile", "give the service profile by name or by uuid"],
        ),
        bad(
            "a key in the open and one in a Secret",
            |s| {
                let secret = json!({"name": "aws", "key": "account"});
                s["zSide"]["serviceProfile"]["authenticationKeyRef"] = secret;
            },
            &["spec.zSide.serviceProfile", "authenticationKey or authenticationKeyRef"],
        ),
        bad(
            "a metro in small letters",
            |s| s["zSide"]["serviceProfile"]["metroCode"] = json!("sv"),
            &["spec.zSide.serviceProfile.metroCode"],
        ),
        bad(
            "a service token in the open and one in a Secret",
            |s| {
                let secret = json!({"name": "tokens", "key": "partner"});
                token(s, json!({"uuid": "20d32a80", "secretRef": secret}));
            },
            &["spec.zSide.serviceToken", "by uuid or by secretRef"],
        ),
        bad(
            "a service token by nothing",
            |s| token(s, json!({})),
            &["spec.zSide.serviceToken", "by uuid or by secretRef"],
        ),
        bad(
            "an invitation to no address",
            |s| {
                let invitation = json!({"email": "test", "message": "Hello", "metroCode": "SV"});
                s["zSide"] = json!({"invitation": invitation});
            },
            &[EMAIL],
        ),
    ])
    .await;
}
