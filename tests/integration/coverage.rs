//! The documents' tables are in the code, and each of their rows has a test.
//!
//! The table is `tests/coverage.yaml`. Whether the tests prove what it claims is for its reviewers
//! to judge.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde::Deserialize;

use fabric_client::error_codes::{Code, ECX_V3, FABRIC_V4, OAUTH};

use crate::states;

/// One row.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Row {
    /// The title of the documents' section.
    section: String,
    /// What of it the row is about.
    items: Vec<String>,
    /// The names of the functions.
    tests: Vec<String>,
}

/// The rows, by what they are about.
type Table = BTreeMap<String, Vec<Row>>;

/// What there is to prove, by what it is.
type Items = BTreeMap<String, BTreeSet<String>>;

/// Everything that is wrong with a table.
fn faults(table: &Table, items: &Items, sources: &[String]) -> Vec<String> {
    let mut faults = vec![];
    for kind in items.keys().chain(table.keys()).collect::<BTreeSet<_>>() {
        let (empty, none) = (vec![], BTreeSet::new());
        let rows = table.get(kind).unwrap_or(&empty);
        let there_are = items.get(kind).unwrap_or(&none);
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in rows {
            if row.section.trim().is_empty() || row.items.is_empty() || row.tests.is_empty() {
                faults.push(format!("{kind}: a row of {:?} is not whole", row.section));
            }
            for item in &row.items {
                *counts.entry(item).or_default() += 1;
            }
            for test in row.tests.iter().filter(|test| !is_test(test, sources)) {
                faults.push(format!("{kind}: there is no test {test}"));
            }
        }
        for item in there_are.iter().filter(|item| !counts.contains_key(item.as_str())) {
            faults.push(format!("{kind}: {item} has no row"));
        }
        for (item, times) in counts {
            if !there_are.contains(item) {
                faults.push(format!("{kind}: there is no {item}"));
            }
            if times > 1 {
                faults.push(format!("{kind}: {item} has {times} rows"));
            }
        }
    }
    faults
}

/// Whether a source holds the function, with the attribute of a test before it.
fn is_test(name: &str, sources: &[String]) -> bool {
    let function = format!("fn {name}(");
    let has_attribute = |(at, text): (usize, &String)| {
        let before = text[..at].lines().rev().map(str::trim);
        let mut attributes = before
            .skip_while(|line| ["", "async"].contains(line))
            .take_while(|line| line.starts_with("#["));
        attributes.any(|line| line == "#[test]" || line.starts_with("#[tokio::test"))
    };
    let places = sources
        .iter()
        .flat_map(|text| text.match_indices(&function).map(move |(at, _)| (at, text)));
    places.into_iter().any(has_attribute)
}

/// The item of an entry of an error code table.
fn code(entry: &Code) -> String {
    match entry.says {
        Some(says) => format!("{} {says}", entry.code),
        None => entry.code.to_owned(),
    }
}

/// The names of the samples in folders of `tests/fixtures`.
fn samples(root: &Path, folders: &[&str]) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for folder in folders {
        for entry in fs::read_dir(root.join("tests/fixtures").join(folder)).unwrap() {
            let path = entry.unwrap().path();
            names.insert(format!("{folder}/{}", path.file_stem().unwrap().to_str().unwrap()));
        }
    }
    names
}

fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|e| e == "rs") {
            found.push(fs::read_to_string(&path).unwrap());
        }
    }
}

#[test]
fn what_the_documents_say_has_a_test() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("tests/coverage.yaml")).unwrap();
    let table: Table = serde_saphyr::from_str(&table).unwrap();
    let pairs = states::rows()
        .iter()
        .map(|r| format!("{} {}/{}", r.table, r.equinix, r.provider))
        .collect();
    let items = Items::from([
        ("flows".to_owned(), samples(root, &["v3", "v4"])),
        ("decisions".to_owned(), samples(root, &["decisions"])),
        ("selling".to_owned(), samples(root, &["selling"])),
        ("states".to_owned(), pairs),
        ("errors".to_owned(), [ECX_V3, FABRIC_V4, OAUTH].into_iter().flatten().map(code).collect()),
    ]);
    for (kind, least) in
        [("flows", 20), ("decisions", 8), ("selling", 7), ("states", 20), ("errors", 20)]
    {
        assert!(items[kind].len() >= least, "{kind} are read");
    }
    let mut texts = vec![];
    for folder in ["src", "crates", "tests"] {
        sources(&root.join(folder), &mut texts);
    }
    let faults = faults(&table, &items, &texts);
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_bad_table_is_reported() {
    let items = Items::from([("errors".to_owned(), ["A-1", "A-2"].map(String::from).into())]);
    let sources = [
        "#[test]\nfn proves() {}\n\n#[tokio::test(start_paused = true)]\nasync fn waits() {}\n",
        "fn helps() {}\n",
    ]
    .map(String::from);
    let faults = |table: &str| faults(&serde_saphyr::from_str(table).unwrap(), &items, &sources);
    let good = "errors:\n  - {section: S, items: [A-1, A-2], tests: [proves, waits]}\n";
    assert_eq!(faults(good), Vec::<String>::new());
    for (bad, expected) in [
        ("errors: []", "errors: A-1 has no row"),
        ("{}", "errors: A-2 has no row"),
        (&good.replace("A-2", "A-2, A-3"), "errors: there is no A-3"),
        (&good.replace("A-2", "A-2, A-1"), "errors: A-1 has 2 rows"),
        (&good.replace("proves", "proved"), "errors: there is no test proved"),
        (&good.replace("proves", "helps"), "errors: there is no test helps"),
        (&good.replace("[proves, waits]", "[]"), "errors: a row of \"S\" is not whole"),
        (&good.replace("section: S", "section: ''"), "errors: a row of \"\" is not whole"),
        (
            &format!("{good}lines:\n  - {{section: S, items: [x], tests: [waits]}}\n"),
            "lines: there is no x",
        ),
    ] {
        assert!(faults(bad).iter().any(|fault| fault == expected), "{expected}: {:?}", faults(bad));
    }
}
