//! Whatever an API or a user writes, reading it ends: with a value in bounds, or with an error that
//! can be shown. The same parsers as in `fuzz/`, for as long as a test may take.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use fabric_operator::{
    api::{FabricAccount, FabricConnection},
    domain::{ConnectionId, MetroCode, ProfileId},
    provider::{
        Credentials, Cursor, Dialect, Error, Exchange, Grant, Http, Pace, Provider, TokenSource,
        Transport, Wire, connect,
    },
};
use http::{Request, Response, StatusCode};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

/// Signs everybody in, and answers all else with the same.
#[derive(Debug)]
struct Says(u16, Bytes);

#[async_trait]
impl Http for Says {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Wire> {
        if request.uri().path().starts_with("/oauth2/") {
            return Ok(Response::new(Bytes::from_static(br#"{"access_token":"t"}"#)));
        }
        let mut answer = Response::new(self.1.clone());
        *answer.status_mut() = StatusCode::from_u16(self.0).unwrap();
        Ok(answer)
    }
}

fn provider(dialect: Dialect, status: u16, body: &[u8]) -> Arc<dyn Provider> {
    let http = Arc::new(Says(status, Bytes::copy_from_slice(body)));
    let origin: url::Url = "https://api.equinix.com".parse().unwrap();
    let credentials = Credentials {
        client_id: "ABCDE12345".into(),
        client_secret: "FGHIJ67890".into(),
        grant: Grant::ClientCredentials,
    };
    let exchange = Exchange::new(http, Arc::new(()));
    let tokens = Arc::new(TokenSource::new(exchange.clone(), origin.clone(), credentials, None));
    connect(dialect, Transport::new(exchange, origin, tokens, Arc::new(Pace::new(50))))
}

/// An error as status shows it: one line, and not without end.
fn shown(error: &Error) {
    let text = error.to_string();
    assert!(!text.chars().any(char::is_control), "{text:?}");
    assert!(text.chars().count() < 8000, "{} characters", text.chars().count());
}

fn told<T>(result: Result<T, Error>) -> Option<T> {
    result.inspect_err(shown).ok()
}

/// Has all that is read from an API read from one answer.
fn read_everything(dialect: Dialect, status: u16, body: &[u8]) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(async {
        let provider = provider(dialect, status, body);
        let id = ConnectionId::parse("5f00c000-0000-4000-8000-000000000002").unwrap();
        let profile = ProfileId::parse("999552b-39b0-49ea-a232-005088dc9c84").unwrap();
        told(provider.ports().await);
        for metro in told(provider.metros().await).unwrap_or_default() {
            assert!(MetroCode::parse(&metro.code.to_string()).is_ok());
        }
        told(provider.profile(&profile).await);
        told(provider.profiles_named("AWS Direct Connect").await);
        if let Some(line) = told(provider.connection(&id).await) {
            assert!(ConnectionId::parse(line.id.as_str()).is_ok());
        }
        if let Some(page) = told(provider.connections(Cursor::default()).await) {
            for line in page.connections {
                assert!(ConnectionId::parse(line.id.as_str()).is_ok());
            }
        }
        told(provider.cancel(&id).await);
        told(provider.own_profile(&profile).await);
        told(provider.own_profiles_named("Storage").await);
        told(provider.delete_profile(&profile).await);
    });
}

/// Names that the answers of both dialects use, so that what is made goes deep.
const NAMES: &[&str] = &[
    "uuid",
    "name",
    "status",
    "state",
    "equinixStatus",
    "providerStatus",
    "operation",
    "bandwidth",
    "speed",
    "speedUnit",
    "aSide",
    "zSide",
    "accessPoint",
    "port",
    "linkProtocol",
    "type",
    "vlanTag",
    "vlanSTag",
    "vlanCTag",
    "data",
    "content",
    "pagination",
    "total",
    "offset",
    "limit",
    "totalCount",
    "isLastPage",
    "pageNumber",
    "vlanSTag",
    "portUUID",
    "redundancy",
    "group",
    "priority",
    "change",
    "order",
    "errorCode",
    "errorMessage",
    "moreInfo",
    "property",
    "metros",
    "code",
    "metroCode",
    "location",
    "accessPointTypeConfigs",
    "supportedBandwidths",
    "changeLog",
    "createdDateTime",
    "notifications",
    "emails",
    "primaryConnectionId",
    "secondaryConnectionId",
];

/// JSON that is right in most names and in few types.
fn json_value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(|n| json!(n)),
        ".{0,40}".prop_map(Value::from),
        prop::sample::select(vec![
            "PROVISIONED",
            "PENDING_BGP_CONFIG",
            "DOT1Q",
            "EVPL_VC",
            "SV",
            "2026-01-05T08:00:00Z",
            "5f00c000-0000-4000-8000-000000000002",
            "50",
            "MB",
        ])
        .prop_map(Value::from),
        "x{2000}".prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 80, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((prop::sample::select(NAMES), inner), 0..8).prop_map(|fields| {
                let fields = fields.into_iter().map(|(name, value)| (name.to_owned(), value));
                Value::Object(fields.collect::<Map<_, _>>())
            }),
        ]
    })
}

fn statuses() -> impl Strategy<Value = u16> {
    prop::sample::select(vec![200, 201, 202, 204, 400, 401, 403, 404, 409, 429, 500, 503])
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn answers_of_any_bytes_are_read_or_refused(
        status in statuses(),
        body in prop::collection::vec(any::<u8>(), 0..400),
    ) {
        read_everything(Dialect::V4, status, &body);
        read_everything(Dialect::V3, status, &body);
    }

    #[test]
    fn answers_of_any_json_are_read_or_refused(status in statuses(), body in json_value()) {
        let body = body.to_string();
        read_everything(Dialect::V4, status, body.as_bytes());
        read_everything(Dialect::V3, status, body.as_bytes());
    }

    #[test]
    fn resources_of_any_json_are_read_or_refused(spec in json_value(), status in json_value()) {
        for kind in ["FabricConnection", "FabricAccount"] {
            let object = json!({
                "apiVersion": "fabric.equinix.com/v1alpha1", "kind": kind,
                "metadata": {"name": "x"}, "spec": spec, "status": status,
            });
            // What is read prints as something that is read again.
            if let Ok(read) = serde_json::from_value::<FabricConnection>(object.clone()) {
                let again = serde_json::to_value(&read).unwrap();
                prop_assert!(serde_json::from_value::<FabricConnection>(again).is_ok());
            }
            if let Ok(read) = serde_json::from_value::<FabricAccount>(object) {
                let again = serde_json::to_value(&read).unwrap();
                prop_assert!(serde_json::from_value::<FabricAccount>(again).is_ok());
            }
        }
    }
}
