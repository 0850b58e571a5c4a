//! Incoming connections on v3: how they are listed, approved and rejected.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Config, UserCredentials, World};

use crate::{
    changes::{in_service, v3, v4},
    client::{TestClient, keys, with},
    samples::enterprise,
    v3_profiles::market,
};

const SELLER: &str = "/ecx/v3/l2/seller/connections";
const STAGE: Duration = Duration::from_mins(1);

/// A world that has the samples' connections.
async fn samples() -> (TestClient, TestClient) {
    market(Config { sample_connections: true, ..Config::default() }).await
}

/// "How to approve or reject a connection?"
fn approval() -> Value {
    json!({
        "primaryPortUUID": "754086e4-164d-64d0-84e0-30ac188c7c35",
        "primaryVlanSTag": "555",
    })
}

fn redundant_approval() -> Value {
    json!({
        "primaryPortUUID": "7cb83fdb-6620-6204-bbe0-38389cc0acfa",
        "primaryVlanSTag": "779",
        "secondaryPortUUID": "7cb83fdb-663a-63a4-bbe0-38389cc0acfa",
        "secondaryVlanSTag": "780",
    })
}

const PRIMARY: &str = "9b1da3b0-ea1d-4770-ae51-c794ffb23dbc";
const SECONDARY: &str = "13f1b31a-855b-44ca-b30a-4322a4d3af0b";

async fn incoming(seller: &TestClient, query: &str) -> Vec<Value> {
    let (status, page) = seller.get(&format!("{SELLER}?{query}")).await;
    assert_eq!(status, 200, "{page}");
    page["content"].as_array().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn the_samples_are_approved_and_rejected() {
    let (buyer, seller) = samples().await;
    let answer = seller.call("PATCH", &v3(PRIMARY, "Approve"), &approval()).await;
    let sample = json!({"message": "Successfully Approved", "primaryConnectionId": PRIMARY});
    assert_eq!(answer, (200, sample));
    let rejected = "60bfd673-8fbc-4de9-be4b-176ad8f3e908";
    let comment = json!({"rejectComment": "JohnDoe rejected"});
    let answer = seller.call("PATCH", &v3(rejected, "Reject"), &comment).await;
    let sample =
        json!({"message": "Action successfully performed", "primaryConnectionId": rejected});
    assert_eq!(answer, (200, sample));
    tokio::time::advance(STAGE).await;
    let (_, line) = buyer.get(&format!("/ecx/v3/l2/connections/{PRIMARY}")).await;
    assert_eq!(
        (&line["status"], &line["providerStatus"]),
        (&json!("PROVISIONED"), &json!("AVAILABLE"))
    );
    assert_eq!(line["zSidePortUUID"], "754086e4-164d-64d0-84e0-30ac188c7c35");
    assert_eq!(line["zSideVlanSTag"], 555);
    let (_, line) = buyer.get(&v4(PRIMARY)).await;
    let z_side = &line["zSide"]["accessPoint"];
    assert_eq!(z_side["port"]["uuid"], "754086e4-164d-64d0-84e0-30ac188c7c35");
    assert_eq!(z_side["linkProtocol"], json!({"type": "DOT1Q", "vlanTag": 555}));
    // The other leg was not approved with it.
    let (_, line) = buyer.get(&format!("/ecx/v3/l2/connections/{SECONDARY}")).await;
    assert_eq!(line["status"], "PENDING_APPROVAL");
    let (_, line) = buyer.get(&v4(rejected)).await;
    assert_eq!(line["operation"]["equinixStatus"], "REJECTED");
    assert_eq!(line["change"]["information"], "JohnDoe rejected");
}

#[tokio::test(start_paused = true)]
async fn both_legs_are_approved_at_once() {
    // The path may name either leg: the sample names one that its response does not.
    for path in [PRIMARY, SECONDARY] {
        let (buyer, seller) = samples().await;
        let answer = seller.call("PATCH", &v3(path, "Approve"), &redundant_approval()).await;
        let sample = json!({
            "message": "Successfully Approved",
            "moreInfo": "Redundant connection also approved",
            "primaryConnectionId": PRIMARY,
            "secondaryConnectionId": SECONDARY,
        });
        assert_eq!(answer, (200, sample));
        tokio::time::advance(STAGE).await;
        for (id, port, tag) in [
            (PRIMARY, "7cb83fdb-6620-6204-bbe0-38389cc0acfa", 779),
            (SECONDARY, "7cb83fdb-663a-63a4-bbe0-38389cc0acfa", 780),
        ] {
            let (_, line) = buyer.get(&format!("/ecx/v3/l2/connections/{id}")).await;
            assert_eq!(line["status"], "PROVISIONED");
            assert_eq!(
                (&line["zSidePortUUID"], &line["zSideVlanSTag"]),
                (&json!(port), &json!(tag))
            );
        }
    }
}

#[tokio::test(start_paused = true)]
async fn invalid_decisions_are_rejected() {
    let (buyer, seller) = samples().await;
    let (stag, invalid) = ("primaryVlanSTag", "IC-LAYER2-402");
    let buyers = json!("7f891d3b-973e-73e0-bae0-30ac1885197a");
    let both = redundant_approval();
    for (body, code, property) in [
        (json!({}), invalid, "primaryPortUUID"),
        (json!({}), invalid, stag),
        (with(approval(), &[(stag, Value::Null)]), invalid, stag),
        (with(approval(), &[(stag, json!("1"))]), invalid, stag),
        (with(approval(), &[(stag, json!("4095"))]), invalid, stag),
        (
            with(approval(), &[("primaryPortUUID", buyers)]),
            "IC-LAYER2-PORTS-001",
            "primaryPortUUID",
        ),
        (with(approval(), &[("primaryPortUUID", json!("x-1"))]), invalid, "primaryPortUUID"),
        (with(approval(), &[("primaryVlanCTag", json!("5000"))]), invalid, "primaryVlanCTag"),
        (with(approval(), &[("colour", json!("red"))]), invalid, "colour"),
        (
            with(both.clone(), &[("primaryVlanCTag", json!("7"))]),
            "IC-LAYER2-VLAN-005",
            "primaryVlanCTag",
        ),
        (with(both.clone(), &[("secondaryVlanSTag", Value::Null)]), invalid, "secondaryVlanSTag"),
        (
            with(
                both,
                &[
                    ("secondaryPortUUID", json!("7cb83fdb-6620-6204-bbe0-38389cc0acfa")),
                    ("secondaryVlanSTag", json!("779")),
                ],
            ),
            invalid,
            "secondaryVlanSTag",
        ),
    ] {
        let (status, errors) = seller.call("PATCH", &v3(PRIMARY, "Approve"), &body).await;
        let found = errors.as_array().unwrap().iter();
        let found = found.filter(|e| e["errorCode"] == code && e["property"] == property).count();
        assert_eq!((status, found), (400, 1), "{body}: {errors}");
    }
    for body in [json!({}), json!({"rejectComment": ""})] {
        let (status, errors) = seller.call("PATCH", &v3(PRIMARY, "Reject"), &body).await;
        assert_eq!((status, &errors[0]["property"]), (400, &json!("rejectComment")));
    }
    // A connection without another leg.
    let single = "60bfd673-8fbc-4de9-be4b-176ad8f3e908";
    let (_, errors) = seller.call("PATCH", &v3(single, "Approve"), &redundant_approval()).await;
    assert_eq!(errors[0]["property"], "secondaryPortUUID");
    // The buyer is not its seller, and another organisation sees nothing.
    let (status, errors) = buyer.call("PATCH", &v3(PRIMARY, "Approve"), &approval()).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!(invalid)));
    let stranger = UserCredentials {
        client_id: "OTHER".to_owned(),
        client_secret: "SECRET".to_owned(),
        user_name: "jane.roe@example.com".to_owned(),
        user_password: "jr".to_owned(),
    };
    buyer.world.admit_seller(stranger.clone(), "Example-Corp");
    let stranger = TestClient::with(buyer.world.clone(), &stranger).await;
    let (status, errors) = stranger.call("PATCH", &v3(PRIMARY, "Approve"), &approval()).await;
    assert_eq!((status, &errors[0]["errorCode"]), (400, &json!("IC-LAYER2-4023")));
    assert!(incoming(&stranger, "").await.is_empty());
    // A decision is final, and a tag is used once.
    assert_eq!(seller.call("PATCH", &v3(PRIMARY, "Approve"), &approval()).await.0, 200);
    let (status, errors) = seller.call("PATCH", &v3(PRIMARY, "Approve"), &approval()).await;
    assert_eq!((status, &errors[0]["property"]), (400, &json!("uuid")));
    let (status, errors) = seller.call("PATCH", &v3(single, "Approve"), &approval()).await;
    assert_eq!((status, &errors[0]["property"]), (400, &json!(stag)));
    assert_eq!(errors[0]["moreInfo"], "The tag is in use on this port");
}

#[tokio::test(start_paused = true)]
async fn sellers_decide_on_speeds_and_deletions_too() {
    let (buyer, seller) = market(Config::default()).await;
    let id = in_service(&buyer, &enterprise()).await;
    let faster = json!({"speed": 200, "speedUnit": "MB"});
    let no = json!({"rejectComment": "too fast"});
    for (action, body, speed) in [("Reject", &no, 50), ("Approve", &json!({}), 200)] {
        assert_eq!(buyer.call("PATCH", &v3(&id, "update"), &faster).await.0, 200);
        assert_eq!(seller.call("PATCH", &v3(&id, action), body).await.0, 400, "too early");
        tokio::time::advance(STAGE).await;
        let line = &incoming(&seller, "").await[0];
        assert_eq!(line["sellerApprovalPendingForBandwidth"], true);
        assert_eq!(seller.call("PATCH", &v3(&id, action), body).await.0, 200);
        assert_eq!(incoming(&seller, "").await[0]["speed"], speed);
    }
    let path = format!("/ecx/v3/l2/connections/{id}");
    for (action, body, status) in
        [("Reject", &no, "PROVISIONED"), ("Approve", &json!({}), "DEPROVISIONED")]
    {
        assert_eq!(buyer.delete(&path).await.0, 200);
        assert_eq!(incoming(&seller, "status=PENDING_DELETE").await.len(), 1);
        assert_eq!(seller.call("PATCH", &v3(&id, action), body).await.0, 200);
        tokio::time::advance(STAGE).await;
        assert_eq!(buyer.get(&path).await.1["status"], status);
    }
}

#[tokio::test(start_paused = true)]
async fn incoming_connections_are_listed() {
    let (buyer, seller) = samples().await;
    buyer.order_v3(&enterprise()).await;
    let (status, page) = seller.get(SELLER).await;
    assert_eq!((status, &page["totalCount"]), (200, &json!(4)));
    let waiting = incoming(&seller, "status=PENDING_APPROVAL").await;
    assert_eq!(waiting.len(), 4);
    assert_eq!(waiting[0]["name"], "JohnDoe_Dot1Q_To_Dot1Q", "the newest first");
    assert_eq!(waiting[0]["buyerOrganizationName"], "JOHN-DOE-ORG");
    assert!(waiting[0].get("authorizationKey").is_none(), "the buyer's own");
    assert_eq!(incoming(&seller, "metroCode=Da").await.len(), 1);
    assert_eq!(incoming(&seller, "metroCode=Da&metroCode=Sv").await.len(), 4);
    assert_eq!(incoming(&seller, "state=REJECTED").await.len(), 0);
    let profile = "profileId=7a73af1a-3d74-47ac-b778-6bf455d1174e";
    assert_eq!(incoming(&seller, profile).await.len(), 3);
    assert_eq!(incoming(&seller, &format!("{profile}&metroCode=DA")).await.len(), 0);
    assert_eq!(incoming(&seller, "pageSize=3&pageNumber=1").await.len(), 1);
    assert_eq!(incoming(&seller, "portName=johnDoeCorp-SV-01").await.len(), 0);
    seller.call("PATCH", &v3(PRIMARY, "Approve"), &approval()).await;
    assert_eq!(incoming(&seller, "portName=johnDoeCorp-SV-01").await.len(), 1);
    // The buyer's listing as a seller is empty, and so is the seller's as a buyer.
    assert!(incoming(&buyer, "").await.is_empty());
    let (_, page) = seller.get("/ecx/v3/l2/buyer/connections").await;
    assert_eq!(page["totalCount"], 0);
}

/// The connection of "GET L2 Seller Connections".
const SAMPLE: [&str; 41] = [
    "buyerOrganizationName",
    "uuid",
    "name",
    "vlanSTag",
    "portUUID",
    "portName",
    "asideEncapsulation",
    "zsideEncapsulation",
    "metroCode",
    "metroDescription",
    "providerStatus",
    "status",
    "billingTier",
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
    "createdDate",
    "createdBy",
    "createdByFullName",
    "createdByEmail",
    "lastUpdatedBy",
    "lastUpdatedDate",
    "lastUpdatedByFullName",
    "lastUpdatedByEmail",
    "deletedBy",
    "deletedDate",
    "deletedByEmail",
    "updateInProgress",
    "zSidePortName",
    "zSidePortUUID",
    "zSideVlanSTag",
    "remote",
    "private",
    "self",
];

#[tokio::test(start_paused = true)]
async fn the_sample_of_the_listing_has_all_its_fields() {
    let world = World::new(Config { sample_connections: true, ..Config::default() });
    let azure =
        UserCredentials { client_id: "AZURE".to_owned(), ..UserCredentials::of_the_samples() };
    world.admit_seller(azure.clone(), "Microsoft Azure");
    let azure = TestClient::with(world, &azure).await;
    let lines = incoming(&azure, "metroCode=TR").await;
    assert_eq!(lines.len(), 1);
    let line = &lines[0];
    for name in SAMPLE {
        assert!(keys(line).contains(&format!("/{name}")), "{name}");
    }
    for (name, value) in [
        ("buyerOrganizationName", json!("JOHN-DOE-ORG")),
        ("uuid", json!("006d08e2-788e-4c83-82d3-07b1787644a5")),
        ("name", json!("SAL-AZURE-TR-SEC-20")),
        ("vlanSTag", json!(200)),
        ("portUUID", json!("66284add-86d1-6d10-b4e0-30ac094f8af1")),
        ("portName", json!("JOHN DOE TEST")),
        ("asideEncapsulation", json!("dot1q")),
        ("providerStatus", json!("DEPROVISIONED")),
        ("status", json!("DEPROVISIONED")),
        ("billingTier", json!("Up to 50 MB")),
        ("speed", json!(50)),
        ("speedUnit", json!("MB")),
        ("redundancyType", json!("secondary")),
        ("sellerMetroCode", json!("TR")),
        ("sellerMetroDescription", json!("Toronto")),
        ("sellerServiceUUID", json!("a1390b22-bbe0-4e93-ad37-85beef9d254d")),
        ("notifications", json!(["JohnDoe@equinix.com"])),
        ("createdBy", json!("JohnDoe@equinix.com")),
        ("updateInProgress", json!(false)),
        ("zSidePortName", json!("John-Port")),
        ("zSidePortUUID", json!("6f5680ea-1513-5130-50e0-30ac094f83ec")),
        ("zSideVlanSTag", json!(8)),
        ("remote", json!(false)),
        ("private", json!(false)),
        ("self", json!(false)),
    ] {
        assert_eq!(line[name], value, "{name}");
    }
    // The other leg is named as long as it exists.
    let (_, seller) = samples().await;
    let legs = incoming(&seller, "status=PENDING_APPROVAL").await;
    let primary = legs.iter().find(|line| line["uuid"] == PRIMARY).unwrap();
    assert_eq!(primary["redundantUUID"], SECONDARY);
}
