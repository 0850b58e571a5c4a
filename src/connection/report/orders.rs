//! Orders and adoptions in status: what was sent, how it was answered, and what is not known.
//!
//! Pure.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ConditionType, FabricConnection, FabricConnectionStatus, LineStatus, OrderIntent, Owner,
    Reason, Resolved,
};
use fabric_domain::{ConnectionId, Leg, Phase};

use crate::{
    connection::report::{Phased, leg_status_mut, working},
    reconcile::{
        conditions::{Summary, find, is_ready_because},
        problem::Problem,
    },
};

/// Status is another resource's: its connections are not kept here, and its owner is. `None` once that
/// is reported: only the first report knows the id that the user may need.
pub(super) fn copied(status: &mut FabricConnectionStatus, problem: &Problem) -> Option<Phased> {
    (status.primary, status.secondary, status.monthly_price) = (None, None, None);
    if is_ready_because(&status.conditions, &[Reason::StatusCopied]) {
        return None;
    }
    Some(Phased { phase: Some(Phase::Pending), summary: Summary::blocked(problem) })
}

/// Status is this owner's from now on: what it has of another's connections goes.
pub(super) fn own(status: &mut FabricConnectionStatus, owner: &Owner) {
    if status.owner.as_ref().is_some_and(|before| before != owner) {
        (status.primary, status.secondary, status.monthly_price) = (None, None, None);
    }
    status.owner = Some(owner.clone());
}

/// From now on this resource has a connection that it did not order.
pub(super) fn adopted(
    status: &mut FabricConnectionStatus,
    leg: Leg,
    id: &ConnectionId,
    owner: &Owner,
    resolved: &Resolved,
) -> Phased {
    status.resolved = Some(resolved.clone());
    status.provider_faults.clear();
    own(status, owner);
    let known = leg_status_mut(status, leg);
    let same = known.take().filter(|known| known.uuid.as_deref() == Some(id.as_str()));
    known.insert(same.unwrap_or_default()).uuid = Some(id.to_string());
    let message = format!(
        "took over connection {id}; a deletion of this resource leaves it at the provider unless spec.deletionPolicy is Delete"
    );
    working(Reason::Provisioning, Phase::Provisioning, message)
}

/// This attempt was refused; an earlier one, or an earlier copy of it, may have arrived.
pub(super) fn attempt_refused(status: &mut FabricConnectionStatus, problem: &Problem) -> Phased {
    problem.quote(&mut status.provider_faults);
    let message = format!(
        "{}; an earlier request for this order may have been accepted, so it is looked for before the order goes out again",
        problem.message
    );
    let summary = Summary { message, ..Summary::blocked(problem) };
    Phased { phase: Some(Phase::Ordering), summary }
}

/// The outcome of an order is not known, and a connection may be what was ordered.
pub(super) fn order_doubtful(object: &FabricConnection) -> Phased {
    let message = format!(
        "whether the order arrived is not known: a connection on the port may be what this resource ordered, or another client's; ask the account's administrator, who can see which, and give its id in spec.adopt if it is this resource's{}{}",
        if is_deleting(object) { ", with spec.deletionPolicy Delete to cancel it" } else { "" },
        way_out(object)
    );
    working(Reason::OrderUnknown, Phase::Ordering, message)
}

/// The provider accepted the order and named its connections.
pub(super) fn ordered(
    status: &mut FabricConnectionStatus,
    ids: &[(Leg, ConnectionId)],
    now: Timestamp,
) -> Phased {
    for (leg, id) in ids {
        let known = leg_status_mut(status, *leg).get_or_insert_default();
        known.uuid = Some(id.to_string());
        known.accepted_at = Some(Time(now));
    }
    let ids: Vec<&str> = ids.iter().map(|(_, id)| id.as_str()).collect();
    let message = format!("ordered: connection {}", ids.join(" and "));
    working(Reason::Ordering, Phase::Ordering, message)
}

pub(super) fn order_refused(
    status: &mut FabricConnectionStatus,
    problem: &Problem,
    legs: &[Leg],
    at: Option<Timestamp>,
) -> Phased {
    status.last_refusal_time = at.map(Time).or(status.last_refusal_time.take());
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

/// The legs that an order is for, before it is sent.
pub(super) fn ordering(
    status: &mut FabricConnectionStatus,
    intents: &[(Leg, OrderIntent)],
) -> Phased {
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
pub(super) fn order_unknown(
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
    // The next attempt says otherwise. Until then, why the last one was refused is more than that earlier
    // ones are looked for; another process may have sent it.
    let refused = is_ready_because(&status.conditions, &[Reason::VlanInUse, Reason::OrderRefused]);
    if cause.is_none() && refused && way_out.is_empty() {
        return None;
    }
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

fn is_deleting(object: &FabricConnection) -> bool {
    object.metadata.deletion_timestamp.is_some()
}

/// How a user who deletes the resource can let go of an order of unknown outcome.
fn way_out(object: &FabricConnection) -> &'static str {
    if !is_deleting(object) {
        return "";
    }
    "; this resource stays until that is known; to let it go before, set spec.deletionPolicy to Orphan, and cancel in the Equinix portal what you find there"
}
