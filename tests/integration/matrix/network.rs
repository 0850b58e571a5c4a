//! The network between the operator and the simulator. It answers chosen operations in its own way,
//! and keeps what was sent.
//!
//! The simulator's own faults choose requests by their path, which operations share, and know no
//! request that never arrives.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use async_trait::async_trait;
use bytes::Bytes;
use http::{Request, Response};
use tokio::time::Instant;

use fabric_client::{Http, SendError};
use fabric_testkit::operator::InProcess;

use super::{answers::AnswerKind, operations::classified};

/// The operation of a request that no row names.
pub const UNCLASSIFIED: &str = "unclassified";

/// A request that the operator sent.
#[derive(Debug, Clone)]
pub struct SentRequest {
    pub operation: &'static str,
    pub at: Instant,
    /// Everything that distinguishes it from another request of its operation.
    pub text: String,
    /// Whether the network answered it in its own way.
    pub hit: bool,
    /// Whether it reached the provider, which carried it out.
    pub carried_out: bool,
}

/// Which requests the network answers in its own way.
#[derive(Debug, Clone, Default)]
struct Disturbance {
    answer: Option<AnswerKind>,
    operations: Vec<&'static str>,
    /// From the first request of an operation on; zero for that one alone.
    lasts: Duration,
    /// The first request of each operation.
    begun: BTreeMap<&'static str, Instant>,
}

impl Disturbance {
    fn hits(&mut self, operation: &'static str) -> Option<AnswerKind> {
        let answer = self.answer.filter(|_| self.operations.contains(&operation))?;
        let now = Instant::now();
        let Some(begun) = self.begun.get(operation) else {
            self.begun.insert(operation, now);
            return Some(answer);
        };
        (now - *begun < self.lasts).then_some(answer)
    }
}

/// A simulator behind a network that fails on demand.
#[derive(Debug)]
pub struct DisturbedNetwork {
    provider: InProcess,
    disturbance: Mutex<Disturbance>,
    sent: Mutex<Vec<SentRequest>>,
}

impl DisturbedNetwork {
    pub fn new(provider: InProcess) -> Self {
        Self { provider, disturbance: Mutex::default(), sent: Mutex::default() }
    }

    /// Answers these operations so, each from its first request on for `lasts`, and that one at least.
    pub fn disturb(&self, answer: AnswerKind, operations: Vec<&'static str>, lasts: Duration) {
        let begun = BTreeMap::new();
        *lock(&self.disturbance) = Disturbance { answer: Some(answer), operations, lasts, begun };
    }

    /// Everything that was sent, oldest first.
    pub fn sent(&self) -> Vec<SentRequest> {
        lock(&self.sent).clone()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl Http for DisturbedNetwork {
    async fn send(&self, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let text = format!("{} {} {:?}", request.method(), request.uri(), request.body());
        let (dialect, operation) = classified(&request).unwrap_or(("", UNCLASSIFIED));
        let hit = lock(&self.disturbance).hits(operation);
        let mut sent = SentRequest {
            operation,
            at: Instant::now(),
            text,
            hit: hit.is_some(),
            carried_out: false,
        };
        let real = match hit {
            Some(answer) if !answer.is_carried_out() => None,
            Some(_) | None => Some(self.provider.send(request).await?),
        };
        sent.carried_out = real.as_ref().is_some_and(|real| real.status().is_success());
        lock(&self.sent).push(sent);
        let lost = || SendError::Lost("connection reset".to_owned());
        let known = match (operation, dialect) {
            ("token", _) => "S1002",
            (_, "EcxV3") => "IC-LAYER2-402",
            _ => "EQ-3142501",
        };
        match (hit, real) {
            (None, real) => real.ok_or_else(lost),
            (Some(AnswerKind::NotSent), _) => Err(SendError::NotSent("cannot connect".to_owned())),
            (Some(answer), real) => answer.response(real, known).ok_or_else(lost),
        }
    }
}
