//! The fault suite: the real operator between an in-memory API server and the simulator, with every
//! fault of the network, the processes and the clocks that a seed can produce.
//!
//! A run is one case, one dialect and one seed, and it always ends the same. The invariants of all
//! runs are in `invariants`. This file reads the arguments.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no callers")]
#![allow(clippy::needless_pass_by_value, reason = "JSON is made where it is handed over")]

mod cases;
mod invariants;
mod logs;
mod net;
mod run;
mod runner;
mod seed;
mod specs;
mod table;

use std::process::ExitCode;

const USAGE: &str = "\
the fault suite: cargo test --test faults -- [case ...] [options]
  case        only cases whose id begins so, e.g. R13 or R13/v3
  --seeds N   so many seeds for each case and dialect
  --seed N    this seed alone, with the operator's log
  --death N+  the operator dies after call N, or before it with N-; with --seed and case E
  --without S take a safeguard of the operator away: intent or search
  --list      the cases
  --write F   the table into F, between its markers";

/// What is asked for.
#[derive(Debug, Default)]
pub struct Wanted {
    cases: Vec<String>,
    seeds: Option<u64>,
    seed: Option<u64>,
    death: Option<(u64, bool)>,
    without: Option<net::Sabotage>,
    list: bool,
    write: Option<String>,
}

/// Reads `12+` or `12-`.
fn death(text: &str) -> Result<(u64, bool), String> {
    let wrong = || format!("{text} is no number with + or -");
    let (number, after) = match (text.strip_suffix('+'), text.strip_suffix('-')) {
        (Some(number), _) => (number, true),
        (None, Some(number)) => (number, false),
        (None, None) => return Err(wrong()),
    };
    Ok((number.parse().map_err(|_| wrong())?, after))
}

impl Wanted {
    /// Whether no case is named.
    pub fn everything(&self) -> bool {
        self.cases.is_empty()
    }

    fn read(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut wanted = Self::default();
        while let Some(argument) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{argument} needs a value"));
            let number = |text: String| text.parse().map_err(|_| format!("{text} is no number"));
            match argument.as_str() {
                "--seeds" => wanted.seeds = Some(number(value()?)?),
                "--seed" => wanted.seed = Some(number(value()?)?),
                "--death" => wanted.death = Some(death(&value()?)?),
                "--without" => {
                    wanted.without = Some(match value()?.as_str() {
                        "intent" => net::Sabotage::NoIntent,
                        "search" => net::Sabotage::NoSearch,
                        other => return Err(format!("{other} is no safeguard")),
                    });
                }
                "--write" => wanted.write = Some(value()?),
                "--list" => wanted.list = true,
                // What `cargo test` may hand to every test binary.
                "--nocapture" | "--no-capture" | "--quiet" | "-q" => {}
                "--test-threads" => drop(value()?),
                option if option.starts_with('-') => return Err(USAGE.into()),
                case => wanted.cases.push(case.to_owned()),
            }
        }
        Ok(wanted)
    }
}

fn main() -> ExitCode {
    let wanted = match Wanted::read(std::env::args().skip(1)) {
        Ok(wanted) => wanted,
        Err(text) => {
            eprintln!("{text}");
            return ExitCode::FAILURE;
        }
    };
    logs::listen(wanted.seed.is_some());
    runner::run(&wanted)
}
