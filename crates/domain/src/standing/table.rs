//! The table of states: one function from a pair of states and a flow to what it means.
//!
//! The tables behind "Once the POST Connections API is successfully called, you may check the
//! status" of every flow, the deletion tables after them, and the words of the published v4
//! specification. The operator keeps observing a connection in a state that none of them has.

use super::{
    Flow,
    Phase::{self, AwaitingApproval, Deleted, Deleting, Failed, Provisioning, Ready, Unknown},
    Standing,
    WaitingFor::{self, Equinix, Nobody, Provider, Seller, You},
};
use crate::{EquinixStatus as E, ProviderStatus as P};

const REJECTED: Standing = Standing::new(
    Failed,
    You,
    "the other side rejected the connection; delete this resource, or settle it with them and order anew",
);
const NO_BANDWIDTH: Standing = Standing::new(
    Failed,
    You,
    "the other side has no bandwidth left for the connection; ask them for more, or delete this resource and order less",
);
const FAILED: Standing = Standing::new(
    Failed,
    You,
    "setting up the connection failed; see status.providerFaults, delete this resource and order anew, or contact Equinix support",
);
const UNSENT: Standing = Standing::new(
    Provisioning,
    Equinix,
    "the order has not been sent to the other side yet; nothing to do",
);
const IN_SERVICE: Standing = Standing::new(Ready, Nobody, "the connection is in service");
const UNKNOWN: Standing = Standing::new(
    Unknown,
    Equinix,
    "this version does not know the state; the operator keeps observing the connection",
);

impl Standing {
    const fn new(phase: Phase, waiting_for: WaitingFor, advice: &'static str) -> Self {
        Self { phase, waiting_for, advice }
    }

    #[allow(clippy::too_many_lines, reason = "it is a table, and is read as one")]
    /// Looks up what the pair (`equinix`, `provider`) means in `flow`.
    pub fn of(equinix: &E, provider: &P, flow: Flow) -> Self {
        let said = Said::by(provider);
        let unless_refused =
            |phase, waiting_for, advice| said.no().unwrap_or(Self::new(phase, waiting_for, advice));
        match equinix {
            E::Draft => unless_refused(
                AwaitingApproval,
                You,
                "the order is a draft; submit it in the Equinix portal",
            ),
            E::PendingApproval => said.no().unwrap_or(awaiting_approval(flow)),
            E::PendingAutoApproval => unless_refused(
                Provisioning,
                Equinix,
                "the order waits for its automatic approval; nothing to do",
            ),
            E::Provisioning
            | E::BeingProvisioned
            | E::Reprovisioning
            | E::BeingReprovisioned
            | E::Created
            | E::Ordering
            | E::Approved => provisioning(said, flow),
            E::PendingBgpPeering => said.no().unwrap_or(configure(flow)),
            E::PendingProviderVlan => unless_refused(
                Provisioning,
                Provider,
                "the other side has to assign a VLAN; ask them if it takes long",
            ),
            E::PendingInterfaceConfiguration => unless_refused(
                Provisioning,
                You,
                "configure the interface of the connection in the Equinix portal",
            ),
            E::PendingActivation => unless_refused(
                Provisioning,
                You,
                "the connection waits to be activated; activate it at the other side",
            ),
            E::Provisioned => provisioned(said, flow),
            E::PendingBandwidthApproval => unless_refused(
                AwaitingApproval,
                Seller,
                "the seller has to approve the new bandwidth, and the old one holds until then; ask them if it takes long",
            ),
            E::UpdatePending | E::Modified => unless_refused(
                Provisioning,
                Equinix,
                "Equinix is changing the connection; nothing to do",
            ),
            E::MigrationStarted
            | E::MigrationDeprovisioned
            | E::MigrationVlanReleased
            | E::MigrationVlanGenerated => unless_refused(
                Provisioning,
                Equinix,
                "Equinix is moving the connection to another port; nothing to do",
            ),
            E::MigrationDeprovisionFailed
            | E::MigrationVlanReleaseFailed
            | E::MigrationVlanGenerationFailed
            | E::MigrationProvisionFailed => Self::new(
                Failed,
                You,
                "moving the connection to another port failed; contact Equinix support",
            ),
            E::Rejected | E::RejectedAck => REJECTED,
            E::Failed
            | E::Errored
            | E::NotProvisioned
            | E::AutoApprovalFailed
            | E::PendingProviderVlanError => said.no().unwrap_or(FAILED),
            E::PendingDelete => Self::new(
                Deleting,
                Seller,
                "the seller has to confirm the deletion, and the connection is active and billed until then; ask them if it takes long",
            ),
            E::Deprovisioning | E::BeingDeprovisioned | E::PendingDeprovisioning => {
                going_down(provider, flow)
            }
            E::NotDeprovisioned => Self::new(
                Failed,
                You,
                "taking the connection down failed and it is still billed; contact Equinix support",
            ),
            E::Deprovisioned | E::Deleted | E::DeletedApi | E::Cancelled => {
                Self::new(Deleted, Nobody, "the connection is gone and no longer billed")
            }
            E::Other(_) => UNKNOWN,
        }
    }
}

/// What the word of the other side amounts to.
#[derive(Debug, Clone, Copy)]
enum Said {
    /// It has reported nothing yet.
    Nothing,
    /// There is no other side.
    NoOne,
    /// It has the order and waits for acceptance.
    Asked,
    /// It goes on by itself.
    Working,
    /// Peering or an interface has to be configured.
    Configure,
    /// Done.
    Yes,
    /// It failed.
    No(Standing),
    /// It is taking its side down.
    Down,
    /// A word that this version does not know.
    Unknown,
}

impl Said {
    fn by(provider: &P) -> Self {
        match provider {
            P::NotAvailable => Self::Nothing,
            P::None => Self::NoOne,
            P::PendingApproval | P::Ordering => Self::Asked,
            P::Provisioning => Self::Working,
            P::PendingConfiguration | P::PendingBgp => Self::Configure,
            P::Provisioned | P::Available | P::Active => Self::Yes,
            P::Rejected => Self::No(REJECTED),
            P::OutOfBandwidth => Self::No(NO_BANDWIDTH),
            P::NotProvisioned | P::Failed | P::Error | P::Errored => Self::No(FAILED),
            P::PendingDelete | P::Deprovisioning | P::Deleting | P::Deprovisioned | P::Deleted => {
                Self::Down
            }
            P::Other(_) => Self::Unknown,
        }
    }

    fn no(self) -> Option<Standing> {
        match self {
            Self::No(why) => Some(why),
            Self::Nothing
            | Self::NoOne
            | Self::Asked
            | Self::Working
            | Self::Configure
            | Self::Yes
            | Self::Down
            | Self::Unknown => None,
        }
    }
}

/// Equinix has set up its side.
fn provisioned(said: Said, flow: Flow) -> Standing {
    match (said, flow) {
        // Between two ports of one account there is no other party.
        (Said::Yes | Said::NoOne, _) | (Said::Nothing, Flow::Own) => IN_SERVICE,
        (Said::Nothing, _) => Standing::new(
            Provisioning,
            Equinix,
            "Equinix has set up its side and nothing is known of the other side yet; nothing to do",
        ),
        (Said::Asked, _) => awaiting_acceptance(flow),
        // Oracle's table: "Connection awaits for acceptance. Connection establishment in progress."
        (Said::Working, Flow::Oracle) => Standing::new(
            AwaitingApproval,
            Provider,
            "Oracle has the order, and accepts it and sets it up; nothing to do",
        ),
        // Google's table: "Activation needed -> BGP Configuration needed".
        (Said::Working, Flow::Google) | (Said::Configure, _) => configure(flow),
        (Said::Working, _) => Standing::new(
            Provisioning,
            Provider,
            "the other side is setting the connection up; nothing to do",
        ),
        (Said::No(why), _) => why,
        (Said::Down, _) => Standing::new(
            Failed,
            You,
            "the other side takes the connection down, or has done so; delete this resource to stop the billing",
        ),
        (Said::Unknown, _) => UNKNOWN,
    }
}

/// Equinix is still setting the connection up.
fn provisioning(said: Said, flow: Flow) -> Standing {
    match said {
        Said::Nothing | Said::NoOne => UNSENT,
        Said::Asked => awaiting_acceptance(flow),
        Said::Configure => configure(flow),
        Said::Yes => Standing::new(
            Provisioning,
            Equinix,
            "the other side is done and Equinix is still setting the connection up; nothing to do",
        ),
        Said::No(why) => why,
        Said::Working | Said::Down | Said::Unknown => Standing::new(
            Provisioning,
            Equinix,
            "Equinix is setting the connection up; nothing to do",
        ),
    }
}

/// The other side has the order and has not accepted it.
fn awaiting_acceptance(flow: Flow) -> Standing {
    match flow {
        Flow::Aws => Standing::new(
            AwaitingApproval,
            You,
            "accept the hosted connection in the AWS Direct Connect console, or with a ConnectionApproval",
        ),
        Flow::Google => Standing::new(
            AwaitingApproval,
            Provider,
            "Google has the order and has to accept it; activate the attachment in the Google console when it asks for it",
        ),
        Flow::Azure | Flow::Oracle | Flow::Seller | Flow::Own | Flow::Token | Flow::Invitation => {
            Standing::new(
                AwaitingApproval,
                Provider,
                "the other side has the order and has to accept it; ask them if it takes long",
            )
        }
    }
}

/// The buyer has to configure the Z side.
fn configure(flow: Flow) -> Standing {
    let advice = match flow {
        Flow::Azure => {
            "configure the peering of this circuit in the Azure portal; Equinix goes on when it sees it"
        }
        Flow::Google => "activate the attachment and configure BGP in the Google console",
        Flow::Aws | Flow::Oracle | Flow::Seller | Flow::Own | Flow::Token | Flow::Invitation => {
            "configure the connection at the other side, BGP above all"
        }
    };
    Standing::new(Provisioning, You, advice)
}

/// Another party has to approve the order.
fn awaiting_approval(flow: Flow) -> Standing {
    let (waiting_for, advice) = match flow {
        Flow::Invitation => {
            (Provider, "the invited party has not answered yet; ask them to accept the invitation")
        }
        Flow::Token => (
            Provider,
            "the issuer of the service token has to approve the connection; ask them if it takes long",
        ),
        Flow::Own => (
            You,
            "the connection has to be approved, and both ends are yours; approve it in the Equinix portal",
        ),
        Flow::Aws | Flow::Azure | Flow::Google | Flow::Oracle | Flow::Seller => (
            Seller,
            "the seller has to approve the connection and nothing moves until then; ask them if it takes long",
        ),
    };
    Standing::new(AwaitingApproval, waiting_for, advice)
}

/// Equinix is taking the connection down.
fn going_down(provider: &P, flow: Flow) -> Standing {
    let advice = match (provider, flow) {
        // "Connect to Enterprise" gives one pair for these two outcomes.
        (P::Available, Flow::Seller) => {
            "the connection is being taken down, or the seller refused the deletion: the states do not show which; it is billed until it is gone, so ask the seller if it stays like this"
        }
        (_, _) => "the connection is being taken down and billed until it is gone; nothing to do",
    };
    Standing::new(Deleting, Equinix, advice)
}
