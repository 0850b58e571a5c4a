//! Dependencies run one way.

use std::{collections::BTreeMap, fs, path::Path};

/// Which modules of this crate each module may use.
fn allowed() -> BTreeMap<&'static str, &'static [&'static str]> {
    BTreeMap::from([
        ("api", &["domain"] as &[_]),
        ("domain", &[]),
        ("provider", &["domain"]),
        ("fleet", &["domain", "provider"]),
        ("lease", &[]),
        ("simulator", &["domain"]),
        ("controller", &["api", "domain", "provider", "fleet"]),
        ("cli", &["api", "domain", "controller", "provider", "simulator"]),
    ])
}

/// The files at a path, if there is something.
fn sources(path: &Path, found: &mut Vec<(String, String)>) {
    if path.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            sources(&entry.unwrap().path(), found);
        }
    } else if path.is_file() && path.extension().is_some_and(|e| e == "rs") {
        found.push((path.display().to_string(), fs::read_to_string(path).unwrap()));
    }
}

/// The crate's modules that a source file names after `crate::`.
fn uses(text: &str) -> Vec<String> {
    let mut used = vec![];
    for part in text.split("crate::").skip(1) {
        let part = part.trim_start();
        let names: Vec<&str> = match part.strip_prefix('{') {
            Some(rest) => {
                // The first level of a braced list: names at depth zero.
                let (mut depth, mut name, mut names) = (0, 0, vec![]);
                for (at, c) in rest.char_indices() {
                    match c {
                        '{' => depth += 1,
                        '}' if depth == 0 => {
                            names.push(&rest[name..at]);
                            break;
                        }
                        '}' => depth -= 1,
                        ',' if depth == 0 => {
                            names.push(&rest[name..at]);
                            name = at + 1;
                        }
                        _ => {}
                    }
                }
                names
            }
            None => vec![part],
        };
        for name in names {
            let name: String =
                name.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            used.push(name);
        }
    }
    used
}

#[test]
fn dependencies_run_one_way() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let rules = allowed();
    for (module, allowed) in &rules {
        let mut files = vec![];
        sources(&root.join(module), &mut files);
        sources(&root.join(module).with_extension("rs"), &mut files);
        assert!(!files.is_empty(), "{module} has no files");
        for (file, text) in files {
            for used in uses(&text) {
                let known = rules.contains_key(used.as_str());
                let fine = used == *module || allowed.contains(&used.as_str());
                assert!(!known || fine, "{file} uses {used}, which {module} must not");
            }
        }
    }
}

#[test]
fn the_rule_sees_what_it_must() {
    assert_eq!(uses("use crate::{api::{A, b::C}, domain::D};"), ["api", "domain"]);
    assert_eq!(uses("crate::fleet::X; use crate::cli;"), ["fleet", "cli"]);
}
