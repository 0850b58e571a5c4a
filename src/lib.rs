//! A Kubernetes operator that orders, watches and cancels Equinix Fabric connections.
//!
//! Two promises: one resource, one order, whatever crashes; and status that says where the
//! connection stands, whom it waits for and what can be done.
//!
//! Dependencies run one way: `domain` knows nobody; `provider`, `fleet` and `simulator` know the
//! domain, and the fleet the provider; `telemetry` counts what they do; `controller` knows them and
//! `api`, but not the simulator; `lease` and `server` know nobody; `cli` starts what it is asked for.

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
