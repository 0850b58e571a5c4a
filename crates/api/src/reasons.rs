//! Condition types and reasons: the words that scripts and alerts rely on, and what each means.
//!
//! One table for all resources: a new reason is one row of it. The reference page, the alerts and the
//! messages of conditions are made from it. A released reason must not be renamed or removed.

use strum::{EnumMessage, IntoEnumIterator};

/// Types of conditions. The reference page prints the comments of the variants.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    strum::IntoStaticStr,
    strum::EnumIter,
    strum::EnumMessage,
)]
pub enum ConditionType {
    /// The resource is what its spec asks for, in service.
    Ready,
    /// Present and true while the operator or the provider is working on the resource.
    Reconciling,
    /// Present and true when nothing changes until someone acts.
    Stalled,
    /// Whether what exists at the provider matches the spec.
    InSync,
    /// Whether the connection carries traffic, as far as Equinix reports it; absent until it does.
    DataPlaneUp,
    /// Present and true while `spec.paused` is set.
    Paused,
}

impl ConditionType {
    /// The word in conditions.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// What the condition means, in a sentence.
    pub fn meaning(self) -> &'static str {
        self.get_documentation().unwrap_or_default()
    }
}

/// How the operator retries under a reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryPolicy {
    /// Nothing is left to retry.
    Settled,
    /// The operator goes on by itself: it watches, or retries with growing pauses.
    Automatic,
    /// The operator retries every half hour, because another party has to make room first.
    HalfHourly,
    /// Someone has to act first; the operator looks with growing pauses whether it happened, because
    /// looking costs the provider nothing.
    Awaited,
    /// The operator stops until someone acts, and checks every half hour.
    Parked,
}

/// Makes the enum of the reasons and its properties from the rows: name, retry policy, meaning,
/// remedy.
macro_rules! reasons {
    ($($name:ident $retry:ident $meaning:literal $remedy:literal)+) => {
        /// Why a condition has its status.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
        pub enum Reason { $(#[doc = $meaning] $name,)+ }

        impl Reason {
            /// How the operator retries.
            pub fn retry(self) -> RetryPolicy {
                match self { $(Self::$name => RetryPolicy::$retry,)+ }
            }

            /// What the reason means, in a sentence.
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$name => $meaning,)+ }
            }

            /// What the owner of the resource can do, in sentences.
            pub fn remedy(self) -> &'static str {
                match self { $(Self::$name => $remedy,)+ }
            }
        }
    };
}

reasons! {
    InService Settled
        "The connection is in service."
        "Nothing to do."
    SignedIn Settled
        "The account's credentials work."
        "Nothing to do."
    Provisioning Automatic
        "Equinix or the other side is setting the connection up."
        "Nothing, unless `waitingFor` is `You`: then do what the message says."
    AwaitingApproval Automatic
        "Someone has to approve or accept."
        "If `waitingFor` is `You`, do what the message says, e.g. accept the connection in the AWS console; else ask the seller or the invited party."
    Ordering Automatic
        "The operator is ordering the connection right now."
        "Nothing: the operator goes on by itself."
    OrderUnknown Automatic
        "The answer to an order was lost; the operator looks for the connection."
        "Nothing: the operator finds the connection, or orders again after proof that the order did not arrive. This can take more than 15 minutes."
    Deprovisioning Automatic
        "Equinix or the other side is taking the connection down."
        "Nothing, unless the message asks you to contact the seller. The connection is billed until it is gone."
    ProvisioningFailed Parked
        "The provider reports that setting the connection up, or taking it down, failed."
        "Settle it with the other side or Equinix support; delete the resource and create it anew."
    Rejected Parked
        "The other side rejected the connection."
        "Settle it with the other side or Equinix support; delete the resource and create it anew."
    UnknownState Automatic
        "The provider shows a state that this version does not know."
        "Nothing: status shows the state, and the operator keeps observing the connection. If it persists, report it to the project."
    ConnectionNotVisible Parked
        "The provider no longer shows the connection to this account."
        "Check that the account has the credentials of the right organisation. On deletion: set `deletionPolicy` to `Orphan` if you know that it is gone."
    ConnectionDeleted Parked
        "Another client took the connection down."
        "Delete the resource; create it anew to order again."
    OrderRefused Parked
        "The provider refused the order."
        "Correct the spec as the message says; the operator repeats the same order five times within a day, then no more until the spec or the credentials change."
    RequestRefused Parked
        "The provider refused a request that precedes an order."
        "Correct the spec as the message says."
    NoCapacity HalfHourly
        "The seller has no capacity for the connection now."
        "Ask the seller for more capacity, or ask for less bandwidth; the operator retries every half hour."
    CancellationRefused Parked
        "The provider refused the cancellation."
        "Do what the message says; the connection is still billed."
    DeletionProtected Parked
        "The resource is protected from deletion, by `spec.deletionProtection` or by the operator's default for the namespace."
        "Set `spec.deletionProtection` to false to let the deletion go on, or `deletionPolicy` to `Orphan` to leave everything at Equinix."
    DefinitionDeleted Parked
        "The CustomResourceDefinition of the resource is being deleted, and the resource with it; the operator ends nothing at Equinix."
        "Set `deletionPolicy` to `Orphan` to release the resource. Everything stays at Equinix; take it over with `spec.adopt` once the definition is installed again, or end it in the Equinix portal."
    DefinitionUnreadable Awaited
        "The operator cannot read the CustomResourceDefinition of a resource that is being deleted, and ends nothing at Equinix before it can."
        "If the message names a missing right, upgrade the chart, or apply `deploy/base/rbac.yaml`; else nothing: the operator retries."
    Released Settled
        "The operator has released the resource; whatever it ordered stays."
        "Nothing to do."
    HalfMissing Parked
        "One connection of a redundant pair is missing and cannot be ordered alone."
        "Remove `spec.secondary` if the secondary is missing; else delete the resource and create it anew."
    VlanInUse Automatic
        "The port and VLAN already carry another connection."
        "Choose another tag, or wait if the tag is just being freed; the operator retries."
    ConnectionExists Parked
        "Another connection is on this port and VLAN, or has its id in status, and was not ordered by this resource."
        "Choose another tag, cancel that connection first, or take it over with `spec.adopt`."
    StatusCopied Parked
        "Status names another resource as its owner: this one is a copy, or was restored in another cluster."
        "Give the connection's id in `spec.adopt` to take it over, or delete this resource: that cancels nothing."
    PortNotFound Parked
        "The A-side port is unknown."
        "Correct the reference, or get access to it at Equinix."
    PortAmbiguous Parked
        "Several ports have that name."
        "Give the uuid; the message lists them."
    ProfileNotFound Parked
        "The service profile is unknown."
        "Correct the reference, or get access to it at Equinix."
    ProfileAmbiguous Parked
        "Several service profiles have that name."
        "Give the uuid; the message lists them."
    MetroNotFound Parked
        "The metro is unknown."
        "Correct the reference, or get access to it at Equinix."
    MetroNotReachable Parked
        "The metro cannot be reached from the port, or the service profile is not there."
        "Give one of those that the message lists."
    BandwidthNotOffered Parked
        "The service profile does not sell this bandwidth."
        "Give one of those that the message lists."
    SecondaryRequired Parked
        "The service profile sells redundant pairs only."
        "Describe the secondary connection in `spec.secondary`."
    KeyRejected Parked
        "The seller rejects the authentication key."
        "Correct the key, or the metro or region that goes with it; or make a new one at the seller."
    KeyDiffers Parked
        "The authentication key moved to a Secret that has another key than the connection was ordered with."
        "Put the key of the order into the Secret; the connection keeps that key. To use another one, order another connection."
    PriceAboveLimit Parked
        "The price is above `spec.maxMonthlyPrice`."
        "Raise `spec.maxMonthlyPrice`, or ask for less bandwidth."
    PriceUnknown Parked
        "`spec.maxMonthlyPrice` is set and the provider names no price, or one in another currency."
        "Give the limit in the currency that the message names, remove it, or set its `whenUnknown` to `Order`."
    AdoptionRefused Parked
        "The connection that `spec.adopt` names cannot be taken over."
        "Correct `spec.adopt`, or what the message names beside it."
    NothingToObserve Parked
        "`spec.managementPolicy` is Observe and there is no connection to observe."
        "Give `spec.adopt`, or set `managementPolicy` to `Manage`."
    NotSupported Parked
        "The spec asks for something that this version, or the dialect of the account, does not support."
        "Remove what the message names, or use an account of the other dialect."
    InvalidSpec Parked
        "The spec holds a value that the API would refuse."
        "Correct the values; the message lists them all."
    SecretNotFound Awaited
        "A Secret is missing."
        "Create it, or correct the field that the message names; the operator reads it again."
    SecretInvalid Awaited
        "A Secret lacks a key, or the key holds no usable value."
        "Correct the Secret; the operator reads it again."
    SecretForbidden Awaited
        "The operator may not read a Secret."
        "Have the administrator list the namespace in the chart's `rbac.secretNamespaces`, or bind the ClusterRole that the message names there; or, for an account, list its Secret in `rbac.accountSecrets`. The operator retries."
    AccountNotFound Awaited
        "The account is unknown."
        "Correct `spec.account`, or ask the cluster's administrator for a FabricAccount of that name."
    AccountNotReady Automatic
        "The account cannot be used yet; its own status says why."
        "Check the account's status; the operator retries."
    AccountDeleting Parked
        "The account is being deleted: nothing is ordered or changed through it any more, and cancellations still are sent."
        "Delete the resources that need the account, which its status lists; then it goes."
    NamespaceNotAllowed Parked
        "The account grants nothing to this namespace."
        "Use another account, or ask the administrator for an entry in `spec.grants` of the account."
    GrantExceeded Parked
        "No grant of the account covers what the resource asks for; the message says what is lacking."
        "Change what the message names, or ask the administrator for a wider grant."
    QuotaExceeded Awaited
        "The namespace has as many connections through the account as are granted."
        "Delete another FabricConnection, or ask the administrator for a higher `maxConnections`; the operator checks again."
    EndpointNotAllowed Parked
        "The account's endpoint is not on the operator's list."
        "Correct `spec.endpoint` of the account, or start the operator with `--allowed-endpoint`."
    CredentialsRejected Parked
        "The provider refused the credentials."
        "Correct the account's Secret. The operator does not send the refused credentials again, because five failures lock the user; it notices a change within about 10 seconds."
    ProviderUnavailable Automatic
        "The provider cannot be reached, or fails."
        "Wait; the operator retries. If it persists, check the account's endpoint and the network policy."
    Throttled Automatic
        "The provider asks to slow down."
        "Nothing: the operator goes on by itself."
    UnreadableAnswer Automatic
        "The provider's answer cannot be read."
        "Wait; the operator retries. If it persists, check the account's endpoint and the network policy."
    Forbidden Parked
        "The account lacks the right to do this."
        "Ask the master administrator at Equinix for the right, or correct the account's credentials."
    Paused Settled
        "`spec.paused` is set."
        "Set `spec.paused` to false to continue."
    AsSpecified Settled
        "What exists at the provider matches the spec."
        "Nothing to do."
    TakesLong Automatic
        "The connection has been in its phase for longer than is usual."
        "Ask the party that `waitingFor` names; for Equinix, give its support the connection's uuid."
    OperationalUp Settled
        "Equinix reports that the data plane of the connection works."
        "Nothing to do."
    OperationalDown Automatic
        "Equinix reports that the data plane of the connection does not work."
        "Check the link, the tags and the routing at both ends; if they are right, contact Equinix support."
    OperationalUnknown Automatic
        "Equinix reports an operational status that this version does not know."
        "Nothing: status shows the word. If it persists, report it to the project."
    Differs Automatic
        "What exists at the provider differs from the spec."
        "Do what the message says."
    Changing Automatic
        "The operator is changing it to match the spec."
        "Nothing: the operator goes on by itself."
    ChangeAwaitingApproval Automatic
        "The seller has to approve a change."
        "Ask the seller to approve it; until then the connection stays as it is."
    ChangeRefused Parked
        "The provider or the seller refused a change, or repeatedly did not keep it."
        "Settle what the message names and edit the spec to try again, or set the spec to what exists."
    Decided Settled
        "The decision was carried out."
        "Nothing to do."
    AlreadyDecided Settled
        "Another client had made the same decision before."
        "Nothing to do."
    DecidedOtherwise Parked
        "Another client has made the opposite decision."
        "Settle it with the client that decided; for another decision, create another ConnectionApproval."
    TooLate Parked
        "The connection no longer waits for a decision."
        "Delete the resource; it did nothing."
    ConnectionNotFound Awaited
        "The FabricConnection to decide on does not exist."
        "Create it, or create a ConnectionApproval with the right name; the operator looks again."
    NothingToDecide Automatic
        "The connection does not wait for the decision yet."
        "Nothing: the operator sends the decision when the connection asks for it. Delete the resource to withdraw the decision."
    Deciding Automatic
        "The decision was sent, and does not show on the connection yet."
        "Nothing: the operator goes on by itself."
    DecisionUnknown Automatic
        "The answer to a decision was lost; the operator looks for its effect."
        "Nothing: the operator finds the effect, or sends the decision again if the connection still waits after five minutes."
    DecisionRefused Parked
        "The provider refused the decision."
        "Settle what the message names, and create another ConnectionApproval; the operator does not send this one again."
    AwsKeysRefused Parked
        "The provider refused to accept the connection at AWS with these keys."
        "Correct the Secret, and create another ConnectionApproval; the operator does not send this one again. Or accept the connection in the AWS console."
    DecisionWithoutEffect Parked
        "The provider accepted the decision several times, and the connection still waits for it."
        "Ask Equinix support, or decide in the Equinix portal; the operator does not send it again."
    ProfileActive Settled
        "Buyers can order from the service profile."
        "Nothing to do."
    CreatingProfile Automatic
        "The operator is creating the service profile right now."
        "Nothing: the operator goes on by itself."
    CreationUnknown Automatic
        "The answer to the creation of a service profile was lost; the operator looks for the profile."
        "Nothing: the operator finds the profile, or creates it again after proof that the request did not arrive. This can take more than 15 minutes."
    CreationRefused Parked
        "The provider refused to create the service profile."
        "Correct the spec as the message says."
    IntegrationRejected Parked
        "Equinix does not know the API integration."
        "Correct `spec.integrationId`, or ask Equinix for the id of your API."
    ProfileExists Parked
        "The account has another service profile of this name, which this resource did not create."
        "Choose another name, or take that profile over with `spec.adopt`."
    ProfileAwaitingApproval Automatic
        "Equinix has to approve the service profile, or its publication."
        "Nothing: wait for Equinix, which may take days. Until then no buyer sees the profile, or only those that you admitted."
    ProfileRejected Parked
        "Equinix rejected the service profile."
        "Ask Equinix why, and change the spec: the operator then submits the profile again. Or make it private."
    ProfileDeleted Parked
        "Another client deleted the service profile."
        "Delete the resource; create it anew to create another profile."
    ProfileNotVisible Parked
        "The provider no longer shows the service profile to this account."
        "Check that the account has the credentials of the right organisation. On deletion: set `deletionPolicy` to `Orphan` if you know that it is gone."
    ConnectionIncoming Automatic
        "A connection waits for the decision of the profile's owner."
        "Approve or reject it; `status.incoming` lists the connections that wait."
    DeletingProfile Automatic
        "The operator is deleting the service profile."
        "Nothing: the operator goes on by itself."
    ProfileInUse Parked
        "The service profile cannot be deleted, because connections go through it."
        "Have the buyers cancel the connections that the message lists, or set `deletionPolicy` to `Orphan`; the operator retries."
    DeletionRefused Parked
        "The provider refused to delete the service profile."
        "Do what the message says; the operator retries."
}

impl Reason {
    /// The word in conditions and events.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// The reason of that name.
    pub fn read(name: &str) -> Option<Self> {
        Self::iter().find(|reason| reason.as_str() == name)
    }

    /// Whether nothing changes until someone acts: `Stalled` is true with this reason.
    ///
    /// Several problems share the reason of one; if the operator retries another of them by itself,
    /// the resource is not stalled.
    pub fn stalls(self) -> bool {
        match self.retry() {
            RetryPolicy::Awaited | RetryPolicy::Parked => true,
            RetryPolicy::Settled | RetryPolicy::Automatic | RetryPolicy::HalfHourly => false,
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
        assert!(Reason::ConnectionExists.meaning().contains("not ordered by this resource"));
        assert!(!Reason::ConnectionExists.meaning().contains("name"), "the name does not count");
    }

    #[test]
    fn a_reason_is_read_by_its_name() {
        for reason in Reason::iter() {
            assert_eq!(Reason::read(reason.as_str()), Some(reason));
        }
        assert_eq!(Reason::read("NoSuchReason"), None);
    }

    #[test]
    fn only_a_reason_that_someone_must_resolve_stalls() {
        assert!(Reason::OrderRefused.stalls() && Reason::CredentialsRejected.stalls());
        for waits in [Reason::AccountNotFound, Reason::SecretNotFound, Reason::SecretForbidden] {
            assert!(waits.stalls(), "{waits:?}: nobody but the user or an administrator can help");
        }
        assert!(!Reason::InService.stalls() && !Reason::VlanInUse.stalls());
        assert!(!Reason::NoCapacity.stalls(), "the operator retries it every half hour");
    }
}
