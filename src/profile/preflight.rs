//! Whether a profile could be created: everything that is checked before the request.
//!
//! Reads only. Whether the name is free is checked by the creation itself, under its lock.

use std::time::Duration;

use fabric_api::{Reason, ServiceProfile};
use fabric_domain::Offering;

use crate::{
    account::{
        grants,
        session::{Session, Way},
    },
    profile::{desired, observe::observes, problems},
    reconcile::{Pass, problem::Problem, status::ApiError},
};

/// Whether a profile could be created.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProfilePreflight {
    /// Not checked, since none is to be created.
    Unasked,
    /// The account controller has not looked at the account yet.
    Opening,
    /// A problem is in the way.
    Blocked(Problem),
    /// The same creation failed a short while ago, and may be sent again after this long.
    Postponed(Duration),
    /// It could, and would offer this.
    Ready(Box<Offering>),
}

/// Checks whether a profile could be created.
pub(super) async fn preflight(
    pass: &Pass<'_, ServiceProfile>,
    way: &Way,
) -> Result<ProfilePreflight, ApiError> {
    let object = pass.object;
    if pass.is_deleting() || observes(object) {
        return Ok(ProfilePreflight::Unasked);
    }
    let session = match way {
        Way::Open(session) => session,
        Way::Opening => return Ok(ProfilePreflight::Opening),
        Way::Closed(problem) => return Ok(ProfilePreflight::Blocked(problem.clone())),
    };
    if let Some(left) = pass.postponed(session) {
        return Ok(ProfilePreflight::Postponed(left));
    }
    let account = &object.spec.account;
    let granted = match grants::granted(pass.namespace(), account, pass.context).await? {
        Ok(granted) => granted,
        Err(problem) => return Ok(ProfilePreflight::Blocked(problem)),
    };
    let offering = match desired::resolve(object, session, Some(&granted)).await {
        Ok(desired) => desired.anew(object),
        Err(problems) => return Ok(ProfilePreflight::Blocked(problems::of_spec(&problems))),
    };
    Ok(match integration_problem(&offering, account, session).await {
        Some(problem) => ProfilePreflight::Blocked(problem),
        None => ProfilePreflight::Ready(Box::new(offering)),
    })
}

/// Why the provider does not accept the API integration that an offering names.
pub(super) async fn integration_problem(
    offering: &Offering,
    account: &str,
    session: &Session,
) -> Option<Problem> {
    let id = offering.integration_id.as_deref()?;
    let error = session.reads.check_integration(id).await.err()?;
    let doing = format!("checking spec.integrationId {id}");
    let refusal =
        (Reason::IntegrationRejected, "correct it, or ask Equinix for the id of your API");
    Some(problems::problem(&doing, account, &error, refusal))
}
