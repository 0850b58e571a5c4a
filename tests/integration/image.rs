//! The Dockerfile keeps to its rules: pinned, non-root, without a shell, and plain.
//!
//! No image is built here, for want of a container engine.

use std::{fs, path::Path, process::Command};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// One instruction: its word, and the rest of its line.
type Instruction = (String, String);

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

/// The stages, each with its FROM first.
fn stages() -> Vec<Vec<Instruction>> {
    let mut stages: Vec<Vec<Instruction>> = vec![];
    for line in read("Dockerfile").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        assert!(!line.ends_with('\\') && !line.starts_with(' '), "one line each: {line}");
        let (word, rest) = line.split_once(' ').unwrap();
        if word == "FROM" {
            stages.push(vec![]);
        }
        stages.last_mut().expect("FROM comes first").push((word.to_owned(), rest.to_owned()));
    }
    stages
}

/// What the stage says with a word.
fn says<'a>(stage: &'a [Instruction], word: &str) -> Vec<&'a str> {
    stage.iter().filter(|(w, _)| w == word).map(|(_, rest)| rest.as_str()).collect()
}

#[test]
fn there_are_two_stages_of_one_debian_both_pinned() {
    let stages = stages();
    assert_eq!(stages.len(), 2);
    for stage in &stages {
        let image = stage[0].1.split(' ').next().unwrap();
        let (name, digest) = image.split_once("@sha256:").expect("a digest");
        assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{image}");
        let (_, tag) = name.rsplit_once(':').expect("a tag");
        assert_ne!(tag, "latest");
    }
    let (build, last) = (&stages[0][0].1, &stages[1][0].1);
    // The release that cargo asks for; 13 is trixie.
    let version = env!("CARGO_PKG_RUST_VERSION");
    assert!(build.starts_with(&format!("rust:{version}.")) && build.contains("-slim-trixie@"));
    assert!(build.ends_with(" AS build"), "{build}");
    assert!(last.starts_with("gcr.io/distroless/cc-debian13:nonroot@"), "{last}");
}

#[test]
fn what_runs_is_the_program_alone_and_not_as_root() {
    let stages = stages();
    let words: Vec<&str> = stages[1].iter().map(|(word, _)| word.as_str()).collect();
    // No RUN: there is no shell to run anything.
    assert_eq!(words, ["FROM", "COPY", "USER", "ENTRYPOINT"]);
    let program = "/usr/local/bin/fabric-operator";
    assert_eq!(
        says(&stages[1], "COPY"),
        [format!("--from=build /src/target/release/fabric-operator {program}")]
    );
    assert_eq!(says(&stages[1], "ENTRYPOINT"), [format!("[\"{program}\"]")]);
    let user = says(&stages[1], "USER")[0];
    let pod = read("deploy/base/deployment.yaml");
    let (uid, gid) = user.split_once(':').unwrap();
    assert!(uid != "0" && gid != "0");
    assert!(pod.contains(&format!("runAsUser: {uid}\n        runAsGroup: {gid}\n")), "{user}");
}

#[test]
fn the_build_has_what_cargo_needs_and_nothing_else() {
    let stages = stages();
    let words: Vec<&str> = stages[0].iter().map(|(word, _)| word.as_str()).collect();
    assert_eq!(words, ["FROM", "WORKDIR", "COPY", "COPY", "COPY", "COPY", "COPY", "RUN"]);
    assert_eq!(
        says(&stages[0], "RUN"),
        ["cargo build --release --locked --bin fabric-operator"],
        "one command, and no change of what was locked"
    );
    let mut copied = vec![];
    for copy in says(&stages[0], "COPY") {
        let mut files: Vec<&str> = copy.split(' ').collect();
        let to = files.pop().unwrap();
        assert!(to == "./" || files == [to], "{copy}");
        copied.extend(files);
    }
    let ignored = read(".dockerignore");
    let mut sent: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert_eq!(ignored.lines().next(), Some("*"));
    sent.sort_unstable();
    copied.sort_unstable();
    assert_eq!(sent, copied);

    // Every target that the manifest names is there.
    let folder = tempfile::tempdir().unwrap();
    let from = copied.iter().map(|file| Path::new(ROOT).join(file));
    let copy = Command::new("cp").arg("-r").args(from).arg(folder.path()).status().unwrap();
    assert!(copy.success());
    let cargo = Command::new(env!("CARGO"))
        .args(["metadata", "--no-deps", "--offline", "--format-version=1"])
        .current_dir(folder.path())
        .output()
        .unwrap();
    assert!(cargo.status.success(), "{}", String::from_utf8_lossy(&cargo.stderr));
}
