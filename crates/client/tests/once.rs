//! Every change is one request, whatever its answer; only `DELETE` is repeated.
//!
//! Seen at [`Http`], below everything that might repeat a request.
#![cfg(all(feature = "fabric-v4", feature = "ecx-v3"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail with them")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};

use fabric_client::{
    Client, Dialect, Error, Gate, Http, InstrumentedHttp, OAuthCredentials, OAuthGrant,
    RateLimiter, SendError, TokenSource, Transport, Withdrawn, connect,
};
use fabric_domain::{
    ASide, Change, ConnectionId, ConnectionName, Decision, LinkProtocol, Mbps, MetroCode, Offering,
    Order, PortId, ProfileId, Vlan, ZSide,
};

const ID: &str = "5f00c000-0000-4000-8000-000000000002";

/// The fate of every request that changes something.
#[derive(Debug, Clone, Copy)]
enum Failure {
    /// The answer is lost.
    Lost,
    /// The server answers with this status and no error code.
    Status(u16),
    /// The answer has this status and body.
    Says(u16, &'static str),
}

/// Grants tokens and shows profiles, and records and fails every other request.
#[derive(Debug)]
struct FailingChanges {
    failure: Failure,
    sent: Mutex<Vec<Method>>,
}

#[async_trait]
impl Http for FailingChanges {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        if request.uri().path() == "/oauth2/v1/token" {
            return Ok(Response::new(Bytes::from(r#"{"access_token":"t"}"#)));
        }
        if request.method() == Method::GET {
            return Ok(Response::new(Bytes::from(format!(r#"{{"uuid":"{ID}"}}"#))));
        }
        self.sent.lock().unwrap().push(request.method().clone());
        match self.failure {
            Failure::Lost => Err(SendError::Lost("timed out".into())),
            Failure::Status(status) => {
                Ok(Response::builder().status(status).body(Bytes::new()).unwrap())
            }
            Failure::Says(status, body) => {
                Ok(Response::builder().status(status).body(Bytes::from(body)).unwrap())
            }
        }
    }
}

/// Lets so many requests pass, and counts how many ask.
#[derive(Default)]
struct Countdown {
    passes: usize,
    asked: Mutex<usize>,
}

impl Countdown {
    fn of(passes: usize) -> Self {
        Self { passes, asked: Mutex::default() }
    }

    /// How many requests have asked since the last call.
    fn asked(&self) -> usize {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

#[async_trait]
impl Gate for Countdown {
    async fn pass(&self) -> Result<(), Withdrawn> {
        let mut asked = self.asked.lock().unwrap();
        *asked += 1;
        if *asked <= self.passes { Ok(()) } else { Err(Withdrawn("it was edited".into())) }
    }
}

fn client(dialect: Dialect, failure: Failure) -> (Arc<FailingChanges>, Client) {
    let http = Arc::new(FailingChanges { failure, sent: Mutex::default() });
    let origin: url::Url = "https://api.equinix.com".parse().unwrap();
    let credentials = OAuthCredentials {
        client_id: "ABCDE12345".into(),
        client_secret: "FGHIJ67890".into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let instrumented = InstrumentedHttp::new(http.clone(), Arc::new(()));
    let tokens = TokenSource::new(instrumented.clone(), origin.clone(), credentials, None);
    let rate_limiter = Arc::new(RateLimiter::new(1000));
    let transport = Transport::new(instrumented, origin, Arc::new(tokens), rate_limiter);
    #[allow(clippy::disallowed_methods, reason = "a test makes changes without the operator")]
    let client = connect(dialect, transport);
    (http, client)
}

fn order() -> Order {
    let port = PortId::parse("5f00a000-0000-4000-8000-000000000001").unwrap();
    Order {
        name: ConnectionName::parse("Primary").unwrap(),
        bandwidth: Mbps::new(50).unwrap(),
        purchase_order_number: None,
        reference: None,
        term: None,
        answers: vec![],
        notifications: vec![],
        a_side: ASide { port, link: LinkProtocol::Dot1q(Vlan::new(1001).unwrap()) },
        z_side: ZSide::Profile {
            profile: ProfileId::parse(ID).unwrap(),
            metro: MetroCode::parse("DC").unwrap(),
            seller_region: None,
            key: None,
            peering: None,
            z_c_tag: None,
        },
        secondary: None,
        join: None,
    }
}

/// A change, its result, the methods that were sent for it, and how often it asked its gate.
type Sent = (&'static str, Result<(), Error>, Vec<Method>, usize);

/// All changes that are no `DELETE`, behind a gate that lets so many exchanges of each pass.
async fn changes_through(dialect: Dialect, failure: Failure, passes: usize) -> Vec<Sent> {
    let (http, Client { reads, writes }) = client(dialect, failure);
    let id = ConnectionId::parse(ID).unwrap();
    let profile = ProfileId::parse(ID).unwrap();
    let shown = reads.own_profile(&profile).await.unwrap();
    let (order, offering) = (order(), Offering::default());
    let change = Change::Bandwidth(Mbps::new(100).unwrap());
    let gate = Countdown::of(passes);
    let sent = |name, result| {
        (name, result, std::mem::take(&mut *http.sent.lock().unwrap()), gate.asked())
    };
    vec![
        sent("order", writes.order(&order, &gate).await.map(|_| ())),
        sent("change", writes.change(&id, &change, &gate).await.map(|_| ())),
        sent("decide", writes.decide(&id, &Decision::LetGo, &gate).await),
        sent("create_profile", writes.create_profile(&offering, &gate).await.map(|_| ())),
        sent("replace_profile", writes.replace_profile(&shown, &offering, &gate).await),
    ]
}

/// The same, behind a gate that lets everything pass.
async fn changes(
    dialect: Dialect,
    failure: Failure,
) -> Vec<(&'static str, Result<(), Error>, Vec<Method>)> {
    let all = changes_through(dialect, failure, usize::MAX).await;
    all.into_iter().map(|(name, result, sent, _)| (name, result, sent)).collect()
}

#[tokio::test(start_paused = true)]
async fn a_change_without_an_answer_is_sent_once_and_may_have_arrived() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let statuses = [301, 302, 307, 308, 408, 503].map(Failure::Status);
        for failure in [Failure::Lost].into_iter().chain(statuses) {
            for (name, result, sent) in changes(dialect, failure).await {
                assert_eq!(sent.len(), 1, "{name}, {dialect:?}, {failure:?}: {sent:?}");
                let error = result.unwrap_err();
                assert!(error.may_have_arrived(), "{name}, {dialect:?}, {failure:?}: {error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_sent_once_and_has_not_arrived() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for failure in [Failure::Status(400), Failure::Status(409), Failure::Status(429)] {
            for (name, result, sent) in changes(dialect, failure).await {
                assert_eq!(sent.len(), 1, "{name}, {dialect:?}, {failure:?}: {sent:?}");
                let error = result.unwrap_err();
                assert!(!error.may_have_arrived(), "{name}, {dialect:?}, {failure:?}: {error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_with_an_answer_that_is_no_acceptance_is_sent_once_and_may_have_arrived() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for body in ["<html>", "", "null", "[]", r#""done""#, r#"{"errorCode":"EQ-3142501"}"#] {
            for (name, result, sent) in changes(dialect, Failure::Says(200, body)).await {
                assert_eq!(sent.len(), 1, "{name}, {dialect:?}, {body}: {sent:?}");
                let error = result.unwrap_err();
                assert!(error.may_have_arrived(), "{name}, {dialect:?}, {body}: {error}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_may_show_nothing() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for (status, body) in [(200, "{}"), (202, "{}"), (204, "")] {
            for (name, result, _) in changes(dialect, Failure::Says(status, body)).await {
                // What was made has to be looked for where its id is missing.
                let needs_id = ["order", "create_profile"].contains(&name);
                assert_eq!(result.is_err(), needs_id, "{name}, {dialect:?}, {status}: {result:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_accepted_without_a_body_and_not_by_any_body() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for (status, body, accepted) in [
            (200, "", true),
            (202, "", true),
            (204, "", true),
            (200, r#"{"message":"Connection deleted Successfully"}"#, true),
            (200, "<html>", false),
            (200, r#"{"errorCode":"EQ-3142501"}"#, false),
            (302, "", false),
        ] {
            let (_, Client { writes, .. }) = client(dialect, Failure::Says(status, body));
            let gate = Countdown::of(usize::MAX);
            let cancelled = writes.cancel(&ConnectionId::parse(ID).unwrap(), &gate).await;
            let deleted = writes.delete_profile(&ProfileId::parse(ID).unwrap(), &gate).await;
            for result in [cancelled, deleted] {
                assert_eq!(result.is_ok(), accepted, "{dialect:?}, {status} {body}: {result:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_rejected_token_lets_a_change_go_out_once_more() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for (name, result, sent) in changes(dialect, Failure::Status(401)).await {
            assert_eq!(sent.len(), 2, "{name}, {dialect:?}: {sent:?}");
            assert!(matches!(result, Err(Error::Forbidden(_))), "{name}, {dialect:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_is_repeated() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (http, Client { writes, .. }) = client(dialect, Failure::Lost);
        let gate = Countdown::of(usize::MAX);
        let cancelled = writes.cancel(&ConnectionId::parse(ID).unwrap(), &gate).await;
        let deleted = writes.delete_profile(&ProfileId::parse(ID).unwrap(), &gate).await;
        for result in [cancelled, deleted] {
            assert!(matches!(result, Err(Error::Unavailable(_))), "{dialect:?}");
        }
        assert_eq!(*http.sent.lock().unwrap(), vec![Method::DELETE; 6], "{dialect:?}");
        assert_eq!(gate.asked(), 6, "{dialect:?}: each repeat asks again");
    }
}

#[tokio::test(start_paused = true)]
async fn a_withdrawn_change_is_not_sent() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for (name, result, sent, asked) in changes_through(dialect, Failure::Lost, 0).await {
            assert_eq!((sent, asked), (vec![], 1), "{name}, {dialect:?}");
            let error = result.unwrap_err();
            assert!(matches!(error, Error::Withdrawn(_)), "{name}, {dialect:?}: {error}");
            assert!(!error.may_have_arrived(), "{name}, {dialect:?}: {error}");
        }
        let (http, Client { writes, .. }) = client(dialect, Failure::Lost);
        let cancelled = writes.cancel(&ConnectionId::parse(ID).unwrap(), &Countdown::of(0)).await;
        let deleted =
            writes.delete_profile(&ProfileId::parse(ID).unwrap(), &Countdown::of(0)).await;
        for result in [cancelled, deleted] {
            assert!(matches!(result, Err(Error::Withdrawn(_))), "{dialect:?}");
        }
        assert_eq!(*http.sent.lock().unwrap(), Vec::<Method>::new(), "{dialect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_change_asks_again_before_it_goes_out_with_a_fresh_token() {
    for dialect in [Dialect::V4, Dialect::V3] {
        for (name, result, sent, asked) in changes_through(dialect, Failure::Status(401), 1).await {
            assert_eq!((sent.len(), asked), (1, 2), "{name}, {dialect:?}");
            // The API has rejected the first token, so nothing was carried out.
            assert!(matches!(result, Err(Error::Withdrawn(_))), "{name}, {dialect:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_deletion_whose_repeat_is_withdrawn_may_have_arrived_the_first_time() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (http, Client { writes, .. }) = client(dialect, Failure::Lost);
        let cancelled = writes.cancel(&ConnectionId::parse(ID).unwrap(), &Countdown::of(1)).await;
        assert!(matches!(cancelled, Err(Error::Unavailable(_))), "{dialect:?}");
        assert_eq!(*http.sent.lock().unwrap(), [Method::DELETE], "{dialect:?}");
    }
}
