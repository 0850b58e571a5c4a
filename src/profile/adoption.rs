//! Whether the profile that `spec.adopt` names may be adopted.
//!
//! Reads only; adopting is writing its id into status, and that is a report's.

use fabric_api::{AdoptProfile, Reason, ServiceProfile};
use fabric_domain::{ProfileId, ProfileState};

use crate::{
    account::{access, session::Way},
    profile::{desired, observe::read, problems},
    reconcile::{Pass, problem::Problem, status::ApiError},
};

/// Whether a profile may be adopted.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProfileAdoption {
    /// It is one of the account's own, and no other resource's.
    Agreed(ProfileId),
    /// It is not, or it cannot be read.
    Declined(Problem),
    /// The account controller has not looked at the account yet.
    Opening,
}

/// Checks the profile that the spec names.
pub(super) async fn adoption(
    pass: &Pass<'_, ServiceProfile>,
    adopt: &AdoptProfile,
    way: &Way,
) -> Result<ProfileAdoption, ApiError> {
    let refused = |message: String| {
        Ok(ProfileAdoption::Declined(Problem::stalled(Reason::AdoptionRefused, message)))
    };
    let id = match ProfileId::parse(&adopt.uuid) {
        Ok(id) => id,
        Err(invalid) => return refused(format!("spec.adopt is not usable: {invalid}")),
    };
    if pass.is_deleting() {
        return Ok(ProfileAdoption::Opening);
    }
    let (session, allowed) = match way {
        Way::Open(session, allowed) => (session, allowed.as_ref()),
        Way::Opening => return Ok(ProfileAdoption::Opening),
        Way::Closed(problem) => return Ok(ProfileAdoption::Declined(problem.clone())),
    };
    let (context, account) = (pass.context, &pass.object.spec.account);
    if let Some(problem) = access::namespace(pass.namespace(), account, allowed, context).await? {
        return Ok(ProfileAdoption::Declined(problem));
    }
    if let Some(other) = context.profiles.claimant(id.as_str(), pass.object) {
        return refused(format!(
            "service profile {id} belongs to ServiceProfile {other}; correct spec.adopt, or delete that resource first, with spec.deletionPolicy Orphan"
        ));
    }
    let shown = match read(&id, account, session).await {
        Ok(shown) => shown,
        Err(problem) => return Ok(ProfileAdoption::Declined(problem)),
    };
    if shown.profile.state == ProfileState::Deleted {
        return refused(format!("service profile {id} is deleted already; correct spec.adopt"));
    }
    // A profile whose spec cannot be carried out would be adopted only to stall.
    Ok(match desired::resolve(pass.object, session).await {
        Ok(_) => ProfileAdoption::Agreed(id),
        Err(problems) => ProfileAdoption::Declined(problems::of_spec(&problems)),
    })
}
