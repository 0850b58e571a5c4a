//! The provider's words for where a line stands.
//!
//! A word that is not known is kept as it is; it is never an error. What the words mean is said in
//! `standing`.

use std::fmt;

use super::text::clean;

/// The longest unknown state that is kept.
const MAX_STATE: usize = 40;

macro_rules! open_states {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:literal $(| $alias:literal)*),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash)]
        #[allow(missing_docs, reason = "the variants are the provider's own words")]
        pub enum $name {
            $($variant,)+
            /// A word that this version does not know, or none at all (empty).
            Other(Box<str>),
        }

        impl $name {
            /// Reads a state; spaces and hyphens count as underscores, letter case does not count
            /// (the documents write "Pending-BGP-Peering", "PENDING DELETE", "Not available").
            pub fn read(text: &str) -> Self {
                let word: String = text
                    .trim()
                    .chars()
                    .take(MAX_STATE)
                    .map(|c| match c { ' ' | '-' => '_', c => c.to_ascii_uppercase() })
                    .collect();
                match word.as_str() {
                    $($text $(| $alias)* => Self::$variant,)+
                    _ => Self::Other(clean(text, MAX_STATE).into()),
                }
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

open_states! {
    /// Where a line stands at Equinix (`status` on v3, `operation.equinixStatus` on v4).
    EquinixStatus {
        PendingApproval = "PENDING_APPROVAL",
        PendingAutoApproval = "PENDING_AUTO_APPROVAL",
        AutoApprovalFailed = "AUTO_APPROVAL_FAILED",
        Provisioning = "PROVISIONING" | "REPROVISIONING" | "ORDERING" | "APPROVED",
        PendingBgpPeering = "PENDING_BGP_PEERING",
        PendingProviderVlan = "PENDING_PROVIDER_VLAN",
        PendingProviderVlanError = "PENDING_PROVIDER_VLAN_ERROR",
        PendingInterfaceConfiguration = "PENDING_INTERFACE_CONFIGURATION",
        Provisioned = "PROVISIONED",
        NotProvisioned = "NOT_PROVISIONED",
        Failed = "FAILED",
        Rejected = "REJECTED",
        RejectedAck = "REJECTED_ACK",
        Draft = "DRAFT",
        PendingDelete = "PENDING_DELETE",
        Deprovisioning = "DEPROVISIONING" | "PENDING_DEPROVISIONING",
        NotDeprovisioned = "NOT_DEPROVISIONED",
        Deprovisioned = "DEPROVISIONED",
        Deleted = "DELETED",
        Cancelled = "CANCELLED",
    }
}

open_states! {
    /// Where a line stands at the other side (`providerStatus`).
    ProviderStatus {
        NotAvailable = "NOT_AVAILABLE",
        PendingApproval = "PENDING_APPROVAL",
        PendingConfiguration = "PENDING_CONFIGURATION",
        PendingBgp = "PENDING_BGP" | "PENDING_BGP_PEERING",
        Ordering = "ORDERING",
        Provisioning = "PROVISIONING",
        Provisioned = "PROVISIONED",
        Available = "AVAILABLE",
        None = "N/A",
        Rejected = "REJECTED",
        Failed = "FAILED",
        Error = "ERROR" | "ERRORED",
        OutOfBandwidth = "OUTOFBANDWIDTH" | "OUT_OF_BANDWIDTH",
        Deprovisioning = "DEPROVISIONING",
        Deleting = "DELETING",
        PendingDelete = "PENDING_DELETE",
        Deprovisioned = "DEPROVISIONED",
    }
}

/// A line's part in a redundancy group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Priority {
    /// The first line.
    Primary,
    /// Its stand-in.
    Secondary,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_words_are_kept_as_they_are_and_short() {
        assert_eq!(EquinixStatus::read("HALF_PROVISIONED").as_str(), "HALF_PROVISIONED");
        assert_eq!(EquinixStatus::read(&"X".repeat(500)).as_str().len(), MAX_STATE);
    }

    #[test]
    fn spellings_of_the_documents() {
        assert_eq!(EquinixStatus::read("Pending-BGP-Peering"), EquinixStatus::PendingBgpPeering);
        assert_eq!(ProviderStatus::read("Not available"), ProviderStatus::NotAvailable);
        assert_eq!(ProviderStatus::read("PENDING DELETE"), ProviderStatus::PendingDelete);
        assert_eq!(ProviderStatus::read("N/A"), ProviderStatus::None);
    }
}
