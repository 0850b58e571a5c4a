//! Faults on the cluster's side: conflicts, stale caches, broken watches, and users who change
//! their minds.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};

use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::Operator,
    seller,
};

use super::{Case, answer, cluster, of, run};
use crate::{
    logs::SELLER_KEY,
    net::{Call, NetFault, Rule, Signal, Watching, What},
    run::{ACCOUNT, Dialect, Run, ready},
    specs,
};

pub fn cases() -> Vec<Case> {
    vec![
        run("R47", "409 on the first try of each status write", |t| Box::pin(conflicts(t))),
        run("R48", "stale lists after a restart", |t| Box::pin(stale(t))),
        run("R49", "watches end each second", |t| {
            let watching = Watching { end_after: Some(Duration::from_secs(1)), ..calm() };
            Box::pin(watched(t, watching))
        }),
        run("R50", "410 Gone again and again", |t| Box::pin(relisting(t))),
        run("R51", "events that never come", |t| Box::pin(missed(t))),
        run("R52", "events that come twice, and late", |t| {
            let watching = Watching { double_one_in: 2, lag: t.seed.seconds(1, 20), ..calm() };
            Box::pin(watched(t, watching))
        }),
        run("R53", "the apiserver is down for ten minutes", |t| {
            Box::pin(down(t, cluster, NetFault::NotSent("connection refused")))
        }),
        run("R54", "the resource cannot be converted for ten minutes", |t| {
            let body = status("InternalError", 500, "conversion webhook failed");
            let matches = |call: &Call| cluster(call) && call.path.contains("fabricconnections");
            Box::pin(down(t, matches, answer(500, &[], body)))
        }),
        run("R55", "deleted while its order is on its way", |t| Box::pin(deleted_in_flight(t))),
        run("R56", "deleted, and created again by the same name", |t| Box::pin(again(t))),
        run("R57", "a user strips the finalizer", |t| Box::pin(stripped(t))),
        run("R58", "status is wiped, as by a restored backup", |t| Box::pin(wiped(t))),
        run("R59", "the resource is restored in another cluster", |t| Box::pin(elsewhere(t))),
        run("R60", "the namespace goes, the Secret first", |t| Box::pin(secret_first(t))),
        run("R61", "events and Secrets are forbidden", |t| Box::pin(forbidden(t))),
        run("R62", "two lead, and one of them sleeps for a minute", |t| Box::pin(two_leaders(t))),
        run("R63", "the spec is edited five times during its order", |t| Box::pin(edited(t))),
        run("R64", "another controller changes the spec without end", |t| Box::pin(churned(t))),
    ]
}

fn calm() -> Watching {
    Watching::default()
}

/// A refusal of the apiserver.
fn status(reason: &str, code: u16, message: &str) -> String {
    json!({
        "kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure",
        "message": message, "reason": reason, "code": code,
    })
    .to_string()
}

/// No try of a write is like the one before, so each is refused once by what it says.
async fn conflicts(t: &mut Run) {
    let seen: Mutex<HashSet<String>> = Mutex::default();
    let first = move |call: &Call| {
        if call.what != What::Status {
            return false;
        }
        let mut object: Value = serde_json::from_slice(&call.body).unwrap();
        object["metadata"]["resourceVersion"].take();
        object["status"]["conditions"].take();
        // Times and holders differ each time.
        object["status"]["firstReadyTime"].take();
        for part in ["primary", "secondary"] {
            let line = &mut object["status"][part];
            if line["order"].is_object() {
                line["order"] = json!("an order");
            }
            line["since"].take();
        }
        seen.lock().unwrap().insert(format!("{} {object}", call.replica))
    };
    let body = status("Conflict", 409, "the object has been modified");
    t.net.add(Rule::always(first, answer(409, &[], body)));
    t.life().await;
}

async fn watched(t: &mut Run, watching: Watching) {
    t.net.watching(watching);
    t.life().await;
}

/// The next operator begins with what its predecessor had begun with.
async fn stale(t: &mut Run) {
    t.net.watching(Watching { stale_lists: true, lag: t.seed.seconds(0, 30), ..calm() });
    let (what, skip) = *t.seed.pick(&[
        (What::Order, 0),
        (What::Status, 0),
        (What::Status, 1),
        (What::Status, 2),
        (What::Cancel, 0),
    ]);
    let deed = t.seed.pick(&[NetFault::CrashBefore, NetFault::CrashAfter]).clone();
    t.net.add(Rule::once(of(what), deed).after(skip));
    t.life().await;
}

/// The history is forgotten and all watches end, every few seconds.
async fn relisting(t: &mut Run) {
    let (cluster, mut seed) = (t.cluster.apiserver.clone(), t.seed.of("relists"));
    let relists = tokio::spawn(async move {
        loop {
            sleep(seed.seconds(1, 60)).await;
            cluster.compact();
            cluster.close_watches();
        }
    });
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    relists.abort();
    t.rest_of_life("line").await;
}

/// What is missed is seen at the next list: after a quarter of an hour here.
async fn missed(t: &mut Run) {
    t.net.watching(Watching { lose_one_in: 2 + t.seed.below(4), ..calm() });
    let cluster = t.cluster.apiserver.clone();
    tokio::spawn(async move {
        loop {
            sleep(Duration::from_secs(900)).await;
            // So that no bookmark is as young as the history is then.
            cluster.put(json!({
                "apiVersion": "v1", "kind": "ConfigMap",
                "metadata": {"name": "tick", "namespace": "network"},
                "data": {"at": format!("{:?}", Instant::now())},
            }));
            cluster.compact();
            cluster.close_watches();
        }
    });
    t.life().await;
}

async fn down(t: &mut Run, matches: impl Fn(&Call) -> bool + Send + 'static, deed: NetFault) {
    let (what, times) = *t.seed.pick(&[
        (What::Listing, 1),
        (What::Status, 1),
        (What::Order, 1),
        (What::Line, 1),
        (What::Cancel, 1),
    ]);
    t.apply("line", t.some_line());
    t.start();
    if what == What::Cancel {
        t.until_ready("line").await;
        t.delete("line").await;
    }
    t.until_begun(what, times).await;
    t.net.add(Rule::always(matches, deed));
    t.net.watching(Watching { down: true, ..calm() });
    t.cluster.apiserver.close_watches();
    sleep(t.seed.seconds(60, 600)).await;
    t.net.calm();
    if what == What::Cancel {
        t.until_gone("line").await;
    } else {
        t.rest_of_life("line").await;
    }
}

async fn deleted_in_flight(t: &mut Run) {
    let wait = t.seed.seconds(1, 40);
    let deed =
        t.seed.pick(&[NetFault::Wait(wait), NetFault::LoseReply, NetFault::Straggle(wait)]).clone();
    t.net.add(Rule::once(of(What::Order), deed));
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    t.delete("line").await;
    t.until_gone("line").await;
}

async fn again(t: &mut Run) {
    let spec = t.some_line();
    if spec["zSide"]["serviceToken"].is_object() {
        // A token is for one connection.
        return t.life().await;
    }
    t.apply("line", spec.clone());
    t.start();
    if t.seed.one_in(2) {
        t.until_ready("line").await;
    } else {
        t.until_begun(What::Order, 1).await;
    }
    t.delete("line").await;
    t.until_gone("line").await;
    t.apply("line", spec);
    t.rest_of_life("line").await;
}

async fn stripped(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    let times = 1 + t.seed.below(3);
    for _ in 0..times {
        sleep(t.seed.seconds(1, 300)).await;
        t.patch("line", json!({"metadata": {"finalizers": null}})).await;
    }
    t.until("the finalizer is back", |cluster| {
        let object = cluster.get("line").unwrap();
        object["metadata"]["finalizers"] == json!(["fabric.equinix.com/connection"])
    })
    .await;
    t.rest_of_life("line").await;
}

/// A mark or a made name proves whose line it is; a user's name on v3 does not, and `adopt` has to say
/// it.
async fn wiped(t: &mut Run) {
    let spec = t.some_line();
    t.apply("line", spec.clone());
    t.start();
    t.until_ready("line").await;
    sleep(t.seed.seconds(0, 300)).await;
    let uuid = t.uuid("line");
    let mut object = t.cluster.get("line").unwrap();
    object.as_object_mut().unwrap().remove("status");
    t.cluster.apiserver.put(object);
    if spec["name"].is_string() && t.dialect == Dialect::V3 {
        t.until_reason("line", &["ConnectionExists"]).await;
        sleep(t.seed.seconds(60, 7200)).await;
        t.edit("line", json!({"adopt": {"uuid": uuid}, "deletionPolicy": "Delete"})).await;
    }
    t.until_ready("line").await;
    assert_eq!(t.uuid("line"), uuid);
    t.rest_of_life("line").await;
}

/// It orders nothing there, and what it never held it does not cancel.
async fn elsewhere(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let mut other = TestCluster::bare(fabric_simulator::Config::default());
    other.world = t.cluster.world.clone();
    other.apiserver.set_clock(t.cluster.settings.now.clone());
    for (resource, namespace, name) in [
        ("secrets", "fabric-operator", "equinix"),
        ("fabricaccounts", "", ACCOUNT),
        ("fabricconnections", "network", "line"),
    ] {
        let mut object = t.cluster.apiserver.get(resource, namespace, name).unwrap();
        object["metadata"]["uid"] = json!(format!("another {name}"));
        // Whatever a file says, an API server gives these itself.
        for field in ["resourceVersion", "generation", "managedFields", "creationTimestamp"] {
            object["metadata"].as_object_mut().unwrap().remove(field);
        }
        object.as_object_mut().unwrap().remove("status");
        other.apiserver.put(object);
    }
    let (signals, _kept) = mpsc::unbounded_channel::<Signal>();
    let process = t.net.begin(9, signals);
    let (cluster, provider) =
        (process.cluster(&other.apiserver), process.provider(other.world.router()));
    let operator = Operator::start(
        t.cluster.settings.clone(),
        cluster,
        provider,
        t.cluster.instruments.clone(),
    );
    t.until("the copy is refused", |_| {
        other.condition("line", "Ready").is_some_and(|c| c.1 == "ConnectionExists")
    })
    .await;
    sleep(t.seed.seconds(0, 7200)).await;
    other.delete("line").await;
    t.until("the copy is gone", |_| other.get("line").is_none()).await;
    operator.kill().await;
    process.end();
    t.allowance += t.calls();
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "I1: ordered in the other cluster");
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 0, "I4: cancelled from there");
    t.rest_of_life("line").await;
}

async fn secret_first(t: &mut Run) {
    t.put_key("network", SELLER_KEY);
    t.apply("line", specs::with_a_key());
    t.start();
    if t.seed.one_in(3) {
        t.until_begun(What::Order, 1).await;
    } else {
        t.until_ready("line").await;
    }
    let secrets: kube::Api<k8s_openapi::api::core::v1::Secret> =
        kube::Api::namespaced(t.cluster.apiserver.client_as("user"), "network");
    secrets.delete("seller", &kube::api::DeleteParams::default()).await.unwrap();
    sleep(t.seed.seconds(0, 120)).await;
    t.delete("line").await;
    t.until_gone("line").await;
}

async fn forbidden(t: &mut Run) {
    let body = status("Forbidden", 403, "exceeded quota");
    t.net.add(Rule::always(of(What::Event), answer(403, &[], body.clone())));
    t.put_key("network", SELLER_KEY);
    let hidden = |call: &Call| call.what == What::Secret && call.path.ends_with("/seller");
    t.net.add(Rule::once(hidden, answer(403, &[], body)).times(8));
    t.apply("line", specs::with_a_key());
    t.start();
    t.until_reason("line", &["SecretForbidden"]).await;
    t.rest_of_life("line").await;
}

/// All that one of them asks for in that minute goes out at its end.
async fn two_leaders(t: &mut Run) {
    t.doubled();
    let (what, skip) =
        *t.seed.pick(&[(What::Order, 0), (What::Status, 0), (What::Status, 1), (What::Cancel, 0)]);
    let (minute, asleep) = (Duration::from_secs(60), Mutex::new((0, None)));
    let frozen: Arc<Mutex<Option<Instant>>> = Arc::default();
    let until = frozen.clone();
    let matches = move |call: &Call| {
        let mut asleep = asleep.lock().unwrap();
        if call.replica != 0 {
            return false;
        }
        if asleep.1.is_none() && call.what == what {
            asleep.0 += 1;
            if asleep.0 > skip {
                asleep.1 = Some(Instant::now() + minute);
                *until.lock().unwrap() = asleep.1;
            }
        }
        asleep.1.is_some_and(|end| Instant::now() < end)
    };
    t.net.add(Rule::always(matches, NetFault::WaitUntil(frozen)));
    t.life().await;
}

async fn edited(t: &mut Run) {
    let seller = t.seed.one_in(2);
    t.apply(
        "line",
        if seller { seller::to_a_seller(ACCOUNT) } else { manifests::aws_dot1q(ACCOUNT) },
    );
    t.start();
    for n in 0..5 {
        sleep(t.seed.seconds(0, 60)).await;
        let mut spec = json!({"name": format!("Name-{n}")});
        if seller {
            spec["bandwidthMbps"] = json!([50, 200, 500, 50, 200][n]);
        }
        t.edit("line", spec).await;
    }
    t.until("the line is as edited last", |cluster| {
        let line = cluster.world.lines().pop();
        line.is_some_and(|l| l.name == "Name-4" && (!seller || l.bandwidth == 200))
            && ready(cluster, "line")
            && condition(&cluster.get("line").unwrap(), "InSync").is_some_and(|c| c.0 == "True")
    })
    .await;
    t.rest_of_life("line").await;
}

async fn churned(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    let often = t.seed.seconds(1, 20);
    for n in 0..60 {
        sleep(often).await;
        let limit = json!({
            "amount": format!("{}", 9000 + n), "currency": "USD", "whenUnknown": "Order",
        });
        t.edit("line", json!({"maxMonthlyPrice": limit})).await;
    }
    t.allowance += 60 * 12;
    t.rest_of_life("line").await;
}
