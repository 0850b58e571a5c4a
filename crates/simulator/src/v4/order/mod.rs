//! Checks a v4 order against the world: A side, bandwidth, redundancy and, in `z_side`, the Z side.
//!
//! Rules of both v4 documents and of the specification's examples of errors. The schema has been
//! checked before. Nothing is ordered here.

mod z_side;

use serde_json::{Map, Value};

use fabric_domain::{ConnectionName, Flow, Leg, LinkProtocol};

use self::z_side::CheckedZSide;
use crate::{
    catalogue::v4 as codes,
    messages::Caller,
    v4::{
        body_checker::{BodyChecker, duplicate, no_token},
        error::FabricError,
    },
    world::{
        draft::{Destination, Draft},
        seed::PortRecord,
        state::WorldState,
        tags::clash,
        tokens::TokenSide,
    },
};

/// The highest bandwidth of the specification's `Connection`, in Mbit/s.
pub(super) const MAX_MBPS: u32 = 10_000;

/// The longest name that is accepted where no document limits it; it is made up.
const MAX_NAME: usize = 50;

/// The maximum number of recipients of a notification (both parameter tables).
pub(super) const MAX_EMAILS: usize = 12;

/// Reads and checks an order; returns it with the redundancy group that it joins, if any.
///
/// # Errors
/// All errors, in the sequence of the request.
pub(super) fn read(
    state: &mut WorldState,
    caller: Caller,
    body: &Value,
) -> Result<(Draft, Option<String>), Vec<FabricError>> {
    let now = state.catch_up();
    let mut checker = BodyChecker { state, caller, body, now, problems: Vec::new() };
    let draft = checker.order();
    match draft {
        Some(order) if checker.problems.is_empty() => Ok(order),
        _ => Err(checker.problems),
    }
}

/// Whether the documents limit the names of connections to such a Z side: those of service tokens
/// and of invitations do. The specification has no limit.
pub(super) fn limits_names(destination: &Destination) -> bool {
    match destination {
        Destination::Token(_) | Destination::Invitation { .. } => true,
        Destination::Profile(_) | Destination::Port { .. } => false,
    }
}

/// Checks the name of a connection. Names in the specification's examples are longer than the
/// documents allow, and have spaces.
pub(super) fn check_name(name: &str, documented: bool) -> Result<(), String> {
    if documented {
        return ConnectionName::parse(name).map(drop).map_err(|error| error.problem);
    }
    let fits = (1..=MAX_NAME).contains(&name.chars().count())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_ ".contains(c));
    if fits {
        Ok(())
    } else {
        Err(format!("must be 1 to {MAX_NAME} letters, digits, hyphens, underscores or spaces"))
    }
}

impl<'a> BodyChecker<'a> {
    fn order(&mut self) -> Option<(Draft, Option<String>)> {
        // What does not exist here is missing in the first place, whatever the type.
        if self.lacks_resource() {
            return None;
        }
        if self.text("/type") != Some("EVPL_VC") {
            self.invalid("/type", "only EVPL_VC connections exist here");
        }
        let name = self.text("/name").unwrap_or_default();
        let documented =
            self.at("/zSide/serviceToken").is_some() || self.at("/zSide/invitation").is_some();
        if let Err(reason) = check_name(name, documented) {
            self.invalid("/name", reason);
        }
        let mbps = self.at("/bandwidth").and_then(Value::as_u64).unwrap_or(0);
        let mbps = u32::try_from(mbps).unwrap_or(u32::MAX);
        if !(1..=MAX_MBPS).contains(&mbps) {
            self.invalid("/bandwidth", format!("must be 1 to {MAX_MBPS}"));
        }
        let emails = self.emails();
        let a_side = self.a_side();
        let from = a_side.map(|(port, _)| port.metro);
        let z_side = self.z_side(a_side.map(|(port, _)| port), mbps);
        if let (Some(from), Some(z_side)) = (from, &z_side)
            && !self.state.reaches(from, z_side.metro)
        {
            self.add(codes::NOT_IN_METRO);
        }
        let (leg, group) = self.redundancy(z_side.as_ref());
        let (port, link) = a_side?;
        let z_side = z_side?;
        if let Destination::Port { port: to, link: other, .. } = &z_side.destination
            && *to == port.id
            && clash(link, *other)
        {
            self.problems.push(duplicate("/zSide/accessPoint/linkProtocol"));
        }
        let draft = Draft {
            name: name.to_owned(),
            mbps,
            in_gigabits: false,
            purchase_order: self.text("/order/purchaseOrderNumber").map(str::to_owned),
            emails,
            port: port.id.clone(),
            link,
            destination: z_side.destination,
            terms: z_side.terms,
            metro: z_side.metro,
            leg,
            echoed: self.echoed(),
        };
        Some((draft, group))
    }

    /// Reports the cloud routers, virtual devices, networks and other things that an order names and
    /// this world does not have. True if there was one.
    fn lacks_resource(&mut self) -> bool {
        let before = self.problems.len();
        for side in ["/aSide", "/zSide"] {
            let kind = self.text(&format!("{side}/accessPoint/type"));
            let named = |field: &str| format!("{side}/accessPoint/{field}/uuid");
            match kind {
                Some("CLOUD_ROUTER") => {
                    let problem = FabricError::of(codes::ROUTER_NOT_READY);
                    self.problems.push(problem.at(&named("router")));
                }
                Some("VD") => {
                    self.invalid(&named("virtualDevice"), "no such device, or not yours");
                }
                Some("NETWORK") => self.invalid(&named("network"), "no such network, or not yours"),
                Some("COLO" | "SP") | None => {}
                Some(_) => {
                    let at = format!("{side}/accessPoint/type");
                    self.invalid(&at, "none of this type exists here");
                }
            }
        }
        self.problems.len() > before
    }

    /// The fields that the response repeats unchanged.
    fn echoed(&self) -> Map<String, Value> {
        let mut echoed = Map::new();
        for (name, pointer) in [
            ("order", "/order"),
            ("notifications", "/notifications"),
            ("project", "/project"),
            ("geoScope", "/geoScope"),
            ("additionalInfo", "/additionalInfo"),
            ("marketplaceSubscription", "/marketplaceSubscription"),
            ("zSideLinkProtocol", "/zSide/accessPoint/linkProtocol"),
        ] {
            if let Some(value) = self.at(pointer) {
                echoed.insert(name.to_owned(), value.clone());
            }
        }
        echoed
    }

    fn emails(&mut self) -> Vec<String> {
        let mut all = Vec::new();
        let lists = self.at("/notifications").and_then(Value::as_array);
        for (index, list) in lists.into_iter().flatten().enumerate() {
            let emails: Vec<String> = list
                .get("emails")
                .and_then(Value::as_array)
                .into_iter()
                .flatten()
                .filter_map(|email| email.as_str().map(str::to_owned))
                .collect();
            let fits = (1..=MAX_EMAILS).contains(&emails.len())
                && emails.iter().all(|email| email.contains('@'));
            if !fits {
                self.invalid(
                    &format!("/notifications/{index}/emails"),
                    format!("must be 1 to {MAX_EMAILS} e-mail addresses"),
                );
            }
            all.extend(emails);
        }
        if all.is_empty() && lists.is_none_or(Vec::is_empty) {
            self.invalid("/notifications", "must not be empty");
        }
        all
    }

    /// The A side: a port of the caller, with tags that are not in use.
    fn a_side(&mut self) -> Option<(&'a PortRecord, LinkProtocol)> {
        if self.at("/aSide/serviceToken").is_some() {
            let pointer = "/aSide/serviceToken/uuid";
            let known = self.text(pointer).and_then(|id| self.state.token(self.caller.0, id));
            match known {
                Some(token) if token.side == TokenSide::A => {
                    self.invalid(pointer, "no connection can be ordered with an A-side token here");
                }
                Some(_) | None => self.problems.push(no_token(pointer)),
            }
            return None;
        }
        if self.text("/aSide/accessPoint/type") == Some("SP") {
            self.invalid("/aSide/accessPoint/type", "a service profile is no A side");
            return None;
        }
        let port = self.owned("/aSide/accessPoint/port/uuid");
        let link = self.link("/aSide/accessPoint/linkProtocol", port);
        let (port, link) = (port?, link?);
        self.free(&port.id, link, "/aSide/accessPoint/linkProtocol");
        Some((port, link))
    }

    /// Leg and redundancy group: without them the connection is the primary one of a new group.
    fn redundancy(&mut self, z_side: Option<&CheckedZSide>) -> (Leg, Option<String>) {
        let group = self.text("/redundancy/group").map(str::to_owned);
        let priority = self.text("/redundancy/priority");
        let wanted = match priority {
            Some("SECONDARY") => Leg::Secondary,
            _ => Leg::Primary,
        };
        let Some(group) = group else {
            if wanted == Leg::Secondary {
                self.add(codes::GROUP_MISSING);
            }
            return (wanted, None);
        };
        if priority.is_none() {
            self.add(codes::PRIORITY_MISSING);
        }
        let state = self.state;
        let members: Vec<_> = state
            .lines
            .iter()
            .filter(|line| line.organisation == self.caller.0 && line.group == group)
            .collect();
        if members.is_empty() {
            self.add(codes::GROUP_INVALID);
        }
        let alive: Vec<_> = members.iter().filter(|line| !line.lifecycle.deprovisioned()).collect();
        if alive.iter().any(|line| line.draft.leg == wanted) {
            self.add(codes::PRIORITY_INVALID);
        }
        if let Some(CheckedZSide { destination: Destination::Profile(profile), .. }) = z_side {
            let known = state.profile(profile);
            let single = known.is_some_and(|profile| profile.flow == Flow::Google);
            if single && wanted == Leg::Secondary {
                self.add(codes::PRIMARY_ONLY);
            }
            if alive.iter().any(|line| line.profile() != Some(profile)) {
                self.add(codes::PROFILES_DIFFER);
            }
        }
        (wanted, Some(group))
    }
}
