//! An exhaustive search of a small world: one resource, one or two processes, a few faults.
//!
//! It walks every order of events up to a depth, breadth first, with the product's own functions
//! making the decisions, so a violation comes with a shortest way there. It proves nothing about
//! larger worlds or about the code that reads and sends; the fault suite runs that.

mod invariants;
mod moves;
mod passes;
mod scene;
mod searches;
mod statuses;
mod steps;
mod world;

use std::{collections::HashSet, fmt};

use fabric_api::FabricConnectionStatus;

use invariants::{Breach, Unrest, breach, settle};
use moves::{WorldMove, moves};
use scene::{Safeguard, Scene};
use world::{Budget, Replica, SmallWorld, Stored};

/// What a search starts from.
#[derive(Debug, Clone, Copy)]
struct Start {
    replicas: usize,
    pair: bool,
    /// Whether orders carry a mark.
    marks: bool,
    budget: Budget,
    without: Option<Safeguard>,
}

/// How far a search got.
#[derive(Debug)]
struct Walk {
    depth: usize,
    states: usize,
    transitions: usize,
    /// Whether every state that can be reached at all was.
    is_whole: bool,
}

impl fmt::Display for Walk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = if self.is_whole { ", which are all" } else { "" };
        let Self { depth, states, transitions, .. } = self;
        write!(f, "{states} states{whole}, {transitions} transitions, {depth} moves deep")
    }
}

/// A violation, and the moves that lead there.
#[derive(Debug)]
struct Trail {
    breach: Breach,
    steps: Vec<WorldMove>,
    /// How many of the moves the search chose; the rest is what happens if nothing more goes wrong.
    chosen: usize,
}

impl fmt::Display for Trail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}, after", self.breach)?;
        for (at, step) in self.steps.iter().enumerate() {
            if at == self.chosen {
                writeln!(f, "  and without further faults")?;
            }
            writeln!(f, "  {:>2}. {step}", at + 1)?;
        }
        Ok(())
    }
}

/// A state that was reached: by which move, from which other one.
type Origin = (u32, WorldMove);

/// The moves from the start to a state.
fn way(origins: &[Option<Origin>], mut at: u32) -> Vec<WorldMove> {
    let mut steps = vec![];
    while let Some((from, step)) = origins[at as usize] {
        steps.push(step);
        at = from;
    }
    steps.reverse();
    steps
}

/// Walks all states up to `depth`. `rests` checks of each, too, that it comes to rest.
fn search(start: &Start, depth: usize, rests: bool) -> Result<Walk, Box<Trail>> {
    let scene = Scene::new(start.pair, start.marks, start.without);
    let world = begin(&scene, start);
    let mut seen = HashSet::from([world.fingerprint()]);
    let mut settling = HashSet::new();
    let mut origins: Vec<Option<Origin>> = vec![None];
    let mut frontier = vec![(0, world)];
    let mut walk = Walk { depth: 0, states: 1, transitions: 0, is_whole: false };
    while walk.depth < depth && !frontier.is_empty() {
        walk.depth += 1;
        let mut reached = vec![];
        for (from, world) in frontier {
            for step in moves(&scene, &world) {
                let Some(next) = world.after(&scene, step) else { continue };
                walk.transitions += 1;
                if !seen.insert(next.fingerprint()) {
                    continue;
                }
                let at = u32::try_from(origins.len()).unwrap();
                origins.push(Some((from, step)));
                let trail = |Unrest { breach, steps }| {
                    let mut all = way(&origins, at);
                    let chosen = all.len();
                    all.extend(steps);
                    Box::new(Trail { breach, steps: all, chosen })
                };
                if let Some(breach) = breach(&next) {
                    return Err(trail(Unrest { breach, steps: vec![] }));
                }
                if rests {
                    settling.extend(settle(&scene, &next, &settling).map_err(trail)?);
                }
                reached.push((at, next));
            }
        }
        frontier = reached;
    }
    walk.states = seen.len();
    walk.is_whole = frontier.is_empty();
    Ok(walk)
}

/// The resource was created, and nothing was done about it yet.
fn begin(scene: &Scene, start: &Start) -> SmallWorld {
    let status = scene.statuses.number(FabricConnectionStatus::default());
    let resource = Stored {
        generation: 1,
        deleting: false,
        orphan: false,
        tag: 1001,
        finalizer: false,
        status,
    };
    SmallWorld {
        now: 0,
        resource: Some(resource),
        previous: None,
        left: false,
        ledger: vec![],
        stragglers: vec![],
        replicas: vec![Replica::fresh(); start.replicas],
        attempts: 0,
        budget: start.budget,
    }
}
