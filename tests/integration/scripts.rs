//! The scripts that developers and CI run: all missing tools are named at once, and a failed or
//! crashed suite neither hides the others nor goes uncounted.
//!
//! The programs that the scripts call are stand-ins, so nothing is built here.

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// What `cargo test` prints around four suites: one passes, one fails, one crashes, one is empty.
const SUITES: &str = "
     Running unittests src/lib.rs (target/debug/deps/fabric_api-0a1b)
test result: ok. 31 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
     Running tests/integration/main.rs (target/debug/deps/integration-0a1b)
test result: FAILED. 7 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out
     Running tests/e2e/main.rs (target/debug/deps/e2e-0a1b)
     Running tests/faults/main.rs (target/debug/deps/faults-0a1b)
test result: ok. 40 passed; 0 failed
   Doc-tests fabric_api
test result: ok. 0 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out
";

fn script(folder: &Path, name: &str, text: &str) {
    let path = folder.join(name);
    fs::write(&path, format!("#!/usr/bin/env bash\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn run(program: &str, arguments: &[&str], stand_ins: &Path) -> Output {
    let path = format!("{}:{}", stand_ins.display(), std::env::var("PATH").unwrap());
    Command::new(Path::new(ROOT).join(program))
        .args(arguments)
        .env("PATH", path)
        .env("KUBEBUILDER_ASSETS", stand_ins)
        .env("FABRIC_OPERATOR_TOOLS", stand_ins)
        .output()
        .unwrap()
}

#[test]
fn all_missing_tools_are_named_in_one_line() {
    let folder = tempfile::tempdir().unwrap();
    script(folder.path(), "present", "");
    script(folder.path(), "cargo-fmt", "exit 1");
    let need = |tools: &[&str]| run("deploy/local/need", tools, folder.path());
    let fine = need(&["bash", "present"]);
    assert!(fine.status.success() && fine.stderr.is_empty(), "{fine:?}");
    let output = need(&["absent-1", "present", "absent-2", "cargo-fmt"]);
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(!output.status.success());
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(said.starts_with("missing: absent-1 absent-2 cargo-fmt; install"), "{said}");
}

/// The programs that a script asks `need` for, or lists for it.
fn needed(script: &str) -> BTreeSet<String> {
    let lists = ["deploy/local/need ", "/need\" ", "$(NEED) ", "tools=(", "tools+=("];
    let text = fs::read_to_string(Path::new(ROOT).join(script)).unwrap();
    let mut found = BTreeSet::new();
    for line in text.lines().filter(|line| !line.trim_start().starts_with('#')) {
        let Some(list) = lists.iter().find_map(|list| line.split_once(list)) else { continue };
        let words = list.1.split([')', '|', ';']).next().unwrap_or_default().split_whitespace();
        found.extend(words.filter(|word| !word.starts_with('"')).map(str::to_owned));
    }
    found
}

#[test]
fn the_readme_lists_every_program_that_a_script_needs() {
    let readme = fs::read_to_string(Path::new(ROOT).join("README.md")).unwrap();
    let (_, listed) = readme.split_once("They need ").unwrap();
    let listed = listed.split("The first run").next().unwrap();
    let words: BTreeSet<&str> = listed.split(|c: char| !c.is_alphanumeric()).collect();
    let mut all = BTreeSet::new();
    for script in [
        "Makefile",
        ".ci/run",
        "deploy/local/cache.sh",
        "deploy/local/controlplane/up",
        "deploy/local/demo",
        "deploy/local/stack.sh",
        "deploy/local/test",
    ] {
        let needed = needed(script);
        assert!(!needed.is_empty(), "{script} asks for nothing");
        all.extend(needed);
    }
    // The demo needs kubectl only on a cluster that the reader already talks to.
    all.remove("kubectl");
    for program in all {
        let name = match program.as_str() {
            "cargo-clippy" => "clippy",
            "cargo-fmt" => "rustfmt",
            name => name,
        };
        assert!(words.iter().any(|w| w.eq_ignore_ascii_case(name)), "{program}: {listed}");
    }
}

#[test]
fn an_operator_that_has_ended_ends_the_demo_and_the_playground() {
    let folder = tempfile::tempdir().unwrap();
    for tool in ["cargo", "cc", "curl", "openssl"] {
        script(folder.path(), tool, "");
    }
    script(folder.path(), "operator", "echo 'no such proxy' >&2; exit 7");
    let caller = "set -euo pipefail\nwhat=demo tools=()\nsource deploy/local/stack.sh\n\
                  phase ordering\nstart operator operator\nwhile true; do still_up; sleep 0.1; done";
    script(folder.path(), "caller", &format!("cd {ROOT}\n{caller}"));
    let output = run(folder.path().join("caller").to_str().unwrap(), &[], folder.path());
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("demo: the operator has ended, with exit code 7"), "{said}");
    assert!(said.ends_with("no such proxy\n"), "the end of its log is shown: {said}");
}

#[test]
fn every_suite_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    for tool in ["cc", "curl", "jq", "openssl"] {
        script(folder.path(), tool, "");
    }
    for program in ["kube-apiserver", "etcd", "helm", "promtool", "health"] {
        script(folder.path(), program, "");
    }
    let cargo = "[[ $* == *--no-run* ]] || { cat <<'END'\n{}\nEND\nexit 101; }";
    script(folder.path(), "cargo", &cargo.replace("{}", SUITES));
    let output = run("deploy/local/test", &[], folder.path());
    assert!(!output.status.success());
    let printed = String::from_utf8(output.stdout).unwrap();
    let counts: Vec<String> = printed
        .lines()
        .filter(|line| line.ends_with(" failed") && !line.starts_with("test result"))
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    let expected = [
        "unit tests of fabric-api 31 passed 0 failed",
        "integration 7 passed 2 failed",
        "e2e 0 passed 1 failed",
        "faults 40 passed 0 failed",
        "78 passed, 3 failed",
    ];
    assert_eq!(counts, expected, "{printed}");
    assert_eq!(printed.lines().last(), Some("78 passed, 3 failed"));
}
