//! `ServiceProfile`: what a seller offers to buyers, and the connections that wait for its decision.
//!
//! Shapes and admission rules only. The names are those of the document's tables, for both dialects. A
//! field that is left out gets its default when the profile is created, and is not managed after that.

mod offer;
mod status;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    DeletionPolicy, ManagementPolicy,
    rules::{Frozen, observe_needs},
};

pub use offer::{BuyerInfo, BuyerInfoType, ProfileFeatures, ProfilePort, TagType};
pub use status::{CreationIntent, IncomingConnection, ReplacementStatus, ServiceProfileStatus};

/// What belongs to an existing profile can be corrected until the profile may have been created.
const CREATED: Frozen = Frozen {
    when: "(oldSelf.?status.uuid.hasValue() || oldSelf.?status.creation.hasValue())",
    once: "the profile is created",
};
const TAKEN: Frozen = Frozen { once: "the resource has a profile", ..CREATED };

/// A service profile of yours: what buyers can order connections from.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "fabric.equinix.com",
    version = "v1alpha1",
    kind = "ServiceProfile",
    plural = "serviceprofiles",
    namespaced,
    status = "ServiceProfileStatus",
    derive = "PartialEq",
    shortname = "fabprofile",
    category = "fabric",
    doc = "A service profile of yours: what buyers can order connections from, and the connections that wait for your decision.",
    validation = CREATED.field("account"),
    validation = TAKEN.optional_field("adopt"),
    validation = observe_needs("profile", "uuid"),
    printcolumn(name = "Profile", type_ = "string", json_path = ".spec.name"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason"),
    printcolumn(name = "Waiting For", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(name = "Private", type_ = "boolean", json_path = ".spec.private"),
    printcolumn(name = "Incoming", type_ = "integer", json_path = ".status.incomingCount"),
    printcolumn(name = "State", type_ = "string", json_path = ".status.state", priority = 1),
    printcolumn(name = "UUID", type_ = "string", json_path = ".status.uuid", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
    printcolumn(name = "Message", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].message", priority = 1),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp"),
)]
#[serde(rename_all = "camelCase")]
pub struct ServiceProfileSpec {
    /// The FabricAccount of the seller.
    #[schemars(length(min = 1, max = 253))]
    pub account: String,
    /// The profile's name at Equinix. No other profile of the account may have it.
    #[schemars(length(min = 1, max = 50), schema_with = "crate::text::name")]
    pub name: String,
    /// Its description for buyers. Required on Fabric v4.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 375))]
    pub description: Option<String>,
    /// Whether only admitted users may order. A public profile needs the approval of Equinix.
    pub private: bool,
    /// The users that a private profile admits, by their e-mail addresses at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 256), schema_with = "crate::text::emails")]
    pub private_user_emails: Option<Vec<String>>,
    /// Where the service can be reached: ports of yours, all of one encapsulation.
    #[schemars(length(min = 1, max = 64))]
    pub ports: Vec<ProfilePort>,
    /// Bandwidths on sale, in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64), inner(range(min = 1, max = 100_000)), extend("x-kubernetes-list-type" = "set"))]
    pub speed_bands_mbps: Option<Vec<u32>>,
    /// Whether buyers may choose another bandwidth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_custom_speed: Option<bool>,
    /// Whether your API determines the bandwidth. Needs apiAvailable, and no speedBandsMbps.
    #[serde(default, rename = "speedFromAPI", skip_serializing_if = "Option::is_none")]
    pub speed_from_api: Option<bool>,
    /// Whether you sell more bandwidth than the ports have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub allow_over_subscription: Option<bool>,
    /// The most that is sold, as a multiple of the ports' bandwidth, e.g. 10.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 20))]
    pub over_subscription_limit: Option<u32>,
    /// The share of a port, in percent, at which Equinix notifies you that it fills up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub alert_percentage: Option<u32>,
    /// Whether only redundant pairs can be ordered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub required_redundancy: Option<bool>,
    /// Whether both connections of a pair have the same VLAN. ECX v3 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vlan_same_as_primary: Option<bool>,
    /// How buyers distinguish their connections on your port: CTAGED, NAMED or BOTH.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tag_type: Option<TagType>,
    /// The label of the C-tag for buyers. ECX v3 requires a number from 2 to 4094.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub ctag_label: Option<String>,
    /// The label of the connection's name for buyers; Connection if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub connection_name_label: Option<String>,
    /// The label of the key that buyers have to give; no key is required if empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub auth_key_label: Option<String>,
    /// Whether one key is valid for several connections, once you approved the first. QinQ ports
    /// only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enable_auto_generate_service_key: Option<bool>,
    /// Whether you have an API that Equinix can call. Needs integrationId.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_available: Option<bool>,
    /// The id that Equinix gave your API.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub integration_id: Option<String>,
    /// Whether Equinix assigns port and VLAN of incoming connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equinix_managed_port_and_vlan: Option<bool>,
    /// Further properties.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub features: Option<ProfileFeatures>,
    /// E-mail addresses to notify when a port fills up.
    #[schemars(length(min = 1, max = 12), schema_with = "crate::text::emails")]
    pub on_bandwidth_threshold_notification: Vec<String>,
    /// E-mail addresses to notify when Equinix decides about the profile.
    #[schemars(length(min = 1, max = 12), schema_with = "crate::text::emails")]
    pub on_profile_approval_reject_notification: Vec<String>,
    /// E-mail addresses to notify of incoming connections.
    #[schemars(length(min = 1, max = 12), schema_with = "crate::text::emails")]
    pub on_vc_approval_rejection_notification: Vec<String>,
    /// Information that buyers are asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 10))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub additional_buyer_info: Option<Vec<BuyerInfo>>,
    /// What happens to the profile when this resource is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// While true, a deletion of this resource waits and deletes nothing at Equinix, also if the namespace is deleted;
    /// with deletionPolicy Orphan it does not wait. If left out, the operator's default for the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Whether the operator may create, change and delete, or only observe.
    #[serde(default)]
    pub management_policy: ManagementPolicy,
    /// Takes over a profile that exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<AdoptProfile>,
    /// Leave everything unchanged for now. The deletion of a resource that has a profile waits until
    /// this is false.
    #[serde(default)]
    pub paused: bool,
}

/// A profile to take over.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AdoptProfile {
    /// Its id.
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: String,
}
