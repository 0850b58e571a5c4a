//! Reads the connections that a decision is about, and whether the decision could be sent.
//!
//! Reads no Secret: that is read when the decision is about to be sent. Everything that a plan needs
//! comes from here, so that plans stay pure.

use std::time::Duration;

use kube::ResourceExt;

use fabric_api::{ConnectionApproval, DecisionIntent, Reason, SellerSide};
use fabric_client::Error;
use fabric_domain::{ConnectionId, DecisionState, Leg, SellerPort, SellerRequest, Subject};

use crate::{
    account::{
        grants::{self, AccountUse, Granted, PortUse},
        ports,
        session::{Look, Session, Way, unlisted},
    },
    approval::{
        legs::{LegState, LegTarget, LegView, Sent, Verdict, known},
        target::{self, Target},
    },
    reconcile::{Pass, attempts::Fate, lag, problem::Problem, status::ApiError},
};

/// How long after a decision was sent a line that still waits proves nothing: it may be shown as
/// it was, and another process may still be sending.
const SETTLE: Duration = Duration::from_secs(5 * 60);

/// Everything that the plan looks at.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ApprovalObservation {
    pub(super) subject: Subject,
    /// Whether the decision is yes.
    pub(super) yes: bool,
    pub(super) view: ApprovalView,
}

/// What the pass could see.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum ApprovalView {
    /// Nothing yet: the connections or the accounts of the cluster are not listed.
    Unknown,
    /// Nothing: the decision failed a short while ago, and may be sent again after this long.
    Postponed(Duration),
    /// A problem is in the way.
    Blocked(Problem),
    /// The connections.
    Legs(DecidedLegs),
}

/// The connections, and what deciding on them takes.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct DecidedLegs {
    /// Through which account; `None` if there is nothing left to look at.
    pub(super) account: Option<String>,
    pub(super) legs: Vec<LegState>,
    /// Whether both halves of a pair are decided on at once.
    pub(super) at_once: bool,
    pub(super) preflight: DecisionPreflight,
}

/// Whether a decision could be sent.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum DecisionPreflight {
    /// Not checked, since no connection waits for one.
    Unasked,
    /// A problem is in the way.
    Blocked(Problem),
    /// It could, with these ports for the connections that the seller accepts.
    Ready(Vec<(Leg, SellerPort)>),
}

/// Reads what there is.
pub(super) async fn observe(
    pass: &Pass<'_, ConnectionApproval>,
) -> Result<ApprovalObservation, ApiError> {
    let (subject, yes) = (target::subject(pass.object), target::is_yes(pass.object));
    let view = match target::target(pass.object, pass.context) {
        None => ApprovalView::Unknown,
        Some(Err(problem)) => ApprovalView::Blocked(problem),
        Some(Ok(target)) => look_at(pass, target).await?,
    };
    Ok(ApprovalObservation { subject, yes, view })
}

async fn look_at(
    pass: &Pass<'_, ConnectionApproval>,
    target: Target,
) -> Result<ApprovalView, ApiError> {
    let Some(account) = target.account.clone() else {
        let legs = target.legs.iter().map(|(leg, _)| leg_state(pass, *leg, LegView::Gone));
        return Ok(ApprovalView::Legs(DecidedLegs {
            account: None,
            legs: legs.collect(),
            at_once: false,
            preflight: DecisionPreflight::Unasked,
        }));
    };
    let session = match pass.way(&account) {
        Way::Open(session) => session,
        Way::Opening => return Ok(ApprovalView::Unknown),
        Way::Closed(problem) => return Ok(ApprovalView::Blocked(problem)),
    };
    // Who holds what decides here, and a store that is not listed yet says that no one holds anything.
    if !(pass.context.connections.are_listed() && pass.context.profiles.are_listed()) {
        return Ok(ApprovalView::Unknown);
    }
    let granted = match grants::granted(pass.namespace(), &account, pass.context).await? {
        Ok(granted) => granted,
        Err(problem) => return Ok(ApprovalView::Blocked(problem)),
    };
    if let Some(problem) = unsupported(pass.object, &session) {
        return Ok(ApprovalView::Blocked(problem));
    }
    if let Some(left) = pass.postponed(&session) {
        return Ok(ApprovalView::Postponed(left));
    }
    let views = match views(pass, &target, &account, &session).await {
        Ok(views) => views,
        Err(problem) => return Ok(ApprovalView::Blocked(problem)),
    };
    if let Some(problem) = not_theirs(pass, &views, &account, &granted) {
        return Ok(ApprovalView::Blocked(problem));
    }
    let legs: Vec<LegState> =
        views.into_iter().map(|(leg, view)| leg_state(pass, leg, view)).collect();
    let preflight = preflight(pass.object, &legs, &account, &granted, &session).await;
    let at_once = session.reads.can().pair_decisions;
    Ok(ApprovalView::Legs(DecidedLegs { account: Some(account), legs, at_once, preflight }))
}

/// Why the connection is not one that this namespace decides about. The answer is the same for one that is
/// not there, so that no states of others can be read here.
fn not_theirs(
    pass: &Pass<'_, ConnectionApproval>,
    views: &[(Leg, LegView)],
    account: &str,
    granted: &Granted,
) -> Option<Problem> {
    let was_sent = Leg::BOTH
        .into_iter()
        .any(|leg| known(pass.object, leg).is_some_and(|known| known.intent.is_some()));
    if was_sent {
        return None;
    }
    let (namespace, context) = (pass.namespace(), pass.context);
    let spec = &pass.object.spec.connection;
    let (_, first) = views.first()?;
    let line = match first {
        LegView::Seen(line) => Some(line),
        LegView::NotOrdered
        | LegView::Unlisted
        | LegView::Gone
        | LegView::Unasked
        | LegView::Unseen(_) => None,
    };
    // By its name, the namespace learns of its own FabricConnection alone.
    let uuid = spec.uuid.as_deref().or(line.map(|line| line.id.as_str()))?;
    let (kind, holders) = match target::subject(pass.object) {
        Subject::Acceptance => ("FabricConnection", context.connections.namespaces_of(uuid)),
        Subject::Seller(_) => {
            let profile = line.and_then(|line| line.z_side.profile.as_ref());
            let sellers = profile.map(|id| context.profiles.namespaces_of(id.as_str()));
            ("ServiceProfile", sellers.unwrap_or_default())
        }
    };
    // A seller's decision, too, is not this namespace's if another one bought through the same account.
    let is_bought = context.connections.holders(uuid).iter().any(|buyer| {
        buyer.spec.account == account && buyer.namespace().as_deref() != Some(namespace)
    });
    let is_free = holders.is_empty() && !is_bought;
    if holders.iter().any(|holder| holder == namespace) || (granted.may_adopt() && is_free) {
        return None;
    }
    Some(Problem::stalled(
        Reason::GrantExceeded,
        format!(
            "connection {uuid} is not one that this namespace decides about: no {kind} of it has it, and no grant of the account lets it decide (mayAdopt) about what no resource has; create the ConnectionApproval in the namespace of the {kind}, or ask the administrator for a grant"
        ),
    ))
}

/// What the account's dialect does not offer.
fn unsupported(object: &ConnectionApproval, session: &Session) -> Option<Problem> {
    let refuses_deletion = target::subject(object) == Subject::Seller(SellerRequest::Deletion)
        && !target::is_yes(object);
    (refuses_deletion && !session.reads.can().deletion_refusals).then(|| {
        Problem::stalled(
            Reason::NotSupported,
            "Fabric v4 has no action by which a seller refuses a deletion; refuse it in the Equinix portal, and delete this resource",
        )
    })
}

/// How the legs look. The order is that of the halves.
async fn views(
    pass: &Pass<'_, ConnectionApproval>,
    target: &Target,
    account: &str,
    session: &Session,
) -> Result<Vec<(Leg, LegView)>, Problem> {
    let object = pass.object;
    let mut views: Vec<(Leg, LegView)> = vec![];
    for (leg, aim) in &target.legs {
        let settled = known(object, *leg).is_some_and(|line| line.outcome.is_some());
        let view = match aim {
            LegTarget::Known(_) if settled && object.spec.connection.name.is_some() => {
                LegView::Unasked
            }
            LegTarget::Known(id) => view(pass, id, account, session).await,
            LegTarget::NotOrdered => LegView::NotOrdered,
            LegTarget::Gone => LegView::Gone,
            LegTarget::OtherHalf => {
                let first = views.first().map(|(_, view)| view);
                other_half(object, first, account, session).await?
            }
        };
        views.push((*leg, view));
    }
    // The spec may name either half; the provider shows which it is.
    if let ([(_, LegView::Seen(named)), _], true) = (views.as_slice(), of_pair(object))
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
    pass: &Pass<'_, ConnectionApproval>,
    id: &ConnectionId,
    account: &str,
    session: &Session,
) -> LegView {
    let looked = match target::subject(pass.object) {
        Subject::Acceptance => session.look(id).await,
        Subject::Seller(_) => match session.reads.incoming_line(id).await {
            Ok(line) => Look::Seen(Box::new(line)),
            Err(error) => Look::Unseen(error),
        },
    };
    match looked {
        Look::Seen(line) => LegView::Seen(line),
        Look::Unlisted => {
            session.listing_trouble(account).map_or(LegView::Unlisted, LegView::Unseen)
        }
        Look::OutOfSight(error) => LegView::Unseen(unlisted(account, &error)),
        Look::Unseen(Error::Gone(_)) => LegView::Gone,
        // The decision may be applied together with the connection that it is about.
        Look::Unseen(Error::NotVisible(_))
            if lag::is_fresh(
                pass.context.connections.accepted_at(id.as_str()),
                pass.context.now(),
            ) =>
        {
            let what = format!("connection {id}");
            LegView::Unseen(lag::not_shown_yet(Reason::NothingToDecide, &what))
        }
        Look::Unseen(error) => LegView::Unseen(unseen(id, account, &error)),
    }
}

fn unseen(id: &ConnectionId, account: &str, error: &Error) -> Problem {
    Problem::reading(&format!("reading connection {id}"), account, error)
}

/// The other half of the line that the spec names.
async fn other_half(
    object: &ConnectionApproval,
    named: Option<&LegView>,
    account: &str,
    session: &Session,
) -> Result<LegView, Problem> {
    let named = match named {
        Some(LegView::Seen(named)) => named,
        // What is not known of the one is not known of the other.
        Some(view) => return Ok(view.clone()),
        None => return Ok(LegView::Unlisted),
    };
    match session.reads.other_half(named).await {
        Ok(Some(other)) => Ok(LegView::Seen(Box::new(other))),
        Ok(None) if has_both(object) => Ok(LegView::Gone),
        Ok(None) => Err(Problem::stalled(
            Reason::InvalidSpec,
            format!(
                "connection {} is not one half of a redundant pair; create a ConnectionApproval without spec.secondary",
                named.id
            ),
        )),
        Err(error) => Ok(LegView::Unseen(unseen(&named.id, account, &error))),
    }
}

/// Whether both halves were seen before.
fn has_both(object: &ConnectionApproval) -> bool {
    [Leg::Primary, Leg::Secondary].into_iter().all(|leg| known(object, leg).is_some())
}

/// A connection as it is shown, with what was sent for it.
fn leg_state(pass: &Pass<'_, ConnectionApproval>, leg: Leg, view: LegView) -> LegState {
    let known = known(pass.object, leg);
    let intent = known.and_then(|known| known.intent.as_ref());
    LegState {
        leg,
        view,
        sent: intent.map_or(Sent::No, |intent| sent(pass, intent)),
        was_asked: known.is_some_and(|known| known.asked_since.is_some()),
        refused: known.and_then(|known| known.refused.clone()),
        verdict: known.and_then(|known| known.outcome.as_deref()?.parse::<Verdict>().ok()),
    }
}

/// How far the sending of a recorded decision is.
fn sent(pass: &Pass<'_, ConnectionApproval>, intent: &DecisionIntent) -> Sent {
    let attempt = pass.context.attempts.find(&pass.key().uid, &intent.by);
    if !intent.taken && attempt.fate == Fate::Unsent {
        return Sent::No;
    }
    let since = Duration::try_from(pass.context.now().duration_since(intent.at.0));
    let settled = since.is_ok_and(|since| since >= SETTLE);
    Sent::Maybe { attempt: intent.attempt, taken: intent.taken, settled }
}

/// Whether the decision could be sent.
async fn preflight(
    object: &ConnectionApproval,
    legs: &[LegState],
    account: &str,
    granted: &Granted,
    session: &Session,
) -> DecisionPreflight {
    let subject = target::subject(object);
    let waits = |line: &LegState| {
        line.verdict.is_none() && line.stand(subject) == Some(DecisionState::Awaited)
    };
    if !legs.iter().any(waits) {
        return DecisionPreflight::Unasked;
    }
    let sides = [(Leg::Primary, &object.spec.primary), (Leg::Secondary, &object.spec.secondary)];
    let (mut seller_ports, mut problems) = (vec![], vec![]);
    for (leg, side) in sides {
        let Some(side) = side else { continue };
        match seller_port(side, &format!("spec.{leg}"), account, granted, session).await {
            Ok(seller_port) => seller_ports.push((leg, seller_port)),
            Err(mut several) => problems.append(&mut several),
        }
    }
    match Problem::all(&problems) {
        Some(problem) => DecisionPreflight::Blocked(Problem {
            message: format!(
                "{}; a ConnectionApproval cannot be changed: create another one",
                problem.message
            ),
            ..problem
        }),
        None => DecisionPreflight::Ready(seller_ports),
    }
}

/// A port of the seller's with tags that it takes.
async fn seller_port(
    side: &SellerSide,
    at: &str,
    account: &str,
    granted: &Granted,
    session: &Session,
) -> Result<SellerPort, Vec<Problem>> {
    let invalid = |invalid| {
        vec![Problem::stalled(Reason::InvalidSpec, format!("{at}.linkProtocol: {invalid}"))]
    };
    let link = ports::link(&side.link_protocol).map_err(invalid)?;
    let at_port = format!("{at}.port");
    let port = ports::find(session, account, &side.port, &at_port, Some(granted)).await;
    let port = port.map_err(|problem| vec![problem])?;
    let tag = Some((link.tags().s_tag, format!("{at}.linkProtocol")));
    let used = PortUse { port: port.clone(), at: at_port, tag };
    let asked = AccountUse { ports: vec![used], ..AccountUse::default() };
    if let Some(problem) = granted.objection(&asked) {
        return Err(vec![problem]);
    }
    match ports::carries(&port, link, &format!("{at}.linkProtocol")) {
        Some(problem) => Err(vec![problem]),
        None => Ok(SellerPort { port: port.id, link }),
    }
}
