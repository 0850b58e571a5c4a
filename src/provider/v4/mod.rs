//! Fabric v4 (`/fabric/v4`).

mod client;
mod map;
mod wire;

pub use client::FabricV4;
