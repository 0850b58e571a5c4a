//! The bodies that the provider gets are the documents' samples, field by field.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use fabric_testkit::{cluster::TestCluster, manifests};

use crate::preflight;

async fn body_of(spec: Value) -> Value {
    let cluster = TestCluster::start();
    cluster.apply("it", spec);
    cluster.until_ready("it").await;
    let bodies = cluster.order_bodies();
    assert_eq!(bodies.len(), 1);
    let mark = &bodies[0]["order"]["customerReferenceNumber"];
    let object = cluster.get("it").unwrap();
    let recorded = &object["status"]["primary"]["order"]["reference"];
    assert_eq!(mark, recorded, "the mark of the order is recorded");
    manifests::without_mark(bodies[0].clone())
}

fn fixture(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[tokio::test(start_paused = true)]
async fn aws_from_a_dot1q_port_v3() {
    let sample = fixture(include_str!("../fixtures/v3/010-aws-dot1q.json"));
    assert_eq!(body_of(manifests::aws_dot1q("ecx")).await, sample);
}

#[tokio::test(start_paused = true)]
async fn aws_from_a_qinq_port_v3() {
    let sample = fixture(include_str!("../fixtures/v3/011-aws-qinq.json"));
    assert_eq!(body_of(manifests::aws_qinq("ecx")).await, sample);
}

#[tokio::test(start_paused = true)]
async fn service_token_from_a_dot1q_port_v4() {
    let sample = fixture(include_str!("../fixtures/v4/010-service-token-dot1q.json"));
    assert_eq!(body_of(manifests::token_dot1q("default")).await, sample);
}

#[tokio::test(start_paused = true)]
async fn service_token_from_a_qinq_port_v4() {
    let sample = fixture(include_str!("../fixtures/v4/011-service-token-qinq.json"));
    assert_eq!(body_of(manifests::token_qinq("default")).await, sample);
}

#[tokio::test(start_paused = true)]
async fn invitation_from_a_dot1q_port_v4() {
    let sample = fixture(include_str!("../fixtures/v4/020-invitation-dot1q.json"));
    assert_eq!(body_of(manifests::invitation_dot1q("default")).await, sample);
}

#[tokio::test(start_paused = true)]
async fn invitation_from_a_qinq_port_v4() {
    let sample = fixture(include_str!("../fixtures/v4/021-invitation-qinq.json"));
    assert_eq!(body_of(manifests::invitation_qinq("default")).await, sample);
}

#[tokio::test(start_paused = true)]
async fn aws_from_a_dot1q_port_v4() {
    let expected = manifests::aws_v4_body(
        "JohnDoe_AWS_Dot1q",
        "1234567890",
        "7f891d3b-973e-73e0-bae0-30ac1885197a",
        serde_json::json!({"type": "DOT1Q", "vlanTag": 774}),
        "3214888b-39b0-49ea-a232-005088dc9c84",
    );
    assert_eq!(body_of(manifests::aws_dot1q("default")).await, expected);
}

#[tokio::test(start_paused = true)]
async fn aws_from_a_qinq_port_v4() {
    let expected = manifests::aws_v4_body(
        "JohnDoe_AWS_QinQ",
        "0987654321",
        "99991d3b-9750-7500-bae0-30ac1885197a",
        serde_json::json!({"type": "QINQ", "vlanSTag": 774, "vlanCTag": 775}),
        "999552b-39b0-49ea-a232-005088dc9c84",
    );
    assert_eq!(body_of(manifests::aws_qinq("default")).await, expected);
}

/// The questions of a kind that came before the order of `spec`: path and query, or body.
async fn questions(spec: Value, path: &str) -> Vec<(String, Value)> {
    let cluster = TestCluster::start();
    cluster.apply("it", spec);
    cluster.until_ready("it").await;
    let requests = cluster.world.requests().into_iter();
    let asked = requests.filter(|request| request.path.starts_with(path));
    asked.map(|request| (request.path, request.body)).collect()
}

/// The query of a URL, by name.
fn query(path: &str) -> BTreeMap<String, String> {
    let url = url::Url::parse("https://api.equinix.com").unwrap().join(path).unwrap();
    url.query_pairs().map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

fn named(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

#[tokio::test(start_paused = true)]
async fn the_price_is_asked_for_as_in_the_sample_v3() {
    let path = "/ecx/v3/l2/connections/prices";
    let asked = questions(preflight::from_geneva("ecx"), path).await;
    let expected = named(&[
        ("customSpeeds", "50"),
        ("destinationMetro", "SV"),
        ("portUUID", "91469d07-dd6f-d6f2-1de0-37c8bc10af30"),
    ]);
    assert_eq!(asked.len(), 1);
    assert_eq!(query(&asked[0].0), expected);
}

#[tokio::test(start_paused = true)]
async fn the_key_is_checked_as_in_the_sample_v3() {
    // "GET L2 Validate Authorization Key": a key of Azure for Ashburn.
    let mut spec = manifests::azure_pair("ecx");
    let profile = &mut spec["zSide"]["serviceProfile"];
    profile["uuid"] = json!("x1384t22-bbe0-4e43-ax37-95beeg9d254d");
    profile["metroCode"] = json!("DC");
    profile["authenticationKey"] = json!("991040a8-2e08-48b9-b0f8-8c5f87dfbx6a");
    let asked = questions(spec, "/ecx/v3/l2/connections/validateAuthorizationKey").await;
    let expected = named(&[
        ("authorizationKey", "991040a8-2e08-48b9-b0f8-8c5f87dfbx6a"),
        ("metroCode", "DC"),
        ("profileId", "x1384t22-bbe0-4e43-ax37-95beeg9d254d"),
        ("region", "AMER"),
    ]);
    assert_eq!(asked.len(), 2, "once for each half");
    assert!(asked.iter().all(|(path, _)| query(path) == expected), "{asked:?}");
}

/// A filter in the form of the published examples: all properties must hold.
fn all_of(properties: &[(&str, &str)]) -> Value {
    let each = |(name, value)| json!({"property": name, "operator": "=", "values": [value]});
    json!({"filter": {"and": properties.iter().map(|(n, v)| each((*n, *v))).collect::<Vec<_>>()}})
}

#[tokio::test(start_paused = true)]
async fn price_and_key_are_asked_for_as_in_the_published_examples_v4() {
    let asked = questions(preflight::from_geneva("default"), "/fabric/v4/prices/search").await;
    let expected = all_of(&[
        ("/type", "VIRTUAL_CONNECTION_PRODUCT"),
        ("/connection/type", "EVPL_VC"),
        ("/connection/bandwidth", "50"),
        ("/connection/aSide/accessPoint/type", "COLO"),
        ("/connection/aSide/accessPoint/port/uuid", "91469d07-dd6f-d6f2-1de0-37c8bc10af30"),
        ("/connection/zSide/accessPoint/location/metroCode", "SV"),
        ("/connection/zSide/accessPoint/type", "SP"),
        ("/connection/zSide/accessPoint/profile/uuid", "97d1850f-4df0-468c-9281-fa7b0dfa2096"),
    ]);
    assert_eq!(asked.iter().map(|(_, body)| body).collect::<Vec<_>>(), [&expected]);

    let path = "/fabric/v4/connections/validate";
    let asked = questions(manifests::aws_dot1q("default"), path).await;
    let expected = all_of(&[
        ("/zSide/accessPoint/authenticationKey", "123456789012"),
        ("/zSide/accessPoint/profile/uuid", "3214888b-39b0-49ea-a232-005088dc9c84"),
        ("/zSide/accessPoint/sellerRegion", "us-west-1"),
    ]);
    assert_eq!(asked.iter().map(|(_, body)| body).collect::<Vec<_>>(), [&expected]);
}
