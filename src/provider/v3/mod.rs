//! ECX v3 (`/ecx/v3`), as its document describes it.

mod client;
mod map;
mod wire;

pub use client::EcxV3;
