//! Which changes of an account concern the resources that go through it.
//!
//! Their own conflicts stand in its status, and the finalizer by which it waits for them in its metadata: neither
//! must wake all of them. Nothing is decided here about an account.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

use kube::ResourceExt;

use fabric_api::FabricAccount;

/// What a controller's watch on accounts maps a change to: the resources that `dependents` finds by the
/// account's name, if the change concerns them.
pub(crate) fn waking<K>(
    dependents: impl Fn(&str) -> Vec<K> + Send + Sync + 'static,
) -> impl Fn(FabricAccount) -> Vec<K> + Send + Sync + 'static {
    let seen = AccountChanges::default();
    move |account| {
        let concerned = seen.concern_dependents(&account);
        if concerned { dependents(&account.name_any()) } else { vec![] }
    }
}

/// The accounts as one controller saw them last, by name.
#[derive(Debug, Default)]
struct AccountChanges(Mutex<HashMap<String, FabricAccount>>);

impl AccountChanges {
    /// Whether more than `status.conflicts` and the finalizers may have changed. An account that is shown
    /// again as it was, or without its finalizer while it is being deleted, may be gone.
    fn concern_dependents(&self, account: &FabricAccount) -> bool {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let before = seen.insert(account.name_any(), account.clone());
        before.is_none_or(|before| {
            account.metadata.deletion_timestamp.is_some()
                || of_dependents(&before) == of_dependents(account)
                || without_dependents(before) != without_dependents(account.clone())
        })
    }
}

/// What the account has of its dependents.
fn of_dependents(account: &FabricAccount) -> impl PartialEq {
    let status = account.status.as_ref();
    let conflicts = status.map(|status| (status.conflicts.clone(), status.conflict_count));
    (conflicts, account.finalizers().to_vec())
}

/// The account without that, and without what every write of it changes.
fn without_dependents(mut account: FabricAccount) -> FabricAccount {
    account.metadata.managed_fields = None;
    account.metadata.resource_version = None;
    account.metadata.finalizers = None;
    if let Some(status) = &mut account.status {
        (status.conflicts, status.conflict_count) = (vec![], None);
    }
    account
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::{Value, json};

    use super::*;

    fn account(version: u32, generation: i64, status: &Value) -> FabricAccount {
        serde_json::from_value(json!({
            "apiVersion": "fabric.equinix.com/v1alpha1", "kind": "FabricAccount",
            "metadata": {
                "name": "default", "generation": generation, "resourceVersion": version.to_string(),
            },
            "spec": {
                "dialect": "FabricV4", "endpoint": "https://api.equinix.com",
                "credentials": {"secretRef": {"name": "equinix"}},
            },
            "status": status,
        }))
        .unwrap()
    }

    #[test]
    fn conflicts_alone_concern_no_one() {
        let conflict =
            json!({"conflicts": [{"resource": "FabricConnection web/a", "message": "b"}]});
        let changes = AccountChanges::default();
        assert!(changes.concern_dependents(&account(1, 1, &json!({}))), "the first");
        assert!(!changes.concern_dependents(&account(2, 1, &conflict)));
        assert!(!changes.concern_dependents(&account(3, 1, &json!({}))));
        assert!(changes.concern_dependents(&account(4, 1, &json!({}))), "shown again, or deleted");
        assert!(changes.concern_dependents(&account(5, 2, &conflict)), "an edit");
        assert!(
            changes.concern_dependents(&account(6, 2, &json!({"observedGeneration": 2}))),
            "its state"
        );
    }

    #[test]
    fn the_finalizer_concerns_them_only_as_the_account_goes() {
        let changes = AccountChanges::default();
        let with = |finalizers: &[&str], going: bool| {
            let mut it = account(1, 1, &json!({}));
            it.metadata.finalizers = Some(finalizers.iter().map(|&f| f.to_owned()).collect());
            it.metadata.deletion_timestamp = going.then_some(Time(Timestamp::UNIX_EPOCH));
            it
        };
        assert!(changes.concern_dependents(&with(&[], false)), "the first");
        assert!(!changes.concern_dependents(&with(&["a"], false)), "held");
        assert!(!changes.concern_dependents(&with(&[], false)), "let go");
        assert!(!changes.concern_dependents(&with(&["a"], false)), "held again");
        assert!(changes.concern_dependents(&with(&["a"], true)), "going");
        assert!(changes.concern_dependents(&with(&[], true)), "gone");
    }
}
