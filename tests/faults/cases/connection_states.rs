//! Connections whose states are unknown, contradict each other, or are changed by other parties.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use fabric_domain::ConnectionId;
use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::seller;

use super::{Case, answer, each, of, rewritten, run};
use crate::{
    net::{Call, NetFault, Rule, What},
    run::{ACCOUNT, Run, ready},
    specs,
};

const DAY: u64 = 24 * 3600;

pub fn cases() -> Vec<Case> {
    vec![
        run("R35", "states that the operator does not know", |t| Box::pin(unknown_states(t))),
        run("R38", "a connection is not found right after its order", |t| {
            Box::pin(not_found_yet(t))
        }),
        run("R39", "states that flap", |t| Box::pin(flapping(t))),
        run("R40", "a connection that is gone still shows, and holds its VLAN", |t| {
            Box::pin(shown_though_gone(t))
        }),
        run("R41", "the connection was cancelled in the portal", |t| {
            Box::pin(cancelled_by_others(t))
        }),
        run("R42", "the other side says no", |t| Box::pin(rejected(t))),
        run("R43", "the other side is silent for 30 days", |t| Box::pin(silent(t))),
        run("R44", "the other side takes its yes back", |t| Box::pin(taken_back(t))),
        run("R45", "half of a pair does not take a change", |t| Box::pin(half_changed(t))),
    ]
}

fn reads_connections(call: &Call) -> bool {
    matches!(call.what, What::Line | What::Listing)
}

/// Rewrites the states of connections in responses.
fn shown_as(equinix: &'static str, provider: &'static str) -> NetFault {
    rewritten(move |answer| {
        each(answer, &mut |name, value| match name {
            "equinixStatus" | "status" | "state" if value.is_string() => *value = json!(equinix),
            "providerStatus" if value.is_string() => *value = json!(provider),
            _ => {}
        });
    })
}

async fn unknown_states(t: &mut Run) {
    t.apply("line", t.some_line());
    t.net.add(Rule::always(reads_connections, shown_as("ENTANGLED", "Superposed\u{1b}[31m")));
    t.start();
    t.until_reason("line", &["UnknownState"]).await;
    sleep(t.seed.seconds(60, 3600)).await;
    t.net.calm();
    t.rest_of_life("line").await;
}

async fn not_found_yet(t: &mut Run) {
    let (status, body) = *t.seed.pick(&[
        (404, ""),
        (400, r#"[{"errorCode":"EQ-3142519","errorMessage":"Connection does not exist"}]"#),
    ]);
    t.net.add(Rule::always(of(What::Line), answer(status, &[], body)));
    if t.seed.one_in(2) {
        let lag = Effect::IndexLag(t.seed.seconds(10, 600));
        t.cluster.world.inject(InjectedFault::always(lag));
    }
    t.apply("line", t.some_line());
    t.start();
    sleep(t.seed.seconds(10, 1200)).await;
    let early = t.seed.one_in(3);
    if early {
        t.delete("line").await;
        sleep(t.seed.seconds(10, 1200)).await;
        assert!(
            t.cluster.get("line").is_some() || t.cluster.world.ledger().cancellations.len() == 1,
            "let go, and not cancelled"
        );
    }
    t.net.calm();
    if early {
        t.until_gone("line").await;
    } else {
        t.rest_of_life("line").await;
    }
}

async fn flapping(t: &mut Run) {
    // Two operators that see it flap at different times would write at different times.
    t.alone();
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let period = t.seed.seconds(20, 300);
    let began = Instant::now();
    t.net.add(Rule::always(
        reads_connections,
        rewritten(move |answer| {
            let odd = (began.elapsed().as_secs() / period.as_secs()) % 2 == 1;
            each(answer, &mut |name, value| {
                if odd && matches!(name, "equinixStatus" | "status" | "state") {
                    *value = json!("PROVISIONING");
                }
            });
        }),
    ));
    let writes = t.net.begun(What::Status);
    let lasts = t.seed.seconds(600, 7200);
    sleep(lasts).await;
    let flaps = usize::try_from(lasts.as_secs() / period.as_secs()).unwrap() + 2;
    let written = t.net.begun(What::Status) - writes;
    assert!(written <= 4 * flaps * t.replicas(), "I7: {written} writes in {flaps} flaps");
    t.net.calm();
    t.rest_of_life("line").await;
}

/// The next connection on its VLAN waits for it.
async fn shown_though_gone(t: &mut Run) {
    let spec = t.some_line();
    if spec["zSide"]["serviceToken"].is_object() {
        // A token is for one connection.
        return t.life().await;
    }
    t.apply("line", spec.clone());
    t.start();
    t.until_ready("line").await;
    t.delete("line").await;
    if t.seed.one_in(2) {
        t.until_gone("line").await;
    }
    t.apply("next", spec);
    t.until_gone("line").await;
    t.rest_of_life("next").await;
}

async fn cancelled_by_others(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let uuid = t.uuid("line");
    t.portal_cancels(&uuid).await;
    if t.seed.one_in(2) {
        t.until_reason("line", &["ConnectionDeleted", "Deprovisioning"]).await;
        sleep(t.seed.seconds(0, 3600)).await;
    }
    t.delete("line").await;
    t.until_gone("line").await;
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "ordered anew without being asked");
}

async fn rejected(t: &mut Run) {
    t.people(false);
    t.apply("line", seller::to_a_seller(ACCOUNT));
    t.start();
    t.until_reason("line", &["AwaitingApproval"]).await;
    sleep(t.seed.seconds(0, 7200)).await;
    t.cluster.world.reject(&ConnectionId::parse(&t.uuid("line")).unwrap()).unwrap();
    t.until_reason("line", &["Rejected"]).await;
    t.quiet().await;
    t.delete("line").await;
    t.until_gone("line").await;
}

async fn silent(t: &mut Run) {
    t.people(false);
    t.look_every(3600);
    t.apply("line", seller::to_a_seller(ACCOUNT));
    t.start();
    t.until_reason("line", &["AwaitingApproval"]).await;
    sleep(Duration::from_secs(1800)).await;
    let before = t.cluster.get("line").unwrap();
    let writes = || t.net.count(|sent| sent.what == What::Status);
    let (written, days) = (writes(), if t.short { 3 } else { 30 });
    sleep(Duration::from_secs(days * DAY)).await;
    let after = t.cluster.get("line").unwrap();
    let is_late = !t.short;
    assert_eq!(writes() - written, usize::from(is_late), "I7: one piece of news at most");
    assert_eq!(after["status"]["overdueSince"].is_string(), is_late, "how long it takes is news");
    let [before, after] = [before, after].map(|mut object| {
        if is_late {
            object["metadata"]
                .as_object_mut()
                .unwrap()
                .retain(|field, _| !["managedFields", "resourceVersion"].contains(&field.as_str()));
            object["status"].as_object_mut().unwrap().remove("overdueSince");
        }
        object
    });
    assert_eq!(after, before, "I7: reported anew without news");
    t.people(true);
    t.rest_of_life("line").await;
}

async fn taken_back(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    t.net.add(Rule::always(reads_connections, shown_as("PROVISIONED", "REJECTED")));
    t.until("it is reported", |cluster| !ready(cluster, "line")).await;
    sleep(t.seed.seconds(60, 7200)).await;
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "ordered anew");
    assert!(!ready(&t.cluster, "line"), "I3: ready, and it was taken back");
    t.net.calm();
    t.rest_of_life("line").await;
}

/// It is asked for again, and the half that took it is left as it is.
async fn half_changed(t: &mut Run) {
    t.apply("line", specs::pair());
    t.start();
    t.until_ready("line").await;
    t.edit("line", json!({"bandwidthMbps": 200})).await;
    let broken = 1 + usize::try_from(t.seed.below(2)).unwrap();
    t.until("a change is under way", |cluster| cluster.world.ledger().changes.len() >= broken)
        .await;
    let changes = t.cluster.world.ledger().changes;
    let uuid = ConnectionId::parse(&changes[broken - 1].uuid).unwrap();
    t.cluster.world.fail(&uuid).unwrap();
    t.until("both are changed", |cluster| {
        cluster.world.lines().iter().all(|line| line.bandwidth == 200) && ready(cluster, "line")
    })
    .await;
    let asked = t.net.begun(What::Change);
    assert!(asked <= 3, "{asked} changes of two lines, of which one failed once");
    t.rest_of_life("line").await;
}
