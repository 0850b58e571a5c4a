//! Which FabricAccounts the schema accepts and which it rejects, on the real API server.
//!
//! Signing in is tested elsewhere.

use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::installation::Installation;

fn account(change: fn(&mut Value)) -> Value {
    let mut account = manifests::account("tried-out", "FabricV4", "https://api.equinix.com");
    change(&mut account["spec"]);
    account
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_accounts_are_refused() {
    type Bad = (&'static str, fn(&mut Value), &'static [&'static str]);
    let rules: [Bad; 9] = [
        (
            "an unknown dialect",
            |s| s["dialect"] = json!("FabricV5"),
            &["spec.dialect", "FabricV4", "EcxV3"],
        ),
        (
            "an endpoint with a path",
            |s| s["endpoint"] = json!("https://api.equinix.com/fabric/v4"),
            &["spec.endpoint"],
        ),
        (
            "an endpoint with a user",
            |s| s["endpoint"] = json!("https://me@api.equinix.com"),
            &["spec.endpoint"],
        ),
        (
            "two forms of namespaces in a grant",
            |s| s["grants"] = json!([{"namespaces": {"all": true, "names": ["network"]}}]),
            &["spec.grants[0].namespaces", "exactly one of names, selector, all"],
        ),
        (
            "no form of namespaces in a grant",
            |s| s["grants"] = json!([{"namespaces": {}}]),
            &["spec.grants[0].namespaces", "exactly one of names, selector, all"],
        ),
        (
            "a password encoding without a password",
            |s| {
                s["credentials"]["grant"] = json!("ClientCredentials");
                s["credentials"]["passwordEncoding"] = json!("Md5B64");
            },
            &["spec.credentials", "passwordEncoding applies to grant Password only"],
        ),
        (
            "an unknown grant",
            |s| s["credentials"]["grant"] = json!("Implicit"),
            &["spec.credentials.grant", "ClientCredentials", "Password"],
        ),
        (
            "no requests at all",
            |s| s["requestsPerSecond"] = json!(0),
            &["spec.requestsPerSecond", "or equal to 1"],
        ),
        (
            "a look every second",
            |s| s["observationIntervalSeconds"] = json!(1),
            &["spec.observationIntervalSeconds", "or equal to 10"],
        ),
    ];
    let cluster = Installation::shared().admin().await;
    let good = cluster.try_out(&account(|_| ())).await;
    assert!(good.is_ok(), "a good account is taken: {good:?}");
    for (what, change, words) in rules {
        let Err(message) = cluster.try_out(&account(change)).await else {
            panic!("the API server takes an account with {what}");
        };
        for word in words {
            assert!(message.contains(word), "{what}: {word:?} is not in {message:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_keeps_its_dialect() {
    let cluster = Installation::shared().admin().await;
    // Not on the operator's list, so it is never called.
    let mut account = manifests::account("fixed", "FabricV4", "https://fabric.example.com");
    cluster.apply(&account).await.unwrap();
    account["spec"]["dialect"] = json!("EcxV3");
    let message = cluster.try_out(&account).await.unwrap_err();
    assert!(message.contains("spec.dialect cannot be changed"), "{message}");
    account["spec"]["dialect"] = json!("FabricV4");
    account["spec"]["requestsPerSecond"] = json!(1);
    cluster.try_out(&account).await.expect("the rest can be changed");
}
