//! What there is: the lines, or what is left of orders for them, and what speaks for or against
//! acting on that.
//!
//! Reads only. Everything that a plan needs to know comes from here, so that plans stay pure.

mod state;

use kube::{Resource, ResourceExt};
use kube_runtime::reflector::ObjectRef;
use state::line;

use fabric_api::{AllowedNamespaces, DeletionPolicy, FabricConnection, ManagementPolicy};
use fabric_domain::{Change, Connection, ConnectionId, Flow, Leg, Money};

use crate::{
    account::{
        access,
        session::{Session, Way},
    },
    connection::{
        drift::{self, Course, Drift},
        preflight::{Missing, Readiness, readiness},
        resolve::{self, lookups::Purpose, price},
        state::{Line, View},
    },
    reconcile::{
        claims::{flow, leg_status},
        context::Context,
        problem::Problem,
        status::Error,
    },
};

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
    pub(super) lines: Vec<(Leg, Line)>,
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
    let flow = flow(object);
    let way = context.accounts.way(&object.spec.account);
    if let Way::Open(session, _) = &way {
        // Before anything is looked at, so that no change goes unseen in between.
        session.fleet.follow(&ObjectRef::from_obj(object), &known(object));
    }
    let mut lines = vec![];
    for leg in [Leg::Primary, Leg::Secondary] {
        let wanted = leg == Leg::Primary || object.spec.secondary.is_some();
        if wanted || leg_status(object, leg).is_some() {
            lines.push((leg, line(object, leg, &way, context).await?));
        }
    }
    let missing = Missing::of(&lines);
    let readiness = match (missing, &way) {
        (Some(_), _) if deleting || paused || observes => Readiness::Unasked,
        (Some(missing), Way::Open(session, allowed)) => {
            readiness(object, &missing, allowed.as_ref(), session, context).await?
        }
        (Some(_), Way::Opening) => Readiness::AwaitingListing,
        (Some(_), Way::Closed(problem)) => Readiness::Blocked(problem.clone()),
        (None, _) => Readiness::Unasked,
    };
    let (drifts, price) = match &way {
        Way::Open(session, allowed) if !deleting && !paused => (
            drifts(object, &lines, flow, (session, allowed.as_ref()), context).await?,
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
    lines: &[(Leg, Line)],
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
    let ordered = leg_status(object, Leg::Primary).is_some_and(|line| line.order.is_some());
    let news = told.map_or(!ordered, |told| told.bandwidth_mbps != mbps);
    if !as_asked || !news {
        return Ok(None);
    }
    let desired = resolve::resolve(object, Purpose::Compare, session, context).await?;
    let Ok(desired) = desired else { return Ok(None) };
    Ok(price::ask(&desired.order, session).await.ok().flatten())
}

/// How the lines that are shown differ from the spec.
async fn drifts(
    object: &FabricConnection,
    lines: &[(Leg, Line)],
    flow: Flow,
    (session, allowed): (&Session, Option<&AllowedNamespaces>),
    context: &Context,
) -> Result<Vec<Drift>, Error> {
    let (can, now) = (session.reads.can(), context.now());
    let mut drifts = vec![];
    for (leg, line) in lines {
        let Line::Known { view: View::Seen(seen), .. } = line else { continue };
        let mut drift = drift::judge(object, (*leg, seen), flow, can, now);
        if let Course::Due(change, _) = &drift.course {
            let (namespace, account) =
                (object.namespace().unwrap_or_default(), &object.spec.account);
            let permit = access::namespace(&namespace, account, allowed, context).await?;
            let obstacle = match permit {
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
    Ok(match resolve::resolve(object, Purpose::Compare, session, context).await? {
        Ok(desired) => price::price(object, &desired.order, session).await.err(),
        Err(problems) => Problem::all(&problems),
    })
}

/// The ids of the lines that the resource has.
fn known(object: &FabricConnection) -> Vec<ConnectionId> {
    let legs = [Leg::Primary, Leg::Secondary].into_iter();
    let uuids = legs.filter_map(|leg| leg_status(object, leg)?.uuid.as_deref());
    uuids.filter_map(|uuid| ConnectionId::parse(uuid).ok()).collect()
}
