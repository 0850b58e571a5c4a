//! The custom resources: what users write, what they read back, and the reasons of conditions.
//!
//! Shapes, bounds and admission rules only. Nothing here may send a request or decide what to do.

#[allow(
    dead_code,
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "KubeSchema derives public items and copies that nothing reads; its attributes repeat"
)]
mod account;
#[allow(
    dead_code,
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "KubeSchema derives public items and copies that nothing reads; its attributes repeat"
)]
mod approval;
mod common;
#[allow(
    dead_code,
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "KubeSchema derives public items and copies that nothing reads; its attributes repeat"
)]
mod connection;
mod crd;
#[allow(
    dead_code,
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "KubeSchema derives public items and copies that nothing reads; its attributes repeat"
)]
mod grants;
mod lenient;
#[allow(
    dead_code,
    unreachable_pub,
    clippy::duplicated_attributes,
    reason = "KubeSchema derives public items and copies that nothing reads; its attributes repeat"
)]
mod profile;
mod reasons;
mod rules;
mod text;

pub use account::{
    Credentials, DialectName, FabricAccount, FabricAccountSpec, FabricAccountStatus, Grant,
    OrderMark, PasswordEncoding, RejectedCredentials, SecretName, TenantConflict,
};
pub use approval::{
    ApprovalDecision, ApprovalSubject, AwsCredentialsRef, ConnectionApproval,
    ConnectionApprovalSpec, ConnectionApprovalStatus, ConnectionRef, DecidedLine, DecisionIntent,
    SellerSide,
};
pub use common::{
    DeletionPolicy, LabelRequirement, LabelSelector, ManagementPolicy, ProviderFault,
    RequirementOperator, SecretKeyRef,
};
pub use connection::{
    ASide, Adopt, AnswerSource, BuyerAnswer, ChangeStatus, FabricConnection, FabricConnectionSpec,
    FabricConnectionStatus, Invitation, LineStatus, LinkProtocol, LinkProtocolType,
    MaxMonthlyPrice, OrderIntent, OwnPort, OwnProfileRef, Owner, PeeringType, PortRef, Price,
    PriceUnknown, RedundancyPriority, RedundancySpec, Resolved, Secondary, SecondaryZSide,
    ServiceProfileRef, ServiceToken, ZSide, ZSideLinkProtocol, ZSideStatus,
};
pub use crd::{CrdError, VERSION_ANNOTATION, definitions, rendered};
pub use grants::{AccessGrant, GrantedNamespaces, PriceLimit, VlanRange};
pub use lenient::UnknownFields;
pub use profile::{
    AdoptProfile, BuyerInfo, BuyerInfoType, CreationIntent, IncomingConnection, ProfileFeatures,
    ProfilePort, ReplacementStatus, ServiceProfile, ServiceProfileSpec, ServiceProfileStatus,
    TagType,
};
pub use reasons::{ConditionType, Reason, RetryPolicy};

/// API group of all resources.
pub const GROUP: &str = "fabric.equinix.com";
/// The annotation by which a user asks for a look now: each new value is answered once, by
/// `status.lastHandledReconcileAt`.
pub const RECONCILE_AT: &str = "fabric.equinix.com/reconcile-at";
/// The finalizer that keeps a resource until its connection is gone.
pub const FINALIZER: &str = "fabric.equinix.com/connection";
/// The finalizer that keeps a resource until its service profile is gone.
pub const PROFILE_FINALIZER: &str = "fabric.equinix.com/profile";
