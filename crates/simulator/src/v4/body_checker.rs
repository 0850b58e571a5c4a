//! Checks parts of a v4 body by their JSON pointers, against the caller's ports and tags.
//!
//! What orders and sellers' decisions have in common. A checker gathers everything that is wrong;
//! which parts a request has to have is for its callers.

use std::time::Duration;

use serde_json::Value;

use fabric_domain::{Encapsulation, LinkProtocol, PortId, Vlan};

use super::error::FabricError;
use crate::{
    catalogue::{DocumentedError, v4 as codes},
    messages::Caller,
    world::{seed::PortRecord, state::WorldState},
};

/// A body under check, with the problems found so far.
pub(super) struct BodyChecker<'a> {
    pub(super) state: &'a WorldState,
    pub(super) caller: Caller,
    pub(super) body: &'a Value,
    pub(super) now: Duration,
    pub(super) problems: Vec<FabricError>,
}

impl<'a> BodyChecker<'a> {
    pub(super) fn at(&self, pointer: &str) -> Option<&'a Value> {
        self.body.pointer(pointer).filter(|value| !value.is_null())
    }

    pub(super) fn text(&self, pointer: &str) -> Option<&'a str> {
        self.at(pointer).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    pub(super) fn add(&mut self, error: &'static DocumentedError) {
        self.problems.push(FabricError::of(error));
    }

    pub(super) fn invalid(&mut self, property: &str, reason: impl Into<String>) {
        self.problems.push(FabricError::invalid(property, reason));
    }

    pub(super) fn owned(&mut self, pointer: &str) -> Option<&'a PortRecord> {
        let Some(id) = self.text(pointer) else {
            self.invalid(pointer, "is required");
            return None;
        };
        let state = self.state;
        let port = state.port(self.caller.0, id);
        if port.is_none() {
            self.invalid(pointer, "no such port, or not yours");
        }
        port
    }

    pub(super) fn free(&mut self, port: &PortId, link: LinkProtocol, property: &str) {
        if self.state.tags_in_use(port, link, self.now) {
            self.problems.push(duplicate(property));
        }
    }

    /// The link protocol at a pointer, which must fit the port's encapsulation.
    pub(super) fn link(
        &mut self,
        pointer: &str,
        port: Option<&PortRecord>,
    ) -> Option<LinkProtocol> {
        let tag = |name: &str| {
            self.at(&format!("{pointer}/{name}"))
                .and_then(Value::as_u64)
                .and_then(|tag| u16::try_from(tag).ok())
                .and_then(|tag| Vlan::new(tag).ok())
        };
        let (single, s_tag, c_tag) = (tag("vlanTag"), tag("vlanSTag"), tag("vlanCTag"));
        let kind = self.text(&format!("{pointer}/type"));
        let (link, encapsulation) = match kind {
            Some("DOT1Q") => (single.map(LinkProtocol::Dot1q), Encapsulation::Dot1q),
            Some("QINQ") => {
                (s_tag.map(|s_tag| LinkProtocol::Qinq { s_tag, c_tag }), Encapsulation::Qinq)
            }
            _ => {
                self.invalid(&format!("{pointer}/type"), "must be DOT1Q or QINQ here");
                return None;
            }
        };
        if link.is_none() {
            let name = if encapsulation == Encapsulation::Dot1q { "vlanTag" } else { "vlanSTag" };
            self.invalid(&format!("{pointer}/{name}"), "is required");
        }
        let stated = port.and_then(|port| port.encapsulation);
        if stated.is_some_and(|stated| stated != encapsulation) {
            self.invalid(&format!("{pointer}/type"), "is not the encapsulation of the port");
        }
        link
    }
}

pub(super) fn no_token(property: &str) -> FabricError {
    FabricError::of(codes::TOKEN_UNKNOWN).for_reason(property, codes::TOKEN_UNKNOWN.reason)
}

pub(super) fn duplicate(property: &str) -> FabricError {
    FabricError::of(codes::DUPLICATE_TAG).at(property)
}

/// The encapsulation that tags are of.
pub(super) fn encapsulation(link: LinkProtocol) -> Encapsulation {
    match link {
        LinkProtocol::Dot1q(_) => Encapsulation::Dot1q,
        LinkProtocol::Qinq { .. } => Encapsulation::Qinq,
    }
}
