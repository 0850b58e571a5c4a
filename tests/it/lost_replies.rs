//! Every reply lost, one run each: the same end, and one order.

use std::time::Duration;

use fabric_operator::simulator::Config;

use crate::support::{apiserver::Loss, manifests, operator::Lab};

/// Which reply is lost: the n-th of the provider, or the n-th of the apiserver to anybody.
#[derive(Debug, Clone, Copy)]
enum Lost {
    Provider(u32),
    Apiserver(usize, Loss),
}

/// One life with one lost reply; answers with how many requests there were to lose.
async fn live(account: &str, lost: Option<Lost>) -> (usize, usize) {
    let mut lab = Lab::without_operator(Config::default());
    lab.apply("aws", manifests::aws_dot1q(account));
    match lost {
        Some(Lost::Provider(n)) => lab.world.lose_reply_of(n),
        Some(Lost::Apiserver(n, how)) => lab.cluster.lose_reply(n, how),
        None => {}
    }
    lab.start_operator();
    lab.until_ready("aws").await;
    // The reply that is lost may be this one; the deletion is made all the same.
    let _ = lab.connections().delete("aws", &kube::api::DeleteParams::default()).await;
    lab.until_gone("aws").await;
    let ledger = lab.world.ledger();
    assert_eq!(ledger.orders.len(), 1, "orders with {lost:?} on {account}");
    // A cancellation whose reply was lost may be sent again, and then finds the line going.
    assert_eq!(ledger.cancellations.len(), 1, "cancellations with {lost:?} on {account}");
    (lab.calls(), lab.cluster.requests().iter().filter(|r| r.verb != "watch").count())
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_order() {
    for account in ["default", "ecx"] {
        let (calls, requests) = live(account, None).await;
        for n in 1..=u32::try_from(calls).unwrap() {
            live(account, Some(Lost::Provider(n))).await;
        }
        for n in 0..requests {
            live(account, Some(Lost::Apiserver(n, Loss::Reset))).await;
            live(account, Some(Lost::Apiserver(n, Loss::Internal))).await;
        }
        println!("{account}: {calls} provider replies and {requests} apiserver replies lost");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_order_is_told_and_found() {
    use fabric_operator::simulator::{Effect, Fault};
    let lab = Lab::start();
    lab.world.inject(Fault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    lab.apply("aws", manifests::aws_dot1q("default"));
    lab.until_reason("aws", "OrderUnknown").await;
    let (_, _, message) = lab.condition("aws", "Ready").unwrap();
    assert!(message.contains("JohnDoe_AWS_Dot1q") && message.contains("looked for"), "{message}");
    lab.until_reason("aws", "AwaitingApproval").await;
    assert_eq!(lab.world.ledger().orders.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_order_that_never_arrived_is_sent_again_after_proof() {
    use fabric_operator::simulator::{Effect, Fault};
    let lab = Lab::start();
    let refused = Effect::Answer { status: 503, retry_after: None, body: serde_json::Value::Null };
    lab.world.inject(Fault::once(refused).on("POST", "/fabric/v4/connections"));
    lab.apply("aws", manifests::aws_dot1q("default"));
    lab.until_reason("aws", "OrderUnknown").await;
    tokio::time::sleep(Duration::from_secs(14 * 60)).await;
    assert_eq!(lab.order_bodies().len(), 1, "nothing is sent again before the settle time");
    lab.until_ready("aws").await;
    assert_eq!(lab.world.ledger().orders.len(), 1);
    assert_eq!(lab.get("aws").unwrap()["status"]["primary"]["order"]["attempt"], 2);
}

#[tokio::test(start_paused = true)]
async fn a_resource_deleted_while_its_order_is_unknown_leaves_nothing() {
    use fabric_operator::simulator::{Effect, Fault};
    let lab = Lab::start();
    lab.world.inject(Fault::once(Effect::LoseReply).on("POST", "/fabric/v4/connections"));
    lab.apply("aws", manifests::aws_dot1q("default"));
    lab.until_reason("aws", "OrderUnknown").await;
    lab.delete("aws").await;
    lab.until_gone("aws").await;
    let ledger = lab.world.ledger();
    assert_eq!((ledger.orders.len(), ledger.cancellations.len()), (1, 1));
}
