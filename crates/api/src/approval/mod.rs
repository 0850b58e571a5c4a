//! `ConnectionApproval`: one recorded decision on one connection, by its buyer or its seller.
//!
//! Shapes and admission rules only. A decision cannot be changed, since it is carried out once;
//! deleting it undoes nothing.

mod status;

use kube::{CustomResource, KubeSchema};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{LinkProtocol, PortRef, rules::given_by};

pub use status::{ConnectionApprovalStatus, DecidedLine, DecisionIntent};

/// One decision on one connection, carried out once: a buyer accepts an AWS connection, a seller
/// approves or rejects what comes in. It cannot be changed, and deleting it undoes nothing.
#[derive(CustomResource, KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[kube(
    group = "fabric.equinix.com",
    version = "v1alpha1",
    kind = "ConnectionApproval",
    plural = "connectionapprovals",
    namespaced,
    status = "ConnectionApprovalStatus",
    derive = "PartialEq",
    shortname = "fabappr",
    category = "fabric",
    doc = "One decision on one connection, carried out once: a buyer accepts an AWS connection, a seller approves or rejects what comes in. It cannot be changed, and deleting it undoes nothing.",
    printcolumn(name = "Connection", type_ = "string", json_path = ".spec.connection.*"),
    printcolumn(name = "Decision", type_ = "string", json_path = ".spec.decision"),
    printcolumn(name = "Subject", type_ = "string", json_path = ".spec.subject"),
    printcolumn(
        name = "Decided By",
        type_ = "string",
        json_path = ".spec.decidedBy",
        priority = 1
    ),
    printcolumn(name = "Outcome", type_ = "string", json_path = ".status.outcome"),
    printcolumn(
        name = "Ready",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].status"
    ),
    printcolumn(
        name = "Reason",
        type_ = "string",
        json_path = ".status.conditions[?(@.type==\"Ready\")].reason",
        priority = 1
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
    "self == oldSelf",
    "spec cannot be changed: a decision is made once; create another ConnectionApproval",
))]
#[x_kube(validation = (
    "has(self.account) == has(self.connection.uuid)",
    "account is needed with connection.uuid, and only with it: a FabricConnection has an account of its own",
))]
#[x_kube(validation = (
    "self.decision != 'Approve' || self.subject != 'Creation' || has(self.awsCredentialsRef) != has(self.primary)",
    "to approve a creation give awsCredentialsRef as the buyer of an AWS connection, or primary as the seller, and only one of them",
))]
#[x_kube(validation = (
    "(self.decision == 'Approve' && self.subject == 'Creation') || !(has(self.awsCredentialsRef) || has(self.primary) || has(self.secondary))",
    "awsCredentialsRef, primary and secondary are only for approving a creation",
))]
#[x_kube(validation = ("!has(self.secondary) || has(self.primary)", "secondary needs primary"))]
#[x_kube(validation = (
    "has(self.comment) == (self.decision == 'Reject')",
    "a rejection needs comment, which says why, and nothing else takes one",
))]
#[serde(rename_all = "camelCase")]
pub struct ConnectionApprovalSpec {
    /// The connection to decide on.
    pub connection: ConnectionRef,
    /// The FabricAccount to decide through, where the connection is given by its uuid.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub account: Option<String>,
    /// Whether to approve or to reject.
    pub decision: ApprovalDecision,
    /// The user who decides. Where the chart's admission policy is in force, the API server accepts
    /// only the name of the user who creates this resource; elsewhere it is a claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub decided_by: Option<String>,
    /// What to approve or reject.
    #[serde(default)]
    pub subject: ApprovalSubject,
    /// For the buyer of a connection to AWS: the keys of the AWS account that accepts it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub aws_credentials_ref: Option<AwsCredentialsRef>,
    /// For the seller: where the connection ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<SellerSide>,
    /// For the seller of a redundant pair: where its secondary connection ends. The decision then
    /// approves both connections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secondary: Option<SellerSide>,
    /// Why you reject it. The buyer can read it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 512))]
    pub comment: Option<String>,
}

/// A connection by the name of its resource or by its uuid.
#[derive(KubeSchema, Serialize, Deserialize, Clone, Debug, PartialEq)]
#[x_kube(validation = given_by("the connection", "name", "uuid"))]
pub struct ConnectionRef {
    /// A FabricConnection in the same namespace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 253))]
    pub name: Option<String>,
    /// The connection's id at Equinix.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(length(min = 1, max = 64), schema_with = "crate::text::id")]
    pub uuid: Option<String>,
}

/// A decision.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, PartialEq, Eq, JsonSchema)]
pub enum ApprovalDecision {
    /// Yes.
    Approve,
    /// No.
    Reject,
}

/// What a decision is about.
#[derive(Serialize, Deserialize, Clone, Copy, Debug, Default, PartialEq, Eq, JsonSchema)]
pub enum ApprovalSubject {
    /// The setup of the connection.
    #[default]
    Creation,
    /// The deletion that its buyer requests.
    Deletion,
    /// The change of bandwidth that its buyer requests.
    Change,
}

/// The keys of an AWS account in a Secret.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AwsCredentialsRef {
    /// Name of the Secret, in the namespace of this resource. The operator reads it only when it sends
    /// the keys.
    #[schemars(length(min = 1, max = 253))]
    pub name: String,
    /// Key of the Secret that holds the access key id.
    #[serde(default = "default_access_key")]
    #[schemars(length(min = 1, max = 253))]
    pub access_key: String,
    /// Key of the Secret that holds the secret access key.
    #[serde(default = "default_secret_key")]
    #[schemars(length(min = 1, max = 253))]
    pub secret_key: String,
}

fn default_access_key() -> String {
    "accessKey".to_owned()
}

fn default_secret_key() -> String {
    "secretKey".to_owned()
}

/// A port of the seller and the connection's tags on it.
#[derive(Serialize, Deserialize, Clone, Debug, PartialEq, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SellerSide {
    /// Your port.
    pub port: PortRef,
    /// The connection's tags on that port.
    pub link_protocol: LinkProtocol,
}
