//! Asking for one change of a connection.
//!
//! Asking twice for the same does no harm, but a seller may be asked to approve it each time.

use std::time::Duration;

use fabric_api::{ChangeStatus, FabricConnection, Reason};
use fabric_client::{Error, Gate, Writes};
use fabric_domain::{Change, ConnectionId, Leg};

use crate::{
    account::session::Session,
    connection::{ConnectionPass, report::ConnectionReport},
    reconcile::{
        Next,
        claims::leg_status,
        problem::Problem,
        send_once::{Intent, Outcome, Request, Response, Then},
    },
};

/// A change on its way.
pub(super) struct ChangeRequest {
    pub(super) leg: Leg,
    pub(super) id: ConnectionId,
    pub(super) change: Change,
    /// What is recorded of it.
    pub(super) record: ChangeStatus,
}

impl Request<FabricConnection> for ChangeRequest {
    const ACTION: &'static str = "Change";
    /// The change's own id, if the dialect has one.
    type Value = Option<String>;

    fn target(&self) -> String {
        format!("{} of connection {}", self.record.field, self.id)
    }

    fn intent(&self, _pass: &ConnectionPass<'_>, _id: &str) -> Intent<ConnectionReport> {
        Intent::Status(ConnectionReport::Changing(self.leg, self.record.clone()))
    }

    fn is_recorded(&self, object: &FabricConnection, _id: &str) -> bool {
        leg_status(object, self.leg).is_some_and(|known| known.changes.contains(&self.record))
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<Option<String>, Error> {
        writes.change(&self.id, &self.change, gate).await
    }

    async fn answered(
        &self,
        pass: &ConnectionPass<'_>,
        session: &Session,
        response: Response<Option<String>>,
    ) -> Outcome<ConnectionReport> {
        session.fleet.invalidate(&self.id);
        let problem = |error: &Error| {
            let doing = format!("changing the {} of connection {}", self.record.field, self.id);
            let no = (Reason::ChangeRefused, "settle what Equinix names");
            Problem::refused(&doing, &pass.object.spec.account, error, no)
        };
        let soon = Then::Look(Next::Soon);
        let (report, then) = match response {
            Response::Done(uuid) => {
                let record = ChangeStatus { uuid, ..self.record.clone() };
                (Some(ConnectionReport::Changing(self.leg, record)), soon)
            }
            // The record says it, and the connection will show.
            Response::Unknown(_) => (None, soon),
            Response::Refused(error @ Error::Refused(_)) => {
                let problem = problem(&error);
                let report =
                    ConnectionReport::ChangeRefused(self.leg, self.record.clone(), problem);
                (Some(report), soon)
            }
            // It was not carried out: the attempt does not count.
            Response::Taken(error) | Response::Refused(error) => {
                let problem = problem(&error);
                let known = leg_status(pass.object, self.leg);
                let asked = known.map(|known| known.changes.as_slice()).unwrap_or_default();
                let field = self.record.field.clone();
                let before = asked.iter().find(|asked| asked.field == field).cloned();
                let retry = Next::Retry { retry: problem.retry, at_most: Duration::MAX };
                let report = ConnectionReport::NotChanged(self.leg, field, before, problem);
                (Some(report), Then::Look(retry))
            }
        };
        Outcome { report, then }
    }
}
