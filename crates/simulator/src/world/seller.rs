//! Who sells what to whom: organisations' names, the profiles that each sees, what becomes of them.
//!
//! It decides nothing about requests but what a seller may offer; which code a flaw earns is each
//! face's matter.

use std::time::Duration;

use jiff::Timestamp;

use fabric_domain::{ConnectionId, Encapsulation, LinkProtocol, ProfileId, Tags, Vlan};

use crate::world::{
    line::{End, Landing, Line},
    profile::{Decision, Offer, Outlet, Profile, Publication, Standing, places},
    seed::{FIRST_NAME, Port, SELLER_PORT},
    state::State,
    state_tables::Course,
    users::Organisation,
};

/// Where a line ends, at whomever's port.
#[derive(Debug)]
pub(crate) struct FarEnd<'a> {
    pub(crate) name: &'a str,
    pub(crate) id: &'a str,
    pub(crate) tags: Tags,
    pub(crate) encapsulation: Option<Encapsulation>,
}

/// What is wrong with an offer; the numbers are those of outlets and questions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// "These locations will need at least one active port present."
    NoPort,
    /// There is no such port, or it is somebody else's.
    PortUnknown(usize),
    /// The port is in another metro.
    PortElsewhere(usize),
    PortTwice(usize),
    /// The ports do not all have one encapsulation.
    LinksDiffer,
    /// Redundancy is required, but no metro has ports on both devices.
    OnePortOfAPair,
    /// There is an API, but nobody knows how it is called.
    NoIntegration,
    /// The speed shall come from an API that there is not.
    SpeedWithoutApi,
    /// The speed comes from the API, and is listed as well.
    BandsNotAllowed,
    BandsMissing,
    /// Service keys are for `QinQ` ports only.
    ServiceKeyNeedsQinq,
    QuestionTwice(usize),
    /// A list without anything to choose from.
    OptionsMissing(usize),
}

impl State {
    /// An organisation's name, as sellers and buyers show it.
    pub(crate) fn name_of(&self, organisation: Organisation) -> String {
        if organisation == Organisation::FIRST {
            return FIRST_NAME.to_owned();
        }
        let named = self.sellers.iter().find(|(who, _)| *who == organisation);
        match named {
            Some((_, name)) => name.clone(),
            None => format!("EXAMPLE-ORG-{}", organisation.0),
        }
    }

    /// Any profile, in whatever state it is.
    pub(crate) fn profile(&self, id: &ProfileId) -> Option<&Profile> {
        self.profiles.iter().find(|profile| profile.id == *id)
    }

    /// Whether an organisation is a profile's seller.
    pub(crate) fn owns(&self, organisation: Organisation, profile: &Profile) -> bool {
        self.name_of(organisation) == profile.seller
    }

    /// Whether an organisation is the seller of a line's profile.
    pub(crate) fn sells(&self, organisation: Organisation, line: &Line) -> bool {
        let profile = line.profile().and_then(|id| self.profile(id));
        profile.is_some_and(|profile| self.owns(organisation, profile))
    }

    /// Profiles that an organisation can order from: public ones, its own, and private ones whose
    /// seller has let its user in.
    pub(crate) fn profiles_for(
        &self,
        organisation: Organisation,
    ) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(move |profile| {
            profile.standing == Standing::Approved && self.lets_in(organisation, profile)
        })
    }

    /// Whether a profile is for an organisation, whatever state it is in.
    pub(crate) fn lets_in(&self, organisation: Organisation, profile: &Profile) -> bool {
        let offer = &profile.offer;
        let email = self.access.email(organisation).unwrap_or_default();
        !offer.private
            || self.owns(organisation, profile)
            || offer.emails.iter().any(|allowed| allowed.eq_ignore_ascii_case(email))
    }

    /// One profile that an organisation can order from.
    pub(crate) fn profile_for(&self, organisation: Organisation, id: &str) -> Option<&Profile> {
        self.profiles_for(organisation).find(|profile| profile.id.as_str() == id)
    }

    /// The profiles that an organisation sells, in all states.
    pub(crate) fn profiles_of(&self, organisation: Organisation) -> impl Iterator<Item = &Profile> {
        self.profiles.iter().filter(move |profile| self.owns(organisation, profile))
    }

    /// One profile that an organisation sells.
    pub(crate) fn profile_of(&self, organisation: Organisation, id: &str) -> Option<&Profile> {
        self.profiles_of(organisation).find(|profile| profile.id.as_str() == id)
    }

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

    /// Whether a line that is not gone goes through a profile.
    pub(crate) fn in_use(&self, id: &ProfileId) -> bool {
        self.lines.iter().any(|line| line.profile() == Some(id) && !line.life.gone())
    }

    /// What is wrong with an offer of an organisation.
    pub(crate) fn flaws(&self, organisation: Organisation, offer: &Offer) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        let mut mind = |wrong: bool, flaw: Flaw| {
            if wrong {
                flaws.push(flaw);
            }
        };
        mind(offer.outlets.is_empty(), Flaw::NoPort);
        let mut ports: Vec<&Port> = Vec::new();
        for (at, outlet) in offer.outlets.iter().enumerate() {
            match self.port(organisation, outlet.port.as_str()) {
                None => mind(true, Flaw::PortUnknown(at)),
                Some(port) => {
                    mind(port.metro != outlet.metro, Flaw::PortElsewhere(at));
                    mind(ports.iter().any(|other| other.id == port.id), Flaw::PortTwice(at));
                    ports.push(port);
                }
            }
        }
        let links: Vec<Encapsulation> =
            ports.iter().filter_map(|port| port.encapsulation).collect();
        mind(links.windows(2).any(|pair| pair[0] != pair[1]), Flaw::LinksDiffer);
        let paired = ports.iter().any(|one| {
            ports.iter().any(|other| {
                one.metro == other.metro && !one.secondary_device && other.secondary_device
            })
        });
        mind(offer.needs_pair && !paired, Flaw::OnePortOfAPair);
        let api = &offer.api;
        mind(api.available && api.integration.is_none(), Flaw::NoIntegration);
        mind(
            api.gives_speed && !(api.available && api.integration.is_some()),
            Flaw::SpeedWithoutApi,
        );
        mind(api.gives_speed && !offer.mbps.is_empty(), Flaw::BandsNotAllowed);
        let free = api.gives_speed || offer.any_mbps;
        mind(!free && offer.mbps.is_empty(), Flaw::BandsMissing);
        let single = links.contains(&Encapsulation::Dot1q);
        mind(offer.makes_keys && single, Flaw::ServiceKeyNeedsQinq);
        for (at, question) in offer.questions.iter().enumerate() {
            let before = offer.questions.iter().take(at);
            mind(before.into_iter().any(|q| q.label == question.label), Flaw::QuestionTwice(at));
            let empty = question.kind == "LIST" && question.options.is_empty();
            mind(empty, Flaw::OptionsMissing(at));
        }
        flaws
    }

    fn encapsulation(&self, outlets: &[Outlet]) -> Option<Encapsulation> {
        let mut ports = outlets.iter().filter_map(|outlet| self.any_port(&outlet.port));
        ports.find_map(|port| port.encapsulation)
    }

    fn instant(&self) -> Timestamp {
        self.clock.at(self.clock.now())
    }

    /// Makes a profile. A public one waits for Equinix.
    pub(crate) fn publish(&mut self, seller: Organisation, offer: Offer) -> Option<ProfileId> {
        let number = self.next_number();
        let id = ProfileId::parse(&format!("5f00b001-0000-4000-8000-{number:012x}")).ok()?;
        let now = self.instant();
        let standing = if offer.private { Standing::Approved } else { Standing::Pending };
        let places = places(&offer.outlets);
        self.profiles.push(Profile {
            id: id.clone(),
            seller: self.name_of(seller),
            course: Course::Seller,
            encapsulation: self.encapsulation(&offer.outlets),
            needs_region: places.iter().any(|place| !place.regions.is_empty()),
            places,
            offer,
            standing,
            version: 1,
            created: now,
            updated: now,
            publication: None,
        });
        Some(id)
    }

    /// Replaces what a profile offers. To make a private one public takes Equinix: it stays private
    /// until then.
    pub(crate) fn replace(&mut self, id: &ProfileId, mut offer: Offer) {
        let number = self.next_number();
        let now = self.instant();
        let encapsulation = self.encapsulation(&offer.outlets);
        let Some(profile) = self.profiles.iter_mut().find(|profile| profile.id == *id) else {
            return;
        };
        let approved = profile.standing == Standing::Approved;
        if profile.offer.private && !offer.private && approved {
            offer.private = true;
            let awaited = profile.publication.filter(|p| p.decision == Decision::Awaited);
            let decision = Decision::Awaited;
            let asked = Publication { number, asked: now, since: now, decision };
            profile.publication = Some(awaited.unwrap_or(asked));
        } else if offer.private {
            profile.publication = None;
            // Nobody has to approve what is private.
            profile.standing = Standing::Approved;
        } else if profile.standing == Standing::Rejected {
            profile.standing = Standing::Pending;
        }
        profile.encapsulation = encapsulation.or(profile.encapsulation);
        profile.places = places(&offer.outlets);
        profile.needs_region = profile.places.iter().any(|place| !place.regions.is_empty());
        profile.offer = offer;
        profile.version += 1;
        profile.updated = now;
    }

    /// Withdraws a profile.
    pub(crate) fn withdraw(&mut self, id: &ProfileId) {
        let now = self.instant();
        if let Some(profile) = self.profiles.iter_mut().find(|profile| profile.id == *id) {
            profile.standing = Standing::Deleted;
            profile.publication = None;
            profile.version += 1;
            profile.updated = now;
        }
    }

    /// Equinix decides about a profile: whether it may be, or may be public. False if nothing is
    /// to be decided.
    pub(crate) fn judge(&mut self, id: &ProfileId, yes: bool) -> bool {
        let now = self.instant();
        let profile = self.profiles.iter_mut().find(|profile| profile.id == *id);
        let Some(profile) = profile.filter(|profile| profile.waits()) else { return false };
        match &mut profile.publication {
            Some(publication) if profile.standing == Standing::Approved => {
                publication.decision = if yes { Decision::Yes } else { Decision::No };
                publication.since = now;
                profile.offer.private = !yes;
            }
            Some(_) | None => {
                profile.standing = if yes { Standing::Approved } else { Standing::Rejected };
            }
        }
        profile.version += 1;
        profile.updated = now;
        true
    }

    /// Says yes to all profiles that wait for Equinix, if they have waited for so long.
    pub(crate) fn judge_all(&mut self, since: Duration) -> usize {
        let now = self.clock.now();
        let due = now.checked_sub(since).map(|then| self.clock.at(then));
        let waits =
            |profile: &&Profile| profile.waits() && due.is_some_and(|due| profile.updated <= due);
        let ids: Vec<ProfileId> =
            self.profiles.iter().filter(waits).map(|profile| profile.id.clone()).collect();
        ids.iter().map(|id| usize::from(self.judge(id, true))).sum()
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
