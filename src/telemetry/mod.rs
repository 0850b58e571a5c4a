//! What the operator tells of its own work: logs, metrics and traces.
//!
//! Handles that are passed in where work is done, and no globals but the subscriber of `tracing`. It
//! decides nothing, and no name of an object and no text from elsewhere may become a label.

mod catalogue;
mod labels;
mod logs;
mod metrics;
mod traces;

pub use catalogue::{CATALOGUE, Described, Type};
pub use logs::{LogFormat, start};
pub use metrics::{Census, Group, Metrics, Outcome, Pass, ProviderMeter};
pub use traces::Traces;
