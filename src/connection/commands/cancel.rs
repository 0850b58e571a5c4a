//! Cancelling a connection.
//!
//! Its intent is the resource's own deletion; to send it twice does no harm.

use fabric_api::{FabricConnection, Reason};
use fabric_client::{Error, Gate, Writes};
use fabric_domain::{ConnectionId, Leg};

use crate::{
    account::session::Session,
    connection::{ConnectionPass, report::ConnectionReport},
    reconcile::{
        Next,
        claims::leg_status,
        problem::Problem,
        send_once::{Intent, Outcome, Request, Response, Then},
    },
    telemetry::{self, Metrics},
};

/// What a user can do about a connection that the operator cannot cancel.
const WAY_OUT: &str = "cancel it in the Equinix portal, or set spec.deletionPolicy to Orphan to let this resource go and leave the connection, which is billed on";

/// A cancellation on its way.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Cancel {
    pub(in crate::connection) leg: Leg,
    pub(in crate::connection) id: ConnectionId,
    /// Whether it is of a connection that the provider does not show: only the answer that it is
    /// deleted already proves that it is gone.
    pub(in crate::connection) confirms: bool,
}

impl Cancel {
    fn problem(&self, account: &str, error: &Error) -> Problem {
        let doing = format!("cancelling connection {}", self.id);
        let no = (Reason::CancellationRefused, WAY_OUT);
        let problem = Problem::refused(&doing, account, error, no);
        match error {
            Error::Busy(_) => problem.because(Reason::Deprovisioning),
            // What the tables advise for these codes is for orders: no field helps a cancellation.
            Error::Refused(_) => {
                Problem { message: format!("{doing}: {error}; {WAY_OUT}"), ..problem }
            }
            Error::Forbidden(_) => {
                Problem { message: format!("{}; or {WAY_OUT}", problem.message), ..problem }
            }
            Error::NotVisible(_) => Problem {
                message: format!(
                    "{}; while it is not known to be gone this resource stays; if you know that it is, set spec.deletionPolicy to Orphan",
                    problem.message
                ),
                ..problem
            },
            _ => problem,
        }
    }
}

impl Request<FabricConnection> for Cancel {
    const ACTION: &'static str = "Cancel";
    type Value = ();

    fn target(&self) -> String {
        self.id.to_string()
    }

    fn intent(&self, _pass: &ConnectionPass<'_>, _id: &str) -> Intent<ConnectionReport> {
        Intent::Deletion
    }

    fn is_recorded(&self, object: &FabricConnection, _id: &str) -> bool {
        let known = leg_status(object, self.leg).and_then(|known| known.uuid.as_deref());
        object.metadata.deletion_timestamp.is_some() && known == Some(self.id.as_str())
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<(), Error> {
        writes.cancel(&self.id, gate).await
    }

    fn count(&self, metrics: &Metrics, result: &Result<(), Error>) {
        metrics.cancelled(telemetry::Answer::of(result));
    }

    async fn answered(
        &self,
        pass: &ConnectionPass<'_>,
        session: &Session,
        response: Response<()>,
    ) -> Outcome<ConnectionReport> {
        let soon = Then::Look(Next::Soon);
        let (report, then) = match response {
            Response::Refused(Error::Gone(_)) if self.confirms => {
                (ConnectionReport::Ended(self.leg), soon)
            }
            // "Already deleted" may also mean that it is on its way down, and billed until it is
            // gone: the next pass looks.
            Response::Done(()) | Response::Refused(Error::Gone(_)) => {
                session.fleet.invalidate(&self.id);
                (ConnectionReport::Cancelled(self.leg), soon)
            }
            Response::Unknown(error) | Response::Taken(error) | Response::Refused(error) => {
                let problem = self.problem(&pass.object.spec.account, &error);
                let retry = Next::retry(problem.retry);
                (ConnectionReport::NotCancelled(problem), Then::Look(retry))
            }
        };
        Outcome { report: Some(report), then }
    }
}
