//! `FabricConnection`: a connection, or a redundant pair of them, as one intent.
//!
//! Shapes and admission rules only. What an order fixes for good can be corrected until the order is
//! sent, and not after: those rules read `status.primary`, which exists from the moment the order may
//! have been placed.

mod answer;
mod sides;
mod status;

use kube::{CustomResource, KubeSchema, core::Rule};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    DeletionPolicy, ManagementPolicy,
    rules::{Frozen, key_is_moved, observe_needs, same, same_or_absent},
};

pub use answer::{AnswerSource, BuyerAnswer};
pub use sides::{
    ASide, Invitation, LinkProtocol, LinkProtocolType, OwnPort, OwnProfileRef, PeeringType,
    PortRef, Secondary, SecondaryZSide, ServiceProfileRef, ServiceToken, ZSide, ZSideLinkProtocol,
};
pub use status::{
    ChangeStatus, FabricConnectionStatus, LineStatus, OrderIntent, Owner, Price, Resolved,
    ZSideStatus,
};

/// What an order fixes for good can be corrected until the order may have been placed.
const ORDERED: Frozen =
    Frozen { when: "oldSelf.?status.primary.hasValue()", once: "the connection is ordered" };
const TAKEN: Frozen = Frozen { once: "the resource has a connection", ..ORDERED };

/// What a reference to a service profile has beside its key.
const PROFILE_FIELDS: [&str; 6] =
    ["name", "uuid", "metroCode", "sellerRegion", "peeringType", "linkProtocol"];
/// What the Z side of a secondary connection has beside its key.
const SECONDARY_FIELDS: [&str; 5] =
    ["metroCode", "sellerRegion", "serviceToken", "port", "linkProtocol"];

/// The Z side keeps its value, but a key that the order carried in clear can move to a Secret: status has
/// its hash, by which the operator tells whether it is the same one.
fn z_side_is_kept() -> Rule {
    let same = same("spec.zSide");
    let moved = key_is_moved("spec.zSide.serviceProfile", &PROFILE_FIELDS);
    let unchanged = format!(
        "{same} || (has(self.spec.zSide.serviceProfile) && has(oldSelf.spec.zSide.serviceProfile) && oldSelf.?status.primary.?uuid.hasValue() && oldSelf.?status.primary.?order.?keyHash.hasValue() && {moved})"
    );
    ORDERED.rule("zSide", &unchanged).message(
        "spec.zSide cannot be changed once the connection is ordered, except that a key in clear can move to authenticationKeyRef; order another one",
    )
}

/// The name of an ordered secondary connection can change; its sides cannot, and neither can whether
/// there is one. One that is not ordered, and perhaps never can be, may be corrected or removed.
fn secondary_keeps_its_sides() -> Rule {
    let a_side = same("spec.secondary.aSide");
    let z_side = same_or_absent("spec.secondary.zSide");
    let moved = key_is_moved("spec.secondary.zSide", &SECONDARY_FIELDS);
    let moved = format!(
        "has(self.spec.secondary.zSide) && has(oldSelf.spec.secondary.zSide) && oldSelf.?status.secondary.?uuid.hasValue() && oldSelf.?status.secondary.?order.?keyHash.hasValue() && {moved}"
    );
    let unchanged = format!(
        "(has(oldSelf.spec.secondary) && !oldSelf.?status.secondary.hasValue()) || (has(self.spec.secondary) == has(oldSelf.spec.secondary) && (!has(self.spec.secondary) || ({a_side} && (({z_side}) || ({moved})))))"
    );
    ORDERED
        .rule("secondary", &unchanged)
        .message("spec.secondary cannot be added once the connection is ordered, and neither removed nor moved once it is ordered itself")
}

/// What was adopted stays adopted. An id can be added as long as the resource has no other: it says
/// which connection is the resource's where the operator cannot prove it.
fn adopt_is_kept() -> Rule {
    let unchanged = same_or_absent("spec.adopt");
    TAKEN.rule("adopt", &format!(
        "({unchanged}) || (!has(oldSelf.spec.adopt) && has(self.spec.adopt) && (!oldSelf.?status.primary.?uuid.hasValue() || self.spec.adopt.uuid.lowerAscii() == oldSelf.status.primary.uuid.lowerAscii()) && (!has(self.spec.adopt.secondaryUuid) || !oldSelf.?status.secondary.?uuid.hasValue() || self.spec.adopt.secondaryUuid.lowerAscii() == oldSelf.status.secondary.uuid.lowerAscii()))"
    ))
    .message("spec.adopt cannot be changed or removed once the resource has a connection, and cannot name another one than it has")
}

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
    validation = ORDERED.field("account"),
    validation = ORDERED.field("aSide").message("spec.aSide cannot be changed once the connection is ordered; order another one"),
    validation = z_side_is_kept(),
    validation = ORDERED.optional_field("purchaseOrderNumber"),
    validation = ORDERED.optional_field("answers"),
    validation = secondary_keeps_its_sides(),
    validation = ORDERED.optional_field("redundancy"),
    validation = adopt_is_kept(),
    validation = Rule::new("!(has(self.spec.secondary) && has(self.spec.redundancy))").message("give spec.secondary to order both connections of a pair, or spec.redundancy to join a connection that was ordered elsewhere, not both").field_path(".spec.redundancy"),
    validation = Rule::new("!has(self.spec.adopt) || has(self.spec.secondary) == has(self.spec.adopt.secondaryUuid)").message("spec.adopt.secondaryUuid is needed with spec.secondary, and only with it").field_path(".spec.adopt"),
    validation = observe_needs("connection", "primary"),
    printcolumn(name = "Ready", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].status"),
    printcolumn(name = "Phase", type_ = "string", json_path = ".status.phase"),
    printcolumn(name = "Waiting For", type_ = "string", json_path = ".status.waitingFor"),
    printcolumn(name = "Mbps", type_ = "integer", json_path = ".spec.bandwidthMbps"),
    printcolumn(name = "Equinix", type_ = "string", json_path = ".status.primary.equinixStatus"),
    printcolumn(name = "Provider", type_ = "string", json_path = ".status.primary.providerStatus"),
    printcolumn(name = "In Sync", type_ = "string", json_path = ".status.conditions[?(@.type==\"InSync\")].status", priority = 1),
    printcolumn(name = "Monthly", type_ = "string", json_path = ".status.monthlyPrice.amount", priority = 1),
    printcolumn(name = "UUID", type_ = "string", json_path = ".status.primary.uuid", priority = 1),
    printcolumn(name = "Reason", type_ = "string", json_path = ".status.conditions[?(@.type==\"Ready\")].reason", priority = 1),
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
    #[schemars(length(min = 1, max = 24), schema_with = "crate::text::name")]
    pub name: Option<String>,
    /// Bandwidth in Mbit/s.
    #[schemars(range(min = 1, max = 100_000))]
    pub bandwidth_mbps: u32,
    /// Purchase order number, printed on the invoice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 30))]
    pub purchase_order_number: Option<String>,
    /// Term of the order in months, on Fabric v4; on demand if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(extend("enum" = [1, 12, 24, 36]))]
    pub term_months: Option<u8>,
    /// E-mail addresses that Equinix notifies of changes.
    #[schemars(length(min = 1, max = 12), schema_with = "crate::text::emails")]
    pub notifications: Vec<String>,
    /// Where the connection starts: a port of yours.
    pub a_side: ASide,
    /// Where it ends.
    pub z_side: ZSide,
    /// Answers to the questions of the seller's service profile, for both connections of a pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 16))]
    #[x_kube(merge_strategy = ListMerge::Map(vec!["name".into()]))]
    pub answers: Option<Vec<BuyerAnswer>>,
    /// The secondary connection of a redundant pair.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<Secondary>,
    /// Joins a redundancy group whose other connection was ordered elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redundancy: Option<RedundancySpec>,
    /// Refuse to order, and to raise the bandwidth, above this monthly price of the whole resource.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_monthly_price: Option<MaxMonthlyPrice>,
    /// What happens to the connection when this resource is deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_policy: Option<DeletionPolicy>,
    /// While true, a deletion of this resource waits and cancels nothing, also if the namespace is deleted;
    /// with deletionPolicy Orphan it does not wait. If left out, the operator's default for the namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deletion_protection: Option<bool>,
    /// Whether the operator may order, change and cancel, or only observe.
    #[serde(default)]
    pub management_policy: ManagementPolicy,
    /// Takes over a connection that exists already.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub adopt: Option<Adopt>,
    /// Leave everything unchanged for now. The deletion of a resource that has a connection waits until
    /// this is false.
    #[serde(default)]
    pub paused: bool,
}

/// A redundancy group that was ordered elsewhere.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RedundancySpec {
    /// The group of the other connection.
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub group: String,
    /// The role of this connection in it.
    #[serde(default)]
    pub priority: RedundancyPriority,
}

/// The role of a connection in a redundancy group.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
#[serde(rename_all = "UPPERCASE")]
#[allow(missing_docs, reason = "the provider's own words")]
pub enum RedundancyPriority {
    Primary,
    #[default]
    Secondary,
}

/// The most that may be paid a month.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct MaxMonthlyPrice {
    /// Decimal amount, e.g. "400" or "99.50".
    #[schemars(length(min = 1, max = 16), schema_with = "crate::text::amount")]
    pub amount: String,
    /// ISO 4217 code, e.g. USD.
    #[schemars(schema_with = "crate::text::currency")]
    pub currency: String,
    /// What to do if the provider names no price.
    #[serde(default)]
    pub when_unknown: PriceUnknown,
}

/// What to do if the provider names no price.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum PriceUnknown {
    /// Do not order.
    #[default]
    Refuse,
    /// Order anyway.
    Order,
}

/// A connection to take over.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Adopt {
    /// Its id.
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: String,
    /// The id of the secondary connection, where spec.secondary describes one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub secondary_uuid: Option<String>,
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schemars::schema_for;

    use super::*;

    /// A field that a rule does not know could be changed together with the key.
    #[test]
    fn a_key_moves_alone() {
        let fields = |schema: schemars::Schema| -> BTreeSet<String> {
            let fields = schema.get("properties").and_then(|fields| fields.as_object()).unwrap();
            fields.keys().filter(|field| !field.starts_with("authenticationKey")).cloned().collect()
        };
        let known = |fields: &[&str]| fields.iter().map(|&field| field.to_owned()).collect();
        assert_eq!(fields(schema_for!(ServiceProfileRef)), known(&PROFILE_FIELDS));
        assert_eq!(fields(schema_for!(SecondaryZSide)), known(&SECONDARY_FIELDS));
    }
}
