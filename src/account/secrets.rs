//! Reading Secrets, one key at a time, by `get` alone.
//!
//! What is read stays in [`SecretString`]s and is never logged.

use std::collections::BTreeMap;

use k8s_openapi::{ByteString, api::core::v1::Secret};
use kube::{Api, Client};
use secrecy::SecretString;

use fabric_api::{Reason, SecretKeyRef};

use crate::reconcile::problem::Problem;

/// A Secret that was read.
pub(crate) struct Read {
    name: String,
    pub(crate) resource_version: String,
    data: BTreeMap<String, ByteString>,
}

/// Reads a Secret.
pub(crate) async fn read(
    client: &Client,
    namespace: &str,
    name: &str,
) -> Result<Result<Read, Problem>, kube::Error> {
    let api: Api<Secret> = Api::namespaced(client.clone(), namespace);
    match api.get(name).await {
        Ok(secret) => Ok(Ok(Read {
            name: format!("{namespace}/{name}"),
            resource_version: secret.metadata.resource_version.unwrap_or_default(),
            data: secret.data.unwrap_or_default(),
        })),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(Err(Problem::missing(
            Reason::SecretNotFound,
            format!(
                "Secret {namespace}/{name} does not exist; create it, or correct the reference"
            ),
        ))),
        Err(kube::Error::Api(status)) if status.is_forbidden() => Ok(Err(Problem::missing(
            Reason::SecretForbidden,
            format!(
                "the operator may not read Secret {namespace}/{name}; bind ClusterRole fabric-operator-secret-reader to its ServiceAccount in namespace {namespace}"
            ),
        ))),
        Err(error) => Err(error),
    }
}

/// Reads one key of a Secret.
pub(crate) async fn read_key(
    client: &Client,
    namespace: &str,
    reference: &SecretKeyRef,
) -> Result<Result<SecretString, Problem>, kube::Error> {
    Ok(read(client, namespace, &reference.name)
        .await?
        .and_then(|secret| secret.text(&reference.key)))
}

impl Read {
    /// The value of `key`, without the line end that `echo` and editors leave.
    pub(crate) fn text(&self, key: &str) -> Result<SecretString, Problem> {
        let invalid = |what: &str| {
            Problem::missing(
                Reason::SecretInvalid,
                format!("Secret {} {what} the key {key}", self.name),
            )
        };
        let bytes = &self.data.get(key).ok_or_else(|| invalid("lacks"))?.0;
        let text = std::str::from_utf8(bytes).map_err(|_| invalid("holds no text under"))?;
        let text = text.trim_end_matches(['\r', '\n']);
        if text.is_empty() {
            return Err(invalid("holds nothing under"));
        }
        if text.len() > 4096 {
            return Err(invalid("holds more than 4096 bytes under"));
        }
        Ok(text.into())
    }
}
