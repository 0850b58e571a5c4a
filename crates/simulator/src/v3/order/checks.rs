//! Checking a v3 order against the world: ports, profile, metros, tags, keys.
//!
//! The rules of the flows' tables and of the troubleshooting chapter. Every rule that can be judged
//! is judged, so that one answer may carry several errors.

use std::time::Duration;

use fabric_domain::{Encapsulation, Leg, LinkProtocol, MetroCode, ServiceTokenId, Vlan};

use super::fields::{Fields, Side};
use crate::{
    catalogue::{Known, v3 as codes},
    messages::Caller,
    v3::{error::Violation, field_reader::field_of},
    world::{
        draft::{Draft, End, Terms},
        keys::{self, Full},
        profile::Profile,
        seed::{Port, metro_of_key},
        state::State,
        state_tables::Course,
        tags::{Need, clash, needs},
    },
};

/// Checks an order in whose fields these violations were found.
///
/// # Errors
/// All violations, those of the fields first.
pub(super) fn check(
    state: &mut State,
    caller: Caller,
    fields: &Fields,
    violations: Vec<Violation>,
) -> Result<Vec<Draft>, Vec<Violation>> {
    let now = state.look();
    let mut judge = Judge { state, caller, fields, violations, now };
    let drafts = judge.order();
    if judge.violations.is_empty() { Ok(drafts) } else { Err(judge.violations) }
}

struct Judge<'a> {
    state: &'a State,
    caller: Caller,
    fields: &'a Fields,
    violations: Vec<Violation>,
    now: Duration,
}

impl<'a> Judge<'a> {
    fn add(&mut self, known: &'static Known) {
        self.violations.push(Violation::of(known));
    }

    fn add_at(&mut self, known: &'static Known, property: impl Into<String>) {
        self.violations.push(Violation::of(known).at(property));
    }

    fn missing(&mut self, property: &str) {
        self.violations.push(Violation::field("NotEmpty: must be given", property));
    }

    fn order(&mut self) -> Vec<Draft> {
        let fields = self.fields;
        let profile = self.profile();
        let primary = self.half(Leg::Primary, &fields.primary, profile);
        let secondary =
            fields.secondary.as_ref().map(|side| self.half(Leg::Secondary, side, profile));
        if let Some(profile) = profile {
            self.terms(profile);
        }
        if let Some(Some(second)) = &secondary
            && let Some(first) = &primary
        {
            self.pair(first, second);
        }
        primary.into_iter().chain(secondary.flatten()).collect()
    }

    fn profile(&mut self) -> Option<&'a Profile> {
        let state = self.state;
        let id = self.fields.profile.as_deref()?;
        let profile = state.profile_for(self.caller.0, id);
        if profile.is_none() && state.well_formed(id) {
            self.add_at(codes::PROFILE_UNKNOWN, "profileUUID");
        }
        profile
    }

    /// What the seller asks for: key, region, peering, bandwidth, a second line, answers.
    fn terms(&mut self, profile: &Profile) {
        let fields = self.fields;
        if let Some(mbps) = fields.mbps
            && !profile.sells(mbps)
        {
            self.violations
                .push(Violation::field("Speed is not supported by the service profile", "speed"));
        }
        if profile.needs_key() && fields.key.is_none() {
            self.missing("authorizationKey");
        }
        if profile.needs_region && fields.region.is_none() {
            self.missing("sellerRegion");
        }
        if profile.offer.needs_pair && fields.secondary.is_none() {
            self.missing("secondaryName");
        }
        for question in profile.offer.questions.iter().filter(|question| question.required) {
            if !fields.answered.contains(&question.label) {
                let more = format!("NotEmpty: {} must be given", question.label);
                self.violations.push(Violation::field(more, "additionalInfo"));
            }
        }
        let near = self.port(&fields.primary).and_then(|p| p.encapsulation);
        let needs_tag = profile.course == Course::Azure && near == Some(Encapsulation::Dot1q);
        let fits = match fields.named_tag.as_deref() {
            Some(tag) => profile.knows_tag(tag),
            None => !needs_tag,
        };
        if !fits {
            self.add(codes::PEERING_UNKNOWN);
        }
        if let Some(key) = fields.key.as_deref() {
            self.key(profile, key, near);
        }
    }

    fn key(&mut self, profile: &Profile, key: &str, near: Option<Encapsulation>) {
        let metro = self.metro();
        if let (Some(made_for), Some(metro)) = (metro_of_key(key), metro)
            && made_for != metro.as_str()
        {
            self.add(codes::KEY_OF_OTHER_METRO);
        }
        if profile.course != Course::Azure {
            return;
        }
        let qinq = near == Some(Encapsulation::Qinq);
        let peering = self.fields.named_tag.as_deref();
        let room = |half| keys::room(self.state, key, qinq, peering, half);
        match room(Leg::Primary).and_then(|()| room(Leg::Secondary)) {
            Ok(()) => {}
            Err(Full::Dot1q) => self.add(codes::KEY_USED_UP),
            Err(Full::Peering) => self.add(codes::PEERING_IN_USE),
        }
    }

    fn port(&self, side: &Side) -> Option<&'a Port> {
        self.state.port(self.caller.0, side.port.as_deref()?)
    }

    fn owned(&mut self, id: Option<&str>, property: &str) -> Option<&'a Port> {
        let id = id?;
        let state = self.state;
        let port = state.port(self.caller.0, id);
        if port.is_none() {
            self.add_at(codes::PORT_UNKNOWN, property);
        }
        port
    }

    /// Where the order ends: what it says, else where its port is.
    fn metro(&self) -> Option<MetroCode> {
        match self.fields.metro.as_deref() {
            Some(code) => MetroCode::parse(code).ok(),
            None => self.port(&self.fields.primary).map(|port| port.metro),
        }
    }

    fn half(&mut self, half: Leg, side: &Side, profile: Option<&'a Profile>) -> Option<Draft> {
        let port = self.owned(side.port.as_deref(), &field_of(half, "PortUUID"));
        let far = self.owned(side.far_port.as_deref(), &field_of(half, "ZSidePortUUID"));
        let to_own_port = side.far_port.is_some();
        let course = if to_own_port {
            Course::Own
        } else {
            profile.map_or(Course::Token, |profile| profile.course)
        };
        let metro = self.reach(half, port, profile.filter(|_| !to_own_port));
        let far_encapsulation = if to_own_port {
            far.and_then(|far| far.encapsulation)
        } else {
            profile.and_then(|profile| profile.encapsulation)
        };
        if let Some(port) = port {
            self.tags(half, side, course, port, far_encapsulation);
        }
        if course == Course::Own && !side.z_s_tag.sent {
            let name = if to_own_port { "ZSideVlanSTag" } else { "ZSidePortUUID" };
            self.missing(&field_of(half, name));
        }
        let link = self.link(half, side, port?)?;
        let end = self.end(half, side, far, profile)?;
        let fields = self.fields;
        Some(Draft {
            name: side.name.clone()?,
            mbps: fields.mbps?,
            in_gigabits: fields.in_gigabits,
            purchase_order: fields.purchase_order.clone(),
            emails: fields.emails.clone(),
            port: port?.id.clone(),
            link,
            end,
            terms: Terms {
                seller_region: fields.region.clone(),
                key: fields.key.clone(),
                peering: fields.named_tag.clone(),
                s_tag: side.z_s_tag.value.map(Vlan::get),
                c_tag: side.z_c_tag.value.map(Vlan::get),
            },
            metro: metro?,
            priority: half,
            echoed: serde_json::Map::new(),
        })
    }

    /// Whether the destination can be reached from the port, and is one of the seller's.
    fn reach(
        &mut self,
        half: Leg,
        port: Option<&Port>,
        profile: Option<&Profile>,
    ) -> Option<MetroCode> {
        let metro = self.metro();
        let known = metro.and_then(|metro| self.state.metro(metro)).is_some();
        let offered = metro.is_none_or(|m| profile.is_none_or(|p| p.is_in(m)));
        let local = profile.is_some_and(|profile| !profile.offer.from_afar);
        let reached = match (port, metro) {
            (Some(port), Some(metro)) if local => port.metro == metro,
            (Some(port), Some(metro)) => self.state.reaches(port.metro, metro),
            (Some(_), None) => false,
            (None, _) => true,
        };
        // One destination serves both halves: one complaint is enough.
        if !(known && offered && reached)
            && (port.is_some() || metro.is_none())
            && half == Leg::Primary
        {
            self.add(codes::UNREACHED);
        }
        metro
    }

    fn tags(
        &mut self,
        half: Leg,
        side: &Side,
        course: Course,
        port: &Port,
        far: Option<Encapsulation>,
    ) {
        let manual = self.fields.named_tag.as_deref() == Some("Manual");
        let needs = needs(course, port.encapsulation, far, manual);
        for (need, sent, name) in [
            (needs.c_tag, side.c_tag.sent, "VlanCTag"),
            (needs.z_c_tag, side.z_c_tag.sent, "ZSideVlanCTag"),
        ] {
            match (need, sent) {
                (Need::No, true) => {
                    self.add_at(codes::C_TAG_NOT_APPLICABLE, field_of(half, name));
                }
                (Need::Yes, false) => {
                    self.add_at(codes::C_TAG_MISSING, field_of(half, name));
                }
                (Need::No, false) | (Need::Yes, true) | (Need::Either, _) => {}
            }
        }
    }

    /// The A-side tags, if nobody else has them.
    fn link(&mut self, half: Leg, side: &Side, port: &Port) -> Option<LinkProtocol> {
        let s_tag = side.s_tag?;
        let link = match port.encapsulation {
            Some(Encapsulation::Dot1q | Encapsulation::Untagged) => LinkProtocol::Dot1q(s_tag),
            None if !side.c_tag.sent => LinkProtocol::Dot1q(s_tag),
            Some(Encapsulation::Qinq) | None => {
                LinkProtocol::Qinq { s_tag, c_tag: side.c_tag.value }
            }
        };
        if self.state.occupied(&port.id, link, self.now) {
            self.duplicate(half);
        }
        Some(link)
    }

    fn duplicate(&mut self, half: Leg) {
        match half {
            Leg::Primary => self.add(codes::TAG_IN_USE),
            Leg::Secondary => self.add(codes::SECOND_TAG_IN_USE),
        }
    }

    fn end(
        &mut self,
        half: Leg,
        side: &Side,
        far: Option<&'a Port>,
        profile: Option<&'a Profile>,
    ) -> Option<End> {
        if side.far_port.is_some() {
            let far = far?;
            let s_tag = side.z_s_tag.value?;
            let link = match far.encapsulation {
                Some(Encapsulation::Dot1q | Encapsulation::Untagged) => LinkProtocol::Dot1q(s_tag),
                Some(Encapsulation::Qinq) | None => {
                    LinkProtocol::Qinq { s_tag, c_tag: side.z_c_tag.value }
                }
            };
            if self.state.occupied(&far.id, link, self.now) {
                self.duplicate(half);
            }
            return Some(End::Port {
                port: far.id.clone(),
                link,
                profile: profile.map(|profile| profile.id.clone()),
            });
        }
        match (&side.token, profile) {
            (Some(token), _) => {
                let usable = self
                    .state
                    .token(self.caller.0, token)
                    .is_some_and(|token| token.usable(self.now));
                if !usable {
                    self.violations.push(Violation::field(
                        "The service token does not exist or has been used",
                        field_of(half, "ZSideServiceToken"),
                    ));
                }
                ServiceTokenId::parse(token).ok().map(End::Token)
            }
            (None, Some(profile)) => Some(End::Profile(profile.id.clone())),
            (None, None) => None,
        }
    }

    /// What the two halves must have in common, and must not.
    fn pair(&mut self, first: &Draft, second: &Draft) {
        if first.port == second.port && clash(first.link, second.link) {
            self.duplicate(Leg::Secondary);
        }
        let buyout = |draft: &Draft| {
            self.state.port(self.caller.0, draft.port.as_str()).is_some_and(|port| port.buyout)
        };
        let (one, other) = (buyout(first), buyout(second));
        if one != other {
            let letter = |buyout| if buyout { "Y" } else { "N" };
            self.violations.push(Violation::of(codes::PORTS_DIFFER).saying(format!(
                "Primary Buyout Port: {} Secondary Buyout Port: {}",
                letter(one),
                letter(other)
            )));
        }
    }
}
