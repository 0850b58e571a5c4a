//! The rules of the Dockerfile: pinned bases, programs that do not run as root, no shell, and only
//! the files that the build needs.
//!
//! Whether these files suffice is not read off the text: `make image-check` builds from them.

use std::{fs, path::Path, process::Command};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// The programs that have an image, by the name of the stage that makes it.
const PROGRAMS: [&str; 2] = ["fabric-simulator", "fabric-operator"];

/// One instruction: its word, and the rest of its line.
type Instruction = (String, String);

/// A stage: its name, the base that it begins from, and its instructions.
struct Stage {
    name: String,
    base: String,
    instructions: Vec<Instruction>,
}

impl Stage {
    fn words(&self) -> Vec<&str> {
        self.instructions.iter().map(|(word, _)| word.as_str()).collect()
    }

    /// The arguments of all instructions with this word.
    fn arguments(&self, word: &str) -> Vec<&str> {
        let of_word = self.instructions.iter().filter(|(w, _)| w == word);
        of_word.map(|(_, rest)| rest.as_str()).collect()
    }
}

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(ROOT).join(path)).unwrap()
}

fn stages() -> Vec<Stage> {
    let mut stages: Vec<Stage> = vec![];
    for line in read("Dockerfile").lines().filter(|l| !l.is_empty() && !l.starts_with('#')) {
        // `make image-check` reads the file line by line.
        assert!(!line.ends_with('\\') && !line.starts_with(' '), "one line each: {line}");
        let (word, rest) = line.split_once(' ').unwrap();
        if word == "FROM" {
            let (base, name) = rest.split_once(" AS ").expect("a stage has a name");
            let (base, name) = (base.to_owned(), name.to_owned());
            stages.push(Stage { name, base, instructions: vec![] });
            continue;
        }
        let stage = stages.last_mut().expect("FROM comes first");
        stage.instructions.push((word.to_owned(), rest.to_owned()));
    }
    stages
}

fn stage(name: &str) -> Stage {
    let found = stages().into_iter().find(|stage| stage.name == name);
    found.unwrap_or_else(|| panic!("the Dockerfile has no stage {name}"))
}

#[test]
fn the_bases_are_of_one_debian_and_pinned() {
    let all = stages();
    let named = |base: &str| all.iter().any(|stage| stage.name == base);
    let bases: Vec<&str> =
        all.iter().map(|stage| stage.base.as_str()).filter(|base| !named(base)).collect();
    assert_eq!(bases.len(), 2, "one to build and one to run: {bases:?}");
    for image in &bases {
        let (name, digest) = image.split_once("@sha256:").expect("a digest");
        assert!(digest.len() == 64 && digest.chars().all(|c| c.is_ascii_hexdigit()), "{image}");
        let (_, tag) = name.rsplit_once(':').expect("a tag");
        assert_ne!(tag, "latest");
    }
    // The release that cargo asks for; 13 is trixie.
    let version = env!("CARGO_PKG_RUST_VERSION");
    let build = bases[0];
    assert!(build.starts_with(&format!("rust:{version}.")) && build.contains("-slim-trixie@"));
    assert!(bases[1].starts_with("gcr.io/distroless/cc-debian13:nonroot@"), "{}", bases[1]);
}

#[test]
fn an_image_holds_one_program_that_does_not_run_as_root() {
    let runtime = stage("runtime");
    assert_eq!(runtime.words(), ["USER"]);
    for program in PROGRAMS {
        let last = stage(program);
        assert_eq!(last.base, "runtime");
        // No RUN: there is no shell to run anything.
        assert_eq!(last.words(), ["COPY", "ENTRYPOINT"]);
        let path = format!("/usr/local/bin/{program}");
        assert_eq!(last.arguments("ENTRYPOINT"), [format!("[\"{path}\"]")]);
        let (from, copied) = last.arguments("COPY")[0].split_once(' ').unwrap();
        assert_eq!(copied, format!("/src/target/release/{program} {path}"));
        let build = stage(from.strip_prefix("--from=").unwrap());
        assert_eq!(build.base, "source");
        assert_eq!(
            build.instructions,
            [("RUN".to_owned(), format!("cargo build --release --locked --package {program}"))],
            "one command, and no change of what was locked"
        );
    }
    let default = stages().pop().unwrap().name;
    assert_eq!(default, "fabric-operator", "a build without a target makes the operator");

    let user = runtime.arguments("USER")[0];
    let pod = read("deploy/base/deployment.yaml");
    let (uid, gid) = user.split_once(':').unwrap();
    // The kubelet can prove of a number only that it is not root's. The Pod sets none, so that
    // OpenShift can choose another.
    for id in [uid, gid] {
        assert!(id.parse::<u32>().is_ok_and(|id| id > 0), "{user}");
    }
    assert!(pod.contains("runAsNonRoot: true\n") && !pod.contains("runAsUser"), "{pod}");
}

#[test]
fn the_build_gets_the_sources_and_nothing_else() {
    let source = stage("source");
    assert_eq!(source.words(), ["WORKDIR", "COPY", "COPY", "COPY"]);
    let mut copied = vec![];
    for copy in source.arguments("COPY") {
        let mut files: Vec<&str> = copy.split(' ').collect();
        let to = files.pop().unwrap();
        assert!(to == "./" || files == [to], "{copy}");
        copied.extend(files);
    }
    copied.sort_unstable();
    assert_eq!(copied, ["Cargo.lock", "Cargo.toml", "crates", "src"]);
    let ignored = read(".dockerignore");
    let mut sent: Vec<&str> = ignored.lines().filter_map(|line| line.strip_prefix('!')).collect();
    assert_eq!(ignored.lines().next(), Some("*"));
    sent.sort_unstable();
    assert_eq!(sent, copied, "what is sent to the engine is what the build copies");

    // Cargo reads the manifests without the files that are not copied. Before `make image-check`
    // builds from them, this says so in a second.
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
