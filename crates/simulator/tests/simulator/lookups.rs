//! Lookups before an order: prices, keys, free tags, service tokens.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    client::TestClient,
    samples::{aws_dot1q, azure_dot1q, by_token, dot1q, qinq, v4_order},
};

const STAGE: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn the_prices_of_the_sample() {
    let api = TestClient::new().await;
    let tiers = ["50", "200", "500", "1000", "2000", "5000", "10000"];
    let list = |product: &str, kind: &str, prices: [&str; 7]| {
        let prices: Vec<Value> = tiers
            .iter()
            .zip(prices)
            .map(|(tier, price)| json!({"speedBillingTier": tier, "price": price}))
            .collect();
        json!({"productName": product, "connectionType": kind, "prices": prices})
    };
    let remote = ["230.0", "400.0", "580.0", "1280.0", "2150.0", "4945.0", "8380.0"];
    let sample = json!({
        "currency": "CHF",
        "originMetro": "GV",
        "destinationMetro": "SV",
        "priceList": [
            list("ECX Fabric Service Provider Product", "localConnection", ["0"; 7]),
            list("ECX Fabric Remote Connection Product", "remoteConnection", remote),
        ],
    });
    let path = "/ecx/v3/l2/connections/prices";
    let port = "portUUID=91469d07-dd6f-d6f2-1de0-37c8bc10af30";
    let query = format!("{path}?customSpeeds=50,100&destinationMetro=SV&{port}");
    assert_eq!(api.get(&query).await, (200, sample));

    let (_, local) = api.get(&format!("{path}?destinationMetro=GV&{port}")).await;
    assert_eq!(local["priceList"].as_array().unwrap().len(), 1);
    let stranger = "portUUID=91469d07-dd6f-d6f2-1de0-37c8bc10af31";
    for (query, code, property) in [
        (port.to_owned(), "IC-LAYER2-402", "destinationMetro"),
        ("destinationMetro=SV".to_owned(), "IC-LAYER2-402", "portUUID"),
        (format!("destinationMetro=TY&{port}"), "IC-LAYER2-REMOTE-003", "destinationMetro"),
        (format!("destinationMetro=SV&{stranger}"), "IC-LAYER2-PORTS-001", "portUUID"),
        ("destinationMetro=SV&portUUID=x".to_owned(), "IC-LAYER2-402", "portUUID"),
        (format!("destinationMetro=SV&customSpeeds=x&{port}"), "IC-LAYER2-402", "customSpeeds"),
    ] {
        let (status, errors) = api.get(&format!("{path}?{query}")).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!(code)), "{query}");
        assert_eq!(errors[0]["property"], property);
    }
}

fn part(property: &str, value: &str) -> Value {
    json!({"property": property, "operator": "=", "values": [value]})
}

fn price_filter(from: (&str, &str), to: &str, mbps: &[&str]) -> Value {
    json!({"filter": {"and": [
        part("/type", "VIRTUAL_CONNECTION_PRODUCT"),
        part("/connection/type", "EVPL_VC"),
        {"property": "/connection/bandwidth", "operator": "IN", "values": mbps},
        part("/connection/aSide/accessPoint/type", "COLO"),
        part(&format!("/connection/aSide/accessPoint/{}", from.0), from.1),
        part("/connection/zSide/accessPoint/location/metroCode", to),
        part("/connection/zSide/accessPoint/type", "SP"),
    ]}})
}

#[tokio::test(start_paused = true)]
async fn v4_returns_the_same_prices() {
    let api = TestClient::new().await;
    let path = "/fabric/v4/prices/search";
    let prices = async |body: &Value| {
        let (status, answer) = api.call("POST", path, body).await;
        assert_eq!(status, 200, "{answer}");
        let data = answer["data"].as_array().unwrap().clone();
        data.iter().map(|price| price["charges"][0]["price"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    let port = ("port/uuid", "91469d07-dd6f-d6f2-1de0-37c8bc10af30");
    // A bandwidth between two tiers is billed by the upper one.
    let body = price_filter(port, "SV", &["50", "100", "10000"]);
    assert_eq!(prices(&body).await, [230, 400, 8380]);
    let (_, answer) = api.call("POST", path, &body).await;
    assert_eq!(answer["data"][0]["currency"], "CHF");
    assert_eq!(answer["data"][1]["connection"]["bandwidth"], 100);
    let metro = ("location/metroCode", "CH");
    let local = prices(&price_filter(metro, "CH", &["100"])).await;
    let remote = prices(&price_filter(metro, "SV", &["100"])).await;
    assert!(local < remote, "{local:?} {remote:?}");
    for other in [
        json!({"and": [part("/type", "IP_BLOCK_PRODUCT"), part("/ipBlock/type", "IPv4")]}),
        json!({"or": [part("/type", "VIRTUAL_PORT_PRODUCT"), part("/connection/type", "IP_VC")]}),
    ] {
        assert!(prices(&json!({"filter": other})).await.is_empty());
    }
    let id = api.order_v3(&aws_dot1q()).await["primaryConnectionId"].clone();
    let by_id = json!({"filter": {"and": [
        part("/type", "VIRTUAL_CONNECTION_PRODUCT"),
        part("/connection/uuid", id.as_str().unwrap()),
    ]}});
    assert_eq!(prices(&by_id).await, [0], "local, from an unlimited port");
    for body in [
        json!({"filter": {"and": [part("/colour", "red")]}}),
        json!({"filter": part("/type", "VIRTUAL_CONNECTION_PRODUCT"), "sort": []}),
        price_filter(metro, "XX", &["100"]),
        price_filter(metro, "SV", &["fast"]),
        price_filter(("port/uuid", "stranger"), "SV", &["100"]),
        json!({}),
    ] {
        let (status, errors) = api.call("POST", path, &body).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3038010")), "{body}");
        assert_eq!(errors[0]["errorMessage"], "Validation failure");
    }
}

#[tokio::test(start_paused = true)]
async fn v3_validates_keys() {
    let api = TestClient::new().await;
    let path = "/ecx/v3/l2/connections/validateAuthorizationKey";
    let query = |key: &str, metro: &str, profile: &str| {
        format!("{path}?authorizationKey={key}&metroCode={metro}&profileId={profile}&region=AMER")
    };
    let (key, profile) =
        ("991040a8-2e08-48b9-b0f8-8c5f87dfbx6a", "x1384t22-bbe0-4e43-ax37-95beeg9d254d");
    let sample = json!({
        "message": "Authorization key provided is valid",
        "status": "VALID",
        "primary": {"bandwidth": "50MB"},
        "secondary": {"bandwidth": "50MB"},
    });
    assert_eq!(api.get(&query(key, "DC", profile)).await, (200, sample));
    let aws = "3214888b-39b0-49ea-a232-005088dc9c84";
    let (_, single) = api.get(&query("123456789012", "SV", aws)).await;
    assert_eq!(single["status"], "VALID");
    assert!(single.get("secondary").is_none());
    let azure = "84c6616c-573a-447d-a478-9fab8fff284d";
    for (key, metro, profile) in [
        ("12345", "SV", aws),
        ("123456789012", "TY", aws),
        // Issued for SV, according to the error about wrong metros.
        ("76e781b5-2992-4042-b2a2-37d0d5eb6735", "DC", azure),
    ] {
        let (status, answer) = api.get(&query(key, metro, profile)).await;
        assert_eq!((status, &answer["status"]), (200, &json!("INVALID")), "{key}");
    }
    let good = query(key, "DC", profile);
    for (wrong, status, code, property) in [
        (good.replace("&region=AMER", ""), 400, "IC-LAYER2-402", "region"),
        (good.replace("AMER", "MARS"), 400, "IC-LAYER2-402", "region"),
        (good.replace("=DC", "=XX"), 400, "IC-LAYER2-402", "metroCode"),
        (good.replace("x1384t22", "x"), 400, "IC-LAYER2-402", "profileId"),
        (
            query(key, "DC", "97d1850f-4df0-468c-9281-fa7b0dfa2097"),
            404,
            "IC-PROFILE-404",
            "profileId",
        ),
    ] {
        let (given, errors) = api.get(&wrong).await;
        assert_eq!((given, &errors[0]["errorCode"]), (status, &json!(code)), "{wrong}");
        assert_eq!(errors[0]["property"], property);
    }
}

#[tokio::test(start_paused = true)]
async fn v4_validates_keys_and_tags() {
    let api = TestClient::new().await;
    let path = "/fabric/v4/connections/validate";
    let z_side = |name: &str| format!("/zSide/accessPoint/{name}");
    let filter = |parts: &[(&str, &str)]| {
        let parts: Vec<Value> = parts.iter().map(|(name, v)| part(&z_side(name), v)).collect();
        json!({"filter": {"and": parts}})
    };
    let aws = ("profile/uuid", "3214888b-39b0-49ea-a232-005088dc9c84");
    let azure = ("profile/uuid", "84c6616c-573a-447d-a478-9fab8fff284d");
    let key = ("authenticationKey", "76e781b5-2992-4042-b2a2-37d0d5eb6735");
    let account = ("authenticationKey", "123456789012");
    let port = ("port/uuid", "7f891d3b-973e-73e0-bae0-30ac1885197a");
    let good = "Authorization key provided is valid";
    let valid = async |parts: &[(&str, &str)]| {
        let (status, answer) = api.call("POST", path, &filter(parts)).await;
        assert_eq!(status, 200, "{answer}");
        answer
    };
    let answer = valid(&[account, aws, ("sellerRegion", "us-west-1")]).await;
    assert_eq!(answer, json!({"additionalInfo": [{"key": "message", "value": good}]}));
    let slots = async || valid(&[key, azure]).await["data"].as_array().unwrap().len();
    assert_eq!(slots().await, 8, "four peerings, two legs");
    api.order_v3(&azure_dot1q()).await;
    assert_eq!(slots().await, 6);
    let free = valid(&[port, ("linkProtocol/vlanTag", "155")]).await;
    assert_eq!(free["additionalInfo"][0]["value"], "vlanTag(s) provided is available");
    for parts in [
        vec![("authenticationKey", "12345"), aws],
        vec![account],
        vec![account, aws, ("sellerRegion", "mars")],
        vec![port, ("linkProtocol/vlanTag", "458")],
        vec![port, ("linkProtocol/vlanTag", "4095")],
        vec![port],
        vec![("colour", "red")],
    ] {
        let (status, errors) = api.call("POST", path, &filter(&parts)).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-2041022")), "{parts:?}");
        assert_eq!(errors[0]["errorMessage"], "Invalid argument value passed.");
    }
}

#[tokio::test(start_paused = true)]
async fn tags_in_use_are_listed_until_they_are_free() {
    let api = TestClient::new().await;
    let id = api.order_v3(&aws_dot1q()).await["primaryConnectionId"].clone();
    let path = "/fabric/v4/ports/7f891d3b-973e-73e0-bae0-30ac1885197a/linkProtocols";
    let (status, links) = api.get(path).await;
    assert_eq!((status, &links["pagination"]["total"]), (200, &json!(1)));
    let link = &links["data"][0];
    assert_eq!((&link["type"], &link["vlanTag"]), (&json!("DOT1Q"), &json!(774)));
    assert_eq!((&link["state"], &link["asset"]["uuid"]), (&json!("RESERVED"), &id));
    let connection = format!("/fabric/v4/connections/{}", id.as_str().unwrap());
    tokio::time::advance(STAGE).await;
    assert_eq!(api.delete(&connection).await.0, 200);
    tokio::time::advance(STAGE).await;
    assert_eq!(api.get(path).await.1["pagination"]["total"], 1, "gone, but not free yet");
    tokio::time::advance(STAGE).await;
    assert_eq!(api.get(path).await.1["pagination"]["total"], 0);
    let (status, errors) = api.get("/fabric/v4/ports/nobody/linkProtocols").await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3035202")));
}

#[tokio::test(start_paused = true)]
async fn tokens_are_found_and_expire() {
    let api = TestClient::new().await;
    let path = "/fabric/v4/serviceTokens/search";
    let found = async |api: &TestClient, filter: Value, query: &str| {
        let body = json!({"filter": {"and": [filter]}});
        let (status, found) = api.call("POST", &format!("{path}{query}"), &body).await;
        assert_eq!(status, 200, "{found}");
        found["data"].as_array().unwrap().len()
    };
    let token = "20d32a80-0d61-4333-bc03-707b591ae2f4";
    assert_eq!(found(&api, part("/uuid", token), "").await, 1);
    assert_eq!(found(&api, part("/state", "INACTIVE"), "").await, 9);
    assert_eq!(found(&api, part("/state", "INACTIVE"), "?offset=1&limit=1").await, 1);
    let not = json!({"property": "/uuid", "operator": "NOT IN", "values": [token]});
    assert_eq!(found(&api, not, "").await, 8);
    let wrong = json!({"filter": part("/colour", "red")});
    assert_eq!(api.call("POST", path, &wrong).await.0, 400);
    api.order_v4(&v4_order(&dot1q(), &by_token())).await;
    assert_eq!(found(&api, part("/state", "ACTIVE"), "").await, 1);

    api.world.advance(Duration::from_hours(24 * 90));
    assert_eq!(found(&api, part("/state", "EXPIRED"), "").await, 8, "a used one does not expire");
    let late = json!({"serviceToken": {"uuid": "20d32a80-0d61-4333-bc03-707b591ae2f5"}});
    let body = v4_order(&qinq(), &late);
    let (status, errors) = api.call("POST", "/fabric/v4/connections", &body).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{errors}");
}
