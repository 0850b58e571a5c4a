//! An account whose API answers whatever a fuzzer makes.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fabric_operator::{
    domain::{ConnectionId, ProfileId},
    provider::{
        Credentials, Cursor, Dialect, Error, Exchange, Grant, Http, Pace, TokenSource, Transport,
        Wire, connect,
    },
};
use http::{Request, Response, StatusCode};

#[derive(Debug)]
struct Says {
    token: Bytes,
    status: StatusCode,
    body: Bytes,
}

#[async_trait]
impl Http for Says {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Wire> {
        if request.uri().path().starts_with("/oauth2/") {
            return Ok(Response::new(self.token.clone()));
        }
        let mut answer = Response::new(self.body.clone());
        *answer.status_mut() = self.status;
        Ok(answer)
    }
}

fn shown<T>(result: Result<T, Error>) {
    if let Err(error) = result {
        let text = error.to_string();
        assert!(!text.chars().any(char::is_control), "{text:?}");
    }
}

/// Reads a token, and everything that is read with one.
pub fn read_everything(token: &[u8], status: u16, body: &[u8]) {
    let Ok(status) = StatusCode::from_u16(status) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime of one thread");
    let (token, body) = (Bytes::copy_from_slice(token), Bytes::copy_from_slice(body));
    let http = Arc::new(Says { token, status, body });
    let exchange = Exchange::new(http, Arc::new(()));
    let origin: url::Url = "https://api.equinix.com".parse().expect("an address");
    let id = ConnectionId::parse("5f00c000-0000-4000-8000-000000000002").expect("an id");
    let profile = ProfileId::parse("5f00b000-0000-4000-8000-000000000001").expect("an id");
    for dialect in [Dialect::V4, Dialect::V3] {
        let credentials = Credentials {
            client_id: "ABCDE12345".into(),
            client_secret: "FGHIJ67890".into(),
            grant: Grant::ClientCredentials,
        };
        let tokens =
            Arc::new(TokenSource::new(exchange.clone(), origin.clone(), credentials, None));
        let pace = Arc::new(Pace::new(50));
        let transport = Transport::new(exchange.clone(), origin.clone(), tokens, pace);
        let provider = connect(dialect, transport);
        runtime.block_on(async {
            shown(provider.ports().await);
            shown(provider.metros().await);
            shown(provider.profile(&profile).await);
            shown(provider.profiles_named("AWS Direct Connect").await);
            shown(provider.connection(&id).await);
            shown(provider.connections(Cursor::default()).await);
            shown(provider.cancel(&id).await);
            shown(provider.own_profile(&profile).await);
            shown(provider.own_profiles_named("Storage").await);
        });
    }
}
