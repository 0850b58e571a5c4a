//! Service tokens that another organisation issued: the two that the service-token document names,
//! three more for pairs, and one for each way in which two tokens do not match as a pair.
//!
//! Data only; the rules about pairs are those of v4.

use std::time::Duration;

use fabric_domain::{LinkProtocol, PortId, ServiceTokenId, Vlan};

use crate::world::{
    clock::Clock,
    tokens::{TokenRecord, TokenSide, TokenState},
};

/// How long after the start of the world these tokens expire, unless they are used.
const LIFETIME: Duration = Duration::from_hours(24 * 90);

const MBPS: [u32; 5] = [50, 100, 200, 500, 1000];

/// The project of everything that the first organisation owns.
pub(crate) const PROJECT: &str = "5f00a000-0000-4000-8000-000000000001";

/// All tokens that the first organisation was given.
pub(crate) fn tokens(clock: &Clock) -> Vec<TokenRecord> {
    let token = |id: &str, name: &str, vlan| {
        Some(TokenRecord {
            id: ServiceTokenId::parse(id).ok()?,
            issuer: None,
            side: TokenSide::Z,
            name: name.to_owned(),
            description: name.to_owned(),
            port: PortId::parse("754086e4-164d-64d0-84e0-30ac188c7c35").ok()?,
            link: LinkProtocol::Dot1q(Vlan::new(vlan).ok()?),
            mbps: MBPS.to_vec(),
            port_mbps: 10_000,
            project: PROJECT.to_owned(),
            allows_remote: true,
            emails: vec!["test@example.com".to_owned()],
            created: clock.at(Duration::ZERO),
            expires: clock.at(LIFETIME),
            state: TokenState::Inactive,
        })
    };
    let qinq = |token: TokenRecord| {
        let s_tag = Vlan::new(token.link.tags().s_tag).ok()?;
        Some(TokenRecord { link: LinkProtocol::Qinq { s_tag, c_tag: None }, ..token })
    };
    let tokens = [
        token("20d32a80-0d61-4333-bc03-707b591ae2f4", "John-Doe-Token-1", 2001),
        token("20d32a80-0d61-4333-bc03-707b591ae2f5", "John-Doe-Token-2", 2002)
            .map(|token| TokenRecord { allows_remote: false, ..token }),
        token("20d32a80-0d61-4333-bc03-707b591ae2f6", "John-Doe-Token-3", 2007),
        token("20d32a80-0d61-4333-bc03-707b591ae2f7", "John-Doe-Token-4", 2008),
        token("20d32a80-0d61-4333-bc03-707b591ae2f8", "John-Doe-Token-5", 2009),
        token("5f00a001-0000-4000-8000-000000000001", "Example-Token-Tiers", 2003)
            .map(|token| TokenRecord { mbps: vec![50, 200], ..token }),
        token("5f00a001-0000-4000-8000-000000000002", "Example-Token-QinQ", 2004).and_then(qinq),
        token("5f00a001-0000-4000-8000-000000000003", "Example-Token-Project", 2005).map(|token| {
            let project = "5f00a000-0000-4000-8000-000000000002".to_owned();
            TokenRecord { project, ..token }
        }),
        token("5f00a001-0000-4000-8000-000000000004", "Example-Token-Speed", 2006)
            .map(|token| TokenRecord { port_mbps: 1000, ..token }),
    ];
    tokens.into_iter().flatten().collect()
}
