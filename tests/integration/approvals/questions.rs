//! A seller's own profile asks a mandatory question, and a buyer orders from it with the answer.

use serde_json::{Value, json};

use fabric_testkit::cluster::{TestCluster, condition};

use super::{BUYER, SELLER, SIDES, market, to_a_seller};

const HOUR: std::time::Duration = std::time::Duration::from_secs(3600);

fn profile(account: &str) -> Value {
    json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "ServiceProfile",
        "metadata": {"name": "asking", "namespace": SELLER},
        "spec": {
            "account": account,
            "name": "JohnDoe_Asking",
            "description": "Asks for a contract",
            "private": true,
            "privateUserEmails": ["john.doe@example.com"],
            "ports": [{"uuid": "8cb83fdb-6671-6714-bbe0-38389cc0acfa"}],
            "speedBandsMbps": [50, 200],
            "connectionNameLabel": "Connection",
            "features": {"cloudReach": true},
            "additionalBuyerInfo": [{"name": "Contract", "mandatory": true, "datatype": "STRING"}],
            "onProfileApprovalRejectNotification": ["John.Doe@example.com"],
            "onBandwidthThresholdNotification": ["John.Doe@example.com"],
            "onVcApprovalRejectionNotification": ["John.Doe@example.com"],
        },
    })
}

fn reason(cluster: &TestCluster, kind: &str, namespace: &str, name: &str) -> Option<String> {
    let object = cluster.apiserver.get(kind, namespace, name)?;
    condition(&object, "Ready").map(|(_, reason, _)| reason)
}

#[tokio::test(start_paused = true)]
async fn our_own_profile_with_a_mandatory_question_can_be_ordered_from() {
    for side in SIDES {
        let cluster = market();
        cluster.apiserver.put(profile(side.seller));
        let id = |cluster: &TestCluster| {
            let object = cluster.apiserver.get("serviceprofiles", SELLER, "asking")?;
            condition(&object, "Ready").filter(|(status, ..)| status == "True")?;
            object["status"]["uuid"].as_str().map(str::to_owned)
        };
        cluster.until("the profile is ready", HOUR, |cluster| id(cluster).is_some()).await;
        let mut spec = to_a_seller(side.buyer);
        spec["zSide"]["serviceProfile"]["uuid"] = id(&cluster).unwrap().into();
        cluster.apply("it", spec.clone());
        let blocked = |cluster: &TestCluster| {
            let reason = reason(cluster, "fabricconnections", BUYER, "it");
            reason.as_deref() == Some("InvalidSpec")
        };
        cluster.until("the answer is missing", HOUR, blocked).await;
        assert_eq!(cluster.world.ledger().orders.len(), 0);
        spec["answers"] = json!([{"name": "Contract", "value": "C-42"}]);
        cluster.apply("it", spec);
        cluster
            .until("the order waits for its seller", HOUR, |cluster| {
                let object = cluster.get("it").unwrap();
                object["status"]["waitingFor"] == "Seller"
            })
            .await;
        assert_eq!(cluster.world.ledger().orders.len(), 1, "{side:?}");
    }
}
