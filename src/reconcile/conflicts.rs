//! What resources run into that belongs to another tenant: whose, which and where. Statuses leave it
//! out; administrators read it in the log and in the status of the account.
//!
//! Kept in memory alone: the next pass over a resource finds it again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// How often the status of an account takes them up. Each of two processes that both act for a while knows
/// others, and would otherwise write over the other one's without end.
const EVERY: Duration = Duration::from_secs(30);

/// The conflicts of all accounts, by account.
#[derive(Debug, Default)]
pub(crate) struct Conflicts(Mutex<HashMap<String, OfAccount>>);

/// The conflicts of an account.
#[derive(Debug, Default)]
struct OfAccount {
    by_resource: BTreeMap<String, String>,
    /// When its status took them up last.
    taken: Option<Instant>,
}

impl Conflicts {
    /// Records what a resource that goes through `account` runs into; `None` if nothing.
    pub(super) fn record(&self, account: &str, resource: &str, conflict: Option<String>) {
        let mut all = self.all();
        let Some(conflict) = conflict else {
            if let Some(of_account) = all.get_mut(account) {
                of_account.by_resource.remove(resource);
            }
            return;
        };
        let known = &mut all.entry(account.to_owned()).or_default().by_resource;
        if known.get(resource) != Some(&conflict) {
            tracing::warn!(account, resource, conflict, "another tenant's is in the way");
            known.insert(resource.to_owned(), conflict);
        }
    }

    /// The conflicts of an account, by resource; `None` while its status is not to take them up again.
    pub(crate) fn due(&self, account: &str) -> Option<Vec<(String, String)>> {
        let mut all = self.all();
        let of_account = all.entry(account.to_owned()).or_default();
        if of_account.taken.is_some_and(|taken| taken.elapsed() < EVERY) {
            return None;
        }
        of_account.taken = Some(Instant::now());
        let conflicts = of_account.by_resource.iter();
        Some(conflicts.map(|(resource, conflict)| (resource.clone(), conflict.clone())).collect())
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, OfAccount>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn status_takes_them_up_now_and_then() {
        let conflicts = Conflicts::default();
        let one = || Some(vec![("FabricConnection web/a".to_owned(), "theirs".to_owned())]);
        conflicts.record("default", "FabricConnection web/a", Some("theirs".into()));
        assert_eq!(conflicts.due("default"), one());
        assert_eq!(conflicts.due("default"), None);
        assert_eq!(conflicts.due("other"), Some(vec![]));
        tokio::time::advance(EVERY).await;
        assert_eq!(conflicts.due("default"), one());
        conflicts.record("default", "FabricConnection web/a", None);
        tokio::time::advance(EVERY).await;
        assert_eq!(conflicts.due("default"), Some(vec![]));
    }
}
