//! A redundant pair as one resource: both halves ordered, in service and cancelled.

use futures::future::join;

use crate::{manifests, site::Site, team::Team};

async fn live(name: &str, dialect: &str) {
    let team = Team::new(Site::shared(), name, dialect).await;
    team.apply("pair", manifests::azure_pair(name)).await;
    // Azure waits for the buyer to configure the peering of both.
    team.until("pair", "both halves wait for their peering", |pair| {
        let waits = |half: &str| {
            pair["status"][half]["equinixStatus"] == "PENDING_BGP_PEERING"
                && pair["status"][half]["providerStatus"] == "PENDING_BGP"
        };
        waits("primary") && waits("secondary") && pair["status"]["waitingFor"] == "You"
    })
    .await;
    assert_eq!(team.world.accept_all(), 2, "{name}");
    let ready = team.until_ready("pair").await;
    let group = |half: &str| ready["status"][half]["redundancyGroup"].clone();
    assert!(group("primary").is_string(), "{name}: {ready:#}");
    assert_eq!(group("primary"), group("secondary"), "{name}");

    team.delete("pair").await;
    team.until_gone("pair").await;
    let ledger = team.world.ledger();
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
