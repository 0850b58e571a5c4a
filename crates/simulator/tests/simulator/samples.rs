//! Orders of the documents, which several tests send.
//!
//! The bodies are the documents'; a test that needs another value sets it with [`with`].

use serde_json::{Value, json};

use crate::client::with;

/// "Connect to AWS", from a Dot1q port.
pub(crate) fn aws_dot1q() -> Value {
    json!({
        "primaryName": "JohnDoe_AWS_Dot1q",
        "profileUUID": "3214888b-39b0-49ea-a232-005088dc9c84",
        "speed": 50,
        "speedUnit": "MB",
        "notifications": ["JohnDoe@equinix.com"],
        "purchaseOrderNumber": "1234567890",
        "primaryPortUUID": "7f891d3b-973e-73e0-bae0-30ac1885197a",
        "primaryVlanSTag": "774",
        "sellerRegion": "us-west-1",
        "sellerMetroCode": "SV",
        "authorizationKey": "123456789012",
    })
}

/// "Connect to AWS", from a `QinQ` port.
pub(crate) fn aws_qinq() -> Value {
    with(
        aws_dot1q(),
        &[
            ("primaryName", json!("JohnDoe_AWS_QinQ")),
            ("profileUUID", json!("999552b-39b0-49ea-a232-005088dc9c84")),
            ("purchaseOrderNumber", json!("0987654321")),
            ("primaryPortUUID", json!("99991d3b-9750-7500-bae0-30ac1885197a")),
            ("primaryVlanCTag", json!("775")),
        ],
    )
}

/// "Connect to Azure", from Dot1q ports, private peering.
pub(crate) fn azure_dot1q() -> Value {
    json!({
        "primaryName": "JohnDoe_Dot1q_Private",
        "profileUUID": "84c6616c-573a-447d-a478-9fab8fff284d",
        "speed": 50,
        "speedUnit": "MB",
        "purchaseOrderNumber": "",
        "primaryPortUUID": "7f891d3b-973e-73e0-bae0-30ac1885197a",
        "primaryVlanSTag": "458",
        "secondaryName": "TestS110",
        "secondaryVlanSTag": "442",
        "secondaryPortUUID": "7f891d3b-9740-7400-bae0-30ac1885197a",
        "namedTag": "Private",
        "sellerMetroCode": "SV",
        "authorizationKey": "76e781b5-2992-4042-b2a2-37d0d5eb6735",
        "notifications": ["JohnDoe@equinix.com"],
    })
}

/// "Connect to Enterprise", both sides Dot1q.
pub(crate) fn enterprise() -> Value {
    json!({
        "primaryName": "JohnDoe_Dot1Q_To_Dot1Q",
        "profileUUID": "8e79b5e4-7c5b-4201-9334-fd89b37bec47",
        "speed": 50,
        "speedUnit": "MB",
        "notifications": ["JohnDoe@equinix.com"],
        "purchaseOrderNumber": "1234567890",
        "authorizationKey": "xxxxxxxx",
        "primaryPortUUID": "4f891d3b-973e-73e0-bae0-30ac1885197a",
        "primaryVlanSTag": "672",
        "sellerMetroCode": "DA",
    })
}

/// What all four v4 samples have in common.
pub(crate) fn v4_order(link: &Value, z_side: &Value) -> Value {
    json!({
        "type": "EVPL_VC",
        "name": "Conn-1",
        "order": {"purchaseOrderNumber": "1-129105284100"},
        "bandwidth": 1000,
        "aSide": {"accessPoint": {
            "type": "COLO",
            "port": {"uuid": "a867f685-41b0-1b07-6de0-320a5c00abdd"},
            "linkProtocol": link,
        }},
        "zSide": z_side,
        "notifications": [{"type": "ALL", "emails": ["test@equinix.com", "test2@equinix.com"]}],
    })
}

pub(crate) fn dot1q() -> Value {
    json!({"type": "DOT1Q", "vlanTag": 1001})
}

pub(crate) fn qinq() -> Value {
    json!({"type": "QINQ", "vlanCTag": 1001, "vlanSTag": 1002})
}

pub(crate) fn by_token() -> Value {
    json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f4"}})
}

pub(crate) fn by_invitation() -> Value {
    json!({
        "accessPoint": {"location": {"metroCode": "SV"}},
        "invitation": {"email": "test@equinix.com", "message": "Hello World!"},
    })
}

/// A v4 order for AWS from the port of the v3 sample.
pub(crate) fn v4_aws() -> Value {
    let mut body = v4_order(
        &json!({"type": "DOT1Q", "vlanTag": 774}),
        &json!({"accessPoint": {
            "type": "SP",
            "profile": {"type": "L2_PROFILE", "uuid": "3214888b-39b0-49ea-a232-005088dc9c84"},
            "location": {"metroCode": "SV"},
            "sellerRegion": "us-west-1",
            "authenticationKey": "123456789012",
        }}),
    );
    body["bandwidth"] = json!(50);
    body["aSide"]["accessPoint"]["port"]["uuid"] = json!("7f891d3b-973e-73e0-bae0-30ac1885197a");
    body
}
