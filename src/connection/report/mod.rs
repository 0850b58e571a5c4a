//! From what a pass has to report to the status.
//!
//! Pure: it writes nothing, and looks nothing up.

mod in_sync;
mod orders;
mod state;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ChangeStatus, ConditionType, FabricConnection, FabricConnectionStatus, LineStatus, OrderIntent,
    Owner, Price, Reason, Resolved,
};
use fabric_domain::{
    Connection, ConnectionId, Flow, Leg, Money, Phase, Standing, WaitingFor, clean,
};

use crate::{
    connection::{
        drift::Drift,
        facts::{self, overdue},
        plan::SeenLegs,
    },
    reconcile::{
        conditions::{Conditions, Summary, find},
        events::Notice,
        problem::Problem,
    },
};
use in_sync::{in_sync, not_changed};
use state::{copy_observed, data_plane, going_down, in_phase, together};

/// The longest refusal that is recorded, in characters.
const MAX_REFUSAL: usize = 512;

/// What a pass has to report.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum ConnectionReport {
    /// `spec.paused`.
    Paused,
    /// A problem is in the way.
    Blocked(Problem),
    /// A problem keeps from being looked at a connection that exists, which was last seen at these times.
    Unseen(Problem, Vec<(Leg, Timestamp)>),
    /// The first listing is still to come.
    AwaitingListing,
    /// Status is another resource's.
    Copied(Problem),
    /// An order is about to be sent.
    Ordering {
        intents: Vec<(Leg, OrderIntent)>,
        owner: Owner,
        resolved: Resolved,
        price: Option<Money>,
    },
    /// The provider accepted the order.
    Ordered(Vec<(Leg, ConnectionId)>),
    /// The provider refused the order for these legs, at this time by its clock; nothing was ordered.
    OrderRefused { problem: Problem, legs: Vec<Leg>, at: Option<Timestamp> },
    /// The provider refused this attempt; an earlier one, or an earlier copy of it, may have arrived.
    AttemptRefused(Problem),
    /// Whether the order arrived is not known.
    OrderUnknown(Option<String>),
    /// The same, and this connection may be what was ordered, or another client's.
    OrderDoubtful(Box<Connection>),
    /// The order for this leg is proven not to have arrived, and cannot go out again by itself.
    NotOrdered(Leg),
    /// The connection of a lost answer was found.
    Found { leg: Leg, id: ConnectionId, owner: Owner },
    /// The resource holds the connection that the spec names from now on.
    Adopted { leg: Leg, id: ConnectionId, owner: Owner, resolved: Resolved },
    /// The connections, as the provider shows them.
    Observed(SeenLegs),
    /// The connections, how they differ from the spec, what they cost, if that is new, and what is
    /// still to settle of the other connection.
    Followed {
        connections: SeenLegs,
        owner: Owner,
        flow: Flow,
        drifts: Vec<Drift>,
        price: Option<Money>,
        pending: Option<Box<Self>>,
    },
    /// This change is asked for.
    Changing(Leg, ChangeStatus),
    /// The provider refused this change for good.
    ChangeRefused(Leg, ChangeStatus, Problem),
    /// The change of this field could not be asked for; this was recorded of it before.
    NotChanged(Leg, String, Option<ChangeStatus>, Problem),
    /// The provider accepted the cancellation.
    Cancelled(Leg),
    /// The provider says that it is deleted already, and shows it no more.
    Ended(Leg),
    /// The provider refused the cancellation.
    NotCancelled(Problem),
    /// The cancellation was accepted, and the other side put the connection back into service.
    StillUp(Leg, Box<Connection>),
    /// The connections go down, and this is still to settle of the other one.
    Ending(SeenLegs, Flow, Option<Box<Self>>),
}

/// What a report leaves out of status because it is another tenant's.
pub(super) fn withheld(report: &ConnectionReport) -> Option<String> {
    match report {
        ConnectionReport::OrderDoubtful(connection) => {
            Some(format!("it may be connection {} ({})", connection.name, connection.id))
        }
        ConnectionReport::Followed { pending: Some(pending), .. }
        | ConnectionReport::Ending(_, _, Some(pending)) => withheld(pending),
        ConnectionReport::Blocked(problem)
        | ConnectionReport::Copied(problem)
        | ConnectionReport::OrderRefused { problem, .. }
        | ConnectionReport::AttemptRefused(problem)
        | ConnectionReport::ChangeRefused(_, _, problem)
        | ConnectionReport::NotChanged(_, _, _, problem)
        | ConnectionReport::NotCancelled(problem) => problem.withheld.clone(),
        // An account says itself why it cannot be used, and once.
        ConnectionReport::Unseen(..)
        | ConnectionReport::Paused
        | ConnectionReport::AwaitingListing
        | ConnectionReport::Ordering { .. }
        | ConnectionReport::Ordered(_)
        | ConnectionReport::OrderUnknown(_)
        | ConnectionReport::NotOrdered(_)
        | ConnectionReport::Found { .. }
        | ConnectionReport::Adopted { .. }
        | ConnectionReport::Observed(_)
        | ConnectionReport::Followed { pending: None, .. }
        | ConnectionReport::Changing(..)
        | ConnectionReport::Cancelled(_)
        | ConnectionReport::Ended(_)
        | ConnectionReport::StillUp(..)
        | ConnectionReport::Ending(_, _, None) => None,
    }
}

/// A summary, and the phase; `None` keeps the phase that there is.
struct Phased {
    phase: Option<Phase>,
    summary: Summary,
}

/// The status after `report`.
pub(super) fn status_after(
    object: &FabricConnection,
    old: &FabricConnectionStatus,
    report: &ConnectionReport,
    now: Timestamp,
) -> FabricConnectionStatus {
    let generation = object.metadata.generation;
    let mut status = old.clone();
    status.observed_generation = generation;
    let mut conditions = Conditions { list: &mut status.conditions, generation, now };
    if *report == ConnectionReport::Paused {
        let text = "spec.paused is set: nothing is ordered, changed or cancelled; whatever exists is billed on";
        conditions.set(ConditionType::Paused, true, Reason::Paused, text);
        // What was never looked at has no other status.
        if find(conditions.list, ConditionType::Ready).is_none() {
            conditions.set(ConditionType::Ready, false, Reason::Paused, text);
            status.phase = Some(<&str>::from(Phase::Pending).to_owned());
            status.waiting_for = Some(<&str>::from(WaitingFor::You).to_owned());
        }
        status.overdue_since = None;
        return status;
    }
    conditions.unset(ConditionType::Paused);
    if let Some(Phased { phase, summary }) = apply(object, &mut status, report, now) {
        if let Some(phase) = phase {
            status.phase = Some(<&str>::from(phase).to_owned());
        }
        status.waiting_for = Some(<&str>::from(summary.waiting_for()).to_owned());
        let mut conditions = Conditions { list: &mut status.conditions, generation, now };
        conditions.summarize(&summary);
        if summary.unseen || summary.reason == Reason::ConnectionDeleted {
            for kind in [ConditionType::InSync, ConditionType::DataPlaneUp] {
                conditions.doubt(kind, summary.reason, &summary.message);
            }
        }
    }
    // Whatever the provider answered to the cancellation, and whether it could be asked.
    if object.metadata.deletion_timestamp.is_some() {
        status.phase = Some(<&str>::from(Phase::Deleting).to_owned());
    }
    status.overdue_since = overdue(&status, now).map(|(since, _)| Time(since));
    if status.first_ready_time.is_none() && facts::phase(&status) == Phase::Ready {
        status.first_ready_time = Some(Time(now));
    }
    status
}

/// An Event, once, for a connection that has been in its phase for longer than is usual.
pub(super) fn overdue_notice(
    old: Option<&FabricConnectionStatus>,
    new: &FabricConnectionStatus,
) -> Option<Notice> {
    let since = new.overdue_since.as_ref()?;
    if old.is_some_and(|old| old.overdue_since.as_ref() == Some(since)) {
        return None;
    }
    let phase: &str = facts::phase(new).into();
    let usual = facts::phase(new).usual()?.as_secs() / 3600;
    let waiting_for = new.waiting_for.as_deref().unwrap_or(WaitingFor::Equinix.into());
    let note = format!(
        "the connection has been {phase} since {}, which is usual for {usual} hours at most; it waits for {waiting_for}",
        since.0
    );
    Some(Notice { reason: Reason::TakesLong, action: "Reconcile", note })
}

/// The summary while the account's connections are not listed yet.
fn awaiting_listing(object: &FabricConnection, status: &FabricConnectionStatus) -> Phased {
    let message = "waiting for the first listing of the account's connections";
    let deleting = object.metadata.deletion_timestamp.is_some();
    let reason = if deleting { Reason::Deprovisioning } else { Reason::Ordering };
    let phase = status.primary.is_none().then_some(Phase::Pending);
    Phased { phase, summary: Summary::working(reason, message) }
}

/// Records the facts of `report` in `status` and returns the summary; `None` leaves it as it is.
fn apply(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    report: &ConnectionReport,
    now: Timestamp,
) -> Option<Phased> {
    Some(match report {
        ConnectionReport::Paused => return None,
        ConnectionReport::Blocked(problem) | ConnectionReport::NotCancelled(problem) => {
            problem.quote(&mut status.provider_faults);
            let phase = blocked_phase(object, status, problem.reason);
            Phased { phase, summary: Summary::blocked(problem) }
        }
        ConnectionReport::Unseen(problem, last_seen) => {
            problem.quote(&mut status.provider_faults);
            unseen(status, problem, last_seen)
        }
        // Nothing new is known of a connection: its summary stays until the first listing is late.
        ConnectionReport::AwaitingListing
            if is_in_phase(status, Phase::Ready) || is_in_phase(status, Phase::Unknown) =>
        {
            return None;
        }
        ConnectionReport::AwaitingListing => awaiting_listing(object, status),
        ConnectionReport::Copied(problem) => orders::copied(status, problem)?,
        ConnectionReport::Ordering { intents, owner, resolved, price } => {
            orders::own(status, owner);
            status.resolved = Some(resolved.clone());
            status.monthly_price = price.map(|price| priced(price, object));
            orders::ordering(status, intents)
        }
        ConnectionReport::Ordered(ids) => orders::ordered(status, ids, now),
        ConnectionReport::NotOrdered(leg) => {
            *leg_status_mut(status, *leg) = None;
            return None;
        }
        ConnectionReport::Found { leg, id, owner } => {
            orders::own(status, owner);
            leg_status_mut(status, *leg).get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("found what was ordered: connection {id}");
            working(Reason::Ordering, Phase::Ordering, message)
        }
        ConnectionReport::Adopted { leg, id, owner, resolved } => {
            orders::adopted(status, *leg, id, owner, resolved)
        }
        ConnectionReport::OrderRefused { problem, legs, at } => {
            orders::order_refused(status, problem, legs, *at)
        }
        ConnectionReport::AttemptRefused(problem) => orders::attempt_refused(status, problem),
        ConnectionReport::OrderUnknown(cause) => {
            orders::order_unknown(object, status, cause.as_deref())?
        }
        ConnectionReport::OrderDoubtful(_) => orders::order_doubtful(object),
        ConnectionReport::Observed(connections) => {
            show(object, status, connections, now);
            return None;
        }
        ConnectionReport::Followed { connections, owner, flow, drifts, price, pending } => {
            orders::own(status, owner);
            status.provider_faults.clear();
            show(object, status, connections, now);
            if let Some(price) = price {
                status.monthly_price = Some(priced(*price, object));
            }
            let open_change = in_sync(object, status, drifts, now);
            if let Some(pending) = pending {
                return apply(object, status, pending, now);
            }
            let Phased { phase, summary } = together(connections, |seen| {
                let standing = Standing::of(&seen.equinix_status, &seen.provider_status, *flow);
                in_phase(object, seen, standing)
            })?;
            Phased { phase, summary: Summary { open_change, ..summary } }
        }
        ConnectionReport::Changing(leg, asked) => {
            in_sync::record(status, *leg, asked);
            return None;
        }
        ConnectionReport::ChangeRefused(leg, asked, problem) => {
            problem.quote(&mut status.provider_faults);
            let refused = Some(clean(&problem.message, MAX_REFUSAL));
            in_sync::record(status, *leg, &ChangeStatus { refused, ..asked.clone() });
            return None;
        }
        ConnectionReport::NotChanged(leg, field, before, problem) => {
            not_changed(object, status, *leg, field, before.as_ref(), problem, now);
            return None;
        }
        ConnectionReport::Ended(leg) => {
            leg_status_mut(status, *leg).get_or_insert_default().ended_at = Some(Time(now));
            let message = format!("the provider says that the {leg} connection is deleted already");
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        ConnectionReport::StillUp(leg, seen) => still_up(object, status, *leg, seen, now),
        ConnectionReport::Cancelled(leg) => cancelled(status, *leg, now),
        ConnectionReport::Ending(connections, flow, pending) => {
            show(object, status, connections, now);
            if let Some(pending) = pending {
                return apply(object, status, pending, now);
            }
            together(connections, |seen| going_down(seen, *flow))?
        }
    })
}

/// Records how the provider shows the connections.
fn show(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    connections: &SeenLegs,
    now: Timestamp,
) {
    for (leg, seen) in connections {
        copy_observed(status, *leg, seen, now);
    }
    data_plane(object, status, now);
}

/// On its way to the provider, or down from there.
fn working(reason: Reason, phase: Phase, message: String) -> Phased {
    Phased { phase: Some(phase), summary: Summary::working(reason, message) }
}

/// The provider accepted a cancellation.
fn cancelled(status: &mut FabricConnectionStatus, leg: Leg, now: Timestamp) -> Phased {
    let known = leg_status_mut(status, leg).get_or_insert_default();
    known.cancelled_at = Some(Time(now));
    known.cancellation_refused_at = None;
    let message =
        "the cancellation was taken; the connection is billed until it is gone".to_owned();
    working(Reason::Deprovisioning, Phase::Deleting, message)
}

/// A cancelled connection is in service again.
fn still_up(
    object: &FabricConnection,
    status: &mut FabricConnectionStatus,
    leg: Leg,
    seen: &Connection,
    now: Timestamp,
) -> Phased {
    copy_observed(status, leg, seen, now);
    data_plane(object, status, now);
    let known = leg_status_mut(status, leg).get_or_insert_default();
    known.cancelled_at = None;
    known.cancellation_refused_at.get_or_insert(Time(now));
    let message = format!(
        "the other side refused to let connection {} go: it is in service and billed again; settle it with them, or set spec.deletionPolicy to Orphan to leave it; the cancellation is sent again once a day",
        seen.id
    );
    let problem = Problem::stalled(Reason::CancellationRefused, message);
    Phased { phase: Some(Phase::Deleting), summary: Summary::blocked(&problem) }
}

fn priced(price: Money, object: &FabricConnection) -> Price {
    Price {
        amount: price.amount(),
        currency: price.currency.as_str().to_owned(),
        bandwidth_mbps: object.spec.bandwidth_mbps,
    }
}

/// A leg's part of a status.
fn leg_status_mut(status: &mut FabricConnectionStatus, leg: Leg) -> &mut Option<LineStatus> {
    match leg {
        Leg::Primary => &mut status.primary,
        Leg::Secondary => &mut status.secondary,
    }
}

/// The phase while a problem is in the way: a connection keeps the one it had, unless that says that
/// all is well.
fn blocked_phase(
    object: &FabricConnection,
    status: &FabricConnectionStatus,
    reason: Reason,
) -> Option<Phase> {
    let is_half = object.spec.secondary.is_some()
        && status.secondary.as_ref().is_none_or(|half| half.uuid.is_none());
    if status.primary.is_none() {
        Some(Phase::Pending)
    } else if !is_in_phase(status, Phase::Ready) {
        None
    } else if reason == Reason::ConnectionDeleted {
        Some(Phase::Deleted)
    } else {
        Some(if is_half { Phase::Pending } else { Phase::Unknown })
    }
}

fn is_in_phase(status: &FabricConnectionStatus, phase: Phase) -> bool {
    status.phase.as_deref() == Some(phase.into())
}

/// A connection exists and cannot be looked at: whatever it was, it may be otherwise by now.
fn unseen(
    status: &mut FabricConnectionStatus,
    problem: &Problem,
    last_seen: &[(Leg, Timestamp)],
) -> Phased {
    for (leg, at) in last_seen {
        // The first time stays: no later sighting is behind another.
        leg_status_mut(status, *leg).get_or_insert_default().last_seen.get_or_insert(Time(*at));
    }
    Phased { phase: Some(Phase::Unknown), summary: Summary::unseen(problem) }
}

#[cfg(test)]
mod tests;
