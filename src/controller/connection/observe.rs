//! What there is: the lines, or what is left of orders for them.
//!
//! Reads only. Everything that a plan needs to know comes from here, so that plans stay pure.

use std::time::Duration;

use kube::{Resource, ResourceExt};
use kube_runtime::reflector::ObjectRef;
use tokio::time::Instant;

use super::{
    adoption,
    corrections::{self, Course, Drift},
    desired,
    line::{Cancellation, Evidence, Line, Offer, Part, View},
    permits, pricing,
    readiness::{Missing, Readiness, is_gone, listing_trouble, readiness},
    references::Purpose,
};
use crate::{
    api::{
        AllowedNamespaces, DeletionPolicy, FabricConnection, LineStatus, ManagementPolicy,
        OrderIntent, Reason,
    },
    controller::{
        accounts::{Account, Session},
        context::Context,
        memory::Fate,
        problem::Problem,
        status::Error,
    },
    domain::{Change, Connection, ConnectionId, EquinixStatus, Flow, Money, Phase, Standing, Tags},
    fleet::Sight,
    provider,
};

/// How long after an order of unknown outcome its absence proves nothing: listings may lag, and
/// another process may still be sending it.
const SETTLE: Duration = Duration::from_secs(15 * 60);

/// How long after a seller put a cancelled line back into service its cancellation is sent again.
const RECANCEL: Duration = Duration::from_secs(24 * 3600);

/// All that a plan looks at.
#[allow(clippy::struct_excessive_bools, reason = "what users may ask for at the same time")]
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub(super) deleting: bool,
    /// The lines stay when the resource goes.
    pub(super) keeps: bool,
    /// Nothing may be written at the provider.
    pub(super) observes: bool,
    pub(super) paused: bool,
    pub(super) flow: Flow,
    /// The lines that the resource has or should have: one, or the two of a pair.
    pub(super) lines: Vec<(Part, Line)>,
    /// How the lines that are shown differ from the spec.
    pub(super) drifts: Vec<Drift>,
    /// What the lines cost a month, if it was asked for anew.
    pub(super) price: Option<Money>,
    /// Whether an order for what is missing could go out.
    pub(super) readiness: Readiness,
}

/// Looks.
pub(super) async fn look(
    object: &FabricConnection,
    context: &Context,
) -> Result<Observation, Error> {
    let deleting = object.meta().deletion_timestamp.is_some();
    let paused = object.spec.paused;
    let observes = object.spec.management_policy == ManagementPolicy::Observe;
    let flow = desired::flow(object);
    let account = context.accounts.get(&object.spec.account);
    let way = way(object, account.as_ref(), context);
    if let Way::Open(session, _) = &way {
        // Before anything is looked at, so that no change goes unseen in between.
        session.fleet.follow(&ObjectRef::from_obj(object), &known(object));
    }
    let mut lines = vec![];
    for part in [Part::Primary, Part::Secondary] {
        let wanted = part == Part::Primary || object.spec.secondary.is_some();
        if wanted || part.of(object).is_some() {
            lines.push((part, line(object, part, &way, context).await?));
        }
    }
    let missing = Missing::of(&lines);
    let readiness = match (missing, &way) {
        (Some(_), _) if deleting || paused || observes => Readiness::Unasked,
        (Some(missing), Way::Open(session, allowed)) => {
            readiness(object, &missing, *allowed, session, context).await?
        }
        (Some(_), Way::Opening) => Readiness::AwaitingListing,
        (Some(_), Way::Closed(problem)) => Readiness::Blocked(problem.clone()),
        (None, _) => Readiness::Unasked,
    };
    let (drifts, price) = match &way {
        Way::Open(session, allowed) if !deleting && !paused => (
            drifts(object, &lines, flow, (session, *allowed), context).await?,
            price(object, &lines, session, context).await?,
        ),
        Way::Open(..) | Way::Opening | Way::Closed(_) => (vec![], None),
    };
    Ok(Observation {
        deleting,
        keeps: observes || object.spec.deletion_policy == DeletionPolicy::Orphan,
        observes,
        paused,
        flow,
        lines,
        drifts,
        price,
        readiness,
    })
}

/// What lines in service cost, where status does not say it or speaks of another bandwidth.
async fn price(
    object: &FabricConnection,
    lines: &[(Part, Line)],
    session: &Session,
    context: &Context,
) -> Result<Option<Money>, Error> {
    let mbps = object.spec.bandwidth_mbps;
    let told = object.status.as_ref().and_then(|status| status.monthly_price.as_ref());
    let as_asked = lines.iter().all(|(_, line)| match line {
        Line::Known { view: View::Seen(seen), .. } => seen.bandwidth == Some(mbps),
        Line::Known { .. }
        | Line::None
        | Line::Intended(..)
        | Line::Offered(_)
        | Line::Unusable(_) => false,
    });
    let ordered = Part::Primary.of(object).is_some_and(|line| line.order.is_some());
    let news = told.map_or(!ordered, |told| told.bandwidth_mbps != mbps);
    if !as_asked || !news {
        return Ok(None);
    }
    let desired = desired::resolve(object, Purpose::Compare, session, context).await?;
    let Ok(desired) = desired else { return Ok(None) };
    Ok(pricing::ask(&desired.order, session).await.ok().flatten())
}

/// How the lines that are shown differ from the spec.
async fn drifts(
    object: &FabricConnection,
    lines: &[(Part, Line)],
    flow: Flow,
    (session, allowed): (&Session, Option<&AllowedNamespaces>),
    context: &Context,
) -> Result<Vec<Drift>, Error> {
    let (can, now) = (session.provider.can(), context.now());
    let mut drifts = vec![];
    for (part, line) in lines {
        let Line::Known { view: View::Seen(seen), .. } = line else { continue };
        let mut drift = corrections::judge(object, (*part, seen), flow, can, now);
        if let Course::Due(change, _) = &drift.course {
            let obstacle = match permits::namespace(object, allowed, context).await? {
                None => dearer(object, change, seen, session, context).await?,
                problem => problem,
            };
            if let Some(problem) = obstacle {
                drift.course = Course::Blocked(problem);
            }
        }
        drifts.push(drift);
    }
    Ok(drifts)
}

/// What speaks against more bandwidth: the price, if the spec limits it.
async fn dearer(
    object: &FabricConnection,
    change: &Change,
    seen: &Connection,
    session: &Session,
    context: &Context,
) -> Result<Option<Problem>, Error> {
    let Change::Bandwidth(mbps) = change else { return Ok(None) };
    let more = seen.bandwidth.is_none_or(|is| is < mbps.get());
    if !more || object.spec.max_monthly_price.is_none() {
        return Ok(None);
    }
    Ok(match desired::resolve(object, Purpose::Compare, session, context).await? {
        Ok(desired) => pricing::price(object, &desired.order, session).await.err(),
        Err(problems) => Problem::all(&problems),
    })
}

/// The ids of the lines that the resource has.
fn known(object: &FabricConnection) -> Vec<ConnectionId> {
    let parts = [Part::Primary, Part::Secondary].into_iter();
    let uuids = parts.filter_map(|part| part.of(object)?.uuid.as_deref());
    uuids.filter_map(|uuid| ConnectionId::parse(uuid).ok()).collect()
}

/// The way to the account's API.
enum Way<'a> {
    Open(&'a Session, Option<&'a AllowedNamespaces>),
    /// The account was not looked at yet; that says nothing about it.
    Opening,
    Closed(Problem),
}

fn way<'a>(object: &FabricConnection, account: Option<&'a Account>, context: &Context) -> Way<'a> {
    let name = &object.spec.account;
    match account.map(|account| (&account.session, account.allowed.as_ref())) {
        Some((Ok(session), allowed)) => Way::Open(session, allowed),
        Some((Err(problem), _)) => Way::Closed(Problem {
            message: format!("FabricAccount {name} cannot be used: {}", problem.message),
            ..problem.clone()
        }),
        None if context.accounts.may_exist(name) => Way::Opening,
        None => Way::Closed(Problem::missing(
            Reason::AccountNotFound,
            format!("FabricAccount {name} does not exist; create it, or correct spec.account"),
        )),
    }
}

async fn line(
    object: &FabricConnection,
    part: Part,
    way: &Way<'_>,
    context: &Context,
) -> Result<Line, Error> {
    let known = part.of(object);
    if let Some((known, uuid)) = known.and_then(|known| Some((known, known.uuid.as_deref()?))) {
        let id = match ConnectionId::parse(uuid) {
            Ok(id) => id,
            Err(invalid) => {
                let message =
                    format!("status.{part}.uuid is not usable: {invalid}; restore the status");
                return Ok(Line::Unusable(Problem::stalled(Reason::InvalidSpec, message)));
            }
        };
        let view = match way {
            _ if known.ended_at.is_some() => View::Gone,
            Way::Open(session, _) if !object.spec.paused => {
                ours(view(object, &id, session).await, object, part, known.order.as_ref())
            }
            Way::Open(..) | Way::Opening => View::NotListed,
            Way::Closed(problem) => View::Unasked(problem.clone()),
        };
        let cancellation = cancellation(known, &view, context);
        return Ok(Line::Known { id, cancellation, view });
    }
    if let Some(intent) = known.and_then(|known| known.order.as_ref()) {
        return Ok(Line::Intended(intent.clone(), evidence(object, part, intent, way, context)));
    }
    match part.adopted(object) {
        Some(uuid) => Ok(Line::Offered(offer(object, (part, uuid), way, context).await?)),
        None => Ok(Line::None),
    }
}

/// Whether the line that `spec.adopt` names may be taken over.
async fn offer(
    object: &FabricConnection,
    (part, uuid): (Part, &str),
    way: &Way<'_>,
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
            adoption::offer(object, (part, id), view, *allowed, session, context).await
        }
        (Ok(_), Way::Open(..) | Way::Opening) => Ok(Offer::AwaitingListing),
        (Ok(_), Way::Closed(problem)) => Ok(Offer::Declined(problem.clone())),
    }
}

/// How far the cancellation of a line is. A line that waited for its seller's consent and is in
/// service again was refused it.
fn cancellation(known: &LineStatus, view: &View, context: &Context) -> Cancellation {
    let back = |line: &Connection| {
        let standing = Standing::of(&line.equinix_status, &line.provider_status, Flow::Seller);
        !matches!(standing.phase, Phase::Deleting | Phase::Deleted)
    };
    let waited = known.equinix_status.as_deref() == Some(EquinixStatus::PendingDelete.as_str());
    match (&known.cancelled_at, &known.cancellation_refused_at, view) {
        (Some(_), _, View::Seen(line)) if waited && back(line) => {
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

/// The line by its id: from the last listing, or read alone where that is too old.
async fn view(object: &FabricConnection, id: &ConnectionId, session: &Session) -> View {
    match session.fleet.sight(id) {
        Sight::Seen(connection) => return View::Seen(connection),
        Sight::Unknown => {
            session.fleet.after_next_round(&ObjectRef::from_obj(object));
            return listing_trouble(object, session).map_or(View::NotListed, View::Unasked);
        }
        Sight::Ask => {}
    }
    let asked_at = Instant::now();
    let doing = format!("reading connection {id}");
    let problem = |error| Problem::reading(&doing, &object.spec.account, &error);
    match session.provider.connection(id).await {
        Ok(connection) => {
            session.fleet.learn(asked_at, connection.clone());
            View::Seen(Box::new(connection))
        }
        Err(provider::Error::Gone(_)) => View::Gone,
        Err(error @ provider::Error::NotVisible(_)) => View::NotVisible(problem(error)),
        Err(error) => View::Unasked(problem(error)),
    }
}

/// Holds a line against where it is said to come from: an order, the spec's own word, or a name
/// that is made for this resource alone. An id alone is no proof: who may write status must not be
/// able to have any line of the account cancelled.
fn ours(view: View, object: &FabricConnection, part: Part, order: Option<&OrderIntent>) -> View {
    let View::Seen(line) = &view else { return view };
    let proven = if let Some(order) = order {
        line.port.as_ref().is_none_or(|port| port.as_str() == order.port_uuid)
            && line.tags.is_none_or(|tags| carries(tags, order))
    } else {
        let made = desired::name_is_made(object, part)
            && desired::name(object, part).is_ok_and(|name| name.as_str() == line.name);
        made || part.adopted(object) == Some(line.id.as_str())
    };
    if proven {
        return view;
    }
    View::Foreign(Problem::stalled(
        Reason::ConnectionExists,
        format!(
            "connection {} in status.{part}.uuid is not what this resource ordered or was told to adopt, so it is left alone; restore the status",
            line.id
        ),
    ))
}

/// Whether tags are those of an order. The document of v3 prints no A-side C-tag, so one that is
/// not shown is no difference.
fn carries(tags: Tags, order: &OrderIntent) -> bool {
    tags.outer == order.vlan_outer && (tags.inner.is_none() || tags.inner == order.vlan_inner)
}

/// Whether an intended order arrived.
fn evidence(
    object: &FabricConnection,
    part: Part,
    intent: &OrderIntent,
    way: &Way<'_>,
    context: &Context,
) -> Evidence {
    let attempt = context.memory.attempt(&object.uid().unwrap_or_default(), &intent.by);
    match attempt.fate {
        Fate::Placed(placed) => {
            let id = match part {
                Part::Primary => Some(placed.primary),
                Part::Secondary => placed.secondary,
            };
            if let Some(id) = id {
                return Evidence::Found(id);
            }
        }
        Fate::Unsent => return Evidence::Absent,
        Fate::Unknown => {}
    }
    let Way::Open(session, _) = way else { return Evidence::Open };
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
    if let Some(found) = found.next() {
        return Evidence::Found(found.id);
    }
    session.fleet.after_next_round(&ObjectRef::from_obj(object));
    session.fleet.hurry();
    if session.fleet.whole_listings_since(attempt.since + SETTLE) < 2 {
        Evidence::Open
    } else {
        Evidence::Absent
    }
}
