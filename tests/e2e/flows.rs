//! Each documented flow, from the manifest to the cancellation: the bodies that the provider gets
//! are the documents' samples, one resource is one order, and one deletion is one cancellation.

use futures::future::join_all;
use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{Tenant, condition},
};

struct Flow {
    /// Of the namespace and the account.
    name: &'static str,
    dialect: &'static str,
    spec: fn(&str) -> Value,
    /// The party that has to accept the connection, if any.
    waits_for: Option<&'static str>,
    body: Value,
}

macro_rules! sample {
    ($path:literal) => {
        serde_json::from_str(include_str!(concat!("../fixtures/", $path))).unwrap()
    };
}

fn flows() -> Vec<Flow> {
    let flow = |name, dialect, spec, waits_for, body| Flow { name, dialect, spec, waits_for, body };
    vec![
        flow(
            "aws-dot1q-v3",
            "EcxV3",
            manifests::aws_dot1q,
            Some("You"),
            sample!("v3/010-aws-dot1q.json"),
        ),
        flow(
            "aws-qinq-v3",
            "EcxV3",
            manifests::aws_qinq,
            Some("You"),
            sample!("v3/011-aws-qinq.json"),
        ),
        flow(
            "aws-dot1q-v4",
            "FabricV4",
            manifests::aws_dot1q,
            Some("You"),
            manifests::aws_v4_body(
                "JohnDoe_AWS_Dot1q",
                "1234567890",
                "7f891d3b-973e-73e0-bae0-30ac1885197a",
                json!({"type": "DOT1Q", "vlanTag": 774}),
                "3214888b-39b0-49ea-a232-005088dc9c84",
            ),
        ),
        flow(
            "aws-qinq-v4",
            "FabricV4",
            manifests::aws_qinq,
            Some("You"),
            manifests::aws_v4_body(
                "JohnDoe_AWS_QinQ",
                "0987654321",
                "99991d3b-9750-7500-bae0-30ac1885197a",
                json!({"type": "QINQ", "vlanSTag": 774, "vlanCTag": 775}),
                "999552b-39b0-49ea-a232-005088dc9c84",
            ),
        ),
        flow(
            "token-dot1q",
            "FabricV4",
            manifests::token_dot1q,
            None,
            sample!("v4/010-service-token-dot1q.json"),
        ),
        flow(
            "token-qinq",
            "FabricV4",
            manifests::token_qinq,
            None,
            sample!("v4/011-service-token-qinq.json"),
        ),
        flow(
            "invitation-dot1q",
            "FabricV4",
            manifests::invitation_dot1q,
            Some("Provider"),
            sample!("v4/020-invitation-dot1q.json"),
        ),
        flow(
            "invitation-qinq",
            "FabricV4",
            manifests::invitation_qinq,
            Some("Provider"),
            sample!("v4/021-invitation-qinq.json"),
        ),
    ]
}

async fn live(flow: Flow) {
    let name = flow.name;
    let tenant = Tenant::new(Installation::shared(), name, flow.dialect).await;
    tenant.apply("line", (flow.spec)(name)).await;
    if let Some(who) = flow.waits_for {
        tenant.until_reason("line", "AwaitingApproval").await;
        let waiting = tenant.get("line").await.unwrap();
        assert_eq!(waiting["status"]["phase"], "AwaitingApproval", "{name}");
        assert_eq!(waiting["status"]["waitingFor"], who, "{name}");
        assert_eq!(condition(&waiting, "Ready").unwrap().0, "False", "{name}");
        assert_eq!(condition(&waiting, "Reconciling").unwrap().0, "True", "{name}");
        assert_eq!(tenant.world.accept_all(), 1, "{name}: one line waits for a party to accept");
    }
    let ready = tenant.until_ready("line").await;
    assert_eq!(ready["status"]["phase"], "Ready", "{name}");
    assert_eq!(ready["status"]["waitingFor"], "Nobody", "{name}");
    assert_eq!(ready["status"]["observedGeneration"], ready["metadata"]["generation"], "{name}");
    let bodies: Vec<Value> =
        tenant.order_bodies().into_iter().map(manifests::without_mark).collect();
    assert_eq!(bodies, [flow.body], "{name}: what reached the provider");

    tenant.delete("line").await;
    tenant.until_gone("line").await;
    let ledger = tenant.world.ledger();
    let ordered: Vec<&str> = ledger.orders.iter().map(|o| o.uuid.as_str()).collect();
    let cancelled: Vec<&str> = ledger.cancellations.iter().map(|c| c.uuid.as_str()).collect();
    let uuid = ready["status"]["primary"]["uuid"].as_str().unwrap();
    assert_eq!((ordered, cancelled), (vec![uuid], vec![uuid]), "{name}: orders, cancellations");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_manifest_is_one_order_and_one_deletion_one_cancellation() {
    // Together, since each of them mostly waits.
    join_all(flows().into_iter().map(live)).await;
    let log = Installation::shared().log();
    let denied: Vec<&str> = log.lines().filter(|line| line.contains("is forbidden")).collect();
    assert!(denied.is_empty(), "the operator lacks rights that it uses: {denied:#?}");
}
