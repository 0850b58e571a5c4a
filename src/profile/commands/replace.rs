//! Replacing what a profile offers.
//!
//! Where the dialect has versions, the version that was shown is a precondition of the request: a
//! change that another client made meanwhile is read before it is overwritten.

use std::time::Duration;

use kube_runtime::controller::Action;

use fabric_api::{Reason, ReplacementStatus, ServiceProfile};
use fabric_client::{Error, Gate, ShownProfile, Writes};
use fabric_domain::Offering;

use crate::{
    account::session::Session,
    profile::{problems, report::ProfileReport},
    reconcile::{
        Next, Pass,
        problem::{Problem, Retry},
        send_once::{Intent, Outcome, Request, Response, Then},
        status::ApiError,
    },
};

/// How soon a pass follows a replacement that the provider accepted.
const CHECK: Duration = Duration::from_secs(1);

/// Replaces what a profile offers, if it still is as shown.
pub(super) async fn replace(
    pass: &Pass<'_, ServiceProfile>,
    session: &Session,
    shown: &ShownProfile,
    wanted: &Offering,
    record: ReplacementStatus,
) -> Result<Action, ApiError> {
    let request = ProfileReplacement { shown, wanted, record };
    if shown.version.is_none() {
        // Without versions, only another read shows that another client was faster.
        match session.reads.own_profile(&shown.profile.id).await {
            Ok(now) if now == *shown => {}
            Ok(_) => {
                session.seller.invalidate(&shown.profile.id);
                return Ok(pass.next(Next::Soon));
            }
            Err(error) => return pass.block(request.problem(pass.object, &error)).await,
        }
    }
    pass.send_once(session, &request).await
}

/// The request to replace what a profile offers.
struct ProfileReplacement<'a> {
    shown: &'a ShownProfile,
    wanted: &'a Offering,
    record: ReplacementStatus,
}

impl ProfileReplacement<'_> {
    fn problem(&self, object: &ServiceProfile, error: &Error) -> Problem {
        let doing = format!("changing service profile {}", self.shown.profile.id);
        let refusal = (Reason::ChangeRefused, "settle what Equinix names");
        problems::problem(&doing, &object.spec.account, error, refusal)
    }
}

impl Request<ServiceProfile> for ProfileReplacement<'_> {
    const ACTION: &'static str = "Change";
    type Value = ();

    fn target(&self) -> String {
        self.shown.profile.id.to_string()
    }

    fn intent(&self, _pass: &Pass<'_, ServiceProfile>, _id: &str) -> Intent<ProfileReport> {
        Intent::Status(ProfileReport::Replacing(self.record.clone()))
    }

    fn is_recorded(&self, object: &ServiceProfile, _id: &str) -> bool {
        let recorded = object.status.as_ref().and_then(|status| status.replacement.as_ref());
        recorded == Some(&self.record)
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<(), Error> {
        writes.replace_profile(self.shown, self.wanted, gate).await
    }

    async fn answered(
        &self,
        pass: &Pass<'_, ServiceProfile>,
        session: &Session,
        response: Response<()>,
    ) -> Outcome<ProfileReport> {
        session.seller.invalidate(&self.shown.profile.id);
        let error = match response {
            // The next pass compares the profile with the spec.
            Response::Done(()) => {
                return Outcome { report: None, then: Then::Look(Next::Settled(CHECK)) };
            }
            Response::Unknown(_) => return Outcome { report: None, then: Then::Look(Next::Soon) },
            Response::Taken(error) | Response::Refused(error) => error,
        };
        let problem = self.problem(pass.object, &error);
        if matches!(error, Error::Refused(_)) {
            let report = ProfileReport::ReplacementRefused(self.record.clone(), problem);
            return Outcome { report: Some(report), then: Then::Look(Next::Soon) };
        }
        // It was not carried out, so the attempt does not count.
        let before = pass.object.status.as_ref().and_then(|status| status.replacement.clone());
        let lost_race = matches!(error, Error::Stale(_) | Error::Busy(_));
        let retry = if lost_race { Retry::Backoff } else { problem.retry };
        let report = ProfileReport::NotReplaced(before, problem);
        Outcome { report: Some(report), then: Then::Postpone(retry, Duration::MAX) }
    }
}
