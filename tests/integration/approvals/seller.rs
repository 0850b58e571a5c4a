//! A seller decides on incoming connections: creations, deletions and changes, single ones and
//! pairs.

use std::time::Duration;

use kube::api::{Patch, PatchParams};
use serde_json::{Value, json};

use fabric_testkit::cluster::{TestCluster, condition};

use super::{
    SELLER, SELLER_PORTS, SIDES, admission, as_seller, carried_out, decide, decisions, get, market,
    order_of_a_pair, ordered, plain, ready, seller_side, to_a_seller, until_outcome, until_reason,
};

const HOUR: Duration = Duration::from_secs(3600);

async fn until_in_service(cluster: &TestCluster) {
    cluster
        .until("the buyer's connection is in service", HOUR, |cluster| {
            cluster.condition("line", "Ready").is_some_and(|c| c.0 == "True")
        })
        .await;
}

/// A line in service at the seller's, which took it in by a decision.
async fn in_service(cluster: &TestCluster, buyer: &str, seller: &str) -> String {
    let uuid = ordered(cluster, to_a_seller(buyer)).await.remove(0);
    decide(cluster, SELLER, "admit", admission(seller, &uuid));
    until_outcome(cluster, SELLER, "admit", "Approved").await;
    until_in_service(cluster).await;
    uuid
}

/// The buyer asks for more.
async fn asks_for_more(cluster: &TestCluster) {
    let patch = Patch::Merge(json!({"spec": {"bandwidthMbps": 200}}));
    cluster.connections().patch("line", &PatchParams::default(), &patch).await.unwrap();
    cluster
        .until("the seller has to approve it", HOUR, |cluster| {
            cluster.condition("line", "InSync").is_some_and(|c| c.1 == "ChangeAwaitingApproval")
        })
        .await;
}

/// Where a line ends, as v4 shows it to its seller: the port and the S-tag.
async fn landing(cluster: &TestCluster, uuid: &str) -> Value {
    let line = as_seller(cluster, &format!("/fabric/v4/connections/{uuid}")).await;
    let end = &line["zSide"]["accessPoint"];
    let tags = &end["linkProtocol"];
    json!([end["port"]["uuid"], tags.get("vlanTag").unwrap_or(&tags["vlanSTag"])])
}

#[tokio::test(start_paused = true)]
async fn a_seller_takes_a_line_in() {
    for side in SIDES {
        let cluster = market();
        let uuid = in_service(&cluster, side.buyer, side.seller).await;
        assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (1, 1), "{side:?}");
        assert_eq!(landing(&cluster, &uuid).await, json!([SELLER_PORTS[0], 779]));
        let object = get(&cluster, SELLER, "admit");
        assert_eq!(object["status"]["primary"]["uuid"], uuid);
        assert_eq!(object["status"]["primary"]["name"], "JohnDoe_Storage");
        assert_eq!(ready(&cluster, SELLER, "admit").unwrap().1, "Decided");
    }
}

#[tokio::test(start_paused = true)]
async fn the_buyer_is_served_without_the_next_listing() {
    for side in SIDES {
        let cluster = market();
        let mut account = cluster.apiserver.get("fabricaccounts", "", side.buyer).unwrap();
        account["spec"]["observationIntervalSeconds"] = json!(3600);
        cluster.apiserver.put(account);
        let uuid = ordered(&cluster, to_a_seller(side.buyer)).await.remove(0);
        // Nothing moves any more, so the next listing is an hour away.
        tokio::time::sleep(Duration::from_secs(300)).await;
        decide(&cluster, SELLER, "admit", admission(side.seller, &uuid));
        cluster
            .until("the buyer's connection is in service", Duration::from_secs(120), |cluster| {
                cluster.condition("line", "Ready").is_some_and(|c| c.0 == "True")
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_names_the_port_and_the_port_decides_on_the_tags() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        let mut spec = admission(sides.seller, &uuid);
        // A QinQ port of the samples.
        spec["primary"] = json!({
            "port": {"name": "johnDoeCorp-SV-04"},
            "linkProtocol": {"type": "QINQ", "vlanSTag": 779, "vlanCTag": 7},
        });
        decide(&cluster, SELLER, "admit", spec);
        until_outcome(&cluster, SELLER, "admit", "Approved").await;
        assert_eq!(
            landing(&cluster, &uuid).await,
            json!(["8cb83fdb-6651-6514-bbe0-38389cc0acfa", 779])
        );
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_refuses_a_line() {
    for side in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(side.buyer)).await.remove(0);
        decide(&cluster, SELLER, "refuse", plain(side.seller, &uuid, "Reject", "Creation"));
        until_outcome(&cluster, SELLER, "refuse", "Rejected").await;
        cluster.until_reason("line", "Rejected").await;
        assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (1, 1), "{side:?}");
        let body = &decisions(&cluster)[0].body;
        let comment = if side.v4 { &body["description"] } else { &body["rejectComment"] };
        assert_eq!(comment, "JohnDoe rejected");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_takes_both_halves_of_a_pair_in() {
    for sides in SIDES {
        // Whichever half the decision names.
        for named in [0, 1] {
            let cluster = market();
            let uuids = ordered(&cluster, order_of_a_pair(sides.buyer)).await;
            let mut spec = admission(sides.seller, &uuids[named]);
            spec["secondary"] = seller_side(SELLER_PORTS[1], 780);
            decide(&cluster, SELLER, "admit", spec);
            until_outcome(&cluster, SELLER, "admit", "Approved").await;
            until_in_service(&cluster).await;
            let expected = if sides.v4 { 2 } else { 1 };
            assert_eq!(decisions(&cluster).len(), expected, "{sides:?}: v3 takes both at once");
            assert_eq!(carried_out(&cluster), expected);
            assert_eq!(
                landing(&cluster, &uuids[0]).await,
                json!([SELLER_PORTS[0], 779]),
                "the primary's end"
            );
            assert_eq!(
                landing(&cluster, &uuids[1]).await,
                json!([SELLER_PORTS[1], 780]),
                "the secondary's end"
            );
            let status = &get(&cluster, SELLER, "admit")["status"];
            for (part, uuid) in ["primary", "secondary"].iter().zip(&uuids) {
                assert_eq!(status[part]["uuid"], *uuid, "{part} of {sides:?} by {named}");
                assert_eq!(status[part]["outcome"], "Approved");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn one_half_of_a_pair_can_be_decided_on_alone() {
    for sides in SIDES {
        let cluster = market();
        let uuids = ordered(&cluster, order_of_a_pair(sides.buyer)).await;
        decide(&cluster, SELLER, "second", admission(sides.seller, &uuids[1]));
        until_outcome(&cluster, SELLER, "second", "Approved").await;
        let lines = cluster.world.lines();
        let state = |uuid: &str| {
            lines.iter().find(|line| line.uuid == uuid).unwrap().equinix_status.clone()
        };
        assert_eq!(state(&uuids[0]), "PENDING_APPROVAL", "{sides:?}");
        assert_ne!(state(&uuids[1]), "PENDING_APPROVAL");
        // The rest of the pair, by a decision on all of it.
        let mut spec = admission(sides.seller, &uuids[0]);
        spec["primary"] = seller_side(SELLER_PORTS[0], 781);
        spec["secondary"] = seller_side(SELLER_PORTS[1], 782);
        decide(&cluster, SELLER, "both", spec);
        until_outcome(&cluster, SELLER, "both", "Approved").await;
        let status = &get(&cluster, SELLER, "both")["status"];
        assert_eq!(status["primary"]["outcome"], "Approved");
        assert_eq!(status["secondary"]["outcome"], "AlreadyDecided");
        assert_eq!(carried_out(&cluster), 2);
        until_in_service(&cluster).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_lets_a_line_go() {
    for side in SIDES {
        let cluster = market();
        let uuid = in_service(&cluster, side.buyer, side.seller).await;
        // Before a buyer asks.
        decide(&cluster, SELLER, "let-go", plain(side.seller, &uuid, "Approve", "Deletion"));
        let message = until_reason(&cluster, SELLER, "let-go", "NothingToDecide").await;
        assert!(message.contains("PROVISIONED/AVAILABLE"), "{message}");
        tokio::time::sleep(HOUR).await;
        assert_eq!(carried_out(&cluster), 1, "only the admission");
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        until_outcome(&cluster, SELLER, "let-go", "Approved").await;
        assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (2, 2), "{side:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_keeps_a_line_where_the_dialect_lets_him() {
    for side in SIDES {
        let cluster = market();
        let uuid = in_service(&cluster, side.buyer, side.seller).await;
        cluster.delete("line").await;
        cluster
            .until("the seller has to consent", HOUR, |cluster| {
                cluster.get("line").unwrap()["status"]["primary"]["equinixStatus"]
                    == "PENDING_DELETE"
            })
            .await;
        decide(&cluster, SELLER, "keep", plain(side.seller, &uuid, "Reject", "Deletion"));
        if side.v4 {
            let message = until_reason(&cluster, SELLER, "keep", "NotSupported").await;
            assert!(message.contains("refuses a deletion"), "{message}");
            assert_eq!(decisions(&cluster).len(), 1, "only the admission");
        } else {
            until_outcome(&cluster, SELLER, "keep", "Rejected").await;
            assert_eq!(carried_out(&cluster), 2);
            cluster.until_reason("line", "CancellationRefused").await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_seller_decides_on_a_bandwidth() {
    for side in SIDES {
        for (decision, outcome, mbps) in [("Approve", "Approved", 200), ("Reject", "Rejected", 50)]
        {
            let cluster = market();
            let uuid = in_service(&cluster, side.buyer, side.seller).await;
            asks_for_more(&cluster).await;
            decide(&cluster, SELLER, "change", plain(side.seller, &uuid, decision, "Change"));
            until_outcome(&cluster, SELLER, "change", outcome).await;
            let line = cluster.world.lines().into_iter().find(|line| line.uuid == uuid).unwrap();
            assert_eq!(line.bandwidth, mbps, "{side:?} {decision}");
            assert_eq!(carried_out(&cluster), 2);
            cluster
                .until("the buyer sees it", HOUR, |cluster| {
                    let (_, reason, _) = cluster.condition("line", "InSync").unwrap();
                    reason == if mbps == 200 { "AsSpecified" } else { "ChangeRefused" }
                })
                .await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn what_another_party_decided_is_reported_as_such() {
    for side in SIDES {
        for (yes, outcome) in [(true, "AlreadyDecided"), (false, "DecidedOtherwise")] {
            let cluster = market();
            let uuid = ordered(&cluster, to_a_seller(side.buyer)).await.remove(0);
            let id = fabric_domain::ConnectionId::parse(&uuid).unwrap();
            if yes {
                cluster.world.accept(&id).unwrap();
            } else {
                cluster.world.reject(&id).unwrap();
            }
            decide(&cluster, SELLER, "admit", admission(side.seller, &uuid));
            until_outcome(&cluster, SELLER, "admit", outcome).await;
            assert_eq!(decisions(&cluster).len(), 0, "nothing is sent");
        }
        // The buyer was faster.
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(side.buyer)).await.remove(0);
        cluster.delete("line").await;
        cluster.until_gone("line").await;
        decide(&cluster, SELLER, "admit", admission(side.seller, &uuid));
        until_outcome(&cluster, SELLER, "admit", "TooLate").await;
        assert_eq!(ready(&cluster, SELLER, "admit").unwrap().1, "TooLate");
        assert_eq!(decisions(&cluster).len(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_decisions_one_is_carried_out() {
    for sides in SIDES {
        let cluster = market();
        let uuid = ordered(&cluster, to_a_seller(sides.buyer)).await.remove(0);
        let mut other = admission(sides.seller, &uuid);
        other["primary"] = seller_side(SELLER_PORTS[1], 780);
        decide(&cluster, SELLER, "one", admission(sides.seller, &uuid));
        decide(&cluster, SELLER, "two", other);
        let ended = |cluster: &TestCluster, name: &str| {
            get(cluster, SELLER, name)["status"]["outcome"].as_str().map(str::to_owned)
        };
        cluster
            .until("both end", HOUR, |cluster| {
                ended(cluster, "one").is_some() && ended(cluster, "two").is_some()
            })
            .await;
        let mut outcomes = [ended(&cluster, "one").unwrap(), ended(&cluster, "two").unwrap()];
        outcomes.sort();
        assert_eq!(outcomes, ["AlreadyDecided", "Approved"], "{sides:?}");
        assert_eq!(carried_out(&cluster), 1);
        for name in ["one", "two"] {
            assert!(condition(&get(&cluster, SELLER, name), "Stalled").is_none(), "{name}");
        }
    }
}
