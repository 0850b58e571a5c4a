//! The name, type, labels and help text of every metric.
//!
//! The registry and the reference page both come from this table. It must not hold values.

/// The type of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "lowercase")]
pub enum MetricType {
    /// Only increases.
    Counter,
    /// Increases and decreases.
    Gauge,
    /// Counts observations by size.
    Histogram,
}

/// A metric as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Description {
    /// Its name, as scraped.
    pub name: &'static str,
    /// Its type.
    pub kind: MetricType,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// Its help text, without a trailing full stop.
    pub help: &'static str,
}

macro_rules! descriptions {
    ($($id:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            pub(super) const $id: Description = Description {
                name: concat!("fabric_operator_", $name),
                kind: MetricType::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )+
        /// All metrics.
        pub const DESCRIPTIONS: &[Description] = &[$($id),+];
    };
}

descriptions! {
    BUILD = Gauge "build_info" ["version"]
        "Always 1; the version is the label";
    LEADER = Gauge "leader" []
        "1 while this process leads, or runs without leader election; else 0";
    PASSES = Counter "reconcile_total" ["kind", "step", "result"]
        "Reconciles, by the step that they took";
    PASS_SECONDS = Histogram "reconcile_seconds" ["kind"]
        "Duration of reconciles";
    FAILURES = Counter "reconcile_errors_total" ["kind", "category"]
        "Reconciles that failed at the API server; a refusal by Equinix is not such a failure";
    REQUESTS = Counter "provider_requests_total" ["dialect", "operation", "code"]
        "Requests to Equinix, sign-ins and retries included, by HTTP status or by why there was none";
    REQUEST_SECONDS = Histogram "provider_seconds" ["dialect", "operation"]
        "Duration of requests to Equinix, without the wait for the rate limiter";
    WAIT_SECONDS = Histogram "provider_wait_seconds" ["dialect"]
        "How long requests waited before they were sent: for the account's rate limiter, or for Equinix's Retry-After";
    TOKEN_END = Gauge "token_expiry_timestamp_seconds" []
        "When the first of the access tokens in use expires, in seconds since 1970; absent without one";
    OBJECTS = Gauge "objects" ["kind", "phase"]
        "Resources by phase";
    STALLED = Gauge "objects_stalled" ["kind", "reason"]
        "Resources that wait for someone to act, by the reason of their condition Stalled";
    LONGEST = Gauge "time_in_state_seconds" ["kind", "phase"]
        "How long the longest waiting resource of this phase has been in its current state";
    OVERDUE = Gauge "objects_overdue" ["kind", "phase"]
        "Resources that have been in their current state for longer than is usual: hours where machines work, a week for an approval";
    DIFFERING = Gauge "objects_out_of_sync" ["kind"]
        "Resources whose condition InSync is False: what exists at Equinix differs from the spec";
    ORDERS = Counter "orders_total" ["result"]
        "Orders sent, by their result";
    CANCELLATIONS = Counter "cancellations_total" ["result"]
        "Cancellations sent, by their result";
    ADOPTED = Counter "lost_orders_adopted_total" []
        "Connections found and adopted after the answer to their order was lost";
    READY_SECONDS = Histogram "time_to_ready_seconds" []
        "How long connections took from their order until they were in service for the first time";
    MONTHLY = Gauge "monthly_price" ["currency"]
        "What the ordered connections cost a month, before taxes, where Equinix named a price";
    NAMESPACE_MONTHLY = Gauge "namespace_monthly_price" ["namespace", "currency"]
        "The same by namespace; only with --namespace-metrics";
}

impl Description {
    /// The name to register: the registry adds the prefix, and `_total` to counters.
    pub(super) fn registered(&self) -> &'static str {
        let name = self.name.trim_start_matches("fabric_operator_");
        match self.kind {
            MetricType::Counter => name.trim_end_matches("_total"),
            MetricType::Gauge | MetricType::Histogram => name,
        }
    }
}
