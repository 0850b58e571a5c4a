//! Who sells what to whom: organisations' names, the profiles that each sees, what becomes of them.
//!
//! It decides nothing about requests but what a seller may offer; which code a flaw earns is each
//! face's matter.

use std::time::Duration;

use jiff::Timestamp;

use fabric_domain::{Encapsulation, ProfileId};

use super::{
    line::Line,
    profile::{Decision, Offer, Outlet, Profile, Publication, Standing, places},
    seed::FIRST_NAME,
    state::State,
    state_tables::Course,
    users::Organisation,
};

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

    /// Whether a line that is not gone goes through a profile.
    pub(crate) fn in_use(&self, id: &ProfileId) -> bool {
        self.lines.iter().any(|line| line.profile() == Some(id) && !line.life.gone())
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
}
