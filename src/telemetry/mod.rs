//! Logs, metrics and traces of the operator's own work.
//!
//! Callers receive handles; the only global is the subscriber of `tracing`. Nothing here may decide
//! anything, and neither the name of an object nor text from elsewhere may become a label; namespaces do where
//! an administrator asks for them.

mod census;
mod descriptions;
mod labels;
mod logs;
mod metrics;
mod traces;

pub use census::{Census, Group};
pub use descriptions::{DESCRIPTIONS, Description, MetricType};
pub use labels::Answer;
pub use logs::{LogFormat, start};
pub use metrics::{Metrics, PassTimer, ProviderMeter};
pub use traces::Traces;
