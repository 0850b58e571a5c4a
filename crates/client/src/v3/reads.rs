//! The reads of v3. Each is a `GET`.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use fabric_domain::{
    Connection, ConnectionId, Incoming, Listed, Metro, Money, OwnProfile, Port, ProfileId, Quote,
    ServiceProfile, clean,
};

use super::{
    EcxV3, incoming, map, profile,
    wire::{ConnectionBody, MetroBody, PortBody, PricesBody, ProfileBody, ValidationBody},
};
use crate::{
    Capabilities, Cursor, Error, IncomingFilter, KeyCheck, OfferingCapabilities, Page, Reads,
    Refusal, ShownProfile,
    http::ApiCall,
    lenient::{Items, Text},
    paging::{any, found_or_absent, may_be_named, once, within_bounds},
};

#[async_trait]
impl Reads for EcxV3 {
    fn can(&self) -> Capabilities {
        Capabilities {
            service_tokens: false,
            invitations: false,
            pairs_in_one_order: true,
            own_ports_through_profiles: true,
            keys_by_region: true,
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

    async fn ports(&self) -> Result<Listed<Port>, Error> {
        let found = self.whole("ports", &["port", "userport"]).await?;
        Ok(found.listed(any, |port| map::port(&PortBody::deserialize(port).ok()?)))
    }

    async fn metros(&self) -> Result<Listed<Metro>, Error> {
        let found = self.whole("metros", &["l2", "common", "metros"]).await?;
        Ok(found.listed(any, |metro| map::metro(&MetroBody::deserialize(metro).ok()?)))
    }

    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let path = ["l2", "serviceprofiles", "services", id.as_str()];
        let body: ProfileBody = self.send(ApiCall::get("profile", &path)).await?.read()?;
        map::profile(&body)
            .ok_or_else(|| Error::Unreadable("profile: the answer has no uuid".into()))
    }

    async fn profiles(&self) -> Result<Listed<ServiceProfile>, Error> {
        let path = ["l2", "serviceprofiles", "services"];
        let found = self.list_all("profiles", &path, &[]).await?;
        Ok(once(
            found.listed(any, |profile| map::profile(&ProfileBody::deserialize(profile).ok()?)),
        ))
    }

    async fn profiles_named(&self, name: &str) -> Result<Listed<ServiceProfile>, Error> {
        let path = ["l2", "serviceprofiles", "services"];
        let found = self.list_all("profiles", &path, &[]).await?;
        let named = |profile: &Value| may_be_named(profile, name);
        Ok(once(
            found.listed(named, |profile| map::profile(&ProfileBody::deserialize(profile).ok()?)),
        ))
    }

    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error> {
        let region = check.region.filter(|region| !region.is_empty()).ok_or_else(|| {
            Error::Unreadable(
                "check_key: the region of the A side's metro is needed, and the list of metros does not show it".into(),
            )
        })?;
        let query = [
            ("authorizationKey", check.key.expose().to_owned()),
            ("metroCode", check.metro.to_string()),
            ("profileId", check.profile.to_string()),
            ("region", region.to_owned()),
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
        within_bounds("connections", from.read)?;
        let path = ["l2", "buyer", "connections"];
        let page = self.page("connections", &path, &[], from.position).await?;
        let read = from.read + page.entries.len();
        let next = page.goes_on(read).then_some(Cursor { position: from.position + 1, read });
        let connections = Items::<ConnectionBody>::from(page.entries).try_map(map::connection);
        Ok(Page {
            unreadable: page.unreadable + connections.unreadable,
            connections: connections.entries,
            total: page.total,
            next,
            date: page.date,
        })
    }

    async fn incoming_line(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let named = self.all_incoming().await?.filter(|connection| connection.id == *id);
        found_or_absent(named)?.ok_or_else(|| {
            let message = format!("connection {id} is not among those at the account's profiles");
            Error::NotVisible(Refusal::new(200, message, None))
        })
    }

    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error> {
        let all = self.all_incoming().await?;
        found_or_absent(all.filter(|connection| connection.is_other_half(of)))
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

    async fn own_profiles_named(&self, name: &str) -> Result<Listed<OwnProfile>, Error> {
        let found = self.list_all("own_profiles", &["l2", "serviceprofiles"], &[]).await?;
        Ok(found.listed(|profile| may_be_named(profile, name), profile::own))
    }

    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Listed<Incoming>, Error> {
        let path = ["l2", "seller", "connections"];
        let found = self.list_all("at_seller", &path, &incoming::filter(which)).await?;
        let body = |line: &Value| ConnectionBody::deserialize(line).ok();
        let there = |line: &Value| body(line).is_none_or(|body| !incoming::is_deleted(&body));
        let there = found.listed(there, |line| incoming::incoming(&body(line)?));
        Ok(there.filter(|incoming| which.admits(incoming)))
    }
}

impl EcxV3 {
    /// All connections at the account's own profiles: this dialect shows a seller one connection in
    /// no other way.
    async fn all_incoming(&self) -> Result<Listed<Connection>, Error> {
        let found = self.list_all("incoming", &["l2", "seller", "connections"], &[]).await?;
        Ok(found.listed(any, |line| map::connection(&ConnectionBody::deserialize(line).ok()?)))
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
