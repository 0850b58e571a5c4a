//! A decision that is carried out late: what the user or another process does while a request waits
//! keeps that request from being sent.

use std::{
    fmt,
    sync::{Arc, Mutex},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use futures::future::BoxFuture;
use http::{Method, Request, Response};
use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::{Api, api::DeleteParams};
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use fabric_api::{ConnectionApproval, FabricConnection, ServiceProfile};
use fabric_client::{Http, SendError};
use fabric_operator::lease::{Candidate, Election, SteadyClock};
use fabric_simulator::{Config, Effect, InjectedFault};
use fabric_testkit::{
    apiserver::Apiserver,
    cluster::{TestCluster, condition},
    manifests,
    operator::{InProcess, virtual_clock},
    seller::{private_profile, to_a_seller},
};

use crate::profiles::profile;

const HOUR: Duration = Duration::from_secs(3600);

/// The commands of all kinds that change something at the provider.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Command {
    Order,
    Change,
    Cancel,
    Decide,
    Create,
    Replace,
    Delete,
}

/// What happens while the request waits.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Event {
    /// `spec.paused` is set.
    Paused,
    /// `spec.deletionPolicy` becomes Orphan.
    Orphaned,
    /// `spec.deletionProtection` is set.
    Protected,
    /// The administrator deletes the definition of the kind.
    Undefined,
    /// The user deletes the resource.
    Deleted,
    /// The process is frozen for an hour.
    Frozen,
}

const CASES: [(Command, &[Event]); 7] = [
    (Command::Order, &[Event::Paused, Event::Deleted, Event::Frozen]),
    (Command::Change, &[Event::Paused, Event::Deleted, Event::Frozen]),
    (
        Command::Cancel,
        &[Event::Paused, Event::Orphaned, Event::Protected, Event::Undefined, Event::Frozen],
    ),
    (Command::Decide, &[Event::Deleted, Event::Frozen]),
    (Command::Create, &[Event::Paused, Event::Deleted, Event::Frozen]),
    (Command::Replace, &[Event::Paused, Event::Deleted, Event::Frozen]),
    (
        Command::Delete,
        &[Event::Paused, Event::Orphaned, Event::Protected, Event::Undefined, Event::Frozen],
    ),
];

impl Command {
    /// The plural of the resource and its name.
    fn resource(self) -> (&'static str, &'static str) {
        match self {
            Self::Order | Self::Change | Self::Cancel => ("fabricconnections", "line"),
            Self::Decide => ("connectionapprovals", "no"),
            Self::Create | Self::Replace | Self::Delete => ("serviceprofiles", "shop"),
        }
    }

    /// Whether a request on Fabric v4 is the command's.
    fn is(self, method: &Method, path: &str) -> bool {
        let connection = path.starts_with("/fabric/v4/connections/");
        let profile = path.starts_with("/fabric/v4/serviceProfiles/");
        match self {
            Self::Order => method == Method::POST && path == "/fabric/v4/connections",
            Self::Change => method == Method::PATCH && connection,
            Self::Cancel => method == Method::DELETE && connection,
            Self::Decide => method == Method::POST && path.ends_with("/actions"),
            Self::Create => method == Method::POST && path == "/fabric/v4/serviceProfiles",
            Self::Replace => method == Method::PUT && profile,
            Self::Delete => method == Method::DELETE && profile,
        }
    }

    /// Brings about the state in which the user asks for the command.
    async fn prepare(self, cluster: &TestCluster) {
        cluster.let_in_the_seller();
        match self {
            Self::Order | Self::Create => {}
            Self::Change | Self::Cancel => {
                cluster.apply("line", manifests::aws_dot1q("default"));
                cluster.until_ready("line").await;
            }
            Self::Decide => {
                cluster.apply("line", to_a_seller("default"));
                cluster
                    .until("the seller has to decide", HOUR, |cluster| {
                        let line = &cluster.get("line").unwrap()["status"]["primary"];
                        line["equinixStatus"] == "PENDING_APPROVAL"
                    })
                    .await;
            }
            Self::Replace | Self::Delete => {
                cluster.apiserver.put(profile("shop", private_profile("seller")));
                cluster
                    .until("the profile is Ready", HOUR, |cluster| {
                        let shop = cluster.apiserver.get("serviceprofiles", "network", "shop");
                        condition(&shop.unwrap(), "Ready").is_some_and(|c| c.0 == "True")
                    })
                    .await;
            }
        }
    }

    /// The user asks for it.
    async fn ask(self, cluster: &TestCluster) {
        let (plural, name) = self.resource();
        let edit = |field: &str, value: &str| {
            let mut object = cluster.apiserver.get(plural, "network", name).unwrap();
            object["spec"][field] = json!(value);
            cluster.apiserver.put(object);
        };
        match self {
            Self::Order => cluster.apply(name, manifests::aws_dot1q("default")),
            Self::Change => edit("name", "Renamed"),
            Self::Cancel | Self::Delete => delete(cluster.apiserver.clone(), self).await,
            Self::Decide => {
                let line = cluster.get("line").unwrap();
                cluster.apiserver.put(json!({
                    "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "ConnectionApproval",
                    "metadata": {"name": name, "namespace": "network"},
                    "spec": {
                        "account": "seller", "decision": "Reject", "comment": "JohnDoe rejected",
                        "connection": {"uuid": line["status"]["primary"]["uuid"]},
                    },
                }));
            }
            Self::Create => {
                cluster.apiserver.put(profile(name, private_profile("seller")));
            }
            Self::Replace => edit("description", "JohnDoe tests on"),
        }
    }
}

async fn delete(apiserver: Apiserver, command: Command) {
    let (client, (_, name)) = (apiserver.client_as("user"), command.resource());
    let params = DeleteParams::default();
    match command.resource().0 {
        "fabricconnections" => {
            let api: Api<FabricConnection> = Api::namespaced(client, "network");
            api.delete(name, &params).await.map(|_| ()).unwrap();
        }
        "connectionapprovals" => {
            let api: Api<ConnectionApproval> = Api::namespaced(client, "network");
            api.delete(name, &params).await.map(|_| ()).unwrap();
        }
        _ => {
            let api: Api<ServiceProfile> = Api::namespaced(client, "network");
            api.delete(name, &params).await.map(|_| ()).unwrap();
        }
    }
}

/// What happens before a request of a command reaches the provider, and whether the provider then rejects the
/// request's token.
struct Interruption {
    command: Command,
    happens: BoxFuture<'static, ()>,
    rejects: bool,
}

/// A network that is interrupted once.
#[derive(Clone)]
struct Interrupted {
    provider: InProcess,
    next: Arc<Mutex<Option<Interruption>>>,
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Interrupted").finish_non_exhaustive()
    }
}

#[async_trait]
impl Http for Interrupted {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let due = {
            let mut next = self.next.lock().unwrap();
            next.take_if(|it| it.command.is(request.method(), request.uri().path()))
        };
        if let Some(Interruption { happens, rejects, .. }) = due {
            happens.await;
            if rejects {
                return Ok(Response::builder().status(401).body(Bytes::new()).unwrap());
            }
        }
        self.provider.send(request).await
    }
}

impl Interrupted {
    fn before(cluster: &TestCluster) -> Self {
        Self { provider: InProcess(cluster.world.router()), next: Arc::default() }
    }

    fn next(&self, interruption: Interruption) {
        *self.next.lock().unwrap() = Some(interruption);
    }

    fn is_over(&self) -> bool {
        self.next.lock().unwrap().is_none()
    }
}

/// How many of the command's requests reached the provider.
fn sent(cluster: &TestCluster, command: Command) -> usize {
    let requests = cluster.world.requests().into_iter();
    let of = |method: &str| method.parse::<Method>().unwrap();
    requests.filter(|request| command.is(&of(&request.method), &request.path)).count()
}

/// A clock that a test can put forward, and by how much.
fn movable_clock() -> (SteadyClock, Arc<Mutex<Duration>>) {
    let (runtime, forward) = (virtual_clock(), Arc::<Mutex<Duration>>::default());
    let by = forward.clone();
    (SteadyClock::reading(move || runtime.now() + *by.lock().unwrap()), forward)
}

async fn withdrawn(command: Command, event: Event) {
    let mut cluster = TestCluster::without_operator(Config::default());
    let candidate = Candidate {
        namespace: "fabric-operator".into(),
        lease: "fabric-operator".into(),
        identity: "it".into(),
        duration: Duration::from_secs(15),
    };
    let (clock, forward) = movable_clock();
    let client = cluster.apiserver.client_as("operator");
    let leads = Election::new(client, candidate, clock, Arc::new(|_| {})).win().await;
    cluster.settings.tenure = leads.tenure();
    tokio::spawn(leads.hold(CancellationToken::new()));
    let network = Interrupted::before(&cluster);
    cluster.start_operator_over(Arc::new(network.clone()));
    command.prepare(&cluster).await;

    let apiserver = cluster.apiserver.clone();
    let happens = async move {
        let (plural, name) = command.resource();
        let edit = |field: &str, value: Value| {
            let mut object = apiserver.get(plural, "network", name).unwrap();
            object["spec"][field] = value;
            apiserver.put(object);
        };
        match event {
            Event::Paused => edit("paused", json!(true)),
            Event::Orphaned => edit("deletionPolicy", json!("Orphan")),
            Event::Protected => edit("deletionProtection", json!(true)),
            Event::Undefined => {
                let definitions: Api<CustomResourceDefinition> =
                    Api::all(apiserver.client_as("administrator"));
                let name = format!("{plural}.fabric.equinix.com");
                definitions.delete(&name, &DeleteParams::default()).await.map(|_| ()).unwrap();
            }
            Event::Deleted => delete(apiserver.clone(), command).await,
            Event::Frozen => *forward.lock().unwrap() = HOUR,
        }
    };
    network.next(Interruption { command, happens: Box::pin(happens), rejects: true });
    command.ask(&cluster).await;
    let at = format!("{command:?}, {event:?}");
    cluster.until(&format!("{at}: the request is due"), HOUR, |_| network.is_over()).await;
    tokio::time::sleep(Duration::from_secs(300)).await;
    assert_eq!(sent(&cluster, command), 0, "{at}");

    let (plural, name) = command.resource();
    let object = cluster.apiserver.get(plural, "network", name);
    if matches!(event, Event::Deleted | Event::Orphaned) && command != Command::Change {
        assert!(object.is_none(), "{at}: nothing is left that it stands for: {object:#?}");
    }
    if event == Event::Paused {
        let status = &object.unwrap()["status"];
        assert!(status["providerFaults"].is_null(), "{at}: nothing was refused: {status:#}");
        let intent = match command {
            Command::Order => &status["primary"]["order"],
            Command::Create => &status["creation"],
            Command::Change => &status["primary"]["changes"],
            Command::Replace => &status["replacement"],
            Command::Cancel | Command::Decide | Command::Delete => &Value::Null,
        };
        assert!(intent.is_null(), "{at}: nothing is on its way: {status:#}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_request_of_any_kind_is_not_sent_after_its_decision_has_lapsed() {
    for (command, events) in CASES {
        for event in events {
            withdrawn(command, *event).await;
        }
    }
}

#[tokio::test(start_paused = true)]
async fn an_order_that_waits_for_its_slot_is_not_sent_after_an_edit() {
    let mut cluster = TestCluster::without_operator(Config::default());
    let mut account = cluster.apiserver.get("fabricaccounts", "", "default").unwrap();
    account["spec"]["requestsPerSecond"] = json!(1);
    cluster.apiserver.put(account);
    cluster.start_operator();
    cluster.apply("line", manifests::aws_dot1q("default"));
    let intended = |line: &Value| line["status"]["primary"]["order"].is_object();
    while !intended(&cluster.get("line").unwrap()) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    assert_eq!(sent(&cluster, Command::Order), 0, "it waits for its slot");
    let mut line = cluster.get("line").unwrap();
    line["spec"]["paused"] = json!(true);
    cluster.apiserver.put(line);
    tokio::time::sleep(HOUR).await;
    assert_eq!(sent(&cluster, Command::Order), 0);
    let line = cluster.get("line").unwrap();
    assert!(!intended(&line), "{line:#}");
    assert_eq!(cluster.condition("line", "Paused").unwrap().0, "True");
}

#[tokio::test(start_paused = true)]
async fn a_cancellation_that_waits_for_a_retry_after_is_not_sent_after_an_edit() {
    let cluster = TestCluster::start();
    cluster.apply("line", manifests::aws_dot1q("default"));
    cluster.until_ready("line").await;
    let busy =
        Effect::Answer { status: 429, retry_after: Some("300".to_owned()), body: Value::Null };
    let before = cluster.world.requests().len();
    let listing = "/fabric/v4/connections/search";
    cluster.world.inject(InjectedFault::once(busy).on("POST", listing));
    let asked = |cluster: &TestCluster| {
        cluster.world.requests()[before..].iter().any(|request| request.path == listing)
    };
    cluster.until("the provider asks to slow down", HOUR, asked).await;
    delete(cluster.apiserver.clone(), Command::Cancel).await;
    tokio::time::sleep(Duration::from_secs(10)).await;
    let mut line = cluster.get("line").unwrap();
    line["spec"]["deletionPolicy"] = json!("Orphan");
    cluster.apiserver.put(line);
    cluster.until_gone("line").await;
    tokio::time::sleep(HOUR).await;
    assert_eq!(sent(&cluster, Command::Cancel), 0);
}

#[tokio::test(start_paused = true)]
async fn what_is_read_again_and_cannot_be_read_is_not_sent() {
    let mut cluster = TestCluster::without_operator(Config::default());
    cluster.apiserver.fail_next(
        |r| r.verb == "get" && r.resource == "fabricconnections",
        3,
        http::StatusCode::INTERNAL_SERVER_ERROR,
        "InternalError",
    );
    cluster.start_operator();
    cluster.apply("line", manifests::aws_dot1q("default"));
    let reads = |cluster: &TestCluster| {
        let requests = cluster.apiserver.requests().into_iter();
        requests
            .filter(|r| r.user == "operator" && r.verb == "get")
            .filter(|r| r.resource == "fabricconnections" && !r.status.is_success())
            .count()
    };
    cluster.until("three checks have failed", HOUR, |cluster| reads(cluster) == 3).await;
    assert_eq!(sent(&cluster, Command::Order), 0);
    cluster.until_ready("line").await;
    assert_eq!(sent(&cluster, Command::Order), 1);
}

/// An edit that comes between a change and its answer is not observed by the status of that change.
#[tokio::test(start_paused = true)]
async fn the_status_of_a_change_is_of_the_generation_that_it_was_planned_from() {
    let mut cluster = TestCluster::without_operator(Config::default());
    let network = Interrupted::before(&cluster);
    cluster.start_operator_over(Arc::new(network.clone()));
    Command::Change.prepare(&cluster).await;
    let (apiserver, edited) = (cluster.apiserver.clone(), Arc::new(Mutex::new(Value::Null)));
    let as_edited = edited.clone();
    let happens = async move {
        // The next pass must not see the edit before this one has written.
        apiserver.freeze_watch();
        apiserver.stall(|request| request.verb == "list", Duration::from_secs(10));
        let mut line = apiserver.get("fabricconnections", "network", "line").unwrap();
        line["spec"]["name"] = json!("Again");
        *as_edited.lock().unwrap() = apiserver.put(line);
    };
    let command = Command::Change;
    network.next(Interruption { command, happens: Box::pin(happens), rejects: false });
    Command::Change.ask(&cluster).await;
    let planned = cluster.get("line").unwrap()["metadata"]["generation"].clone();
    while !network.is_over() || cluster.get("line").unwrap() == *edited.lock().unwrap() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let (edited, line) = (edited.lock().unwrap().clone(), cluster.get("line").unwrap());
    assert_ne!(edited["metadata"]["generation"], planned);
    assert_ne!(edited["status"], line["status"], "the answer is stored");
    assert_eq!(line["status"]["observedGeneration"], planned, "{line:#}");
}
