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
        conditions::{self, Progress},
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
    Ending(Option<Box<Connection>>, Flow),
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

/// The status after `outcome`.
pub(super) fn settle(
    object: &FabricConnection,
    status: &FabricConnectionStatus,
    outcome: &Outcome,
    now: Timestamp,
) -> FabricConnectionStatus {
    let generation = object.metadata.generation;
    let mut status = status.clone();
    status.observed_generation = generation;
    if !matches!(outcome, Outcome::Paused) {
        conditions::unset(&mut status.conditions, ConditionType::Paused);
    }
    let (progress, reason, phase, waiting, message) = match outcome {
        Outcome::Paused => {
            let message = "spec.paused is set: nothing is ordered, changed or cancelled; whatever exists is billed on";
            let conditions = &mut status.conditions;
            conditions::set(
                conditions,
                generation,
                now,
                ConditionType::Paused,
                true,
                Reason::Paused,
                message,
            );
            return status;
        }
        Outcome::Held(problem) | Outcome::NotCancelled(problem) => {
            status.provider_faults.clone_from(&problem.faults);
            let waiting = match problem.retry {
                Retry::Parked => WaitingFor::You,
                Retry::After(_) | Retry::Backoff => WaitingFor::Equinix,
            };
            let phase = held_phase(&status);
            (progress_of(problem), problem.reason, phase, waiting, problem.message.clone())
        }
        Outcome::AwaitingListing => {
            let phase = held_phase(&status);
            if phase == Some(Phase::Ready) {
                // Nothing new is known of a line in service: leave its story alone.
                return status;
            }
            let message = "waiting for the first listing of the account's connections".to_owned();
            (Progress::Working, Reason::Ordering, phase, WaitingFor::Equinix, message)
        }
        Outcome::Intent(intent, resolved) => {
            status.provider_faults.clear();
            status.resolved = Some(resolved.clone());
            status.primary =
                Some(LineStatus { order: Some(intent.clone()), ..LineStatus::default() });
            let message = format!("ordering connection {}", intent.name);
            (
                Progress::Working,
                Reason::Ordering,
                Some(Phase::Ordering),
                WaitingFor::Equinix,
                message,
            )
        }
        Outcome::Ordered(id) | Outcome::Adopted(id) => {
            let line = status.primary.get_or_insert_default();
            line.uuid = Some(id.to_string());
            let found = matches!(outcome, Outcome::Adopted(_));
            let how = if found { "found the line of the order" } else { "ordered" };
            let message = format!("{how}: connection {id}");
            (
                Progress::Working,
                Reason::Ordering,
                Some(Phase::Ordering),
                WaitingFor::Equinix,
                message,
            )
        }
        Outcome::Refused(problem) => {
            status.primary = None;
            status.provider_faults.clone_from(&problem.faults);
            let waiting = match problem.retry {
                Retry::Parked => WaitingFor::You,
                Retry::After(_) | Retry::Backoff => WaitingFor::Equinix,
            };
            let message = format!("{}; nothing was ordered", problem.message);
            (progress_of(problem), problem.reason, Some(Phase::Pending), waiting, message)
        }
        Outcome::Unknown(text) => {
            let intent = status.primary.as_ref().and_then(|l| l.order.as_ref());
            let name = intent.map_or("", |i| i.name.as_str());
            let why = text.as_deref().map(|t| format!(" ({t})")).unwrap_or_default();
            let message = format!(
                "whether the order of {name} arrived is not known{why}; it is looked for, and ordered again only after proof that it did not"
            );
            if text.is_none()
                && conditions::ready_reason(&status.conditions)
                    == Some(Reason::OrderUnknown.as_str())
            {
                // Still looking: the story with its cause stays as it is.
                return status;
            }
            (
                Progress::Working,
                Reason::OrderUnknown,
                Some(Phase::Ordering),
                WaitingFor::Equinix,
                message,
            )
        }
        Outcome::Standing(line, flow) => {
            see(&mut status, line, now);
            in_sync(object, &mut status, line, now);
            let standing = Standing::of(&line.equinix_status, &line.provider_status, *flow);
            stand(object, line, standing)
        }
        Outcome::Cancelled => {
            let line = status.primary.get_or_insert_default();
            line.cancelled_at = Some(Time(now));
            let message =
                "the cancellation was taken; the connection is billed until it is gone".to_owned();
            (
                Progress::Working,
                Reason::Deprovisioning,
                Some(Phase::Deleting),
                WaitingFor::Equinix,
                message,
            )
        }
        Outcome::Ending(line, flow) => {
            let standing = line.as_ref().map(|line| {
                see(&mut status, line, now);
                Standing::of(&line.equinix_status, &line.provider_status, *flow)
            });
            let (waiting, message) = match standing {
                Some(standing) if standing.phase == Phase::Deleting => {
                    (standing.waiting_for, standing.advice.to_owned())
                }
                _ => (
                    WaitingFor::Equinix,
                    "the cancellation was taken and the connection is still up; it is billed until it is gone".to_owned(),
                ),
            };
            (Progress::Working, Reason::Deprovisioning, Some(Phase::Deleting), waiting, message)
        }
    };
    if let Some(phase) = phase {
        status.phase = Some(<&str>::from(phase).to_owned());
    }
    status.waiting_for = Some(<&str>::from(waiting).to_owned());
    conditions::tell(&mut status.conditions, generation, now, progress, reason, &message);
    status
}

fn progress_of(problem: &Problem) -> Progress {
    match problem.retry {
        Retry::Parked => Progress::Stuck,
        Retry::After(_) | Retry::Backoff => Progress::Working,
    }
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
    let states = (Some(seen.equinix_status.to_string()), Some(seen.provider_status.to_string()));
    if (&line.equinix_status, &line.provider_status) != (&states.0, &states.1)
        || line.since.is_none()
    {
        line.since = Some(Time(now));
        (line.equinix_status, line.provider_status) = states;
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

fn stand(
    object: &FabricConnection,
    line: &Connection,
    standing: Standing,
) -> (Progress, Reason, Option<Phase>, WaitingFor, String) {
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
    let link = &object.spec.a_side.link_protocol;
    if [link.vlan_tag, link.vlan_s_tag, link.vlan_c_tag].into_iter().flatten().any(|t| t > 4092) {
        message = format!("{message}; note that the published v4 specification ends at VLAN 4092");
    }
    (progress, reason, Some(standing.phase), standing.waiting_for, message)
}
