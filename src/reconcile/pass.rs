//! One pass over one resource: its key, and what every pass can do with status and time.
//!
//! A kind is given this and nothing else. The request that changes something at the provider is in
//! `send_once`.

use std::{sync::Arc, time::Duration};

use kube::{Api, ResourceExt};
use kube_runtime::{controller::Action, events::EventType, reflector::ObjectRef};

use fabric_api::RECONCILE_AT;
use fabric_domain::clean;

use crate::{
    account::session::{Session, Way},
    reconcile::{
        Kind, Next, Release,
        backoff::{Key, StatusCopy, jitter},
        claims::full_name,
        context::Context,
        events::{self, Notice},
        finalizer,
        problem::{Problem, Retry},
        status::{self, ApiError},
    },
};

/// How soon a pass follows one that has just done something.
const SOON: Duration = Duration::from_secs(1);

/// The longest answer to the annotation that asks for a look, in characters; the schema allows no more.
const MAX_RECONCILE_AT: usize = 128;

/// A pass over a resource.
pub(crate) struct Pass<'a, K> {
    /// The resource, as it was when the pass began.
    pub(crate) object: &'a K,
    /// What all passes share.
    pub(crate) context: &'a Context,
    key: Key,
    /// How often the resource was resumed when the pass began.
    resumes: u64,
}

impl<'a, K: Kind> Pass<'a, K> {
    pub(super) fn new(object: &'a K, context: &'a Context) -> Self {
        let key = Key::of(object);
        let resumes = context.backoff.resumes(&key);
        Self { object, context, key, resumes }
    }

    /// The resource's identity, as far as it matters to backoff.
    pub(crate) fn key(&self) -> &Key {
        &self.key
    }

    /// The resource in logs and queues.
    pub(crate) fn reference(&self) -> ObjectRef<K> {
        ObjectRef::from_obj(self.object)
    }

    /// Its namespace; empty for a resource of the cluster.
    pub(crate) fn namespace(&self) -> &str {
        self.object.meta().namespace.as_deref().unwrap_or_default()
    }

    /// Whether the resource is being deleted.
    pub(crate) fn is_deleting(&self) -> bool {
        self.key.deleting
    }

    /// The resources of the same namespace.
    pub(super) fn api(&self) -> Api<K> {
        K::api(self.context.client.clone(), self.object.meta().namespace.as_deref())
    }

    /// The way to an account's API: a deletion has one for longer than anything else.
    pub(crate) fn way(&self, account: &str) -> Way {
        let accounts = &self.context.accounts;
        if self.is_deleting() { accounts.way_to_end(account) } else { accounts.way(account) }
    }

    /// The session that the pass has looked through.
    pub(crate) fn session(&self, account: &str) -> Result<Arc<Session>, Problem> {
        let accounts = &self.context.accounts;
        if self.is_deleting() {
            accounts.session_to_end(account)
        } else {
            accounts.session(account)
        }
    }

    /// Writes a report and says when to look again.
    pub(crate) async fn report(&self, report: &K::Report, next: Next) -> Result<Action, ApiError> {
        let (object, conflict) = (self.object, K::withheld(report));
        let conflicts = &self.context.conflicts;
        conflicts.record(&self.key.uid, object.account(), &full_name(object), conflict);
        let written = self.write(self.object, report, "Reconcile").await?;
        Ok(self.schedule(&written, next))
    }

    /// Reports that a problem is in the way, and backs off.
    pub(crate) async fn block(&self, problem: Problem) -> Result<Action, ApiError> {
        let retry = problem.retry;
        self.report(&K::blocked(problem), Next::retry(retry)).await
    }

    /// Writes the status after a report over that of `object`, if it differs, and publishes what is
    /// new of it. Answers with the object as it is now.
    pub(super) async fn write(
        &self,
        object: &K,
        report: &K::Report,
        action: &'static str,
    ) -> Result<K, ApiError> {
        let Some(new) = self.status_after(object, report) else { return Ok(object.clone()) };
        let written = status::write(&self.api(), object, new.clone()).await?;
        self.publish(object.status(), &new, action).await;
        Ok(written)
    }

    /// The status of `object` after a report, if it differs. The report is about what the pass planned
    /// from: an edit that came later is not observed yet.
    pub(super) fn status_after(&self, object: &K, report: &K::Report) -> Option<K::Status> {
        let old = object.status().cloned().unwrap_or_default();
        let mut planned = self.object.clone();
        *planned.status_mut() = object.status().cloned();
        let mut new = planned.report(&old, report, self.context.now());
        if let Some(asked) = self.reconcile_at() {
            *K::last_handled_reconcile_at(&mut new) = Some(asked);
        }
        (object.status() != Some(&new)).then_some(new)
    }

    /// When the user last asked for a look, in words of the user's own.
    fn reconcile_at(&self) -> Option<String> {
        let asked = self.object.annotations().get(RECONCILE_AT)?;
        Some(clean(asked, MAX_RECONCILE_AT))
    }

    /// Whether the user asks for a look that status does not answer yet.
    pub(super) fn is_asked_to_look(&self) -> bool {
        let mut status = self.object.status().cloned().unwrap_or_default();
        let handled = K::last_handled_reconcile_at(&mut status);
        self.reconcile_at().is_some_and(|asked| handled.as_ref() != Some(&asked))
    }

    /// Publishes Events for what is new of a status.
    pub(super) async fn publish(
        &self,
        old: Option<&K::Status>,
        new: &K::Status,
        action: &'static str,
    ) {
        let before = old.map(K::conditions).unwrap_or_default();
        let events = &self.context.events;
        let kind = if K::warns(new) { EventType::Warning } else { EventType::Normal };
        for notice in events::new_reasons(before, K::conditions(new), action) {
            events.publish(self.object, kind, &notice).await;
        }
        K::measure(old, new, self.context.now(), &self.context.metrics);
        for notice in K::notices(old, new) {
            events.publish(self.object, EventType::Normal, &notice).await;
        }
    }

    /// How long the resource is still left alone.
    pub(super) fn suspended(&self) -> Option<Duration> {
        let seen = StatusCopy::of(self.object);
        self.context.backoff.suspended(&self.key, seen)
    }

    /// When the next pass is due, where this one has written nothing.
    pub(crate) fn next(&self, next: Next) -> Action {
        self.schedule(self.object, next)
    }

    /// When the next pass is due; `written` is the object as this pass leaves it.
    pub(super) fn schedule(&self, written: &K, next: Next) -> Action {
        let backoff = &self.context.backoff;
        let name = self.object.name_any();
        Action::requeue(match next {
            Next::Soon => SOON,
            Next::After(pause) => jitter(pause, &name),
            Next::Settled(pause) => {
                backoff.succeeded(&self.key);
                jitter(pause, &name)
            }
            Next::Expiry(pause) => {
                backoff.succeeded(&self.key);
                pause
            }
            Next::Retry { retry, at_most } => {
                let pause = backoff.failed(&self.key, retry).min(at_most);
                let known = [StatusCopy::of(self.object), StatusCopy::of(written)];
                backoff.suspend(&self.key, pause, self.resumes, known);
                pause
            }
        })
    }

    /// Removes the finalizer: the resource may go.
    pub(super) async fn release(&self, release: Release) -> Result<Action, ApiError> {
        if let Some(finalizer) = K::FINALIZER {
            finalizer::remove(&self.api(), self.object, finalizer).await?;
        }
        tracing::info!(object = %self.reference(), ?release, "released");
        K::forget(&self.reference(), self.context);
        let (reason, note) = K::release_notice(release);
        let notice = Notice { reason, action: "Release", note: note.to_owned() };
        self.context.events.publish(self.object, EventType::Normal, &notice).await;
        self.forget();
        Ok(self.look_whether_gone())
    }

    /// Asks for another pass, because no event of the controller says that a resource is gone: that pass
    /// finds it missing, or what else holds it.
    pub(super) fn look_whether_gone(&self) -> Action {
        self.context.stale.mark(&self.key.uid);
        Action::requeue(SOON)
    }

    /// Drops what this process keeps of the resource.
    pub(super) fn forget(&self) -> Action {
        self.context.forget(&self.key.uid);
        Action::await_change()
    }

    /// Counts a failed command and keeps the same one from being sent again before its pause is
    /// over, whatever wakes the resource: unless its spec or its account's session is another by
    /// then. Says when to look again.
    pub(crate) fn postpone(&self, session: &Session, retry: Retry, at_most: Duration) -> Action {
        let backoff = &self.context.backoff;
        let pause = backoff.failed(&self.key, retry).min(at_most);
        Action::requeue(backoff.postpone(&self.key, session.id(), retry, pause))
    }

    /// How long a command must still wait after a failure.
    pub(crate) fn postponed(&self, session: &Session) -> Option<Duration> {
        self.context.backoff.postponed(&self.key, session.id())
    }
}
