//! A Kubernetes operator that orders, watches and cancels Equinix Fabric connections.
//!
//! Two promises: one resource, one order, whatever crashes; and status that says where the
//! connection stands, whom it waits for and what can be done.
//!
//! Dependencies run one way: `domain` knows nobody; `provider`, `fleet` and `simulator` know the
//! domain, and the fleet the provider; `controller` knows them and `api`, but not the simulator;
//! `cli` starts what it is asked for.

pub mod api;
pub mod cli;
pub mod controller;
pub mod domain;
pub mod fleet;
pub mod lease;
pub mod provider;
pub mod simulator;

/// Makes ring the process's only TLS provider. Both HTTP clients refuse to guess, so this comes
/// first; calling it again does nothing.
pub fn install_crypto_provider() {
    // An error says that a provider is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
}
