//! From what a pass has to report to the status.
//!
//! Pure: it writes nothing, and looks nothing up.

mod in_sync;
mod state;

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ChangeStatus, ConditionType, FabricConnection, FabricConnectionStatus, LineStatus, OrderIntent,
    Owner, Price, Reason, Resolved,
};
use fabric_domain::{Connection, ConnectionId, Flow, Leg, Money, Phase, Standing, clean};

use crate::{
    connection::{drift::Drift, plan::SeenLegs},
    reconcile::{
        conditions::{Conditions, Summary, find, is_ready_because},
        problem::Problem,
    },
};
use in_sync::{in_sync, not_changed};
use state::{copy_observed, going_down, in_phase, together};

/// The longest refusal that is recorded, in characters.
const MAX_REFUSAL: usize = 512;

/// What a pass has to report.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum ConnectionReport {
    /// `spec.paused`.
    Paused,
    /// A problem is in the way.
    Blocked(Problem),
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
    /// The provider refused the order for these legs; nothing was ordered.
    OrderRefused(Problem, Vec<Leg>),
    /// The provider refused this attempt; an earlier one, or an earlier copy of it, may have arrived.
    AttemptRefused(Problem),
    /// Whether the order arrived is not known.
    OrderUnknown(Option<String>),
    /// The same, and this connection may be what was ordered, or another client's.
    OrderDoubtful(Box<Connection>),
    /// The order for this leg is proven not to have arrived, and cannot go out again by itself.
    NotOrdered(Leg),
    /// The connection of a lost answer was found.
    Found(Leg, ConnectionId),
    /// The resource holds the connection that the spec names from now on.
    Adopted { leg: Leg, id: ConnectionId, owner: Owner, resolved: Resolved },
    /// The connections, as the provider shows them.
    Observed(SeenLegs),
    /// The connections, how they differ from the spec, what they cost, if that is new, and what is
    /// still to settle of the other connection.
    Followed {
        connections: SeenLegs,
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
        return status;
    }
    conditions.unset(ConditionType::Paused);
    if let Some(Phased { phase, summary }) = apply(object, &mut status, report, now) {
        if let Some(phase) = phase {
            status.phase = Some(<&str>::from(phase).to_owned());
        }
        status.waiting_for = Some(<&str>::from(summary.waiting_for()).to_owned());
        Conditions { list: &mut status.conditions, generation, now }.summarize(&summary);
    }
    status
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
            Phased { phase: kept_phase(status), summary: Summary::blocked(problem) }
        }
        // Nothing new is known of a connection in service: its summary stays.
        ConnectionReport::AwaitingListing if kept_phase(status) == Some(Phase::Ready) => {
            return None;
        }
        ConnectionReport::AwaitingListing => {
            let message = "waiting for the first listing of the account's connections";
            let deleting = object.metadata.deletion_timestamp.is_some();
            let reason = if deleting { Reason::Deprovisioning } else { Reason::Ordering };
            Phased { phase: kept_phase(status), summary: Summary::working(reason, message) }
        }
        ConnectionReport::Copied(problem) => {
            // What is another resource's is not kept here; its owner is.
            (status.primary, status.secondary, status.monthly_price) = (None, None, None);
            Phased { phase: Some(Phase::Pending), summary: Summary::blocked(problem) }
        }
        ConnectionReport::Ordering { intents, owner, resolved, price } => {
            status.owner.get_or_insert_with(|| owner.clone());
            status.resolved = Some(resolved.clone());
            status.monthly_price = price.map(|price| priced(price, object));
            ordering(status, intents)
        }
        ConnectionReport::Ordered(ids) => ordered(status, ids),
        ConnectionReport::NotOrdered(leg) => {
            *leg_status_mut(status, *leg) = None;
            return None;
        }
        ConnectionReport::Found(leg, id) => {
            leg_status_mut(status, *leg).get_or_insert_default().uuid = Some(id.to_string());
            let message = format!("found what was ordered: connection {id}");
            working(Reason::Ordering, Phase::Ordering, message)
        }
        ConnectionReport::Adopted { leg, id, owner, resolved } => {
            status.resolved = Some(resolved.clone());
            status.provider_faults.clear();
            status.owner = Some(owner.clone());
            let known = leg_status_mut(status, *leg);
            let same = known.take().filter(|known| known.uuid.as_deref() == Some(id.as_str()));
            known.insert(same.unwrap_or_default()).uuid = Some(id.to_string());
            let message = format!("took over connection {id}");
            working(Reason::Provisioning, Phase::Provisioning, message)
        }
        ConnectionReport::OrderRefused(problem, legs) => order_refused(status, problem, legs),
        ConnectionReport::AttemptRefused(problem) => {
            problem.quote(&mut status.provider_faults);
            let message = format!(
                "{}; an earlier request for this order may have been accepted, so it is looked for before the order goes out again",
                problem.message
            );
            let summary = Summary { message, ..Summary::blocked(problem) };
            Phased { phase: Some(Phase::Ordering), summary }
        }
        ConnectionReport::OrderUnknown(cause) => order_unknown(object, status, cause.as_deref())?,
        ConnectionReport::OrderDoubtful(connection) => {
            let message = format!(
                "whether the order arrived is not known: connection {} ({}) on the port may be what this resource ordered, or another client's of the same name; if it is this resource's, give its id in spec.adopt{}",
                connection.name,
                connection.id,
                way_out(object)
            );
            working(Reason::OrderUnknown, Phase::Ordering, message)
        }
        ConnectionReport::Observed(connections) => {
            for (leg, seen) in connections {
                copy_observed(status, *leg, seen, now);
            }
            return None;
        }
        ConnectionReport::Followed { connections, flow, drifts, price, pending } => {
            status.provider_faults.clear();
            for (leg, seen) in connections {
                copy_observed(status, *leg, seen, now);
            }
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
        ConnectionReport::StillUp(leg, seen) => still_up(status, *leg, seen, now),
        ConnectionReport::Cancelled(leg) => {
            let known = leg_status_mut(status, *leg).get_or_insert_default();
            known.cancelled_at = Some(Time(now));
            known.cancellation_refused_at = None;
            let message =
                "the cancellation was taken; the connection is billed until it is gone".to_owned();
            working(Reason::Deprovisioning, Phase::Deleting, message)
        }
        ConnectionReport::Ending(connections, flow, pending) => {
            for (leg, seen) in connections {
                copy_observed(status, *leg, seen, now);
            }
            if let Some(pending) = pending {
                return apply(object, status, pending, now);
            }
            together(connections, |seen| going_down(seen, *flow))?
        }
    })
}

/// On its way to the provider, or down from there.
fn working(reason: Reason, phase: Phase, message: String) -> Phased {
    Phased { phase: Some(phase), summary: Summary::working(reason, message) }
}

fn ordered(status: &mut FabricConnectionStatus, ids: &[(Leg, ConnectionId)]) -> Phased {
    for (leg, id) in ids {
        leg_status_mut(status, *leg).get_or_insert_default().uuid = Some(id.to_string());
    }
    let ids: Vec<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
    let message = format!("ordered: connection {}", ids.join(" and "));
    working(Reason::Ordering, Phase::Ordering, message)
}

fn order_refused(status: &mut FabricConnectionStatus, problem: &Problem, legs: &[Leg]) -> Phased {
    for leg in legs {
        *leg_status_mut(status, *leg) = None;
    }
    problem.quote(&mut status.provider_faults);
    let rest = match &status.primary {
        None => "nothing was ordered",
        Some(_) => "the other half of the pair is ordered and billed",
    };
    let message = format!("{}; {rest}", problem.message);
    let summary = Summary { message, ..Summary::blocked(problem) };
    Phased { phase: Some(Phase::Pending), summary }
}

/// A cancelled connection is in service again.
fn still_up(
    status: &mut FabricConnectionStatus,
    leg: Leg,
    seen: &Connection,
    now: Timestamp,
) -> Phased {
    copy_observed(status, leg, seen, now);
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

/// The legs that an order is for, before it is sent.
fn ordering(status: &mut FabricConnectionStatus, intents: &[(Leg, OrderIntent)]) -> Phased {
    status.provider_faults.clear();
    for (leg, intent) in intents {
        *leg_status_mut(status, *leg) =
            Some(LineStatus { order: Some(intent.clone()), ..LineStatus::default() });
    }
    let names: Vec<&str> = intents.iter().map(|(_, intent)| intent.name.as_str()).collect();
    let message = format!("ordering connection {}", names.join(" and "));
    working(Reason::Ordering, Phase::Ordering, message)
}

/// The outcome of an order is not known; `None` if the status already says so.
fn order_unknown(
    object: &FabricConnection,
    status: &FabricConnectionStatus,
    cause: Option<&str>,
) -> Option<Phased> {
    let legs = [&status.primary, &status.secondary].into_iter().flatten();
    let unknown = legs.filter(|leg| leg.uuid.is_none());
    let names: Vec<&str> =
        unknown.filter_map(|leg| Some(leg.order.as_ref()?.name.as_str())).collect();
    let name = names.join(" and ");
    let way_out = way_out(object);
    let is_reported = is_ready_because(&status.conditions, &[Reason::OrderUnknown]);
    let ready = find(&status.conditions, ConditionType::Ready);
    if cause.is_none() && is_reported && ready.is_some_and(|ready| ready.message.ends_with(way_out))
    {
        return None;
    }
    let cause = cause.map(|text| format!(" ({text})")).unwrap_or_default();
    let message = format!(
        "whether the order of {name} arrived is not known{cause}; it is looked for, and ordered again only after proof that it did not{way_out}"
    );
    Some(working(Reason::OrderUnknown, Phase::Ordering, message))
}

/// How a user who deletes the resource can let go of an order of unknown outcome.
fn way_out(object: &FabricConnection) -> &'static str {
    if object.metadata.deletion_timestamp.is_none() {
        return "";
    }
    "; this resource stays until that is known; to let it go before, set spec.deletionPolicy to Orphan, and cancel in the Equinix portal what you find there"
}

/// A leg's part of a status.
fn leg_status_mut(status: &mut FabricConnectionStatus, leg: Leg) -> &mut Option<LineStatus> {
    match leg {
        Leg::Primary => &mut status.primary,
        Leg::Secondary => &mut status.secondary,
    }
}

/// The phase while a problem is in the way: a connection keeps the one it had.
fn kept_phase(status: &FabricConnectionStatus) -> Option<Phase> {
    match (&status.phase, &status.primary) {
        (Some(phase), Some(_)) if phase == <&str>::from(Phase::Ready) => Some(Phase::Ready),
        (_, Some(_)) => None,
        (_, None) => Some(Phase::Pending),
    }
}
