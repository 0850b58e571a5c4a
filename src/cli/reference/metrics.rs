//! `docs/metrics.md`: every metric, and the values of its labels.
//!
//! Enumerates the descriptions that fill the registry, and the enums behind the labels.

use strum::{IntoEnumIterator, VariantNames};

use fabric_api::Reason;
use fabric_client::{Dialect, HttpOutcome};
use fabric_domain::Phase;

use crate::{
    cli::reference::{ORIGIN, code, table},
    controllers,
    telemetry::{Answer, DESCRIPTIONS, PassTimer},
};

/// The page.
pub(super) fn page() -> String {
    let metrics = DESCRIPTIONS.iter().map(|metric| {
        let kind: &str = metric.kind.into();
        let labels = code(metric.labels.iter().copied());
        [code([metric.name]), kind.to_owned(), labels, format!("{}.", metric.help)]
    });
    let labels = labels().map(|(name, words, meaning)| [code([name]), words, meaning.to_owned()]);
    [
        format!(
            "# Metrics\n\n{ORIGIN}\n\n\
             `GET /metrics` serves them in the OpenMetrics text format. Dashboards and alerts may rely on these names:\n\
             releases add names and rename none. No label holds the name of an object, but `namespace` with\n\
             `--namespace-metrics`, or text from elsewhere, so their number is bounded. A standby serves the same, but counts no resources: only the leader watches them.\n\n"
        ),
        table(["Metric", "Type", "Labels", "Meaning"], metrics),
        "\n## Labels\n\n".to_owned(),
        table(["Label", "Values", "Meaning"], labels),
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
            "The step of the reconcile. `Observe`: it ended before it planned one. `SignIn` is the step of accounts.",
        ),
        ("result", code(PassTimer::RESULTS), "In `reconcile_total`: whether the reconcile finished. One that the provider refuses something is `ok`; one that is cancelled halfway is `cancelled`."),
        (
            "result",
            code(Answer::VARIANTS.iter().copied()),
            "In `orders_total` and `cancellations_total`. `refused`: Equinix refused the request, or it did not reach Equinix. `unknown`: the answer was lost, and the operator looks for the result.",
        ),
        ("category", code(controllers::Failure::VARIANTS.iter().copied()), "Why the reconcile failed at the API server. A `conflict` is ordinary: another client wrote first."),
        ("dialect", code(Dialect::VARIANTS.iter().copied()), "The account's dialect."),
        (
            "operation",
            code(["order", "cancel", "change", "connections", "connection", "price", "token", "refresh"]) + ", …",
            "The API call. `connections` is a page of the observer's listing, `token` and `refresh` are sign-ins.",
        ),
        ("code", codes, "The HTTP status, an unusual one by its class, or why there was none."),
        ("phase", code(phases), "The phase in status; of the other kinds `Ready` or `NotReady`."),
        ("reason", code(reasons), "See [reasons.md](reasons.md)."),
        ("namespace", "…".to_owned(), "The resource's namespace."),
        ("currency", code(["USD"]) + ", …", "Three letters of ISO 4217."),
        ("version", "…".to_owned(), "The operator's version."),
    ]
    .into_iter()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_label_of_a_metric_is_explained() {
        let used: BTreeSet<&str> =
            DESCRIPTIONS.iter().flat_map(|metric| metric.labels.iter().copied()).collect();
        let explained: BTreeSet<&str> = labels().map(|(name, _, _)| name).collect();
        assert_eq!(used, explained);
    }
}
