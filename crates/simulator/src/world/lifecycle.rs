//! The position of one connection in the state tables, and what moves it: time, decisions,
//! failures.
//!
//! The rows themselves are in `state_tables`.

use std::time::Duration;

use fabric_domain::{EquinixStatus as E, Flow, ProviderStatus as P};

use super::state_tables::{Exit, Stage, StateTable, rows};

/// How long automatic transitions take, in simulated time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Timing {
    pub(crate) stage: Duration,
    pub(crate) accept_after: Option<Duration>,
}

/// The row of a state table in which a connection is.
#[derive(Debug, Clone)]
pub(crate) struct Lifecycle {
    flow: Flow,
    table: StateTable,
    row: usize,
    entered: Duration,
}

impl Lifecycle {
    /// A connection that is ordered at `now`.
    pub(crate) fn begin(flow: Flow, now: Duration) -> Self {
        Self { flow, table: StateTable::Creation, row: 0, entered: now }
    }

    /// A connection that reached the end of its table long ago: in service, or deprovisioned.
    pub(crate) fn ended(flow: Flow, deprovisioned: bool) -> Self {
        let table = if deprovisioned { StateTable::Deletion } else { StateTable::Creation };
        Self { flow, table, row: rows(flow, table).len() - 1, entered: Duration::ZERO }
    }

    /// A connection that has waited for its first decision since `now`.
    pub(crate) fn awaiting_decision(flow: Flow, now: Duration) -> Self {
        let creation = rows(flow, StateTable::Creation);
        let row = creation.iter().position(|stage| stage.exit == Exit::OnDecision).unwrap_or(0);
        Self { row, ..Self::begin(flow, now) }
    }

    /// The current row. Valid only after [`Lifecycle::age`].
    pub(crate) fn stage(&self) -> &'static Stage {
        let table = rows(self.flow, self.table);
        &table[self.row.min(table.len() - 1)]
    }

    fn enter(&mut self, table: StateTable, now: Duration) {
        self.table = table;
        self.row = 0;
        self.entered = now;
    }

    /// When the current row was entered.
    pub(crate) fn since(&self) -> Duration {
        self.entered
    }

    /// Whether the provider at the Z side knows the connection, by an id of its own.
    pub(crate) fn reached_provider(&self) -> bool {
        self.stage().provider != P::NotAvailable
    }

    /// Applies all automatic transitions until `now`.
    pub(crate) fn age(&mut self, now: Duration, timing: Timing) {
        loop {
            let lasts = match self.stage().exit {
                Exit::Automatic => Some(timing.stage),
                Exit::OnDecision => timing.accept_after,
                Exit::Final => None,
            };
            match lasts.map(|lasts| self.entered.saturating_add(lasts)) {
                Some(end) if end <= now => {
                    self.row += 1;
                    self.entered = end;
                }
                Some(_) | None => return,
            }
        }
    }

    /// Takes the transition that waits for a decision. False if none does.
    pub(crate) fn accept(&mut self, now: Duration) -> bool {
        let waits = self.stage().exit == Exit::OnDecision;
        if waits {
            self.row += 1;
            self.entered = now;
        }
        waits
    }

    /// Rejects what waits for a decision: a creation ends there, a deletion is called off. False if
    /// nothing waits.
    pub(crate) fn reject(&mut self, now: Duration) -> bool {
        let waits = self.stage().exit == Exit::OnDecision;
        if waits {
            let table = if self.deletion_started() {
                StateTable::RefusedDeletion
            } else {
                StateTable::Rejected
            };
            self.enter(table, now);
        }
        waits
    }

    /// Records that the buyer acknowledges the seller's rejection, if there was one.
    pub(crate) fn acknowledge(&mut self, now: Duration) {
        if self.table == StateTable::Rejected {
            self.enter(StateTable::Acknowledged, now);
        }
    }

    /// Fails the provisioning. False if it has ended already.
    pub(crate) fn fail(&mut self, now: Duration) -> bool {
        let in_progress = self.table == StateTable::Creation && self.stage().exit != Exit::Final;
        if in_progress {
            self.enter(StateTable::Failed, now);
        }
        in_progress
    }

    /// Starts the deletion. A connection that was never approved is deleted without consent.
    pub(crate) fn cancel(&mut self, now: Duration) {
        let table = match self.table {
            StateTable::Rejected | StateTable::Acknowledged | StateTable::Failed => {
                StateTable::UnapprovedDeletion
            }
            StateTable::Creation if self.stage().equinix == E::PendingApproval => {
                StateTable::UnapprovedDeletion
            }
            StateTable::Creation
            | StateTable::Deletion
            | StateTable::UnapprovedDeletion
            | StateTable::RefusedDeletion => StateTable::Deletion,
        };
        // Only a connection in service keeps its states for a while.
        let skipped =
            self.flow == Flow::Oracle && table == StateTable::Deletion && !self.in_service();
        self.enter(table, now);
        self.row = usize::from(skipped);
    }

    /// Whether the connection is being deleted, or deprovisioned.
    pub(crate) fn deletion_started(&self) -> bool {
        match self.table {
            StateTable::Deletion | StateTable::UnapprovedDeletion => true,
            StateTable::Creation
            | StateTable::Rejected
            | StateTable::Acknowledged
            | StateTable::Failed
            | StateTable::RefusedDeletion => false,
        }
    }

    /// Whether the connection is provisioned and waits for nothing.
    pub(crate) fn in_service(&self) -> bool {
        let stage = self.stage();
        stage.equinix == E::Provisioned && stage.exit == Exit::Final
    }

    /// Whether the connection is deprovisioned.
    pub(crate) fn deprovisioned(&self) -> bool {
        self.stage().equinix == E::Deprovisioned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ledger::ApiDialect;

    const PACE: Timing = Timing { stage: Duration::from_mins(1), accept_after: None };

    type Pairs = &'static [(&'static str, &'static str)];

    fn pair_on(lifecycle: &Lifecycle, dialect: ApiDialect) -> (&'static str, &'static str) {
        let (equinix, provider) = lifecycle.stage().pair_on(dialect);
        (equinix.as_str(), provider.as_str())
    }

    /// The tables are those of the v3 document.
    fn pair(lifecycle: &Lifecycle) -> (&'static str, &'static str) {
        pair_on(lifecycle, ApiDialect::V3)
    }

    /// All pairs of states from the current one to the last.
    fn walk(lifecycle: &mut Lifecycle) -> Vec<(&'static str, &'static str)> {
        let mut seen = vec![pair(lifecycle)];
        let mut now = lifecycle.since();
        for _ in 0..10 {
            now += PACE.stage;
            if !lifecycle.accept(now) {
                lifecycle.age(now, PACE);
            }
            if seen.last() != Some(&pair(lifecycle)) {
                seen.push(pair(lifecycle));
            }
        }
        seen
    }

    #[test]
    fn tables_are_walked_in_order() {
        // Chapters "Connect to AWS", "Azure", "Oracle", "Enterprise", "Self"; invitation document.
        let tables: [(Flow, Pairs, Pairs); 6] = [
            (
                Flow::Aws,
                &[
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "PENDING_APPROVAL"),
                    ("PROVISIONED", "PROVISIONING"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
            (
                Flow::Azure,
                &[
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PENDING_BGP_PEERING", "PENDING_BGP"),
                    ("PROVISIONING", "PROVISIONED"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "PROVISIONED"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
            (
                Flow::Oracle,
                &[
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "PROVISIONING"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
            (
                Flow::Seller,
                &[
                    ("PENDING_APPROVAL", "NOT_AVAILABLE"),
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "AVAILABLE"),
                ],
                &[
                    ("PENDING_DELETE", "AVAILABLE"),
                    ("DEPROVISIONING", "AVAILABLE"),
                    ("DEPROVISIONED", "NOT_AVAILABLE"),
                ],
            ),
            (
                Flow::Own,
                &[
                    ("PENDING_AUTO_APPROVAL", "NOT_AVAILABLE"),
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "AVAILABLE"),
                ],
                &[("DEPROVISIONING", "AVAILABLE"), ("DEPROVISIONED", "NOT_AVAILABLE")],
            ),
            (
                Flow::Invitation,
                &[
                    ("PENDING_APPROVAL", "NOT_AVAILABLE"),
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "PROVISIONING"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
        ];
        for (flow, up, down) in tables {
            let mut lifecycle = Lifecycle::begin(flow, Duration::ZERO);
            assert_eq!(walk(&mut lifecycle), up, "{flow:?}");
            lifecycle.cancel(Duration::from_hours(1));
            assert_eq!(walk(&mut lifecycle), down, "{flow:?}");
            assert!(lifecycle.deprovisioned());
        }
    }

    #[test]
    fn a_refused_deletion_leaves_the_line_in_service() {
        let mut lifecycle = Lifecycle::ended(Flow::Seller, false);
        lifecycle.cancel(Duration::ZERO);
        assert!(lifecycle.reject(Duration::ZERO));
        assert_eq!(pair_on(&lifecycle, ApiDialect::V4), ("PROVISIONED", "AVAILABLE"));
        assert_eq!(pair(&lifecycle), ("DEPROVISIONING", "AVAILABLE"), "the row of the table");
        assert!(!lifecycle.deletion_started() && !lifecycle.in_service());
        lifecycle.age(PACE.stage, PACE);
        assert_eq!(pair(&lifecycle), ("PROVISIONED", "AVAILABLE"));
        assert!(lifecycle.in_service());
    }

    #[test]
    fn on_v4_a_line_to_oracle_stays_up_for_a_while() {
        let mut lifecycle = Lifecycle::ended(Flow::Oracle, false);
        lifecycle.cancel(Duration::ZERO);
        assert_eq!(pair_on(&lifecycle, ApiDialect::V4), ("PROVISIONED", "PROVISIONED"));
        assert!(lifecycle.deletion_started() && !lifecycle.in_service());
        lifecycle.age(PACE.stage, PACE);
        assert_eq!(pair_on(&lifecycle, ApiDialect::V4), ("DEPROVISIONING", "DEPROVISIONING"));
        let mut early = Lifecycle::begin(Flow::Oracle, Duration::ZERO);
        early.cancel(Duration::ZERO);
        assert_eq!(pair_on(&early, ApiDialect::V4), ("DEPROVISIONING", "DEPROVISIONING"));
    }

    #[test]
    fn people_accept_by_themselves_where_it_is_set() {
        let mut lifecycle = Lifecycle::begin(Flow::Aws, Duration::ZERO);
        let timing = Timing { accept_after: Some(Duration::from_secs(30)), ..PACE };
        lifecycle.age(Duration::from_secs(89), timing);
        assert_eq!(pair(&lifecycle), ("PROVISIONED", "PENDING_APPROVAL"));
        lifecycle.age(Duration::from_secs(90), timing);
        assert_eq!(pair(&lifecycle), ("PROVISIONED", "PROVISIONING"));
    }
}
