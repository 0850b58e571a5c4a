//! From what a pass over an account has found to its status.
//!
//! Pure: it writes nothing, and looks nothing up.

use jiff::Timestamp;

use fabric_api::{FabricAccount, FabricAccountStatus, Reason, RejectedCredentials, TenantConflict};

use crate::{
    account::dependents::{Dependents, describe},
    reconcile::{
        conditions::{Conditions, Progress, Summary},
        problem::Problem,
    },
};

/// How many conflicts status lists.
const CONFLICTS: usize = 32;

/// Whether the account could sign in, and what else its administrator has to know.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct AccountReport {
    pub(super) signed_in: Result<(), Problem>,
    /// The version of the Secret that was tried.
    pub(super) secret_version: Option<String>,
    /// Whether cancellations go on with credentials that signed in before.
    pub(super) still_cancels: bool,
    /// Why the account is used for deletions only, if it is being deleted.
    pub(super) going: Option<Problem>,
    /// Whom its deletion waits for.
    pub(super) dependents: Vec<Dependents>,
    /// What resources of the account run into, by resource; `None` leaves in status what is there.
    pub(super) conflicts: Option<Vec<(String, String)>>,
}

impl From<&AccountReport> for &'static str {
    fn from(report: &AccountReport) -> Self {
        if report.signed_in.is_ok() { "SignedIn" } else { "NotSignedIn" }
    }
}

impl AccountReport {
    /// A problem is in the way.
    pub(super) fn blocked(problem: Problem) -> Self {
        Self {
            signed_in: Err(problem),
            secret_version: None,
            still_cancels: false,
            going: None,
            dependents: vec![],
            conflicts: None,
        }
    }

    /// What is in the way of using the account, in its administrator's words.
    fn obstacle(&self) -> Option<Problem> {
        let cancels = if self.still_cancels {
            "; meanwhile nothing is ordered or changed, and cancellations are sent with the credentials that signed in last, as long as the operator runs"
        } else {
            ""
        };
        let unusable = self.signed_in.as_ref().err();
        let Some(going) = &self.going else {
            return unusable.map(|problem| Problem {
                message: format!("{}{cancels}", problem.message),
                ..problem.clone()
            });
        };
        let also = unusable.map(|problem| format!("; {}", problem.message)).unwrap_or_default();
        let message = format!(
            "the account is being deleted and waits for {}: delete them, or let go of what they ordered with spec.deletionPolicy Orphan; meanwhile nothing is ordered or changed through it, and cancellations are sent{also}",
            describe(&self.dependents)
        );
        Some(Problem { message, ..going.clone() })
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
        if let Err(problem) = &self.signed_in
            && problem.reason == Reason::CredentialsRejected
        {
            let version = self.secret_version.clone();
            status.rejected_credentials = version
                .map(|secret_resource_version| RejectedCredentials { secret_resource_version });
        }
        let summary = match self.obstacle() {
            None => Summary {
                progress: Progress::Done,
                ..Summary::working(Reason::SignedIn, "signed in")
            },
            Some(problem) => Summary::blocked(&problem),
        };
        Conditions { list: &mut status.conditions, generation, now }.summarize(&summary);
        status
    }
}

fn conflict((resource, message): &(String, String)) -> TenantConflict {
    let message = message.chars().take(512).collect();
    TenantConflict { resource: resource.chars().take(384).collect(), message }
}
