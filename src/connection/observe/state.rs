//! Each connection as its resource knows it, checked against what the provider shows.
//!
//! Reads only. The proof that a connection is there, is gone or is ours stands here.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;

use fabric_api::{DeletionPolicy, FabricConnection, LineStatus, OrderIntent, Reason};
use fabric_client::Error;
use fabric_domain::{
    Connection, ConnectionId, EquinixStatus, Flow, Leg, Phase, ProviderStatus, Standing,
};

use crate::{
    account::session::{Look, Session, Way, unlisted},
    connection::{
        ConnectionPass, adoption,
        evidence::OrderEvidence,
        observe::{is_paused, search},
        ownership::{Identity, Match, StatusOwner},
        preflight::is_gone,
        state::{Adoption, Cancellation, ConnectionState, ProviderView, Trace, adopted},
    },
    reconcile::{claims::leg_status, lag, problem::Problem, status::ApiError},
};

/// How long after its order a line can turn out to have another id than the answer named.
const MISNAMED_FOR: Duration = Duration::from_secs(24 * 3600);

/// How long after a seller put a cancelled line back into service, or the cancellation had no effect,
/// it is sent again.
const RECANCEL: Duration = Duration::from_secs(24 * 3600);

/// What is known of the connection of a leg.
pub(super) async fn connection_state(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    identity: &Identity<'_>,
    way: &Way,
) -> Result<ConnectionState, ApiError> {
    let known = leg_status(pass.object, leg);
    if identity.status_owner == StatusOwner::Another {
        // No copy has this resource's mark or made name: then status was written by another client.
        return Ok(match unrecorded(pass, leg, identity, way).await? {
            // A copy has nothing to search for, but what it has to wait for.
            ConnectionState::Unrecorded(
                Trace::Nothing | Trace::Doubtful(_) | Trace::Unasked(_),
            ) => ConnectionState::Copied(copied(known)),
            ConnectionState::Unrecorded(Trace::Unlisted(_)) if !pass.is_deleting() => {
                ConnectionState::Copied(copied(known))
            }
            state => state,
        });
    }
    if let Some((known, uuid)) = known.and_then(|known| Some((known, known.uuid.as_deref()?))) {
        return Ok(known_by_id(pass, leg, known, uuid, identity, way).await);
    }
    if let Some(intent) = known.and_then(|known| known.order.as_ref()) {
        let evidence = search::evidence(pass, leg, intent, identity, way).await;
        // Where nothing proves whose a connection is, the user's word counts as far as in any adoption.
        if let OrderEvidence::Doubtful(line) = &evidence
            && identity.adopts(line, leg)
            && may_be_judged(pass)
        {
            let adoption = adoption(pass, leg, line.id.as_str(), way).await?;
            return Ok(ConnectionState::Offered(adoption));
        }
        return Ok(ConnectionState::Intended(intent.clone(), evidence));
    }
    unrecorded(pass, leg, identity, way).await
}

/// A connection that status does not have. What proves by itself that it is ours needs no adoption, and
/// a deletion looks for that first.
async fn unrecorded(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    identity: &Identity<'_>,
    way: &Way,
) -> Result<ConnectionState, ApiError> {
    let trace = search::trace(pass, leg, identity, way);
    let is_unsearched = matches!(trace, Trace::Unlisted(_) | Trace::Unasked(_));
    match (&trace, adopted(pass.object, leg)) {
        (Trace::Ours(_), _) | (_, None) => Ok(ConnectionState::Unrecorded(trace)),
        (_, Some(_)) if is_unsearched && pass.is_deleting() => {
            Ok(ConnectionState::Unrecorded(trace))
        }
        (_, Some(uuid)) => Ok(ConnectionState::Offered(adoption(pass, leg, uuid, way).await?)),
    }
}

/// Whether an adoption is judged now: a resource that is being deleted needs one only to end what it
/// adopts, as its spec then says.
fn may_be_judged(pass: &ConnectionPass<'_>) -> bool {
    let ends = pass.object.spec.deletion_policy == Some(DeletionPolicy::Delete);
    !is_paused(pass) && (!pass.is_deleting() || ends)
}

/// Why the status of a copy is not acted on. Names no other resource: this one may belong to another
/// team.
fn copied(known: Option<&LineStatus>) -> Problem {
    let connection = known.and_then(|known| known.uuid.as_deref());
    let connection = connection.map(|uuid| format!(", {uuid},")).unwrap_or_default();
    let message = format!(
        "status was restored or copied from another resource, so the connection that it names{connection} may be that resource's: nothing is ordered, changed or cancelled; to take it over give its id in spec.adopt, or delete this resource, which leaves the connection alone"
    );
    Problem::stalled(Reason::StatusCopied, message)
}

/// A connection whose id is in status.
async fn known_by_id(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    known: &LineStatus,
    uuid: &str,
    identity: &Identity<'_>,
    way: &Way,
) -> ConnectionState {
    let id = match ConnectionId::parse(uuid) {
        Ok(id) => id,
        Err(invalid) => {
            let message = format!("status.{leg}.uuid is not usable: {invalid}; restore the status");
            return ConnectionState::Unusable(Problem::stalled(Reason::InvalidSpec, message));
        }
    };
    let view = match way {
        _ if known.ended_at.is_some() => ProviderView::Gone,
        Way::Open(session) if !is_paused(pass) => {
            let view = latest(pass, &id, known, session).await;
            owned(pass, view, leg, known.order.as_ref(), identity)
        }
        Way::Open(..) | Way::Opening => ProviderView::Unlisted(None),
        Way::Closed(problem) => ProviderView::Unasked(problem.clone()),
    };
    if let (Some(intent), ProviderView::NotVisible(_), Way::Open(session)) =
        (&known.order, &view, way)
    {
        // The answer to the order may have named another id than the listings do.
        let is_ordered = |line: &Connection| {
            line.id != id
                && !is_gone(line)
                && identity.matches(line, leg, intent) == Match::Ours
                && line.created.is_some_and(|at| at < intent.at.0 + MISNAMED_FOR)
        };
        let found = session.fleet.find(is_ordered).unwrap_or_default();
        if let Some(found) = found.into_iter().find(|line| !search::is_held(pass, line)) {
            return ConnectionState::Intended(intent.clone(), OrderEvidence::Found(found.id));
        }
    }
    let now = pass.context.now();
    let view = unless_lagging(view, &id, known, pass.is_deleting(), now);
    let cancellation = cancellation(known, &view, now);
    ConnectionState::Known { id, cancellation, view }
}

/// What the provider shows, unless it is a "not found" right after its own answer to the order.
fn unless_lagging(
    view: ProviderView,
    id: &ConnectionId,
    known: &LineStatus,
    deleting: bool,
    now: Timestamp,
) -> ProviderView {
    let accepted = known.accepted_at.as_ref().map(|accepted| accepted.0);
    match view {
        ProviderView::NotVisible(_) if lag::is_fresh(accepted, now) => {
            let reason = if deleting { Reason::Deprovisioning } else { Reason::Ordering };
            ProviderView::Lagging(lag::not_shown_yet(reason, &format!("connection {id}")))
        }
        view => view,
    }
}

/// Whether the connection that `spec.adopt` names may be adopted.
async fn adoption(
    pass: &ConnectionPass<'_>,
    leg: Leg,
    uuid: &str,
    way: &Way,
) -> Result<Adoption, ApiError> {
    match (ConnectionId::parse(uuid), way) {
        _ if !may_be_judged(pass) => Ok(Adoption::Unjudged),
        (Err(invalid), _) => {
            let message = format!("spec.adopt is not usable: {invalid}");
            Ok(Adoption::Declined(Problem::stalled(Reason::InvalidSpec, message)))
        }
        (Ok(id), Way::Open(session)) => adoption::judge(pass, leg, id, session).await,
        (Ok(_), Way::Opening) => Ok(Adoption::AwaitingListing(None)),
        (Ok(_), Way::Closed(problem)) => Ok(Adoption::Declined(problem.clone())),
    }
}

/// How far the cancellation of a connection is. One that was seen going down, or waiting for its
/// seller's consent to that, and is up again was refused it.
fn cancellation(known: &LineStatus, view: &ProviderView, now: Timestamp) -> Cancellation {
    let down = |equinix: &EquinixStatus, provider: &ProviderStatus| {
        let standing = Standing::of(equinix, provider, Flow::Seller);
        matches!(standing.phase, Phase::Deleting | Phase::Deleted)
    };
    let before = known.equinix_status.as_deref().zip(known.provider_status.as_deref());
    let was_down = before.is_some_and(|(equinix, provider)| {
        down(&EquinixStatus::read(equinix), &ProviderStatus::read(provider))
    });
    let up = |line: &Connection| !down(&line.equinix_status, &line.provider_status);
    match (&known.cancelled_at, &known.cancellation_refused_at, view) {
        (Some(_), _, ProviderView::Seen(line)) if was_down && up(line) => {
            Cancellation::Refused { again: false }
        }
        // It had no effect, whatever its answer said.
        (Some(at), _, ProviderView::Seen(line)) if up(line) && is_past(at.0, RECANCEL, now) => {
            Cancellation::Refused { again: true }
        }
        (Some(_), _, _) => Cancellation::Taken,
        (None, Some(at), _) => Cancellation::Refused { again: is_past(at.0, RECANCEL, now) },
        (None, None, _) => Cancellation::No,
    }
}

/// Whether `at` is at least so long ago.
fn is_past(at: Timestamp, pause: Duration, now: Timestamp) -> bool {
    Duration::try_from(now.duration_since(at)).is_ok_and(|since| since >= pause)
}

/// The connection by its id, and not as it was before status was written: another process may have
/// read it later, and what is older never overwrites what is newer. Two processes that follow one
/// connection would otherwise take turns at reporting what each saw last.
async fn latest(
    pass: &ConnectionPass<'_>,
    id: &ConnectionId,
    known: &LineStatus,
    session: &Session,
) -> ProviderView {
    let seen = view(pass.object, id, session, None).await;
    match (&seen, written_since(pass.object, known, pass.context.now())) {
        (ProviderView::Seen(line), Some(since)) if is_news(known, line) => {
            view(pass.object, id, session, Some(since)).await
        }
        _ => seen,
    }
}

/// Whether the provider shows a connection otherwise than status does.
fn is_news(known: &LineStatus, line: &Connection) -> bool {
    known.equinix_status.as_deref() != Some(&line.equinix_status.to_string())
        || known.provider_status.as_deref() != Some(&line.provider_status.to_string())
        || known.bandwidth_mbps != line.bandwidth
        || known.name.as_ref() != Some(&line.name)
}

/// The end of the second in which status was last written, by its own times.
fn written_since(object: &FabricConnection, known: &LineStatus, now: Timestamp) -> Option<Instant> {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    let times = conditions.map(|condition| condition.last_transition_time.0);
    let last = times.chain(known.since.as_ref().map(|since| since.0)).max()?;
    let age = Duration::try_from(now.duration_since(last)).ok()?;
    Instant::now().checked_sub(age)?.checked_add(Duration::from_secs(1))
}

/// The connection by its id, as it was seen at `since` or later.
pub(in crate::connection) async fn view(
    object: &FabricConnection,
    id: &ConnectionId,
    session: &Session,
    since: Option<Instant>,
) -> ProviderView {
    let account = &object.spec.account;
    let problem = |error| Problem::reading(&format!("reading connection {id}"), account, &error);
    match session.look_since(id, since).await {
        Look::Seen(connection) => ProviderView::Seen(connection),
        Look::Unlisted => ProviderView::Unlisted(session.listing_trouble(account)),
        Look::OutOfSight(error) => ProviderView::Unasked(unlisted(account, &error)),
        Look::Unseen(Error::Gone(_)) => ProviderView::Gone,
        Look::Unseen(error @ Error::NotVisible(_)) => ProviderView::NotVisible(problem(error)),
        Look::Unseen(error) => ProviderView::Unasked(problem(error)),
    }
}

/// Checks that a connection whose id status has is this resource's: an id alone is no proof.
fn owned(
    pass: &ConnectionPass<'_>,
    view: ProviderView,
    leg: Leg,
    order: Option<&OrderIntent>,
    identity: &Identity<'_>,
) -> ProviderView {
    let ProviderView::Seen(line) = &view else { return view };
    let foreign = |why: &str| {
        ProviderView::Foreign(Problem::stalled(
            Reason::ConnectionExists,
            format!(
                "connection {} in status.{leg}.uuid {why}, so it is left alone; restore the status, or give its id in spec.adopt",
                line.id
            ),
        ))
    };
    if !identity.owns(line, leg, order) && !identity.knows_port(leg) {
        return ProviderView::Unasked(Problem::passing(
            Reason::ProviderUnavailable,
            format!(
                "the account's ports cannot be read, so whether connection {} in status.{leg}.uuid is this resource's is not known; the operator retries",
                line.id
            ),
        ));
    }
    if !identity.owns(line, leg, order) {
        return foreign("is neither what this resource ordered nor what spec.adopt names");
    }
    // Of several resources that were restored from one, none knows that it is the right one.
    let is_restored = matches!(identity.status_owner, StatusOwner::Gone(_));
    let is_certain = !is_restored && identity.proves_alone(line, leg);
    if !is_certain && !identity.adopts(line, leg) && search::is_held(pass, line) {
        return foreign("is held by another resource, too");
    }
    view
}
