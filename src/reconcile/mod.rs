//! The engine: everything that a kind does not decide itself.

pub(crate) mod claims;
pub(crate) mod conditions;
pub(crate) mod context;
pub(crate) mod copy;
pub(crate) mod events;
pub(crate) mod fairness;
pub(crate) mod finalizer;
pub(crate) mod gauges;
pub(crate) mod memory;
pub(crate) mod patience;
pub(crate) mod problem;
pub(crate) mod status;
