//! Worlds in which what is not seen is still there: lists that lie, other clocks, other organisations,
//! refusals after a lost answer, and statuses that went back in time.

use std::{sync::atomic::Ordering, time::Duration};

use serde_json::{Value, json};
use tokio::time::sleep;

use fabric_simulator::{
    DateFault, Effect, EmptyFault, InjectedFault, NextFault, TotalFault, UserCredentials,
};
use fabric_testkit::manifests;

use super::{Case, answer, answered, of, run};
use crate::{
    logs::canary,
    net::{NetFault, Rule, Signal, What},
    run::{ACCOUNT, Dialect, Run},
};

const HOUR: Duration = Duration::from_secs(3600);

pub fn cases() -> Vec<Case> {
    vec![
        run("R81", "the answer is lost, and lists have no total", |t| {
            Box::pin(lying(t, Effect::Total(TotalFault::Missing)))
        }),
        run("R82", "the answer is lost, and lists have a wrong total", |t| {
            Box::pin(lying(t, Effect::Total(TotalFault::Wrong(json!(1)))))
        }),
        run("R83", "the answer is lost, and pages do not show the next one", |t| {
            Box::pin(lying(t, Effect::Next(NextFault::Missing)))
        }),
        run("R84", "lists without entries are null, absent or 204", |t| Box::pin(empty(t))),
        run("R85", "the answer is lost, the account goes to another organisation, deletion", |t| {
            Box::pin(elsewhere(t))
        }),
        run("R86", "the answer is lost, clocks are hours apart, deletion", |t| Box::pin(clocks(t))),
        run("R87", "the answer is lost, listings lag up to two hours, deletion", |t| {
            Box::pin(lagging(t))
        }),
        run("R88", "the answer is lost, listings show no tags, deletion", |t| Box::pin(tagless(t))),
        run("R89", "the first attempt is lost, the second one refused", |t| {
            Box::pin(refused_later(t))
        }),
        run("R90", "the order is repeated on its way: VLAN in use", |t| Box::pin(repeated(t))),
        run("R91", "a redirect or a web page as the answer to the order", |t| {
            Box::pin(no_answer(t, What::Order))
        }),
        run("R92", "a redirect or a web page as the answer to the cancellation", |t| {
            Box::pin(no_answer(t, What::Cancel))
        }),
        run("R93", "etcd goes back to before the order", |t| Box::pin(gone_back(t))),
        run("R94", "restarts every few minutes while the order is unknown, deletion", |t| {
            Box::pin(restarting(t))
        }),
        run("R95", "the list of ports loses an entry", |t| Box::pin(lost_port(t))),
        run("R108", "the answer is lost, and v3 prints no C-tags, deletion", |t| {
            Box::pin(without_c_tags(t))
        }),
        run("R107", "R89 and R85: a later refusal, and then another organisation", |t| {
            Box::pin(refused_and_elsewhere(t))
        }),
    ]
}

/// The order is served, and its answer never comes.
fn lose_the_answer(t: &Run) {
    t.net.add(Rule::once(of(What::Order), NetFault::LoseReply));
}

/// More connections than a page holds, which others ordered before.
async fn older_ones(t: &mut Run) {
    for n in 0..101 {
        t.portal_orders(&format!("older-{n}"), 1000 + n).await;
    }
}

async fn lying(t: &mut Run, effect: Effect) {
    older_ones(t).await;
    t.cluster.world.inject(InjectedFault::always(effect));
    t.allowance += 2000;
    lose_the_answer(t);
    if t.seed.one_in(2) {
        return t.life().await;
    }
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    sleep(t.seed.seconds(0, 3600)).await;
    t.delete("line").await;
    t.until_gone("line").await;
}

async fn empty(t: &mut Run) {
    let fault = *t.seed.pick(&[EmptyFault::Null, EmptyFault::Absent, EmptyFault::NoContent]);
    t.cluster.world.inject(InjectedFault::always(Effect::EmptyList(fault)));
    t.life().await;
}

/// Another organisation sees neither the port nor the connection, which proves nothing.
async fn elsewhere(t: &mut Run) {
    let stranger = stranger();
    t.cluster.world.admit(stranger.clone());
    // It is not listed before the account is another organisation's.
    t.cluster.world.inject(InjectedFault::always(Effect::IndexLag(HOUR)));
    lose_the_answer(t);
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    t.cluster.apiserver.put(manifests::secret_for(&stranger));
    sleep(t.seed.seconds(0, 600)).await;
    t.delete("line").await;
    sleep(t.seed.seconds(12 * 3600, 36 * 3600)).await;
    t.cluster.apiserver.put(manifests::secret_for(&canary()));
    t.until_gone("line").await;
}

/// Many connections share an S-tag, and the document of v3 prints no C-tag.
async fn without_c_tags(t: &mut Run) {
    let fault = Effect::Omit(vec!["vlanCTag".into()]);
    t.cluster.world.inject(InjectedFault::always(fault));
    let mut neighbour = manifests::aws_qinq(ACCOUNT);
    neighbour["name"] = json!("Neighbour");
    neighbour["aSide"]["linkProtocol"]["vlanCTag"] = json!(900);
    t.orphan(neighbour).await;
    t.cluster.world.inject(InjectedFault::always(Effect::IndexLag(t.seed.seconds(1, 1800))));
    lose_the_answer(t);
    t.apply("line", manifests::aws_qinq(ACCOUNT));
    t.until_begun(What::Order, 2).await;
    sleep(t.seed.seconds(0, 1800)).await;
    t.delete("line").await;
    t.until_gone("line").await;
}

/// What another organisation does not see proves nothing of the first attempt, whatever became of the
/// second.
async fn refused_and_elsewhere(t: &mut Run) {
    let stranger = stranger();
    t.cluster.world.admit(stranger.clone());
    t.cluster.world.inject(InjectedFault::always(Effect::IndexLag(HOUR)));
    lose_the_answer(t);
    let body = r#"[{"errorCode":"EQ-3142501","errorMessage":"Invalid request"}]"#;
    t.net.add(Rule::once(of(What::Order), answer(400, &[], body)).after(1));
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 2).await;
    t.cluster.apiserver.put(manifests::secret_for(&stranger));
    sleep(t.seed.seconds(0, 600)).await;
    t.delete("line").await;
    sleep(t.seed.seconds(12 * 3600, 36 * 3600)).await;
    assert!(t.cluster.get("line").is_some(), "let go without proof");
    t.cluster.apiserver.put(manifests::secret_for(&canary()));
    t.until_gone("line").await;
}

fn stranger() -> UserCredentials {
    UserCredentials {
        client_id: "OTHER".into(),
        user_name: "jane.roe@example.com".into(),
        ..canary()
    }
}

async fn clocks(t: &mut Run) {
    let hours =
        if t.seed.one_in(2) { t.seed.seconds(3600, 12 * 3600) } else { t.seed.seconds(2, 1800) };
    if t.seed.one_in(2) {
        let skew = i64::try_from(hours.as_secs()).unwrap();
        let sign = *t.seed.pick(&[-1, 1]);
        t.skew.store(sign * skew, Ordering::Relaxed);
    } else {
        let date = *t.seed.pick(&[DateFault::Ahead(hours), DateFault::Behind(hours)]);
        t.cluster.world.inject(InjectedFault::always(Effect::Date(date)));
    }
    lost_and_kept_in_doubt(t).await;
}

/// As `lost_and_deleted`, where clocks that differ may leave a name of the user's in doubt: the user
/// says then which connection it is.
async fn lost_and_kept_in_doubt(t: &mut Run) {
    lose_the_answer(t);
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    sleep(t.seed.seconds(0, 1800)).await;
    t.delete("line").await;
    sleep(Duration::from_secs(60)).await;
    let ready = t.cluster.condition("line", "Ready").unwrap_or_default();
    if ready.2.contains("spec.adopt") {
        let uuid = t.cluster.world.lines()[0].uuid.clone();
        t.edit("line", json!({"adopt": {"uuid": uuid}, "deletionPolicy": "Delete"})).await;
    }
    t.until_gone("line").await;
}

async fn lagging(t: &mut Run) {
    let lag = t.seed.seconds(900, 2 * 3600);
    t.cluster.world.inject(InjectedFault::always(Effect::IndexLag(lag)));
    lost_and_deleted(t).await;
}

/// The answer to the order is lost, and the user gives up before it is found.
async fn lost_and_deleted(t: &mut Run) {
    lose_the_answer(t);
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    sleep(t.seed.seconds(0, 1800)).await;
    t.delete("line").await;
    t.until_gone("line").await;
}

/// Until listings show tags again, the order is kept and the way out is named.
async fn tagless(t: &mut Run) {
    let fields = ["linkProtocol", "vlanSTag", "vlanCTag", "vlanTag"].map(str::to_owned).to_vec();
    t.cluster.world.inject(InjectedFault::always(Effect::Omit(fields)));
    lose_the_answer(t);
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    sleep(t.seed.seconds(0, 1800)).await;
    t.delete("line").await;
    sleep(t.seed.seconds(0, 9 * 3600)).await;
    t.cluster.world.clear_faults();
    t.until_gone("line").await;
}

/// The first attempt shows after the second was refused.
async fn refused_later(t: &mut Run) {
    t.cluster.world.inject(InjectedFault::always(Effect::IndexLag(HOUR)));
    let (status, body) = *t.seed.pick(&[
        (429, ""),
        (400, r#"[{"errorCode":"EQ-3142501","errorMessage":"Invalid request"}]"#),
        (403, r#"[{"errorCode":"EQ-3142401","errorMessage":"Forbidden"}]"#),
    ]);
    t.net.add(Rule::once(of(What::Order), NetFault::LoseReply));
    t.net.add(Rule::once(of(What::Order), answer(status, &[], body)).after(1));
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 2).await;
    if t.seed.one_in(2) {
        sleep(t.seed.seconds(0, 1800)).await;
        t.delete("line").await;
        t.until_gone("line").await;
    } else {
        t.rest_of_life("line").await;
    }
}

/// What a proxy repeats is refused for what its first copy used up: the VLAN, a key or a token.
async fn repeated(t: &mut Run) {
    let codes: &[&str] = match t.dialect {
        Dialect::V4 => &["EQ-3142102", "EQ-3142501"],
        Dialect::V3 => &["IC-LAYER2-VLAN-008", "IC-LAYER2-AUTH-006"],
    };
    let code = *t.seed.pick(codes);
    let body = json!([{"errorCode": code, "errorMessage": "in use"}]).to_string();
    t.net.add(Rule::once(of(What::Order), answered(400, body)));
    let spec = t.some_line();
    // Without a mark or a made name, what looks like it is another client's or its own.
    let is_certain =
        t.dialect == Dialect::V4 || spec["name"].is_null() || code == "IC-LAYER2-VLAN-008";
    let plain = is_certain && t.seed.one_in(2);
    t.apply("line", spec);
    t.start();
    if plain {
        return t.rest_of_life("line").await;
    }
    t.until_begun(What::Order, 1).await;
    sleep(t.seed.seconds(0, 60)).await;
    if !is_certain {
        // Unless the next attempt, which the provider refuses because of the first, proves the first.
        t.until_reason("line", &["ConnectionExists", "InService"]).await;
        let uuid = t.cluster.world.lines()[0].uuid.clone();
        t.edit("line", json!({"adopt": {"uuid": uuid}, "deletionPolicy": "Delete"})).await;
        t.until_ready("line").await;
    }
    t.delete("line").await;
    t.until_gone("line").await;
}

/// Carried out or not: the connection shows.
async fn no_answer(t: &mut Run, what: What) {
    let status = *t.seed.pick(&[200, 302, 307]);
    let body = if status == 200 { "<html>Please sign in</html>" } else { "" };
    let location = [("location", "https://example.com/".to_owned())];
    let deed =
        if t.seed.one_in(2) { answered(status, body) } else { answer(status, &location, body) };
    let times = u32::try_from(1 + t.seed.below(2)).unwrap();
    t.net.add(Rule::once(of(what), deed).times(times));
    t.life().await;
}

/// The object is as it was at some moment of its life before; its uid is the same.
async fn gone_back(t: &mut Run) {
    t.apply("line", t.some_line());
    let before = t.cluster.get("line").unwrap();
    t.start();
    let mut backup = before;
    if t.seed.one_in(2) {
        t.until_begun(What::Order, 1).await;
        backup = t.cluster.get("line").unwrap();
    }
    t.until_ready("line").await;
    sleep(t.seed.seconds(0, 3600)).await;
    let uuid = t.uuid("line");
    t.kill_all();
    t.cluster.apiserver.put(backup);
    // A deletion before the operator has looked at the resource is none of its business.
    t.until("the finalizer is back", |cluster| {
        let object = cluster.get("line").unwrap();
        object["metadata"]["finalizers"] == json!(["fabric.equinix.com/connection"])
    })
    .await;
    if t.seed.one_in(2) {
        // A name that the user gave and no mark prove nothing: the connection is kept and reported.
        let object = t.cluster.get("line").unwrap();
        if t.dialect == Dialect::V3 && object["spec"]["name"].is_string() {
            t.edit("line", json!({"adopt": {"uuid": uuid}, "deletionPolicy": "Delete"})).await;
            t.until_ready("line").await;
        }
        t.delete("line").await;
        return t.until_gone("line").await;
    }
    if t.dialect == Dialect::V3 {
        let proven = |object: &Value| object["status"]["primary"]["uuid"] == json!(uuid);
        sleep(Duration::from_secs(1200)).await;
        if !proven(&t.cluster.get("line").unwrap()) {
            t.edit("line", json!({"adopt": {"uuid": uuid}, "deletionPolicy": "Delete"})).await;
        }
    }
    t.until_ready("line").await;
    assert_eq!(t.uuid("line"), uuid, "another connection");
    t.rest_of_life("line").await;
}

/// What is known of the time since the order stands in status.
async fn restarting(t: &mut Run) {
    t.net.add(Rule::once(of(What::Order), NetFault::Hang));
    t.apply("line", t.some_line());
    t.start();
    t.until_begun(What::Order, 1).await;
    let (signals, mut seed) = (t.signals(), t.seed.of("restarts"));
    let restarts = tokio::spawn(async move {
        loop {
            sleep(seed.seconds(300, 840)).await;
            for operator in &signals {
                let _ = operator.send(Signal::Kill);
            }
        }
    });
    t.allowance += 4000;
    if t.seed.one_in(2) {
        t.delete("line").await;
        t.until_gone("line").await;
    } else {
        t.until_ready("line").await;
    }
    restarts.abort();
    if t.cluster.get("line").is_some() {
        t.rest_of_life("line").await;
    }
}

async fn lost_port(t: &mut Run) {
    let entry = usize::try_from(t.seed.below(4)).unwrap();
    let path = match t.dialect {
        Dialect::V4 => "/fabric/v4/ports",
        Dialect::V3 => "/ecx/v3/port/userport",
    };
    t.cluster.world.inject(InjectedFault::always(Effect::UnreadableEntry(entry)).on("GET", path));
    t.apply("line", t.some_line());
    t.start();
    sleep(t.seed.seconds(60, 1800)).await;
    let ready = t.cluster.condition("line", "Ready").unwrap_or_default();
    assert_ne!(ready.1, "PortNotFound", "it may be the entry that was lost");
    t.cluster.world.clear_faults();
    t.rest_of_life("line").await;
}
