//! What the provider's side of the network does on bad days.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use jiff::fmt::rfc2822::DateTimePrinter;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use fabric_domain::ConnectionId;
use fabric_simulator::{Effect, Fault};
use fabric_testkit::seller;

use super::{Case, answer, each, of, provider, rewritten, run, signed};
use crate::{
    net::{Call, Deed, Rule, What},
    run::{ACCOUNT, Run, ready},
    seed::Seed,
    specs,
};

const DAY: u64 = 24 * 3600;

pub fn cases() -> Vec<Case> {
    vec![
        run("R25", "429 with Retry-After, in seconds or as a date", |t| Box::pin(throttled(t))),
        run("R26", "429 without Retry-After", |t| {
            Box::pin(for_a_while(t, signed, answer(429, &[], ""), 300))
        }),
        run("R27", "403 for hours", |t| {
            let body = r#"[{"errorCode":"EQ-3142401","errorMessage":"Access denied"}]"#;
            Box::pin(for_a_while(t, signed, answer(403, &[], body), 7200))
        }),
        run("R28", "401, and then well again", |t| Box::pin(revoked(t))),
        run("R29", "401 for hours", |t| {
            Box::pin(for_a_while(t, signed, answer(401, &[], ""), 7200))
        }),
        run("R30", "5xx for an hour", |t| {
            let status = *t.seed.pick(&[500, 502, 503, 504]);
            Box::pin(for_a_while(t, provider, answer(status, &[], ""), 3600))
        }),
        run("R31", "each answer takes half a minute", |t| {
            let wait = Deed::Wait(t.seed.seconds(24, 36));
            Box::pin(for_a_while(t, provider, wait, 3600))
        }),
        run("R32", "answers that never end", |t| {
            Box::pin(for_a_while(t, provider, Deed::Silence, 900))
        }),
        run("R33", "answers of ten megabytes", |t| Box::pin(huge(t))),
        run("R34", "JSON a hundred thousand levels deep", |t| {
            let deep =
                Deed::Rewrite(Arc::new(|answer| answer.map(|_| Bytes::from("[".repeat(100_000)))));
            Box::pin(for_a_while(t, provider, deep, 900))
        }),
        run("R35", "states that nobody knows", |t| Box::pin(unknown_states(t))),
        run("R36", "answers without some of their fields", |t| Box::pin(missing_fields(t))),
        run("R37", "numbers as strings and strings as numbers", |t| Box::pin(other_types(t))),
        run("R38", "a line is not found right after its order", |t| Box::pin(not_found_yet(t))),
        run("R39", "states that flap", |t| Box::pin(flapping(t))),
        run("R40", "a line that is gone still shows, and holds its VLAN", |t| {
            Box::pin(shown_though_gone(t))
        }),
        run("R41", "the line was cancelled in the portal", |t| Box::pin(cancelled_by_others(t))),
        run("R42", "the other side says no", |t| Box::pin(rejected(t))),
        run("R43", "the other side is silent for 30 days", |t| Box::pin(silent(t))),
        run("R44", "the other side takes its yes back", |t| Box::pin(taken_back(t))),
        run("R45", "half of a pair does not take a change", |t| Box::pin(half_changed(t))),
        run("R46", "no route, no name, no valid certificate", |t| {
            let why = *t.seed.pick(&["dns error", "certificate expired", "no route to host"]);
            Box::pin(for_a_while(t, provider, Deed::NotSent(why), 3600))
        }),
    ]
}

/// All such calls fare so for a while, which begins at some point of a life.
async fn for_a_while(
    t: &mut Run,
    matches: impl Fn(&Call) -> bool + Send + 'static,
    deed: Deed,
    most: u64,
) {
    let begins = t.seed.below(4);
    let lasts = t.seed.seconds(most / 10, most);
    let line = t.some_line();
    match begins {
        // Before anything was asked.
        0 => t.net.add(Rule::always(matches, deed)),
        // With the order.
        1 => {
            t.start();
            t.until_begun(What::Listing, 1).await;
            let ordering = AtomicBool::new(false);
            let from_then_on = move |call: &Call| {
                ordering.fetch_or(call.what == What::Order, Ordering::Relaxed);
                ordering.load(Ordering::Relaxed) && matches(call)
            };
            t.net.add(Rule::always(from_then_on, deed));
        }
        // In service, or on the way there.
        2 => {
            t.apply("line", line.clone());
            t.start();
            t.until_begun(What::Order, 1).await;
            sleep(t.seed.seconds(0, 300)).await;
            t.net.add(Rule::always(matches, deed));
        }
        // With the end.
        _ => {
            t.apply("line", line.clone());
            t.start();
            t.until_ready("line").await;
            t.net.add(Rule::always(matches, deed));
            t.delete("line").await;
        }
    }
    if begins < 2 {
        t.apply("line", line);
        t.start();
    }
    sleep(lasts).await;
    t.net.calm();
    if begins == 3 {
        t.until_gone("line").await;
    } else {
        t.rest_of_life("line").await;
    }
}

/// Nothing is asked before it is time.
async fn throttled(t: &mut Run) {
    let wait = t.seed.seconds(20, 300);
    let after = if t.seed.one_in(2) {
        wait.as_secs().to_string()
    } else {
        // Servers round their clocks; the product has the runtime's clock and none of the day.
        let at = jiff::Timestamp::now() + wait;
        DateTimePrinter::new().timestamp_to_rfc9110_string(&at).unwrap()
    };
    let headers = [("retry-after", after)];
    let skip = u32::try_from(t.seed.below(14)).unwrap();
    t.alone();
    t.net.add(Rule::once(signed, answer(429, &headers, "")).after(skip));
    t.life().await;
    let sent = t.net.sent();
    let refused = sent.iter().find(|sent| sent.status == 429);
    let Some(refused) = refused else { return };
    // What was on its way may still arrive; a second is lost to the rounding of dates.
    let from = refused.at + t.net.slowest();
    let until = refused.at + wait.saturating_sub(Duration::from_secs(2));
    let early = sent.iter().find(|sent| {
        sent.what.at_provider() && sent.what != What::Token && sent.at > from && sent.at < until
    });
    assert!(early.is_none(), "asked to wait {wait:?} at {:?}, and {early:?}", refused.at);
}

async fn revoked(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    let skip = u32::try_from(t.seed.below(12)).unwrap();
    t.net.add(Rule::once(signed, answer(401, &[], "")).after(skip));
    for _ in 0..t.seed.below(3) {
        sleep(t.seed.seconds(1, 200)).await;
        t.lab.world.revoke_tokens();
    }
    t.rest_of_life("line").await;
}

async fn huge(t: &mut Run) {
    let skip = u32::try_from(t.seed.below(12)).unwrap();
    let padded = rewritten(|answer| {
        let padding = Value::from("x".repeat(10 * 1024 * 1024));
        if let Some(fields) = answer.as_object_mut() {
            fields.insert("padding".into(), padding);
        }
    });
    t.net.add(Rule::once(provider, padded).times(2).after(skip));
    t.life().await;
}

fn lines_told(call: &Call) -> bool {
    matches!(call.what, What::Line | What::Listing)
}

/// Replaces what is told of lines' states.
fn told_as(equinix: &'static str, provider: &'static str) -> Deed {
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
    t.net.add(Rule::always(lines_told, told_as("ENTANGLED", "Superposed\u{1b}[31m")));
    t.start();
    t.until_reason("line", &["UnknownState"]).await;
    sleep(t.seed.seconds(60, 3600)).await;
    t.net.calm();
    t.rest_of_life("line").await;
}

async fn missing_fields(t: &mut Run) {
    let times = u32::try_from(1 + t.seed.below(60)).unwrap();
    let skip = u32::try_from(t.seed.below(20)).unwrap();
    let seed = t.seed.of("fields");
    let number = AtomicUsize::new(0);
    let poorer = rewritten(move |answer| {
        let number = number.fetch_add(1, Ordering::Relaxed);
        remove_some(answer, &mut seed.of(&number.to_string()));
    });
    t.net.add(Rule::always(signed, poorer).times(times).after(skip));
    broken_order(t);
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    t.net.calm();
    t.rest_of_life("line").await;
}

/// A seed in two loses the answer to its order, too.
fn broken_order(t: &mut Run) {
    if t.seed.one_in(2) {
        t.net.add(Rule::once(of(What::Order), Deed::LoseReply));
    }
}

fn remove_some(value: &mut Value, seed: &mut Seed) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, _| !seed.one_in(8));
            fields.values_mut().for_each(|field| remove_some(field, seed));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| remove_some(item, seed)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

async fn other_types(t: &mut Run) {
    t.net.add(Rule::always(
        provider,
        rewritten(|answer| {
            each(answer, &mut |_, value| match value {
                Value::Number(number) => *value = json!(number.to_string()),
                Value::String(text) => {
                    if let Ok(number) = text.parse::<u32>() {
                        *value = json!(number);
                    }
                }
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {}
            });
        }),
    ));
    broken_order(t);
    t.life().await;
}

async fn not_found_yet(t: &mut Run) {
    let (status, body) = *t.seed.pick(&[
        (404, ""),
        (400, r#"[{"errorCode":"EQ-3142519","errorMessage":"Connection does not exist"}]"#),
    ]);
    t.net.add(Rule::always(of(What::Line), answer(status, &[], body)));
    if t.seed.one_in(2) {
        let lag = Effect::IndexLag(t.seed.seconds(10, 600));
        t.lab.world.inject(Fault::always(lag));
    }
    t.apply("line", t.some_line());
    t.start();
    sleep(t.seed.seconds(10, 1200)).await;
    let early = t.seed.one_in(3);
    if early {
        t.delete("line").await;
        sleep(t.seed.seconds(10, 1200)).await;
        assert!(
            t.lab.get("line").is_some() || t.lab.world.ledger().cancellations.len() == 1,
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
    // Two that see it flap at different times tell it at different times.
    t.alone();
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    let period = t.seed.seconds(20, 300);
    let began = Instant::now();
    t.net.add(Rule::always(
        lines_told,
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
    assert_eq!(t.lab.world.ledger().orders.len(), 1, "ordered anew without being asked");
}

async fn rejected(t: &mut Run) {
    t.people(false);
    t.apply("line", seller::to_a_seller(ACCOUNT));
    t.start();
    t.until_reason("line", &["AwaitingApproval"]).await;
    sleep(t.seed.seconds(0, 7200)).await;
    t.lab.world.reject(&ConnectionId::parse(&t.uuid("line")).unwrap()).unwrap();
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
    let before = t.lab.get("line").unwrap();
    let days = if t.short { 3 } else { 30 };
    sleep(Duration::from_secs(days * DAY)).await;
    assert_eq!(t.lab.get("line").unwrap(), before, "I7: told anew without news");
    t.people(true);
    t.rest_of_life("line").await;
}

async fn taken_back(t: &mut Run) {
    t.apply("line", t.some_line());
    t.start();
    t.until_ready("line").await;
    t.net.add(Rule::always(lines_told, told_as("PROVISIONED", "REJECTED")));
    t.until("it is told", |lab| !ready(lab, "line")).await;
    sleep(t.seed.seconds(60, 7200)).await;
    assert_eq!(t.lab.world.ledger().orders.len(), 1, "ordered anew");
    assert!(!ready(&t.lab, "line"), "I3: ready, and it was taken back");
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
    t.until("a change is under way", |lab| lab.world.ledger().changes.len() >= broken).await;
    let changes = t.lab.world.ledger().changes;
    let uuid = ConnectionId::parse(&changes[broken - 1].uuid).unwrap();
    t.lab.world.fail(&uuid).unwrap();
    t.until("both are changed", |lab| {
        lab.world.lines().iter().all(|line| line.bandwidth == 200) && ready(lab, "line")
    })
    .await;
    let asked = t.net.begun(What::Change);
    assert!(asked <= 3, "{asked} changes of two lines, of which one failed once");
    t.rest_of_life("line").await;
}
