//! A provider client that may both read and write. The operator keeps the two apart, so that only
//! its engine can write; tests exercise both.

use std::sync::Arc;

use fabric_client::{Dialect, EcxV3, FabricV4, Reads, Transport, Writes};

/// All calls of the provider's API.
pub trait Calls: Reads + Writes {}

impl<T: Reads + Writes> Calls for T {}

/// A client of `dialect` over `transport`.
pub fn connect(dialect: Dialect, transport: Transport) -> Arc<dyn Calls> {
    match dialect {
        Dialect::V4 => Arc::new(FabricV4::new(transport)),
        Dialect::V3 => Arc::new(EcxV3::new(transport)),
    }
}
