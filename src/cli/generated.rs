//! Files that come from code: written, or held against what is there.
//!
//! What is in them is the callers' business.

use std::{fs, path::Path};

/// Writes `files` (name and text) into `dir`, or, with `check`, fails at the first that is not
/// there as it would be written.
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
            fs::create_dir_all(dir).map_err(|e| format!("cannot make {}: {e}", dir.display()))?;
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
