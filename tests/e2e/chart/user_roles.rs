//! The roles for users: viewer, editor and approver.

use std::path::Path;

use serde_json::{Value, json};

use fabric_testkit::{controlplane::ControlPlane, manifests};

use super::{CHART, NAME, hand, install};

fn may(plane: &ControlPlane, who: &str, what: &[&str]) -> bool {
    let user = format!("--as={who}");
    let ask = [&["auth", "can-i", &user, "--namespace=network"], what].concat();
    plane.try_kubectl(&ask).status.success()
}

#[test]
fn a_viewer_sees_an_editor_orders_and_an_approver_decides() {
    let plane = ControlPlane::start();
    install(&plane, "install", Path::new(CHART), &[]).unwrap();
    plane.kubectl(&["wait", "--for=condition=Established", "--timeout=5m", "crd", "--all"]);
    plane.kubectl(&["create", "namespace", "network"]);
    for role in ["viewer", "editor", "approver"] {
        let role_of = format!("--clusterrole={NAME}-{role}");
        let user = format!("--user={role}");
        plane.kubectl(&["create", "rolebinding", role, "--namespace=network", &role_of, &user]);
    }
    for (who, what, expected) in [
        ("nobody", &["get", "fabricconnections"] as &[_], false),
        ("viewer", &["get", "fabricconnections"], true),
        ("viewer", &["watch", "fabricconnections"], true),
        ("viewer", &["create", "fabricconnections"], false),
        ("viewer", &["delete", "fabricconnections"], false),
        ("viewer", &["get", "secrets"], false),
        ("editor", &["patch", "fabricconnections"], true),
        ("editor", &["delete", "fabricconnections"], true),
        ("editor", &["deletecollection", "fabricconnections"], false),
        ("editor", &["patch", "fabricconnections", "--subresource=status"], false),
        ("editor", &["create", "fabricaccounts"], false),
        ("editor", &["get", "secrets"], false),
        ("editor", &["create", "serviceprofiles"], true),
        ("editor", &["get", "connectionapprovals"], true),
        ("editor", &["create", "connectionapprovals"], false),
        ("approver", &["create", "connectionapprovals"], true),
        ("approver", &["update", "connectionapprovals"], false),
        ("approver", &["create", "fabricconnections"], false),
        ("approver", &["patch", "serviceprofiles"], false),
        ("approver", &["get", "secrets"], false),
    ] {
        assert_eq!(may(&plane, who, what), expected, "{who} {what:?}");
    }
    let connection = manifests::connection("line", manifests::aws_dot1q("default"));
    let said = hand(&plane, &["create", "--as=viewer"], &connection).unwrap_err();
    assert!(said.contains("forbidden"), "{said}");
    hand(&plane, &["create", "--as=editor"], &connection).unwrap();

    let decision = json!({
        "apiVersion": "fabric.equinix.com/v1alpha1",
        "kind": "ConnectionApproval",
        "metadata": {"name": "yes", "namespace": "network"},
        "spec": {"account": "default", "connection": {"uuid": "3a58dd05"}, "decision": "Reject", "comment": "No"},
    });
    for who in ["nobody", "viewer", "editor"] {
        let said = hand(&plane, &["create", &format!("--as={who}")], &decision).unwrap_err();
        assert!(said.contains("forbidden"), "{who}: {said}");
    }
    hand(&plane, &["create", "--as=approver"], &decision).unwrap();

    the_record_of_a_decision_names_its_author_and_stays(&plane, decision);
}

/// The API server itself judges, by the chart's admission policy.
fn the_record_of_a_decision_names_its_author_and_stays(plane: &ControlPlane, decision: Value) {
    let named = |name: &str, by: &str| {
        let mut decision = decision.clone();
        decision["metadata"]["name"] = json!(name);
        decision["spec"]["decidedBy"] = json!(by);
        decision
    };
    let as_approver = ["create", "--as=approver"];
    // A policy is in force some seconds after it was created.
    let dry = [&as_approver[..], &["--dry-run=server"]].concat();
    let is_in_force = || hand(plane, &dry, &named("forged", "boss")).is_err();
    assert!((0..300).any(|_| is_in_force()), "the policy does not come into force");
    let said = hand(plane, &as_approver, &named("forged", "boss")).unwrap_err();
    assert!(said.contains("spec.decidedBy") && said.contains("'approver'"), "{said}");
    hand(plane, &as_approver, &named("mine", "approver")).unwrap();

    let delete = |who: &str, name: &str| {
        let user = format!("--as={who}");
        plane.try_kubectl(&["delete", "connectionapproval", name, "--namespace=network", &user])
    };
    assert!(delete("approver", "yes").status.success(), "nothing was carried out");
    let status = r#"{"status": {"outcome": "Rejected"}}"#;
    plane.kubectl(&[
        "patch",
        "connectionapproval",
        "mine",
        "--namespace=network",
        "--subresource=status",
        "--type=merge",
        "--patch",
        status,
    ]);
    let refused = delete("approver", "mine");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("verb purge"), "{said}");
    plane.kubectl(&[
        "create",
        "role",
        "purger",
        "--namespace=network",
        "--verb=delete,purge",
        "--resource=connectionapprovals.fabric.equinix.com",
    ]);
    plane.kubectl(&[
        "create",
        "rolebinding",
        "purger",
        "--namespace=network",
        "--role=purger",
        "--user=auditor",
    ]);
    assert!((0..30).any(|_| delete("auditor", "mine").status.success()));
}
