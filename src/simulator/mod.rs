//! A double of the Equinix Fabric API: one deterministic world behind its OAuth, v3 and v4 faces.
//!
//! It answers as the documents say, not as this crate's client expects: strict about unknown
//! fields, with the documented errors and the documented order of states. Nothing runs in the
//! background. Lines age when somebody looks at them, from `tokio::time::Instant` times
//! [`Config::speed`], so a paused tokio clock drives the world.
//!
//! Under `/control`, for loopback callers only, stands what no real API has, all in JSON:
//!
//! | Call | Effect |
//! |---|---|
//! | `POST /control/connections/{uuid}/accept` | does what the line waits for: the buyer's or seller's acceptance, the invited party's, the seller's consent to a deletion or to another bandwidth |
//! | `POST /control/connections/{uuid}/reject` | says no instead |
//! | `POST /control/connections/{uuid}/fail` | makes fail what is under way: provisioning, or a change |
//! | `POST /control/connections/{uuid}/edit` | `{"name": "New", "bandwidth": 200}`, either or both: what somebody changed in the portal |
//! | `POST /control/profiles/{uuid}/accept` | Equinix's yes to a public service profile, or to making a private one public |
//! | `POST /control/profiles/{uuid}/reject` | Equinix's no |
//! | `POST /control/accept-all` | accepts all lines and profiles that wait now: `{"accepted": 2}` |
//! | `POST /control/organisations` | lets one more user in: [`Credentials`], and `seller` with the name that it sells under, if any |
//! | `GET /control/connections` | all lines of all organisations, as the world holds them |
//! | `GET /control/ledger` | `{"orders": [...], "changes": [...], "cancellations": [...]}`, see [`Ledger`] |
//! | `GET /control/requests` | the last requests, see [`Recorded`] |
//! | `GET /control/errors` | all documented errors, which a fault can answer with |
//! | `POST /control/faults` | adds one [`Fault`], or an array of them |
//! | `DELETE /control/faults` | forgets all faults |
//! | `POST /control/unlock` | unlocks all locked users |
//! | `POST /control/tokens/revoke` | makes all access tokens invalid |
//! | `POST /control/clock` | `{"advance": "1h"}` moves simulated time on |
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
mod http;
mod keys;
mod ledger;
mod life;
mod line;
mod market;
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

pub use access::{Credentials, Organisation};
pub use catalogue::{ErrorCode, UnknownCode};
pub use change::PortalEdit;
pub use config::Config;
pub use control::Refused;
pub use faults::{Effect, Fault, Route};
pub use gate::ReplyLost;
pub use ledger::{Cancelled, Changed, Dialect, Ledger, Ordered, Recorded};
pub use world::{LineView, World};
