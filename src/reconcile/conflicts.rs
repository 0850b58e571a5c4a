//! What resources run into that belongs to another tenant: whose, which and where. Statuses leave it
//! out; administrators read it in the log and in the status of the account.
//!
//! Kept in memory alone: the next pass over a resource finds it again.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How often the status of an account takes them up. Each of two processes that both act for a while knows
/// others, and would otherwise write over the other one's without end.
const EVERY: Duration = Duration::from_secs(30);

/// The conflicts of all accounts.
#[derive(Debug, Default)]
pub(crate) struct Conflicts(Mutex<Known>);

#[derive(Debug, Default)]
struct Known {
    /// By the uid of the resource.
    by_uid: HashMap<String, Conflict>,
    /// When the status of an account took up those of its resources last.
    taken: HashMap<String, Instant>,
}

/// What a resource runs into.
#[derive(Debug, PartialEq)]
struct Conflict {
    account: String,
    /// The full name of the resource.
    resource: String,
    text: String,
}

impl Conflicts {
    /// Records what a resource that goes through `account` runs into; `None` if nothing.
    pub(super) fn record(&self, uid: &str, account: &str, resource: &str, text: Option<String>) {
        let Some(text) = text else { return self.forget(uid) };
        let conflict =
            Conflict { account: account.to_owned(), resource: resource.to_owned(), text };
        let by_uid = &mut self.known().by_uid;
        if by_uid.get(uid) != Some(&conflict) {
            let text = &conflict.text;
            tracing::warn!(account, resource, conflict = text, "another tenant's is in the way");
            by_uid.insert(uid.to_owned(), conflict);
        }
    }

    /// Forgets a resource that is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.known().by_uid.remove(uid);
    }

    /// The conflicts of an account, by resource; `None` while its status is not to take them up again.
    pub(crate) fn due(&self, account: &str) -> Option<Vec<(String, String)>> {
        let mut known = self.known();
        if known.taken.get(account).is_some_and(|taken| taken.elapsed() < EVERY) {
            return None;
        }
        known.taken.insert(account.to_owned(), Instant::now());
        let of_account = known.by_uid.values().filter(|conflict| conflict.account == account);
        let mut all: Vec<(String, String)> =
            of_account.map(|conflict| (conflict.resource.clone(), conflict.text.clone())).collect();
        all.sort();
        Some(all)
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn status_takes_them_up_now_and_then() {
        let conflicts = Conflicts::default();
        let record = |account: &str, text: Option<&str>| {
            conflicts.record("uid", account, "FabricConnection web/a", text.map(str::to_owned));
        };
        let one = || Some(vec![("FabricConnection web/a".to_owned(), "theirs".to_owned())]);
        record("default", Some("theirs"));
        assert_eq!(conflicts.due("default"), one());
        assert_eq!(conflicts.due("default"), None);
        assert_eq!(conflicts.due("other"), Some(vec![]));
        tokio::time::advance(EVERY).await;
        assert_eq!(conflicts.due("default"), one());
        record("other", Some("theirs"));
        tokio::time::advance(EVERY).await;
        assert_eq!(conflicts.due("default"), Some(vec![]), "it goes through another account now");
        assert_eq!(conflicts.due("other"), one());
        record("other", None);
        tokio::time::advance(EVERY).await;
        assert_eq!(conflicts.due("other"), Some(vec![]));
    }
}
