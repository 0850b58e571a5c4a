//! Grants: what an administrator lets the resources of namespaces use an account for.
//!
//! Shapes and admission rules only; whether a grant covers an order is not decided here.

use kube::KubeSchema;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{LabelSelector, rules::exactly_one};

/// What some namespaces may use an account for. A limit that is left out does not apply. One grant
/// has to cover an order as a whole: limits of several grants do not add up.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AccessGrant {
    /// The namespaces that it is for.
    pub namespaces: GrantedNamespaces,
    /// Names or uuids of the ports that connections may use, at either side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), inner(length(min = 1, max = 64)))]
    pub ports: Option<Vec<String>>,
    /// Names or uuids of the service profiles that connections may go to. A name is unique among the
    /// profiles of one seller only: where another seller could publish one of the same name, give the
    /// uuid. With this limit, a connection may go to these and to granted ports, and not to a service
    /// token or an invited e-mail address, since neither shows where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 256), inner(length(min = 1, max = 128)))]
    pub service_profiles: Option<Vec<String>>,
    /// Codes of the metros that connections may start and end in. With this limit, a connection may not
    /// go to a service token, which does not show where it leads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 128), schema_with = "crate::text::metros")]
    pub metros: Option<Vec<String>>,
    /// The VLAN tags that connections may have on ports of the account: the tag of a Dot1q port, the
    /// S-tag of a QinQ port.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64))]
    pub vlan_ranges: Option<Vec<VlanRange>>,
    /// The highest bandwidth of a connection, in Mbit/s.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 100_000))]
    pub max_bandwidth_mbps: Option<u32>,
    /// The highest monthly price of a FabricConnection, both connections of a pair together. Without a
    /// price from the provider the operator does not order.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_monthly_price: Option<PriceLimit>,
    /// How many FabricConnections a namespace may have through this account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 10_000))]
    pub max_connections: Option<u32>,
    /// Whether resources may take over, and decide about, what no resource of their namespace holds:
    /// `spec.adopt`, and ConnectionApprovals by uuid.
    #[serde(default)]
    pub may_adopt: bool,
}

/// The namespaces of a grant.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, Default, PartialEq)]
#[x_kube(validation = exactly_one("give", &["names", "selector", "all"]))]
#[serde(rename_all = "camelCase")]
pub struct GrantedNamespaces {
    /// These namespaces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), inner(length(min = 1, max = 63)))]
    pub names: Option<Vec<String>>,
    /// Namespaces with these labels.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selector: Option<LabelSelector>,
    /// Every namespace, if true.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub all: Option<bool>,
}

/// A range of VLAN tags, both ends included.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq)]
#[x_kube(validation = ("self.from <= self.to", "from must not be above to"))]
#[serde(rename_all = "camelCase")]
pub struct VlanRange {
    /// The lowest tag.
    #[schemars(range(min = 2, max = 4094))]
    pub from: u16,
    /// The highest tag.
    #[schemars(range(min = 2, max = 4094))]
    pub to: u16,
}

/// An amount of money a month.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PriceLimit {
    /// Decimal amount, e.g. "400" or "99.50".
    #[schemars(length(min = 1, max = 16), schema_with = "crate::text::amount")]
    pub amount: String,
    /// ISO 4217 code, e.g. USD.
    #[schemars(schema_with = "crate::text::currency")]
    pub currency: String,
}
