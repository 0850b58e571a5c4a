//! The connections that a decision is about: what the provider shows of each, and what was sent for it.
//!
//! Types for observations and plans; nothing here looks or sends.

use fabric_api::{ConnectionApproval, ConnectionApprovalStatus, DecidedLine};
use fabric_domain::{Connection, ConnectionId, DecisionState, Leg, Subject};

use crate::reconcile::problem::Problem;

/// A connection that is decided on.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LegState {
    pub(super) leg: Leg,
    pub(super) view: LegView,
    pub(super) sent: Sent,
    /// Whether it was seen to wait for the decision before.
    pub(super) was_asked: bool,
    /// Why the provider refused the decision.
    pub(super) refused: Option<String>,
    /// How the decision on it ended, if it has.
    pub(super) verdict: Option<Verdict>,
}

impl LegState {
    /// Whether it waits for the decision on a subject; `None` if that cannot be known now.
    pub(super) fn stand(&self, subject: Subject) -> Option<DecisionState> {
        match &self.view {
            LegView::Seen(line) => Some(subject.stand(line, self.was_asked)),
            LegView::NotOrdered => Some(DecisionState::Unasked),
            LegView::Gone => Some(DecisionState::Moot),
            LegView::Unlisted | LegView::Unasked | LegView::Unseen(_) => None,
        }
    }

    /// The connection as it is shown, while the decision on it is open.
    pub(super) fn seen(&self) -> Option<&Connection> {
        match &self.view {
            LegView::Seen(line) => Some(line),
            LegView::NotOrdered
            | LegView::Unlisted
            | LegView::Gone
            | LegView::Unasked
            | LegView::Unseen(_) => None,
        }
    }
}

/// What the provider shows of a connection.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum LegView {
    /// This.
    Seen(Box<Connection>),
    /// Nothing: it is not ordered yet.
    NotOrdered,
    /// Nothing yet: the first listing is still to come.
    Unlisted,
    /// That it is gone, or is no longer one that this decision is about.
    Gone,
    /// It was not read: the decision on it is over.
    Unasked,
    /// It cannot be read.
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

/// How a decision ended.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, strum::IntoStaticStr, strum::EnumString,
)]
pub(super) enum Verdict {
    /// Another party had decided the same.
    AlreadyDecided,
    /// Approved by this resource.
    Approved,
    /// Rejected by this resource.
    Rejected,
    /// Another party has decided the opposite.
    DecidedOtherwise,
    /// The connection no longer waits for a decision.
    TooLate,
}

/// What the resource's status says of a connection.
pub(super) fn known(object: &ConnectionApproval, leg: Leg) -> Option<&DecidedLine> {
    of_status(object.status.as_ref()?, leg)
}

/// What a status says of a connection.
pub(super) fn of_status(status: &ConnectionApprovalStatus, leg: Leg) -> Option<&DecidedLine> {
    match leg {
        Leg::Primary => status.primary.as_ref(),
        Leg::Secondary => status.secondary.as_ref(),
    }
}

/// The place of a connection in status.
pub(super) fn place(status: &mut ConnectionApprovalStatus, leg: Leg) -> &mut Option<DecidedLine> {
    match leg {
        Leg::Primary => &mut status.primary,
        Leg::Secondary => &mut status.secondary,
    }
}

/// The connection to decide on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LegTarget {
    /// This one.
    Known(ConnectionId),
    /// It is not ordered yet.
    NotOrdered,
    /// The one that was named is gone.
    Gone,
    /// The other one of the pair that the spec names; the provider says which.
    OtherHalf,
}
