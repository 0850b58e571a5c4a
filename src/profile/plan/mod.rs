//! The one next step. Pure: no client, no clock, no randomness.

use std::time::Duration;

use fabric_api::{Reason, ServiceProfile};
use fabric_domain::{ProfileId, ProfileState};

use crate::{
    profile::{
        adoption::ProfileAdoption,
        commands::ProfileCommand,
        drift::ProfileCorrection,
        evidence::ProfileEvidence,
        observe::{KnownProfile, ProfileObservation, ProfileView, SeenProfile},
        preflight::ProfilePreflight,
        report::ProfileReport,
    },
    reconcile::{Next, Release, Step, problem::Problem},
};

/// The longest time between two passes over a resource.
pub(super) const RESYNC: Duration = Duration::from_secs(30 * 60);
/// How soon a pass follows one that found the account not looked at yet.
const OPENING: Duration = Duration::from_secs(2);
/// How often a creation whose answer was lost is looked for.
pub(super) const SEARCH: Duration = Duration::from_secs(60);

/// The one next step.
pub(super) fn plan(seen: &ProfileObservation) -> Step<ServiceProfile> {
    if seen.paused {
        return Step::Report(ProfileReport::Paused, Next::After(RESYNC));
    }
    if let Some(release) = seen.stays.filter(|_| seen.deleting) {
        return Step::Release(release);
    }
    match &seen.profile {
        KnownProfile::Unusable(problem)
        | KnownProfile::Intended(_, ProfileEvidence::Unclear(problem)) => blocked(problem),
        KnownProfile::Known(id, view) => known(seen, id, view),
        // A creation of unknown outcome comes first: until it is known, nothing else is safe.
        KnownProfile::Intended(_, ProfileEvidence::Found(id)) => {
            Step::Report(ProfileReport::Found(id.clone()), Next::Soon)
        }
        KnownProfile::Intended(_, ProfileEvidence::Open) => {
            Step::Report(ProfileReport::CreationUnknown(None), Next::After(SEARCH))
        }
        KnownProfile::Intended(_, ProfileEvidence::Absent(_)) | KnownProfile::None(_)
            if seen.deleting =>
        {
            Step::Release(Release::NothingSent)
        }
        KnownProfile::Offered(_) if seen.deleting => Step::Release(Release::NotAdopted),
        KnownProfile::Offered(adoption) => match adoption {
            ProfileAdoption::Agreed(id) => {
                Step::Report(ProfileReport::Adopted(id.clone()), Next::Soon)
            }
            ProfileAdoption::Declined(problem) => blocked(problem),
            ProfileAdoption::Opening => await_account(),
        },
        KnownProfile::Intended(_, ProfileEvidence::Absent(_)) | KnownProfile::None(_)
            if seen.observes =>
        {
            blocked(&Problem::stalled(
                Reason::NothingToObserve,
                "spec.managementPolicy is Observe and there is no profile to look at: give spec.adopt, or set spec.managementPolicy to Manage to create one",
            ))
        }
        KnownProfile::Intended(intent, ProfileEvidence::Absent(preflight)) => {
            create(preflight, intent.attempt + 1)
        }
        KnownProfile::None(preflight) => create(preflight, 1),
    }
}

/// A profile is to be created, for the n-th time.
fn create(preflight: &ProfilePreflight, attempt: u32) -> Step<ServiceProfile> {
    match preflight {
        ProfilePreflight::Unasked | ProfilePreflight::Opening => await_account(),
        ProfilePreflight::Blocked(problem) => blocked(problem),
        // Status keeps saying why the last one failed.
        ProfilePreflight::Postponed(left) => Step::Wait(*left),
        ProfilePreflight::Ready(offering) => {
            Step::Act(ProfileCommand::Create { offering: offering.clone(), attempt })
        }
    }
}

/// Status has the profile's id.
fn known(seen: &ProfileObservation, id: &ProfileId, view: &ProfileView) -> Step<ServiceProfile> {
    let obstacle = seen.safeguards.obstacle("delete the service profile");
    if let Some(problem) = obstacle.filter(|_| seen.deleting && !is_deleted(view)) {
        return blocked(&problem);
    }
    match view {
        ProfileView::Opening => await_account(),
        ProfileView::NotVisible(problem) if seen.deleting => unseen(Problem {
            message: format!(
                "{}; while service profile {id} is not known to be gone this resource stays; if you know that it is, set spec.deletionPolicy to Orphan",
                problem.message
            ),
            ..problem.clone()
        }),
        ProfileView::Foreign(problem) => blocked(problem),
        ProfileView::NotVisible(problem) | ProfileView::Unasked(problem) => unseen(problem.clone()),
        ProfileView::Seen(profile) if seen.deleting => delete(seen, id, profile),
        ProfileView::Seen(profile) => follow(seen, profile),
    }
}

/// The profile exists and cannot be looked at.
fn unseen(problem: Problem) -> Step<ServiceProfile> {
    let next = Next::retry(problem.retry);
    Step::Report(ProfileReport::Unseen(problem), next)
}

/// Whether the provider shows the profile as deleted.
fn is_deleted(view: &ProfileView) -> bool {
    match view {
        ProfileView::Seen(profile) => profile.shown.profile.state == ProfileState::Deleted,
        ProfileView::Opening
        | ProfileView::NotVisible(_)
        | ProfileView::Foreign(_)
        | ProfileView::Unasked(_) => false,
    }
}

/// The profile exists: correct it, or report it.
fn follow(seen: &ProfileObservation, profile: &SeenProfile) -> Step<ServiceProfile> {
    let next = match &profile.drift.correction {
        ProfileCorrection::Due(wanted, record) if !seen.observes => {
            return Step::Act(ProfileCommand::Replace {
                shown: Box::new(profile.shown.clone()),
                wanted: wanted.clone(),
                record: record.clone(),
            });
        }
        ProfileCorrection::Pausing(left) | ProfileCorrection::Postponed(left) => {
            Next::After(seen.interval.min(*left))
        }
        ProfileCorrection::Blocked(problem) => {
            Next::Retry { retry: problem.retry, at_most: seen.interval }
        }
        ProfileCorrection::InSync
        | ProfileCorrection::Observed
        | ProfileCorrection::AwaitingPublication
        | ProfileCorrection::Due(..)
        | ProfileCorrection::GivenUp(_) => Next::Expiry(seen.interval),
    };
    Step::Report(ProfileReport::Observed(Box::new(profile.clone())), next)
}

/// The resource is being deleted, and its profile with it.
fn delete(
    seen: &ProfileObservation,
    id: &ProfileId,
    profile: &SeenProfile,
) -> Step<ServiceProfile> {
    if profile.shown.profile.state == ProfileState::Deleted {
        return Step::Release(Release::Gone);
    }
    match &profile.through {
        Some(Err(problem)) => blocked(problem),
        Some(Ok(connections)) if !connections.is_empty() => Step::Report(
            ProfileReport::InUse(id.clone(), connections.clone()),
            Next::After(seen.interval),
        ),
        Some(Ok(_)) if !seen.deleted_lately => Step::Act(ProfileCommand::Delete(id.clone())),
        // A deletion takes a while to show; and connections that were not listed may exist.
        Some(Ok(_)) | None => Step::Wait(seen.interval),
    }
}

fn await_account() -> Step<ServiceProfile> {
    Step::Report(ProfileReport::AwaitingAccount, Next::After(OPENING))
}

fn blocked(problem: &Problem) -> Step<ServiceProfile> {
    Step::Report(ProfileReport::Blocked(problem.clone()), Next::retry(problem.retry))
}

#[cfg(test)]
mod tests;
