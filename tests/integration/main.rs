//! The integration tests, as one binary: linking once is most of the time they take.
//!
//! This file only names the modules; it must not hold tests or helpers itself.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::needless_pass_by_value,
    missing_docs,
    unreachable_pub
)]

mod adoption;
mod apiserver;
mod approvals;
mod changes;
mod chart;
mod conformance;
mod coverage;
mod decisions;
mod docs;
mod examples;
mod fairness;
mod gitops;
mod golden;
mod house;
mod image;
mod leadership;
mod lifecycle;
mod lost_replies;
mod metrics;
mod monitoring;
mod parsers;
mod preflight;
mod profiles;
mod refusals;
mod rights;
mod samples;
mod seller_conformance;
mod seller_responses;
mod states;
