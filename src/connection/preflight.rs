//! The preflight: whether an order for what is missing could go out.
//!
//! Reads at the provider; changes nothing.

use std::time::Duration;

use fabric_api::{AllowedNamespaces, Reason};
use fabric_domain::{
    ASide, Connection, ConnectionId, ConnectionName, Flow, Join, Leg, Phase, Standing,
};

use crate::{
    account::{access, session::Session},
    connection::{
        ConnectionPass,
        resolve::{Desired, lookups::Purpose, name_is_made, price, resolve},
        state::{ConnectionState, OrderEvidence, ProviderView},
    },
    reconcile::{problem::Problem, status::ApiError},
};

/// Whether an order could go out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Preflight {
    /// Not checked, since nothing is to be ordered.
    Unasked,
    /// A problem is in the way.
    Blocked(Problem),
    /// The same order was refused a short while ago; it may be sent again after this long.
    Postponed(Duration),
    /// There is no whole listing yet to search, and this is why if it failed.
    AwaitingListing(Option<Problem>),
    /// The second leg waits for the provider to show the first with its group.
    AwaitingPrimary,
    /// The port and tags carry another connection.
    Occupied(Box<Connection>),
    /// A connection with the name that is made for this resource alone is there already.
    Ours(Leg, ConnectionId),
    /// Everything is in place.
    Ready(Box<Desired>),
}

/// Which legs are still to be ordered.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum MissingLegs {
    /// All of them.
    All,
    /// The first, while the second is there.
    Primary(Option<String>),
    /// The second; with it the first one's group, if it is known.
    Secondary(Option<String>),
}

impl MissingLegs {
    /// What is missing of `legs`; `None` if each is there, or may be.
    pub(super) fn of(legs: &[(Leg, ConnectionState)]) -> Option<Self> {
        let absent = |line: &ConnectionState| {
            matches!(
                line,
                ConnectionState::None | ConnectionState::Intended(_, OrderEvidence::Absent)
            )
        };
        let group = |line: &ConnectionState| match line {
            ConnectionState::Known { view: ProviderView::Seen(line), .. } => {
                line.redundancy.as_ref().map(|redundancy| redundancy.group.clone())
            }
            ConnectionState::Known { .. }
            | ConnectionState::None
            | ConnectionState::Intended(..)
            | ConnectionState::Offered(_)
            | ConnectionState::Unusable(_) => None,
        };
        match legs {
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
pub(super) async fn preflight(
    pass: &ConnectionPass<'_>,
    missing: &MissingLegs,
    allowed: Option<&AllowedNamespaces>,
    session: &Session,
) -> Result<Preflight, ApiError> {
    let object = pass.object;
    if let Some(left) = pass.postponed(session) {
        return Ok(Preflight::Postponed(left));
    }
    let account = &object.spec.account;
    let denied = access::namespace(pass.namespace(), account, allowed, pass.context).await?;
    if let Some(problem) = denied {
        return Ok(Preflight::Blocked(problem));
    }
    // What must be known before money is spent is not asked again for the second leg.
    let purpose = match missing {
        MissingLegs::All => Purpose::Order,
        MissingLegs::Primary(_) | MissingLegs::Secondary(_) => Purpose::Compare,
    };
    let mut desired = match resolve(pass, purpose, session).await? {
        Ok(desired) => desired,
        Err(problem) => return Ok(Preflight::Blocked(problem)),
    };
    desired.price = match price::price(object, &desired.order, session).await {
        Ok(price) => price,
        Err(problem) => return Ok(Preflight::Blocked(problem)),
    };
    let desired = match reduce(desired, missing, session) {
        Ok(desired) => desired,
        Err(preflight) => return Ok(preflight),
    };
    for (leg, name, a_side) in desired.sides() {
        if let Some(obstacle) = obstacle(pass, leg, name, a_side, session) {
            return Ok(obstacle);
        }
    }
    Ok(Preflight::Ready(Box::new(desired)))
}

/// Cuts the order down to what is missing, as the dialect orders it.
fn reduce(
    mut desired: Desired,
    missing: &MissingLegs,
    session: &Session,
) -> Result<Desired, Preflight> {
    let at_once = session.reads.can().pairs_in_one_order;
    let Some(half) = desired.order.secondary.take() else { return Ok(desired) };
    let (leg, group) = match missing {
        MissingLegs::All if at_once => {
            desired.order.secondary = Some(half);
            return Ok(desired);
        }
        // One after the other: the first makes the group that the second joins.
        MissingLegs::All => return Ok(desired),
        MissingLegs::Primary(_) | MissingLegs::Secondary(_) if at_once => {
            return Err(Preflight::Blocked(Problem::stalled(
                Reason::HalfMissing,
                "one half of the pair is missing, and ECX v3 orders both at once only; delete this resource and create it anew, or contact Equinix support",
            )));
        }
        MissingLegs::Primary(group) => (Leg::Primary, group),
        MissingLegs::Secondary(group) => (Leg::Secondary, group),
    };
    let group = group.clone().ok_or(Preflight::AwaitingPrimary)?;
    desired.order.join = Some(Join { group, leg });
    if leg == Leg::Secondary {
        desired.leg = Leg::Secondary;
        (desired.order.name, desired.order.a_side, desired.order.z_side) =
            (half.name, half.a_side, half.z_side);
    }
    Ok(desired)
}

/// Another connection on the port and tags.
fn obstacle(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    name: &ConnectionName,
    a_side: &ASide,
    session: &Session,
) -> Option<Preflight> {
    let there = session.fleet.find(|c| {
        c.port.as_ref() == Some(&a_side.port) && c.tags == Some(a_side.link.tags()) && !is_gone(c)
    });
    let Some(mut there) = there else {
        let trouble = session.listing_trouble(&pass.object.spec.account);
        return Some(Preflight::AwaitingListing(trouble));
    };
    let line = there.pop()?;
    let (connections, accounts) = (&pass.context.connections, &pass.context.accounts);
    let made_for_us = name_is_made(pass.object, leg)
        && line.name == name.as_str()
        && connections.holder(line.id.as_str(), pass.object, accounts).is_none();
    Some(if made_for_us {
        Preflight::Ours(leg, line.id)
    } else {
        Preflight::Occupied(Box::new(line))
    })
}

/// Whether a connection is deleted.
pub(super) fn is_gone(connection: &Connection) -> bool {
    let standing =
        Standing::of(&connection.equinix_status, &connection.provider_status, Flow::Seller);
    standing.phase == Phase::Deleted
}
