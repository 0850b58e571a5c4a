//! What metrics count of a connection: its phase, since when, whether that is longer than usual, and what
//! it costs.
//!
//! Pure; read off status alone.

use std::time::Duration;

use jiff::Timestamp;
use strum::IntoEnumIterator;

use fabric_api::{ConditionType, FabricConnection, FabricConnectionStatus};
use fabric_domain::{Currency, Leg, Money, Phase};

use crate::reconcile::{Kind, claims::leg_status, conditions::find, gauges::Facts};

/// The facts of one resource.
pub(super) fn facts(object: &FabricConnection) -> Facts {
    let Some(status) = &object.status else {
        let phase = Phase::Pending;
        return Facts { phase: phase.into(), usual: phase.usual(), ..Facts::of(&[]) };
    };
    let legs = || Leg::BOTH.into_iter().filter_map(|leg| leg_status(object, leg));
    let is_billed = legs().any(|leg| leg.uuid.is_some() && leg.ended_at.is_none());
    let general = Facts::of(FabricConnection::conditions(status));
    let phase = phase(status);
    Facts {
        phase: phase.into(),
        since: since(status),
        usual: phase.usual().filter(|_| may_be_overdue(status)),
        monthly: is_billed.then(|| price(status)).flatten(),
        ..general
    }
}

/// Since when the connection has been in its present state.
fn since(status: &FabricConnectionStatus) -> Option<Timestamp> {
    let legs = [&status.primary, &status.secondary].into_iter().flatten();
    let moved = legs.filter_map(|leg| leg.since.as_ref()).map(|at| at.0).max();
    moved.or(Facts::of(&status.conditions).since)
}

/// Whether the time in a phase counts: not while the user has paused the resource, and not while
/// Stalled says already that someone has to act.
fn may_be_overdue(status: &FabricConnectionStatus) -> bool {
    [ConditionType::Paused, ConditionType::Stalled]
        .into_iter()
        .all(|kind| find(&status.conditions, kind).is_none())
}

/// Since when the connection has been in its phase, if that is longer than usual, and what is usual.
pub(super) fn overdue(
    status: &FabricConnectionStatus,
    now: Timestamp,
) -> Option<(Timestamp, Duration)> {
    let (since, usual) = (since(status)?, phase(status).usual()?);
    let still = Duration::try_from(now.duration_since(since)).ok()?;
    (may_be_overdue(status) && still > usual).then_some((since, usual))
}

/// How long a connection took from its order until it first came into service, if that is now.
pub(super) fn time_to_ready(
    old: Option<&FabricConnectionStatus>,
    new: &FabricConnectionStatus,
    now: Timestamp,
) -> Option<Duration> {
    let comes = match old.map_or(Phase::Pending, phase) {
        Phase::Pending | Phase::Ordering | Phase::AwaitingApproval | Phase::Provisioning => true,
        // It may have been in service before status recorded that.
        Phase::Ready | Phase::Deleting | Phase::Deleted | Phase::Failed | Phase::Unknown => false,
    };
    let is_first = old.is_none_or(|old| old.first_ready_time.is_none());
    let ordered = new.primary.as_ref()?.order.as_ref()?.at.0;
    let took = Duration::try_from(now.duration_since(ordered)).ok()?;
    (comes && is_first && phase(new) == Phase::Ready).then_some(took)
}

/// The phase that status names.
pub(super) fn phase(status: &FabricConnectionStatus) -> Phase {
    let word = status.phase.as_deref().unwrap_or(Phase::Pending.into());
    Phase::iter().find(|phase| <&str>::from(*phase) == word).unwrap_or(Phase::Unknown)
}

fn price(status: &FabricConnectionStatus) -> Option<Money> {
    let price = status.monthly_price.as_ref()?;
    Money::parse(&price.amount, Currency::parse(&price.currency).ok()?).ok()
}
