//! What the lines of a resource cost a month, and whether that is too much.
//!
//! Reads at the provider. No price is no obstacle unless the spec sets a limit.

use fabric_api::{FabricConnection, MaxMonthlyPrice, PriceUnknown, Reason};
use fabric_client::Error;
use fabric_domain::{Currency, Invalid, Mbps, Money, Order, PortId, Quote, ZSide};

use crate::{
    account::{
        grants::{AccountUse, Granted, PriceUse},
        session::Session,
    },
    connection::resolve::Desired,
    reconcile::problem::Problem,
};

/// The price of all connections of an order; a problem if the spec forbids it, or if no grant covers
/// the order at that price.
pub(in crate::connection) async fn affordable(
    object: &FabricConnection,
    desired: &Desired,
    granted: &Granted,
    session: &Session,
) -> Result<Option<Money>, Problem> {
    let limit = object.spec.max_monthly_price.as_ref();
    let price = match ask(&desired.order, session).await {
        Ok(price) => price,
        Err(error) if limit.is_some() || granted.limits_price() => {
            return Err(Problem::reading("asking for the price", &object.spec.account, &error));
        }
        Err(error) => {
            tracing::debug!(%error, "the price is not known");
            None
        }
    };
    let asked = AccountUse {
        price: price.map_or(PriceUse::Unknown, PriceUse::Known),
        ..desired.asked.clone()
    };
    let problems = [granted.objection(&asked), limit.and_then(|limit| over(limit, price))];
    match Problem::all(&problems.into_iter().flatten().collect::<Vec<_>>()) {
        Some(problem) => Err(problem),
        None => Ok(price),
    }
}

/// The price of all lines of an order, if the provider names one.
pub(in crate::connection) async fn ask(
    order: &Order,
    session: &Session,
) -> Result<Option<Money>, Error> {
    let secondary = order.secondary.as_ref().map(|leg| (&leg.a_side.port, &leg.z_side));
    let legs = [(&order.a_side.port, &order.z_side)].into_iter().chain(secondary);
    let mut total: Option<Money> = None;
    for (port, z_side) in legs {
        let Some(quote) = quote(port, z_side, order.bandwidth) else { return Ok(None) };
        let Some(price) = session.reads.price(&quote).await? else { return Ok(None) };
        total = match total {
            None => Some(price),
            Some(before) => match before.plus(price) {
                None => return Ok(None),
                sum => sum,
            },
        };
    }
    Ok(total)
}

/// The price to ask for; `None` where the metro of the Z side is not known before the order.
fn quote(port: &PortId, z_side: &ZSide, bandwidth: Mbps) -> Option<Quote> {
    let (metro, profile) = match z_side {
        ZSide::Profile { profile, metro, .. } => (*metro, Some(profile.clone())),
        ZSide::Port { metro, profile, .. } => ((*metro)?, profile.clone()),
        ZSide::Invitation { metro, .. } => (*metro, None),
        ZSide::Token(_) => return None,
    };
    Some(Quote { port: port.clone(), bandwidth, metro, profile })
}

/// The limit that the spec sets.
pub(super) fn most(limit: &MaxMonthlyPrice) -> Result<Money, Invalid> {
    Currency::parse(&limit.currency).and_then(|currency| Money::parse(&limit.amount, currency))
}

/// What speaks against ordering at `price` under `limit`.
fn over(limit: &MaxMonthlyPrice, price: Option<Money>) -> Option<Problem> {
    let most = match most(limit) {
        Ok(most) => most,
        Err(invalid) => {
            let message = format!("spec.maxMonthlyPrice: {invalid}");
            return Some(Problem::stalled(Reason::InvalidSpec, message));
        }
    };
    let (reason, message) = match (price, limit.when_unknown) {
        (None, PriceUnknown::Order) => return None,
        (None, PriceUnknown::Refuse) => (
            Reason::PriceUnknown,
            "the provider names no price, so spec.maxMonthlyPrice cannot be kept; remove it, or set spec.maxMonthlyPrice.whenUnknown to Order".to_owned(),
        ),
        (Some(price), _) => match price.exceeds(most) {
            Some(false) => return None,
            Some(true) => (
                Reason::PriceAboveLimit,
                format!("the price is {price} a month, above the {most} of spec.maxMonthlyPrice; raise the limit, or lower spec.bandwidthMbps"),
            ),
            None => (
                Reason::PriceUnknown,
                format!("the price is {price} a month, and spec.maxMonthlyPrice, {most}, cannot be compared with it; give it in {}", price.currency.as_str()),
            ),
        },
    };
    Some(Problem::stalled(reason, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limit(amount: &str, currency: &str, when_unknown: PriceUnknown) -> MaxMonthlyPrice {
        MaxMonthlyPrice { amount: amount.into(), currency: currency.into(), when_unknown }
    }

    #[test]
    fn nothing_is_ordered_above_the_limit_or_at_a_price_that_cannot_be_held_against_it() {
        let usd = |amount| Money::parse(amount, Currency::parse("USD").unwrap()).ok();
        let judge = |limit: MaxMonthlyPrice, price| over(&limit, price).map(|p| p.reason);
        let refuse = |amount, currency| limit(amount, currency, PriceUnknown::Refuse);
        let order = |amount, currency| limit(amount, currency, PriceUnknown::Order);
        assert_eq!(judge(refuse("230", "USD"), usd("230.0")), None);
        let above = Some(Reason::PriceAboveLimit);
        assert_eq!(judge(refuse("229.99", "USD"), usd("230.0")), above);
        assert_eq!(judge(order("229.99", "USD"), usd("230.0")), above);
        let unknown = Some(Reason::PriceUnknown);
        assert_eq!(judge(refuse("230", "USD"), None), unknown);
        assert_eq!(judge(order("230", "USD"), None), None);
        assert_eq!(judge(refuse("999", "CHF"), usd("1")), unknown);
        assert_eq!(judge(order("999", "CHF"), usd("1")), unknown);
    }
}
