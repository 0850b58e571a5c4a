//! What users read back of a connection.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is known about a connection.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct FabricConnectionStatus {
    /// The generation that this status speaks of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// Where the connection is in its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub phase: Option<String>,
    /// Whose move it is: Nobody, Equinix, Provider, Seller or You.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub waiting_for: Option<String>,
    /// Ready, Reconciling, Stalled, InSync, Paused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The line, from the moment it may have been ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<LineStatus>,
    /// The redundant line.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<LineStatus>,
    /// What the resource costs a month, before taxes, as last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_price: Option<Price>,
    /// What the references in the spec were found to be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// What the provider said last when it refused something, or why setting up failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub provider_faults: Vec<ProviderFault>,
}

/// One line at the provider.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineStatus {
    /// The order, written down before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderIntent>,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Its name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub name: Option<String>,
    /// Where it stands at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub equinix_status: Option<String>,
    /// Where it stands at the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub provider_status: Option<String>,
    /// When those two were first seen together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// The other side's id for the line, e.g. AWS's dxcon-….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub provider_connection_id: Option<String>,
    /// Its bandwidth in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_mbps: Option<u32>,
    /// Its redundancy group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub redundancy_group: Option<String>,
    /// When the cancellation was sent and taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Time>,
    /// When the other side was seen to refuse the cancellation: the line is in service again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_refused_at: Option<Time>,
    /// The changes that were asked for of late, one for each field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub changes: Vec<ChangeStatus>,
    /// When the provider said that it is gone, where it no longer shows the line itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
}

/// An order, written down before it is sent: enough to find it again if its answer is lost.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OrderIntent {
    /// The name that was ordered.
    #[schemars(length(max = 24))]
    pub name: String,
    /// The A-side port.
    #[schemars(length(max = 64))]
    pub port_uuid: String,
    /// The only tag on a Dot1q port, or the S-tag on a QinQ port.
    pub vlan_s_tag: u16,
    /// The C-tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan_c_tag: Option<u16>,
    /// A hash of the request.
    #[schemars(length(max = 64))]
    pub request_hash: String,
    /// Which process wrote it down.
    #[schemars(length(max = 64))]
    pub by: String,
    /// When the first attempt was written down.
    pub at: Time,
    /// Which attempt this is; more than one only where the listings did not show the earlier ones.
    pub attempt: u32,
}

/// A change that was asked for.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeStatus {
    /// What it changes: name, bandwidth, notifications or term.
    #[schemars(length(max = 32))]
    pub field: String,
    /// What it changes it to.
    #[schemars(length(max = 512))]
    pub to: String,
    /// The generation of the spec that asks for it.
    pub generation: i64,
    /// When it was last asked for.
    pub at: Time,
    /// How often it was asked for.
    pub attempts: u32,
    /// The provider's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Whether the seller's approval was waited for.
    #[serde(default)]
    pub awaited_approval: bool,
    /// Why it is not asked for again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub refused: Option<String>,
}

/// A price a month.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// Decimal amount with two decimals.
    #[schemars(length(max = 20))]
    pub amount: String,
    /// ISO 4217 code.
    #[schemars(length(max = 3))]
    pub currency: String,
    /// At this bandwidth.
    pub bandwidth_mbps: u32,
}

/// What references were found to be.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Resolved {
    /// The A-side port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub port_uuid: Option<String>,
    /// The service profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub profile_uuid: Option<String>,
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub profile_name: Option<String>,
    /// The Z-side metro.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 8))]
    pub metro_code: Option<String>,
}

/// One fault as the provider reports it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProviderFault {
    /// The provider's code, e.g. IC-LAYER2-402 or EQ-3142102.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub code: Option<String>,
    /// Its message.
    #[schemars(length(max = 512))]
    pub message: String,
    /// The property it names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub property: Option<String>,
    /// The id to quote to Equinix support.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub correlation_id: Option<String>,
}
