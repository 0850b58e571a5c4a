//! A decision is carried out once, whichever response is lost, whenever the operator is killed, and
//! however many decide.

use std::time::Duration;

use serde_json::{Value, json};

use fabric_simulator::{Effect, InjectedFault};
use fabric_testkit::{
    apiserver::Loss,
    cluster::{TestCluster, condition},
    manifests,
};

use super::{
    BUYER, SELLER, SELLER_PORTS, SIDES, Side, acceptance, admission, aws_keys, aws_pair,
    carried_out, decide, decisions, get, market, market_before, order_of_a_pair, ordered, ready,
    to_a_seller, until_outcome, until_reason,
};

const HOUR: Duration = Duration::from_secs(3600);

/// The response that is lost: the n-th of the provider, or the n-th of the API server to any client.
#[derive(Debug, Clone, Copy)]
enum Lost {
    Provider(u32),
    Apiserver(usize, Loss),
}

/// A decision and what leads to it: the connection, the namespace that decides, the decision once
/// the connection waits for it, and how many calls it takes.
type Plot = (Value, &'static str, fn(&TestCluster, Side) -> Value, usize);
type Story = fn(Side) -> Plot;

fn buyers(side: Side) -> Plot {
    (manifests::aws_dot1q(side.buyer), BUYER, |_, _| acceptance(), 1)
}

fn buyers_pair(side: Side) -> Plot {
    (aws_pair(side.buyer), BUYER, |_, _| acceptance(), 2)
}

fn sellers_pair(side: Side) -> Plot {
    let spec = |cluster: &TestCluster, sides: Side| {
        let uuid = cluster.get("line").unwrap()["status"]["primary"]["uuid"].clone();
        let mut spec = admission(sides.seller, uuid.as_str().unwrap());
        spec["secondary"] = super::seller_side(SELLER_PORTS[1], 780);
        spec
    };
    // v3 decides on both halves at once.
    (order_of_a_pair(side.buyer), SELLER, spec, if side.v4 { 2 } else { 1 })
}

/// One life of a decision with one lost reply; answers with how many requests there were to lose.
async fn live(story: Story, side: Side, lost: Option<Lost>) -> (usize, usize) {
    let mut cluster = market_before();
    let (connection, namespace, decision, calls) = story(side);
    cluster.apiserver.put(aws_keys());
    cluster.apply("line", connection);
    cluster.start_operator();
    cluster
        .until("the connection waits", HOUR, |cluster| {
            cluster.condition("line", "Ready").is_some_and(|c| c.1 == "AwaitingApproval")
        })
        .await;
    let (before, asked) = (cluster.calls(), cluster.apiserver.requests().len());
    let decision = decision(&cluster, side);
    match lost {
        Some(Lost::Provider(n)) => cluster.world.lose_reply_of(n),
        Some(Lost::Apiserver(n, how)) => cluster.apiserver.lose_reply(n, how),
        None => {}
    }
    decide(&cluster, namespace, "it", decision);
    until_outcome(&cluster, namespace, "it", "Approved").await;
    cluster
        .until("the connection is in service", HOUR, |cluster| {
            cluster.condition("line", "Ready").is_some_and(|c| c.0 == "True")
        })
        .await;
    assert_eq!(carried_out(&cluster), calls, "decisions with {lost:?} of {side:?}");
    let requests = cluster.apiserver.requests();
    let requests = requests.iter().skip(asked).filter(|r| r.verb != "watch").count();
    (cluster.calls() - before, requests)
}

async fn every_reply(story: Story) {
    for side in SIDES {
        let (calls, requests) = live(story, side, None).await;
        for n in 1..=u32::try_from(calls).unwrap() {
            live(story, side, Some(Lost::Provider(n))).await;
        }
        for n in 0..requests {
            live(story, side, Some(Lost::Apiserver(n, Loss::Reset))).await;
            live(story, side, Some(Lost::Apiserver(n, Loss::Internal))).await;
        }
        println!("{side:?}: {calls} provider replies and {requests} apiserver replies lost");
    }
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_acceptance() {
    every_reply(buyers).await;
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_acceptance_of_each_half() {
    every_reply(buyers_pair).await;
}

#[tokio::test(start_paused = true)]
async fn every_lost_reply_ends_with_one_admission_of_a_pair() {
    every_reply(sellers_pair).await;
}

/// A line that waits for its seller, and the decision on it.
async fn waiting(side: Side) -> (TestCluster, Value) {
    let cluster = market();
    let uuid = ordered(&cluster, to_a_seller(side.buyer)).await.remove(0);
    (cluster, admission(side.seller, &uuid))
}

/// Where decisions arrive.
fn route(side: Side) -> (&'static str, &'static str) {
    if side.v4 {
        ("POST", "/fabric/v4/connections/*/actions")
    } else {
        ("PATCH", "/ecx/v3/l2/connections/*")
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_reported_and_the_connection_shows_the_outcome() {
    for side in SIDES {
        let (cluster, decision) = waiting(side).await;
        let (method, path) = route(side);
        cluster.world.inject(InjectedFault::once(Effect::LoseReply).on(method, path));
        // The line is shown as it was for a while.
        let stale = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        let mut stale =
            InjectedFault::once(stale).on("GET", "/fabric/v4/connections/*").from_number(2);
        stale.times = 5;
        cluster.world.inject(stale);
        decide(&cluster, SELLER, "it", decision);
        until_outcome(&cluster, SELLER, "it", "Approved").await;
        let (_, _, message) = ready(&cluster, SELLER, "it").unwrap();
        assert!(message.contains("the answer was lost"), "{message}");
        let intent = &get(&cluster, SELLER, "it")["status"]["primary"]["intent"];
        assert_eq!((&intent["attempt"], &intent["taken"]), (&json!(1), &json!(false)));
        assert_eq!(carried_out(&cluster), 1);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_that_never_arrived_is_sent_again_when_it_would_show() {
    for side in SIDES {
        let (cluster, decision) = waiting(side).await;
        let (method, path) = route(side);
        let fails = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        cluster.world.inject(InjectedFault::once(fails).on(method, path));
        decide(&cluster, SELLER, "it", decision);
        let message = until_reason(&cluster, SELLER, "it", "DecisionUnknown").await;
        assert!(
            message.contains("Approve Creation") && message.contains("looked for"),
            "{message}"
        );
        assert!(
            condition(&get(&cluster, SELLER, "it"), "Stalled").is_none(),
            "no failure is claimed"
        );
        tokio::time::sleep(Duration::from_secs(4 * 60)).await;
        assert_eq!(decisions(&cluster).len(), 1, "nothing is sent again before the settle time");
        until_outcome(&cluster, SELLER, "it", "Approved").await;
        assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (2, 1));
        assert_eq!(get(&cluster, SELLER, "it")["status"]["primary"]["intent"]["attempt"], 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_decision_without_effect_is_given_up() {
    for side in SIDES {
        let (cluster, decision) = waiting(side).await;
        let (method, path) = route(side);
        // The provider says yes and does nothing.
        let (status, body) = (if side.v4 { 202 } else { 200 }, json!({"message": "done"}));
        let yes = Effect::Answer { status, retry_after: None, body };
        cluster.world.inject(InjectedFault::always(yes).on(method, path));
        decide(&cluster, SELLER, "it", decision);
        let message = until_reason(&cluster, SELLER, "it", "DecisionWithoutEffect").await;
        assert!(message.contains("3 times") && message.contains("still waits"), "{message}");
        tokio::time::sleep(24 * HOUR).await;
        assert_eq!(decisions(&cluster).len(), 3);
        // Whatever was wrong there, the decision holds in the end.
        cluster.world.clear_faults();
        let uuid = get(&cluster, SELLER, "it")["status"]["primary"]["uuid"].clone();
        let id = fabric_domain::ConnectionId::parse(uuid.as_str().unwrap()).unwrap();
        cluster.world.accept(&id).unwrap();
        until_outcome(&cluster, SELLER, "it", "Approved").await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_before_the_answer_is_written_down_leads_to_one_decision() {
    for side in SIDES {
        let (mut cluster, decision) = waiting(side).await;
        // The answer cannot be written down.
        let world = cluster.world.clone();
        cluster.apiserver.stall(
            move |r| {
                let sent = world.requests();
                let sent = sent
                    .iter()
                    .any(|r| r.path.contains("?action=Approve") || r.path.ends_with("/actions"));
                sent && r.is_for("connectionapprovals", "status")
            },
            HOUR,
        );
        decide(&cluster, SELLER, "it", decision);
        cluster.until("the decision arrives", HOUR, |cluster| carried_out(cluster) == 1).await;
        cluster.kill_operator().await;
        let intent = get(&cluster, SELLER, "it")["status"]["primary"]["intent"].clone();
        assert_eq!((&intent["attempt"], &intent["taken"]), (&json!(1), &json!(false)));
        cluster.apiserver.heal();
        cluster.start_operator();
        until_outcome(&cluster, SELLER, "it", "Approved").await;
        tokio::time::sleep(HOUR).await;
        assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (1, 1), "{side:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_kill_before_the_call_leads_to_one_decision() {
    for side in SIDES {
        let (mut cluster, decision) = waiting(side).await;
        let (method, path) = route(side);
        cluster.world.inject(InjectedFault::once(Effect::Latency(20 * HOUR)).on(method, path));
        decide(&cluster, SELLER, "it", decision);
        cluster
            .until("the decision is written down", HOUR, |cluster| {
                get(cluster, SELLER, "it")["status"]["primary"]["intent"].is_object()
            })
            .await;
        cluster.kill_operator().await;
        assert_eq!(carried_out(&cluster), 0);
        cluster.world.clear_faults();
        cluster.start_operator();
        until_outcome(&cluster, SELLER, "it", "Approved").await;
        tokio::time::sleep(HOUR).await;
        assert_eq!(carried_out(&cluster), 1, "{side:?}");
        assert_eq!(get(&cluster, SELLER, "it")["status"]["primary"]["intent"]["attempt"], 2);
    }
}

#[tokio::test(start_paused = true)]
async fn of_two_operators_one_decides() {
    for sides in SIDES {
        for latency in [0, 1, 5, 30] {
            let (mut cluster, decision) = waiting(sides).await;
            cluster.start_operator();
            tokio::time::sleep(Duration::from_secs(60)).await;
            let (method, path) = route(sides);
            let slow = Effect::Latency(Duration::from_secs(latency));
            cluster.world.inject(InjectedFault::always(slow).on(method, path));
            decide(&cluster, SELLER, "it", decision);
            until_outcome(&cluster, SELLER, "it", "Approved").await;
            tokio::time::sleep(HOUR).await;
            assert_eq!(
                (decisions(&cluster).len(), carried_out(&cluster)),
                (1, 1),
                "{sides:?} {latency} s"
            );
            assert_eq!(ready(&cluster, SELLER, "it").unwrap().1, "Decided");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_earlier_attempt_that_arrived_is_not_taken_for_that_of_another_client() {
    // The answer is lost, the line is shown as it was for longer than it should be, and the second
    // attempt is refused because the first was carried out.
    let (cluster, decision) = waiting(SIDES[1]).await;
    let (method, path) = route(SIDES[1]);
    cluster.world.inject(InjectedFault::once(Effect::LoseReply).on(method, path));
    let listing = "/ecx/v3/l2/seller/connections";
    let uuid = decision["connection"]["uuid"].clone();
    let stale = json!({
        "isLastPage": true, "totalCount": 1,
        "content": [{
            "uuid": uuid, "name": "JohnDoe_Storage",
            "status": "PENDING_APPROVAL", "providerStatus": "NOT_AVAILABLE",
        }],
    });
    let stale = Effect::Answer { status: 200, retry_after: None, body: stale };
    cluster.world.inject(InjectedFault::always(stale).on("GET", listing));
    decide(&cluster, SELLER, "it", decision);
    cluster.until("it is sent again", HOUR, |cluster| decisions(cluster).len() == 2).await;
    cluster.world.clear_faults();
    until_outcome(&cluster, SELLER, "it", "Approved").await;
    assert_eq!(carried_out(&cluster), 1);
}

#[tokio::test(start_paused = true)]
async fn while_the_provider_is_away_nothing_is_claimed() {
    for sides in SIDES {
        let (cluster, decision) = waiting(sides).await;
        let down = Effect::Answer { status: 503, retry_after: None, body: Value::Null };
        cluster.world.inject(InjectedFault::always(down).on("GET", "/**"));
        decide(&cluster, SELLER, "it", decision);
        until_reason(&cluster, SELLER, "it", "ProviderUnavailable").await;
        assert!(condition(&get(&cluster, SELLER, "it"), "Stalled").is_none());
        cluster.world.clear_faults();
        until_outcome(&cluster, SELLER, "it", "Approved").await;
        assert_eq!(carried_out(&cluster), 1);
    }
    // Asked to slow down, it does.
    let (cluster, decision) = waiting(SIDES[0]).await;
    let (method, path) = route(SIDES[0]);
    let wait = Some("120".to_owned());
    let slower = Effect::Answer { status: 429, retry_after: wait, body: Value::Null };
    cluster.world.inject(InjectedFault::once(slower).on(method, path));
    decide(&cluster, SELLER, "it", decision);
    until_reason(&cluster, SELLER, "it", "Throttled").await;
    let object = get(&cluster, SELLER, "it");
    assert!(object["status"]["primary"].get("intent").is_none(), "nothing was done: {object:#}");
    until_outcome(&cluster, SELLER, "it", "Approved").await;
    assert_eq!((decisions(&cluster).len(), carried_out(&cluster)), (2, 1));
}
