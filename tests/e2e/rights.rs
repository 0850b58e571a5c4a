//! What the operator's service account may and may not do, by the decision of the real authorizer.
//! All other tests show that its rights suffice.

use k8s_openapi::api::authorization::v1::{SelfSubjectAccessReview, SubjectAccessReview};
use kube::{Api, api::PostParams};
use serde_json::{Value, json};

use crate::{
    installation::{Cluster, Installation},
    waiting::until,
};

/// Asks for (verb, group, resource/subresource, namespace).
async fn may(operator: &Cluster, (verb, group, resource, namespace): Right) -> bool {
    let (resource, subresource) = resource.split_once('/').unwrap_or((resource, ""));
    let review: Value = json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "metadata": {},
        "spec": {"resourceAttributes": {
            "verb": verb, "group": group, "resource": resource, "subresource": subresource,
            "namespace": namespace,
        }},
    });
    let review: SelfSubjectAccessReview = serde_json::from_value(review).unwrap();
    let api = Api::<SelfSubjectAccessReview>::all(operator.client.clone());
    let answer = api.create(&PostParams::default(), &review).await.unwrap();
    answer.status.expect("the review has an answer").allowed
}

type Right = (&'static str, &'static str, &'static str, &'static str);

const FABRIC: &str = "fabric.equinix.com";

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_may_do_its_work() {
    let operator = Installation::shared().operator().await;
    let needed: [Right; 13] = [
        ("list", FABRIC, "fabricconnections", ""),
        ("watch", FABRIC, "fabricaccounts", ""),
        ("get", FABRIC, "fabricaccounts", ""),
        ("patch", FABRIC, "fabricaccounts", ""),
        ("patch", FABRIC, "fabricconnections", "default"),
        ("update", FABRIC, "fabricconnections/status", "default"),
        ("update", FABRIC, "fabricaccounts/status", ""),
        ("patch", FABRIC, "serviceprofiles", "default"),
        ("watch", FABRIC, "connectionapprovals", ""),
        ("update", FABRIC, "connectionapprovals/status", "default"),
        ("get", "", "secrets", "fabric-operator"),
        ("create", "events.k8s.io", "events", "default"),
        ("create", "coordination.k8s.io", "leases", "fabric-operator"),
    ];
    for right in needed {
        assert!(may(&operator, right).await, "the operator may not {right:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operator_may_do_no_more() {
    let operator = Installation::shared().operator().await;
    let withheld: [Right; 25] = [
        ("create", FABRIC, "fabricconnections", "default"),
        ("update", FABRIC, "fabricconnections", "default"),
        ("delete", FABRIC, "fabricconnections", "default"),
        ("deletecollection", FABRIC, "fabricconnections", "default"),
        ("patch", FABRIC, "fabricconnections/status", "default"),
        ("create", FABRIC, "fabricaccounts", ""),
        ("delete", FABRIC, "fabricaccounts", ""),
        ("create", FABRIC, "serviceprofiles", "default"),
        ("create", FABRIC, "connectionapprovals", "default"),
        ("patch", FABRIC, "connectionapprovals", "default"),
        ("get", "", "secrets", "default"),
        ("list", "", "secrets", ""),
        ("list", "", "secrets", "fabric-operator"),
        ("watch", "", "secrets", "fabric-operator"),
        ("update", "", "secrets", "fabric-operator"),
        // Its own Lease is another matter: it may be read and updated by its name.
        ("update", "coordination.k8s.io", "leases", "fabric-operator"),
        ("delete", "coordination.k8s.io", "leases", "fabric-operator"),
        ("create", "coordination.k8s.io", "leases", "kube-system"),
        ("list", "", "namespaces", ""),
        ("create", "", "pods", "fabric-operator"),
        ("create", "", "pods", "default"),
        ("create", "", "serviceaccounts/token", "fabric-operator"),
        ("create", "rbac.authorization.k8s.io", "rolebindings", "default"),
        ("patch", "apiextensions.k8s.io", "customresourcedefinitions", ""),
        ("impersonate", "", "users", ""),
    ];
    for right in withheld {
        assert!(!may(&operator, right).await, "the operator may {right:?}, and must not");
    }
}

/// Whether a user of this name may do it.
async fn may_user(admin: &Cluster, user: &str, (verb, group, resource, namespace): Right) -> bool {
    let review: SubjectAccessReview = serde_json::from_value(json!({
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "metadata": {},
        "spec": {"user": user, "resourceAttributes": {
            "verb": verb, "group": group, "resource": resource, "namespace": namespace,
        }},
    }))
    .unwrap();
    let api = Api::<SubjectAccessReview>::all(admin.client.clone());
    let answer = api.create(&PostParams::default(), &review).await.unwrap();
    answer.status.expect("the review has an answer").allowed
}

#[tokio::test(flavor = "multi_thread")]
async fn who_orders_does_not_decide_and_who_decides_does_not_order() {
    let admin = Installation::shared().admin().await;
    for role in ["viewer", "editor", "approver"] {
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
            "metadata": {"name": role, "namespace": "default"},
            "roleRef": {
                "apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole",
                "name": format!("fabric-operator-{role}"),
            },
            "subjects": [{
                "kind": "User", "apiGroup": "rbac.authorization.k8s.io",
                "name": format!("{role}@example.com"),
            }],
        });
        admin.apply(&binding).await.unwrap();
    }
    let rights: [(&str, &str, &[&str]); 7] = [
        ("get", "fabricconnections", &["viewer", "editor", "approver"]),
        ("list", "connectionapprovals", &["viewer", "editor", "approver"]),
        ("create", "fabricconnections", &["editor"]),
        ("delete", "serviceprofiles", &["editor"]),
        ("create", "connectionapprovals", &["approver"]),
        ("update", "connectionapprovals", &[]),
        ("create", "fabricaccounts", &[]),
    ];
    // The authorizer learns of a binding with a delay.
    until("the approver's role counts", async || {
        let last = ("create", FABRIC, "connectionapprovals", "default");
        let may = may_user(&admin, "approver@example.com", last).await;
        if may { Ok(()) } else { Err("the approver may not approve".to_owned()) }
    })
    .await;
    for (verb, resource, roles) in rights {
        for role in ["viewer", "editor", "approver"] {
            let user = format!("{role}@example.com");
            let may = may_user(&admin, &user, (verb, FABRIC, resource, "default")).await;
            assert_eq!(may, roles.contains(&role), "{role} {verb} {resource}");
        }
    }
}
