//! Runs on threads: each has a runtime of its own, with a clock that moves when nobody can.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use crate::{
    Wanted,
    cases::{self, Case, Kind, Script},
    logs, table,
    trial::{Dialect, Trial},
};

/// Seeds of the short form, for each case and dialect.
const SEEDS: u64 = 1;

/// One run.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub id: &'static str,
    pub dialect: Dialect,
    pub seed: u64,
    pub script: Script,
}

/// What came of it.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub id: &'static str,
    pub dialect: Dialect,
    pub seed: u64,
    pub violations: Vec<String>,
    /// Calls to the provider.
    pub calls: usize,
    pub trace: u64,
}

impl Job {
    /// Runs it, on this thread.
    pub fn run(self) -> (Outcome, String) {
        fastrand::seed(self.seed);
        let _ = (logs::said(), logs::panics());
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .start_paused(true)
            .build()
            .unwrap();
        let mut left = None;
        let _ = catch_unwind(AssertUnwindSafe(|| {
            runtime.block_on(async {
                let trial = left.insert(Trial::new(self.seed, self.dialect));
                (self.script)(trial).await;
            });
        }));
        let mut violations = logs::panics();
        let mut log = String::new();
        let (mut calls, mut trace) = (0, 0);
        if let Some(trial) = &left {
            log = logs::said();
            violations.extend(runtime.block_on(async { trial.verdict(&log) }));
            (calls, trace) = (trial.calls(), trial.net.trace());
        }
        drop(runtime);
        let Self { id, dialect, seed, .. } = self;
        (Outcome { id, dialect, seed, violations, calls, trace }, log)
    }
}

/// Runs all that is wanted and prints what came of it.
pub fn run(wanted: &Wanted) -> ExitCode {
    let cases = cases::all();
    if wanted.list {
        table::list(&cases);
        return ExitCode::SUCCESS;
    }
    let jobs = jobs(&cases, wanted);
    let outcomes = all(&jobs, wanted.seed.is_some());
    if std::env::var_os("TWICE").is_some() {
        let again = all(&jobs, false);
        for (a, b) in outcomes.iter().zip(&again) {
            if a.trace != b.trace {
                println!(
                    "differs: {}/{} {} calls {} {}",
                    a.id,
                    a.dialect.as_str(),
                    a.seed,
                    a.calls,
                    b.calls
                );
            }
        }
    }
    let ok = table::print(&cases, &outcomes, wanted);
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn jobs(cases: &[Case], wanted: &Wanted) -> Vec<Job> {
    let seeds = match (wanted.seed, wanted.seeds) {
        (Some(seed), _) => seed..seed + 1,
        (None, seeds) => 0..seeds.unwrap_or(SEEDS),
    };
    let mut jobs = vec![];
    for case in cases {
        let Kind::Run(script) = case.kind else { continue };
        for dialect in Dialect::ALL {
            let name = format!("{}/{}", case.id, dialect.as_str());
            let asked = |filter: &String| match filter.split_once('/') {
                Some(_) => *filter == name,
                None => *filter == case.id,
            };
            if !wanted.cases.is_empty() && !wanted.cases.iter().any(asked) {
                continue;
            }
            jobs.extend(seeds.clone().map(|seed| Job { id: case.id, dialect, seed, script }));
        }
    }
    jobs
}

/// Runs them on as many threads as there are processors.
pub fn all(jobs: &[Job], tell: bool) -> Vec<Outcome> {
    let next = AtomicUsize::new(0);
    let outcomes = Mutex::new(BTreeMap::new());
    let threads = thread::available_parallelism().map_or(1, usize::from).min(jobs.len().max(1));
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some((at, job)) = {
                    let at = next.fetch_add(1, Ordering::Relaxed);
                    jobs.get(at).map(|job| (at, job))
                } {
                    let (outcome, log) = job.run();
                    if tell {
                        println!("{log}");
                    }
                    if !outcome.violations.is_empty() {
                        table::fail(&outcome);
                    }
                    outcomes.lock().unwrap().insert(at, outcome);
                }
            });
        }
    });
    outcomes.into_inner().unwrap().into_values().collect()
}
