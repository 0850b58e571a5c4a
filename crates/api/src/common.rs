//! Shapes that several resources share.
//!
//! Only what stands in more than one kind belongs here.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A key of a Secret in the resource's own namespace.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretKeyRef {
    /// Name of the Secret, in the namespace of this resource.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key inside the Secret.
    #[schemars(length(min = 1, max = 253))]
    pub key: String,
}

/// What happens at the provider when this resource is deleted. If left out: Delete for what it ordered or
/// created, Orphan for what it adopted.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum DeletionPolicy {
    /// The operator cancels the connection or deletes the profile, and keeps the resource until it is
    /// gone.
    Delete,
    /// The operator leaves it in place; a connection is still billed.
    Orphan,
}

/// Whether the operator may write at the provider.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum ManagementPolicy {
    /// Order or create, change, cancel or delete.
    #[default]
    Manage,
    /// Observe only.
    Observe,
}

/// Which labels an object must have. Both fields must match.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelSelector {
    /// Labels with exactly these values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(extend("maxProperties" = 16))]
    pub match_labels: BTreeMap<String, String>,
    /// Further requirements.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub match_expressions: Vec<LabelRequirement>,
}

/// One requirement on one label.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LabelRequirement {
    /// The label.
    #[schemars(length(min = 1, max = 317))]
    pub key: String,
    /// How to compare it.
    pub operator: RequirementOperator,
    /// Values for In and NotIn.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32), inner(length(max = 63)))]
    pub values: Vec<String>,
}

/// How to compare a label.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[allow(missing_docs, reason = "Kubernetes' own operators")]
pub enum RequirementOperator {
    In,
    NotIn,
    Exists,
    DoesNotExist,
}

/// One fault, as the provider reports it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderFault {
    /// The provider's code, e.g. IC-LAYER2-402 or EQ-3142102.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub code: Option<String>,
    /// Its message.
    #[schemars(length(max = 1024))]
    pub message: String,
    /// What the provider adds to the message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub details: Option<String>,
    /// The property it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub property: Option<String>,
    /// The id to quote to Equinix support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub correlation_id: Option<String>,
    /// What the provider advises, or where it documents the fault.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub help: Option<String>,
}

impl LabelSelector {
    /// Whether `labels` satisfy both fields of the selector, as Kubernetes evaluates them.
    pub fn matches(&self, labels: &BTreeMap<String, String>) -> bool {
        self.match_labels.iter().all(|(key, value)| labels.get(key) == Some(value))
            && self.match_expressions.iter().all(|requirement| {
                let value = labels.get(&requirement.key);
                match requirement.operator {
                    RequirementOperator::In => {
                        value.is_some_and(|v| requirement.values.contains(v))
                    }
                    RequirementOperator::NotIn => {
                        value.is_none_or(|v| !requirement.values.contains(v))
                    }
                    RequirementOperator::Exists => value.is_some(),
                    RequirementOperator::DoesNotExist => value.is_none(),
                }
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn selectors_match_as_kubernetes_does() {
        let labels: BTreeMap<_, _> =
            [("team", "net"), ("env", "prod")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let selector = |operator, key: &str, values: &[&str]| LabelSelector {
            match_labels: BTreeMap::new(),
            match_expressions: vec![LabelRequirement {
                key: key.into(),
                operator,
                values: values.iter().map(|&v| v.to_owned()).collect(),
            }],
        };
        assert!(LabelSelector::default().matches(&labels));
        assert!(selector(RequirementOperator::In, "team", &["net"]).matches(&labels));
        assert!(!selector(RequirementOperator::In, "zone", &["a"]).matches(&labels));
        assert!(selector(RequirementOperator::NotIn, "zone", &["a"]).matches(&labels));
        assert!(!selector(RequirementOperator::NotIn, "team", &["net"]).matches(&labels));
        assert!(selector(RequirementOperator::Exists, "env", &[]).matches(&labels));
        assert!(!selector(RequirementOperator::DoesNotExist, "env", &[]).matches(&labels));
    }
}
