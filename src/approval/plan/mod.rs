//! The one next step. Pure: no client, no clock, no randomness.
//!
//! The step is the log line, the metric label and the test's expectation.

use std::time::Duration;

use fabric_api::Reason;
use fabric_domain::{DecisionState, Leg, SellerPort, SellerRequest, Subject};

use crate::{
    approval::{
        line::{Line, Sent, Verdict, View},
        observe::{Observation, Readiness, Scene, Sight},
    },
    reconcile::problem::Problem,
};

/// How often a decision is sent that the provider takes, or may have taken, without any effect.
const MAX_ATTEMPTS: u32 = 3;

/// What to do next. At most one mutating call at the provider each.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
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
    Settle(Vec<(Leg, Verdict)>),
    /// Write down and send the decision on these lines: one, or a pair at once.
    Decide(Vec<Due>),
    /// Report that the decision was sent and does not show yet.
    Watch,
}

/// A line to decide on now.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Due {
    pub(super) leg: Leg,
    /// For the how-manieth time.
    pub(super) attempt: u32,
    /// Where it ends, if it is taken in.
    pub(super) landing: Option<SellerPort>,
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
    let courses: Vec<(Leg, Course)> =
        scene.lines.iter().map(|line| (line.leg, course(seen, line))).collect();
    let settled: Vec<(Leg, Verdict)> = courses
        .iter()
        .filter_map(|(leg, course)| match course {
            Course::Settled(verdict) => Some((*leg, *verdict)),
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
fn open(scene: &Scene, courses: &[(Leg, Course)]) -> Step {
    let mut due = vec![];
    let (mut watched, mut unknown, mut early) = (false, false, false);
    for (leg, course) in courses {
        match course {
            Course::Stuck(problem) => return Step::Hold(problem.clone()),
            Course::Watched => watched = true,
            Course::Due(attempt) => due.push((*leg, *attempt)),
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

fn decide(scene: &Scene, due: &[(Leg, u32)]) -> Step {
    let landings = match &scene.readiness {
        Readiness::Unasked => return Step::Wait,
        Readiness::Blocked(problem) => return Step::Hold(problem.clone()),
        Readiness::Ready(landings) => landings,
    };
    let landing = |leg: Leg| landings.iter().find(|(of, _)| *of == leg).map(|(_, l)| l.clone());
    let due = due.iter().map(|(leg, attempt)| Due {
        leg: *leg,
        attempt: *attempt,
        landing: landing(*leg),
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
        (DecisionState::Awaited, sent) => awaited(seen.matter, line, sent),
        (DecisionState::Unasked, Sent::No) => Course::Early,
        (DecisionState::Unasked, Sent::Maybe { .. }) => Course::Watched,
        (DecisionState::Yes | DecisionState::No, sent) => {
            let as_decided = (stand == DecisionState::Yes) == seen.yes;
            Course::Settled(match (as_decided, sent) {
                (true, Sent::Maybe { .. }) => ours,
                (true, Sent::No) => Verdict::AlreadyDecided,
                (false, _) => Verdict::DecidedOtherwise,
            })
        }
        (DecisionState::Unclear, sent) => unclear(seen, sent, ours),
        (DecisionState::Moot, Sent::Maybe { taken: true, .. }) => Course::Settled(ours),
        (DecisionState::Moot, Sent::Maybe { taken: false, .. } | Sent::No) => {
            Course::Settled(Verdict::TooLate)
        }
    }
}

/// The line waits for the decision.
fn awaited(matter: Subject, line: &Line, sent: Sent) -> Course {
    if let Some(why) = &line.refused {
        let reason = match matter {
            Subject::Acceptance => Reason::AwsKeysRefused,
            Subject::Seller(_) => Reason::DecisionRefused,
        };
        return Course::Stuck(Problem::stalled(reason, why.clone()));
    }
    match sent {
        Sent::No => Course::Due(1),
        Sent::Maybe { settled: false, .. } => Course::Watched,
        Sent::Maybe { settled: true, attempt, .. } if attempt < MAX_ATTEMPTS => {
            Course::Due(attempt + 1)
        }
        Sent::Maybe { settled: true, attempt, .. } => Course::Stuck(Problem::stalled(
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
        (Subject::Seller(SellerRequest::Deletion), Sent::Maybe { .. }) if seen.yes => {
            Course::Settled(ours)
        }
        // It goes down, or is about to be in service again: that will tell.
        (Subject::Seller(SellerRequest::Deletion) | Subject::Acceptance, Sent::Maybe { .. }) => {
            Course::Watched
        }
        (Subject::Seller(SellerRequest::Deletion) | Subject::Acceptance, Sent::No) => Course::Early,
        (Subject::Seller(SellerRequest::Creation | SellerRequest::Change), Sent::Maybe { .. }) => {
            Course::Settled(ours)
        }
        (Subject::Seller(SellerRequest::Creation | SellerRequest::Change), Sent::No) => {
            Course::Settled(Verdict::TooLate)
        }
    }
}

#[cfg(test)]
mod tests;
