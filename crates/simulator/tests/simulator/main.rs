//! The simulator against the documents: in process, on a paused clock.
//!
//! Expected values come from the documents, never from an answer of the simulator. `program` alone
//! starts the real binary.
#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "helpers of tests fail their test; the lint's exception knows test functions only"
)]

mod answer_faults;
mod catalogue;
mod changes;
mod client;
mod faults;
mod flows;
mod life;
mod lookups;
mod oauth;
mod outcomes;
mod program;
mod published;
mod replay;
mod samples;
mod two_organisations;
mod v3_decisions;
mod v3_errors;
mod v3_orders;
mod v3_profile_rules;
mod v3_profiles;
mod v4_orders;
mod v4_profile_rules;
mod v4_profiles;
mod v4_reads;
mod v4_tokens;
