//! Orders whose outcome the response leaves open, and listings that show a connection late, twice
//! or never.

use std::time::Duration;

use bytes::Bytes;
use http::StatusCode;
use serde_json::json;
use tokio::time::sleep;

use fabric_simulator::{Effect, InjectedFault};

use super::{Case, answered, each, entries, of, rewritten, run};
use crate::{
    net::{NetFault, Rule, What},
    run::Run,
    specs,
};

const HOUR: Duration = Duration::from_secs(3600);

pub fn cases() -> Vec<Case> {
    vec![
        run("R13", "the order times out and was made", |t| Box::pin(lost(t, NetFault::Silence))),
        run("R14", "the order times out and was not made", |t| Box::pin(lost(t, NetFault::Hang))),
        run("R15", "the connection breaks after the order", |t| Box::pin(broken(t))),
        run("R16", "502, 503 or 504, and the order was made", |t| Box::pin(gateway(t))),
        run("R17", "201 with an empty, cut or garbled body", |t| Box::pin(garbled(t))),
        run("R18", "201 with another id than the listings show", |t| Box::pin(misnamed(t))),
        run("R19", "202 without a body", |t| Box::pin(lost(t, answered(202, Bytes::new())))),
        run("R20", "the VLAN is in use by the lost order itself", |t| Box::pin(own_vlan(t))),
        run("R21", "the VLAN is in use by a stranger's order", |t| Box::pin(strangers_vlan(t))),
        run("R22", "listings show the order after minutes", |t| Box::pin(late_listing(t))),
        run("R23", "listings show connections twice, shuffled, in moving pages", |t| {
            Box::pin(pages(t))
        }),
        run("R24", "listings never show the order", |t| Box::pin(never_listed(t))),
    ]
}

async fn lost(t: &mut Run, deed: NetFault) {
    t.net.add(Rule::once(of(What::Order), deed));
    t.life().await;
}

/// At once, or with the order on its way for minutes more.
async fn broken(t: &mut Run) {
    let late = t.seed.seconds(1, 600);
    let deed = if t.seed.one_in(2) { NetFault::LoseReply } else { NetFault::Straggle(late) };
    lost(t, deed).await;
}

async fn gateway(t: &mut Run) {
    let status = *t.seed.pick(&[502, 503, 504]);
    let body = *t.seed.pick(&["", "<html>Bad Gateway</html>", r#"{"error": "upstream"}"#]);
    lost(t, answered(status, body)).await;
}

async fn garbled(t: &mut Run) {
    let (kind, cut) = (t.seed.below(3), t.seed.below(200));
    let deed = NetFault::Rewrite(std::sync::Arc::new(move |mut answer| {
        let cut = usize::try_from(cut).unwrap();
        *answer.status_mut() = StatusCode::CREATED;
        answer.map(|body| match kind {
            0 => Bytes::new(),
            1 => body.slice(..cut.min(body.len().saturating_sub(1))),
            _ => Bytes::from_static(b"\xff\xfe{]"),
        })
    }));
    lost(t, deed).await;
}

async fn misnamed(t: &mut Run) {
    let deed = rewritten(|answer| {
        each(answer, &mut |name, value| {
            if matches!(name, "uuid" | "primaryConnectionId") && value.is_string() {
                *value = json!("5f00c000-0000-4000-8000-0000000fffff");
            }
        });
    });
    lost(t, deed).await;
}

/// Younger lines than this are in no listing.
fn hide(t: &Run, younger: Duration) {
    t.cluster.world.inject(InjectedFault::always(Effect::IndexLag(younger)));
}

async fn own_vlan(t: &mut Run) {
    let lag = t.seed.seconds(1200, 2 * 3600);
    hide(t, lag);
    broken(t).await;
}

async fn strangers_vlan(t: &mut Run) {
    let spec = t.some_line();
    t.orphan(spec.clone()).await;
    hide(t, 1000 * HOUR);
    let mut spec = spec;
    spec["name"] = json!("Mine");
    // A service token is used up with its first order; the refusal says so.
    let token = spec["zSide"]["serviceToken"].is_object();
    t.apply("line", spec);
    let reasons: &[&str] = if token { &["OrderRefused", "VlanInUse"] } else { &["VlanInUse"] };
    t.until_reason("line", reasons).await;
    sleep(t.seed.seconds(60, 7200)).await;
    t.cluster.world.clear_faults();
    t.until_reason("line", &["ConnectionExists"]).await;
    t.quiet().await;
    t.delete("line").await;
    t.until_gone("line").await;
    assert_eq!(
        t.cluster.world.ledger().cancellations.len(),
        0,
        "the stranger's line was cancelled"
    );
}

async fn late_listing(t: &mut Run) {
    let lag = t.seed.seconds(60, 600);
    hide(t, lag);
    broken(t).await;
}

async fn pages(t: &mut Run) {
    for n in 0..3 {
        t.orphan(specs::numbered(n)).await;
    }
    let (size, twice) = (1 + t.seed.below(3), t.seed.one_in(2));
    t.cluster.world.inject(InjectedFault::always(Effect::Shuffle));
    let short = rewritten(move |page| {
        let Some(entries) = entries(page) else { return };
        if twice && let Some(first) = entries.first().cloned() {
            entries.push(first);
        } else {
            entries.truncate(usize::try_from(size).unwrap());
        }
    });
    t.net.add(Rule::always(of(What::Listing), short).times(40));
    broken(t).await;
}

/// The status reports it, nothing is ordered again, and the connection is adopted once it shows.
async fn never_listed(t: &mut Run) {
    hide(t, 1000 * HOUR);
    t.net.add(Rule::once(of(What::Order), NetFault::LoseReply));
    t.apply("line", t.some_line());
    t.start();
    t.until_reason("line", &["OrderUnknown"]).await;
    sleep(t.seed.seconds(3600, 8 * 3600)).await;
    // A repetition is refused because of the lost order itself, which the operator cannot know.
    t.until_reason("line", &["OrderUnknown", "VlanInUse"]).await;
    t.cluster.world.clear_faults();
    t.rest_of_life("line").await;
}
