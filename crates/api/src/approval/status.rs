//! The state of a decision, and what the operator records before it sends one.
//!
//! JSON names are released: fields may be added, but neither renamed nor removed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    ProviderFault,
    lenient::{UnknownFields, read_leniently},
};

/// The state of a decision.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct ConnectionApprovalStatus {
    /// The generation of the spec that this status reflects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation fabric.equinix.com/reconcile-at that the operator last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub last_handled_reconcile_at: Option<String>,
    /// The progress of the decision: Pending, Deciding, Done or Failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub phase: Option<String>,
    /// The result: Approved or Rejected by this resource; AlreadyDecided, if another client made the
    /// same decision; DecidedOtherwise, if another client made the opposite one; or TooLate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub outcome: Option<String>,
    /// Ready, Reconciling, Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The connection to decide on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<DecidedLine>,
    /// The secondary connection of the pair, if the decision covers it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<DecidedLine>,
    /// The faults of the last refusal by the provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub provider_faults: Vec<ProviderFault>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

read_leniently!(ConnectionApprovalStatus);

/// One connection to decide on.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecidedLine {
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Its name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub name: Option<String>,
    /// Its state at Equinix, as last observed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub equinix_status: Option<String>,
    /// Its state at the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub provider_status: Option<String>,
    /// When the operator first observed that it waits for the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_since: Option<Time>,
    /// The decision, recorded before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<DecisionIntent>,
    /// Why the provider refused the decision. The operator does not send it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub refused: Option<String>,
    /// The result of the decision for this connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub outcome: Option<String>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

/// A decision, recorded before it is sent: proof, if the answer is lost, that it may have arrived.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionIntent {
    /// The decision, in words.
    #[schemars(length(max = 64))]
    pub what: String,
    /// The process that recorded it.
    #[schemars(length(max = 64))]
    pub by: String,
    /// When it was recorded.
    pub at: Time,
    /// The number of this attempt, from 1; more only if the connection went on waiting.
    pub attempt: u32,
    /// Whether the provider confirmed the decision.
    #[serde(default)]
    pub taken: bool,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}
