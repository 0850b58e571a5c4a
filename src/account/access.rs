//! Whether a namespace may use an account.
//!
//! The rule is the account's own. What a namespace may use the account for is not decided here.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::Api;

use fabric_api::{AllowedNamespaces, Reason};

use crate::reconcile::{
    context::Context,
    problem::Problem,
    status::{ApiError, bounded},
};

/// What speaks against resources of `namespace` using `account`, whose rule this is.
pub(crate) async fn namespace(
    namespace: &str,
    account: &str,
    rule: Option<&AllowedNamespaces>,
    context: &Context,
) -> Result<Option<Problem>, ApiError> {
    let allowed = match rule {
        Some(AllowedNamespaces { all: Some(all), .. }) => *all,
        Some(AllowedNamespaces { names: Some(names), .. }) => {
            names.iter().any(|name| name == namespace)
        }
        Some(AllowedNamespaces { selector: Some(selector), .. }) => {
            let api: Api<Namespace> = Api::all(context.client.clone());
            let labels = bounded("reading the namespace", api.get(namespace)).await?;
            selector.matches(labels.metadata.labels.as_ref().unwrap_or(&BTreeMap::new()))
        }
        Some(AllowedNamespaces { all: None, names: None, selector: None }) | None => false,
    };
    Ok((!allowed).then(|| {
        Problem::stalled(
            Reason::NamespaceNotAllowed,
            format!(
                "FabricAccount {account} does not allow namespace {namespace}; ask its administrator to add it to spec.allowedNamespaces"
            ),
        )
    }))
}
