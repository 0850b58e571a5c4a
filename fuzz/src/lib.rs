//! Reading whatever an API or a user writes: it ends with a value in bounds, or with an error that
//! can be shown. For the fuzz targets here, and for the property tests in `tests/integration/parsers.rs`.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response, StatusCode};
use serde::{Serialize, de::DeserializeOwned};

use fabric_client::{
    Client, Cursor, Dialect, Error, Gate, Http, IncomingFilter, InstrumentedHttp, OAuthCredentials,
    OAuthGrant, RateLimiter, SendError, TokenSource, Transport, Withdrawn, connect,
};
use fabric_domain::{ConnectionId, MetroCode, ProfileId};

/// Gives the token endpoint's callers one answer, and everybody else another.
#[derive(Debug)]
struct Says {
    token: Bytes,
    status: StatusCode,
    body: Bytes,
}

#[async_trait]
impl Http for Says {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path().starts_with("/oauth2/") {
            return Ok(Response::new(self.token.clone()));
        }
        let mut answer = Response::new(self.body.clone());
        *answer.status_mut() = self.status;
        Ok(answer)
    }
}

/// Lets every request pass.
struct FuzzGate;

#[async_trait]
impl Gate for FuzzGate {
    async fn pass(&self) -> Result<(), Withdrawn> {
        Ok(())
    }
}

#[allow(clippy::disallowed_methods, reason = "reads what a client reads, without the operator")]
fn provider(dialect: Dialect, says: Says) -> Client {
    let origin: url::Url = "https://api.equinix.com".parse().expect("an address");
    let credentials = OAuthCredentials {
        client_id: "ABCDE12345".into(),
        client_secret: "FGHIJ67890".into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let exchange = InstrumentedHttp::new(Arc::new(says), Arc::new(()));
    let tokens = Arc::new(TokenSource::new(exchange.clone(), origin.clone(), credentials, None));
    connect(dialect, Transport::new(exchange, origin, tokens, Arc::new(RateLimiter::new(50))))
}

/// What was read; an error reads as status shows it: one line, and not without end.
fn readable<T>(result: Result<T, Error>) -> Option<T> {
    result
        .inspect_err(|error| {
            let text = error.to_string();
            assert!(!text.chars().any(char::is_control), "{text:?}");
            assert!(text.chars().count() < 8000, "{} characters", text.chars().count());
        })
        .ok()
}

/// Has a token, and all that is read with one, read from these answers, on both dialects.
pub fn read_everything(token: &[u8], status: u16, body: &[u8]) {
    let Ok(status) = StatusCode::from_u16(status) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime of one thread");
    let (token, body) = (Bytes::copy_from_slice(token), Bytes::copy_from_slice(body));
    for dialect in [Dialect::V4, Dialect::V3] {
        let says = Says { token: token.clone(), status, body: body.clone() };
        runtime.block_on(everything(&provider(dialect, says)));
    }
}

async fn everything(Client { reads, writes }: &Client) {
    let id = ConnectionId::parse("5f00c000-0000-4000-8000-000000000002").expect("an id");
    let profile = ProfileId::parse("5f00b000-0000-4000-8000-000000000001").expect("an id");
    readable(reads.ports().await);
    for metro in readable(reads.metros().await).into_iter().flat_map(|metros| metros.items) {
        assert!(MetroCode::parse(&metro.code.to_string()).is_ok());
    }
    readable(reads.profile(&profile).await);
    readable(reads.profiles_named("AWS Direct Connect").await);
    if let Some(line) = readable(reads.connection(&id).await) {
        assert!(ConnectionId::parse(line.id.as_str()).is_ok());
        readable(reads.other_half(&line).await);
    }
    if let Some(page) = readable(reads.connections(Cursor::default()).await) {
        for line in page.connections {
            assert!(ConnectionId::parse(line.id.as_str()).is_ok());
        }
    }
    readable(writes.cancel(&id, &FuzzGate).await);
    readable(reads.check_integration("Demo-01").await);
    readable(reads.own_profile(&profile).await);
    readable(reads.own_profiles_named("Storage").await);
    readable(writes.delete_profile(&profile, &FuzzGate).await);
    readable(reads.incoming_line(&id).await);
    readable(reads.at_seller(IncomingFilter::Waiting).await);
    readable(reads.at_seller(IncomingFilter::Through(&profile)).await);
}

/// What is read as a resource prints as something that is read again.
pub fn read_again<T: DeserializeOwned + Serialize>(text: &[u8]) {
    if let Ok(object) = serde_json::from_slice::<T>(text) {
        let printed = serde_json::to_vec(&object).expect("what was read can be printed");
        serde_json::from_slice::<T>(&printed).expect("what was printed can be read");
    }
}
