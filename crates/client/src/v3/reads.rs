//! The reads of v3. Each is a `GET`.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::Value;

use fabric_domain::{
    Connection, ConnectionId, Incoming, Metro, Money, OwnProfile, Port, ProfileId, Quote,
    ServiceProfile, clean,
};

use super::{
    EcxV3,
    client::MAX_PAGES,
    incoming, map, profile,
    wire::{
        ConnectionBody, MetroBody, PageBody, PortBody, PricesBody, ProfileBody, ValidationBody,
    },
};
use crate::{
    Capabilities, Cursor, Error, IncomingFilter, KeyCheck, OfferingCapabilities, Page, Reads,
    Refusal, ShownProfile,
    http::ApiCall,
    lenient::{Items, Text},
    own_profiles::all_named,
};

#[async_trait]
impl Reads for EcxV3 {
    fn can(&self) -> Capabilities {
        Capabilities {
            service_tokens: false,
            invitations: false,
            pairs_in_one_order: true,
            own_ports_through_profiles: true,
            customer_references: false,
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

    fn provider_time(&self) -> Option<Timestamp> {
        self.0.provider_time()
    }

    async fn ports(&self) -> Result<Vec<Port>, Error> {
        let call = ApiCall::get("ports", &["port", "userport"]);
        let ports: Vec<Value> = self.send(call).await?.read()?;
        Ok(Items::<PortBody>::from(ports).try_map(map::port).entries)
    }

    async fn metros(&self) -> Result<Vec<Metro>, Error> {
        let call = ApiCall::get("metros", &["l2", "common", "metros"]);
        let metros: Vec<Value> = self.send(call).await?.read()?;
        Ok(Items::<MetroBody>::from(metros).try_map(map::metro).entries)
    }

    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let path = ["l2", "serviceprofiles", "services", id.as_str()];
        let body: ProfileBody = self.send(ApiCall::get("profile", &path)).await?.read()?;
        map::profile(&body)
            .ok_or_else(|| Error::Unreadable("profile: the answer has no uuid".into()))
    }

    async fn profiles_named(&self, name: &str) -> Result<Vec<ServiceProfile>, Error> {
        let mut found: Vec<ServiceProfile> = vec![];
        let mut seen = BTreeSet::new();
        for number in 0..MAX_PAGES {
            let path = ["l2", "serviceprofiles", "services"];
            let page = self.page("profiles", &path, &[], number).await?;
            let last = page.is_last();
            let profiles = Items::<ProfileBody>::from(page.content).try_map(map::profile).entries;
            let named = profiles.into_iter().filter(|profile| profile.name == name);
            found.extend(named.filter(|profile| seen.insert(profile.id.clone())));
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
        let call = ApiCall { query: &query, ..ApiCall::get("check_key", &path) };
        let body: ValidationBody = self.send(call).await?.read()?;
        valid(&body.status, &body.message, "authorizationKey")
    }

    async fn price(&self, quote: &Quote) -> Result<Option<Money>, Error> {
        let query = [
            ("customSpeeds", quote.bandwidth.get().to_string()),
            ("destinationMetro", quote.metro.to_string()),
            ("portUUID", quote.port.to_string()),
        ];
        let path = ["l2", "connections", "prices"];
        let call = ApiCall { query: &query, ..ApiCall::get("price", &path) };
        let body: PricesBody = self.send(call).await?.read()?;
        Ok(map::price(&body, quote.bandwidth))
    }

    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let path = ["l2", "connections", id.as_str()];
        let mut body: Value = self.send(ApiCall::get("connection", &path)).await?.read()?;
        // The documented answer is a page; a bare object will do, too.
        let candidates = match body.get_mut("content") {
            Some(Value::Array(content)) => std::mem::take(content),
            _ => vec![body],
        };
        let connections = Items::<ConnectionBody>::from(candidates).try_map(map::connection);
        connections
            .entries
            .into_iter()
            .find(|connection| connection.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("connection: the answer does not hold {id}")))
    }

    async fn connections(&self, from: Cursor) -> Result<Page, Error> {
        let path = ["l2", "buyer", "connections"];
        let answer = self.ask_page("connections", &path, &[], from.0).await?;
        let page: PageBody = answer.read()?;
        let more = !page.is_last() && from.0 + 1 < MAX_PAGES;
        let total = page.total_count.fit().unwrap_or(0);
        let connections = Items::<ConnectionBody>::from(page.content).try_map(map::connection);
        Ok(Page {
            unreadable: connections.unreadable,
            connections: connections.entries,
            total,
            next: more.then_some(Cursor(from.0 + 1)),
            date: answer.date,
        })
    }

    async fn incoming_line(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let all = self.all_incoming().await?;
        all.into_iter().find(|connection| connection.id == *id).ok_or_else(|| {
            let message = format!("connection {id} is not among those at the account's profiles");
            Error::NotVisible(Refusal::new(200, message, None))
        })
    }

    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error> {
        let all = self.all_incoming().await?;
        Ok(all.into_iter().find(|connection| connection.is_other_half(of)))
    }

    async fn check_integration(&self, id: &str) -> Result<(), Error> {
        let path = ["l2", "serviceprofiles", "validateIntegrationId", id];
        let call = ApiCall::get("check_integration", &path);
        let body: ValidationBody = self.send(call).await?.read()?;
        valid(&body.state, &body.message, "integrationId")
    }

    async fn own_profile(&self, id: &ProfileId) -> Result<ShownProfile, Error> {
        let path = ["l2", "serviceprofiles", id.as_str()];
        let body: Value = self.send(ApiCall::get("own_profile", &path)).await?.read()?;
        let profile = profile::own(&body).filter(|profile| profile.id == *id).ok_or_else(|| {
            Error::Unreadable(format!("own_profile: the answer does not hold {id}"))
        })?;
        Ok(ShownProfile { profile, version: None, body })
    }

    async fn own_profiles_named(&self, name: &str) -> Result<Vec<OwnProfile>, Error> {
        let found = self.list_all("own_profiles", &["l2", "serviceprofiles"], &[]).await?;
        all_named(&found, name, profile::own)
    }

    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Vec<Incoming>, Error> {
        let path = ["l2", "seller", "connections"];
        let found = self.list_all("at_seller", &path, &incoming::filter(which)).await?;
        let bodies = Items::<ConnectionBody>::from(found);
        let there = bodies.iter().filter(|body| !incoming::is_deleted(body));
        let there = there.filter_map(incoming::incoming);
        Ok(there.filter(|incoming| which.admits(incoming)).collect())
    }
}

impl EcxV3 {
    /// All connections at the account's own profiles: this dialect shows a seller one connection in
    /// no other way.
    async fn all_incoming(&self) -> Result<Vec<Connection>, Error> {
        let found = self.list_all("incoming", &["l2", "seller", "connections"], &[]).await?;
        Ok(Items::<ConnectionBody>::from(found).try_map(map::connection).entries)
    }
}

/// Turns a verdict into a result: [`Error::Refused`] unless it is `VALID`.
fn valid(verdict: &Text, message: &Text, property: &str) -> Result<(), Error> {
    if verdict.get() == Some("VALID") {
        return Ok(());
    }
    let message = clean(message.or_empty(), 400);
    Err(Error::Refused(Refusal::new(200, message, Some(property))))
}
