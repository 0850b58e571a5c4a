//! The end-to-end tests: the real program, with the rights of its service account and no others,
//! between a real API server and simulated Equinixes, over real sockets.
//!
//! They cover what in-process tests cannot: schemas and admission rules, rights, kubectl, and
//! processes that are killed. This file only names the modules; it must not hold tests or helpers.
#![allow(
    clippy::expect_used,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test that cannot go on has failed"
)]
#![allow(missing_docs, unreachable_pub, reason = "a test binary has no callers")]
#![allow(clippy::needless_pass_by_value, reason = "JSON is made where it is handed over")]

mod installation;
mod tenant;
mod uninstalling;
mod waiting;

mod accounts;
mod admission;
mod changes;
mod chart;
mod corrections;
mod crash;
mod docs;
mod examples;
mod flows;
mod keeping_accounts;
mod kubectl;
mod outages;
mod pairs;
mod refusals;
mod rights;
mod seller;
mod startup;
mod tenants;
mod wrong_input;
