//! Service tokens: the two that the service-token document names, which differ in their last digit,
//! and three that go on from there, for pairs.
//!
//! Facts only.

use std::time::Duration;

use crate::domain::{MetroCode, ServiceTokenId};

/// Where a token is in its life, as far as the world goes: it is used once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum TokenState {
    /// Nobody has used it.
    Inactive,
    /// A connection has used it.
    Active,
}

/// How long after the world's first instant the tokens expire, if nobody uses them.
pub(in super::super) const TOKEN_LIFETIME: Duration = Duration::from_hours(24 * 90);

/// A Z-side service token, made by somebody else for a port of theirs.
#[derive(Debug, Clone)]
pub(in super::super) struct Token {
    pub(in super::super) id: ServiceTokenId,
    pub(in super::super) name: &'static str,
    pub(in super::super) port: &'static str,
    pub(in super::super) vlan: u16,
    pub(in super::super) metro: Option<MetroCode>,
    pub(in super::super) mbps: &'static [u32],
    pub(in super::super) allows_remote: bool,
    pub(in super::super) state: TokenState,
}

const MBPS: [u32; 4] = [50, 200, 500, 1000];

impl Token {
    /// Whether a connection can use it at an instant of the world.
    pub(in super::super) fn usable(&self, now: Duration) -> bool {
        self.state == TokenState::Inactive && now < TOKEN_LIFETIME
    }
}

/// All tokens that the first organisation can see.
pub(in super::super) fn tokens() -> Vec<Token> {
    let rows = [
        ("20d32a80-0d61-4333-bc03-707b591ae2f4", "John-Doe-Token-1", 2001, true),
        ("20d32a80-0d61-4333-bc03-707b591ae2f5", "John-Doe-Token-2", 2002, false),
        ("20d32a80-0d61-4333-bc03-707b591ae2f6", "John-Doe-Token-3", 2003, true),
        ("20d32a80-0d61-4333-bc03-707b591ae2f7", "John-Doe-Token-4", 2004, true),
        ("20d32a80-0d61-4333-bc03-707b591ae2f8", "John-Doe-Token-5", 2005, true),
    ];
    rows.into_iter()
        .filter_map(|(id, name, vlan, allows_remote)| {
            Some(Token {
                id: ServiceTokenId::parse(id).ok()?,
                name,
                port: "754086e4-164d-64d0-84e0-30ac188c7c35",
                vlan,
                metro: MetroCode::parse("SV").ok(),
                mbps: &MBPS,
                allows_remote,
                state: TokenState::Inactive,
            })
        })
        .collect()
}
