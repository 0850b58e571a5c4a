//! The matrix: every operation of the client × every kind of answer, with the real controllers.
//!
//! In each cell the resource gets where it was going once the fault is gone, nothing is ordered twice,
//! nothing else is cancelled, and the operation is sent as often as the table of `answers` allows.
//! Operations that follow each other in one life share it; each meets the fault by itself.

mod answers;
mod checks;
mod connections;
mod decisions;
mod life;
mod network;
mod operations;
mod profiles;
mod sign_in;

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::AssertUnwindSafe,
    time::Duration,
};

use futures::FutureExt;
use strum::IntoEnumIterator;

use self::{
    answers::AnswerKind,
    checks::check,
    life::Life,
    network::UNCLASSIFIED,
    operations::{DIALECTS, OPERATIONS, Story, operations_of},
};

/// How long an answer to a read lasts.
const READS_FAIL: Duration = Duration::from_secs(60);

/// One life: all operations of a story that read, or all that change something, meet one answer.
#[derive(Debug, Clone, Copy)]
struct Run {
    dialect: &'static str,
    answer: AnswerKind,
    story: Story,
    changing: bool,
}

impl Run {
    fn disturb(self, life: &Life) {
        let names = operations_of(self.story, self.dialect, self.changing).map(|o| o.name);
        let reads = !self.changing && self.story != Story::SignIn;
        let lasts = if reads { READS_FAIL } else { Duration::ZERO };
        life.network.disturb(self.answer, names.collect(), lasts);
    }

    /// Asserts every cell of the run; answers with how many there were.
    fn check(self, life: &Life) -> usize {
        let sent = life.network.sent();
        let unknown: Vec<_> = sent.iter().filter(|r| r.operation == UNCLASSIFIED).collect();
        assert!(unknown.is_empty(), "no row names {unknown:#?}");
        let mut counts: BTreeMap<String, usize> = BTreeMap::new();
        for request in &sent {
            *counts.entry(request.operation.to_owned()).or_default() += 1;
        }
        assert_eq!(counts, measured(life), "{self:?}: the operations as the metrics name them");
        let mut cells = 0;
        for operation in operations_of(self.story, self.dialect, self.changing) {
            if self.story != Story::SignIn {
                check(operation, self.answer, &sent);
            }
            cells += 1;
        }
        cells
    }
}

/// How often each operation was sent, by the operator's own metrics.
fn measured(life: &Life) -> BTreeMap<String, usize> {
    let text = life.cluster.instruments.metrics.scrape();
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        let Some(labels) = line.strip_prefix("fabric_operator_provider_requests_total{") else {
            continue;
        };
        let (_, rest) = labels.split_once("operation=\"").unwrap();
        let (operation, _) = rest.split_once('"').unwrap();
        let (_, count) = line.rsplit_once(' ').unwrap();
        *counts.entry(operation.to_owned()).or_default() += count.parse::<usize>().unwrap();
    }
    counts
}

/// Lives a story with every answer, on each dialect that has one of its operations. All runs are made,
/// whichever fail.
async fn every_answer(story: Story, changing: bool, live: impl AsyncFn(Run) -> Life) {
    let (mut passed, mut all, mut failed) = (0, 0, vec![]);
    for dialect in DIALECTS {
        all += operations_of(story, dialect, changing).count() * AnswerKind::iter().count();
        for answer in AnswerKind::iter() {
            let run = Run { dialect, answer, story, changing };
            let cells = async { run.check(&live(run).await) };
            match AssertUnwindSafe(cells).catch_unwind().await {
                Ok(cells) => passed += cells,
                Err(_) => failed.push(format!("{dialect} {answer:?}")),
            }
        }
    }
    let kind = if changing { "changes" } else { "reads" };
    println!("{story:?}, {kind}: {passed} of {all} cells");
    assert!(failed.is_empty(), "{story:?} failed with {failed:#?}");
    assert_eq!(passed, all);
}

#[tokio::test(start_paused = true)]
async fn signing_in_meets_every_answer() {
    every_answer(Story::SignIn, false, sign_in::sign_in).await;
}

#[tokio::test(start_paused = true)]
async fn what_changes_a_connection_meets_every_answer() {
    every_answer(Story::Connection, true, connections::changes).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_connection_reads_meets_every_answer() {
    every_answer(Story::Connection, false, connections::reads).await;
}

#[tokio::test(start_paused = true)]
async fn what_changes_a_profile_meets_every_answer() {
    every_answer(Story::Profile, true, profiles::lifetime).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_profile_reads_meets_every_answer() {
    every_answer(Story::Profile, false, profiles::lifetime).await;
}

#[tokio::test(start_paused = true)]
async fn decisions_meet_every_answer() {
    every_answer(Story::Decision, true, decisions::changes).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_decision_reads_meets_every_answer() {
    every_answer(Story::Decision, false, decisions::reads).await;
}

/// The methods of a trait of the client that send something.
fn methods(text: &'static str, name: &str) -> BTreeSet<&'static str> {
    let (_, rest) = text.split_once(&format!("pub trait {name}:")).unwrap();
    let (body, _) = rest.split_once("\n}").unwrap();
    let calls = body.split("async fn ").skip(1);
    calls.map(|call| call.split('(').next().unwrap()).collect()
}

#[test]
fn every_method_of_the_client_has_a_row() {
    let text = include_str!("../../../crates/client/src/lib.rs");
    let mut all = methods(text, "Reads");
    all.append(&mut methods(text, "Writes"));
    let rows: BTreeSet<&str> = OPERATIONS.iter().flat_map(|row| row.methods).copied().collect();
    assert_eq!(rows, all);
}
