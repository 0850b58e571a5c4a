//! What there is: the lines that are decided on, and whether the decision could be sent.
//!
//! Reads only, and no Secret: that is read when the decision is about to be sent. Everything that a
//! plan needs to know comes from here, so that plans stay pure.

use std::time::Duration;

use kube::ResourceExt;

use fabric_api::{ConnectionApproval, Reason, SellerSide};
use fabric_domain::{ConnectionId, DecisionState, Leg, SellerPort, SellerRequest, Subject};

use crate::{
    account::{
        access, ports,
        session::{Look, Session, Way},
    },
    approval::{
        line::{Aim, Line, Sent, Verdict, View, known},
        target::{self, Target},
    },
    reconcile::{context::Context, memory::Fate, problem::Problem, status::Error},
};

/// How long after a decision was sent a line that still waits proves nothing: it may be shown as
/// it was, and another process may still be sending.
const SETTLE: Duration = Duration::from_secs(5 * 60);

/// All that a plan looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub(super) matter: Subject,
    /// Whether the decision is yes.
    pub(super) yes: bool,
    pub(super) sight: Sight,
}

/// What could be seen.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sight {
    /// Nothing yet: the cluster or the account is not known yet.
    Nothing,
    /// Nothing: something was in vain a short while ago, and is looked at again after so long.
    Resting(Duration),
    /// Something is in the way.
    Blocked(Problem),
    /// The lines.
    Lines(Scene),
}

/// The lines, and what deciding on them takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    /// Through which account; `None` if there is nothing left to look at.
    pub(super) account: Option<String>,
    pub(super) lines: Vec<Line>,
    /// Whether both halves of a pair are decided on at once.
    pub(super) at_once: bool,
    pub(super) readiness: Readiness,
}

/// Whether a decision could be sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Readiness {
    /// Not looked into, since no line waits for one.
    Unasked,
    /// Something is in the way.
    Blocked(Problem),
    /// It could, with these ends of the lines that are taken in.
    Ready(Vec<(Leg, SellerPort)>),
}

/// Whether nothing will be done any more.
pub(super) fn is_over(object: &ConnectionApproval) -> bool {
    object.status.as_ref().is_some_and(|status| status.outcome.is_some())
}

/// Looks.
pub(super) async fn look(
    object: &ConnectionApproval,
    context: &Context,
) -> Result<Observation, Error> {
    let (matter, yes) = (target::matter(object), target::is_yes(object));
    let sight = match target::target(object, context) {
        None => Sight::Nothing,
        Some(Err(problem)) => Sight::Blocked(problem),
        Some(Ok(target)) => sight(object, target, context).await?,
    };
    Ok(Observation { matter, yes, sight })
}

async fn sight(
    object: &ConnectionApproval,
    target: Target,
    context: &Context,
) -> Result<Sight, Error> {
    let Some(account) = &target.account else {
        let lines = target.lines.iter().map(|(leg, _)| line(object, *leg, View::Gone, context));
        return Ok(Sight::Lines(Scene {
            account: None,
            lines: lines.collect(),
            at_once: false,
            readiness: Readiness::Unasked,
        }));
    };
    let (session, allowed) = match context.accounts.way(account) {
        Way::Open(session, allowed) => (session, allowed),
        Way::Opening => return Ok(Sight::Nothing),
        Way::Closed(problem) => return Ok(Sight::Blocked(problem)),
    };
    let namespace = object.namespace().unwrap_or_default();
    let permit = access::namespace(&namespace, account, allowed.as_ref(), context).await?;
    if let Some(problem) = permit.or_else(|| unsupported(object, &session)) {
        return Ok(Sight::Blocked(problem));
    }
    let uid = object.uid().unwrap_or_default();
    let generation = object.metadata.generation.unwrap_or_default();
    if let Some(left) = context.memory.resting(&uid, generation, session.id()) {
        return Ok(Sight::Resting(left));
    }
    let views = match views(object, &target, (account, &session)).await {
        Ok(views) => views,
        Err(problem) => return Ok(Sight::Blocked(problem)),
    };
    let lines: Vec<Line> =
        views.into_iter().map(|(leg, view)| line(object, leg, view, context)).collect();
    let readiness = readiness(object, &lines, account, &session).await;
    let at_once = session.reads.can().pair_decisions;
    Ok(Sight::Lines(Scene { account: target.account, lines, at_once, readiness }))
}

/// What the account's dialect does not offer.
fn unsupported(object: &ConnectionApproval, session: &Session) -> Option<Problem> {
    let refuses_deletion = target::matter(object) == Subject::Seller(SellerRequest::Deletion)
        && !target::is_yes(object);
    (refuses_deletion && !session.reads.can().deletion_refusals).then(|| {
        Problem::stalled(
            Reason::NotSupported,
            "Fabric v4 has no action by which a seller refuses a deletion; refuse it in the Equinix portal, and delete this resource",
        )
    })
}

/// How the lines look. The order is that of the halves.
async fn views(
    object: &ConnectionApproval,
    target: &Target,
    (account, session): (&str, &Session),
) -> Result<Vec<(Leg, View)>, Problem> {
    let mut views: Vec<(Leg, View)> = vec![];
    for (leg, aim) in &target.lines {
        let settled = known(object, *leg).is_some_and(|line| line.outcome.is_some());
        let view = match aim {
            Aim::At(_) if settled && object.spec.connection.name.is_some() => View::Unasked,
            Aim::At(id) => view(object, id, account, session).await,
            Aim::NotOrdered => View::NotOrdered,
            Aim::Gone => View::Gone,
            Aim::OtherHalf => {
                let first = views.first().map(|(_, view)| view);
                other_half(object, first, account, session).await?
            }
        };
        views.push((*leg, view));
    }
    // The spec may name either half; which it is, the provider tells.
    if let ([(_, View::Seen(named)), _], true) = (views.as_slice(), of_pair(object))
        && named.redundancy.as_ref().and_then(|r| r.leg) == Some(Leg::Secondary)
    {
        views.reverse();
        for ((leg, _), place) in views.iter_mut().zip([Leg::Primary, Leg::Secondary]) {
            *leg = place;
        }
    }
    Ok(views)
}

/// Whether the spec names one half of a pair that is to be decided on as a whole.
fn of_pair(object: &ConnectionApproval) -> bool {
    object.spec.connection.uuid.is_some() && object.spec.secondary.is_some()
}

/// A line by its id, as its buyer or its seller sees it.
async fn view(
    object: &ConnectionApproval,
    id: &ConnectionId,
    account: &str,
    session: &Session,
) -> View {
    let looked = match target::matter(object) {
        Subject::Acceptance => session.look(id).await,
        Subject::Seller(_) => match session.reads.incoming_line(id).await {
            Ok(line) => Look::Seen(Box::new(line)),
            Err(error) => Look::Unseen(error),
        },
    };
    match looked {
        Look::Seen(line) => View::Seen(line),
        Look::Unlisted => session.listing_trouble(account).map_or(View::NotListed, View::Unseen),
        Look::Unseen(fabric_client::Error::Gone(_)) => View::Gone,
        Look::Unseen(error) => View::Unseen(unseen(id, account, &error)),
    }
}

fn unseen(id: &ConnectionId, account: &str, error: &fabric_client::Error) -> Problem {
    Problem::reading(&format!("reading connection {id}"), account, error)
}

/// The other half of the line that the spec names.
async fn other_half(
    object: &ConnectionApproval,
    named: Option<&View>,
    account: &str,
    session: &Session,
) -> Result<View, Problem> {
    let named = match named {
        Some(View::Seen(named)) => named,
        // What is not known of the one is not known of the other.
        Some(view) => return Ok(view.clone()),
        None => return Ok(View::NotListed),
    };
    match session.reads.other_half(named).await {
        Ok(Some(other)) => Ok(View::Seen(Box::new(other))),
        Ok(None) if has_both(object) => Ok(View::Gone),
        Ok(None) => Err(Problem::stalled(
            Reason::InvalidSpec,
            format!(
                "connection {} is not one half of a redundant pair; create a ConnectionApproval without spec.secondary",
                named.id
            ),
        )),
        Err(error) => Ok(View::Unseen(unseen(&named.id, account, &error))),
    }
}

/// Whether both halves were seen before.
fn has_both(object: &ConnectionApproval) -> bool {
    [Leg::Primary, Leg::Secondary].into_iter().all(|leg| known(object, leg).is_some())
}

/// A line as it is seen, with what was sent for it.
fn line(object: &ConnectionApproval, leg: Leg, view: View, context: &Context) -> Line {
    let known = known(object, leg);
    let intent = known.and_then(|line| line.intent.as_ref());
    let sent = intent.map_or(Sent::No, |intent| {
        let uid = object.uid().unwrap_or_default();
        let unsent = || matches!(context.memory.attempt(&uid, &intent.by).fate, Fate::Unsent);
        if !intent.taken && unsent() {
            return Sent::No;
        }
        let since = Duration::try_from(context.now().duration_since(intent.at.0));
        let settled = since.is_ok_and(|since| since >= SETTLE);
        Sent::Maybe { attempt: intent.attempt, taken: intent.taken, settled }
    });
    Line {
        leg,
        view,
        sent,
        was_asked: known.is_some_and(|line| line.asked_since.is_some()),
        refused: known.and_then(|line| line.refused.clone()),
        verdict: known.and_then(|line| line.outcome.as_deref()?.parse::<Verdict>().ok()),
    }
}

/// Whether the decision could be sent.
async fn readiness(
    object: &ConnectionApproval,
    lines: &[Line],
    account: &str,
    session: &Session,
) -> Readiness {
    let matter = target::matter(object);
    let waits =
        |line: &Line| line.verdict.is_none() && line.stand(matter) == Some(DecisionState::Awaited);
    if !lines.iter().any(waits) {
        return Readiness::Unasked;
    }
    let sides = [(Leg::Primary, &object.spec.primary), (Leg::Secondary, &object.spec.secondary)];
    let (mut landings, mut problems) = (vec![], vec![]);
    for (leg, side) in sides {
        let Some(side) = side else { continue };
        match landing(side, &format!("spec.{leg}"), account, session).await {
            Ok(landing) => landings.push((leg, landing)),
            Err(mut several) => problems.append(&mut several),
        }
    }
    match Problem::all(&problems) {
        Some(problem) => Readiness::Blocked(Problem {
            message: format!(
                "{}; a ConnectionApproval cannot be changed: create another one",
                problem.message
            ),
            ..problem
        }),
        None => Readiness::Ready(landings),
    }
}

/// A port of the seller's with tags that it takes.
async fn landing(
    side: &SellerSide,
    at: &str,
    account: &str,
    session: &Session,
) -> Result<SellerPort, Vec<Problem>> {
    let invalid = |invalid| {
        vec![Problem::stalled(Reason::InvalidSpec, format!("{at}.linkProtocol: {invalid}"))]
    };
    let link = ports::link(&side.link_protocol).map_err(invalid)?;
    let at_port = format!("{at}.port");
    let port = ports::find(session, account, &side.port, &at_port).await;
    let port = port.map_err(|problem| vec![problem])?;
    match ports::carries(&port, link, &format!("{at}.linkProtocol")) {
        Some(problem) => Err(vec![problem]),
        None => Ok(SellerPort { port: port.id, link }),
    }
}
