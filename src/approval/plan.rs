//! The one next step. Pure: no client, no clock, no randomness.
//!
//! What a connection's states say about a decision is the domain's.

use std::time::Duration;

use fabric_api::{ConnectionApproval, Reason};
use fabric_domain::{DecisionState, Leg, SellerPort, SellerRequest, Subject};

use crate::{
    approval::{
        commands::ApprovalCommand,
        legs::{LegState, LegView, Sent, Verdict},
        observe::{ApprovalObservation, ApprovalView, DecidedLegs, DecisionPreflight},
        report::{ApprovalReport, Finding},
    },
    reconcile::{Next, Step, problem::Problem},
};

/// How often a decision is sent that the provider takes, or may have taken, without any effect.
const MAX_ATTEMPTS: u32 = 3;

/// How soon what is not known yet is looked at again.
const SOON: Duration = Duration::from_secs(2);
/// How soon a connection is looked at again that was decided on a moment ago.
const WATCH: Duration = Duration::from_secs(5);
/// How soon a connection is looked at again that may ask for the decision later, or that was decided
/// on some time ago.
const LATER: Duration = Duration::from_secs(60);
/// The longest pause where the user has to act first: a look costs little, and what is put right
/// should be noticed.
pub(super) const LONGEST: Duration = Duration::from_secs(300);

/// A connection to decide on now.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Due {
    pub(super) leg: Leg,
    /// The attempt's number, from 1.
    pub(super) attempt: u32,
    /// Where it ends, if the seller accepts it.
    pub(super) seller_port: Option<SellerPort>,
}

/// What is to become of one line.
#[derive(Debug, Clone, PartialEq)]
enum LegPlan {
    /// Nothing more.
    Over,
    /// The decision has come to its end.
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

/// The one next step.
pub(super) fn plan(seen: &ApprovalObservation) -> Step<ConnectionApproval> {
    let decided = match &seen.view {
        ApprovalView::Unknown => return Step::Wait(SOON),
        ApprovalView::Postponed(left) => return Step::Wait(*left),
        ApprovalView::Blocked(problem) => return blocked(vec![], problem),
        ApprovalView::Legs(decided) => decided,
    };
    let plans: Vec<(Leg, LegPlan)> =
        decided.legs.iter().map(|leg| (leg.leg, leg_plan(seen, leg))).collect();
    let mut verdicts = vec![];
    for (leg, plan) in &plans {
        if let LegPlan::Settled(verdict) = plan {
            verdicts.push((*leg, *verdict));
        }
    }
    if verdicts.is_empty() { open(decided, &plans) } else { settled(decided, verdicts) }
}

/// What to do while no connection has just come to its end. One after the other: what was sent for
/// one is seen through before the next is decided on.
fn open(decided: &DecidedLegs, plans: &[(Leg, LegPlan)]) -> Step<ConnectionApproval> {
    let mut due = vec![];
    let (mut watched, mut unknown, mut early) = (false, false, false);
    for (leg, plan) in plans {
        match plan {
            LegPlan::Stuck(problem) => return blocked(decided.legs.clone(), problem),
            LegPlan::Watched => watched = true,
            LegPlan::Due(attempt) => due.push((*leg, *attempt)),
            LegPlan::Unknown => unknown = true,
            LegPlan::Early => early = true,
            LegPlan::Over | LegPlan::Settled(_) => {}
        }
    }
    if watched {
        let fresh = |leg: &LegState| matches!(leg.sent, Sent::Maybe { settled: false, .. });
        let pause = if decided.legs.iter().any(fresh) { WATCH } else { LATER };
        report(decided.legs.clone(), Finding::Watching, Next::After(pause))
    } else if !due.is_empty() {
        decide(decided, &due)
    } else if unknown {
        Step::Wait(SOON)
    } else if early {
        report(decided.legs.clone(), Finding::Awaiting, Next::Settled(LATER))
    } else {
        // All are over: their verdicts make the outcome.
        settled(decided, vec![])
    }
}

fn decide(decided: &DecidedLegs, due: &[(Leg, u32)]) -> Step<ConnectionApproval> {
    let seller_ports = match &decided.preflight {
        DecisionPreflight::Unasked => return Step::Wait(SOON),
        DecisionPreflight::Blocked(problem) => return blocked(decided.legs.clone(), problem),
        DecisionPreflight::Ready(seller_ports) => seller_ports,
    };
    let mut pair = vec![];
    for (leg, attempt) in due {
        let port = seller_ports.iter().find(|(of, _)| of == leg);
        let seller_port = port.map(|(_, port)| port.clone());
        pair.push(Due { leg: *leg, attempt: *attempt, seller_port });
    }
    let at_once = decided.at_once && pair.iter().all(|due| due.seller_port.is_some());
    if !at_once {
        pair.truncate(1);
    }
    Step::Act(ApprovalCommand::Decide(pair))
}

fn settled(decided: &DecidedLegs, verdicts: Vec<(Leg, Verdict)>) -> Step<ConnectionApproval> {
    report(decided.legs.clone(), Finding::Settled(verdicts), Next::Soon)
}

fn blocked(legs: Vec<LegState>, problem: &Problem) -> Step<ConnectionApproval> {
    let next = Next::Retry { retry: problem.retry, at_most: LONGEST };
    report(legs, Finding::Blocked(problem.clone()), next)
}

fn report(legs: Vec<LegState>, finding: Finding, next: Next) -> Step<ConnectionApproval> {
    Step::Report(ApprovalReport::of(legs, finding), next)
}

fn leg_plan(seen: &ApprovalObservation, line: &LegState) -> LegPlan {
    if line.verdict.is_some() {
        return LegPlan::Over;
    }
    let Some(stand) = line.stand(seen.subject) else {
        return match &line.view {
            LegView::Unseen(problem) => LegPlan::Stuck(problem.clone()),
            LegView::Unasked => LegPlan::Over,
            LegView::Unlisted | LegView::Seen(_) | LegView::NotOrdered | LegView::Gone => {
                LegPlan::Unknown
            }
        };
    };
    let ours = if seen.yes { Verdict::Approved } else { Verdict::Rejected };
    match (stand, line.sent) {
        (DecisionState::Awaited, sent) => awaited(seen.subject, line, sent),
        (DecisionState::Unasked, Sent::No) => LegPlan::Early,
        (DecisionState::Unasked, Sent::Maybe { .. }) => LegPlan::Watched,
        (DecisionState::Yes | DecisionState::No, sent) => {
            let as_decided = (stand == DecisionState::Yes) == seen.yes;
            LegPlan::Settled(match (as_decided, sent) {
                (true, Sent::Maybe { .. }) => ours,
                (true, Sent::No) => Verdict::AlreadyDecided,
                (false, _) => Verdict::DecidedOtherwise,
            })
        }
        (DecisionState::Unclear, sent) => unclear(seen, sent, ours),
        (DecisionState::Moot, Sent::Maybe { taken: true, .. }) => LegPlan::Settled(ours),
        (DecisionState::Moot, Sent::Maybe { taken: false, .. } | Sent::No) => {
            LegPlan::Settled(Verdict::TooLate)
        }
    }
}

/// The line waits for the decision.
fn awaited(subject: Subject, line: &LegState, sent: Sent) -> LegPlan {
    if let Some(why) = &line.refused {
        let reason = match subject {
            Subject::Acceptance => Reason::AwsKeysRefused,
            Subject::Seller(_) => Reason::DecisionRefused,
        };
        return LegPlan::Stuck(Problem::stalled(reason, why.clone()));
    }
    match sent {
        Sent::No => LegPlan::Due(1),
        Sent::Maybe { settled: false, .. } => LegPlan::Watched,
        Sent::Maybe { settled: true, attempt, .. } if attempt < MAX_ATTEMPTS => {
            LegPlan::Due(attempt + 1)
        }
        Sent::Maybe { settled: true, attempt, .. } => LegPlan::Stuck(Problem::stalled(
            Reason::DecisionWithoutEffect,
            format!(
                "the decision was sent {attempt} times, and the connection still waits for it; ask Equinix support, or decide in the Equinix portal"
            ),
        )),
    }
}

/// The line waits no more, and its states do not show what was decided.
fn unclear(seen: &ApprovalObservation, sent: Sent, ours: Verdict) -> LegPlan {
    match (seen.subject, sent) {
        (Subject::Seller(SellerRequest::Deletion), Sent::Maybe { .. }) if seen.yes => {
            LegPlan::Settled(ours)
        }
        // It goes down, or is about to be in service again, which then shows the outcome.
        (Subject::Seller(SellerRequest::Deletion) | Subject::Acceptance, Sent::Maybe { .. }) => {
            LegPlan::Watched
        }
        (Subject::Seller(SellerRequest::Deletion) | Subject::Acceptance, Sent::No) => {
            LegPlan::Early
        }
        (Subject::Seller(SellerRequest::Creation | SellerRequest::Change), Sent::Maybe { .. }) => {
            LegPlan::Settled(ours)
        }
        (Subject::Seller(SellerRequest::Creation | SellerRequest::Change), Sent::No) => {
            LegPlan::Settled(Verdict::TooLate)
        }
    }
}

#[cfg(test)]
mod tests;
