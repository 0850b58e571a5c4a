//! Every flow of the documents on both APIs: sample requests, tagging tables, state tables.
//!
//! `flows.json` has the requests of the "Connect to …" chapters with the types of their ports.
//! Names longer than 24 characters in the chapters are cut.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{TestClient, keys, with};

const STAGE: Duration = Duration::from_mins(1);

#[derive(Debug)]
struct FlowCase {
    name: String,
    a_side: char,
    z_side: char,
    body: Value,
}

impl FlowCase {
    fn redundant(&self) -> bool {
        self.body.get("secondaryName").is_some()
    }

    fn has(&self, field: &str) -> bool {
        self.body.get(field).is_some()
    }
}

fn flows() -> Vec<FlowCase> {
    let rows: Vec<Value> = serde_json::from_str(include_str!("flows.json")).unwrap();
    let letter = |row: &Value, name: &str| row[name].as_str().unwrap().chars().next().unwrap();
    rows.iter()
        .map(|row| FlowCase {
            name: row["flow"].as_str().unwrap().to_owned(),
            a_side: letter(row, "aSide"),
            z_side: letter(row, "zSide"),
            body: row["body"].clone(),
        })
        .collect()
}

#[tokio::test(start_paused = true)]
async fn every_sample_is_answered_as_its_chapter_shows() {
    let flows = flows();
    assert_eq!(flows.len(), 27);
    for flow in flows {
        let api = TestClient::new().await;
        let answer = api.order_v3(&flow.body).await;
        let mut sample = json!({"message": "", "primaryConnectionId": ""});
        if flow.redundant() {
            sample["secondaryConnectionId"] = json!("");
        }
        assert_eq!(keys(&answer), keys(&sample), "{flow:?}");
        assert_eq!(answer["message"], "Connection Saved Successfully");
        assert_eq!(api.world.lines().len(), 1 + usize::from(flow.redundant()));
    }
}

/// The C-tags that the tables require: at the A side, at the Z side.
fn wanted(flow: &FlowCase) -> (bool, bool) {
    let manual = flow.body["namedTag"] == "Manual";
    match (flow.name.as_str(), flow.a_side, flow.z_side) {
        ("azure", a_side, _) => (false, a_side == 'D' && manual),
        (_, 'Q', 'D') => (true, false),
        ("aws" | "google" | "oracle" | "oracle-government", ..) => (false, false),
        (_, a_side, z_side) => (false, a_side == 'D' && z_side == 'Q'),
    }
}

async fn refused(flow: &FlowCase, changes: &[(&str, Value)], code: &str, property: &str) {
    let api = TestClient::new().await;
    let body = with(flow.body.clone(), changes);
    let (status, errors) = api.call("POST", "/ecx/v3/l2/connections", &body).await;
    let found = errors.as_array().is_some_and(|errors| {
        errors.iter().any(|error| error["errorCode"] == code && error["property"] == property)
    });
    assert!(status == 400 && found, "{code} {property} of {flow:?}: {status} {errors}");
    assert!(api.world.ledger().orders.is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_wrong_tag_of_the_tables_is_rejected() {
    for flow in flows() {
        let (a_side, z_side) = wanted(&flow);
        let legs = if flow.redundant() { &["primary", "secondary"][..] } else { &["primary"] };
        for leg in legs {
            for (wanted, name) in [(a_side, "VlanCTag"), (z_side, "ZSideVlanCTag")] {
                let field = format!("{leg}{name}");
                assert_eq!(flow.has(&field), wanted, "the sample follows its table: {flow:?}");
                let (value, code) = if wanted {
                    (Value::Null, "IC-LAYER2-VLAN-007")
                } else {
                    (json!("99"), "IC-LAYER2-VLAN-005")
                };
                refused(&flow, &[(field.as_str(), value)], code, &field).await;
            }
            let s_tag = format!("{leg}VlanSTag");
            for value in [Value::Null, json!("1"), json!("4095")] {
                refused(&flow, &[(s_tag.as_str(), value)], "IC-LAYER2-402", &s_tag).await;
            }
            let z_s_tag = format!("{leg}ZSideVlanSTag");
            if flow.name.starts_with("self") {
                let gone = [(z_s_tag.as_str(), Value::Null)];
                refused(&flow, &gone, "IC-LAYER2-402", &z_s_tag).await;
            }
        }
    }
}

type Rows = &'static [(&'static str, &'static str)];

const CLOUD: Rows = &[
    ("PROVISIONING", "NOT_AVAILABLE"),
    ("PROVISIONED", "PENDING_APPROVAL"),
    ("PROVISIONED", "PROVISIONING"),
    ("PROVISIONED", "PROVISIONED"),
];
const CLOUD_END: Rows = &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")];

/// On v4, Oracle's connections keep their states for a while after their deletion was accepted.
const ORACLE_END_ON_V4: Rows = &[
    ("PROVISIONED", "PROVISIONED"),
    ("DEPROVISIONING", "DEPROVISIONING"),
    ("DEPROVISIONED", "DEPROVISIONED"),
];

/// Creation and deletion of a flow, row by row, as in the v3 document.
fn states(flow: &str) -> (Rows, Rows) {
    match flow {
        "aws" | "google" => (CLOUD, CLOUD_END),
        "azure" => (
            &[
                ("PROVISIONING", "NOT_AVAILABLE"),
                ("PENDING_BGP_PEERING", "PENDING_BGP"),
                ("PROVISIONING", "PROVISIONED"),
                ("PROVISIONED", "PROVISIONED"),
            ],
            &[("DEPROVISIONING", "PROVISIONED"), ("DEPROVISIONED", "DEPROVISIONED")],
        ),
        "oracle" | "oracle-government" => (
            &[
                ("PROVISIONING", "NOT_AVAILABLE"),
                ("PROVISIONED", "PROVISIONING"),
                ("PROVISIONED", "PROVISIONED"),
            ],
            CLOUD_END,
        ),
        "enterprise" | "enterprise-redundant" => (
            &[
                ("PENDING_APPROVAL", "NOT_AVAILABLE"),
                ("PROVISIONING", "NOT_AVAILABLE"),
                ("PROVISIONED", "AVAILABLE"),
            ],
            &[
                ("PENDING_DELETE", "AVAILABLE"),
                ("DEPROVISIONING", "AVAILABLE"),
                ("DEPROVISIONED", "NOT_AVAILABLE"),
            ],
        ),
        _ => (
            &[
                ("PENDING_AUTO_APPROVAL", "NOT_AVAILABLE"),
                ("PROVISIONING", "NOT_AVAILABLE"),
                ("PROVISIONED", "AVAILABLE"),
            ],
            &[("DEPROVISIONING", "AVAILABLE"), ("DEPROVISIONED", "NOT_AVAILABLE")],
        ),
    }
}

/// The states of a connection on v3, and on v4.
async fn pairs(api: &TestClient, id: &str) -> [(String, String); 2] {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let (_, line) = api.get(&format!("/ecx/v3/l2/connections/{id}")).await;
    let v3 = (text(&line["status"]), text(&line["providerStatus"]));
    let (_, line) = api.get(&format!("/fabric/v4/connections/{id}")).await;
    let operation = &line["operation"];
    [v3, (text(&operation["equinixStatus"]), text(&operation["providerStatus"]))]
}

/// Observes the rows in sequence, and the same ones on v4 unless others are given. Decisions are
/// made at once; everything else takes its time.
async fn walk(api: &TestClient, ids: &[String], rows: Rows, on_v4: Option<Rows>) {
    let owned =
        |(equinix, provider): &(&str, &str)| ((*equinix).to_owned(), (*provider).to_owned());
    let rows: Vec<_> = rows.iter().map(owned).collect();
    let on_v4: Vec<_> = on_v4.map_or_else(|| rows.clone(), |rows| rows.iter().map(owned).collect());
    let mut seen: [Vec<(String, String)>; 2] = Default::default();
    for _ in 0..rows.len().max(on_v4.len()) {
        for (seen, pair) in seen.iter_mut().zip(pairs(api, &ids[0]).await) {
            if seen.last() != Some(&pair) {
                seen.push(pair);
            }
        }
        for id in ids {
            assert_eq!(pairs(api, id).await, pairs(api, &ids[0]).await);
        }
        if api.world.accept_all() == 0 {
            tokio::time::advance(STAGE).await;
        }
    }
    assert_eq!(seen, [rows, on_v4]);
}

fn end_on_v4(flow: &FlowCase) -> Option<Rows> {
    flow.name.starts_with("oracle").then_some(ORACLE_END_ON_V4)
}

#[tokio::test(start_paused = true)]
async fn every_row_of_the_state_tables_is_seen_on_v3() {
    for flow in flows() {
        let api = TestClient::new().await;
        let answer = api.order_v3(&flow.body).await;
        let ids: Vec<String> = ["primaryConnectionId", "secondaryConnectionId"]
            .iter()
            .filter_map(|key| answer[key].as_str().map(str::to_owned))
            .collect();
        let (creation, deletion) = states(&flow.name);
        walk(&api, &ids, creation, None).await;
        for id in &ids {
            let (status, answer) = api.delete(&format!("/ecx/v3/l2/connections/{id}")).await;
            assert_eq!(status, 200, "{answer}");
        }
        walk(&api, &ids, deletion, end_on_v4(&flow)).await;
    }
}

/// A leg of a sample as a v4 order: enterprises and clouds by a profile, own ports by a port.
fn v4_body(flow: &FlowCase, leg: &str) -> Value {
    let body = &flow.body;
    let field = |name: &str| &body[format!("{leg}{name}")];
    let tag = |value: &Value| match value {
        Value::String(text) => json!(text.parse::<u16>().unwrap()),
        other => other.clone(),
    };
    let link = |kind: char, s_tag: &Value, c_tag: &Value| match kind {
        'D' => json!({"type": "DOT1Q", "vlanTag": tag(s_tag)}),
        _ if c_tag.is_null() => json!({"type": "QINQ", "vlanSTag": tag(s_tag)}),
        _ => json!({"type": "QINQ", "vlanSTag": tag(s_tag), "vlanCTag": tag(c_tag)}),
    };
    let z_side = if field("ZSidePortUUID").is_null() {
        let mut z_side = json!({
            "type": "SP",
            "profile": {"type": "L2_PROFILE", "uuid": body["profileUUID"]},
            "location": {"metroCode": body["sellerMetroCode"]},
        });
        for (name, value) in [
            ("sellerRegion", &body["sellerRegion"]),
            ("authenticationKey", &body["authorizationKey"]),
        ] {
            if !value.is_null() {
                z_side[name] = value.clone();
            }
        }
        if let Some(peering) = body["namedTag"].as_str() {
            z_side["peeringType"] = peering.to_ascii_uppercase().into();
        }
        z_side
    } else {
        json!({
            "type": "COLO",
            "port": {"uuid": field("ZSidePortUUID")},
            "linkProtocol": link(flow.z_side, field("ZSideVlanSTag"), field("ZSideVlanCTag")),
        })
    };
    let factor = if body["speedUnit"] == "GB" { 1000 } else { 1 };
    json!({
        "type": "EVPL_VC",
        "name": field("Name"),
        "bandwidth": body["speed"].as_u64().unwrap() * factor,
        "order": {"purchaseOrderNumber": body["purchaseOrderNumber"]},
        "notifications": [{"type": "ALL", "emails": body["notifications"]}],
        "aSide": {"accessPoint": {
            "type": "COLO",
            "port": {"uuid": field("PortUUID")},
            "linkProtocol": link(flow.a_side, field("VlanSTag"), field("VlanCTag")),
        }},
        "zSide": {"accessPoint": z_side},
    })
}

fn secondary(mut body: Value, first: &Value) -> Value {
    body["redundancy"] = json!({"group": first["redundancy"]["group"], "priority": "SECONDARY"});
    body
}

#[tokio::test(start_paused = true)]
async fn every_flow_is_ordered_on_v4_and_has_its_states() {
    for flow in flows() {
        let api = TestClient::new().await;
        let first = api.order_v4(&v4_body(&flow, "primary")).await;
        let mut lines = vec![first.clone()];
        if flow.redundant() {
            let body = secondary(v4_body(&flow, "secondary"), &first);
            lines.push(api.order_v4(&body).await);
        }
        let ids: Vec<String> =
            lines.iter().map(|line| line["uuid"].as_str().unwrap().to_owned()).collect();
        let (creation, deletion) = states(&flow.name);
        walk(&api, &ids, creation, None).await;
        for id in &ids {
            let (status, answer) = api.delete(&format!("/fabric/v4/connections/{id}")).await;
            assert_eq!(status, 200, "{answer}");
        }
        walk(&api, &ids, deletion, end_on_v4(&flow)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn tags_that_v4_can_judge_follow_the_tables_too() {
    for flow in flows() {
        let (a_side, z_side) = wanted(&flow);
        let own = flow.name.starts_with("self");
        for (wanted, side) in [(a_side, "/aSide"), (z_side && own, "/zSide")] {
            if !wanted {
                continue;
            }
            let api = TestClient::new().await;
            let mut body = v4_body(&flow, "primary");
            let link = body.pointer_mut(&format!("{side}/accessPoint/linkProtocol")).unwrap();
            link.as_object_mut().unwrap().remove("vlanCTag");
            let (status, errors) = api.call("POST", "/fabric/v4/connections", &body).await;
            assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{errors}");
        }
    }
}

/// An Azure pair from Dot1q ports with this peering.
fn azure(peering: &str, tag: u16) -> FlowCase {
    let mut flow = flows().into_iter().find(|flow| flow.name == "azure").unwrap();
    flow.body["namedTag"] = json!(peering);
    flow.body["primaryVlanSTag"] = json!(tag);
    flow.body["secondaryVlanSTag"] = json!(tag);
    flow
}

async fn refused_v4(api: &TestClient, body: &Value, property: &str) {
    let (status, errors) = api.call("POST", "/fabric/v4/connections", body).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("EQ-3142501")), "{errors}");
    assert_eq!(errors[0]["additionalInfo"][0]["property"], property);
}

#[tokio::test(start_paused = true)]
async fn an_azure_key_is_for_three_pairs_with_a_peering_each() {
    let api = TestClient::new().await;
    let peering = "/zSide/accessPoint/peeringType";
    for (number, name) in ["Private", "Public", "Manual"].iter().enumerate() {
        let flow = azure(name, 10 + u16::try_from(number).unwrap());
        let first = api.order_v4(&v4_body(&flow, "primary")).await;
        let mut other = secondary(v4_body(&flow, "secondary"), &first);
        other["zSide"]["accessPoint"]["peeringType"] = json!("MICROSOFT");
        refused_v4(&api, &other, peering).await;
        api.order_v4(&secondary(v4_body(&flow, "secondary"), &first)).await;
        if number == 0 {
            refused_v4(&api, &v4_body(&azure("Private", 20), "primary"), peering).await;
        }
    }
    let key = "/zSide/accessPoint/authenticationKey";
    refused_v4(&api, &v4_body(&azure("Microsoft", 30), "primary"), key).await;
    assert_eq!(api.world.ledger().orders.len(), 6);
    // Deprovisioned connections no longer count.
    let ids: Vec<String> = api.world.lines().into_iter().map(|line| line.uuid).take(2).collect();
    for id in ids {
        tokio::time::advance(STAGE).await;
        assert_eq!(api.delete(&format!("/ecx/v3/l2/connections/{id}")).await.0, 200);
    }
    tokio::time::advance(2 * STAGE).await;
    api.order_v4(&v4_body(&azure("Microsoft", 30), "primary")).await;
}

#[tokio::test(start_paused = true)]
async fn an_azure_key_is_for_one_pair_from_qinq_ports() {
    let api = TestClient::new().await;
    let flow = flows().into_iter().find(|flow| flow.name == "azure" && flow.a_side == 'Q').unwrap();
    api.order_v3(&flow.body).await;
    let again = with(
        flow.body,
        &[
            ("namedTag", json!("Private")),
            ("primaryVlanSTag", json!(641)),
            ("secondaryVlanSTag", json!(651)),
        ],
    );
    let (status, errors) = api.call("POST", "/ecx/v3/l2/connections", &again).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("IC-LAYER2-AUTH-006")));
}
