//! Processes that are killed at any moment: the operator repeatedly, over many lifecycles, and the
//! API server in the middle of an order. Each test has an installation of its own.

use std::{collections::HashSet, path::PathBuf, process::Command, sync::Arc, time::Duration};

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use futures::future::join_all;
use serde_json::{Value, json};
use tokio::{
    sync::{Notify, mpsc},
    time::{sleep, timeout},
};

use fabric_testkit::{
    manifests,
    process::{Invocation, Tethered},
};

use crate::{
    installation::Installation,
    tenant::Tenant,
    waiting::{LIMIT, until},
};

/// Lines of each of the two tenants.
const LINES: u16 = 6;
/// How often the operator is killed while they are ordered, and while they are cancelled.
const KILLS: u32 = 5;

fn line(tenant: &Tenant, n: u16) -> Value {
    let mut spec = manifests::aws_dot1q(&tenant.name);
    spec["name"] = json!(format!("line-{n}"));
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(100 + n);
    spec
}

async fn kill_again_and_again(installation: &Installation, random: &mut fastrand::Rng) {
    for _ in 0..KILLS {
        sleep(Duration::from_millis(random.u64(0..2500))).await;
        installation.kill_operator();
        installation.start_operator();
    }
}

/// Whether it is in service. One whose operator died between intent and order is reported as unknown for
/// a quarter of an hour: that is as good, if nothing was ordered so far.
async fn settled(tenant: &Tenant<'_>, name: &str) -> bool {
    let ready = |o: &Value| o["status"]["phase"] == "Ready";
    let unknown = |o: &Value| {
        let reason = |c: &Value| c["type"] == "Ready" && c["reason"] == "OrderUnknown";
        o["status"]["conditions"].as_array().is_some_and(|all| all.iter().any(reason))
    };
    until(&format!("{name} of {} is settled", tenant.name), async || {
        tenant.world.accept_all();
        let object = tenant.get(name).await.expect("it is there");
        if ready(&object) {
            return Ok(true);
        }
        let ordered = tenant.world.ledger().orders.iter().any(|order| order.name == name);
        if unknown(&object) && !ordered {
            return Ok(false);
        }
        Err(format!("{:#}", object["status"]))
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn kills_at_any_moment_lead_to_one_order_and_one_cancellation_each() {
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let installation = Installation::start();
    let tenants = [
        Tenant::new(&installation, "kills-v3", "EcxV3").await,
        Tenant::new(&installation, "kills-v4", "FabricV4").await,
    ];
    let all: Vec<(&Tenant, u16)> =
        tenants.iter().flat_map(|tenant| (0..LINES).map(move |n| (tenant, n))).collect();
    for (tenant, n) in &all {
        tenant.apply(&format!("line-{n}"), line(tenant, *n)).await;
    }
    kill_again_and_again(&installation, &mut random).await;
    let names: Vec<String> = all.iter().map(|(_, n)| format!("line-{n}")).collect();
    let settled =
        join_all(all.iter().zip(&names).map(|((tenant, _), name)| settled(tenant, name))).await;
    let mut live: Vec<(&Tenant, &String)> = all
        .iter()
        .zip(&names)
        .zip(&settled)
        .filter_map(|(((tenant, _), name), settled)| settled.then_some((*tenant, name)))
        .collect();
    assert!(!live.is_empty(), "no line came into service");
    for (tenant, name) in &live {
        tenant.delete(name).await;
    }
    kill_again_and_again(&installation, &mut random).await;
    for (tenant, name) in &live {
        tenant.until_gone(name).await;
    }
    // A request that was on its way when its operator died may be carried out after all, whenever.
    let mut open: Vec<(&Tenant, &String)> = all
        .iter()
        .zip(&names)
        .zip(&settled)
        .filter_map(|(((tenant, _), name), settled)| (!settled).then_some((*tenant, name)))
        .collect();
    let ledgers = loop {
        let ledgers = tenants.each_ref().map(|tenant| tenant.world.ledger());
        let ordered: HashSet<(&str, &str)> = tenants
            .iter()
            .zip(&ledgers)
            .flat_map(|(tenant, ledger)| {
                ledger.orders.iter().map(|order| (tenant.name.as_str(), order.name.as_str()))
            })
            .collect();
        let is_ordered =
            |(tenant, name): &(&Tenant, &String)| ordered.contains(&(&*tenant.name, name.as_str()));
        let late: Vec<_> = open.extract_if(.., |line| is_ordered(line)).collect();
        if late.is_empty() {
            break ledgers;
        }
        for (tenant, name) in late {
            until(&format!("{name} of {} is found", tenant.name), async || {
                tenant.world.accept_all();
                let object = tenant.get(name).await.expect("it is there");
                let is_ready = object["status"]["phase"] == "Ready";
                if is_ready { Ok(()) } else { Err(format!("{:#}", object["status"])) }
            })
            .await;
            tenant.delete(name).await;
            tenant.until_gone(name).await;
            live.push((tenant, name));
        }
    };
    for (tenant, ledger) in tenants.iter().zip(&ledgers) {
        for n in 0..LINES {
            let name = format!("line-{n}");
            let orders: Vec<_> = ledger.orders.iter().filter(|o| o.name == name).collect();
            let lived = live.iter().any(|(of, live)| of.name == tenant.name && **live == name);
            assert_eq!(orders.len(), usize::from(lived), "seed {seed}: {name} of {}", tenant.name);
        }
        let up = tenant.world.lines().into_iter().filter(|line| line.cancelled.is_none());
        assert_eq!(up.count(), 0, "seed {seed}: lines of {} are still up", tenant.name);
    }
}

/// Serves orders, reports each to the test, and holds its response until the test opens the gate.
#[derive(Clone)]
struct Gate {
    taken: mpsc::UnboundedSender<()>,
    open: Arc<Notify>,
}

impl Gate {
    async fn pass(self, request: Request, next: Next) -> Response {
        let order = request.method() == http::Method::POST
            && request.uri().path() == "/fabric/v4/connections";
        let response = next.run(request).await;
        if order {
            self.taken.send(()).expect("the test waits for it");
            self.open.notified().await;
        }
        response
    }
}

fn apiserver(installation: &Installation) -> (String, PathBuf) {
    let folder = installation.plane.folder();
    let pids = std::fs::read_to_string(folder.join("pids")).unwrap();
    let pid = pids.lines().find_map(|line| line.strip_prefix("kube-apiserver ")).unwrap();
    (pid.to_owned(), folder.join("apiserver.sh"))
}

#[tokio::test(flavor = "multi_thread")]
async fn an_api_server_that_dies_in_the_middle_of_an_order_finds_it_written_down() {
    let installation = Installation::start();
    let (taken, mut news) = mpsc::unbounded_channel();
    let gate = Gate { taken, open: Arc::new(Notify::new()) };
    let open = gate.open.clone();
    let tenant = Tenant::behind(&installation, "outage", "FabricV4", |router| {
        router.layer(from_fn(move |request, next| gate.clone().pass(request, next)))
    })
    .await;
    tenant.apply("line", line(&tenant, 1)).await;
    timeout(LIMIT, news.recv()).await.expect("it is ordered").unwrap();
    let (pid, script) = apiserver(&installation);
    assert!(Command::new("kill").args(["-KILL", &pid]).status().unwrap().success());
    // The response arrives while the operator has no API server to record it in.
    open.notify_one();
    sleep(Duration::from_secs(3)).await;
    let log = installation.plane.folder().join("again.log");
    let _again = Tethered::start(&Invocation::of(&script, &log));
    until("the API server is ready again", async || {
        let answer = installation.plane.try_kubectl(&["get", "--raw", "/readyz"]);
        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
        if answer.status.success() { Ok(()) } else { Err(said) }
    })
    .await;
    tenant.until_reason("line", "AwaitingApproval").await;
    tenant.world.accept_all();
    let ready = tenant.until_ready("line").await;
    let ledger = tenant.world.ledger();
    assert_eq!(ledger.orders.len(), 1, "orders");
    assert_eq!(ready["status"]["primary"]["uuid"], ledger.orders[0].uuid);
    tenant.delete("line").await;
    tenant.until_gone("line").await;
    assert_eq!(tenant.world.ledger().cancellations.len(), 1, "cancellations");
}
