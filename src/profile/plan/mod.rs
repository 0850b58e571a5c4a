//! The one next step. Pure: no client, no clock, no randomness.
//!
//! The step is the log line and the test's expectation.

use std::time::Duration;

use fabric_api::{Reason, ReplacementStatus};
use fabric_client::ShownProfile;
use fabric_domain::{Incoming, Offering, ProfileId, ProfileState};

use crate::{
    profile::{
        drift::Course,
        observation::{Evidence, Offer, Profile, Readiness, Seen, View},
        observe::Observation,
    },
    reconcile::problem::Problem,
};

/// What to do next. At most one mutating call at the provider each.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(super) enum Step {
    /// Leave everything as it is: `spec.paused`.
    Pause,
    /// Something is in the way: say so.
    Hold(Problem),
    /// Wait until the account was looked at.
    AwaitAccount,
    /// Wait for so long before the same creation is sent again.
    Rest(Duration),
    /// Write the intent down and send the creation, for the n-th time.
    Create(Box<Offering>, u32),
    /// Look for the creation whose answer was lost.
    Search,
    /// Take this profile for ours.
    Adopt(ProfileId),
    /// Take over the profile that the spec names.
    TakeOver(ProfileId),
    /// Write down and ask for a replacement.
    Replace(Box<ShownProfile>, Box<Offering>, ReplacementStatus),
    /// Report where the profile stands, how it differs and what comes in.
    Follow(Box<Seen>),
    /// Send the deletion.
    Delete(ProfileId),
    /// Report what keeps the profile from being deleted.
    InUse(ProfileId, Vec<Incoming>),
    /// Wait until the profile is shown as deleted.
    AwaitEnd,
    /// Let the resource go.
    Release(Released),
}

/// Why a resource is let go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Released {
    /// Nothing was ever created for it.
    NothingCreated,
    /// Its profile is deleted.
    Deleted,
    /// Its profile stays, as asked for.
    Orphaned,
}

/// The next step.
pub(super) fn next(seen: &Observation) -> Step {
    if seen.paused {
        return Step::Pause;
    }
    if seen.deleting && seen.keeps {
        return Step::Release(Released::Orphaned);
    }
    match &seen.profile {
        // A creation of unknown outcome comes first: nothing else is safe before it is known.
        Profile::Intended(_, Evidence::Found(id)) => Step::Adopt(id.clone()),
        Profile::Intended(_, Evidence::Open) => Step::Search,
        Profile::Intended(_, Evidence::Unclear(problem)) | Profile::Unusable(problem) => {
            Step::Hold(problem.clone())
        }
        Profile::Intended(_, Evidence::Absent(_)) | Profile::None(_) | Profile::Offered(_)
            if seen.deleting =>
        {
            Step::Release(Released::NothingCreated)
        }
        Profile::Intended(intent, Evidence::Absent(readiness)) => {
            create(readiness, intent.attempt + 1)
        }
        Profile::None(_) if seen.observes => Step::Hold(Problem::stalled(
            Reason::NothingToObserve,
            "spec.managementPolicy is Observe and there is no profile to look at: give spec.adopt, or set Manage to create one",
        )),
        Profile::None(readiness) => create(readiness, 1),
        Profile::Offered(offer) => match offer {
            Offer::Agreed(id) => Step::TakeOver(id.clone()),
            Offer::Declined(problem) => Step::Hold(problem.clone()),
            Offer::Opening => Step::AwaitAccount,
        },
        Profile::Known(id, view) => match view {
            View::Opening => Step::AwaitAccount,
            View::NotVisible(problem) if seen.deleting => Step::Hold(Problem {
                message: format!(
                    "{}; while service profile {id} is not known to be gone this resource stays; if you know that it is, set spec.deletionPolicy to Orphan",
                    problem.message
                ),
                ..problem.clone()
            }),
            View::Foreign(problem) | View::NotVisible(problem) | View::Unasked(problem) => {
                Step::Hold(problem.clone())
            }
            View::Seen(shown) if seen.deleting => end(seen, id, shown),
            View::Seen(shown) => follow(shown),
        },
    }
}

fn create(readiness: &Readiness, attempt: u32) -> Step {
    match readiness {
        Readiness::Unasked | Readiness::Opening => Step::AwaitAccount,
        Readiness::Blocked(problem) => Step::Hold(problem.clone()),
        Readiness::Resting(left) => Step::Rest(*left),
        Readiness::Ready(offering) => Step::Create(offering.clone(), attempt),
    }
}

/// The profile is there: one replacement, or the report.
fn follow(seen: &Seen) -> Step {
    match &seen.drift.course {
        Course::Due(wanted, record) => {
            Step::Replace(Box::new(seen.shown.clone()), wanted.clone(), record.clone())
        }
        Course::InSync
        | Course::Observed
        | Course::AwaitingPublication
        | Course::Pausing(_)
        | Course::Resting(_)
        | Course::GivenUp(_)
        | Course::Blocked(_) => Step::Follow(Box::new(seen.clone())),
    }
}

/// The resource is to go, and its profile with it.
fn end(seen: &Observation, id: &ProfileId, shown: &Seen) -> Step {
    if shown.shown.profile.state == ProfileState::Deleted {
        return Step::Release(Released::Deleted);
    }
    match &shown.through {
        Some(Err(problem)) => Step::Hold(problem.clone()),
        Some(Ok(lines)) if !lines.is_empty() => Step::InUse(id.clone(), lines.clone()),
        Some(Ok(_)) | None if seen.deleted_lately => Step::AwaitEnd,
        Some(Ok(_)) | None => Step::Delete(id.clone()),
    }
}

#[cfg(test)]
mod tests;
