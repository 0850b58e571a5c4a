//! The operator is killed, or terminated, at one point of its work.

use std::time::Duration;

use serde_json::json;
use tokio::time::sleep;

use fabric_testkit::{cluster::condition, manifests, seller};

use super::{Case, not, of, run};
use crate::{
    net::{Call, NetFault, Rule, Signal, What},
    run::{ACCOUNT, Run, ready},
};

pub fn cases() -> Vec<Case> {
    vec![
        run("R1", "dies before the intent is written", |t| {
            Box::pin(at(t, |call| writes(call, "\"order\":"), NetFault::CrashBefore))
        }),
        run("R2", "dies between intent and order", |t| {
            Box::pin(at(t, of(What::Order), NetFault::CrashBefore))
        }),
        run("R3", "dies between order and answer", |t| {
            Box::pin(at(t, of(What::Order), NetFault::CrashAfter))
        }),
        run("R4", "dies before the id is written", |t| {
            Box::pin(at(t, |call| writes(call, "\"uuid\":"), NetFault::CrashBefore))
        }),
        run("R5", "dies when the id is written", |t| {
            Box::pin(at(t, |call| writes(call, "\"uuid\":"), NetFault::CrashAfter))
        }),
        run("R6", "dies between two changes", |t| Box::pin(between_changes(t))),
        run("R7", "dies when the cancellation is taken", |t| {
            Box::pin(at(t, of(What::Cancel), NetFault::CrashAfter))
        }),
        run("R8", "dies when the finalizer is removed", |t| Box::pin(letting_go(t))),
        run("R9", "dies in the middle of an approval", |t| Box::pin(deciding(t))),
        run("R10", "dies while a token is renewed", |t| Box::pin(renewing(t))),
        not("R11", "dies while a VLAN is reserved", "the API reserves none, and users name theirs"),
        run("R12", "hands over with an order on its way", |t| Box::pin(handing_over(t))),
    ]
}

/// The order is taken, and the operator dies before it knows.
pub async fn dead_at_its_order(t: &mut Run) {
    t.net.add(Rule::once(of(What::Order), NetFault::CrashAfter));
    t.life().await;
}

/// All that an operator does for a line: order, follow, change, rest, cancel.
pub async fn whole_life(t: &mut Run) {
    t.alone();
    let named = t.some_line();
    t.apply("line", named);
    t.start();
    t.until_ready("line").await;
    t.edit("line", json!({"name": "Renamed"})).await;
    t.until("the line is as edited", |cluster| {
        cluster.world.lines()[0].name == "Renamed" && ready(cluster, "line")
    })
    .await;
    sleep(Duration::from_secs(150)).await;
    t.delete("line").await;
    t.until_gone("line").await;
}

fn writes(call: &Call, field: &str) -> bool {
    call.what == What::Status && call.says(field)
}

/// Kills at the first such call; a seed in four asks it to stop instead.
async fn at(t: &mut Run, matches: impl Fn(&Call) -> bool + Send + 'static, deed: NetFault) {
    let gentle = t.seed.of("gentle").one_in(4);
    t.net.add(Rule::once(matches, if gentle { NetFault::Terminate } else { deed }));
    t.life().await;
}

async fn between_changes(t: &mut Run) {
    t.apply("line", seller::to_a_seller(ACCOUNT));
    t.start();
    t.until_ready("line").await;
    let deed = t.seed.pick(&[NetFault::CrashBefore, NetFault::CrashAfter]).clone();
    let skip = u32::try_from(t.seed.below(2)).unwrap();
    t.net.add(Rule::once(of(What::Change), deed).after(skip));
    t.edit("line", json!({"name": "Renamed", "bandwidthMbps": 200})).await;
    t.until("the line is as edited", |cluster| {
        let line = &cluster.world.lines()[0];
        line.name == "Renamed" && line.bandwidth == 200 && ready(cluster, "line")
    })
    .await;
    t.rest_of_life("line").await;
}

async fn letting_go(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let deed = t.seed.pick(&[NetFault::CrashBefore, NetFault::CrashAfter]).clone();
    t.net.add(Rule::once(of(What::Finalizer), deed));
    t.rest_of_life("line").await;
}

/// The buyer's yes at AWS is said once.
async fn deciding(t: &mut Run) {
    t.people(false);
    t.put_aws_keys();
    t.apply("line", manifests::aws_dot1q(ACCOUNT));
    t.start();
    t.until_reason("line", &["AwaitingApproval"]).await;
    let deed =
        t.seed.pick(&[NetFault::CrashBefore, NetFault::CrashAfter, NetFault::LoseReply]).clone();
    t.net.add(Rule::once(of(What::Change), deed));
    t.cluster.apiserver.put(json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
        "metadata": {"name": "yes", "namespace": "network"},
        "spec": {
            "connection": {"name": "line"}, "decision": "Approve",
            "awsCredentialsRef": {"name": "aws-keys"},
        },
    }));
    t.until("it is decided", |cluster| {
        let approval = cluster.apiserver.get("connectionapprovals", "network", "yes").unwrap();
        condition(&approval, "Ready").is_some_and(|c| c.0 == "True")
    })
    .await;
    let taken = t.net.count(|sent| sent.what == What::Change && sent.status / 100 == 2);
    assert_eq!(taken, 1, "the decision was carried out {taken} times");
    t.rest_of_life("line").await;
}

async fn renewing(t: &mut Run) {
    let deed = t.seed.pick(&[NetFault::CrashBefore, NetFault::CrashAfter]).clone();
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    t.net.add(Rule::once(of(What::Token), deed).times(2));
    t.cluster.world.revoke_tokens();
    sleep(Duration::from_secs(600)).await;
    t.rest_of_life("line").await;
}

/// The order arrives when the next operator is at work already.
async fn handing_over(t: &mut Run) {
    let late = t.seed.seconds(1, 600);
    let stops = t.seed.one_in(3);
    if stops {
        t.net.add(Rule::once(of(What::Order), NetFault::Wait(late.min(Duration::from_secs(25)))));
    } else {
        t.net.add(Rule::once(of(What::Order), NetFault::CrashLate(late)));
    }
    t.apply("line", t.some_line());
    t.start();
    if stops {
        t.until_begun(What::Order, 1).await;
        t.signal(0, Signal::Terminate);
    }
    t.rest_of_life("line").await;
}
