//! All problems at once: no mistake in one field hides a mistake in another, unless the check of the
//! one needs the value of the other.
//!
//! Each table has one mistake for each field; the tests make every pair of them.

use serde_json::{Value, json};

use fabric_testkit::{cluster::TestCluster, manifests};

/// A mistake in one field, and what the message says of it.
struct Mistake {
    field: &'static str,
    make: fn(&mut Value),
    says: &'static str,
    /// The fields without which it cannot be seen.
    needs: &'static [&'static str],
}

fn mistake(field: &'static str, make: fn(&mut Value), says: &'static str) -> Mistake {
    Mistake { field, make, says, needs: &[] }
}

impl Mistake {
    fn needs(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }

    fn hides(&self, other: &Self) -> bool {
        other.needs.contains(&self.field)
    }
}

fn remove(object: &mut Value, field: &str) {
    object.as_object_mut().unwrap().remove(field);
}

/// What is wrong in any connection.
fn common() -> Vec<Mistake> {
    vec![
        mistake("name", |s| s["name"] = json!("john@aws"), "spec.name: connection name must be"),
        mistake(
            "purchaseOrderNumber",
            |s| s["purchaseOrderNumber"] = json!("1".repeat(31)),
            "spec.purchaseOrderNumber: purchase order number must be",
        ),
        mistake(
            "notifications",
            |s| s["notifications"] = json!(["a@example.com", "nobody"]),
            "spec.notifications[1]: e-mail address must",
        ),
        mistake("termMonths", |s| s["termMonths"] = json!(13), "spec.termMonths"),
        mistake(
            "maxMonthlyPrice",
            |s| s["maxMonthlyPrice"] = json!({"amount": "4e2", "currency": "USD"}),
            "spec.maxMonthlyPrice: amount must be",
        ),
        mistake(
            "aSide.port",
            |s| s["aSide"]["port"] = json!({"name": "noSuchPort"}),
            "no port noSuchPort",
        ),
        mistake(
            "aSide.linkProtocol",
            |s| s["aSide"]["linkProtocol"]["vlanTag"] = json!(1),
            "spec.aSide.linkProtocol: VLAN tag must be",
        ),
    ]
}

/// What is wrong in a connection to a service profile.
fn through_a_profile() -> Vec<Mistake> {
    const PROFILE: &[&str] = &["profile"];
    let mut mistakes = common();
    mistakes.extend([
        mistake(
            "profile",
            |s| s["zSide"]["serviceProfile"]["uuid"] = json!("00000000-39b0-49ea-a232-0050"),
            "no service profile 00000000",
        ),
        mistake(
            "metroCode",
            |s| s["zSide"]["serviceProfile"]["metroCode"] = json!("XX"),
            "no metro XX",
        ),
        mistake(
            "zSide.linkProtocol",
            |s| {
                s["zSide"]["serviceProfile"]["linkProtocol"] =
                    json!({"type": "QINQ", "vlanCTag": 4095});
            },
            "spec.zSide.serviceProfile.linkProtocol.vlanCTag: VLAN tag must be",
        ),
        mistake("bandwidthMbps", |s| s["bandwidthMbps"] = json!(60), "does not offer 60 Mbit/s")
            .needs(PROFILE),
        mistake(
            "authenticationKey",
            |s| remove(&mut s["zSide"]["serviceProfile"], "authenticationKey"),
            "asks for a key",
        )
        .needs(PROFILE),
    ]);
    mistakes
}

/// What is wrong in a redundant pair.
fn in_a_pair() -> Vec<Mistake> {
    let mut mistakes = through_a_profile();
    mistakes.extend([
        mistake(
            "secondary.name",
            |s| s["secondary"]["name"] = json!("john@aws"),
            "spec.secondary.name: connection name must be",
        ),
        mistake(
            "secondary.aSide.port",
            |s| s["secondary"]["aSide"]["port"] = json!({"name": "otherPort"}),
            "no port otherPort",
        ),
        mistake(
            "secondary.aSide.linkProtocol",
            |s| s["secondary"]["aSide"]["linkProtocol"]["vlanTag"] = json!(4095),
            "spec.secondary.aSide.linkProtocol: VLAN tag must be",
        ),
        mistake(
            "secondary.metroCode",
            |s| s["secondary"]["zSide"] = json!({"metroCode": "YY"}),
            "no metro YY",
        ),
    ]);
    mistakes
}

fn by_invitation() -> Vec<Mistake> {
    let mut mistakes = common();
    mistakes.extend([
        mistake("bandwidthMbps", |s| s["bandwidthMbps"] = json!(60), "does not offer 60 Mbit/s"),
        mistake(
            "email",
            |s| s["zSide"]["invitation"]["email"] = json!("nobody"),
            "spec.zSide.invitation.email: e-mail address must",
        ),
        mistake(
            "metroCode",
            |s| s["zSide"]["invitation"]["metroCode"] = json!("XX"),
            "no metro XX",
        ),
    ]);
    mistakes
}

fn between_own_ports() -> Vec<Mistake> {
    let mut mistakes = common();
    mistakes.extend([
        mistake(
            "zSide.port",
            |s| {
                remove(&mut s["zSide"]["port"], "uuid");
                s["zSide"]["port"]["name"] = json!("otherPort");
            },
            "no port otherPort",
        ),
        mistake(
            "zSide.linkProtocol",
            |s| s["zSide"]["port"]["linkProtocol"]["vlanTag"] = json!(4095),
            "spec.zSide.port.linkProtocol: VLAN tag must be",
        ),
    ]);
    mistakes
}

/// Two ports of the account.
pub fn to_an_own_port(account: &str) -> Value {
    let mut spec = manifests::aws_dot1q(account);
    spec["zSide"] = json!({"port": {
        "uuid": "9f891d3b-973c-73c0-bae0-30ac1885197a",
        "linkProtocol": {"type": "DOT1Q", "vlanTag": 893},
    }});
    spec
}

/// Applies `spec` with each pair of `mistakes`, and checks that the message has both.
async fn each_pair_is_reported(spec: Value, mistakes: &[Mistake]) {
    let cluster = TestCluster::start();
    let pairs: Vec<(&Mistake, &Mistake)> = mistakes
        .iter()
        .enumerate()
        .flat_map(|(at, one)| mistakes[at + 1..].iter().map(move |other| (one, other)))
        .collect();
    for (number, (one, other)) in pairs.iter().enumerate() {
        let mut spec = spec.clone();
        (one.make)(&mut spec);
        (other.make)(&mut spec);
        cluster.apply(&format!("pair-{number}"), spec);
    }
    for (number, (one, other)) in pairs.iter().enumerate() {
        let name = format!("pair-{number}");
        let stalled = |c: &TestCluster| c.condition(&name, "Stalled").is_some();
        cluster.until(&name, std::time::Duration::from_secs(3600), stalled).await;
        let (_, _, message) = cluster.condition(&name, "Ready").unwrap();
        for (mistake, beside) in [(one, other), (other, one)] {
            assert!(
                beside.hides(mistake) || message.contains(mistake.says),
                "{} beside {}: {:?} is not in {message:?}",
                mistake.field,
                beside.field,
                mistake.says
            );
        }
    }
    assert!(cluster.order_bodies().is_empty(), "nothing is ordered");
}

#[tokio::test(start_paused = true)]
async fn two_mistakes_in_a_connection_to_a_seller_are_both_reported() {
    for account in ["default", "ecx"] {
        each_pair_is_reported(manifests::aws_dot1q(account), &through_a_profile()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_mistakes_in_a_pair_are_both_reported() {
    for account in ["default", "ecx"] {
        each_pair_is_reported(manifests::azure_pair(account), &in_a_pair()).await;
    }
}

#[tokio::test(start_paused = true)]
async fn two_mistakes_in_an_invitation_are_both_reported() {
    let mut spec = manifests::invitation_dot1q("default");
    spec["bandwidthMbps"] = json!(50);
    each_pair_is_reported(spec, &by_invitation()).await;
}

#[tokio::test(start_paused = true)]
async fn two_mistakes_between_own_ports_are_both_reported() {
    each_pair_is_reported(to_an_own_port("default"), &between_own_ports()).await;
}

/// Three mistakes that users make together.
#[tokio::test(start_paused = true)]
async fn a_missing_key_shows_beside_a_wrong_port_and_metro() {
    let cluster = TestCluster::start();
    let mut spec = manifests::aws_dot1q("default");
    spec["aSide"]["port"] = json!({"name": "noSuchPort"});
    spec["zSide"]["serviceProfile"]["metroCode"] = json!("XX");
    remove(&mut spec["zSide"]["serviceProfile"], "authenticationKey");
    cluster.apply("bad", spec);
    cluster.until_reason("bad", "PortNotFound").await;
    let (_, _, message) = cluster.condition("bad", "Ready").unwrap();
    for word in ["noSuchPort", "no metro XX", "asks for a key"] {
        assert!(message.contains(word), "{word:?} is not in {message:?}");
    }
}
