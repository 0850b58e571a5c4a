//! The metrics after a lifecycle with all kinds of faults: the right numbers, and no text that came
//! from an object or a response.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    time::Duration,
};

use serde_json::json;

use fabric_simulator::{Config, Effect, InjectedFault};
use fabric_testkit::{apiserver::RequestInfo, cluster::TestCluster, manifests};

/// In every name and message that a test can choose, and long enough to occur nowhere else.
const CANARY: &str = "Zk7qCanary";

/// Samples by name and labels, as they are scraped.
fn samples(cluster: &TestCluster) -> BTreeMap<String, f64> {
    let text = cluster.instruments.metrics.scrape();
    assert!(text.ends_with("# EOF\n"), "{text}");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    let sample = |line: &str| {
        let (name, value) = line.rsplit_once(' ').unwrap();
        (name.trim_start_matches("fabric_operator_").to_owned(), value.parse().unwrap())
    };
    lines.map(sample).collect()
}

fn value(cluster: &TestCluster, sample: &str) -> f64 {
    let samples = samples(cluster);
    *samples.get(sample).unwrap_or_else(|| panic!("no {sample} in {samples:#?}"))
}

/// The values of each label.
fn labels(samples: &BTreeMap<String, f64>) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for sample in samples.keys() {
        let inside = sample.split_once('{').map(|(_, rest)| rest.trim_end_matches('}'));
        for pair in inside.unwrap_or_default().split("\",").filter(|pair| !pair.is_empty()) {
            let (name, value) = pair.split_once("=\"").unwrap();
            let value = value.trim_end_matches('"').to_owned();
            found.entry(name.to_owned()).or_default().insert(value);
        }
    }
    found
}

/// The words in code of a row of the page, by its first cell.
fn documented() -> BTreeMap<String, BTreeSet<String>> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/metrics.md");
    let page = fs::read_to_string(page).unwrap();
    let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let (_, labels) = page.split_once("## Labels").unwrap();
    for row in labels.lines().filter(|line| line.starts_with("| `")) {
        let mut cells = row.split('|').skip(1).map(str::trim);
        let name = cells.next().unwrap().trim_matches('`').to_owned();
        let cell = cells.next().unwrap();
        let mut code = cell.split('`').skip(1).step_by(2).map(str::to_owned).collect();
        words.entry(name).or_default().append(&mut code);
    }
    words
}

/// An order whose answer is lost, one that is refused, and everything named after the canary.
async fn troubled_life() -> TestCluster {
    let cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    let lowercase = CANARY.to_lowercase();
    let mut spec = manifests::aws_dot1q("default");
    spec["name"] = json!(CANARY);
    cluster.apply(&lowercase, spec.clone());
    cluster.until_reason(&lowercase, "OrderUnknown").await;
    cluster.until_ready(&lowercase).await;
    // The VLAN is taken by then, and the port does not exist.
    cluster.apply(&format!("{lowercase}-2"), spec.clone());
    spec["aSide"]["port"] = json!({"name": CANARY});
    cluster.apply(&format!("{lowercase}-3"), spec.clone());
    cluster.until_reason(&format!("{lowercase}-3"), "PortNotFound").await;
    // The provider's own words, and the apiserver's.
    let body = json!([{"errorCode": CANARY, "errorMessage": CANARY, "property": CANARY}]);
    cluster.world.inject(InjectedFault::once(Effect::Answer {
        status: 400,
        retry_after: None,
        body,
    }));
    cluster.apiserver.fail_next(RequestInfo::is_write, 2, http::StatusCode::CONFLICT, CANARY);
    let mut third = manifests::aws_dot1q("default");
    third["aSide"]["linkProtocol"]["vlanTag"] = json!(901);
    cluster.apply(&format!("{lowercase}-4"), third);
    cluster.until_ready(&format!("{lowercase}-4")).await;
    let mut account =
        manifests::account(&format!("{lowercase}-account"), "FabricV4", "https://api.equinix.com");
    account["spec"]["credentials"]["secretRef"]["name"] = json!(lowercase);
    cluster.apiserver.put(account);
    tokio::time::sleep(Duration::from_secs(120)).await;
    cluster
}

#[tokio::test(start_paused = true)]
async fn no_label_holds_what_came_from_elsewhere() {
    let cluster = troubled_life().await;
    let text = cluster.instruments.metrics.scrape().to_lowercase();
    assert!(!text.contains(&CANARY.to_lowercase()), "{text}");
    for word in ["network", "default", "equinix.com", "abcde12345", "123456789012"] {
        assert!(!text.contains(&format!("\"{word}")), "{word} in {text}");
    }
}

#[tokio::test(start_paused = true)]
async fn every_label_takes_the_words_of_the_page() {
    let cluster = troubled_life().await;
    let documented = documented();
    let open = ["operation", "code", "currency", "version", "le"];
    for (label, words) in labels(&samples(&cluster)) {
        if !open.contains(&label.as_str()) {
            let known =
                documented.get(&label).unwrap_or_else(|| panic!("{label} is not on the page"));
            let other: Vec<_> = words.difference(known).collect();
            assert!(other.is_empty(), "{label} takes {other:?}, which the page does not list");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn orders_cancellations_and_what_was_found_again_are_counted() {
    let cluster = TestCluster::start();
    cluster
        .world
        .inject(InjectedFault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    cluster.apply("lost", manifests::aws_dot1q("default"));
    cluster.until_ready("lost").await;
    for (sample, expected) in [
        (r#"orders_total{result="unknown"}"#, 1.0),
        (r#"orders_total{result="taken"}"#, 0.0),
        ("lost_orders_adopted_total", 1.0),
        (r#"provider_requests_total{dialect="FabricV4",operation="order",code="lost"}"#, 1.0),
        (r#"objects{kind="FabricConnection",phase="Ready"}"#, 1.0),
        (r#"objects{kind="FabricAccount",phase="Ready"}"#, 2.0),
    ] {
        assert!((value(&cluster, sample) - expected).abs() < f64::EPSILON, "{sample}");
    }
    let mut other = manifests::aws_dot1q("ecx");
    other["aSide"]["linkProtocol"]["vlanTag"] = json!(901);
    cluster.apply("plain", other);
    cluster.until_ready("plain").await;
    assert!((value(&cluster, r#"orders_total{result="taken"}"#) - 1.0).abs() < f64::EPSILON);
    let order = r#"provider_requests_total{dialect="EcxV3",operation="order",code="200"}"#;
    assert!((value(&cluster, order) - 1.0).abs() < f64::EPSILON);
    cluster.delete("lost").await;
    cluster.delete("plain").await;
    cluster.until_gone("lost").await;
    cluster.until_gone("plain").await;
    assert!((value(&cluster, r#"cancellations_total{result="taken"}"#) - 2.0).abs() < f64::EPSILON);
    assert!(!samples(&cluster).contains_key(r#"objects{kind="FabricConnection",phase="Ready"}"#));
}

#[tokio::test(start_paused = true)]
async fn what_a_namespace_pays_is_shown_only_where_that_is_asked_for() {
    for asked in [false, true] {
        let mut cluster = TestCluster::without_operator(Config::default());
        cluster.settings.namespace_metrics = asked;
        cluster.start_operator();
        cluster.apply("line", manifests::aws_dot1q("default"));
        cluster.until_ready("line").await;
        let price = r#"namespace_monthly_price{namespace="network",currency="USD"}"#;
        assert_eq!(samples(&cluster).contains_key(price), asked);
    }
}

/// Once, and from the order on: neither an outage nor a change is another beginning.
#[tokio::test(start_paused = true)]
async fn the_way_into_service_is_timed_once() {
    let cluster = TestCluster::start();
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_reason("line", "AwaitingApproval").await;
    tokio::time::sleep(Duration::from_secs(7200)).await;
    cluster.until_ready("line").await;
    let count = || value(&cluster, "time_to_ready_seconds_count");
    assert!((count() - 1.0).abs() < f64::EPSILON, "{}", count());
    let took = value(&cluster, "time_to_ready_seconds_sum");
    assert!((7200.0..7800.0).contains(&took), "{took}");
    // As when Equinix takes the connection out of service for a while.
    let mut object = cluster.get("line").unwrap();
    object["status"]["phase"] = json!("Provisioning");
    cluster.apiserver.put(object);
    let is_back =
        |cluster: &TestCluster| cluster.get("line").unwrap()["status"]["phase"] == "Ready";
    cluster.until("it is back", Duration::from_secs(7200), is_back).await;
    assert!((count() - 1.0).abs() < f64::EPSILON, "{}", count());
}

#[tokio::test(start_paused = true)]
async fn time_in_state_price_and_tokens_are_measured() {
    let cluster = TestCluster::start();
    let mut spec = manifests::aws_dot1q("default");
    spec["maxMonthlyPrice"] = json!({"amount": "400", "currency": "USD"});
    cluster.apply("aws", spec);
    cluster.until_reason("aws", "AwaitingApproval").await;
    let price = cluster.get("aws").unwrap()["status"]["monthlyPrice"]["amount"].clone();
    let price: f64 = price.as_str().unwrap().parse().unwrap();
    assert!((value(&cluster, r#"monthly_price{currency="USD"}"#) - price).abs() < f64::EPSILON);
    tokio::time::sleep(Duration::from_secs(3600)).await;
    let waits = r#"time_in_state_seconds{kind="FabricConnection",phase="AwaitingApproval"}"#;
    let waited = value(&cluster, waits);
    assert!((3600.0..3700.0).contains(&waited), "{waited}");
    // Tokens of an hour, replaced a minute early.
    let now = jiff::Timestamp::now() + Duration::from_secs(3600);
    let ends = value(&cluster, "token_expiry_timestamp_seconds{}");
    let left = ends - f64::from(u32::try_from(now.as_second()).unwrap());
    assert!((0.0..=3700.0).contains(&left), "{left}");
    assert!(value(&cluster, r#"provider_wait_seconds_count{dialect="FabricV4"}"#) > 0.0);
}
