//! Each line as its resource knows it, held against what the provider shows.
//!
//! Reads only. What proves that a line is there, gone or ours stands here.

use std::time::Duration;

use kube::{Resource, ResourceExt};
use kube_runtime::reflector::ObjectRef;
use tokio::time::Instant;

use fabric_api::{FabricConnection, LineStatus, OrderIntent, Reason};
use fabric_domain::{
    Connection, ConnectionId, EquinixStatus, Flow, Leg, Phase, ProviderStatus, Standing, Tags,
};

use crate::{
    account::session::{Look, Session, Way},
    connection::{
        adoption,
        preflight::is_gone,
        resolve,
        state::{Cancellation, Evidence, Line, Offer, View, adopted},
    },
    reconcile::{
        claims::leg_status, context::Context, memory::Fate, problem::Problem, status::Error,
    },
};

/// How long after an order of unknown outcome its absence proves nothing: listings may lag, and
/// another process may still be sending it.
const SETTLE: Duration = Duration::from_secs(15 * 60);

/// How long after its order a line can turn out to have another id than the answer named.
const MISNAMED_FOR: Duration = Duration::from_secs(24 * 3600);

/// How long after a seller put a cancelled line back into service its cancellation is sent again.
const RECANCEL: Duration = Duration::from_secs(24 * 3600);

/// The line of `leg`.
pub(super) async fn line(
    object: &FabricConnection,
    leg: Leg,
    way: &Way,
    context: &Context,
) -> Result<Line, Error> {
    let known = leg_status(object, leg);
    if let Some((known, uuid)) = known.and_then(|known| Some((known, known.uuid.as_deref()?))) {
        let id = match ConnectionId::parse(uuid) {
            Ok(id) => id,
            Err(invalid) => {
                let message =
                    format!("status.{leg}.uuid is not usable: {invalid}; restore the status");
                return Ok(Line::Unusable(Problem::stalled(Reason::InvalidSpec, message)));
            }
        };
        let view = match way {
            _ if known.ended_at.is_some() => View::Gone,
            Way::Open(session, _) if !object.spec.paused => {
                let view = latest(object, &id, known, session, context).await;
                ours(view, object, leg, known.order.as_ref())
            }
            Way::Open(..) | Way::Opening => View::NotListed,
            Way::Closed(problem) => View::Unasked(problem.clone()),
        };
        if let (Some(intent), View::NotVisible(_), Way::Open(session, _)) =
            (&known.order, &view, way)
        {
            // The answer to the order may have named another id than the listings do.
            if let Some(found) = ordered(object, intent, session, context)
                && found.id != id
                && found.created.is_some_and(|at| at < intent.at.0 + MISNAMED_FOR)
            {
                return Ok(Line::Intended(intent.clone(), Evidence::Found(found.id)));
            }
            session.fleet.wake_after_next_list(&ObjectRef::from_obj(object));
        }
        let cancellation = cancellation(known, &view, context);
        return Ok(Line::Known { id, cancellation, view });
    }
    if let Some(intent) = known.and_then(|known| known.order.as_ref()) {
        return Ok(Line::Intended(intent.clone(), evidence(object, leg, intent, way, context)));
    }
    match adopted(object, leg) {
        Some(uuid) => Ok(Line::Offered(offer(object, (leg, uuid), way, context).await?)),
        None => Ok(Line::None),
    }
}

/// Whether the line that `spec.adopt` names may be taken over.
async fn offer(
    object: &FabricConnection,
    (leg, uuid): (Leg, &str),
    way: &Way,
    context: &Context,
) -> Result<Offer, Error> {
    let unusable = |invalid| {
        let message = format!("spec.adopt is not usable: {invalid}");
        Offer::Declined(Problem::stalled(Reason::InvalidSpec, message))
    };
    let idle = object.spec.paused || object.meta().deletion_timestamp.is_some();
    match (ConnectionId::parse(uuid), way) {
        (Err(invalid), _) => Ok(unusable(invalid)),
        (Ok(id), Way::Open(session, allowed)) if !idle => {
            let view = view(object, &id, session).await;
            adoption::offer(object, (leg, id), view, allowed.as_ref(), session, context).await
        }
        (Ok(_), Way::Open(..) | Way::Opening) => Ok(Offer::AwaitingListing),
        (Ok(_), Way::Closed(problem)) => Ok(Offer::Declined(problem.clone())),
    }
}

/// How far the cancellation of a line is. A line that was seen going down, or waiting for its
/// seller's consent to that, and is up again was refused it.
fn cancellation(known: &LineStatus, view: &View, context: &Context) -> Cancellation {
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
        (Some(_), _, View::Seen(line)) if was_down && up(line) => {
            Cancellation::Refused { again: false }
        }
        (Some(_), _, _) => Cancellation::Taken,
        (None, Some(at), _) => {
            let since = Duration::try_from(context.now().duration_since(at.0));
            Cancellation::Refused { again: since.is_ok_and(|since| since >= RECANCEL) }
        }
        (None, None, _) => Cancellation::No,
    }
}

/// The line by its id, and not as it was before status was written: another process may have
/// looked later, and what is older never overwrites what is newer. Two processes that follow one
/// line would else take turns at telling what each saw last.
async fn latest(
    object: &FabricConnection,
    id: &ConnectionId,
    known: &LineStatus,
    session: &Session,
    context: &Context,
) -> View {
    let seen = view(object, id, session).await;
    match (&seen, written_since(object, known, context)) {
        (View::Seen(line), Some(since)) if is_news(known, line) => {
            session.fleet.invalidate_before(id, since);
            view(object, id, session).await
        }
        _ => seen,
    }
}

/// Whether a line is shown otherwise than status tells it.
fn is_news(known: &LineStatus, line: &Connection) -> bool {
    known.equinix_status.as_deref() != Some(&line.equinix_status.to_string())
        || known.provider_status.as_deref() != Some(&line.provider_status.to_string())
        || known.bandwidth_mbps != line.bandwidth
        || known.name.as_ref() != Some(&line.name)
}

/// The end of the second in which status was last written, as far as it says.
fn written_since(
    object: &FabricConnection,
    known: &LineStatus,
    context: &Context,
) -> Option<Instant> {
    let conditions = object.status.iter().flat_map(|status| &status.conditions);
    let times = conditions.map(|condition| condition.last_transition_time.0);
    let last = times.chain(known.since.as_ref().map(|since| since.0)).max()?;
    let age = Duration::try_from(context.now().duration_since(last)).ok()?;
    Instant::now().checked_sub(age)?.checked_add(Duration::from_secs(1))
}

/// The line by its id.
async fn view(object: &FabricConnection, id: &ConnectionId, session: &Session) -> View {
    let account = &object.spec.account;
    let problem = |error| Problem::reading(&format!("reading connection {id}"), account, &error);
    match session.look(id).await {
        Look::Seen(connection) => View::Seen(connection),
        Look::Unlisted => {
            session.fleet.wake_after_next_list(&ObjectRef::from_obj(object));
            session.listing_trouble(account).map_or(View::NotListed, View::Unasked)
        }
        Look::Unseen(fabric_client::Error::Gone(_)) => View::Gone,
        Look::Unseen(error @ fabric_client::Error::NotVisible(_)) => {
            View::NotVisible(problem(error))
        }
        Look::Unseen(error) => View::Unasked(problem(error)),
    }
}

/// Holds a line against where it is said to come from: an order, the spec's own word, or a name
/// that is made for this resource alone. An id alone is no proof: who may write status must not be
/// able to have any line of the account cancelled.
fn ours(view: View, object: &FabricConnection, leg: Leg, order: Option<&OrderIntent>) -> View {
    let View::Seen(line) = &view else { return view };
    let proven = if let Some(order) = order {
        line.port.as_ref().is_none_or(|port| port.as_str() == order.port_uuid)
            && line.tags.is_none_or(|tags| carries(tags, order))
    } else {
        let made = resolve::name_is_made(object, leg)
            && resolve::name(object, leg).is_ok_and(|name| name.as_str() == line.name);
        made || adopted(object, leg) == Some(line.id.as_str())
    };
    if proven {
        return view;
    }
    View::Foreign(Problem::stalled(
        Reason::ConnectionExists,
        format!(
            "connection {} in status.{leg}.uuid is not what this resource ordered or was told to adopt, so it is left alone; restore the status",
            line.id
        ),
    ))
}

/// Whether tags are those of an order. The document of v3 prints no A-side C-tag, so one that is
/// not shown is no difference.
fn carries(tags: Tags, order: &OrderIntent) -> bool {
    tags.s_tag == order.vlan_s_tag && (tags.c_tag.is_none() || tags.c_tag == order.vlan_c_tag)
}

/// Whether an intended order arrived.
fn evidence(
    object: &FabricConnection,
    leg: Leg,
    intent: &OrderIntent,
    way: &Way,
    context: &Context,
) -> Evidence {
    let attempt = context.memory.attempt(&object.uid().unwrap_or_default(), &intent.by);
    match attempt.fate {
        Fate::Placed(placed) => {
            let id = match leg {
                Leg::Primary => Some(placed.primary),
                Leg::Secondary => placed.secondary,
            };
            if let Some(id) = id {
                return Evidence::Found(id);
            }
        }
        Fate::Unsent => return Evidence::Absent,
        Fate::Unknown => {}
    }
    let Way::Open(session, _) = way else { return Evidence::Open };
    if let Some(found) = ordered(object, intent, session, context) {
        return Evidence::Found(found.id);
    }
    session.fleet.wake_after_next_list(&ObjectRef::from_obj(object));
    if intent.attempt == 1 {
        session.fleet.poll_fast();
    }
    if session.fleet.whole_listings_since(attempt.since + SETTLE) < 2 {
        Evidence::Open
    } else {
        Evidence::Absent
    }
}

/// The listed line that an intent asked for, unless another resource has it.
fn ordered(
    object: &FabricConnection,
    intent: &OrderIntent,
    session: &Session,
    context: &Context,
) -> Option<Connection> {
    let ours = |c: &Connection| {
        c.name == intent.name
            && c.port.as_ref().is_some_and(|p| p.as_str() == intent.port_uuid)
            && c.tags.is_some_and(|tags| carries(tags, intent))
            // Clocks differ: an older line of the same name is another one only if much older.
            && c.created.is_none_or(|at| at + Duration::from_secs(3600) > intent.at.0)
            && !is_gone(c)
    };
    let found = session.fleet.find(ours).unwrap_or_default().into_iter();
    let mut found = found.filter(|line| context.holder(&line.id, object).is_none());
    found.next()
}
