//! The observed state of a service profile, and what the operator records before it creates or
//! replaces one.
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

/// The observed state of a service profile.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct ServiceProfileStatus {
    /// The generation of the spec that this status reflects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation fabric.equinix.com/reconcile-at that the operator last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub last_handled_reconcile_at: Option<String>,
    /// The party that has to act next: Nobody, Equinix or You.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub waiting_for: Option<String>,
    /// Ready, Reconciling, Stalled, InSync, Paused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The creation, recorded before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation: Option<CreationIntent>,
    /// The profile's id at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Its state, in the provider's word.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub state: Option<String>,
    /// Its version at Equinix, on Fabric v4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub etag: Option<String>,
    /// The latest requested replacement.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replacement: Option<ReplacementStatus>,
    /// When the provider accepted the deletion.
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
    /// The faults of the last refusal by the provider.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub provider_faults: Vec<ProviderFault>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

read_leniently!(ServiceProfileStatus);

/// A creation, recorded before it is sent: enough to find the profile if the answer is lost.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreationIntent {
    /// The requested name.
    #[schemars(length(max = 50))]
    pub name: String,
    /// The process that recorded it, and when.
    #[schemars(length(max = 64))]
    pub by: String,
    /// When it was recorded.
    pub at: Time,
    /// The number of this attempt, from 1; more only after proof that the earlier ones created nothing.
    pub attempt: u32,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

/// A requested replacement.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ReplacementStatus {
    /// A hash of the requested profile.
    #[schemars(length(max = 64))]
    pub to: String,
    /// The generation of the spec that requests it.
    pub generation: i64,
    /// When the operator last requested it.
    pub at: Time,
    /// How often the operator has requested it.
    pub attempts: u32,
    /// Why the operator does not request it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub refused: Option<String>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
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
    /// What it needs your approval for: Creation, Deletion or Change.
    #[schemars(length(max = 16))]
    pub asks: String,
    /// Its bandwidth in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_mbps: Option<u32>,
    /// The bandwidth in Mbit/s that a Change asks for, where Equinix reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wanted_bandwidth_mbps: Option<u32>,
    /// Where it ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    pub metro_code: Option<String>,
    /// Since when it waits, as Equinix reports it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
}
