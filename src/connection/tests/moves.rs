//! What may happen next in a state.
//!
//! A move is one step of one party: a process, the network, the provider, the clock, the user or
//! another client. What it leads to is in `steps`; whether that is allowed is in `invariants`.

use std::fmt;

use fabric_domain::Leg;

use crate::connection::tests::{
    scene::{Scene, minute, place},
    world::{LAGS_AT_MOST, Life, Minutes, Orderer, Outgoing, PassStage, Replica, SmallWorld},
};

/// The ages of the latest attempt that make a difference.
const AGES: [Minutes; 3] = [5, 16, 420];

/// One step of one party. A process is named by its number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum WorldMove {
    /// A process observes and decides, from the newest copy of the resource or the one before.
    Begin {
        replica: usize,
        stale: bool,
    },
    /// It checks its decision again and sends its request.
    Send(usize),
    /// The request arrives, is carried out or refused, and is answered.
    Answer(usize),
    /// The request is lost on its way.
    LoseRequest(usize),
    /// The answer is lost on its way.
    LoseAnswer(usize),
    /// The process gives up waiting, and the request may still arrive.
    Delay(usize),
    /// The request is refused before it is carried out.
    Refuse(usize),
    /// The process stores the answer.
    Store(usize),
    /// A late order arrives.
    Arrive(usize),
    /// A process takes two whole listings, which show this many connections, the oldest first.
    List {
        replica: usize,
        shows: usize,
    },
    /// A process takes a listing that is known to lack one connection.
    ListWithout {
        replica: usize,
        lacks: usize,
    },
    Die(usize),
    Restart(usize),
    /// Time passes until the latest attempt has this age.
    Pass(Minutes),
    /// The user chooses another tag.
    ChooseTag,
    /// The user sets the deletion policy to Orphan.
    ChooseOrphan,
    Delete,
    /// A connection that was cancelled is gone.
    End(usize),
    /// Another client orders on the port and tag of the spec.
    Rival(Orderer),
    /// Another client orders elsewhere.
    Bystander,
}

impl fmt::Display for WorldMove {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begin { replica, stale: false } => write!(f, "process {replica} makes a pass"),
            Self::Begin { replica, stale: true } => {
                write!(f, "process {replica} makes a pass over an old copy of the resource")
            }
            Self::Send(replica) => write!(f, "process {replica} checks again and sends"),
            Self::Answer(replica) => write!(f, "the provider answers process {replica}"),
            Self::LoseRequest(replica) => write!(f, "the request of process {replica} is lost"),
            Self::LoseAnswer(replica) => write!(f, "the answer to process {replica} is lost"),
            Self::Delay(replica) => {
                write!(f, "process {replica} gives up waiting; its request is still on its way")
            }
            Self::Refuse(replica) => write!(f, "process {replica} is refused with status 429"),
            Self::Store(replica) => write!(f, "process {replica} stores the answer"),
            Self::Arrive(_) => write!(f, "a late order arrives at the provider"),
            Self::List { replica, shows } => {
                write!(f, "process {replica} lists: the oldest {shows} connections, as if all")
            }
            Self::ListWithout { replica, lacks } => {
                write!(f, "process {replica} lists in part: without connection {lacks}")
            }
            Self::Die(replica) => write!(f, "process {replica} dies"),
            Self::Restart(replica) => write!(f, "process {replica} restarts"),
            Self::Pass(age) => write!(f, "the latest attempt becomes {age} minutes old"),
            Self::ChooseTag => write!(f, "the user chooses another tag"),
            Self::ChooseOrphan => write!(f, "the user sets the deletion policy to Orphan"),
            Self::Delete => write!(f, "the user deletes the resource"),
            Self::End(entry) => write!(f, "connection {entry} is gone"),
            Self::Rival(_) => write!(f, "another client orders on the port and tag"),
            Self::Bystander => write!(f, "another client orders elsewhere"),
        }
    }
}

/// What may happen in a state.
pub(super) fn moves(scene: &Scene, world: &SmallWorld) -> Vec<WorldMove> {
    let mut all = vec![];
    for (at, replica) in world.replicas.iter().enumerate() {
        all.extend(replica_moves(world, at, replica));
    }
    all.extend((0..world.stragglers.len()).map(WorldMove::Arrive));
    let ending = world.ledger.iter().enumerate().filter(|(_, entry)| entry.life == Life::Ending);
    all.extend(ending.map(|(at, _)| WorldMove::End(at)));
    all.extend(next_age(scene, world).map(WorldMove::Pass));
    if let Some(resource) = world.resource {
        if !resource.deleting {
            all.push(WorldMove::Delete);
        }
        if world.budget.edits > 0 {
            all.push(WorldMove::ChooseOrphan);
            // The admission rules let it be edited until an order may have been placed.
            let is_free = scene.statuses.get(resource.status).primary.is_none();
            if !resource.deleting && is_free {
                all.push(WorldMove::ChooseTag);
            }
        }
    }
    let there = world.resource.or(world.previous).map(|seen| place(Leg::Primary, seen.tag));
    if world.budget.rivals > 0 && there.is_some_and(|place| world.occupant(place).is_none()) {
        all.extend([WorldMove::Rival(Orderer::Marked), WorldMove::Rival(Orderer::Unmarked)]);
    }
    if world.budget.bystanders > 0 {
        all.push(WorldMove::Bystander);
    }
    all
}

fn replica_moves(world: &SmallWorld, at: usize, replica: &Replica) -> Vec<WorldMove> {
    if !replica.alive {
        return vec![WorldMove::Restart(at)];
    }
    let mut all = match replica.stage {
        PassStage::Idle => {
            let begin = |stale| WorldMove::Begin { replica: at, stale };
            let ledger = world.ledger.iter().rev();
            let recent = ledger.take_while(|entry| world.now - entry.created < LAGS_AT_MOST);
            let least = world.ledger.len() - recent.count();
            let whole =
                (least..=world.ledger.len()).map(|shows| WorldMove::List { replica: at, shows });
            let part =
                (0..world.ledger.len()).map(|lacks| WorldMove::ListWithout { replica: at, lacks });
            [begin(false), begin(true)].into_iter().chain(whole).chain(part).collect()
        }
        PassStage::Decided(_) => vec![WorldMove::Send(at)],
        PassStage::Sent(planned) => {
            let mut ways = vec![WorldMove::Answer(at)];
            if world.budget.losses > 0 {
                ways.extend([WorldMove::LoseRequest(at), WorldMove::LoseAnswer(at)]);
                // A late cancellation does what a repeated one does.
                if matches!(planned.request, Outgoing::Order { .. }) {
                    ways.push(WorldMove::Delay(at));
                }
            }
            if world.budget.refusals > 0 {
                ways.push(WorldMove::Refuse(at));
            }
            ways
        }
        PassStage::Answered(..) => vec![WorldMove::Store(at)],
    };
    if world.budget.deaths > 0 {
        all.push(WorldMove::Die(at));
    }
    all
}

/// The next age of the latest attempt. A client waits for its answer for less than that.
pub(super) fn next_age(scene: &Scene, world: &SmallWorld) -> Option<Minutes> {
    let waits = |replica: &Replica| matches!(replica.stage, PassStage::Sent(_));
    if world.replicas.iter().any(waits) {
        return None;
    }
    let age = world.now - latest_attempt(scene, world)?;
    AGES.into_iter().find(|next| *next > age)
}

/// When the latest attempt was recorded or sent.
pub(super) fn latest_attempt(scene: &Scene, world: &SmallWorld) -> Option<Minutes> {
    let decided = world.replicas.iter().filter_map(|replica| match replica.stage {
        PassStage::Decided(planned) => match planned.request {
            Outgoing::Order { decided, .. } => Some(decided),
            Outgoing::Cancel { .. } => None,
        },
        PassStage::Idle | PassStage::Sent(_) | PassStage::Answered(..) => None,
    });
    let sent = world.stragglers.iter().map(|straggler| straggler.sent);
    let status = world.resource.map(|resource| scene.statuses.get(resource.status));
    let recorded = status.iter().flat_map(|status| [&status.primary, &status.secondary]);
    let recorded = recorded.flatten().filter_map(|leg| leg.order.as_ref());
    let recorded = recorded.filter_map(|order| order.attempt_provider_time.as_ref());
    decided.chain(sent).chain(recorded.map(|time| minute(time.0))).max()
}
