//! The network between an operator and its two APIs: the only place where the calls of a run are
//! counted, delayed, lost and cut off.
//!
//! Each delay follows from the seed and from the call, never from the time, so that a run can be
//! repeated. The network carries calls; it must not know what a case is about.

mod call;
mod cluster;
mod process;
mod provider;
mod rule;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use tokio::{sync::mpsc::UnboundedSender, time::Instant};

use crate::seed::Seed;

pub use call::{Call, What};
pub use cluster::Watching;
pub use process::Process;
pub use rule::{Answer, NetFault, Rule};

/// A call that has ended.
#[derive(Debug, Clone)]
pub struct Sent {
    pub at: Instant,
    #[allow(dead_code, reason = "violations print it")]
    pub replica: usize,
    pub what: What,
    pub path: String,
    pub status: u16,
}

/// How a replica of the operator ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Signal {
    Kill,
    Terminate,
}

/// The network. Clones share it.
#[derive(Clone)]
pub struct Net {
    seed: Seed,
    began: Instant,
    /// The longest usual delay of a call, and the longest of one call in twenty.
    slowness: [Duration; 2],
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    rules: Vec<Rule>,
    watching: Watching,
    /// The number of calls of each kind, from which their delays follow.
    asked: HashMap<String, u64>,
    effects: u64,
    /// The number of calls at the instant of the last one.
    at_once: (Option<Instant>, u64),
    /// Whether there were too many at one instant.
    hot: bool,
    lives: u64,
    ended: HashSet<u64>,
    sent: Vec<Sent>,
    trace: u64,
    /// A secret that was sent to the cluster.
    leaked: Option<&'static str>,
    lists: HashMap<String, Bytes>,
    begun: HashMap<What, usize>,
    effects_made: Vec<String>,
    sabotage: Option<Sabotage>,
    /// The intents that were confirmed and not stored, by process and object.
    unstored: HashMap<(u64, String), Bytes>,
}

/// A safeguard of the operator that is disabled, to see whether the suite notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The API server confirms the intent, shows it to the process that wrote it, and does not store it.
    NoIntent,
    /// After an order, listings are empty.
    NoSearch,
}

impl Net {
    pub fn new(seed: &Seed) -> Self {
        let mut seed = seed.of("net");
        let slow = |usual, rare| [Duration::from_millis(usual), Duration::from_millis(rare)];
        let slowness = *seed.pick(&[slow(20, 60), slow(80, 400), slow(250, 2500), slow(900, 9000)]);
        Self { seed, began: Instant::now(), slowness, inner: Arc::default() }
    }

    pub fn add(&self, rule: Rule) {
        self.inner().rules.push(rule);
    }

    /// Removes all rules.
    pub fn calm(&self) {
        let mut inner = self.inner();
        inner.rules.clear();
        inner.watching = Watching::default();
    }

    pub fn watching(&self, watching: Watching) {
        self.inner().watching = watching;
    }

    /// Removes all delays. Only for a handle that is not shared yet.
    pub fn prompt(&mut self) {
        self.slowness = [Duration::ZERO; 2];
    }

    /// The longest delay of a request or a response.
    pub fn slowest(&self) -> Duration {
        self.slowness[1]
    }

    /// The effects of the calls so far, watches excepted, in order.
    pub fn effects(&self) -> Vec<String> {
        self.inner().effects_made.clone()
    }

    /// Whether listings are empty now.
    fn blind(&self) -> bool {
        let inner = self.inner();
        let ordered = inner.begun.contains_key(&What::Order);
        ordered && inner.sabotage == Some(Sabotage::NoSearch)
    }

    pub fn sabotage(&self, sabotage: Sabotage) {
        self.inner().sabotage = Some(sabotage);
    }

    /// A hash of all calls and their times: equal for two runs that are the same.
    pub fn trace(&self) -> u64 {
        self.inner().trace
    }

    /// The number of calls of a kind that were begun, ended or not.
    pub fn begun(&self, what: What) -> usize {
        self.inner().begun.get(&what).copied().unwrap_or_default()
    }

    /// A secret that an operator has written to the cluster.
    pub fn leaked(&self) -> Option<&'static str> {
        self.inner().leaked
    }

    /// Whether an operator has called in an endless loop while no time passed.
    pub fn hot(&self) -> bool {
        self.inner().hot
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.inner().sent.clone()
    }

    /// The number of ended calls that match.
    pub fn count(&self, of: impl Fn(&Sent) -> bool) -> usize {
        self.inner().sent.iter().filter(|sent| of(sent)).count()
    }

    /// Begins a process of `replica`; `signals` receives its deaths by rules.
    pub fn begin(&self, replica: usize, signals: UnboundedSender<Signal>) -> Process {
        let mut inner = self.inner();
        inner.lives += 1;
        Process { net: self.clone(), number: inner.lives, replica, signals }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    fn delay(&self, seed: &mut Seed) -> Duration {
        let [usual, rare] = self.slowness;
        let most = if seed.one_in(20) { rare } else { usual };
        seed.between(Duration::ZERO, most)
    }
}
