//! `docs/metrics.md`: every metric, and the words that its labels take.
//!
//! Made from the catalogue that the registry is filled from, and from the enums behind the labels.

use strum::{IntoEnumIterator, VariantNames};

use fabric_api::Reason;
use fabric_client::{Dialect, HttpOutcome};
use fabric_domain::Phase;

use crate::{
    cli::reference::{ORIGIN, code, table},
    controllers,
    telemetry::{CATALOGUE, Outcome},
};

/// The page.
pub(super) fn page() -> String {
    let metrics = CATALOGUE.iter().map(|metric| {
        let kind: &str = metric.kind.into();
        let labels = code(metric.labels.iter().copied());
        [code([metric.name]), kind.to_owned(), labels, format!("{}.", metric.help)]
    });
    let labels = labels().map(|(name, words, meaning)| [code([name]), words, meaning.to_owned()]);
    [
        format!(
            "# Metrics\n\n{ORIGIN}\n\n\
             `GET /metrics` serves them in the OpenMetrics text format. Dashboards and alerts may rely on these names:\n\
             they are added to, not renamed. No label holds the name of an object or text from elsewhere, so their number\n\
             has a limit. A standby serves the same, but counts no resources: only the leader watches them.\n\n"
        ),
        table(["Metric", "Type", "Labels", "What it says"], metrics),
        "\n## Labels\n\n".to_owned(),
        table(["Label", "Words", "Meaning"], labels),
    ]
    .concat()
}

fn labels() -> impl Iterator<Item = (&'static str, String, &'static str)> {
    let phases = Phase::iter().map(<&str>::from).chain(["NotReady"]);
    let reasons = Reason::iter().filter(|reason| reason.stalls()).map(Reason::as_str);
    let endings =
        [HttpOutcome::NotSent, HttpOutcome::Lost, HttpOutcome::TimedOut].map(HttpOutcome::code);
    let codes = code(["201", "429"]) + ", …, " + &code(["4xx", "other"]) + ", " + &code(endings);
    [
        ("kind", code(controllers::KINDS), "The kind of the resource."),
        (
            "step",
            code(controllers::steps()),
            "What the pass was for. `Observe`: it ended before anything was decided. `SignIn` is what passes over accounts do.",
        ),
        ("result", code(["ok", "error"]), "In `reconcile_total`: whether the pass came to its end. A refusal by the provider is an end, too."),
        (
            "result",
            code(Outcome::VARIANTS.iter().copied()),
            "In `orders_total` and `cancellations_total`. `refused`: a no, or nobody was reached. `unknown`: the answer was lost, and is looked for.",
        ),
        ("category", code(controllers::Failure::VARIANTS.iter().copied()), "Why the API server did not let the pass end. A `conflict` is ordinary: somebody else wrote first."),
        ("dialect", code(Dialect::VARIANTS.iter().copied()), "The account's dialect."),
        (
            "operation",
            code(["order", "cancel", "change", "connections", "connection", "price", "token", "refresh"]) + ", …",
            "The call. `connections` is a page of the observer's listing, `token` and `refresh` are sign-ins.",
        ),
        ("code", codes, "The HTTP status, in hundreds if it is an unusual one, or why there was none."),
        ("phase", code(phases), "The phase in status; of the other kinds `Ready` or `NotReady`."),
        ("reason", code(reasons), "See [reasons.md](reasons.md)."),
        ("currency", code(["USD"]) + ", …", "Three letters of ISO 4217."),
        ("version", "…".to_owned(), "The operator's version."),
    ]
    .into_iter()
}
