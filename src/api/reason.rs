//! Condition types and reasons: the words that scripts and alerts may rely on, and what each means.
//!
//! One enum for all resources, so that no reason is spelled twice. A doc comment here is what the
//! reference page says, too: a word for its readers, not for ours.

use strum::IntoEnumIterator;

/// Makes the doc comments of an enum's variants its texts.
macro_rules! documented {
    (
        $(#[$about:meta])*
        pub enum $name:ident { $($(#[doc = $meaning:literal])+ $variant:ident,)+ }
    ) => {
        $(#[$about])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
        pub enum $name { $($(#[doc = $meaning])+ $variant,)+ }

        impl $name {
            /// The word as written into conditions and events.
            pub fn as_str(self) -> &'static str {
                self.into()
            }

            /// What it means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($meaning),+).trim_ascii(),)+ }
            }
        }
    };
}

documented! {
    /// Types of conditions.
    pub enum ConditionType {
        /// The resource is what its spec asks for, in service.
        Ready,
        /// Present and true while the operator or somebody else is still at it.
        Reconciling,
        /// Present and true when nothing will change until someone acts.
        Stalled,
        /// Whether what is at the provider is as the spec says.
        InSync,
        /// Present and true while `spec.paused` is set.
        Paused,
    }
}

documented! {
    /// Why a condition is as it is.
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
        /// The provider says that setting it up, or taking it down, failed.
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
        /// The provider refused a question that comes before an order.
        RequestRefused,
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
        /// The metro cannot be reached from the port, or the service profile is not there.
        MetroNotReachable,
        /// The service profile does not sell this bandwidth.
        BandwidthNotOffered,
        /// The service profile sells redundant pairs only.
        SecondaryRequired,
        /// The seller does not take the authentication key.
        KeyRejected,
        /// The price is above `spec.maxMonthlyPrice`.
        PriceAboveLimit,
        /// `spec.maxMonthlyPrice` is set and the provider names no price, or one in another currency.
        PriceUnknown,
        /// The connection that `spec.adopt` names cannot be taken over.
        AdoptionRefused,
        /// `spec.managementPolicy` is Observe and there is no connection to look at.
        NothingToObserve,
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
        /// What is at the provider is as the spec says.
        AsSpecified,
        /// What is at the provider differs from the spec.
        Differs,
        /// It is being changed to what the spec says.
        Changing,
        /// The seller has to approve a change.
        ChangeAwaitingApproval,
        /// The provider or the seller refused a change, or it did not hold again and again.
        ChangeRefused,
        /// The decision was carried out.
        Decided,
        /// Somebody else had decided the same before.
        AlreadyDecided,
        /// Somebody else has decided the opposite.
        DecidedOtherwise,
        /// The connection waits for no decision any more.
        TooLate,
        /// The FabricConnection that is to be decided on is unknown.
        ConnectionNotFound,
        /// The connection does not wait for the decision yet.
        NothingToDecide,
        /// The decision was sent, and is not seen on the connection yet.
        Deciding,
        /// The answer to a decision was lost; what came of it is looked for.
        DecisionUnknown,
        /// The provider refused the decision.
        DecisionRefused,
        /// The provider refused to accept the connection at AWS with these keys.
        AwsKeysRefused,
        /// The provider took the decision again and again, and the connection still waits for it.
        DecisionWithoutEffect,
        /// The service profile can be ordered from.
        ProfileActive,
        /// The service profile is being created right now.
        CreatingProfile,
        /// The answer to the creation of a service profile was lost; it is being looked for.
        CreationUnknown,
        /// The provider refused to create the service profile.
        CreationRefused,
        /// Equinix does not know the API integration.
        IntegrationRejected,
        /// The account has another service profile of this name, which this resource did not create.
        ProfileExists,
        /// Equinix has to approve the service profile, or that it becomes public.
        ProfileAwaitingApproval,
        /// Equinix rejected the service profile.
        ProfileRejected,
        /// The service profile was deleted by somebody else.
        ProfileDeleted,
        /// The provider no longer shows the service profile to this account.
        ProfileNotVisible,
        /// A connection waits for the decision of the profile's owner.
        ConnectionIncoming,
        /// The service profile is being deleted.
        DeletingProfile,
        /// The service profile cannot be deleted, because connections go through it.
        ProfileInUse,
        /// The provider refused to delete the service profile.
        DeletionRefused,
    }
}

impl Reason {
    /// The reason of that name.
    pub fn read(name: &str) -> Option<Self> {
        Self::iter().find(|reason| reason.as_str() == name)
    }

    /// What the owner of the resource can do, in a sentence.
    #[allow(clippy::too_many_lines, reason = "it is a table, and is read as one")]
    pub fn remedy(self) -> &'static str {
        match self {
            Self::InService
            | Self::SignedIn
            | Self::AsSpecified
            | Self::Released
            | Self::Decided
            | Self::AlreadyDecided
            | Self::ProfileActive => "Nothing to do.",
            Self::Provisioning => {
                "Nothing, unless `waitingFor` is `You`: then do what the message says."
            }
            Self::Ordering
            | Self::Throttled
            | Self::Changing
            | Self::Deciding
            | Self::CreatingProfile
            | Self::DeletingProfile => "Nothing: it goes on by itself.",
            Self::AccountNotReady => "Look at the account's status; it is tried again.",
            Self::AwaitingApproval => {
                "If `waitingFor` is `You`, do what the message says, e.g. accept in the AWS console; else ask the seller or the invited party."
            }
            Self::OrderUnknown => {
                "Nothing: it is found, or ordered again after proof that it did not arrive. This can take more than 15 minutes."
            }
            Self::Deprovisioning => {
                "Nothing, unless the message asks to talk to the seller. The connection is billed until it is gone."
            }
            Self::ProvisioningFailed | Self::Rejected => {
                "Settle it with the other side or Equinix support; delete the resource and create it anew."
            }
            Self::UnknownState => {
                "Nothing: the state is shown as it is and the connection is watched. If it stays so, tell us."
            }
            Self::ConnectionNotVisible | Self::ProfileNotVisible => {
                "Check that the account has the credentials of the right organisation. On deletion: set `deletionPolicy` to `Orphan` if you know that it is gone."
            }
            Self::ConnectionDeleted => "Delete the resource; create it anew to order again.",
            Self::OrderRefused | Self::RequestRefused | Self::CreationRefused => {
                "Correct the spec as the message says."
            }
            Self::NoCapacity => {
                "Ask the seller for room, or for less bandwidth; it is tried again."
            }
            Self::CancellationRefused => "Do what the message says; the connection is billed on.",
            Self::HalfMissing => {
                "Delete the resource and create it anew, or contact Equinix support."
            }
            Self::VlanInUse => "Choose another tag, or wait: it is tried again.",
            Self::ConnectionExists => "Choose another tag, or cancel that connection first.",
            Self::MetroNotReachable | Self::BandwidthNotOffered => {
                "Give one of those that the message lists."
            }
            Self::SecondaryRequired => "Describe the second half in `spec.secondary`.",
            Self::KeyRejected => {
                "Correct the key, or the metro or region that goes with it; or make a new one at the seller."
            }
            Self::PriceAboveLimit => "Raise `spec.maxMonthlyPrice`, or ask for less bandwidth.",
            Self::PriceUnknown => {
                "Give the limit in the currency that the message names, remove it, or set its `whenUnknown` to `Order`."
            }
            Self::AdoptionRefused => "Correct `spec.adopt`, or what the message names beside it.",
            Self::NothingToObserve => "Give `spec.adopt`, or set `managementPolicy` to `Manage`.",
            Self::ChangeAwaitingApproval => {
                "Ask the seller to approve it; until then the connection stays as it is."
            }
            Self::DecidedOtherwise => {
                "Settle it with whoever decided; for another decision, create another ConnectionApproval."
            }
            Self::TooLate => "Nothing was done by this resource; delete it.",
            Self::ConnectionNotFound => {
                "Create it, or create a ConnectionApproval with the right name; it is looked for again."
            }
            Self::NothingToDecide => {
                "Nothing: it is carried out when the connection asks for it. Delete the resource to take the decision back."
            }
            Self::DecisionUnknown => {
                "Nothing: it is found, or sent again if the connection still waits after five minutes."
            }
            Self::DecisionRefused => {
                "Settle what the message names, and create another ConnectionApproval; this one is not sent again."
            }
            Self::AwsKeysRefused => {
                "Correct the Secret, and create another ConnectionApproval; this one is not sent again. Or accept the connection in the AWS console."
            }
            Self::DecisionWithoutEffect => {
                "Ask Equinix support, or decide in the Equinix portal; it is not sent again."
            }
            Self::ChangeRefused => {
                "Settle what the message names and edit the spec to try again, or set the spec to what is there."
            }
            Self::PortNotFound | Self::ProfileNotFound | Self::MetroNotFound => {
                "Correct the reference, or get access at Equinix."
            }
            Self::PortAmbiguous | Self::ProfileAmbiguous => {
                "Give the uuid; the message lists them."
            }
            Self::NotSupported => {
                "Remove what the message names, or use an account of the other dialect."
            }
            Self::InvalidSpec => "Correct the values; the message lists them all.",
            Self::SecretNotFound => "Create it, or correct the reference; it is looked for again.",
            Self::SecretInvalid => "Correct the Secret; it is read again.",
            Self::SecretForbidden => {
                "Bind the role `fabric-operator-secret-reader` in that namespace; it is tried again."
            }
            Self::AccountNotFound => {
                "Correct `spec.account`, or ask the administrator for the account."
            }
            Self::NamespaceNotAllowed => {
                "Use another account, or ask the administrator to allow the namespace."
            }
            Self::EndpointNotAllowed => {
                "Correct `spec.endpoint` of the account, or start the operator with `--allowed-endpoint`."
            }
            Self::CredentialsRejected => {
                "Correct the account's Secret. The refused credentials are not sent again, because five failures lock the user; a change is noticed within about a minute."
            }
            Self::ProviderUnavailable | Self::UnreadableAnswer => {
                "Wait; it is tried again. If it stays so, check the account's endpoint and the network policy."
            }
            Self::Forbidden => {
                "Ask the master administrator at Equinix for the right, or correct the account's credentials."
            }
            Self::Paused => "Set `spec.paused` to false to go on.",
            Self::Differs => "Do what the message says.",
            Self::CreationUnknown => {
                "Nothing: it is found, or created again after proof that it did not arrive. This can take more than 15 minutes."
            }
            Self::IntegrationRejected => {
                "Correct `spec.integrationId`, or ask Equinix for the id of your API."
            }
            Self::ProfileExists => {
                "Choose another name, or take that profile over with `spec.adopt`."
            }
            Self::ProfileAwaitingApproval => {
                "Nothing: wait for Equinix, which may take days. Until then buyers do not see it, or only those who are let in."
            }
            Self::ProfileRejected => {
                "Ask Equinix why, and change the spec: the profile is then submitted again. Or make it private."
            }
            Self::ProfileDeleted => {
                "Delete the resource; create it anew to create another profile."
            }
            Self::ConnectionIncoming => "Approve or reject it; `status.incoming` lists what waits.",
            Self::ProfileInUse => {
                "Have the connections cancelled that the message lists, or set `deletionPolicy` to `Orphan`; it is tried again."
            }
            Self::DeletionRefused => "Do what the message says; it is tried again.",
        }
    }

    /// Whether nothing changes until someone acts: `Stalled` is true with this reason.
    ///
    /// Several problems are told together under the reason of one; if another of them may pass by
    /// itself, the resource is not stalled.
    pub fn stalls(self) -> bool {
        match self {
            Self::ProvisioningFailed
            | Self::Rejected
            | Self::ConnectionNotVisible
            | Self::ConnectionDeleted
            | Self::OrderRefused
            | Self::RequestRefused
            | Self::CancellationRefused
            | Self::HalfMissing
            | Self::ConnectionExists
            | Self::PortNotFound
            | Self::PortAmbiguous
            | Self::ProfileNotFound
            | Self::ProfileAmbiguous
            | Self::MetroNotFound
            | Self::MetroNotReachable
            | Self::BandwidthNotOffered
            | Self::SecondaryRequired
            | Self::KeyRejected
            | Self::PriceAboveLimit
            | Self::PriceUnknown
            | Self::AdoptionRefused
            | Self::NothingToObserve
            | Self::ChangeRefused
            | Self::DecidedOtherwise
            | Self::TooLate
            | Self::DecisionRefused
            | Self::AwsKeysRefused
            | Self::DecisionWithoutEffect
            | Self::CreationRefused
            | Self::IntegrationRejected
            | Self::ProfileExists
            | Self::ProfileRejected
            | Self::ProfileDeleted
            | Self::ProfileNotVisible
            | Self::ProfileInUse
            | Self::DeletionRefused
            | Self::NotSupported
            | Self::InvalidSpec
            | Self::NamespaceNotAllowed
            | Self::EndpointNotAllowed
            | Self::CredentialsRejected
            | Self::Forbidden => true,
            Self::InService
            | Self::SignedIn
            | Self::Provisioning
            | Self::AwaitingApproval
            | Self::Ordering
            | Self::OrderUnknown
            | Self::Deprovisioning
            | Self::UnknownState
            | Self::NoCapacity
            | Self::Released
            | Self::VlanInUse
            | Self::SecretNotFound
            | Self::SecretInvalid
            | Self::SecretForbidden
            | Self::AccountNotFound
            | Self::AccountNotReady
            | Self::ProviderUnavailable
            | Self::Throttled
            | Self::UnreadableAnswer
            | Self::Paused
            | Self::AsSpecified
            | Self::Differs
            | Self::Changing
            | Self::ChangeAwaitingApproval
            | Self::Decided
            | Self::AlreadyDecided
            | Self::ConnectionNotFound
            | Self::NothingToDecide
            | Self::Deciding
            | Self::DecisionUnknown
            | Self::ProfileActive
            | Self::CreatingProfile
            | Self::CreationUnknown
            | Self::ProfileAwaitingApproval
            | Self::ConnectionIncoming
            | Self::DeletingProfile => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_whole_sentences_on_one_line() {
        let kinds = ConditionType::iter().map(ConditionType::meaning);
        let reasons = Reason::iter().flat_map(|reason| [reason.meaning(), reason.remedy()]);
        for text in kinds.chain(reasons) {
            assert!(text.ends_with('.') && !text.contains('\n'), "{text:?}");
            assert!(text.starts_with(|c: char| c.is_uppercase() || c == '`'), "{text:?}");
        }
        // Read from a doc comment of two lines.
        assert!(Reason::ConnectionExists.meaning().contains("not ordered by this resource"));
    }
}
