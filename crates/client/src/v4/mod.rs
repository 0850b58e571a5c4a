//! Fabric v4 (`/fabric/v4`).
//!
//! `order`, `decision` and `profile` make requests from the domain's types, `map`, `incoming` and
//! `profile::shown` make the domain's types from answers, whose shapes are in `wire`. Decisions
//! about orders do not belong here.

mod client;
mod decision;
mod incoming;
mod map;
mod order;
mod profile;
mod reads;
mod wire;
mod writes;

pub use client::FabricV4;
