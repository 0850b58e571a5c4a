//! What can be changed on a line in place, and how far a change is.

use super::{ConnectionName, Email, Mbps, Term};

/// One thing to change on a line that exists; one at a time, since none can start while another is
/// under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its name.
    Name(ConnectionName),
    /// Its bandwidth. A seller may have to approve it.
    Bandwidth(Mbps),
    /// Who is told about changes.
    Notifications(Vec<Email>),
    /// How long it is ordered for.
    Term(Term),
}

/// How far the latest change of a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeProgress {
    /// Taken and being carried out.
    UnderWay,
    /// The seller has to approve it.
    AwaitingApproval,
    /// It holds.
    Done,
    /// The seller said no.
    Rejected,
    /// It came to nothing.
    Failed,
}

/// The latest change of a line, as observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSeen {
    /// Its id; not every dialect gives one.
    pub id: Option<String>,
    /// How far it is.
    pub progress: ChangeProgress,
}
