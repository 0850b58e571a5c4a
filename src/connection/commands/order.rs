//! Ordering a connection, or a pair where the dialect orders both at once.

use std::time::Duration;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use sha2::{Digest, Sha256};

use fabric_api::{FabricConnection, OrderIntent, Owner, UnknownFields};
use fabric_client::{Error, Gate, Writes};
use fabric_domain::{ASide, ConnectionId, ConnectionName, Leg, Placed};

use crate::{
    account::session::Session,
    connection::{
        ConnectionPass,
        plan::SEARCH,
        report::ConnectionReport,
        resolve::{Desired, moved_key::key_hash},
    },
    reconcile::{
        Next,
        claims::leg_status,
        problem::Problem,
        send_once::{Intent, Outcome, Request, Response, Then},
    },
    telemetry::{self, Metrics},
};

/// An order on its way, for the n-th time.
pub(super) struct OrderRequest {
    pub(super) desired: Desired,
    pub(super) attempt: u32,
    /// The owner that status names.
    pub(super) owner: Owner,
    /// The provider's time, if it shows one.
    pub(super) provider_time: Option<Timestamp>,
}

impl OrderRequest {
    fn problem(&self, pass: &ConnectionPass<'_>, error: &Error) -> Problem {
        let doing = format!("ordering connection {}", self.desired.order.name);
        Problem::of(&doing, &pass.object.spec.account, error)
    }

    /// The legs that it is for.
    fn legs(&self) -> Vec<Leg> {
        self.desired.sides().map(|(leg, _, _)| leg).collect()
    }

    /// The connections that it made, by leg.
    fn ordered(&self, placed: Placed) -> Vec<(Leg, ConnectionId)> {
        match self.desired.leg {
            Leg::Primary => {
                let secondary = placed.secondary.map(|id| (Leg::Secondary, id));
                [(Leg::Primary, placed.primary)].into_iter().chain(secondary).collect()
            }
            Leg::Secondary => vec![(Leg::Secondary, placed.primary)],
        }
    }

    /// What is recorded of a leg: enough to find its connection again.
    fn order_intent(
        &self,
        pass: &ConnectionPass<'_>,
        id: &str,
        leg: Leg,
        name: &ConnectionName,
        a_side: &ASide,
    ) -> OrderIntent {
        let reference = self.desired.order.reference.as_ref();
        // Secrets print as asterisks, so the hash reveals nothing of them.
        let hash: [u8; 32] = Sha256::digest(format!("{:?}", self.desired.order)).into();
        let hash = u64::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
        let tags = a_side.link.tags();
        // What an earlier attempt may have ordered after all is as old as that.
        let before = leg_status(pass.object, leg).and_then(|known| known.order.as_ref());
        let first = before.filter(|_| self.attempt > 1);
        let now = Time(pass.context.now());
        let provider_time = self.provider_time.map(Time);
        OrderIntent {
            name: name.to_string(),
            port_uuid: a_side.port.to_string(),
            vlan_s_tag: tags.s_tag,
            vlan_c_tag: tags.c_tag,
            reference: reference.map(ToString::to_string),
            provider_time: match first {
                Some(first) => first.provider_time.clone(),
                None => provider_time.clone(),
            },
            attempt_provider_time: provider_time,
            request_hash: format!("{hash:016x}"),
            key_hash: key_hash(pass.object, leg),
            by: id.to_owned(),
            at: first.map_or(now, |first| first.at.clone()),
            attempt: self.attempt,
            unknown: UnknownFields::default(),
        }
    }
}

impl Request<FabricConnection> for OrderRequest {
    const ACTION: &'static str = "Order";
    type Value = Placed;

    fn target(&self) -> String {
        self.desired.order.name.to_string()
    }

    fn intent(&self, pass: &ConnectionPass<'_>, id: &str) -> Intent<ConnectionReport> {
        let owner = self.owner.clone();
        let intents = self
            .desired
            .sides()
            .map(|(leg, name, a_side)| (leg, self.order_intent(pass, id, leg, name, a_side)));
        let (resolved, price) = (self.desired.resolved.clone(), self.desired.price);
        let intents = intents.collect();
        Intent::Status(ConnectionReport::Ordering { intents, owner, resolved, price })
    }

    fn is_recorded(&self, object: &FabricConnection, id: &str) -> bool {
        let mut orders =
            Leg::BOTH.into_iter().filter_map(|leg| leg_status(object, leg)?.order.as_ref());
        orders.any(|order| order.by == id)
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<Placed, Error> {
        let placed = writes.order(&self.desired.order, gate).await?;
        Ok(match self.desired.leg {
            Leg::Primary => placed,
            // The answer calls every single connection its primary.
            Leg::Secondary => {
                Placed { secondary: Some(placed.primary.clone()), primary: placed.primary }
            }
        })
    }

    fn count(&self, metrics: &Metrics, result: &Result<Placed, Error>) {
        metrics.ordered(telemetry::Answer::of(result));
    }

    fn judge(&self, result: Result<Placed, Error>) -> Response<Placed> {
        match result {
            // An earlier attempt may hold the VLAN, or an earlier copy of this one: a request may be
            // repeated on its way.
            Err(error @ Error::VlanInUse(_)) => Response::Taken(error),
            result => Response::from(result),
        }
    }

    fn placed(&self, placed: &Placed) -> Option<Placed> {
        Some(placed.clone())
    }

    async fn answered(
        &self,
        pass: &ConnectionPass<'_>,
        session: &Session,
        response: Response<Placed>,
    ) -> Outcome<ConnectionReport> {
        let (report, then) = match response {
            Response::Done(placed) => {
                let ids = [Some(&placed.primary), placed.secondary.as_ref()];
                ids.into_iter().flatten().for_each(|id| session.fleet.invalidate(id));
                (ConnectionReport::Ordered(self.ordered(placed)), Then::Look(Next::Soon))
            }
            Response::Unknown(error) => {
                session.fleet.poll_fast();
                session.fleet.wake_after_next_list(&pass.reference());
                let report = ConnectionReport::OrderUnknown(Some(error.to_string()));
                (report, Then::Look(Next::After(SEARCH)))
            }
            Response::Taken(error) => {
                session.fleet.poll_fast();
                session.fleet.wake_after_next_list(&pass.reference());
                let problem = self.problem(pass, &error);
                let then = Then::Postpone(problem.retry, Duration::MAX);
                (ConnectionReport::AttemptRefused(problem), then)
            }
            Response::Refused(error) => {
                session.fleet.list_soon();
                session.fleet.wake_after_next_list(&pass.reference());
                let problem = self.problem(pass, &error);
                let then = Then::Postpone(problem.retry, Duration::MAX);
                // What became of an earlier attempt, this refusal does not say.
                let report = if self.attempt > 1 {
                    ConnectionReport::AttemptRefused(problem)
                } else {
                    let (legs, at) = (self.legs(), session.reads.provider_time());
                    ConnectionReport::OrderRefused { problem, legs, at }
                };
                (report, then)
            }
        };
        Outcome { report: Some(report), then }
    }
}
