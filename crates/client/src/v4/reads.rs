//! The reads of v4. Searches are `POST`s that change nothing.

use std::collections::BTreeSet;

use async_trait::async_trait;
use jiff::Timestamp;
use serde_json::{Value, json};

use fabric_domain::{
    Connection, ConnectionId, Incoming, Metro, Money, OwnProfile, Port, ProfileId, Quote,
    ServiceProfile,
};

use super::{
    FabricV4,
    client::{PAGE_SIZE, oldest_first, search},
    incoming, map, profile,
    wire::{ConnectionBody, MetroBody, PageBody, PortBody, PriceBody, ProfileBody},
};
use crate::{
    Capabilities, Cursor, Error, IncomingFilter, KeyCheck, OfferingCapabilities, Page, Reads,
    Refusal, ShownProfile, http::ApiCall, lenient::Items, own_profiles::all_named,
};

#[async_trait]
impl Reads for FabricV4 {
    fn can(&self) -> Capabilities {
        Capabilities {
            service_tokens: true,
            invitations: true,
            pairs_in_one_order: false,
            own_ports_through_profiles: false,
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

    async fn ports(&self) -> Result<Vec<Port>, Error> {
        let page: PageBody = self.send(ApiCall::get("ports", &["ports"])).await?.read()?;
        Ok(Items::<PortBody>::from(page.data).try_map(map::port).entries)
    }

    async fn metros(&self) -> Result<Vec<Metro>, Error> {
        let (mut metros, mut from) = (vec![], Some(0));
        while let Some(offset) = from {
            let query = [("offset", offset.to_string()), ("limit", PAGE_SIZE.to_string())];
            let call = ApiCall { query: &query, ..ApiCall::get("metros", &["metros"]) };
            let page: PageBody = self.send(call).await?.read()?;
            from = page.next(offset);
            metros.extend(Items::<MetroBody>::from(page.data).try_map(map::metro).entries);
        }
        Ok(metros)
    }

    async fn profile(&self, id: &ProfileId) -> Result<ServiceProfile, Error> {
        let path = ["serviceProfiles", id.as_str()];
        let body: ProfileBody = self.send(ApiCall::get("profile", &path)).await?.read()?;
        map::profile(&body)
            .ok_or_else(|| Error::Unreadable("profile: the answer has no uuid".into()))
    }

    async fn profiles_named(&self, name: &str) -> Result<Vec<ServiceProfile>, Error> {
        let body = json!({
            "filter": equals("/name", name),
            "pagination": {"offset": 0, "limit": PAGE_SIZE},
        });
        let path = ["serviceProfiles", "search"];
        let page: PageBody = self.send(search("profiles", &path, body)).await?.read()?;
        let profiles = Items::<ProfileBody>::from(page.data).try_map(map::profile).entries;
        let mut seen = BTreeSet::new();
        Ok(profiles.into_iter().filter(|p| p.name == name && seen.insert(p.id.clone())).collect())
    }

    async fn check_key(&self, check: KeyCheck<'_>) -> Result<(), Error> {
        let mut properties = vec![
            ("/zSide/accessPoint/authenticationKey", check.key.expose()),
            ("/zSide/accessPoint/profile/uuid", check.profile.as_str()),
        ];
        let region = check.seller_region;
        properties.extend(region.map(|region| ("/zSide/accessPoint/sellerRegion", region)));
        let path = ["connections", "validate"];
        self.send(search("check_key", &path, all_of(&properties))).await.map(|_| ())
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
        let page: PageBody = self.send(call).await?.read()?;
        Ok(map::price(&Items::<PriceBody>::from(page.data), quote.bandwidth))
    }

    async fn connection(&self, id: &ConnectionId) -> Result<Connection, Error> {
        let path = ["connections", id.as_str()];
        let body: ConnectionBody = self.send(ApiCall::get("connection", &path)).await?.read()?;
        map::connection(&body)
            .filter(|connection| connection.id == *id)
            .ok_or_else(|| Error::Unreadable(format!("connection: the answer does not hold {id}")))
    }

    async fn connections(&self, from: Cursor) -> Result<Page, Error> {
        let path = ["connections", "search"];
        let call = search("connections", &path, oldest_first(from.0));
        let answer = self.send(call).await?;
        let page: PageBody = answer.read()?;
        let (total, next) = (page.total(), page.next(from.0));
        let connections = Items::<ConnectionBody>::from(page.data).try_map(map::connection);
        Ok(Page {
            unreadable: connections.unreadable,
            connections: connections.entries,
            total,
            next: next.map(Cursor),
            date: answer.date,
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
        let connections = Items::<ConnectionBody>::from(found).try_map(map::connection).entries;
        Ok(connections.into_iter().find(|connection| connection.is_other_half(of)))
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

    async fn own_profiles_named(&self, name: &str) -> Result<Vec<OwnProfile>, Error> {
        let filter = equals("/name", name);
        let mut found =
            self.search_all("own_profiles", "serviceProfiles", &seller_view(), filter).await?;
        found.retain(is_own);
        all_named(&found, name, profile::own)
    }

    async fn at_seller(&self, which: IncomingFilter<'_>) -> Result<Vec<Incoming>, Error> {
        let filter = incoming::filter(which);
        let found = self.search_all("at_seller", "connections", &[], filter).await?;
        let bodies = Items::<ConnectionBody>::from(found);
        let there = bodies.iter().filter(|body| !incoming::is_deleted(body));
        let there = there.filter_map(incoming::incoming);
        Ok(there.filter(|incoming| which.admits(incoming)).collect())
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
