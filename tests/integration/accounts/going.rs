//! What keeps an account, and what its deletion does.

use k8s_openapi::api::core::v1::Secret;
use kube::api::{Patch, PatchParams};

use super::*;

const HELD: &str = "fabric.equinix.com/account";

fn is_held(cluster: &TestCluster) -> bool {
    account(cluster).unwrap()["metadata"]["finalizers"] == json!([HELD])
}

#[tokio::test(start_paused = true)]
async fn an_account_that_nothing_needs_goes_at_once() {
    let cluster = TestCluster::start();
    tokio::time::sleep(MINUTE).await;
    assert!(account(&cluster).unwrap()["metadata"]["finalizers"].is_null());
    delete_account(&cluster).await;
    assert!(account(&cluster).is_none());
}

#[tokio::test(start_paused = true)]
async fn an_account_is_held_while_a_connection_needs_it() {
    let cluster = TestCluster::start();
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_ready("line").await;
    assert!(is_held(&cluster));
    cluster.delete("line").await;
    cluster.until_gone("line").await;
    cluster
        .until("it is let go", Duration::from_secs(5), |cluster| {
            account(cluster).unwrap()["metadata"]["finalizers"].as_array().is_none_or(Vec::is_empty)
        })
        .await;
}

#[tokio::test(start_paused = true)]
async fn a_deleted_account_waits_for_the_last_and_names_all_to_its_administrator_alone() {
    let cluster = fleet().await;
    delete_account(&cluster).await;
    let took = until_all(&cluster, "Unknown", "AccountDeleting", Duration::from_secs(5)).await;
    println!("a deleted account is noticed by all within {took:?}");
    assert_nothing_is_claimed(&cluster);
    let (_, reason, message) = condition(&account(&cluster).unwrap(), "Ready").unwrap();
    assert_eq!(reason, "AccountDeleting");
    for n in 0..FLEET {
        assert!(message.contains(&format!("network/line-{n}")), "{message}");
    }
    assert!(message.contains("waits for 6 FabricConnections"), "{message}");
    let (_, _, shown) = cluster.condition("line-0", "Ready").unwrap();
    assert!(shown.contains("FabricAccount default cannot be used (AccountDeleting)"), "{shown}");
    assert!(!shown.contains("line-1"), "a tenant learns of no other: {shown}");

    let before = changes(&cluster);
    ask_for_more(&cluster);
    tokio::time::sleep(HOUR).await;
    assert_eq!(changes(&cluster), before, "nothing is ordered or changed");

    cluster.delete("more").await;
    for n in 1..FLEET {
        cluster.delete(&name(n)).await;
    }
    for n in 1..FLEET {
        cluster.until_gone(&name(n)).await;
    }
    tokio::time::sleep(MINUTE).await;
    assert!(is_held(&cluster), "one still needs it");
    let (_, _, message) = condition(&account(&cluster).unwrap(), "Ready").unwrap();
    assert!(message.contains("waits for 1 FabricConnection (network/line-0)"), "{message}");
    cluster.delete("line-0").await;
    cluster.until_gone("line-0").await;
    cluster.until("it goes", Duration::from_secs(5), |cluster| account(cluster).is_none()).await;
    assert_eq!(cluster.world.ledger().cancellations.len(), FLEET);
    assert_eq!(cluster.world.ledger().orders.len(), FLEET);
}

/// Another process has no session yet: it signs in, and then cancels at once.
#[tokio::test(start_paused = true)]
async fn a_connection_of_a_deleted_account_is_cancelled_soon_after_a_restart() {
    let mut cluster = fleet().await;
    delete_account(&cluster).await;
    for n in 0..FLEET {
        cluster.delete(&name(n)).await;
    }
    cluster.kill_operator().await;
    cluster.start_operator();
    let all_gone = |cluster: &TestCluster| account(cluster).is_none();
    cluster.until("all are gone, and the account", 10 * MINUTE, all_gone).await;
    assert_eq!(cluster.world.ledger().cancellations.len(), FLEET);
}

/// An account of a seller without a profile: the decision alone keeps it.
#[tokio::test(start_paused = true)]
async fn a_decision_keeps_its_account_until_it_has_come_to_its_end() {
    let cluster = TestCluster::start();
    cluster.let_in_the_seller();
    cluster.apply("line", fabric_testkit::seller::to_a_seller("default"));
    cluster
        .until("the seller has to decide", HOUR, |cluster| {
            let line = &cluster.get("line").unwrap()["status"]["primary"];
            line["equinixStatus"] == "PENDING_APPROVAL"
        })
        .await;
    cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
        "metadata": {"name": "no", "namespace": "network"},
        "spec": {
            "account": "seller", "decision": "Reject", "comment": "JohnDoe rejected",
            "connection": {"uuid": cluster.get("line").unwrap()["status"]["primary"]["uuid"]},
        },
    }));
    let finalizers = |cluster: &TestCluster| {
        cluster.apiserver.get("fabricaccounts", "", "seller").unwrap()["metadata"]["finalizers"]
            .clone()
    };
    cluster
        .until("it is decided", MINUTE, |cluster| {
            let decision = cluster.apiserver.get("connectionapprovals", "network", "no").unwrap();
            decision["status"]["outcome"] == "Rejected"
        })
        .await;
    let let_go = |cluster: &TestCluster| finalizers(cluster).as_array().is_none_or(Vec::is_empty);
    cluster.until("the account is let go", MINUTE, let_go).await;
}

/// An administrator who takes the finalizer away and creates the account anew.
#[tokio::test(start_paused = true)]
async fn an_account_that_is_gone_by_force_and_comes_back_is_used_again() {
    let cluster = fleet().await;
    delete_account(&cluster).await;
    let accounts: Api<FabricAccount> = Api::all(cluster.apiserver.client_as("user"));
    let let_go = Patch::Merge(json!({"metadata": {"finalizers": null}}));
    accounts.patch("default", &PatchParams::default(), &let_go).await.unwrap();
    let took = until_all(&cluster, "Unknown", "AccountNotFound", MINUTE).await;
    println!("an account that is gone is noticed by all within {took:?}");
    assert!(took < Duration::from_secs(10), "{took:?}");
    let before = changes(&cluster);
    tokio::time::sleep(HOUR).await;
    assert_eq!(changes(&cluster), before);
    let origin = fabric_testkit::operator::ORIGIN;
    cluster.apiserver.put(manifests::account("default", "FabricV4", origin));
    let took = until_all(&cluster, "True", "InService", 2 * MINUTE).await;
    println!("and its return within {took:?}");
    assert_all_is_well(&cluster);
    assert_eq!(changes(&cluster), before);
}

/// The gate: what the account controller has not seen yet stops an order all the same.
#[tokio::test(start_paused = true)]
async fn an_order_does_not_leave_once_its_account_is_going_or_its_secret_is_gone() {
    for secret in [false, true] {
        let mut cluster = TestCluster::without_operator(Config::default());
        // A slot of the rate limiter, for which the order waits.
        let mut slow = account(&cluster).unwrap();
        slow["spec"]["requestsPerSecond"] = json!(1);
        cluster.apiserver.put(slow);
        cluster.start_operator();
        cluster.apply("line", manifests::aws_dot1q("default"));
        let intended = |cluster: &TestCluster| {
            cluster.get("line").unwrap()["status"]["primary"]["order"].is_object()
        };
        while !intended(&cluster) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        assert!(changes(&cluster).is_empty(), "it waits for its slot");
        // No watch brings the deletion, and the Secret is not due to be read.
        cluster.apiserver.freeze_watch();
        if secret {
            delete_secret(&cluster).await;
        } else {
            delete_account(&cluster).await;
        }
        tokio::time::sleep(Duration::from_secs(20)).await;
        assert!(changes(&cluster).is_empty(), "secret: {secret}: {:?}", changes(&cluster));
        cluster.apiserver.thaw_watch();
        tokio::time::sleep(HOUR).await;
        assert!(changes(&cluster).is_empty(), "secret: {secret}: {:?}", changes(&cluster));
    }
}

pub(super) async fn delete_secret(cluster: &TestCluster) {
    let secrets: Api<Secret> =
        Api::namespaced(cluster.apiserver.client_as("user"), "fabric-operator");
    secrets.delete("equinix", &DeleteParams::default()).await.unwrap();
}
