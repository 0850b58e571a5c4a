//! Generated files: writes them, or checks that the committed ones are current.
//!
//! It must not know what the files contain.

use std::{fs, path::Path};

/// Writes `files` (name and text) into `dir`. With `check`, writes nothing and fails at the first
/// file that is missing or differs.
pub(super) fn keep<N: AsRef<Path>>(
    dir: &Path,
    check: bool,
    files: impl IntoIterator<Item = (N, String)>,
) -> Result<(), String> {
    for (file, text) in files {
        let path = dir.join(file);
        let shown = path.display();
        if check {
            let current =
                fs::read_to_string(&path).map_err(|e| format!("cannot read {shown}: {e}"))?;
            if current != text {
                return Err(format!("{shown} is not current: run `make gen` and commit it"));
            }
        } else {
            fs::create_dir_all(dir)
                .map_err(|e| format!("cannot create the folder {}: {e}", dir.display()))?;
            fs::write(&path, text).map_err(|e| format!("cannot write {shown}: {e}"))?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn drift_and_absence_fail_and_writing_mends_them() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("docs");
        let keep = |check, text: &str| keep(&dir, check, [("a.md", text.to_owned())]);
        assert!(keep(true, "one").unwrap_err().contains("a.md"));
        keep(false, "one").unwrap();
        keep(true, "one").unwrap();
        assert!(keep(true, "two").unwrap_err().contains("make gen"));
        assert_eq!(fs::read_to_string(dir.join("a.md")).unwrap(), "one");
    }
}
