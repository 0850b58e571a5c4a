//! What there is: the line, or what is left of an order for it.
//!
//! Reads only. Everything that a plan needs to know comes from here, so that plans stay pure.

use std::time::Duration;

use kube::{Resource, ResourceExt};
use kube_runtime::reflector::ObjectRef;
use tokio::time::Instant;

use super::{
    desired::{self, Desired},
    permits,
};
use crate::{
    api::{DeletionPolicy, FabricConnection, LineStatus, OrderIntent, Reason},
    controller::{
        accounts::{Account, Session},
        context::Context,
        memory::Fate,
        problem::Problem,
        status::Error,
    },
    domain::{Connection, ConnectionId, Flow, Phase, Standing, Tags},
    fleet::Sight,
    provider,
};

/// How long after an order of unknown outcome its absence proves nothing: listings may lag, and
/// another process may still be sending it.
pub(super) const SETTLE: Duration = Duration::from_secs(15 * 60);

/// All that a plan looks at.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Observation {
    pub(super) deleting: bool,
    pub(super) orphan: bool,
    pub(super) paused: bool,
    pub(super) flow: Flow,
    pub(super) line: Line,
}

/// The line at the provider, as far as this resource knows of one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Line {
    /// No order was ever sent, or each was refused.
    None(Readiness),
    /// An order was written down; whether it arrived is not known.
    Intended(OrderIntent, Evidence),
    /// The line is known by its id.
    Known {
        id: ConnectionId,
        /// Its cancellation was taken.
        cancelled: bool,
        view: View,
    },
}

/// Whether an order could go out.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Readiness {
    /// Not looked into, since nothing is to be ordered.
    Unasked,
    /// Something is in the way.
    Blocked(Problem),
    /// The same order was refused a short while ago; it may be sent again after so long.
    Resting(Duration),
    /// No whole listing has come in yet to compare with.
    AwaitingListing,
    /// The port and tags carry another line.
    Occupied(Box<Connection>),
    /// A line with the name made for this resource alone is there already.
    Ours(ConnectionId),
    /// Everything is in place.
    Ready(Box<Desired>),
}

/// What tells whether an intended order arrived.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Evidence {
    /// It did: this is its line.
    Found(ConnectionId),
    /// Nothing yet, and it is too early to say no.
    Open,
    /// It did not: it was never sent, or two whole listings past the settle time lack it. Whether
    /// another order can go out is the second part.
    Absent(Readiness),
}

/// What the provider shows of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum View {
    /// This.
    Seen(Box<Connection>),
    /// A line that this resource did not order: its id was put into status by somebody else.
    Foreign(Problem),
    /// Nothing yet: the first listing is still to come.
    NotListed,
    /// That it was deleted.
    Gone,
    /// That it does not exist or is somebody else's; which, it does not say.
    NotVisible(Problem),
    /// It could not be asked.
    Unasked(Problem),
}

/// Looks.
pub(super) async fn look(
    object: &FabricConnection,
    context: &Context,
) -> Result<Observation, Error> {
    let mut observation = Observation {
        deleting: object.meta().deletion_timestamp.is_some(),
        orphan: object.spec.deletion_policy == DeletionPolicy::Orphan,
        paused: object.spec.paused,
        flow: desired::flow(object),
        line: Line::None(Readiness::Unasked),
    };
    let account = context.accounts.get(&object.spec.account);
    let session = session(object, account.as_ref());
    let known = object.status.as_ref().and_then(|s| s.primary.as_ref());
    observation.line = match known {
        Some(LineStatus { uuid: Some(uuid), order, cancelled_at, .. }) => {
            match ConnectionId::parse(uuid) {
                Ok(id) => {
                    let view = match &session {
                        Ok(session) if !observation.paused => {
                            ours(view(object, &id, session).await, order.as_ref())
                        }
                        Ok(_) => View::NotListed,
                        Err(problem) => View::Unasked(problem.clone()),
                    };
                    Line::Known { id, cancelled: cancelled_at.is_some(), view }
                }
                Err(invalid) => Line::None(Readiness::Blocked(Problem::stalled(
                    Reason::InvalidSpec,
                    format!("status.primary.uuid is not usable: {invalid}; restore the status"),
                ))),
            }
        }
        Some(LineStatus { order: Some(intent), .. }) => {
            let evidence = evidence(object, intent, &session, context, &observation).await?;
            Line::Intended(intent.clone(), evidence)
        }
        Some(_) | None if observation.deleting || observation.paused => {
            Line::None(Readiness::Unasked)
        }
        Some(_) | None => Line::None(readiness(object, account.as_ref(), &session, context).await?),
    };
    Ok(observation)
}

fn session<'a>(
    object: &FabricConnection,
    account: Option<&'a Account>,
) -> Result<&'a Session, Problem> {
    let name = &object.spec.account;
    match account {
        None => Err(Problem::missing(
            Reason::AccountNotFound,
            format!(
                "FabricAccount {name} does not exist, or was not looked at yet; create it, or correct spec.account"
            ),
        )),
        Some(account) => match &account.session {
            Ok(session) => Ok(session),
            Err(problem) => Err(Problem {
                message: format!("FabricAccount {name} cannot be used: {}", problem.message),
                ..problem.clone()
            }),
        },
    }
}

/// The line by its id: from the last listing, or read alone where that is too old.
async fn view(object: &FabricConnection, id: &ConnectionId, session: &Session) -> View {
    let key = ObjectRef::from_obj(object);
    session.fleet.follow(&key, std::slice::from_ref(id));
    match session.fleet.sight(id) {
        Sight::Seen(connection) => return View::Seen(connection),
        Sight::Unknown => {
            session.fleet.after_next_round(&key);
            return match listing_trouble(object, session) {
                Some(problem) => View::Unasked(problem),
                None => View::NotListed,
            };
        }
        Sight::Ask => {}
    }
    let asked_at = Instant::now();
    match session.provider.connection(id).await {
        Ok(connection) => {
            session.fleet.learn(asked_at, connection.clone());
            View::Seen(Box::new(connection))
        }
        Err(provider::Error::Gone(_)) => View::Gone,
        Err(error @ provider::Error::NotVisible(_)) => View::NotVisible(Problem::of(
            &format!("reading connection {id}"),
            &object.spec.account,
            &error,
        )),
        Err(error) => View::Unasked(Problem::of(
            &format!("reading connection {id}"),
            &object.spec.account,
            &error,
        )),
    }
}

/// Holds a line against the order that it is said to come from. An id alone is no proof: who may
/// write status must not be able to have any line of the account cancelled.
fn ours(view: View, order: Option<&OrderIntent>) -> View {
    let (View::Seen(line), Some(order)) = (&view, order) else { return view };
    let ordered = Tags { outer: order.vlan_outer, inner: order.vlan_inner };
    let elsewhere = line.port.as_ref().is_some_and(|port| port.as_str() != order.port_uuid);
    let tagged_otherwise = line.tags.is_some_and(|tags| {
        tags.outer != ordered.outer || (tags.inner.is_some() && tags.inner != ordered.inner)
    });
    if !elsewhere && !tagged_otherwise {
        return view;
    }
    View::Foreign(Problem::stalled(
        Reason::ConnectionExists,
        format!(
            "connection {} in status.primary.uuid is on another port or VLAN than this resource ordered, so it is left alone; restore the status",
            line.id
        ),
    ))
}

/// Whether an intended order arrived.
async fn evidence(
    object: &FabricConnection,
    intent: &OrderIntent,
    session: &Result<&Session, Problem>,
    context: &Context,
    observation: &Observation,
) -> Result<Evidence, Error> {
    let attempt = context.memory.attempt(&object.uid().unwrap_or_default(), &intent.by);
    let absent = async || {
        if observation.deleting || observation.paused {
            return Ok(Evidence::Absent(Readiness::Unasked));
        }
        let account = context.accounts.get(&object.spec.account);
        Ok(Evidence::Absent(readiness(object, account.as_ref(), session, context).await?))
    };
    match attempt.fate {
        Fate::Placed(id) => return Ok(Evidence::Found(id)),
        Fate::Unsent => return absent().await,
        Fate::Unknown => {}
    }
    let Ok(session) = session else { return Ok(Evidence::Open) };
    let tags = Tags { outer: intent.vlan_outer, inner: intent.vlan_inner };
    let ours = |c: &Connection| {
        c.name == intent.name
            && c.port.as_ref().is_some_and(|p| p.as_str() == intent.port_uuid)
            && c.tags == Some(tags)
            // Clocks differ: an older line of the same name is another one only if much older.
            && c.created.is_none_or(|at| at + Duration::from_secs(3600) > intent.at.0)
            && !is_gone(c)
    };
    if let Some(found) = session.fleet.find(ours).and_then(|mut found| found.pop()) {
        return Ok(Evidence::Found(found.id));
    }
    session.fleet.after_next_round(&ObjectRef::from_obj(object));
    session.fleet.hurry();
    if session.fleet.whole_listings_since(attempt.since + SETTLE) < 2 {
        return Ok(Evidence::Open);
    }
    absent().await
}

/// Whether a first order, or another after proof, could go out.
async fn readiness(
    object: &FabricConnection,
    account: Option<&Account>,
    session: &Result<&Session, Problem>,
    context: &Context,
) -> Result<Readiness, Error> {
    let session = match session {
        Ok(session) => *session,
        Err(problem) => return Ok(Readiness::Blocked(problem.clone())),
    };
    let (uid, generation) = (object.uid().unwrap_or_default(), object.metadata.generation);
    let generation = generation.unwrap_or_default();
    if let Some(left) = context.memory.resting(&uid, generation, session.id()) {
        return Ok(Readiness::Resting(left));
    }
    let allowed = account.and_then(|a| a.allowed.as_ref());
    if let Some(problem) = permits::namespace(object, allowed, context).await? {
        return Ok(Readiness::Blocked(problem));
    }
    let desired = match desired::resolve(object, session, context).await? {
        Ok(desired) => desired,
        Err(problems) => {
            let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be ordered");
            return Ok(Readiness::Blocked(Problem::all(&problems).unwrap_or_else(unclear)));
        }
    };
    let a_side = &desired.order.a_side;
    let there = session.fleet.find(|c| {
        c.port.as_ref() == Some(&a_side.port) && c.tags == Some(a_side.link.tags()) && !is_gone(c)
    });
    Ok(match there {
        None => {
            session.fleet.after_next_round(&ObjectRef::from_obj(object));
            listing_trouble(object, session).map_or(Readiness::AwaitingListing, Readiness::Blocked)
        }
        Some(mut there) => match there.pop() {
            None => Readiness::Ready(Box::new(desired)),
            Some(line)
                if object.spec.name.is_none() && line.name == desired.order.name.as_str() =>
            {
                Readiness::Ours(line.id)
            }
            Some(line) => Readiness::Occupied(Box::new(line)),
        },
    })
}

/// Why there is no listing, if the provider refuses or fails it.
fn listing_trouble(object: &FabricConnection, session: &Session) -> Option<Problem> {
    let error = session.fleet.trouble()?;
    Some(Problem::of("listing the account's connections", &object.spec.account, &error))
}

fn is_gone(connection: &Connection) -> bool {
    let standing =
        Standing::of(&connection.equinix_status, &connection.provider_status, Flow::Seller);
    standing.phase == Phase::Deleted
}
