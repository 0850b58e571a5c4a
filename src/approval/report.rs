//! What came of a pass, as status.
//!
//! Pure: from the old status and an outcome to the new one. Writing it is the act's business.

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use fabric_api::{
    ApprovalDecision, ApprovalSubject, ConnectionApproval, ConnectionApprovalStatus, DecidedLine,
    DecisionIntent, Reason,
};
use fabric_domain::{DecisionState, Leg, Subject, clean};

use crate::{
    approval::{
        line::{self, Line, Verdict, View, place},
        target,
    },
    reconcile::{
        conditions::{self, Progress, Told, ready_reason},
        problem::{Problem, Retry},
    },
};

/// What came of a pass.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outcome {
    /// Something is in the way.
    Held(Problem),
    /// A line does not ask for the decision yet.
    Awaiting,
    /// The decision on these lines is about to be sent.
    Intent(Vec<(Leg, DecisionIntent)>),
    /// It was taken for these.
    Taken(Vec<Leg>),
    /// It was sent, and does not show yet.
    Watching,
    /// Whether it was carried out is not known.
    Unknown(String),
    /// It was refused for good for these lines, of which this was known before.
    Refused(Vec<(Leg, Option<DecisionIntent>)>, Problem),
    /// It was not carried out for these lines, of which this was known before; and why, if that is
    /// to be told.
    NotDone(Vec<(Leg, Option<DecisionIntent>)>, Option<Problem>),
    /// This came of it for these lines.
    Settled(Vec<(Leg, Verdict)>),
}

/// How far a decision is, for the column.
#[derive(Debug, Clone, Copy, strum::IntoStaticStr)]
enum Phase {
    /// The decision was not sent.
    Pending,
    /// It was sent.
    Deciding,
    /// What was decided holds.
    Done,
    /// Nothing came of it, or the opposite was decided.
    Failed,
}

/// What `Ready` and the columns tell.
struct Story {
    progress: Progress,
    reason: Reason,
    phase: Phase,
    message: String,
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

/// The status after `outcome`, where `lines` are seen.
pub(super) fn settle(
    object: &ConnectionApproval,
    old: &ConnectionApprovalStatus,
    lines: &[Line],
    outcome: &Outcome,
    now: Timestamp,
) -> ConnectionApprovalStatus {
    let mut status = old.clone();
    status.observed_generation = object.metadata.generation;
    for line in lines {
        see(&mut status, line, target::matter(object), now);
    }
    if let Some(story) = tell(object, &mut status, lines, outcome) {
        status.phase = Some(<&str>::from(story.phase).to_owned());
        let told = Told { reason: story.reason, message: &story.message };
        let generation = object.metadata.generation;
        conditions::tell(&mut status.conditions, generation, now, story.progress, told);
    }
    status
}

/// Copies what is seen of a line.
fn see(status: &mut ConnectionApprovalStatus, line: &Line, matter: Subject, now: Timestamp) {
    let View::Seen(seen) = &line.view else { return };
    let asked = line.stand(matter) == Some(DecisionState::Awaited);
    let place = place(status, line.leg).get_or_insert_default();
    place.uuid = Some(seen.id.to_string());
    place.name = Some(seen.name.clone());
    place.equinix_status = Some(seen.equinix_status.to_string());
    place.provider_status = Some(seen.provider_status.to_string());
    if asked {
        place.asked_since.get_or_insert(Time(now));
    }
}

/// Takes the facts of `outcome` into `status` and answers with the story to tell; `None` leaves
/// the story as it was told.
fn tell(
    object: &ConnectionApproval,
    status: &mut ConnectionApprovalStatus,
    lines: &[Line],
    outcome: &Outcome,
) -> Option<Story> {
    let working = |reason, phase, message| {
        Some(Story { progress: Progress::Working, reason, phase, message })
    };
    match outcome {
        Outcome::Held(problem) => Some(held(status, problem)),
        Outcome::Awaiting => {
            status.provider_faults.clear();
            working(Reason::NothingToDecide, Phase::Pending, early(lines))
        }
        Outcome::Intent(intents) => {
            status.provider_faults.clear();
            for (leg, intent) in intents {
                place(status, *leg).get_or_insert_default().intent = Some(intent.clone());
            }
            let legs: Vec<Leg> = intents.iter().map(|(leg, _)| *leg).collect();
            let message = format!("sending \"{}\" for {}", what(object), names(status, &legs));
            working(Reason::Deciding, Phase::Deciding, message)
        }
        Outcome::Taken(legs) => {
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
            working(Reason::Deciding, Phase::Deciding, message)
        }
        // What was told when it was sent still holds.
        Outcome::Watching if is_told(status) => None,
        Outcome::Watching => {
            let message = format!(
                "\"{}\" was sent, or may have been; it is looked for on the connection",
                what(object)
            );
            working(Reason::Deciding, Phase::Deciding, message)
        }
        Outcome::Unknown(cause) => {
            let message = format!(
                "whether \"{}\" arrived is not known ({cause}); it is looked for on the connection, and sent again if that still waits after five minutes",
                what(object)
            );
            working(Reason::DecisionUnknown, Phase::Deciding, message)
        }
        Outcome::Refused(before, problem) => {
            for (leg, intent) in before {
                let line = place(status, *leg).get_or_insert_default();
                line.intent.clone_from(intent);
                line.refused = Some(clean(&problem.message, 512));
            }
            Some(held(status, problem))
        }
        Outcome::NotDone(before, problem) => {
            for (leg, intent) in before {
                place(status, *leg).get_or_insert_default().intent.clone_from(intent);
            }
            problem.as_ref().map(|problem| held(status, problem))
        }
        Outcome::Settled(verdicts) => {
            for (leg, verdict) in verdicts {
                let line = place(status, *leg).get_or_insert_default();
                line.outcome = Some(<&str>::from(*verdict).to_owned());
            }
            over(object, status, lines)
        }
    }
}

/// Whether it is told already that the decision was sent.
fn is_told(status: &ConnectionApprovalStatus) -> bool {
    let told = ready_reason(&status.conditions);
    [Reason::Deciding, Reason::DecisionUnknown].iter().any(|r| told == Some(r.as_str()))
}

/// Something is in the way.
fn held(status: &mut ConnectionApprovalStatus, problem: &Problem) -> Story {
    if !is_old_refusal(status, problem) {
        problem.quote(&mut status.provider_faults);
    }
    let (progress, phase) = match problem.retry {
        Retry::Parked => (Progress::Stuck, Phase::Failed),
        Retry::After(_) | Retry::Backoff => (Progress::Working, Phase::Pending),
    };
    Story { progress, reason: problem.reason, phase, message: problem.message.clone() }
}

/// Whether this refusal is told from status, where the provider's own words stand beside it.
fn is_old_refusal(status: &ConnectionApprovalStatus, problem: &Problem) -> bool {
    let lines = [&status.primary, &status.secondary].into_iter().flatten();
    let mut refused = lines.filter_map(|line| line.refused.as_ref());
    problem.faults.is_empty() && refused.any(|why| *why == problem.message)
}

/// What the decision waits for.
fn early(lines: &[Line]) -> String {
    let told =
        lines.iter().filter(|line| line.verdict.is_none()).filter_map(|line| match &line.view {
            View::Seen(seen) => Some(format!(
                "connection {} ({}/{}) does not ask for this decision now",
                seen.id, seen.equinix_status, seen.provider_status
            )),
            View::NotOrdered => Some(format!("the {} connection is not ordered yet", line.leg)),
            View::NotListed | View::Gone | View::Unasked | View::Unseen(_) => None,
        });
    let told: Vec<String> = told.collect();
    format!(
        "{}; the decision is sent when it does; delete this resource to take it back",
        told.join(", and ")
    )
}

/// The lines as they are told.
fn names(status: &ConnectionApprovalStatus, legs: &[Leg]) -> String {
    let ids = legs.iter().filter_map(|leg| line::told(status, *leg)?.uuid.as_deref());
    let ids: Vec<&str> = ids.collect();
    format!("connection {}", ids.join(" and "))
}

/// The end of the story, once all lines have theirs.
fn over(
    object: &ConnectionApproval,
    status: &mut ConnectionApprovalStatus,
    lines: &[Line],
) -> Option<Story> {
    let legs: Vec<Leg> = lines.iter().map(|line| line.leg).collect();
    let mut ends = vec![];
    for leg in &legs {
        let line = line::told(status, *leg)?;
        let verdict: Verdict = line.outcome.as_deref()?.parse().ok()?;
        ends.push((verdict, told(object, line, verdict)));
    }
    // The worst of them is the outcome.
    let verdict = ends.iter().map(|(verdict, _)| *verdict).max()?;
    status.outcome = Some(<&str>::from(verdict).to_owned());
    status.provider_faults.clear();
    let message = ends.into_iter().map(|(_, told)| told).collect::<Vec<_>>().join("; ");
    let (progress, reason, phase) = match verdict {
        Verdict::AlreadyDecided => (Progress::Done, Reason::AlreadyDecided, Phase::Done),
        Verdict::Approved | Verdict::Rejected => (Progress::Done, Reason::Decided, Phase::Done),
        Verdict::DecidedOtherwise => (Progress::Stuck, Reason::DecidedOtherwise, Phase::Failed),
        Verdict::TooLate => (Progress::Stuck, Reason::TooLate, Phase::Failed),
    };
    Some(Story { progress, reason, phase, message })
}

/// What came of the decision for one line, in words.
fn told(object: &ConnectionApproval, line: &DecidedLine, verdict: Verdict) -> String {
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
            format!("{of}: somebody else had {done} it; nothing was sent")
        }
        Verdict::DecidedOtherwise => format!(
            "{of}: {opposite}, and not by this resource; settle it with whoever did, and create another ConnectionApproval for another decision"
        ),
        Verdict::TooLate if sent.is_some() => format!(
            "{of}: the connection waits for no decision any more; whether this one had reached it is not known; delete this resource"
        ),
        Verdict::TooLate => format!(
            "{of}: too late, the connection waits for no decision any more; nothing was sent; delete this resource"
        ),
    }
}
