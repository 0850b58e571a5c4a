//! What resources run into that belongs to another tenant: whose, which and where. Statuses leave it
//! out; administrators read it in the log and in the status of the account.
//!
//! Kept in memory alone: the next pass over a resource finds it again.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// The conflicts of all accounts: by account, then by resource.
#[derive(Debug, Default)]
pub(crate) struct Conflicts(Mutex<HashMap<String, BTreeMap<String, String>>>);

impl Conflicts {
    /// Records what a resource that goes through `account` runs into; `None` if nothing.
    pub(super) fn record(&self, account: &str, resource: &str, conflict: Option<String>) {
        let mut all = self.all();
        let Some(conflict) = conflict else {
            if let Some(of_account) = all.get_mut(account) {
                of_account.remove(resource);
            }
            return;
        };
        let of_account = all.entry(account.to_owned()).or_default();
        if of_account.get(resource) != Some(&conflict) {
            tracing::warn!(account, resource, conflict, "another tenant's is in the way");
            of_account.insert(resource.to_owned(), conflict);
        }
    }

    /// The conflicts of an account, by resource.
    pub(crate) fn of(&self, account: &str) -> Vec<(String, String)> {
        let all = self.all();
        all.get(account).into_iter().flatten().map(|(a, b)| (a.clone(), b.clone())).collect()
    }

    fn all(&self) -> MutexGuard<'_, HashMap<String, BTreeMap<String, String>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
