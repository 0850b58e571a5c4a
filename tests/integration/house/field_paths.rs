//! Each field that a message names exists: a path such as `spec.aSide.port` in a text of a kind is one
//! of its definition, and so is each word of a remedy that is written as a field is.

use std::collections::BTreeSet;

use serde_json::Value;
use strum::IntoEnumIterator;

use fabric_api::{Reason, definitions};
use fabric_client::error_codes::{ECX_V3, FABRIC_V4};

use super::{Source, hold, sources};

/// The fields of a definition, as paths without indexes.
pub fn paths(plural: &str) -> BTreeSet<String> {
    let definition = definitions().into_iter().find(|d| d.spec.names.plural == plural).unwrap();
    let schema = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
    let mut found = BTreeSet::new();
    collect(&schema["openAPIV3Schema"], "", &mut found);
    found
}

fn collect(schema: &Value, at: &str, found: &mut BTreeSet<String>) {
    for (name, field) in schema["properties"].as_object().into_iter().flatten() {
        let path = if at.is_empty() { name.clone() } else { format!("{at}.{name}") };
        collect(field, &path, found);
        collect(&field["items"], &path, found);
        found.insert(path);
    }
}

/// The paths below `spec` and `status` in a text, without indexes.
pub fn named(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for root in ["spec.", "status."] {
        for (at, _) in text.match_indices(root) {
            let before = text[..at].chars().next_back();
            if before.is_some_and(|c| c.is_alphanumeric() || "._-".contains(c)) {
                continue;
            }
            let is_path = |c: &char| c.is_ascii_alphanumeric() || ".[]".contains(*c);
            let path: String = text[at..].chars().take_while(is_path).collect();
            // An expression of CEL, which the API server checks.
            if path.contains("hasValue") {
                continue;
            }
            let fields: Vec<&str> =
                path.split('.').map(|field| field.split('[').next().unwrap()).collect();
            found.insert(fields.join(".").trim_end_matches('.').to_owned());
        }
    }
    found.remove("spec");
    found.remove("status");
    found
}

/// The definitions whose fields the texts of a file may name.
fn kinds(path: &str) -> &'static [&'static str] {
    const ALL: &[&str] =
        &["fabricconnections", "serviceprofiles", "connectionapprovals", "fabricaccounts"];
    match path {
        _ if path.starts_with("src/connection/") => &["fabricconnections"],
        _ if path.starts_with("src/profile/") => &["serviceprofiles"],
        _ if path.starts_with("src/approval/") => &["connectionapprovals"],
        _ if path.starts_with("crates/client/") => &["fabricconnections", "fabricaccounts"],
        _ => ALL,
    }
}

/// The paths in string literals of a file that no definition has.
fn unknown(source: &Source) -> Vec<String> {
    let known: BTreeSet<String> =
        kinds(&source.path).iter().flat_map(|plural| paths(plural)).collect();
    let mut violations = vec![];
    for (line, code) in source.code() {
        // Between quotes; expressions such as `object.spec.account` are not.
        for text in code.split('"').skip(1).step_by(2) {
            for path in named(text).difference(&known) {
                violations.push(format!("{}:{line}: no definition has {path}", source.path));
            }
        }
    }
    violations
}

/// The words of a remedy that are written as fields are: `vlanCTag`, `metroCode`.
fn field_words(text: &str) -> impl Iterator<Item = &str> {
    let words = text.split(|c: char| !c.is_ascii_alphanumeric());
    words.filter(|word| {
        let mut letters = word.chars();
        letters.next().is_some_and(|c| c.is_ascii_lowercase())
            && letters.any(|c| c.is_ascii_uppercase())
    })
}

#[test]
fn each_path_in_a_message_is_a_field() {
    let sources = sources(&["src", "crates/client/src/error_codes", "crates/api/src"]).into_iter();
    // What the API server evaluates is checked by the API server.
    let texts = sources.filter(|source| !source.path.ends_with("rules.rs"));
    let violations: Vec<String> = texts.flat_map(|source| unknown(&source)).collect();
    hold("messages name fields that exist", &violations);
}

#[test]
fn each_field_in_a_remedy_is_a_field() {
    let known: BTreeSet<String> = kinds("").iter().flat_map(|plural| paths(plural)).collect();
    let names: BTreeSet<&str> = known.iter().filter_map(|path| path.rsplit('.').next()).collect();
    let of_codes = ECX_V3.iter().chain(FABRIC_V4).filter_map(|code| code.remedy);
    // The chart's value is in backticks, and no field.
    let of_reasons = Reason::iter().map(Reason::remedy).filter(|text| !text.contains("`rbac."));
    for remedy in of_codes.chain(of_reasons) {
        for path in named(remedy) {
            assert!(known.contains(&path), "{path} of {remedy:?} does not exist");
        }
        for word in field_words(remedy) {
            assert!(names.contains(word), "{word} of {remedy:?} is no field");
        }
    }
}

#[test]
fn a_wrong_path_is_found() {
    let text = r#"let text = "correct spec.zSide.colour, not spec.zSide.port or spec.adopt.uuid";"#;
    let found = unknown(&Source::new("src/connection/x.rs", text));
    assert_eq!(found, ["src/connection/x.rs:1: no definition has spec.zSide.colour"]);
    let indexed: Vec<String> =
        named("spec.ports[3].metroCode: no; object.spec.account").into_iter().collect();
    assert_eq!(indexed, ["spec.ports.metroCode"]);
    assert_eq!(field_words("give vlanCTag, or a Dot1q port").collect::<Vec<_>>(), ["vlanCTag"]);
}
