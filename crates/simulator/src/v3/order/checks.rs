//! Checks a v3 order against the world: ports, service profile, metros, tags, keys.
//!
//! The rules of the flows' tables and of the troubleshooting chapter. It applies every rule that it
//! can, so a response may contain several errors. It reads no JSON.

use std::time::Duration;

use fabric_domain::{Encapsulation, Flow, Leg, LinkProtocol, MetroCode, ServiceTokenId, Vlan};

use super::fields::{LegFields, OrderFields};
use crate::{
    catalogue::{DocumentedError, v3 as codes},
    messages::Caller,
    v3::{error::Violation, field_reader::field_of},
    world::{
        draft::{Destination, Draft, ZSideTerms},
        keys::{self, KeyLimit},
        profile::ProfileRecord,
        seed::{PortRecord, metro_of_key},
        state::WorldState,
        tags::{TagRule, clash, tag_rules},
    },
};

/// Checks an order in whose fields these violations were found.
///
/// # Errors
/// All violations, those of the fields first.
pub(super) fn check(
    state: &mut WorldState,
    caller: Caller,
    fields: &OrderFields,
    violations: Vec<Violation>,
) -> Result<Vec<Draft>, Vec<Violation>> {
    let now = state.catch_up();
    let mut checker = OrderChecker { state, caller, fields, violations, now };
    let drafts = checker.order();
    if checker.violations.is_empty() { Ok(drafts) } else { Err(checker.violations) }
}

struct OrderChecker<'a> {
    state: &'a WorldState,
    caller: Caller,
    fields: &'a OrderFields,
    violations: Vec<Violation>,
    now: Duration,
}

impl<'a> OrderChecker<'a> {
    fn add(&mut self, error: &'static DocumentedError) {
        self.violations.push(Violation::of(error));
    }

    fn add_at(&mut self, error: &'static DocumentedError, property: impl Into<String>) {
        self.violations.push(Violation::of(error).at(property));
    }

    fn missing(&mut self, property: &str) {
        self.violations.push(Violation::field("NotEmpty: must be given", property));
    }

    fn order(&mut self) -> Vec<Draft> {
        let fields = self.fields;
        let profile = self.profile();
        let primary = self.leg(Leg::Primary, &fields.primary, profile);
        let secondary =
            fields.secondary.as_ref().map(|side| self.leg(Leg::Secondary, side, profile));
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

    fn profile(&mut self) -> Option<&'a ProfileRecord> {
        let state = self.state;
        let id = self.fields.profile.as_deref()?;
        let profile = state.profile_for(self.caller.0, id);
        if profile.is_none() && state.well_formed(id) {
            self.add_at(codes::PROFILE_UNKNOWN, "profileUUID");
        }
        profile
    }

    /// What the profile requires: key, region, peering, bandwidth, redundancy, custom fields.
    fn terms(&mut self, profile: &ProfileRecord) {
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
        if profile.definition.requires_redundancy && fields.secondary.is_none() {
            self.missing("secondaryName");
        }
        for field in profile.definition.custom_fields.iter().filter(|field| field.required) {
            if !fields.answered.contains(&field.label) {
                let more = format!("NotEmpty: {} must be given", field.label);
                self.violations.push(Violation::field(more, "additionalInfo"));
            }
        }
        let a_encapsulation = self.port(&fields.primary).and_then(|p| p.encapsulation);
        let needs_tag =
            profile.flow == Flow::Azure && a_encapsulation == Some(Encapsulation::Dot1q);
        let fits = match fields.named_tag.as_deref() {
            Some(tag) => profile.offers_peering(tag),
            None => !needs_tag,
        };
        if !fits {
            self.add(codes::PEERING_UNKNOWN);
        }
        if let Some(key) = fields.key.as_deref() {
            self.key(profile, key, a_encapsulation);
        }
    }

    fn key(&mut self, profile: &ProfileRecord, key: &str, a_encapsulation: Option<Encapsulation>) {
        let metro = self.metro();
        if let (Some(made_for), Some(metro)) = (metro_of_key(key), metro)
            && made_for != metro.as_str()
        {
            self.add(codes::KEY_OF_OTHER_METRO);
        }
        if profile.flow != Flow::Azure {
            return;
        }
        let qinq = a_encapsulation == Some(Encapsulation::Qinq);
        let peering = self.fields.named_tag.as_deref();
        let limit = |leg| keys::check_limit(self.state, key, qinq, peering, leg);
        match limit(Leg::Primary).and_then(|()| limit(Leg::Secondary)) {
            Ok(()) => {}
            Err(KeyLimit::Dot1q) => self.add(codes::KEY_USED_UP),
            Err(KeyLimit::Peering) => self.add(codes::PEERING_IN_USE),
        }
    }

    fn port(&self, side: &LegFields) -> Option<&'a PortRecord> {
        self.state.port(self.caller.0, side.port.as_deref()?)
    }

    fn owned(&mut self, id: Option<&str>, property: &str) -> Option<&'a PortRecord> {
        let id = id?;
        let state = self.state;
        let port = state.port(self.caller.0, id);
        if port.is_none() {
            self.add_at(codes::PORT_UNKNOWN, property);
        }
        port
    }

    /// The Z-side metro: the one that the order states, or else that of its port.
    fn metro(&self) -> Option<MetroCode> {
        match self.fields.metro.as_deref() {
            Some(code) => MetroCode::parse(code).ok(),
            None => self.port(&self.fields.primary).map(|port| port.metro),
        }
    }

    fn leg(
        &mut self,
        leg: Leg,
        side: &LegFields,
        profile: Option<&'a ProfileRecord>,
    ) -> Option<Draft> {
        let port = self.owned(side.port.as_deref(), &field_of(leg, "PortUUID"));
        let z_port = self.owned(side.z_port.as_deref(), &field_of(leg, "ZSidePortUUID"));
        let to_own_port = side.z_port.is_some();
        let flow = if to_own_port {
            Flow::Own
        } else {
            profile.map_or(Flow::Token, |profile| profile.flow)
        };
        let metro = self.reach(leg, port, profile.filter(|_| !to_own_port));
        let z_encapsulation = if to_own_port {
            z_port.and_then(|z_port| z_port.encapsulation)
        } else {
            profile.and_then(|profile| profile.encapsulation)
        };
        if let Some(port) = port {
            self.tags(leg, side, flow, port, z_encapsulation);
        }
        if flow == Flow::Own && !side.z_s_tag.sent {
            let name = if to_own_port { "ZSideVlanSTag" } else { "ZSidePortUUID" };
            self.missing(&field_of(leg, name));
        }
        let link = self.link(leg, side, port?)?;
        let destination = self.destination(leg, side, z_port, profile)?;
        let fields = self.fields;
        Some(Draft {
            name: side.name.clone()?,
            mbps: fields.mbps?,
            in_gigabits: fields.in_gigabits,
            purchase_order: fields.purchase_order.clone(),
            emails: fields.emails.clone(),
            port: port?.id.clone(),
            link,
            destination,
            terms: ZSideTerms {
                seller_region: fields.region.clone(),
                key: fields.key.clone(),
                peering: fields.named_tag.clone(),
                s_tag: side.z_s_tag.value.map(Vlan::get),
                c_tag: side.z_c_tag.value.map(Vlan::get),
            },
            metro: metro?,
            leg,
            echoed: serde_json::Map::new(),
        })
    }

    /// Checks that connections from the port to the metro are possible, and offered by the profile.
    fn reach(
        &mut self,
        leg: Leg,
        port: Option<&PortRecord>,
        profile: Option<&ProfileRecord>,
    ) -> Option<MetroCode> {
        let metro = self.metro();
        let known = metro.and_then(|metro| self.state.metro(metro)).is_some();
        let offered = metro.is_none_or(|m| profile.is_none_or(|p| p.is_in(m)));
        let local = profile.is_some_and(|profile| !profile.definition.allows_remote);
        let reached = match (port, metro) {
            (Some(port), Some(metro)) if local => port.metro == metro,
            (Some(port), Some(metro)) => self.state.reaches(port.metro, metro),
            (Some(_), None) => false,
            (None, _) => true,
        };
        // Both legs have the same metro, so one violation is enough.
        if !(known && offered && reached)
            && (port.is_some() || metro.is_none())
            && leg == Leg::Primary
        {
            self.add(codes::UNREACHED);
        }
        metro
    }

    fn tags(
        &mut self,
        leg: Leg,
        side: &LegFields,
        flow: Flow,
        port: &PortRecord,
        z_encapsulation: Option<Encapsulation>,
    ) {
        let manual = self.fields.named_tag.as_deref() == Some("Manual");
        let rules = tag_rules(flow, port.encapsulation, z_encapsulation, manual);
        for (rule, sent, name) in [
            (rules.c_tag, side.c_tag.sent, "VlanCTag"),
            (rules.z_c_tag, side.z_c_tag.sent, "ZSideVlanCTag"),
        ] {
            match (rule, sent) {
                (TagRule::Forbidden, true) => {
                    self.add_at(codes::C_TAG_NOT_APPLICABLE, field_of(leg, name));
                }
                (TagRule::Required, false) => {
                    self.add_at(codes::C_TAG_MISSING, field_of(leg, name));
                }
                (TagRule::Forbidden, false)
                | (TagRule::Required, true)
                | (TagRule::Optional, _) => {}
            }
        }
    }

    /// The A-side tags, which must not be in use.
    fn link(&mut self, leg: Leg, side: &LegFields, port: &PortRecord) -> Option<LinkProtocol> {
        let s_tag = side.s_tag?;
        let link = match port.encapsulation {
            Some(Encapsulation::Dot1q | Encapsulation::Untagged) => LinkProtocol::Dot1q(s_tag),
            None if !side.c_tag.sent => LinkProtocol::Dot1q(s_tag),
            Some(Encapsulation::Qinq) | None => {
                LinkProtocol::Qinq { s_tag, c_tag: side.c_tag.value }
            }
        };
        if self.state.tags_in_use(&port.id, link, self.now) {
            self.duplicate(leg);
        }
        Some(link)
    }

    fn duplicate(&mut self, leg: Leg) {
        match leg {
            Leg::Primary => self.add(codes::TAG_IN_USE),
            Leg::Secondary => self.add(codes::SECOND_TAG_IN_USE),
        }
    }

    fn destination(
        &mut self,
        leg: Leg,
        side: &LegFields,
        z_port: Option<&'a PortRecord>,
        profile: Option<&'a ProfileRecord>,
    ) -> Option<Destination> {
        if side.z_port.is_some() {
            let z_port = z_port?;
            let s_tag = side.z_s_tag.value?;
            let link = match z_port.encapsulation {
                Some(Encapsulation::Dot1q | Encapsulation::Untagged) => LinkProtocol::Dot1q(s_tag),
                Some(Encapsulation::Qinq) | None => {
                    LinkProtocol::Qinq { s_tag, c_tag: side.z_c_tag.value }
                }
            };
            if self.state.tags_in_use(&z_port.id, link, self.now) {
                self.duplicate(leg);
            }
            return Some(Destination::Port {
                port: z_port.id.clone(),
                link,
                profile: profile.map(|profile| profile.id.clone()),
            });
        }
        match (&side.token, profile) {
            (Some(token), _) => {
                let usable = self
                    .state
                    .token_held(self.caller.0, token)
                    .is_some_and(|token| token.usable(self.state.clock.at(self.now)));
                if !usable {
                    self.violations.push(Violation::field(
                        "The service token does not exist or has been used",
                        field_of(leg, "ZSideServiceToken"),
                    ));
                }
                ServiceTokenId::parse(token).ok().map(Destination::Token)
            }
            (None, Some(profile)) => Some(Destination::Profile(profile.id.clone())),
            (None, None) => None,
        }
    }

    /// Checks what the two legs must, and must not, have in common.
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
