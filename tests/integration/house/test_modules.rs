//! No test module without a test: an empty one looks like evidence and is none.

use super::{Source, hold, sources};

/// What makes a function, or a whole file, a test.
const MARKS: [&str; 3] = ["#[test]", "#[tokio::test", "proptest!"];

fn is_tested<'a>(mut code: impl Iterator<Item = &'a str>) -> bool {
    code.any(|line| MARKS.iter().any(|mark| line.trim_start().starts_with(mark)))
}

/// The lines of the inline module that begins at a line, up to the brace that closes it. Rustfmt
/// puts that brace below the first letter of the module.
fn body<'a>(code: &[(usize, &'a str)], begins: usize) -> Vec<&'a str> {
    let head = code[begins].1;
    let indent = &head[..head.len() - head.trim_start().len()];
    let rest = code[begins + 1..].iter().map(|(_, line)| *line);
    rest.take_while(|line| line.strip_prefix(indent) != Some("}")).collect()
}

/// The test modules that hold no test: files `tests.rs`, folders `tests`, and `mod tests { … }`.
fn violations(sources: &[Source]) -> Vec<String> {
    let mut found = vec![];
    for source in sources {
        let code: Vec<_> = source.code().collect();
        if source.path.ends_with("/tests.rs") && !is_tested(code.iter().map(|(_, line)| *line)) {
            found.push(source.path.clone());
        }
        for (at, (line, head)) in code.iter().enumerate() {
            let head = head.trim_start().trim_start_matches("pub(crate) ");
            if head == "mod tests {" && !is_tested(body(&code, at).into_iter()) {
                found.push(format!("{}:{line}", source.path));
            }
        }
    }
    let folder = |source: &Source| {
        let (before, _) = source.path.rsplit_once("/tests/")?;
        Some(format!("{before}/tests/"))
    };
    let mut folders: Vec<_> = sources.iter().filter_map(folder).collect();
    folders.dedup();
    folders.retain(|folder| {
        let mut inside = sources.iter().filter(|source| source.path.starts_with(folder.as_str()));
        !inside.any(|source| is_tested(source.code().map(|(_, line)| line)))
    });
    found.extend(folders);
    found
}

#[test]
fn every_test_module_holds_a_test() {
    let all = sources(&["src", "crates", "tests"]);
    hold("these test modules hold no test; fill or remove them", &violations(&all));
}

#[test]
fn an_empty_test_module_is_found() {
    let found = |files: &[(&str, &str)]| {
        let sources: Vec<_> = files.iter().map(|(path, text)| Source::new(path, text)).collect();
        violations(&sources)
    };
    let none: Vec<String> = vec![];
    let test = "#[test]\nfn a() {}\n";
    assert_eq!(found(&[("src/a/tests.rs", test), ("src/b.rs", "mod tests;\n")]), none);
    assert_eq!(found(&[("src/a.rs", &format!("mod tests {{\n    {test}}}\n"))]), none);
    let property = "mod tests {\n    proptest! {\n        #[test]\n    }\n}\n";
    assert_eq!(found(&[("src/a.rs", property)]), none);
    let helpers = [("crates/a/tests/main.rs", test), ("crates/a/tests/help.rs", "fn help() {}\n")];
    assert_eq!(found(&helpers), none);

    assert_eq!(found(&[("src/a/tests.rs", "// #[test]\nfn a() {}\n")]), ["src/a/tests.rs"]);
    assert_eq!(found(&[("src/a.rs", "\nmod tests {\n    fn a() {}\n}\n")]), ["src/a.rs:2"]);
    let after = format!("mod tests {{\n    fn a() {{}}\n}}\n\n{test}");
    assert_eq!(found(&[("src/a.rs", &after)]), ["src/a.rs:1"]);
    assert_eq!(found(&[("crates/a/src/tests/mod.rs", "fn a() {}\n")]), ["crates/a/src/tests/"]);
}
