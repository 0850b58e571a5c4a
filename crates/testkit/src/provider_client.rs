//! A provider client that may both read and write. The operator keeps the two apart, so that only
//! its engine can write; tests exercise both, and let every request pass.

use std::sync::Arc;

use async_trait::async_trait;

use fabric_client::{
    Dialect, EcxV3, Error, FabricV4, Gate, Reads, ShownProfile, Transport, Withdrawn, Writes,
};
use fabric_domain::{Change, ConnectionId, Decision, Offering, Order, Placed, ProfileId};

/// Lets every request pass.
struct OpenGate;

#[async_trait]
impl Gate for OpenGate {
    async fn pass(&self) -> Result<(), Withdrawn> {
        Ok(())
    }
}

/// All calls of the provider's API; those of [`Writes`] without a gate.
#[async_trait]
#[allow(missing_docs, reason = "each is documented with Writes")]
pub trait Calls: Reads {
    async fn order(&self, order: &Order) -> Result<Placed, Error>;
    async fn change(&self, id: &ConnectionId, change: &Change) -> Result<Option<String>, Error>;
    async fn cancel(&self, id: &ConnectionId) -> Result<(), Error>;
    async fn create_profile(&self, offering: &Offering) -> Result<ProfileId, Error>;
    async fn replace_profile(&self, shown: &ShownProfile, wanted: &Offering) -> Result<(), Error>;
    async fn delete_profile(&self, id: &ProfileId) -> Result<(), Error>;
    async fn decide(&self, id: &ConnectionId, decision: &Decision) -> Result<(), Error>;
}

#[async_trait]
impl<T: Reads + Writes> Calls for T {
    async fn order(&self, order: &Order) -> Result<Placed, Error> {
        Writes::order(self, order, &OpenGate).await
    }

    async fn change(&self, id: &ConnectionId, change: &Change) -> Result<Option<String>, Error> {
        Writes::change(self, id, change, &OpenGate).await
    }

    async fn cancel(&self, id: &ConnectionId) -> Result<(), Error> {
        Writes::cancel(self, id, &OpenGate).await
    }

    async fn create_profile(&self, offering: &Offering) -> Result<ProfileId, Error> {
        Writes::create_profile(self, offering, &OpenGate).await
    }

    async fn replace_profile(&self, shown: &ShownProfile, wanted: &Offering) -> Result<(), Error> {
        Writes::replace_profile(self, shown, wanted, &OpenGate).await
    }

    async fn delete_profile(&self, id: &ProfileId) -> Result<(), Error> {
        Writes::delete_profile(self, id, &OpenGate).await
    }

    async fn decide(&self, id: &ConnectionId, decision: &Decision) -> Result<(), Error> {
        Writes::decide(self, id, decision, &OpenGate).await
    }
}

/// A client of `dialect` over `transport`.
pub fn connect(dialect: Dialect, transport: Transport) -> Arc<dyn Calls> {
    match dialect {
        Dialect::V4 => Arc::new(FabricV4::new(transport)),
        Dialect::V3 => Arc::new(EcxV3::new(transport)),
    }
}
