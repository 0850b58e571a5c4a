//! An account that goes, that cannot be used, or that cannot be reached: who keeps it, how soon its
//! resources say so, and what is still sent.

mod going;
mod out_of_sight;

use std::time::Duration;

use kube::api::{Api, DeleteParams};
use serde_json::{Value, json};
use tokio::time::Instant;

use fabric_api::FabricAccount;
use fabric_simulator::Config;
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// The connections of the fleet.
const FLEET: usize = 6;

fn name(n: usize) -> String {
    format!("line-{n}")
}

/// A connection with a tag of its own.
fn line(n: usize) -> Value {
    let mut spec = manifests::aws_dot1q("default");
    spec["name"] = json!(format!("line-{n}"));
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(200 + n);
    spec
}

/// A cluster with one account, and a fleet of connections in service.
async fn fleet() -> TestCluster {
    let mut cluster = TestCluster::bare(Config::default());
    cluster.apiserver.put(manifests::secret());
    cluster.apiserver.put(manifests::account(
        "default",
        "FabricV4",
        fabric_testkit::operator::ORIGIN,
    ));
    cluster.start_operator();
    for n in 0..FLEET {
        cluster.apply(&name(n), line(n));
    }
    until_all(&cluster, "True", "InService", HOUR).await;
    assert_eq!(cluster.world.ledger().orders.len(), FLEET);
    cluster
}

/// Waits until `Ready` of each connection has this status and reason; says how long that took.
async fn until_all(
    cluster: &TestCluster,
    status: &str,
    reason: &str,
    within: Duration,
) -> Duration {
    let began = Instant::now();
    let is_so = |cluster: &TestCluster, n: usize| {
        let ready = cluster.condition(&name(n), "Ready");
        ready.is_some_and(|(is, why, _)| is == status && why == reason)
    };
    cluster
        .until(&format!("all are {status}, {reason}"), within, |cluster| {
            cluster.world.accept_all();
            (0..FLEET).all(|n| is_so(cluster, n))
        })
        .await;
    began.elapsed()
}

/// Asserts that no connection claims to be in service, or as its spec says.
fn assert_nothing_is_claimed(cluster: &TestCluster) {
    for n in 0..FLEET {
        let line = cluster.get(&name(n)).unwrap();
        let status = |kind: &str| condition(&line, kind).map(|it| it.0);
        assert_eq!(status("Ready").as_deref(), Some("Unknown"), "{line:#}");
        assert_eq!(status("InSync").as_deref(), Some("Unknown"), "{line:#}");
        assert_eq!(status("DataPlaneUp").as_deref(), Some("Unknown"), "{line:#}");
        assert_eq!(line["status"]["phase"], "Unknown", "{line:#}");
        assert!(line["status"]["primary"]["lastSeen"].is_string(), "{line:#}");
    }
}

/// Asserts that each connection is in service again, and that its status holds nothing of the time
/// between.
fn assert_all_is_well(cluster: &TestCluster) {
    for n in 0..FLEET {
        let line = cluster.get(&name(n)).unwrap();
        let status = |kind: &str| condition(&line, kind).map(|it| it.0);
        assert_eq!(status("InSync").as_deref(), Some("True"), "{line:#}");
        assert_eq!(status("DataPlaneUp").as_deref(), Some("True"), "{line:#}");
        assert_eq!(line["status"]["phase"], "Ready", "{line:#}");
        assert!(line["status"]["primary"]["lastSeen"].is_null(), "{line:#}");
    }
}

/// The requests that change something, as "METHOD path".
fn changes(cluster: &TestCluster) -> Vec<String> {
    let is_change = |method: &str, path: &str| match method {
        "GET" => false,
        "POST" => path == "/fabric/v4/connections",
        _ => true,
    };
    let requests = cluster.world.requests().into_iter();
    let changes = requests.filter(|request| is_change(&request.method, &request.path));
    changes.map(|request| format!("{} {}", request.method, request.path)).collect()
}

/// The user asks for another connection, and for a change of the first.
fn ask_for_more(cluster: &TestCluster) {
    cluster.apply("more", line(FLEET));
    let mut first = cluster.get(&name(0)).unwrap();
    first["spec"]["bandwidthMbps"] = json!(100);
    cluster.apiserver.put(first);
}

fn account(cluster: &TestCluster) -> Option<Value> {
    cluster.apiserver.get("fabricaccounts", "", "default")
}

async fn delete_account(cluster: &TestCluster) {
    let accounts: Api<FabricAccount> = Api::all(cluster.apiserver.client_as("user"));
    accounts.delete("default", &DeleteParams::default()).await.unwrap();
}
