//! A type name is defined once in the workspace.
//!
//! Three families describe the same things at three borders and may share a name, one definition
//! each: the custom resources, the domain, and the documents of each API version.

use std::collections::BTreeMap;

use super::{Source, hold, sources};

/// The folders that may define a name which another of them defines too.
const FAMILIES: [&str; 4] =
    ["crates/api/", "crates/client/src/v3/", "crates/client/src/v4/", "crates/domain/"];

/// The words that define a type.
const DEFINING: [&str; 5] = ["struct", "enum", "trait", "type", "union"];

/// The name that a line of code defines. An indented `type` is an associated one, which has no name
/// of its own.
fn defined(line: &str) -> Option<&str> {
    let code = line.trim_start();
    let item = match code.strip_prefix("pub") {
        Some(rest) if rest.starts_with('(') => rest.split_once(')')?.1.trim_start(),
        Some(rest) => rest.trim_start(),
        None => code,
    };
    let (word, rest) = item.split_once(' ')?;
    if !DEFINING.contains(&word) || word == "type" && code.len() < line.len() {
        return None;
    }
    let end = rest.find(|c: char| c != '_' && !c.is_alphanumeric()).unwrap_or(rest.len());
    rest.starts_with(char::is_uppercase).then(|| &rest[..end])
}

fn family(path: &str) -> Option<&'static str> {
    FAMILIES.into_iter().find(|family| path.starts_with(family))
}

/// The names that are defined where another definition excludes them, with all their places.
fn violations(sources: &[Source]) -> Vec<String> {
    let mut places: BTreeMap<&str, Vec<(&Source, usize)>> = BTreeMap::new();
    for source in sources {
        for (line, code) in source.code() {
            if let Some(name) = defined(code) {
                places.entry(name).or_default().push((source, line));
            }
        }
    }
    let excluded = |places: &[(&Source, usize)]| {
        let mut families: Vec<_> = places.iter().map(|(source, _)| family(&source.path)).collect();
        families.sort_unstable();
        let shared = families.windows(2).any(|pair| pair[0] == pair[1]);
        families.len() > 1 && (shared || families.contains(&None))
    };
    let shown = |(source, line): &(&Source, usize)| format!("{}:{line}", source.path);
    places
        .iter()
        .filter(|(_, places)| excluded(places))
        .map(|(name, places)| {
            format!("{name}: {}", places.iter().map(shown).collect::<Vec<_>>().join(" "))
        })
        .collect()
}

#[test]
fn a_type_name_is_defined_once() {
    let mut all = sources(&["src", "crates"]);
    all.retain(|source| source.path.starts_with("src/") || source.path.contains("/src/"));
    assert!(all.len() > 100, "only {} files were found", all.len());
    hold("these type names are defined more than once; rename all but one", &violations(&all));
}

#[test]
fn a_second_definition_is_found() {
    let found = |files: &[(&str, &str)]| {
        let sources: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        violations(&sources)
    };
    let (domain, api) = ("crates/domain/src/a.rs", "crates/api/src/a.rs");
    let (v3, v4) = ("crates/client/src/v3/wire.rs", "crates/client/src/v4/wire.rs");
    let none: Vec<String> = vec![];

    // Once, in each family once, and what only looks like a definition.
    assert_eq!(found(&[("src/a.rs", "struct A;\n"), ("src/b.rs", "struct Ab;\n")]), none);
    let families = [(domain, "pub enum A {\n"), (api, "struct A;\n"), (v3, "type A = B;\n")];
    assert_eq!(found(&families), none);
    let lookalikes = "impl X {\n    type A = B;\n    // struct A;\n    enumerate A;\n}\n";
    assert_eq!(found(&[("src/a.rs", "struct A;\n"), ("src/b.rs", lookalikes)]), none);

    let twice = [("src/a.rs", "\npub(crate) struct A<T> {\n"), ("src/b.rs", "pub trait A: B {\n")];
    assert_eq!(found(&twice), ["A: src/a.rs:2 src/b.rs:1"]);
    let in_a_test = [("src/a.rs", "struct A;\nmod tests {\n    enum A {\n")];
    assert_eq!(found(&in_a_test), ["A: src/a.rs:1 src/a.rs:3"]);
    let beside_a_family = [(domain, "struct A;\n"), ("crates/simulator/src/a.rs", "struct A;\n")];
    assert_eq!(found(&beside_a_family).len(), 1);
    let beside_wire = [("crates/client/src/lib.rs", "struct A;\n"), (v4, "struct A;\n")];
    assert_eq!(found(&beside_wire).len(), 1);
    assert_eq!(
        found(&[(v4, "struct A;\n"), ("crates/client/src/v4/order.rs", "struct A;\n")]),
        ["A: crates/client/src/v4/wire.rs:1 crates/client/src/v4/order.rs:1"]
    );
}
