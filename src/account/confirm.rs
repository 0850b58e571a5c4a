//! Whether an account may still be used, as of this moment: for the last check before a request leaves.
//!
//! It reads the account and its Secret from the API server, because what the account controller saw may
//! be some seconds old. It changes nothing.

use k8s_openapi::api::core::v1::Secret;
use kube::{Api, ResourceExt};

use fabric_api::FabricAccount;

use crate::{
    account::{dependents::is_held, session::Session},
    reconcile::{
        Kind,
        context::Context,
        status::{ApiError, bounded},
    },
};

/// Why nothing may be ordered or changed through `session` any more, if so.
pub(crate) async fn objection(
    session: &Session,
    context: &Context,
) -> Result<Option<&'static str>, ApiError> {
    let name = &session.of.account;
    let known = context.accounts.get(name);
    let Some(known) = known.filter(|known| known.serves(session)) else {
        return Ok(Some("the account can no longer be used as it was"));
    };
    // Without a resourceVersion these are quorum reads.
    let api = FabricAccount::api(context.client.clone(), None);
    let Some(account) = bounded("reading the account", api.get_opt(name)).await? else {
        return Ok(Some("the account is gone"));
    };
    if account.metadata.deletion_timestamp.is_some() {
        return Ok(Some("the account is being deleted"));
    }
    if account.uid() != known.seen.uid || account.metadata.generation != known.seen.generation {
        return Ok(Some("the account was edited since it was decided"));
    }
    // Else it could go while what is ordered through it comes into being.
    if !is_held(&account) {
        return Ok(Some("the account is not yet kept for its resources"));
    }
    let secrets: Api<Secret> = Api::namespaced(context.client.clone(), &context.settings.namespace);
    let secret = secrets.get_opt(&account.spec.credentials.secret_ref.name);
    let Some(secret) = bounded("reading the account's Secret", secret).await? else {
        return Ok(Some("the account's Secret is gone"));
    };
    let is_known = secret.resource_version() == known.seen.secret_version;
    Ok((!is_known).then_some("the account's Secret has changed since it was read"))
}
