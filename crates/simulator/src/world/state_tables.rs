//! How lines live: the state tables of all flows, and who has to act before a line moves on.
//!
//! The tables are those that close each flow's chapter ("Once the POST Connections API is
//! successfully called, you may check the status", and the deletion tables after them; for
//! invitations the table at the end of the invitation document). Nothing here knows how a state is
//! printed or asked for, nor how a line walks its tables.

use fabric_domain::{EquinixStatus as E, ProviderStatus as P};

use super::ledger::Dialect;

/// Which chapter of the documents a line follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Course {
    /// AWS Direct Connect.
    Aws,
    /// Azure `ExpressRoute`.
    Azure,
    /// Google Cloud Interconnect.
    Google,
    /// Oracle `FastConnect`, the government cloud included.
    Oracle,
    /// A seller who approves by hand ("Connect to Enterprise").
    Seller,
    /// Two ports of one organisation ("Connect to Self").
    Own,
    /// A service token.
    Token,
    /// An invitation.
    Invitation,
}

/// How a stage ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// By itself, after a while.
    Alone,
    /// When somebody outside acts.
    Waits,
    /// Never.
    Stays,
}

/// One row of a table.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) equinix: E,
    pub(crate) provider: P,
    pub(crate) leaving: Leaving,
    /// What v3 says of it, where its table has another pair.
    on_v3: Option<(E, P)>,
}

impl Stage {
    /// The pair as a face shows it: at Equinix, at the other side.
    pub(crate) fn shown_on(&self, dialect: Dialect) -> (&E, &P) {
        match (dialect, &self.on_v3) {
            (Dialect::V3, Some((equinix, provider))) => (equinix, provider),
            (Dialect::V3, None) | (Dialect::V4, _) => (&self.equinix, &self.provider),
        }
    }
}

const fn alone(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Alone, on_v3: None }
}

/// The same, where v3 has another pair.
const fn alone_but(equinix: E, provider: P, v3_equinix: E, v3_provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Alone, on_v3: Some((v3_equinix, v3_provider)) }
}

const fn waits(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Waits, on_v3: None }
}

const fn stays(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Stays, on_v3: None }
}

static AWS: [Stage; 4] = [
    alone(E::Provisioning, P::NotAvailable),
    waits(E::Provisioned, P::PendingApproval),
    alone(E::Provisioned, P::Provisioning),
    stays(E::Provisioned, P::Provisioned),
];
static AZURE: [Stage; 4] = [
    alone(E::Provisioning, P::NotAvailable),
    waits(E::PendingBgpPeering, P::PendingBgp),
    alone(E::Provisioning, P::Provisioned),
    stays(E::Provisioned, P::Provisioned),
];
// The rows of Google are those of AWS; that the buyer has more to do while the second one is
// provisioning does not show in the states.
static ORACLE: [Stage; 3] = [
    alone(E::Provisioning, P::NotAvailable),
    waits(E::Provisioned, P::Provisioning),
    stays(E::Provisioned, P::Provisioned),
];
static SELLER: [Stage; 3] = [
    waits(E::PendingApproval, P::NotAvailable),
    alone(E::Provisioning, P::NotAvailable),
    stays(E::Provisioned, P::Available),
];
static OWN: [Stage; 3] = [
    alone(E::PendingAutoApproval, P::NotAvailable),
    alone(E::Provisioning, P::NotAvailable),
    stays(E::Provisioned, P::Available),
];
// The service-token document has no table: the sample answer is the first row, and what every
// other table ends with is the last.
static TOKEN: [Stage; 2] =
    [alone(E::Provisioning, P::NotAvailable), stays(E::Provisioned, P::Provisioned)];
static INVITATION: [Stage; 4] = [
    waits(E::PendingApproval, P::NotAvailable),
    alone(E::Provisioning, P::NotAvailable),
    alone(E::Provisioned, P::Provisioning),
    stays(E::Provisioned, P::Provisioned),
];
static DOWN_CLOUD: [Stage; 2] =
    [alone(E::Deprovisioning, P::Deprovisioning), stays(E::Deprovisioned, P::Deprovisioned)];
// On v4, Oracle's lines stay up for a while after their deletion has been accepted.
static DOWN_ORACLE: [Stage; 3] = [
    alone_but(E::Provisioned, P::Provisioned, E::Deprovisioning, P::Deprovisioning),
    alone(E::Deprovisioning, P::Deprovisioning),
    stays(E::Deprovisioned, P::Deprovisioned),
];
static DOWN_AZURE: [Stage; 2] =
    [alone(E::Deprovisioning, P::Provisioned), stays(E::Deprovisioned, P::Deprovisioned)];
static DOWN_SELLER: [Stage; 3] = [
    waits(E::PendingDelete, P::Available),
    alone(E::Deprovisioning, P::Available),
    stays(E::Deprovisioned, P::NotAvailable),
];
static DOWN_OWN: [Stage; 2] =
    [alone(E::Deprovisioning, P::Available), stays(E::Deprovisioned, P::NotAvailable)];
static DOWN_UNAPPROVED: [Stage; 2] =
    [alone(E::Deprovisioning, P::NotAvailable), stays(E::Deprovisioned, P::NotAvailable)];
// The table of deletions has one row on v3 for "in progress" and for "the seller has rejected the
// request". After it the line is what it was.
static KEPT: [Stage; 2] = [
    alone_but(E::Provisioned, P::Available, E::Deprovisioning, P::Available),
    stays(E::Provisioned, P::Available),
];
static REJECTED: [Stage; 1] = [stays(E::Rejected, P::NotAvailable)];
static ACKNOWLEDGED: [Stage; 1] = [stays(E::RejectedAck, P::NotAvailable)];
static FAILED: [Stage; 1] = [stays(E::NotProvisioned, P::Failed)];

/// Which of its tables a line is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// Being set up, or in service.
    Up,
    /// The seller has said no.
    Rejected,
    /// The seller has said no, and the buyer has taken note.
    Acknowledged,
    /// It could not be set up.
    Failed,
    /// Being deleted, or gone.
    Down,
    /// The same, but nobody had approved it: then nobody is asked.
    DownUnapproved,
    /// Its deletion has been refused.
    Kept,
}

impl Course {
    /// The table of a course and a way.
    pub(crate) fn table(self, way: Way) -> &'static [Stage] {
        match way {
            Way::Up => self.up(),
            Way::Down => self.down(),
            Way::DownUnapproved => &DOWN_UNAPPROVED,
            Way::Rejected => &REJECTED,
            Way::Acknowledged => &ACKNOWLEDGED,
            Way::Failed => &FAILED,
            Way::Kept => &KEPT,
        }
    }

    fn up(self) -> &'static [Stage] {
        match self {
            Self::Aws | Self::Google => &AWS,
            Self::Azure => &AZURE,
            Self::Oracle => &ORACLE,
            Self::Seller => &SELLER,
            Self::Own => &OWN,
            Self::Token => &TOKEN,
            Self::Invitation => &INVITATION,
        }
    }

    fn down(self) -> &'static [Stage] {
        match self {
            Self::Aws | Self::Google | Self::Token | Self::Invitation => &DOWN_CLOUD,
            Self::Oracle => &DOWN_ORACLE,
            Self::Azure => &DOWN_AZURE,
            Self::Seller => &DOWN_SELLER,
            Self::Own => &DOWN_OWN,
        }
    }
}
