//! Service tokens: the two that the service-token document names, three more for pairs, and one for
//! each way in which two tokens do not match as a pair.
//!
//! Data only; the rules about pairs are those of v4.

use std::time::Duration;

use fabric_domain::{Encapsulation, MetroCode, ServiceTokenId};

/// Whether a token has been used; it is valid once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TokenState {
    /// It has not been used.
    Inactive,
    /// A connection uses it.
    Active,
}

/// How long after the start of the world unused tokens expire.
pub(crate) const TOKEN_LIFETIME: Duration = Duration::from_hours(24 * 90);

/// A Z-side service token, issued by another organisation for a port of its own.
#[derive(Debug, Clone)]
pub(crate) struct TokenRecord {
    pub(crate) id: ServiceTokenId,
    pub(crate) name: &'static str,
    pub(crate) port: &'static str,
    pub(crate) link: Encapsulation,
    pub(crate) vlan: u16,
    pub(crate) metro: Option<MetroCode>,
    pub(crate) mbps: &'static [u32],
    /// The port's speed in Mbit/s.
    pub(crate) port_mbps: u32,
    pub(crate) project: &'static str,
    pub(crate) allows_remote: bool,
    pub(crate) state: TokenState,
}

const MBPS: [u32; 4] = [50, 200, 500, 1000];

/// The project of everything that the first organisation owns.
pub(crate) const PROJECT: &str = "5f00a000-0000-4000-8000-000000000001";

impl TokenRecord {
    /// Whether a connection can use it at an instant of the world.
    pub(crate) fn usable(&self, now: Duration) -> bool {
        self.state == TokenState::Inactive && now < TOKEN_LIFETIME
    }
}

/// All tokens that the first organisation can see.
pub(crate) fn tokens() -> Vec<TokenRecord> {
    let token = |id: &str, name, vlan| {
        Some(TokenRecord {
            id: ServiceTokenId::parse(id).ok()?,
            name,
            port: "754086e4-164d-64d0-84e0-30ac188c7c35",
            link: Encapsulation::Dot1q,
            vlan,
            metro: MetroCode::parse("SV").ok(),
            mbps: &MBPS,
            port_mbps: 10_000,
            project: PROJECT,
            allows_remote: true,
            state: TokenState::Inactive,
        })
    };
    let tokens = [
        token("20d32a80-0d61-4333-bc03-707b591ae2f4", "John-Doe-Token-1", 2001),
        token("20d32a80-0d61-4333-bc03-707b591ae2f5", "John-Doe-Token-2", 2002)
            .map(|token| TokenRecord { allows_remote: false, ..token }),
        token("20d32a80-0d61-4333-bc03-707b591ae2f6", "John-Doe-Token-3", 2007),
        token("20d32a80-0d61-4333-bc03-707b591ae2f7", "John-Doe-Token-4", 2008),
        token("20d32a80-0d61-4333-bc03-707b591ae2f8", "John-Doe-Token-5", 2009),
        token("5f00a001-0000-4000-8000-000000000001", "Example-Token-Tiers", 2003)
            .map(|token| TokenRecord { mbps: &MBPS[..2], ..token }),
        token("5f00a001-0000-4000-8000-000000000002", "Example-Token-QinQ", 2004)
            .map(|token| TokenRecord { link: Encapsulation::Qinq, ..token }),
        token("5f00a001-0000-4000-8000-000000000003", "Example-Token-Project", 2005)
            .map(|token| TokenRecord { project: "5f00a000-0000-4000-8000-000000000002", ..token }),
        token("5f00a001-0000-4000-8000-000000000004", "Example-Token-Speed", 2006)
            .map(|token| TokenRecord { port_mbps: 1000, ..token }),
    ];
    tokens.into_iter().flatten().collect()
}
