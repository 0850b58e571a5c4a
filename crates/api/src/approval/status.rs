//! What users read back of a decision.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ProviderFault;

/// What is known of a decision.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ConnectionApprovalStatus {
    /// The generation that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// How far the decision is: Pending, Deciding, Done or Failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub phase: Option<String>,
    /// What came of it in the end: Approved or Rejected by this resource; AlreadyDecided, so by
    /// somebody else; DecidedOtherwise, the opposite by somebody else; or TooLate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub outcome: Option<String>,
    /// Ready, Reconciling, Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The line that is decided on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<DecidedLine>,
    /// Its redundant half, where that is decided on, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<DecidedLine>,
    /// What the provider said last when it refused something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub provider_faults: Vec<ProviderFault>,
}

/// One line that is decided on.
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
    /// Where it stood at Equinix when it was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub equinix_status: Option<String>,
    /// Where it stood at the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub provider_status: Option<String>,
    /// When it was first seen to wait for the decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub asked_since: Option<Time>,
    /// The decision, written down before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<DecisionIntent>,
    /// Why the provider refused the decision. It is not sent again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub refused: Option<String>,
    /// What came of the decision for this line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub outcome: Option<String>,
}

/// A decision, written down before it is sent: enough to know later that it may have been.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DecisionIntent {
    /// What was decided, in words.
    #[schemars(length(max = 64))]
    pub what: String,
    /// Which process wrote it down.
    #[schemars(length(max = 64))]
    pub by: String,
    /// When.
    pub at: Time,
    /// Which attempt this is; more than one only if the line went on waiting.
    pub attempt: u32,
    /// Whether the provider said that it took the decision.
    #[serde(default)]
    pub taken: bool,
}
