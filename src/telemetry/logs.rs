//! The subscriber of `tracing`: log lines on standard error, and the export of spans.
//!
//! Called once, at the start of the process; nothing else may set a global subscriber.

use std::io::IsTerminal;

use tracing_subscriber::{EnvFilter, Layer, layer::SubscriberExt, util::SubscriberInitExt};

use crate::telemetry::Traces;

/// The format of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum LogFormat {
    /// One JSON object per line.
    Json,
    /// Plain text for people.
    Text,
}

/// Starts to log what `filter` selects, e.g. `info` or `fabric_operator=debug`, and to export spans
/// to `traces` if given.
pub fn start(format: LogFormat, filter: &str, traces: Option<&Traces>) -> Result<(), String> {
    let filter =
        EnvFilter::try_new(filter).map_err(|e| format!("cannot read --log {filter}: {e}"))?;
    let lines = tracing_subscriber::fmt::layer()
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    let lines = match format {
        LogFormat::Json => lines.json().flatten_event(true).with_span_list(false).boxed(),
        LogFormat::Text => lines.boxed(),
    };
    tracing_subscriber::registry()
        .with(lines.with_filter(filter))
        .with(traces.map(Traces::layer))
        .try_init()
        .map_err(|e| format!("cannot start logging: {e}"))
}
