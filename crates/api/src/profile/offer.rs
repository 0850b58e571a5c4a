//! Ports, buyer information and features of a service profile, as users write them.
//!
//! Shapes and admission rules only.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::rules::given_by;

/// A port through which the service can be reached.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the port", "name", "uuid"))]
#[serde(rename_all = "camelCase")]
pub struct ProfilePort {
    /// Its name, which must be unique among your ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
    /// Where it is, e.g. SV; looked up if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::text::metro")]
    pub metro_code: Option<String>,
    /// Your own region there, which buyers then have to specify.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 64))]
    pub seller_region: Option<String>,
    /// The description of that region for buyers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(max = 128))]
    pub seller_region_description: Option<String>,
}

/// How buyers distinguish their connections on the seller's port.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the provider's own words")]
pub enum TagType {
    Ctaged,
    Named,
    Both,
}

/// Further properties of a profile.
#[derive(Serialize, Deserialize, Clone, Debug, Default, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ProfileFeatures {
    /// Whether it can be ordered from other metros.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cloud_reach: Option<bool>,
    /// Whether it is for test connections. ECX v3 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub test_profile: Option<bool>,
}

/// Information that each buyer is asked for.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = (
    "has(self.options) == (has(self.datatype) && self.datatype == 'LIST')",
    "options go with datatype LIST, which needs them",
))]
#[serde(rename_all = "camelCase")]
pub struct BuyerInfo {
    /// Its name, unique in the profile.
    #[schemars(length(min = 1, max = 64))]
    pub name: String,
    /// Its description for buyers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256))]
    pub description: Option<String>,
    /// Whether buyers have to give it.
    #[serde(default)]
    pub mandatory: bool,
    /// The type of an answer.
    #[serde(default)]
    pub datatype: BuyerInfoType,
    /// The options of a LIST. Fabric v4 only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 32), inner(length(min = 1, max = 64)))]
    pub options: Option<Vec<String>>,
    /// Whether Equinix shows the answer in e-mails.
    #[serde(default)]
    pub capture_in_email: bool,
}

/// The type of an answer.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the provider's own words")]
pub enum BuyerInfoType {
    #[default]
    String,
    Number,
    List,
}
