//! The state tables of all flows: the pairs of states that connections go through, and what ends
//! each.
//!
//! They are the tables at the end of each flow's chapter ("Once the POST Connections API is
//! successfully called, you may check the status", and the deletion tables after them; for
//! invitations the table at the end of the invitation document). How a connection moves through a
//! table is in `lifecycle`; how a state is printed is for each API.

use fabric_domain::{EquinixStatus as E, Flow, ProviderStatus as P};

use super::ledger::ApiDialect;

/// What ends a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Time: it ends automatically.
    Automatic,
    /// A decision by the buyer, the seller or the invited party.
    OnDecision,
    /// Nothing.
    Final,
}

/// One row of a table.
#[derive(Debug)]
pub(crate) struct Stage {
    pub(crate) equinix: E,
    pub(crate) provider: P,
    pub(crate) exit: Exit,
    /// The pair of the v3 table, where it differs.
    on_v3: Option<(E, P)>,
}

impl Stage {
    /// The pair that an API prints: the states at Equinix and at the provider.
    pub(crate) fn pair_on(&self, dialect: ApiDialect) -> (&E, &P) {
        match (dialect, &self.on_v3) {
            (ApiDialect::V3, Some((equinix, provider))) => (equinix, provider),
            (ApiDialect::V3, None) | (ApiDialect::V4, _) => (&self.equinix, &self.provider),
        }
    }
}

const fn automatic(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, exit: Exit::Automatic, on_v3: None }
}

/// The same, where v3 prints another pair.
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
// Google's rows are those of AWS. The buyer has more to do at Google, but the states do not show
// it.
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
// The service-token document has no table: the first row is the sample response, the last one is
// that of every other table.
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
// On v4, Oracle's connections keep their states for a while after their deletion was accepted.
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
// On v3, the table of deletions has one row for both "in progress" and "the seller has rejected the
// request". After it, the connection is in service again.
static REFUSED_DELETION: [Stage; 2] = [
    automatic_unlike_v3(E::Provisioned, P::Available, E::Deprovisioning, P::Available),
    last(E::Provisioned, P::Available),
];
static REJECTED: [Stage; 1] = [last(E::Rejected, P::NotAvailable)];
static ACKNOWLEDGED: [Stage; 1] = [last(E::RejectedAck, P::NotAvailable)];
static FAILED: [Stage; 1] = [last(E::NotProvisioned, P::Failed)];

/// One of the tables of a flow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StateTable {
    /// Provisioning, up to being in service.
    Creation,
    /// The seller has rejected it.
    Rejected,
    /// The seller has rejected it, and the buyer has acknowledged that.
    Acknowledged,
    /// Provisioning failed.
    Failed,
    /// Deprovisioning, up to being deprovisioned.
    Deletion,
    /// The same for a connection that was never approved, which needs no consent.
    UnapprovedDeletion,
    /// The seller has rejected the deletion.
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
