//! The operator is killed where it hurts most: the provider has taken an order, or a cancellation,
//! and the answer is not there yet. On a site of its own, see there.

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
use tokio::sync::mpsc;

use crate::{manifests, site::Site, team::Team};

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

async fn team<'a>(
    site: &'a Site,
    name: &str,
    dialect: &str,
) -> (Team<'a>, mpsc::UnboundedReceiver<Method>) {
    let (trap, news) = Trap::new();
    let team = Team::behind(site, name, dialect, |router| {
        router.layer(from_fn(move |request, next| trap.clone().pass(request, next)))
    })
    .await;
    (team, news)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_before_the_answer_leads_to_one_order_and_one_cancellation() {
    let site = Site::start();
    let ((v3, mut news_of_v3), (v4, mut news_of_v4)) =
        join(team(&site, "crash-v3", "EcxV3"), team(&site, "crash-v4", "FabricV4")).await;
    let teams = [&v3, &v4];
    for team in teams {
        team.apply("line", manifests::aws_dot1q(&team.name)).await;
    }
    let caught = join(news_of_v3.recv(), news_of_v4.recv()).await;
    assert_eq!(caught, (Some(Method::POST), Some(Method::POST)));
    site.kill_operator();
    for team in teams {
        assert_eq!(team.world.ledger().orders.len(), 1, "{}: the order was taken", team.name);
        let line = &team.get("line").await.unwrap()["status"]["primary"];
        assert!(line["order"].is_object(), "{}: the order was written down: {line}", team.name);
        assert!(line["uuid"].is_null(), "{}: its answer was not: {line}", team.name);
    }

    site.start_operator();
    for team in teams {
        team.until_reason("line", "AwaitingApproval").await;
        assert_eq!(team.world.accept_all(), 1, "{}: one line to accept", team.name);
    }
    for team in teams {
        let ready = team.until_ready("line").await;
        let ledger = team.world.ledger();
        assert_eq!(ledger.orders.len(), 1, "{}: orders after the restart", team.name);
        assert_eq!(ready["status"]["primary"]["uuid"], ledger.orders[0].uuid, "{}", team.name);
        team.delete("line").await;
    }

    let caught = join(news_of_v3.recv(), news_of_v4.recv()).await;
    assert_eq!(caught, (Some(Method::DELETE), Some(Method::DELETE)));
    site.kill_operator();
    for team in teams {
        assert_eq!(team.world.ledger().cancellations.len(), 1, "{}: it was taken", team.name);
        assert!(team.get("line").await.is_some(), "{}: and is not known to be", team.name);
    }
    site.start_operator();
    for team in teams {
        team.until_gone("line").await;
        let ledger = team.world.ledger();
        assert_eq!(
            (ledger.orders.len(), ledger.cancellations.len()),
            (1, 1),
            "{}: orders and cancellations in the end",
            team.name
        );
    }
}
