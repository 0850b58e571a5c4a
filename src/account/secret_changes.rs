//! Notices that the Secret of an account was created, changed or deleted.
//!
//! One task for each Secret watches its metadata by name, so no credentials arrive by it and the right to
//! watch this one Secret suffices. Without that right the task looks at the metadata again and again. What
//! a change means is not decided here: the account is woken, and reads its Secret.

use std::{
    collections::HashSet,
    pin::pin,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use futures::StreamExt;
use k8s_openapi::api::core::v1::Secret;
use kube::{
    Api, ResourceExt,
    api::{WatchEvent, WatchParams},
};
use kube_runtime::reflector::{ObjectRef, Store};
use tokio::{
    sync::mpsc::UnboundedSender,
    time::{Instant, sleep_until},
};

use fabric_api::FabricAccount;

use crate::{
    account::READ_AGAIN,
    reconcile::{
        context::Context,
        status::{ApiError, Failure, bounded},
    },
};

/// The shortest time between two looks, and between two watches: how soon a change is noticed where the
/// Secret cannot be watched.
const LOOK: Duration = Duration::from_secs(10);
/// How long a refused watch is not asked for again: rights change seldom.
const REFUSED: Duration = Duration::from_secs(30 * 60);

/// The version of a Secret; `None` if there is none.
pub(super) type SecretVersion = Option<String>;

/// The names of the Secrets that are followed, each by one task.
#[derive(Debug, Clone, Default)]
pub(crate) struct SecretWatches(Arc<Mutex<HashSet<String>>>);

impl SecretWatches {
    /// Follows a Secret of the operator's namespace, unless it is followed already. `read` is the version
    /// that the account's pass has read, if it is known.
    pub(super) fn follow(&self, secret: &str, read: Option<SecretVersion>, context: &Context) {
        let Some(accounts) = context.accounts.store() else { return };
        if !self.names().insert(secret.to_owned()) {
            return;
        }
        let follower = Follower {
            secrets: Api::namespaced(context.client.clone(), &context.settings.namespace),
            secret: secret.to_owned(),
            known: read,
            accounts,
            wake: context.wake_account.clone(),
        };
        let (watches, stop) = (self.clone(), context.observers.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = follower.run(&watches) => {}
                () = stop.cancelled() => {}
            }
        });
    }

    fn names(&self) -> MutexGuard<'_, HashSet<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows one Secret.
struct Follower {
    secrets: Api<Secret>,
    secret: String,
    /// What was seen last; `None` before the first look.
    known: Option<SecretVersion>,
    accounts: Store<FabricAccount>,
    wake: UnboundedSender<ObjectRef<FabricAccount>>,
}

impl Follower {
    /// Until no account names the Secret.
    async fn run(mut self, watches: &SecretWatches) {
        let mut next_watch = Instant::now();
        while self.is_used(watches) {
            let began = Instant::now();
            let by_name = WatchParams::default().fields(&format!("metadata.name={}", self.secret));
            let watch = if next_watch <= began {
                // From version 0 on, the watch begins with the Secret as it is.
                let watch = self.secrets.watch_metadata(&by_name, "0");
                Some(bounded("watching the account's Secret", watch).await)
            } else {
                None
            };
            // Once the watch has begun, so that no change falls between the two.
            let mut pause = self.look().await;
            match watch {
                Some(Ok(events)) => {
                    let mut events = pin!(events);
                    while let Some(Ok(event)) = events.next().await {
                        match event {
                            WatchEvent::Added(secret) | WatchEvent::Modified(secret) => {
                                self.learn(secret.resource_version());
                            }
                            WatchEvent::Deleted(_) => self.learn(None),
                            WatchEvent::Bookmark(_) => {}
                            WatchEvent::Error(_) => break,
                        }
                    }
                    pause = LOOK;
                }
                Some(Err(error)) if is_forbidden(&error) => {
                    tracing::info!(
                        secret = self.secret,
                        "may not watch the Secret of an account, so looks at it every {LOOK:?}; the chart's rbac.accountSecrets grants the right"
                    );
                    next_watch = began + REFUSED;
                }
                Some(Err(error)) => {
                    tracing::debug!(secret = self.secret, %error, "cannot watch an account's Secret");
                }
                None => {}
            }
            sleep_until(began + pause).await;
        }
    }

    /// Looks at the metadata once; how long after that the next look is due.
    async fn look(&mut self) -> Duration {
        let secret = self.secrets.get_metadata_opt(&self.secret);
        match bounded("looking at the account's Secret", secret).await {
            Ok(secret) => {
                self.learn(secret.and_then(|secret| secret.resource_version()));
                LOOK
            }
            // What cannot be read proves no change; the account's own pass reports it.
            Err(error) if is_forbidden(&error) => READ_AGAIN,
            Err(_) => LOOK,
        }
    }

    fn learn(&mut self, version: SecretVersion) {
        let changed = self.known.as_ref().is_some_and(|before| *before != version);
        self.known = Some(version);
        if changed {
            for account in self.users() {
                // The receiver is gone only while the operator stops.
                let _ = self.wake.send(ObjectRef::from_obj(&*account));
            }
        }
    }

    fn users(&self) -> impl Iterator<Item = Arc<FabricAccount>> {
        let names =
            |account: &FabricAccount| account.spec.credentials.secret_ref.name == self.secret;
        self.accounts.state().into_iter().filter(move |account| names(account))
    }

    /// Whether an account names the Secret. If none does, the next one that does is followed anew.
    fn is_used(&self, watches: &SecretWatches) -> bool {
        let mut followed = watches.names();
        let is_used = self.users().next().is_some();
        if !is_used {
            followed.remove(&self.secret);
        }
        is_used
    }
}

fn is_forbidden(error: &ApiError) -> bool {
    error.category() == Failure::Forbidden
}
