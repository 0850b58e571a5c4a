//! The calls of v3.

use std::collections::BTreeSet;

use async_trait::async_trait;
use bytes::Bytes;
use http::Method;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use fabric_domain::{
    Change, Connection, ConnectionId, Decision, Incoming, Metro, Money, Offering, Order,
    OwnProfile, Placed, Port, ProfileId, Quote, ServiceProfile, clean,
};

use super::{
    decision,
    incoming::{self, IncomingBody},
    map, profile,
    wire::{
        ConnectionBody, Created, Done, IntegrationBody, KeyBody, MetroBody, PageBody, PortBody,
        ProfileBody,
    },
};
use crate::{
    Capabilities, Cursor, Error, Fault, IncomingFilter, KeyCheck, OfferingCapabilities, Page,
    Reads, Refusal, ShownProfile, Transport, Writes, lenient,
    transport::{Call, Effect, JSON},
};

/// How many entries are asked for a page.
const PAGE_SIZE: usize = 100;
/// The most pages that are read of one list.
const MAX_PAGES: usize = 200;

/// ECX v3 over a transport.
#[derive(Debug)]
pub struct EcxV3(Transport);

impl EcxV3 {
    /// The dialect over `transport`.
    pub fn new(transport: Transport) -> Self {
        Self(transport)
    }

    async fn get(
        &self,
        operation: &'static str,
        path: &[&str],
        query: &[(&str, String)],
    ) -> Result<Bytes, Error> {
        let path = [&["ecx", "v3"], path].concat();
        let call = Call {
            operation,
            method: Method::GET,
            path: &path,
            query,
            body: None,
            content_type: JSON,
            version: None,
            secrets: &[],
            effect: Effect::Safe,
        };
        Ok(self.0.call(call).await?.body)
    }

    /// A request that changes something, below `l2`.
    async fn write<B: Serialize>(
        &self,
        operation: &'static str,
        method: Method,
        path: &[&str],
        query: &[(&str, String)],
        body: Option<&B>,
        effect: Effect,
    ) -> Result<Bytes, Error> {
        let body = body.map(serde_json::to_value).transpose().map_err(|e| {
            Error::Unavailable(format!("{operation}: cannot print the request: {e}"))
        })?;
        let path = [&["ecx", "v3", "l2"], path].concat();
        let (path, content_type, version) = (path.as_slice(), JSON, None);
        let secrets = &[];
        let call =
            Call { operation, method, path, query, body, content_type, version, secrets, effect };
        Ok(self.0.call(call).await?.body)
    }

    /// All lines at the account's own profiles: this dialect shows its sellers a line in no other
    /// way.
    async fn all_incoming(&self) -> Result<impl Iterator<Item = Connection>, Error> {
        let all = self.all("incoming", &["l2", "seller", "connections"], &[]).await?;
        Ok(lenient::each::<ConnectionBody>(all).into_iter().filter_map(map::connection))
    }

    async fn page(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
        number: usize,
    ) -> Result<PageBody, Error> {
        let page = [("pageSize", PAGE_SIZE.to_string()), ("pageNumber", number.to_string())];
        let query = [filter, &page].concat();
        read(operation, &self.get(operation, path, &query).await?)
    }

    /// All entries of a list; an error if there are more than can be read.
    async fn all(
        &self,
        operation: &'static str,
        path: &[&str],
        filter: &[(&str, String)],
    ) -> Result<Vec<Value>, Error> {
        let mut found = vec![];
        for number in 0..MAX_PAGES {
            let page = self.page(operation, path, filter, number).await?;
            let last = is_last(&page);
            found.extend(page.content);
            if last {
                return Ok(found);
            }
        }
        Err(Error::Unreadable(format!("{operation}: more than {MAX_PAGES} pages")))
    }
}

fn read<T: DeserializeOwned>(operation: &str, body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|e| Error::Unreadable(format!("{operation}: {e}")))
}

/// Whether a page is the last: by its own word, or because nothing is on it.
fn is_last(page: &PageBody) -> bool {
    page.content.is_empty() || page.is_last_page.unwrap_or(page.content.len() < PAGE_SIZE)
}

#[async_trait]
impl Reads for EcxV3 {
    fn can(&self) -> Capabilities {
        Capabilities {
            service_tokens: false,
            invitations: false,
            pairs_in_one_order: true,
            own_ports_through_profiles: true,
            terms: false,
            notification_changes: false,
            pair_decisions: true,
            deletion_refusals: true,
            offerings: OfferingCapabilities {
                test_profiles: true,
                same_vlan: true,
                choices: false,
                undescribed: true,
            },
        }
    }

    async fn ports(&self) -> Result<Vec<Port>, Error> {
        let body = self.get("ports", &["port", "userport"], &[]).await?;
        let items = lenient::each::<PortBody>(read("ports", &body)?);
        Ok(items.into_iter().filter_map(map::port).collect())
    }

    async fn metros(&self) -> Result<Vec<Metro>, Error> {
        let body = self.get("metros", &["l2", "common", "metros"], &[]).await?;
        let items = lenient::each::<MetroBody>(read("metros", &body)?);
        Ok(items.into_iter().filter_map(map::metro).collect())
    }

    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let path = ["l2", "serviceprofiles", "services", id.as_str()];
        let body = self.get("profile", &path, &[]).await?;
        map::profile(read::<ProfileBody>("profile", &body)?)
            .ok_or_else(|| Error::Unreadable("profile: the answer has no uuid".into()))
    }

    async fn profiles_named(&self, name: &str) -> Result<Vec<ServiceProfile>, Error> {
        let mut found: Vec<ServiceProfile> = vec![];
        let mut seen = BTreeSet::new();
        for number in 0..MAX_PAGES {
            let path = ["l2", "serviceprofiles", "services"];
            let page = self.page("profiles", &path, &[], number).await?;
            let last = is_last(&page);
            let items = lenient::each::<ProfileBody>(page.content);
            let profiles = items.into_iter().filter_map(map::profile);
            found.extend(profiles.filter(|p| p.name == name && seen.insert(p.id.clone())));
            if last {
                return Ok(found);
            }
        }
        Err(Error::Unreadable(format!(
            "profiles: more than {MAX_PAGES} pages; give the profile by uuid"
        )))
    }

    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error> {
        let query = [
            ("authorizationKey", check.key.expose().to_owned()),
            ("metroCode", check.metro.to_string()),
            ("profileId", check.profile.to_string()),
            ("region", check.region.unwrap_or_default().to_owned()),
        ];
        let path = ["l2", "connections", "validateAuthorizationKey"];
        let body: KeyBody = read("check_key", &self.get("check_key", &path, &query).await?)?;
        if body.status.as_deref() == Some("VALID") {
            return Ok(());
        }
        let message = clean(&body.message.unwrap_or_default(), 400);
        let fault =
            Fault { message, property: Some("authorizationKey".into()), ..Fault::default() };
        Err(Error::Refused(Refusal { status: 200, faults: vec![fault] }))
    }

    async fn price(&self, quote: &Quote) -> Result<Option<Money>, Error> {
        let query = [
            ("customSpeeds", quote.bandwidth.get().to_string()),
            ("destinationMetro", quote.metro.to_string()),
            ("portUUID", quote.port.to_string()),
        ];
        let body = self.get("price", &["l2", "connections", "prices"], &query).await?;
        Ok(map::price(read("price", &body)?, quote.bandwidth))
    }

    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let body = self.get("connection", &["l2", "connections", id.as_str()], &[]).await?;
        let value: Value = read("connection", &body)?;
        // The documented answer is a page; a bare object is taken, too.
        let candidates = match value.get("content") {
            Some(Value::Array(content)) => content.clone(),
            _ => vec![value],
        };
        let items = lenient::each::<ConnectionBody>(candidates);
        items
            .into_iter()
            .filter_map(map::connection)
            .find(|connection| connection.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("connection: the answer does not hold {id}")))
    }

    async fn connections(&self, from: Cursor) -> Result<Page, Error> {
        let page = self.page("connections", &["l2", "buyer", "connections"], &[], from.0).await?;
        let last = is_last(&page);
        let total = page.total_count.and_then(|n| usize::try_from(n).ok()).unwrap_or(0);
        let all = page.content.len();
        let items = lenient::each::<ConnectionBody>(page.content);
        let connections: Vec<Connection> = items.into_iter().filter_map(map::connection).collect();
        let next = (!last && from.0 + 1 < MAX_PAGES).then_some(Cursor(from.0 + 1));
        Ok(Page { unreadable: all - connections.len(), connections, total, next })
    }

    async fn incoming_line(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let found = self.all_incoming().await?.find(|line| line.id == *id);
        found.ok_or_else(|| {
            let message = format!("connection {id} is not among those at the account's profiles");
            let fault = Fault { message, ..Fault::default() };
            Error::NotVisible(Refusal { status: 200, faults: vec![fault] })
        })
    }

    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error> {
        Ok(self.all_incoming().await?.find(|line| line.is_other_half(of)))
    }

    async fn check_integration(&self, id: &str) -> Result<(), Error> {
        let path = ["l2", "serviceprofiles", "validateIntegrationId", id];
        let body = self.get("check_integration", &path, &[]).await?;
        let body: IntegrationBody = read("check_integration", &body)?;
        if body.state.as_deref() == Some("VALID") {
            return Ok(());
        }
        let message = clean(&body.message.unwrap_or_default(), 400);
        let fault = Fault { message, property: Some("integrationId".into()), ..Fault::default() };
        Err(Error::Refused(Refusal { status: 200, faults: vec![fault] }))
    }

    async fn own_profile(&self, id: &ProfileId) -> Result<ShownProfile, Error> {
        let body = self.get("own_profile", &["l2", "serviceprofiles", id.as_str()], &[]).await?;
        profile::own(read("own_profile", &body)?)
            .filter(|shown| shown.profile.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("own_profile: the answer does not hold {id}")))
    }

    async fn own_profiles_named(&self, name: &str) -> Result<Vec<OwnProfile>, Error> {
        let all = self.all("own_profiles", &["l2", "serviceprofiles"], &[]).await?;
        let named = all.into_iter().filter(|profile| profile["name"] == name);
        let read = |value| profile::own(value).map(|shown| shown.profile);
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
        let filter = incoming::filter(which);
        let all = self.all("at_seller", &["l2", "seller", "connections"], &filter).await?;
        let bodies = lenient::each::<IncomingBody>(all).into_iter();
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
impl Writes for EcxV3 {
    async fn order(&self, order: &Order) -> Result<Placed, Error> {
        let body = map::order(order)?;
        let answer = self
            .write("order", Method::POST, &["connections"], &[], Some(&body), Effect::Once)
            .await
            .map_err(Error::answering_an_order)?;
        // It was taken: an answer without an id loses the id, not the order.
        let done: Done = read("order", &answer).map_err(|e| Error::Ambiguous(e.to_string()))?;
        let id = |id: Option<String>| id.and_then(|id| ConnectionId::parse(&id).ok());
        let primary = id(done.primary_connection_id).ok_or_else(|| {
            Error::Ambiguous("order: the answer has no primaryConnectionId".into())
        })?;
        Ok(Placed { primary, secondary: id(done.secondary_connection_id) })
    }

    async fn change(&self, id: &ConnectionId, change: &Change) -> Result<Option<String>, Error> {
        let body = map::change(change)?;
        let query = [("action", "Update".to_owned())];
        let path = ["connections", id.as_str()];
        self.write("change", Method::PATCH, &path, &query, Some(&body), Effect::Once)
            .await
            .map(|_| None)
    }

    async fn cancel(&self, id: &ConnectionId) -> Result<(), Error> {
        let path = ["connections", id.as_str()];
        self.write::<()>("cancel", Method::DELETE, &path, &[], None, Effect::Safe).await.map(|_| ())
    }

    async fn decide(&self, id: &ConnectionId, decision: &Decision) -> Result<(), Error> {
        let (action, body) = decision::decision(decision);
        let body = serde_json::to_value(body)
            .map_err(|e| Error::Unavailable(format!("decide: cannot print the request: {e}")))?;
        let call = Call {
            operation: "decide",
            method: Method::PATCH,
            path: &["ecx", "v3", "l2", "connections", id.as_str()],
            query: &[("action", <&str>::from(action).to_owned())],
            body: Some(body),
            content_type: JSON,
            version: None,
            secrets: &decision.secrets(),
            effect: Effect::Once,
        };
        self.0.call(call).await.map(|_| ())
    }

    async fn create_profile(&self, offering: &Offering) -> Result<ProfileId, Error> {
        let body = profile::creation(offering);
        let (path, method) = (["serviceprofiles"], Method::POST);
        let answer =
            self.write("create_profile", method, &path, &[], Some(&body), Effect::Once).await?;
        // It was taken: an answer without an id loses the id, not the profile.
        let created: Created =
            read("create_profile", &answer).map_err(|e| Error::Ambiguous(e.to_string()))?;
        created
            .uuid
            .and_then(|id| ProfileId::parse(&id).ok())
            .ok_or_else(|| Error::Ambiguous("create_profile: the answer has no uuid".into()))
    }

    async fn replace_profile(&self, shown: &ShownProfile, wanted: &Offering) -> Result<(), Error> {
        let body = profile::replacement(shown, wanted);
        let (path, method) = (["serviceprofiles"], Method::PUT);
        self.write("replace_profile", method, &path, &[], Some(&body), Effect::Once)
            .await
            .map(|_| ())
    }

    async fn delete_profile(&self, id: &ProfileId) -> Result<(), Error> {
        let (path, method) = (["serviceprofiles", id.as_str()], Method::DELETE);
        self.write::<()>("delete_profile", method, &path, &[], None, Effect::Safe).await.map(|_| ())
    }
}
