//! Reading Secrets, one key at a time, by `get` alone.
//!
//! What is read stays in [`SecretString`]s and is never logged.

use std::{collections::BTreeMap, time::Duration};

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::Api;
use secrecy::SecretString;

use fabric_api::Reason;

use crate::reconcile::{context::Context, problem::Problem};

/// The field by which an account names its Secret.
pub(super) const OF_ACCOUNT: &str = "spec.credentials.secretRef";

/// How a resource refers to a Secret.
#[derive(Debug, Clone, Copy)]
pub(crate) struct SecretReference<'a> {
    pub(crate) namespace: &'a str,
    pub(crate) name: &'a str,
    /// The field of the resource that names the Secret, e.g. `spec.credentials.secretRef`.
    pub(crate) field: &'a str,
    /// The longest time, give or take a tenth, until the operator reads a Secret again that it could
    /// not use.
    pub(crate) read_again: Duration,
}

/// A Secret that was read.
pub(crate) struct Read<'a> {
    reference: SecretReference<'a>,
    pub(crate) resource_version: String,
    data: BTreeMap<String, ByteString>,
}

/// Reads a Secret.
pub(crate) async fn read<'a>(
    context: &Context,
    reference: SecretReference<'a>,
) -> Result<Result<Read<'a>, Problem>, kube::Error> {
    let SecretReference { namespace, name, field, .. } = reference;
    let api: Api<Secret> = Api::namespaced(context.client.clone(), namespace);
    match api.get(name).await {
        Ok(secret) => Ok(Ok(Read {
            reference,
            resource_version: secret.metadata.resource_version.unwrap_or_default(),
            data: secret.data.unwrap_or_default(),
        })),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(Err(reference.problem(
            Reason::SecretNotFound,
            &format!("does not exist; create it, or correct {field}"),
        ))),
        Err(kube::Error::Api(status)) if status.is_forbidden() => {
            let remedy = if namespace == context.settings.namespace && field == OF_ACCOUNT {
                format!("add {name} to the chart's rbac.accountSecrets")
            } else {
                format!(
                    "ask the cluster's administrator to add namespace {namespace} to the chart's rbac.secretNamespaces, or to bind ClusterRole {} to the operator's ServiceAccount there",
                    context.settings.secret_reader_role
                )
            };
            let finding = format!("cannot be read with the operator's rights; {remedy}");
            Ok(Err(reference.problem(Reason::SecretForbidden, &finding)))
        }
        Err(error) => Err(error),
    }
}

/// Reads one key of a Secret.
pub(crate) async fn read_key(
    context: &Context,
    reference: SecretReference<'_>,
    key: &str,
) -> Result<Result<SecretString, Problem>, kube::Error> {
    Ok(read(context, reference).await?.and_then(|secret| secret.text(key)))
}

impl SecretReference<'_> {
    /// The Secret cannot be used; `finding` says why, and what to do.
    fn problem(self, reason: Reason, finding: &str) -> Problem {
        let Self { namespace, name, read_again, .. } = self;
        let again = match read_again.as_secs() / 60 {
            0 | 1 => "a minute".to_owned(),
            minutes => format!("{minutes} minutes"),
        };
        Problem::missing(
            reason,
            format!(
                "Secret {namespace}/{name} {finding}; the operator reads it again within about {again}"
            ),
        )
    }
}

impl Read<'_> {
    /// The value of `key`, without the line end that `echo` and editors leave.
    pub(crate) fn text(&self, key: &str) -> Result<SecretString, Problem> {
        let field = self.reference.field;
        let bytes = self.data.get(key).ok_or_else(|| {
            self.invalid(&format!("lacks the key {key}; add it to the Secret, or correct {field}"))
        })?;
        let unusable = |holds: &str| {
            self.invalid(&format!("holds {holds} under the key {key}; correct the value there"))
        };
        let text = std::str::from_utf8(&bytes.0).map_err(|_| unusable("no text"))?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(unusable("nothing"));
        }
        if text.len() > 4096 {
            return Err(unusable("more than 4096 bytes"));
        }
        Ok(text.into())
    }

    /// The Secret holds something that cannot be used; `finding` says what, and what to do.
    pub(crate) fn invalid(&self, finding: &str) -> Problem {
        self.reference.problem(Reason::SecretInvalid, finding)
    }
}
