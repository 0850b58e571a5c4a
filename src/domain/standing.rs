//! Where a line stands: what the provider's pairs of states mean for its owner.
//!
//! The tables behind "Once the POST Connections API is successfully called, you may check the
//! status" of every flow, in one function. A state that no table has keeps the line under watch.

use super::{EquinixStatus, ProviderStatus};

/// Who is at the other end, as far as it changes what a state means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl Standing {
    const fn new(phase: Phase, waiting_for: WaitingFor, advice: &'static str) -> Self {
        Self { phase, waiting_for, advice }
    }

    #[allow(clippy::too_many_lines, reason = "it is a table, and is read as one")]
    /// Reads the tables: what (`equinix`, `provider`) means in `flow`.
    pub fn of(equinix: &EquinixStatus, provider: &ProviderStatus, flow: Flow) -> Self {
        use EquinixStatus as E;
        use Phase::{AwaitingApproval, Deleted, Deleting, Failed, Provisioning, Ready, Unknown};
        use ProviderStatus as P;
        use WaitingFor::{Equinix, Nobody, Seller, You};
        match (equinix, provider) {
            (E::Deprovisioned | E::Deleted | E::Cancelled, _) => {
                Self::new(Deleted, Nobody, "the connection is gone and no longer billed")
            }
            (E::PendingDelete, _) => Self::new(
                Deleting,
                Seller,
                "the seller has to confirm the deletion; until then the connection is active and billed",
            ),
            (E::Deprovisioning, _) => {
                Self::new(Deleting, Equinix, "the connection is being taken down")
            }
            (E::NotDeprovisioned, _) => Self::new(
                Failed,
                You,
                "taking the connection down failed and it is still billed; contact Equinix support",
            ),
            (E::Rejected | E::RejectedAck, _) | (_, P::Rejected) => Self::new(
                Failed,
                You,
                "the other side rejected the connection; delete this resource, or settle it with them and order anew",
            ),
            (
                E::Failed | E::NotProvisioned | E::AutoApprovalFailed | E::PendingProviderVlanError,
                _,
            )
            | (_, P::Failed | P::Error | P::OutOfBandwidth) => Self::new(
                Failed,
                You,
                "setting up the connection failed; see the faults, delete this resource and order anew, or contact Equinix support",
            ),
            (E::Draft, _) => Self::new(
                AwaitingApproval,
                You,
                "the order is a draft; submit it in the Equinix portal",
            ),
            (E::PendingApproval, _) => match flow {
                Flow::Invitation => Self::new(
                    AwaitingApproval,
                    WaitingFor::Provider,
                    "the invited party has not answered yet; ask them to accept the invitation",
                ),
                _ => Self::new(
                    AwaitingApproval,
                    Seller,
                    "the seller has to approve the connection; nothing moves until then",
                ),
            },
            (E::PendingAutoApproval, _) => {
                Self::new(Provisioning, Equinix, "the order waits for its automatic approval")
            }
            (E::PendingBgpPeering, _) => Self::new(
                Provisioning,
                You,
                "configure the peering of this circuit in the Azure portal; Equinix continues when it sees it",
            ),
            (E::PendingProviderVlan, _) => {
                Self::new(Provisioning, WaitingFor::Provider, "the other side has to assign a VLAN")
            }
            (E::PendingInterfaceConfiguration, _) => Self::new(
                Provisioning,
                You,
                "configure the interface of the connection in the Equinix portal",
            ),
            (E::Provisioning, P::NotAvailable | P::None) | (E::Provisioned, P::NotAvailable) => {
                Self::new(
                    Provisioning,
                    Equinix,
                    "the order has not been sent to the other side yet",
                )
            }
            (E::Provisioning, _) => {
                Self::new(Provisioning, Equinix, "Equinix is setting the connection up")
            }
            (E::Provisioned, P::Provisioned | P::Available | P::None) => {
                Self::new(Ready, Nobody, "the connection is in service")
            }
            (E::Provisioned, P::PendingApproval | P::Ordering) => Self::awaiting_acceptance(flow),
            (E::Provisioned, P::Provisioning | P::PendingConfiguration | P::PendingBgp) => {
                Self::being_set_up(flow)
            }
            (
                E::Provisioned,
                P::Deprovisioning | P::Deleting | P::PendingDelete | P::Deprovisioned,
            ) => Self::new(
                Failed,
                You,
                "the other side has taken the connection down; delete this resource to stop the billing",
            ),
            (E::Provisioned, P::Other(_)) | (E::Other(_), _) => Self::new(
                Unknown,
                Equinix,
                "this version does not know the state; the connection stays under watch",
            ),
        }
    }

    fn awaiting_acceptance(flow: Flow) -> Self {
        match flow {
            Flow::Aws => Self::new(
                Phase::AwaitingApproval,
                WaitingFor::You,
                "accept the hosted connection in the AWS Direct Connect console",
            ),
            Flow::Google => Self::new(
                Phase::AwaitingApproval,
                WaitingFor::Provider,
                "Google has the order and has to accept it; activate the attachment in the Google console when it asks for it",
            ),
            Flow::Azure
            | Flow::Oracle
            | Flow::Seller
            | Flow::Own
            | Flow::Token
            | Flow::Invitation => Self::new(
                Phase::AwaitingApproval,
                WaitingFor::Provider,
                "the other side has the order and has to accept it",
            ),
        }
    }

    fn being_set_up(flow: Flow) -> Self {
        match flow {
            Flow::Google => Self::new(
                Phase::Provisioning,
                WaitingFor::You,
                "activate the attachment and configure BGP in the Google console",
            ),
            Flow::Azure => Self::new(
                Phase::Provisioning,
                WaitingFor::You,
                "configure the peering of this circuit in the Azure portal",
            ),
            Flow::Aws
            | Flow::Oracle
            | Flow::Seller
            | Flow::Own
            | Flow::Token
            | Flow::Invitation => Self::new(
                Phase::Provisioning,
                WaitingFor::Provider,
                "the other side is setting the connection up",
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standing(equinix: &str, provider: &str, flow: Flow) -> (Phase, WaitingFor) {
        let it = Standing::of(&EquinixStatus::read(equinix), &ProviderStatus::read(provider), flow);
        (it.phase, it.waiting_for)
    }

    #[test]
    fn aws_is_ready_only_after_the_buyer_accepted() {
        // Table "Equinix States under /ecx/v3/l2/connections/{connId}" of "Connect to AWS".
        for (equinix, provider, phase, waiting) in [
            ("PROVISIONING", "NOT_AVAILABLE", Phase::Provisioning, WaitingFor::Equinix),
            ("PROVISIONED", "PENDING_APPROVAL", Phase::AwaitingApproval, WaitingFor::You),
            ("PROVISIONED", "PROVISIONING", Phase::Provisioning, WaitingFor::Provider),
            ("PROVISIONED", "PROVISIONED", Phase::Ready, WaitingFor::Nobody),
            ("DEPROVISIONING", "DEPROVISIONING", Phase::Deleting, WaitingFor::Equinix),
            ("DEPROVISIONED", "DEPROVISIONED", Phase::Deleted, WaitingFor::Nobody),
        ] {
            assert_eq!(
                standing(equinix, provider, Flow::Aws),
                (phase, waiting),
                "{equinix}/{provider}"
            );
        }
    }

    #[test]
    fn invitations_follow_their_table() {
        // The table that closes "Connect by Invitation", and its sample answer.
        for (equinix, provider, phase) in [
            ("PENDING_APPROVAL", "NOT_AVAILABLE", Phase::AwaitingApproval),
            ("PROVISIONING", "NOT_AVAILABLE", Phase::Provisioning),
            ("PROVISIONED", "PROVISIONING", Phase::Provisioning),
            ("PROVISIONED", "PROVISIONED", Phase::Ready),
        ] {
            assert_eq!(
                standing(equinix, provider, Flow::Invitation).0,
                phase,
                "{equinix}/{provider}"
            );
        }
    }

    #[test]
    fn unknown_states_stay_under_watch() {
        assert_eq!(standing("HALF_PROVISIONED", "AVAILABLE", Flow::Aws).0, Phase::Unknown);
        assert_eq!(standing("", "", Flow::Aws).0, Phase::Unknown);
    }
}
