//! Prints the results of the runs, and writes them into docs/reliability.md.

use std::{
    collections::BTreeMap,
    fmt::{self, Write as _},
    fs,
};

use crate::{
    Wanted,
    cases::{Case, Kind},
    run::Dialect,
    runner::{Outcome, Summary},
};

/// Where the table begins and ends in a document.
const MARKS: [&str; 2] = ["<!-- faults -->\n", "<!-- /faults -->\n"];

pub fn list(cases: &[Case]) {
    for case in cases {
        match case.kind {
            Kind::Run(_) | Kind::Each(_) => println!("{:4} {}", case.id, case.what),
            Kind::Not(why) => println!("{:4} {} (not run: {why})", case.id, case.what),
        }
    }
}

/// Prints the violations of a run, and the command that repeats it.
pub fn fail(outcome: &Outcome) {
    let Outcome { id, dialect, seed, violations, .. } = outcome;
    let dialect = dialect.as_str();
    println!("VIOLATED {id}/{dialect} seed {seed}:");
    for violation in violations {
        println!("  {}", violation.chars().take(1500).collect::<String>());
    }
    let death = match outcome.death {
        Some((effect, after)) => format!(" DEATH={effect}{}", if after { "+" } else { "-" }),
        None => String::new(),
    };
    println!("  again: make faults CASE={id}/{dialect} SEED={seed}{death}");
}

/// One line of the table.
struct Row<'a> {
    case: &'a Case,
    runs: usize,
    seeds: usize,
    violated: usize,
    /// Calls to the provider beyond those of the same seed where nothing goes wrong.
    more: i64,
}

impl fmt::Display for Row<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { case, runs, seeds, violated, more } = self;
        write!(f, "| {} | {} | {runs} | {seeds} | {violated} | {more:+} |", case.id, case.what)
    }
}

fn row<'a>(
    case: &'a Case,
    outcomes: &[Outcome],
    usual: &BTreeMap<(Dialect, u64), usize>,
) -> Option<Row<'a>> {
    let of: Vec<&Outcome> = outcomes.iter().filter(|outcome| outcome.id == case.id).collect();
    let runs = of.len();
    let violated = of.iter().filter(|outcome| !outcome.violations.is_empty()).count();
    let mut seeds: Vec<u64> = of.iter().map(|outcome| outcome.seed).collect();
    seeds.sort_unstable();
    seeds.dedup();
    let more: Vec<i64> = of
        .iter()
        .filter_map(|o| {
            let usual = usual.get(&(o.dialect, o.seed))?;
            Some(i64::try_from(o.calls).ok()? - i64::try_from(*usual).ok()?)
        })
        .collect();
    let mean = more.iter().sum::<i64>() / i64::try_from(more.len().max(1)).unwrap();
    (runs > 0).then_some(Row { case, runs, seeds: seeds.len(), violated, more: mean })
}

/// Prints the table; answers whether all is well.
pub fn print(cases: &[Case], summary: &Summary, wanted: &Wanted) -> bool {
    let outcomes = &summary.outcomes;
    let mut usual: BTreeMap<(Dialect, u64), usize> = BTreeMap::new();
    for outcome in outcomes.iter().filter(|outcome| outcome.id == "R0") {
        usual.insert((outcome.dialect, outcome.seed), outcome.calls);
    }
    let rows: Vec<Row> = cases.iter().filter_map(|case| row(case, outcomes, &usual)).collect();
    let violated: usize = rows.iter().map(|row| row.violated).sum();
    let mut text = String::from(
        "| Case | What goes wrong | Runs | Seeds | Violations | More calls |\n|---|---|---|---|---|---|\n",
    );
    for row in &rows {
        let _ = writeln!(text, "{row}");
    }
    let (runs, cases_run) = (outcomes.len(), rows.len());
    let _ = writeln!(text, "\n{cases_run} cases, {runs} runs, {violated} with a violation.");
    if rows.iter().any(|row| matches!(row.case.kind, Kind::Each(_))) {
        let kinds = &summary.effects;
        let spared: Vec<&str> =
            kinds.iter().filter(|(_, met)| !**met).map(|(kind, _)| kind.trim()).collect();
        let (all, met) = (kinds.len(), kinds.len() - spared.len());
        let _ = write!(text, "The operator died before and after {met} of {all} kinds of calls");
        match spared.as_slice() {
            [] => text.push_str(".\n"),
            spared => writeln!(text, "; not at {}.", spared.join(", ")).unwrap(),
        }
    }
    print!("{text}");
    println!("took {:.0?}", summary.took);
    for unnoticed in &summary.unnoticed {
        println!("THE SUITE IS BLIND: {unnoticed}");
    }
    // The table that is about to be written has all cases.
    let whole = wanted.everything() && wanted.write.is_none();
    let unlisted = if whole { unlisted(cases) } else { vec![] };
    for case in &unlisted {
        println!("{case}: run make faults");
    }
    let failed = violated + summary.unnoticed.len() + unlisted.len();
    let ok = failed == 0;
    // In the words of the test harness, so that one reader serves all suites.
    let word = if ok { "ok" } else { "FAILED" };
    println!("test result: {word}. {} passed; {failed} failed", runs - violated);
    if let (true, Some(file)) = (ok, &wanted.write) {
        write(file, &format!("{text}\nNot run:\n\n{}", not_run(cases)));
    }
    ok
}

fn not_run(cases: &[Case]) -> String {
    let mut text = String::new();
    for case in cases {
        if let Kind::Not(why) = case.kind {
            let _ = writeln!(text, "- {}, {}: {why}.", case.id, case.what);
        }
    }
    text
}

/// The cases that the document does not have, or describes in other words.
fn unlisted(cases: &[Case]) -> Vec<String> {
    let document = include_str!("../../docs/reliability.md");
    let listed = |case: &&Case| match case.kind {
        Kind::Run(_) | Kind::Each(_) => {
            document.contains(&format!("| {} | {} |", case.id, case.what))
        }
        Kind::Not(why) => document.contains(&format!("- {}, {}: {why}.", case.id, case.what)),
    };
    let unlisted = cases.iter().filter(|case| !listed(case));
    unlisted.map(|case| format!("docs/reliability.md does not list {}", case.id)).collect()
}

fn write(file: &str, table: &str) {
    let old = fs::read_to_string(file).unwrap();
    let [begin, end] = MARKS;
    let (before, rest) = old.split_once(begin).expect("the document has a place for the table");
    let (_, after) = rest.split_once(end).expect("the table has an end");
    fs::write(file, format!("{before}{begin}\n{table}\n{end}{after}")).unwrap();
}
