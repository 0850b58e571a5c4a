//! What lies between an operator and the two APIs: the only place where a run's calls are counted,
//! delayed, lost and cut off.
//!
//! Every delay follows from the seed and from what is asked, not from when, so that a run repeats.
//! It carries calls; what it must not do is decide what a case is about.

mod call;
mod cluster;
mod provider;

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

use bytes::Bytes;
use futures::future::{BoxFuture, pending};
use http::Response;
use tokio::{
    sync::mpsc::UnboundedSender,
    time::{Instant, sleep, sleep_until},
};

use fabric_client::SendError;

use crate::{logs::leak, seed::Seed};

pub use call::{Call, What};
pub use cluster::Watching;

/// More calls than this at one instant are a loop that would never end.
const HOT: u64 = 3000;

/// What comes back, or why nothing does.
pub type Answer = Result<Response<Bytes>, SendError>;
type Rewrite = Arc<dyn Fn(Response<Bytes>) -> Response<Bytes> + Send + Sync>;
type Matches = Box<dyn Fn(&Call) -> bool + Send>;

/// What befalls a call.
#[derive(Clone)]
pub enum Deed {
    /// It arrives so much later.
    Wait(Duration),
    /// It arrives at that time, if there is one.
    WaitUntil(Arc<Mutex<Option<Instant>>>),
    /// The operator dies before it is sent.
    CrashBefore,
    /// The operator dies when it has been carried out, before the answer.
    CrashAfter,
    /// The operator dies when it has sent it; so much later it is carried out all the same.
    CrashLate(Duration),
    /// The operator is asked to stop, and the call goes its way.
    Terminate,
    /// It is never sent: no address, no route, no valid certificate.
    NotSent(&'static str),
    /// It is carried out, and the connection breaks.
    LoseReply,
    /// It gets lost, and nobody ever says so.
    Hang,
    /// It is carried out, and nobody ever says so.
    Silence,
    /// The connection breaks, and so much later it is carried out all the same.
    Straggle(Duration),
    /// It is not carried out; this is the answer.
    Answer(Rewrite),
    /// It is carried out; the answer is another.
    Rewrite(Rewrite),
}

/// Which calls something befalls.
pub struct Rule {
    matches: Matches,
    skip: u32,
    times: u32,
    deed: Deed,
}

impl Rule {
    /// The next call that matches.
    pub fn once(matches: impl Fn(&Call) -> bool + Send + 'static, deed: Deed) -> Self {
        Self { matches: Box::new(matches), skip: 0, times: 1, deed }
    }

    /// All calls that match, until [`Net::calm`].
    pub fn always(matches: impl Fn(&Call) -> bool + Send + 'static, deed: Deed) -> Self {
        Self { times: u32::MAX, ..Self::once(matches, deed) }
    }

    /// So many of them.
    #[must_use]
    pub fn times(self, times: u32) -> Self {
        Self { times, ..self }
    }

    /// Lets so many pass first.
    #[must_use]
    pub fn after(self, skip: u32) -> Self {
        Self { skip, ..self }
    }
}

/// A call that was carried out, or answered without that.
#[derive(Debug, Clone)]
pub struct Sent {
    pub at: Instant,
    #[allow(dead_code, reason = "violations print it")]
    pub replica: usize,
    pub what: What,
    pub path: String,
    pub status: u16,
}

/// What happens to a replica of the operator.
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
    /// How slow it is: the usual delay of a call at most, and of one in twenty.
    slowness: [Duration; 2],
    inner: Arc<Mutex<Inner>>,
}

#[derive(Default)]
struct Inner {
    rules: Vec<Rule>,
    watching: Watching,
    /// How often each thing was asked, for the delays.
    asked: HashMap<String, u64>,
    effects: u64,
    /// How many of them were made at the instant of the last one.
    at_once: (Option<Instant>, u64),
    /// Whether that were too many.
    hot: bool,
    lives: u64,
    ended: HashSet<u64>,
    sent: Vec<Sent>,
    trace: u64,
    /// A secret that was sent to the cluster.
    told: Option<&'static str>,
    lists: HashMap<String, Bytes>,
    begun: HashMap<What, usize>,
    effects_made: Vec<String>,
    sabotage: Option<Sabotage>,
}

/// A promise of the operator taken away, to see whether anybody notices.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sabotage {
    /// The intent is not kept: the writer is told that it was.
    NoIntent,
    /// After an order, listings show nothing.
    NoSearch,
}

/// One life of one replica, as the network knows it.
#[derive(Clone)]
pub struct Life {
    net: Net,
    number: u64,
    replica: usize,
    signals: UnboundedSender<Signal>,
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

    /// Forgets all rules.
    pub fn calm(&self) {
        let mut inner = self.inner();
        inner.rules.clear();
        inner.watching = Watching::default();
    }

    pub fn watching(&self, watching: Watching) {
        self.inner().watching = watching;
    }

    /// From here on this handle's calls lose no time. For handles not yet shared.
    pub fn prompt(&mut self) {
        self.slowness = [Duration::ZERO; 2];
    }

    /// The longest that one way of a call takes.
    pub fn slowest(&self) -> Duration {
        self.slowness[1]
    }

    /// What the calls so far, watches aside, were for, in their order.
    pub fn effects(&self) -> Vec<String> {
        self.inner().effects_made.clone()
    }

    /// Whether listings are to show nothing now.
    fn blind(&self) -> bool {
        let inner = self.inner();
        let ordered = inner.begun.contains_key(&What::Order);
        ordered && inner.sabotage == Some(Sabotage::NoSearch)
    }

    pub fn sabotage(&self, sabotage: Sabotage) {
        self.inner().sabotage = Some(sabotage);
    }

    /// A number that two runs share if the same happened in them at the same times.
    pub fn trace(&self) -> u64 {
        self.inner().trace
    }

    /// How many calls of a kind were begun, answered or not.
    pub fn begun(&self, what: What) -> usize {
        self.inner().begun.get(&what).copied().unwrap_or_default()
    }

    /// A secret that an operator has written to the cluster.
    pub fn told(&self) -> Option<&'static str> {
        self.inner().told
    }

    /// Whether an operator has run in circles without any time passing.
    pub fn hot(&self) -> bool {
        self.inner().hot
    }

    pub fn sent(&self) -> Vec<Sent> {
        self.inner().sent.clone()
    }

    /// How many calls of a kind there were.
    pub fn count(&self, of: impl Fn(&Sent) -> bool) -> usize {
        self.inner().sent.iter().filter(|sent| of(sent)).count()
    }

    /// A life of `replica` begins; its deaths by rules are told to `signals`.
    pub fn begin(&self, replica: usize, signals: UnboundedSender<Signal>) -> Life {
        let mut inner = self.inner();
        inner.lives += 1;
        Life { net: self.clone(), number: inner.lives, replica, signals }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Life {
    /// From here on nothing of it gets through.
    pub fn end(&self) {
        self.net.inner().ended.insert(self.number);
    }

    fn ended(&self) -> bool {
        self.net.inner().ended.contains(&self.number)
    }

    async fn die<T>(&self) -> T {
        self.end();
        // Nobody listens any more only when the run is over.
        let _ = self.signals.send(Signal::Kill);
        pending().await
    }

    /// Carries a call: `carry` is the API's part.
    async fn exchange(&self, call: Call, carry: BoxFuture<'static, Answer>) -> Answer {
        let (deed, before, after) = self.judge(&call);
        sleep(before).await;
        if self.ended() {
            return pending().await;
        }
        let answer = match deed {
            None => carry.await,
            Some(Deed::Wait(time)) => {
                sleep(time).await;
                if self.ended() {
                    return pending().await;
                }
                carry.await
            }
            Some(Deed::WaitUntil(time)) => {
                let time = *time.lock().unwrap();
                sleep_until(time.unwrap_or_else(Instant::now)).await;
                if self.ended() {
                    return pending().await;
                }
                carry.await
            }
            Some(Deed::CrashBefore) => return self.die().await,
            Some(Deed::CrashAfter) => {
                let answer = carry.await;
                self.note(&call, &answer);
                return self.die().await;
            }
            Some(Deed::CrashLate(time)) => {
                self.straggle(call, carry, time);
                return self.die().await;
            }
            Some(Deed::Terminate) => {
                let _ = self.signals.send(Signal::Terminate);
                carry.await
            }
            Some(Deed::NotSent(why)) => Err(SendError::NotSent(why.into())),
            Some(Deed::LoseReply) => {
                self.note(&call, &carry.await);
                Err(SendError::Lost("connection reset by peer".into()))
            }
            Some(Deed::Hang) => return pending().await,
            Some(Deed::Silence) => {
                self.note(&call, &carry.await);
                return pending().await;
            }
            Some(Deed::Straggle(time)) => {
                self.straggle(call.clone(), carry, time);
                Err(SendError::Lost("connection reset by peer".into()))
            }
            Some(Deed::Answer(answer)) => Ok(answer(Response::default())),
            Some(Deed::Rewrite(rewrite)) => carry.await.map(|answer| rewrite(answer)),
        };
        self.note(&call, &answer);
        sleep(after).await;
        if self.ended() { pending().await } else { answer }
    }

    fn straggle(&self, call: Call, carry: BoxFuture<'static, Answer>, time: Duration) {
        let life = self.clone();
        tokio::spawn(async move {
            sleep(time).await;
            life.note(&call, &carry.await);
        });
    }

    /// What befalls the call, and how long its two ways are.
    fn judge(&self, call: &Call) -> (Option<Deed>, Duration, Duration) {
        let mut inner = self.net.inner();
        let now = Some(Instant::now());
        inner.at_once = if inner.at_once.0 == now { (now, inner.at_once.1 + 1) } else { (now, 1) };
        if inner.at_once.1 > HOT || inner.ended.contains(&self.number) {
            inner.hot |= inner.at_once.1 > HOT;
            return (Some(Deed::Hang), Duration::ZERO, Duration::ZERO);
        }
        inner.effects += 1;
        *inner.begun.entry(call.what).or_default() += 1;
        inner.effects_made.push(call.effect_name());
        if call.what.writes() && !call.what.at_provider() && inner.told.is_none() {
            inner.told = leak(&String::from_utf8_lossy(&call.body));
        }
        let numbered = Call { effect: inner.effects, ..call.clone() };
        let mut deed = None;
        for rule in &mut inner.rules {
            if deed.is_some() || rule.times == 0 || !(rule.matches)(&numbered) {
                continue;
            }
            if rule.skip > 0 {
                rule.skip -= 1;
                continue;
            }
            rule.times -= 1;
            deed = Some(rule.deed.clone());
        }
        let key = format!("{} {}", self.replica, call.key());
        let times = inner.asked.entry(key.clone()).or_default();
        *times += 1;
        let mut seed = self.net.seed.of(&format!("{key} {times}"));
        (deed, self.net.delay(&mut seed), self.net.delay(&mut seed))
    }

    fn note(&self, call: &Call, answer: &Answer) {
        let status = answer.as_ref().map_or(0, |answer| answer.status().as_u16());
        let at = Instant::now();
        let mut inner = self.net.inner();
        let line = format!(
            "{:?} {} {} {status}",
            at.duration_since(self.net.began),
            self.replica,
            call.key()
        );
        inner.trace = Seed::new(inner.trace).of(&line).next();
        tracing::trace!(target: "net", "{line}");
        let path = call.path.clone();
        inner.sent.push(Sent { at, replica: self.replica, what: call.what, path, status });
    }
}

impl Net {
    fn delay(&self, seed: &mut Seed) -> Duration {
        let [usual, rare] = self.slowness;
        let most = if seed.one_in(20) { rare } else { usual };
        seed.between(Duration::ZERO, most)
    }
}
