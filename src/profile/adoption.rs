//! Whether the profile that `spec.adopt` names may be adopted.
//!
//! Reads only; adopting is writing its id into status, and that is a report's.

use fabric_api::{AdoptProfile, Reason, ServiceProfile};
use fabric_domain::{ProfileId, ProfileState};

use crate::{
    account::{
        grants::{self, AccountUse},
        session::Way,
    },
    profile::{desired, observe::read, problems},
    reconcile::{Pass, claims::full_name, problem::Problem, status::ApiError},
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
    let session = match way {
        Way::Open(session) => session,
        Way::Opening => return Ok(ProfileAdoption::Opening),
        Way::Closed(problem) => return Ok(ProfileAdoption::Declined(problem.clone())),
    };
    let (context, account) = (pass.context, &pass.object.spec.account);
    let granted = match grants::granted(pass.namespace(), account, context).await? {
        Ok(granted) => granted,
        Err(problem) => return Ok(ProfileAdoption::Declined(problem)),
    };
    let asked = AccountUse { adopts: true, ..AccountUse::default() };
    if let Some(problem) = granted.objection(&asked) {
        return Ok(ProfileAdoption::Declined(problem));
    }
    let claimant = grants::claimant(id.as_str(), pass.object, &context.profiles, context).await?;
    if let Some(other) = claimant {
        let message = format!(
            "service profile {id} is another resource's, or asked for by one; correct spec.adopt, or delete that resource first, with spec.deletionPolicy Orphan"
        );
        let withheld = format!("service profile {id}: {}", full_name(&*other));
        let problem = Problem::stalled(Reason::AdoptionRefused, message).withholding(withheld);
        return Ok(ProfileAdoption::Declined(problem));
    }
    let shown = match read(&id, account, session).await {
        Ok(shown) => shown,
        Err(problem) => return Ok(ProfileAdoption::Declined(problem)),
    };
    if shown.profile.state == ProfileState::Deleted {
        return refused(format!("service profile {id} is deleted already; correct spec.adopt"));
    }
    // A profile whose spec cannot be carried out would be adopted only to stall.
    Ok(match desired::resolve(pass.object, session, Some(&granted)).await {
        Ok(_) => ProfileAdoption::Agreed(id),
        Err(problems) => ProfileAdoption::Declined(problems::of_spec(&problems)),
    })
}
