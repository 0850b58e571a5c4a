//! What users read back of a service profile.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::ProviderFault;

/// What is known about a service profile.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct ServiceProfileStatus {
    /// The generation that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Whose move it is: Nobody, Equinix or You.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub waiting_for: Option<String>,
    /// Ready, Reconciling, Stalled, InSync, Paused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The creation, written down before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation: Option<CreationIntent>,
    /// The profile's id at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Where it stands, in the provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub state: Option<String>,
    /// Its version at Equinix, on Fabric v4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub etag: Option<String>,
    /// The replacement that was asked for of late.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<ReplacementStatus>,
    /// When the deletion was sent and taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deleted_at: Option<Time>,
    /// How many incoming connections wait for your decision.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incoming_count: Option<u32>,
    /// Incoming connections that wait for your decision, the longest waiting first; of many, the
    /// first 50.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 50))]
    pub incoming: Vec<IncomingConnection>,
    /// What the provider said last when it refused something.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub provider_faults: Vec<ProviderFault>,
}

/// A creation, written down before it is sent: enough to find the profile if its answer is lost.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreationIntent {
    /// The name that was asked for.
    #[schemars(length(max = 50))]
    pub name: String,
    /// Which process wrote it down, and when it did so.
    #[schemars(length(max = 64))]
    pub by: String,
    /// When it was written down.
    pub at: Time,
    /// Which attempt this is; more than one only after proof that the earlier ones created nothing.
    pub attempt: u32,
}

/// A replacement that was asked for.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplacementStatus {
    /// A hash of what was asked for.
    #[schemars(length(max = 64))]
    pub to: String,
    /// The generation of the spec that asks for it.
    pub generation: i64,
    /// When it was last asked for.
    pub at: Time,
    /// How often it was asked for.
    pub attempts: u32,
    /// Why it is not asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub refused: Option<String>,
}

/// A connection that waits for the seller's decision.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct IncomingConnection {
    /// Its id.
    #[schemars(length(max = 64))]
    pub uuid: String,
    /// Its name, as the buyer gave it.
    #[schemars(length(max = 128))]
    pub name: String,
    /// The buyer's organisation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub buyer: Option<String>,
    /// What you are asked to approve: Creation, Deletion or Change.
    #[schemars(length(max = 16))]
    pub asks: String,
    /// Its bandwidth in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_mbps: Option<u32>,
    /// The bandwidth in Mbit/s that a Change asks for, where Equinix tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_bandwidth_mbps: Option<u32>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    pub metro_code: Option<String>,
    /// Since when it waits, as Equinix says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}
