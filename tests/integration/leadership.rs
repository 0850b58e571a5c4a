//! Leader election on the in-memory API server, on the virtual clock.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use http::StatusCode;
use serde_json::{Value, json};
use tokio::{task::JoinHandle, time::Instant};
use tokio_util::sync::CancellationToken;

use fabric_operator::lease::{Candidate, Election, Lost, Role};
use fabric_testkit::{
    apiserver::{Apiserver, Loss, RequestInfo},
    operator::virtual_clock,
};

const DURATION: Duration = Duration::from_secs(15);
/// What a candidate may take to notice that the Lease is free.
const BEAT: Duration = Duration::from_secs(3);

/// From when to when each process led.
type Terms = Arc<Mutex<Vec<(String, Instant, Option<Instant>)>>>;

/// A process that leads when it can, and stands again when it has lost.
struct Process {
    standing: Arc<Mutex<Vec<Role>>>,
    done: CancellationToken,
    task: JoinHandle<()>,
}

impl Process {
    fn start(cluster: &Apiserver, name: &str, terms: &Terms) -> Self {
        let standing = Arc::new(Mutex::new(vec![]));
        let done = CancellationToken::new();
        let (cluster, name, terms) = (cluster.clone(), name.to_owned(), terms.clone());
        let (reported, ends) = (standing.clone(), done.clone());
        let task = tokio::spawn(async move {
            for term in 0.. {
                let reported = reported.clone();
                let election = Election::new(
                    cluster.client_as(&name),
                    candidate(&format!("{name}-{term}")),
                    virtual_clock(),
                    Arc::new(move |s| reported.lock().unwrap().push(s)),
                );
                let won = election.win().await;
                terms.lock().unwrap().push((name.clone(), Instant::now(), None));
                let ended = won.hold(ends.clone()).await;
                let mut terms = terms.lock().unwrap();
                let mine = terms.iter_mut().rev().find(|(who, ..)| *who == name).unwrap();
                mine.2 = Some(Instant::now());
                if ended.is_ok() {
                    break;
                }
            }
        });
        Self { standing, done, task }
    }

    fn last(&self) -> Option<Role> {
        self.standing.lock().unwrap().last().cloned()
    }

    async fn kill(self) {
        self.task.abort();
        let _ = self.task.await;
    }
}

fn candidate(identity: &str) -> Candidate {
    Candidate {
        namespace: "fabric-operator".into(),
        lease: "fabric-operator".into(),
        identity: identity.into(),
        duration: DURATION,
    }
}

fn lease(cluster: &Apiserver) -> Value {
    cluster.get("leases", "fabric-operator", "fabric-operator").unwrap()
}

fn leader(cluster: &Apiserver) -> String {
    lease(cluster)["spec"]["holderIdentity"].as_str().unwrap_or_default().to_owned()
}

async fn seconds(n: u64) {
    tokio::time::sleep(Duration::from_secs(n)).await;
}

/// Wins the Lease, which must be free.
async fn won(cluster: &Apiserver, identity: &str) -> fabric_operator::lease::Leadership {
    Election::new(cluster.client(), candidate(identity), virtual_clock(), Arc::new(|_| {}))
        .win()
        .await
}

#[tokio::test(start_paused = true)]
async fn a_standby_takes_over_from_a_dead_leader_within_the_lease_time_and_not_before() {
    let (cluster, terms) = (Apiserver::default(), Terms::default());
    let first = Process::start(&cluster, "a", &terms);
    seconds(1).await;
    let second = Process::start(&cluster, "b", &terms);
    seconds(3600).await;
    assert_eq!(leader(&cluster), "a-0");
    assert_eq!(second.last(), Some(Role::Standby { leader: "a-0".into() }));
    let died = Instant::now();
    first.kill().await;
    while leader(&cluster) != "b-0" {
        seconds(1).await;
        assert!(died.elapsed() <= DURATION + BEAT, "no process leads: {:#}", lease(&cluster));
    }
    // The last renewal was at most a beat ago when the leader died.
    assert!(died.elapsed() + BEAT >= DURATION, "taken over after {:?}", died.elapsed());
    assert_eq!(lease(&cluster)["spec"]["leaseTransitions"], 1);
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_ends_gives_the_lease_up() {
    let (cluster, terms) = (Apiserver::default(), Terms::default());
    let first = Process::start(&cluster, "a", &terms);
    seconds(1).await;
    let _second = Process::start(&cluster, "b", &terms);
    seconds(60).await;
    first.done.cancel();
    first.task.await.unwrap();
    seconds(BEAT.as_secs() + 1).await;
    assert_eq!(leader(&cluster), "b-0");
}

#[tokio::test(start_paused = true)]
async fn of_two_that_claim_at_once_one_leads() {
    for free_lease_is_there in [false, true] {
        let (cluster, terms) = (Apiserver::default(), Terms::default());
        if free_lease_is_there {
            cluster.put(json!({
                "apiVersion": "coordination.k8s.io/v1", "kind": "Lease",
                "metadata": {"name": "fabric-operator", "namespace": "fabric-operator"},
                "spec": {},
            }));
        }
        // Both see the same, and write a moment later.
        cluster.stall(RequestInfo::is_write, Duration::from_millis(500));
        let both = ["a", "b"].map(|name| Process::start(&cluster, name, &terms));
        seconds(60).await;
        let leading = both.iter().filter(|p| p.last() == Some(Role::Leading)).count();
        assert_eq!((leading, terms.lock().unwrap().len()), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn a_leader_that_cannot_renew_stops_before_anybody_else_may_begin() {
    // Refused, silent, and slower than it waits.
    for fault in 0..3 {
        let cluster = Apiserver::default();
        let term = won(&cluster, "a").await;
        seconds(1).await;
        match fault {
            0 => cluster.fail_next(|_| true, 1000, StatusCode::INTERNAL_SERVER_ERROR, "Internal"),
            1 => cluster.stall(|_| true, Duration::from_secs(3600)),
            _ => cluster.stall(|_| true, BEAT + Duration::from_millis(1)),
        }
        let renewed = Instant::now();
        let lost = term.hold(CancellationToken::new()).await.unwrap_err();
        assert!(matches!(&lost, Lost::NotRenewed(_)), "{lost}");
        let until = renewed.elapsed();
        assert!(until + BEAT < DURATION, "led for {until:?} after the last renewal");
        assert!(until > DURATION / 2, "gave up after {until:?}, too early to be of use");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lease_that_another_process_holds_is_lost_at_once() {
    let taken = |spec: Value| async move {
        let cluster = Apiserver::default();
        let term = won(&cluster, "a").await;
        let mut stolen = lease(&cluster);
        stolen["spec"] = spec;
        cluster.put(stolen);
        term.hold(CancellationToken::new()).await
    };
    assert_eq!(taken(json!({"holderIdentity": "b"})).await, Err(Lost::To("b".into())));
    assert_eq!(taken(json!({})).await, Err(Lost::Removed));
}

#[tokio::test(start_paused = true)]
async fn a_deleted_lease_is_lost() {
    let cluster = Apiserver::default();
    let term = won(&cluster, "a").await;
    let api: kube::Api<k8s_openapi::api::coordination::v1::Lease> =
        kube::Api::namespaced(cluster.client(), "fabric-operator");
    api.delete("fabric-operator", &kube::api::DeleteParams::default()).await.unwrap();
    assert_eq!(term.hold(CancellationToken::new()).await, Err(Lost::Removed));
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_costs_no_leadership() {
    for loss in [Loss::Reset, Loss::Internal] {
        for nth in 0..12 {
            let (cluster, terms) = (Apiserver::default(), Terms::default());
            cluster.lose_reply(nth, loss);
            let it = Process::start(&cluster, "a", &terms);
            seconds(120).await;
            assert_eq!(it.last(), Some(Role::Leading), "request {nth}, {loss:?}");
            assert_eq!(terms.lock().unwrap().len(), 1, "request {nth}, {loss:?}");
            assert_eq!(leader(&cluster), "a-0");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_happens_no_two_lead_at_once() {
    let (cluster, terms) = (Apiserver::default(), Terms::default());
    let _all = ["a", "b", "c"].map(|name| Process::start(&cluster, name, &terms));
    for round in 0_u64..200 {
        let loss = if round % 2 == 0 { Loss::Reset } else { Loss::Internal };
        match round % 7 {
            0 => cluster.lose_reply(usize::try_from(round % 5).unwrap(), loss),
            // One process is cut off for a while, or all are.
            1 => cluster.stall(|r| r.user == "a", Duration::from_secs(3600)),
            2 => cluster.stall(|r| r.user == "b" && r.is_write(), Duration::from_secs(20)),
            3 => cluster.stall(|_| true, Duration::from_secs(4)),
            4 => cluster.fail_next(|r| r.user == "c", 9, StatusCode::FORBIDDEN, "Forbidden"),
            _ => cluster.heal(),
        }
        seconds(5 + round % 11).await;
    }
    let mut terms = terms.lock().unwrap().clone();
    assert!(
        terms.len() > 20,
        "leadership has to change hands for this to show anything: {terms:?}"
    );
    let now = Instant::now();
    terms.sort_by_key(|(_, from, _)| *from);
    for pair in terms.windows(2) {
        let [(_, _, until), (_, from, _)] = pair else { unreachable!() };
        assert!(until.unwrap_or(now) <= *from, "two led at once: {pair:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_keeps_it_from_the_lease_is_reported() {
    let cluster = Apiserver::default();
    cluster.fail_next(|_| true, 2, StatusCode::FORBIDDEN, "Forbidden");
    let it = Process::start(&cluster, "a", &Terms::default());
    seconds(1).await;
    let Some(Role::Unavailable(text)) = it.last() else { panic!("{:?}", it.last()) };
    assert!(text.contains("may not get Lease") && text.contains("rbac.yaml"), "{text}");
    seconds(10).await;
    assert_eq!(it.last(), Some(Role::Leading));
}
