//! Service tokens: who sees one, who can use it, and how it is issued, changed and deleted.
//!
//! Requests are checked by v4, which alone has calls for tokens. Which tokens exist at the start is
//! in `seed`.

use jiff::Timestamp;

use fabric_domain::{LinkProtocol, PortId, ServiceTokenId};

use super::{state::WorldState, users::Organisation};

/// What has happened to a token, which is valid once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenState {
    /// It has not been used.
    Inactive,
    /// A connection uses it.
    Active,
    /// Its issuer deleted it.
    Deleted,
}

/// The side of a connection that a token stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenSide {
    A,
    Z,
}

/// A service token: it lets its holder connect to a port of the issuer.
#[derive(Debug, Clone)]
pub(crate) struct TokenRecord {
    pub(crate) id: ServiceTokenId,
    /// Who issued it; `None` for another organisation that gave it to the first one.
    pub(crate) issuer: Option<Organisation>,
    pub(crate) side: TokenSide,
    pub(crate) name: String,
    pub(crate) description: String,
    pub(crate) port: PortId,
    pub(crate) link: LinkProtocol,
    /// The bandwidths that it allows, in Mbit/s; for the A side one, the highest.
    pub(crate) mbps: Vec<u32>,
    /// The port's speed in Mbit/s.
    pub(crate) port_mbps: u32,
    pub(crate) project: String,
    pub(crate) allows_remote: bool,
    pub(crate) emails: Vec<String>,
    pub(crate) created: Timestamp,
    pub(crate) expires: Timestamp,
    pub(crate) state: TokenState,
}

impl TokenRecord {
    /// Whether it expired without having been used.
    pub(crate) fn expired(&self, now: Timestamp) -> bool {
        self.state == TokenState::Inactive && self.expires <= now
    }

    /// Whether a connection can use it.
    pub(crate) fn usable(&self, now: Timestamp) -> bool {
        self.state == TokenState::Inactive && self.expires > now
    }

    fn shown_to(&self, organisation: Organisation) -> bool {
        self.issuer.unwrap_or(Organisation::FIRST) == organisation
    }
}

impl WorldState {
    /// The service tokens that an organisation sees: those it issued, and those it was given.
    pub(crate) fn tokens(&self, organisation: Organisation) -> impl Iterator<Item = &TokenRecord> {
        let shown = self.tokens.iter().filter(move |token| token.shown_to(organisation));
        shown.filter(|token| token.state != TokenState::Deleted)
    }

    /// One service token that an organisation sees, or has deleted.
    pub(crate) fn token(&self, organisation: Organisation, id: &str) -> Option<&TokenRecord> {
        let mut shown = self.tokens.iter().filter(|token| token.shown_to(organisation));
        shown.find(|token| token.id.as_str() == id)
    }

    /// The service token of the Z side with this id, if an organisation can use it: every bearer of
    /// the id of an issued token can.
    pub(crate) fn token_held(&self, organisation: Organisation, id: &str) -> Option<&TokenRecord> {
        self.tokens.iter().find(|token| {
            token.id.as_str() == id
                && token.side == TokenSide::Z
                && token.state != TokenState::Deleted
                && (token.issuer.is_some() || token.shown_to(organisation))
        })
    }

    /// Issues a token; its id is unique in this world.
    pub(crate) fn issue_token(&mut self, token: TokenRecord) {
        self.tokens.push(token);
    }

    /// The id of a new token.
    pub(crate) fn new_token_id(&mut self) -> Option<ServiceTokenId> {
        let number = self.next_number();
        ServiceTokenId::parse(&format!("5f00a002-0000-4000-8000-{number:012x}")).ok()
    }

    /// Replaces a token of the same id, or deletes it by its state.
    pub(crate) fn replace_token(&mut self, changed: TokenRecord) {
        if let Some(token) = self.tokens.iter_mut().find(|token| token.id == changed.id) {
            *token = changed;
        }
    }

    /// Records that a connection uses a token.
    pub(crate) fn use_token(&mut self, used: &ServiceTokenId) {
        if let Some(token) = self.tokens.iter_mut().find(|token| token.id == *used) {
            token.state = TokenState::Active;
        }
    }
}
