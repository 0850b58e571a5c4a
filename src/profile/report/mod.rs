//! From what a pass has to report to the status.
//!
//! Pure: it writes nothing, and looks nothing up.

mod incoming;
mod observed;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ConditionType, CreationIntent, Reason, ReplacementStatus, ServiceProfile, ServiceProfileStatus,
};
use fabric_domain::{Incoming, ProfileId, WaitingFor, clean};

use crate::{
    profile::observe::SeenProfile,
    reconcile::{
        conditions::{Conditions, Progress, Summary, find, is_ready_because},
        problem::{Problem, list},
    },
};
use observed::copy_observed;

pub(super) use incoming::incoming_notices;

/// What a pass has to report.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum ProfileReport {
    /// `spec.paused` is set.
    Paused,
    /// A problem is in the way.
    Blocked(Problem),
    /// The account controller has not looked at the account yet.
    AwaitingAccount,
    /// A creation is about to be sent.
    Creating(CreationIntent),
    /// The provider created the profile.
    Created(ProfileId),
    /// The provider did not create the profile.
    NotCreated(Problem),
    /// The provider may have created the profile; the cause is given once.
    CreationUnknown(Option<String>),
    /// The profile that a creation of unknown outcome made.
    Found(ProfileId),
    /// The resource adopts the profile that the spec names.
    Adopted(ProfileId),
    /// The profile as the provider shows it, its drift and its incoming connections.
    Observed(Box<SeenProfile>),
    /// A replacement is about to be sent.
    Replacing(ReplacementStatus),
    /// The provider refused this replacement for good.
    ReplacementRefused(ReplacementStatus, Problem),
    /// The replacement was not carried out; this was recorded before it.
    NotReplaced(Option<ReplacementStatus>, Problem),
    /// The provider accepted the deletion.
    DeletionAccepted,
    /// These connections prevent the deletion of the profile.
    InUse(ProfileId, Vec<Incoming>),
}

/// The status after `report`.
pub(super) fn status_after(
    object: &ServiceProfile,
    old: &ServiceProfileStatus,
    report: &ProfileReport,
    now: Timestamp,
) -> ServiceProfileStatus {
    let mut status = old.clone();
    status.observed_generation = object.metadata.generation;
    if *report == ProfileReport::Paused {
        let text = "spec.paused is set: nothing is created, changed or deleted";
        let mut conditions = conditions(object, &mut status, now);
        conditions.set(ConditionType::Paused, true, Reason::Paused, text);
        // What was never looked at has no other status.
        if find(conditions.list, ConditionType::Ready).is_none() {
            conditions.set(ConditionType::Ready, false, Reason::Paused, text);
            status.waiting_for = Some(<&str>::from(WaitingFor::You).to_owned());
        }
        return status;
    }
    conditions(object, &mut status, now).unset(ConditionType::Paused);
    if let Some(summary) = apply(object, &mut status, report, now) {
        status.waiting_for = Some(<&str>::from(summary.waiting_for()).to_owned());
        conditions(object, &mut status, now).summarize(&summary);
    }
    status
}

/// The conditions of a status, to be changed by this pass.
fn conditions<'a>(
    object: &ServiceProfile,
    status: &'a mut ServiceProfileStatus,
    now: Timestamp,
) -> Conditions<'a> {
    Conditions { list: &mut status.conditions, generation: object.metadata.generation, now }
}

/// Records the facts of `report` in `status` and returns the summary; `None` leaves the summary of
/// before.
fn apply(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    report: &ProfileReport,
    now: Timestamp,
) -> Option<Summary> {
    let creating = |message| Summary::working(Reason::CreatingProfile, message);
    Some(match report {
        ProfileReport::Paused => return None,
        ProfileReport::Blocked(problem) => {
            problem.quote(&mut status.provider_faults);
            Summary::blocked(problem)
        }
        // Nothing new is known: what status says of the profile still holds.
        ProfileReport::AwaitingAccount if status.uuid.is_some() => return None,
        ProfileReport::AwaitingAccount => {
            let account = &object.spec.account;
            let message = format!("waiting for FabricAccount {account} to be looked at");
            Summary::working(Reason::AccountNotReady, message)
        }
        ProfileReport::Creating(intent) => {
            status.provider_faults.clear();
            status.creation = Some(intent.clone());
            creating(format!("creating service profile {}", intent.name))
        }
        ProfileReport::Created(id) => {
            status.uuid = Some(id.to_string());
            creating(format!("created service profile {id}"))
        }
        ProfileReport::NotCreated(problem) => {
            status.creation = None;
            problem.quote(&mut status.provider_faults);
            let message = format!("{}; nothing was created", problem.message);
            Summary { message, ..Summary::blocked(problem) }
        }
        ProfileReport::CreationUnknown(cause) => creation_unknown(status, cause.as_deref())?,
        ProfileReport::Found(id) => {
            status.uuid = Some(id.to_string());
            creating(format!("found what was created: service profile {id}"))
        }
        ProfileReport::Adopted(id) => {
            status.uuid = Some(id.to_string());
            status.provider_faults.clear();
            creating(format!(
                "took over service profile {id}; a deletion of this resource leaves it at the provider unless spec.deletionPolicy is Delete"
            ))
        }
        ProfileReport::Observed(seen) => copy_observed(object, status, seen, now),
        ProfileReport::Replacing(record) => {
            status.replacement = Some(record.clone());
            let message = "the profile is being changed to what the spec says";
            differs(object, status, now, Progress::Working, Reason::Changing, message);
            return None;
        }
        ProfileReport::ReplacementRefused(record, problem) => {
            problem.quote(&mut status.provider_faults);
            let refused = Some(clean(&problem.message, 512));
            status.replacement = Some(ReplacementStatus { refused, ..record.clone() });
            return None;
        }
        ProfileReport::NotReplaced(before, problem) => {
            status.replacement.clone_from(before);
            problem.quote(&mut status.provider_faults);
            let progress = Progress::after(problem.retry);
            differs(object, status, now, progress, problem.reason, &problem.message);
            return None;
        }
        ProfileReport::DeletionAccepted => {
            status.deleted_at = Some(Time(now));
            Summary::working(Reason::DeletingProfile, "the deletion was taken")
        }
        ProfileReport::InUse(id, connections) => in_use(id, connections),
    })
}

/// Reports that the profile differs and how far its correction is; `Ready` stays as it is.
fn differs(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    now: Timestamp,
    progress: Progress,
    reason: Reason,
    message: &str,
) {
    let (open, closed) = match progress {
        Progress::Stuck => (ConditionType::Stalled, ConditionType::Reconciling),
        Progress::Working | Progress::Done => (ConditionType::Reconciling, ConditionType::Stalled),
    };
    let mut conditions = conditions(object, status, now);
    conditions.set(ConditionType::InSync, false, reason, message);
    conditions.set(open, true, reason, message);
    conditions.unset(closed);
}

/// The outcome of a creation is not known; `None` if status says so already.
fn creation_unknown(status: &ServiceProfileStatus, cause: Option<&str>) -> Option<Summary> {
    let reported = is_ready_because(&status.conditions, &[Reason::CreationUnknown]);
    if reported && cause.is_none() {
        return None;
    }
    let name = status.creation.as_ref().map(|intent| intent.name.as_str()).unwrap_or_default();
    let cause = cause.map(|text| format!(" ({text})")).unwrap_or_default();
    let message = format!(
        "whether the creation of service profile {name} arrived is not known{cause}; it is looked for, and created again only after proof that it did not"
    );
    Some(Summary::working(Reason::CreationUnknown, message))
}

/// Connections prevent the deletion of a profile.
fn in_use(id: &ProfileId, connections: &[Incoming]) -> Summary {
    let describe = |connection: &Incoming| match &connection.buyer {
        Some(buyer) => format!("{} ({}) of {buyer}", connection.name, connection.id),
        None => format!("{} ({})", connection.name, connection.id),
    };
    let message = format!(
        "service profile {id} is not deleted while connections go through it: {}; have them cancelled, or set spec.deletionPolicy to Orphan",
        list(connections.iter().map(describe))
    );
    Summary::blocked(&Problem::stalled(Reason::ProfileInUse, message))
}
