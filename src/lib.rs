//! A Kubernetes operator that orders, watches and cancels Equinix Fabric connections.
//!
//! Two promises: one resource, one order, whatever crashes; and status that says where a connection
//! stands, who has to act and what can be done.
//!
//! ```text
//!   [ resource ] -> [ account | connection | profile | approval ] -> [ reconcile ] -> [ Equinix ]
//!                        observe, plan, act, report                    the engine
//! ```
//!
//! The words of the provider, its API and the custom resources are crates of their own. In here the
//! kinds use the engine and never one another; `account` keeps the sessions that all of them read
//! through, `fleet` lists the connections of each account, and `cli` starts it all.

mod account;
mod approval;
pub mod cli;
mod connection;
pub mod controllers;
pub mod fleet;
pub mod lease;
mod profile;
mod reconcile;
pub mod server;
pub mod telemetry;

/// Makes ring the process's only TLS provider. Both HTTP clients refuse to guess, so this comes
/// first; calling it again does nothing.
pub fn install_crypto_provider() {
    // An error says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
