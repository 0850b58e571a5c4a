//! Watch streams: the event log as one client sees it.
//!
//! A watch reads the log at its own pace and holds only its position, so freezing, closing and
//! compaction need no bookkeeping elsewhere. It must not change the store.
use std::{collections::VecDeque, convert::Infallible};

use bytes::Bytes;
use http_body::Frame;
use http_body_util::{BodyExt, StreamBody};
use serde_json::{Value, json};
use tokio::{
    select,
    sync::watch::Receiver,
    time::{Duration, Instant, sleep_until},
};

use super::{
    Apiserver, ApiserverResponse, Inner,
    request::ApiserverRequest,
    response::StatusError,
    selector::Selection,
    store::{Revision, Store},
};

/// Freezes and closes all watches.
#[derive(Default)]
pub(super) struct WatchControl {
    /// Whether events are held back.
    pub frozen: bool,
    /// Watches from an earlier epoch are closed.
    epoch: u64,
}

impl WatchControl {
    pub(super) fn close(&mut self) {
        self.epoch += 1;
    }
}

pub(super) struct Watcher {
    server: Apiserver,
    changed: Receiver<()>,
    call: ApiserverRequest,
    selection: Selection,
    epoch: u64,
    /// The events to send before those of the log.
    first: VecDeque<Value>,
    /// Whether the stream ends after them.
    refused: bool,
    /// The last version that was read from the log.
    version: u64,
    deadline: Option<Instant>,
    bookmark_due: bool,
}

enum WatchStep {
    Send(Value),
    Wait,
    End,
}

impl Watcher {
    pub(super) fn new(
        server: &Apiserver,
        inner: &Inner,
        call: ApiserverRequest,
    ) -> Result<Self, StatusError> {
        let store = &inner.store;
        let selection = Selection::of(&call)?;
        let seconds = call.query("timeoutSeconds").and_then(|seconds| seconds.parse().ok());
        let mut watcher = Self {
            server: server.clone(),
            changed: server.shared.changed.subscribe(),
            selection,
            epoch: inner.watches.epoch,
            first: VecDeque::new(),
            refused: false,
            version: store.version(),
            deadline: seconds
                .filter(|seconds| *seconds > 0)
                .map(|seconds| Instant::now() + Duration::from_secs(seconds)),
            bookmark_due: call.is_set("allowWatchBookmarks"),
            call,
        };
        match watcher.call.query("resourceVersion").unwrap_or("0").parse() {
            Ok(0) => watcher.send_objects(store),
            Ok(version) if version < store.oldest() => {
                let expired = StatusError::expired(version, store.oldest());
                watcher.first.push_back(json!({ "type": "ERROR", "object": expired.object() }));
                watcher.refused = true;
            }
            Ok(version) => watcher.version = version,
            Err(_) => return Err(StatusError::bad_request("resourceVersion is not a number")),
        }
        Ok(watcher)
    }

    pub(super) fn response(self) -> ApiserverResponse {
        let lines = futures::stream::unfold(self, |mut watcher| async move {
            let line = watcher.next().await?;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from(format!("{line}\n")))), watcher))
        });
        ApiserverResponse::new(StreamBody::new(lines).boxed_unsync())
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            // A change after this point wakes the wait below.
            self.changed.mark_unchanged();
            match self.step() {
                WatchStep::Send(event) => return Some(event),
                WatchStep::End => return None,
                WatchStep::Wait => {}
            }
            let deadline = self.deadline;
            let expires = async {
                match deadline {
                    Some(deadline) => sleep_until(deadline).await,
                    None => std::future::pending().await,
                }
            };
            select! {
                changed = self.changed.changed() => changed.ok()?,
                () = expires => {}
            }
        }
    }

    fn step(&mut self) -> WatchStep {
        let server = self.server.clone();
        let inner = server.lock();
        let expired = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if inner.watches.epoch != self.epoch {
            return WatchStep::End;
        }
        if inner.watches.frozen {
            return if expired { WatchStep::End } else { WatchStep::Wait };
        }
        if let Some(event) = self.first.pop_front() {
            return WatchStep::Send(event);
        }
        if self.refused {
            return WatchStep::End;
        }
        for change in inner.store.since(self.version) {
            self.version = change.version;
            if let Some(event) = self.event(change) {
                return WatchStep::Send(event);
            }
        }
        if !expired {
            return WatchStep::Wait;
        }
        // Before it ends a watch by timeout, the server sends the version to resume from.
        if std::mem::take(&mut self.bookmark_due) {
            return WatchStep::Send(self.bookmark(&inner.store));
        }
        WatchStep::End
    }

    /// The event of a revision for this watch: an object can enter or leave its selection.
    fn event(&self, change: &Revision) -> Option<Value> {
        if !self.selection.covers(&change.key) {
            return None;
        }
        let before = change.before.as_ref().is_some_and(|before| self.selection.matches(before));
        let after = !change.gone && self.selection.matches(&change.after);
        let kind = match (before, after) {
            (false, true) => "ADDED",
            (true, true) => "MODIFIED",
            (true, false) => "DELETED",
            (false, false) => return None,
        };
        Some(json!({ "type": kind, "object": self.call.project(change.after.clone()) }))
    }

    /// Begins with the existing objects, for a watch without a resourceVersion.
    fn send_objects(&mut self, store: &Store) {
        for (key, object) in store.objects() {
            if self.selection.covers(key) && self.selection.matches(object) {
                let object = self.call.project(object.clone());
                self.first.push_back(json!({ "type": "ADDED", "object": object }));
            }
        }
        if self.call.is_set("sendInitialEvents") {
            let mut bookmark = self.bookmark(store);
            bookmark["object"]["metadata"]["annotations"] =
                json!({ "k8s.io/initial-events-end": "true" });
            self.first.push_back(bookmark);
        }
    }

    fn bookmark(&self, store: &Store) -> Value {
        // Without schemas, only an object of the resource reveals its kind.
        let resource = &self.call.request.resource;
        let kind = store
            .of_resource(resource)
            .next()
            .map_or_else(|| json!(resource), |object| object["kind"].clone());
        json!({
            "type": "BOOKMARK",
            "object": {
                "apiVersion": self.call.api_version,
                "kind": kind,
                "metadata": { "resourceVersion": self.version.to_string() },
            },
        })
    }
}
