//! The examples are good manifests: taken without a warning, and applying them again changes
//! nothing.
//!
//! Their accounts name the real Equinix, which is not on the tested operator's list: it must not
//! be called.

use crate::{site::Site, team::condition};

#[tokio::test(flavor = "multi_thread")]
async fn every_example_can_be_applied_and_applied_again() {
    let site = Site::shared();
    let examples = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/examples")).unwrap();
    let examples = examples
        .filter(|file| file.as_ref().unwrap().path().extension().is_some_and(|e| e == "yaml"))
        .count();
    assert!(examples > 0, "there are examples");
    site.plane.kubectl(&["create", "namespace", "network"]);

    let (_, said) = site.plane.kubectl(&[
        "apply",
        "--server-side",
        "--dry-run=server",
        "--validate=strict",
        "-f",
        "examples",
    ]);
    assert_eq!(said, "", "server-side apply warns of nothing");
    for outcome in ["created", "unchanged"] {
        let (printed, said) = site.plane.kubectl(&["apply", "--validate=strict", "-f", "examples"]);
        assert_eq!(said, "", "{outcome}: apply warns of nothing");
        let lines: Vec<&str> = printed.lines().collect();
        assert_eq!(lines.len(), examples, "one object an example: {printed}");
        assert!(lines.iter().all(|line| line.ends_with(outcome)), "not all {outcome}: {printed}");
    }

    let account = wait_for_account(site, "default").await;
    let (status, reason, message) = account;
    assert_eq!((status.as_str(), reason.as_str()), ("False", "EndpointNotAllowed"), "{message}");
}

async fn wait_for_account(site: &Site, name: &str) -> (String, String, String) {
    let cluster = site.admin().await;
    for _ in 0..240 {
        let account = cluster.get("FabricAccount", None, name).await.unwrap();
        if let Some(ready) = condition(&account, "Ready") {
            return ready;
        }
        tokio::time::sleep(std::time::Duration::from_millis(250)).await;
    }
    panic!("FabricAccount {name} got no status; the operator's log ends:\n{}", site.log_end());
}
