//! Runs the jobs on threads. Each has a runtime of its own, with a clock that advances whenever all
//! tasks wait.

use std::{
    collections::BTreeMap,
    panic::{AssertUnwindSafe, catch_unwind},
    process::ExitCode,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use crate::{
    Wanted,
    cases::{self, Case, Kind, Script},
    logs,
    net::{NetFault, Rule, Sabotage},
    run::{Dialect, Run},
    table,
};

/// The number of runs between two lines of progress.
const PRINT_EVERY: usize = 500;

/// Of so many seeds one dies at each call of its life; of the others, one in so many calls is taken.
const ONE_IN: u64 = 10;

/// One run.
#[derive(Debug, Clone, Copy)]
pub struct Job {
    pub id: &'static str,
    pub dialect: Dialect,
    pub seed: u64,
    pub script: Script,
    /// Whether the script is run again for each of its calls.
    pub each: bool,
    /// The number of the call at which the operator dies, and whether it does so after it.
    pub death: Option<(u64, bool)>,
    pub sabotage: Option<Sabotage>,
}

/// The result of a run.
#[derive(Debug, Clone)]
pub struct Outcome {
    pub id: &'static str,
    pub dialect: Dialect,
    pub seed: u64,
    pub death: Option<(u64, bool)>,
    pub violations: Vec<String>,
    /// Calls to the provider.
    pub calls: usize,
    /// What the calls to both APIs were for: in their order where the script is run again for each
    /// of them, else each kind once.
    pub effects: Vec<String>,
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
                let run = left.insert(Run::new(self.seed, self.dialect));
                if let Some((effect, after)) = self.death {
                    let deed = if after { NetFault::CrashAfter } else { NetFault::CrashBefore };
                    run.net.add(Rule::once(move |call| call.effect == effect, deed));
                }
                if let Some(sabotage) = self.sabotage {
                    // Between two operators the intent decides even where nothing goes wrong.
                    run.alone();
                    run.net.sabotage(sabotage);
                }
                (self.script)(run).await;
            });
        }));
        let mut violations = logs::panics();
        let mut log = String::new();
        let (mut calls, mut trace, mut effects) = (0, 0, vec![]);
        if let Some(run) = &left {
            log = logs::said();
            violations.extend(runtime.block_on(async { run.verdict(&log) }));
            (calls, trace) = (run.calls(), run.net.trace());
            effects = run.net.effects();
            if !self.each {
                effects.sort_unstable();
                effects.dedup();
                effects.shrink_to_fit();
            }
        }
        drop(runtime);
        let Self { id, dialect, seed, death, .. } = self;
        (Outcome { id, dialect, seed, death, violations, calls, effects, trace }, log)
    }

    fn dying(self, effect: u64, after: bool) -> Self {
        Self { death: Some((effect + 1, after)), ..self }
    }
}

/// The results of all runs.
pub struct Summary {
    pub outcomes: Vec<Outcome>,
    /// The kinds of calls, and whether an operator was killed at them.
    pub effects: BTreeMap<String, bool>,
    /// The missing safeguards that the suite did not notice.
    pub unnoticed: Vec<String>,
    pub took: Duration,
}

/// Runs all wanted cases and prints the results.
pub fn run(wanted: &Wanted) -> ExitCode {
    let cases = cases::all();
    if wanted.list {
        table::list(&cases);
        return ExitCode::SUCCESS;
    }
    #[allow(clippy::disallowed_methods, reason = "people want to know how long it takes")]
    let began = Instant::now();
    let jobs = jobs(&cases, wanted);
    if jobs.is_empty() {
        println!("no case is run by that name; --list shows them all");
        return ExitCode::FAILURE;
    }
    let mut outcomes = all(&jobs, wanted.seed.is_some());
    let (deaths, effects) = deaths(&cases, &outcomes, wanted);
    outcomes.extend(all(&deaths, wanted.death.is_some()));
    let unnoticed = if wanted.everything() { unnoticed(&cases) } else { vec![] };
    let summary = Summary { outcomes, effects, unnoticed, took: began.elapsed() };
    let ok = table::print(&cases, &summary, wanted);
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn jobs(cases: &[Case], wanted: &Wanted) -> Vec<Job> {
    let seeds = match (wanted.seed, wanted.seeds) {
        (Some(seed), _) => seed..seed + 1,
        (None, seeds) => 0..seeds.unwrap_or(1),
    };
    let mut jobs = vec![];
    for case in cases {
        let (script, each) = match case.kind {
            Kind::Run(script) => (script, false),
            Kind::Each(script) => (script, true),
            Kind::Not(_) => continue,
        };
        for seed in seeds.clone() {
            // The seeds take turns with the dialects, and so do those that die at each call; who
            // names one gets that.
            for dialect in Dialect::ALL {
                let name = format!("{}/{}", case.id, dialect.as_str());
                let asked = |filter: &String| match filter.split_once('/') {
                    Some(_) => *filter == name,
                    None => *filter == case.id,
                };
                let named = wanted.cases.contains(&name);
                let odd = if each { seed + seed / ONE_IN } else { seed };
                let turn = odd % 2 == dialect as u64;
                let any = wanted.cases.is_empty() || wanted.cases.iter().any(asked);
                if any && (turn || named) {
                    let (id, death, sabotage) = (case.id, None, wanted.without);
                    jobs.push(Job { id, dialect, seed, script, each, death, sabotage });
                }
            }
        }
    }
    jobs
}

/// The same lives again, with a death before and after each of their calls, or one in ten of them; with
/// one seed the first of each kind.
fn deaths(
    cases: &[Case],
    lives: &[Outcome],
    wanted: &Wanted,
) -> (Vec<Job>, BTreeMap<String, bool>) {
    let (mut jobs, mut kinds) = (vec![], BTreeMap::new());
    for life in lives {
        let script =
            cases.iter().find(|case| case.id == life.id).and_then(|case| match case.kind {
                Kind::Each(script) => Some(script),
                Kind::Run(_) | Kind::Not(_) => None,
            });
        for effect in &life.effects {
            kinds.entry(effect.clone()).or_insert(false);
        }
        let Some(script) = script else { continue };
        let (id, dialect, seed) = (life.id, life.dialect, life.seed);
        let each = false;
        let job = Job { id, dialect, seed, script, each, death: None, sabotage: None };
        let every = if seed % ONE_IN == 0 || wanted.death.is_some() { 1 } else { ONE_IN };
        let calls = (0..).zip(&life.effects).filter(|(n, _)| (n + seed) % every == 0);
        for (n, effect) in calls {
            let first = kinds.insert(effect.clone(), true) != Some(true);
            for after in [false, true] {
                let job = job.dying(n, after);
                let asked = wanted.death.is_none_or(|death| Some(death) == job.death);
                if asked && (first || wanted.seeds.is_some() || wanted.death.is_some()) {
                    jobs.push(job);
                }
            }
        }
    }
    (jobs, kinds)
}

/// Tests the suite itself: disables each of the operator's two safeguards in turn. Reports a probe that
/// does not notice, and a violation where nothing goes wrong.
fn unnoticed(cases: &[Case]) -> Vec<String> {
    let mut found = vec![];
    for sabotage in [Sabotage::NoIntent, Sabotage::NoSearch] {
        for (id, script) in cases::PROBES {
            let mut lives = (0..6).zip(Dialect::ALL.into_iter().cycle());
            let noticed = lives.any(|(seed, dialect)| {
                let sabotage = Some(sabotage);
                let each = false;
                let job = Job { id, dialect, seed, script, each, death: None, sabotage };
                !job.run().0.violations.is_empty()
            });
            if noticed == (id == "R0") {
                let what = if noticed { "fails for itself in" } else { "goes unnoticed by" };
                found.push(format!("{sabotage:?} {what} {id}"));
            }
        }
    }
    found.extend(unlike(cases));
    found
}

/// Cases whose second run differs from the first.
fn unlike(cases: &[Case]) -> Vec<String> {
    let mut found = vec![];
    for case in cases.iter().filter(|case| ["R13", "R49", "R62"].contains(&case.id)) {
        let Kind::Run(script) = case.kind else { panic!("{} is run", case.id) };
        for (seed, dialect) in (0..2).zip(Dialect::ALL) {
            let (id, each) = (case.id, false);
            let job = Job { id, dialect, seed, script, each, death: None, sabotage: None };
            if job.run().0.trace != job.run().0.trace {
                found.push(format!("{}/{} seed {seed} does not replay", case.id, dialect.as_str()));
            }
        }
    }
    found
}

/// Runs them on as many threads as there are processors.
pub fn all(jobs: &[Job], print: bool) -> Vec<Outcome> {
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
                    if at > 0 && at % PRINT_EVERY == 0 {
                        eprintln!("{at} of {} runs", jobs.len());
                    }
                    let (outcome, log) = job.run();
                    if print {
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
