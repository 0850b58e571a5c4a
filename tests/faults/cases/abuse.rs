//! Hostile resources and hostile responses.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::sleep;

use fabric_testkit::{cluster::condition, manifests, seller};

use super::{Case, answer, each, of, provider, rewritten, run};
use crate::{
    logs::SELLER_KEY,
    net::{Rule, What},
    run::{ACCOUNT, Run},
    specs,
};

pub fn cases() -> Vec<Case> {
    vec![
        run("R73", "a resource with a megabyte in each string", |t| Box::pin(stuffed(t))),
        run("R75", "control characters and forged log lines", |t| Box::pin(injected(t))),
        run("R76", "an endpoint that points inside", |t| Box::pin(inside(t))),
        run("R77", "a Secret of another namespace", |t| Box::pin(other_namespace(t))),
        run("R78", "adopting another resource's connection", |t| Box::pin(adopting(t))),
        run("R80", "the price rises between plan and order", |t| Box::pin(dearer(t))),
    ]
}

/// A good line beside one that cannot be ordered.
async fn settled_beside(t: &mut Run, reasons: &[&str]) {
    t.start();
    t.until_reason("bad", reasons).await;
    t.apply("line", t.some_line());
    t.until_ready("line").await;
    t.quiet().await;
}

/// The line that cannot be ordered goes, and the good one lives on.
async fn gone(t: &mut Run) {
    t.until_gone("bad").await;
    assert_eq!(t.cluster.world.ledger().orders.len(), 1, "only the good one is ordered");
    t.rest_of_life("line").await;
}

/// No schema bounds strings here: what slips through one is to do no harm.
async fn stuffed(t: &mut Run) {
    let long = "x".repeat(1024 * 1024);
    let mut spec = specs::numbered(9);
    match t.seed.below(5) {
        0 => spec["name"] = json!(long),
        1 => spec["purchaseOrderNumber"] = json!(long),
        2 => spec["aSide"]["port"] = json!({"name": long}),
        3 => spec["notifications"] = json!([format!("{long}@example.com")]),
        _ => spec["zSide"]["serviceProfile"]["authenticationKey"] = json!(long),
    }
    t.apply("bad", spec);
    settled_beside(t, &["InvalidSpec", "PortNotFound", "KeyRejected"]).await;
    let bad = t.cluster.get("bad").expect("it was not deleted");
    assert!(bad["status"].to_string().len() < 64 * 1024, "a status without bounds");
    for event in t.cluster.apiserver.all("events") {
        assert!(event.to_string().len() < 64 * 1024, "an Event without bounds");
    }
    t.delete("bad").await;
    gone(t).await;
}

const FORGED: &str = "x\u{1b}[2J\r\n2026-01-05T08:00:00Z  INFO fabric_operator: FORGED\u{0}";

/// What is shown of foreign text is one line of it; the verdict looks at log and objects.
async fn injected(t: &mut Run) {
    t.alone();
    let body = json!([{
        "errorCode": FORGED, "errorMessage": FORGED, "moreInfo": FORGED, "property": FORGED,
    }]);
    t.net.add(Rule::once(of(What::Order), answer(400, &[], body.to_string())));
    t.net.add(Rule::always(
        provider,
        rewritten(|answer| {
            each(answer, &mut |name, value| {
                if matches!(name, "description" | "sellerName" | "providerConnectionId" | "name")
                    && value.is_string()
                {
                    *value = json!(format!("{}{FORGED}", value.as_str().unwrap()));
                }
            });
        }),
    ));
    let mut spec = t.some_line();
    spec["name"] = json!("JohnDoe");
    t.apply("line", spec);
    t.start();
    t.until_reason("line", &["OrderRefused"]).await;
    sleep(t.seed.seconds(60, 7200)).await;
    t.net.calm();
    t.rest_of_life("line").await;
}

async fn inside(t: &mut Run) {
    let endpoint = *t.seed.pick(&[
        "http://169.254.169.254",
        "https://kubernetes.default.svc",
        "http://127.0.0.1:6443",
        "https://api.equinix.com.evil.example.com",
        "https://api.equinix.com:8443",
        "https://api.equinix.com@evil.example.com",
    ]);
    t.cluster.apiserver.put(manifests::account("inside", "FabricV4", endpoint));
    let mut spec = specs::numbered(9);
    spec["account"] = json!("inside");
    t.apply("bad", spec);
    settled_beside(t, &["EndpointNotAllowed"]).await;
    let account = t.cluster.apiserver.get("fabricaccounts", "", "inside").unwrap();
    assert_eq!(condition(&account, "Ready").unwrap().1, "EndpointNotAllowed");
    t.delete("bad").await;
    // Whether it has a connection, nobody can look up there: its owner has to say that it has none.
    sleep(t.seed.seconds(0, 7200)).await;
    assert!(t.cluster.get("bad").is_some(), "let go unseen");
    t.edit("bad", json!({"deletionPolicy": "Orphan"})).await;
    gone(t).await;
}

async fn other_namespace(t: &mut Run) {
    t.put_key("other", SELLER_KEY);
    let mut spec = specs::with_a_key();
    spec["aSide"]["linkProtocol"]["vlanTag"] = json!(99);
    spec["zSide"]["serviceProfile"]["authenticationKeyRef"]["namespace"] = json!("other");
    t.apply("bad", spec);
    settled_beside(t, &["SecretNotFound"]).await;
    t.delete("bad").await;
    gone(t).await;
    let elsewhere = t.net.count(|sent| {
        sent.what == What::Secret
            && !["network", "fabric-operator"]
                .iter()
                .any(|namespace| sent.path.contains(&format!("/namespaces/{namespace}/")))
    });
    assert_eq!(elsewhere, 0, "Secrets of other namespaces were asked for");
}

async fn adopting(t: &mut Run) {
    let spec = t.some_line();
    t.apply("line", spec.clone());
    t.start();
    t.until_ready("line").await;
    let mut claim = spec;
    claim["adopt"] = json!({"uuid": t.uuid("line")});
    t.apply("bad", claim);
    t.until_reason("bad", &["AdoptionRefused"]).await;
    sleep(t.seed.seconds(0, 7200)).await;
    t.delete("bad").await;
    t.until_gone("bad").await;
    assert_eq!(t.cluster.world.ledger().cancellations.len(), 0, "I4: cancelled by a claim");
    t.rest_of_life("line").await;
}

/// I6: what was in reach at the first look is not ordered when it no longer is.
async fn dearer(t: &mut Run) {
    let dear = rewritten(|answer| {
        each(answer, &mut |name, value| {
            let amount = match &*value {
                Value::Number(number) => number.as_f64(),
                Value::String(text) => text.parse().ok(),
                Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
            };
            if let ("price", Some(amount)) = (name, amount) {
                *value = json!(amount * 100.0);
            }
        });
    });
    let prices = |call: &crate::net::Call| call.path.contains("/prices");
    let looks = u32::try_from(1 + t.seed.below(3)).unwrap();
    t.net.add(Rule::always(prices, dear).after(looks));
    t.net.add(Rule::once(of(What::Order), answer(429, &[], "")).times(looks));
    // From Silicon Valley to Ashburn: 115 a month, by the table of the simulator.
    let mut spec = seller::to_a_seller(ACCOUNT);
    spec["zSide"]["serviceProfile"]["metroCode"] = json!("DC");
    spec["maxMonthlyPrice"] = json!({"amount": "150", "currency": "USD"});
    t.alone();
    t.apply("line", spec);
    t.start();
    t.until_reason("line", &["PriceAboveLimit"]).await;
    sleep(Duration::from_secs(3 * 3600)).await;
    assert_eq!(t.cluster.world.ledger().orders.len(), 0, "I6: ordered above the limit");
    t.net.calm();
    t.rest_of_life("line").await;
}
