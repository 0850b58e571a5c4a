//! `fabric-operator crd`.

use std::{fs, path::PathBuf};

use crate::api;

/// Options of `crd`.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Folder of the definitions.
    #[arg(long, default_value = "crds")]
    dir: PathBuf,
    /// Change nothing; fail if a file is not what would be written.
    #[arg(long)]
    check: bool,
}

impl Args {
    pub(super) fn execute(self) -> Result<(), String> {
        for (file, yaml) in api::rendered().map_err(|e| e.to_string())? {
            let path = self.dir.join(file);
            let shown = path.display();
            if self.check {
                let current =
                    fs::read_to_string(&path).map_err(|e| format!("cannot read {shown}: {e}"))?;
                if current != yaml {
                    return Err(format!("{shown} is not current: run `make gen` and commit it"));
                }
            } else {
                fs::create_dir_all(&self.dir)
                    .map_err(|e| format!("cannot make {}: {e}", self.dir.display()))?;
                fs::write(&path, yaml).map_err(|e| format!("cannot write {shown}: {e}"))?;
            }
        }
        Ok(())
    }
}
