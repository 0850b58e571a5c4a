//! From what a pass over an account has found to its status.
//!
//! Pure: it writes nothing, and looks nothing up.

use jiff::Timestamp;

use fabric_api::{FabricAccount, FabricAccountStatus, Reason, RejectedCredentials, TenantConflict};

use crate::reconcile::{
    conditions::{Conditions, Progress, Summary},
    problem::Problem,
};

/// How many conflicts status lists.
const CONFLICTS: usize = 32;

/// Whether the account could sign in, with this version of its Secret.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AccountReport {
    signed_in: Result<(), Problem>,
    secret_version: Option<String>,
    /// What resources of the account run into, by resource; `None` leaves in status what is there.
    conflicts: Option<Vec<(String, String)>>,
}

impl From<&AccountReport> for &'static str {
    fn from(report: &AccountReport) -> Self {
        if report.signed_in.is_ok() { "SignedIn" } else { "NotSignedIn" }
    }
}

impl AccountReport {
    pub(super) fn new(signed_in: Result<(), Problem>, secret_version: Option<String>) -> Self {
        Self { signed_in, secret_version, conflicts: None }
    }

    /// The same report, with what resources of the account run into, if that is due.
    pub(super) fn with_conflicts(self, conflicts: Option<Vec<(String, String)>>) -> Self {
        Self { conflicts, ..self }
    }

    /// The status after this report.
    pub(super) fn status_after(
        &self,
        account: &FabricAccount,
        old: &FabricAccountStatus,
        now: Timestamp,
    ) -> FabricAccountStatus {
        let generation = account.metadata.generation;
        let mut status = FabricAccountStatus {
            observed_generation: generation,
            rejected_credentials: None,
            ..old.clone()
        };
        if let Some(conflicts) = &self.conflicts {
            status.conflicts = conflicts.iter().take(CONFLICTS).map(conflict).collect();
            status.conflict_count = (conflicts.len() > CONFLICTS)
                .then(|| conflicts.len().try_into().unwrap_or(u32::MAX));
        }
        let summary = match &self.signed_in {
            Ok(()) => Summary {
                progress: Progress::Done,
                ..Summary::working(Reason::SignedIn, "signed in")
            },
            Err(problem) => {
                if problem.reason == Reason::CredentialsRejected {
                    let version = self.secret_version.clone();
                    status.rejected_credentials = version.map(|secret_resource_version| {
                        RejectedCredentials { secret_resource_version }
                    });
                }
                Summary::blocked(problem)
            }
        };
        Conditions { list: &mut status.conditions, generation, now }.summarize(&summary);
        status
    }
}

fn conflict((resource, message): &(String, String)) -> TenantConflict {
    let message = message.chars().take(512).collect();
    TenantConflict { resource: resource.chars().take(384).collect(), message }
}
