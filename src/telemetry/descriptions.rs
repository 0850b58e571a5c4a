//! Every metric by name: what the registry is filled from, and what the reference page is made of.

/// What a metric counts with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum Type {
    /// Only grows.
    Counter,
    /// Goes up and down.
    Gauge,
    /// Counts by size.
    Histogram,
}

/// A metric as it is documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Described {
    /// Its name, as it is scraped.
    pub name: &'static str,
    /// What it counts with.
    pub kind: Type,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it says, without a trailing stop.
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($id:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            pub(super) const $id: Described = Described {
                name: concat!("fabric_operator_", $name),
                kind: Type::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )+
        /// All metrics.
        pub const CATALOGUE: &[Described] = &[$($id),+];
    };
}

catalogue! {
    BUILD = Gauge "build_info" ["version"]
        "Always 1; the version is the label";
    LEADER = Gauge "leader" []
        "1 while this process leads, or runs without leader election; else 0";
    PASSES = Counter "reconcile_total" ["kind", "step", "result"]
        "Passes over resources, by the step that was taken";
    PASS_SECONDS = Histogram "reconcile_seconds" ["kind"]
        "How long passes took";
    FAILURES = Counter "reconcile_errors_total" ["kind", "category"]
        "Passes that the API server did not let end; what the provider refuses is no such error";
    REQUESTS = Counter "provider_requests_total" ["dialect", "operation", "code"]
        "Requests to Equinix, sign-ins and repeats included, by HTTP status or by why there was none";
    REQUEST_SECONDS = Histogram "provider_seconds" ["dialect", "operation"]
        "How long requests to Equinix took, without the wait for their turn";
    WAIT_SECONDS = Histogram "provider_wait_seconds" ["dialect"]
        "How long requests waited for their turn: the account's pace, or Equinix's Retry-After";
    TOKEN_END = Gauge "token_expiry_timestamp_seconds" []
        "When the first of the access tokens in use ends, in seconds since 1970; absent without one";
    OBJECTS = Gauge "objects" ["kind", "phase"]
        "Resources by phase";
    STALLED = Gauge "objects_stalled" ["kind", "reason"]
        "Resources that wait for somebody to act, by the reason of their condition Stalled";
    LONGEST = Gauge "time_in_state_seconds" ["kind", "phase"]
        "Of the resources in this phase, how long the one that has stood still the longest has done so";
    ORDERS = Counter "orders_total" ["result"]
        "Orders that were sent, by what was heard of them";
    CANCELLATIONS = Counter "cancellations_total" ["result"]
        "Cancellations that were sent, by what was heard of them";
    ADOPTED = Counter "lost_orders_adopted_total" []
        "Lines found and taken up after the answer to their order was lost";
    MONTHLY = Gauge "monthly_price" ["currency"]
        "What the lines that exist cost a month, before taxes, as far as Equinix named a price";
}

impl Described {
    /// The name that the registry is given: it adds the prefix, and to counters what ends them.
    pub(super) fn registered(&self) -> &'static str {
        let name = self.name.trim_start_matches("fabric_operator_");
        match self.kind {
            Type::Counter => name.trim_end_matches("_total"),
            Type::Gauge | Type::Histogram => name,
        }
    }
}
