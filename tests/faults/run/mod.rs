//! One run: a cluster, a simulated Equinix, the operator and the network between them, and the user
//! whose steps a case describes.
//!
//! The invariants of every run are in `invariants`; what is special about a case is in `cases`.

mod deployment;
mod user;

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use jiff::SignedDuration;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc::{self, UnboundedSender},
    time::{Instant, sleep},
};

use fabric_operator::telemetry::Metrics;
use fabric_simulator::{Config, Organisation, World};
use fabric_testkit::{cluster::TestCluster, manifests, operator::ORIGIN};

use crate::{
    logs::canary,
    net::{Net, Signal},
    seed::Seed,
};

use deployment::Deployment;

pub use user::ready;

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
    pub cluster: TestCluster,
    pub net: Net,
    pub began: Instant,
    /// Seconds by which the operators' clocks are wrong.
    pub skew: Arc<AtomicI64>,
    /// All connections that were ever asked for.
    pub asked: Vec<Asked>,
    /// Connections that were not ordered for a resource.
    pub foreign: HashSet<String>,
    /// Connections of resources that Equinix moved to another port or VLAN than their specs say.
    pub moved: HashSet<String>,
    /// The number of additional calls that the case may cost.
    pub allowance: usize,
    /// Whether a connection may be left without a resource in this case.
    pub may_leak: bool,
    /// Whether the other parties accept what waits for them.
    people: Arc<AtomicBool>,
    /// The metrics of all processes of the operators.
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
        let mut cluster = TestCluster::bare(config);
        cluster.world.rotate(Organisation::FIRST, canary());
        cluster.apiserver.put(manifests::secret_for(&canary()));
        cluster.apiserver.put(account(dialect));
        let skew = Arc::new(AtomicI64::new(0));
        let (now, seconds) = (cluster.settings.now.clone(), skew.clone());
        cluster.settings.now =
            Arc::new(move || now() + SignedDuration::from_secs(seconds.load(Ordering::Relaxed)));
        let net = Net::new(&seed);
        let people = Arc::new(AtomicBool::new(true));
        tokio::spawn(accept(cluster.world.clone(), people.clone(), seed.of("people")));
        let mut draw = seed.of("replicas");
        Self {
            dialect,
            net,
            cluster,
            began: Instant::now(),
            short: false,
            metrics: Arc::default(),
            skew,
            asked: vec![],
            foreign: HashSet::new(),
            moved: HashSet::new(),
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

    /// Starts the operators; one that ends is started again.
    pub fn start(&mut self) {
        for replica in self.signals.len()..self.replicas {
            let (signals, received) = mpsc::unbounded_channel();
            let deployment = Deployment {
                replica,
                net: self.net.clone(),
                settings: self.cluster.settings.clone(),
                apiserver: self.cluster.apiserver.clone(),
                router: self.cluster.world.router(),
                seed: self.seed.of("keeper"),
                signals: signals.clone(),
                metrics: self.metrics.clone(),
            };
            tokio::spawn(deployment.keep(received));
            self.signals.push(signals);
        }
    }

    /// Kills all operators; each is started again.
    pub fn kill_all(&self) {
        for signals in &self.signals {
            signals.send(Signal::Kill).unwrap();
        }
    }

    /// How the operators are reached.
    pub fn signals(&self) -> Vec<UnboundedSender<Signal>> {
        self.signals.clone()
    }

    pub fn signal(&self, replica: usize, signal: Signal) {
        self.signals[replica].send(signal).unwrap();
    }
}

/// The other parties accept, after random times.
async fn accept(world: World, willing: Arc<AtomicBool>, mut seed: Seed) {
    loop {
        sleep(seed.seconds(5, 600)).await;
        if willing.load(Ordering::Relaxed) {
            world.accept_all();
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
