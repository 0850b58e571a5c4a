//! What a scrape counts: the resources as they are at that moment.
//!
//! Values only; the informers' stores fill them in.

use std::{collections::BTreeMap, time::Duration};

use jiff::Timestamp;

use fabric_domain::Money;

/// Resources in one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Group {
    /// How many.
    pub count: u32,
    /// How long the longest waiting one has been in its current state.
    pub longest: Duration,
    /// How many have been in this phase for longer than is usual.
    pub overdue: u32,
}

/// The resources of all kinds, counted for one scrape.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Census {
    /// Resources by kind and phase.
    pub objects: BTreeMap<(&'static str, &'static str), Group>,
    /// Stalled resources by kind and reason.
    pub stalled: BTreeMap<(&'static str, &'static str), u32>,
    /// Resources by kind that differ from what exists at the provider.
    pub differing: BTreeMap<&'static str, u32>,
    /// What all ordered connections cost a month, by currency.
    pub monthly: BTreeMap<String, Money>,
    /// The same by namespace and currency, if that is asked for.
    pub namespace_monthly: BTreeMap<(String, String), Money>,
    /// When the first of the tokens in use expires.
    pub token_end: Option<Timestamp>,
}
