//! What keeps one connection of a resource from being settled, as a report and when to look again.
//!
//! Pure.

use std::time::Duration;

use fabric_api::FabricConnection;
use fabric_domain::Connection;

use super::SEARCH;
use crate::{
    connection::{observe::ConnectionObservation, report::ConnectionReport},
    reconcile::{Next, Step, problem::Problem},
};

/// How soon a missing listing is looked for again.
const LISTING: Duration = Duration::from_secs(60);

/// What keeps one connection of a resource from being settled, whatever the state of the other.
pub(super) struct Pending {
    pub(super) report: ConnectionReport,
    pub(super) next: Next,
}

impl Pending {
    pub(super) fn problem(problem: &Problem) -> Self {
        Self {
            report: ConnectionReport::Blocked(problem.clone()),
            next: Next::retry(problem.retry),
        }
    }

    /// A connection exists and cannot be looked at.
    pub(super) fn unseen(problem: &Problem, seen: &ConnectionObservation) -> Self {
        Self {
            report: ConnectionReport::Unseen(problem.clone(), seen.last_seen.clone()),
            next: Next::retry(problem.retry),
        }
    }

    pub(super) fn listing(trouble: Option<&Problem>) -> Self {
        match trouble {
            Some(problem) => Self::problem(problem),
            None => Self { report: ConnectionReport::AwaitingListing, next: Next::After(LISTING) },
        }
    }

    /// An order whose outcome is not known, and what keeps the operator from looking for it.
    pub(super) fn unknown(doubtful: Option<&Connection>, trouble: Option<&Problem>) -> Self {
        let report = match doubtful {
            None => ConnectionReport::OrderUnknown(trouble.map(|trouble| trouble.message.clone())),
            Some(connection) => ConnectionReport::OrderDoubtful(Box::new(connection.clone())),
        };
        Self { report, next: Next::After(SEARCH) }
    }

    pub(super) fn step(self) -> Step<FabricConnection> {
        Step::Report(self.report, self.next)
    }
}
