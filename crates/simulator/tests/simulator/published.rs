//! What the published specification's examples and published clients send on v4, beyond the
//! documents: orders between the ports that the examples name, changes of port and tag, migration of
//! the Z side, prices by connection; and that a search shows what the listing shows.

use std::{collections::BTreeSet, time::Duration};

use serde_json::{Value, json};

use fabric_simulator::{Config, World};

use crate::{
    changes::{patched, replace, v4},
    client::{TestClient, with},
    samples::v4_order,
    v3_profiles::market,
};

const STAGE: Duration = Duration::from_mins(1);
const CONNECTIONS: &str = "/fabric/v4/connections";
const EITHER: &str = "a00cef6f-8e35-4794-9ff9-665e084e4e6d";

fn dot1q(tag: u16) -> Value {
    json!({"type": "DOT1Q", "vlanTag": tag})
}

fn qinq(s_tag: u16, c_tag: u16) -> Value {
    json!({"type": "QINQ", "vlanSTag": s_tag, "vlanCTag": c_tag})
}

fn from_port(port: &str, link: &Value, z_side: &Value) -> Value {
    let mut body = v4_order(link, z_side);
    body["aSide"]["accessPoint"]["port"]["uuid"] = json!(port);
    body["name"] = json!("My-Port-2-Port-Connection-1");
    body["project"] = json!({"projectId": "ac4d34ca-0d9c-4bc2-9aab-1234567abcde"});
    body
}

fn to_port(port: &str, link: &Value) -> Value {
    json!({"accessPoint": {"type": "COLO", "port": {"uuid": port}, "linkProtocol": link}})
}

fn to_profile(profile: &str, metro: &str) -> Value {
    json!({"accessPoint": {
        "type": "SP",
        "profile": {"type": "L2_PROFILE", "uuid": profile},
        "location": {"metroCode": metro},
    }})
}

#[tokio::test(start_paused = true)]
async fn orders_between_ports_and_profiles_of_the_examples_are_taken() {
    let exchange = "22d4e853-ef33-4ff0-b5b2-a2b1d5dfa50c";
    for (port, link, z_side) in [
        ("a8ba52de-faae-43b5-b0b1-6904d37ee063", dot1q(1001), to_port(EITHER, &dot1q(1001))),
        (EITHER, dot1q(1001), to_port(exchange, &qinq(1001, 1002))),
        (EITHER, qinq(1001, 1125), to_port(exchange, &dot1q(1001))),
        (EITHER, dot1q(1001), to_profile(exchange, "DC")),
        (
            "2a4fb415-5a7f-436f-bae6-02f5e403deec",
            dot1q(1137),
            to_profile("92dc376a-a932-43aa-a6a2-c806dedbd784", "DC"),
        ),
    ] {
        let api = TestClient::new().await;
        api.order_v4(&from_port(port, &link, &z_side)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn one_notification_is_taken_for_a_list() {
    let api = TestClient::new().await;
    let mut body =
        from_port(EITHER, &dot1q(23), &to_port("5e7fd31d-f1e8-46fe-b6ad-6f5f2306cfd8", &dot1q(7)));
    body["notifications"] = json!({"type": "ALL", "emails": "fabric_user@example.com"});
    let line = api.order_v4(&body).await;
    let list = json!([{"type": "ALL", "emails": ["fabric_user@example.com"]}]);
    assert_eq!(line["notifications"], list);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_exist_here_is_named() {
    let api = TestClient::new().await;
    for (side, code, property) in [
        (
            json!({"type": "CLOUD_ROUTER", "router": {"uuid": "x"}}),
            "EQ-3142012",
            "/aSide/accessPoint/router/uuid",
        ),
        (
            json!({"type": "VD", "virtualDevice": {"type": "EDGE", "uuid": "x"}}),
            "EQ-3142501",
            "/aSide/accessPoint/virtualDevice/uuid",
        ),
    ] {
        let mut body = from_port(EITHER, &dot1q(5), &to_profile("x", "DC"));
        body["type"] = json!("IP_VC");
        body["aSide"] = json!({"accessPoint": side});
        let (status, errors) = api.call("POST", CONNECTIONS, &body).await;
        assert_eq!((status, errors.as_array().unwrap().len()), (400, 1), "{errors}");
        assert_eq!(errors[0]["errorCode"], code);
        assert_eq!(errors[0]["additionalInfo"][0]["property"], property);
    }
}

/// A connection in service between two ports of the caller.
async fn own_line(api: &TestClient) -> String {
    let z_side = to_port("b840a1db-5413-413f-97e0-328a5c00a874", &dot1q(700));
    let line = api.order_v4(&from_port(EITHER, &dot1q(600), &z_side)).await;
    tokio::time::advance(STAGE * 3).await;
    line["uuid"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn the_a_side_gets_another_tag_and_another_port() {
    let api = TestClient::new().await;
    let id = own_line(&api).await;
    let tag = replace("/aSide/accessPoint/linkProtocols", json!({"vlanTag": 601}));
    let line = patched(&api, &id, &tag).await;
    assert_eq!(line["change"]["status"], "REQUESTED");
    tokio::time::advance(STAGE).await;
    let (_, line) = api.get(&v4(&id)).await;
    assert_eq!(line["aSide"]["accessPoint"]["linkProtocol"], dot1q(601));
    let target = "5e7fd31d-f1e8-46fe-b6ad-6f5f2306cfd8";
    patched(&api, &id, &replace("/aSide/accessPoint/port/uuid", target)).await;
    tokio::time::advance(STAGE).await;
    let (_, line) = api.get(&v4(&id)).await;
    assert_eq!(line["aSide"]["accessPoint"]["port"]["uuid"], target);
    assert_eq!(line["aSide"]["accessPoint"]["linkProtocol"], dot1q(601));
    // The Z side uses its tag on another port; there the A side cannot go.
    for (patch, code) in [
        (replace("/aSide/accessPoint/linkProtocols", json!({"vlanTag": 1})), "EQ-3142501"),
        (replace("/aSide/accessPoint/port/uuid", "no-port"), "EQ-3142501"),
    ] {
        let (status, errors) = api.call("PATCH", &v4(&id), &patch).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!(code)), "{errors}");
    }
    let other =
        from_port(target, &dot1q(602), &to_profile("92dc376a-a932-43aa-a6a2-c806dedbd784", "DC"));
    api.order_v4(&other).await;
    let taken = replace("/aSide/accessPoint/linkProtocols", json!({"vlanTag": 602}));
    let (status, errors) = api.call("PATCH", &v4(&id), &taken).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142102")), "{errors}");
}

#[tokio::test(start_paused = true)]
async fn the_z_side_migrates_on_request_of_its_owner() {
    let api = TestClient::new().await;
    let id = own_line(&api).await;
    let target = "c791f8cb-5a47-a470-8ce0-306a5c00a4ee";
    let request = |port: &str| {
        json!({
            "type": "CONNECTION_UPDATE_REQUEST",
            "data": {"zSide": {"accessPoint": {"type": "COLO", "port": {"uuid": port}}}},
        })
    };
    let actions = format!("{}/actions", v4(&id));
    let (status, errors) = api.call("POST", &actions, &request("no-port")).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{errors}");
    let (status, answer) = api.call("POST", &actions, &request(target)).await;
    assert_eq!((status, &answer["type"]), (202, &json!("CONNECTION_UPDATE_REQUEST")), "{answer}");
    tokio::time::advance(STAGE).await;
    let (_, line) = api.get(&v4(&id)).await;
    let z_side = &line["zSide"]["accessPoint"];
    assert_eq!((&z_side["port"]["uuid"], &z_side["linkProtocol"]), (&json!(target), &dot1q(700)));
}

#[tokio::test(start_paused = true)]
async fn a_connection_has_a_price_by_its_uuid() {
    let world = World::new(Config { sample_connections: true, ..Config::default() });
    let api = TestClient::of(world).await;
    let id = "702d31c4-c66d-49b0-a26c-a9a234e56fsb";
    let part = |property: &str, value: &str| json!({"property": property, "operator": "=", "values": [value]});
    let uuid = part("/connection/uuid", id);
    let kind = part("/type", "VIRTUAL_CONNECTION_PRODUCT");
    for filter in [uuid.clone(), json!({"and": [uuid]}), json!({"and": [kind, uuid]})] {
        let body = json!({"filter": filter});
        let (status, prices) = api.call("POST", "/fabric/v4/prices/search", &body).await;
        assert_eq!(status, 200, "{prices}");
        let price = &prices["data"][0];
        assert_eq!(
            (&price["connection"]["uuid"], &price["connection"]["bandwidth"]),
            (&json!(id), &json!(50))
        );
        assert_eq!(price["charges"][0]["type"], "MONTHLY_RECURRING");
    }
}

/// The ids on a page.
fn ids(page: &Value) -> BTreeSet<String> {
    let data = page["data"].as_array().unwrap().iter();
    data.map(|item| item["uuid"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(start_paused = true)]
async fn a_search_shows_what_the_listing_shows() {
    let (buyer, seller) = market(Config { sample_connections: true, ..Config::default() }).await;
    let page = json!({"pagination": {"limit": 100, "offset": 0}});
    for client in [&buyer, &seller] {
        for (listing, search, filter) in [
            (
                "/fabric/v4/ports",
                "/fabric/v4/ports/search",
                json!({"property": "/state", "operator": "=", "values": ["ACTIVE"]}),
            ),
            (
                "/fabric/v4/serviceProfiles?limit=100",
                "/fabric/v4/serviceProfiles/search",
                json!({"property": "/state", "operator": "=", "values": ["ACTIVE"]}),
            ),
            (
                "/fabric/v4/serviceTokens?limit=100",
                "/fabric/v4/serviceTokens/search",
                json!({"property": "/type", "operator": "=", "values": ["VC_TOKEN"]}),
            ),
        ] {
            let (_, listed) = client.get(listing).await;
            let (status, found) =
                client.call("POST", search, &with(page.clone(), &[("filter", filter)])).await;
            assert_eq!(status, 200, "{found}");
            assert_eq!(ids(&found), ids(&listed), "{listing}");
        }
        // What neither of them shows is in no connection of theirs, and is not found by its id.
        let (_, ports) = client.get("/fabric/v4/ports").await;
        let (_, own) = client.get("/ecx/v3/port/userport").await;
        let all: BTreeSet<String> = own
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|port| port["uuid"].as_str().map(str::to_owned))
            .collect();
        for hidden in all.difference(&ids(&ports)) {
            let filter = json!({"property": "/uuid", "operator": "=", "values": [hidden]});
            let body = with(page.clone(), &[("filter", filter)]);
            let (_, found) = client.call("POST", "/fabric/v4/ports/search", &body).await;
            assert!(ids(&found).is_empty(), "{hidden}");
        }
    }
}
