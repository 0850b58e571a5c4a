//! Reads and searches on v4 against the published specification.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    client::{TestClient, with},
    samples::{aws_dot1q, v4_aws},
};

const SEARCH: &str = "/fabric/v4/connections/search";

async fn names(api: &TestClient, body: Value) -> Vec<String> {
    let (status, found) = api.call("POST", SEARCH, &body).await;
    assert_eq!(status, 200, "{found}");
    let lines = found["data"].as_array().unwrap().iter();
    lines.map(|l| l["name"].as_str().unwrap().to_owned()).collect()
}

async fn three_lines() -> TestClient {
    let api = TestClient::new().await;
    for (name, tag) in [("Line-A", 10), ("Line-B", 11), ("Other", 12)] {
        let changes = [("primaryName", json!(name)), ("primaryVlanSTag", json!(tag))];
        api.order_v3(&with(aws_dot1q(), &changes)).await;
        tokio::time::advance(Duration::from_secs(1)).await;
    }
    api
}

#[tokio::test(start_paused = true)]
async fn searches_filter_sort_and_page() {
    let api = three_lines().await;
    // By default, the last updated is first.
    assert_eq!(names(&api, json!({})).await, ["Other", "Line-B", "Line-A"]);
    let by_name = json!([{"property": "/name", "direction": "ASC"}]);
    let like = json!({"and": [
        {"property": "/name", "operator": "LIKE", "values": ["Line"]},
        {"property": "/aSide/accessPoint/linkProtocol/vlanTagMin", "operator": ">", "values": ["1"]},
    ]});
    let body = json!({"filter": like, "sort": by_name});
    assert_eq!(names(&api, body).await, ["Line-A", "Line-B"]);
    let (_, page) = api
        .call("POST", SEARCH, &json!({"sort": by_name, "pagination": {"offset": 1, "limit": 1}}))
        .await;
    assert_eq!(page["data"][0]["name"], "Line-B");
    let pagination = &page["pagination"];
    assert_eq!(
        (&pagination["offset"], &pagination["limit"], &pagination["total"]),
        (&json!(1), &json!(1), &json!(3))
    );
    let (_, page) = api.call("POST", SEARCH, &json!({"pagination": {"limit": 1000}})).await;
    assert_eq!(page["pagination"]["limit"], 100);
}

#[tokio::test(start_paused = true)]
async fn invalid_searches_are_rejected() {
    let api = three_lines().await;
    let leaf = |property: &str, operator: &str, value: &str| json!({"filter": {"property": property, "operator": operator, "values": [value]}});
    for body in [
        leaf("/state", "=", "PROVISIONED"),
        leaf("/state", "=", "REPROVISIONING"),
        leaf("/colour", "=", "red"),
        leaf("/name", "~", "Line"),
        json!({"sort": [{"property": "/colour"}]}),
        json!({"pagination": {"limit": 0}}),
        json!({"colour": "red"}),
    ] {
        let (status, error) = api.call("POST", SEARCH, &body).await;
        assert_eq!(status, 400, "{body}");
        assert_eq!(error[0]["errorCode"], "EQ-3000035");
    }
    let active = leaf("/state", "=", "PROVISIONING");
    assert_eq!(names(&api, active).await.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn ids_methods_and_paths() {
    let api = TestClient::new().await;
    let path = "/fabric/v4/connections";
    for (id, status, code) in [
        ("5f00c000-0000-4000-8000-00000000ffff", 400, "EQ-3142519"),
        ("not-a-uuid", 404, "EQ-3045811"),
    ] {
        let (given, error) = api.get(&format!("{path}/{id}")).await;
        assert_eq!((given, &error[0]["errorCode"]), (status, &json!(code)));
    }
    let (status, error) = api.get(path).await;
    assert_eq!((status, &error[0]["errorCode"]), (405, &json!("EQ-3142569")));
    assert_eq!(error[0]["details"], "Method:GET");
    let (status, error) = api.get("/fabric/v4/colours").await;
    assert_eq!(status, 404);
    assert!(error[0]["errorCode"].is_string());
}

#[tokio::test(start_paused = true)]
async fn the_inventory_is_the_samples() {
    let api = TestClient::new().await;
    api.order_v4(&v4_aws()).await;
    let (_, ports) = api.get("/fabric/v4/ports?name=johnDoePort").await;
    assert_eq!(ports["pagination"]["total"], 1);
    assert_eq!(ports["data"][0]["uuid"], "9a1b30c7-baaf-aaf0-96e0-30ac188c7099");
    assert_eq!(ports["data"][0]["encapsulation"]["type"], "DOT1Q");
    let used = "/fabric/v4/ports/7f891d3b-973e-73e0-bae0-30ac1885197a";
    assert_eq!(api.get(used).await.1["usedBandwidth"], 50);
    let filter = json!({"filter": {"and": [
        {"property": "/location/metroCode", "operator": "=", "values": ["TR"]},
    ]}});
    let (_, found) = api.call("POST", "/fabric/v4/ports/search", &filter).await;
    assert_eq!(found["data"][0]["name"], "JOHN DOE TEST");

    let (_, first) = api.get("/fabric/v4/metros").await;
    assert_eq!(first["data"].as_array().unwrap().len(), 20, "the default limit");
    let (_, mine) = api.get("/fabric/v4/metros?presence=MY_PORTS").await;
    let codes: Vec<_> = mine["data"].as_array().unwrap().iter().map(|m| &m["code"]).collect();
    assert_eq!(codes, ["DA", "DC", "GV", "SV", "TR"]);
    assert_eq!(api.get("/fabric/v4/metros/AM").await.1["name"], "Amsterdam");
    let (status, error) = api.get("/fabric/v4/metros?presence=YOURS").await;
    assert_eq!((status, &error[0]["errorCode"]), (400, &json!("EQ-3036013")));

    let (_, tokens) = api.get("/fabric/v4/serviceTokens").await;
    for digit in ["4", "5"] {
        let id = format!("20d32a80-0d61-4333-bc03-707b591ae2f{digit}");
        assert!(tokens["data"].as_array().unwrap().iter().any(|token| token["uuid"] == id));
    }
    assert_eq!(api.get("/fabric/v4/health").await.1["state"], "HEALTHY");
}

#[tokio::test(start_paused = true)]
async fn profiles_have_versions_and_names_that_are_not_unique() {
    let api = TestClient::new().await;
    let path = "/fabric/v4/serviceProfiles/3214888b-39b0-49ea-a232-005088dc9c84";
    let response = api.raw("GET", path, &Value::Null).await;
    assert_eq!(response.headers()["etag"], "\"1\"");
    let (_, profile) = api.get(path).await;
    assert_eq!(profile["name"], "AWS Direct Connect");
    let search = async |name: &str| {
        let body = json!({"filter": {"property": "/name", "operator": "=", "values": [name]}});
        let (_, found) =
            api.call("POST", "/fabric/v4/serviceProfiles/search?viewPoint=aSide", &body).await;
        found["pagination"]["total"].as_u64().unwrap()
    };
    assert_eq!(search("AWS Direct Connect").await, 1);
    assert_eq!(search("Example Storage").await, 2);
    let (_, own) = api.get("/fabric/v4/serviceProfiles?viewPoint=zSide&limit=100").await;
    assert!(own["data"].as_array().unwrap().iter().all(|p| p["selfProfile"] == true));
}
