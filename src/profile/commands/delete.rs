//! Deleting a profile.
//!
//! The resource's own deletion is the recorded intent. The request may be repeated: it changes the
//! same thing each time. Whether the profile is gone, only a later read shows.

use std::time::Duration;

use fabric_api::{Reason, ServiceProfile};
use fabric_client::{Error, Gate, Writes};
use fabric_domain::ProfileId;

use crate::{
    account::session::Session,
    profile::{problems, report::ProfileReport},
    reconcile::{
        Next, Pass,
        problem::Retry,
        send_once::{Intent, Outcome, Request, Response, Then},
    },
};

/// How soon a refused deletion is sent again: what prevents it may pass without a change of the spec.
const REFUSED_AGAIN: Duration = Duration::from_secs(15 * 60);

/// What a user can do about a profile that the operator cannot delete.
const WAY_OUT: &str = "delete it in the Equinix portal, or set spec.deletionPolicy to Orphan to let this resource go and leave the profile";

/// The request to delete a profile.
pub(super) struct ProfileDeletion(pub(super) ProfileId);

impl Request<ServiceProfile> for ProfileDeletion {
    const ACTION: &'static str = "Delete";
    type Value = ();

    fn target(&self) -> String {
        self.0.to_string()
    }

    fn intent(&self, _pass: &Pass<'_, ServiceProfile>, _id: &str) -> Intent<ProfileReport> {
        Intent::Deletion
    }

    fn is_recorded(&self, object: &ServiceProfile, _id: &str) -> bool {
        object.metadata.deletion_timestamp.is_some()
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<(), Error> {
        writes.delete_profile(&self.0, gate).await
    }

    async fn answered(
        &self,
        pass: &Pass<'_, ServiceProfile>,
        session: &Session,
        response: Response<()>,
    ) -> Outcome<ProfileReport> {
        session.seller.invalidate(&self.0);
        let (report, then) = match response {
            // "Already deleted" proves no more than an acceptance.
            Response::Done(()) | Response::Refused(Error::Gone(_)) => {
                (ProfileReport::DeletionAccepted, Then::Look(Next::Soon))
            }
            Response::Unknown(error) | Response::Taken(error) | Response::Refused(error) => {
                let doing = format!("deleting service profile {}", self.0);
                let refusal = (Reason::DeletionRefused, WAY_OUT);
                let account = &pass.object.spec.account;
                let mut problem = problems::problem(&doing, account, &error, refusal);
                if matches!(error, Error::Refused(_)) {
                    // What the tables advise for these codes is for orders.
                    problem.message = format!("{doing}: {error}; {WAY_OUT}");
                }
                let retry = match problem.retry {
                    Retry::Parked => Retry::After(REFUSED_AGAIN),
                    retry @ (Retry::After(_) | Retry::Backoff | Retry::Awaited) => retry,
                };
                (ProfileReport::Blocked(problem), Then::Look(Next::retry(retry)))
            }
        };
        Outcome { report: Some(report), then }
    }
}
