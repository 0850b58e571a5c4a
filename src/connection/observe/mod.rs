//! What there is: the lines, or what is left of orders for them, and what speaks for or against
//! acting on that.
//!
//! Reads only. Everything that a plan needs to know comes from here, so that plans stay pure.

pub(super) mod search;
mod state;

use fabric_api::{FabricConnection, ManagementPolicy, Owner, Reason};
use fabric_domain::{
    Change, Connection, ConnectionId, Flow, Leg, Money, Phase, Standing, WaitingFor,
};
use jiff::Timestamp;

use crate::{
    account::{
        grants::{self, Granted},
        session::{KnownAccount, Session, Way},
    },
    connection::{
        ConnectionPass,
        drift::{self, Correction, Drift},
        evidence::OrderEvidence,
        preflight::{MissingLegs, Preflight, preflight},
        resolve::{lookups::Purpose, moved_key::moved_key, price, resolve},
        state::{Adoption, Cancellation, ConnectionState, ProviderView, Trace, is_adopted},
    },
    reconcile::{
        claims::{flow, leg_status},
        deletion::{self, Safeguards},
        problem::Problem,
        status::ApiError,
    },
};
use state::connection_state;
pub(super) use state::view;

/// Everything that the plan looks at.
#[allow(clippy::struct_excessive_bools, reason = "what users may ask for at the same time")]
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct ConnectionObservation {
    pub(super) deleting: bool,
    /// All connections stay when the resource goes.
    pub(super) keeps: bool,
    /// The connections that stay when the resource goes, because it adopted them.
    pub(super) kept: Vec<Leg>,
    /// What may hold the deletion.
    pub(super) safeguards: Safeguards,
    /// Nothing may be changed at the provider.
    pub(super) observes: bool,
    pub(super) paused: bool,
    pub(super) flow: Flow,
    /// The resource as an owner, for the marks of its orders.
    pub(super) owner: Owner,
    /// The owner that status has to name once it records a connection.
    pub(super) recorded_owner: Owner,
    /// Whether `spec.adopt` names the connection, so that none is ordered.
    pub(super) adopts: bool,
    /// Whether the namespace may adopt, so that `spec.adopt` is a way out.
    pub(super) may_adopt: bool,
    /// Why the account's connections cannot be listed now.
    pub(super) trouble: Option<Problem>,
    /// The connections that the resource has or should have: one, or the two of a pair.
    pub(super) legs: Vec<(Leg, ConnectionState)>,
    /// How the connections that are shown differ from the spec.
    pub(super) drifts: Vec<Drift>,
    /// What they cost a month, if it was asked for anew.
    pub(super) price: Option<Money>,
    /// Whether an order for what is missing could go out.
    pub(super) preflight: Preflight,
    /// Whether only another listing can say more.
    pub(super) awaits_list: bool,
    /// When the connections were last seen that cannot be looked at now, as far as that is known.
    pub(super) last_seen: Vec<(Leg, Timestamp)>,
}

impl ConnectionObservation {
    /// Whether something moves by itself, so that listings should come more often.
    pub(super) fn is_moving(&self) -> bool {
        if self.paused {
            return false;
        }
        let changing = self.drifts.iter().any(|drift| drift.correction == Correction::UnderWay);
        changing || self.legs.iter().any(|(_, state)| self.moves(state))
    }

    fn moves(&self, state: &ConnectionState) -> bool {
        match state {
            ConnectionState::Intended(intent, OrderEvidence::Open) => intent.attempt == 1,
            ConnectionState::Known { view: ProviderView::Seen(seen), cancellation, .. } => {
                let standing = Standing::of(&seen.equinix_status, &seen.provider_status, self.flow);
                if self.deleting {
                    let cancelled = *cancellation == Cancellation::Taken;
                    return standing.phase == Phase::Deleting
                        || (cancelled && standing.phase != Phase::Deleted);
                }
                moves_by_itself(standing)
            }
            ConnectionState::Intended(..)
            | ConnectionState::Known { .. }
            | ConnectionState::Unrecorded(_)
            | ConnectionState::Offered(_)
            | ConnectionState::Copied(_)
            | ConnectionState::Unusable(_) => false,
        }
    }
}

/// Whether Equinix or the provider is at work, rather than a person.
fn moves_by_itself(standing: Standing) -> bool {
    let is_under_way = match standing.phase {
        Phase::Provisioning | Phase::Deleting | Phase::Ordering => true,
        Phase::Pending
        | Phase::AwaitingApproval
        | Phase::Ready
        | Phase::Deleted
        | Phase::Failed
        | Phase::Unknown => false,
    };
    is_under_way && matches!(standing.waiting_for, WaitingFor::Equinix | WaitingFor::Provider)
}

/// Whether the pass may only look at what it has. A pause protects what exists: a resource that is
/// deleted and has no connection in status is looked for in the listings, and goes if it has none.
fn is_paused(pass: &ConnectionPass<'_>) -> bool {
    let has_none = || Leg::BOTH.into_iter().all(|leg| leg_status(pass.object, leg).is_none());
    pass.object.spec.paused && !(pass.is_deleting() && has_none())
}

/// Reads what there is.
pub(super) async fn observe(pass: &ConnectionPass<'_>) -> Result<ConnectionObservation, ApiError> {
    let object = pass.object;
    let (deleting, paused) = (pass.is_deleting(), is_paused(pass));
    let observes = object.spec.management_policy == ManagementPolicy::Observe;
    let flow = flow(object);
    let way = pass.way(&object.spec.account);
    let identity = search::identity(pass, &way).await?;
    let mut legs = vec![];
    for leg in Leg::BOTH {
        let wanted = leg == Leg::Primary || object.spec.secondary.is_some();
        if wanted || leg_status(object, leg).is_some() {
            legs.push((leg, connection_state(pass, leg, &identity, &way).await?));
        }
    }
    let preflight = match (MissingLegs::of(&legs), &way) {
        (None, _) => Preflight::Unasked,
        (Some(_), _) if deleting || paused || observes => Preflight::Unasked,
        (Some(missing), Way::Open(session)) => {
            preflight(pass, &legs, &missing, &identity, session).await?
        }
        (Some(_), Way::Opening) => Preflight::AwaitingListing(None),
        (Some(_), Way::Closed(problem)) => {
            // What is wrong with an account concerns those alone who may use it.
            let account = &object.spec.account;
            let granted = grants::granted(pass.namespace(), account, pass.context).await?;
            let is_there = problem.reason != Reason::AccountNotFound;
            Preflight::Blocked(granted.err().filter(|_| is_there).unwrap_or(problem.clone()))
        }
    };
    let (drifts, price) = match &way {
        Way::Open(session) if !deleting && !paused => {
            (drifts(pass, &legs, flow, session).await?, price(pass, &legs, session).await?)
        }
        Way::Open(..) | Way::Opening | Way::Closed(_) => (vec![], None),
    };
    let is_obstructed = |(_, state): &(Leg, ConnectionState)| {
        matches!(state, ConnectionState::Unrecorded(Trace::Doubtful(_)))
    };
    let may_adopt = (legs.iter().any(is_obstructed) || matches!(preflight, Preflight::Occupied(_)))
        && grants::granted(pass.namespace(), &object.spec.account, pass.context)
            .await?
            .is_ok_and(|granted| granted.may_adopt());
    let awaits_list = matches!(preflight, Preflight::AwaitingListing(_))
        || legs.iter().any(|(leg, state)| awaits_list(object, *leg, state));
    let last_seen = last_seen(pass, &legs);
    let stays = |adopted| {
        deletion::stays(object.spec.deletion_policy, object.spec.management_policy, adopted)
    };
    // The user may name a connection that this resource has ordered.
    let is_ordered = |leg: Leg| {
        legs.iter().filter(|(of, _)| *of == leg).any(|(_, state)| {
            matches!(
                state,
                ConnectionState::Known { view: ProviderView::Seen(line), .. }
                    if identity.proves_alone(line, leg)
            )
        })
    };
    let stays_as_adopted = |leg: &Leg| {
        let adopted = is_adopted(object, *leg) && !is_ordered(*leg);
        stays(adopted).is_some()
    };
    let kept = Leg::BOTH.into_iter().filter(stays_as_adopted).collect();
    Ok(ConnectionObservation {
        deleting,
        keeps: stays(false).is_some(),
        kept,
        safeguards: pass.safeguards(object.spec.deletion_protection).await,
        observes,
        paused,
        flow,
        recorded_owner: identity.recorded_owner(),
        owner: identity.owner,
        adopts: object.spec.adopt.is_some(),
        may_adopt,
        trouble: match &way {
            Way::Open(session) => session.listing_trouble(&object.spec.account),
            Way::Opening => None,
            Way::Closed(problem) => Some(problem.clone()),
        },
        legs,
        drifts,
        price,
        preflight,
        awaits_list,
        last_seen,
    })
}

/// When the connections were last seen that cannot be looked at now: by any session of the account,
/// because the one in use may be gone.
fn last_seen(pass: &ConnectionPass<'_>, legs: &[(Leg, ConnectionState)]) -> Vec<(Leg, Timestamp)> {
    let known = pass.context.accounts.get(&pass.object.spec.account);
    let seen = |id: &ConnectionId| {
        let sessions = known.iter().flat_map(KnownAccount::sessions);
        let at = sessions.filter_map(|session| session.fleet.last_seen(id)).max()?;
        Some(pass.context.now() - at.elapsed())
    };
    let unseen =
        legs.iter().filter_map(|(leg, state)| match state {
            ConnectionState::Known {
                id,
                view:
                    ProviderView::Unasked(_)
                    | ProviderView::Unlisted(Some(_))
                    | ProviderView::NotVisible(_),
                ..
            } => Some((*leg, whole_second(seen(id)?))),
            ConnectionState::Known { .. }
            | ConnectionState::Unrecorded(_)
            | ConnectionState::Intended(..)
            | ConnectionState::Offered(_)
            | ConnectionState::Copied(_)
            | ConnectionState::Unusable(_) => None,
        });
    unseen.collect()
}

/// As Kubernetes keeps times.
fn whole_second(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// Whether only another listing can say more of a connection.
fn awaits_list(object: &FabricConnection, leg: Leg, state: &ConnectionState) -> bool {
    match state {
        ConnectionState::Intended(
            _,
            OrderEvidence::Open | OrderEvidence::Doubtful(_) | OrderEvidence::Repeatable,
        )
        | ConnectionState::Unrecorded(Trace::Unlisted(_))
        | ConnectionState::Offered(Adoption::AwaitingListing(_)) => true,
        ConnectionState::Known { view: ProviderView::Unlisted(_), .. } => !object.spec.paused,
        // The answer to the order may have named another id than the listings do.
        ConnectionState::Known {
            view: ProviderView::NotVisible(_) | ProviderView::Lagging(_),
            ..
        } => leg_status(object, leg).is_some_and(|known| known.order.is_some()),
        ConnectionState::Intended(_, OrderEvidence::Found(_) | OrderEvidence::Absent)
        | ConnectionState::Known { .. }
        | ConnectionState::Offered(
            Adoption::Unjudged | Adoption::Agreed(..) | Adoption::Declined(_) | Adoption::Ended(_),
        )
        | ConnectionState::Unrecorded(_)
        | ConnectionState::Copied(_)
        | ConnectionState::Unusable(_) => false,
    }
}

/// What lines in service cost, where status does not say it or speaks of another bandwidth.
async fn price(
    pass: &ConnectionPass<'_>,
    legs: &[(Leg, ConnectionState)],
    session: &Session,
) -> Result<Option<Money>, ApiError> {
    let object = pass.object;
    let mbps = object.spec.bandwidth_mbps;
    let recorded = object.status.as_ref().and_then(|status| status.monthly_price.as_ref());
    let as_asked = legs.iter().all(|(_, line)| match line {
        ConnectionState::Known { view: ProviderView::Seen(seen), .. } => {
            seen.bandwidth == Some(mbps)
        }
        ConnectionState::Known { .. }
        | ConnectionState::Unrecorded(_)
        | ConnectionState::Intended(..)
        | ConnectionState::Offered(_)
        | ConnectionState::Copied(_)
        | ConnectionState::Unusable(_) => false,
    });
    let ordered = leg_status(object, Leg::Primary).is_some_and(|line| line.order.is_some());
    let news = recorded.map_or(!ordered, |price| price.bandwidth_mbps != mbps);
    if !as_asked || !news {
        return Ok(None);
    }
    let desired = resolve(pass, Purpose::Compare, session, None).await?;
    let Ok(desired) = desired else { return Ok(None) };
    Ok(price::ask(&desired.order, session).await.ok().flatten())
}

/// How the lines that are shown differ from the spec.
async fn drifts(
    pass: &ConnectionPass<'_>,
    legs: &[(Leg, ConnectionState)],
    flow: Flow,
    session: &Session,
) -> Result<Vec<Drift>, ApiError> {
    let object = pass.object;
    let (can, now) = (session.reads.can(), pass.context.now());
    let mut drifts = vec![];
    for (leg, state) in legs {
        let ConnectionState::Known { view: ProviderView::Seen(seen), .. } = state else { continue };
        let mut drift = drift::compare(object, *leg, seen, flow, can, now);
        if let Correction::Due(change, _) = &drift.correction {
            let account = &object.spec.account;
            let problem = match grants::granted(pass.namespace(), account, pass.context).await? {
                Ok(granted) => ungranted(pass, change, seen, &granted, session).await?,
                Err(denied) => Some(denied),
            };
            if let Some(problem) = problem {
                drift.correction = Correction::Blocked(problem);
            }
        }
        if drift.correction == Correction::InSync {
            let moved = moved_key(pass, *leg).await?;
            drift.correction = moved.map_or(Correction::InSync, Correction::Blocked);
        }
        drifts.push(drift);
    }
    Ok(drifts)
}

/// What speaks against more bandwidth: what is granted, and the price that the spec allows.
async fn ungranted(
    pass: &ConnectionPass<'_>,
    change: &Change,
    seen: &Connection,
    granted: &Granted,
    session: &Session,
) -> Result<Option<Problem>, ApiError> {
    let Change::Bandwidth(mbps) = change else { return Ok(None) };
    if seen.bandwidth.is_some_and(|is| is >= mbps.get()) {
        return Ok(None);
    }
    Ok(match resolve(pass, Purpose::Compare, session, Some(granted)).await? {
        Ok(desired) => price::affordable(pass.object, &desired, granted, session).await.err(),
        Err(problem) => Some(problem),
    })
}
