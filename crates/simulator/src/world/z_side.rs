//! The Z side of a connection: the port where it ends, and the tags there.
//!
//! A seller assigns a port when it approves; where it names none, the world assigns one of the
//! profile's.

use std::time::Duration;

use fabric_domain::{ConnectionId, Encapsulation, LinkProtocol, Tags, Vlan};

use super::{
    draft::End,
    line::{Landing, Line},
    seed::SELLER_PORT,
    state::State,
};

/// Where a line ends, at whomever's port.
#[derive(Debug)]
pub(crate) struct FarEnd<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: &'a str,
    pub(crate) tags: Tags,
    pub(crate) encapsulation: Option<Encapsulation>,
}

impl State {
    /// The port where a line ends and its tags there, from when they are known.
    pub(crate) fn far_end<'a>(&'a self, line: &'a Line) -> Option<FarEnd<'a>> {
        let (port, tags) = match (&line.draft.end, &line.landing) {
            (End::Port { port, link, .. }, _) => (port, link.tags()),
            (End::Profile(_), Some(landing)) => (&landing.port, landing.link.tags()),
            (End::Profile(id), None) => {
                let (name, port) = SELLER_PORT;
                let made_up = u16::try_from(line.serial % 4000).unwrap_or(0) + 8;
                let terms = &line.draft.terms;
                let s_tag = terms.s_tag.unwrap_or(made_up);
                return line.life.reached_provider().then(|| FarEnd {
                    name,
                    id: port,
                    tags: Tags { s_tag, c_tag: terms.c_tag },
                    encapsulation: self.profile(id).and_then(|profile| profile.encapsulation),
                });
            }
            (End::Token(_) | End::Invitation { .. }, _) => return None,
        };
        let known = self.any_port(port);
        Some(FarEnd {
            name: known.map_or("", |port| port.name.as_str()),
            id: port.as_str(),
            tags,
            encapsulation: known.and_then(|port| port.encapsulation),
        })
    }

    /// The other line of a redundant pair, as long as it is not gone.
    pub(crate) fn other_half(&self, line: &Line) -> Option<&Line> {
        self.lines.iter().find(|other| {
            other.organisation == line.organisation
                && other.group == line.group
                && other.id != line.id
                && !other.life.gone()
        })
    }

    /// The seller puts the end of a line on a port.
    pub(crate) fn put(&mut self, id: &ConnectionId, landing: Landing) {
        if let Some(line) = self.lines.iter_mut().find(|line| line.id == *id) {
            line.landing = Some(landing);
        }
    }

    /// Gives lines that their seller has taken in without naming a port one of the profile's.
    pub(crate) fn land(&mut self, now: Duration) {
        for at in 0..self.lines.len() {
            let line = self.lines.get(at);
            let line = line.filter(|l| l.landing.is_none() && l.life.reached_provider());
            let landing = line.and_then(|line| self.landing(line, now));
            if let (Some(landing), Some(line)) = (landing, self.lines.get_mut(at)) {
                line.landing = Some(landing);
            }
        }
    }

    fn landing(&self, line: &Line, now: Duration) -> Option<Landing> {
        let profile = self.profile(line.profile()?)?;
        let outlet = profile.offer.outlets.iter().find(|o| o.metro == line.draft.metro)?;
        let port = self.any_port(&outlet.port)?;
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
        let free = |link: &LinkProtocol| !self.occupied(&port.id, *link, now);
        let chosen = wanted.filter_map(tagged).find(free)?;
        Some(Landing { port: port.id.clone(), link: chosen })
    }
}
