//! The commands of the documentation pages, run one after the other as a reader would.
//!
//! Two things differ from a reader's cluster: no Pods run, so the operator is a process with the
//! arguments of the Deployment; and a simulated Equinix, which accepts by itself, replaces the one
//! that the examples name.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use fabric_simulator::{Config, World};
use fabric_testkit::{
    controlplane::ControlPlane,
    markdown::{Block, blocks},
    tools,
};

use crate::{
    chart::{self, NAME},
    installation::Installation,
    tenant::{self, simulate},
};

/// The tutorials that are gone through from their beginning to their end.
const TUTORIALS: [&str; 6] = [
    "docs/tutorials/azure.md",
    "docs/tutorials/google.md",
    "docs/tutorials/oracle.md",
    "docs/tutorials/own-port.md",
    "docs/tutorials/sellers.md",
    "docs/tutorials/token-and-invitation.md",
];
/// The one that orders nothing.
const SELLING: &str = "docs/tutorials/selling.md";
/// The one whose connection the operations are about.
const FIRST: &str = "docs/tutorials/aws.md";

/// Where a reader is: a copy of the repository, and the programs that the pages ask for.
struct Desk {
    folder: PathBuf,
    path: String,
}

impl Desk {
    fn new(plane: &ControlPlane) -> Self {
        let folder = plane.folder().join("desk");
        fs::create_dir_all(&folder).unwrap();
        let from =
            ["charts", "deploy", "examples"].map(|f| Path::new(env!("CARGO_MANIFEST_DIR")).join(f));
        let copied = Command::new("cp").arg("-R").args(from).arg(&folder).status().unwrap();
        assert!(copied.success());
        let of = |program: &Path| program.parent().unwrap().display().to_string();
        let path = [
            of(Path::new(env!("CARGO_BIN_EXE_fabric-operator"))),
            of(plane.kubectl_program()),
            tools::folder().display().to_string(),
            std::env::var("PATH").unwrap(),
        ];
        Self { folder, path: path.join(":") }
    }

    /// The examples name a simulator instead of Equinix.
    fn point_to(&self, origin: &str) {
        for account in ["account-v4", "account-seller"] {
            let file = self.folder.join(format!("examples/{account}.yaml"));
            let text = fs::read_to_string(&file).unwrap();
            assert!(text.contains("https://api.equinix.com"));
            fs::write(&file, text.replace("https://api.equinix.com", origin)).unwrap();
        }
    }

    fn run(&self, plane: &ControlPlane, block: &Block) {
        let home = |name: &str| plane.folder().join(name);
        // What is served, kubectl asks anew: definitions come and go here within seconds.
        let output = Command::new("timeout")
            .args(["600", "bash", "-euo", "pipefail", "-c", &block.text])
            .current_dir(&self.folder)
            .env("PATH", &self.path)
            .env("KUBECONFIG", plane.admin())
            .env("KUBECACHEDIR", home("docs-discovery"))
            .env("HELM_CACHE_HOME", home("HELM_CACHE_HOME"))
            .env("HELM_CONFIG_HOME", home("HELM_CONFIG_HOME"))
            .env("HELM_DATA_HOME", home("HELM_DATA_HOME"))
            .env("CLIENT_ID", "ABCDE12345")
            .env("CLIENT_SECRET", "FGHIJ67890")
            .env("SELLER_ID", "SELLER12345")
            .env("SELLER_SECRET", "KLMNO12345")
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        assert!(
            output.status.success(),
            "{}:{} ended with {}:\n{}\n{}{}",
            block.page,
            block.line,
            output.status,
            block.text,
            text(&output.stdout),
            text(&output.stderr)
        );
    }
}

/// The blocks of a page that are to be run.
fn run_of(page: &str) -> Vec<Block> {
    blocks(page).into_iter().filter(Block::is_run).collect()
}

/// Installs by the first block of a page, and starts the operator as the Deployment would.
fn installed(page: &str) -> (Installation, Desk, World) {
    let mut desk = None;
    let installation = Installation::installed(|plane, origins| {
        let here = Desk::new(plane);
        here.run(plane, &run_of(page)[0]);
        desk = Some(here);
        let deployment = chart::get(plane, &["deployment", NAME, "--namespace", NAME]);
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        let arguments: Vec<String> = serde_json::from_value(container["args"].clone()).unwrap();
        let allowed = format!("--allowed-endpoint={}", origins.join(","));
        arguments
            .into_iter()
            .map(|a| if a.starts_with("--allowed-endpoint=") { allowed.clone() } else { a })
            .map(|a| a.replace("--http-port=8481", "--http-port=0"))
            .collect()
    });
    // The pages make it.
    installation.plane.kubectl(&["delete", "secret", "equinix", "--namespace", NAME]);
    let (listener, origin) = installation.endpoint();
    let accept_after = Some(Duration::from_secs(60));
    let world = World::new(Config { accept_after, ..simulate(&origin) });
    world.admit_seller(tenant::seller(), "John-Doe-Corp");
    let router = world.router();
    tokio::spawn(async move { axum::serve(listener, router).await });
    let desk = desk.unwrap();
    desk.point_to(&origin);
    (installation, desk, world)
}

/// Runs blocks aside, since the simulator has to answer meanwhile.
fn follow(installation: &Installation, desk: &Desk, blocks: &[Block]) {
    tokio::task::block_in_place(|| {
        for block in blocks {
            desk.run(&installation.plane, block);
        }
    });
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_leads_to_one_connection_and_its_end() {
    let (installation, desk, world) = installed("README.md");
    follow(&installation, &desk, &run_of("README.md")[1..]);
    let ledger = world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn installing_the_tutorials_and_the_operations_work_as_they_stand() {
    let (installation, desk, world) = installed("docs/install.md");
    follow(&installation, &desk, &run_of("docs/install.md")[1..]);
    for tutorial in TUTORIALS {
        let before = world.ledger().orders.len();
        follow(&installation, &desk, &run_of(tutorial));
        let after = world.ledger();
        assert!(after.orders.len() > before, "{tutorial} orders nothing");
        assert_eq!(
            after.orders.len(),
            after.cancellations.len(),
            "{tutorial} cancels what it orders"
        );
    }
    follow(&installation, &desk, &run_of(SELLING));
    let sold = |method: &str| {
        let profiles = world.requests().into_iter().filter(|request| {
            request.method == method
                && request.status < 300
                && request.path.starts_with("/fabric/v4/serviceProfiles")
                && !request.path.contains("/search")
        });
        profiles.count()
    };
    assert_eq!((sold("POST"), sold("PUT"), sold("DELETE")), (1, 1, 1), "{SELLING}");
    let first = run_of(FIRST);
    let (last, until_ready) = first.split_last().unwrap();
    follow(&installation, &desk, until_ready);
    let before = world.ledger();
    follow(&installation, &desk, &run_of("docs/operations.md"));
    let after = world.ledger();
    assert_eq!(after.orders.len(), before.orders.len(), "moving and restoring order nothing");
    assert_eq!(after.cancellations.len(), before.cancellations.len(), "and cancel nothing");
    follow(&installation, &desk, std::slice::from_ref(last));
    assert_eq!(world.ledger().cancellations.len(), before.cancellations.len() + 1);
}
