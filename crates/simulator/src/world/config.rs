//! What can be set about a simulated world before it starts.
//!
//! Values only; nothing here acts.

use std::time::Duration;

use jiff::Timestamp;

/// How a world behaves.
///
/// Durations of the world itself (stages, acceptance, VLANs) are in simulated time; those of the
/// access tokens are in plain tokio time, which [`Config::speed`] does not touch.
#[derive(Debug, Clone)]
pub struct Config {
    /// Simulated seconds per second of the tokio clock; 1 by default.
    pub speed: f64,
    /// How long a line stays in a state that it leaves by itself; 60 s by default.
    pub stage: Duration,
    /// After this time in a state where a person has to say yes, that person does; `None`, the
    /// default, means never.
    pub accept_after: Option<Duration>,
    /// How long the tags of a deprovisioned line stay in use; 60 s by default (both documents:
    /// "should be freed up soon").
    pub vlan_hold: Duration,
    /// How long an access token is valid; 3600 s by default, as in the OAuth samples.
    pub token_lifetime: Duration,
    /// How long a refresh token is valid; 60 days by default, as in the OAuth samples.
    pub refresh_lifetime: Duration,
    /// The first instant of the world; the wall clock's by default.
    pub epoch: Option<Timestamp>,
    /// What all `href`s begin with; the documents' `https://api.equinix.com` by default.
    pub base_url: String,
    /// Whether the connections exist that the v3 samples read, delete, approve and reject; `false` by
    /// default.
    pub sample_connections: bool,
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
        }
    }
}
