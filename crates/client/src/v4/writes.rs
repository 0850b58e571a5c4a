//! The changes of v4. Each is sent at most once, except `DELETE`, which may be repeated.

use async_trait::async_trait;
use http::Method;

use fabric_domain::{Change, ConnectionId, Decision, Offering, Order, Placed, ProfileId};

use super::{
    FabricV4,
    decision::{self, DecisionRequest},
    order, profile,
    wire::{ConnectionBody, ProfileBody},
};
use crate::{Error, Gate, ShownProfile, Writes, http::ApiCall};

#[async_trait]
impl Writes for FabricV4 {
    async fn order(&self, order: &Order, gate: &dyn Gate) -> Result<Placed, Error> {
        let body = order::order(order);
        let call = ApiCall::change("order", Method::POST, &["connections"], &body, gate)?;
        let answer = self.send(call).await.map_err(Error::in_answer_to_order)?;
        let placed: ConnectionBody = answer.read_accepted()?;
        let primary = placed
            .uuid
            .parse(ConnectionId::parse)
            .ok_or_else(|| Error::Ambiguous("order: the answer has no uuid".into()))?;
        Ok(Placed { primary, secondary: None })
    }

    async fn change(
        &self,
        id: &ConnectionId,
        change: &Change,
        gate: &dyn Gate,
    ) -> Result<Option<String>, Error> {
        let path = ["connections", id.as_str()];
        let call = ApiCall::change("change", Method::PATCH, &path, &order::change(change), gate)?;
        let answer = self.send(call).await?;
        let accepted: ConnectionBody = answer.read_accepted()?;
        Ok(accepted.change.uuid.cleaned(64))
    }

    async fn cancel(&self, id: &ConnectionId, gate: &dyn Gate) -> Result<(), Error> {
        let path = ["connections", id.as_str()];
        self.send(ApiCall::delete("cancel", &path, gate)).await?.deleted()
    }

    async fn decide(
        &self,
        id: &ConnectionId,
        decision: &Decision,
        gate: &dyn Gate,
    ) -> Result<(), Error> {
        let id = id.as_str();
        let (method, path, body) = match decision::request(decision)? {
            DecisionRequest::Patch(body) => (Method::PATCH, vec!["connections", id], body),
            DecisionRequest::Action(body) => {
                (Method::POST, vec!["connections", id, "actions"], body)
            }
        };
        let call = ApiCall::change("decide", method, &path, &body, gate)?;
        let secrets = decision.secrets();
        self.send(ApiCall { secrets: &secrets, ..call }).await?.accepted()
    }

    async fn create_profile(
        &self,
        offering: &Offering,
        gate: &dyn Gate,
    ) -> Result<ProfileId, Error> {
        let body = profile::creation(offering);
        let call =
            ApiCall::change("create_profile", Method::POST, &["serviceProfiles"], &body, gate)?;
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
        let path = ["serviceProfiles", shown.profile.id.as_str()];
        let body = profile::replacement(shown, wanted);
        let call = ApiCall::change("replace_profile", Method::PUT, &path, &body, gate)?;
        let call = ApiCall { etag: shown.version.as_deref(), ..call };
        self.send(call).await?.accepted()
    }

    async fn delete_profile(&self, id: &ProfileId, gate: &dyn Gate) -> Result<(), Error> {
        let path = ["serviceProfiles", id.as_str()];
        self.send(ApiCall::delete("delete_profile", &path, gate)).await?.deleted()
    }
}
