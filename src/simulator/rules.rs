//! How lines live: the state tables of all flows, and who has to act before a line moves on.
//!
//! The tables are those that close each flow's chapter ("Once the POST Connections API is
//! successfully called, you may check the status", and the deletion tables after them; for
//! invitations the table at the end of the invitation document). Nothing here knows how a state is
//! printed or asked for.

use std::time::Duration;

use crate::domain::{EquinixStatus as E, ProviderStatus as P};

/// Which chapter of the documents a line follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Course {
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
pub(super) enum Leaving {
    /// By itself, after a while.
    Alone,
    /// When somebody outside acts.
    Waits,
    /// Never.
    Stays,
}

/// One row of a table.
#[derive(Debug)]
pub(super) struct Stage {
    pub(super) equinix: E,
    pub(super) provider: P,
    pub(super) leaving: Leaving,
}

const fn alone(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Alone }
}

const fn waits(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Waits }
}

const fn stays(equinix: E, provider: P) -> Stage {
    Stage { equinix, provider, leaving: Leaving::Stays }
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
static REJECTED: [Stage; 1] = [stays(E::Rejected, P::NotAvailable)];
static FAILED: [Stage; 1] = [stays(E::NotProvisioned, P::Failed)];

impl Course {
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
            Self::Aws | Self::Google | Self::Oracle | Self::Token | Self::Invitation => &DOWN_CLOUD,
            Self::Azure => &DOWN_AZURE,
            Self::Seller => &DOWN_SELLER,
            Self::Own => &DOWN_OWN,
        }
    }
}

/// How fast things go, in simulated time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pace {
    pub(super) stage: Duration,
    pub(super) accept_after: Option<Duration>,
}

/// Where one line is in its table.
#[derive(Debug, Clone)]
pub(super) struct Life {
    course: Course,
    table: &'static [Stage],
    row: usize,
    entered: Duration,
}

impl Life {
    /// A line that is ordered at `now`.
    pub(super) fn begin(course: Course, now: Duration) -> Self {
        Self { course, table: course.up(), row: 0, entered: now }
    }

    /// A line that has come to the end of its table long ago: in service, or gone.
    pub(super) fn ended(course: Course, gone: bool) -> Self {
        let table = if gone { course.down() } else { course.up() };
        Self { course, table, row: table.len() - 1, entered: Duration::ZERO }
    }

    /// The row that holds now. Look only after [`Life::age`].
    pub(super) fn stage(&self) -> &'static Stage {
        &self.table[self.row.min(self.table.len() - 1)]
    }

    /// Since when the row holds.
    pub(super) fn since(&self) -> Duration {
        self.entered
    }

    /// Whether the line has reached the other side, which then knows it by an id of its own.
    pub(super) fn reached_provider(&self) -> bool {
        self.stage().provider != P::NotAvailable
    }

    /// Lets time pass up to `now`.
    pub(super) fn age(&mut self, now: Duration, pace: Pace) {
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
    pub(super) fn accept(&mut self, now: Duration) -> bool {
        let waits = self.stage().leaving == Leaving::Waits;
        if waits {
            self.row += 1;
            self.entered = now;
        }
        waits
    }

    /// Whoever has to act says no: to a creation that is the end, a deletion is called off. False
    /// if nobody has to act.
    pub(super) fn reject(&mut self, now: Duration) -> bool {
        let waits = self.stage().leaving == Leaving::Waits;
        if waits {
            if self.stage().equinix == E::PendingDelete {
                self.table = self.course.up();
                self.row = self.table.len() - 1;
            } else {
                self.table = &REJECTED;
                self.row = 0;
            }
            self.entered = now;
        }
        waits
    }

    /// Provisioning breaks down. False if it is over already.
    pub(super) fn fail(&mut self, now: Duration) -> bool {
        let under_way = self.stage().leaving != Leaving::Stays && !self.going_down();
        if under_way {
            self.table = &FAILED;
            self.row = 0;
            self.entered = now;
        }
        under_way
    }

    /// Starts the deletion; what nobody has approved needs nobody's consent to go.
    pub(super) fn cancel(&mut self, now: Duration) {
        self.table = match self.stage().equinix {
            E::PendingApproval | E::Rejected | E::NotProvisioned => &DOWN_UNAPPROVED,
            _ => self.course.down(),
        };
        self.row = 0;
        self.entered = now;
    }

    /// Whether the line is being deleted or gone.
    pub(super) fn going_down(&self) -> bool {
        matches!(self.stage().equinix, E::PendingDelete | E::Deprovisioning | E::Deprovisioned)
    }

    /// Whether the line has come to the end of its table and works.
    pub(super) fn in_service(&self) -> bool {
        let stage = self.stage();
        stage.equinix == E::Provisioned && stage.leaving == Leaving::Stays
    }

    /// Whether the line is gone.
    pub(super) fn gone(&self) -> bool {
        self.stage().equinix == E::Deprovisioned
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PACE: Pace = Pace { stage: Duration::from_mins(1), accept_after: None };

    type Pairs = &'static [(&'static str, &'static str)];

    fn pair(life: &Life) -> (&'static str, &'static str) {
        let stage = life.stage();
        (stage.equinix.as_str(), stage.provider.as_str())
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
        assert_eq!(pair(&life), ("PROVISIONED", "AVAILABLE"));
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
