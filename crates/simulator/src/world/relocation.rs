//! Moves of connections that Equinix makes by itself: to another port, or to other tags.
//!
//! The documents list states of a migration and no more; that the port and the tags change at its end
//! is what users report. Whether the new place is free is for the caller to know.

use std::time::Duration;

use serde::Deserialize;

use fabric_domain::{EquinixStatus, LinkProtocol, PortId, Vlan};

use super::draft::Draft;

/// What Equinix changes of the A side of a connection, and how that looks meanwhile.
///
/// ```json
/// {"port": "7f891d3b-9740-7400-bae0-30ac1885197a", "vlan": 800, "status": "MIGRATION_STARTED"}
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Relocation {
    /// The uuid of the new port; the same port, if absent.
    pub port: Option<String>,
    /// The new tag of Dot1q, or S-tag of `QinQ`; the same, if absent.
    pub vlan: Option<u16>,
    /// The new C-tag; the same, if absent.
    pub c_tag: Option<u16>,
    /// The state at Equinix until the move is over; `MIGRATION_IN_PROGRESS`, if absent.
    pub status: Option<String>,
}

/// A move in progress.
#[derive(Debug, Clone)]
pub(crate) struct Move {
    port: PortId,
    link: LinkProtocol,
    pub(crate) status: EquinixStatus,
    pub(crate) until: Duration,
}

impl Relocation {
    /// The move of a connection that ends at `until`; `None` if the port, a tag or the state is none,
    /// or the connection has no C-tag to change.
    pub(crate) fn of(&self, draft: &Draft, until: Duration) -> Option<Move> {
        let port = match &self.port {
            Some(port) => PortId::parse(port).ok()?,
            None => draft.port.clone(),
        };
        let tag = |new: Option<u16>, old: Vlan| match new {
            Some(new) => Vlan::new(new).ok(),
            None => Some(old),
        };
        let link = match (draft.link, self.c_tag) {
            (LinkProtocol::Dot1q(old), None) => LinkProtocol::Dot1q(tag(self.vlan, old)?),
            (LinkProtocol::Dot1q(_), Some(_)) => return None,
            (LinkProtocol::Qinq { s_tag, c_tag }, new) => LinkProtocol::Qinq {
                s_tag: tag(self.vlan, s_tag)?,
                c_tag: match new {
                    Some(new) => Some(Vlan::new(new).ok()?),
                    None => c_tag,
                },
            },
        };
        let status = self.status.as_deref().unwrap_or("MIGRATION_IN_PROGRESS");
        Some(Move { port, link, status: EquinixStatus::read(status), until })
    }
}

impl Move {
    /// Carries it out.
    pub(crate) fn apply(self, draft: &mut Draft) {
        draft.port = self.port;
        draft.link = self.link;
    }
}
