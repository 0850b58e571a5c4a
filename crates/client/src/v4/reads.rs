//! The reads of v4. Searches are `POST`s that change nothing.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use fabric_domain::{
    Connection, ConnectionId, Incoming, Listed, Metro, Money, OwnProfile, Port, ProfileId, Quote,
    ServiceProfile,
};

use super::{
    FabricV4,
    client::{oldest_first, search},
    incoming, map, profile,
    wire::{ConnectionBody, MetroBody, PortBody, PriceBody, ProfileBody},
};
use crate::{
    Capabilities, Cursor, Error, IncomingFilter, KeyCheck, OfferingCapabilities, Page, Reads,
    Refusal, ShownProfile,
    http::ApiCall,
    lenient::Items,
    paging::{Collected, PAGE_SIZE, any, found_or_absent, may_be_named, once, within_bounds},
};

#[async_trait]
impl Reads for FabricV4 {
    fn can(&self) -> Capabilities {
        Capabilities {
            service_tokens: true,
            invitations: true,
            pairs_in_one_order: false,
            own_ports_through_profiles: false,
            keys_by_region: false,
            customer_references: true,
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

    fn provider_time(&self) -> Option<Timestamp> {
        self.0.provider_time()
    }

    async fn ports(&self) -> Result<Listed<Port>, Error> {
        let found = self.list_all("ports", &["ports"], None).await?;
        Ok(found.listed(any, |port| map::port(&PortBody::deserialize(port).ok()?)))
    }

    async fn metros(&self) -> Result<Listed<Metro>, Error> {
        let found = self.list_all("metros", &["metros"], Some(PAGE_SIZE)).await?;
        Ok(found.listed(any, |metro| map::metro(&MetroBody::deserialize(metro).ok()?)))
    }

    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let path = ["serviceProfiles", id.as_str()];
        let body: ProfileBody = self.send(ApiCall::get("profile", &path)).await?.read()?;
        map::profile(&body)
            .ok_or_else(|| Error::Unreadable("profile: the answer has no uuid".into()))
    }

    async fn profiles(&self) -> Result<Listed<ServiceProfile>, Error> {
        let filter = equals("/state", "ACTIVE");
        let found = self.search_all("profiles", "serviceProfiles", &[], filter).await?;
        Ok(once(
            found.listed(any, |profile| map::profile(&ProfileBody::deserialize(profile).ok()?)),
        ))
    }

    async fn profiles_named(&self, name: &str) -> Result<Listed<ServiceProfile>, Error> {
        let filter = equals("/name", name);
        let found = self.search_all("profiles", "serviceProfiles", &[], filter).await?;
        let named = |profile: &Value| may_be_named(profile, name);
        Ok(once(
            found.listed(named, |profile| map::profile(&ProfileBody::deserialize(profile).ok()?)),
        ))
    }

    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error> {
        let mut properties = vec![
            ("/zSide/accessPoint/authenticationKey", check.key.expose()),
            ("/zSide/accessPoint/profile/uuid", check.profile.as_str()),
        ];
        let region = check.seller_region;
        properties.extend(region.map(|region| ("/zSide/accessPoint/sellerRegion", region)));
        let path = ["connections", "validate"];
        let answer = self.send(search("check_key", &path, all_of(&properties))).await?;
        // A page of a gateway accepts no key.
        answer.read::<Map<String, Value>>().map(|_| ())
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
        let call = search("price", &["prices", "search"], all_of(&properties));
        let mut found = Collected::default();
        found.add(self.page(call, 0, None).await?);
        let prices = found.listed(any, |price| PriceBody::deserialize(price).ok());
        Ok(map::price(&prices, quote.bandwidth))
    }

    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let path = ["connections", id.as_str()];
        let body: ConnectionBody = self.send(ApiCall::get("connection", &path)).await?.read()?;
        map::connection(&body)
            .filter(|connection| connection.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("connection: the answer does not hold {id}")))
    }

    async fn connections(&self, from: Cursor) -> Result<Page, Error> {
        within_bounds("connections", from.read)?;
        let path = ["connections", "search"];
        let call = search("connections", &path, oldest_first(from.position));
        let page = self.page(call, from.read, Some(PAGE_SIZE)).await?;
        let read = from.read + page.entries.len();
        let next = page.goes_on(read).then_some(Cursor { position: read, read });
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
        // One call shows a connection to its buyer and to its seller.
        self.connection(id).await
    }

    async fn other_half(&self, of: &Connection) -> Result<Option<Connection>, Error> {
        let Some(redundancy) = &of.redundancy else { return Ok(None) };
        let filter = equals("/redundancy/group", &redundancy.group);
        let found = self.search_all("other_half", "connections", &[], filter).await?;
        let group = found
            .listed(any, |line| map::connection(&ConnectionBody::deserialize(line).ok()?))
            .filter(|connection| connection.is_other_half(of));
        found_or_absent(group)
    }

    async fn check_integration(&self, _: &str) -> Result<(), Error> {
        Ok(())
    }

    async fn own_profile(&self, id: &ProfileId) -> Result<ShownProfile, Error> {
        let path = ["serviceProfiles", id.as_str()];
        let call = ApiCall { query: &seller_view(), ..ApiCall::get("own_profile", &path) };
        let answer = self.send(call).await?;
        let body: Value = answer.read()?;
        if !is_own(&body) {
            let message = format!("service profile {id} belongs to another organisation");
            return Err(Error::NotVisible(Refusal::new(200, message, None)));
        }
        let profile = profile::own(&body).filter(|profile| profile.id == *id).ok_or_else(|| {
            Error::Unreadable(format!("own_profile: the answer does not hold {id}"))
        })?;
        Ok(ShownProfile { profile, version: answer.etag, body })
    }

    async fn own_profiles_named(&self, name: &str) -> Result<Listed<OwnProfile>, Error> {
        let filter = equals("/name", name);
        let found =
            self.search_all("own_profiles", "serviceProfiles", &seller_view(), filter).await?;
        let named = |profile: &Value| is_own(profile) && may_be_named(profile, name);
        Ok(found.listed(named, profile::own))
    }

    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Listed<Incoming>, Error> {
        let filter = incoming::filter(which);
        let found = self.search_all("at_seller", "connections", &[], filter).await?;
        let body = |line: &Value| ConnectionBody::deserialize(line).ok();
        let there = |line: &Value| body(line).is_none_or(|body| !incoming::is_deleted(&body));
        let there = found.listed(there, |line| incoming::incoming(&body(line)?));
        Ok(there.filter(|incoming| which.admits(incoming)))
    }
}

/// The query of a seller's view of profiles.
fn seller_view() -> [(&'static str, String); 1] {
    [("viewPoint", "zSide".to_owned())]
}

/// Whether a profile is the account's own; a profile that does not say is.
fn is_own(profile: &Value) -> bool {
    profile["selfProfile"] != false
}

/// The filter for one value of a property.
fn equals(property: &str, value: &str) -> Value {
    json!({"property": property, "operator": "=", "values": [value]})
}

/// A search for objects with all of these properties.
fn all_of(properties: &[(&str, &str)]) -> Value {
    let all: Vec<Value> =
        properties.iter().map(|(property, value)| equals(property, value)).collect();
    json!({"filter": {"and": all}})
}
