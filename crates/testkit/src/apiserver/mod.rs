//! An in-memory API server: the part of the Kubernetes resource API that controllers use, served in
//! process to a real `kube::Client`.
//!
//! It runs on the test's own runtime and tokio's clock, so a test with a paused clock can let hours
//! pass in milliseconds; it must therefore start no thread and measure no time on the wall clock
//! (only timestamps inside objects come from there, as Kubernetes has them in whole seconds).
//!
//! It knows no schemas. Where the real server consults one, a fixed rule stands in: the kinds of
//! [`CUSTOM_GROUP`] have a status subresource and a generation, other kinds have neither, and
//! `apply` says which lists are merged by key. It must not validate, prune, default, authorize or
//! collect garbage: the tests that need those belong on a real server.
//!
//! Beyond the real one it offers a request log, to compare with RBAC rules, and fault injection:
//! lost responses, errors, latency, frozen and closed watches.
mod apply;
mod faults;
mod managed_fields;
mod patch;
mod request;
mod response;
mod selector;
mod store;
mod strategy;
mod verbs;
mod watch;

use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex, MutexGuard},
};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::combinators::UnsyncBoxBody;
use jiff::Timestamp;
use kube::client::Body;
use serde_json::Value;
use tokio::time::{Duration, sleep};

use faults::Faults;
use request::ApiserverRequest;
use response::StatusError;
use store::Store;

pub use faults::Loss;
pub use request::RequestInfo;

/// The group whose kinds are custom resources with a status subresource and a generation.
pub const CUSTOM_GROUP: &str = "fabric.equinix.com";

/// A response; the body of a watch's is a stream.
pub type ApiserverResponse = http::Response<UnsyncBoxBody<Bytes, Infallible>>;

/// The server. Clones share it.
#[derive(Clone, Default)]
pub struct Apiserver {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    inner: Mutex<Inner>,
    /// Wakes the watches whenever they may have something to send.
    changed: tokio::sync::watch::Sender<()>,
}

#[derive(Default)]
struct Inner {
    store: Store,
    faults: Faults,
    requests: Vec<RequestInfo>,
    watches: watch::WatchControl,
}

/// Clients.
impl Apiserver {
    /// A client without a user name.
    pub fn client(&self) -> kube::Client {
        self.client_as("")
    }

    /// A client whose requests the log shows under `user`.
    pub fn client_as(&self, user: &str) -> kube::Client {
        let (server, user) = (self.clone(), user.to_owned());
        let service = tower::service_fn(move |request: http::Request<Body>| {
            let (server, user) = (server.clone(), user.clone());
            async move { server.serve(&user, request).await }
        });
        kube::Client::new(service, "default")
    }
}

/// Inspection.
impl Apiserver {
    /// An object by plural resource name; `namespace` is empty for cluster-scoped ones.
    pub fn get(&self, resource: &str, namespace: &str, name: &str) -> Option<Value> {
        self.lock().store.find(resource, namespace, name).cloned()
    }

    /// All objects of a resource, by namespace and name.
    pub fn all(&self, resource: &str) -> Vec<Value> {
        self.lock().store.of_resource(resource).cloned().collect()
    }

    /// All requests so far, in the order in which they were served.
    pub fn requests(&self) -> Vec<RequestInfo> {
        self.lock().requests.clone()
    }

    /// Clears the request log.
    pub fn clear_requests(&self) {
        self.lock().requests.clear();
    }

    /// The number of successful writes in the request log, including those that changed nothing and
    /// those whose response was lost.
    pub fn writes(&self) -> usize {
        self.lock().requests.iter().filter(|r| r.is_write() && r.status.is_success()).count()
    }

    /// The newest resource version: the same value twice means that nothing changed in between.
    pub fn resource_version(&self) -> u64 {
        self.lock().store.version()
    }
}

/// Seeding and fault injection.
impl Apiserver {
    /// Creates or replaces an object, status included, without the request log and the injected
    /// faults. Returns the stored object.
    pub fn put(&self, object: Value) -> Value {
        let stored = verbs::put(&mut self.lock().store, object);
        self.wake();
        stored
    }

    /// Takes the time of day from `clock` instead of this machine's.
    pub fn set_clock(&self, clock: Arc<dyn Fn() -> Timestamp + Send + Sync>) {
        self.lock().store.set_clock(store::WallClock(clock));
    }

    /// Serves the `nth` non-watch request from now (0 is the next one) and loses its response.
    pub fn lose_reply(&self, nth: usize, loss: Loss) {
        self.lock().faults.lose_reply(nth, loss);
    }

    /// Fails the next `times` requests that match, watches included, before they change anything.
    /// The condition must not call the server.
    pub fn fail_next(
        &self,
        matches: impl Fn(&RequestInfo) -> bool + Send + 'static,
        times: usize,
        status: StatusCode,
        reason: &str,
    ) {
        self.lock().faults.fail_next(Box::new(matches), times, status, reason);
    }

    /// Delays every matching request by `latency` before it is served, until [`heal`](Self::heal).
    /// The condition must not call the server.
    pub fn stall(
        &self,
        matches: impl Fn(&RequestInfo) -> bool + Send + 'static,
        latency: Duration,
    ) {
        self.lock().faults.stall(Box::new(matches), latency);
    }

    /// Removes all injected faults and thaws the watches.
    pub fn heal(&self) {
        self.lock().faults = Faults::default();
        self.thaw_watch();
    }

    /// Forgets the history: a watch that starts from an older version is answered 410 Expired.
    pub fn compact(&self) {
        self.lock().store.compact();
    }

    /// Ends all open watches, as a restarting server or a load balancer does.
    pub fn close_watches(&self) {
        self.lock().watches.close();
        self.wake();
    }

    /// Holds back all watch events, so that the caches of clients become stale.
    pub fn freeze_watch(&self) {
        self.lock().watches.frozen = true;
    }

    /// Delivers what [`freeze_watch`](Self::freeze_watch) held back.
    pub fn thaw_watch(&self) {
        self.lock().watches.frozen = false;
        self.wake();
    }
}

/// Serving.
impl Apiserver {
    /// Serves one request of `user`.
    pub async fn serve(
        &self,
        user: &str,
        request: http::Request<Body>,
    ) -> Result<ApiserverResponse, io::Error> {
        let call = match ApiserverRequest::read(user, request).await {
            Ok(call) => call,
            Err(error) => return Ok(error.response()),
        };
        let latency = self.lock().faults.latency(&call.request);
        if let Some(latency) = latency {
            sleep(latency).await;
        }
        let is_write = call.request.is_write();
        let reply = self.answer(call);
        // A read changes nothing that a watch could send.
        if is_write {
            self.wake();
        }
        reply
    }

    /// Serves a request under the lock: requests are atomic here, and only what `serve` awaits can
    /// come between two of them.
    fn answer(&self, call: ApiserverRequest) -> Result<ApiserverResponse, io::Error> {
        let mut inner = self.lock();
        let watch = call.request.verb == "watch";
        let loss = if watch { None } else { inner.faults.loss() };
        let outcome = match inner.faults.error(&call.request) {
            Some(error) => Err(error),
            None if watch => Ok((StatusCode::OK, Value::Null)),
            None => verbs::carry_out(&mut inner.store, &call),
        };
        let status = outcome.as_ref().map_or_else(|error| error.status, |(status, _)| *status);
        inner.requests.push(RequestInfo { status, lost: loss.is_some(), ..call.request.clone() });
        match (loss, outcome) {
            (Some(Loss::Reset), _) => Err(io::Error::from(io::ErrorKind::ConnectionReset)),
            (Some(Loss::Internal), _) => Ok(StatusError::reply_lost().response()),
            (None, Err(error)) => Ok(error.response()),
            (None, Ok(_)) if watch => match watch::Watcher::new(self, &inner, call) {
                Ok(watcher) => Ok(watcher.response()),
                Err(error) => Ok(error.response()),
            },
            (None, Ok((status, object))) => Ok(response::object(status, &call.project(object))),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.shared.inner.lock().expect("no request panics")
    }

    fn wake(&self) {
        self.shared.changed.send_replace(());
    }
}
