//! The kinds share the engine and do not know one another.
//!
//! Crates cannot say this, since the four kinds are modules of one crate. The account is the
//! exception that all may use: it hands out the sessions.

use super::{Source, hold, sources};

/// The kinds, and which of the others each may name.
const KINDS: [(&str, &[&str]); 4] = [
    ("account", &[]),
    ("approval", &["account"]),
    ("connection", &["account"]),
    ("profile", &["account"]),
];

/// The modules at the root of the crate that a file names, with their lines.
///
/// A path begins at the root with `crate`, or with as many `super` as the file is deep; each may be
/// followed by one name or by a group of names.
fn named(source: &Source) -> Vec<(usize, String)> {
    let path = source.path.trim_start_matches("src/").trim_end_matches(".rs");
    let depth = path.trim_end_matches("/mod").split('/').count();
    let mut roots = vec!["crate::".to_owned()];
    // One deeper for what stands in an inline module, which is that of the tests.
    roots.extend([depth, depth + 1].map(|depth| "super::".repeat(depth)));

    let (mut text, mut lines) = (String::new(), vec![]);
    for (line, code) in source.code() {
        lines.extend(std::iter::repeat_n(line, code.len() + 1));
        text.extend([code, "\n"]);
    }
    let mut found = vec![];
    for root in &roots {
        for (at, _) in text.match_indices(root.as_str()) {
            if text[..at].ends_with(|c: char| c == ':' || c == '_' || c.is_alphanumeric()) {
                continue;
            }
            let names = first_names(&text[at + root.len()..]);
            found.extend(names.into_iter().map(|name| (lines[at], name)));
        }
    }
    found.sort();
    found
}

/// The first segments of a path, or of all paths of a group.
fn first_names(path: &str) -> Vec<String> {
    let segment = |path: &str| -> String {
        path.trim_start().chars().take_while(|c| *c == '_' || c.is_alphanumeric()).collect()
    };
    let Some(group) = path.strip_prefix('{') else { return vec![segment(path)] };
    let (mut names, mut depth, mut begins) = (vec![], 0, 0);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth > 0 => depth -= 1,
            ',' | '}' if depth == 0 => {
                names.push(segment(&group[begins..at]));
                begins = at + 1;
                if c == '}' {
                    break;
                }
            }
            _ => {}
        }
    }
    names
}

/// Where a kind names another one that it may not use.
fn violations(sources: &[Source]) -> Vec<String> {
    let mut found = vec![];
    for (kind, allowed) in KINDS {
        let of_kind = [format!("src/{kind}/"), format!("src/{kind}.rs")];
        for source in sources.iter().filter(|s| of_kind.iter().any(|p| s.path.starts_with(p))) {
            for (line, name) in named(source) {
                let other = KINDS.iter().any(|(other, _)| *other == name && *other != kind);
                if other && !allowed.contains(&name.as_str()) {
                    found.push(format!("{}:{line} uses {name}", source.path));
                }
            }
        }
    }
    found
}

#[test]
fn no_kind_uses_another() {
    let all = sources(&["src"]);
    for (kind, _) in KINDS {
        let folder = format!("src/{kind}/");
        assert!(all.iter().any(|source| source.path.starts_with(&folder)), "{folder} is gone");
    }
    hold("a kind uses another one; move what both need into src/reconcile", &violations(&all));
}

#[test]
fn a_use_of_another_kind_is_found() {
    let found = |path: &str, text: &str| violations(&[Source::new(path, text)]);
    let none: Vec<String> = vec![];
    for fine in [
        "use crate::{account::Session, reconcile::{Step, connection}, profile::Plan};\n",
        "use super::{connection, approval};\n",
        "// crate::approval is another kind\nlet a = crate::reconcile::run();\n",
        "use fabric_api::{approval, connection};\nlet x = my_crate::approval::x();\n",
    ] {
        assert_eq!(found("src/profile/plan/mod.rs", fine), none, "{fine}");
    }
    for (path, text, expected) in [
        (
            "src/profile/mod.rs",
            "\nuse crate::approval::Plan;\n",
            "src/profile/mod.rs:2 uses approval",
        ),
        (
            "src/profile/plan.rs",
            "use crate::{\n    account::{self, Session},\n    connection::Plan,\n};\n",
            "src/profile/plan.rs:1 uses connection",
        ),
        (
            "src/approval/act.rs",
            "let a = crate::profile::x();\n",
            "src/approval/act.rs:1 uses profile",
        ),
        ("src/approval/mod.rs", "use super::profile;\n", "src/approval/mod.rs:1 uses profile"),
        (
            "src/connection/plan/mod.rs",
            "use super::super::{reconcile, approval::Plan};\n",
            "src/connection/plan/mod.rs:1 uses approval",
        ),
        (
            "src/account/mod.rs",
            "use crate::connection::Plan;\n",
            "src/account/mod.rs:1 uses connection",
        ),
        ("src/account.rs", "use crate::profile;\n", "src/account.rs:1 uses profile"),
    ] {
        assert_eq!(found(path, text), [expected], "{text}");
    }
}
