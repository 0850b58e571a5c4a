//! ECX v3 (`/ecx/v3`), as its document describes it.

mod client;
mod decision;
mod incoming;
mod map;
mod profile;
mod wire;

pub use client::EcxV3;
