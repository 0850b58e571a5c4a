//! Where lists end, and what proves that they were read whole, on both dialects and for every list.
//!
//! Seen at [`Http`]: the server of these tests holds a list and damages the envelopes of its pages.
#![cfg(all(feature = "fabric-v4", feature = "ecx-v3"))]
#![allow(clippy::unwrap_used, reason = "helpers of tests fail with them")]

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use fabric_client::{
    Client, Cursor, Dialect, Error, Http, IncomingFilter, InstrumentedHttp, OAuthCredentials,
    OAuthGrant, RateLimiter, SendError, TokenSource, Transport, connect,
};
use fabric_domain::ProfileId;

/// What every entry is called.
const NAME: &str = "JohnDoe";

/// Shows a list of `entries` in pages, after `damage` to each page.
struct Server {
    entries: Vec<Value>,
    damage: Box<dyn Fn(&mut Value) + Send + Sync>,
    requests: Mutex<usize>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Server")
    }
}

impl Server {
    fn page_v4(&self, offset: usize, limit: usize) -> Value {
        let total = self.entries.len();
        let data: Vec<&Value> = self.entries.iter().skip(offset).take(limit).collect();
        let mut page =
            json!({"pagination": {"offset": offset, "limit": limit, "total": total}, "data": data});
        if offset + limit < total {
            page["pagination"]["next"] = json!(format!("?offset={}", offset + limit));
        }
        page
    }

    fn page_v3(&self, number: usize, size: usize) -> Value {
        let total = self.entries.len();
        let content: Vec<&Value> = self.entries.iter().skip(number * size).take(size).collect();
        json!({
            "isFirstPage": number == 0, "isLastPage": (number + 1) * size >= total,
            "totalCount": total, "pageSize": size, "pageNumber": number, "content": content,
        })
    }
}

#[async_trait]
impl Http for Server {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let path = request.uri().path();
        if path == "/oauth2/v1/token" {
            return Ok(Response::new(Bytes::from(r#"{"access_token":"t"}"#)));
        }
        *self.requests.lock().unwrap() += 1;
        let query = request.uri().query().unwrap_or_default().to_owned();
        let of_query = |name: &str, default: usize| {
            let pairs = url::form_urlencoded::parse(query.as_bytes());
            let mut values = pairs.filter(|(key, _)| key == name);
            values.next().map_or(default, |(_, value)| value.parse().unwrap())
        };
        let mut page = if path.ends_with("/userport") || path.ends_with("/common/metros") {
            Value::Array(self.entries.clone())
        } else if path.starts_with("/ecx") {
            self.page_v3(of_query("pageNumber", 0), of_query("pageSize", 20))
        } else if request.method() == Method::POST {
            let body: Value = serde_json::from_slice(request.body()).unwrap();
            let number = |name: &str| usize::try_from(body["pagination"][name].as_u64().unwrap());
            self.page_v4(number("offset").unwrap(), number("limit").unwrap())
        } else {
            // The list of ports takes no limit.
            self.page_v4(of_query("offset", 0), of_query("limit", 1000))
        };
        (self.damage)(&mut page);
        let empty = page == json!("204");
        let body = if empty { Bytes::new() } else { Bytes::from(page.to_string()) };
        Ok(Response::builder().status(if empty { 204 } else { 200 }).body(body).unwrap())
    }
}

fn client(
    dialect: Dialect,
    entries: Vec<Value>,
    damage: impl Fn(&mut Value) + Send + Sync + 'static,
) -> (Client, Arc<Server>) {
    let server = Arc::new(Server { entries, damage: Box::new(damage), requests: Mutex::default() });
    let origin: url::Url = "https://api.equinix.com".parse().unwrap();
    let credentials = OAuthCredentials {
        client_id: "ABCDE12345".into(),
        client_secret: "FGHIJ67890".into(),
        grant: OAuthGrant::ClientCredentials,
    };
    let http = InstrumentedHttp::new(server.clone(), Arc::new(()));
    let tokens = TokenSource::new(http.clone(), origin.clone(), credentials, None);
    let rate_limiter = Arc::new(RateLimiter::new(1_000_000));
    let transport = Transport::new(http, origin, Arc::new(tokens), rate_limiter);
    #[allow(clippy::disallowed_methods, reason = "a test makes reads without the operator")]
    let client = connect(dialect, transport);
    (client, server)
}

/// An entry that is a port, a metro, a profile, and a connection that waits for its seller.
fn entry(n: usize) -> Value {
    let letter = |n: usize| char::from(b'A' + u8::try_from(n % 26).unwrap());
    json!({
        "uuid": format!("5f00c000-0000-4000-8000-{n:012}"),
        "code": format!("{}{}", letter(n / 26), letter(n)),
        "name": NAME,
        "status": "PENDING_APPROVAL",
        "operation": {"equinixStatus": "PENDING_APPROVAL"},
    })
}

fn entries(count: usize) -> Vec<Value> {
    (0..count).map(entry).collect()
}

/// Takes entry 1 its id.
fn without_an_id(page: &mut Value) {
    let list = page.pointer_mut("/data/1").map_or("/content/1", |_| "/data/1");
    let list = if page.is_array() { "/1" } else { list };
    if let Some(Value::Object(entry)) = page.pointer_mut(list) {
        entry.retain(|name, _| !["uuid", "code"].contains(&name.as_str()));
    }
}

/// How many entries each list has, and the gap in it.
async fn read(client: &Client) -> Vec<(&'static str, Result<(usize, Option<String>), Error>)> {
    let reads = &client.reads;
    let profile = ProfileId::parse("5f00b000-0000-4000-8000-000000000001").unwrap();
    vec![
        ("connections", connections(client).await),
        ("ports", reads.ports().await.map(|list| (list.items.len(), list.gap))),
        ("metros", reads.metros().await.map(|list| (list.items.len(), list.gap))),
        ("profiles", reads.profiles().await.map(|list| (list.items.len(), list.gap))),
        (
            "profiles_named",
            reads.profiles_named(NAME).await.map(|list| (list.items.len(), list.gap)),
        ),
        (
            "own_profiles_named",
            reads.own_profiles_named(NAME).await.map(|list| (list.items.len(), list.gap)),
        ),
        (
            "waiting",
            reads.at_seller(IncomingFilter::Waiting).await.map(|list| (list.items.len(), list.gap)),
        ),
        (
            "through",
            reads
                .at_seller(IncomingFilter::Through(&profile))
                .await
                .map(|list| (list.items.len(), list.gap)),
        ),
    ]
}

/// The listing of connections, judged as its callers have to.
async fn connections(client: &Client) -> Result<(usize, Option<String>), Error> {
    let (mut items, mut unreadable, mut total) = (0, 0, 0);
    let mut next = Some(Cursor::default());
    while let Some(from) = next {
        let page = client.reads.connections(from).await?;
        items += page.connections.len();
        unreadable += page.unreadable;
        total = total.max(page.total);
        next = page.next;
    }
    let whole = unreadable == 0 && items >= total;
    Ok((items, (!whole).then(|| "not whole".to_owned())))
}

/// Removes or replaces members of the envelope.
fn envelope(page: &mut Value, change: impl Fn(&mut serde_json::Map<String, Value>)) {
    if let Some(Value::Object(pagination)) = page.get_mut("pagination") {
        change(pagination);
    } else if let Value::Object(page) = page {
        change(page);
    }
}

#[tokio::test(start_paused = true)]
async fn a_damaged_total_ends_no_list() {
    for total in [None, Some(json!(0)), Some(json!(null)), Some(json!("many")), Some(json!(100))] {
        for dialect in [Dialect::V4, Dialect::V3] {
            let damaged = total.clone();
            let (client, _) = client(dialect, entries(101), move |page| {
                envelope(page, |envelope| {
                    for name in ["total", "totalCount"] {
                        if envelope.contains_key(name) {
                            envelope.remove(name);
                            envelope.extend(damaged.clone().map(|total| (name.into(), total)));
                        }
                    }
                });
            });
            for (list, read) in read(&client).await {
                assert_eq!(read, Ok((101, None)), "{list}, {dialect:?}, {total:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_full_page_without_an_envelope_is_not_the_end() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (client, _) = client(dialect, entries(200), |page| {
            envelope(page, |envelope| {
                for name in ["total", "next", "totalCount", "isLastPage"] {
                    envelope.remove(name);
                }
                envelope.insert("offset".into(), json!(0));
            });
        });
        for (list, read) in read(&client).await {
            assert_eq!(read, Ok((200, None)), "{list}, {dialect:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_greater_total_proves_that_entries_are_missing() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (client, _) = client(dialect, entries(10), |page| {
            envelope(page, |envelope| {
                for name in ["total", "totalCount"] {
                    if envelope.contains_key(name) {
                        envelope.insert(name.into(), json!(12));
                    }
                }
            });
        });
        for (list, read) in read(&client).await {
            // v3 shows ports and metros without an envelope.
            let bare = dialect == Dialect::V3 && ["ports", "metros"].contains(&list);
            let (items, gap) = read.unwrap();
            assert_eq!((items, gap.is_some()), (10, !bare), "{list}, {dialect:?}: {gap:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_cannot_be_read_leaves_a_gap() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (client, _) = client(dialect, entries(3), without_an_id);
        for (list, read) in read(&client).await {
            let (items, gap) = read.unwrap();
            assert_eq!((items, gap.is_some()), (2, true), "{list}, {dialect:?}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_empty_account_has_whole_lists() {
    let without = |page: &mut Value| {
        if let Value::Object(page) = page {
            page.retain(|name, _| name != "data" && name != "content");
        }
    };
    let null = |page: &mut Value| {
        for list in ["data", "content"] {
            if let Some(list) = page.get_mut(list) {
                *list = Value::Null;
            }
        }
    };
    let no_content = |page: &mut Value| *page = json!("204");
    let shown = |_: &mut Value| {};
    for damage in [without as fn(&mut Value), null, no_content, shown] {
        for dialect in [Dialect::V4, Dialect::V3] {
            let (client, _) = client(dialect, vec![], damage);
            for (list, read) in read(&client).await {
                assert_eq!(read, Ok((0, None)), "{list}, {dialect:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_is_no_page_is_no_empty_list() {
    for answer in [json!({}), json!({"message": "maintenance"}), json!("maintenance")] {
        for dialect in [Dialect::V4, Dialect::V3] {
            let body = answer.clone();
            let (client, _) = client(dialect, vec![], move |page| *page = body.clone());
            for (list, read) in read(&client).await {
                assert!(matches!(read, Err(Error::Unreadable(_))), "{list}, {dialect:?}: {read:?}");
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_intact_envelope_costs_no_further_request() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (client, server) = client(dialect, entries(100), |_| {});
        assert_eq!(connections(&client).await, Ok((100, None)));
        assert_eq!(*server.requests.lock().unwrap(), 1, "{dialect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn fifty_thousand_connections_are_listed() {
    for dialect in [Dialect::V4, Dialect::V3] {
        let (client, _) = client(dialect, entries(50_001), |_| {});
        assert_eq!(connections(&client).await, Ok((50_001, None)), "{dialect:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_listing_beyond_all_bounds_is_an_error() {
    for dialect in [Dialect::V4, Dialect::V3] {
        // A server that ignores where the page should begin.
        let (client, _) = client(dialect, entries(100), |page| {
            envelope(page, |envelope| {
                envelope.insert("next".into(), json!("?offset=100"));
                envelope.insert("isLastPage".into(), json!(false));
            });
            if let Some(list) = page.get_mut("data") {
                *list = entries(100).into();
            }
            if let Some(list) = page.get_mut("content") {
                *list = entries(100).into();
            }
        });
        let error = connections(&client).await.unwrap_err();
        assert!(error.to_string().contains("200000"), "{error}");
    }
}
