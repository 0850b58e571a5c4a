//! A line as the world holds it, whichever face ordered it.
//!
//! Facts only. How it is checked before it exists is each face's matter, how it ages that of the
//! rules.

use std::time::Duration;

use fabric_domain::{ConnectionId, EquinixStatus, LinkProtocol, PortId, ProfileId};

use super::{
    change::{Change, Edit, Progress},
    draft::{Draft, End},
    ledger::Dialect,
    lifecycle::{Life, Pace},
    tags::clash,
    users::Organisation,
};

/// Where the seller has put the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Landing {
    pub(crate) port: PortId,
    pub(crate) link: LinkProtocol,
}

/// What a line wants of the seller at its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
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
    pub(crate) dialect: Dialect,
    pub(crate) draft: Draft,
    pub(crate) group: String,
    pub(crate) created: Duration,
    pub(crate) cancelled: Option<Duration>,
    pub(crate) life: Life,
    /// The latest change of it.
    pub(crate) change: Option<Change>,
    /// Its end at the seller's, from when that is known.
    pub(crate) landing: Option<Landing>,
    /// When somebody last changed it in the portal.
    pub(crate) edited: Duration,
    /// What was said with the last no.
    pub(crate) remark: Option<String>,
    /// The other side's number for it.
    pub(crate) serial: u64,
}

impl Line {
    /// The profile that the line goes through.
    pub(crate) fn profile(&self) -> Option<&ProfileId> {
        match &self.draft.end {
            End::Profile(profile) => Some(profile),
            End::Port { profile, .. } => profile.as_ref(),
            End::Token(_) | End::Invitation { .. } => None,
        }
    }

    /// When something last changed.
    pub(crate) fn updated(&self) -> Duration {
        let changed = self.change.as_ref().map_or(self.created, |change| change.since);
        self.life.since().max(self.created).max(changed).max(self.edited)
    }

    /// Lets time pass up to `now`.
    pub(crate) fn age(&mut self, now: Duration, pace: Pace) {
        self.life.age(now, pace);
        if let Some(change) = &mut self.change {
            change.age(&mut self.draft, now, pace);
        }
    }

    /// Whether a change of it is under way.
    pub(crate) fn changing(&self) -> bool {
        self.change.as_ref().is_some_and(Change::under_way)
    }

    /// Whether the seller has to agree to another bandwidth now.
    pub(crate) fn submitted(&self) -> bool {
        self.change.as_ref().is_some_and(|change| change.progress == Progress::Submitted)
    }

    /// What the seller has to decide now, if anything.
    pub(crate) fn asked(&self) -> Option<Asked> {
        match self.life.stage().equinix {
            EquinixStatus::PendingApproval => Some(Asked::Creation),
            EquinixStatus::PendingDelete => Some(Asked::Deletion),
            _ => self.submitted().then_some(Asked::Bandwidth),
        }
    }

    /// Whether the seller has agreed to the bandwidth that was last asked for.
    pub(crate) fn approved(&self) -> bool {
        self.change
            .as_ref()
            .is_some_and(|change| change.needs_seller() && change.progress == Progress::Completed)
    }

    /// Whether its deletion was asked for and refused.
    pub(crate) fn kept(&self) -> bool {
        self.cancelled.is_some() && !self.life.going_down()
    }

    /// Whoever has to act says yes. False if nobody has to.
    pub(crate) fn accept(&mut self, now: Duration) -> bool {
        self.life.accept(now) || self.settle(true, now)
    }

    /// Whoever has to act says no. False if nobody has to.
    pub(crate) fn reject(&mut self, now: Duration) -> bool {
        self.life.reject(now) || self.settle(false, now)
    }

    /// What is under way breaks down: provisioning, else a change. False if nothing is.
    pub(crate) fn fail(&mut self, now: Duration) -> bool {
        self.life.fail(now) || self.change.as_mut().is_some_and(|change| change.fail(now))
    }

    /// Somebody changes it in the portal. False if it is gone.
    pub(crate) fn edit(&mut self, edit: &Edit, now: Duration) -> bool {
        let here = !self.life.gone();
        if here {
            edit.apply(&mut self.draft);
            self.edited = now;
        }
        here
    }

    fn settle(&mut self, yes: bool, now: Duration) -> bool {
        let draft = &mut self.draft;
        self.change.as_mut().is_some_and(|change| change.settle(draft, yes, now))
    }

    /// Whether the tags of this line keep `link` from being used on `port` at `now`.
    pub(crate) fn occupies(
        &self,
        port: &PortId,
        link: LinkProtocol,
        now: Duration,
        hold: Duration,
    ) -> bool {
        if self.life.gone() && self.life.since().saturating_add(hold) <= now {
            return false;
        }
        self.ends().into_iter().any(|(at, taken)| at == port && clash(taken, link))
    }

    /// All ports that it has tags on, with the tags.
    pub(crate) fn ends(&self) -> Vec<(&PortId, LinkProtocol)> {
        let far = match &self.draft.end {
            End::Port { port, link, .. } => Some((port, *link)),
            End::Profile(_) | End::Token(_) | End::Invitation { .. } => None,
        };
        let landed = self.landing.as_ref().map(|landing| (&landing.port, landing.link));
        std::iter::once((&self.draft.port, self.draft.link)).chain(far).chain(landed).collect()
    }
}

/// The id under which AWS knows a line.
pub(crate) fn aws_id(line: &Line) -> String {
    format!("dxcon-fh{:06x}", line.serial)
}
