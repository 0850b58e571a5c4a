//! `FabricAccount`: which API, with which credentials, for which namespaces.
//!
//! Cluster-scoped and owned by administrators, because it names an endpoint and a Secret. Shapes and
//! admission rules only; signing in is not its concern.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    AccessGrant,
    lenient::{UnknownFields, read_leniently},
};

/// An account at Equinix Fabric: the API to call, the credentials to call it with, and the
/// namespaces that may order through it.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "fabric.equinix.com",
    version = "v1alpha1",
    kind = "FabricAccount",
    plural = "fabricaccounts",
    status = "FabricAccountStatus",
    derive = "PartialEq",
    shortname = "fabacct",
    category = "fabric",
    doc = "An account at Equinix Fabric: the API to call, the credentials to call it with, and the namespaces that may order through it.",
    printcolumn(name = "Dialect", type_ = "string", json_path = ".spec.dialect"),
    printcolumn(name = "Endpoint", type_ = "string", json_path = ".spec.endpoint"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason"
    ),
    printcolumn(
        name = "Message",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].message",
        priority = 1
    ),
    printcolumn(name = "Age", type_ = "date", json_path = ".metadata.creationTimestamp")
)]
#[x_kube(validation = (
    "self.dialect == oldSelf.dialect",
    "spec.dialect cannot be changed: connections keep the numbers of the API they were ordered on; create another FabricAccount",
))]
#[serde(rename_all = "camelCase")]
pub struct FabricAccountSpec {
    /// Which API the endpoint speaks: Fabric v4 or the older ECX v3.
    #[serde(default)]
    pub dialect: DialectName,
    /// Origin of the API. It must be on the operator's list of allowed endpoints.
    #[serde(default = "default_endpoint")]
    #[schemars(length(max = 253), schema_with = "crate::text::origin")]
    pub endpoint: String,
    /// How to sign in.
    pub credentials: Credentials,
    /// What namespaces may use this account for. A namespace that no grant names may not use it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub grants: Vec<AccessGrant>,
    /// Whether orders carry a mark in the customer reference number, by which the operator recognizes
    /// its connections after any loss. Without it, only a name that the operator made does that.
    #[serde(default)]
    pub order_mark: OrderMark,
    /// How many requests a second may be sent, all resources together.
    #[serde(default = "default_rate")]
    #[schemars(range(min = 1, max = 50))]
    pub requests_per_second: u32,
    /// Seconds between two listings of all connections of the account.
    #[serde(default = "default_interval")]
    #[schemars(range(min = 10, max = 3600))]
    pub observation_interval_seconds: u32,
}

fn default_endpoint() -> String {
    "https://api.equinix.com".to_owned()
}

fn default_rate() -> u32 {
    5
}

fn default_interval() -> u32 {
    60
}

/// Whether orders carry the operator's mark.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum OrderMark {
    /// On Fabric v4, `order.customerReferenceNumber` names the resource. ECX v3 has no such field.
    #[default]
    Reference,
    /// They do not.
    None,
}

/// The API that an endpoint speaks.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, Hash, JsonSchema)]
pub enum DialectName {
    /// Fabric v4, the current API.
    #[default]
    FabricV4,
    /// ECX v3, the older API.
    EcxV3,
}

/// How to sign in at the OAuth2 endpoint.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = (
    "!has(self.passwordEncoding) || self.passwordEncoding == 'None' || self.grant == 'Password'",
    "passwordEncoding applies to grant Password only",
))]
#[serde(rename_all = "camelCase")]
pub struct Credentials {
    /// The Secret, in the operator's namespace, with the keys clientId and clientSecret, and for
    /// grant Password also userName and userPassword.
    pub secret_ref: SecretName,
    /// The OAuth2 grant.
    #[serde(default)]
    pub grant: Grant,
    /// How the operator encodes the password.
    #[serde(default)]
    pub password_encoding: PasswordEncoding,
}

/// A Secret by name.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
pub struct SecretName {
    /// Its name.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
}

/// An OAuth2 grant of the token endpoint.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum Grant {
    /// Client id and secret.
    #[default]
    ClientCredentials,
    /// Client id and secret, user name and password.
    Password,
}

/// How the operator encodes a password for the token endpoint.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum PasswordEncoding {
    /// As it is.
    #[default]
    None,
    /// Base64 of its MD5 digest.
    Md5B64,
}

/// The observed state of an account.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[serde(rename_all = "camelCase", remote = "Self")]
pub struct FabricAccountStatus {
    /// The generation of the spec that this status reflects.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub observed_generation: Option<i64>,
    /// The value of the annotation fabric.equinix.com/reconcile-at that the operator last acted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub last_handled_reconcile_at: Option<String>,
    /// Ready, Reconciling, Stalled.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 8))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["type".into()]))]
    pub conditions: Vec<Condition>,
    /// Credentials that the provider refused. The operator does not send them again until the Secret
    /// changes, because repeated failures lock the user.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rejected_credentials: Option<RejectedCredentials>,
    /// What resources of this account run into that belongs to another tenant. Their own statuses say
    /// only that something is in the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 32))]
    pub conflicts: Vec<TenantConflict>,
    /// The number of conflicts, if the list does not hold them all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict_count: Option<u32>,
    /// What a newer version keeps here.
    #[serde(flatten)]
    #[schemars(skip)]
    pub unknown: UnknownFields,
}

read_leniently!(FabricAccountStatus);

/// Something of another tenant that is in a resource's way.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TenantConflict {
    /// The resource: its kind, namespace and name.
    #[schemars(length(max = 384))]
    pub resource: String,
    /// Whose, which and where.
    #[schemars(length(max = 512))]
    pub message: String,
}

/// Credentials that the provider refused.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RejectedCredentials {
    /// The Secret's resourceVersion when they were refused.
    #[schemars(length(max = 64))]
    pub secret_resource_version: String,
}
