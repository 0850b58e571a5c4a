//! The integration tests, as one binary, because linking takes most of their time.
//!
//! This file only names the modules; it must not hold tests or helpers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no callers")]
#![allow(clippy::needless_pass_by_value, reason = "JSON is made where it is handed over")]

mod accounts;
mod adoption;
mod answers;
mod apiserver;
mod approvals;
mod attention;
mod changes;
mod chart;
mod conformance;
mod coverage;
mod decisions;
mod deletions;
mod docs;
mod examples;
mod fairness;
mod foreign_status;
mod gitops;
mod golden;
mod grants;
mod house;
mod image;
mod lag;
mod leadership;
mod lifecycle;
mod listings;
mod lost_replies;
mod matrix;
mod metrics;
mod mistakes;
mod monitoring;
mod moved_keys;
mod ownership;
mod parsers;
mod preflight;
mod profiles;
mod refusals;
mod rights;
mod samples;
mod scripts;
mod seller_conformance;
mod seller_responses;
mod states;
mod stored_answers;
mod withdrawals;
mod wrong_input;
