//! Whether a recorded creation whose answer is missing arrived.
//!
//! Before the request was sent, no profile of the account had its name; so a profile that has the name
//! now was created by it. Reads only.

use std::time::Duration;

use fabric_api::{CreationIntent, Reason, ServiceProfile};
use fabric_domain::{OwnProfile, ProfileId, ProfileState};

use crate::{
    account::session::{Way, not_whole},
    profile::{
        preflight::{ProfilePreflight, preflight},
        problems,
    },
    reconcile::{
        Pass,
        attempts::Fate,
        problem::{Problem, list},
        status::ApiError,
    },
};

/// How long after a creation of unknown outcome the absence of its profile proves nothing: listings
/// may lag, and another process may still be sending.
const SETTLE: Duration = Duration::from_secs(15 * 60);

/// By how much clocks may differ.
const CLOCK_SKEW: Duration = Duration::from_secs(3600);

/// Whether an intended creation arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ProfileEvidence {
    /// It arrived: this is its profile.
    Found(ProfileId),
    /// There is no such profile yet, and it is too early to conclude from that.
    Open,
    /// It cannot be determined.
    Unclear(Problem),
    /// It did not arrive: it was never sent, or its name is missing past the settle time.
    Absent(ProfilePreflight),
}

/// Looks for the profile that an intended creation may have made.
pub(super) async fn evidence(
    pass: &Pass<'_, ServiceProfile>,
    intent: &CreationIntent,
    way: &Way,
) -> Result<ProfileEvidence, ApiError> {
    let context = pass.context;
    let attempt = context.attempts.find(&pass.key().uid, &intent.by);
    if matches!(attempt.fate, Fate::Unsent | Fate::Refused) {
        return Ok(ProfileEvidence::Absent(preflight(pass, way).await?));
    }
    let session = match way {
        Way::Open(session) => session,
        Way::Opening => return Ok(ProfileEvidence::Open),
        Way::Closed(problem) => return Ok(ProfileEvidence::Unclear(problem.clone())),
    };
    // Before the request: what is found then is newer than this.
    let settled = attempt.since.elapsed() >= SETTLE;
    let named = match session.reads.own_profiles_named(&intent.name).await {
        Ok(named) => named,
        Err(error) => {
            let doing = format!("looking for service profile {}", intent.name);
            let problem = problems::reading(&doing, &pass.object.spec.account, &error);
            return Ok(ProfileEvidence::Unclear(problem));
        }
    };
    let candidates = named.filter(|profile| {
        let id = profile.id.as_str();
        profile.state != ProfileState::Deleted
            && can_stem_from(profile, intent)
            && context.profiles.holder(id, pass.object).is_none()
    });
    match (candidates.items.as_slice(), &candidates.gap) {
        ([profile], _) => Ok(ProfileEvidence::Found(profile.id.clone())),
        ([], Some(gap)) => Ok(ProfileEvidence::Unclear(not_whole("service profiles", gap))),
        ([], None) if settled => Ok(ProfileEvidence::Absent(preflight(pass, way).await?)),
        ([], None) => Ok(ProfileEvidence::Open),
        (several, _) => Ok(ProfileEvidence::Unclear(Problem::stalled(
            Reason::ProfileExists,
            format!(
                "several service profiles are named {}: {}; delete the wrong ones in the Equinix portal",
                intent.name,
                list(several.iter().map(|profile| profile.id.to_string()))
            ),
        ))),
    }
}

/// Whether a creation may have made a profile: the profile is not older, give or take the clocks.
pub(super) fn can_stem_from(profile: &OwnProfile, intent: &CreationIntent) -> bool {
    profile.created.is_none_or(|at| at + CLOCK_SKEW > intent.at.0)
}
