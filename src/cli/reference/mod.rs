//! `fabric-operator reference`: the pages of `docs/` that say what the code says.
//!
//! Each page enumerates the tables that the operator itself uses. No page may state what the tables
//! do not.

mod api;
mod errors;
mod metrics;
mod reasons;
mod states;

use std::path::PathBuf;

use crate::cli::generated;

/// Options of `reference`.
#[derive(Debug, clap::Args)]
pub(super) struct ReferenceArgs {
    /// Folder of the pages.
    #[arg(long, default_value = "docs")]
    dir: PathBuf,
    /// Change nothing; fail if a page is not what would be written.
    #[arg(long)]
    check: bool,
}

impl ReferenceArgs {
    pub(super) fn execute(self) -> Result<(), String> {
        generated::keep(&self.dir, self.check, pages())
    }
}

fn pages() -> [(&'static str, String); 5] {
    [
        ("api.md", api::page()),
        ("states.md", states::page()),
        ("errors.md", errors::page()),
        ("reasons.md", reasons::page()),
        ("metrics.md", metrics::page()),
    ]
}

/// The line below each title.
const ORIGIN: &str = "<!-- Written by `make gen`; do not edit. -->";

/// A table in Markdown.
fn table<const N: usize>(head: [&str; N], rows: impl IntoIterator<Item = [String; N]>) -> String {
    let line = |cells: &[String]| format!("| {} |\n", cells.join(" | "));
    let mut text = line(&head.map(str::to_owned));
    text.push_str(&line(&head.map(|_| "---".to_owned())));
    for row in rows {
        text.push_str(&line(&row.map(|cell| cell.replace('|', "\\|").replace('\n', " "))));
    }
    text
}

/// Words as code, one after the other.
fn code<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    words.into_iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// A clause of a message as a sentence of a page.
fn sentence(text: &str) -> String {
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    format!("{first}{}.", letters.as_str())
}
