//! What kubectl shows: tables, short names, waiting, explanations and events.

use fabric_testkit::manifests;

use crate::{installation::Installation, tenant::Tenant};

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_shows_waits_for_and_explains_connections() {
    let installation = Installation::shared();
    let tenant = Tenant::new(installation, "looking", "FabricV4").await;
    tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    tenant.until_reason("line", "AwaitingApproval").await;

    let (table, _) = installation.plane.kubectl(&["get", "fabconn", "-n", "looking"]);
    let (header, row) = table.split_once('\n').expect("a header and a row");
    let columns: Vec<&str> = header.split("  ").map(str::trim).filter(|c| !c.is_empty()).collect();
    assert_eq!(
        columns,
        ["NAME", "READY", "PHASE", "WAITING FOR", "MBPS", "EQUINIX", "PROVIDER", "AGE"],
        "{table}"
    );
    let cells: Vec<&str> = row.split_whitespace().collect();
    assert_eq!(
        cells[..7],
        ["line", "False", "AwaitingApproval", "You", "50", "PROVISIONED", "PENDING_APPROVAL"],
        "{table}"
    );

    let (category, _) =
        installation.plane.kubectl(&["get", "fabric", "-n", "looking", "-o", "name"]);
    for object in
        ["fabricconnection.fabric.equinix.com/line", "fabricaccount.fabric.equinix.com/looking"]
    {
        assert!(category.lines().any(|l| l == object), "{object} is not among {category}");
    }
    let (account, _) = installation.plane.kubectl(&["get", "fabacct", "looking", "--no-headers"]);
    let cells: Vec<&str> = account.split_whitespace().collect();
    assert_eq!(
        cells[..5],
        ["looking", "FabricV4", &tenant.origin, "True", "SignedIn"],
        "{account}"
    );

    assert_eq!(tenant.world.accept_all(), 1);
    installation.plane.kubectl(&[
        "wait",
        "--for=condition=Ready",
        "--timeout=5m",
        "-n",
        "looking",
        "fabconn/line",
    ]);
    let (events, _) =
        installation.plane.kubectl(&["events", "-n", "looking", "--for", "fabconn/line"]);
    for reason in ["AwaitingApproval", "InService"] {
        assert!(events.contains(reason), "no event {reason} among {events}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn kubectl_explains_the_fields() {
    let plane = &Installation::shared().plane;
    for (field, words) in [
        ("fabconn.spec.zSide", ["serviceProfile", "serviceToken", "invitation"]),
        ("fabconn.spec.aSide.linkProtocol", ["vlanTag", "vlanSTag", "vlanCTag"]),
        ("fabacct.spec.credentials", ["secretRef", "grant", "passwordEncoding"]),
    ] {
        let (text, _) = plane.kubectl(&["explain", field]);
        for word in words {
            assert!(text.contains(word), "{word} is not explained under {field}: {text}");
        }
    }
}
