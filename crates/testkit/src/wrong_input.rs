//! The manifests of `tests/wrong-input` and what a user reads about each: one `.yaml` with a `.txt`.
//!
//! With `UPDATE_GOLDEN=1` the tests write the texts instead of comparing them; their author then reads
//! each of them for what is wrong, where, and what to do. How a message comes about is not known here.

use std::{env, fs, path::PathBuf};

use serde_json::Value;

use super::ROOT;

/// A wrong manifest.
#[derive(Debug)]
pub struct WrongInput {
    /// The name of its file, without the suffix.
    pub name: String,
    /// What it needs to be there, such as Secrets.
    pub context: Vec<Value>,
    /// The wrong object, which is the last document of the file.
    pub object: Value,
    text: PathBuf,
}

/// The manifests of a folder of `tests/wrong-input`, by name.
pub fn wrong_inputs(folder: &str) -> Vec<WrongInput> {
    let folder = PathBuf::from(ROOT).join("tests/wrong-input").join(folder);
    let files = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path());
    let manifests = files.filter(|path| path.extension().is_some_and(|end| end == "yaml"));
    let mut found: Vec<WrongInput> = manifests
        .map(|path| {
            let manifest = fs::read_to_string(&path).unwrap();
            let mut context: Vec<Value> = serde_saphyr::from_multiple(&manifest).unwrap();
            let object = context.pop().unwrap();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            WrongInput { name, context, object, text: path.with_extension("txt") }
        })
        .collect();
    found.sort_by(|a, b| a.name.cmp(&b.name));
    found
}

impl WrongInput {
    /// What differs between the golden text and what a user reads now, if anything. Writes it instead
    /// with `UPDATE_GOLDEN=1`.
    pub fn difference(&self, reads: &str) -> Option<String> {
        let reads = format!("{}\n", reads.trim_end());
        if env::var("UPDATE_GOLDEN").is_ok_and(|value| value == "1") {
            fs::write(&self.text, reads).unwrap();
            return None;
        }
        let golden = fs::read_to_string(&self.text).unwrap_or_default();
        (golden != reads)
            .then(|| format!("{}:\n  expected: {golden}  a user reads: {reads}", self.name))
    }
}
