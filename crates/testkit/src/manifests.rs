//! Manifests as users write them, for tests to start from; their values are those of the documents'
//! samples.

use serde_json::{Value, json};

use fabric_simulator::UserCredentials;

/// The Secret of the documents' OAuth2 samples.
pub fn secret() -> Value {
    secret_of("FGHIJ67890")
}

/// The same with another client secret.
pub fn secret_of(client_secret: &str) -> Value {
    secret_for(&UserCredentials {
        client_secret: client_secret.to_owned(),
        ..UserCredentials::of_the_samples()
    })
}

/// The account's Secret for these credentials.
pub fn secret_for(credentials: &UserCredentials) -> Value {
    let encode = |text: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "equinix", "namespace": "fabric-operator"},
        "data": {
            "clientId": encode(&credentials.client_id),
            "clientSecret": encode(&credentials.client_secret),
            "userName": encode(&credentials.user_name),
            "userPassword": encode(&credentials.user_password),
        },
    })
}

/// The Secret of the seller whose samples create profiles.
pub fn seller_secret() -> Value {
    let mut secret = secret_of("KLMNO12345");
    secret["metadata"]["name"] = json!("seller");
    // SELLER12345 in base64.
    secret["data"]["clientId"] = json!("U0VMTEVSMTIzNDU=");
    secret
}

/// The seller's account of `dialect` at `endpoint`.
pub fn seller_account(name: &str, dialect: &str, endpoint: &str) -> Value {
    let mut account = account(name, dialect, endpoint);
    account["spec"]["credentials"]["secretRef"]["name"] = json!("seller");
    account
}

/// An account of `dialect` at `endpoint` that all namespaces may use.
pub fn account(name: &str, dialect: &str, endpoint: &str) -> Value {
    json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "FabricAccount",
        "metadata": {"name": name},
        "spec": {
            "dialect": dialect,
            "endpoint": endpoint,
            "credentials": {"secretRef": {"name": "equinix"}},
            "grants": [{"namespaces": {"all": true}, "mayAdopt": true}],
        },
    })
}

/// A connection in namespace `network`, from a spec.
pub fn connection(name: &str, spec: Value) -> Value {
    json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "FabricConnection",
        "metadata": {"name": name, "namespace": "network"},
        "spec": spec,
    })
}

fn dot1q(port: &str, tag: u16) -> Value {
    json!({"port": {"uuid": port}, "linkProtocol": {"type": "DOT1Q", "vlanTag": tag}})
}

fn qinq(port: &str, s_tag: u16, c_tag: u16) -> Value {
    json!({
        "port": {"uuid": port},
        "linkProtocol": {"type": "QINQ", "vlanSTag": s_tag, "vlanCTag": c_tag},
    })
}

/// "AWS Direct Connect connection using a Dot1q port".
pub fn aws_dot1q(account: &str) -> Value {
    json!({
        "account": account,
        "name": "JohnDoe_AWS_Dot1q",
        "bandwidthMbps": 50,
        "purchaseOrderNumber": "1234567890",
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": dot1q("7f891d3b-973e-73e0-bae0-30ac1885197a", 774),
        "zSide": {"serviceProfile": {
            "uuid": "3214888b-39b0-49ea-a232-005088dc9c84",
            "metroCode": "SV",
            "sellerRegion": "us-west-1",
            "authenticationKey": "123456789012",
        }},
    })
}

/// "AWS Direct Connect connection using a QinQ port".
pub fn aws_qinq(account: &str) -> Value {
    json!({
        "account": account,
        "name": "JohnDoe_AWS_QinQ",
        "bandwidthMbps": 50,
        "purchaseOrderNumber": "0987654321",
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": qinq("99991d3b-9750-7500-bae0-30ac1885197a", 774, 775),
        "zSide": {"serviceProfile": {
            "uuid": "999552b-39b0-49ea-a232-005088dc9c84",
            "metroCode": "SV",
            "sellerRegion": "us-west-1",
            "authenticationKey": "123456789012",
        }},
    })
}

/// The order for AWS on v4. The documents show AWS on v3 only; on v4 the published specification
/// puts the same values into an access point of type SP with a layer 2 profile.
pub fn aws_v4_body(name: &str, number: &str, port: &str, link: Value, profile: &str) -> Value {
    json!({
        "type": "EVPL_VC",
        "name": name,
        "order": {"purchaseOrderNumber": number},
        "bandwidth": 50,
        "aSide": {"accessPoint": {"type": "COLO", "port": {"uuid": port}, "linkProtocol": link}},
        "zSide": {"accessPoint": {
            "type": "SP",
            "profile": {"type": "L2_PROFILE", "uuid": profile},
            "location": {"metroCode": "SV"},
            "authenticationKey": "123456789012",
            "sellerRegion": "us-west-1",
        }},
        "notifications": [{"type": "ALL", "emails": ["JohnDoe@equinix.com"]}],
    })
}

/// "Azure Express Route connection using a Dot1q port", private peering: a pair.
pub fn azure_pair(account: &str) -> Value {
    json!({
        "account": account,
        "name": "JohnDoe_Dot1q_Private",
        "bandwidthMbps": 50,
        "notifications": ["JohnDoe@equinix.com"],
        "aSide": dot1q("7f891d3b-973e-73e0-bae0-30ac1885197a", 458),
        "zSide": {"serviceProfile": {
            "uuid": "84c6616c-573a-447d-a478-9fab8fff284d",
            "metroCode": "SV",
            "peeringType": "PRIVATE",
            "authenticationKey": "76e781b5-2992-4042-b2a2-37d0d5eb6735",
        }},
        "secondary": {
            "name": "TestS110",
            "aSide": dot1q("7f891d3b-9740-7400-bae0-30ac1885197a", 442),
        },
    })
}

fn conn_1(account: &str, a_side: Value, z_side: Value) -> Value {
    json!({
        "account": account,
        "name": "Conn-1",
        "bandwidthMbps": 1000,
        "purchaseOrderNumber": "1-129105284100",
        "notifications": ["test@equinix.com", "test2@equinix.com"],
        "aSide": a_side,
        "zSide": z_side,
    })
}

const PORT: &str = "a867f685-41b0-1b07-6de0-320a5c00abdd";

fn token() -> Value {
    json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f4"}})
}

fn invitation() -> Value {
    json!({"invitation": {"email": "test@equinix.com", "message": "Hello World!", "metroCode": "SV"}})
}

/// "connection from a DOT1Q port to a third-party defined by a service token".
pub fn token_dot1q(account: &str) -> Value {
    conn_1(account, dot1q(PORT, 1001), token())
}

/// "connection from a QINQ port to a third-party defined by a service token".
pub fn token_qinq(account: &str) -> Value {
    conn_1(account, qinq(PORT, 1002, 1001), token())
}

/// "connection to a third-party from a DOT1Q initiated through an email invitation".
pub fn invitation_dot1q(account: &str) -> Value {
    conn_1(account, dot1q(PORT, 1001), invitation())
}

/// "connection to a third-party from a QINQ initiated through an email invitation".
pub fn invitation_qinq(account: &str) -> Value {
    conn_1(account, qinq(PORT, 1002, 1001), invitation())
}

/// The body of an order without the mark that the operator adds to it, which no sample has.
pub fn without_mark(mut body: Value) -> Value {
    if let Some(members) = body.as_object_mut() {
        let order = members.get_mut("order").and_then(Value::as_object_mut);
        let is_empty = order.is_some_and(|order| {
            order.remove("customerReferenceNumber");
            order.is_empty()
        });
        if is_empty {
            members.remove("order");
        }
    }
    body
}
