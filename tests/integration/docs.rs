//! The documentation pages: each command is run or states why not, and each link has a target.

use std::{collections::BTreeSet, fs, path::Path};

use fabric_testkit::markdown::blocks;

/// The pages whose commands `tests/e2e/docs.rs` runs.
const RUN: [&str; 11] = [
    "README.md",
    "docs/install.md",
    "docs/operations.md",
    "docs/tutorials/aws.md",
    "docs/tutorials/azure.md",
    "docs/tutorials/google.md",
    "docs/tutorials/oracle.md",
    "docs/tutorials/own-port.md",
    "docs/tutorials/sellers.md",
    "docs/tutorials/selling.md",
    "docs/tutorials/token-and-invitation.md",
];
/// What a line of commands begins with.
const PROGRAMS: [&str; 11] = [
    "$",
    "cargo",
    "curl",
    "docker",
    "fabric-operator",
    "flux",
    "git",
    "helm",
    "jq",
    "kubectl",
    "make",
];

fn markdown(folder: &Path, root: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            markdown(&path, root, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path.strip_prefix(root).unwrap().display().to_string());
        }
    }
}

/// All pages.
fn pages() -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found: Vec<String> =
        ["README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"].map(str::to_owned).into();
    for folder in ["docs", "examples", "deploy", "charts"] {
        markdown(&root.join(folder), root, &mut found);
    }
    found.sort();
    found
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

#[test]
fn every_command_is_run_or_says_why_not() {
    let runner = read("tests/e2e/docs.rs");
    let mut run = BTreeSet::new();
    for block in pages().iter().flat_map(|page| blocks(page)) {
        let place = format!("{}:{}", block.page, block.line);
        if block.is_run() {
            assert!(runner.contains(&format!("\"{}\"", block.page)), "{place} is not run");
            run.insert(block.page);
        } else if let Some(why) = block.info.strip_prefix("sh") {
            let why = why.strip_prefix(" not-run: ").unwrap_or_default();
            assert!(why.len() > 8, "{place} does not say why it is not run");
        } else {
            let known = ["mermaid", "text", "yaml"].contains(&block.info.as_str());
            assert!(known, "{place}: a block of {:?}; commands are `sh`", block.info);
            let first = |line: &str| line.split_whitespace().next().unwrap_or_default().to_owned();
            let command = block.text.lines().find(|line| PROGRAMS.contains(&first(line).as_str()));
            assert!(command.is_none(), "{place} hides a command: {command:?}");
        }
    }
    assert_eq!(run, RUN.map(str::to_owned).into());
}

/// A command that orders, sells or decides takes the reader's own copy: the values of an example are
/// not the reader's. An account's example has no values that cost.
#[test]
fn no_command_applies_an_unedited_example_that_costs() {
    let mut applied = 0;
    for block in pages().iter().flat_map(|page| blocks(page)) {
        let words: Vec<&str> = block.text.split_whitespace().collect();
        for file in words.windows(2).filter(|pair| ["--filename", "-f"].contains(&pair[0])) {
            let path = file[1].strip_prefix("examples/").unwrap_or("account-");
            let place = format!("{}:{}", block.page, block.line);
            assert!(path.starts_with("account-"), "{place} applies {} unedited", file[1]);
            applied += 1;
        }
    }
    assert!(applied > 20, "{applied} manifests are applied");
}

/// The paths in backticks that lie in one of the repository's folders.
fn paths(text: &str) -> Vec<&str> {
    let quoted = text.split('`').skip(1).step_by(2);
    let folders = ["crates/", "src/", "tests/", "charts/", "deploy/", "docs/", "examples/"];
    quoted.filter(|path| folders.iter().any(|folder| path.starts_with(folder))).collect()
}

#[test]
fn contributors_are_sent_to_files_that_exist() {
    let page = read("CONTRIBUTING.md");
    let paths = paths(&page);
    assert!(paths.len() > 30, "{paths:?}");
    for path in paths {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(path).exists(), "there is no {path}");
    }
}

/// The targets of the links of a page.
fn links(text: &str) -> Vec<String> {
    let parts = text.split("](").skip(1);
    parts.filter_map(|part| part.split_once(')')).map(|(target, _)| target.to_owned()).collect()
}

/// The anchors of a page, as the usual viewers make them of headings.
fn anchors(text: &str) -> BTreeSet<String> {
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| {
            let title = line.trim_start_matches('#').trim().to_lowercase();
            let kept = title.chars().filter(|c| c.is_alphanumeric() || " -_".contains(*c));
            kept.map(|c| if c == ' ' { '-' } else { c }).collect()
        })
        .collect()
}

#[test]
fn links_lead_somewhere() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut followed = 0;
    for page in pages() {
        let text = read(&page);
        for link in links(&text).into_iter().filter(|link| !link.contains("://")) {
            let (file, anchor) = link.split_once('#').unwrap_or((&link, ""));
            let target = match file {
                "" => root.join(&page),
                file => root.join(&page).parent().unwrap().join(file),
            };
            assert!(target.exists(), "{page} links to {link}");
            if !anchor.is_empty() {
                let there = anchors(&fs::read_to_string(&target).unwrap());
                assert!(there.contains(anchor), "{page} links to {link}; there is {there:?}");
            }
            followed += 1;
        }
    }
    assert!(followed > 50, "{followed} links were found");
}
