//! The Z side of a connection: the port where it ends, and the tags there.
//!
//! A seller assigns a port when it approves. If it names none, the world assigns one of the
//! profile's ports. Whether the seller may use a port is checked before.

use std::time::Duration;

use fabric_domain::{ConnectionId, Encapsulation, Flow, LinkProtocol, PortId, Tags, Vlan};

use super::{
    change::Edit,
    draft::Destination,
    ledger::ApiDialect,
    line::{AssignedPort, Line},
    seed::SELLER_PORT,
    state::WorldState,
};

/// The Z-side port of a connection, with its tags there.
#[derive(Debug)]
pub(crate) struct ZSidePort<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: &'a str,
    pub(crate) tags: Tags,
    pub(crate) encapsulation: Option<Encapsulation>,
}

impl WorldState {
    /// The Z-side port of a connection, once it is known.
    pub(crate) fn z_side_port<'a>(&'a self, line: &'a Line) -> Option<ZSidePort<'a>> {
        let (port, tags) = match (&line.draft.destination, &line.assigned_port) {
            (Destination::Port { port, link, .. }, _) => (port, link.tags()),
            (Destination::Profile(_), Some(assigned_port)) => {
                (&assigned_port.port, assigned_port.link.tags())
            }
            (Destination::Profile(id), None) => {
                let (name, port) = SELLER_PORT;
                let made_up = u16::try_from(line.serial % 4000).unwrap_or(0) + 8;
                let terms = &line.draft.terms;
                let s_tag = terms.s_tag.unwrap_or(made_up);
                return line.lifecycle.reached_provider().then(|| ZSidePort {
                    name,
                    id: port,
                    tags: Tags { s_tag, c_tag: terms.c_tag },
                    encapsulation: self.profile(id).and_then(|profile| profile.encapsulation),
                });
            }
            (Destination::Token(_) | Destination::Invitation { .. }, _) => return None,
        };
        let known = self.any_port(port);
        Some(ZSidePort {
            name: known.map_or("", |port| port.name.as_str()),
            id: port.as_str(),
            tags,
            encapsulation: known.and_then(|port| port.encapsulation),
        })
    }

    /// The id of a connection at AWS, once AWS knows it.
    pub(crate) fn aws_id(&self, line: &Line) -> Option<String> {
        let profile = self.profile(line.profile()?)?;
        let known = profile.flow == Flow::Aws && line.lifecycle.reached_provider();
        known.then(|| format!("dxcon-fh{:06x}", line.serial))
    }

    /// The other leg of a redundant pair, unless it is deprovisioned.
    pub(crate) fn other_leg(&self, line: &Line) -> Option<&Line> {
        self.lines.iter().find(|other| {
            other.organisation == line.organisation
                && other.group == line.group
                && other.id != line.id
                && !other.lifecycle.deprovisioned()
        })
    }

    /// Assigns the port that the seller chose.
    pub(crate) fn assign_port(&mut self, id: &ConnectionId, assigned_port: AssignedPort) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) {
            line.assigned_port = Some(assigned_port);
        }
    }

    /// Moves the Z side of a connection to another port of its owner: the buyer's, by an update of
    /// the connection, or the seller's, at once.
    pub(crate) fn move_z_side(&mut self, id: &ConnectionId, port: PortId, link: LinkProtocol) {
        let to_own_port = self.lines.iter().any(|line| {
            line.id == *id && matches!(line.draft.destination, Destination::Port { .. })
        });
        if to_own_port {
            let edit = Edit { z_port: Some((port, link)), ..Edit::default() };
            self.change(id, ApiDialect::V4, edit, None);
        } else {
            self.assign_port(id, AssignedPort { port, link });
        }
    }

    /// Assigns one of the profile's ports to each connection whose seller accepted it without
    /// naming one.
    pub(crate) fn assign_ports(&mut self, now: Duration) {
        for at in 0..self.lines.len() {
            let line = self.lines.get(at);
            let line = line.filter(|l| l.assigned_port.is_none() && l.lifecycle.reached_provider());
            let assigned_port = line.and_then(|line| self.assignment(line, now));
            if let (Some(assigned_port), Some(line)) = (assigned_port, self.lines.get_mut(at)) {
                line.assigned_port = Some(assigned_port);
            }
        }
    }

    fn assignment(&self, line: &Line, now: Duration) -> Option<AssignedPort> {
        let profile = self.profile(line.profile()?)?;
        let offered = profile.definition.ports.iter().find(|o| o.metro == line.draft.metro)?;
        let port = self.any_port(&offered.port)?;
        let c_tag = line.draft.terms.c_tag.and_then(|tag| Vlan::new(tag).ok());
        let tagged = |tag: u16| {
            let s_tag = Vlan::new(tag).ok()?;
            Some(match port.encapsulation {
                Some(Encapsulation::Qinq) => LinkProtocol::Qinq { s_tag, c_tag },
                Some(Encapsulation::Dot1q | Encapsulation::Untagged) | None => {
                    LinkProtocol::Dot1q(s_tag)
                }
            })
        };
        let wanted = line.draft.terms.s_tag.into_iter().chain(2..=4094);
        let free = |link: &LinkProtocol| !self.tags_in_use(&port.id, *link, now);
        let chosen = wanted.filter_map(tagged).find(free)?;
        Some(AssignedPort { port: port.id.clone(), link: chosen })
    }
}
