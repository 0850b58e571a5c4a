//! `FabricConnection`: a connection, or a redundant pair of them, as one intent.
//!
//! The admission rules stand beside the fields they guard. What an order fixes for good can be
//! corrected until the order is out, and not after: those rules look at `status.primary`, which
//! exists from the moment an order may have been placed.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::SecretKeyRef;

/// A private connection from a port of yours to a cloud, a partner or another port of yours,
/// ordered at Equinix Fabric and billed monthly until this resource is deleted.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "fabric.equinix.com",
    version = "v1alpha1",
    kind = "FabricConnection",
    plural = "fabricconnections",
    namespaced,
    status = "FabricConnectionStatus",
    derive = "PartialEq",
    shortname = "fabconn",
    category = "fabric",
    doc = "A private connection from a port of yours to a cloud, a partner or another port of yours, ordered at Equinix Fabric and billed monthly until this resource is deleted.",
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || self.spec.account == oldSelf.spec.account", "spec.account cannot be changed once the connection is ordered"),
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || self.spec.aSide == oldSelf.spec.aSide", "spec.aSide cannot be changed once the connection is ordered; order another connection and delete this one"),
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || self.spec.zSide == oldSelf.spec.zSide", "spec.zSide cannot be changed once the connection is ordered; order another connection and delete this one"),
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || (has(self.spec.purchaseOrderNumber) == has(oldSelf.spec.purchaseOrderNumber) && (!has(self.spec.purchaseOrderNumber) || self.spec.purchaseOrderNumber == oldSelf.spec.purchaseOrderNumber))", "spec.purchaseOrderNumber cannot be changed once the connection is ordered"),
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || (has(self.spec.secondary) == has(oldSelf.spec.secondary) && (!has(self.spec.secondary) || (self.spec.secondary.aSide == oldSelf.spec.secondary.aSide && has(self.spec.secondary.zSide) == has(oldSelf.spec.secondary.zSide) && (!has(self.spec.secondary.zSide) || self.spec.secondary.zSide == oldSelf.spec.secondary.zSide))))", "spec.secondary cannot be added, removed or moved once the connection is ordered"),
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || (has(self.spec.redundancy) == has(oldSelf.spec.redundancy) && (!has(self.spec.redundancy) || self.spec.redundancy == oldSelf.spec.redundancy))", "spec.redundancy cannot be changed once the connection is ordered"),
    validation = ("!has(oldSelf.status) || !has(oldSelf.status.primary) || (has(self.spec.adopt) == has(oldSelf.spec.adopt) && (!has(self.spec.adopt) || self.spec.adopt == oldSelf.spec.adopt))", "spec.adopt cannot be changed once the resource has a connection"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Waiting For", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(name = "Mbps", type_ = "integer", json_path = ".spec.bandwidthMbps"),
    printcolumn(name = "Equinix", type_ = "string", json_path = ".status.primary.equinixStatus"),
    printcolumn(name = "Provider", type_ = "string", json_path = ".status.primary.providerStatus"),
    printcolumn(name = "UUID", type_ = "string", json_path = ".status.primary.uuid", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
)]
#[serde(rename_all = "camelCase")]
pub struct FabricConnectionSpec {
    /// The FabricAccount to order through.
    #[schemars(length(min = 1, max = 253))]
    pub account: String,
    /// The connection's name at Equinix. If left out, it is made from this resource's name and
    /// uid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 24), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    pub name: Option<String>,
    /// Bandwidth in Mbit/s.
    #[schemars(range(min = 1, max = 100_000))]
    pub bandwidth_mbps: u32,
    /// Purchase order number, printed on the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 30))]
    pub purchase_order_number: Option<String>,
    /// E-mail addresses that Equinix tells about changes.
    #[schemars(
        length(min = 1, max = 12),
        inner(length(max = 254), regex(pattern = r"^[^@\s]+@\S+$"))
    )]
    pub notifications: Vec<String>,
    /// Where the connection starts: a port of yours.
    pub a_side: ASide,
    /// Where it ends.
    pub z_side: ZSide,
    /// The redundant half of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Secondary>,
    /// Joins a redundancy group that was ordered elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redundancy: Option<RedundancySpec>,
    /// Refuse to order above this monthly price.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_monthly_price: Option<MonthlyPrice>,
    /// What happens to the connection when this resource is deleted.
    #[serde(default)]
    pub deletion_policy: DeletionPolicy,
    /// Whether the operator may order, change and cancel, or only look.
    #[serde(default)]
    pub management_policy: ManagementPolicy,
    /// Takes over a connection that exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<Adopt>,
    /// Leave everything as it is for now. Deletion still waits for its turn.
    #[serde(default)]
    pub paused: bool,
}

/// The A side.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ASide {
    /// Your port.
    pub port: PortRef,
    /// The connection's tags on that port.
    pub link_protocol: LinkProtocol,
}

/// A port by name or uuid.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = ("has(self.name) != has(self.uuid)", "give the port by name or by uuid, and only one of them"))]
#[serde(rename_all = "camelCase")]
pub struct PortRef {
    /// Its name, which must be unique among your ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub uuid: Option<String>,
}

/// The link protocol and its VLAN tags.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = ("self.type != 'DOT1Q' || (has(self.vlanTag) && !has(self.vlanSTag) && !has(self.vlanCTag))", "linkProtocol of type DOT1Q needs vlanTag, and takes neither vlanSTag nor vlanCTag"))]
#[x_kube(validation = ("self.type != 'QINQ' || (has(self.vlanSTag) && !has(self.vlanTag))", "linkProtocol of type QINQ needs vlanSTag, and takes no vlanTag"))]
#[serde(rename_all = "camelCase")]
pub struct LinkProtocol {
    /// The port's encapsulation.
    pub r#type: LinkProtocolType,
    /// The tag on a Dot1q port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_tag: Option<u16>,
    /// The outer tag on a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanSTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_s_tag: Option<u16>,
    /// The inner tag on a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanCTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_c_tag: Option<u16>,
}

/// Link protocols.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum LinkProtocolType {
    /// One tag.
    Dot1q,
    /// An outer and an inner tag.
    Qinq,
}

/// The Z side: exactly one of its fields.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[x_kube(validation = ("[has(self.serviceProfile), has(self.port), has(self.serviceToken), has(self.invitation)].filter(x, x).size() == 1", "zSide needs exactly one of serviceProfile, port, serviceToken, invitation"))]
#[serde(rename_all = "camelCase")]
pub struct ZSide {
    /// A cloud or another seller, through its service profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_profile: Option<ServiceProfileRef>,
    /// Another port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<OwnPort>,
    /// Whatever stands behind a service token that you were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token: Option<ServiceToken>,
    /// Someone without a service profile, invited by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
}

/// A seller's service profile and what it asks of a buyer.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = ("has(self.name) != has(self.uuid)", "give the service profile by name or by uuid, and only one of them"))]
#[x_kube(validation = ("!(has(self.authenticationKey) && has(self.authenticationKeyRef))", "give authenticationKey or authenticationKeyRef, not both"))]
#[serde(rename_all = "camelCase")]
pub struct ServiceProfileRef {
    /// Its name, which must be unique among the profiles you can see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub uuid: Option<String>,
    /// The metro to connect in; the port's own metro if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Z]{2}$"))]
    pub metro_code: Option<String>,
    /// The seller's region there, e.g. us-west-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub seller_region: Option<String>,
    /// What the seller asks for: an AWS account id, an Azure service key, a Google pairing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[!-~]+$"))]
    pub authentication_key: Option<String>,
    /// The same from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_key_ref: Option<SecretKeyRef>,
    /// Azure's peering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peering_type: Option<PeeringType>,
    /// Tags on the seller's side, where its tagging table asks for them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_protocol: Option<ZSideLinkProtocol>,
}

/// Azure's peering types.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "Azure's own words")]
pub enum PeeringType {
    Private,
    Public,
    Microsoft,
    Manual,
}

/// Tags on the far side.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZSideLinkProtocol {
    /// The far port's encapsulation.
    pub r#type: LinkProtocolType,
    /// The tag on a Dot1q port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_tag: Option<u16>,
    /// The outer tag on a QinQ port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanSTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_s_tag: Option<u16>,
    /// The inner tag on a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanCTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_c_tag: Option<u16>,
}

/// A port of yours at the far end.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = ("has(self.name) != has(self.uuid)", "give the port by name or by uuid, and only one of them"))]
#[x_kube(validation = ("!has(self.serviceProfile) || has(self.serviceProfile.name) != has(self.serviceProfile.uuid)", "give the service profile by name or by uuid, and only one of them"))]
#[serde(rename_all = "camelCase")]
pub struct OwnPort {
    /// Its name, which must be unique among your ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub uuid: Option<String>,
    /// The connection's tags on that port.
    pub link_protocol: LinkProtocol,
    /// Your own service profile that holds the port; the older API needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_profile: Option<PortRef>,
}

/// A service token, which is good for one order.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = ("has(self.uuid) != has(self.secretRef)", "give the service token by uuid or by secretRef, and only one of them"))]
#[serde(rename_all = "camelCase")]
pub struct ServiceToken {
    /// The token. Whoever can read this resource can use it up; prefer secretRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub uuid: Option<String>,
    /// The token from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeyRef>,
}

/// An invitation by e-mail.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// Whom to invite.
    #[schemars(length(max = 254), regex(pattern = r"^[^@\s]+@\S+$"))]
    pub email: String,
    /// What to tell them.
    #[schemars(length(min = 1, max = 512))]
    pub message: String,
    /// The metro to connect in.
    #[schemars(regex(pattern = r"^[A-Z]{2}$"))]
    pub metro_code: String,
}

/// The redundant half of a pair.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secondary {
    /// Its name at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 24), regex(pattern = r"^[A-Za-z0-9_-]+$"))]
    pub name: Option<String>,
    /// Where it starts.
    pub a_side: ASide,
    /// Where it ends, as far as it differs from the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z_side: Option<SecondaryZSide>,
}

/// What differs on the Z side of the redundant half. Both halves share one service profile.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = ("!(has(self.authenticationKey) && has(self.authenticationKeyRef))", "give authenticationKey or authenticationKeyRef, not both"))]
#[serde(rename_all = "camelCase")]
pub struct SecondaryZSide {
    /// The metro to connect in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(regex(pattern = r"^[A-Z]{2}$"))]
    pub metro_code: Option<String>,
    /// The seller's region there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub seller_region: Option<String>,
    /// What the seller asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), regex(pattern = r"^[!-~]+$"))]
    pub authentication_key: Option<String>,
    /// The same from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_key_ref: Option<SecretKeyRef>,
    /// The service token of this half.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token: Option<ServiceToken>,
    /// The far port of this half, where the Z side is a port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortRef>,
    /// Tags on the far side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_protocol: Option<ZSideLinkProtocol>,
}

/// A redundancy group that was ordered elsewhere.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedundancySpec {
    /// The group of the other line.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub group: String,
    /// This line's part.
    #[serde(default)]
    pub priority: RedundancyPriority,
}

/// A line's part in a redundancy group.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the provider's own words")]
pub enum RedundancyPriority {
    Primary,
    #[default]
    Secondary,
}

/// A price a month.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MonthlyPrice {
    /// Decimal amount, e.g. "400" or "99.50".
    #[schemars(length(min = 1, max = 16), regex(pattern = r"^[0-9]+(\.[0-9]{1,2})?$"))]
    pub amount: String,
    /// ISO 4217 code, e.g. USD.
    #[schemars(regex(pattern = r"^[A-Z]{3}$"))]
    pub currency: String,
}

/// What happens to the connection when its resource is deleted.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum DeletionPolicy {
    /// It is cancelled, and the resource stays until it is gone.
    #[default]
    Delete,
    /// It is left alone, and billed on.
    Orphan,
}

/// Whether the operator may write at the provider.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum ManagementPolicy {
    /// Order, change, cancel.
    #[default]
    Manage,
    /// Only look.
    Observe,
}

/// A connection to take over.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adopt {
    /// Its id.
    #[schemars(length(min = 1, max = 64), regex(pattern = r"^[A-Za-z0-9-]+$"))]
    pub uuid: String,
}

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
    pub vlan_outer: u16,
    /// The C-tag.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan_inner: Option<u16>,
    /// A hash of the request.
    #[schemars(length(max = 64))]
    pub request_hash: String,
    /// Which process wrote it down, and when it did so.
    #[schemars(length(max = 64))]
    pub by: String,
    /// When it was written down.
    pub at: Time,
    /// Which attempt this is; more than one only after proof that the earlier ones ordered nothing.
    pub attempt: u32,
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
