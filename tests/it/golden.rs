//! The bodies that reach the provider are the documents' samples, field by field.

use serde_json::Value;

use crate::support::{manifests, operator::Lab};

async fn body_of(spec: Value) -> Value {
    let lab = Lab::start();
    lab.apply("it", spec);
    lab.until_ready("it").await;
    let bodies = lab.order_bodies();
    assert_eq!(bodies.len(), 1);
    bodies[0].clone()
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
