//! Service tokens on v4: issued, changed, searched, used and deleted, as the specification shows.

use serde_json::{Value, json};

use crate::{
    client::{TestClient, with},
    samples::{dot1q, v4_order},
    v3_profiles::market,
};

const TOKENS: &str = "/fabric/v4/serviceTokens";
const PORT: &str = "b840a1db-5413-413f-97e0-328a5c00a874";

/// A request for a token of the Z side, whose tag is a string as in an example.
fn z_side_token() -> Value {
    json!({
        "type": "VC_TOKEN",
        "name": "Az_Zside_Dot1Q_Pri_SV",
        "description": "Az_Zside_Dot1Q_Pri_SV_Description",
        "expirationDateTime": "2100-03-18T06:43:49.980Z",
        "connection": {
            "type": "EVPL_VC", "allowRemoteConnection": true, "allowCustomBandwidth": false,
            "supportedBandwidths": [50, 1000],
            "zSide": {"accessPointSelectors": [{
                "type": "COLO", "port": {"uuid": PORT},
                "linkProtocol": {"type": "DOT1Q", "vlanTag": "3332"},
            }]},
        },
        "notifications": [{"type": "NOTIFICATION", "emails": ["abc@example.com"]}],
    })
}

fn a_side_token() -> Value {
    let selector = json!({"accessPointSelectors": [{
        "type": "COLO", "port": {"uuid": "b840a1db-5758-758f-97e0-328a5c00a874"},
        "linkProtocol": {"type": "QINQ", "vlanCTag": 1399, "vlanSTag": 1388},
    }]});
    let connection = json!({
        "type": "EVPL_VC", "allowRemoteConnection": false, "bandwidthLimit": 50,
        "allowCustomBandwidth": false, "aSide": selector,
    });
    with(z_side_token(), &[("connection", connection)])
}

async fn issued(api: &TestClient, body: &Value) -> (String, Value) {
    let (status, token) = api.call("POST", TOKENS, body).await;
    assert_eq!(status, 201, "{token}");
    (format!("{TOKENS}/{}", token["uuid"].as_str().unwrap()), token)
}

fn replace(path: &str, value: &Value) -> Value {
    json!([{"op": "replace", "path": path, "value": value}])
}

#[tokio::test(start_paused = true)]
async fn a_token_is_issued_read_searched_and_deleted() {
    let api = TestClient::new().await;
    let (path, token) = issued(&api, &z_side_token()).await;
    assert_eq!((&token["state"], &token["type"]), (&json!("INACTIVE"), &json!("VC_TOKEN")));
    assert_eq!(token["expirationDateTime"], "2100-03-18T06:43:49.980Z");
    assert_eq!(token["connection"]["supportedBandwidths"], json!([50, 1000]));
    let selector = &token["connection"]["zSide"]["accessPointSelectors"][0];
    assert_eq!(selector["linkProtocol"], json!({"type": "DOT1Q", "vlanTag": 3332}));
    assert_eq!(api.get(&path).await, (200, token.clone()));
    let filter = json!({"property": "/uuid", "operator": "=", "values": [token["uuid"]]});
    let search = json!({"filter": filter});
    let (_, found) = api.call("POST", &format!("{TOKENS}/search"), &search).await;
    assert_eq!(found["data"], json!([token]));
    let resend = json!({"type": "RESEND_EMAIL_NOTIFICATION"});
    assert_eq!(api.call("POST", &format!("{path}/actions"), &resend).await.0, 202);
    let (status, deleted) = api.delete(&path).await;
    assert_eq!((status, &deleted["state"]), (200, &json!("DELETED")));
    let (_, found) = api.call("POST", &format!("{TOKENS}/search"), &search).await;
    assert_eq!(found["data"], json!([]));
    let (status, errors) = api.delete(&path).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3034019")));
    let (status, errors) = api.delete(&format!("{TOKENS}/none")).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3034016")));
}

#[tokio::test(start_paused = true)]
async fn a_dry_run_issues_and_changes_nothing() {
    let api = TestClient::new().await;
    let (_, before) = api.get(&format!("{TOKENS}?limit=100")).await;
    let (status, token) = api.call("POST", &format!("{TOKENS}?dryRun=true"), &a_side_token()).await;
    assert_eq!((status, token.get("uuid")), (200, None));
    assert_eq!(api.get(&format!("{TOKENS}?limit=100")).await.1, before);
    let (path, token) = issued(&api, &z_side_token()).await;
    let rename = replace("/name", &json!("New"));
    let (status, shown) = api.call("PATCH", &format!("{path}?dryRun=true"), &rename).await;
    assert_eq!((status, &shown["name"]), (200, &json!("New")));
    assert_eq!(api.get(&path).await.1, token);
}

#[tokio::test(start_paused = true)]
async fn each_documented_property_can_be_changed() {
    let api = TestClient::new().await;
    let (a_side, _) = issued(&api, &a_side_token()).await;
    let (z_side, _) = issued(&api, &z_side_token()).await;
    for (path, property, value, shown) in [
        (&a_side, "/name", json!("Az_Aside_Dot1Q_NewName"), "/name"),
        (&a_side, "/description", json!("New"), "/description"),
        (&a_side, "/expirationDateTime", json!("2101-01-20T18:50:34.696Z"), "/expirationDateTime"),
        (&a_side, "/connection/bandwidthLimit", json!(100), "/connection/bandwidthLimit"),
        (
            &z_side,
            "/connection/supportedBandwidths",
            json!([50, 200]),
            "/connection/supportedBandwidths",
        ),
        (
            &z_side,
            "/notifications/emails",
            json!(["test1@example.com", "test2@example.com"]),
            "/notifications/0/emails",
        ),
    ] {
        let (status, token) = api.call("PATCH", path, &replace(property, &value)).await;
        assert_eq!((status, token.pointer(shown)), (200, Some(&value)), "{property}: {token}");
        assert_eq!(api.get(path).await.1, token);
    }
    for (path, property, value) in [
        (&a_side, "/connection/supportedBandwidths", json!([50])),
        (&z_side, "/connection/bandwidthLimit", json!(50)),
        (&z_side, "/expirationDateTime", json!("tomorrow")),
        (&z_side, "/state", json!("ACTIVE")),
    ] {
        let (status, errors) = api.call("PATCH", path, &replace(property, &value)).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{errors}");
        assert_eq!(errors[0]["additionalInfo"][0]["property"], property);
    }
}

#[tokio::test(start_paused = true)]
async fn wrong_requests_name_the_property() {
    let api = TestClient::new().await;
    let selectors = "/connection/zSide/accessPointSelectors";
    for (pointer, value, property) in [
        ("/connection/zSide/accessPointSelectors/0/port/uuid", json!("x"), None),
        ("/connection/supportedBandwidths", json!([]), None),
        ("/expirationDateTime", json!("soon"), None),
        ("/connection/zSide/accessPointSelectors", json!([]), None),
        ("/type", json!("EPL_TOKEN"), None),
        (
            "/connection/zSide/accessPointSelectors/0",
            json!({"type": "VD", "virtualDevice": {"type": "EDGE", "uuid": "x"}}),
            Some(format!("{selectors}/0/virtualDevice/uuid")),
        ),
        (
            "/connection/zSide/accessPointSelectors/0",
            json!({"type": "NETWORK", "network": {"type": "EVPLAN", "uuid": "x"}}),
            Some(format!("{selectors}/0/network/uuid")),
        ),
    ] {
        let mut body = z_side_token();
        *body.pointer_mut(pointer).unwrap() = value;
        let (status, errors) = api.call("POST", TOKENS, &body).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{errors}");
        let named = errors[0]["additionalInfo"][0]["property"].as_str().unwrap().to_owned();
        assert_eq!(named, property.unwrap_or_else(|| pointer.to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn the_bearer_of_a_token_connects_to_its_port_once() {
    let (buyer, seller) = market(fabric_simulator::Config::default()).await;
    let (path, token) = issued(&buyer, &z_side_token()).await;
    assert_eq!(seller.get(&path).await.0, 400, "only its issuer sees it");
    let z_side = json!({"serviceToken": {"uuid": token["uuid"]}});
    let mut order = v4_order(&dot1q(), &z_side);
    order["aSide"]["accessPoint"]["port"]["uuid"] = json!("754086e4-164d-64d0-84e0-30ac188c7c35");
    let line = seller.order_v4(&order).await;
    assert_eq!(line["zSide"]["serviceToken"]["uuid"], token["uuid"]);
    assert_eq!(buyer.get(&path).await.1["state"], "ACTIVE");
    let (status, errors) = buyer.delete(&path).await;
    assert_eq!((status, &errors[0]["additionalInfo"][0]["property"]), (400, &json!("/state")));
}
