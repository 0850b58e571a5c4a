//! ECX v3 (`/ecx/v3`), as its document describes it.
//!
//! `order`, `decision` and `profile` make requests from the domain's types, `map`, `incoming` and
//! `profile` make the domain's types from answers, whose shapes are in `wire`. Decisions about
//! orders do not belong here.

mod client;
mod decision;
mod incoming;
mod map;
mod order;
mod profile;
mod reads;
mod wire;
mod writes;

pub use client::EcxV3;
