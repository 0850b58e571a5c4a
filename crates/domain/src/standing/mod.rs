//! What the provider's pairs of states mean for the owner of a connection.
//!
//! The types of the result are here, the table itself is in `table`. Nothing here knows the wire
//! formats.

use std::time::Duration;

mod table;

/// The kind of Z side, where it affects the meaning of a state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, strum::EnumIter)]
pub enum Flow {
    /// AWS Direct Connect.
    Aws,
    /// Azure `ExpressRoute`.
    Azure,
    /// Google Cloud Interconnect.
    Google,
    /// Oracle `FastConnect`, the government cloud included.
    Oracle,
    /// Another seller's service profile.
    Seller,
    /// Another port of the account.
    Own,
    /// A service token.
    Token,
    /// An invitation.
    Invitation,
}

impl Flow {
    /// The flow of a service profile, by its name: profiles have no other property that shows it.
    pub fn of_profile(name: &str) -> Self {
        let name = name.to_ascii_lowercase();
        let says = |words: &[&str]| words.iter().any(|word| name.contains(word));
        if says(&["aws", "amazon"]) {
            Self::Aws
        } else if says(&["azure", "expressroute", "express route"]) {
            Self::Azure
        } else if says(&["google"]) {
            Self::Google
        } else if says(&["oracle", "oci-"]) {
            Self::Oracle
        } else {
            Self::Seller
        }
    }
}

/// The phase of a connection in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
pub enum Phase {
    /// Not ordered yet.
    Pending,
    /// Being ordered; the answer has not arrived.
    Ordering,
    /// Another party has to approve or accept it.
    AwaitingApproval,
    /// Being set up.
    Provisioning,
    /// In service.
    Ready,
    /// Being taken down.
    Deleting,
    /// Taken down.
    Deleted,
    /// It failed; someone has to act.
    Failed,
    /// In a state that this version does not know.
    Unknown,
}

impl Phase {
    /// How long a connection is usually in this phase at most; `None` for a phase that may last.
    ///
    /// Hours where machines work, a week where people decide. An order whose answer was lost is proven
    /// absent after six hours at the latest.
    pub fn usual(self) -> Option<Duration> {
        const HOUR: u64 = 3600;
        let hours = match self {
            Self::Ordering | Self::Provisioning | Self::Deleting => 6,
            Self::Pending | Self::Unknown => 24,
            Self::AwaitingApproval => 7 * 24,
            // Of a failure, the condition Stalled says more.
            Self::Ready | Self::Deleted | Self::Failed => return None,
        };
        Some(Duration::from_secs(hours * HOUR))
    }
}

/// The party that has to act next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
pub enum WaitingFor {
    /// No one: nothing is left to do.
    Nobody,
    /// Equinix, which goes on by itself.
    Equinix,
    /// The cloud or partner on the Z side.
    Provider,
    /// The seller, who has to approve.
    Seller,
    /// The owner of the resource.
    You,
}

/// What a pair of states means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// The phase.
    pub phase: Phase,
    /// The party that has to act next.
    pub waiting_for: WaitingFor,
    /// What the states mean and what the owner can do, as a clause of the condition's message.
    pub advice: &'static str,
}
