//! Reads requests to issue and to change service tokens.
//!
//! Fields of the specification's `ServiceToken`, for ports; devices and networks do not exist here.
//! Some of its examples have strings for tags and one object for a list, so both are accepted.
//! Nothing is issued here.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use fabric_domain::{LinkProtocol, PortId, ServiceTokenId};

use super::{
    body_checker::BodyChecker, error::FabricError, order::MAX_EMAILS, schema, views::PORT_MBPS,
};
use crate::{
    catalogue::v4 as codes,
    messages::Caller,
    world::{
        seed::PROJECT,
        state::WorldState,
        tokens::{TokenRecord, TokenSide, TokenState},
    },
};

const EXPIRATION: &str = "/expirationDateTime";
const LIMIT: &str = "/connection/bandwidthLimit";
const BANDWIDTHS: &str = "/connection/supportedBandwidths";

/// How long a token is valid if the request does not say it; made up.
const DEFAULT_LIFETIME: SignedDuration = SignedDuration::from_hours(24 * 90);

/// Reads a request to issue a token.
///
/// # Errors
/// All that is wrong with it.
pub(super) fn issue(
    state: &WorldState,
    caller: Caller,
    id: ServiceTokenId,
    mut body: Value,
) -> Result<TokenRecord, Vec<FabricError>> {
    relax(&mut body);
    let violations = schema::check("ServiceToken", &body);
    if !violations.is_empty() {
        return Err(vec![FabricError::of(codes::INVALID).because_of(violations)]);
    }
    let now = state.clock.now();
    let mut checker = BodyChecker { state, caller, body: &body, now, problems: Vec::new() };
    let token = checker.token(id);
    match token {
        Some(token) if checker.problems.is_empty() => Ok(token),
        _ => Err(checker.problems),
    }
}

impl BodyChecker<'_> {
    fn token(&mut self, id: ServiceTokenId) -> Option<TokenRecord> {
        if self.text("/type").is_some_and(|kind| kind != "VC_TOKEN") {
            self.invalid("/type", "only VC_TOKEN tokens exist here");
        }
        let side = match (self.at("/connection/aSide"), self.at("/connection/zSide")) {
            (Some(_), None) => TokenSide::A,
            (None, Some(_)) => TokenSide::Z,
            _ => {
                self.invalid("/connection", "must have either aSide or zSide");
                return None;
            }
        };
        let access_point = self.access_point(side);
        let bandwidths = match side {
            TokenSide::A => (LIMIT, bandwidth_limit(self.at(LIMIT))),
            TokenSide::Z => (BANDWIDTHS, bandwidths(self.at(BANDWIDTHS))),
        };
        let mbps = self.keep(bandwidths.0, bandwidths.1);
        let created = self.state.clock.at(self.now);
        let expires = match self.at(EXPIRATION) {
            Some(value) => self.keep(EXPIRATION, timestamp(Some(value))),
            None => created.checked_add(DEFAULT_LIFETIME).ok(),
        };
        let all = self.at("/notifications").and_then(Value::as_array).into_iter().flatten();
        let lists: Vec<Option<&Value>> = all.map(|list| list.get("emails")).collect();
        let lists = lists.into_iter().map(emails).collect::<Result<Vec<_>, _>>();
        let emails = self.keep("/notifications", lists)?.concat();
        let text = |pointer: &str| self.text(pointer).unwrap_or_default().to_owned();
        let (port, link) = access_point?;
        Some(TokenRecord {
            id,
            issuer: Some(self.caller.0),
            side,
            name: text("/name"),
            description: text("/description"),
            port,
            link,
            mbps: mbps?,
            port_mbps: PORT_MBPS,
            project: self.text("/project/projectId").unwrap_or(PROJECT).to_owned(),
            allows_remote: self
                .at("/connection/allowRemoteConnection")
                .and_then(Value::as_bool)
                .unwrap_or(false),
            emails,
            created,
            expires: expires?,
            state: TokenState::Inactive,
        })
    }

    /// The port and the tags that the token is for.
    fn access_point(&mut self, side: TokenSide) -> Option<(PortId, LinkProtocol)> {
        let side = match side {
            TokenSide::A => "/connection/aSide/accessPointSelectors",
            TokenSide::Z => "/connection/zSide/accessPointSelectors",
        };
        if self.at(side).and_then(Value::as_array).is_none_or(|list| list.len() != 1) {
            self.invalid(side, "must have one access point");
            return None;
        }
        let at = format!("{side}/0");
        match self.text(&format!("{at}/type")) {
            Some("VD") => {
                let device = format!("{at}/virtualDevice/uuid");
                self.invalid(&device, "no such device, or not yours");
                return None;
            }
            Some("NETWORK") => {
                let network = format!("{at}/network/uuid");
                self.invalid(&network, "no such network, or not yours");
                return None;
            }
            Some(_) | None => {}
        }
        if self.text("/connection/type").is_some_and(|kind| kind != "EVPL_VC") {
            self.invalid("/connection/type", "must be EVPL_VC for a port");
        }
        let port = self.owned(&format!("{at}/port/uuid"));
        let link = self.link(&format!("{at}/linkProtocol"), port);
        Some((port?.id.clone(), link?))
    }

    /// Reports what is wrong with a property, or returns its value.
    fn keep<T>(&mut self, property: &str, read: Result<T, String>) -> Option<T> {
        read.map_err(|reason| self.invalid(property, reason)).ok()
    }
}

/// Makes lists of single access points and numbers of tags that are strings.
fn relax(body: &mut Value) {
    for side in ["aSide", "zSide"] {
        let selectors = body.pointer_mut(&format!("/connection/{side}/accessPointSelectors"));
        let Some(selectors) = selectors else { continue };
        if selectors.is_object() {
            *selectors = Value::Array(vec![selectors.take()]);
        }
        for selector in selectors.as_array_mut().into_iter().flatten() {
            for name in ["vlanTag", "vlanSTag", "vlanCTag"] {
                let tag = selector.pointer_mut(&format!("/linkProtocol/{name}"));
                let number = tag.as_ref().and_then(|tag| tag.as_str()?.parse::<u32>().ok());
                if let (Some(tag), Some(number)) = (tag, number) {
                    *tag = number.into();
                }
            }
        }
    }
}

/// A token after the operations of a patch.
///
/// # Errors
/// The first operation that is impossible.
pub(super) fn change(token: &TokenRecord, body: &Value) -> Result<TokenRecord, FabricError> {
    let invalid = FabricError::of(codes::INVALID);
    let violations = schema::check("[]ConnectionChangeOperation", body);
    if !violations.is_empty() {
        return Err(invalid.because_of(violations));
    }
    let mut changed = token.clone();
    for operation in body.as_array().into_iter().flatten() {
        let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
        let (op, path) = (text("op"), text("path"));
        if op != "replace" {
            let reason = format!("the operation {op} is not supported here");
            return Err(invalid.because(path, reason));
        }
        replace(&mut changed, path, operation.get("value"))
            .map_err(|reason| FabricError::invalid(path, reason))?;
    }
    Ok(changed)
}

fn replace(token: &mut TokenRecord, path: &str, value: Option<&Value>) -> Result<(), String> {
    let text = || value.and_then(Value::as_str).map(str::to_owned).ok_or("must be a string");
    match (path, token.side) {
        ("/name", _) => token.name = text()?,
        ("/description", _) => token.description = text()?,
        (EXPIRATION, _) => token.expires = timestamp(value)?,
        ("/notifications/emails", _) => token.emails = emails(value)?,
        (LIMIT, TokenSide::A) => token.mbps = bandwidth_limit(value)?,
        (BANDWIDTHS, TokenSide::Z) => token.mbps = bandwidths(value)?,
        (LIMIT | BANDWIDTHS, _) => return Err("belongs to tokens of the other side".to_owned()),
        _ => return Err("cannot be changed".to_owned()),
    }
    Ok(())
}

fn timestamp(value: Option<&Value>) -> Result<Timestamp, String> {
    let text = value.and_then(Value::as_str).unwrap_or_default();
    text.parse().map_err(|_| "must be a time such as 2027-01-20T18:50:34.696Z".to_owned())
}

fn emails(value: Option<&Value>) -> Result<Vec<String>, String> {
    let list = value.and_then(Value::as_array).into_iter().flatten();
    let emails: Vec<String> = list.filter_map(Value::as_str).map(str::to_owned).collect();
    let fits = (1..=MAX_EMAILS).contains(&emails.len()) && emails.iter().all(|e| e.contains('@'));
    if fits { Ok(emails) } else { Err(format!("must be 1 to {MAX_EMAILS} e-mail addresses")) }
}

fn megabits(value: &Value) -> Option<u32> {
    value.as_u64().and_then(|mbps| u32::try_from(mbps).ok()).filter(|mbps| *mbps > 0)
}

fn bandwidth_limit(value: Option<&Value>) -> Result<Vec<u32>, String> {
    let mbps = value.and_then(megabits).ok_or("must be a bandwidth in Mbit/s")?;
    Ok(vec![mbps])
}

fn bandwidths(value: Option<&Value>) -> Result<Vec<u32>, String> {
    let list = value.and_then(Value::as_array).filter(|list| !list.is_empty());
    let all = list.and_then(|list| list.iter().map(megabits).collect());
    all.ok_or_else(|| "must be a list of bandwidths in Mbit/s".to_owned())
}
