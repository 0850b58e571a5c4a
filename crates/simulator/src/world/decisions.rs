//! What other parties do to connections and service profiles: they accept, reject, fail and edit.
//!
//! Both the APIs (a seller's decision, a buyer's acceptance) and `/control` (everyone else's) end
//! here. Whether the caller may decide is checked before.

use std::time::Duration;

use fabric_domain::{ConnectionId, ProfileId};

use super::{
    change::{Edit, PortalEdit},
    line::Line,
    relocation::Relocation,
    state::WorldState,
};

/// Why the world could not carry out a decision.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// There is no such connection or profile.
    #[error("no connection or service profile has this id")]
    Unknown,
    /// Its state does not allow this.
    #[error("the state of the connection or service profile does not allow this")]
    NotNow,
}

impl WorldState {
    /// Accepts a connection for the party that it waits for.
    pub(crate) fn accept(&mut self, id: &str) -> Result<(), Refused> {
        self.act(id, Line::accept)
    }

    /// Rejects a connection for the party that it waits for.
    pub(crate) fn reject(&mut self, id: &str) -> Result<(), Refused> {
        self.act(id, Line::reject)
    }

    /// Fails what is in progress.
    pub(crate) fn fail(&mut self, id: &str) -> Result<(), Refused> {
        self.act(id, Line::fail)
    }

    /// Changes a connection as a user of the portal would.
    pub(crate) fn edit(&mut self, id: &str, edit: &PortalEdit) -> Result<(), Refused> {
        let edit = Edit::from(edit);
        self.act(id, |line, now| line.edit(&edit, now))
    }

    /// Moves a connection as Equinix does.
    pub(crate) fn relocate(&mut self, id: &str, to: &Relocation) -> Result<(), Refused> {
        let stage = self.config.stage;
        self.act(id, |line, now| line.relocate(to, now.saturating_add(stage)))
    }

    /// Accepts every connection and profile that waits; returns how many.
    pub(crate) fn accept_all(&mut self) -> usize {
        let now = self.catch_up();
        let lines: usize = self.lines.iter_mut().map(|line| usize::from(line.accept(now))).sum();
        lines + self.approve_due(Duration::ZERO)
    }

    /// Approves or rejects a profile for Equinix.
    pub(crate) fn review_profile(&mut self, id: &ProfileId, approve: bool) -> Result<(), Refused> {
        self.catch_up();
        if self.profile(id).is_none() {
            return Err(Refused::Unknown);
        }
        if self.review(id, approve) { Ok(()) } else { Err(Refused::NotNow) }
    }

    /// Accepts a connection, or rejects it with a comment. False if it waits for no decision.
    pub(crate) fn decide(
        &mut self,
        id: &ConnectionId,
        accept: bool,
        comment: Option<String>,
    ) -> bool {
        let now = self.catch_up();
        let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) else { return false };
        let decided = if accept { line.accept(now) } else { line.reject(now) };
        if decided && !accept {
            line.comment = comment;
        }
        decided
    }

    /// Records that the buyer has acknowledged the seller's rejection.
    pub(crate) fn acknowledge(&mut self, id: &ConnectionId) {
        let now = self.catch_up();
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) {
            line.lifecycle.acknowledge(now);
        }
    }

    fn act(
        &mut self,
        id: &str,
        action: impl FnOnce(&mut Line, Duration) -> bool,
    ) -> Result<(), Refused> {
        let now = self.catch_up();
        let line =
            self.lines.iter_mut().find(|line| line.id.as_str() == id).ok_or(Refused::Unknown)?;
        if action(line, now) { Ok(()) } else { Err(Refused::NotNow) }
    }
}
