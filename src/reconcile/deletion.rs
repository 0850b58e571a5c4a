//! What a deletion does at the provider, and what holds it.
//!
//! It decides whether something may be ended there, for all kinds alike; how that is done is each kind's
//! own. It reads the definition of a kind, and changes nothing.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use kube::Api;

use fabric_api::{DeletionPolicy, ManagementPolicy, Reason};

use crate::reconcile::{
    Kind, Pass, Release,
    problem::Problem,
    status::{Failure, bounded},
};

/// Why something stays at the provider when its resource goes; `None` if the operator ends it there.
pub(crate) fn stays(
    policy: Option<DeletionPolicy>,
    management: ManagementPolicy,
    adopted: bool,
) -> Option<Release> {
    match (management, policy) {
        (ManagementPolicy::Observe, _) | (_, Some(DeletionPolicy::Orphan)) => {
            Some(Release::Orphaned)
        }
        // What the operator did not make, it ends only if the spec says so.
        (ManagementPolicy::Manage, None) if adopted => Some(Release::Adopted),
        (ManagementPolicy::Manage, None | Some(DeletionPolicy::Delete)) => None,
    }
}

/// What may keep the operator from ending what a deleted resource stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Safeguards {
    /// Whether the user protects it, or the administrator protects the whole namespace.
    pub(crate) protected: bool,
    /// The definition of its kind.
    pub(crate) definition: Definition,
}

/// The CustomResourceDefinition of a kind, as far as it matters to a resource that is being deleted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Definition {
    /// It stays; or the resource is not being deleted, and nothing depends on it.
    Stays,
    /// It is being deleted, or gone, and the API server deletes all resources of the kind.
    Deleted(String),
    /// The API server did not answer, for this reason.
    Unknown(String),
}

impl Definition {
    /// Why nothing may be ended at the provider; `None` if this definition allows it.
    pub(super) fn obstacle(&self) -> Option<Problem> {
        match self {
            Self::Stays => None,
            Self::Deleted(name) => Some(Problem::stalled(
                Reason::DefinitionDeleted,
                format!(
                    "CustomResourceDefinition {name} is being deleted, and this resource with it, so nothing is ended at the provider; set spec.deletionPolicy to Orphan to release this resource, then install the definition again and adopt with spec.adopt what shall be kept"
                ),
            )),
            Self::Unknown(why) => {
                Some(Problem::missing(Reason::DefinitionUnreadable, why.as_str()))
            }
        }
    }
}

impl Safeguards {
    /// What holds the deletion of a resource; `None` if nothing does. `to_end` says what the operator
    /// would do at the provider, such as "cancel the connection".
    pub(crate) fn obstacle(&self, to_end: &str) -> Option<Problem> {
        let protected = self.protected.then(|| {
            Problem::stalled(
                Reason::DeletionProtected,
                format!(
                    "deletion protection is on, so this resource stays and nothing is ended at the provider; set spec.deletionProtection to false to {to_end}, or spec.deletionPolicy to Orphan to leave it in place"
                ),
            )
        });
        // The definition first: without it, the protection alone would be switched off in vain.
        self.definition.obstacle().or(protected)
    }
}

impl<K: Kind> Pass<'_, K> {
    /// What may hold the deletion of the resource, whose spec asks for this `protection`.
    pub(crate) async fn safeguards(&self, protection: Option<bool>) -> Safeguards {
        let namespaces = &self.context.settings.protected_namespaces;
        let by_default = || namespaces.iter().any(|namespace| namespace == self.namespace());
        Safeguards {
            protected: protection.unwrap_or_else(by_default),
            definition: self.definition().await,
        }
    }

    /// Looks at the definition of the kind, if the resource is being deleted. Without a
    /// resourceVersion this is a quorum read.
    pub(super) async fn definition(&self) -> Definition {
        if !self.is_deleting() {
            return Definition::Stays;
        }
        let name = format!("{}.{}", K::plural(&()), K::group(&()));
        let definitions: Api<CustomResourceDefinition> = Api::all(self.context.client.clone());
        let read = bounded("reading the definition", definitions.get_metadata_opt(&name)).await;
        match read {
            Ok(Some(found)) if found.metadata.deletion_timestamp.is_none() => Definition::Stays,
            Ok(_) => Definition::Deleted(name),
            Err(error) => {
                let (cause, remedy) = match error.category() {
                    Failure::Forbidden => (
                        "it has no right to".to_owned(),
                        "grant the operator the verb get on this customresourcedefinition, as the chart and deploy/base/rbac.yaml do; the operator looks again",
                    ),
                    Failure::Conflict
                    | Failure::NotFound
                    | Failure::Refused
                    | Failure::Unreachable
                    | Failure::Timeout => (error.to_string(), "the operator looks again"),
                };
                Definition::Unknown(format!(
                    "the operator cannot read CustomResourceDefinition {name} ({cause}), and nothing is ended at the provider while it may be going; {remedy}"
                ))
            }
        }
    }
}
