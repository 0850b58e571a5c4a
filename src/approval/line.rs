//! A line that is decided on: what the provider shows of it, and what was sent for it.
//!
//! Words for observations and plans; nothing here looks or sends.

use fabric_api::{ConnectionApproval, ConnectionApprovalStatus, DecidedLine};
use fabric_domain::{Connection, ConnectionId, DecisionState, Leg, Subject};

use crate::reconcile::problem::Problem;

/// A line that is decided on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub(super) leg: Leg,
    pub(super) view: View,
    pub(super) sent: Sent,
    /// Whether it was seen to wait for the decision before.
    pub(super) was_asked: bool,
    /// Why the provider refused the decision.
    pub(super) refused: Option<String>,
    /// What came of it already.
    pub(super) verdict: Option<Verdict>,
}

impl Line {
    /// How the line stands to a matter; `None` if that cannot be told now.
    pub(super) fn stand(&self, matter: Subject) -> Option<DecisionState> {
        match &self.view {
            View::Seen(line) => Some(matter.stand(line, self.was_asked)),
            View::NotOrdered => Some(DecisionState::Unasked),
            View::Gone => Some(DecisionState::Moot),
            View::NotListed | View::Unasked | View::Unseen(_) => None,
        }
    }

    /// The line as it is shown, while the decision on it is open.
    pub(super) fn seen(&self) -> Option<&Connection> {
        match &self.view {
            View::Seen(line) => Some(line),
            View::NotOrdered | View::NotListed | View::Gone | View::Unasked | View::Unseen(_) => {
                None
            }
        }
    }
}

/// What is seen of a line.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum View {
    /// This.
    Seen(Box<Connection>),
    /// Nothing: it is not ordered yet.
    NotOrdered,
    /// Nothing yet: the first listing is still to come.
    NotListed,
    /// That it is gone, or belongs to nothing that this decision speaks of any more.
    Gone,
    /// It was not looked at: the decision on it is over.
    Unasked,
    /// It cannot be seen.
    Unseen(Problem),
}

/// How far the sending of the decision is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sent {
    /// It was never sent, or provably not carried out.
    No,
    /// It was, or may have been.
    Maybe {
        /// How often.
        attempt: u32,
        /// Whether the provider said that it took it.
        taken: bool,
        /// Whether its effect would show by now.
        settled: bool,
    },
}

/// What came of a decision in the end.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumString,
)]
pub(super) enum Verdict {
    /// Somebody else had decided the same.
    AlreadyDecided,
    /// Approved by this resource.
    Approved,
    /// Rejected by this resource.
    Rejected,
    /// Somebody else has decided the opposite.
    DecidedOtherwise,
    /// The line waits for no decision any more.
    TooLate,
}

/// What status says of a line.
pub(super) fn known(object: &ConnectionApproval, leg: Leg) -> Option<&DecidedLine> {
    told(object.status.as_ref()?, leg)
}

/// What a status says of a line.
pub(super) fn told(status: &ConnectionApprovalStatus, leg: Leg) -> Option<&DecidedLine> {
    match leg {
        Leg::Primary => status.primary.as_ref(),
        Leg::Secondary => status.secondary.as_ref(),
    }
}

/// The place of a line in status.
pub(super) fn place(status: &mut ConnectionApprovalStatus, leg: Leg) -> &mut Option<DecidedLine> {
    match leg {
        Leg::Primary => &mut status.primary,
        Leg::Secondary => &mut status.secondary,
    }
}

/// The id of a line that is to be decided on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Aim {
    /// This one.
    At(ConnectionId),
    /// It is not ordered yet.
    NotOrdered,
    /// The one that was aimed at is gone.
    Gone,
    /// The other half of the line that the spec names; which, the provider tells.
    OtherHalf,
}
