//! The preflight: whether an order for what is missing could go out.
//!
//! Reads at the provider; changes nothing.

use std::time::Duration;

use fabric_api::Reason;
use fabric_domain::{ASide, Connection, Flow, Join, Leg, Phase, Standing};

use crate::{
    account::{
        grants::{self, AccountUse},
        session::Session,
    },
    connection::{
        ConnectionPass,
        evidence::OrderEvidence,
        ownership::Identity,
        resolve::{Desired, lookups::Purpose, price, resolve},
        state::{ConnectionState, ProviderView},
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
    /// An earlier attempt on another port or tags, which the provider would not refuse a second of, is
    /// not proven to have failed.
    AwaitingProof,
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
    fn includes(&self, leg: Leg) -> bool {
        match self {
            Self::All => true,
            Self::Primary(_) => leg == Leg::Primary,
            Self::Secondary(_) => leg == Leg::Secondary,
        }
    }

    /// What is missing of `legs`; `None` if each is there, or may be.
    pub(super) fn of(legs: &[(Leg, ConnectionState)]) -> Option<Self> {
        let absent = |line: &ConnectionState| {
            matches!(
                line,
                ConnectionState::Unrecorded(_)
                    | ConnectionState::Intended(
                        _,
                        OrderEvidence::Absent | OrderEvidence::Repeatable
                    )
            )
        };
        let group = |line: &ConnectionState| match line {
            ConnectionState::Known { view: ProviderView::Seen(line), .. } => {
                line.redundancy.as_ref().map(|redundancy| redundancy.group.clone())
            }
            ConnectionState::Known { .. }
            | ConnectionState::Unrecorded(_)
            | ConnectionState::Intended(..)
            | ConnectionState::Offered(_)
            | ConnectionState::Copied(_)
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
    legs: &[(Leg, ConnectionState)],
    missing: &MissingLegs,
    identity: &Identity<'_>,
    session: &Session,
) -> Result<Preflight, ApiError> {
    let object = pass.object;
    if let Some(left) = pass.postponed(session) {
        return Ok(Preflight::Postponed(left));
    }
    let account = &object.spec.account;
    let granted = match grants::granted(pass.namespace(), account, pass.context).await? {
        Ok(granted) => granted,
        Err(problem) => return Ok(Preflight::Blocked(problem)),
    };
    // What must be known before money is spent is not asked again for the second leg.
    let purpose = match missing {
        MissingLegs::All => Purpose::Order,
        MissingLegs::Primary(_) | MissingLegs::Secondary(_) => Purpose::Compare,
    };
    let mut desired = match resolve(pass, purpose, session, Some(&granted)).await? {
        Ok(desired) => desired,
        Err(problem) => return Ok(Preflight::Blocked(beside_an_order(problem, missing))),
    };
    let before = pass.context.connections.before(object);
    desired.asked = AccountUse { before: Some(before), ..desired.asked };
    desired.price = match price::affordable(object, &desired, &granted, session).await {
        Ok(price) => price,
        Err(problem) => return Ok(Preflight::Blocked(problem)),
    };
    // Both halves of a pair must be free before the first is ordered.
    for (leg, _, a_side) in desired.sides().filter(|(leg, ..)| missing.includes(*leg)) {
        let obstacle =
            unproven(legs, leg, a_side).or_else(|| obstacle(pass, leg, a_side, identity, session));
        if let Some(obstacle) = obstacle {
            return Ok(obstacle);
        }
    }
    Ok(match reduce(desired, missing, session) {
        Ok(desired) => Preflight::Ready(Box::new(desired)),
        Err(preflight) => preflight,
    })
}

/// Whether an earlier attempt for a leg, which may have arrived, was for another port or tags.
pub(super) fn unproven(
    legs: &[(Leg, ConnectionState)],
    leg: Leg,
    a_side: &ASide,
) -> Option<Preflight> {
    let (_, state) = legs.iter().find(|(of, _)| *of == leg)?;
    let ConnectionState::Intended(intent, OrderEvidence::Repeatable) = state else { return None };
    let tags = a_side.link.tags();
    let same = a_side.port.as_str().eq_ignore_ascii_case(&intent.port_uuid)
        && (tags.s_tag, tags.c_tag) == (intent.vlan_s_tag, intent.vlan_c_tag);
    (!same).then_some(Preflight::AwaitingProof)
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
            return Err(Preflight::Blocked(half_missing(missing)));
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
    a_side: &ASide,
    identity: &Identity<'_>,
    session: &Session,
) -> Option<Preflight> {
    let is_there = |c: &Connection| {
        c.port.as_ref() == Some(&a_side.port) && c.tags == Some(a_side.link.tags())
    };
    let is_ours = |c: &Connection| {
        let connections = &pass.context.connections;
        identity.proves_alone(c, leg) && connections.holder(c.id.as_str(), pass.object).is_none()
    };
    // A listing may have come in since the search, and what is ours may have been moved elsewhere.
    let there = session.fleet.find(|c| !is_gone(c) && (is_there(c) || is_ours(c)));
    let Some(mut there) = there else {
        let trouble = session.listing_trouble(&pass.object.spec.account);
        return Some(Preflight::AwaitingListing(trouble));
    };
    let line = there.pop()?;
    Some(if is_ours(&line) {
        Preflight::AwaitingListing(None)
    } else {
        Preflight::Occupied(Box::new(line))
    })
}

/// A problem of a spec, part of which an order has fixed: the fields of the other half cannot be
/// corrected any more.
fn beside_an_order(problem: Problem, missing: &MissingLegs) -> Problem {
    let fixed = match missing {
        MissingLegs::All => return problem,
        MissingLegs::Primary(_) => {
            "spec.secondary and spec.zSide are fixed since the secondary was ordered: what is wrong there needs a new resource"
        }
        MissingLegs::Secondary(_) => {
            "spec.aSide and spec.zSide are fixed since the primary was ordered: what is wrong there needs a new resource, or remove spec.secondary to keep the primary alone"
        }
    };
    Problem { message: format!("{}; {fixed}", problem.message), ..problem }
}

/// A half of a pair cannot be ordered alone.
fn half_missing(missing: &MissingLegs) -> Problem {
    let remedy = match missing {
        MissingLegs::Secondary(_) => {
            "remove spec.secondary to keep the primary alone, or delete this resource, which cancels the primary, and create it anew"
        }
        MissingLegs::Primary(_) | MissingLegs::All => {
            "delete this resource, which cancels the secondary, and create it anew"
        }
    };
    let message =
        format!("one half of the pair is missing, and ECX v3 orders both at once only; {remedy}");
    Problem::stalled(Reason::HalfMissing, message)
}

/// Whether a connection is deleted.
pub(super) fn is_gone(connection: &Connection) -> bool {
    let standing =
        Standing::of(&connection.equinix_status, &connection.provider_status, Flow::Seller);
    standing.phase == Phase::Deleted
}
