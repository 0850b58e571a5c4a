//! What the integration tests share. Each module stands in for one outside system; none of them
//! may know what a particular test is about.

pub mod apiserver;
pub mod cluster;
pub mod controlplane;
pub mod manifests;
pub mod markdown;
pub mod operator;
pub mod process;
pub mod provider_client;
pub mod seller;
pub mod tools;

/// The root of the repository, where scripts, pages and manifests are.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
