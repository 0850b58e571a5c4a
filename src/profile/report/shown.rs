//! Where a profile stands, as it is told: `Ready`, `InSync`, and what comes in.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{ConditionType, IncomingConnection, Reason, ServiceProfile, ServiceProfileStatus};
use fabric_domain::{Incoming, OwnProfile, ProfileState, WaitingFor};

use crate::{
    profile::{
        drift::{Course, Difference, Drift},
        observation::Seen,
        report::{Beside, Story, working},
    },
    reconcile::{
        conditions::{self, Progress},
        patience::remembered,
        problem::Retry,
    },
};

/// The most incoming connections that are listed.
const LISTED: usize = 50;

/// Takes what is seen into `status` and answers with its story.
pub(super) fn stand(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    seen: &Seen,
    now: Timestamp,
) -> Story {
    let profile = &seen.shown.profile;
    status.provider_faults.clear();
    status.state = Some(profile.state_word.clone());
    status.etag.clone_from(&seen.shown.version);
    forget(status, &seen.drift, now);
    let beside = if profile.state == ProfileState::Deleted {
        // What is gone is neither as the spec says nor otherwise.
        conditions::unset(&mut status.conditions, ConditionType::InSync);
        None
    } else {
        in_sync(object, status, &seen.drift, now)
    };
    let waiting = match &seen.incoming {
        Some(Ok(incoming)) => {
            status.incoming_count = u32::try_from(incoming.len()).ok();
            status.incoming = incoming.iter().take(LISTED).filter_map(listed).collect();
            match incoming.len() {
                0 => String::new(),
                1 => "; 1 connection waits for your decision".to_owned(),
                many => format!("; {many} connections wait for your decision"),
            }
        }
        // What was listed stays; it may be old.
        Some(Err(problem)) => {
            format!("; what comes in cannot be listed now ({})", problem.reason.as_str())
        }
        None => {
            status.incoming_count = None;
            status.incoming.clear();
            String::new()
        }
    };
    story(profile, &waiting, beside)
}

fn story(profile: &OwnProfile, waiting: &str, beside: Option<Beside>) -> Story {
    let id = &profile.id;
    let stuck = |reason, message: String| Story {
        progress: Progress::Stuck,
        waiting_for: WaitingFor::You,
        ..working(reason, message)
    };
    match &profile.state {
        ProfileState::Approved => {
            let message = format!("service profile {id} can be ordered from{waiting}");
            let story = working(Reason::ProfileActive, message);
            let (progress, waiting_for) = (Progress::Done, WaitingFor::Nobody);
            Story { progress, waiting_for, beside, ..story }
        }
        ProfileState::PendingApproval => working(
            Reason::ProfileAwaitingApproval,
            format!(
                "Equinix has to approve service profile {id}, which may take days; until then nobody can order from it"
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
        ProfileState::Other(word) => working(
            Reason::UnknownState,
            format!("service profile {id} is in state {word:?}, which is not known; it is watched"),
        ),
    }
}

/// Forgets a replacement that holds, after a while.
fn forget(status: &mut ServiceProfileStatus, drift: &Drift, now: Timestamp) {
    let holds = drift.differences.is_empty();
    status.replacement =
        status.replacement.take().filter(|asked| !holds || remembered(asked.at.0, now));
}

/// Takes the differences into `InSync` and answers with what is to be told beside `Ready`.
fn in_sync(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    drift: &Drift,
    now: Timestamp,
) -> Option<Beside> {
    let working = |waiting_for| Some((ConditionType::Reconciling, waiting_for));
    let stuck = Some((ConditionType::Stalled, WaitingFor::You));
    let (reason, message, beside) = match &drift.course {
        // Why it could not be asked for was told.
        Course::Resting(_) => return as_told(status),
        Course::InSync => (Reason::AsSpecified, String::new(), None),
        Course::Observed => (
            Reason::Differs,
            "spec.managementPolicy is Observe, so nothing is changed".to_owned(),
            None,
        ),
        Course::AwaitingPublication => (
            Reason::ProfileAwaitingApproval,
            "Equinix has to approve that the profile becomes public, which may take days"
                .to_owned(),
            working(WaitingFor::Equinix),
        ),
        Course::Pausing(_) | Course::Due(..) => (
            Reason::Changing,
            "the change was asked for and does not hold yet; it is asked for again".to_owned(),
            working(WaitingFor::Equinix),
        ),
        Course::Blocked(problem) => {
            let beside = match problem.retry {
                Retry::Parked => stuck,
                Retry::After(_) | Retry::Backoff => working(problem.waiting_for),
            };
            (problem.reason, problem.message.clone(), beside)
        }
        Course::GivenUp(why) => (
            Reason::ChangeRefused,
            format!(
                "the change is not asked for again: {why}; settle that, and edit the spec to try again or to keep what is there"
            ),
            stuck,
        ),
    };
    let holds = reason == Reason::AsSpecified;
    let mut told: Vec<String> = drift.differences.iter().map(Difference::told).collect();
    told.push(if holds { "the profile is as the spec says".to_owned() } else { message });
    let message = told.join("; ");
    let generation = object.metadata.generation;
    let kind = ConditionType::InSync;
    conditions::set(&mut status.conditions, generation, now, kind, holds, reason, &message);
    beside.map(|(kind, waiting_for)| Beside { kind, reason, message, waiting_for })
}

/// What `InSync` says beside `Ready`.
fn as_told(status: &ServiceProfileStatus) -> Option<Beside> {
    let told = status.conditions.iter().find(|c| c.type_ == <&str>::from(ConditionType::InSync))?;
    let reason = Reason::read(&told.reason)?;
    let (kind, waiting_for) = if reason.stalls() {
        (ConditionType::Stalled, WaitingFor::You)
    } else {
        (ConditionType::Reconciling, WaitingFor::Equinix)
    };
    Some(Beside { kind, reason, message: told.message.clone(), waiting_for })
}

/// A connection that waits.
fn listed(line: &Incoming) -> Option<IncomingConnection> {
    Some(IncomingConnection {
        uuid: line.id.to_string(),
        name: line.name.clone(),
        buyer: line.buyer.clone(),
        asks: <&str>::from(line.asks?).to_owned(),
        bandwidth_mbps: line.bandwidth,
        wanted_bandwidth_mbps: line.wanted_bandwidth,
        metro_code: line.metro.map(|metro| metro.to_string()),
        since: line.since.map(whole_seconds).map(Time),
    })
}

/// As Kubernetes keeps times.
fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}
