//! The changes of v3. Each is sent at most once, except `DELETE`, which may be repeated.

use async_trait::async_trait;
use http::Method;

use fabric_domain::{Change, ConnectionId, Decision, Offering, Order, Placed, ProfileId};

use super::{
    EcxV3, decision, order, profile,
    wire::{PlacedBody, ProfileBody},
};
use crate::{Error, Gate, ShownProfile, Writes, http::ApiCall, lenient::Text};

#[async_trait]
impl Writes for EcxV3 {
    async fn order(&self, order: &Order, gate: &dyn Gate) -> Result<Placed, Error> {
        let body = order::order(order)?;
        let call = ApiCall::change("order", Method::POST, &["l2", "connections"], &body, gate)?;
        let answer = self.send(call).await.map_err(Error::in_answer_to_order)?;
        let placed: PlacedBody = answer.read_accepted()?;
        let id =
            |spellings: [Text; 2]| spellings.iter().find_map(|id| id.parse(ConnectionId::parse));
        let primary = id([placed.primary_connection_id, placed.primary_connection_id_of_tables])
            .ok_or_else(|| {
                Error::Ambiguous("order: the answer has no primaryConnectionId".into())
            })?;
        let secondary =
            id([placed.secondary_connection_id, placed.secondary_connection_id_of_tables]);
        Ok(Placed { primary, secondary })
    }

    async fn change(
        &self,
        id: &ConnectionId,
        change: &Change,
        gate: &dyn Gate,
    ) -> Result<Option<String>, Error> {
        let path = ["l2", "connections", id.as_str()];
        let call = ApiCall::change("change", Method::PATCH, &path, &order::change(change)?, gate)?;
        let query = [("action", "Update".to_owned())];
        self.send(ApiCall { query: &query, ..call }).await?.accepted().map(|()| None)
    }

    async fn cancel(&self, id: &ConnectionId, gate: &dyn Gate) -> Result<(), Error> {
        let path = ["l2", "connections", id.as_str()];
        self.send(ApiCall::delete("cancel", &path, gate)).await?.deleted()
    }

    async fn decide(
        &self,
        id: &ConnectionId,
        decision: &Decision,
        gate: &dyn Gate,
    ) -> Result<(), Error> {
        let (action, body) = decision::request(decision);
        let path = ["l2", "connections", id.as_str()];
        let call = ApiCall::change("decide", Method::PATCH, &path, &body, gate)?;
        let query = [("action", <&str>::from(action).to_owned())];
        let secrets = decision.secrets();
        self.send(ApiCall { query: &query, secrets: &secrets, ..call }).await?.accepted()
    }

    async fn create_profile(
        &self,
        offering: &Offering,
        gate: &dyn Gate,
    ) -> Result<ProfileId, Error> {
        let body = profile::creation(offering);
        let path = ["l2", "serviceprofiles"];
        let call = ApiCall::change("create_profile", Method::POST, &path, &body, gate)?;
        let created: ProfileBody = self.send(call).await?.read_accepted()?;
        created
            .uuid
            .parse(ProfileId::parse)
            .ok_or_else(|| Error::Ambiguous("create_profile: the answer has no uuid".into()))
    }

    async fn replace_profile(
        &self,
        shown: &ShownProfile,
        wanted: &Offering,
        gate: &dyn Gate,
    ) -> Result<(), Error> {
        let body = profile::replacement(shown, wanted);
        let path = ["l2", "serviceprofiles"];
        let call = ApiCall::change("replace_profile", Method::PUT, &path, &body, gate)?;
        self.send(call).await?.accepted()
    }

    async fn delete_profile(&self, id: &ProfileId, gate: &dyn Gate) -> Result<(), Error> {
        let path = ["l2", "serviceprofiles", id.as_str()];
        self.send(ApiCall::delete("delete_profile", &path, gate)).await?.deleted()
    }
}
