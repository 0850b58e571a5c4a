//! A connection between two organisations, ordered from the profile that the other one created:
//! both read, decide and change it, on both APIs.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::Config;

use crate::{
    changes::{replace, v3, v4},
    client::{TestClient, with},
    samples::{dot1q, v4_order},
    v3_profiles::{created, market, private_profile},
    v4_profiles::{made, service_profile},
};

const STAGE: Duration = Duration::from_mins(1);
const SEARCH: &str = "/fabric/v4/connections/search";

/// An order on v4 from a port in SV.
fn order(profile: &str, metro: &str, mbps: u32) -> Value {
    let z_side = json!({"accessPoint": {
        "type": "SP",
        "profile": {"type": "L2_PROFILE", "uuid": profile},
        "location": {"metroCode": metro},
    }});
    with(v4_order(&dot1q(), &z_side), &[("bandwidth", json!(mbps))])
}

/// The specification's `ConnectionSearchORwithNestedAND`: what waits for an approval.
fn needs_approval() -> Value {
    let part = |property: &str, values: &[&str]| json!({"operator": "=", "property": property, "values": values});
    json!({
        "filter": {"or": [
            {"and": [
                part("/direction", &["INCOMING"]),
                part("/change/status", &["SUBMITTED_FOR_APPROVAL"]),
            ]},
            {"and": [
                part("/direction", &["INCOMING"]),
                part("/operation/equinixStatus", &["PENDING_APPROVAL", "PENDING_DELETE"]),
            ]},
            {"and": [
                part("/direction", &["OUTGOING"]),
                part("/operation/providerStatus", &["PENDING_APPROVAL"]),
                part("/operation/equinixStatus", &["PROVISIONED"]),
            ]},
        ]},
        "pagination": {"limit": 1000, "offset": 0},
    })
}

async fn found(client: &TestClient, body: &Value) -> Vec<Value> {
    let (status, page) = client.call("POST", SEARCH, body).await;
    assert_eq!(status, 200, "{page}");
    page["data"].as_array().unwrap().clone()
}

async fn act(client: &TestClient, id: &str, body: &Value) -> u16 {
    client.call("POST", &format!("{}/actions", v4(id)), body).await.0
}

fn action(kind: &str) -> Value {
    json!({"type": kind})
}

#[tokio::test(start_paused = true)]
async fn what_a_seller_approves_progresses_for_both() {
    let (buyer, seller) = market(Config::default()).await;
    let (_, profile) = made(&seller, &service_profile()).await;
    let profile = profile["uuid"].as_str().unwrap();
    let (status, errors) =
        buyer.call("POST", "/fabric/v4/connections", &order(profile, "SV", 100)).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142301")), "not before");
    buyer.world.accept_all();
    let line = buyer.order_v4(&order(profile, "SV", 100)).await;
    let id = line["uuid"].as_str().unwrap();
    assert_eq!(line["direction"], "OUTGOING");
    assert_eq!(line["operation"]["equinixStatus"], "PENDING_APPROVAL");
    assert_eq!(line["zSide"]["accessPoint"]["profile"]["name"], "Service-Profile-1");

    let waiting = found(&seller, &needs_approval()).await;
    assert_eq!(waiting.len(), 1);
    assert_eq!((&waiting[0]["uuid"], &waiting[0]["direction"]), (&json!(id), &json!("INCOMING")));
    assert!(found(&buyer, &needs_approval()).await.is_empty(), "it is not the buyer's move");
    let (status, line) = seller.get(&format!("{}?direction=INCOMING", v4(id))).await;
    assert_eq!((status, &line["direction"]), (200, &json!("INCOMING")));
    let (_, page) = seller.get("/ecx/v3/l2/seller/connections").await;
    assert_eq!(page["content"][0]["uuid"], id, "one world");

    let port = "8cb83fdb-6671-6714-bbe0-38389cc0acfa";
    let acceptance = |port: &str, link: Value| {
        json!({"type": "CONNECTION_CREATION_ACCEPTANCE", "data": {"zSide": {"accessPoint": {
            "type": "COLO", "port": {"uuid": port}, "linkProtocol": link,
        }}}})
    };
    for (body, property) in [
        (action("CONNECTION_CREATION_ACCEPTANCE"), "/data/zSide/accessPoint"),
        (
            acceptance(port, json!({"type": "DOT1Q"})),
            "/data/zSide/accessPoint/linkProtocol/vlanTag",
        ),
        (
            acceptance(port, json!({"type": "QINQ", "vlanSTag": 9})),
            "/data/zSide/accessPoint/linkProtocol/type",
        ),
        (
            acceptance(port, json!({"type": "DOT1Q", "vlanTag": 4095})),
            "/data/zSide/accessPoint/linkProtocol/vlanTag",
        ),
        (
            acceptance(
                "7f891d3b-973e-73e0-bae0-30ac1885197a",
                json!({"type": "DOT1Q", "vlanTag": 9}),
            ),
            "/data/zSide/accessPoint/port/uuid",
        ),
    ] {
        let path = format!("{}/actions", v4(id));
        let (status, errors) = seller.call("POST", &path, &body).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{body}");
        assert_eq!(errors[0]["additionalInfo"][0]["property"], property, "{errors}");
    }
    let taken = json!({"type": "DOT1Q", "vlanTag": 3322});
    assert_eq!(act(&seller, id, &acceptance(port, taken.clone())).await, 202);
    tokio::time::advance(STAGE).await;
    for client in [&buyer, &seller] {
        let (_, line) = client.get(&v4(id)).await;
        assert_eq!(line["state"], "ACTIVE");
        let z_side = &line["zSide"]["accessPoint"];
        assert_eq!((&z_side["port"]["uuid"], &z_side["linkProtocol"]), (&json!(port), &taken));
    }
    let (_, line) = buyer.get(&format!("/ecx/v3/l2/connections/{id}")).await;
    assert_eq!((&line["status"], &line["zSideVlanSTag"]), (&json!("PROVISIONED"), &json!(3322)));
    let (_, links) = seller.get(&format!("/fabric/v4/ports/{port}/linkProtocols")).await;
    assert_eq!(links["data"][0]["asset"]["uuid"], id, "the seller's tag is taken");
    let other = with(order(profile, "SV", 100), &[("name", json!("Conn-2"))]);
    let mut other = other;
    other["aSide"]["accessPoint"]["linkProtocol"]["vlanTag"] = json!(1002);
    let second = buyer.order_v4(&other).await;
    let second = second["uuid"].as_str().unwrap();
    assert_eq!(act(&seller, second, &acceptance(port, taken)).await, 400, "in use");

    // The seller sees the pending decision, and may only decide.
    buyer.call("PATCH", &v4(id), &replace("/bandwidth", json!(500))).await;
    tokio::time::advance(STAGE).await;
    assert_eq!(found(&seller, &needs_approval()).await.len(), 2);
    assert_eq!(act(&seller, id, &action("CONNECTION_UPDATE_ACCEPTANCE")).await, 202);
    assert_eq!(buyer.get(&v4(id)).await.1["bandwidth"], 500);
    let (status, errors) = seller.delete(&v4(id)).await;
    assert_eq!((status, &errors[0]["errorCode"]), (403, &json!("EQ-3142401")));
    let (status, errors) = seller.call("PATCH", &v4(id), &replace("/name", json!("Mine"))).await;
    assert_eq!((status, &errors[0]["errorCode"]), (403, &json!("EQ-3045003")));
    assert_eq!(buyer.delete(&v4(id)).await.0, 200);
    let deleting = json!({"filter": {"property": "/operation/equinixStatus", "operator": "=", "values": ["PENDING_DELETE"]}});
    assert_eq!(found(&seller, &deleting).await.len(), 1);
    assert_eq!(act(&seller, id, &action("CONNECTION_DELETION_ACCEPTANCE")).await, 202);
    tokio::time::advance(STAGE).await;
    assert_eq!(buyer.get(&v4(id)).await.1["state"], "DEPROVISIONED");
}

#[tokio::test(start_paused = true)]
async fn a_profile_of_one_api_serves_the_other() {
    let (buyer, seller) = market(Config::default()).await;
    let emails = json!(["John.Doe@example.com"]);
    let private = with(private_profile(), &[("privateUserEmails", emails.clone())]);
    let id = created(&seller, &private).await;
    let path = format!("/fabric/v4/serviceProfiles/{id}");
    let (status, profile) = buyer.get(&path).await;
    assert_eq!(status, 200, "the buyer is john.doe@example.com");
    assert_eq!((&profile["visibility"], &profile["state"]), (&json!("PRIVATE"), &json!("ACTIVE")));
    assert_eq!(profile["allowedEmails"], emails);
    let config = &profile["accessPointTypeConfigs"][0];
    assert_eq!(config["supportedBandwidths"], json!([50, 200, 500, 1000]));
    assert_eq!(config["linkProtocolConfig"]["encapsulation"], "QINQ");
    // On v3, and as v4 names it: a C-tag at the Z side.
    let body = json!({
        "primaryName": "Into_The_Private", "profileUUID": id, "speed": 50, "speedUnit": "MB",
        "notifications": ["JohnDoe@equinix.com"],
        "primaryPortUUID": "7f891d3b-973e-73e0-bae0-30ac1885197a", "primaryVlanSTag": "90",
        "primaryZSideVlanCTag": "91", "sellerMetroCode": "SV",
    });
    let line = buyer.order_v3(&body).await["primaryConnectionId"].clone();
    let line = line.as_str().unwrap();
    let approval = json!({
        "primaryPortUUID": "8cb83fdb-6651-6514-bbe0-38389cc0acfa",
        "primaryVlanSTag": "92",
        "primaryVlanCTag": "91",
    });
    assert_eq!(seller.call("PATCH", &v3(line, "Approve"), &approval).await.0, 200);
    tokio::time::advance(STAGE).await;
    let (_, seen) = buyer.get(&v4(line)).await;
    assert_eq!(
        seen["zSide"]["accessPoint"]["linkProtocol"],
        json!({"type": "QINQ", "vlanSTag": 92, "vlanCTag": 91})
    );
    // The seller disallows the buyer again; its connections stay.
    let shut = with(private, &[("uuid", json!(id)), ("privateUserEmails", json!([]))]);
    assert_eq!(seller.call("PUT", "/ecx/v3/l2/serviceprofiles", &shut).await.0, 200);
    assert_eq!(buyer.get(&path).await.0, 403);
    let (status, errors) = buyer
        .call("POST", "/ecx/v3/l2/connections", &with(body, &[("primaryVlanSTag", json!("93"))]))
        .await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("IC-PROFILE-404")));
    let (_, line) = buyer.get(&format!("/ecx/v3/l2/connections/{line}")).await;
    assert_eq!(line["sellerServiceName"], "JohnDoe_Private_ServiceProfile");
    assert_eq!((&line["private"], &line["status"]), (&json!(true), &json!("PROVISIONED")));
    // Neither profile can be deleted while it has connections.
    let (status, errors) = seller.delete(&path).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3001114")));
}

#[tokio::test(start_paused = true)]
async fn orders_must_fit_the_profile() {
    let (buyer, seller) = market(Config::default()).await;
    let mut local = service_profile();
    local["accessPointTypeConfigs"][0]["allowRemoteConnections"] = json!(false);
    local["accessPointTypeConfigs"][0]["allowCustomBandwidth"] = json!(false);
    local["accessPointTypeConfigs"][0]["authenticationKey"]["required"] = json!(true);
    local["customFields"] = json!([{"label": "Contract", "required": true, "dataType": "STRING"}]);
    let (_, profile) = made(&seller, &local).await;
    buyer.world.accept_all();
    let profile = profile["uuid"].as_str().unwrap();
    let mut good = order(profile, "SV", 100);
    good["zSide"]["accessPoint"]["authenticationKey"] = json!("secret");
    good["additionalInfo"] = json!([{"key": "Contract", "value": "17"}]);
    let wrong = |change: &dyn Fn(&mut Value)| {
        let mut body = good.clone();
        change(&mut body);
        body
    };
    let far_port = json!("9f891d3b-973c-73c0-bae0-30ac1885197a");
    for (body, code, property) in [
        (wrong(&|b| b["bandwidth"] = json!(50)), "EQ-3142306", "/bandwidth"),
        (
            wrong(&|b| b["zSide"]["accessPoint"]["authenticationKey"] = Value::Null),
            "EQ-3142308",
            "/zSide/accessPoint/authenticationKey",
        ),
        (
            wrong(&|b| b["zSide"]["accessPoint"]["location"]["metroCode"] = json!("DC")),
            "EQ-3142302",
            "/zSide/accessPoint/location/metroCode",
        ),
        (
            wrong(&|b| b["aSide"]["accessPoint"]["port"]["uuid"] = far_port.clone()),
            "EQ-3142501",
            "/zSide/accessPoint/location/metroCode",
        ),
        (wrong(&|b| b["additionalInfo"] = json!([])), "EQ-3142501", "/additionalInfo"),
    ] {
        let (status, errors) = buyer.call("POST", "/fabric/v4/connections", &body).await;
        assert_eq!((status, &errors[0]["errorCode"]), (400, &json!(code)), "{errors}");
        assert_eq!(errors[0]["additionalInfo"][0]["property"], property);
    }
    buyer.order_v4(&good).await;
    let v3_order = json!({
        "primaryName": "Remote", "profileUUID": profile, "speed": 100, "speedUnit": "MB",
        "notifications": ["JohnDoe@equinix.com"], "authorizationKey": "secret",
        "primaryPortUUID": far_port, "primaryVlanSTag": "90", "sellerMetroCode": "SV",
    });
    let (_, errors) = buyer.call("POST", "/ecx/v3/l2/connections", &v3_order).await;
    let codes: Vec<_> = errors.as_array().unwrap().iter().map(|e| &e["errorCode"]).collect();
    assert_eq!(codes, ["IC-LAYER2-REMOTE-003", "IC-LAYER2-402"], "{errors}");
    assert_eq!(errors[1]["property"], "additionalInfo");
}

#[tokio::test(start_paused = true)]
async fn organisations_are_added_over_http_and_ports_assigned_automatically() {
    let buyer = TestClient::new().await;
    let credentials = json!({
        "clientId": "SELLER", "clientSecret": "SECRET", "userName": "jane.roe@example.com",
        "userPassword": "jr", "seller": "John-Doe-Corp",
    });
    let (status, answer) = buyer.call("POST", "/control/organisations", &credentials).await;
    assert_eq!((status, answer), (200, json!({"organisation": 1})));
    let bad = with(credentials, &[("userName", Value::Null)]);
    assert_eq!(buyer.call("POST", "/control/organisations", &bad).await.0, 400);
    let seller = TestClient::with(buyer.world.clone(), &crate::changes::seller()).await;
    let (_, ports) = seller.get("/ecx/v3/port/userport").await;
    let ports: Vec<_> = ports.as_array().unwrap().iter().map(|port| port["uuid"].clone()).collect();
    for port in ["754086e4-164d-64d0-84e0-30ac188c7c35", "7cb83fdb-6620-6204-bbe0-38389cc0acfa"] {
        assert!(ports.contains(&json!(port)), "{port}");
    }
    // Without a port in the approval, the profile's port is assigned.
    let (_, profile) = made(&seller, &service_profile()).await;
    assert_eq!(buyer.world.accept_all(), 1);
    let line = buyer.order_v4(&order(profile["uuid"].as_str().unwrap(), "SV", 100)).await;
    assert_eq!(buyer.world.accept_all(), 1);
    tokio::time::advance(STAGE).await;
    let (_, line) = buyer.get(&v4(line["uuid"].as_str().unwrap())).await;
    let z_side = &line["zSide"]["accessPoint"];
    assert_eq!(z_side["port"]["uuid"], "8cb83fdb-6671-6714-bbe0-38389cc0acfa");
    assert_eq!(z_side["linkProtocol"], json!({"type": "DOT1Q", "vlanTag": 2}));
}

#[tokio::test(start_paused = true)]
async fn a_seller_can_buy_as_well() {
    let (first, corp) = market(Config::default()).await;
    // The first organisation sells, the seller of the samples buys from its own port.
    let mut body = order("5f00b000-0000-4000-8000-000000000004", "SV", 50);
    body["aSide"]["accessPoint"]["port"]["uuid"] = json!("7cb83fdb-6620-6204-bbe0-38389cc0acfa");
    let line = corp.order_v4(&body).await;
    let id = line["uuid"].as_str().unwrap();
    assert_eq!(line["direction"], "OUTGOING");
    let waiting = found(&first, &needs_approval()).await;
    assert_eq!((waiting.len(), &waiting[0]["uuid"]), (1, &json!(id)));
    let (_, page) = first.get("/ecx/v3/l2/seller/connections").await;
    assert_eq!(page["content"][0]["buyerOrganizationName"], "John-Doe-Corp");
    assert_eq!(page["content"][0]["portName"], "johnDoeCorp-SV-02");
    let no = json!({"type": "CONNECTION_CREATION_REJECTION", "description": "Invalid connection request"});
    assert_eq!(act(&corp, id, &no).await, 403);
    assert_eq!(act(&first, id, &no).await, 202);
    assert_eq!(corp.get(&v4(id)).await.1["operation"]["equinixStatus"], "REJECTED");
}
