//! The provider's words for the state of a connection.
//!
//! An unknown word is kept, and is never an error. What the words mean is in `standing`, not here.

use std::fmt;

use super::text::clean;

/// The longest unknown state that is kept.
const MAX_STATE: usize = 40;

macro_rules! open_states {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the variants are the provider's own words")]
        pub enum $name {
            $($variant,)+
            /// A word that this version does not know, or no word (empty).
            Other(Box<str>),
        }

        impl $name {
            /// Every word that this version knows, in the order of a connection's life.
            pub const KNOWN: &'static [Self] = &[$(Self::$variant),+];

            /// Reads a state. Letter case, spaces, hyphens and underscores do not matter: the
            /// documents write "Pending-BGP-Peering", "PENDING DELETE" and "OUTOFBANDWIDTH".
            pub fn read(text: &str) -> Self {
                let known = Self::KNOWN.iter().find(|known| is_same(known.as_str(), text));
                known.cloned().unwrap_or_else(|| Self::Other(clean(text, MAX_STATE).into()))
            }

            /// The provider's word.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$variant => $text,)+
                    Self::Other(word) => word,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

/// Whether two spellings are the same word.
fn is_same(one: &str, other: &str) -> bool {
    let mut rest = letters(other);
    letters(one).all(|a| rest.next().is_some_and(|b| a.eq_ignore_ascii_case(&b)))
        && rest.next().is_none()
}

fn letters(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|c| !matches!(c, ' ' | '-' | '_'))
}

open_states! {
    /// The state of a connection at Equinix (`status` on v3, `operation.equinixStatus` on v4).
    ///
    /// The words of all state tables, of the v3 reference's filters, and of the published v4
    /// specification, including those of its earlier versions.
    EquinixStatus {
        Draft = "DRAFT",
        PendingApproval = "PENDING_APPROVAL",
        PendingAutoApproval = "PENDING_AUTO_APPROVAL",
        Provisioning = "PROVISIONING",
        BeingProvisioned = "BEING_PROVISIONED",
        Reprovisioning = "REPROVISIONING",
        BeingReprovisioned = "BEING_REPROVISIONED",
        Created = "CREATED",
        Ordering = "ORDERING",
        Approved = "APPROVED",
        PendingBgpPeering = "PENDING_BGP_PEERING",
        PendingProviderVlan = "PENDING_PROVIDER_VLAN",
        PendingInterfaceConfiguration = "PENDING_INTERFACE_CONFIGURATION",
        PendingActivation = "PENDING_ACTIVATION",
        Provisioned = "PROVISIONED",
        PendingBandwidthApproval = "PENDING_BANDWIDTH_APPROVAL",
        UpdatePending = "UPDATE_PENDING",
        Modified = "MODIFIED",
        MigrationStarted = "MIGRATION_STARTED",
        MigrationDeprovisioned = "MIGRATION_DEPROVISIONED",
        MigrationVlanReleased = "MIGRATION_VLAN_RELEASED",
        MigrationVlanGenerated = "MIGRATION_VLAN_GENERATED",
        MigrationDeprovisionFailed = "MIGRATION_DEPROVISION_FAILED",
        MigrationVlanReleaseFailed = "MIGRATION_VLAN_RELEASE_FAILED",
        MigrationVlanGenerationFailed = "MIGRATION_VLAN_GENERATION_FAILED",
        MigrationProvisionFailed = "MIGRATION_PROVISION_FAILED",
        Rejected = "REJECTED",
        RejectedAck = "REJECTED_ACK",
        Failed = "FAILED",
        Errored = "ERRORED",
        NotProvisioned = "NOT_PROVISIONED",
        AutoApprovalFailed = "AUTO_APPROVAL_FAILED",
        PendingProviderVlanError = "PENDING_PROVIDER_VLAN_ERROR",
        PendingDelete = "PENDING_DELETE",
        Deprovisioning = "DEPROVISIONING",
        BeingDeprovisioned = "BEING_DEPROVISIONED",
        PendingDeprovisioning = "PENDING_DEPROVISIONING",
        NotDeprovisioned = "NOT_DEPROVISIONED",
        Deprovisioned = "DEPROVISIONED",
        Deleted = "DELETED",
        DeletedApi = "DELETED_API",
        Cancelled = "CANCELLED",
    }
}

open_states! {
    /// The state of a connection at the other side (`providerStatus`).
    ///
    /// Sources as of [`EquinixStatus`].
    ProviderStatus {
        NotAvailable = "NOT_AVAILABLE",
        PendingApproval = "PENDING_APPROVAL",
        Ordering = "ORDERING",
        Provisioning = "PROVISIONING",
        PendingConfiguration = "PENDING_CONFIGURATION",
        PendingBgp = "PENDING_BGP",
        Provisioned = "PROVISIONED",
        Available = "AVAILABLE",
        Active = "ACTIVE",
        None = "N/A",
        Rejected = "REJECTED",
        OutOfBandwidth = "OUT_OF_BANDWIDTH",
        Failed = "FAILED",
        Error = "ERROR",
        Errored = "ERRORED",
        NotProvisioned = "NOT_PROVISIONED",
        PendingDelete = "PENDING_DELETE",
        Deprovisioning = "DEPROVISIONING",
        Deleting = "DELETING",
        Deprovisioned = "DEPROVISIONED",
        Deleted = "DELETED",
    }
}

open_states! {
    /// Whether the data plane of a connection works (`operation.operationalStatus` of v4).
    OperationalStatus {
        Up = "UP",
        Down = "DOWN",
    }
}

/// Which connection of a redundant pair; a single one is its primary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display)]
#[strum(serialize_all = "lowercase")]
pub enum Leg {
    /// The first connection.
    Primary,
    /// The redundant connection.
    Secondary,
}

impl Leg {
    /// Both, in their order.
    pub const BOTH: [Self; 2] = [Self::Primary, Self::Secondary];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_kept_as_they_are_and_short() {
        assert_eq!(EquinixStatus::read("HALF_PROVISIONED").as_str(), "HALF_PROVISIONED");
        assert_eq!(EquinixStatus::read("").as_str(), "");
        for long in ["X".repeat(500), format!("PROVISIONED{}", "X".repeat(500))] {
            let read = EquinixStatus::read(&long);
            assert_eq!(read.as_str().chars().count(), MAX_STATE);
            assert!(read.as_str().ends_with('…'), "{read} was cut");
        }
    }

    #[test]
    fn spellings_of_the_documents() {
        assert_eq!(EquinixStatus::read("Pending-BGP-Peering"), EquinixStatus::PendingBgpPeering);
        assert_eq!(ProviderStatus::read("Not available"), ProviderStatus::NotAvailable);
        assert_eq!(ProviderStatus::read("PENDING DELETE"), ProviderStatus::PendingDelete);
        assert_eq!(ProviderStatus::read("OUTOFBANDWIDTH"), ProviderStatus::OutOfBandwidth);
        assert_eq!(ProviderStatus::read("NOTPROVISIONED"), ProviderStatus::NotProvisioned);
        assert_eq!(ProviderStatus::read("N/A"), ProviderStatus::None);
    }

    #[test]
    fn known_words_are_read_as_themselves() {
        for word in EquinixStatus::KNOWN {
            assert_eq!(EquinixStatus::read(word.as_str()), *word);
        }
        for word in ProviderStatus::KNOWN {
            assert_eq!(ProviderStatus::read(word.as_str()), *word);
        }
    }
}
