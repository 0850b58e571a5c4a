//! `fabric-operator crd`: writes the custom resource definitions.
//!
//! The definitions come from `fabric_api`; nothing here may change them.

use std::path::PathBuf;

use crate::cli::generated;

/// Options of `crd`.
#[derive(Debug, clap::Args)]
pub(super) struct CrdArgs {
    /// Folder of the definitions.
    #[arg(long, default_value = "crds")]
    dir: PathBuf,
    /// Change nothing; fail if a file is not what would be written.
    #[arg(long)]
    check: bool,
}

impl CrdArgs {
    pub(super) fn execute(self) -> Result<(), String> {
        generated::keep(&self.dir, self.check, fabric_api::rendered().map_err(|e| e.to_string())?)
    }
}
