//! A Kubernetes operator that orders, watches, changes and cancels Equinix Fabric connections.
pub mod api;
pub mod controller;
pub mod domain;
pub mod fleet;
pub mod provider;
