//! What there is: the lines, or what is left of orders for them.
//!
//! Reads only. Everything that a plan needs to know comes from here, so that plans stay pure.

use std::time::Duration;

use kube::{Resource, ResourceExt};
use kube_runtime::reflector::ObjectRef;
use tokio::time::Instant;

use super::{
    desired,
    line::{Evidence, Line, Part, View},
    readiness::{Missing, Readiness, is_gone, listing_trouble, readiness},
};
use crate::{
    api::{DeletionPolicy, FabricConnection, OrderIntent, Reason},
    controller::{
        accounts::{Account, Session},
        context::Context,
        memory::Fate,
        problem::Problem,
        status::Error,
    },
    domain::{Connection, ConnectionId, Flow, Tags},
    fleet::Sight,
    provider,
};

/// How long after an order of unknown outcome its absence proves nothing: listings may lag, and
/// another process may still be sending it.
const SETTLE: Duration = Duration::from_secs(15 * 60);

/// All that a plan looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub(super) deleting: bool,
    pub(super) orphan: bool,
    pub(super) paused: bool,
    pub(super) flow: Flow,
    /// The lines that the resource has or should have: one, or the two of a pair.
    pub(super) lines: Vec<(Part, Line)>,
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
    let account = context.accounts.get(&object.spec.account);
    let way = way(object, account.as_ref(), context);
    if let Way::Open(session) = &way {
        // Before anything is looked at, so that no change goes unseen in between.
        session.fleet.follow(&ObjectRef::from_obj(object), &known(object));
    }
    let mut lines = vec![];
    for part in [Part::Primary, Part::Secondary] {
        let wanted = part == Part::Primary || object.spec.secondary.is_some();
        if wanted || part.of(object).is_some() {
            lines.push((part, line(object, part, &way, context).await));
        }
    }
    let missing = Missing::of(&lines);
    let readiness = match (missing, &way) {
        (Some(_), _) if deleting || paused => Readiness::Unasked,
        (Some(missing), Way::Open(session)) => {
            let allowed = account.as_ref().and_then(|a| a.allowed.as_ref());
            readiness(object, &missing, allowed, session, context).await?
        }
        (Some(_), Way::Opening) => Readiness::AwaitingListing,
        (Some(_), Way::Closed(problem)) => Readiness::Blocked(problem.clone()),
        (None, _) => Readiness::Unasked,
    };
    Ok(Observation {
        deleting,
        orphan: object.spec.deletion_policy == DeletionPolicy::Orphan,
        paused,
        flow: desired::flow(object),
        lines,
        readiness,
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
    Open(&'a Session),
    /// The account was not looked at yet; that says nothing about it.
    Opening,
    Closed(Problem),
}

fn way<'a>(object: &FabricConnection, account: Option<&'a Account>, context: &Context) -> Way<'a> {
    let name = &object.spec.account;
    match account.map(|account| &account.session) {
        Some(Ok(session)) => Way::Open(session),
        Some(Err(problem)) => Way::Closed(Problem {
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

async fn line(object: &FabricConnection, part: Part, way: &Way<'_>, context: &Context) -> Line {
    let Some(known) = part.of(object) else { return Line::None };
    if let Some(uuid) = &known.uuid {
        let id = match ConnectionId::parse(uuid) {
            Ok(id) => id,
            Err(invalid) => {
                let message =
                    format!("status.{part}.uuid is not usable: {invalid}; restore the status");
                return Line::Unusable(Problem::stalled(Reason::InvalidSpec, message));
            }
        };
        let view = match way {
            _ if known.ended_at.is_some() => View::Gone,
            Way::Open(session) if !object.spec.paused => {
                ours(view(object, &id, session).await, part, known.order.as_ref())
            }
            Way::Open(_) | Way::Opening => View::NotListed,
            Way::Closed(problem) => View::Unasked(problem.clone()),
        };
        return Line::Known { id, cancelled: known.cancelled_at.is_some(), view };
    }
    match &known.order {
        Some(intent) => {
            Line::Intended(intent.clone(), evidence(object, part, intent, way, context))
        }
        None => Line::None,
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
    let problem = |error| Problem::of(&doing, &object.spec.account, &error);
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

/// Holds a line against the order that it is said to come from. An id alone is no proof: who may
/// write status must not be able to have any line of the account cancelled.
fn ours(view: View, part: Part, order: Option<&OrderIntent>) -> View {
    let (View::Seen(line), Some(order)) = (&view, order) else { return view };
    let elsewhere = line.port.as_ref().is_some_and(|port| port.as_str() != order.port_uuid);
    let tagged_otherwise = line.tags.is_some_and(|tags| !carries(tags, order));
    if !elsewhere && !tagged_otherwise {
        return view;
    }
    View::Foreign(Problem::stalled(
        Reason::ConnectionExists,
        format!(
            "connection {} in status.{part}.uuid is on another port or VLAN than this resource ordered, so it is left alone; restore the status",
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
    let Way::Open(session) = way else { return Evidence::Open };
    let ours = |c: &Connection| {
        c.name == intent.name
            && c.port.as_ref().is_some_and(|p| p.as_str() == intent.port_uuid)
            && c.tags.is_some_and(|tags| carries(tags, intent))
            // Clocks differ: an older line of the same name is another one only if much older.
            && c.created.is_none_or(|at| at + Duration::from_secs(3600) > intent.at.0)
            && !is_gone(c)
    };
    let found = session.fleet.find(ours).unwrap_or_default().into_iter();
    let mut found = found.filter(|line| !context.is_held_by_another(&line.id, object));
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
