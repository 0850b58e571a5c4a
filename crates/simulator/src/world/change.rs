//! Updates of connections: what a buyer requests, and who has to approve it before it applies.
//!
//! "Update semantics" of the older client (asynchronous, composite, not atomic) and the `Change` of
//! the v4 specification. Each API checks a request before it gets here; nothing is rejected here.

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use fabric_domain::{LinkProtocol, PortId};

use super::{
    draft::{Destination, Draft},
    lifecycle::Timing,
};

/// A bandwidth, and whether the request stated it in GB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Speed {
    pub(crate) mbps: u32,
    pub(crate) in_gigabits: bool,
}

/// The parts of an update; each is optional.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Edit {
    pub(crate) name: Option<String>,
    pub(crate) speed: Option<Speed>,
    /// Months.
    pub(crate) term: Option<u64>,
    /// The list of a v4 request, and the addresses in it.
    pub(crate) notifications: Option<(Value, Vec<String>)>,
    /// The port that the A side moves to.
    pub(crate) a_port: Option<PortId>,
    /// The new tags at the A side.
    pub(crate) a_link: Option<LinkProtocol>,
    /// Where the Z side moves to, if it is a port of the buyer.
    pub(crate) z_port: Option<(PortId, LinkProtocol)>,
}

/// What a user changes in the portal, past the API; each part is optional.
///
/// ```json
/// {"name": "Renamed", "bandwidth": 200}
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PortalEdit {
    /// The new name.
    pub name: Option<String>,
    /// The new bandwidth in Mbit/s.
    pub bandwidth: Option<u32>,
}

impl From<&PortalEdit> for Edit {
    fn from(edit: &PortalEdit) -> Self {
        Self {
            name: edit.name.clone(),
            speed: edit.bandwidth.map(|mbps| Speed { mbps, in_gigabits: false }),
            ..Self::default()
        }
    }
}

impl Edit {
    /// Applies all parts.
    pub(crate) fn apply(&self, draft: &mut Draft) {
        self.apply_freely(draft);
        self.apply_speed(draft);
    }

    /// Applies the parts that need no approval.
    fn apply_freely(&self, draft: &mut Draft) {
        if let Some(name) = &self.name {
            draft.name.clone_from(name);
        }
        if let Some(term) = self.term {
            let order =
                draft.echoed.entry("order").or_insert_with(|| Value::Object(<_>::default()));
            order["termLength"] = term.into();
        }
        if let Some((list, emails)) = &self.notifications {
            draft.echoed.insert("notifications".to_owned(), list.clone());
            draft.emails.clone_from(emails);
        }
        if let Some(port) = &self.a_port {
            draft.port.clone_from(port);
        }
        if let Some(link) = self.a_link {
            draft.link = link;
        }
        if let (Some((moved_to, tags)), Destination::Port { port, link, .. }) =
            (&self.z_port, &mut draft.destination)
        {
            port.clone_from(moved_to);
            *link = *tags;
        }
    }

    fn apply_speed(&self, draft: &mut Draft) {
        if let Some(speed) = self.speed {
            draft.mbps = speed.mbps;
            draft.in_gigabits = speed.in_gigabits;
        }
    }
}

/// The status of an update.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UpdateStatus {
    Requested,
    /// It waits for the seller to approve the bandwidth.
    Submitted,
    Completed,
    Rejected,
    /// The provider could not carry it out.
    Failed,
}

impl UpdateStatus {
    /// As v4 writes it.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Submitted => "SUBMITTED_FOR_APPROVAL",
            Self::Completed => "COMPLETED",
            Self::Rejected => "REJECTED",
            Self::Failed => "FAILED",
        }
    }
}

/// The latest update of a connection.
#[derive(Debug, Clone)]
pub(crate) struct LineChange {
    /// The number that its id is made from.
    pub(crate) number: u64,
    pub(crate) edit: Edit,
    /// The v4 operation as it was sent, with secrets masked.
    pub(crate) operation: Option<Value>,
    pub(crate) requested: Duration,
    pub(crate) since: Duration,
    pub(crate) progress: UpdateStatus,
    needs_seller: bool,
}

impl LineChange {
    /// An update that is requested at `now`.
    pub(crate) fn new(
        number: u64,
        edit: Edit,
        operation: Option<Value>,
        needs_seller: bool,
        now: Duration,
    ) -> Self {
        Self {
            number,
            edit,
            operation,
            requested: now,
            since: now,
            progress: UpdateStatus::Requested,
            needs_seller,
        }
    }

    /// Whether it has not ended yet; until then, no other update can start.
    pub(crate) fn in_progress(&self) -> bool {
        matches!(self.progress, UpdateStatus::Requested | UpdateStatus::Submitted)
    }

    /// Whether the seller has to approve it.
    pub(crate) fn needs_seller(&self) -> bool {
        self.needs_seller
    }

    /// Fails it; parts that have not been applied never will be. False if it has ended already.
    pub(crate) fn fail(&mut self, now: Duration) -> bool {
        let in_progress = self.in_progress();
        if in_progress {
            self.progress = UpdateStatus::Failed;
            self.since = now;
        }
        in_progress
    }

    /// Applies all automatic transitions until `now`.
    pub(crate) fn age(&mut self, draft: &mut Draft, now: Duration, timing: Timing) {
        if self.progress == UpdateStatus::Requested {
            let end = self.since.saturating_add(timing.stage);
            if end > now {
                return;
            }
            self.since = end;
            // Not atomic: a new name applies while the bandwidth waits for the seller.
            self.edit.apply_freely(draft);
            if self.needs_seller {
                self.progress = UpdateStatus::Submitted;
            } else {
                self.edit.apply_speed(draft);
                self.progress = UpdateStatus::Completed;
            }
        }
        if self.progress == UpdateStatus::Submitted
            && let Some(after) = timing.accept_after
            && self.since.saturating_add(after) <= now
        {
            let end = self.since.saturating_add(after);
            self.decide(draft, true, end);
        }
    }

    /// Carries out the seller's decision. False if the update does not wait for one.
    pub(crate) fn decide(&mut self, draft: &mut Draft, accept: bool, now: Duration) -> bool {
        if self.progress != UpdateStatus::Submitted {
            return false;
        }
        if accept {
            self.edit.apply_speed(draft);
        }
        self.progress = if accept { UpdateStatus::Completed } else { UpdateStatus::Rejected };
        self.since = now;
        true
    }
}
