//! Condition types and reasons: the words that scripts and alerts may rely on.
//!
//! One enum for all resources, so that no reason is spelled twice.

use strum::IntoEnumIterator;

/// Types of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::IntoStaticStr)]
pub enum ConditionType {
    /// The resource is what its spec asks for, in service.
    Ready,
    /// Present and true while the operator or somebody else is still at it.
    Reconciling,
    /// Present and true when nothing will change until someone acts.
    Stalled,
    /// Whether the line at the provider is as the spec says.
    InSync,
    /// Present and true while `spec.paused` is set.
    Paused,
}

/// Why a condition is as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
pub enum Reason {
    /// The connection is in service.
    InService,
    /// The account's credentials work.
    SignedIn,
    /// Being set up by Equinix or the other side.
    Provisioning,
    /// Someone has to approve or accept.
    AwaitingApproval,
    /// Being ordered right now.
    Ordering,
    /// The answer to an order was lost; it is being looked for.
    OrderUnknown,
    /// Being taken down.
    Deprovisioning,
    /// The provider says that it failed.
    ProvisioningFailed,
    /// The other side said no.
    Rejected,
    /// The provider shows a state that this version does not know.
    UnknownState,
    /// The provider no longer shows the connection to this account.
    ConnectionNotVisible,
    /// The connection was taken down by somebody else.
    ConnectionDeleted,
    /// The provider refused the order.
    OrderRefused,
    /// The seller has no room for the connection now.
    NoCapacity,
    /// The provider refused the cancellation.
    CancellationRefused,
    /// The resource was let go, and whatever it ordered stays.
    Released,
    /// One half of a pair is missing and cannot be ordered alone.
    HalfMissing,
    /// The port and VLAN already carry another connection.
    VlanInUse,
    /// Another connection with this name is on this port and VLAN, and was not ordered by this
    /// resource.
    ConnectionExists,
    /// The A-side port is unknown.
    PortNotFound,
    /// Several ports have that name.
    PortAmbiguous,
    /// The service profile is unknown.
    ProfileNotFound,
    /// Several service profiles have that name.
    ProfileAmbiguous,
    /// The metro is unknown.
    MetroNotFound,
    /// The spec asks for something that this version, or this dialect, does not carry out.
    NotSupported,
    /// The spec holds a value that the API would refuse.
    InvalidSpec,
    /// A Secret is missing.
    SecretNotFound,
    /// A Secret lacks a key, or the key holds no usable value.
    SecretInvalid,
    /// The operator may not read a Secret.
    SecretForbidden,
    /// The account is unknown.
    AccountNotFound,
    /// The account cannot be used yet; its own status says why.
    AccountNotReady,
    /// The account does not allow this namespace.
    NamespaceNotAllowed,
    /// The account's endpoint is not on the operator's list.
    EndpointNotAllowed,
    /// The provider refused the credentials.
    CredentialsRejected,
    /// The provider cannot be reached, or fails.
    ProviderUnavailable,
    /// The provider asks to slow down.
    Throttled,
    /// The provider's answer cannot be read.
    UnreadableAnswer,
    /// The account may not do this.
    Forbidden,
    /// `spec.paused` is set.
    Paused,
    /// The line is as the spec says.
    AsSpecified,
    /// The line differs from the spec.
    Differs,
}

impl Reason {
    /// The reason as written into conditions and events.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The reason of that name.
    pub fn read(name: &str) -> Option<Self> {
        Self::iter().find(|reason| reason.as_str() == name)
    }
}
