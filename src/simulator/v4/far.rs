//! Checking the Z side of a v4 order: a profile, a port, a token or an invitation.
//!
//! Rules of both v4 documents and of the specification's examples of errors.

use serde_json::Value;

use super::super::line::{End, Terms};
use super::super::rules::Course;
use super::super::seed::{Port, Profile, TokenState};
use super::error::Problem;
use super::order::{Judge, no_provider, no_token};
use crate::domain::{Encapsulation, MetroCode};

/// Bandwidths of an invitation, in Mbit/s (its parameter table).
const INVITED_MBPS: [u32; 7] = [50, 200, 500, 1000, 2000, 5000, 10_000];

/// One end after its checks.
pub(super) struct Far {
    pub(super) end: End,
    pub(super) metro: MetroCode,
    pub(super) terms: Terms,
}

impl<'a> Judge<'a> {
    pub(super) fn far(&mut self, near: Option<&Port>, mbps: u32) -> Option<Far> {
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
            (true, false) => self.by_token(near, mbps),
            (false, true) => self.by_invitation(mbps),
            (false, false) => match self.text("/zSide/accessPoint/type") {
                Some("SP") => self.by_profile(near, mbps),
                Some("COLO") => self.by_port(),
                Some(_) => {
                    self.invalid("/zSide/accessPoint/type", "must be SP or COLO here");
                    None
                }
                None => {
                    self.invalid("/zSide/accessPoint/type", "is required");
                    None
                }
            },
        }
    }

    /// Both documents call the C-tag mandatory; the protocol decides whether it applies.
    fn needs_inner(&mut self) {
        let qinq = self.text("/aSide/accessPoint/linkProtocol/type") == Some("QINQ");
        let pointer = "/aSide/accessPoint/linkProtocol/vlanCTag";
        if qinq && self.at(pointer).is_none() {
            self.invalid(pointer, "is required");
        }
    }

    fn by_token(&mut self, near: Option<&Port>, mbps: u32) -> Option<Far> {
        self.needs_inner();
        let pointer = "/zSide/serviceToken/uuid";
        let state = self.state;
        let token = self.text(pointer).and_then(|id| state.token(self.caller.0, id));
        let Some(token) = token else {
            self.problems.push(no_token(pointer));
            return None;
        };
        if token.state != TokenState::Inactive {
            self.invalid(pointer, "the token has been used: it is valid for a single use");
        }
        if !token.mbps.contains(&mbps) {
            self.problems.push(
                Problem::new(
                    "EQ-3142535",
                    "The connection bandwidth provided in the connection request exceeds the \
                     bandwidth Limit on ServiceToken",
                )
                .at(pointer),
            );
        }
        let metro = token.metro.or(near.map(|port| port.metro))?;
        if !token.allows_remote && near.is_some_and(|port| port.metro != metro) {
            self.problems.push(
                Problem::new(
                    "EQ-3142536",
                    "Remote connection cannot be created with the provided ServiceToken",
                )
                .at(pointer),
            );
        }
        Some(Far { end: End::Token(token.id.clone()), metro, terms: Terms::default() })
    }

    fn by_invitation(&mut self, mbps: u32) -> Option<Far> {
        self.needs_inner();
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
        Some(Far {
            end: End::Invitation { email: email.to_owned(), message: message.to_owned() },
            metro: metro?,
            terms: Terms::default(),
        })
    }

    fn metro(&self, pointer: &str) -> Option<MetroCode> {
        let code = MetroCode::parse(self.text(pointer)?).ok()?;
        self.state.metro(code).map(|metro| metro.code)
    }

    fn by_port(&mut self) -> Option<Far> {
        let port = self.owned("/zSide/accessPoint/port/uuid");
        let link = self.link("/zSide/accessPoint/linkProtocol", port);
        let through = self.at("/zSide/accessPoint/profile/uuid").is_some().then(|| self.profile());
        let (port, link) = (port?, link?);
        self.free(&port.id, link, "/zSide/accessPoint/linkProtocol");
        Some(Far {
            end: End::Port {
                port: port.id.clone(),
                link,
                profile: through.flatten().map(|profile| profile.id.clone()),
            },
            metro: port.metro,
            terms: Terms::default(),
        })
    }

    fn profile(&mut self) -> Option<&'a Profile> {
        let pointer = "/zSide/accessPoint/profile/uuid";
        let state = self.state;
        let profile = self.text(pointer).and_then(|id| state.profile(self.caller.0, id));
        if profile.is_none() {
            self.problems
                .push(Problem::new("EQ-3142301", "Given profile does not exist").at(pointer));
        }
        profile
    }

    fn by_profile(&mut self, near: Option<&Port>, mbps: u32) -> Option<Far> {
        let profile = self.profile()?;
        let pointer = "/zSide/accessPoint/location/metroCode";
        let metro = match self.text(pointer) {
            Some(_) => self.metro(pointer),
            None => near.map(|port| port.metro),
        };
        if metro.is_none_or(|metro| !profile.metros.contains(&metro)) {
            self.problems.push(no_provider());
        }
        if !profile.mbps.contains(&mbps) {
            self.problems.push(
                Problem::new(
                    "EQ-3142306",
                    "Requested bandwidth is not supported by service profile",
                )
                .at("/bandwidth"),
            );
        }
        let text = |name: &str| self.text(&format!("/zSide/accessPoint/{name}")).map(str::to_owned);
        let (key, region) = (text("authenticationKey"), text("sellerRegion"));
        let peering = text("peeringType");
        if profile.key_label.is_some() && key.is_none() {
            self.problems.push(
                Problem::new("EQ-3142308", "Authentication key is required")
                    .at("/zSide/accessPoint/authenticationKey"),
            );
        }
        if profile.needs_region && region.is_none() {
            self.invalid("/zSide/accessPoint/sellerRegion", "is required");
        }
        let dot1q = near.and_then(|port| port.encapsulation) == Some(Encapsulation::Dot1q);
        if profile.course == Course::Azure && dot1q && peering.is_none() {
            self.invalid("/zSide/accessPoint/peeringType", "is required");
        }
        let tag = |name: &str| {
            self.at(&format!("/zSide/accessPoint/linkProtocol/{name}"))
                .and_then(Value::as_u64)
                .and_then(|tag| u16::try_from(tag).ok())
        };
        let spelled = peering.and_then(|peering| spelling(&peering).map(str::to_owned));
        Some(Far {
            end: End::Profile(profile.id.clone()),
            metro: metro?,
            terms: Terms {
                seller_region: region,
                key,
                peering: spelled,
                outer: tag("vlanSTag").or_else(|| tag("vlanTag")),
                inner: tag("vlanCTag"),
            },
        })
    }
}

/// A peering as v3 spells it.
fn spelling(peering: &str) -> Option<&'static str> {
    match peering {
        "PRIVATE" => Some("Private"),
        "PUBLIC" => Some("Public"),
        "MICROSOFT" => Some("Microsoft"),
        "MANUAL" => Some("Manual"),
        _ => None,
    }
}
