//! A double of the Equinix Fabric API: one deterministic world behind the OAuth, ECX v3 and Fabric
//! v4 APIs.
//!
//! It behaves as the documents say, not as any client expects: it rejects unknown fields,
//! and returns the documented errors and the documented sequence of states. Nothing runs in the
//! background. Each request first ages the connections, by the `tokio::time::Instant` times
//! [`Config::speed`], so a paused tokio clock drives the world.
//!
//! `/control` serves what no real API has, in JSON, to loopback callers only:
//!
//! ```text
#![doc = include_str!("server/control.txt")]
//! ```
//!
//! This crate must not know the client, the controllers or Kubernetes, and must not open
//! connections to any network.

mod catalogue;
mod messages;
mod server;
mod v3;
mod v4;
mod world;

/// The calls under `/control`, as the help of `fabric-simulator` lists them.
pub const CONTROL: &str = include_str!("server/control.txt");

pub use catalogue::{ErrorCode, UnknownCode};
pub use server::ReplyLost;
pub use world::{
    ApiDialect, Cancelled, Changed, Config, DateFault, Effect, EmptyFault, InjectedFault, Ledger,
    LineView, NextFault, Ordered, Organisation, PortalEdit, Recorded, Refused, Relocation,
    RequestPattern, TotalFault, UserCredentials, World,
};
