//! One run: a cluster, a simulated Equinix, the network between them and the operator, and the
//! user whose steps a case tells.
//!
//! What must hold at the end of every run is in `invariants`; what is special about a case, in `cases`.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use base64::{Engine, engine::general_purpose::STANDARD};
use jiff::SignedDuration;
use kube::api::{DeleteParams, Patch, PatchParams};
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{self, UnboundedReceiver, UnboundedSender},
    time::{Instant, sleep, timeout},
};

use fabric_client::Http;
use fabric_operator::{
    controllers::{Instruments, Settings},
    telemetry::Metrics,
};
use fabric_simulator::{Config, Organisation, World};
use fabric_testkit::{
    cluster::{TestCluster, condition},
    manifests,
    operator::{InProcess, ORIGIN, Operator},
};

use crate::{
    logs::{AWS_KEYS, canary},
    net::{Net, Signal, What},
    seed::Seed,
    specs,
};

/// The account of every run.
pub const ACCOUNT: &str = "equinix";
/// The namespace of the user.
pub const HOME: &str = "network";
/// How long the user waits for anything, in virtual time.
const PATIENCE: Duration = Duration::from_secs(12 * 3600);

/// Which API the account speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Dialect {
    V4,
    V3,
}

impl Dialect {
    pub const ALL: [Self; 2] = [Self::V4, Self::V3];

    pub fn as_str(self) -> &'static str {
        match self {
            Self::V4 => "v4",
            Self::V3 => "v3",
        }
    }
}

/// A connection that the user has asked for.
#[derive(Debug, Clone)]
pub struct Asked {
    pub name: String,
    pub uid: String,
    pub spec: Value,
    /// Whether the user has deleted it.
    pub deleted: bool,
}

/// One run.
pub struct Run {
    pub seed: Seed,
    /// Whether this is the seed of the short form, in which a month has three days.
    pub short: bool,
    pub dialect: Dialect,
    pub lab: TestCluster,
    pub net: Net,
    pub began: Instant,
    /// Seconds by which the operators' clocks are wrong.
    pub skew: Arc<AtomicI64>,
    /// All connections that were ever asked for.
    pub asked: Vec<Asked>,
    /// Lines that others have ordered past the operator.
    pub foreign: HashSet<String>,
    /// Calls beyond the usual that the case may cost.
    pub allowance: usize,
    /// Whether what this case does may cost a line its owner.
    pub may_leak: bool,
    /// Whether people say yes where they are asked.
    people: Arc<AtomicBool>,
    /// What the operators are measured by, those that died too.
    pub metrics: Arc<Mutex<Vec<Metrics>>>,
    replicas: usize,
    signals: Vec<UnboundedSender<Signal>>,
}

impl Run {
    /// A cluster with one account, and no operator yet.
    pub fn new(seed: u64, dialect: Dialect) -> Self {
        let short = seed == 0;
        let mut seed = Seed::new(seed).of(dialect.as_str());
        let config = Config {
            epoch: Some("2026-01-05T08:00:00Z".parse().unwrap()),
            stage: seed.seconds(20, 180),
            vlan_hold: seed.seconds(0, 120),
            token_lifetime: *seed.pick(&[3600, 3600, 900, 40].map(Duration::from_secs)),
            ..Config::default()
        };
        Self { short, ..Self::with(seed, dialect, config) }
    }

    pub fn with(seed: Seed, dialect: Dialect, config: Config) -> Self {
        let mut lab = TestCluster::bare(config);
        lab.world.rotate(Organisation::FIRST, canary());
        lab.cluster.put(manifests::secret_for(&canary()));
        lab.cluster.put(account(dialect));
        let skew = Arc::new(AtomicI64::new(0));
        let (now, seconds) = (lab.settings.now.clone(), skew.clone());
        lab.settings.now =
            Arc::new(move || now() + SignedDuration::from_secs(seconds.load(Ordering::Relaxed)));
        let net = Net::new(&seed);
        let people = Arc::new(AtomicBool::new(true));
        tokio::spawn(accept(lab.world.clone(), people.clone(), seed.of("people")));
        let mut draw = seed.of("replicas");
        Self {
            dialect,
            net,
            lab,
            began: Instant::now(),
            short: false,
            metrics: Arc::default(),
            skew,
            asked: vec![],
            foreign: HashSet::new(),
            people,
            allowance: 0,
            may_leak: false,
            replicas: if draw.one_in(4) { 2 } else { 1 },
            signals: vec![],
            seed,
        }
    }

    /// The case is about one operator alone.
    pub fn alone(&mut self) {
        self.replicas = 1;
    }

    /// The case is about two that both believe they lead.
    pub fn doubled(&mut self) {
        self.replicas = 2;
    }

    pub fn replicas(&self) -> usize {
        self.replicas
    }

    /// Starts the operators; whoever dies is started again.
    pub fn start(&mut self) {
        for replica in self.signals.len()..self.replicas {
            let (signals, received) = mpsc::unbounded_channel();
            let keeper = Keeper {
                replica,
                net: self.net.clone(),
                settings: self.lab.settings.clone(),
                cluster: self.lab.cluster.clone(),
                router: self.lab.world.router(),
                seed: self.seed.of("keeper"),
                signals: signals.clone(),
                metrics: self.metrics.clone(),
            };
            tokio::spawn(keeper.keep(received));
            self.signals.push(signals);
        }
    }

    pub fn signal(&self, replica: usize, signal: Signal) {
        self.signals[replica].send(signal).unwrap();
    }
}

/// People say yes, each in their time.
async fn accept(world: World, willing: Arc<AtomicBool>, mut seed: Seed) {
    loop {
        sleep(seed.seconds(5, 600)).await;
        if willing.load(Ordering::Relaxed) {
            world.accept_all();
        }
    }
}

/// Keeps one replica running, as a Deployment does.
struct Keeper {
    replica: usize,
    net: Net,
    settings: Settings,
    cluster: fabric_testkit::apiserver::Apiserver,
    router: axum::Router,
    seed: Seed,
    signals: UnboundedSender<Signal>,
    metrics: Arc<Mutex<Vec<Metrics>>>,
}

impl Keeper {
    async fn keep(mut self, mut received: UnboundedReceiver<Signal>) {
        loop {
            let life = self.net.begin(self.replica, self.signals.clone());
            let (cluster, provider) =
                (life.cluster(&self.cluster), life.provider(self.router.clone()));
            let instruments = Instruments::default();
            self.metrics.lock().unwrap().push(instruments.metrics.clone());
            let operator = Operator::start(self.settings.clone(), cluster, provider, instruments);
            match received.recv().await {
                Some(Signal::Kill) => operator.kill().await,
                // As long as `run` lets passes take to end.
                Some(Signal::Terminate) => {
                    let _ = timeout(Duration::from_secs(40), operator.stop()).await;
                }
                None => return,
            }
            life.end();
            // What the dead one has still said of its death.
            while received.try_recv().is_ok() {}
            sleep(self.seed.between(Duration::ZERO, Duration::from_secs(20))).await;
        }
    }
}

fn account(dialect: Dialect) -> Value {
    match dialect {
        Dialect::V4 => manifests::account(ACCOUNT, "FabricV4", ORIGIN),
        Dialect::V3 => {
            let mut account = manifests::account(ACCOUNT, "EcxV3", ORIGIN);
            account["spec"]["credentials"]["grant"] = json!("Password");
            account["spec"]["credentials"]["passwordEncoding"] = json!("Md5B64");
            account
        }
    }
}

/// The user's steps.
impl Run {
    /// The spec of a line, one of several kinds.
    pub fn some_line(&self) -> Value {
        specs::some(&self.seed, self.dialect)
    }

    /// Creates or replaces a connection.
    pub fn apply(&mut self, name: &str, spec: Value) {
        self.apply_in(HOME, name, spec);
    }

    /// Creates or replaces a connection of somebody's in a namespace.
    pub fn apply_in(&mut self, namespace: &str, name: &str, spec: Value) {
        let mut object = manifests::connection(name, spec.clone());
        object["metadata"]["namespace"] = json!(namespace);
        let stored = self.lab.cluster.put(object);
        let uid = stored["metadata"]["uid"].as_str().unwrap().to_owned();
        if !self.asked.iter().any(|asked| asked.uid == uid) {
            self.asked.push(Asked { name: name.into(), uid, spec, deleted: false });
        }
    }

    /// Changes parts of a spec.
    pub async fn edit(&self, name: &str, spec: Value) {
        self.patch(name, json!({"spec": spec})).await;
    }

    pub async fn patch(&self, name: &str, patch: Value) {
        let params = PatchParams::default();
        self.lab.connections().patch(name, &params, &Patch::Merge(patch)).await.unwrap();
    }

    /// Deletes a connection.
    pub async fn delete(&mut self, name: &str) {
        for asked in self.asked.iter_mut().filter(|asked| asked.name == name) {
            asked.deleted = true;
        }
        self.lab.connections().delete(name, &DeleteParams::default()).await.unwrap();
    }

    /// A network and a provider that lose no time.
    pub fn prompt(&mut self) {
        self.net.prompt();
    }

    /// Whether people say yes from now on.
    pub fn people(&self, willing: bool) {
        self.people.store(willing, Ordering::Relaxed);
    }

    /// How often the account's lines are looked at.
    pub fn look_every(&self, seconds: u32) {
        let mut account = account(self.dialect);
        account["spec"]["observationIntervalSeconds"] = json!(seconds);
        self.lab.cluster.put(account);
    }

    /// A line that somebody else has: ordered by a resource that let it go.
    pub async fn orphan(&mut self, mut spec: Value) {
        spec["deletionPolicy"] = json!("Orphan");
        let before = self.asked.len();
        self.apply("stranger", spec);
        self.start();
        self.until_ready("stranger").await;
        self.foreign.insert(self.uuid("stranger"));
        self.delete("stranger").await;
        self.until_gone("stranger").await;
        self.asked.truncate(before);
    }

    /// Somebody of the organisation cancels a line in the portal.
    pub async fn portal_cancels(&self, uuid: &str) {
        let canary = canary();
        let ask = async |method: &str, path: String, token: &str, body: Value| {
            let request = http::Request::builder()
                .method(method)
                .uri(format!("{ORIGIN}{path}"))
                .header("authorization", format!("Bearer {token}"))
                .header("content-type", "application/json")
                .body(body.to_string().into())
                .unwrap();
            let answer = InProcess(self.lab.world.router()).send(request).await.unwrap();
            assert!(answer.status().is_success(), "{answer:?}");
            serde_json::from_slice::<Value>(answer.body()).unwrap_or_default()
        };
        let body = json!({
            "grant_type": "client_credentials",
            "client_id": canary.client_id,
            "client_secret": canary.client_secret,
        });
        let token = ask("POST", "/oauth2/v1/token".into(), "", body).await;
        let token = token["access_token"].as_str().unwrap();
        let path = match self.dialect {
            Dialect::V4 => format!("/fabric/v4/connections/{uuid}"),
            Dialect::V3 => format!("/ecx/v3/l2/connections/{uuid}"),
        };
        ask("DELETE", path, token, Value::Null).await;
    }

    /// A Secret of the connections' namespace with the seller's key.
    pub fn put_key(&self, namespace: &str, value: &str) {
        self.lab.cluster.put(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "seller", "namespace": namespace},
            "data": {"key": STANDARD.encode(value)},
        }));
    }

    /// What accepts a connection at AWS.
    pub fn put_aws_keys(&self) {
        self.lab.cluster.put(json!({
            "apiVersion": "v1", "kind": "Secret",
            "metadata": {"name": "aws-keys", "namespace": "network"},
            "data": {
                "accessKey": STANDARD.encode(AWS_KEYS[0]), "secretKey": STANDARD.encode(AWS_KEYS[1]),
            },
        }));
    }

    /// Waits, on the virtual clock.
    pub async fn until(&self, what: &str, holds: impl Fn(&TestCluster) -> bool) {
        let began = Instant::now();
        while !holds(&self.lab) {
            let waited = began.elapsed();
            assert!(waited < PATIENCE, "never {what}: {}", self.told());
            let often = waited < Duration::from_secs(300);
            sleep(Duration::from_secs(if often { 1 } else { 15 })).await;
        }
    }

    pub async fn until_reason(&self, name: &str, reasons: &[&str]) {
        self.until(&format!("{name} is {reasons:?}"), |lab| {
            lab.condition(name, "Ready").is_some_and(|c| reasons.contains(&c.1.as_str()))
        })
        .await;
    }

    pub async fn until_ready(&self, name: &str) {
        self.until(&format!("{name} is ready"), |lab| ready(lab, name)).await;
    }

    pub async fn until_gone(&self, name: &str) {
        self.until(&format!("{name} is gone"), |lab| lab.get(name).is_none()).await;
    }

    /// Until the operators have begun so many calls of a kind.
    pub async fn until_begun(&self, what: What, times: usize) {
        let net = self.net.clone();
        self.until(&format!("{what:?} is asked for"), |_| net.begun(what) >= times).await;
    }

    /// Order, provision, rest, cancel.
    pub async fn life(&mut self) {
        self.apply("line", self.some_line());
        self.start();
        self.rest_of_life("line").await;
    }

    /// From whatever there is to the end, with all that must hold on the way.
    pub async fn rest_of_life(&mut self, name: &str) {
        self.until_ready(name).await;
        self.quiet().await;
        self.delete(name).await;
        self.until_gone(name).await;
    }

    /// The connections as they are told.
    pub fn told(&self) -> String {
        let told = |object: &Value| {
            let ready = condition(object, "Ready").unwrap_or_default();
            let [primary, secondary] =
                ["primary", "secondary"].map(|part| object["status"][part].to_string());
            format!(
                "{} {ready:?} {primary} {secondary} {}",
                object["metadata"]["name"], object["status"]["providerFaults"]
            )
        };
        let told: Vec<String> =
            self.lab.cluster.all("fabricconnections").iter().map(told).collect();
        let accounts: Vec<_> = self.lab.cluster.all("fabricaccounts");
        let account = accounts.first().and_then(|account| condition(account, "Ready"));
        format!("{}; account {account:?}; lines {:?}", told.join("; "), self.lab.world.lines())
    }

    /// The line of a connection.
    pub fn uuid(&self, name: &str) -> String {
        let object = self.lab.get(name).unwrap();
        object["status"]["primary"]["uuid"].as_str().unwrap().to_owned()
    }
}

pub fn ready(lab: &TestCluster, name: &str) -> bool {
    lab.condition(name, "Ready").is_some_and(|c| c.0 == "True")
}
