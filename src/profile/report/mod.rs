//! What came of a pass, as status.
//!
//! Pure: from the old status and an outcome to the new one. Writing it is the act's business.

mod shown;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use shown::stand;

use fabric_api::{
    ConditionType, CreationIntent, Reason, ReplacementStatus, ServiceProfile, ServiceProfileStatus,
};
use fabric_domain::{Incoming, ProfileId, WaitingFor, clean};

use crate::{
    profile::{observation::Seen, plan::Released},
    reconcile::{
        conditions::{self, Beside, Progress, Told, ready_reason},
        problem::{Problem, Retry, list},
    },
};

/// What came of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// `spec.paused`.
    Paused,
    /// Something is in the way.
    Held(Problem),
    /// The account was not looked at yet.
    AwaitingAccount,
    /// A creation is about to be sent.
    Creating(CreationIntent),
    /// The creation was taken.
    Created(ProfileId),
    /// The creation was refused; nothing was created.
    NotCreated(Problem),
    /// Whether the creation was taken is not known.
    Unknown(Option<String>),
    /// The profile that a lost answer spoke of was found.
    Found(ProfileId),
    /// The profile that the spec names is this resource's from now on.
    TakenOver(ProfileId),
    /// The profile stands here, differs so from the spec, and this comes in.
    Standing(Box<Seen>),
    /// This replacement is asked for.
    Replacing(ReplacementStatus),
    /// This replacement was refused for good.
    ReplacementRefused(ReplacementStatus, Problem),
    /// The replacement could not be asked for; before there was this to know of one.
    NotReplaced(Option<ReplacementStatus>, Problem),
    /// The deletion was taken.
    Deleted,
    /// These connections keep the profile from being deleted.
    InUse(ProfileId, Vec<Incoming>),
}

impl Released {
    /// What to tell the owner.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::NothingCreated => "nothing was created, so nothing is left at the provider",
            Self::Deleted => "the service profile is deleted",
            Self::Orphaned => "the service profile was left at the provider",
        }
    }
}

/// What `Ready` and the columns tell.
struct Story {
    progress: Progress,
    reason: Reason,
    waiting_for: WaitingFor,
    message: String,
    /// What else is told of a profile that can be ordered from.
    beside: Option<Beside>,
}

/// The status after `outcome`.
pub(super) fn settle(
    object: &ServiceProfile,
    old: &ServiceProfileStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> ServiceProfileStatus {
    let generation = object.metadata.generation;
    let mut status = old.clone();
    status.observed_generation = generation;
    if *outcome == Outcome::Paused {
        let text = "spec.paused is set: nothing is created, changed or deleted";
        let kind = ConditionType::Paused;
        conditions::set(&mut status.conditions, generation, now, kind, true, Reason::Paused, text);
        return status;
    }
    conditions::unset(&mut status.conditions, ConditionType::Paused);
    let Some(story) = tell(object, &mut status, outcome, now) else { return status };
    let beside = story.beside.filter(|_| story.progress == Progress::Done);
    let waiting_for = beside.as_ref().map_or(story.waiting_for, |beside| beside.waiting_for);
    status.waiting_for = Some(<&str>::from(waiting_for).to_owned());
    let told = Told { reason: story.reason, message: &story.message };
    let conditions = &mut status.conditions;
    conditions::tell_with(conditions, generation, now, (story.progress, told), beside.as_ref());
    status
}

/// Takes the facts of `outcome` into `status` and answers with the story to tell; `None` leaves
/// the story as it was told.
fn tell(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> Option<Story> {
    Some(match outcome {
        Outcome::Paused => return None,
        Outcome::Held(problem) => {
            problem.quote(&mut status.provider_faults);
            held(problem, problem.message.clone())
        }
        // Nothing new is known: what was told of the profile stays.
        Outcome::AwaitingAccount if status.uuid.is_some() => return None,
        Outcome::AwaitingAccount => {
            let account = &object.spec.account;
            let message = format!("waiting for FabricAccount {account} to be looked at");
            working(Reason::AccountNotReady, message)
        }
        Outcome::Creating(intent) => {
            status.provider_faults.clear();
            status.creation = Some(intent.clone());
            working(Reason::CreatingProfile, format!("creating service profile {}", intent.name))
        }
        Outcome::Created(id) => {
            status.uuid = Some(id.to_string());
            working(Reason::CreatingProfile, format!("created service profile {id}"))
        }
        Outcome::NotCreated(problem) => {
            status.creation = None;
            problem.quote(&mut status.provider_faults);
            held(problem, format!("{}; nothing was created", problem.message))
        }
        Outcome::Unknown(cause) => unknown(status, cause.as_deref())?,
        Outcome::Found(id) => {
            status.uuid = Some(id.to_string());
            let message = format!("found what was created: service profile {id}");
            working(Reason::CreatingProfile, message)
        }
        Outcome::TakenOver(id) => {
            status.uuid = Some(id.to_string());
            status.provider_faults.clear();
            working(Reason::CreatingProfile, format!("took over service profile {id}"))
        }
        Outcome::Standing(seen) => stand(object, status, seen, now),
        Outcome::Replacing(record) => {
            status.replacement = Some(record.clone());
            let message = "the profile is being changed to what the spec says";
            differs(object, status, (Reason::Changing, message), false, now);
            return None;
        }
        Outcome::ReplacementRefused(record, problem) => {
            problem.quote(&mut status.provider_faults);
            let refused = Some(clean(&problem.message, 512));
            status.replacement = Some(ReplacementStatus { refused, ..record.clone() });
            return None;
        }
        Outcome::NotReplaced(before, problem) => {
            status.replacement.clone_from(before);
            problem.quote(&mut status.provider_faults);
            let stalls = problem.retry == Retry::Parked;
            differs(object, status, (problem.reason, &problem.message), stalls, now);
            return None;
        }
        Outcome::Deleted => {
            status.deleted_at = Some(Time(now));
            working(Reason::DeletingProfile, "the deletion was taken".to_owned())
        }
        Outcome::InUse(id, lines) => in_use(id, lines),
    })
}

/// The profile differs, and this is done about it; what was told of `Ready` stays.
fn differs(
    object: &ServiceProfile,
    status: &mut ServiceProfileStatus,
    (reason, message): (Reason, &str),
    stalls: bool,
    now: Timestamp,
) {
    let generation = object.metadata.generation;
    let (open, closed) = (ConditionType::Reconciling, ConditionType::Stalled);
    let (open, closed) = if stalls { (closed, open) } else { (open, closed) };
    let conditions = &mut status.conditions;
    for (kind, holds) in [(ConditionType::InSync, false), (open, true)] {
        conditions::set(conditions, generation, now, kind, holds, reason, message);
    }
    conditions::unset(conditions, closed);
}

/// On its way.
fn working(reason: Reason, message: String) -> Story {
    Story {
        progress: Progress::Working,
        reason,
        waiting_for: WaitingFor::Equinix,
        message,
        beside: None,
    }
}

/// Something is in the way.
fn held(problem: &Problem, message: String) -> Story {
    let progress = match problem.retry {
        Retry::Parked => Progress::Stuck,
        Retry::After(_) | Retry::Backoff => Progress::Working,
    };
    let (reason, waiting_for) = (problem.reason, problem.waiting_for);
    Story { progress, reason, waiting_for, message, beside: None }
}

/// The outcome of a creation is not known; `None` if that is told already.
fn unknown(status: &ServiceProfileStatus, cause: Option<&str>) -> Option<Story> {
    let told = ready_reason(&status.conditions) == Some(Reason::CreationUnknown.as_str());
    if told && cause.is_none() {
        return None;
    }
    let name = status.creation.as_ref().map(|intent| intent.name.as_str()).unwrap_or_default();
    let cause = cause.map(|text| format!(" ({text})")).unwrap_or_default();
    let message = format!(
        "whether the creation of service profile {name} arrived is not known{cause}; it is looked for, and created again only after proof that it did not"
    );
    Some(working(Reason::CreationUnknown, message))
}

/// Connections keep a profile from being deleted.
fn in_use(id: &ProfileId, lines: &[Incoming]) -> Story {
    let told = |line: &Incoming| match &line.buyer {
        Some(buyer) => format!("{} ({}) of {buyer}", line.name, line.id),
        None => format!("{} ({})", line.name, line.id),
    };
    let message = format!(
        "service profile {id} is not deleted while connections go through it: {}; have them cancelled, or set spec.deletionPolicy to Orphan",
        list(lines.iter().map(told))
    );
    held(&Problem::stalled(Reason::ProfileInUse, message.clone()), message)
}
