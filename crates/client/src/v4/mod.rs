//! Fabric v4 (`/fabric/v4`).

mod client;
mod decision;
mod incoming;
mod map;
mod profile;
mod wire;

pub use client::FabricV4;
