//! A line as the world holds it, whichever face ordered it.
//!
//! Facts only. How it is checked before it exists is each face's matter, how it ages that of the
//! rules.

use std::time::Duration;

use fabric_domain::{ConnectionId, EquinixStatus, LinkProtocol, PortId, ProfileId};

use super::{
    change::{Edit, LineChange, UpdateStatus},
    draft::{Destination, Draft},
    ledger::ApiDialect,
    lifecycle::{Lifecycle, Timing},
    tags::clash,
    users::Organisation,
};

/// Where the seller has put the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssignedPort {
    pub(crate) port: PortId,
    pub(crate) link: LinkProtocol,
}

/// What a line wants of the seller at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PendingDecision {
    /// To take it in.
    Creation,
    /// To let it go.
    Deletion,
    /// Another bandwidth.
    Bandwidth,
}

/// An ordered line.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: ConnectionId,
    pub(crate) organisation: Organisation,
    pub(crate) dialect: ApiDialect,
    pub(crate) draft: Draft,
    pub(crate) group: String,
    pub(crate) created: Duration,
    pub(crate) cancelled: Option<Duration>,
    pub(crate) lifecycle: Lifecycle,
    /// The latest change of it.
    pub(crate) change: Option<LineChange>,
    /// Its end at the seller's, from when that is known.
    pub(crate) assigned_port: Option<AssignedPort>,
    /// When somebody last changed it in the portal.
    pub(crate) edited: Duration,
    /// What was said with the last no.
    pub(crate) comment: Option<String>,
    /// The other side's number for it.
    pub(crate) serial: u64,
}

impl Line {
    /// The profile that the line goes through.
    pub(crate) fn profile(&self) -> Option<&ProfileId> {
        match &self.draft.destination {
            Destination::Profile(profile) => Some(profile),
            Destination::Port { profile, .. } => profile.as_ref(),
            Destination::Token(_) | Destination::Invitation { .. } => None,
        }
    }

    /// When something last changed.
    pub(crate) fn updated(&self) -> Duration {
        let changed = self.change.as_ref().map_or(self.created, |change| change.since);
        self.lifecycle.since().max(self.created).max(changed).max(self.edited)
    }

    /// Lets time pass up to `now`.
    pub(crate) fn age(&mut self, now: Duration, timing: Timing) {
        self.lifecycle.age(now, timing);
        if let Some(change) = &mut self.change {
            change.age(&mut self.draft, now, timing);
        }
    }

    /// Whether a change of it is under way.
    pub(crate) fn changing(&self) -> bool {
        self.change.as_ref().is_some_and(LineChange::in_progress)
    }

    /// Whether the seller has to agree to another bandwidth now.
    pub(crate) fn awaits_bandwidth_approval(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.progress == UpdateStatus::Submitted)
    }

    /// What the seller has to decide now, if anything.
    pub(crate) fn pending_decision(&self) -> Option<PendingDecision> {
        match self.lifecycle.stage().equinix {
            EquinixStatus::PendingApproval => Some(PendingDecision::Creation),
            EquinixStatus::PendingDelete => Some(PendingDecision::Deletion),
            _ => self.awaits_bandwidth_approval().then_some(PendingDecision::Bandwidth),
        }
    }

    /// Whether the seller has agreed to the bandwidth that was last asked for.
    pub(crate) fn bandwidth_approved(&self) -> bool {
        self.change.as_ref().is_some_and(|change| {
            change.needs_seller() && change.progress == UpdateStatus::Completed
        })
    }

    /// Whether its deletion was asked for and refused.
    pub(crate) fn deletion_refused(&self) -> bool {
        self.cancelled.is_some() && !self.lifecycle.deletion_started()
    }

    /// Whoever has to act says yes. False if nobody has to.
    pub(crate) fn accept(&mut self, now: Duration) -> bool {
        self.lifecycle.accept(now) || self.decide(true, now)
    }

    /// Whoever has to act says no. False if nobody has to.
    pub(crate) fn reject(&mut self, now: Duration) -> bool {
        self.lifecycle.reject(now) || self.decide(false, now)
    }

    /// What is under way breaks down: provisioning, else a change. False if nothing is.
    pub(crate) fn fail(&mut self, now: Duration) -> bool {
        self.lifecycle.fail(now) || self.change.as_mut().is_some_and(|change| change.fail(now))
    }

    /// Somebody changes it in the portal. False if it is gone.
    pub(crate) fn edit(&mut self, edit: &Edit, now: Duration) -> bool {
        let here = !self.lifecycle.deprovisioned();
        if here {
            edit.apply(&mut self.draft);
            self.edited = now;
        }
        here
    }

    fn decide(&mut self, accept: bool, now: Duration) -> bool {
        let draft = &mut self.draft;
        self.change.as_mut().is_some_and(|change| change.decide(draft, accept, now))
    }

    /// Whether the tags of this line keep `link` from being used on `port` at `now`.
    pub(crate) fn occupies(
        &self,
        port: &PortId,
        link: LinkProtocol,
        now: Duration,
        hold: Duration,
    ) -> bool {
        if self.lifecycle.deprovisioned() && self.lifecycle.since().saturating_add(hold) <= now {
            return false;
        }
        self.tagged_ports().into_iter().any(|(at, taken)| at == port && clash(taken, link))
    }

    /// All ports that it has tags on, with the tags.
    pub(crate) fn tagged_ports(&self) -> Vec<(&PortId, LinkProtocol)> {
        let z_side = match &self.draft.destination {
            Destination::Port { port, link, .. } => Some((port, *link)),
            Destination::Profile(_) | Destination::Token(_) | Destination::Invitation { .. } => {
                None
            }
        };
        let assigned = self
            .assigned_port
            .as_ref()
            .map(|assigned_port| (&assigned_port.port, assigned_port.link));
        std::iter::once((&self.draft.port, self.draft.link)).chain(z_side).chain(assigned).collect()
    }
}

/// The id under which AWS knows a line.
pub(crate) fn aws_id(line: &Line) -> String {
    format!("dxcon-fh{:06x}", line.serial)
}
