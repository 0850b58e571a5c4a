//! What metrics count of a connection: its phase, since when, and what it costs.
//!
//! Pure; read off status alone.

use strum::IntoEnumIterator;

use fabric_api::{FabricConnection, FabricConnectionStatus};
use fabric_domain::{Currency, Leg, Money, Phase};

use crate::reconcile::{Kind, claims::leg_status, gauges::Facts};

/// The facts of one resource.
pub(super) fn facts(object: &FabricConnection) -> Facts {
    let Some(status) = &object.status else {
        return Facts { phase: Phase::Pending.into(), since: None, stalled: None, monthly: None };
    };
    let legs = || Leg::BOTH.into_iter().filter_map(|leg| leg_status(object, leg));
    let moved = legs().filter_map(|leg| leg.since.as_ref()).map(|at| at.0).max();
    let is_billed = legs().any(|leg| leg.uuid.is_some() && leg.ended_at.is_none());
    let general = Facts::of(FabricConnection::conditions(status));
    Facts {
        phase: phase(status),
        since: moved.or(general.since),
        stalled: general.stalled,
        monthly: is_billed.then(|| price(status)).flatten(),
    }
}

/// The phase, as one of the words of [`Phase`].
fn phase(status: &FabricConnectionStatus) -> &'static str {
    let word = status.phase.as_deref().unwrap_or(Phase::Pending.into());
    Phase::iter().find(|phase| <&str>::from(*phase) == word).unwrap_or(Phase::Unknown).into()
}

fn price(status: &FabricConnectionStatus) -> Option<Money> {
    let price = status.monthly_price.as_ref()?;
    Money::parse(&price.amount, Currency::parse(&price.currency).ok()?).ok()
}
