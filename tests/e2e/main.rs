//! The end-to-end tests: the real program, with the rights of its service account and no others,
//! between a real API server and simulated Equinixes, over real sockets.
//!
//! They are for what the in-process tests cannot show: schemas and admission rules, rights, kubectl,
//! processes that are killed. This file only names the modules; it must not hold tests or helpers.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, missing_docs, unreachable_pub)]
#![allow(clippy::needless_pass_by_value, reason = "JSON is made where it is handed over")]

mod installation;
mod tenant;
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
mod kubectl;
mod outages;
mod pairs;
mod refusals;
mod rights;
mod seller;
mod startup;
