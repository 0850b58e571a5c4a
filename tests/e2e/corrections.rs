//! Which fields can be corrected, and until when: all of them until the order is sent, and
//! afterwards only those that the order does not fix.

use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{installation::Installation, tenant::Tenant};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_ordered_stays_as_it_was_ordered() {
    let tenant = Tenant::new(Installation::shared(), "ordered", "FabricV4").await;
    tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    tenant.until("line", "ordered", |o| o["status"]["primary"]["uuid"].is_string()).await;

    let group = "1a2b3c4d-0000-4000-8000-000000000001";
    let other_port = json!({
        "port": {"uuid": "99991d3b-9750-7500-bae0-30ac1885197a"},
        "linkProtocol": {"type": "QINQ", "vlanSTag": 774, "vlanCTag": 775},
    });
    let changes = [
        ("spec.account", json!({"account": "another"})),
        ("spec.aSide", json!({"aSide": other_port})),
        ("spec.zSide", manifests::token_dot1q("another")["zSide"].clone()),
        ("spec.purchaseOrderNumber", json!({"purchaseOrderNumber": "42"})),
        ("spec.secondary", json!({"secondary": {"aSide": other_port}})),
        ("spec.redundancy", json!({"redundancy": {"group": group}})),
        ("spec.adopt", json!({"adopt": {"uuid": group}})),
    ];
    for (field, change) in changes {
        let mut spec = manifests::aws_dot1q(&tenant.name);
        if field == "spec.zSide" {
            spec["zSide"] = change;
        } else {
            merge(&mut spec, &change);
        }
        let refused = tenant.cluster.try_out(&tenant.connection("line", spec)).await;
        let message = refused.expect_err(&format!("{field} of an ordered connection is fixed"));
        assert!(message.contains(field) && message.contains("cannot be"), "{field}: {message}");
    }

    let mut spec = manifests::aws_dot1q(&tenant.name);
    spec.as_object_mut().unwrap().remove("purchaseOrderNumber");
    let message = tenant.cluster.try_out(&tenant.connection("line", spec)).await.unwrap_err();
    assert!(message.contains("spec.purchaseOrderNumber"), "removed: {message}");

    let mut spec = manifests::aws_dot1q(&tenant.name);
    merge(
        &mut spec,
        &json!({
            "name": "Another", "bandwidthMbps": 100, "notifications": ["noc@example.com"],
            "deletionPolicy": "Orphan", "paused": true,
        }),
    );
    let taken = tenant.cluster.try_out(&tenant.connection("line", spec)).await;
    taken.expect("what an order does not fix can be changed");
}

/// The key alone, and only from clear text to a Secret.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_in_clear_moves_to_a_secret_after_the_order() {
    let tenant = Tenant::new(Installation::shared(), "keys", "FabricV4").await;
    tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    tenant.until("line", "ordered", |o| o["status"]["primary"]["uuid"].is_string()).await;

    let mut moved = manifests::aws_dot1q(&tenant.name);
    let profile = moved["zSide"]["serviceProfile"].as_object_mut().unwrap();
    profile.remove("authenticationKey");
    profile.insert("authenticationKeyRef".into(), json!({"name": "aws", "key": "number"}));
    for (field, value) in [
        ("metroCode", json!("DC")),
        ("sellerRegion", json!("us-east-1")),
        ("uuid", json!("999552b-39b0-49ea-a232-005088dc9c84")),
        ("peeringType", json!("PRIVATE")),
        ("linkProtocol", json!({"type": "QINQ", "vlanCTag": 7})),
    ] {
        let mut more = moved.clone();
        more["zSide"]["serviceProfile"][field] = value;
        let refused = tenant.cluster.try_out(&tenant.connection("line", more)).await;
        let message = refused.expect_err(&format!("{field} is fixed"));
        assert!(message.contains("spec.zSide cannot be changed"), "{field}: {message}");
    }
    let mut without = moved.clone();
    without["zSide"]["serviceProfile"].as_object_mut().unwrap().remove("authenticationKeyRef");
    let refused = tenant.cluster.try_out(&tenant.connection("line", without)).await;
    refused.expect_err("a key cannot be removed");

    let taken = tenant.cluster.try_out(&tenant.connection("line", moved)).await;
    taken.expect("the key moves");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_never_ordered_can_be_corrected_until_it_is() {
    let tenant = Tenant::new(Installation::shared(), "correcting", "FabricV4").await;
    let mut spec = manifests::token_dot1q("nobody");
    spec["purchaseOrderNumber"] = json!("wrong");
    tenant.apply("line", spec).await;
    let message = tenant.until_reason("line", "AccountNotFound").await;
    assert!(message.contains("FabricAccount nobody"), "{message}");

    // All that an order fixes at once, and the account last, so that nothing is ordered before.
    let mut spec = manifests::aws_qinq("nobody");
    spec["purchaseOrderNumber"] = json!("1-129105284100");
    tenant.apply("line", spec).await;
    tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    tenant.until_reason("line", "AwaitingApproval").await;
    let bodies = tenant.order_bodies();
    assert_eq!(bodies.len(), 1, "{bodies:#?}");
    assert_eq!(bodies[0]["name"], "JohnDoe_AWS_Dot1q");
    assert_eq!(bodies[0]["order"]["purchaseOrderNumber"], "1234567890");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_order_can_be_corrected() {
    use fabric_simulator::{Effect, InjectedFault};
    let tenant = Tenant::new(Installation::shared(), "refused", "EcxV3").await;
    let body = json!([{
        "errorCode": "IC-LAYER2-AUTH-007",
        "errorMessage": "Authorization Key does not match the destination Metro. Please verify the Authorization key",
        "moreInfo": "",
        "property": "authorizationKey",
    }]);
    let refusal = Effect::Answer { status: 400, retry_after: None, body };
    tenant.world.inject(InjectedFault::once(refusal).on("POST", "/ecx/v3/l2/connections"));
    let mut spec = manifests::aws_dot1q(&tenant.name);
    spec["zSide"]["serviceProfile"]["authenticationKey"] = json!("210987654321");
    tenant.apply("line", spec).await;
    let message = tenant.until_reason("line", "OrderRefused").await;
    assert!(message.contains("IC-LAYER2-AUTH-007"), "{message}");
    tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    tenant.until_reason("line", "AwaitingApproval").await;
    let bodies = tenant.order_bodies();
    assert_eq!(bodies.len(), 2, "the refused order and the corrected one: {bodies:#?}");
    assert_eq!(bodies[1]["authorizationKey"], "123456789012");
    assert_eq!(tenant.world.ledger().orders.len(), 1);
}

fn merge(spec: &mut Value, change: &Value) {
    for (field, value) in change.as_object().unwrap() {
        spec[field] = value.clone();
    }
}
