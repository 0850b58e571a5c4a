//! The glossary stays short enough to be read: before a term gets an entry, it needs a reason.

use std::{fs, path::Path};

/// How many words may be explained.
const MOST: usize = 30;

/// The entries: the rows of the page's tables, without their heads.
fn entries(page: &str) -> Vec<&str> {
    let mut found = vec![];
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if !line.starts_with('|') {
            continue;
        }
        // A line of dashes turns the row above it into a head.
        let ruled = |line: &str| line.starts_with("|-") || line.starts_with("| -");
        if !ruled(line) && !lines.peek().is_some_and(|next| ruled(next)) {
            found.push(line.trim_matches('|').split('|').next().unwrap_or_default().trim());
        }
    }
    found
}

#[test]
fn the_glossary_has_at_most_thirty_entries() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/glossary.md");
    let page = fs::read_to_string(&path).unwrap();
    let entries = entries(&page);
    assert!(!entries.is_empty(), "docs/glossary.md is a table with a row for each word");
    assert!(entries.len() <= MOST, "{} entries, and {MOST} at most: {entries:?}", entries.len());
}

#[test]
fn the_entries_are_the_rows_of_the_tables() {
    let page = "# Glossary\n\n| Word | Is |\n|---|---|\n| leg | half |\n| drift | change |\n\n\
                | Word | Is |\n| --- | --- |\n| claim | hold |\n";
    assert_eq!(entries(page), ["leg", "drift", "claim"]);
    assert_eq!(entries("# Glossary\n\nNo table.\n"), Vec::<&str>::new());
}
