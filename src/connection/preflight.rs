//! Whether an order for what is missing could go out: the preflight.
//!
//! Reads at the provider; changes nothing.

use std::time::Duration;

use kube::ResourceExt;
use kube_runtime::reflector::ObjectRef;

use fabric_api::{AllowedNamespaces, FabricConnection, Reason};
use fabric_domain::{
    ASide, Connection, ConnectionId, ConnectionName, Flow, Join, Leg, Phase, Standing,
};

use crate::{
    account::{access, session::Session},
    connection::{
        resolve::{self, Desired, lookups::Purpose, price},
        state::{Evidence, Line, View},
    },
    reconcile::{context::Context, problem::Problem, status::Error},
};

/// Whether an order could go out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Readiness {
    /// Not looked into, since nothing is to be ordered.
    Unasked,
    /// Something is in the way.
    Blocked(Problem),
    /// The same order was refused a short while ago; it may be sent again after so long.
    Resting(Duration),
    /// No whole listing has come in yet to compare with.
    AwaitingListing,
    /// The second half waits for the first to be shown with its group.
    AwaitingPrimary,
    /// The port and tags carry another line.
    Occupied(Box<Connection>),
    /// A line with the name made for this resource alone is there already.
    Ours(Leg, ConnectionId),
    /// Everything is in place.
    Ready(Box<Desired>),
}

/// Which lines are still to be ordered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Missing {
    /// All of them.
    All,
    /// The first, while the second is there.
    Primary(Option<String>),
    /// The second; with it the first one's group, if it is known.
    Secondary(Option<String>),
}

impl Missing {
    /// What is missing of `lines`; `None` if each is there, or may be.
    pub(super) fn of(lines: &[(Leg, Line)]) -> Option<Self> {
        let absent = |line: &Line| matches!(line, Line::None | Line::Intended(_, Evidence::Absent));
        let group = |line: &Line| match line {
            Line::Known { view: View::Seen(line), .. } => {
                line.redundancy.as_ref().map(|redundancy| redundancy.group.clone())
            }
            Line::Known { .. }
            | Line::None
            | Line::Intended(..)
            | Line::Offered(_)
            | Line::Unusable(_) => None,
        };
        match lines {
            [(_, line)] if absent(line) => Some(Self::All),
            [(_, first), (_, second)] => match (absent(first), absent(second)) {
                (true, true) => Some(Self::All),
                (true, false) => Some(Self::Primary(group(second))),
                (false, true) => Some(Self::Secondary(group(first))),
                (false, false) => None,
            },
            _ => None,
        }
    }
}

/// Whether an order for what is `missing` could go out.
pub(super) async fn readiness(
    object: &FabricConnection,
    missing: &Missing,
    allowed: Option<&AllowedNamespaces>,
    session: &Session,
    context: &Context,
) -> Result<Readiness, Error> {
    let (uid, generation) = (object.uid().unwrap_or_default(), object.metadata.generation);
    let generation = generation.unwrap_or_default();
    if let Some(left) = context.memory.resting(&uid, generation, session.id()) {
        return Ok(Readiness::Resting(left));
    }
    let (namespace, account) = (object.namespace().unwrap_or_default(), &object.spec.account);
    if let Some(problem) = access::namespace(&namespace, account, allowed, context).await? {
        return Ok(Readiness::Blocked(problem));
    }
    // What has to be known before money is spent is not asked again for the second half.
    let purpose = match missing {
        Missing::All => Purpose::Order,
        Missing::Primary(_) | Missing::Secondary(_) => Purpose::Compare,
    };
    let mut desired = match resolve::resolve(object, purpose, session, context).await? {
        Ok(desired) => desired,
        Err(problems) => {
            let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be ordered");
            return Ok(Readiness::Blocked(Problem::all(&problems).unwrap_or_else(unclear)));
        }
    };
    desired.price = match price::price(object, &desired.order, session).await {
        Ok(price) => price,
        Err(problem) => return Ok(Readiness::Blocked(problem)),
    };
    let desired = match reduce(desired, missing, session) {
        Ok(desired) => desired,
        Err(readiness) => return Ok(readiness),
    };
    for (leg, name, a_side) in desired.sides() {
        if let Some(obstacle) = obstacle(object, leg, (name, a_side), session, context) {
            return Ok(obstacle);
        }
    }
    Ok(Readiness::Ready(Box::new(desired)))
}

/// Cuts the order down to what is missing, as the dialect orders it.
fn reduce(
    mut desired: Desired,
    missing: &Missing,
    session: &Session,
) -> Result<Desired, Readiness> {
    let at_once = session.reads.can().pairs_in_one_order;
    let Some(half) = desired.order.secondary.take() else { return Ok(desired) };
    let (priority, group) = match missing {
        Missing::All if at_once => {
            desired.order.secondary = Some(half);
            return Ok(desired);
        }
        // One after the other: the first makes the group that the second joins.
        Missing::All => return Ok(desired),
        Missing::Primary(_) | Missing::Secondary(_) if at_once => {
            return Err(Readiness::Blocked(Problem::stalled(
                Reason::HalfMissing,
                "one half of the pair is missing, and ECX v3 orders both at once only; delete this resource and create it anew, or contact Equinix support",
            )));
        }
        Missing::Primary(group) => (Leg::Primary, group),
        Missing::Secondary(group) => (Leg::Secondary, group),
    };
    let group = group.clone().ok_or(Readiness::AwaitingPrimary)?;
    desired.order.join = Some(Join { group, leg: priority });
    if priority == Leg::Secondary {
        desired.leg = Leg::Secondary;
        (desired.order.name, desired.order.a_side, desired.order.z_side) =
            (half.name, half.a_side, half.z_side);
    }
    Ok(desired)
}

/// Another line on the port and tags.
fn obstacle(
    object: &FabricConnection,
    leg: Leg,
    (name, a_side): (&ConnectionName, &ASide),
    session: &Session,
    context: &Context,
) -> Option<Readiness> {
    let there = session.fleet.find(|c| {
        c.port.as_ref() == Some(&a_side.port) && c.tags == Some(a_side.link.tags()) && !is_gone(c)
    });
    let Some(mut there) = there else {
        session.fleet.wake_after_next_list(&ObjectRef::from_obj(object));
        let trouble = session.listing_trouble(&object.spec.account);
        return Some(trouble.map_or(Readiness::AwaitingListing, Readiness::Blocked));
    };
    let line = there.pop()?;
    let made_for_us = resolve::name_is_made(object, leg)
        && line.name == name.as_str()
        && context.holder(&line.id, object).is_none();
    Some(if made_for_us {
        Readiness::Ours(leg, line.id)
    } else {
        Readiness::Occupied(Box::new(line))
    })
}

/// Whether a line is over.
pub(super) fn is_gone(connection: &Connection) -> bool {
    let standing =
        Standing::of(&connection.equinix_status, &connection.provider_status, Flow::Seller);
    standing.phase == Phase::Deleted
}
