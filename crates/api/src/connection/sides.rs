//! The A side and the Z side of a connection, as users write them.
//!
//! Shapes and admission rules only; resolving references is not their concern.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    SecretKeyRef,
    rules::{exactly_one, given_by, not_both},
};

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
#[x_kube(validation = given_by("the port", "name", "uuid"))]
#[serde(rename_all = "camelCase")]
pub struct PortRef {
    /// Its name, which must be unique among your ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
}

/// The link protocol and its VLAN tags.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = (
    "self.type != 'DOT1Q' || (has(self.vlanTag) && !has(self.vlanSTag) && !has(self.vlanCTag))",
    "linkProtocol of type DOT1Q needs vlanTag, and takes neither vlanSTag nor vlanCTag",
))]
#[x_kube(validation = (
    "self.type != 'QINQ' || (has(self.vlanSTag) && !has(self.vlanTag))",
    "linkProtocol of type QINQ needs vlanSTag, and takes no vlanTag",
))]
#[serde(rename_all = "camelCase")]
pub struct LinkProtocol {
    /// The port's encapsulation.
    pub r#type: LinkProtocolType,
    /// The tag on a Dot1q port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_tag: Option<u16>,
    /// The S-tag on a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanSTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_s_tag: Option<u16>,
    /// The C-tag on a QinQ port.
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
    /// An S-tag and a C-tag.
    Qinq,
}

/// The Z side: exactly one of its fields.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[x_kube(validation = exactly_one("zSide needs", &["serviceProfile", "port", "serviceToken", "invitation"]))]
#[serde(rename_all = "camelCase")]
pub struct ZSide {
    /// A cloud or another seller, through its service profile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_profile: Option<ServiceProfileRef>,
    /// Another port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<OwnPort>,
    /// The service behind a service token that you were given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token: Option<ServiceToken>,
    /// A party without a service profile, invited by e-mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub invitation: Option<Invitation>,
}

/// A seller's service profile and what it requires of a buyer.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the service profile", "name", "uuid"))]
#[x_kube(validation = not_both("authenticationKey", "authenticationKeyRef"))]
#[serde(rename_all = "camelCase")]
pub struct ServiceProfileRef {
    /// Its name, which must be unique among the profiles you can see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
    /// The metro to connect in; the port's own metro if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::text::metro")]
    pub metro_code: Option<String>,
    /// The seller's region there, e.g. us-west-1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub seller_region: Option<String>,
    /// What the seller requires: an AWS account id, an Azure service key, a Google pairing key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), schema_with = "crate::text::key")]
    pub authentication_key: Option<String>,
    /// The same from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_key_ref: Option<SecretKeyRef>,
    /// Azure's peering.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peering_type: Option<PeeringType>,
    /// Tags on the Z side, where the tagging table of the seller requires them.
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

/// The link protocol of the Z side and its VLAN tags.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ZSideLinkProtocol {
    /// The encapsulation of the Z-side port.
    pub r#type: LinkProtocolType,
    /// The tag on a Dot1q port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_tag: Option<u16>,
    /// The S-tag on a QinQ port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanSTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_s_tag: Option<u16>,
    /// The C-tag on a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none", rename = "vlanCTag")]
    #[schemars(range(min = 2, max = 4094))]
    pub vlan_c_tag: Option<u16>,
}

/// A port of yours on the Z side.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the port", "name", "uuid"))]
#[serde(rename_all = "camelCase")]
pub struct OwnPort {
    /// Its name, which must be unique among your ports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
    /// The connection's tags on that port.
    pub link_protocol: LinkProtocol,
    /// Your own service profile that holds the port; ECX v3 needs it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_profile: Option<OwnProfileRef>,
}

/// A service profile of yours by name or uuid.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the service profile", "name", "uuid"))]
#[serde(rename_all = "camelCase")]
pub struct OwnProfileRef {
    /// Its name, which must be unique among the profiles you can see.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 100))]
    pub name: Option<String>,
    /// Its id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
}

/// A service token, which is valid for one order.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the service token", "uuid", "secretRef"))]
#[serde(rename_all = "camelCase")]
pub struct ServiceToken {
    /// The token. Anyone who can read this resource can use it up; prefer secretRef.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
    /// The token from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret_ref: Option<SecretKeyRef>,
}

/// An invitation by e-mail.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Invitation {
    /// The address to invite.
    #[schemars(schema_with = "crate::text::email")]
    pub email: String,
    /// The text of the invitation.
    #[schemars(length(min = 1, max = 512))]
    pub message: String,
    /// The metro to connect in.
    #[schemars(schema_with = "crate::text::metro")]
    pub metro_code: String,
}

/// The secondary connection of a redundant pair.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secondary {
    /// Its name at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 24), schema_with = "crate::text::name")]
    pub name: Option<String>,
    /// Where it starts.
    pub a_side: ASide,
    /// Where it ends, if that differs from the primary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub z_side: Option<SecondaryZSide>,
}

/// What differs on the Z side of the secondary connection. Both connections share one service profile.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = not_both("authenticationKey", "authenticationKeyRef"))]
#[serde(rename_all = "camelCase")]
pub struct SecondaryZSide {
    /// The metro to connect in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(schema_with = "crate::text::metro")]
    pub metro_code: Option<String>,
    /// The seller's region there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub seller_region: Option<String>,
    /// What the seller requires.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), schema_with = "crate::text::key")]
    pub authentication_key: Option<String>,
    /// The same from a Secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authentication_key_ref: Option<SecretKeyRef>,
    /// The service token of the secondary connection.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service_token: Option<ServiceToken>,
    /// The Z-side port of the secondary connection, where the Z side is a port of yours.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub port: Option<PortRef>,
    /// Tags on the Z side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub link_protocol: Option<ZSideLinkProtocol>,
}
