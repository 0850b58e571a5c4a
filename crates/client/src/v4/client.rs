//! The calls of v4.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use fabric_domain::{
    Change, Connection, ConnectionId, Decision, Incoming, Metro, Money, Offering, Order,
    OwnProfile, Placed, Port, ProfileId, Quote, ServiceProfile, clean,
};

use super::{
    decision::{self, Sent},
    incoming::{self, IncomingBody},
    map, profile,
    wire::{ConnectionBody, MetroBody, PageBody, PortBody, PriceBody, ProfileBody},
};
use crate::{
    Capabilities, Cursor, Error, Fault, IncomingFilter, KeyCheck, OfferingCapabilities, Page,
    Reads, Refusal, ShownProfile, Transport, Writes, lenient,
    transport::{Call, Effect, JSON},
};

/// The content type of patches.
const PATCH: &str = "application/json-patch+json";
/// How many entries are asked for a page; the documented maximum.
const PAGE_SIZE: usize = 100;
/// The most entries that are read of one list.
const MAX_ENTRIES: usize = 20_000;

/// Fabric v4 over a transport.
#[derive(Debug)]
pub struct FabricV4(Transport);

impl FabricV4 {
    /// The dialect over `transport`.
    pub fn new(transport: Transport) -> Self {
        Self(transport)
    }

    async fn call(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<Value>,
        effect: Effect,
    ) -> Result<Bytes, Error> {
        let path = [&["fabric", "v4"], path].concat();
        let content_type = if method == Method::PATCH { PATCH } else { JSON };
        let (path, version, secrets) = (path.as_slice(), None, &[]);
        let call =
            Call { operation, method, path, query, body, content_type, version, secrets, effect };
        Ok(self.0.call(call).await?.body)
    }

    /// All entries of a search; an error if there are more than can be read.
    async fn search(
        &self,
        operation: &'static str,
        kind: &str,
        query: &[(&str, String)],
        filter: Value,
    ) -> Result<Vec<Value>, Error> {
        let (mut found, mut from) = (vec![], Some(0));
        let path = [kind, "search"];
        while let Some(offset) = from {
            let body = json!({
                "filter": filter,
                "pagination": {"offset": offset, "limit": PAGE_SIZE},
                "sort": [{"property": "/changeLog/createdDateTime", "direction": "ASC"}],
            });
            let answer =
                self.call(operation, Method::POST, &path, query, Some(body), Effect::Safe).await?;
            let page: PageBody = read(operation, &answer)?;
            if total(&page) > MAX_ENTRIES {
                return Err(Error::Unreadable(format!("{operation}: more than {MAX_ENTRIES}")));
            }
            from = next(offset, &page);
            found.extend(page.data);
        }
        Ok(found)
    }

    async fn get(&self, operation: &'static str, path: &[&str]) -> Result<Bytes, Error> {
        self.call(operation, Method::GET, path, &[], None, Effect::Safe).await
    }
}

fn read<T: DeserializeOwned>(operation: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| Error::Unreadable(format!("{operation}: {e}")))
}

fn total(page: &PageBody) -> usize {
    page.pagination.total.and_then(|n| usize::try_from(n).ok()).unwrap_or(0)
}

/// Where the list goes on after a page that started at `from`: offsets are counted by what came,
/// since a server may cap a page below what was asked for.
fn next(from: usize, page: &PageBody) -> Option<usize> {
    let next = from + page.data.len();
    (!page.data.is_empty() && next < total(page).min(MAX_ENTRIES)).then_some(next)
}

#[async_trait]
impl Reads for FabricV4 {
    fn can(&self) -> Capabilities {
        Capabilities {
            service_tokens: true,
            invitations: true,
            pairs_in_one_order: false,
            own_ports_through_profiles: false,
            terms: true,
            notification_changes: true,
            pair_decisions: false,
            deletion_refusals: false,
            offerings: OfferingCapabilities {
                test_profiles: false,
                same_vlan: false,
                choices: true,
                undescribed: false,
            },
        }
    }

    async fn ports(&self) -> Result<Vec<Port>, Error> {
        let page: PageBody = read("ports", &self.get("ports", &["ports"]).await?)?;
        let items = lenient::each::<PortBody>(page.data);
        Ok(items.into_iter().filter_map(map::port).collect())
    }

    async fn metros(&self) -> Result<Vec<Metro>, Error> {
        let (mut metros, mut from) = (vec![], Some(0));
        while let Some(offset) = from {
            let query = [("offset", offset.to_string()), ("limit", PAGE_SIZE.to_string())];
            let body =
                self.call("metros", Method::GET, &["metros"], &query, None, Effect::Safe).await?;
            let page: PageBody = read("metros", &body)?;
            from = next(offset, &page);
            metros.extend(lenient::each::<MetroBody>(page.data).into_iter().filter_map(map::metro));
        }
        Ok(metros)
    }

    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let body = self.get("profile", &["serviceProfiles", id.as_str()]).await?;
        map::profile(read::<ProfileBody>("profile", &body)?)
            .ok_or_else(|| Error::Unreadable("profile: the answer has no uuid".into()))
    }

    async fn profiles_named(&self, name: &str) -> Result<Vec<ServiceProfile>, Error> {
        let body = json!({
            "filter": {"property": "/name", "operator": "=", "values": [name]},
            "pagination": {"offset": 0, "limit": PAGE_SIZE},
        });
        let path = ["serviceProfiles", "search"];
        let answer =
            self.call("profiles", Method::POST, &path, &[], Some(body), Effect::Safe).await?;
        let page: PageBody = read("profiles", &answer)?;
        let mut seen = BTreeSet::new();
        Ok(lenient::each::<ProfileBody>(page.data)
            .into_iter()
            .filter_map(map::profile)
            .filter(|p| p.name == name && seen.insert(p.id.clone()))
            .collect())
    }

    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error> {
        let mut properties = vec![
            ("/zSide/accessPoint/authenticationKey", check.key.expose()),
            ("/zSide/accessPoint/profile/uuid", check.profile.as_str()),
        ];
        let region = check.seller_region;
        properties.extend(region.map(|region| ("/zSide/accessPoint/sellerRegion", region)));
        let path = ["connections", "validate"];
        let body = Some(map::all_of(&properties));
        self.call("check_key", Method::POST, &path, &[], body, Effect::Safe).await.map(|_| ())
    }

    async fn price(&self, quote: &Quote) -> Result<Option<Money>, Error> {
        let bandwidth = quote.bandwidth.get().to_string();
        let mut properties = vec![
            ("/type", "VIRTUAL_CONNECTION_PRODUCT"),
            ("/connection/type", "EVPL_VC"),
            ("/connection/bandwidth", bandwidth.as_str()),
            ("/connection/aSide/accessPoint/type", "COLO"),
            ("/connection/aSide/accessPoint/port/uuid", quote.port.as_str()),
            ("/connection/zSide/accessPoint/location/metroCode", quote.metro.as_str()),
        ];
        match &quote.profile {
            Some(profile) => properties.extend([
                ("/connection/zSide/accessPoint/type", "SP"),
                ("/connection/zSide/accessPoint/profile/uuid", profile.as_str()),
            ]),
            None => properties.push(("/connection/zSide/accessPoint/type", "COLO")),
        }
        let body = Some(map::all_of(&properties));
        let path = ["prices", "search"];
        let answer = self.call("price", Method::POST, &path, &[], body, Effect::Safe).await?;
        let page: PageBody = read("price", &answer)?;
        Ok(map::price(lenient::each::<PriceBody>(page.data), quote.bandwidth))
    }

    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let body = self.get("connection", &["connections", id.as_str()]).await?;
        map::connection(read::<ConnectionBody>("connection", &body)?)
            .filter(|connection| connection.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("connection: the answer does not hold {id}")))
    }

    async fn connections(&self, from: Cursor) -> Result<Page, Error> {
        // Oldest first: what is ordered while pages are read comes at the end, and nothing shifts.
        let body = json!({
            "pagination": {"offset": from.0, "limit": PAGE_SIZE},
            "sort": [{"property": "/changeLog/createdDateTime", "direction": "ASC"}],
        });
        let path = ["connections", "search"];
        let answer =
            self.call("connections", Method::POST, &path, &[], Some(body), Effect::Safe).await?;
        let page: PageBody = read("connections", &answer)?;
        let (total, next, all) = (total(&page), next(from.0, &page), page.data.len());
        let items = lenient::each::<ConnectionBody>(page.data);
        let connections: Vec<Connection> = items.into_iter().filter_map(map::connection).collect();
        Ok(Page { unreadable: all - connections.len(), connections, total, next: next.map(Cursor) })
    }

    async fn incoming_line(&self, id: &ConnectionId) -> Result<Connection, Error> {
        // One call shows a line to its buyer and to its seller.
        self.connection(id).await
    }

    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error> {
        let Some(redundancy) = &of.redundancy else { return Ok(None) };
        let group = redundancy.group.as_str();
        let filter = json!({"property": "/redundancy/group", "operator": "=", "values": [group]});
        let found = self.search("other_half", "connections", &[], filter).await?;
        let found = lenient::each::<ConnectionBody>(found).into_iter();
        Ok(found.filter_map(map::connection).find(|line| line.is_other_half(of)))
    }

    async fn check_integration(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    async fn own_profile(&self, id: &ProfileId) -> Result<ShownProfile, Error> {
        let call = Call {
            operation: "own_profile",
            method: Method::GET,
            path: &["fabric", "v4", "serviceProfiles", id.as_str()],
            query: &seller(),
            body: None,
            content_type: JSON,
            version: None,
            secrets: &[],
            effect: Effect::Safe,
        };
        let answer = self.0.call(call).await?;
        let body: Value = read("own_profile", &answer.body)?;
        if body["selfProfile"] == false {
            let message = format!("service profile {id} belongs to another organisation");
            let fault = Fault { message, ..Fault::default() };
            return Err(Error::NotVisible(Refusal { status: 200, faults: vec![fault] }));
        }
        profile::own(body, answer.version)
            .filter(|shown| shown.profile.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("own_profile: the answer does not hold {id}")))
    }

    async fn own_profiles_named(&self, name: &str) -> Result<Vec<OwnProfile>, Error> {
        let filter = json!({"property": "/name", "operator": "=", "values": [name]});
        let found = self.search("own_profiles", "serviceProfiles", &seller(), filter).await?;
        let named = found.into_iter().filter(|p| p["name"] == name && p["selfProfile"] != false);
        let read = |value| profile::own(value, None).map(|shown| shown.profile);
        named
            .map(|value| {
                read(value).ok_or_else(|| {
                    Error::Unreadable(format!(
                        "own_profiles: a profile named {name} has no usable uuid"
                    ))
                })
            })
            .collect()
    }

    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Vec<Incoming>, Error> {
        let found = self.search("at_seller", "connections", &[], incoming::filter(which)).await?;
        let bodies = lenient::each::<IncomingBody>(found).into_iter();
        let there = bodies.filter(|body| !incoming::is_over(body));
        let there = there.filter_map(incoming::incoming);
        Ok(match which {
            IncomingFilter::Waiting => there.filter(|line| line.asks.is_some()).collect(),
            IncomingFilter::Through(profile) => {
                there.filter(|line| line.profile.as_ref() == Some(profile)).collect()
            }
        })
    }
}

#[async_trait]
impl Writes for FabricV4 {
    async fn order(&self, order: &Order) -> Result<Placed, Error> {
        let body = serde_json::to_value(map::order(order))
            .map_err(|e| Error::Unavailable(format!("order: cannot print the request: {e}")))?;
        let answer = self
            .call("order", Method::POST, &["connections"], &[], Some(body), Effect::Once)
            .await
            .map_err(Error::answering_an_order)?;
        // It was taken: an answer without an id loses the id, not the order.
        let placed: ConnectionBody =
            read("order", &answer).map_err(|e| Error::Ambiguous(e.to_string()))?;
        let primary = placed.uuid.and_then(|id| ConnectionId::parse(&id).ok());
        let primary =
            primary.ok_or_else(|| Error::Ambiguous("order: the answer has no uuid".into()))?;
        Ok(Placed { primary, secondary: None })
    }

    async fn change(&self, id: &ConnectionId, change: &Change) -> Result<Option<String>, Error> {
        let path = ["connections", id.as_str()];
        let body = Some(map::change(change));
        let answer = self.call("change", Method::PATCH, &path, &[], body, Effect::Once).await?;
        // It was taken; an answer that cannot be read costs only the id.
        let taken: ConnectionBody = read("change", &answer).unwrap_or_default();
        Ok(taken.change.uuid.map(|id| clean(&id, 64)))
    }

    async fn cancel(&self, id: &ConnectionId) -> Result<(), Error> {
        let path = ["connections", id.as_str()];
        self.call("cancel", Method::DELETE, &path, &[], None, Effect::Safe).await.map(|_| ())
    }

    async fn decide(&self, id: &ConnectionId, decision: &Decision) -> Result<(), Error> {
        let id = id.as_str();
        let (method, path, body, content_type) = match decision::decision(decision)? {
            Sent::Patch(body) => (Method::PATCH, vec!["connections", id], body, PATCH),
            Sent::Action(body) => (Method::POST, vec!["connections", id, "actions"], body, JSON),
        };
        let call = Call {
            operation: "decide",
            method,
            path: &[&["fabric", "v4"], path.as_slice()].concat(),
            query: &[],
            body: Some(body),
            content_type,
            version: None,
            secrets: &decision.secrets(),
            effect: Effect::Once,
        };
        self.0.call(call).await.map(|_| ())
    }

    async fn create_profile(&self, offering: &Offering) -> Result<ProfileId, Error> {
        let (path, body) = (["serviceProfiles"], Some(profile::creation(offering)));
        let answer =
            self.call("create_profile", Method::POST, &path, &[], body, Effect::Once).await?;
        // It was taken: an answer without an id loses the id, not the profile.
        let created: ProfileBody =
            read("create_profile", &answer).map_err(|e| Error::Ambiguous(e.to_string()))?;
        created
            .uuid
            .and_then(|id| ProfileId::parse(&id).ok())
            .ok_or_else(|| Error::Ambiguous("create_profile: the answer has no uuid".into()))
    }

    async fn replace_profile(&self, shown: &ShownProfile, wanted: &Offering) -> Result<(), Error> {
        let call = Call {
            operation: "replace_profile",
            method: Method::PUT,
            path: &["fabric", "v4", "serviceProfiles", shown.profile.id.as_str()],
            query: &[],
            body: Some(profile::replacement(shown, wanted)),
            content_type: JSON,
            version: shown.version.as_deref(),
            secrets: &[],
            effect: Effect::Once,
        };
        self.0.call(call).await.map(|_| ())
    }

    async fn delete_profile(&self, id: &ProfileId) -> Result<(), Error> {
        let path = ["serviceProfiles", id.as_str()];
        self.call("delete_profile", Method::DELETE, &path, &[], None, Effect::Safe)
            .await
            .map(|_| ())
    }
}

/// The seller's view of profiles.
fn seller() -> [(&'static str, String); 1] {
    [("viewPoint", "zSide".to_owned())]
}
