//! What keeps a FabricAccount, and how a change of its Secret is noticed, with the operator's real rights.
//!
//! How soon each is noticed is tested in process, where the clock is the test's.

use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use kube::{Api, api::PostParams};
use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{
    installation::Installation,
    tenant::{Tenant, condition},
    waiting::until,
};

const OPERATOR: &str = "system:serviceaccount:fabric-operator:fabric-operator";

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_account_waits_for_its_connections() {
    let tenant = Tenant::new(Installation::shared(), "held", "FabricV4").await;
    tenant.apply("line", manifests::aws_dot1q("held")).await;
    tenant.until("line", "ordered", |line| line["status"]["primary"]["uuid"].is_string()).await;
    tenant.cluster.delete("FabricAccount", None, "held").await;

    let waits = |account: Option<&Value>| {
        account.and_then(|it| condition(it, "Ready")).is_some_and(|ready| {
            ready.1 == "AccountDeleting" && ready.2.contains("1 FabricConnection (held/line)")
        })
    };
    let account = tenant.wait("FabricAccount", None, "held", "waiting for the line", waits).await;
    assert_eq!(account["metadata"]["finalizers"], json!(["fabric.equinix.com/account"]));
    let goes = tenant
        .until("line", "not looked at", |line| {
            condition(line, "Ready").is_some_and(|ready| ready.1 == "AccountDeleting")
        })
        .await;
    assert_eq!(condition(&goes, "Ready").unwrap().0, "Unknown");
    assert_eq!(goes["status"]["phase"], "Unknown");
    assert!(goes["status"]["primary"]["lastSeen"].is_string(), "{goes:#}");

    tenant.delete("line").await;
    tenant.until_gone("line").await;
    tenant.wait("FabricAccount", None, "held", "gone", |account| account.is_none()).await;
    assert_eq!(tenant.world.ledger().cancellations.len(), 1);
}

/// Whether the operator may watch the Secret of this name, and all of them.
async fn may_watch(tenant: &Tenant<'_>, name: &str) -> bool {
    let review: SubjectAccessReview = serde_json::from_value(json!({
        "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview", "metadata": {},
        "spec": {"user": OPERATOR, "resourceAttributes": {
            "verb": "watch", "group": "", "resource": "secrets",
            "namespace": "fabric-operator", "name": name,
        }},
    }))
    .unwrap();
    let api = Api::<SubjectAccessReview>::all(tenant.cluster.client.clone());
    let answer = api.create(&PostParams::default(), &review).await.unwrap();
    answer.status.expect("the review has an answer").allowed
}

/// How the API server answered the operator's watches of Secrets, by the name that they select.
fn watches(installation: &Installation) -> Vec<(String, u64)> {
    let audit = std::fs::read_to_string(installation.plane.folder().join("audit.json")).unwrap();
    // The last line may be half written.
    let events = audit.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    events
        .filter(|event| {
            event["user"]["username"] == OPERATOR
                && event["verb"] == "watch"
                && event["objectRef"]["resource"] == "secrets"
        })
        .map(|event| {
            let name = event["objectRef"]["name"].as_str().unwrap_or_default().to_owned();
            (name, event["responseStatus"]["code"].as_u64().unwrap_or_default())
        })
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_secret_is_noticed_with_the_right_to_watch_it_and_without() {
    let installation = Installation::shared();
    let tenant = Tenant::new(installation, "rotating", "FabricV4").await;
    // As the chart's rbac.accountSecrets grants it.
    let metadata = json!({"name": "watcher-of-one", "namespace": "fabric-operator"});
    let rbac = "rbac.authorization.k8s.io";
    tenant
        .cluster
        .apply(&json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "Role", "metadata": metadata,
            "rules": [{
                "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["watched"],
                "verbs": ["get", "watch"],
            }],
        }))
        .await
        .unwrap();
    tenant
        .cluster
        .apply(&json!({
            "apiVersion": format!("{rbac}/v1"), "kind": "RoleBinding", "metadata": metadata,
            "roleRef": {"apiGroup": rbac, "kind": "Role", "name": "watcher-of-one"},
            "subjects": [{
                "kind": "ServiceAccount", "name": "fabric-operator", "namespace": "fabric-operator",
            }],
        }))
        .await
        .unwrap();
    until("the right counts", async || {
        let may = may_watch(&tenant, "watched").await;
        if may { Ok(()) } else { Err("it does not".to_owned()) }
    })
    .await;
    assert!(!may_watch(&tenant, "looked-at").await);
    assert!(!may_watch(&tenant, "").await, "all Secrets");

    for name in ["watched", "looked-at"] {
        let mut secret = manifests::secret();
        secret["metadata"]["name"] = json!(name);
        tenant.cluster.apply(&secret).await.unwrap();
        let mut account = manifests::account(name, "FabricV4", &tenant.origin);
        account["spec"]["credentials"]["secretRef"]["name"] = json!(name);
        tenant.cluster.apply(&account).await.unwrap();
        let is = |reason: &'static str| {
            move |account: Option<&Value>| {
                account.and_then(|it| condition(it, "Ready")).is_some_and(|it| it.1 == reason)
            }
        };
        tenant.wait("FabricAccount", None, name, "signed in", is("SignedIn")).await;
        tenant.cluster.delete("Secret", Some("fabric-operator"), name).await;
        tenant.wait("FabricAccount", None, name, "without", is("SecretNotFound")).await;
        tenant.cluster.apply(&secret).await.unwrap();
        tenant.wait("FabricAccount", None, name, "signed in", is("SignedIn")).await;
    }
    until("both watches were asked for", async || {
        let all = watches(installation);
        let answer = |name: &str| all.iter().find(|it| it.0 == name).map(|it| it.1);
        let answers = (answer("watched"), answer("looked-at"));
        if answers == (Some(200), Some(403)) { Ok(()) } else { Err(format!("{answers:?}")) }
    })
    .await;
    assert!(!watches(installation).iter().any(|(name, _)| name.is_empty()), "of all Secrets");
}
