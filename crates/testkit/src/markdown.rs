//! The fenced blocks of the project's documentation pages.
//!
//! The end-to-end tests run the blocks whose info string is `sh`. A block of commands that they
//! cannot run has the info string `sh not-run:`, followed by the reason.

use std::{fs, path::Path};

use super::ROOT;

/// A fenced block of a page.
#[derive(Debug, Clone)]
pub struct Block {
    /// The page, from the root of the repository.
    pub page: String,
    /// The line of its fence.
    pub line: usize,
    /// The info string of its fence.
    pub info: String,
    /// The lines between the fences, without their indentation.
    pub text: String,
}

impl Block {
    /// Whether the end-to-end tests run it.
    pub fn is_run(&self) -> bool {
        self.info == "sh"
    }
}

/// The fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let text = fs::read_to_string(Path::new(ROOT).join(page)).unwrap();
    let mut found = vec![];
    let mut open: Option<Block> = None;
    for (at, line) in text.lines().enumerate() {
        let fence = line.trim_start().strip_prefix("```");
        match (fence, &mut open) {
            (Some(_), Some(_)) => found.extend(open.take()),
            (Some(info), None) => {
                let info = info.trim().to_owned();
                open =
                    Some(Block { page: page.to_owned(), line: at + 1, info, text: String::new() });
            }
            (None, Some(block)) => block.text.extend([line.trim_start(), "\n"]),
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "{page} ends within a block");
    found
}
