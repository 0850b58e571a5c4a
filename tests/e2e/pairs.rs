//! A redundant pair as one resource: both legs ordered, in service and cancelled.

use futures::future::join;
use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{Tenant, condition},
};

async fn live(name: &str, dialect: &str) {
    let tenant = Tenant::new(Installation::shared(), name, dialect).await;
    tenant.apply("pair", manifests::azure_pair(name)).await;
    // Azure waits for the buyer to configure the peering of both.
    tenant
        .until("pair", "both halves wait for their peering", |pair| {
            let waits = |half: &str| {
                pair["status"][half]["equinixStatus"] == "PENDING_BGP_PEERING"
                    && pair["status"][half]["providerStatus"] == "PENDING_BGP"
            };
            waits("primary") && waits("secondary") && pair["status"]["waitingFor"] == "You"
        })
        .await;
    assert_eq!(tenant.world.accept_all(), 2, "{name}");
    let ready = tenant.until_ready("pair").await;
    let group = |half: &str| ready["status"][half]["redundancyGroup"].clone();
    assert!(group("primary").is_string(), "{name}: {ready:#}");
    assert_eq!(group("primary"), group("secondary"), "{name}");

    tenant.delete("pair").await;
    tenant.until_gone("pair").await;
    let ledger = tenant.world.ledger();
    let mut ordered: Vec<&str> = ledger.orders.iter().map(|o| o.uuid.as_str()).collect();
    let mut cancelled: Vec<&str> = ledger.cancellations.iter().map(|c| c.uuid.as_str()).collect();
    ordered.sort_unstable();
    cancelled.sort_unstable();
    assert_eq!((ordered.len(), &ordered), (2, &cancelled), "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pair_is_two_orders_and_two_cancellations() {
    join(live("pair-v3", "EcxV3"), live("pair-v4", "FabricV4")).await;
}

/// Azure's pair with this peering, on tags of its own.
fn pair(account: &str, peering: &str, tag: u16) -> Value {
    let mut spec = manifests::azure_pair(account);
    spec["name"] = json!(format!("JohnDoe_Dot1q_{peering}"));
    spec["secondary"]["name"] = json!(format!("JohnDoe2_Dot1q_{peering}"));
    spec["zSide"]["serviceProfile"]["peeringType"] = json!(peering);
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(tag);
    spec["secondary"]["aSide"]["linkProtocol"]["vlanTag"] = json!(tag);
    if peering == "MANUAL" {
        let c_tag = |tag: u16| json!({"type": "QINQ", "vlanCTag": tag});
        spec["zSide"]["serviceProfile"]["linkProtocol"] = c_tag(558);
        spec["secondary"]["zSide"] = json!({"linkProtocol": c_tag(542)});
    }
    spec
}

/// "ECX Participants with Dot1q ports can create up to three connections to Azure using the same
/// Azure service key": the fourth is refused, with the code of the chapter on errors on v3. Keys
/// are said to be valid, as the API does that "only performs regular expression validation".
async fn a_fourth(name: &str, dialect: &str, code: &str, remedy: &str) {
    let tenant = Tenant::new(Installation::shared(), name, dialect).await;
    for (number, peering) in (1..).zip(["PRIVATE", "PUBLIC", "MICROSOFT"]) {
        let line = peering.to_lowercase();
        tenant.apply(&line, pair(name, peering, 450 + number)).await;
        tenant
            .until(&line, "ordered, both halves", |pair| {
                ["primary", "secondary"].iter().all(|half| pair["status"][half]["uuid"].is_string())
            })
            .await;
    }
    let body = json!({"message": "Authorization key provided is valid", "status": "VALID"});
    let valid = InjectedFault::always(Effect::Answer { status: 200, retry_after: None, body });
    let v3 = "/ecx/v3/l2/connections/validateAuthorizationKey";
    tenant.world.inject(valid.clone().on("GET", v3));
    tenant.world.inject(valid.on("POST", "/fabric/v4/connections/validate"));
    tenant.apply("manual", pair(name, "MANUAL", 454)).await;
    let message = tenant.until_reason("manual", "OrderRefused").await;
    let refused = tenant.get("manual").await.unwrap();
    assert_eq!(condition(&refused, "Stalled").unwrap().0, "True", "{name}");
    assert_eq!(refused["status"]["waitingFor"], "You", "{name}");
    assert_eq!(refused["status"]["providerFaults"][0]["code"], code, "{name}");
    for word in [code, "three Dot1Q connections", remedy] {
        assert!(message.contains(word), "{name}: {word:?} is not in {message:?}");
    }
    assert_eq!(tenant.world.ledger().orders.len(), 6, "{name}: three pairs");

    // What the message asks for: the key of another circuit.
    let mut spec = pair(name, "MANUAL", 454);
    let key = "f4a9137c-25d8-4b60-8e3f-d7716c0a92b5";
    spec["zSide"]["serviceProfile"]["authenticationKey"] = json!(key);
    tenant.apply("manual", spec).await;
    tenant
        .until("manual", "waiting for its peering", |pair| {
            pair["status"]["waitingFor"] == "You" && pair["status"]["secondary"]["uuid"].is_string()
        })
        .await;
    assert_eq!(tenant.world.ledger().orders.len(), 8, "{name}: four pairs");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fourth_pair_on_one_azure_key_is_refused_until_it_has_another_key() {
    join(
        a_fourth("fourth-v3", "EcxV3", "IC-LAYER2-DOT1Q-001", "use another authenticationKey"),
        a_fourth("fourth-v4", "FabricV4", "EQ-3142501", "correct the field of the spec"),
    )
    .await;
}
