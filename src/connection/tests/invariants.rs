//! What must hold in every state, and where every state must be able to come to.
//!
//! I1 to I4 are those of docs/reliability.md, as far as a state shows them.

use std::{collections::HashSet, fmt};

use fabric_domain::{ConnectionId, Leg};

use crate::connection::tests::{
    moves::{WorldMove, next_age},
    scene::{Scene, id, place},
    world::{LedgerEntry, Life, Orderer, PassStage, SmallWorld},
};

/// How many moves lead to rest at most.
const PATIENCE: usize = 300;

/// An invariant that does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Breach {
    /// I1.
    OrderedTwice,
    /// I2.
    Abandoned,
    /// I3.
    StatusUntrue,
    /// I4.
    CancelledUnasked,
    /// The resource never comes to rest, or rests short of its aim without an obstacle.
    Unsettled,
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OrderedTwice => "I1: the provider has carried out two orders for one connection",
            Self::Abandoned => "I2: a connection is billed that no resource records",
            Self::StatusUntrue => "I3: at rest, status does not name the connection that is there",
            Self::CancelledUnasked => "I4: a connection was cancelled that was not to be",
            Self::Unsettled => "without further faults, the resource does not get where it should",
        })
    }
}

/// The invariant that a state breaks, if any.
pub(super) fn breach(world: &SmallWorld) -> Option<Breach> {
    let orders = |leg| {
        world.ledger.iter().filter(move |entry| entry.orderer == Orderer::Resource(leg)).count()
    };
    if Leg::BOTH.into_iter().any(|leg| orders(leg) > 1) {
        return Some(Breach::OrderedTwice);
    }
    let is_kept = world.resource.is_some() || world.left;
    if !is_kept && world.ledger.iter().copied().any(LedgerEntry::is_billed_here) {
        return Some(Breach::Abandoned);
    }
    let is_deleted = world.resource.is_none_or(|resource| resource.deleting);
    let unasked = world.ledger.iter().any(|entry| {
        entry.life != Life::Up && !(matches!(entry.orderer, Orderer::Resource(_)) && is_deleted)
    });
    unasked.then_some(Breach::CancelledUnasked)
}

/// Follows a state without any further fault until nothing changes any more, and checks the
/// invariants on the way and at the end. Answers with the states of the way; it ends early at one of
/// `settling`, which are known to get there.
pub(super) fn settle(
    scene: &Scene,
    from: &SmallWorld,
    settling: &HashSet<u64>,
) -> Result<Vec<u64>, Unrest> {
    let (mut world, mut way, mut steps) = (from.clone(), vec![], vec![]);
    for _ in 0..PATIENCE {
        let fingerprint = world.fingerprint();
        if settling.contains(&fingerprint) {
            return Ok(way);
        }
        way.push(fingerprint);
        let found = match fair_step(scene, &world) {
            Some((step, next)) => {
                steps.push(step);
                world = next;
                breach(&world)
            }
            None => match at_rest(scene, &world) {
                None => return Ok(way),
                found => found,
            },
        };
        if let Some(breach) = found {
            return Err(Unrest { breach, steps });
        }
    }
    Err(Unrest { breach: Breach::Unsettled, steps })
}

/// A breach on the way to rest, and how it came about.
#[derive(Debug)]
pub(super) struct Unrest {
    pub(super) breach: Breach,
    pub(super) steps: Vec<WorldMove>,
}

/// The next move where all parties do what they are there for, if it changes anything.
fn fair_step(scene: &Scene, world: &SmallWorld) -> Option<(WorldMove, SmallWorld)> {
    let replicas = world.replicas.iter().enumerate();
    let works = replicas.filter_map(|(at, replica)| match replica.stage {
        _ if !replica.alive => Some(WorldMove::Restart(at)),
        PassStage::Idle => None,
        PassStage::Decided(_) => Some(WorldMove::Send(at)),
        PassStage::Sent(_) => Some(WorldMove::Answer(at)),
        PassStage::Answered(..) => Some(WorldMove::Store(at)),
    });
    let arrives = (0..world.stragglers.len()).map(WorldMove::Arrive);
    let ends = (0..world.ledger.len()).filter(|at| world.ledger[*at].life == Life::Ending);
    let all = 0..world.replicas.len();
    let shows = world.ledger.len();
    let lists = all.clone().map(|replica| WorldMove::List { replica, shows });
    let begins = all.map(|replica| WorldMove::Begin { replica, stale: false });
    let waits = next_age(scene, world).map(WorldMove::Pass);
    let mut steps = works
        .chain(arrives)
        .chain(ends.map(WorldMove::End))
        .chain(lists)
        .chain(begins)
        .chain(waits);
    steps.find_map(|step| Some((step, world.after(scene, step)?)))
}

/// What is wrong with a state of rest.
fn at_rest(scene: &Scene, world: &SmallWorld) -> Option<Breach> {
    let resource = world.resource?;
    let status = scene.statuses.get(resource.status);
    let mut is_blocked = false;
    let mut is_complete = true;
    for leg in scene.legs() {
        let known = match leg {
            Leg::Primary => &status.primary,
            Leg::Secondary => &status.secondary,
        };
        let named = known.as_ref().and_then(|known| known.uuid.as_deref());
        let mut entries = world.ledger.iter().enumerate();
        let is_there = |entry: &Life| *entry != Life::Gone;
        let there = entries
            .find(|(_, entry)| entry.orderer == Orderer::Resource(*leg) && is_there(&entry.life));
        let there = there.map(|(at, _)| id(at));
        if named != there.as_ref().map(ConnectionId::as_str) {
            return Some(Breach::StatusUntrue);
        }
        is_complete &= there.is_some();
        let occupant = world.occupant(place(*leg, resource.tag));
        is_blocked |= occupant.is_some_and(|entry| entry.orderer != Orderer::Resource(*leg));
    }
    let is_done = !resource.deleting && is_complete;
    (!is_done && !is_blocked).then_some(Breach::Unsettled)
}
