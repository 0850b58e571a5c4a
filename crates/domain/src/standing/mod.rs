//! Where a line stands: what the provider's pairs of states mean for its owner.
//!
//! The words of the answer are here, the table itself is in `table`. Nothing here knows how a
//! state is printed or asked for.

mod table;

/// Who is at the other end, as far as it changes what a state means.
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
    /// The flow behind a service profile, by its name: profiles carry nothing else that tells.
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

/// Where the line is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
pub enum Phase {
    /// Not ordered yet.
    Pending,
    /// Being ordered; the answer is not known yet.
    Ordering,
    /// Someone has to say yes.
    AwaitingApproval,
    /// Being set up.
    Provisioning,
    /// In service.
    Ready,
    /// Being taken down.
    Deleting,
    /// Taken down.
    Deleted,
    /// It came to nothing; someone has to act.
    Failed,
    /// In a state that this version does not know.
    Unknown,
}

/// Whose move it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, strum::IntoStaticStr, strum::EnumIter)]
pub enum WaitingFor {
    /// Nobody: all is done.
    Nobody,
    /// Equinix, which works by itself.
    Equinix,
    /// The cloud or partner at the other end.
    Provider,
    /// The seller, who has to approve.
    Seller,
    /// The owner of the resource.
    You,
}

/// What a pair of states means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Where the line is.
    pub phase: Phase,
    /// Whose move it is.
    pub waiting_for: WaitingFor,
    /// What that means and what can be done, for the condition's message.
    pub advice: &'static str,
}
