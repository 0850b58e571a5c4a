//! The only way by which a request that changes something at the provider leaves the process.
//!
//! First the intent is recorded: in status, with the object's resourceVersion as the precondition, so
//! that of two operators one loses here; a cancellation's intent is the deletion that the API server
//! has recorded. Then one request goes out, which nothing below repeats, if the decision still holds
//! when its turn comes ([`recheck`](super::recheck)). Then the response is stored
//! until it is there. An outcome that is not known stays recorded, and the next pass looks for it.
//!
//! [`Writes`] is in a field that this module alone can read, so a request without an intent does not
//! compile anywhere else. What is sent, and what its response means, is each kind's own.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use kube::ResourceExt;
use kube_runtime::controller::Action;

use fabric_client::{Dialect, Error, Gate, Reads, Transport, Writes};
use fabric_domain::Placed;

use crate::{
    account::session::Session,
    reconcile::{
        Kind, Next, Pass,
        attempts::Fate,
        problem::Retry,
        recheck::{Recheck, SEND_WITHIN},
        status::{self, ApiError, bounded},
    },
    telemetry::Metrics,
};

/// The calls that change something at the provider, out of reach of all but this module.
#[derive(Debug)]
pub(crate) struct Sender(Arc<dyn Writes>);

/// A client of an account: what everything may read, and what only [`Pass::send_once`] may change.
#[allow(clippy::disallowed_methods, reason = "this is the one place that may")]
pub(crate) fn connect(dialect: Dialect, transport: Transport) -> (Arc<dyn Reads>, Sender) {
    let client = fabric_client::connect(dialect, transport);
    (client.reads, Sender(client.writes))
}

/// A request that changes something at the provider.
pub(crate) trait Request<K: Kind>: Sync {
    /// What Events call it.
    const ACTION: &'static str;
    /// What the provider answers with.
    type Value: Send;

    /// The connection or profile that the request is about, for the log.
    fn target(&self) -> String;

    /// The record that must exist before the request goes out; `id` is of this attempt alone.
    fn intent(&self, pass: &Pass<'_, K>, id: &str) -> Intent<K::Report>;

    /// Whether the status of `object` still holds the intent, so that the response belongs there.
    fn is_recorded(&self, object: &K, id: &str) -> bool;

    /// Sends the request, once, if `gate` lets it pass.
    fn send(
        &self,
        writes: &dyn Writes,
        gate: &dyn Gate,
    ) -> impl Future<Output = Result<Self::Value, Error>> + Send;

    /// Counts the result in metrics.
    fn count(&self, _metrics: &Metrics, _result: &Result<Self::Value, Error>) {}

    /// Whether the request may have been carried out.
    fn judge(&self, result: Result<Self::Value, Error>) -> Response<Self::Value> {
        Response::from(result)
    }

    /// The ids that an order made, where they must outlive a status that cannot be written.
    fn placed(&self, _value: &Self::Value) -> Option<Placed> {
        None
    }

    /// What the response means. `session` is the one that the request went through.
    fn answered(
        &self,
        pass: &Pass<'_, K>,
        session: &Session,
        response: Response<Self::Value>,
    ) -> impl Future<Output = Outcome<K::Report>> + Send;
}

/// The record of a request.
pub(crate) enum Intent<R> {
    /// This report, to be written into status now.
    Status(R),
    /// The resource's own deletion, which the API server has recorded.
    Deletion,
}

/// The response to a request that was sent once.
#[derive(Debug)]
pub(crate) enum Response<T> {
    /// It was accepted.
    Done(T),
    /// It may have been carried out: no response came, or none that can be read.
    Unknown(Error),
    /// It was refused because what it asks for is taken, perhaps by an earlier copy of it.
    Taken(Error),
    /// It was not carried out.
    Refused(Error),
}

impl<T> From<Result<T, Error>> for Response<T> {
    fn from(result: Result<T, Error>) -> Self {
        match result {
            Ok(value) => Self::Done(value),
            Err(error) if error.may_have_arrived() => Self::Unknown(error),
            Err(error) => Self::Refused(error),
        }
    }
}

/// What a kind makes of a response.
pub(crate) struct Outcome<R> {
    /// What to store; `None` if the record says it already.
    pub(crate) report: Option<R>,
    /// When to look again.
    pub(crate) then: Then,
}

/// What follows a response.
pub(crate) enum Then {
    /// Another pass.
    Look(Next),
    /// Another pass, in which the same command may be sent only after the pause that its failure
    /// earns, at most this one.
    Postpone(Retry, Duration),
}

impl<K: Kind> Pass<'_, K> {
    /// Records the intent, sends the request once and stores the response.
    pub(crate) async fn send_once<R: Request<K>>(
        &self,
        session: &Session,
        request: &R,
    ) -> Result<Action, ApiError> {
        let decided = self.context.settings.tenure.clock().now();
        let id = self.context.next_intent_id();
        let (recorded, deadline) = match request.intent(self, &id) {
            Intent::Status(report) => {
                self.attempted(&id, Fate::Unsent);
                let recorded = match self.status_after(self.object, &report) {
                    Some(new) => status::write(&self.api(), self.object, new).await?,
                    None => self.object.clone(),
                };
                (recorded, Some(decided + SEND_WITHIN))
            }
            // It may be repeated, so it may also be late.
            Intent::Deletion if self.is_deleting() => (self.object.clone(), None),
            // Without a deletion there is no intent, and nothing is sent.
            Intent::Deletion => return Ok(self.next(Next::Soon)),
        };
        self.attempted(&id, Fate::Unknown);
        let (object, action, target) = (self.reference(), R::ACTION, request.target());
        tracing::info!(%object, action, target, "sending a request to the provider");
        let failure = Mutex::default();
        let gate = Recheck { pass: self, request, id: &id, session, deadline, failure };
        let result = Box::pin(request.send(session.sender.0.as_ref(), &gate)).await;
        if let Err(Error::Withdrawn(why)) = &result {
            tracing::info!(%object, action, target, why, "withdrew the request before it was sent");
            self.attempted(&id, Fate::Unsent);
            return match gate.into_failure() {
                Some(error) => Err(error),
                None => Box::pin(self.withdraw(&recorded)).await,
            };
        }
        request.count(&self.context.metrics, &result);
        let response = request.judge(result);
        self.attempted(
            &id,
            match &response {
                Response::Done(value) => request.placed(value).map_or(Fate::Unknown, Fate::Placed),
                Response::Unknown(_) => Fate::Unknown,
                Response::Taken(_) => Fate::Taken,
                Response::Refused(error) if error.was_answered() => Fate::Refused,
                Response::Refused(_) => Fate::Unsent,
            },
        );
        match &response {
            Response::Done(_) => {
                tracing::info!(%object, action, target, "the provider accepted the request");
            }
            Response::Unknown(error) => {
                tracing::warn!(%object, action, target, %error, "the response was lost");
            }
            Response::Taken(error) | Response::Refused(error) => {
                tracing::warn!(%object, action, target, %error, "the provider refused the request");
            }
        }
        let Outcome { report, then } = request.answered(self, session, response).await;
        // A refused command waits also if its status cannot be written; nothing else counts before.
        let next = match then {
            Then::Look(next) => Ok(next),
            Then::Postpone(retry, at_most) => Err(self.postpone(session, retry, at_most)),
        };
        let stored = match report {
            Some(report) => {
                // Should another client go on with this resource, the attempt is in memory.
                let settle = |object: &K| self.status_after(object, &report);
                let ours = |object: &K| request.is_recorded(object, &id);
                let stored = Box::pin(status::store(&self.api(), &recorded, settle, ours)).await?;
                if let Some(new) = stored.status() {
                    self.publish(self.object.status(), new, R::ACTION).await;
                }
                stored
            }
            None => recorded,
        };
        Ok(next.map_or_else(|postponed| postponed, |next| self.schedule(&stored, next)))
    }

    /// Takes back the record of a request that was not sent, unless the resource's status has changed
    /// since. That nothing was sent is in memory anyhow.
    async fn withdraw(&self, recorded: &K) -> Result<Action, ApiError> {
        let (api, name) = (self.api(), self.object.name_any());
        let newest = bounded("reading the object", api.get_opt(&name)).await?;
        if let Some(newest) = newest
            && self.context.settings.tenure.holds()
            && newest.uid() == recorded.uid()
            && newest.status() == recorded.status()
            && newest.status() != self.object.status()
        {
            let before = self.object.status().cloned().unwrap_or_default();
            status::write(&api, &newest, before).await?;
        }
        // The cached copy may be the one that the request was decided from.
        self.context.stale.mark(&self.key().uid);
        Ok(self.next(Next::Soon))
    }

    fn attempted(&self, id: &str, fate: Fate) {
        self.context.attempts.record(&self.key().uid, id, fate);
    }
}
