//! Orders on v4 against the sample requests and responses, and the rules about them.

use serde_json::{Value, json};

use crate::{
    client::{TestClient, keys, with},
    samples::{by_invitation, by_token, dot1q, qinq, v4_aws, v4_order},
};

const CONNECTIONS: &str = "/fabric/v4/connections";

/// The sample response of the service-token document.
fn token_answer() -> Value {
    json!({
        "href": "", "type": "EVPL_VC", "uuid": "", "state": "PROVISIONING", "name": "Conn-1",
        "order": {"purchaseOrderNumber": "1-129105284100", "billingTier": "Up to 1 Gbps"},
        "bandwidth": 1000,
        "aSide": {"accessPoint": {
            "type": "COLO",
            "port": {"href": "", "type": "XF_PORT", "uuid": ""},
            "linkProtocol": {"type": "DOT1Q", "vlanTag": 1001},
        }},
        "zSide": {"serviceToken": {"href": "", "type": "VC_TOKEN", "uuid": ""}},
        "notifications": [{"type": "ALL", "emails": []}],
        "operation": {"equinixStatus": "PROVISIONING", "providerStatus": "NOT_AVAILABLE"},
        "changeLog": {"createdDateTime": ""},
    })
}

/// The response of the invitation document, where it differs.
fn invitation_answer() -> Value {
    with(
        token_answer(),
        &[
            ("state", json!("PENDING")),
            ("redundancy", json!({"group": "", "priority": ""})),
            (
                "zSide",
                json!({"accessPoint": {
                    "location": {"href": "", "metroCode": "SV", "region": "AMER"},
                    "invitation": {"email": "test@equinix.com", "message": "Hello World!"},
                }}),
            ),
            (
                "operation",
                json!({"equinixStatus": "PENDING_APPROVAL", "providerStatus": "NOT_AVAILABLE"}),
            ),
        ],
    )
}

#[tokio::test(start_paused = true)]
async fn samples_are_answered_as_documented() {
    for (link, z_side, sample) in [
        (dot1q(), by_token(), token_answer()),
        (qinq(), by_token(), token_answer()),
        (dot1q(), by_invitation(), invitation_answer()),
        (qinq(), by_invitation(), invitation_answer()),
    ] {
        let api = TestClient::new().await;
        let answer = api.order_v4(&v4_order(&link, &z_side)).await;
        let mut wanted = keys(&sample);
        if link == qinq() {
            wanted.remove("/aSide/accessPoint/linkProtocol/vlanTag");
        }
        let missing: Vec<_> = wanted.difference(&keys(&answer)).cloned().collect();
        assert_eq!(missing, [""; 0]);
        for name in ["type", "name", "bandwidth", "state", "operation", "order"] {
            assert_eq!(answer[name], sample[name], "{name}");
        }
        assert_eq!(answer["aSide"]["accessPoint"]["linkProtocol"], link);
        if let Some(invitation) = sample.pointer("/zSide/accessPoint/invitation") {
            assert_eq!(answer["zSide"]["accessPoint"]["invitation"], *invitation);
            assert_eq!(answer["zSide"]["accessPoint"]["location"]["region"], "AMER");
        }
        let id = answer["uuid"].as_str().unwrap();
        assert_eq!(answer["href"], format!("https://api.equinix.com/fabric/v4/connections/{id}"));
        assert_eq!(api.get(&format!("{CONNECTIONS}/{id}")).await.1, answer);
    }
}

async fn refused(api: &TestClient, body: &Value, code: &str, property: &str) {
    let (status, errors) = api.call("POST", CONNECTIONS, body).await;
    assert_eq!(status, 400, "{code}: {errors}");
    let found = errors.as_array().unwrap().iter().any(|error| {
        let info = error["additionalInfo"].as_array();
        error["errorCode"] == code
            && info.is_some_and(|info| info.iter().any(|info| info["property"] == property))
    });
    assert!(found, "{code} {property}: {errors}");
}

fn set(mut body: Value, pointer: &str, value: Value) -> Value {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    body.pointer_mut(parent).unwrap()[name] = value;
    body
}

#[tokio::test(start_paused = true)]
async fn wrong_fields_are_named() {
    let api = TestClient::new().await;
    let code = "EQ-3142501";
    for (pointer, value) in [
        ("/name", json!("a".repeat(51))),
        ("/name", json!("Conn/1")),
        ("/bandwidth", json!("50")),
        ("/colour", json!("red")),
        ("/aSide/accessPoint/colour", json!("red")),
        ("/aSide/accessPoint/linkProtocol/vlanTag", json!(1)),
        ("/aSide/accessPoint/linkProtocol/vlanTag", json!(4095)),
        ("/aSide/accessPoint/port/uuid", json!("7e7374c4-a357-3570-f2e0-30ac195544de")),
        ("/notifications/0/emails", json!([])),
        ("/notifications/0/emails", json!(vec!["test@example.com"; 13])),
    ] {
        let property = pointer;
        refused(&api, &set(v4_aws(), pointer, value), code, property).await;
    }
    // The two v4 documents limit the names of their orders; the specification does not.
    for name in [json!("a".repeat(25)), json!("Conn 1")] {
        refused(&api, &set(v4_order(&dot1q(), &by_token()), "/name", name), code, "/name").await;
    }
    for tag in [2, 4094] {
        let link = "/aSide/accessPoint/linkProtocol/vlanTag";
        api.order_v4(&set(v4_aws(), link, json!(tag))).await;
    }
}

#[tokio::test(start_paused = true)]
async fn rules_of_profiles() {
    let api = TestClient::new().await;
    let z_side = "/zSide/accessPoint";
    for (pointer, value, code, property) in [
        (
            format!("{z_side}/profile/uuid"),
            json!("3214888b-39b0-49ea-a232-005088dc9c80"),
            "EQ-3142301",
            format!("{z_side}/profile/uuid"),
        ),
        (
            format!("{z_side}/location/metroCode"),
            json!("TY"),
            "EQ-3142302",
            format!("{z_side}/location/metroCode"),
        ),
        ("/bandwidth".to_owned(), json!(51), "EQ-3142306", "/bandwidth".to_owned()),
        (
            format!("{z_side}/authenticationKey"),
            Value::Null,
            "EQ-3142308",
            format!("{z_side}/authenticationKey"),
        ),
    ] {
        refused(&api, &set(v4_aws(), &pointer, value), code, &property).await;
    }
    api.order_v4(&v4_aws()).await;
    let link = "/aSide/accessPoint/linkProtocol";
    refused(&api, &v4_aws(), "EQ-3142102", link).await;
}

#[tokio::test(start_paused = true)]
async fn a_token_is_used_once() {
    let api = TestClient::new().await;
    let token = "/fabric/v4/serviceTokens/20d32a80-0d61-4333-bc03-707b591ae2f4";
    assert_eq!(api.get(token).await.1["state"], "INACTIVE");
    let wide = set(v4_order(&dot1q(), &by_token()), "/bandwidth", json!(2000));
    refused(&api, &wide, "EQ-3142535", "/zSide/serviceToken/uuid").await;
    api.order_v4(&v4_order(&dot1q(), &by_token())).await;
    assert_eq!(api.get(token).await.1["state"], "ACTIVE");
    let again = v4_order(&qinq(), &by_token());
    refused(&api, &again, "EQ-3142501", "/zSide/serviceToken/uuid").await;
    let unknown = json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f9"}});
    let body = v4_order(&qinq(), &unknown);
    refused(&api, &body, "EQ-3034016", "/zSide/serviceToken/uuid").await;
}

/// An order that joins a group, by a token.
fn second_by_token(group: &Value, link: &Value, token: &str) -> Value {
    let mut body = v4_order(link, &json!({"serviceToken": {"uuid": token}}));
    body["bandwidth"] = json!(50);
    body["redundancy"] = json!({"group": group, "priority": "SECONDARY"});
    body
}

#[tokio::test(start_paused = true)]
async fn tokens_of_a_pair_have_to_match() {
    let api = TestClient::new().await;
    let first = api.order_v4(&v4_order(&dot1q(), &by_token())).await;
    let group = &first["redundancy"]["group"];
    let token = "/zSide/serviceToken/uuid";
    for (id, code) in [
        ("5f00a001-0000-4000-8000-000000000001", "EQ-3142221"),
        ("5f00a001-0000-4000-8000-000000000002", "EQ-3142222"),
        ("5f00a001-0000-4000-8000-000000000003", "EQ-3142223"),
        ("5f00a001-0000-4000-8000-000000000004", "EQ-3142224"),
        ("20d32a80-0d61-4333-bc03-707b591ae2f4", "EQ-3142225"),
    ] {
        let body = second_by_token(group, &qinq(), id);
        let (status, errors) = api.call("POST", CONNECTIONS, &body).await;
        assert_eq!((status, errors.as_array().unwrap().len()), (400, 1), "{errors}");
        refused(&api, &body, code, token).await;
    }
    let body = second_by_token(group, &qinq(), "20d32a80-0d61-4333-bc03-707b591ae2f5");
    api.order_v4(&body).await;
}

#[tokio::test(start_paused = true)]
async fn a_local_token_allows_no_remote_connection() {
    let api = TestClient::new().await;
    let local = json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f5"}});
    let port = "/aSide/accessPoint/port/uuid";
    let elsewhere = json!("9f891d3b-973c-73c0-bae0-30ac1885197a");
    let remote = set(v4_order(&dot1q(), &local), port, elsewhere.clone());
    refused(&api, &remote, "EQ-3142536", "/zSide/serviceToken/uuid").await;
    api.order_v4(&set(v4_order(&dot1q(), &by_token()), port, elsewhere)).await;
}

#[tokio::test(start_paused = true)]
async fn legs_of_a_pair_have_one_profile_and_google_has_no_secondary() {
    let api = TestClient::new().await;
    let first = api.order_v4(&v4_aws()).await;
    let profile = "/zSide/accessPoint/profile/uuid";
    let mut second = set(v4_aws(), profile, json!("999552b-39b0-49ea-a232-005088dc9c84"));
    second["redundancy"] = json!({"group": first["redundancy"]["group"], "priority": "SECONDARY"});
    refused(&api, &second, "EQ-3142320", profile).await;
    let google = json!("9e441721-5342-4d8a-b62e-5ca61b4aa795");
    refused(&api, &set(second, profile, google), "EQ-3142303", "/redundancy/priority").await;
}

#[tokio::test(start_paused = true)]
async fn groups_are_made_and_joined() {
    let api = TestClient::new().await;
    let first = api.order_v4(&v4_aws()).await;
    assert_eq!(first["redundancy"]["priority"], "PRIMARY");
    let group = first["redundancy"]["group"].clone();
    let link = "/aSide/accessPoint/linkProtocol/vlanTag";
    let second = |redundancy: Value| {
        let mut body = set(v4_aws(), link, json!(775));
        body["redundancy"] = redundancy;
        body
    };
    let (g, p) = ("/redundancy/group", "/redundancy/priority");
    for (redundancy, code, property) in [
        (json!({"priority": "SECONDARY"}), "EQ-3142514", g),
        (json!({"group": group}), "EQ-3142515", p),
        (json!({"group": "nobody", "priority": "SECONDARY"}), "EQ-3142516", g),
        (json!({"group": group, "priority": "PRIMARY"}), "EQ-3142517", p),
    ] {
        refused(&api, &second(redundancy), code, property).await;
    }
    let joined = api.order_v4(&second(json!({"group": group, "priority": "SECONDARY"}))).await;
    assert_eq!(joined["redundancy"], json!({"group": group, "priority": "SECONDARY"}));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_orders_nothing() {
    let api = TestClient::new().await;
    let path = format!("{CONNECTIONS}?dryRun=true");
    let (status, answer) = api.call("POST", &path, &v4_aws()).await;
    assert_eq!(status, 200);
    assert_eq!(answer["name"], "Conn-1");
    for key in ["uuid", "href", "state", "operation"] {
        assert!(answer.get(key).is_none(), "{key}");
    }
    assert!(api.world.ledger().orders.is_empty() && api.world.lines().is_empty());
    let wrong = set(v4_aws(), "/bandwidth", json!(51));
    assert_eq!(api.call("POST", &path, &wrong).await.0, 400);
}

#[tokio::test(start_paused = true)]
async fn own_ports_are_connected() {
    let api = TestClient::new().await;
    let z_side = json!({"accessPoint": {
        "type": "COLO",
        "port": {"uuid": "7f891d3b-973d-73d0-bae0-30ac1885197a"},
        "linkProtocol": {"type": "QINQ", "vlanSTag": 5, "vlanCTag": 7},
    }});
    let line = api.order_v4(&v4_order(&dot1q(), &z_side)).await;
    assert_eq!(line["direction"], "INTERNAL");
    // The Z-side port has a tag in use now, too.
    let other = json!({"type": "DOT1Q", "vlanTag": 1003});
    let property = "/zSide/accessPoint/linkProtocol";
    refused(&api, &v4_order(&other, &z_side), "EQ-3142102", property).await;
}
