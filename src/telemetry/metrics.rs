//! The metrics themselves.
//!
//! Counters grow where things happen; what there is, is counted anew with every scrape.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use jiff::Timestamp;
use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};
use tokio::time::Instant;

use fabric_client::{self, HttpMetrics, HttpOutcome};
use fabric_domain::Money;

use crate::telemetry::{
    catalogue::{self, Described},
    labels::{
        Currency, Dialect, Failure, Kind, Operation, Passed, Phase, Request, Sent, Stalled, Version,
    },
};

/// Upper ends of what a pass, a request, and a wait may take, in seconds.
const PASS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];
const REQUEST: [f64; 10] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const WAIT: [f64; 9] = [0.005, 0.05, 0.25, 1.0, 5.0, 20.0, 60.0, 300.0, 3600.0];

/// Of a metric that is not always there.
type Unlabelled = [(&'static str, &'static str); 0];

/// What was heard of something that was sent to the provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr, strum::VariantNames)]
#[strum(serialize_all = "lowercase")]
pub enum Outcome {
    /// It was taken.
    Taken,
    /// A no, or nobody was reached.
    Refused,
    /// The answer was lost: it may have been taken.
    Unknown,
}

impl Outcome {
    /// What an answer says.
    pub fn of<T>(answer: &Result<T, fabric_client::Error>) -> Self {
        match answer {
            Ok(_) | Err(fabric_client::Error::Gone(_)) => Self::Taken,
            Err(error) if error.may_have_arrived() => Self::Unknown,
            Err(_) => Self::Refused,
        }
    }
}

/// Resources in one phase.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Group {
    /// How many.
    pub count: u32,
    /// How long the one that did not move for the longest time has not moved.
    pub longest: Duration,
}

/// What there is.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Census {
    /// Resources by kind and phase.
    pub objects: BTreeMap<(&'static str, &'static str), Group>,
    /// Stalled resources by kind and reason.
    pub stalled: BTreeMap<(&'static str, &'static str), u32>,
    /// What all lines cost a month, by currency.
    pub monthly: BTreeMap<String, Money>,
    /// When the first of the tokens in use ends.
    pub token_end: Option<Timestamp>,
}

type Count = Box<dyn Fn() -> Census + Send + Sync>;

/// All metrics of a process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Families>);

struct Families {
    registry: Registry,
    leader: Gauge,
    passes: Family<Passed, Counter>,
    pass_seconds: Family<Kind, Histogram>,
    failures: Family<Failure, Counter>,
    requests: Family<Request, Counter>,
    request_seconds: Family<Operation, Histogram>,
    wait_seconds: Family<Dialect, Histogram>,
    orders: Family<Sent, Counter>,
    cancellations: Family<Sent, Counter>,
    adopted: Counter,
    token_end: Family<Unlabelled, Gauge>,
    objects: Family<Phase, Gauge>,
    stalled: Family<Stalled, Gauge>,
    longest: Family<Phase, Gauge>,
    monthly: Family<Currency, Gauge<f64, AtomicU64>>,
    /// Held while a scrape is answered: the gauges of the census are emptied and filled again.
    count: Mutex<Option<Count>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("fabric_operator");
        let build = Family::<Version, Gauge>::default();
        build.get_or_create(&Version { version: env!("CARGO_PKG_VERSION") }).set(1);
        put(&mut registry, &catalogue::BUILD, build);
        let passes = Family::<Kind, Histogram>::new_with_constructor(|| Histogram::new(PASS));
        let requests =
            Family::<Operation, Histogram>::new_with_constructor(|| Histogram::new(REQUEST));
        let waits = Family::<Dialect, Histogram>::new_with_constructor(|| Histogram::new(WAIT));
        let families = Families {
            leader: put(&mut registry, &catalogue::LEADER, Gauge::default()),
            passes: put(&mut registry, &catalogue::PASSES, Family::default()),
            pass_seconds: put(&mut registry, &catalogue::PASS_SECONDS, passes),
            failures: put(&mut registry, &catalogue::FAILURES, Family::default()),
            requests: put(&mut registry, &catalogue::REQUESTS, Family::default()),
            request_seconds: put(&mut registry, &catalogue::REQUEST_SECONDS, requests),
            wait_seconds: put(&mut registry, &catalogue::WAIT_SECONDS, waits),
            orders: put(&mut registry, &catalogue::ORDERS, Family::default()),
            cancellations: put(&mut registry, &catalogue::CANCELLATIONS, Family::default()),
            adopted: put(&mut registry, &catalogue::ADOPTED, Counter::default()),
            token_end: put(&mut registry, &catalogue::TOKEN_END, Family::default()),
            objects: put(&mut registry, &catalogue::OBJECTS, Family::default()),
            stalled: put(&mut registry, &catalogue::STALLED, Family::default()),
            longest: put(&mut registry, &catalogue::LONGEST, Family::default()),
            monthly: put(&mut registry, &catalogue::MONTHLY, Family::default()),
            count: Mutex::default(),
            registry,
        };
        // A rate can be told only of what was there before it grew.
        for outcome in [Outcome::Taken, Outcome::Refused, Outcome::Unknown] {
            families.orders.get_or_create_owned(&Sent { result: outcome.into() });
            families.cancellations.get_or_create_owned(&Sent { result: outcome.into() });
        }
        Self(Arc::new(families))
    }
}

fn put<M: Metric + Clone>(registry: &mut Registry, described: &Described, metric: M) -> M {
    registry.register(described.registered(), described.help, metric.clone());
    metric
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// Whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.0.leader.set(leads.into());
    }

    /// Has what there is counted by `count`, with every scrape from now on.
    pub fn count_by(&self, count: impl Fn() -> Census + Send + Sync + 'static) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(count));
    }

    /// A pass over a resource of `kind` begins.
    pub fn pass(&self, kind: &'static str) -> Pass {
        let (metrics, began) = (self.clone(), Instant::now());
        Pass { metrics, kind, step: Pass::OBSERVE, began }
    }

    /// What was heard of an order.
    pub fn ordered(&self, outcome: Outcome) {
        self.0.orders.get_or_create(&Sent { result: outcome.into() }).inc();
    }

    /// What was heard of a cancellation.
    pub fn cancelled(&self, outcome: Outcome) {
        self.0.cancellations.get_or_create(&Sent { result: outcome.into() }).inc();
    }

    /// A line was found whose order's answer was lost.
    pub fn adopted(&self) {
        self.0.adopted.inc();
    }

    /// What is told of the calls to an API of `dialect`.
    pub fn provider(&self, dialect: &'static str) -> ProviderMeter {
        ProviderMeter { metrics: self.clone(), dialect }
    }

    /// Everything, in the `OpenMetrics` text format.
    pub fn scrape(&self) -> String {
        let families = &*self.0;
        let count = families.count.lock().unwrap_or_else(PoisonError::into_inner);
        families.fill(&count.as_ref().map(|count| count()).unwrap_or_default());
        let mut text = String::new();
        // Writing to a String does not fail.
        let _ = text::encode(&mut text, &families.registry);
        text
    }
}

impl Families {
    fn fill(&self, census: &Census) {
        self.token_end.clear();
        if let Some(end) = census.token_end {
            self.token_end.get_or_create(&[]).set(end.as_second());
        }
        self.objects.clear();
        self.longest.clear();
        for (&(kind, phase), group) in &census.objects {
            let phase = Phase { kind, phase };
            self.objects.get_or_create(&phase).set(group.count.into());
            let longest = i64::try_from(group.longest.as_secs()).unwrap_or(i64::MAX);
            self.longest.get_or_create(&phase).set(longest);
        }
        self.stalled.clear();
        for (&(kind, reason), count) in &census.stalled {
            self.stalled.get_or_create(&Stalled { kind, reason }).set((*count).into());
        }
        self.monthly.clear();
        for (currency, amount) in &census.monthly {
            let amount = amount.amount().parse().unwrap_or(f64::NAN);
            self.monthly.get_or_create(&Currency { currency: currency.clone() }).set(amount);
        }
    }
}

/// A pass that is under way.
#[derive(Debug)]
pub struct Pass {
    metrics: Metrics,
    kind: &'static str,
    step: &'static str,
    began: Instant,
}

impl Pass {
    /// The step of a pass that ended before anything was decided.
    pub const OBSERVE: &'static str = "Observe";

    /// What it does, as its span and the log say it, too.
    pub fn takes(&mut self, step: impl Into<&'static str>) {
        self.step = step.into();
        tracing::Span::current().record("step", self.step);
        tracing::debug!(step = self.step, "pass");
    }

    /// It has ended, or failed for a reason of this category.
    pub fn ended(self, outcome: Result<(), &'static str>) {
        let Self { metrics, kind, step, began } = self;
        let result = if outcome.is_ok() { "ok" } else { "error" };
        metrics.0.passes.get_or_create(&Passed { kind, step, result }).inc();
        if let Err(category) = outcome {
            metrics.0.failures.get_or_create(&Failure { kind, category }).inc();
        }
        let seconds = began.elapsed().as_secs_f64();
        metrics.0.pass_seconds.get_or_create(&Kind { kind }).observe(seconds);
    }
}

/// The calls to APIs of one dialect.
#[derive(Debug, Clone)]
pub struct ProviderMeter {
    metrics: Metrics,
    dialect: &'static str,
}

impl HttpMetrics for ProviderMeter {
    fn exchanged(&self, operation: &'static str, ending: HttpOutcome, took: Duration) {
        let (dialect, code) = (self.dialect, ending.code());
        let request = Request { dialect, operation, code };
        self.metrics.0.requests.get_or_create(&request).inc();
        let operation = Operation { dialect, operation };
        self.metrics.0.request_seconds.get_or_create(&operation).observe(took.as_secs_f64());
    }

    fn waited(&self, pause: Duration) {
        let dialect = Dialect { dialect: self.dialect };
        self.metrics.0.wait_seconds.get_or_create(&dialect).observe(pause.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::telemetry::{CATALOGUE, Type};

    /// Metrics of which each was told something.
    fn told() -> Metrics {
        let metrics = Metrics::default();
        metrics.leads(true);
        let mut pass = metrics.pass("FabricConnection");
        pass.takes("Order");
        pass.ended(Err("conflict"));
        metrics.adopted();
        let meter = metrics.provider("FabricV4");
        meter.exchanged("order", HttpOutcome::Answered(201), Duration::from_secs(1));
        meter.waited(Duration::ZERO);
        let usd = fabric_domain::Currency::parse("USD").unwrap();
        let price = Money::parse("250.5", usd).unwrap();
        metrics.count_by(move || Census {
            objects: [(
                ("FabricConnection", "Ready"),
                Group { count: 2, longest: Duration::from_secs(7) },
            )]
            .into(),
            stalled: [(("FabricConnection", "PortNotFound"), 1)].into(),
            monthly: [("USD".to_owned(), price)].into(),
            token_end: Timestamp::from_second(1_800_000_000).ok(),
        });
        metrics
    }

    /// The names of the labels of a sample, `le` of a histogram's buckets aside.
    fn labels(sample: &str) -> BTreeSet<&str> {
        let inside = sample.split_once('{').and_then(|(_, rest)| rest.split_once('}'));
        let pairs = inside.map(|(inside, _)| inside.split(',')).into_iter().flatten();
        pairs
            .filter_map(|pair| Some(pair.split_once('=')?.0))
            .filter(|name| *name != "le")
            .collect()
    }

    #[test]
    fn what_is_scraped_is_what_the_catalogue_says() {
        let text = told().scrape();
        let types: BTreeSet<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert_eq!(types.len(), CATALOGUE.len(), "{text}");
        for Described { name, kind, labels: expected, help } in CATALOGUE {
            let family =
                if *kind == Type::Counter { name.trim_end_matches("_total") } else { name };
            let kind: &str = kind.into();
            assert!(types.contains(format!("{family} {kind}").as_str()), "{name}: {text}");
            assert!(text.contains(&format!("# HELP {family} {help}.\n")), "{name}: {text}");
            let mut samples =
                text.lines().filter(|line| line.starts_with(family) && !line.starts_with('#'));
            let samples: Vec<&str> = samples
                .by_ref()
                .filter(|line| {
                    let sample = line.split(['{', ' ']).next().unwrap_or_default();
                    let ends = ["", "_total", "_sum", "_count", "_bucket"];
                    ends.iter().any(|end| sample == format!("{family}{end}"))
                })
                .collect();
            assert!(!samples.is_empty(), "{name} has no sample: {text}");
            for sample in samples {
                assert_eq!(labels(sample), expected.iter().copied().collect(), "{sample}");
            }
        }
    }

    #[test]
    fn a_scrape_shows_what_there_is_now() {
        let metrics = told();
        let text = metrics.scrape();
        for line in [
            r#"fabric_operator_objects{kind="FabricConnection",phase="Ready"} 2"#,
            r#"fabric_operator_time_in_state_seconds{kind="FabricConnection",phase="Ready"} 7"#,
            r#"fabric_operator_monthly_price{currency="USD"} 250.5"#,
            "fabric_operator_token_expiry_timestamp_seconds{} 1800000000",
            r#"fabric_operator_provider_requests_total{dialect="FabricV4",operation="order",code="201"} 1"#,
            r#"fabric_operator_orders_total{result="unknown"} 0"#,
            "fabric_operator_leader 1",
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in {text}");
        }
        metrics.count_by(Census::default);
        let text = metrics.scrape();
        for gone in ["fabric_operator_objects{", "monthly_price{", "expiry_timestamp_seconds{}"] {
            assert!(!text.contains(gone), "{gone} in {text}");
        }
    }
}
