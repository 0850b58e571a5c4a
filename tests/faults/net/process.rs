//! One process of one replica of the operator, as the network sees it: its calls are delayed, hit by
//! faults and recorded here, and once it is dead none of them gets through.

use std::time::Duration;

use futures::future::{BoxFuture, pending};
use http::Response;
use tokio::{
    sync::mpsc::UnboundedSender,
    time::{Instant, sleep, sleep_until},
};

use fabric_client::SendError;

use super::{Answer, Call, Net, NetFault, Sent, Signal};
use crate::{logs::leak, seed::Seed};

/// More calls than this at one instant are a loop that would never end.
const HOT: u64 = 3000;

/// A process; clones share it.
#[derive(Clone)]
pub struct Process {
    pub(super) net: Net,
    pub(super) number: u64,
    pub(super) replica: usize,
    pub(super) signals: UnboundedSender<Signal>,
}

impl Process {
    /// From now on none of its calls gets through.
    pub fn end(&self) {
        self.net.inner().ended.insert(self.number);
    }

    pub(super) fn ended(&self) -> bool {
        self.net.inner().ended.contains(&self.number)
    }

    async fn crash<T>(&self) -> T {
        self.end();
        // The receiver is gone only when the run is over.
        let _ = self.signals.send(Signal::Kill);
        pending().await
    }

    /// Carries a call to the API, which `serve` calls, and the response back.
    pub(super) async fn exchange(&self, call: Call, serve: BoxFuture<'static, Answer>) -> Answer {
        let (fault, before, after) = self.apply_rules(&call);
        sleep(before).await;
        if self.ended() {
            return pending().await;
        }
        let answer = match fault {
            None => serve.await,
            Some(NetFault::Wait(time)) => {
                sleep(time).await;
                if self.ended() {
                    return pending().await;
                }
                serve.await
            }
            Some(NetFault::WaitUntil(time)) => {
                let time = *time.lock().unwrap();
                sleep_until(time.unwrap_or_else(Instant::now)).await;
                if self.ended() {
                    return pending().await;
                }
                serve.await
            }
            Some(NetFault::CrashBefore) => return self.crash().await,
            Some(NetFault::CrashAfter) => {
                let answer = serve.await;
                self.record(&call, &answer);
                return self.crash().await;
            }
            Some(NetFault::CrashLate(time)) => {
                self.deliver_late(call, serve, time);
                return self.crash().await;
            }
            Some(NetFault::Terminate) => {
                let _ = self.signals.send(Signal::Terminate);
                serve.await
            }
            Some(NetFault::NotSent(why)) => Err(SendError::NotSent(why.into())),
            Some(NetFault::LoseReply) => {
                self.record(&call, &serve.await);
                Err(SendError::Lost("connection reset by peer".into()))
            }
            Some(NetFault::Hang) => return pending().await,
            Some(NetFault::Silence) => {
                self.record(&call, &serve.await);
                return pending().await;
            }
            Some(NetFault::Straggle(time)) => {
                self.deliver_late(call.clone(), serve, time);
                Err(SendError::Lost("connection reset by peer".into()))
            }
            Some(NetFault::Answer(answer)) => Ok(answer(Response::default())),
            Some(NetFault::Rewrite(rewrite)) => serve.await.map(|answer| rewrite(answer)),
        };
        self.record(&call, &answer);
        sleep(after).await;
        if self.ended() { pending().await } else { answer }
    }

    fn deliver_late(&self, call: Call, serve: BoxFuture<'static, Answer>, time: Duration) {
        let process = self.clone();
        tokio::spawn(async move {
            sleep(time).await;
            process.record(&call, &serve.await);
        });
    }

    /// The fault that hits the call, and the delays of request and response.
    fn apply_rules(&self, call: &Call) -> (Option<NetFault>, Duration, Duration) {
        let mut inner = self.net.inner();
        let now = Some(Instant::now());
        inner.at_once = if inner.at_once.0 == now { (now, inner.at_once.1 + 1) } else { (now, 1) };
        if inner.at_once.1 > HOT || inner.ended.contains(&self.number) {
            inner.hot |= inner.at_once.1 > HOT;
            return (Some(NetFault::Hang), Duration::ZERO, Duration::ZERO);
        }
        inner.effects += 1;
        *inner.begun.entry(call.what).or_default() += 1;
        inner.effects_made.push(call.effect_name());
        if call.what.writes() && !call.what.at_provider() && inner.leaked.is_none() {
            inner.leaked = leak(&String::from_utf8_lossy(&call.body));
        }
        let numbered = Call { effect: inner.effects, ..call.clone() };
        let mut fault = None;
        for rule in &mut inner.rules {
            fault = rule.hit(&numbered);
            if fault.is_some() {
                break;
            }
        }
        let key = format!("{} {}", self.replica, call.key());
        let times = inner.asked.entry(key.clone()).or_default();
        *times += 1;
        let mut seed = self.net.seed.of(&format!("{key} {times}"));
        (fault, self.net.delay(&mut seed), self.net.delay(&mut seed))
    }

    fn record(&self, call: &Call, answer: &Answer) {
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
