//! Connections in service, on the real API server: changed in place, orphaned, observed and
//! adopted.

use serde_json::{Value, json};

use fabric_domain::ConnectionId;
use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{Tenant, condition},
};

/// A line to a seller, who has to approve it, and more bandwidth, too.
fn to_a_seller(account: &str) -> Value {
    let mut spec = manifests::aws_dot1q(account);
    spec["zSide"] = json!({"serviceProfile": {
        "uuid": "5f00b000-0000-4000-8000-000000000001", "metroCode": "SV",
    }});
    spec
}

async fn until_in_sync(tenant: &Tenant<'_>, name: &str, status: &str, reason: &str) -> Value {
    tenant
        .until(name, &format!("InSync {status} {reason}"), |object| {
            condition(object, "InSync").is_some_and(|c| c.0 == status && c.1 == reason)
        })
        .await
}

async fn a_life_of_changes(name: &str, dialect: &str) {
    let tenant = Tenant::new(Installation::shared(), name, dialect).await;
    tenant.apply("line", to_a_seller(name)).await;
    tenant.until_reason("line", "AwaitingApproval").await;
    tenant.world.accept_all();
    let ready = tenant.until_ready("line").await;
    let status = &ready["status"];
    let price = json!({"amount": "0.00", "currency": "USD", "bandwidthMbps": 50});
    assert_eq!(status["monthlyPrice"], price, "{name}: local lines of this port are free");
    let uuid = status["primary"]["uuid"].as_str().unwrap().to_owned();

    let wanted = |more: Value| {
        let mut spec = to_a_seller(name);
        spec.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        spec
    };
    tenant.apply("line", wanted(json!({"bandwidthMbps": 200}))).await;
    let waiting = until_in_sync(&tenant, "line", "False", "ChangeAwaitingApproval").await;
    assert_eq!(waiting["status"]["waitingFor"], "Seller", "{name}");
    assert_eq!(condition(&waiting, "Ready").unwrap().0, "True", "{name}");
    tenant.world.accept(&ConnectionId::parse(&uuid).unwrap()).unwrap();
    let changed = until_in_sync(&tenant, "line", "True", "AsSpecified").await;
    assert_eq!(changed["status"]["primary"]["bandwidthMbps"], 200, "{name}");
    assert_eq!(tenant.world.ledger().changes.len(), 1, "{name}");

    // Let go, looked at, and taken over again.
    let orphan = json!({"bandwidthMbps": 200, "deletionPolicy": "Orphan"});
    tenant.apply("line", wanted(orphan)).await;
    tenant.delete("line").await;
    tenant.until_gone("line").await;
    let adopt = json!({"uuid": uuid});
    let observing = json!({"adopt": adopt, "managementPolicy": "Observe"});
    tenant.apply("again", wanted(observing)).await;
    let observed = until_in_sync(&tenant, "again", "False", "Differs").await;
    assert_eq!(condition(&observed, "Ready").unwrap().0, "True", "{name}");
    let managing = json!({"adopt": adopt, "bandwidthMbps": 200, "deletionPolicy": "Delete"});
    tenant.apply("again", wanted(managing)).await;
    until_in_sync(&tenant, "again", "True", "AsSpecified").await;
    let ledger = tenant.world.ledger();
    let writes = (ledger.orders.len(), ledger.changes.len(), ledger.cancellations.len());
    assert_eq!(writes, (1, 1, 0), "{name}: adopting and observing write nothing");

    tenant.delete("again").await;
    tenant
        .until("again", "waiting for the seller", |o| o["status"]["waitingFor"] == "Seller")
        .await;
    tenant.world.accept_all();
    tenant.until_gone("again").await;
    assert_eq!(tenant.world.ledger().cancellations.len(), 1, "{name}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_line_in_service_is_changed_let_go_observed_and_taken_over() {
    tokio::join!(
        a_life_of_changes("changes-v3", "EcxV3"),
        a_life_of_changes("changes-v4", "FabricV4"),
    );
}
