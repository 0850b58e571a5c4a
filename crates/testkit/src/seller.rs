//! Specs around the seller of the documents' samples: the profile that the seller creates, the
//! connections that buyers order to it, and the seller's approval of them.

use serde_json::{Value, json};

/// The private profile of "How to create a service profile?", plus the description that v4 requires.
pub fn private_profile(account: &str) -> Value {
    let people = json!(["John.Doe@example.com"]);
    json!({
        "account": account,
        "name": "JohnDoe_Private_ServiceProfile",
        "description": "JohnDoe Testing",
        "private": true,
        "privateUserEmails": [],
        "ports": [
            {"uuid": "8cb83fdb-6651-6514-bbe0-38389cc0acfa"},
            {"uuid": "8cb83fdb-661d-61d4-bbe0-38389cc0acfa"},
        ],
        "speedBandsMbps": [50, 200, 500, 1000],
        "connectionNameLabel": "Connection",
        "features": {"cloudReach": true},
        "onProfileApprovalRejectNotification": people,
        "onBandwidthThresholdNotification": people,
        "onVcApprovalRejectionNotification": people,
    })
}

/// A Z side on a Dot1q port of the seller.
pub fn seller_side(port: &str, tag: u16) -> Value {
    json!({"port": {"uuid": port}, "linkProtocol": {"type": "DOT1Q", "vlanTag": tag}})
}

/// The Dot1q ports of the seller of the samples.
pub const SELLER_PORTS: [&str; 2] =
    ["7cb83fdb-6620-6204-bbe0-38389cc0acfa", "7cb83fdb-663a-63a4-bbe0-38389cc0acfa"];

/// The seller's approval of a connection.
pub fn admission(account: &str, uuid: &str) -> Value {
    json!({
        "connection": {"uuid": uuid},
        "account": account,
        "decision": "Approve",
        "primary": seller_side(SELLER_PORTS[0], 779),
    })
}

/// A connection to a seller who has to approve its creation, its bandwidth changes and its deletion.
pub fn to_a_seller(account: &str) -> Value {
    json!({
        "account": account,
        "name": "JohnDoe_Storage",
        "bandwidthMbps": 50,
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": {
            "port": {"uuid": "7f891d3b-973e-73e0-bae0-30ac1885197a"},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": 774},
        },
        "zSide": {"serviceProfile": {
            "uuid": "5f00b000-0000-4000-8000-000000000001", "metroCode": "SV",
        }},
    })
}
