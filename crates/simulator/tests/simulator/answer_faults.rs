//! Answers that are false although the request was carried out, and connections that Equinix moves.

use std::time::Duration;

use axum::body::to_bytes;
use serde_json::{Value, json};

use fabric_simulator::{UserCredentials, World};

use crate::{
    client::{TestClient, with},
    samples::{aws_dot1q, qinq},
};

const STAGE: Duration = Duration::from_mins(1);
const SEARCH: &str = "/fabric/v4/connections/search";
const BUYER: &str = "/ecx/v3/l2/buyer/connections";
const V4_PORTS: &str = "/fabric/v4/ports";
const V4_METROS: &str = "/fabric/v4/metros?limit=100";

impl TestClient {
    /// Has an effect on all requests from now on.
    async fn suffer(&self, effect: Value) {
        let fault = json!({"times": 0, "effect": effect});
        let (status, answer) = self.call("POST", "/control/faults", &fault).await;
        assert_eq!(status, 200, "{answer}");
    }

    /// Has no effect any more.
    async fn as_usual(&self) {
        assert_eq!(self.delete("/control/faults").await.0, 200);
    }

    async fn search(&self, offset: usize, limit: usize) -> Value {
        let body = json!({"pagination": {"offset": offset, "limit": limit}});
        let (status, page) = self.call("POST", SEARCH, &body).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    async fn page(&self, number: usize, size: usize) -> Value {
        let (status, page) =
            self.get(&format!("{BUYER}?pageNumber={number}&pageSize={size}")).await;
        assert_eq!(status, 200, "{page}");
        page
    }

    /// The status and the body, as it was sent.
    async fn text(&self, method: &str, path: &str, body: &Value) -> (u16, String) {
        let response = self.raw(method, path, body).await;
        let status = response.status().as_u16();
        let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
        (status, String::from_utf8(bytes.to_vec()).unwrap())
    }

    /// Orders connections with consecutive tags; returns their ids.
    async fn with_lines(&self, count: usize) -> Vec<String> {
        let mut ids = vec![];
        for number in 0..count {
            let changes = [
                ("primaryName", json!(format!("Line-{number}"))),
                ("primaryVlanSTag", json!((10 + number).to_string())),
            ];
            let answer = self.order_v3(&with(aws_dot1q(), &changes)).await;
            ids.push(answer["primaryConnectionId"].as_str().unwrap().to_owned());
        }
        ids
    }
}

#[tokio::test(start_paused = true)]
async fn totals_can_be_missing_and_wrong() {
    let api = TestClient::new().await;
    api.with_lines(3).await;
    let totals = async || {
        let (v4, v3) = (api.search(0, 2).await, api.page(0, 2).await);
        assert_eq!(
            (v4["data"].as_array().unwrap().len(), &v3["content"][1]["name"]),
            (2, &json!("Line-1"))
        );
        (v4["pagination"].get("total").cloned(), v3.get("totalCount").cloned())
    };
    assert_eq!(totals().await, (Some(json!(3)), Some(json!(3))));
    api.suffer(json!({"total": "missing"})).await;
    assert_eq!(totals().await, (None, None));
    for wrong in [json!(0), json!(2), json!(null), json!("many")] {
        api.as_usual().await;
        api.suffer(json!({"total": {"wrong": wrong}})).await;
        assert_eq!(totals().await, (Some(wrong.clone()), Some(wrong)));
    }
}

#[tokio::test(start_paused = true)]
async fn the_next_page_can_be_shown_against_the_total() {
    let api = TestClient::new().await;
    api.with_lines(3).await;
    let pages = async |number: usize| {
        let (v4, v3) = (api.search(2 * number, 2).await, api.page(number, 2).await);
        assert_eq!((&v4["pagination"]["total"], &v3["totalCount"]), (&json!(3), &json!(3)));
        (v4["pagination"].get("next").cloned(), v3.get("isLastPage").cloned())
    };
    let next = |offset: usize| Some(json!(format!("{SEARCH}?offset={offset}&limit=2")));
    assert_eq!(pages(0).await, (next(2), Some(json!(false))));
    assert_eq!(pages(1).await, (None, Some(json!(true))));
    api.suffer(json!({"next": "shown"})).await;
    assert_eq!(pages(1).await, (next(4), Some(json!(false))));
    api.as_usual().await;
    api.suffer(json!({"next": "denied"})).await;
    assert_eq!(pages(0).await, (Some(Value::Null), Some(json!(true))));
    api.as_usual().await;
    api.suffer(json!({"next": "missing"})).await;
    assert_eq!(pages(0).await, (None, None));
}

#[tokio::test(start_paused = true)]
async fn an_empty_list_has_several_spellings() {
    let world = World::new(fabric_simulator::Config::default());
    let newcomer = UserCredentials {
        client_id: "NEWCOMER01".to_owned(),
        client_secret: "NEWCOMER02".to_owned(),
        ..UserCredentials::of_the_samples()
    };
    world.admit(newcomer.clone());
    let api = TestClient::with(world, &newcomer).await;
    let v3_ports = "/ecx/v3/port/userport";
    let asked = async || {
        let search = api.text("POST", SEARCH, &json!({})).await;
        let page = api.text("GET", BUYER, &Value::Null).await;
        let bare = api.text("GET", v3_ports, &Value::Null).await;
        [search, page, bare]
    };
    let read = |text: &str| serde_json::from_str::<Value>(text).unwrap();
    let [search, page, bare] = asked().await;
    assert_eq!((&read(&search.1)["data"], &read(&page.1)["content"]), (&json!([]), &json!([])));
    assert_eq!(bare, (200, "[]".to_owned()));

    api.suffer(json!({"emptyList": "null"})).await;
    let [search, page, bare] = asked().await;
    assert_eq!(read(&search.1).get("data"), Some(&Value::Null));
    assert_eq!(read(&search.1)["pagination"]["total"], 0);
    assert_eq!(read(&page.1).get("content"), Some(&Value::Null));
    assert_eq!(bare, (200, "null".to_owned()));

    api.as_usual().await;
    api.suffer(json!({"emptyList": "absent"})).await;
    let [search, page, _] = asked().await;
    assert_eq!((search.0, read(&search.1).get("data")), (200, None));
    assert_eq!((page.0, read(&page.1).get("content")), (200, None));
    assert_eq!(read(&page.1)["totalCount"], 0);

    api.as_usual().await;
    api.suffer(json!({"emptyList": "noContent"})).await;
    assert_eq!(asked().await, [const { (204, String::new()) }; 3]);
    let (status, metros) = api.get(V4_METROS).await;
    assert_eq!(status, 200, "a list with entries stays as it is: {metros}");
}

#[tokio::test(start_paused = true)]
async fn an_entry_of_a_list_can_be_unreadable() {
    let api = TestClient::new().await;
    let lists = [
        (V4_PORTS, "/data", "uuid"),
        (V4_METROS, "/data", "code"),
        ("/ecx/v3/port/userport", "", "uuid"),
        ("/ecx/v3/l2/common/metros", "", "code"),
    ];
    let entries = async |path: &str, at: &str| {
        let (status, body) = api.get(path).await;
        assert_eq!(status, 200, "{path}");
        body.pointer(at).unwrap().as_array().unwrap().clone()
    };
    let mut before = vec![];
    for (path, at, _) in lists {
        before.push(entries(path, at).await);
    }
    api.suffer(json!({"unreadableEntry": 1})).await;
    for ((path, at, id), before) in lists.into_iter().zip(before) {
        let after = entries(path, at).await;
        assert_eq!(after.len(), before.len(), "{path}");
        for (number, (before, after)) in before.iter().zip(&after).enumerate() {
            let shown = after.get(id);
            assert_eq!(shown, (number != 1).then_some(&before[id]), "{path}, entry {number}");
        }
        assert_eq!(after[1]["name"], before[1]["name"], "{path}");
    }
}

#[tokio::test(start_paused = true)]
async fn listings_can_show_the_past() {
    let api = TestClient::new().await;
    let id = api.with_lines(1).await.remove(0);
    let status = async |world: &str| {
        let (_, line) = api.get(&format!("/fabric/v4/connections/{id}")).await;
        let (v4, v3) = (api.search(0, 20).await, api.page(0, 20).await);
        let listed = v4["data"][0]["operation"]["providerStatus"].clone();
        assert_eq!(v3["content"][0]["providerStatus"], listed, "{world}");
        (line["operation"]["providerStatus"].clone(), listed)
    };
    api.suffer(json!({"staleListings": "5m"})).await;
    // The table of AWS: NOT_AVAILABLE, a stage later PENDING_APPROVAL until it is accepted.
    assert_eq!(status("ordered").await, (json!("NOT_AVAILABLE"), json!(null)));
    tokio::time::advance(Duration::from_mins(4)).await;
    assert_eq!(status("waits").await, (json!("PENDING_APPROVAL"), json!(null)));
    tokio::time::advance(STAGE).await;
    assert_eq!(status("listed").await, (json!("PENDING_APPROVAL"), json!("NOT_AVAILABLE")));
    let accepted = format!("/control/connections/{id}/accept");
    assert_eq!(api.call("POST", &accepted, &Value::Null).await.0, 200);
    tokio::time::advance(STAGE).await;
    assert_eq!(status("accepted").await, (json!("PROVISIONED"), json!("PENDING_APPROVAL")));
    assert_eq!(api.delete(&format!("/fabric/v4/connections/{id}")).await.0, 200);
    tokio::time::advance(Duration::from_mins(4)).await;
    assert_eq!(status("cancelled").await, (json!("DEPROVISIONED"), json!("PROVISIONING")));
    tokio::time::advance(STAGE).await;
    assert_eq!(status("at last").await, (json!("DEPROVISIONED"), json!("DEPROVISIONING")));
    api.as_usual().await;
    assert_eq!(status("as usual").await, (json!("DEPROVISIONED"), json!("DEPROVISIONED")));
}

#[tokio::test(start_paused = true)]
async fn connections_can_lack_their_tags() {
    let api = TestClient::new().await;
    let id = api.with_lines(1).await.remove(0);
    let names = ["linkProtocol", "vlanSTag", "vlanCTag"];
    api.suffer(json!({"omit": names})).await;
    let alone = api.get(&format!("/fabric/v4/connections/{id}")).await.1;
    let listed = api.search(0, 20).await["data"][0].clone();
    for line in [alone, listed] {
        let a_side = &line["aSide"]["accessPoint"];
        assert_eq!(a_side.get("linkProtocol"), None);
        assert_eq!(a_side["port"]["uuid"], aws_dot1q()["primaryPortUUID"]);
    }
    let alone = api.get(&format!("/ecx/v3/l2/connections/{id}")).await.1;
    for line in [&alone["content"][0], &api.page(0, 20).await["content"][0]] {
        assert_eq!((line.get("vlanSTag"), &line["uuid"]), (None, &json!(id)));
    }
    api.as_usual().await;
    assert_eq!(api.page(0, 20).await["content"][0]["vlanSTag"], 10);
}

#[tokio::test(start_paused = true)]
async fn answers_can_lead_elsewhere() {
    let api = TestClient::new().await;
    let orders = "/ecx/v3/l2/connections";
    let elsewhere = json!({"redirect": {"status": 307, "location": "https://example.com/"}});
    api.suffer(elsewhere).await;
    let response = api.raw("POST", orders, &aws_dot1q()).await;
    assert_eq!(response.status(), 307);
    assert_eq!(response.headers()["location"], "https://example.com/");
    assert!(api.world.ledger().orders.is_empty(), "a redirect carries nothing out");

    api.as_usual().await;
    let page = "<html>Maintenance</html>";
    api.suffer(json!({"answer": {"status": 200, "body": page}})).await;
    assert_eq!(api.text("POST", orders, &aws_dot1q()).await, (200, page.to_owned()));
    assert!(api.world.ledger().orders.is_empty(), "a scripted answer carries nothing out");

    api.as_usual().await;
    api.suffer(json!("webPage")).await;
    let response = api.raw("POST", orders, &aws_dot1q()).await;
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "text/html");
    let bytes = to_bytes(response.into_body(), usize::MAX).await.unwrap();
    assert!(bytes.starts_with(b"<!DOCTYPE html>"), "{bytes:?}");
    assert_eq!(api.world.ledger().orders.len(), 1, "the order behind the page was carried out");
}

#[tokio::test(start_paused = true)]
async fn equinix_moves_a_connection() {
    let api = TestClient::new().await;
    let id = api.with_lines(1).await.remove(0);
    let path = format!("/control/connections/{id}/move");
    let another = "7f891d3b-9740-7400-bae0-30ac1885197a";
    let to = json!({"port": another, "vlan": 800});
    assert_eq!(api.call("POST", &path, &to).await.0, 409, "not in service yet");
    tokio::time::advance(STAGE).await;
    api.world.accept_all();
    tokio::time::advance(STAGE).await;
    for none in [json!({"vlan": 5000}), json!({"port": "?"}), json!({"cTag": 5})] {
        assert_eq!(api.call("POST", &path, &none).await.0, 409, "{none}");
    }
    assert_eq!(api.call("POST", &path, &json!({"colour": "red"})).await.0, 400);

    let shown = async || {
        let (_, v4) = api.get(&format!("/fabric/v4/connections/{id}")).await;
        let v3 = api.page(0, 20).await["content"][0].clone();
        let status = v4["operation"]["equinixStatus"].clone();
        assert_eq!(v3["status"], status);
        let a_side = &v4["aSide"]["accessPoint"];
        let (port, tag) =
            (a_side["port"]["uuid"].clone(), a_side["linkProtocol"]["vlanTag"].clone());
        assert_eq!((&v3["portUUID"], &v3["vlanSTag"]), (&port, &tag));
        (status, port, tag)
    };
    let old_port = aws_dot1q()["primaryPortUUID"].clone();
    assert_eq!(api.call("POST", &path, &to).await.0, 200);
    assert_eq!(shown().await, (json!("MIGRATION_IN_PROGRESS"), old_port, json!(10)));
    let (status, refusal) = api.delete(&format!("/fabric/v4/connections/{id}")).await;
    assert_eq!((status, &refusal[0]["errorCode"]), (400, &json!("EQ-3142510")), "in transition");
    tokio::time::advance(STAGE).await;
    assert_eq!(shown().await, (json!("PROVISIONED"), json!(another), json!(800)));

    let started = json!({"vlan": 801, "status": "MIGRATION_STARTED"});
    assert_eq!(api.call("POST", &path, &started).await.0, 200);
    assert_eq!(shown().await, (json!("MIGRATION_STARTED"), json!(another), json!(800)));
    assert_eq!(api.delete(&format!("/ecx/v3/l2/connections/{id}")).await.0, 200);
    tokio::time::advance(STAGE).await;
    assert_eq!(shown().await, (json!("DEPROVISIONED"), json!(another), json!(800)));
}

#[tokio::test(start_paused = true)]
async fn a_move_keeps_the_link_protocol() {
    let api = TestClient::new().await;
    let z_side = crate::samples::by_token();
    let order = api.order_v4(&crate::samples::v4_order(&qinq(), &z_side)).await;
    let connection = format!("/fabric/v4/connections/{}", order["uuid"].as_str().unwrap());
    tokio::time::advance(Duration::from_mins(5)).await;
    let path = connection.replace("/fabric/v4", "/control") + "/move";
    assert_eq!(api.call("POST", &path, &json!({"cTag": 77})).await.0, 200);
    tokio::time::advance(STAGE).await;
    let (_, line) = api.get(&connection).await;
    let before = &order["aSide"]["accessPoint"]["linkProtocol"];
    let after = &line["aSide"]["accessPoint"]["linkProtocol"];
    assert_eq!((&after["type"], &after["vlanSTag"]), (&before["type"], &before["vlanSTag"]));
    assert_eq!(after["vlanCTag"], 77);
}
