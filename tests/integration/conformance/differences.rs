//! Where the dialects do differ, and why; nothing else may.

use std::{sync::Arc, time::Duration};

use fabric_client::{Dialect, Error};
use fabric_domain::Order;
use fabric_testkit::provider_client::Calls;

use super::{TestCluster, leads_to, orders};

/// Only v4 has service tokens and invitations; v3 wants the profile that holds an own port.
#[tokio::test(start_paused = true)]
async fn only_v4_orders_by_token_by_invitation_and_without_a_profile() {
    let cluster = TestCluster::new();
    for (what, order) in orders::for_v4_alone() {
        let error = cluster.v3.order(&order).await.unwrap_err();
        assert!(matches!(error, Error::Refused(_)), "{what}: {error}");
        assert!(cluster.world.ledger().orders.is_empty(), "{what} must not be sent at all");
    }
    for (number, (what, order)) in orders::for_v4_alone().into_iter().enumerate() {
        let ids = cluster.order(Dialect::V4, &order).await;
        let id = ids.unwrap_or_else(|e| panic!("{what}: {e}")).remove(0);
        // Reading them, v3 shows them as v4 does.
        let line = cluster.look(&id, what).await;
        assert!(leads_to(&line, &order.z_side), "{what}: {line:?}");
        assert_eq!(cluster.world.ledger().orders.len(), number + 1);
    }
}

/// v3 shows AWS's id for the line among what the buyer needs to accept it; v4 shows it on.
#[tokio::test(start_paused = true)]
async fn only_v4_goes_on_showing_the_id_at_aws() {
    let cluster = TestCluster::new();
    let id = cluster.order(Dialect::V4, &orders::aws_dot1q()).await.unwrap().remove(0);
    let shown =
        async |face: &Arc<dyn Calls>| face.connection(&id).await.unwrap().provider_connection_id;
    assert_eq!(
        (shown(&cluster.v3).await, shown(&cluster.v4).await),
        (None, None),
        "not yet at AWS"
    );
    cluster.world.advance(Duration::from_mins(1));
    let at_aws = shown(&cluster.v4).await;
    assert!(at_aws.as_ref().is_some_and(|id| id.starts_with("dxcon-")), "{at_aws:?}");
    assert_eq!(shown(&cluster.v3).await, at_aws, "while it waits for acceptance");
    cluster.world.accept(&id).unwrap();
    assert_eq!((shown(&cluster.v3).await, shown(&cluster.v4).await), (None, at_aws), "accepted");
}

/// v4 says what went wrong in `operation.errors`; v3 has no such field.
#[tokio::test(start_paused = true)]
async fn only_v4_says_why_a_line_failed() {
    let cluster = TestCluster::new();
    let id = cluster.order(Dialect::V3, &orders::aws_dot1q()).await.unwrap().remove(0);
    cluster.world.fail(&id).unwrap();
    let (v3, v4) =
        (cluster.v3.connection(&id).await.unwrap(), cluster.v4.connection(&id).await.unwrap());
    assert_eq!((v3.faults.len(), v4.faults.len()), (0, 1), "{v4:?}");
}

/// v4 takes no cancellation while a line is between two states (`EQ-3142510`), be it on its way up
/// or down. v3 takes it on the way up and calls the line deleted on the way down
/// (`IC-LAYER2-4021`).
#[tokio::test(start_paused = true)]
async fn only_v3_cancels_what_is_between_two_states() {
    for by in [Dialect::V3, Dialect::V4] {
        let cluster = TestCluster::new();
        let up = cluster.order(by, &orders::aws_dot1q()).await.unwrap().remove(0);
        let down = cluster.order(by, &orders::seller()).await.unwrap().remove(0);
        let face = cluster.face(by);
        face.cancel(&down).await.unwrap();
        match (by, face.cancel(&up).await, face.cancel(&down).await) {
            (Dialect::V3, Ok(()), Err(Error::Gone(_)))
            | (Dialect::V4, Err(Error::Busy(_)), Err(Error::Busy(_))) => {}
            (_, up, down) => panic!("{by:?}: {up:?} on the way up, {down:?} on the way down"),
        }
    }
}

/// v3 orders both halves of a pair at once, so a half of Azure alone is refused there; on v4 each
/// half is an order of its own.
#[tokio::test(start_paused = true)]
async fn only_v4_orders_half_a_pair() {
    let cluster = TestCluster::new();
    let half = Order { secondary: None, ..orders::azure_private() };
    let error = cluster.v3.order(&half).await.unwrap_err();
    assert!(matches!(error, Error::Refused(_)), "{error}");
    cluster.v4.order(&half).await.unwrap();
}
