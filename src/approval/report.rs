//! From what a pass has to report to the status.
//!
//! Pure: it writes nothing, and looks nothing up.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ApprovalDecision, ApprovalSubject, ConnectionApproval, ConnectionApprovalStatus, DecidedLine,
    DecisionIntent, Reason,
};
use fabric_domain::{DecisionState, Leg, Subject, clean};

use crate::{
    approval::{
        legs::{self, LegState, LegView, Verdict, place},
        target,
    },
    reconcile::{
        conditions::{Conditions, Progress, Summary, is_ready_because},
        problem::Problem,
    },
};

/// What a pass has to report.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApprovalReport {
    /// The connections as the pass has seen them; none if it could not look.
    legs: Vec<LegState>,
    finding: Finding,
}

impl ApprovalReport {
    pub(super) fn of(legs: Vec<LegState>, finding: Finding) -> Self {
        Self { legs, finding }
    }

    #[cfg(test)]
    pub(super) fn finding(&self) -> &Finding {
        &self.finding
    }
}

impl From<&ApprovalReport> for &'static str {
    fn from(report: &ApprovalReport) -> Self {
        (&report.finding).into()
    }
}

/// What a pass has found or done.
#[derive(Debug, Clone, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(super) enum Finding {
    /// A problem is in the way.
    Blocked(Problem),
    /// A connection does not ask for the decision yet.
    Awaiting,
    /// The decision on these is about to be sent.
    Deciding(Vec<(Leg, DecisionIntent)>),
    /// The provider accepted it for these.
    Accepted(Vec<Leg>),
    /// It was sent, and does not show yet.
    Watching,
    /// It may have been carried out.
    Unknown(String),
    /// The provider refused it for good for these, whose intents were these before.
    Refused(Vec<(Leg, Option<DecisionIntent>)>, Problem),
    /// It was not carried out for these, whose intents were these before; and why, if the user should
    /// know.
    NotCarriedOut(Vec<(Leg, Option<DecisionIntent>)>, Option<Problem>),
    /// The decision on these has come to its end.
    Settled(Vec<(Leg, Verdict)>),
}

/// How far a decision is, for the column.
#[derive(Debug, Clone, Copy, strum::IntoStaticStr)]
enum DecisionPhase {
    /// The decision was not sent.
    Pending,
    /// It was sent.
    Deciding,
    /// What was decided holds.
    Done,
    /// It had no effect, or the opposite was decided.
    Failed,
}

/// A decision in words, as it is written down.
pub(super) fn what(object: &ConnectionApproval) -> String {
    let decision = match object.spec.decision {
        ApprovalDecision::Approve => "Approve",
        ApprovalDecision::Reject => "Reject",
    };
    format!("{decision} {}", subject(object))
}

fn subject(object: &ConnectionApproval) -> &'static str {
    match object.spec.subject {
        ApprovalSubject::Creation => "Creation",
        ApprovalSubject::Deletion => "Deletion",
        ApprovalSubject::Change => "Change",
    }
}

/// The status after `report`.
pub(super) fn status_after(
    object: &ConnectionApproval,
    old: &ConnectionApprovalStatus,
    report: &ApprovalReport,
    now: Timestamp,
) -> ConnectionApprovalStatus {
    let mut status = old.clone();
    // A decision that has ended stays as it ended: the answer to it may come in after another operator
    // has read the end off the connection.
    if status.outcome.is_some() {
        return status;
    }
    let generation = object.metadata.generation;
    status.observed_generation = generation;
    for leg in &report.legs {
        copy_observed(&mut status, leg, target::subject(object), now);
    }
    if let Some((phase, summary)) = apply(object, &mut status, report) {
        status.phase = Some(<&str>::from(phase).to_owned());
        Conditions { list: &mut status.conditions, generation, now }.summarize(&summary);
    }
    status
}

/// Copies what the provider shows of a connection.
fn copy_observed(
    status: &mut ConnectionApprovalStatus,
    line: &LegState,
    subject: Subject,
    now: Timestamp,
) {
    let LegView::Seen(seen) = &line.view else { return };
    let asked = line.stand(subject) == Some(DecisionState::Awaited);
    let place = place(status, line.leg).get_or_insert_default();
    place.uuid = Some(seen.id.to_string());
    place.name = Some(seen.name.clone());
    place.equinix_status = Some(seen.equinix_status.to_string());
    place.provider_status = Some(seen.provider_status.to_string());
    if asked {
        place.asked_since.get_or_insert(Time(now));
    }
}

/// Records the facts of `report` in `status` and returns the phase and the summary; `None` leaves both
/// as they are.
fn apply(
    object: &ConnectionApproval,
    status: &mut ConnectionApprovalStatus,
    report: &ApprovalReport,
) -> Option<(DecisionPhase, Summary)> {
    let working = |reason, phase, message| Some((phase, Summary::working(reason, message)));
    let legs = report.legs.as_slice();
    match &report.finding {
        Finding::Blocked(problem) => {
            let (phase, summary) = blocked(status, problem);
            // Whether a decision that was sent was carried out, only the connection shows.
            let is_sent = [&status.primary, &status.secondary].into_iter().flatten();
            let is_sent = is_sent.into_iter().any(|line| line.intent.is_some());
            Some((phase, Summary { unseen: legs.is_empty() && is_sent, ..summary }))
        }
        Finding::Awaiting => {
            status.provider_faults.clear();
            working(Reason::NothingToDecide, DecisionPhase::Pending, early(legs))
        }
        Finding::Deciding(intents) => {
            status.provider_faults.clear();
            for (leg, intent) in intents {
                place(status, *leg).get_or_insert_default().intent = Some(intent.clone());
            }
            let legs: Vec<Leg> = intents.iter().map(|(leg, _)| *leg).collect();
            let message = format!("sending \"{}\" for {}", what(object), names(status, &legs));
            working(Reason::Deciding, DecisionPhase::Deciding, message)
        }
        Finding::Accepted(legs) => {
            for leg in legs {
                let intent = place(status, *leg).as_mut().and_then(|line| line.intent.as_mut());
                if let Some(intent) = intent {
                    intent.taken = true;
                }
            }
            let message = format!(
                "the provider took \"{}\" for {}; it is looked for on the connection",
                what(object),
                names(status, legs)
            );
            working(Reason::Deciding, DecisionPhase::Deciding, message)
        }
        // The summary of when it was sent still holds.
        Finding::Watching if is_reported_sent(status) => None,
        Finding::Watching => {
            let message = format!(
                "\"{}\" was sent, or may have been; it is looked for on the connection",
                what(object)
            );
            working(Reason::Deciding, DecisionPhase::Deciding, message)
        }
        Finding::Unknown(cause) => {
            let message = format!(
                "whether \"{}\" arrived is not known ({cause}); it is looked for on the connection, and sent again if that still waits after five minutes",
                what(object)
            );
            working(Reason::DecisionUnknown, DecisionPhase::Deciding, message)
        }
        Finding::Refused(before, problem) => {
            for (leg, intent) in before {
                let line = place(status, *leg).get_or_insert_default();
                line.intent.clone_from(intent);
                line.refused = Some(clean(&problem.message, 512));
            }
            Some(blocked(status, problem))
        }
        Finding::NotCarriedOut(before, problem) => {
            for (leg, intent) in before {
                place(status, *leg).get_or_insert_default().intent.clone_from(intent);
            }
            problem.as_ref().map(|problem| blocked(status, problem))
        }
        Finding::Settled(verdicts) => {
            for (leg, verdict) in verdicts {
                let line = place(status, *leg).get_or_insert_default();
                line.outcome = Some(<&str>::from(*verdict).to_owned());
            }
            over(object, status, legs)
        }
    }
}

/// Whether status says already that the decision was sent.
fn is_reported_sent(status: &ConnectionApprovalStatus) -> bool {
    is_ready_because(&status.conditions, &[Reason::Deciding, Reason::DecisionUnknown])
}

/// A problem is in the way.
fn blocked(status: &mut ConnectionApprovalStatus, problem: &Problem) -> (DecisionPhase, Summary) {
    if !is_old_refusal(status, problem) {
        problem.quote(&mut status.provider_faults);
    }
    let phase = match Progress::after(problem.retry) {
        Progress::Stuck => DecisionPhase::Failed,
        Progress::Working | Progress::Done => DecisionPhase::Pending,
    };
    (phase, Summary::blocked(problem))
}

/// Whether the problem repeats a refusal in status, where the provider's own words stand beside it.
fn is_old_refusal(status: &ConnectionApprovalStatus, problem: &Problem) -> bool {
    let legs = [&status.primary, &status.secondary].into_iter().flatten();
    let mut refused = legs.filter_map(|line| line.refused.as_ref());
    problem.faults.is_empty() && refused.any(|why| *why == problem.message)
}

/// What the decision waits for.
fn early(legs: &[LegState]) -> String {
    let mut waits = vec![];
    for leg in legs.iter().filter(|leg| leg.verdict.is_none()) {
        match &leg.view {
            LegView::Seen(seen) => waits.push(format!(
                "connection {} ({}/{}) does not ask for this decision now",
                seen.id, seen.equinix_status, seen.provider_status
            )),
            LegView::NotOrdered => {
                waits.push(format!("the {} connection is not ordered yet", leg.leg));
            }
            LegView::Unlisted | LegView::Gone | LegView::Unasked | LegView::Unseen(_) => {}
        }
    }
    format!(
        "{}; the decision is sent when it does; delete this resource to take it back",
        waits.join(", and ")
    )
}

/// The connections by their ids.
fn names(status: &ConnectionApprovalStatus, legs: &[Leg]) -> String {
    let ids = legs.iter().filter_map(|leg| legs::of_status(status, *leg)?.uuid.as_deref());
    let ids: Vec<&str> = ids.collect();
    format!("connection {}", ids.join(" and "))
}

/// The end, once each connection has its verdict.
fn over(
    object: &ConnectionApproval,
    status: &mut ConnectionApprovalStatus,
    legs: &[LegState],
) -> Option<(DecisionPhase, Summary)> {
    let legs: Vec<Leg> = legs.iter().map(|line| line.leg).collect();
    let mut ends = vec![];
    for leg in &legs {
        let line = legs::of_status(status, *leg)?;
        let verdict: Verdict = line.outcome.as_deref()?.parse().ok()?;
        ends.push((verdict, describe(object, line, verdict)));
    }
    // The worst of them is the outcome.
    let verdict = ends.iter().map(|(verdict, _)| *verdict).max()?;
    status.outcome = Some(<&str>::from(verdict).to_owned());
    status.provider_faults.clear();
    let message = ends.into_iter().map(|(_, text)| text).collect::<Vec<_>>().join("; ");
    let (progress, reason, phase) = match verdict {
        Verdict::AlreadyDecided => (Progress::Done, Reason::AlreadyDecided, DecisionPhase::Done),
        Verdict::Approved | Verdict::Rejected => {
            (Progress::Done, Reason::Decided, DecisionPhase::Done)
        }
        Verdict::DecidedOtherwise => {
            (Progress::Stuck, Reason::DecidedOtherwise, DecisionPhase::Failed)
        }
        Verdict::TooLate => (Progress::Stuck, Reason::TooLate, DecisionPhase::Failed),
    };
    Some((phase, Summary { progress, ..Summary::working(reason, message) }))
}

/// The verdict on one connection, in words.
fn describe(object: &ConnectionApproval, line: &DecidedLine, verdict: Verdict) -> String {
    let of = match &line.uuid {
        Some(uuid) => format!("{} of connection {uuid}", subject(object)),
        None => subject(object).to_owned(),
    };
    let sent = line.intent.as_ref();
    let (done, opposite) = match object.spec.decision {
        ApprovalDecision::Approve => ("approved", "rejected"),
        ApprovalDecision::Reject => ("rejected", "approved"),
    };
    match verdict {
        Verdict::Approved | Verdict::Rejected if sent.is_some_and(|intent| intent.taken) => {
            format!("{of}: {done}")
        }
        Verdict::Approved | Verdict::Rejected => {
            format!("{of}: {done}; the answer was lost, and the connection has gone on as decided")
        }
        Verdict::AlreadyDecided => {
            format!("{of}: another party had {done} it; nothing was sent")
        }
        Verdict::DecidedOtherwise => format!(
            "{of}: {opposite}, and not by this resource; settle it with the party that decided, and create another ConnectionApproval for another decision"
        ),
        Verdict::TooLate if sent.is_some() => format!(
            "{of}: the connection waits for no decision any more; whether this one had reached it is not known; delete this resource"
        ),
        Verdict::TooLate => format!(
            "{of}: too late, the connection waits for no decision any more; nothing was sent; delete this resource"
        ),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_answer_that_comes_late_does_not_reopen_a_decision() {
        let object: ConnectionApproval = serde_json::from_value(json!({
            "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
            "metadata": {"name": "yes", "namespace": "network", "generation": 1},
            "spec": {"connection": {"name": "line"}, "decision": "Approve"},
            "status": {
                "outcome": "Approved",
                "primary": {
                    "uuid": "5f00c000-0000-4000-8000-000000000002", "outcome": "Approved",
                    "intent": {
                        "what": "Approve Creation", "by": "1-2", "at": "2021-07-15T19:30:29Z",
                        "attempt": 1,
                    },
                },
            },
        }))
        .unwrap();
        let old = object.status.clone().unwrap();
        let report = ApprovalReport::of(vec![], Finding::Accepted(vec![Leg::Primary]));
        let now = "2021-07-15T19:31:00Z".parse().unwrap();
        assert_eq!(status_after(&object, &old, &report, now), old);
    }
}
