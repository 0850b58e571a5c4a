//! What the owner of a resource can do about a reason, and whether anything happens before that.
//!
//! The reference page of errors and the alerts are made of it; it says nothing of one resource.

use super::Reason;

impl Reason {
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
