//! Who needs an account: the resources that keep it from going while they hold, or may hold, something
//! at the provider.
//!
//! Reads the informers' stores, and changes nothing but the finalizer of an account. The names are for the account's administrator
//! alone: no other resource may show them.

use kube::ResourceExt;

use fabric_api::{ACCOUNT_FINALIZER, FabricAccount};

use crate::reconcile::{Kind, context::Context, finalizer, problem::list, status::ApiError};

/// The resources of one kind that need an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Dependents {
    pub(crate) kind: &'static str,
    /// Each as namespace/name.
    pub(crate) names: Vec<String>,
}

/// The resources that need an account, by kind; `None` before all resources are listed.
pub(super) fn dependents(account: &str, context: &Context) -> Option<Vec<Dependents>> {
    are_listed(context).then(|| context.stores.needing(account))
}

/// Whether an account has to carry its finalizer; `None` if that is not known.
pub(super) fn is_to_be_held(account: &str, context: &Context) -> Option<bool> {
    let is_needed = context.stores.is_needed(account);
    // An operator of one namespace does not see who else needs the account.
    let sees_all = are_listed(context) && context.settings.watched.is_none();
    (is_needed || sees_all).then_some(is_needed)
}

fn are_listed(context: &Context) -> bool {
    context.stores.unlisted().is_empty()
}

/// How many resources of each kind there are, and their names as far as a message holds them.
pub(super) fn describe(dependents: &[Dependents]) -> String {
    let of_kind = |all: &Dependents| {
        let plural = if all.names.len() == 1 { "" } else { "s" };
        let names = list(all.names.iter().cloned());
        format!("{} {}{plural} ({names})", all.names.len(), all.kind)
    };
    if dependents.is_empty() {
        return "the resources that need it".to_owned();
    }
    dependents.iter().map(of_kind).collect::<Vec<_>>().join(", ")
}

/// Whether an account carries the finalizer by which it waits for who needs it.
pub(crate) fn is_held(account: &FabricAccount) -> bool {
    account.finalizers().iter().any(|finalizer| finalizer == ACCOUNT_FINALIZER)
}

/// Has the account of a resource that needs it carry the finalizer, unless it does: at once, because
/// no order leaves before. An account that is being deleted takes none any more.
pub(crate) async fn hold(account: &str, context: &Context) -> Result<(), ApiError> {
    let Some(stored) = context.accounts.stored(account) else { return Ok(()) };
    if is_held(&stored) || stored.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let api = FabricAccount::api(context.client.clone(), None);
    match finalizer::add(&api, &*stored, ACCOUNT_FINALIZER).await {
        // Another writer came first: the account's own pass does what is still to do.
        Err(error) if error.is_conflict() || error.is_not_found() => {
            context.wake_account(account);
            Ok(())
        }
        other => other,
    }
}

/// Wakes the accounts that may be let go: after a resource has gone or needs none any more.
pub(crate) fn let_go(context: &Context) {
    for account in context.accounts.all().iter().filter(|account| is_held(account)) {
        let (name, is_going) = (account.name_any(), account.metadata.deletion_timestamp.is_some());
        if is_going || is_to_be_held(&name, context) == Some(false) {
            context.wake_account(&name);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_by_kind_and_a_bounded_list_of_names() {
        let names = (0..22).map(|n| format!("network/line-{n}")).collect();
        let many = Dependents { kind: "FabricConnection", names };
        let one = Dependents { kind: "ServiceProfile", names: vec!["shop/it".into()] };
        let text = describe(&[many, one]);
        assert!(
            text.starts_with("22 FabricConnections (network/line-0, network/line-1,"),
            "{text}"
        );
        assert!(
            text.ends_with("network/line-19 and 2 more), 1 ServiceProfile (shop/it)"),
            "{text}"
        );
    }
}
