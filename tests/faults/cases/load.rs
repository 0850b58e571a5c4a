//! Many resources at once.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::{Case, answer, run};
use crate::{
    net::{Call, Rule, Signal, What},
    run::{HOME, Run},
    specs,
};

pub fn cases() -> Vec<Case> {
    vec![
        run("R71", "a thousand fail for good, and one does not", |t| Box::pin(failing(t))),
        run("R72", "a restart over hundreds of connections in service", |t| Box::pin(restarted(t))),
        run("R74", "one namespace asks for hundreds at once, another for one", |t| {
            Box::pin(beside_hundreds(t))
        }),
        run("R79", "two ask for one port and VLAN at once", |t| Box::pin(contested(t))),
    ]
}

/// Of the five calls a second that an account may make, where nothing of the burst is left.
const SLOT: Duration = Duration::from_millis(200);

/// How long a resource waits from its creation to its order, and how often the provider is called
/// meanwhile.
async fn waits(t: &mut Run, (namespace, name): (&str, &str), n: u16) -> (Duration, u32) {
    let spec = specs::numbered(n);
    let tag = spec["aSide"]["linkProtocol"]["vlanTag"].clone();
    let (began, calls) = (Instant::now(), t.calls());
    t.apply_in(namespace, name, spec);
    while !t.cluster.world.ledger().orders.iter().any(|order| tag == order.vlan) {
        assert!(began.elapsed() < Duration::from_secs(600), "not ordered: {}", t.statuses());
        sleep(Duration::from_millis(50)).await;
    }
    (began.elapsed(), u32::try_from(t.calls() - calls).unwrap())
}

/// The same for the first resource of an operator that has nothing else to do.
async fn waits_alone(t: &mut Run) -> (Duration, u32) {
    t.alone();
    t.prompt();
    t.start();
    t.until_begun(What::Listing, 2).await;
    waits(t, (HOME, "first"), 1).await
}

/// A good one waits for its own calls, each in its slot, and no second longer.
async fn failing(t: &mut Run) {
    let (alone, calls) = waits_alone(t).await;
    // Some are refused by ourselves, some by the API, and some find it broken each time.
    let broken = |call: &Call| call.what == What::Question && call.path.contains("ffffffffffff");
    t.net.add(Rule::always(broken, answer(503, &[], "")));
    let refused = |call: &Call| call.what == What::Order && call.says("line-7");
    let body = r#"[{"errorCode":"EQ-3142102","errorMessage":"Invalid request"}]"#;
    t.net.add(Rule::always(refused, answer(400, &[], body)));
    let kind = t.seed.below(3);
    for n in 0..1000 {
        let mut spec = specs::numbered(700 + n);
        match kind {
            0 => spec["aSide"]["port"] = json!({"name": "noSuchPort"}),
            1 => spec["name"] = json!(format!("line-7{n}")),
            _ => {
                spec["zSide"]["serviceProfile"]["uuid"] =
                    json!("00000000-0000-4000-8000-ffffffffffff");
            }
        }
        t.apply(&format!("failing-{n}"), spec);
    }
    sleep(t.seed.seconds(1800, 7200)).await;
    let (beside, _) = waits(t, (HOME, "second"), 2).await;
    let paced = SLOT * calls;
    assert!(
        beside <= alone + paced + Duration::from_secs(1),
        "{beside:?} beside a thousand that fail, {alone:?} alone"
    );
    t.until_ready("second").await;
}

/// The one waits for the workers of the other namespace with each call, and not for all their work.
async fn beside_hundreds(t: &mut Run) {
    let (alone, calls) = waits_alone(t).await;
    let many = 300 + u16::try_from(t.seed.below(300)).unwrap();
    for n in 0..many {
        t.apply(&format!("line-{n}"), specs::numbered(10 + n));
    }
    sleep(t.seed.seconds(5, 30)).await;
    let (beside, _) = waits(t, ("shop", "second"), 2).await;
    let workers = u32::from(t.cluster.settings.concurrency);
    assert!(
        beside <= alone + SLOT * calls * (workers + 1) + Duration::from_secs(1),
        "{beside:?} beside {many}, {alone:?} alone"
    );
    for n in 0..many {
        t.until_ready(&format!("line-{n}")).await;
    }
}

/// Nothing is written, and nothing asked but the listing.
async fn restarted(t: &mut Run) {
    t.alone();
    t.start();
    let many = 20 + u16::try_from(t.seed.below(60)).unwrap();
    for n in 0..many {
        t.apply(&format!("line-{n}"), specs::numbered(n));
    }
    for n in 0..many {
        t.until_ready(&format!("line-{n}")).await;
    }
    sleep(Duration::from_secs(600)).await;
    let (writes, orders) = (t.net.begun(What::Status), t.cluster.world.ledger().orders.len());
    let asked = |t: &Run| t.net.count(|s| s.what.at_provider() && s.what != What::Token);
    let calls = asked(t);
    t.signal(0, Signal::Kill);
    sleep(Duration::from_secs(600)).await;
    assert_eq!(t.net.begun(What::Status), writes, "I7: a restart is no news");
    assert_eq!(orders, usize::from(many));
    // Two pages a minute at most.
    let more = asked(t) - calls;
    assert!(more <= 24, "{more} calls after a restart");
    t.quiet().await;
}

async fn contested(t: &mut Run) {
    let spec = t.some_line();
    for (name, line) in [("one", "Name-1"), ("two", "Name-2")] {
        let mut spec = spec.clone();
        spec["name"] = json!(if t.seed.of("same").one_in(2) { "Name" } else { line });
        t.apply(name, spec);
    }
    t.start();
    let ready = crate::run::ready;
    t.until("one of them is ready", |cluster| ready(cluster, "one") || ready(cluster, "two")).await;
    let (winner, loser) = if ready(&t.cluster, "one") { ("one", "two") } else { ("two", "one") };
    let reasons = ["ConnectionExists", "VlanInUse", "OrderRefused"];
    t.until_reason(loser, &reasons).await;
    sleep(t.seed.seconds(0, 7200)).await;
    t.until_reason(loser, &["ConnectionExists"]).await;
    t.quiet().await;
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "I1: one port and VLAN, one order");
    t.delete(loser).await;
    t.until_gone(loser).await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 0, "I4: the winner's line");
    t.rest_of_life(winner).await;
}
