//! The metrics of a process.
//!
//! Counters increase where events happen; a scrape counts the resources anew. No function here may
//! take a label from an object or an answer, but for the namespaces that an administrator asks for.

use std::{
    fmt,
    sync::{Arc, Mutex, PoisonError, atomic::AtomicU64},
    time::Duration,
};

use prometheus_client::{
    encoding::text,
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Metric, Registry},
};
use tokio::time::Instant;

use fabric_client::{self, HttpMetrics, HttpOutcome};
use fabric_domain::Money;

use crate::telemetry::{
    census::Census,
    descriptions::{self, Description},
    labels::{
        Answer, CurrencyLabels, DialectLabels, FailureLabels, KindLabels, NamespaceCurrencyLabels,
        OperationLabels, PassLabels, PhaseLabels, RequestLabels, ResultLabels, StalledLabels,
        VersionLabels,
    },
};

/// Upper bounds of the histogram buckets of passes, requests, waits and orders, in seconds.
const PASS: [f64; 11] = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0];
const REQUEST: [f64; 10] = [0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0];
const WAIT: [f64; 9] = [0.005, 0.05, 0.25, 1.0, 5.0, 20.0, 60.0, 300.0, 3600.0];
/// From a minute to a month.
const READY: [f64; 10] =
    [60.0, 300.0, 900.0, 3600.0, 14400.0, 86400.0, 259_200.0, 604_800.0, 1_209_600.0, 2_592_000.0];

/// The labels of a metric that can be absent.
type Unlabelled = [(&'static str, &'static str); 0];

type Count = Box<dyn Fn() -> Census + Send + Sync>;

/// All metrics of a process. Clones share them.
#[derive(Clone)]
pub struct Metrics(Arc<Families>);

struct Families {
    registry: Registry,
    leader: Gauge,
    passes: Family<PassLabels, Counter>,
    pass_seconds: Family<KindLabels, Histogram>,
    failures: Family<FailureLabels, Counter>,
    requests: Family<RequestLabels, Counter>,
    request_seconds: Family<OperationLabels, Histogram>,
    wait_seconds: Family<DialectLabels, Histogram>,
    orders: Family<ResultLabels, Counter>,
    cancellations: Family<ResultLabels, Counter>,
    adopted: Counter,
    token_end: Family<Unlabelled, Gauge>,
    objects: Family<PhaseLabels, Gauge>,
    stalled: Family<StalledLabels, Gauge>,
    longest: Family<PhaseLabels, Gauge>,
    overdue: Family<PhaseLabels, Gauge>,
    differing: Family<KindLabels, Gauge>,
    ready_seconds: Histogram,
    monthly: Family<CurrencyLabels, Gauge<f64, AtomicU64>>,
    namespace_monthly: Family<NamespaceCurrencyLabels, Gauge<f64, AtomicU64>>,
    /// Locked during a scrape, which clears the gauges of the census and fills them again.
    count: Mutex<Option<Count>>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("fabric_operator");
        let build = Family::<VersionLabels, Gauge>::default();
        build.get_or_create(&VersionLabels { version: env!("CARGO_PKG_VERSION") }).set(1);
        put(&mut registry, &descriptions::BUILD, build);
        let passes = Family::<KindLabels, Histogram>::new_with_constructor(|| Histogram::new(PASS));
        let requests =
            Family::<OperationLabels, Histogram>::new_with_constructor(|| Histogram::new(REQUEST));
        let waits =
            Family::<DialectLabels, Histogram>::new_with_constructor(|| Histogram::new(WAIT));
        let families = Families {
            leader: put(&mut registry, &descriptions::LEADER, Gauge::default()),
            passes: put(&mut registry, &descriptions::PASSES, Family::default()),
            pass_seconds: put(&mut registry, &descriptions::PASS_SECONDS, passes),
            failures: put(&mut registry, &descriptions::FAILURES, Family::default()),
            requests: put(&mut registry, &descriptions::REQUESTS, Family::default()),
            request_seconds: put(&mut registry, &descriptions::REQUEST_SECONDS, requests),
            wait_seconds: put(&mut registry, &descriptions::WAIT_SECONDS, waits),
            orders: put(&mut registry, &descriptions::ORDERS, Family::default()),
            cancellations: put(&mut registry, &descriptions::CANCELLATIONS, Family::default()),
            adopted: put(&mut registry, &descriptions::ADOPTED, Counter::default()),
            token_end: put(&mut registry, &descriptions::TOKEN_END, Family::default()),
            objects: put(&mut registry, &descriptions::OBJECTS, Family::default()),
            stalled: put(&mut registry, &descriptions::STALLED, Family::default()),
            longest: put(&mut registry, &descriptions::LONGEST, Family::default()),
            overdue: put(&mut registry, &descriptions::OVERDUE, Family::default()),
            differing: put(&mut registry, &descriptions::DIFFERING, Family::default()),
            ready_seconds: put(&mut registry, &descriptions::READY_SECONDS, Histogram::new(READY)),
            monthly: put(&mut registry, &descriptions::MONTHLY, Family::default()),
            namespace_monthly: put(
                &mut registry,
                &descriptions::NAMESPACE_MONTHLY,
                Family::default(),
            ),
            count: Mutex::default(),
            registry,
        };
        // Prometheus computes a rate only from a counter that exists before it increases.
        for answer in [Answer::Taken, Answer::Refused, Answer::Unknown] {
            families.orders.get_or_create_owned(&ResultLabels { result: answer.into() });
            families.cancellations.get_or_create_owned(&ResultLabels { result: answer.into() });
        }
        Self(Arc::new(families))
    }
}

fn put<M: Metric + Clone>(registry: &mut Registry, description: &Description, metric: M) -> M {
    registry.register(description.registered(), description.help, metric.clone());
    metric
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Metrics")
    }
}

impl Metrics {
    /// A connection came into service for the first time, so long after its order.
    pub(crate) fn came_into_service(&self, took: Duration) {
        self.0.ready_seconds.observe(took.as_secs_f64());
    }

    /// Sets whether this process leads.
    pub fn leads(&self, leads: bool) {
        self.0.leader.set(leads.into());
    }

    /// Has every scrape from now on count the resources by `count`.
    pub fn count_by(&self, count: impl Fn() -> Census + Send + Sync + 'static) {
        *self.0.count.lock().unwrap_or_else(PoisonError::into_inner) = Some(Box::new(count));
    }

    /// Starts to measure a pass over a resource of `kind`.
    pub fn pass(&self, kind: &'static str) -> PassTimer {
        let (metrics, began) = (self.clone(), Instant::now());
        PassTimer { metrics, kind, step: PassTimer::OBSERVE, began, result: PassTimer::CANCELLED }
    }

    /// Counts an order by its answer.
    pub fn ordered(&self, answer: Answer) {
        self.0.orders.get_or_create(&ResultLabels { result: answer.into() }).inc();
    }

    /// Counts a cancellation by its answer.
    pub fn cancelled(&self, answer: Answer) {
        self.0.cancellations.get_or_create(&ResultLabels { result: answer.into() }).inc();
    }

    /// Counts a connection that was found after the answer to its order was lost.
    pub fn adopted(&self) {
        self.0.adopted.inc();
    }

    /// Measures the requests to an API of `dialect`.
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
        self.overdue.clear();
        for (&(kind, phase), group) in &census.objects {
            let phase = PhaseLabels { kind, phase };
            self.objects.get_or_create(&phase).set(group.count.into());
            let longest = i64::try_from(group.longest.as_secs()).unwrap_or(i64::MAX);
            self.longest.get_or_create(&phase).set(longest);
            self.overdue.get_or_create(&phase).set(group.overdue.into());
        }
        self.differing.clear();
        for (&kind, count) in &census.differing {
            self.differing.get_or_create(&KindLabels { kind }).set((*count).into());
        }
        self.stalled.clear();
        for (&(kind, reason), count) in &census.stalled {
            self.stalled.get_or_create(&StalledLabels { kind, reason }).set((*count).into());
        }
        self.monthly.clear();
        let number = |money: &Money| money.amount().parse().unwrap_or(f64::NAN);
        for (currency, amount) in &census.monthly {
            let labels = CurrencyLabels { currency: currency.clone() };
            self.monthly.get_or_create(&labels).set(number(amount));
        }
        self.namespace_monthly.clear();
        for ((namespace, currency), amount) in &census.namespace_monthly {
            let (namespace, currency) = (namespace.clone(), currency.clone());
            let labels = NamespaceCurrencyLabels { namespace, currency };
            self.namespace_monthly.get_or_create(&labels).set(number(amount));
        }
    }
}

/// Measures one pass. It is timed and counted when this is dropped, whatever path ends the pass.
#[derive(Debug)]
pub struct PassTimer {
    metrics: Metrics,
    kind: &'static str,
    step: &'static str,
    began: Instant,
    result: &'static str,
}

impl PassTimer {
    /// The step of a pass that ended before it planned one.
    pub const OBSERVE: &'static str = "Observe";
    /// The results of passes, as the label `result`.
    pub const RESULTS: [&'static str; 3] = [Self::OK, Self::ERROR, Self::CANCELLED];
    const OK: &'static str = "ok";
    const ERROR: &'static str = "error";
    const CANCELLED: &'static str = "cancelled";

    /// Sets the step that the pass takes; the span and the log show it, too.
    pub fn takes(&mut self, step: impl Into<&'static str>) {
        self.step = step.into();
        tracing::Span::current().record("step", self.step);
        tracing::debug!(step = self.step, "pass");
    }

    /// Sets the result of the pass: its end, or the category of the error that kept it from ending.
    /// A pass that is dropped without a result was cancelled.
    pub fn ended(mut self, result: Result<(), &'static str>) {
        self.result = match result {
            Ok(()) => Self::OK,
            Err(category) => {
                let failure = FailureLabels { kind: self.kind, category };
                self.metrics.0.failures.get_or_create(&failure).inc();
                Self::ERROR
            }
        };
    }
}

impl Drop for PassTimer {
    fn drop(&mut self) {
        let (families, Self { kind, step, result, .. }) = (&self.metrics.0, &*self);
        families.passes.get_or_create(&PassLabels { kind, step, result }).inc();
        let seconds = self.began.elapsed().as_secs_f64();
        families.pass_seconds.get_or_create(&KindLabels { kind }).observe(seconds);
    }
}

/// Measures the requests to APIs of one dialect.
#[derive(Debug, Clone)]
pub struct ProviderMeter {
    metrics: Metrics,
    dialect: &'static str,
}

impl HttpMetrics for ProviderMeter {
    fn exchanged(&self, operation: &'static str, ending: HttpOutcome, took: Duration) {
        let (dialect, code) = (self.dialect, ending.code());
        let request = RequestLabels { dialect, operation, code };
        self.metrics.0.requests.get_or_create(&request).inc();
        let operation = OperationLabels { dialect, operation };
        self.metrics.0.request_seconds.get_or_create(&operation).observe(took.as_secs_f64());
    }

    fn waited(&self, pause: Duration) {
        let dialect = DialectLabels { dialect: self.dialect };
        self.metrics.0.wait_seconds.get_or_create(&dialect).observe(pause.as_secs_f64());
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;

    use super::*;
    use crate::telemetry::{DESCRIPTIONS, Group, MetricType};

    /// Metrics of which each has a sample.
    fn sampled() -> Metrics {
        let metrics = Metrics::default();
        metrics.leads(true);
        let mut pass = metrics.pass("FabricConnection");
        pass.takes("Order");
        pass.ended(Err("conflict"));
        metrics.adopted();
        metrics.came_into_service(Duration::from_secs(120));
        let meter = metrics.provider("FabricV4");
        meter.exchanged("order", HttpOutcome::Answered(201), Duration::from_secs(1));
        meter.waited(Duration::ZERO);
        let usd = fabric_domain::Currency::parse("USD").unwrap();
        let price = Money::parse("250.5", usd).unwrap();
        metrics.count_by(move || Census {
            objects: [(
                ("FabricConnection", "Ready"),
                Group { count: 2, longest: Duration::from_secs(7), overdue: 1 },
            )]
            .into(),
            stalled: [(("FabricConnection", "PortNotFound"), 1)].into(),
            differing: [("FabricConnection", 1)].into(),
            monthly: [("USD".to_owned(), price)].into(),
            namespace_monthly: [(("network".to_owned(), "USD".to_owned()), price)].into(),
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
    fn what_is_scraped_is_what_the_descriptions_say() {
        let text = sampled().scrape();
        let types: BTreeSet<&str> =
            text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        assert_eq!(types.len(), DESCRIPTIONS.len(), "{text}");
        for Description { name, kind, labels: expected, help } in DESCRIPTIONS {
            let family =
                if *kind == MetricType::Counter { name.trim_end_matches("_total") } else { name };
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
    fn a_pass_is_counted_whatever_path_ends_it() {
        let metrics = Metrics::default();
        metrics.pass("FabricAccount").ended(Ok(()));
        let mut cancelled = metrics.pass("FabricConnection");
        cancelled.takes("Order");
        drop(cancelled);
        let text = metrics.scrape();
        for line in [
            r#"fabric_operator_reconcile_total{kind="FabricAccount",step="Observe",result="ok"} 1"#,
            r#"fabric_operator_reconcile_total{kind="FabricConnection",step="Order",result="cancelled"} 1"#,
            r#"fabric_operator_reconcile_seconds_count{kind="FabricConnection"} 1"#,
        ] {
            assert!(text.lines().any(|l| l == line), "no {line} in {text}");
        }
        assert!(!text.contains("reconcile_errors_total{"), "{text}");
    }

    #[test]
    fn a_scrape_shows_what_there_is_now() {
        let metrics = sampled();
        let text = metrics.scrape();
        for line in [
            r#"fabric_operator_objects{kind="FabricConnection",phase="Ready"} 2"#,
            r#"fabric_operator_time_in_state_seconds{kind="FabricConnection",phase="Ready"} 7"#,
            r#"fabric_operator_monthly_price{currency="USD"} 250.5"#,
            r#"fabric_operator_namespace_monthly_price{namespace="network",currency="USD"} 250.5"#,
            r#"fabric_operator_time_to_ready_seconds_bucket{le="300.0"} 1"#,
            r#"fabric_operator_time_to_ready_seconds_bucket{le="60.0"} 0"#,
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
