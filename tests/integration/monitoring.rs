//! The alerts and the dashboard of the chart: they query existing metrics by existing labels, and
//! promtool shows that the alerts fire when they should.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use serde_json::Value;

use fabric_operator::telemetry::{DESCRIPTIONS, Description, MetricType};
use fabric_testkit::tools::{run, tool};

const ALERTS: &str = "charts/fabric-operator/files/alerts.yaml";
const DASHBOARD: &str = "charts/fabric-operator/files/dashboard.json";
const TESTS: &str = "tests/alerts.yaml";

fn read(path: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn yaml(path: &str) -> Value {
    serde_saphyr::from_str(&read(path)).unwrap()
}

fn alerts() -> Vec<Value> {
    yaml(ALERTS)["groups"][0]["rules"].as_array().unwrap().clone()
}

/// All that is asked of Prometheus, by who asks.
fn questions() -> BTreeMap<String, String> {
    let text = |v: &Value| v.as_str().unwrap().to_owned();
    let mut all: BTreeMap<String, String> =
        alerts().iter().map(|alert| (text(&alert["alert"]), text(&alert["expr"]))).collect();
    let dashboard: Value = serde_json::from_str(&read(DASHBOARD)).unwrap();
    for panel in dashboard["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().unwrap() {
            let title = format!("{} {}", text(&panel["title"]), text(&target["refId"]));
            assert!(all.insert(title, text(&target["expr"])).is_none(), "two panels of one title");
        }
    }
    all
}

/// A metric by the name that Prometheus stores a series under.
fn described(series: &str) -> Option<&'static Description> {
    let name = series.trim_end_matches("_bucket").trim_end_matches("_count");
    DESCRIPTIONS.iter().find(|metric| {
        metric.name == series || (metric.kind == MetricType::Histogram && metric.name == name)
    })
}

/// The names at the beginnings of `text`'s parts, as far as they are names.
fn names<'a>(text: &'a str, after: &str) -> Vec<&'a str> {
    let end = |c: char| !(c.is_alphanumeric() || c == '_');
    text.split(after).skip(1).map(|part| part.split(end).next().unwrap_or_default()).collect()
}

/// The labels that a question selects by, and those that it groups by.
fn labels(question: &str) -> BTreeSet<&str> {
    let inside = |open: char, close: char, text: &'static str| {
        let parts = question.split(text).skip(1);
        parts
            .filter_map(move |part| part.trim_start().strip_prefix(open)?.split(close).next())
            .flat_map(|list| list.split(','))
            .collect::<Vec<_>>()
    };
    let mut found: BTreeSet<&str> = inside('(', ')', " by ").into_iter().map(str::trim).collect();
    for selector in question.split('{').skip(1) {
        let list = selector.split('}').next().unwrap();
        found.extend(list.split("\",").map(|pair| pair.split(['=', '!']).next().unwrap().trim()));
    }
    found.remove("le");
    found
}

#[test]
fn questions_are_about_metrics_that_there_are() {
    let mut asked = BTreeSet::new();
    for (who, question) in questions() {
        let mut known: BTreeSet<&str> = BTreeSet::new();
        for rest in names(&question, "fabric_operator_") {
            let series = format!("fabric_operator_{rest}");
            let metric = described(&series).unwrap_or_else(|| panic!("{who}: no metric {series}"));
            known.extend(metric.labels);
            asked.insert(metric.name);
        }
        let foreign: Vec<_> =
            labels(&question).into_iter().filter(|l| !known.contains(l)).collect();
        assert!(foreign.is_empty(), "{who} asks by {foreign:?}: {question}");
    }
    let all: BTreeSet<&str> = DESCRIPTIONS.iter().map(|metric| metric.name).collect();
    assert_eq!(asked, all, "no query uses the others");
}

#[test]
fn the_reader_of_questions_reads_them() {
    let question = r#"sum by (dialect, le) (rate(a{code=~"5..|lost",kind!="X"}[10m])) > 0.5"#;
    assert_eq!(labels(question), BTreeSet::from(["code", "dialect", "kind"]));
    assert_eq!(names("x_ab(x_c{", "x_"), ["ab", "c"]);
    assert!(described("fabric_operator_reconcile_seconds_bucket").is_some());
    assert!(described("fabric_operator_leader_bucket").is_none());
}

#[test]
fn alerts_fire_when_they_should() {
    let said = run(tool("promtool").args(["check", "rules", "--lint-fatal", ALERTS]), "").unwrap();
    assert!(said.contains(&format!("{} rules found", alerts().len())), "{said}");
    run(tool("promtool").args(["test", "rules", TESTS]), "")
        .unwrap_or_else(|said| panic!("{said}"));

    // Each is seen to fire.
    let mut fires = BTreeSet::new();
    for test in yaml(TESTS)["tests"].as_array().unwrap() {
        for case in test["alert_rule_test"].as_array().unwrap() {
            if !case["exp_alerts"].as_array().unwrap().is_empty() {
                fires.insert(case["alertname"].as_str().unwrap().to_owned());
            }
        }
    }
    let all: BTreeSet<String> =
        alerts().iter().map(|alert| alert["alert"].as_str().unwrap().to_owned()).collect();
    assert_eq!(fires, all);
}

#[test]
fn every_alert_says_where_to_read_on() {
    let page = read("docs/operations.md");
    for alert in alerts() {
        let name = alert["alert"].as_str().unwrap();
        let severity = alert["labels"]["severity"].as_str().unwrap();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}");
        assert_eq!(
            alert["annotations"]["runbook_url"],
            format!("docs/operations.md#{}", name.to_lowercase())
        );
        assert!(
            page.contains(&format!("\n### {name}\n")),
            "docs/operations.md has no section on {name}"
        );
    }
}
