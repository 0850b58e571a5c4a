//! What can be changed on an existing connection, and the progress of a change.
//!
//! Whether and when to change something is not decided here.

use super::{ConnectionName, Email, Mbps, Term};

/// One field to change on an existing connection. Only one change can be under way at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// Its name.
    Name(ConnectionName),
    /// Its bandwidth. A seller may have to approve it.
    Bandwidth(Mbps),
    /// The addresses that Equinix notifies of changes.
    Notifications(Vec<Email>),
    /// The term of its order.
    Term(Term),
}

/// The progress of the latest change of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeProgress {
    /// Accepted, and being carried out.
    UnderWay,
    /// The seller has to approve it.
    AwaitingApproval,
    /// It took effect.
    Done,
    /// The seller rejected it.
    Rejected,
    /// It failed.
    Failed,
}

/// The latest change of a connection, as observed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeSeen {
    /// Its id; not every dialect has one.
    pub id: Option<String>,
    /// Its progress.
    pub progress: ChangeProgress,
}
