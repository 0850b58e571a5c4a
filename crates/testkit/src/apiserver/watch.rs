//! Watch streams: the event log as one client sees it.
//!
//! A watch reads the log at its own pace and holds nothing but its position, so freezing, closing
//! and compaction need no bookkeeping elsewhere. It must not change any state.
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
    Apiserver, Inner, Reply,
    request::Call,
    response::Refusal,
    selector::Selection,
    store::{Change, State},
};

/// What holds for all watches at once.
#[derive(Default)]
pub struct Gate {
    /// Nothing gets through.
    pub frozen: bool,
    /// A watch from an earlier epoch has been closed.
    epoch: u64,
}

impl Gate {
    pub fn close(&mut self) {
        self.epoch += 1;
    }
}

pub struct Watcher {
    server: Apiserver,
    changed: Receiver<()>,
    call: Call,
    selection: Selection,
    epoch: u64,
    /// What is sent before anything from the log.
    first: VecDeque<Value>,
    /// Whether the stream ends after that.
    refused: bool,
    /// The last version that was looked at.
    version: u64,
    deadline: Option<Instant>,
    bookmark_due: bool,
}

enum Step {
    Send(Value),
    Wait,
    End,
}

impl Watcher {
    pub fn new(server: &Apiserver, c_tag: &Inner, call: Call) -> Result<Self, Refusal> {
        let state = &c_tag.state;
        let selection = Selection::of(&call)?;
        let seconds = call.query("timeoutSeconds").and_then(|seconds| seconds.parse().ok());
        let mut watcher = Self {
            server: server.clone(),
            changed: server.shared.changed.subscribe(),
            selection,
            epoch: c_tag.watches.epoch,
            first: VecDeque::new(),
            refused: false,
            version: state.version(),
            deadline: seconds
                .filter(|seconds| *seconds > 0)
                .map(|seconds| Instant::now() + Duration::from_secs(seconds)),
            bookmark_due: call.is_set("allowWatchBookmarks"),
            call,
        };
        match watcher.call.query("resourceVersion").unwrap_or("0").parse() {
            Ok(0) => watcher.send_state(state),
            Ok(version) if version < state.oldest() => {
                let expired = Refusal::expired(version, state.oldest());
                watcher.first.push_back(json!({ "type": "ERROR", "object": expired.object() }));
                watcher.refused = true;
            }
            Ok(version) => watcher.version = version,
            Err(_) => return Err(Refusal::bad_request("resourceVersion is not a number")),
        }
        Ok(watcher)
    }

    pub fn reply(self) -> Reply {
        let lines = futures::stream::unfold(self, |mut watcher| async move {
            let line = watcher.next().await?;
            Some((Ok::<_, Infallible>(Frame::data(Bytes::from(format!("{line}\n")))), watcher))
        });
        Reply::new(StreamBody::new(lines).boxed_unsync())
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            // Whatever changes after this look wakes the wait below.
            self.changed.mark_unchanged();
            match self.step() {
                Step::Send(event) => return Some(event),
                Step::End => return None,
                Step::Wait => {}
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

    fn step(&mut self) -> Step {
        let server = self.server.clone();
        let c_tag = server.lock();
        let expired = self.deadline.is_some_and(|deadline| deadline <= Instant::now());
        if c_tag.watches.epoch != self.epoch {
            return Step::End;
        }
        if c_tag.watches.frozen {
            return if expired { Step::End } else { Step::Wait };
        }
        if let Some(event) = self.first.pop_front() {
            return Step::Send(event);
        }
        if self.refused {
            return Step::End;
        }
        for change in c_tag.state.since(self.version) {
            self.version = change.version;
            if let Some(event) = self.event(change) {
                return Step::Send(event);
            }
        }
        if !expired {
            return Step::Wait;
        }
        // The server tells where to resume before it ends a watch that has run its time.
        if std::mem::take(&mut self.bookmark_due) {
            return Step::Send(self.bookmark(&c_tag.state));
        }
        Step::End
    }

    /// What a change means for this watch: an object can enter or leave its selection.
    fn event(&self, change: &Change) -> Option<Value> {
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

    /// Begins with the objects there are, for a watch that does not say where to start.
    fn send_state(&mut self, state: &State) {
        for (key, object) in state.objects() {
            if self.selection.covers(key) && self.selection.matches(object) {
                let object = self.call.project(object.clone());
                self.first.push_back(json!({ "type": "ADDED", "object": object }));
            }
        }
        if self.call.is_set("sendInitialEvents") {
            let mut bookmark = self.bookmark(state);
            bookmark["object"]["metadata"]["annotations"] =
                json!({ "k8s.io/initial-events-end": "true" });
            self.first.push_back(bookmark);
        }
    }

    fn bookmark(&self, state: &State) -> Value {
        // Without a schema, a kind is known from its objects only.
        let resource = &self.call.request.resource;
        let kind = state
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
