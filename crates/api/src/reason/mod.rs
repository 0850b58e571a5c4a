//! Condition types and reasons: the words that scripts and alerts may rely on, and what each means.
//!
//! One enum for all resources, so that no reason is spelled twice. A doc comment here is what the
//! reference page says, too: a word for its readers, not for ours.

mod advice;

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
