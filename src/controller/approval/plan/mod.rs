//! The one next step. Pure: no client, no clock, no randomness.
//!
//! The step is the log line, the metric label and the test's expectation.

use std::time::Duration;

use super::{
    line::{Line, Sent, Verdict, View},
    observe::{Observation, Readiness, Scene, Sight},
};
use crate::{
    api::Reason,
    controller::{connection::Part, problem::Problem},
    domain::{Asks, Landing, Matter, Stand},
};

/// How often a decision is sent that the provider takes, or may have taken, without any effect.
const MAX_ATTEMPTS: u32 = 3;

/// What to do next. At most one mutating call at the provider each.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr)]
pub(super) enum Step {
    /// Wait for what is not known yet, and say nothing.
    Wait,
    /// Something is in the way: say so.
    Hold(Problem),
    /// Report that a line does not ask for the decision yet.
    Await,
    /// Wait for so long before the same is sent again.
    Rest(Duration),
    /// Write down what came of the decision for these lines.
    Settle(Vec<(Part, Verdict)>),
    /// Write down and send the decision on these lines: one, or a pair at once.
    Decide(Vec<Due>),
    /// Report that the decision was sent and does not show yet.
    Watch,
}

/// A line to decide on now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Due {
    pub(super) part: Part,
    /// For the how-manieth time.
    pub(super) attempt: u32,
    /// Where it ends, if it is taken in.
    pub(super) landing: Option<Landing>,
}

/// What is to become of one line.
#[derive(Debug, Clone, PartialEq)]
enum Course {
    /// Nothing more.
    Over,
    /// It is known what came of the decision.
    Settled(Verdict),
    /// It waits for the decision, the n-th time that it is sent.
    Due(u32),
    /// The decision was sent.
    Watched,
    /// It does not ask for the decision yet.
    Early,
    /// It is not known yet how it stands.
    Unknown,
    /// Something is in the way.
    Stuck(Problem),
}

/// The next step.
pub(super) fn next(seen: &Observation) -> Step {
    let scene = match &seen.sight {
        Sight::Nothing => return Step::Wait,
        Sight::Resting(left) => return Step::Rest(*left),
        Sight::Blocked(problem) => return Step::Hold(problem.clone()),
        Sight::Lines(scene) => scene,
    };
    let courses: Vec<(Part, Course)> =
        scene.lines.iter().map(|line| (line.part, course(seen, line))).collect();
    let settled: Vec<(Part, Verdict)> = courses
        .iter()
        .filter_map(|(part, course)| match course {
            Course::Settled(verdict) => Some((*part, *verdict)),
            Course::Over
            | Course::Due(_)
            | Course::Watched
            | Course::Early
            | Course::Unknown
            | Course::Stuck(_) => None,
        })
        .collect();
    if !settled.is_empty() {
        return Step::Settle(settled);
    }
    open(scene, &courses)
}

/// What is to be done while no line has come to its end just now. One after the other: what was
/// sent for one line is seen through before the next is decided on.
fn open(scene: &Scene, courses: &[(Part, Course)]) -> Step {
    let mut due = vec![];
    let (mut watched, mut unknown, mut early) = (false, false, false);
    for (part, course) in courses {
        match course {
            Course::Stuck(problem) => return Step::Hold(problem.clone()),
            Course::Watched => watched = true,
            Course::Due(attempt) => due.push((*part, *attempt)),
            Course::Unknown => unknown = true,
            Course::Early => early = true,
            Course::Over | Course::Settled(_) => {}
        }
    }
    if watched {
        Step::Watch
    } else if !due.is_empty() {
        decide(scene, &due)
    } else if unknown {
        Step::Wait
    } else if early {
        Step::Await
    } else {
        // All lines are over: their verdicts make the outcome.
        Step::Settle(vec![])
    }
}

fn decide(scene: &Scene, due: &[(Part, u32)]) -> Step {
    let landings = match &scene.readiness {
        Readiness::Unasked => return Step::Wait,
        Readiness::Blocked(problem) => return Step::Hold(problem.clone()),
        Readiness::Ready(landings) => landings,
    };
    let landing = |part: Part| landings.iter().find(|(of, _)| *of == part).map(|(_, l)| l.clone());
    let due = due.iter().map(|(part, attempt)| Due {
        part: *part,
        attempt: *attempt,
        landing: landing(*part),
    });
    let pair: Vec<Due> = due.collect();
    let at_once = scene.at_once && pair.iter().all(|due| due.landing.is_some());
    let count = if at_once { pair.len() } else { 1 };
    Step::Decide(pair.into_iter().take(count).collect())
}

fn course(seen: &Observation, line: &Line) -> Course {
    if line.verdict.is_some() {
        return Course::Over;
    }
    let Some(stand) = line.stand(seen.matter) else {
        return match &line.view {
            View::Unseen(problem) => Course::Stuck(problem.clone()),
            View::Unasked => Course::Over,
            View::NotListed | View::Seen(_) | View::NotOrdered | View::Gone => Course::Unknown,
        };
    };
    let ours = if seen.yes { Verdict::Approved } else { Verdict::Rejected };
    match (stand, line.sent) {
        (Stand::Awaited, sent) => awaited(seen.matter, line, sent),
        (Stand::Unasked, Sent::No) => Course::Early,
        (Stand::Unasked, Sent::Perhaps { .. }) => Course::Watched,
        (Stand::Yes | Stand::No, sent) => {
            let as_decided = (stand == Stand::Yes) == seen.yes;
            Course::Settled(match (as_decided, sent) {
                (true, Sent::Perhaps { .. }) => ours,
                (true, Sent::No) => Verdict::AlreadyDecided,
                (false, _) => Verdict::DecidedOtherwise,
            })
        }
        (Stand::Unclear, sent) => unclear(seen, sent, ours),
        (Stand::Moot, Sent::Perhaps { taken: true, .. }) => Course::Settled(ours),
        (Stand::Moot, Sent::Perhaps { taken: false, .. } | Sent::No) => {
            Course::Settled(Verdict::TooLate)
        }
    }
}

/// The line waits for the decision.
fn awaited(matter: Matter, line: &Line, sent: Sent) -> Course {
    if let Some(why) = &line.refused {
        let reason = match matter {
            Matter::Acceptance => Reason::AwsKeysRefused,
            Matter::OfSeller(_) => Reason::DecisionRefused,
        };
        return Course::Stuck(Problem::stalled(reason, why.clone()));
    }
    match sent {
        Sent::No => Course::Due(1),
        Sent::Perhaps { settled: false, .. } => Course::Watched,
        Sent::Perhaps { settled: true, attempt, .. } if attempt < MAX_ATTEMPTS => {
            Course::Due(attempt + 1)
        }
        Sent::Perhaps { settled: true, attempt, .. } => Course::Stuck(Problem::stalled(
            Reason::DecisionWithoutEffect,
            format!(
                "the decision was sent {attempt} times, and the connection still waits for it; ask Equinix support, or decide in the Equinix portal"
            ),
        )),
    }
}

/// The line waits no more, and its states do not tell what was decided.
fn unclear(seen: &Observation, sent: Sent, ours: Verdict) -> Course {
    match (seen.matter, sent) {
        (Matter::OfSeller(Asks::Deletion), Sent::Perhaps { .. }) if seen.yes => {
            Course::Settled(ours)
        }
        // It goes down, or is about to be in service again: that will tell.
        (Matter::OfSeller(Asks::Deletion) | Matter::Acceptance, Sent::Perhaps { .. }) => {
            Course::Watched
        }
        (Matter::OfSeller(Asks::Deletion) | Matter::Acceptance, Sent::No) => Course::Early,
        (Matter::OfSeller(Asks::Creation | Asks::Change), Sent::Perhaps { .. }) => {
            Course::Settled(ours)
        }
        (Matter::OfSeller(Asks::Creation | Asks::Change), Sent::No) => {
            Course::Settled(Verdict::TooLate)
        }
    }
}

#[cfg(test)]
mod tests;
