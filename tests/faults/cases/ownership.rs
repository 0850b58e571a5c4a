//! Whose a connection is, where name, port and tags say nothing: restored copies, two clusters on one
//! account, colleagues, moved connections, and statuses that others wrote.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver},
    time::sleep,
};

use fabric_domain::ConnectionId;
use fabric_simulator::{Config, Effect, InjectedFault, Relocation};
use fabric_testkit::{cluster::TestCluster, manifests, operator::Operator};

use super::{Case, answer, cluster, of, run};
use crate::{
    net::{NetFault, Process, Rule, Signal, What},
    run::{ACCOUNT, Dialect, Run},
    specs,
};

pub fn cases() -> Vec<Case> {
    vec![
        run("R96", "a copy with its status in the same cluster, deletion", |t| {
            Box::pin(copied_here(t))
        }),
        run("R97", "a copy with its status in another cluster, deletion", |t| {
            Box::pin(copied_elsewhere(t))
        }),
        run("R98", "restored with its status after it was lost", |t| Box::pin(restored(t))),
        run("R99", "Equinix moves the connection to another port or VLAN", |t| Box::pin(moved(t))),
        run("R100", "one manifest in two clusters, the loser's refusal is lost", |t| {
            Box::pin(two_clusters(t))
        }),
        run("R101", "a colleague orders the same name while the order fails", |t| {
            Box::pin(colleague(t))
        }),
        run("R102", "who may only write status names another's connection", |t| {
            Box::pin(stolen(t))
        }),
        run("R103", "the cancellation of one half is refused", |t| Box::pin(busy_half(t))),
        run("R104", "the port and VLAN of the secondary are taken", |t| Box::pin(taken_half(t))),
        run("R105", "deletionPolicy becomes Orphan while the cancellation waits", |t| {
            Box::pin(withdrawn(t))
        }),
        run("R106", "status of another field manager, without messages", |t| {
            Box::pin(foreign_status(t))
        }),
    ]
}

/// A second cluster on the same account, with an operator of its own.
struct Other {
    cluster: TestCluster,
    operator: Operator,
    process: Process,
    _signals: UnboundedReceiver<Signal>,
}

impl Other {
    fn start(t: &Run, replica: usize, objects: Vec<Value>) -> Self {
        let mut cluster = TestCluster::bare(Config::default());
        cluster.world = t.cluster.world.clone();
        cluster.apiserver.set_clock(t.cluster.settings.now.clone());
        for (resource, namespace, name) in
            [("secrets", "fabric-operator", "equinix"), ("fabricaccounts", "", ACCOUNT)]
        {
            let mut object = t.cluster.apiserver.get(resource, namespace, name).unwrap();
            renew(&mut object);
            object.as_object_mut().unwrap().remove("status");
            cluster.apiserver.put(object);
        }
        // Uids are counted; another cluster's differ.
        for (n, object) in objects.into_iter().enumerate() {
            let mut stored = cluster.apiserver.put(object);
            stored["metadata"]["uid"] = json!(format!("another cluster's {n}"));
            cluster.apiserver.put(stored);
        }
        let mut system = cluster.apiserver.get("namespaces", "", "kube-system").unwrap();
        system["metadata"]["uid"] = json!("another cluster");
        cluster.apiserver.put(system);
        let (sender, signals) = mpsc::unbounded_channel::<Signal>();
        let process = t.net.begin(replica, sender);
        let (client, provider) =
            (process.cluster(&cluster.apiserver), process.provider(cluster.world.router()));
        let operator = Operator::start(
            t.cluster.settings.clone(),
            client,
            provider,
            t.cluster.instruments.clone(),
        );
        Self { cluster, operator, process, _signals: signals }
    }

    async fn end(self, t: &mut Run) {
        self.operator.kill().await;
        self.process.end();
        t.allowance += t.calls();
    }
}

/// What a restore or another cluster gives anew.
fn renew(object: &mut Value) {
    let metadata = object["metadata"].as_object_mut().unwrap();
    for field in
        ["uid", "resourceVersion", "generation", "managedFields", "creationTimestamp", "finalizers"]
    {
        metadata.remove(field);
    }
}

/// A copy of the connection as a backup tool makes one, with its status.
fn copy(t: &Run, name: &str) -> Value {
    let mut object = t.cluster.get("line").unwrap();
    renew(&mut object);
    object["metadata"]["name"] = json!(name);
    object
}

async fn copied_here(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    t.cluster.apiserver.put(copy(t, "copy"));
    t.until_reason("copy", &["StatusCopied"]).await;
    sleep(t.seed.seconds(0, 7200)).await;
    t.delete_untracked("copy").await;
    t.until_gone("copy").await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 0, "I4: the copy cancelled it");
    t.rest_of_life("line").await;
}

async fn copied_elsewhere(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let other = Other::start(t, 9, vec![copy(t, "line")]);
    t.until("the copy is reported", |_| {
        other.cluster.condition("line", "Ready").is_some_and(|ready| ready.1 == "StatusCopied")
    })
    .await;
    sleep(t.seed.seconds(0, 7200)).await;
    other.cluster.delete("line").await;
    t.until("the copy is gone", |_| other.cluster.get("line").is_none()).await;
    other.end(t).await;
    let ledger = t.cluster.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 0), "I1, I4");
    t.rest_of_life("line").await;
}

/// The resource vanished, finalizer and all, and a backup brings it back under another uid.
async fn restored(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let uuid = t.uuid("line");
    let backup = copy(t, "line");
    // The operator must not see it go.
    t.net.add(Rule::always(cluster, NetFault::NotSent("connection refused")));
    t.vanish("line").await;
    t.kill_all();
    t.net.calm();
    sleep(t.seed.seconds(60, 3600)).await;
    let spec = backup["spec"].clone();
    t.restore("line", backup, spec);
    t.until_ready("line").await;
    assert_eq!(t.uuid("line"), uuid, "another connection");
    t.rest_of_life("line").await;
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "I1: ordered anew");
}

async fn moved(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let id = ConnectionId::parse(&t.uuid("line")).unwrap();
    let status = (*t.seed.pick(&[None, Some("MIGRATION_STARTED")])).map(str::to_owned);
    let to = Relocation { vlan: Some(3000), status, ..Relocation::default() };
    t.cluster.world.relocate(&id, &to).unwrap();
    t.moved.insert(id.as_str().to_owned());
    sleep(t.seed.seconds(0, 1800)).await;
    if t.seed.one_in(2) {
        t.kill_all();
    }
    if t.seed.one_in(2) {
        t.until("the move is reported", |cluster| {
            cluster.condition("line", "InSync").is_some_and(|c| c.2.contains("VLAN is 3000"))
        })
        .await;
        t.until_ready("line").await;
    }
    t.delete("line").await;
    t.until_gone("line").await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 1, "its connection is cancelled");
}

/// Of two that order the same, one is served; what the other finds is not its own.
async fn two_clusters(t: &mut Run) {
    let mut spec = manifests::aws_dot1q(ACCOUNT);
    spec["name"] = json!("Same-name");
    let first = t.seed.one_in(2);
    t.apply("line", spec.clone());
    let other = Other::start(t, 9, vec![manifests::connection("line", spec)]);
    // The refusal of the second order never comes.
    t.net.add(Rule::once(of(What::Order), NetFault::LoseReply).after(1));
    if first {
        sleep(t.seed.seconds(0, 5)).await;
    }
    t.start();
    t.until_begun(What::Order, 1).await;
    sleep(t.seed.seconds(1800, 7200)).await;
    let holds = |object: Option<Value>| {
        object.is_some_and(|object| object["status"]["primary"]["uuid"].is_string())
    };
    let (here, there) = (holds(t.cluster.get("line")), holds(other.cluster.get("line")));
    // v3 shows no mark: what was created within seconds by the same account cannot be told apart.
    if t.dialect == Dialect::V4 {
        assert!(!(here && there), "I4: both hold one connection");
    }
    let orders = t.cluster.world.ledger().orders.len();
    assert_eq!(orders, 1, "I1: {orders} orders on one port and VLAN");
    other.end(t).await;
    t.may_leak = true;
    t.foreign.extend(t.cluster.world.lines().into_iter().map(|line| line.uuid).filter(|_| !here));
    t.delete("line").await;
    let_go(t).await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), usize::from(here), "I4");
}

/// In doubt the resource is kept, and the way out is named.
async fn let_go(t: &mut Run) {
    sleep(t.seed.seconds(3600, 8 * 3600)).await;
    if t.cluster.get("line").is_some() {
        let ready = t.cluster.condition("line", "Ready").unwrap();
        assert!(ready.2.contains("Orphan"), "{ready:?}");
        t.patch("line", json!({"spec": {"deletionPolicy": "Orphan"}})).await;
        t.until_gone("line").await;
    }
}

/// The order never arrived; what has its name, port and VLAN is a colleague's.
async fn colleague(t: &mut Run) {
    t.net.add(Rule::once(of(What::Order), answer(503, &[], "")));
    let mut spec = manifests::aws_dot1q(ACCOUNT);
    spec["name"] = json!("Same-name");
    // By the provider's clock, it is older than the order, or it has no mark though the order had one.
    if t.dialect == Dialect::V3 || t.seed.one_in(2) {
        let hidden = InjectedFault::always(Effect::IndexLag(t.seed.seconds(60, 600)));
        t.cluster.world.inject(hidden);
        t.portal_orders("Same-name", 774).await;
        sleep(t.seed.seconds(10, 30)).await;
        t.apply("line", spec);
        t.start();
        t.until_begun(What::Order, 1).await;
    } else {
        t.apply("line", spec);
        t.start();
        t.until_begun(What::Order, 1).await;
        t.portal_orders("Same-name", 774).await;
    }
    sleep(t.seed.seconds(3600, 7200)).await;
    t.delete("line").await;
    let_go(t).await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 0, "I4: the colleague's");
}

/// A status is no proof of an id.
async fn stolen(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let victim = t.portal_orders("Victim", 3001).await;
    let mut object = t.cluster.get("line").unwrap();
    let own = object["status"]["primary"]["uuid"].clone();
    object["status"]["primary"]["uuid"] = json!(victim);
    object["status"]["primary"]["order"]["name"] = json!("Victim");
    object["status"]["primary"]["order"]["vlanSTag"] = json!(3001);
    t.cluster.apiserver.put(object.clone());
    t.until_reason("line", &["ConnectionExists"]).await;
    sleep(t.seed.seconds(0, 600)).await;
    assert!(!t.cluster.world.ledger().cancellations.iter().any(|c| c.uuid == victim));
    object["status"]["primary"]["uuid"] = own;
    t.cluster.apiserver.put(object);
    t.rest_of_life("line").await;
    assert!(!t.cluster.world.ledger().cancellations.iter().any(|c| c.uuid == victim), "I4");
}

/// The other half is cancelled at once.
async fn busy_half(t: &mut Run) {
    t.apply("line", specs::pair());
    t.start();
    t.until_ready("line").await;
    let stubborn = t.uuid("line");
    let path = stubborn.clone();
    let refused = move |call: &crate::net::Call| {
        call.what == What::Cancel && call.path.ends_with(path.as_str())
    };
    t.net.add(Rule::always(refused, answer(503, &[], "")));
    t.delete("line").await;
    t.until("the other half goes", |cluster| {
        cluster.world.ledger().cancellations.iter().any(|c| c.uuid != stubborn)
    })
    .await;
    sleep(t.seed.seconds(0, 3600)).await;
    t.net.calm();
    t.until_gone("line").await;
}

/// Nothing is ordered for a pair of which one half cannot be.
async fn taken_half(t: &mut Run) {
    t.apply("line", specs::pair());
    t.start();
    t.until_ready("line").await;
    let orders = t.cluster.world.ledger().orders.len();
    let mut second = specs::pair();
    // Another peering of the same key: its primary is free, and its secondary is not.
    second["name"] = json!("Second-pair");
    second["zSide"]["serviceProfile"]["peeringType"] = json!("MICROSOFT");
    second["aSide"]["linkProtocol"]["vlanTag"] = json!(2999);
    t.apply("second", second);
    t.until_reason("second", &["ConnectionExists"]).await;
    sleep(t.seed.seconds(0, 600)).await;
    assert_eq!(t.cluster.world.ledger().orders.len(), orders, "one half was ordered alone");
    t.delete("second").await;
    t.until_gone("second").await;
    t.rest_of_life("line").await;
}

/// What the user takes back before it is sent is not sent.
async fn withdrawn(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let wait = [("retry-after", "1200".to_owned())];
    t.net.add(Rule::always(of(What::Cancel), answer(429, &wait, "")));
    t.delete("line").await;
    t.until_begun(What::Cancel, 1).await;
    // What has left by then is refused, and is to wait twenty minutes for the next try.
    sleep(Duration::from_secs(60)).await;
    t.patch("line", json!({"spec": {"deletionPolicy": "Orphan"}})).await;
    t.net.calm();
    t.until_gone("line").await;
    t.may_leak = true;
    sleep(Duration::from_secs(3600)).await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 0, "I4: it was withdrawn");
}

/// A backup tool or another manager wrote it, and left out what it did not know.
async fn foreign_status(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let mut object = t.cluster.get("line").unwrap();
    for condition in object["status"]["conditions"].as_array_mut().unwrap() {
        condition.as_object_mut().unwrap().remove("message");
    }
    object["status"]["conditions"].as_array_mut().unwrap().push(json!({
        "type": "Stalled", "status": "True", "reason": "OrderRefused",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }));
    object["metadata"]["managedFields"] = json!([{
        "manager": "restore", "operation": "Update", "apiVersion": "fabric.equinix.com/v1alpha1",
        "fieldsType": "FieldsV1", "fieldsV1": {"f:status": {}}, "subresource": "status",
    }]);
    t.cluster.apiserver.put(object);
    t.until("the stale condition is gone", |cluster| {
        cluster.condition("line", "Stalled").is_none() && crate::run::ready(cluster, "line")
    })
    .await;
    t.rest_of_life("line").await;
}
