//! What the operator makes of an answer that it cannot store at once: status refuses the write for
//! minutes, or another client has written it meanwhile.
//!
//! Lost replies of single requests are in `lost_replies`.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::Duration,
};

use http::StatusCode;
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};

use fabric_api::FabricAccount;
use fabric_simulator::{Config, Effect, InjectedFault};
use fabric_testkit::{cluster::TestCluster, manifests};

/// An account, and where connections are cancelled through it.
const ACCOUNTS: [(&str, &str); 2] =
    [("default", "/fabric/v4/connections/*"), ("ecx", "/ecx/v3/l2/connections/*")];
const MINUTE: Duration = Duration::from_secs(60);

/// From now on the API server refuses each write to the status of a connection while `holds`.
fn refuse_status(cluster: &TestCluster, holds: impl Fn() -> bool + Send + 'static) {
    cluster.apiserver.fail_next(
        move |request| {
            request.is_write() && request.is_for("fabricconnections", "status") && holds()
        },
        usize::MAX,
        StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
    );
}

/// The connections that the provider was asked to cancel.
fn cancelled(cluster: &TestCluster) -> Vec<Value> {
    let cancellations = cluster.world.ledger().cancellations;
    cancellations.into_iter().map(|cancellation| json!(cancellation.uuid)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_is_not_recorded_beside_the_id_of_another_connection() {
    for (account, path) in ACCOUNTS {
        let cluster = TestCluster::start();
        // A connection that no resource holds any more, and the record of its order.
        let mut spec = manifests::aws_dot1q(account);
        spec["aSide"]["linkProtocol"]["vlanTag"] = json!(775);
        spec["deletionPolicy"] = json!("Orphan");
        spec["name"] = json!("Other");
        cluster.apply("other", spec);
        cluster.until_ready("other").await;
        let other = cluster.get("other").unwrap()["status"]["primary"].clone();
        cluster.delete("other").await;
        cluster.until_gone("other").await;

        cluster.apply("aws", manifests::aws_dot1q(account));
        cluster.until_ready("aws").await;
        let first = cluster.get("aws").unwrap()["status"]["primary"]["uuid"].clone();
        let slow = Effect::Latency(Duration::from_secs(10));
        cluster.world.inject(InjectedFault::once(slow).on("DELETE", path));
        cluster.delete("aws").await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        assert_eq!(cluster.world.ledger().cancellations.len(), 0, "the answer is still to come");
        // Meanwhile another client makes the other connection that of the resource.
        let mut object = cluster.get("aws").unwrap();
        let own = object["status"]["primary"].clone();
        object["status"]["primary"] = other.clone();
        cluster.apiserver.put(object);
        // Neither is the answer recorded there, nor is what status names now cancelled.
        cluster.until_reason("aws", "ConnectionExists").await;
        let mut object = cluster.get("aws").unwrap();
        assert_eq!(object["status"]["primary"], other, "{account}");
        object["status"]["primary"] = own;
        cluster.apiserver.put(object);
        cluster.until_gone("aws").await;
        assert_eq!(cancelled(&cluster), [first], "{account}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_could_not_be_stored_is_reported_as_soon_as_it_can_be() {
    for (account, path) in ACCOUNTS {
        let cluster = TestCluster::start();
        cluster.apply("aws", manifests::aws_dot1q(account));
        cluster.until_ready("aws").await;
        let no = Effect::Answer { status: 400, retry_after: None, body: Value::Null };
        cluster.world.inject(InjectedFault::always(no).on("DELETE", path));
        refuse_status(&cluster, || true);
        cluster.delete("aws").await;
        // Longer than the operator keeps trying to store one answer.
        tokio::time::sleep(2 * MINUTE).await;
        assert_ne!(cluster.condition("aws", "Ready").unwrap().1, "CancellationRefused");
        cluster.apiserver.heal();
        // A user has to act, so the pause after the refusal is half an hour.
        cluster
            .until("the refusal is reported", 2 * MINUTE, |cluster| {
                cluster.condition("aws", "Ready").is_some_and(|c| c.1 == "CancellationRefused")
            })
            .await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_is_recorded_though_its_account_has_closed_since() {
    for (account, _) in ACCOUNTS {
        let mut cluster = TestCluster::without_operator(Config::default());
        let (world, healed) = (cluster.world.clone(), Arc::new(AtomicBool::new(false)));
        let is_healed = healed.clone();
        refuse_status(&cluster, move || {
            !is_healed.load(SeqCst) && !world.ledger().orders.is_empty()
        });
        cluster.apply("aws", manifests::aws_dot1q(account));
        cluster.start_operator();
        cluster
            .until("the order is placed", MINUTE, |cluster| {
                !cluster.world.ledger().orders.is_empty()
            })
            .await;
        let accounts: Api<FabricAccount> = Api::all(cluster.apiserver.client_as("user"));
        accounts.delete(account, &DeleteParams::default()).await.unwrap();
        // Longer than the operator keeps trying to store one answer.
        tokio::time::sleep(2 * MINUTE).await;
        let status = cluster.get("aws").unwrap()["status"].clone();
        assert!(status["primary"]["order"].is_object(), "{account}: {status:#}");
        assert!(status["primary"]["uuid"].is_null(), "{account}: {status:#}");
        healed.store(true, SeqCst);
        cluster.until_reason("aws", "AccountDeleting").await;
        let status = cluster.get("aws").unwrap()["status"].clone();
        let ordered = cluster.world.ledger().orders[0].uuid.clone();
        assert_eq!(status["primary"]["uuid"], json!(ordered), "{account}");
    }
}
