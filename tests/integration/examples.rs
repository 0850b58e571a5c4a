//! The examples as texts: each file describes its use case and is in the index. The end-to-end
//! tests show that they work.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("examples")
}

/// All YAML files under a folder, as paths within `examples`.
fn files(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else if path.extension().is_some_and(|e| e == "yaml") {
            found.insert(path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned());
        }
    }
}

fn all() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    files(&root(), &mut found);
    found
}

#[test]
fn the_index_lists_each_example_once() {
    let index = fs::read_to_string(root().join("README.md")).unwrap();
    let links: Vec<String> =
        index.split("](").skip(1).map(|rest| rest.split(')').next().unwrap().to_owned()).collect();
    let listed: BTreeSet<String> = links.iter().cloned().collect();
    assert_eq!(listed, all());
    assert_eq!(links.len(), listed.len(), "a file is listed twice");
}

#[test]
fn each_example_says_what_it_needs_and_what_comes_then() {
    for file in all() {
        let text = fs::read_to_string(root().join(&file)).unwrap();
        let comment: Vec<&str> = text.lines().take_while(|l| l.starts_with("# ")).collect();
        let says = |word: &str| comment.iter().any(|line| line.starts_with(word));
        let account = file.starts_with("account-");
        assert!(!comment.is_empty(), "{file} has no story");
        assert!(account || (says("# Have ready: ") && says("# Then: ")), "{file}: {comment:#?}");
        assert!(comment.iter().all(|line| line.len() <= 100), "{file}: a line is too long");
        let name = file.trim_end_matches(".yaml").replace('/', "-");
        assert!(account || text.contains(&format!("\n  name: {name}\n")), "{file} is not {name}");
    }
}
