//! The path from the operator to the API server, watches included.

use std::{convert::Infallible, io, time::Duration};

use bytes::Bytes;
use futures::{
    StreamExt,
    future::{BoxFuture, pending},
    stream,
};
use http::{Method, Request, Response};
use http_body::Frame;
use http_body_util::{BodyExt, Full, StreamBody, combinators::UnsyncBoxBody};
use kube::client::Body;
use serde_json::Value;
use tokio::time::{Instant, sleep, sleep_until};

use fabric_client::SendError;
use fabric_testkit::apiserver::{Apiserver, ApiserverResponse};

use super::{Answer, Call, Process, Sabotage};
use crate::seed::Seed;

/// The faults of watches.
#[derive(Debug, Clone, Default)]
pub struct Watching {
    /// The longest delay of an event.
    pub lag: Duration,
    /// One in so many events is lost; none if 0.
    pub lose_one_in: u64,
    /// One in so many events comes twice; none if 0.
    pub double_one_in: u64,
    /// The time after which each watch ends.
    pub end_after: Option<Duration>,
    /// Whether no watch can be opened.
    pub down: bool,
    /// Whether lists of any version always return their first result, as from a server whose cache
    /// is stuck.
    pub stale_lists: bool,
}

impl Process {
    /// The cluster as this process reaches it.
    pub fn cluster(&self, server: &Apiserver) -> kube::Client {
        let (process, server) = (self.clone(), server.clone());
        let service = tower::service_fn(move |request: Request<Body>| {
            let (process, server) = (process.clone(), server.clone());
            async move { process.ask(server, request).await }
        });
        kube::Client::new(service, "default")
    }

    async fn ask(
        &self,
        server: Apiserver,
        request: Request<Body>,
    ) -> io::Result<ApiserverResponse> {
        let (parts, body) = request.into_parts();
        let body = body.collect_bytes().await.map_err(io::Error::other)?;
        let query = parts.uri.query().unwrap_or_default();
        let watch = query.contains("watch=true");
        // Only a list that takes any version can be answered from a cache that has stopped: one that
        // names none is answered from the store.
        let any_version = query.split('&').any(|parameter| parameter == "resourceVersion=0");
        let call = Call::to_cluster(self.replica, &parts.method, parts.uri.path(), &body);
        let user = format!("operator {}", self.replica);
        let request = Request::from_parts(parts, Body::from(body));
        if watch {
            return self.watch(&call, server.serve(&user, request).await);
        }
        let list = any_version && call.method == Method::GET && call.what == super::What::List;
        let key = call.path.clone();
        let unstored = self.unstored(&call);
        let carry: BoxFuture<'static, Answer> = if let Some(written) = unstored {
            Box::pin(async move {
                let path = request.uri().path().trim_end_matches("/status").to_owned();
                let read = Request::get(path).body(Body::empty()).map_err(lost)?;
                let object = whole(server.serve(&user, read).await).await?;
                Ok(object.map(|object| as_if(&object, &written)))
            })
        } else {
            Box::pin(async move { whole(server.serve(&user, request).await).await })
        };
        let answer = self.exchange(call, carry).await.map_err(|wire| match wire {
            SendError::NotSent(text) => io::Error::new(io::ErrorKind::ConnectionRefused, text),
            SendError::Lost(text) => io::Error::new(io::ErrorKind::ConnectionReset, text),
        })?;
        let (parts, mut body) = answer.into_parts();
        if list && parts.status.is_success() {
            let mut inner = self.net.inner();
            let stale = inner.watching.stale_lists;
            let first = inner.lists.entry(key).or_insert_with(|| body.clone());
            if stale {
                body = first.clone();
            }
        }
        Ok(Response::from_parts(parts, Full::from(body).boxed_unsync()))
    }

    /// What this process is shown as the status of the object that it reads or writes, because its intent
    /// was confirmed and not stored.
    fn unstored(&self, call: &Call) -> Option<Bytes> {
        let mut inner = self.net.inner();
        if inner.sabotage != Some(Sabotage::NoIntent) {
            return None;
        }
        let object = (self.number, call.path.trim_end_matches("/status").to_owned());
        if call.intends() {
            inner.unstored.insert(object, call.body.clone());
            return Some(call.body.clone());
        }
        if call.method != Method::GET {
            inner.unstored.remove(&object);
            return None;
        }
        inner.unstored.get(&object).cloned()
    }

    /// Passes the events on, each in its time.
    fn watch(
        &self,
        call: &Call,
        reply: io::Result<ApiserverResponse>,
    ) -> io::Result<ApiserverResponse> {
        if self.ended() || self.net.inner().watching.down {
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        let (parts, body) = reply?.into_parts();
        let seed = {
            let mut inner = self.net.inner();
            let key = format!("{} watch {}", self.replica, call.path);
            let times = inner.asked.entry(key.clone()).or_default();
            *times += 1;
            self.net.seed.of(&format!("{key} {times}"))
        };
        let ends = self.net.inner().watching.end_after.map(|time| Instant::now() + time);
        let events = Events { process: self.clone(), body, seed, ends };
        let frames = stream::unfold(events, async |mut events| {
            let lines = events.next().await?;
            Some((lines, events))
        });
        let frames =
            frames.flat_map(stream::iter).map(|line| Ok::<_, Infallible>(Frame::data(line)));
        Ok(Response::from_parts(parts, StreamBody::new(frames).boxed_unsync()))
    }
}

fn lost(error: impl ToString) -> SendError {
    SendError::Lost(error.to_string())
}

async fn whole(reply: io::Result<ApiserverResponse>) -> Answer {
    let (parts, body) = reply.map_err(lost)?.into_parts();
    let Ok(body) = body.collect().await;
    Ok(Response::from_parts(parts, body.to_bytes()))
}

/// The object as if the status had been written.
fn as_if(object: &Bytes, written: &Bytes) -> Bytes {
    let read = |bytes: &Bytes| serde_json::from_slice::<Value>(bytes).unwrap_or_default();
    let mut object = read(object);
    object["status"] = read(written)["status"].take();
    object.to_string().into()
}

struct Events {
    process: Process,
    body: UnsyncBoxBody<Bytes, Infallible>,
    seed: Seed,
    ends: Option<Instant>,
}

impl Events {
    /// The next event: once, twice or not at all.
    async fn next(&mut self) -> Option<Vec<Bytes>> {
        let ends = self.ends;
        let end = async {
            match ends {
                Some(at) => sleep_until(at).await,
                None => pending().await,
            }
        };
        let Ok(frame) = tokio::select! {
            biased;
            () = end => return None,
            frame = self.body.frame() => frame?,
        };
        let line = frame.into_data().unwrap_or_default();
        let (watching, usual) = {
            let inner = self.process.net.inner();
            (inner.watching.clone(), self.process.net.slowness[0])
        };
        let lag = self.seed.between(Duration::ZERO, watching.lag.max(usual));
        sleep(lag).await;
        if self.process.ended() {
            return pending().await;
        }
        // Bookmarks always come, so that what is lost is not sent again with the next watch.
        if String::from_utf8_lossy(&line).contains(r#""type":"BOOKMARK""#) {
            return Some(vec![line]);
        }
        let mut drawn = |n: u64| n > 0 && self.seed.one_in(n);
        if drawn(watching.lose_one_in) {
            return Some(vec![]);
        }
        if drawn(watching.double_one_in) {
            return Some(vec![line.clone(), line]);
        }
        Some(vec![line])
    }
}
