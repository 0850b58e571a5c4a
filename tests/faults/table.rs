//! What came of the runs, for people.

use std::collections::BTreeMap;

use crate::{
    Wanted,
    cases::{Case, Kind},
    runner::Outcome,
    trial::Dialect,
};

pub fn list(cases: &[Case]) {
    for case in cases {
        match case.kind {
            Kind::Run(_) => println!("{:4} {}", case.id, case.what),
            Kind::Not(why) => println!("{:4} {} (not run: {why})", case.id, case.what),
        }
    }
}

/// Tells of a run that failed, and how to see it again.
pub fn fail(outcome: &Outcome) {
    let Outcome { id, dialect, seed, violations, .. } = outcome;
    let dialect = dialect.as_str();
    println!("VIOLATED {id}/{dialect} seed {seed}:");
    for violation in violations {
        println!("  {violation}");
    }
    println!("  again: cargo test --test faults -- {id}/{dialect} --seed {seed}");
}

/// Prints the table; answers whether all is well.
pub fn print(cases: &[Case], outcomes: &[Outcome], _wanted: &Wanted) -> bool {
    let mut undisturbed: BTreeMap<(Dialect, u64), usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.id == "R0") {
        undisturbed.insert((outcome.dialect, outcome.seed), outcome.calls);
    }
    let (mut runs, mut violated) = (0, 0);
    for case in cases {
        let of: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.id == case.id).collect();
        if of.is_empty() {
            continue;
        }
        let bad = of.iter().filter(|outcome| !outcome.violations.is_empty()).count();
        let calls: i64 = of
            .iter()
            .map(|o| {
                let usual = undisturbed.get(&(o.dialect, o.seed)).copied().unwrap_or(0);
                i64::try_from(o.calls).unwrap() - i64::try_from(usual).unwrap()
            })
            .sum();
        let mean = calls / i64::try_from(of.len()).unwrap();
        println!("{:4} {:60} {:6} {:4} {:+}", case.id, case.what, of.len(), bad, mean);
        runs += of.len();
        violated += bad;
    }
    println!("{runs} runs, {violated} with violations");
    violated == 0
}
