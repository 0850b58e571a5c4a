//! A connection as the world holds it, the same for v3 and v4.
//!
//! It answers what follows from its own fields. Orders are checked by each API before they get
//! here; the sequence of states is in `state_tables`.

use std::time::Duration;

use fabric_domain::{ConnectionId, EquinixStatus, LinkProtocol, PortId, ProfileId};

use super::{
    change::{Edit, LineChange, UpdateStatus},
    draft::{Destination, Draft},
    ledger::ApiDialect,
    lifecycle::{Lifecycle, Timing},
    relocation::{Move, Relocation},
    tags::clash,
    users::Organisation,
};

/// The port and the tags that the seller assigned at the Z side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct AssignedPort {
    pub(crate) port: PortId,
    pub(crate) link: LinkProtocol,
}

/// What the seller has to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PendingDecision {
    /// Whether to accept the connection.
    Creation,
    /// Whether to agree to its deletion.
    Deletion,
    /// Whether to agree to another bandwidth.
    Bandwidth,
}

/// A connection.
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
    /// The move of its A side in progress.
    pub(crate) relocation: Option<Move>,
    /// The latest update of it.
    pub(crate) change: Option<LineChange>,
    /// The Z side at the seller, once it is assigned.
    pub(crate) assigned_port: Option<AssignedPort>,
    /// When a user last changed it in the portal.
    pub(crate) edited: Duration,
    /// The comment of the latest rejection.
    pub(crate) comment: Option<String>,
    /// A number that the world gives to it; its cloud provider's id is made from that.
    pub(crate) serial: u64,
}

impl Line {
    /// The service profile of its Z side, if any.
    pub(crate) fn profile(&self) -> Option<&ProfileId> {
        match &self.draft.destination {
            Destination::Profile(profile) => Some(profile),
            Destination::Port { profile, .. } => profile.as_ref(),
            Destination::Token(_) | Destination::Invitation { .. } => None,
        }
    }

    /// When anything about it last changed.
    pub(crate) fn updated(&self) -> Duration {
        let changed = self.change.as_ref().map_or(self.created, |change| change.since);
        self.lifecycle.since().max(self.created).max(changed).max(self.edited)
    }

    /// Applies everything that happens automatically until `now`.
    pub(crate) fn age(&mut self, now: Duration, timing: Timing) {
        self.lifecycle.age(now, timing);
        if let Some(change) = &mut self.change {
            change.age(&mut self.draft, now, timing);
        }
        if let Some(relocation) = self.relocation.take_if(|relocation| relocation.until <= now) {
            self.edited = self.edited.max(relocation.until);
            relocation.apply(&mut self.draft);
        }
    }

    /// Its state at Equinix, as an API shows it.
    pub(crate) fn equinix_status(&self, dialect: ApiDialect) -> &EquinixStatus {
        match &self.relocation {
            Some(relocation) => &relocation.status,
            None => self.lifecycle.stage().pair_on(dialect).0,
        }
    }

    /// Starts to move its A side. False if it is not in service, or the new place is none.
    pub(crate) fn relocate(&mut self, to: &Relocation, until: Duration) -> bool {
        let relocation = to.of(&self.draft, until).filter(|_| self.lifecycle.in_service());
        let starts = relocation.is_some();
        if starts {
            self.relocation = relocation;
        }
        starts
    }

    /// Whether an update of it is in progress.
    pub(crate) fn changing(&self) -> bool {
        self.change.as_ref().is_some_and(LineChange::in_progress)
    }

    /// Whether an update waits for the seller to approve its bandwidth.
    pub(crate) fn awaits_bandwidth_approval(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.progress == UpdateStatus::Submitted)
    }

    /// The decision that the seller has to make now, if any.
    pub(crate) fn pending_decision(&self) -> Option<PendingDecision> {
        match self.lifecycle.stage().equinix {
            EquinixStatus::PendingApproval => Some(PendingDecision::Creation),
            EquinixStatus::PendingDelete => Some(PendingDecision::Deletion),
            _ => self.awaits_bandwidth_approval().then_some(PendingDecision::Bandwidth),
        }
    }

    /// Whether the seller approved the bandwidth of the latest update.
    pub(crate) fn bandwidth_approved(&self) -> bool {
        self.change.as_ref().is_some_and(|change| {
            change.needs_seller() && change.progress == UpdateStatus::Completed
        })
    }

    /// Whether its seller rejected its deletion.
    pub(crate) fn deletion_refused(&self) -> bool {
        self.cancelled.is_some() && !self.lifecycle.deletion_started()
    }

    /// Accepts it for the party that it waits for. False if it waits for no decision.
    pub(crate) fn accept(&mut self, now: Duration) -> bool {
        self.lifecycle.accept(now) || self.decide(true, now)
    }

    /// Rejects it for the party that it waits for. False if it waits for no decision.
    pub(crate) fn reject(&mut self, now: Duration) -> bool {
        self.lifecycle.reject(now) || self.decide(false, now)
    }

    /// Fails the provisioning, or else the update in progress. False if there is neither.
    pub(crate) fn fail(&mut self, now: Duration) -> bool {
        self.lifecycle.fail(now) || self.change.as_mut().is_some_and(|change| change.fail(now))
    }

    /// Applies an edit made in the portal. False if the connection is deprovisioned.
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

    /// Whether the tags of this connection prevent the use of `link` on `port` at `now`.
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

    /// The ports on which it uses tags: A side, then Z side.
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
