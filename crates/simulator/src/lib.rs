//! A double of the Equinix Fabric API: one deterministic world behind its OAuth, v3 and v4 faces.
//!
//! It answers as the documents say, not as this crate's client expects: strict about unknown
//! fields, with the documented errors and the documented order of states. Nothing runs in the
//! background. Lines age when somebody looks at them, from `tokio::time::Instant` times
//! [`Config::speed`], so a paused tokio clock drives the world.
//!
//! Under `/control`, for loopback callers only, stands what no real API has, all in JSON:
//!
//! ```text
#![doc = include_str!("control.txt")]
//! ```
//!
//! This module must not know the client, the controllers or Kubernetes, and must not reach out to
//! any network.

mod access;
mod catalogue;
mod change;
mod clock;
mod config;
mod control;
mod faults;
mod gate;
mod keys;
mod ledger;
mod life;
mod line;
mod market;
mod messages;
mod oauth;
mod profile;
mod rules;
mod samples;
mod seed;
mod state;
mod tags;
mod v3;
mod v4;
mod world;

#[cfg(test)]
mod tests;

/// The calls under `/control`, for people.
pub const CONTROL: &str = include_str!("control.txt");

pub use access::{Credentials, Organisation};
pub use catalogue::{ErrorCode, UnknownCode};
pub use change::PortalEdit;
pub use config::Config;
pub use control::Refused;
pub use faults::{Effect, Fault, Route};
pub use gate::ReplyLost;
pub use ledger::{Cancelled, Changed, Dialect, Ledger, Ordered, Recorded};
pub use world::{LineView, World};
