//! Settings of a simulated world.
//!
//! Plain values with their defaults; other modules act on them.

use std::time::Duration;

use jiff::Timestamp;

/// Settings of a world.
///
/// Durations of the world itself (stages, acceptance, VLANs) are simulated time. Those of tokens
/// are tokio time, which [`Config::speed`] does not affect.
#[derive(Debug, Clone)]
pub struct Config {
    /// Simulated seconds per second of the tokio clock; 1 by default.
    pub speed: f64,
    /// How long a connection stays in a state that it leaves automatically; 60 s by default.
    pub stage: Duration,
    /// How long a connection or a service profile waits for a decision until it is accepted
    /// automatically; `None`, the default, means forever.
    pub accept_after: Option<Duration>,
    /// How long the tags of a deprovisioned connection stay in use; 60 s by default (both
    /// documents: "should be freed up soon").
    pub vlan_hold: Duration,
    /// How long an access token is valid; 3600 s by default, as in the OAuth samples.
    pub token_lifetime: Duration,
    /// How long a refresh token is valid; 60 days by default, as in the OAuth samples.
    pub refresh_lifetime: Duration,
    /// The timestamp at which the world starts; by default the current time.
    pub epoch: Option<Timestamp>,
    /// The prefix of all `href`s; the documents' `https://api.equinix.com` by default.
    pub base_url: String,
    /// Whether the world starts with the connections that the v3 samples read, delete, approve and
    /// reject; `false` by default.
    pub sample_connections: bool,
    /// A part of the ids of connections, below 4096, by which those of several worlds differ as at the
    /// real Equinix; 0 by default.
    pub number: u16,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            speed: 1.0,
            stage: Duration::from_mins(1),
            accept_after: None,
            vlan_hold: Duration::from_mins(1),
            token_lifetime: Duration::from_hours(1),
            refresh_lifetime: Duration::from_hours(60 * 24),
            epoch: None,
            base_url: "https://api.equinix.com".to_owned(),
            sample_connections: false,
            number: 0,
        }
    }
}
