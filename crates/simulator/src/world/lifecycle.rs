//! One line's way through the tables: it ages, people act on it, it breaks.
//!
//! Which rows there are is the rules' matter.

use std::time::Duration;

use fabric_domain::{EquinixStatus as E, ProviderStatus as P};

use super::state_tables::{Course, Leaving, Stage, Way};

/// How fast things go, in simulated time.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pace {
    pub(crate) stage: Duration,
    pub(crate) accept_after: Option<Duration>,
}

/// Where one line is in its table.
#[derive(Debug, Clone)]
pub(crate) struct Life {
    course: Course,
    way: Way,
    row: usize,
    entered: Duration,
}

impl Life {
    /// A line that is ordered at `now`.
    pub(crate) fn begin(course: Course, now: Duration) -> Self {
        Self { course, way: Way::Up, row: 0, entered: now }
    }

    /// A line that has come to the end of its table long ago: in service, or gone.
    pub(crate) fn ended(course: Course, gone: bool) -> Self {
        let way = if gone { Way::Down } else { Way::Up };
        Self { course, way, row: course.table(way).len() - 1, entered: Duration::ZERO }
    }

    /// The row that holds now. Look only after [`Life::age`].
    pub(crate) fn stage(&self) -> &'static Stage {
        let table = self.course.table(self.way);
        &table[self.row.min(table.len() - 1)]
    }

    fn enter(&mut self, way: Way, now: Duration) {
        self.way = way;
        self.row = 0;
        self.entered = now;
    }

    /// Since when the row holds.
    pub(crate) fn since(&self) -> Duration {
        self.entered
    }

    /// Whether the line has reached the other side, which then knows it by an id of its own.
    pub(crate) fn reached_provider(&self) -> bool {
        self.stage().provider != P::NotAvailable
    }

    /// Lets time pass up to `now`.
    pub(crate) fn age(&mut self, now: Duration, pace: Pace) {
        loop {
            let lasts = match self.stage().leaving {
                Leaving::Alone => Some(pace.stage),
                Leaving::Waits => pace.accept_after,
                Leaving::Stays => None,
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

    /// Whoever has to act says yes. False if nobody has to.
    pub(crate) fn accept(&mut self, now: Duration) -> bool {
        let waits = self.stage().leaving == Leaving::Waits;
        if waits {
            self.row += 1;
            self.entered = now;
        }
        waits
    }

    /// Whoever has to act says no: to a creation that is the end, a deletion is called off. False
    /// if nobody has to act.
    pub(crate) fn reject(&mut self, now: Duration) -> bool {
        let waits = self.stage().leaving == Leaving::Waits;
        if waits {
            let way = if self.going_down() { Way::Kept } else { Way::Rejected };
            self.enter(way, now);
        }
        waits
    }

    /// The buyer takes note of the seller's no, if there is one.
    pub(crate) fn acknowledge(&mut self, now: Duration) {
        if self.way == Way::Rejected {
            self.enter(Way::Acknowledged, now);
        }
    }

    /// Provisioning breaks down. False if it is over already.
    pub(crate) fn fail(&mut self, now: Duration) -> bool {
        let under_way = self.way == Way::Up && self.stage().leaving != Leaving::Stays;
        if under_way {
            self.enter(Way::Failed, now);
        }
        under_way
    }

    /// Starts the deletion; what nobody has approved needs nobody's consent to go.
    pub(crate) fn cancel(&mut self, now: Duration) {
        let way = match self.way {
            Way::Rejected | Way::Acknowledged | Way::Failed => Way::DownUnapproved,
            Way::Up if self.stage().equinix == E::PendingApproval => Way::DownUnapproved,
            Way::Up | Way::Down | Way::DownUnapproved | Way::Kept => Way::Down,
        };
        // Only what is up can stay up for a while.
        let skipped = self.course == Course::Oracle && way == Way::Down && !self.in_service();
        self.enter(way, now);
        self.row = usize::from(skipped);
    }

    /// Whether the line is being deleted or gone.
    pub(crate) fn going_down(&self) -> bool {
        match self.way {
            Way::Down | Way::DownUnapproved => true,
            Way::Up | Way::Rejected | Way::Acknowledged | Way::Failed | Way::Kept => false,
        }
    }

    /// Whether the line has come to the end of its table and works.
    pub(crate) fn in_service(&self) -> bool {
        let stage = self.stage();
        stage.equinix == E::Provisioned && stage.leaving == Leaving::Stays
    }

    /// Whether the line is gone.
    pub(crate) fn gone(&self) -> bool {
        self.stage().equinix == E::Deprovisioned
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::world::ledger::Dialect;

    const PACE: Pace = Pace { stage: Duration::from_mins(1), accept_after: None };

    type Pairs = &'static [(&'static str, &'static str)];

    fn pair_on(life: &Life, dialect: Dialect) -> (&'static str, &'static str) {
        let (equinix, provider) = life.stage().shown_on(dialect);
        (equinix.as_str(), provider.as_str())
    }

    /// The tables are those of the v3 document.
    fn pair(life: &Life) -> (&'static str, &'static str) {
        pair_on(life, Dialect::V3)
    }

    /// All pairs from here to where nothing moves any more.
    fn walk(life: &mut Life) -> Vec<(&'static str, &'static str)> {
        let mut seen = vec![pair(life)];
        let mut now = life.since();
        for _ in 0..10 {
            now += PACE.stage;
            if !life.accept(now) {
                life.age(now, PACE);
            }
            if seen.last() != Some(&pair(life)) {
                seen.push(pair(life));
            }
        }
        seen
    }

    #[test]
    fn tables_are_walked_in_order() {
        // Chapters "Connect to AWS", "Azure", "Oracle", "Enterprise", "Self"; invitation document.
        let tables: [(Course, Pairs, Pairs); 6] = [
            (
                Course::Aws,
                &[
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "PENDING_APPROVAL"),
                    ("PROVISIONED", "PROVISIONING"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
            (
                Course::Azure,
                &[
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PENDING_BGP_PEERING", "PENDING_BGP"),
                    ("PROVISIONING", "PROVISIONED"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "PROVISIONED"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
            (
                Course::Oracle,
                &[
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "PROVISIONING"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
            (
                Course::Seller,
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
                Course::Own,
                &[
                    ("PENDING_AUTO_APPROVAL", "NOT_AVAILABLE"),
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "AVAILABLE"),
                ],
                &[("DEPROVISIONING", "AVAILABLE"), ("DEPROVISIONED", "NOT_AVAILABLE")],
            ),
            (
                Course::Invitation,
                &[
                    ("PENDING_APPROVAL", "NOT_AVAILABLE"),
                    ("PROVISIONING", "NOT_AVAILABLE"),
                    ("PROVISIONED", "PROVISIONING"),
                    ("PROVISIONED", "PROVISIONED"),
                ],
                &[("DEPROVISIONING", "DEPROVISIONING"), ("DEPROVISIONED", "DEPROVISIONED")],
            ),
        ];
        for (course, up, down) in tables {
            let mut life = Life::begin(course, Duration::ZERO);
            assert_eq!(walk(&mut life), up, "{course:?}");
            life.cancel(Duration::from_hours(1));
            assert_eq!(walk(&mut life), down, "{course:?}");
            assert!(life.gone());
        }
    }

    #[test]
    fn a_refused_deletion_leaves_the_line_in_service() {
        let mut life = Life::ended(Course::Seller, false);
        life.cancel(Duration::ZERO);
        assert!(life.reject(Duration::ZERO));
        assert_eq!(pair_on(&life, Dialect::V4), ("PROVISIONED", "AVAILABLE"));
        assert_eq!(pair(&life), ("DEPROVISIONING", "AVAILABLE"), "the row of the table");
        assert!(!life.going_down() && !life.in_service());
        life.age(PACE.stage, PACE);
        assert_eq!(pair(&life), ("PROVISIONED", "AVAILABLE"));
        assert!(life.in_service());
    }

    #[test]
    fn on_v4_a_line_to_oracle_stays_up_for_a_while() {
        let mut life = Life::ended(Course::Oracle, false);
        life.cancel(Duration::ZERO);
        assert_eq!(pair_on(&life, Dialect::V4), ("PROVISIONED", "PROVISIONED"));
        assert!(life.going_down() && !life.in_service());
        life.age(PACE.stage, PACE);
        assert_eq!(pair_on(&life, Dialect::V4), ("DEPROVISIONING", "DEPROVISIONING"));
        let mut early = Life::begin(Course::Oracle, Duration::ZERO);
        early.cancel(Duration::ZERO);
        assert_eq!(pair_on(&early, Dialect::V4), ("DEPROVISIONING", "DEPROVISIONING"));
    }

    #[test]
    fn people_accept_by_themselves_where_it_is_set() {
        let mut life = Life::begin(Course::Aws, Duration::ZERO);
        let pace = Pace { accept_after: Some(Duration::from_secs(30)), ..PACE };
        life.age(Duration::from_secs(89), pace);
        assert_eq!(pair(&life), ("PROVISIONED", "PENDING_APPROVAL"));
        life.age(Duration::from_secs(90), pace);
        assert_eq!(pair(&life), ("PROVISIONED", "PROVISIONING"));
    }
}
