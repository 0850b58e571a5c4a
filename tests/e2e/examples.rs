//! The buyers' examples, each applied unchanged: ordered once, brought into service, cancelled
//! once. The sellers' examples and the decisions name connections of other parties; `seller` tests
//! those.
//!
//! All of them run at once against one simulated Equinix. Only the accounts are changed: they name
//! the real Equinix, which the operator under test is not allowed to call and must not call.

use std::{collections::BTreeMap, path::Path};

use serde_json::{Value, json};

use fabric_simulator::{Config, World};

use crate::{
    installation::Installation,
    tenant::{condition, simulate},
    waiting::until,
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The folders of examples, and for whom their lines wait once they are ordered: what the comments
/// in the files promise.
const FLOWS: [(&str, &str); 9] = [
    ("aws", "You"),
    ("azure", "You"),
    ("enterprise", "Seller"),
    ("google", "Provider"),
    ("invitation", "Provider"),
    ("oracle", "Provider"),
    ("oracle-government", "Provider"),
    ("own-port", "Nobody"),
    ("service-token", "Nobody"),
];

/// The files of a folder of examples.
fn files(folder: &str) -> Vec<String> {
    let entries = std::fs::read_dir(Path::new(ROOT).join("examples").join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .filter(|path| path.extension().is_some_and(|e| e == "yaml"))
        .map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned())
        .collect()
}

/// Every connection by its name, with its folder.
fn connections() -> BTreeMap<String, &'static str> {
    let named = |folder: &'static str| {
        files(folder).into_iter().map(move |file| (format!("{folder}-{file}"), folder))
    };
    FLOWS.into_iter().flat_map(|(folder, _)| named(folder)).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_example_is_ordered_once_and_cancelled_once() {
    let installation = Installation::shared();
    let examples = connections();
    for namespace in ["network", "shop"] {
        installation.plane.kubectl(&["create", "namespace", namespace]);
    }
    taken_without_a_warning(installation, examples.len());

    let (listener, origin) = installation.endpoint();
    // Two examples join groups that were ordered before.
    let config = Config { sample_connections: true, ..simulate(&origin) };
    let world = World::new(config);
    let router = world.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    the_accounts_are_ours(installation, &origin).await;

    let folders = FLOWS.map(|(folder, _)| format!("--filename=examples/{folder}"));
    let apply =
        ["apply", "--validate=strict"].into_iter().chain(folders.iter().map(String::as_str));
    let apply: Vec<&str> = apply.collect();
    for outcome in ["created", "unchanged"] {
        let (printed, said) = installation.plane.kubectl(&apply);
        assert_eq!(said, "", "{outcome}: apply warns of nothing");
        assert_eq!(printed.lines().count(), examples.len(), "one object a file: {printed}");
        assert!(printed.lines().all(|l| l.ends_with(outcome)), "not all {outcome}: {printed}");
    }

    let promised = BTreeMap::from(FLOWS);
    until_each(installation, "waiting for whom its comment says", |object| {
        let status = &object["status"];
        let ordered = parts(object).iter().all(|part| status[part]["uuid"].is_string());
        ordered && status["waitingFor"] == promised[examples[name(object)]]
    })
    .await;
    let ready = until_each(installation, "Ready", |object| {
        world.accept_all();
        condition(object, "Ready").is_some_and(|c| c.0 == "True")
    })
    .await;
    assert_eq!(ready.len(), examples.len());
    let lines = ordered_once(&ready, &world);

    installation.plane.kubectl(&[
        "delete",
        "fabconn",
        "--all",
        "--namespace=network",
        "--wait=false",
    ]);
    until_each(installation, "gone", |_| {
        // Sellers have to agree.
        world.accept_all();
        false
    })
    .await;
    for (uuid, example) in lines {
        let ledger = world.ledger();
        let times = ledger.cancellations.iter().filter(|c| c.uuid == uuid).count();
        assert_eq!(times, 1, "{example}: cancellations of {uuid}");
        let left = world.lines().into_iter().find(|line| line.uuid == uuid).unwrap();
        assert_eq!(left.equinix_status, "DEPROVISIONED", "{example}: {left:?}");
    }
}

/// No file is left out, and none is taken with a warning.
fn taken_without_a_warning(installation: &Installation, connections: usize) {
    let apply = ["apply", "--server-side", "--dry-run=server", "--validate=strict"];
    let all = [&apply[..], &["--recursive", "--filename=examples"]].concat();
    let (printed, said) = installation.plane.kubectl(&all);
    assert_eq!(said, "", "server-side apply warns of nothing");
    let others = ["", "approval", "seller"].map(|folder| files(folder).len()).iter().sum::<usize>();
    assert_eq!(printed.lines().count(), others + connections, "one object a file: {printed}");
}

/// Applies the accounts, and once they were refused, has them order at the simulator.
async fn the_accounts_are_ours(installation: &Installation, origin: &str) {
    let cluster = installation.admin().await;
    for (file, account) in [("account-v4", "default"), ("account-v3", "ecx")] {
        installation.plane.kubectl(&["apply", &format!("--filename=examples/{file}.yaml")]);
        let reason = |object: &Value| condition(object, "Ready").map(|c| c.1);
        until(&format!("FabricAccount {account} may not call the real Equinix"), async || {
            let stored = cluster.get("FabricAccount", None, account).await;
            let reason = stored.as_ref().and_then(reason).unwrap_or_default();
            if reason == "EndpointNotAllowed" { Ok(()) } else { Err(reason) }
        })
        .await;
        let ours = json!({"spec": {"endpoint": origin, "requestsPerSecond": 50}}).to_string();
        installation.plane.kubectl(&[
            "patch",
            "fabacct",
            account,
            "--type=merge",
            "--patch",
            &ours,
        ]);
    }
}

/// Waits until each connection is so, and answers with how they are then; those that are gone are
/// no more waited for.
async fn until_each(
    installation: &Installation,
    what: &str,
    holds: impl Fn(&Value) -> bool,
) -> Vec<Value> {
    until(what, async || {
        let (list, _) =
            installation.plane.kubectl(&["get", "fabconn", "--namespace=network", "-o", "json"]);
        let list: Value = serde_json::from_str(&list).unwrap();
        let all = list["items"].as_array().unwrap();
        let left: Vec<String> = all
            .iter()
            .filter(|object| !holds(object))
            .map(|object| format!("{}: {:#}", name(object), object["status"]))
            .collect();
        if left.is_empty() {
            return Ok(all.clone());
        }
        Err(format!("{}\nthe operator's log ends:\n{}", left.join("\n"), installation.log_end()))
    })
    .await
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap()
}

/// The halves that a connection has.
fn parts(object: &Value) -> &'static [&'static str] {
    let pair = object["spec"].get("secondary").is_some();
    if pair { &["primary", "secondary"] } else { &["primary"] }
}

/// A port and the tags on it, of a spec's A side or of an access point of v4.
fn place(side: &Value) -> String {
    let link = &side["linkProtocol"];
    let s_tag = link.get("vlanTag").unwrap_or(&link["vlanSTag"]);
    format!("{}:{}:{}", side["port"]["uuid"], s_tag, link["vlanCTag"])
}

/// The same of an order on v3, where tags are strings.
fn place_v3(body: &Value) -> String {
    let tag = |field: &str| body[field].as_str().unwrap_or("null").to_owned();
    format!("{}:{}:{}", body["primaryPortUUID"], tag("primaryVlanSTag"), tag("primaryVlanCTag"))
}

/// Each resource has its one order, of one line or a pair: on v3 a pair is one request, on v4 two
/// in one group. Answers with the lines and whose they are.
fn ordered_once(connections: &[Value], world: &World) -> BTreeMap<String, String> {
    let mut sent: Vec<String> = world
        .requests()
        .iter()
        .filter(|r| r.method == "POST" && r.status < 300)
        .filter_map(|r| match r.path.as_str() {
            "/fabric/v4/connections" => Some(place(&r.body["aSide"]["accessPoint"])),
            "/ecx/v3/l2/connections" => Some(place_v3(&r.body)),
            _ => None,
        })
        .collect();
    let mut take = |side: &Value| {
        let all = sent.len();
        sent.retain(|place_sent| *place_sent != place(side));
        all - sent.len()
    };
    let ledger = world.ledger();
    let mut lines = BTreeMap::new();
    for object in connections {
        let (example, spec, status) = (name(object), &object["spec"], &object["status"]);
        let (first, second) = (take(&spec["aSide"]), take(&spec["secondary"]["aSide"]));
        let pair = parts(object).len() == 2;
        let expected = (1, usize::from(pair && spec["account"] == "default"));
        assert_eq!((first, second), expected, "{example}: orders for the halves");
        for part in parts(object) {
            let uuid = status[part]["uuid"].as_str().unwrap().to_owned();
            let times = ledger.orders.iter().filter(|order| order.uuid == uuid).count();
            assert_eq!(times, 1, "{example}: the {part} line {uuid} in the ledger");
            assert_eq!(
                status[part]["redundancyGroup"], status["primary"]["redundancyGroup"],
                "{example}: the group"
            );
            let other = lines.insert(uuid, example.to_owned());
            assert_eq!(other, None, "{example} has a line that is another one's, too");
        }
    }
    assert!(sent.is_empty(), "orders that belong to no example: {sent:?}");
    assert_eq!(ledger.orders.len(), lines.len(), "lines that belong to no example");
    lines
}
