//! How lines live: the state tables of all flows, and who has to act before a line moves on.
//!
//! The tables are those that close each flow's chapter ("Once the POST Connections API is
//! successfully called, you may check the status", and the deletion tables after them; for
//! invitations the table at the end of the invitation document). Nothing here knows how a state is
//! printed or asked for, nor how a line walks its tables.

use fabric_domain::{EquinixStatus as E, Flow, ProviderStatus as P};

use super::ledger::ApiDialect;

/// How a stage ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// By itself, after a while.
    Automatic,
    /// When somebody outside acts.
    OnDecision,
    /// Never.
    Final,
}

/// One row of a table.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) equinix: E,
    pub(crate) provider: P,
    pub(crate) exit: Exit,
    /// What v3 says of it, where its table has another pair.
    on_v3: Option<(E, P)>,
}

impl Stage {
    /// The pair as a face shows it: at Equinix, at the other side.
    pub(crate) fn shown_on(&self, dialect: ApiDialect) -> (&E, &P) {
        match (dialect, &self.on_v3) {
            (ApiDialect::V3, Some((equinix, provider))) => (equinix, provider),
            (ApiDialect::V3, None) | (ApiDialect::V4, _) => (&self.equinix, &self.provider),
        }
    }
}

const fn automatic(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, exit: Exit::Automatic, on_v3: None }
}

/// The same, where v3 has another pair.
const fn automatic_unlike_v3(equinix: E, provider: P, v3_equinix: E, v3_provider: P) -> Stage {
    Stage { equinix, provider, exit: Exit::Automatic, on_v3: Some((v3_equinix, v3_provider)) }
}

const fn on_decision(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, exit: Exit::OnDecision, on_v3: None }
}

const fn last(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, exit: Exit::Final, on_v3: None }
}

static AWS: [Stage; 4] = [
    automatic(E::Provisioning, P::NotAvailable),
    on_decision(E::Provisioned, P::PendingApproval),
    automatic(E::Provisioned, P::Provisioning),
    last(E::Provisioned, P::Provisioned),
];
static AZURE: [Stage; 4] = [
    automatic(E::Provisioning, P::NotAvailable),
    on_decision(E::PendingBgpPeering, P::PendingBgp),
    automatic(E::Provisioning, P::Provisioned),
    last(E::Provisioned, P::Provisioned),
];
// The rows of Google are those of AWS; that the buyer has more to do while the second one is
// provisioning does not show in the states.
static ORACLE: [Stage; 3] = [
    automatic(E::Provisioning, P::NotAvailable),
    on_decision(E::Provisioned, P::Provisioning),
    last(E::Provisioned, P::Provisioned),
];
static SELLER: [Stage; 3] = [
    on_decision(E::PendingApproval, P::NotAvailable),
    automatic(E::Provisioning, P::NotAvailable),
    last(E::Provisioned, P::Available),
];
static OWN: [Stage; 3] = [
    automatic(E::PendingAutoApproval, P::NotAvailable),
    automatic(E::Provisioning, P::NotAvailable),
    last(E::Provisioned, P::Available),
];
// The service-token document has no table: the sample answer is the first row, and what every
// other table ends with is the last.
static TOKEN: [Stage; 2] =
    [automatic(E::Provisioning, P::NotAvailable), last(E::Provisioned, P::Provisioned)];
static INVITATION: [Stage; 4] = [
    on_decision(E::PendingApproval, P::NotAvailable),
    automatic(E::Provisioning, P::NotAvailable),
    automatic(E::Provisioned, P::Provisioning),
    last(E::Provisioned, P::Provisioned),
];
static CLOUD_DELETION: [Stage; 2] =
    [automatic(E::Deprovisioning, P::Deprovisioning), last(E::Deprovisioned, P::Deprovisioned)];
// On v4, Oracle's lines stay up for a while after their deletion has been accepted.
static ORACLE_DELETION: [Stage; 3] = [
    automatic_unlike_v3(E::Provisioned, P::Provisioned, E::Deprovisioning, P::Deprovisioning),
    automatic(E::Deprovisioning, P::Deprovisioning),
    last(E::Deprovisioned, P::Deprovisioned),
];
static AZURE_DELETION: [Stage; 2] =
    [automatic(E::Deprovisioning, P::Provisioned), last(E::Deprovisioned, P::Deprovisioned)];
static SELLER_DELETION: [Stage; 3] = [
    on_decision(E::PendingDelete, P::Available),
    automatic(E::Deprovisioning, P::Available),
    last(E::Deprovisioned, P::NotAvailable),
];
static OWN_DELETION: [Stage; 2] =
    [automatic(E::Deprovisioning, P::Available), last(E::Deprovisioned, P::NotAvailable)];
static UNAPPROVED_DELETION: [Stage; 2] =
    [automatic(E::Deprovisioning, P::NotAvailable), last(E::Deprovisioned, P::NotAvailable)];
// The table of deletions has one row on v3 for "in progress" and for "the seller has rejected the
// request". After it the line is what it was.
static REFUSED_DELETION: [Stage; 2] = [
    automatic_unlike_v3(E::Provisioned, P::Available, E::Deprovisioning, P::Available),
    last(E::Provisioned, P::Available),
];
static REJECTED: [Stage; 1] = [last(E::Rejected, P::NotAvailable)];
static ACKNOWLEDGED: [Stage; 1] = [last(E::RejectedAck, P::NotAvailable)];
static FAILED: [Stage; 1] = [last(E::NotProvisioned, P::Failed)];

/// Which of its tables a line is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateTable {
    /// Being set up, or in service.
    Creation,
    /// The seller has said no.
    Rejected,
    /// The seller has said no, and the buyer has taken note.
    Acknowledged,
    /// It could not be set up.
    Failed,
    /// Being deleted, or gone.
    Deletion,
    /// The same, but nobody had approved it: then nobody is asked.
    UnapprovedDeletion,
    /// Its deletion has been refused.
    RefusedDeletion,
}

/// Returns the rows of a flow's table.
pub(crate) fn rows(flow: Flow, table: StateTable) -> &'static [Stage] {
    match table {
        StateTable::Creation => creation(flow),
        StateTable::Deletion => deletion(flow),
        StateTable::UnapprovedDeletion => &UNAPPROVED_DELETION,
        StateTable::Rejected => &REJECTED,
        StateTable::Acknowledged => &ACKNOWLEDGED,
        StateTable::Failed => &FAILED,
        StateTable::RefusedDeletion => &REFUSED_DELETION,
    }
}

fn creation(flow: Flow) -> &'static [Stage] {
    match flow {
        Flow::Aws | Flow::Google => &AWS,
        Flow::Azure => &AZURE,
        Flow::Oracle => &ORACLE,
        Flow::Seller => &SELLER,
        Flow::Own => &OWN,
        Flow::Token => &TOKEN,
        Flow::Invitation => &INVITATION,
    }
}

fn deletion(flow: Flow) -> &'static [Stage] {
    match flow {
        Flow::Aws | Flow::Google | Flow::Token | Flow::Invitation => &CLOUD_DELETION,
        Flow::Oracle => &ORACLE_DELETION,
        Flow::Azure => &AZURE_DELETION,
        Flow::Seller => &SELLER_DELETION,
        Flow::Own => &OWN_DELETION,
    }
}
