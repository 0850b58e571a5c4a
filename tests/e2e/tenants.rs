//! Two tenants of one account, with a viewer, an editor and an approver each: what each of them can see, do
//! and learn, as the API server and the operator answer.
//!
//! Whatever belongs to the one tenant has a canary's name: nothing that reaches the other may hold one.
//! Which resources a single role may touch is tested with the chart.

use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{
    installation::{Cluster, Installation},
    tenant::{Tenant, condition},
};

/// The tenant whose names are canaries; its namespace is one.
const BANK: &str = "canary-bank";
const SHOP: &str = "shop";
const ROLES: [&str; 3] = ["viewer", "editor", "approver"];
/// A port of the account that only the bank may use.
const VAULT: &str = "99991d3b-9750-7500-bae0-30ac1885197a";

/// The viewer, editor and approver of a namespace.
async fn bind_users(tenant: &Tenant<'_>, namespace: &str) {
    for role in ROLES {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": role, "namespace": namespace},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": format!("fabric-operator-{role}"),
            },
            "subjects": [{
                "kind": "User", "name": format!("{namespace}-{role}"),
                "apiGroup": "rbac.authorization.k8s.io",
            }],
        });
        tenant.cluster.apply(&binding).await.unwrap();
    }
}

async fn user(namespace: &str, role: &str) -> Cluster {
    Installation::shared().user(&format!("{namespace}-{role}")).await
}

fn connection(account: &str, namespace: &str, name: &str, change: Value) -> Value {
    let mut spec = manifests::aws_dot1q(account);
    spec["name"] = json!(name);
    json_patch::merge(&mut spec, &change);
    let mut object = manifests::connection(name, spec);
    object["metadata"]["namespace"] = json!(namespace);
    object
}

fn approval(account: &str, name: &str, uuid: &str) -> Value {
    json!({
        "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
        "metadata": {"name": name, "namespace": SHOP},
        "spec": {
            "account": account, "connection": {"uuid": uuid},
            "decision": "Reject", "comment": "no",
        },
    })
}

/// What of an object the operator wrote.
fn written(object: &Value) -> String {
    object["status"].to_string()
}

#[allow(clippy::too_many_lines, reason = "one story of two tenants, told in its order")]
#[tokio::test(flavor = "multi_thread")]
async fn tenants_do_what_is_granted_and_learn_nothing_of_each_other() {
    let tenant = Tenant::new(Installation::shared(), "tenants", "FabricV4").await;
    for namespace in [BANK, SHOP] {
        let object =
            json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}});
        tenant.cluster.apply(&object).await.unwrap();
        bind_users(&tenant, namespace).await;
    }
    let mut account = manifests::account("tenants", "FabricV4", &tenant.origin);
    account["spec"]["grants"] = json!([
        {"namespaces": {"names": [BANK]}},
        {
            "namespaces": {"names": [SHOP]},
            "ports": ["johnDoe-SV-02"],
            "metros": ["SV"],
            "vlanRanges": [{"from": 700, "to": 799}],
            "maxBandwidthMbps": 100,
            "mayAdopt": true,
        },
    ]);
    tenant.cluster.apply(&account).await.unwrap();

    // The bank orders. Its users, and no others, see and change what it has.
    let line = connection("tenants", BANK, "canary-line", json!({"name": "Canary-Name"}));
    for role in ["viewer", "approver"] {
        let said = user(BANK, role).await.apply(&line).await.unwrap_err();
        assert!(said.contains("forbidden"), "{role}: {said}");
    }
    for role in ROLES {
        let said = user(SHOP, role).await.apply(&line).await.unwrap_err();
        assert!(said.contains("forbidden"), "{role} of the other tenant: {said}");
        let user = user(SHOP, role).await;
        let seen = user.try_get("FabricConnection", Some(BANK), "canary-line").await;
        assert!(seen.unwrap_err().contains("forbidden"), "{role} of the other tenant reads");
        let account = user.try_get("FabricAccount", None, "tenants").await;
        assert!(account.unwrap_err().contains("forbidden"), "{role} reads the account");
    }
    user(BANK, "editor").await.apply(&line).await.unwrap();
    let is_ready = |object: &Value| condition(object, "Ready").is_some_and(|c| c.0 == "True");
    let line = tenant
        .wait("FabricConnection", Some(BANK), "canary-line", "in service", |object| {
            tenant.world.accept_all();
            object.is_some_and(is_ready)
        })
        .await;
    let uuid = line["status"]["primary"]["uuid"].as_str().unwrap().to_owned();
    let seen = user(BANK, "viewer").await.get("FabricConnection", Some(BANK), "canary-line").await;
    assert!(is_ready(&seen.unwrap()));

    // The shop orders within its grant, and beyond it.
    let editor = user(SHOP, "editor").await;
    let wishes = [
        ("occupied", json!({}), "ConnectionExists"),
        (
            "thief",
            json!({
                "adopt": {"uuid": uuid}, "aSide": {"linkProtocol": {"vlanTag": 701}},
            }),
            "AdoptionRefused",
        ),
        (
            "vault",
            json!({
                "aSide": {"port": {"uuid": VAULT}, "linkProtocol": {
                    "type": "QINQ", "vlanTag": null, "vlanSTag": 702, "vlanCTag": 7,
                }},
            }),
            "PortNotFound",
        ),
        ("tag", json!({"aSide": {"linkProtocol": {"vlanTag": 42}}}), "GrantExceeded"),
        (
            "fast",
            json!({
                "bandwidthMbps": 500, "aSide": {"linkProtocol": {"vlanTag": 703}},
            }),
            "GrantExceeded",
        ),
        ("good", json!({"aSide": {"linkProtocol": {"vlanTag": 704}}}), "InService"),
    ];
    for (name, change, _) in &wishes {
        editor.apply(&connection("tenants", SHOP, name, change.clone())).await.unwrap();
    }
    let said = editor.create(&approval("tenants", "decides", &uuid)).await.unwrap_err();
    assert!(said.contains("forbidden"), "an editor decides: {said}");
    user(SHOP, "approver").await.create(&approval("tenants", "decides", &uuid)).await.unwrap();
    let mut reads = vec![];
    for (name, _, reason) in &wishes {
        let object = tenant
            .wait("FabricConnection", Some(SHOP), name, reason, |object| {
                tenant.world.accept_all();
                object.is_some_and(|o| condition(o, "Ready").is_some_and(|c| c.1 == *reason))
            })
            .await;
        reads.push((*name, written(&object)));
    }
    let decided = tenant
        .wait("ConnectionApproval", Some(SHOP), "decides", "answered", |object| {
            object.is_some_and(|o| {
                condition(o, "Ready").is_some_and(|c| c.0 == "False" && c.1 != "Deciding")
            })
        })
        .await;
    reads.push(("decides", written(&decided)));

    // Everything that the operator wrote for the shop: statuses, and Events.
    let namespace = format!("--namespace={SHOP}");
    let events = ["get", "events.events.k8s.io", &namespace, "--output=json"];
    let (events, _) = Installation::shared().plane.kubectl(&events);
    let events: Value = serde_json::from_str(&events).unwrap();
    for event in events["items"].as_array().unwrap() {
        reads.push(("an Event", event["note"].as_str().unwrap_or_default().to_owned()));
    }
    assert!(reads.len() > 2 * wishes.len(), "Events are among them: {reads:?}");
    for (name, text) in &reads {
        // The thief and the approver named the uuid themselves.
        let told = ["thief", "decides", "an Event"].contains(name);
        let canaries = ["anary", "johnDoe-SV-03"].into_iter();
        for canary in canaries.chain((!told).then_some(uuid.as_str())) {
            assert!(!text.contains(canary), "{name} reads {canary}: {text}");
        }
    }
    // The administrator reads the whole story.
    let told = |object: Option<&Value>| {
        let conflicts = object.map(|o| o["status"]["conflicts"].to_string()).unwrap_or_default();
        ["shop/occupied", "shop/thief", "canary-bank/canary-line", "Canary-Name"]
            .iter()
            .all(|word| conflicts.contains(word))
    };
    tenant.wait("FabricAccount", None, "tenants", "told", told).await;

    let names: Vec<String> = tenant.world.ledger().orders.iter().map(|o| o.name.clone()).collect();
    assert_eq!(names, ["Canary-Name", "good"], "nothing else was ordered");
    assert!(tenant.world.ledger().cancellations.is_empty());
    for (name, ..) in &wishes {
        editor.delete("FabricConnection", Some(SHOP), name).await;
    }
    for (name, ..) in &wishes {
        tenant.wait("FabricConnection", Some(SHOP), name, "gone", |object| object.is_none()).await;
    }
    let still = tenant.cluster.get("FabricConnection", Some(BANK), "canary-line").await.unwrap();
    assert!(is_ready(&still), "the bank's connection is as it was");
}
