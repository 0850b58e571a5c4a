//! Test support: an in-memory API server, a real control plane, the operator as a task, and the
//! manifests that tests start from.
//!
//! It is a library, so that all test binaries link one build of it; it is never published. Each
//! module stands in for one outside system, and none may know what a particular test is about.
#![allow(
    clippy::expect_used,
    clippy::missing_panics_doc,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test whose support cannot go on has failed"
)]
#![allow(clippy::needless_pass_by_value, reason = "callers hand in what `json!` makes")]

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
pub mod wrong_input;

/// The root of the repository, where scripts, pages and manifests are.
pub const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");
