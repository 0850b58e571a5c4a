//! Uninstalling on the real API server, in every order of the three steps: nothing is cancelled that its
//! user did not delete.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_testkit::manifests;

use crate::{installation::Installation, tenant::Tenant, waiting::until};

/// What an administrator removes.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Removal {
    Definitions,
    /// The namespace of the resources: a deletion of these.
    Namespace,
    /// What `deploy/base` installs, and the process.
    Operator,
}
use Removal::{Definitions, Namespace, Operator};

/// The definition of connections, to kubectl.
const DEFINITION: &str = "crd/fabricconnections.fabric.equinix.com";

impl Removal {
    fn remove(self, tenant: &Tenant<'_>, installation: &Installation) {
        let what: &[&str] = match self {
            Definitions => &["-k", "crds"],
            Namespace => &["namespace", &tenant.name],
            Operator => {
                installation.kill_operator();
                &["-k", "deploy/base"]
            }
        };
        installation.plane.kubectl(&[&["delete", "--wait=false"], what].concat());
    }
}

/// A tenant with a connection in service and a protected one.
async fn in_service<'a>(installation: &'a Installation, name: &str) -> Tenant<'a> {
    let tenant = Tenant::new(installation, name, "FabricV4").await;
    tenant.apply("line", manifests::token_dot1q(name)).await;
    let mut protected = manifests::aws_dot1q(name);
    protected["deletionProtection"] = json!(true);
    tenant.apply("protected", protected).await;
    tenant.until_ready("line").await;
    let awaits = |object: &Value| object["status"]["waitingFor"] == "You";
    tenant.until("protected", "waiting for its acceptance", awaits).await;
    tenant.world.accept_all();
    tenant.until_ready("protected").await;
    tenant
}

/// The two connections, where the operator says why it cancels neither.
async fn until_both_are_held(tenant: &Tenant<'_>) {
    for name in ["line", "protected"] {
        let said = tenant.until_reason(name, "DefinitionDeleted").await;
        assert!(said.contains("spec.deletionPolicy to Orphan"), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_order_of_uninstalling_cancels_what_its_user_did_not_delete() {
    for order in [
        [Definitions, Namespace, Operator],
        [Definitions, Operator, Namespace],
        [Namespace, Definitions, Operator],
        [Namespace, Operator, Definitions],
        [Operator, Definitions, Namespace],
        [Operator, Namespace, Definitions],
    ] {
        let installation = Installation::without_election();
        let tenant = in_service(&installation, "uninstalled").await;
        for (step, removal) in order.into_iter().enumerate() {
            removal.remove(&tenant, &installation);
            match (step, removal) {
                (0, Definitions) => until_both_are_held(&tenant).await,
                (0, Namespace) => {
                    tenant.until_gone("line").await;
                    tenant.until_reason("protected", "DeletionProtected").await;
                }
                _ => tokio::time::sleep(Duration::from_secs(3)).await,
            }
        }
        let cancelled = tenant.world.ledger().cancellations.len();
        assert_eq!(cancelled, usize::from(order[0] == Namespace), "{order:?}");
        let kept = tenant.get("protected").await.expect("its finalizer keeps it");
        assert!(kept["metadata"]["deletionTimestamp"].is_string(), "{order:?}: {kept:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn removing_what_deploy_base_installs_keeps_definitions_and_resources() {
    let installation = Installation::without_election();
    let tenant = in_service(&installation, "kept").await;
    let plane = &installation.plane;
    plane.kubectl(&["delete", "-k", "deploy/base"]);
    tokio::time::sleep(Duration::from_secs(3)).await;
    for name in ["line", "protected"] {
        let line = tenant.get(name).await.expect("it stays");
        assert!(line["metadata"]["deletionTimestamp"].is_null(), "{line:#}");
    }
    let (deleted, _) =
        plane.kubectl(&["get", DEFINITION, "--output=jsonpath={.metadata.deletionTimestamp}"]);
    assert_eq!(deleted, "", "the definition stays");
    assert_eq!(tenant.world.ledger().cancellations.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn orphan_is_the_way_out_while_a_definition_is_being_deleted() {
    let installation = Installation::without_election();
    let tenant = in_service(&installation, "orphaned").await;
    Definitions.remove(&tenant, &installation);
    until_both_are_held(&tenant).await;
    let plane = &installation.plane;
    let namespace = format!("--namespace={}", tenant.name);
    for name in ["line", "protected"] {
        plane.kubectl(&[
            "patch",
            "fabricconnection",
            name,
            &namespace,
            "--type=merge",
            r#"--patch={"spec": {"deletionPolicy": "Orphan"}}"#,
        ]);
    }
    until("the definition is gone", async || {
        let left = plane.try_kubectl(&["get", DEFINITION]);
        if left.status.success() { Err(installation.log_end()) } else { Ok(()) }
    })
    .await;
    assert_eq!(tenant.world.ledger().cancellations.len(), 0);
    assert_eq!(tenant.world.lines().len(), 2, "both are in service at the provider");
}
