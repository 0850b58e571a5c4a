//! A Kubernetes operator that orders, watches, changes and cancels Equinix Fabric connections.
pub mod domain;
