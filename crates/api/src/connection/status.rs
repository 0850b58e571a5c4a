//! The observed state of a connection, and what the operator records before it orders or changes one.
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

/// The observed state of a connection.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct FabricConnectionStatus {
    /// The generation of the spec that this status reflects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation fabric.equinix.com/reconcile-at that the operator last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub last_handled_reconcile_at: Option<String>,
    /// Where the connection is in its life.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub phase: Option<String>,
    /// The party that has to act next: Nobody, Equinix, Provider, Seller or You.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 32))]
    pub waiting_for: Option<String>,
    /// Since when the connection has been in its phase, once that is longer than usual.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub overdue_since: Option<Time>,
    /// When the operator first saw the connection, or both connections of a pair, in service.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_ready_time: Option<Time>,
    /// When Equinix last refused an order, by its clock: an order may be repeated on its way, and its first
    /// copy is in no listing from before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_refusal_time: Option<Time>,
    /// Ready, Reconciling, Stalled, InSync, DataPlaneUp, Paused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// The resource that ordered or adopted these connections. A status that was restored with another
    /// resource names that one, and the operator does not act on it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub owner: Option<Owner>,
    /// The connection, or the primary of a pair, from the moment it may have been ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<LineStatus>,
    /// The secondary of a redundant pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<LineStatus>,
    /// The monthly price of the resource, before taxes, as the provider last quoted it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monthly_price: Option<Price>,
    /// What the references in the spec resolve to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolved: Option<Resolved>,
    /// The faults of the last refusal by the provider, or why the setup failed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    pub provider_faults: Vec<ProviderFault>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

read_leniently!(FabricConnectionStatus);

/// A resource, told apart from every other in every cluster.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Owner {
    /// The uid of the cluster's namespace kube-system.
    #[serde(rename = "clusterUID")]
    #[schemars(length(max = 64))]
    pub cluster_uid: String,
    /// The uid of the resource.
    #[serde(rename = "resourceUID")]
    #[schemars(length(max = 64))]
    pub resource_uid: String,
}

/// One connection at the provider.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct LineStatus {
    /// The order, recorded before it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<OrderIntent>,
    /// The provider's id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// When the provider's answer to the order named that id. Its reads may not show the connection
    /// for some minutes after that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub accepted_at: Option<Time>,
    /// Its name there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub name: Option<String>,
    /// Its state at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub equinix_status: Option<String>,
    /// Its state at the other side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub provider_status: Option<String>,
    /// Whether its data plane works, in the provider's word, as last shown; Fabric v4 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub operational_status: Option<String>,
    /// When the operator first observed these two states, at Equinix and at the other side, together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Time>,
    /// When the operator last saw the connection. Given only while it cannot look at it, so that a
    /// connection at rest causes no writes: while this is absent, the connection was seen within the
    /// last three rounds of `spec.observationIntervalSeconds` of its account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Time>,
    /// The other side's id for the connection, e.g. AWS's dxcon-….
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub provider_connection_id: Option<String>,
    /// Where it ends, as far as the provider shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z_side: Option<ZSideStatus>,
    /// Its bandwidth in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bandwidth_mbps: Option<u32>,
    /// Its redundancy group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub redundancy_group: Option<String>,
    /// When the provider accepted the cancellation.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_at: Option<Time>,
    /// When the operator observed that the other side refused the cancellation: the connection is in
    /// service again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancellation_refused_at: Option<Time>,
    /// The latest requested change of each field.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub changes: Vec<ChangeStatus>,
    /// When the provider reported the connection as gone, where it no longer shows it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Time>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

/// The Z side of a connection, as last shown: an answer that leaves a field out does not blank it.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZSideStatus {
    /// Its port: your own, or the one that the seller assigned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub port_uuid: Option<String>,
    /// The only tag on a Dot1q port, or the S-tag on a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan_s_tag: Option<u16>,
    /// The C-tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan_c_tag: Option<u16>,
}

/// An order, recorded before it is sent: enough to find the connection if the answer is lost.
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
    /// A short hash of the authentication key, if the spec gave it in clear: one that moves to a Secret later
    /// is compared with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 16))]
    pub key_hash: Option<String>,
    /// The process that recorded it.
    #[schemars(length(max = 64))]
    pub by: String,
    /// The customer reference number that marks the connection as this resource's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub reference: Option<String>,
    /// When the first attempt was recorded.
    pub at: Time,
    /// The same moment by the provider's clock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider_time: Option<Time>,
    /// When this attempt was recorded, by the provider's clock. Listings that began before prove
    /// nothing about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_provider_time: Option<Time>,
    /// The number of this attempt, from 1; more only after the listings did not show the earlier ones.
    pub attempt: u32,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

/// A requested change.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ChangeStatus {
    /// The field: name, bandwidth, notifications or term.
    #[schemars(length(max = 32))]
    pub field: String,
    /// The new value.
    #[schemars(length(max = 512))]
    pub to: String,
    /// The generation of the spec that requests it.
    pub generation: i64,
    /// When the operator last requested it.
    pub at: Time,
    /// How often the operator has requested it.
    pub attempts: u32,
    /// The provider's id for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub uuid: Option<String>,
    /// Whether it has waited for the seller's approval.
    #[serde(default)]
    pub awaited_approval: bool,
    /// Why the operator does not request it again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 512))]
    pub refused: Option<String>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

/// A monthly price.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Price {
    /// Decimal amount with two decimals.
    #[schemars(length(max = 20))]
    pub amount: String,
    /// ISO 4217 code.
    #[schemars(length(max = 3))]
    pub currency: String,
    /// The bandwidth that it is for, in Mbit/s.
    pub bandwidth_mbps: u32,
}

/// What the references in the spec resolve to.
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
