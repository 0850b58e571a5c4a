//! The way to the simulator.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use fabric_operator::provider::{Http, Wire};
use http::{Request, Response};

use super::{Call, Life};
use crate::support::operator::InProcess;

struct Way {
    life: Life,
    simulator: InProcess,
}

impl fmt::Debug for Way {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the way of replica {}", self.life.replica)
    }
}

impl Life {
    /// The provider as this life reaches it.
    pub fn provider(&self, router: Router) -> Arc<dyn Http> {
        Arc::new(Way { life: self.clone(), simulator: InProcess(router) })
    }
}

#[async_trait]
impl Http for Way {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Wire> {
        let path = request.uri().path();
        let call = Call::to_provider(self.life.replica, request.method(), path, request.body());
        let simulator = self.simulator.clone();
        let carry = Box::pin(async move { simulator.send(request).await });
        self.life.exchange(call, carry).await
    }
}
