//! The tools that check the chart, the alerts and the health rules: helm, promtool, and the
//! interpreters of Argo CD and Flux, all built by `deploy/local/tools/build`.
//!
//! A missing tool fails the test: nothing here may turn that into a skip.

use std::{
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
    sync::LazyLock,
};

use super::ROOT;

static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let script = Path::new(ROOT).join("deploy/local/tools/build");
    let built = Command::new(&script).stderr(Stdio::inherit()).output();
    let built = built.unwrap_or_else(|e| panic!("cannot run {}: {e}", script.display()));
    assert!(built.status.success(), "{} failed, see its messages above", script.display());
    PathBuf::from(String::from_utf8(built.stdout).unwrap().trim())
});

/// The folder of all tools.
pub fn folder() -> &'static Path {
    &FOLDER
}

/// A tool, to be run from the root of the repository.
pub fn tool(name: &str) -> Command {
    let mut command = Command::new(folder().join(name));
    command.current_dir(ROOT);
    command
}

/// Runs a tool with `input` on standard input. Returns its standard output, or, if it fails, both of
/// its outputs as the error.
pub fn run(command: &mut Command, input: &str) -> Result<String, String> {
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if status.success() { Ok(text(&stdout)) } else { Err(text(&stdout) + &text(&stderr)) }
}
