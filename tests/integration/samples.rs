//! Every order that the v3 document shows, as a resource: what reaches the provider is the sample.
//!
//! The resource is made from the sample by the words of its parameter table, read backwards. Four
//! samples have names of more than 24 characters, which their own table forbids; their fixtures
//! are cut.

use std::{fs, path::Path};

use serde_json::{Map, Value, json};

use fabric_testkit::cluster::TestCluster;

/// A sample and the encapsulation of its two ends, as its heading says.
struct Sample {
    name: String,
    body: Value,
    a_side_qinq: bool,
    z_side_qinq: bool,
}

fn samples() -> Vec<Sample> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/v3");
    let mut samples: Vec<Sample> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), path)
        })
        // Those from 100 on are the seller's.
        .filter(|(name, _)| name.as_str() < "100")
        .map(|(name, path)| {
            let ends: Vec<&str> =
                name.split('-').filter(|part| ["dot1q", "qinq"].contains(part)).collect();
            Sample {
                body: serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap(),
                a_side_qinq: ends[0] == "qinq",
                z_side_qinq: ends.get(1) == Some(&"qinq"),
                name,
            }
        })
        .collect();
    samples.sort_by(|a, b| a.name.cmp(&b.name));
    samples
}

/// A tag, which one sample gives as a number and all others as a string.
fn tag(body: &Value, field: &str) -> Value {
    match &body[field] {
        Value::String(text) => json!(text.parse::<u16>().unwrap()),
        number => number.clone(),
    }
}

/// The sample as it is sent: tags are strings, as in most samples, and a purchase order number
/// that is empty is left out.
fn as_sent(body: &Value) -> Value {
    let mut sent = body.clone();
    for (name, value) in sent.as_object_mut().unwrap() {
        if name.contains("Vlan") && value.is_number() {
            *value = json!(value.to_string());
        }
    }
    if sent["purchaseOrderNumber"] == "" {
        sent.as_object_mut().unwrap().remove("purchaseOrderNumber");
    }
    sent
}

fn without_nulls(value: Value) -> Value {
    let fields = value.as_object().unwrap();
    Value::Object(
        fields
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect::<Map<_, _>>(),
    )
}

fn link(qinq: bool, s_tag: Value, c_tag: Value) -> Value {
    without_nulls(if qinq {
        json!({"type": "QINQ", "vlanSTag": s_tag, "vlanCTag": c_tag})
    } else {
        json!({"type": "DOT1Q", "vlanTag": s_tag})
    })
}

/// The resource whose order is the sample.
fn spec(sample: &Sample, account: &str) -> Value {
    let body = &sample.body;
    let factor = if body["speedUnit"] == "GB" { 1000 } else { 1 };
    let a_link =
        link(sample.a_side_qinq, tag(body, "primaryVlanSTag"), tag(body, "primaryVlanCTag"));
    let c_tag = tag(body, "primaryZSideVlanCTag");
    let z_side = if body.get("primaryZSidePortUUID").is_some() {
        json!({"port": {
            "uuid": body["primaryZSidePortUUID"],
            "linkProtocol": link(sample.z_side_qinq, tag(body, "primaryZSideVlanSTag"), c_tag),
            "serviceProfile": {"uuid": body["profileUUID"]},
        }})
    } else {
        let z_link = (!c_tag.is_null()).then(|| json!({"type": "QINQ", "vlanCTag": c_tag}));
        json!({"serviceProfile": without_nulls(json!({
            "uuid": body["profileUUID"],
            "metroCode": body["sellerMetroCode"],
            "sellerRegion": body["sellerRegion"],
            "authenticationKey": body["authorizationKey"],
            "peeringType": body["namedTag"].as_str().map(str::to_uppercase),
            "linkProtocol": z_link,
        }))})
    };
    let number = body["purchaseOrderNumber"].as_str().filter(|number| !number.is_empty());
    without_nulls(json!({
        "account": account,
        "name": body["primaryName"],
        "bandwidthMbps": body["speed"].as_u64().unwrap() * factor,
        "purchaseOrderNumber": number,
        "notifications": body["notifications"],
        "aSide": {"port": {"uuid": body["primaryPortUUID"]}, "linkProtocol": a_link},
        "zSide": z_side,
        "secondary": secondary(sample),
    }))
}

/// The redundant half, where the sample orders one.
fn secondary(sample: &Sample) -> Value {
    let body = &sample.body;
    if body.get("secondaryName").is_none() {
        return Value::Null;
    }
    let a_link =
        link(sample.a_side_qinq, tag(body, "secondaryVlanSTag"), tag(body, "secondaryVlanCTag"));
    let c_tag = tag(body, "secondaryZSideVlanCTag");
    let s_tag = tag(body, "secondaryZSideVlanSTag");
    let z_side = if body.get("secondaryZSidePortUUID").is_some() {
        json!({
            "port": {"uuid": body["secondaryZSidePortUUID"]},
            "linkProtocol": link(sample.z_side_qinq, s_tag, c_tag),
        })
    } else if c_tag.is_null() {
        Value::Null
    } else {
        json!({"linkProtocol": {"type": "QINQ", "vlanCTag": c_tag}})
    };
    without_nulls(json!({
        "name": body["secondaryName"],
        "aSide": {"port": {"uuid": body["secondaryPortUUID"]}, "linkProtocol": a_link},
        "zSide": z_side,
    }))
}

#[tokio::test(start_paused = true)]
async fn orders_are_the_samples_and_live_to_the_end() {
    let samples = samples();
    assert_eq!(samples.len(), 27, "samples 010 to 093");
    for sample in samples {
        let cluster = TestCluster::start();
        cluster.apply("it", spec(&sample, "ecx"));
        println!("{}", sample.name);
        cluster.until_ready("it").await;
        assert_eq!(cluster.order_bodies(), [as_sent(&sample.body)], "{}", sample.name);
        let lines = if sample.body.get("secondaryName").is_some() { 2 } else { 1 };
        cluster.delete("it").await;
        cluster
            .until("the cancellation is asked for", std::time::Duration::from_secs(60), |cluster| {
                cluster.world.ledger().cancellations.len() == lines
            })
            .await;
        // A seller has to confirm the deletion.
        cluster
            .until("it is gone", std::time::Duration::from_secs(3600), |cluster| {
                cluster.world.accept_all();
                cluster.get("it").is_none()
            })
            .await;
        assert_eq!(cluster.world.ledger().orders.len(), lines, "{}", sample.name);
    }
}

/// Whether all its ports can be on v4, whose ids are UUIDs; two samples have ports that are none.
fn is_for_v4(sample: &Sample) -> bool {
    let ports =
        sample.body.as_object().unwrap().iter().filter(|(name, _)| name.ends_with("PortUUID"));
    ports.into_iter().all(|(_, id)| {
        let id = id.as_str().unwrap();
        let groups: Vec<usize> = id.split('-').map(str::len).collect();
        groups == [8, 4, 4, 4, 12] && id.bytes().all(|b| b == b'-' || b.is_ascii_hexdigit())
    })
}

#[tokio::test(start_paused = true)]
async fn the_same_lines_can_be_ordered_on_v4() {
    let samples: Vec<Sample> = samples().into_iter().filter(is_for_v4).collect();
    assert_eq!(samples.len(), 25);
    for sample in samples {
        let cluster = TestCluster::start();
        cluster.apply("it", spec(&sample, "default"));
        println!("{}", sample.name);
        cluster.until_ready("it").await;
        let names: Vec<String> =
            cluster.world.ledger().orders.iter().map(|order| order.name.clone()).collect();
        let halves = [&sample.body["primaryName"], &sample.body["secondaryName"]];
        let expected: Vec<&str> = halves.into_iter().filter_map(Value::as_str).collect();
        assert_eq!(names, expected, "{}", sample.name);
    }
}
