//! Service profiles of all organisations: who sees which, and how they are created, replaced,
//! deleted and approved.
//!
//! Definitions are checked before, with `flaws`. Nothing here knows how an API prints a profile.

use std::time::Duration;

use jiff::Timestamp;

use fabric_domain::{Encapsulation, Flow, ProfileId};

use super::{
    line::Line,
    profile::{
        Approval, OfferedPort, ProfileDefinition, ProfileRecord, Review, VisibilityChange, metros,
    },
    seed::FIRST_NAME,
    state::WorldState,
    users::Organisation,
};

impl WorldState {
    /// The name of an organisation.
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

    /// A profile of any seller, in any state.
    pub(crate) fn profile(&self, id: &ProfileId) -> Option<&ProfileRecord> {
        self.profiles.iter().find(|profile| profile.id == *id)
    }

    /// Whether an organisation sells a profile.
    pub(crate) fn owns(&self, organisation: Organisation, profile: &ProfileRecord) -> bool {
        self.name_of(organisation) == profile.seller
    }

    /// Whether an organisation sells the profile of a connection.
    pub(crate) fn sells(&self, organisation: Organisation, line: &Line) -> bool {
        let profile = line.profile().and_then(|id| self.profile(id));
        profile.is_some_and(|profile| self.owns(organisation, profile))
    }

    /// The profiles that an organisation can order from: public ones, its own, and private ones
    /// that allow its user.
    pub(crate) fn profiles_for(
        &self,
        organisation: Organisation,
    ) -> impl Iterator<Item = &ProfileRecord> {
        self.profiles.iter().filter(move |profile| {
            profile.approval == Approval::Approved && self.admits(organisation, profile)
        })
    }

    /// Whether an organisation may use a profile, regardless of its approval.
    pub(crate) fn admits(&self, organisation: Organisation, profile: &ProfileRecord) -> bool {
        let definition = &profile.definition;
        let email = self.users.email(organisation).unwrap_or_default();
        !definition.private
            || self.owns(organisation, profile)
            || definition.allowed_emails.iter().any(|allowed| allowed.eq_ignore_ascii_case(email))
    }

    /// One profile that an organisation can order from.
    pub(crate) fn profile_for(
        &self,
        organisation: Organisation,
        id: &str,
    ) -> Option<&ProfileRecord> {
        self.profiles_for(organisation).find(|profile| profile.id.as_str() == id)
    }

    /// The profiles that an organisation sells, in all states.
    pub(crate) fn profiles_of(
        &self,
        organisation: Organisation,
    ) -> impl Iterator<Item = &ProfileRecord> {
        self.profiles.iter().filter(move |profile| self.owns(organisation, profile))
    }

    /// One profile that an organisation sells.
    pub(crate) fn profile_of(
        &self,
        organisation: Organisation,
        id: &str,
    ) -> Option<&ProfileRecord> {
        self.profiles_of(organisation).find(|profile| profile.id.as_str() == id)
    }

    /// Whether a profile has connections that are not deprovisioned.
    pub(crate) fn in_use(&self, id: &ProfileId) -> bool {
        self.lines.iter().any(|line| line.profile() == Some(id) && !line.lifecycle.deprovisioned())
    }

    fn encapsulation(&self, ports: &[OfferedPort]) -> Option<Encapsulation> {
        let mut ports = ports.iter().filter_map(|offered| self.any_port(&offered.port));
        ports.find_map(|port| port.encapsulation)
    }

    fn instant(&self) -> Timestamp {
        self.clock.at(self.clock.now())
    }

    /// Creates a profile. A public one waits for the approval of Equinix.
    pub(crate) fn publish(
        &mut self,
        seller: Organisation,
        definition: ProfileDefinition,
    ) -> Option<ProfileId> {
        let number = self.next_number();
        let id = ProfileId::parse(&format!("5f00b001-0000-4000-8000-{number:012x}")).ok()?;
        let now = self.instant();
        let approval = if definition.private { Approval::Approved } else { Approval::Pending };
        let metros = metros(&definition.ports);
        self.profiles.push(ProfileRecord {
            id: id.clone(),
            seller: self.name_of(seller),
            flow: Flow::Seller,
            encapsulation: self.encapsulation(&definition.ports),
            needs_region: metros.iter().any(|served| !served.regions.is_empty()),
            metros,
            definition,
            approval,
            version: 1,
            created: now,
            updated: now,
            visibility_change: None,
        });
        Some(id)
    }

    /// Replaces the definition of a profile. A private one becomes public only once Equinix
    /// approves.
    pub(crate) fn replace(&mut self, id: &ProfileId, mut definition: ProfileDefinition) {
        let number = self.next_number();
        let now = self.instant();
        let encapsulation = self.encapsulation(&definition.ports);
        let Some(profile) = self.profiles.iter_mut().find(|profile| profile.id == *id) else {
            return;
        };
        let approved = profile.approval == Approval::Approved;
        if profile.definition.private && !definition.private && approved {
            definition.private = true;
            let awaited = profile.visibility_change.filter(|p| p.review == Review::Pending);
            let review = Review::Pending;
            let requested = VisibilityChange { number, requested: now, since: now, review };
            profile.visibility_change = Some(awaited.unwrap_or(requested));
        } else if definition.private {
            profile.visibility_change = None;
            // Private profiles need no approval.
            profile.approval = Approval::Approved;
        } else if profile.approval == Approval::Rejected {
            profile.approval = Approval::Pending;
        }
        profile.encapsulation = encapsulation.or(profile.encapsulation);
        profile.metros = metros(&definition.ports);
        profile.needs_region = profile.metros.iter().any(|served| !served.regions.is_empty());
        profile.definition = definition;
        profile.version += 1;
        profile.updated = now;
    }

    /// Deletes a profile; it stays readable.
    pub(crate) fn withdraw(&mut self, id: &ProfileId) {
        let now = self.instant();
        if let Some(profile) = self.profiles.iter_mut().find(|profile| profile.id == *id) {
            profile.approval = Approval::Deleted;
            profile.visibility_change = None;
            profile.version += 1;
            profile.updated = now;
        }
    }

    /// Carries out Equinix' decision: about a new public profile, or about making a private one
    /// public. False if the profile waits for none.
    pub(crate) fn review(&mut self, id: &ProfileId, approve: bool) -> bool {
        let now = self.instant();
        let profile = self.profiles.iter_mut().find(|profile| profile.id == *id);
        let Some(profile) = profile.filter(|profile| profile.awaits_review()) else { return false };
        match &mut profile.visibility_change {
            Some(visibility_change) if profile.approval == Approval::Approved => {
                visibility_change.review =
                    if approve { Review::Approved } else { Review::Rejected };
                visibility_change.since = now;
                profile.definition.private = !approve;
            }
            Some(_) | None => {
                profile.approval = if approve { Approval::Approved } else { Approval::Rejected };
            }
        }
        profile.version += 1;
        profile.updated = now;
        true
    }

    /// Approves the profiles that have waited for Equinix at least this long; returns how many.
    pub(crate) fn approve_due(&mut self, since: Duration) -> usize {
        let now = self.clock.now();
        let due = now.checked_sub(since).map(|then| self.clock.at(then));
        let waits = |profile: &&ProfileRecord| {
            profile.awaits_review() && due.is_some_and(|due| profile.updated <= due)
        };
        let ids: Vec<ProfileId> =
            self.profiles.iter().filter(waits).map(|profile| profile.id.clone()).collect();
        ids.iter().map(|id| usize::from(self.review(id, true))).sum()
    }
}
