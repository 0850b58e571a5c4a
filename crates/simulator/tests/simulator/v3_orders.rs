//! Orders and reads on v3 against the sample requests and responses.

use serde_json::{Value, json};

use fabric_simulator::{Config, World};

use crate::{
    client::{TestClient, keys, with},
    samples::{aws_dot1q, aws_qinq, azure_dot1q, enterprise},
};

#[tokio::test(start_paused = true)]
async fn samples_of_aws_are_answered_as_documented() {
    for body in [aws_dot1q(), aws_qinq()] {
        let api = TestClient::new().await;
        let answer = api.order_v3(&body).await;
        let sample = json!({
            "message": "Connection Saved Successfully",
            "primaryConnectionId": "9999a8-0e07-44d0-944c-88a25d8d28f7",
        });
        assert_eq!(keys(&answer), keys(&sample));
        assert_eq!(answer["message"], sample["message"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_pair_is_two_lines_in_one_group() {
    let api = TestClient::new().await;
    let answer = api.order_v3(&azure_dot1q()).await;
    let sample = json!({
        "message": "Connection Saved Successfully",
        "primaryConnectionId": "",
        "secondaryConnectionId": "",
    });
    assert_eq!(keys(&answer), keys(&sample));
    let lines = api.world.lines();
    let names: Vec<_> = lines.iter().map(|line| line.name.as_str()).collect();
    assert_eq!(names, ["JohnDoe_Dot1q_Private", "TestS110"]);
    assert_eq!(lines[0].redundancy_group, lines[1].redundancy_group);
    assert_eq!(lines[1].uuid, answer["secondaryConnectionId"]);
    assert_eq!(api.world.ledger().orders.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn tags_may_be_numbers_or_texts() {
    let api = TestClient::new().await;
    api.order_v3(&with(aws_dot1q(), &[("primaryVlanSTag", json!(774))])).await;
    assert_eq!(api.world.lines()[0].vlan, 774);
}

/// Keys of the sample response of "GET L2 Connections {uuid}".
const CONNECTION: [&str; 38] = [
    "buyerOrganizationName",
    "uuid",
    "name",
    "vlanSTag",
    "portUUID",
    "portName",
    "asideEncapsulation",
    "metroCode",
    "metroDescription",
    "providerStatus",
    "status",
    "billingTier",
    "authorizationKey",
    "speed",
    "speedUnit",
    "redundancyType",
    "redundancyGroup",
    "sellerMetroCode",
    "sellerMetroDescription",
    "sellerServiceName",
    "sellerServiceUUID",
    "sellerOrganizationName",
    "notifications",
    "namedTag",
    "createdDate",
    "createdBy",
    "createdByFullName",
    "createdByEmail",
    "lastUpdatedDate",
    "deletedBy",
    "deletedDate",
    "deletedByEmail",
    "zSidePortName",
    "zSidePortUUID",
    "zSideVlanSTag",
    "remote",
    "private",
    "self",
];

#[tokio::test(start_paused = true)]
async fn the_sample_connection_is_read_as_a_page_of_one() {
    let world = World::new(Config { sample_connections: true, ..Config::default() });
    let api = TestClient::of(world).await;
    let id = "006d08e2-788e-4c83-82d3-07b1787644a5";
    let (status, page) = api.get(&format!("/ecx/v3/l2/connections/{id}")).await;
    assert_eq!(status, 200);
    for (name, value) in [
        ("isFirstPage", json!(true)),
        ("isLastPage", json!(true)),
        ("totalCount", json!(1)),
        ("pageNumber", json!(0)),
    ] {
        assert_eq!(page[name], value, "{name}");
    }
    let line = &page["content"][0];
    for key in CONNECTION {
        assert!(line.get(key).is_some(), "{key}");
        assert_eq!(page[key], line[key], "{key}: as the published client reads it");
    }
    assert_eq!(line["vlanSTag"], 200);
    assert_eq!(line["zSideVlanSTag"], 8);
    assert_eq!(line["redundancyType"], "secondary");
    assert_eq!(line["status"], "DEPROVISIONED");
    let deleted = "/ecx/v3/l2/connections/702d31c4-c66d-49b0-a26c-a9a234e56fsb";
    assert_eq!(
        api.delete(deleted).await,
        (
            200,
            json!({
                "message": "Connection deleted Successfully",
                "primaryConnectionId": "702d31c4-c66d-49b0-a26c-a9a234e56fsb",
            })
        )
    );
}

#[tokio::test(start_paused = true)]
async fn ports_metros_and_profiles_are_those_of_the_samples() {
    let api = TestClient::new().await;
    let (_, ports) = api.get("/ecx/v3/port/userport").await;
    let named = |list: &Value, key: &str, value: &str| {
        let found = list.as_array().unwrap().iter().find(|i| i[key] == value);
        found.unwrap().clone()
    };
    let port = named(&ports, "name", "johnDoePort");
    assert_eq!(port["uuid"], "9a1b30c7-baaf-aaf0-96e0-30ac188c7099");
    assert_eq!(port["encapsulation"], "Dot1q");
    assert_eq!(port["metroCode"], "SV");
    let (_, metros) = api.get("/ecx/v3/l2/common/metros").await;
    assert_eq!(
        named(&metros, "code", "AM"),
        json!({
            "name": "Amsterdam", "code": "AM", "region": "EMEA",
            "cloudReach": ["LD", "FR", "PA", "DB", "SK", "ZH", "HE", "ML", "WA", "MD"],
        })
    );
    let services = "/ecx/v3/l2/serviceprofiles/services";
    let (_, page) = api.get(&format!("{services}?pageSize=20&pageNumber=0&metroCode=Dc")).await;
    assert_eq!(page["pageSize"], 20);
    let demo = named(&page["content"], "name", "John-Doe Demo");
    let id = "97d1850f-4df0-468c-9281-fa7b0dfa2096";
    assert_eq!(demo["uuid"], id);
    assert_eq!(demo["profileEncapsulation"], "Qinq");
    assert_eq!(api.get(&format!("{services}/{id}")).await.1, demo);
    let (_, other) = api.get(&format!("{services}?metroCode=TY")).await;
    assert_eq!(other["totalCount"], 0);
}

#[tokio::test(start_paused = true)]
async fn listings_come_in_pages_and_through_filters() {
    let api = TestClient::new().await;
    for tag in 10..15 {
        let changes =
            [("primaryName", json!(format!("Line-{tag}"))), ("primaryVlanSTag", json!(tag))];
        api.order_v3(&with(aws_dot1q(), &changes)).await;
    }
    api.order_v3(&enterprise()).await;
    let buyer = "/ecx/v3/l2/buyer/connections";
    let (_, last) = api.get(&format!("{buyer}?pageSize=4&pageNumber=1")).await;
    assert_eq!(last["totalCount"], 6);
    assert_eq!(last["content"].as_array().unwrap().len(), 2);
    assert_eq!((&last["isFirstPage"], &last["isLastPage"]), (&json!(false), &json!(true)));
    let count = async |query: &str| {
        let (status, page) = api.get(&format!("{buyer}?{query}")).await;
        assert_eq!(status, 200, "{page}");
        page["totalCount"].as_u64().unwrap()
    };
    assert_eq!(count("status=PENDING_APPROVAL").await, 1);
    assert_eq!(count("status=PENDING_APPROVAL,PROVISIONING").await, 6);
    assert_eq!(count("metroCode=Da").await, 1);
    assert_eq!(count("metroCode=DA&authorizationKey=123456789012").await, 0);
    assert_eq!(count("metroCode=DA&authorizationKey=123456789012&searchType=OR").await, 6);
    assert_eq!(count("buyerPortUUID=7f891d3b-973e-73e0-bae0-30ac1885197a").await, 5);
}

#[tokio::test(start_paused = true)]
async fn both_apis_show_one_world() {
    let api = TestClient::new().await;
    let id = api.order_v3(&aws_dot1q()).await["primaryConnectionId"].clone();
    let path = format!("/fabric/v4/connections/{}", id.as_str().unwrap());
    let (status, line) = api.get(&path).await;
    assert_eq!(status, 200);
    assert_eq!(line["name"], "JohnDoe_AWS_Dot1q");
    assert_eq!(line["aSide"]["accessPoint"]["linkProtocol"]["vlanTag"], 774);
    // The same tag on the same port, by the other API.
    let body = crate::samples::v4_aws();
    let (status, error) = api.call("POST", "/fabric/v4/connections", &body).await;
    assert_eq!((status, &error[0]["errorCode"]), (400, &json!("EQ-3142102")));
}
