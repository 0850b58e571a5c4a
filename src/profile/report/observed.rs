//! The status of a profile that the provider shows: `Ready`, `InSync` and the incoming connections.
//!
//! Pure. What to do about a difference was decided when the profile was compared with the spec.

use jiff::Timestamp;

use fabric_api::{ConditionType, Reason, ServiceProfile, ServiceProfileStatus};
use fabric_domain::{Listed, OwnProfile, ProfileState, WaitingFor};

use super::{
    conditions,
    incoming::{listed, listed_with},
};
use crate::{
    profile::{
        drift::{ProfileCorrection, ProfileDifference, ProfileDrift},
        observe::SeenProfile,
    },
    reconcile::{
        backoff::is_remembered,
        conditions::{OpenChange, Progress, Summary, find},
        problem::list,
    },
};

/// Copies what the provider shows into `status` and returns the summary.
pub(super) fn copy_observed(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    seen: &SeenProfile,
    now: Timestamp,
) -> Summary {
    let profile = &seen.shown.profile;
    status.provider_faults.clear();
    status.state = Some(profile.state_word.clone());
    status.etag.clone_from(&seen.shown.version);
    forget_replacement(status, &seen.drift, now);
    let open_change = if profile.state == ProfileState::Deleted {
        // A profile that is deleted can neither match the spec nor differ from it.
        conditions(object, status, now).unset(ConditionType::InSync);
        None
    } else {
        in_sync(object, status, &seen.drift, now)
    };
    let waiting = match &seen.incoming {
        Some(Ok(Listed { items, gap: None })) => {
            status.incoming_count = u32::try_from(items.len()).ok();
            status.incoming = listed(items);
            match items.len() {
                0 => String::new(),
                1 => "; 1 connection waits for your decision".to_owned(),
                many => format!("; {many} connections wait for your decision"),
            }
        }
        // What was listed before and is missing now may wait all the same.
        Some(Ok(Listed { items, gap: Some(gap) })) => {
            status.incoming_count = None;
            status.incoming = listed_with(items, &status.incoming);
            format!("; not all that comes in could be listed ({gap})")
        }
        // The last list stays; it may be out of date.
        Some(Err(problem)) => {
            format!("; what comes in cannot be listed now ({})", problem.reason.as_str())
        }
        None => {
            status.incoming_count = None;
            status.incoming.clear();
            String::new()
        }
    };
    Summary { open_change, ..summary(profile, &waiting) }
}

fn summary(profile: &OwnProfile, waiting: &str) -> Summary {
    let id = &profile.id;
    let stuck = |reason, message: String| Summary {
        progress: Progress::Stuck,
        waiting_for: WaitingFor::You,
        ..Summary::working(reason, message)
    };
    match &profile.state {
        ProfileState::Approved => Summary {
            progress: Progress::Done,
            waiting_for: WaitingFor::Nobody,
            ..Summary::working(
                Reason::ProfileActive,
                format!("service profile {id} can be ordered from{waiting}"),
            )
        },
        ProfileState::PendingApproval => Summary::working(
            Reason::ProfileAwaitingApproval,
            format!(
                "Equinix has to approve service profile {id}, which may take days; until then no buyer can order from it"
            ),
        ),
        ProfileState::Rejected => stuck(
            Reason::ProfileRejected,
            format!(
                "Equinix rejected service profile {id}; ask why, and change the spec to submit it again, or set spec.private"
            ),
        ),
        ProfileState::Deleted => stuck(
            Reason::ProfileDeleted,
            format!(
                "service profile {id} was deleted, and not by this resource; delete this resource, and create it anew to create another profile"
            ),
        ),
        ProfileState::Other(word) => Summary::working(
            Reason::UnknownState,
            format!("service profile {id} is in state {word:?}, which is not known; it is watched"),
        ),
    }
}

/// Removes the record of a replacement that has held for long enough.
fn forget_replacement(status: &mut ServiceProfileStatus, drift: &ProfileDrift, now: Timestamp) {
    let Some(replacement) = &status.replacement else { return };
    if drift.differences.is_empty() && !is_remembered(replacement.at.0, now) {
        status.replacement = None;
    }
}

/// Sets `InSync` and returns what is open beside `Ready`.
fn in_sync(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    drift: &ProfileDrift,
    now: Timestamp,
) -> Option<OpenChange> {
    let (reason, message, open) = match &drift.correction {
        // `InSync` keeps saying why the replacement failed.
        ProfileCorrection::Postponed(_) => return still_open(status),
        ProfileCorrection::InSync => {
            (Reason::AsSpecified, "the profile is as the spec says".to_owned(), None)
        }
        ProfileCorrection::Observed => (
            Reason::Differs,
            "spec.managementPolicy is Observe, so nothing is changed".to_owned(),
            None,
        ),
        ProfileCorrection::AwaitingPublication => (
            Reason::ProfileAwaitingApproval,
            "Equinix has to approve that the profile becomes public, which may take days"
                .to_owned(),
            Some((Progress::Working, WaitingFor::Equinix)),
        ),
        ProfileCorrection::Pausing(_) | ProfileCorrection::Due(..) => (
            Reason::Changing,
            "the change was asked for and does not hold yet; it is asked for again".to_owned(),
            Some((Progress::Working, WaitingFor::Equinix)),
        ),
        ProfileCorrection::Blocked(problem) => {
            let open = match Progress::after(problem.retry) {
                Progress::Stuck => (Progress::Stuck, WaitingFor::You),
                Progress::Working | Progress::Done => (Progress::Working, problem.waiting_for),
            };
            (problem.reason, problem.message.clone(), Some(open))
        }
        ProfileCorrection::GivenUp(why) => {
            let fields = drift.differences.iter().map(ProfileDifference::in_spec);
            let message = format!(
                "the change is not asked for again: {why}; edit {} to request another value, or set it to the present one to keep the profile as it is",
                list(fields)
            );
            (Reason::ChangeRefused, message, Some((Progress::Stuck, WaitingFor::You)))
        }
    };
    let mut parts: Vec<String> =
        drift.differences.iter().map(ProfileDifference::describe).collect();
    parts.push(message);
    let message = parts.join("; ");
    let holds = reason == Reason::AsSpecified;
    conditions(object, status, now).set(ConditionType::InSync, holds, reason, &message);
    open.map(|(progress, waiting_for)| OpenChange { progress, reason, message, waiting_for })
}

/// What `InSync` already says is open beside `Ready`.
fn still_open(status: &ServiceProfileStatus) -> Option<OpenChange> {
    let in_sync = find(&status.conditions, ConditionType::InSync)?;
    let reason = Reason::read(&in_sync.reason)?;
    let (progress, waiting_for) = if reason.stalls() {
        (Progress::Stuck, WaitingFor::You)
    } else {
        (Progress::Working, WaitingFor::Equinix)
    };
    Some(OpenChange { progress, reason, message: in_sync.message.clone(), waiting_for })
}
