//! The operator is killed between the moment the provider takes an order, or a cancellation, and
//! its response. It is started again, or a standby takes over. Each test has an installation of its
//! own.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex},
};

use axum::{
    extract::Request,
    middleware::{Next, from_fn},
    response::Response,
};
use futures::future::join;
use http::Method;
use k8s_openapi::api::coordination::v1::LeaseSpec;
use tokio::sync::mpsc;

use fabric_testkit::manifests;

use crate::{installation::Installation, tenant::Tenant, waiting::until};

/// Carries requests out and keeps the answers to the first order and the first cancellation for
/// ever.
#[derive(Clone)]
struct Trap {
    armed: Arc<Mutex<HashSet<Method>>>,
    caught: mpsc::UnboundedSender<Method>,
}

impl Trap {
    fn new() -> (Self, mpsc::UnboundedReceiver<Method>) {
        let (caught, news) = mpsc::unbounded_channel();
        let armed = Arc::new(Mutex::new([Method::POST, Method::DELETE].into()));
        (Self { armed, caught }, news)
    }

    async fn pass(self, request: Request, next: Next) -> Response {
        let method = request.method().clone();
        let of_lines = request.uri().path().starts_with("/ecx/v3/l2/connections")
            || request.uri().path().starts_with("/fabric/v4/connections")
                && !["/search", "/validate"].iter().any(|end| request.uri().path().ends_with(end));
        let response = next.run(request).await;
        if of_lines && response.status().is_success() && self.armed.lock().unwrap().remove(&method)
        {
            self.caught.send(method).expect("the test waits for it");
            std::future::pending::<()>().await;
        }
        response
    }
}

async fn tenant<'a>(
    installation: &'a Installation,
    name: &str,
    dialect: &str,
) -> (Tenant<'a>, mpsc::UnboundedReceiver<Method>) {
    let (trap, news) = Trap::new();
    let tenant = Tenant::behind(installation, name, dialect, |router| {
        router.layer(from_fn(move |request, next| trap.clone().pass(request, next)))
    })
    .await;
    (tenant, news)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_before_the_answer_leads_to_one_order_and_one_cancellation() {
    let installation = Installation::without_election();
    let ((v3, mut news_of_v3), (v4, mut news_of_v4)) = join(
        tenant(&installation, "crash-v3", "EcxV3"),
        tenant(&installation, "crash-v4", "FabricV4"),
    )
    .await;
    let tenants = [&v3, &v4];
    for tenant in tenants {
        tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    }
    let caught = join(news_of_v3.recv(), news_of_v4.recv()).await;
    assert_eq!(caught, (Some(Method::POST), Some(Method::POST)));
    installation.kill_operator();
    for tenant in tenants {
        assert_eq!(tenant.world.ledger().orders.len(), 1, "{}: the order was taken", tenant.name);
        let line = &tenant.get("line").await.unwrap()["status"]["primary"];
        assert!(line["order"].is_object(), "{}: the order was written down: {line}", tenant.name);
        assert!(line["uuid"].is_null(), "{}: its answer was not: {line}", tenant.name);
    }

    installation.start_operator();
    for tenant in tenants {
        tenant.until_reason("line", "AwaitingApproval").await;
        assert_eq!(tenant.world.accept_all(), 1, "{}: one line to accept", tenant.name);
    }
    for tenant in tenants {
        let ready = tenant.until_ready("line").await;
        let ledger = tenant.world.ledger();
        assert_eq!(ledger.orders.len(), 1, "{}: orders after the restart", tenant.name);
        assert_eq!(ready["status"]["primary"]["uuid"], ledger.orders[0].uuid, "{}", tenant.name);
        tenant.delete("line").await;
    }

    let caught = join(news_of_v3.recv(), news_of_v4.recv()).await;
    assert_eq!(caught, (Some(Method::DELETE), Some(Method::DELETE)));
    installation.kill_operator();
    for tenant in tenants {
        assert_eq!(tenant.world.ledger().cancellations.len(), 1, "{}: it was taken", tenant.name);
        assert!(tenant.get("line").await.is_some(), "{}: and is not known to be", tenant.name);
    }
    installation.start_operator();
    for tenant in tenants {
        tenant.until_gone("line").await;
        let ledger = tenant.world.ledger();
        assert_eq!(
            (ledger.orders.len(), ledger.cancellations.len()),
            (1, 1),
            "{}: orders and cancellations in the end",
            tenant.name
        );
    }
}

/// The Lease, once it has a holder that `fits`.
async fn lease(installation: &Installation, fits: impl Fn(&str) -> bool) -> LeaseSpec {
    let admin = installation.admin().await;
    until("the Lease has another holder", async || {
        let lease = admin.get("Lease", Some("fabric-operator"), "fabric-operator").await;
        let spec = lease.map(|lease| serde_json::from_value(lease["spec"].clone()).unwrap());
        let spec: LeaseSpec = spec.unwrap_or_default();
        if spec.holder_identity.as_deref().is_some_and(&fits) {
            return Ok(spec);
        }
        Err(format!("{spec:#?}\nthe log ends:\n{}", installation.log_end()))
    })
    .await
}

/// What the operators say of themselves at `/readyz`, in the order in which they were started.
async fn readiness(installation: &Installation) -> Vec<(u16, String)> {
    let log = installation.log();
    let addresses = log.lines().filter_map(|line| line.split_once("/metrics address=")?.1.into());
    let mut all = vec![];
    for address in addresses {
        // A process that has ended, and was started again, no longer answers.
        let Ok(answer) = reqwest::get(format!("http://{address}/readyz")).await else { continue };
        all.push((answer.status().as_u16(), answer.text().await.unwrap()));
    }
    all
}

#[tokio::test(flavor = "multi_thread")]
async fn a_standby_takes_over_in_the_middle_of_an_order_and_orders_nothing_again() {
    let installation = Installation::start();
    let first = lease(&installation, |_| true).await;
    let leader = first.holder_identity.clone().unwrap();
    let _standby = installation.start_another();
    let stands_by = format!("standing by: {leader} leads");
    until("the second operator stands by", async || {
        if installation.log().contains(&stands_by) { Ok(()) } else { Err(installation.log_end()) }
    })
    .await;
    let (tenant, mut news) = tenant(&installation, "failover", "FabricV4").await;
    tenant.apply("line", manifests::aws_dot1q(&tenant.name)).await;
    assert_eq!(news.recv().await, Some(Method::POST));
    let ready = readiness(&installation).await;
    assert_eq!(ready.len(), 2, "{ready:?}");
    assert!(ready[0].0 == 200 && ready[0].1.contains("this process leads"), "{ready:?}");
    assert!(ready[1].0 == 200 && ready[1].1.contains(&stands_by), "a standby is ready: {ready:?}");

    let last = lease(&installation, |_| true).await;
    installation.kill_operator();
    let next = lease(&installation, |holder| holder != leader).await;
    assert_eq!(next.lease_transitions, Some(1), "one took over");
    // The times are those of one machine. That it does not take longer is for the virtual clock.
    let pause = next.acquire_time.unwrap().0.duration_since(last.renew_time.unwrap().0);
    assert!(pause.as_secs() >= 15, "taken over after {pause:?}, while the other may have lived");

    tenant.until_reason("line", "AwaitingApproval").await;
    let line = tenant.get("line").await.unwrap();
    let ledger = tenant.world.ledger();
    assert_eq!(ledger.orders.len(), 1, "orders after the failover");
    assert_eq!(line["status"]["primary"]["uuid"], ledger.orders[0].uuid);
}
