//! Faults between the operator and the provider: errors, timeouts and malformed responses.

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
use tokio::time::sleep;

use super::{Case, answer, each, of, provider, rewritten, run, signed};
use crate::{
    net::{Call, NetFault, Rule, What},
    run::Run,
    seed::Seed,
};

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
            let wait = NetFault::Wait(t.seed.seconds(24, 36));
            Box::pin(for_a_while(t, provider, wait, 3600))
        }),
        run("R32", "answers that never end", |t| {
            Box::pin(for_a_while(t, provider, NetFault::Silence, 900))
        }),
        run("R33", "answers of ten megabytes", |t| Box::pin(huge(t))),
        run("R34", "JSON a hundred thousand levels deep", |t| {
            let deep = NetFault::Rewrite(Arc::new(|answer| {
                answer.map(|_| Bytes::from("[".repeat(100_000)))
            }));
            Box::pin(for_a_while(t, provider, deep, 900))
        }),
        run("R36", "answers without some of their fields", |t| Box::pin(missing_fields(t))),
        run("R37", "numbers as strings and strings as numbers", |t| Box::pin(other_types(t))),
        run("R46", "no route, no name, no valid certificate", |t| {
            let why = *t.seed.pick(&["dns error", "certificate expired", "no route to host"]);
            Box::pin(for_a_while(t, provider, NetFault::NotSent(why), 3600))
        }),
    ]
}

/// The fault hits all these calls for a while, which begins at some point of a lifecycle.
async fn for_a_while(
    t: &mut Run,
    matches: impl Fn(&Call) -> bool + Send + 'static,
    deed: NetFault,
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

/// The operator sends nothing before Retry-After has passed.
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
        t.cluster.world.revoke_tokens();
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
        t.net.add(Rule::once(of(What::Order), NetFault::LoseReply));
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
