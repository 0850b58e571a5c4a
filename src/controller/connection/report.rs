//! What came of a pass, as status.
//!
//! Pure: from the old status and an outcome to the new one. Writing it is the act's business.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::{
    line::Part,
    plan::{Lines, Released},
};
use crate::{
    api::{
        ConditionType, FabricConnection, FabricConnectionStatus, LineStatus, OrderIntent,
        ProviderFault, Reason, Resolved,
    },
    controller::{
        conditions::{self, Progress, ready_reason},
        problem::{Problem, Retry},
    },
    domain::{Connection, ConnectionId, EquinixStatus, Flow, Phase, Placed, Standing, WaitingFor},
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
    Intent(Vec<(Part, OrderIntent)>, Resolved),
    /// The order was taken.
    Ordered(Placed, Part),
    /// The order for these lines was refused; nothing was ordered.
    Refused(Problem, Vec<Part>),
    /// Whether the order was taken is not known.
    Unknown(Option<String>),
    /// The line that a lost answer spoke of was found.
    Adopted(Part, ConnectionId),
    /// The lines stand here.
    Standing(Lines, Flow),
    /// The cancellation was taken.
    Cancelled(Part),
    /// The provider said that it is deleted already, and shows it no more.
    Ended(Part),
    /// The cancellation was refused.
    NotCancelled(Problem),
    /// The lines go down.
    Ending(Lines, Flow),
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
        Outcome::Intent(intents, resolved) => {
            status.resolved = Some(resolved.clone());
            intend(status, intents)
        }
        Outcome::Ordered(placed, part) => {
            let id = &placed.primary;
            line(status, *part).get_or_insert_default().uuid = Some(id.to_string());
            let mut message = format!("ordered: connection {id}");
            if let Some(id) = &placed.secondary {
                status.secondary.get_or_insert_default().uuid = Some(id.to_string());
                message = format!("{message} and {id}");
            }
            working(Reason::Ordering, Phase::Ordering, message)
        }
        Outcome::Adopted(part, id) => {
            line(status, *part).get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("found what was ordered: connection {id}");
            working(Reason::Ordering, Phase::Ordering, message)
        }
        Outcome::Refused(problem, parts) => {
            for part in parts {
                *line(status, *part) = None;
            }
            status.provider_faults.clone_from(&problem.faults);
            let message = match &status.primary {
                None => format!("{}; nothing was ordered", problem.message),
                Some(_) => {
                    format!("{}; the other half of the pair is ordered and billed", problem.message)
                }
            };
            held(problem, Some(Phase::Pending), message)
        }
        Outcome::Unknown(cause) => unknown(status, cause.as_deref())?,
        Outcome::Standing(lines, flow) => {
            status.provider_faults.clear();
            for (part, seen) in lines {
                see(status, *part, seen, now);
            }
            in_sync(object, status, lines, now);
            together(lines, |seen| {
                let standing = Standing::of(&seen.equinix_status, &seen.provider_status, *flow);
                stand(object, seen, standing)
            })?
        }
        Outcome::Ended(part) => {
            line(status, *part).get_or_insert_default().ended_at = Some(Time(now));
            let message =
                format!("the provider says that the {part} connection is deleted already");
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        Outcome::Cancelled(part) => {
            line(status, *part).get_or_insert_default().cancelled_at = Some(Time(now));
            let message =
                "the cancellation was taken; the connection is billed until it is gone".to_owned();
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        Outcome::Ending(lines, flow) => {
            for (part, seen) in lines {
                see(status, *part, seen, now);
            }
            together(lines, |seen| go_down(seen, *flow))?
        }
    })
}

/// On its way to the provider, or down from there.
fn working(reason: Reason, phase: Phase, message: String) -> Story {
    Story {
        progress: Progress::Working,
        reason,
        phase: Some(phase),
        waiting_for: WaitingFor::Equinix,
        message,
    }
}

/// The lines that an order is for, before it is sent.
fn intend(status: &mut FabricConnectionStatus, intents: &[(Part, OrderIntent)]) -> Story {
    status.provider_faults.clear();
    for (part, intent) in intents {
        *line(status, *part) =
            Some(LineStatus { order: Some(intent.clone()), ..LineStatus::default() });
    }
    let names: Vec<&str> = intents.iter().map(|(_, intent)| intent.name.as_str()).collect();
    let message = format!("ordering connection {}", names.join(" and "));
    working(Reason::Ordering, Phase::Ordering, message)
}

/// The outcome of an order is not known; `None` if that is told already.
fn unknown(status: &FabricConnectionStatus, cause: Option<&str>) -> Option<Story> {
    let told = ready_reason(&status.conditions) == Some(Reason::OrderUnknown.as_str());
    if told && cause.is_none() {
        return None;
    }
    let lines = [&status.primary, &status.secondary].into_iter().flatten();
    let unknown = lines.filter(|line| line.uuid.is_none());
    let names: Vec<&str> =
        unknown.filter_map(|line| Some(line.order.as_ref()?.name.as_str())).collect();
    let name = names.join(" and ");
    let cause = cause.map(|text| format!(" ({text})")).unwrap_or_default();
    let message = format!(
        "whether the order of {name} arrived is not known{cause}; it is looked for, and ordered again only after proof that it did not"
    );
    Some(working(Reason::OrderUnknown, Phase::Ordering, message))
}

/// How a line goes down.
fn go_down(seen: &Connection, flow: Flow) -> Story {
    let standing = Standing::of(&seen.equinix_status, &seen.provider_status, flow);
    if standing.phase == Phase::Deleting {
        let story = working(Reason::Deprovisioning, Phase::Deleting, standing.advice.to_owned());
        return Story { waiting_for: standing.waiting_for, ..story };
    }
    let message =
        "the cancellation was taken and the connection is still up; it is billed until it is gone"
            .to_owned();
    working(Reason::Deprovisioning, Phase::Deleting, message)
}

/// The status of one line.
fn line(status: &mut FabricConnectionStatus, part: Part) -> &mut Option<LineStatus> {
    match part {
        Part::Primary => &mut status.primary,
        Part::Secondary => &mut status.secondary,
    }
}

/// One story of all lines: that of the line which is furthest from being in service, with the
/// words of both where they differ. `None` if there are no lines.
fn together(lines: &Lines, tell: impl Fn(&Connection) -> Story) -> Option<Story> {
    let mut stories: Vec<(Part, Story)> =
        lines.iter().map(|(part, seen)| (*part, tell(seen))).collect();
    let differ = stories.windows(2).any(|pair| pair[0].1.message != pair[1].1.message);
    let message = differ.then(|| {
        let told = stories.iter().map(|(part, story)| format!("{part}: {}", story.message));
        told.collect::<Vec<_>>().join("; ")
    });
    stories.sort_by_key(|(_, story)| story.phase.map_or(0, distance));
    let (_, story) = stories.pop()?;
    Some(Story { message: message.unwrap_or_else(|| story.message.clone()), ..story })
}

/// How far a phase is from being in service.
fn distance(phase: Phase) -> u8 {
    match phase {
        Phase::Ready => 0,
        Phase::Provisioning => 1,
        Phase::Ordering => 2,
        Phase::Pending => 3,
        Phase::AwaitingApproval => 4,
        Phase::Unknown => 5,
        Phase::Deleting => 6,
        Phase::Deleted => 7,
        Phase::Failed => 8,
    }
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
fn see(status: &mut FabricConnectionStatus, part: Part, seen: &Connection, now: Timestamp) {
    let faults = seen.faults.iter();
    let faults =
        faults.map(|text| ProviderFault { message: text.clone(), ..ProviderFault::default() });
    status.provider_faults.extend(faults);
    status.provider_faults.truncate(8);
    let line = line(status, part).get_or_insert_default();
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
    lines: &Lines,
    now: Timestamp,
) {
    let mut differs = vec![];
    for (part, seen) in lines {
        let half = object.spec.secondary.as_ref();
        let name = match part {
            Part::Primary => object.spec.name.as_ref(),
            Part::Secondary => half.and_then(|half| half.name.as_ref()),
        };
        let whose = if lines.len() > 1 { format!("{part} ") } else { String::new() };
        if let Some(name) = name.filter(|name| **name != seen.name) {
            differs.push(format!("{whose}name is {} and the spec says {name}", seen.name));
        }
        let spec = object.spec.bandwidth_mbps;
        if let Some(mbps) = seen.bandwidth.filter(|mbps| *mbps != spec) {
            differs.push(format!("{whose}bandwidth is {mbps} Mbit/s and the spec says {spec}"));
        }
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
