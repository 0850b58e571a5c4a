//! The path from the operator to the simulator.

use std::{fmt, sync::Arc};

use async_trait::async_trait;
use axum::Router;
use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Value, json};

use fabric_client::{Http, SendError};
use fabric_testkit::operator::InProcess;

use super::{Call, Process, What};

struct ProviderPath {
    process: Process,
    simulator: InProcess,
}

impl fmt::Debug for ProviderPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the path of replica {}", self.process.replica)
    }
}

impl Process {
    /// The provider as this process reaches it.
    pub fn provider(&self, router: Router) -> Arc<dyn Http> {
        Arc::new(ProviderPath { process: self.clone(), simulator: InProcess(router) })
    }
}

#[async_trait]
impl Http for ProviderPath {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let path = request.uri().path();
        let call = Call::to_provider(self.process.replica, request.method(), path, request.body());
        let simulator = self.simulator.clone();
        let net = self.process.net.clone();
        let listing = call.what == What::Listing;
        let carry = Box::pin(async move {
            let answer = simulator.send(request).await?;
            let blind = listing && net.blind();
            Ok(if blind { answer.map(|page| without_entries(&page)) } else { answer })
        });
        self.process.exchange(call, carry).await
    }
}

/// A page of a listing that has no entry.
fn without_entries(page: &Bytes) -> Bytes {
    let mut page: Value = serde_json::from_slice(page).unwrap_or_default();
    for list in ["data", "content"] {
        if page[list].is_array() {
            page[list] = json!([]);
        }
    }
    for total in ["/totalCount", "/pagination/total"] {
        if let Some(total) = page.pointer_mut(total) {
            *total = json!(0);
        }
    }
    page.to_string().into()
}
