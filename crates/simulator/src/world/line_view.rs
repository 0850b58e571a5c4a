//! What a test may inspect of a connection without going through an API.
//!
//! A copy of plain values; nothing here changes the world.

use jiff::Timestamp;
use serde::Serialize;

use super::{ledger::ApiDialect, line::Line, state::WorldState};

/// A connection as the world holds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LineView {
    /// Its id.
    pub uuid: String,
    /// Its name.
    pub name: String,
    /// The number of the organisation that ordered it.
    pub organisation: u32,
    /// The API that took the order.
    pub dialect: ApiDialect,
    /// The A-side port.
    pub port: String,
    /// The only tag of Dot1q, the S-tag of `QinQ`.
    pub vlan: u16,
    /// The C-tag.
    pub c_tag: Option<u16>,
    /// Mbit/s.
    pub bandwidth: u32,
    /// Its redundancy group.
    pub redundancy_group: String,
    /// Its state at Equinix.
    pub equinix_status: String,
    /// Its state at the Z side.
    pub provider_status: String,
    /// The status of its latest change, as v4 prints it.
    pub change: Option<String>,
    /// When it was ordered, in simulated time.
    pub created: Timestamp,
    /// When its deletion was requested, in simulated time.
    pub cancelled: Option<Timestamp>,
}

impl LineView {
    pub(crate) fn of(state: &WorldState, line: &Line) -> Self {
        let tags = line.draft.link.tags();
        let row = line.lifecycle.stage();
        Self {
            uuid: line.id.as_str().to_owned(),
            name: line.draft.name.clone(),
            organisation: line.organisation.0,
            dialect: line.dialect,
            port: line.draft.port.as_str().to_owned(),
            vlan: tags.s_tag,
            c_tag: tags.c_tag,
            bandwidth: line.draft.mbps,
            redundancy_group: line.group.clone(),
            equinix_status: line.equinix_status(ApiDialect::V4).as_str().to_owned(),
            provider_status: row.provider.as_str().to_owned(),
            change: line.change.as_ref().map(|change| change.progress.as_str().to_owned()),
            created: state.clock.at(line.created),
            cancelled: line.cancelled.map(|at| state.clock.at(at)),
        }
    }
}
