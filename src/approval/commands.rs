//! Sending the decision: the request, and what its answer means.

use std::time::Duration;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use kube_runtime::controller::Action;

use fabric_api::{ConnectionApproval, DecisionIntent, Reason, UnknownFields};
use fabric_client::{Error, Gate, Writes};
use fabric_domain::{ConnectionId, Decision, DecisionState, Leg, Subject};

use crate::{
    account::session::{Look, Session},
    approval::{
        decision::decision,
        legs::{LegState, known},
        observe::{ApprovalObservation, ApprovalView, DecidedLegs},
        plan::{Due, LONGEST},
        report::{ApprovalReport, Finding, what},
    },
    reconcile::{
        Next, Pass,
        problem::Problem,
        send_once::{Intent, Outcome, Request, Response, Then},
        status::ApiError,
    },
};

/// What a pass can do beside reporting.
#[derive(Debug, PartialEq, strum::IntoStaticStr, strum::VariantNames)]
pub(crate) enum ApprovalCommand {
    /// Send the decision on these: one connection, or a pair at once.
    Decide(Vec<Due>),
}

/// Sends the decision on the connections that are due.
pub(super) async fn decide(
    pass: &Pass<'_, ConnectionApproval>,
    seen: &ApprovalObservation,
    due: Vec<Due>,
) -> Result<Action, ApiError> {
    let ApprovalView::Legs(decided) = &seen.view else { return Ok(pass.next(Next::Soon)) };
    let account = decided.account.clone().unwrap_or_default();
    let session = match pass.session(&account) {
        Ok(session) => session,
        Err(problem) => return block(pass, decided, problem).await,
    };
    let ids: Vec<ConnectionId> = due.iter().filter_map(|due| id(decided, due.leg)).collect();
    if ids.is_empty() || ids.len() != due.len() {
        return Ok(pass.next(Next::Soon));
    }
    let decision = match decision(pass.object, pass.context, seen, &due).await? {
        Ok(decision) => decision,
        Err(problem) => return block(pass, decided, problem).await,
    };
    let request =
        Decide { subject: seen.subject, legs: &decided.legs, due, ids, account, decision };
    pass.send_once(&session, &request).await
}

/// Reports that a problem is in the way, and what was seen: which connection the decision is about must
/// be recorded even so.
async fn block(
    pass: &Pass<'_, ConnectionApproval>,
    decided: &DecidedLegs,
    problem: Problem,
) -> Result<Action, ApiError> {
    let next = Next::Retry { retry: problem.retry, at_most: LONGEST };
    let report = ApprovalReport::of(decided.legs.clone(), Finding::Blocked(problem));
    pass.report(&report, next).await
}

/// The id of a connection that is seen.
fn id(decided: &DecidedLegs, leg: Leg) -> Option<ConnectionId> {
    let state = decided.legs.iter().find(|state| state.leg == leg)?;
    state.seen().map(|seen| seen.id.clone())
}

/// The decision on its way. A pair is decided on by the id of its first connection.
struct Decide<'a> {
    subject: Subject,
    legs: &'a [LegState],
    due: Vec<Due>,
    /// The connections, in the order of `due`; at least one.
    ids: Vec<ConnectionId>,
    account: String,
    decision: Decision,
}

impl Decide<'_> {
    fn report(&self, finding: Finding) -> ApprovalReport {
        ApprovalReport::of(self.legs.to_vec(), finding)
    }

    /// What status said of the intents before this one.
    fn before(&self, object: &ConnectionApproval) -> Vec<(Leg, Option<DecisionIntent>)> {
        let intent = |leg| known(object, leg).and_then(|known| known.intent.clone());
        self.due.iter().map(|due| (due.leg, intent(due.leg))).collect()
    }

    /// Whether the connection still waits for the decision that was just refused.
    async fn still_waits(&self, session: &Session) -> bool {
        let connection = match self.subject {
            Subject::Acceptance => match session.look(&self.ids[0]).await {
                Look::Seen(connection) => Some(*connection),
                Look::Unlisted | Look::Unseen(_) => None,
            },
            Subject::Seller(_) => session.reads.incoming_line(&self.ids[0]).await.ok(),
        };
        connection.is_none_or(|connection| {
            self.subject.stand(&connection, true) == DecisionState::Awaited
        })
    }
}

impl Request<ConnectionApproval> for Decide<'_> {
    const ACTION: &'static str = "Decide";
    type Value = ();

    fn target(&self) -> String {
        self.ids.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ")
    }

    fn intent(&self, pass: &Pass<'_, ConnectionApproval>, id: &str) -> Intent<ApprovalReport> {
        let intent = |due: &Due| DecisionIntent {
            what: what(pass.object),
            by: id.to_owned(),
            at: Time(pass.context.now()),
            attempt: due.attempt,
            taken: false,
            unknown: UnknownFields::default(),
        };
        let intents = self.due.iter().map(|due| (due.leg, intent(due))).collect();
        Intent::Status(self.report(Finding::Deciding(intents)))
    }

    fn is_recorded(&self, object: &ConnectionApproval, id: &str) -> bool {
        let intents = Leg::BOTH.into_iter().filter_map(|leg| known(object, leg)?.intent.as_ref());
        intents.into_iter().any(|intent| intent.by == id)
    }

    async fn send(&self, writes: &dyn Writes, gate: &dyn Gate) -> Result<(), Error> {
        writes.decide(&self.ids[0], &self.decision, gate).await
    }

    async fn answered(
        &self,
        pass: &Pass<'_, ConnectionApproval>,
        session: &Session,
        answer: Response<()>,
    ) -> Outcome<ApprovalReport> {
        for id in &self.ids {
            if self.subject == Subject::Acceptance {
                session.fleet.invalidate(id);
            }
            pass.context.wake_holders(id);
        }
        let (object, account) = (pass.object, self.account.as_str());
        let (finding, then) = match answer {
            Response::Done(()) => {
                let legs = self.due.iter().map(|due| due.leg).collect();
                (Finding::Accepted(legs), Then::Look(Next::Soon))
            }
            Response::Unknown(error) => {
                (Finding::Unknown(error.to_string()), Then::Look(Next::Soon))
            }
            // Another party was faster, or an earlier attempt had arrived: the connection will show.
            Response::Taken(_) | Response::Refused(_) if !self.still_waits(session).await => {
                (Finding::NotCarriedOut(self.before(object), None), Then::Look(Next::Soon))
            }
            Response::Refused(error @ Error::Refused(_)) => {
                let problem = refusal(object, self.subject, &self.ids[0], account, &error);
                let finding = Finding::Refused(self.before(object), problem);
                (finding, Then::Look(Next::After(LONGEST)))
            }
            Response::Taken(error) | Response::Refused(error) => {
                let problem = failure(object, &self.ids[0], account, &error);
                let then = Then::Postpone(problem.retry, Duration::MAX);
                (Finding::NotCarriedOut(self.before(object), Some(problem)), then)
            }
        };
        Outcome { report: Some(self.report(finding)), then }
    }
}

fn doing(object: &ConnectionApproval, id: &ConnectionId) -> String {
    format!("sending \"{}\" for connection {id}", what(object))
}

/// A definite no: the same is not sent again.
fn refusal(
    object: &ConnectionApproval,
    subject: Subject,
    id: &ConnectionId,
    account: &str,
    error: &Error,
) -> Problem {
    let (reason, remedy) = match subject {
        Subject::Acceptance => (
            Reason::AwsKeysRefused,
            "if the keys are wrong, correct the Secret; this ConnectionApproval is not sent again: create another one, or accept the connection in the AWS console",
        ),
        Subject::Seller(_) => (
            Reason::DecisionRefused,
            "this ConnectionApproval cannot be changed and is not sent again: create another one",
        ),
    };
    let problem =
        Problem::refused(&doing(object, id), account, error, (reason, "nothing was changed"));
    Problem { message: format!("{}; {remedy}", problem.message), ..problem }
}

/// It was not carried out, and may be later.
fn failure(
    object: &ConnectionApproval,
    id: &ConnectionId,
    account: &str,
    error: &Error,
) -> Problem {
    let problem = Problem::of(&doing(object, id), account, error);
    match error {
        // The words for an order do not fit.
        Error::Busy(_) | Error::Gone(_) | Error::Stale(_) => Problem::passing(
            Reason::Deciding,
            format!("{}: {error}; it is tried again by itself", doing(object, id)),
        ),
        Error::VlanInUse(_) => Problem {
            message: format!(
                "{}: {error}; wait if the tag is just being freed, or create another ConnectionApproval with another tag",
                doing(object, id)
            ),
            ..problem
        },
        Error::Throttled { .. }
        | Error::Unavailable(_)
        | Error::Credentials(_)
        | Error::Forbidden(_)
        | Error::Refused(_)
        | Error::NoCapacity(_)
        | Error::NotVisible(_)
        | Error::Ambiguous(_)
        | Error::Unreadable(_)
        | Error::Withdrawn(_) => problem,
    }
}
