//! Checks the Z side of a v4 order: a service profile, a port, a service token or an invitation.
//!
//! Rules of both v4 documents and of the specification's examples of errors. What concerns both
//! sides is checked in the parent module.

use serde_json::Value;

use fabric_domain::{Encapsulation, Flow, Leg, MetroCode};

use crate::{
    catalogue::v4 as codes,
    v4::{
        body_checker::{BodyChecker, encapsulation, no_token},
        error::FabricError,
    },
    world::{
        draft::{Destination, ZSideTerms},
        keys::{self, KeyLimit},
        profile::ProfileRecord,
        seed::{PortRecord, metro_of_key},
        tags::{TagRule, tag_rules},
        tokens::TokenRecord,
    },
};

/// Bandwidths of an invitation, in Mbit/s (its parameter table).
const INVITED_MBPS: [u32; 7] = [50, 200, 500, 1000, 2000, 5000, 10_000];

/// A checked Z side.
pub(super) struct CheckedZSide {
    pub(super) destination: Destination,
    pub(super) metro: MetroCode,
    pub(super) terms: ZSideTerms,
}

impl<'a> BodyChecker<'a> {
    pub(super) fn z_side(
        &mut self,
        a_port: Option<&PortRecord>,
        mbps: u32,
    ) -> Option<CheckedZSide> {
        let token = self.at("/zSide/serviceToken").is_some();
        let invitation = self.at("/zSide/invitation").is_some();
        match (token, invitation) {
            (true, true) => {
                self.invalid("/zSide", "a token and an invitation exclude each other");
                None
            }
            (true, false) if self.at("/zSide/accessPoint").is_some() => {
                self.invalid("/zSide", "a token and an access point exclude each other");
                None
            }
            (true, false) => self.service_token(a_port, mbps),
            (false, true) => self.invitation_side(mbps),
            (false, false) => match self.text("/zSide/accessPoint/type") {
                Some("SP") => self.service_profile(a_port, mbps),
                Some("COLO") => self.own_port(),
                Some(_) | None => {
                    self.invalid("/zSide/accessPoint/type", "is required");
                    None
                }
            },
        }
    }

    /// Both documents call the A-side C-tag mandatory; it applies to QinQ only.
    fn require_c_tag(&mut self) {
        let qinq = self.text("/aSide/accessPoint/linkProtocol/type") == Some("QINQ");
        let pointer = "/aSide/accessPoint/linkProtocol/vlanCTag";
        if qinq && self.at(pointer).is_none() {
            self.invalid(pointer, "is required");
        }
    }

    /// The encapsulation of a side's link protocol.
    fn kind(&self, side: &str) -> Option<Encapsulation> {
        match self.text(&format!("{side}/accessPoint/linkProtocol/type")) {
            Some("DOT1Q") => Some(Encapsulation::Dot1q),
            Some("QINQ") => Some(Encapsulation::Qinq),
            _ => None,
        }
    }

    /// Checks C-tags against the tagging tables of v3. On v4 sellers choose their tags, so a Z-side
    /// C-tag is required only if the Z side is the buyer's own port.
    fn check_c_tags(&mut self, flow: Flow, z_encapsulation: Option<Encapsulation>, manual: bool) {
        let rules = tag_rules(flow, self.kind("/aSide"), z_encapsulation, manual);
        for (rule, side) in [(rules.c_tag, "/aSide"), (rules.z_c_tag, "/zSide")] {
            let pointer = format!("{side}/accessPoint/linkProtocol/vlanCTag");
            let required = rule == TagRule::Required && (side == "/aSide" || flow == Flow::Own);
            if required && self.at(&pointer).is_none() {
                self.invalid(&pointer, "is required");
            }
            let single = self.kind(side) == Some(Encapsulation::Dot1q);
            if rule == TagRule::Forbidden && single && self.at(&pointer).is_some() {
                self.invalid(&pointer, "does not go with DOT1Q");
            }
        }
    }

    fn service_token(&mut self, a_port: Option<&PortRecord>, mbps: u32) -> Option<CheckedZSide> {
        self.require_c_tag();
        let pointer = "/zSide/serviceToken/uuid";
        let state = self.state;
        let token = self.text(pointer).and_then(|id| state.token_held(self.caller.0, id));
        let Some(token) = token else {
            self.problems.push(no_token(pointer));
            return None;
        };
        match self.other_token() {
            Some(other) if other.id == token.id => self.add(codes::TOKENS_SAME),
            _ if !token.usable(state.clock.at(self.now)) => {
                let reason = "the token has been used, for it is valid once, or has expired";
                self.invalid(pointer, reason);
            }
            Some(other) => self.check_pair(other, token),
            None => {}
        }
        if !token.mbps.contains(&mbps) {
            self.problems.push(FabricError::of(codes::ABOVE_TOKEN).at(pointer));
        }
        let metro = state.any_port(&token.port).or(a_port).map(|port| port.metro)?;
        if !token.allows_remote && a_port.is_some_and(|port| port.metro != metro) {
            self.problems.push(FabricError::of(codes::TOKEN_IS_LOCAL).at(pointer));
        }
        Some(CheckedZSide {
            destination: Destination::Token(token.id.clone()),
            metro,
            terms: ZSideTerms::default(),
        })
    }

    /// The service token of the other leg, if it has one.
    fn other_token(&self) -> Option<&'a TokenRecord> {
        let state = self.state;
        let group = self.text("/redundancy/group")?;
        let other = state.lines.iter().find(|line| {
            line.organisation == self.caller.0
                && line.group == group
                && !line.lifecycle.deprovisioned()
        })?;
        match &other.draft.destination {
            Destination::Token(token) => state.token_held(self.caller.0, token.as_str()),
            Destination::Profile(_) | Destination::Port { .. } | Destination::Invitation { .. } => {
                None
            }
        }
    }

    /// Checks what the tokens of a pair must have in common.
    fn check_pair(&mut self, one: &TokenRecord, other: &TokenRecord) {
        for (differ, known) in [
            (one.mbps != other.mbps, codes::TOKEN_TIERS_DIFFER),
            (encapsulation(one.link) != encapsulation(other.link), codes::TOKEN_LINKS_DIFFER),
            (one.project != other.project, codes::TOKEN_PROJECTS_DIFFER),
            (one.port_mbps != other.port_mbps, codes::TOKEN_SPEEDS_DIFFER),
        ] {
            if differ {
                self.add(known);
            }
        }
    }

    fn invitation_side(&mut self, mbps: u32) -> Option<CheckedZSide> {
        self.require_c_tag();
        let email = self.text("/zSide/invitation/email").unwrap_or_default();
        let message = self.text("/zSide/invitation/message").unwrap_or_default();
        if !email.contains('@') {
            self.invalid("/zSide/invitation/email", "must be an e-mail address");
        }
        if !INVITED_MBPS.contains(&mbps) {
            self.invalid("/bandwidth", format!("must be one of {INVITED_MBPS:?}"));
        }
        let pointer = "/zSide/accessPoint/location/metroCode";
        let metro = self.metro(pointer);
        if metro.is_none() {
            self.invalid(pointer, "must be the code of a metro");
        }
        Some(CheckedZSide {
            destination: Destination::Invitation {
                email: email.to_owned(),
                message: message.to_owned(),
            },
            metro: metro?,
            terms: ZSideTerms::default(),
        })
    }

    fn metro(&self, pointer: &str) -> Option<MetroCode> {
        let code = MetroCode::parse(self.text(pointer)?).ok()?;
        self.state.metro(code).map(|metro| metro.code)
    }

    fn own_port(&mut self) -> Option<CheckedZSide> {
        let port = self.owned("/zSide/accessPoint/port/uuid");
        let link = self.link("/zSide/accessPoint/linkProtocol", port);
        let through = self.at("/zSide/accessPoint/profile/uuid").is_some().then(|| self.profile());
        self.check_c_tags(Flow::Own, self.kind("/zSide"), false);
        let (port, link) = (port?, link?);
        self.free(&port.id, link, "/zSide/accessPoint/linkProtocol");
        Some(CheckedZSide {
            destination: Destination::Port {
                port: port.id.clone(),
                link,
                profile: through.flatten().map(|profile| profile.id.clone()),
            },
            metro: port.metro,
            terms: ZSideTerms::default(),
        })
    }

    fn profile(&mut self) -> Option<&'a ProfileRecord> {
        let pointer = "/zSide/accessPoint/profile/uuid";
        let state = self.state;
        let profile = self.text(pointer).and_then(|id| state.profile_for(self.caller.0, id));
        if profile.is_none() {
            self.add(codes::PROFILE_MISSING);
        }
        profile
    }

    fn service_profile(&mut self, a_port: Option<&PortRecord>, mbps: u32) -> Option<CheckedZSide> {
        let profile = self.profile()?;
        let pointer = "/zSide/accessPoint/location/metroCode";
        let metro = match self.text(pointer) {
            Some(_) => self.metro(pointer),
            None => a_port.map(|port| port.metro),
        };
        if metro.is_none_or(|metro| !profile.is_in(metro)) {
            self.add(codes::NOT_IN_METRO);
        }
        let remote = a_port.zip(metro).is_some_and(|(port, metro)| port.metro != metro);
        if remote && !profile.definition.allows_remote {
            self.invalid(pointer, "the profile takes no remote connections");
        }
        self.check_custom_fields(profile);
        if !profile.sells(mbps) {
            self.add(codes::BANDWIDTH_NOT_SOLD);
        }
        let text = |name: &str| self.text(&format!("/zSide/accessPoint/{name}")).map(str::to_owned);
        let (key, region) = (text("authenticationKey"), text("sellerRegion"));
        let peering = text("peeringType");
        if profile.needs_key() && key.is_none() {
            self.add(codes::KEY_MISSING);
        }
        if profile.needs_region && region.is_none() {
            self.invalid("/zSide/accessPoint/sellerRegion", "is required");
        }
        let spelled = peering.and_then(|peering| spelling(&peering).map(str::to_owned));
        self.check_c_tags(
            profile.flow,
            profile.encapsulation,
            spelled.as_deref() == Some("Manual"),
        );
        self.peering(profile, key.as_deref(), spelled.as_deref(), metro);
        let tag = |name: &str| {
            self.at(&format!("/zSide/accessPoint/linkProtocol/{name}"))
                .and_then(Value::as_u64)
                .and_then(|tag| u16::try_from(tag).ok())
        };
        Some(CheckedZSide {
            destination: Destination::Profile(profile.id.clone()),
            metro: metro?,
            terms: ZSideTerms {
                seller_region: region,
                key,
                peering: spelled,
                s_tag: tag("vlanSTag").or_else(|| tag("vlanTag")),
                c_tag: tag("vlanCTag"),
            },
        })
    }

    /// Checks that the required custom fields are answered.
    fn check_custom_fields(&mut self, profile: &ProfileRecord) {
        let answers = self.at("/additionalInfo").and_then(Value::as_array);
        let given: Vec<&str> =
            answers.into_iter().flatten().filter_map(|a| a.get("key")?.as_str()).collect();
        for field in profile.definition.custom_fields.iter().filter(|field| field.required) {
            if !given.contains(&field.label.as_str()) {
                self.invalid("/additionalInfo", format!("{} is required", field.label));
            }
        }
    }

    /// Checks metro, peering and limits of the authorization key.
    fn peering(
        &mut self,
        profile: &ProfileRecord,
        key: Option<&str>,
        peering: Option<&str>,
        metro: Option<MetroCode>,
    ) {
        let (key_at, peering_at) =
            ("/zSide/accessPoint/authenticationKey", "/zSide/accessPoint/peeringType");
        if let (Some(made_for), Some(metro)) = (key.and_then(metro_of_key), metro)
            && made_for != metro.as_str()
        {
            self.invalid(key_at, "does not match the destination metro");
        }
        if peering.is_some_and(|peering| !profile.offers_peering(peering)) {
            self.invalid(peering_at, "is not offered by the service profile");
        }
        if profile.flow != Flow::Azure {
            return;
        }
        let qinq = self.kind("/aSide") == Some(Encapsulation::Qinq);
        if !qinq && peering.is_none() {
            self.invalid(peering_at, "is required");
        }
        let leg = match self.text("/redundancy/priority") {
            Some("SECONDARY") => Leg::Secondary,
            _ => Leg::Primary,
        };
        let state = self.state;
        match key.map(|key| keys::check_limit(state, key, qinq, peering, leg)) {
            Some(Err(KeyLimit::Dot1q)) => {
                self.invalid(key_at, "three Dot1Q connections have this key already");
            }
            Some(Err(KeyLimit::Peering)) => {
                self.invalid(peering_at, "is in use with this authentication key");
            }
            Some(Ok(())) | None => {}
        }
        let group = self.text("/redundancy/group");
        let differs = state
            .lines
            .iter()
            .filter(|line| Some(line.group.as_str()) == group && !line.lifecycle.deprovisioned())
            .filter(|line| line.organisation == self.caller.0)
            .any(|line| line.draft.terms.peering.as_deref() != peering);
        if differs {
            self.invalid(peering_at, "is not that of the other half");
        }
    }
}

/// A peering as v3 spells it, which is how the world keeps it.
fn spelling(peering: &str) -> Option<&'static str> {
    match peering {
        "PRIVATE" => Some("Private"),
        "PUBLIC" => Some("Public"),
        "MICROSOFT" => Some("Microsoft"),
        "MANUAL" => Some("Manual"),
        _ => None,
    }
}
