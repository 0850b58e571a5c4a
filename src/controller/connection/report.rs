//! What came of a pass, as status.
//!
//! Pure: from the old status and an outcome to the new one. Writing it is the act's business.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::plan::Released;
use crate::{
    api::{
        ConditionType, FabricConnection, FabricConnectionStatus, LineStatus, OrderIntent,
        ProviderFault, Reason, Resolved,
    },
    controller::{
        conditions::{self, Progress, ready_reason},
        problem::{Problem, Retry},
    },
    domain::{Connection, ConnectionId, EquinixStatus, Flow, Phase, Standing, WaitingFor},
};

/// What came of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// `spec.paused`.
    Paused,
    /// Something is in the way.
    Held(Problem),
    /// The first listing is still to come.
    AwaitingListing,
    /// An order is about to be sent.
    Intent(OrderIntent, Resolved),
    /// The order was taken.
    Ordered(ConnectionId),
    /// The order was refused; nothing was ordered.
    Refused(Problem),
    /// Whether the order was taken is not known.
    Unknown(Option<String>),
    /// The line that a lost answer spoke of was found.
    Adopted(ConnectionId),
    /// The line stands here.
    Standing(Box<Connection>, Flow),
    /// The cancellation was taken.
    Cancelled,
    /// The cancellation was refused.
    NotCancelled(Problem),
    /// The line goes down.
    Ending(Box<Connection>, Flow),
}

impl Released {
    /// What to tell the owner.
    pub(super) fn note(self) -> &'static str {
        match self {
            Self::NothingOrdered => "nothing was ordered, so nothing is left at the provider",
            Self::LineGone => "the connection is gone and no longer billed",
            Self::Orphaned => "the connection was left at the provider, where it is billed on",
        }
    }
}

/// What `Ready` and the columns tell.
struct Story {
    progress: Progress,
    reason: Reason,
    /// `None`: the one told before.
    phase: Option<Phase>,
    waiting_for: WaitingFor,
    message: String,
}

/// The status after `outcome`.
pub(super) fn settle(
    object: &FabricConnection,
    old: &FabricConnectionStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> FabricConnectionStatus {
    let generation = object.metadata.generation;
    let mut status = old.clone();
    status.observed_generation = generation;
    if *outcome == Outcome::Paused {
        let text = "spec.paused is set: nothing is ordered, changed or cancelled; whatever exists is billed on";
        let kind = ConditionType::Paused;
        let reason = Reason::Paused;
        conditions::set(&mut status.conditions, generation, now, kind, true, reason, text);
        return status;
    }
    conditions::unset(&mut status.conditions, ConditionType::Paused);
    if let Some(story) = tell(object, &mut status, outcome, now) {
        if let Some(phase) = story.phase {
            status.phase = Some(<&str>::from(phase).to_owned());
        }
        status.waiting_for = Some(<&str>::from(story.waiting_for).to_owned());
        let Story { progress, reason, message, .. } = story;
        conditions::tell(&mut status.conditions, generation, now, progress, reason, &message);
    }
    status
}

/// Takes the facts of `outcome` into `status` and answers with the story to tell; `None` leaves
/// the story as it was told.
fn tell(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> Option<Story> {
    let working = |reason, phase, message: String| Story {
        progress: Progress::Working,
        reason,
        phase: Some(phase),
        waiting_for: WaitingFor::Equinix,
        message,
    };
    Some(match outcome {
        Outcome::Paused => return None,
        Outcome::Held(problem) | Outcome::NotCancelled(problem) => {
            status.provider_faults.clone_from(&problem.faults);
            held(problem, held_phase(status), problem.message.clone())
        }
        // Nothing new is known of a line in service: its story stays.
        Outcome::AwaitingListing if held_phase(status) == Some(Phase::Ready) => return None,
        Outcome::AwaitingListing => {
            let message = "waiting for the first listing of the account's connections".to_owned();
            let phase = held_phase(status);
            let deleting = object.metadata.deletion_timestamp.is_some();
            let reason = if deleting { Reason::Deprovisioning } else { Reason::Ordering };
            Story { phase, ..working(reason, Phase::Pending, message) }
        }
        Outcome::Intent(intent, resolved) => {
            status.provider_faults.clear();
            status.resolved = Some(resolved.clone());
            status.primary =
                Some(LineStatus { order: Some(intent.clone()), ..LineStatus::default() });
            let message = format!("ordering connection {}", intent.name);
            working(Reason::Ordering, Phase::Ordering, message)
        }
        Outcome::Ordered(id) => {
            status.primary.get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("ordered: connection {id}");
            working(Reason::Ordering, Phase::Ordering, message)
        }
        Outcome::Adopted(id) => {
            status.primary.get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("found the line of the order: connection {id}");
            working(Reason::Ordering, Phase::Ordering, message)
        }
        Outcome::Refused(problem) => {
            status.primary = None;
            status.provider_faults.clone_from(&problem.faults);
            let message = format!("{}; nothing was ordered", problem.message);
            held(problem, Some(Phase::Pending), message)
        }
        Outcome::Unknown(cause) => {
            let told = ready_reason(&status.conditions) == Some(Reason::OrderUnknown.as_str());
            if told && cause.is_none() {
                return None;
            }
            let intent = status.primary.as_ref().and_then(|line| line.order.as_ref());
            let name = intent.map_or("", |intent| intent.name.as_str());
            let cause = cause.as_deref().map(|text| format!(" ({text})")).unwrap_or_default();
            let message = format!(
                "whether the order of {name} arrived is not known{cause}; it is looked for, and ordered again only after proof that it did not"
            );
            working(Reason::OrderUnknown, Phase::Ordering, message)
        }
        Outcome::Standing(line, flow) => {
            see(status, line, now);
            in_sync(object, status, line, now);
            let standing = Standing::of(&line.equinix_status, &line.provider_status, *flow);
            stand(object, line, standing)
        }
        Outcome::Cancelled => {
            status.primary.get_or_insert_default().cancelled_at = Some(Time(now));
            let message =
                "the cancellation was taken; the connection is billed until it is gone".to_owned();
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        Outcome::Ending(line, flow) => {
            see(status, line, now);
            let standing = Standing::of(&line.equinix_status, &line.provider_status, *flow);
            if standing.phase == Phase::Deleting {
                let message = standing.advice.to_owned();
                let story = working(Reason::Deprovisioning, Phase::Deleting, message);
                Story { waiting_for: standing.waiting_for, ..story }
            } else {
                let message = "the cancellation was taken and the connection is still up; it is billed until it is gone".to_owned();
                working(Reason::Deprovisioning, Phase::Deleting, message)
            }
        }
    })
}

/// Something is in the way.
fn held(problem: &Problem, phase: Option<Phase>, message: String) -> Story {
    let progress = match problem.retry {
        Retry::Parked => Progress::Stuck,
        Retry::After(_) | Retry::Backoff => Progress::Working,
    };
    Story { progress, reason: problem.reason, phase, waiting_for: problem.waiting_for, message }
}

/// The phase while something is in the way: a line keeps the one it had.
fn held_phase(status: &FabricConnectionStatus) -> Option<Phase> {
    match (&status.phase, &status.primary) {
        (Some(phase), Some(_)) if phase == <&str>::from(Phase::Ready) => Some(Phase::Ready),
        (_, Some(_)) => None,
        (_, None) => Some(Phase::Pending),
    }
}

/// Copies what is seen of a line.
fn see(status: &mut FabricConnectionStatus, seen: &Connection, now: Timestamp) {
    status.provider_faults = seen
        .faults
        .iter()
        .take(8)
        .map(|text| ProviderFault { message: text.clone(), ..ProviderFault::default() })
        .collect();
    let line = status.primary.get_or_insert_default();
    let pair = [&seen.equinix_status.to_string(), &seen.provider_status.to_string()];
    if [line.equinix_status.as_ref(), line.provider_status.as_ref()] != pair.map(Some) {
        line.since = Some(Time(now));
        [line.equinix_status, line.provider_status] = pair.map(|word| Some(word.clone()));
    }
    line.name = Some(seen.name.clone());
    line.bandwidth_mbps = seen.bandwidth;
    // An id that was known once is not blanked by an answer that leaves it out.
    if let Some(id) = &seen.provider_connection_id {
        line.provider_connection_id = Some(id.clone());
    }
    if let Some(redundancy) = &seen.redundancy {
        line.redundancy_group = Some(redundancy.group.clone());
    }
}

/// Compares what the spec asks for with what is there, field by field that the user set.
fn in_sync(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    seen: &Connection,
    now: Timestamp,
) {
    let mut differs = vec![];
    if let Some(name) = &object.spec.name
        && *name != seen.name
    {
        differs.push(format!("name is {} and the spec says {name}", seen.name));
    }
    if let Some(mbps) = seen.bandwidth
        && mbps != object.spec.bandwidth_mbps
    {
        differs.push(format!(
            "bandwidth is {mbps} Mbit/s and the spec says {}",
            object.spec.bandwidth_mbps
        ));
    }
    let (holds, reason, message) = if differs.is_empty() {
        (true, Reason::AsSpecified, "the connection is as the spec says".to_owned())
    } else {
        let text = differs.join("; ");
        (
            false,
            Reason::Differs,
            format!("{text}; this version does not change connections in place"),
        )
    };
    let generation = object.metadata.generation;
    let conditions = &mut status.conditions;
    conditions::set(conditions, generation, now, ConditionType::InSync, holds, reason, &message);
}

fn stand(object: &FabricConnection, line: &Connection, standing: Standing) -> Story {
    let (progress, reason) = match standing.phase {
        Phase::Ready => (Progress::Done, Reason::InService),
        Phase::AwaitingApproval => (Progress::Working, Reason::AwaitingApproval),
        Phase::Pending | Phase::Ordering | Phase::Provisioning => {
            (Progress::Working, Reason::Provisioning)
        }
        Phase::Unknown => (Progress::Working, Reason::UnknownState),
        Phase::Deleting => (Progress::Working, Reason::Deprovisioning),
        Phase::Deleted => (Progress::Stuck, Reason::ConnectionDeleted),
        Phase::Failed => match line.equinix_status {
            EquinixStatus::Rejected | EquinixStatus::RejectedAck => {
                (Progress::Stuck, Reason::Rejected)
            }
            _ => (Progress::Stuck, Reason::ProvisioningFailed),
        },
    };
    let mut message = match standing.phase {
        Phase::Unknown => format!(
            "{} ({}/{})",
            standing.advice, line.equinix_status, line.provider_status
        ),
        Phase::Deleted => {
            "the connection was deleted, and not by this resource; delete this resource, and create it anew to order again".to_owned()
        }
        _ => standing.advice.to_owned(),
    };
    for fault in &line.faults {
        message = format!("{message}; {fault}");
    }
    let tags = &object.spec.a_side.link_protocol;
    if [tags.vlan_tag, tags.vlan_s_tag, tags.vlan_c_tag].into_iter().flatten().any(|t| t > 4092) {
        message = format!("{message}; note that the published v4 specification ends at VLAN 4092");
    }
    let phase = Some(standing.phase);
    Story { progress, reason, phase, waiting_for: standing.waiting_for, message }
}
