//! The Z side: from the spec to the order.
//!
//! Reads at the provider and reads Secrets; changes nothing.

use fabric_api::{
    Invitation, OwnPort, PeeringType, SecondaryZSide, ServiceProfileRef, ServiceToken,
};
use fabric_domain::{
    AuthenticationKey, Email, Flow, LinkProtocol, MetroCode, Peering, ServiceProfile,
    ServiceTokenId, Vlan, ZSide, ZSideKind,
};

use crate::{
    account::ports,
    connection::resolve::{
        ASideContext, answers, checks,
        lookups::{KeyUse, Purpose, References},
    },
    reconcile::status::ApiError,
};

/// The Z side of the secondary: the primary's, but for what the secondary sets itself.
pub(in crate::connection) fn merged(
    first: &fabric_api::ZSide,
    second: Option<&SecondaryZSide>,
) -> fabric_api::ZSide {
    let mut merged = first.clone();
    let Some(second) = second else {
        // Tags and tokens are good for one line only.
        if let Some(profile) = &mut merged.service_profile {
            profile.link_protocol = None;
        }
        return merged;
    };
    if let Some(profile) = &mut merged.service_profile {
        profile.link_protocol.clone_from(&second.link_protocol);
        if second.metro_code.is_some() {
            profile.metro_code.clone_from(&second.metro_code);
        }
        if second.seller_region.is_some() {
            profile.seller_region.clone_from(&second.seller_region);
        }
        if second.authentication_key.is_some() || second.authentication_key_ref.is_some() {
            profile.authentication_key.clone_from(&second.authentication_key);
            profile.authentication_key_ref.clone_from(&second.authentication_key_ref);
        }
    }
    if let Some(port) = &mut merged.port {
        if let Some(own) = &second.port {
            (port.name, port.uuid) = (own.name.clone(), own.uuid.clone());
        }
        if let Some(own) = &second.link_protocol {
            port.link_protocol = fabric_api::LinkProtocol {
                r#type: own.r#type,
                vlan_tag: own.vlan_tag,
                vlan_s_tag: own.vlan_s_tag,
                vlan_c_tag: own.vlan_c_tag,
            };
        }
    }
    if let (Some(token), Some(own)) = (&mut merged.service_token, &second.service_token) {
        token.clone_from(own);
    }
    if let (Some(invitation), Some(metro)) = (&mut merged.invitation, &second.metro_code) {
        invitation.metro_code.clone_from(metro);
    }
    merged
}

/// A Z side, and what its references were found to be.
pub(in crate::connection) struct ResolvedZSide {
    pub(super) z_side: ZSide,
    pub(super) profile: Option<ServiceProfile>,
    pub(super) metro: Option<MetroCode>,
}

/// Resolves the Z side; `None` if a problem is in the way.
pub(in crate::connection) async fn resolve_z_side(
    refs: &mut References<'_>,
    root: &str,
    spec: &fabric_api::ZSide,
    a_side: ASideContext<'_>,
) -> Result<Option<ResolvedZSide>, ApiError> {
    if let Some(spec) = &spec.service_profile {
        return seller(refs, &format!("{root}.zSide.serviceProfile"), spec, a_side).await;
    }
    if let Some(spec) = &spec.port {
        return Ok(own_port(refs, &format!("{root}.zSide.port"), spec, a_side).await);
    }
    if let Some(spec) = &spec.service_token {
        answers::check(refs, a_side.leg, None);
        return token(refs, &format!("{root}.zSide.serviceToken"), spec).await;
    }
    if let Some(spec) = &spec.invitation {
        answers::check(refs, a_side.leg, None);
        return Ok(invitation(refs, &format!("{root}.zSide.invitation"), spec, a_side).await);
    }
    refs.invalid("spec.zSide needs exactly one of serviceProfile, port, serviceToken, invitation");
    Ok(None)
}

async fn seller(
    refs: &mut References<'_>,
    at: &str,
    spec: &ServiceProfileRef,
    a_side: ASideContext<'_>,
) -> Result<Option<ResolvedZSide>, ApiError> {
    let profile = refs.profile(spec.uuid.as_deref(), spec.name.as_deref(), at).await;
    let metro = match (&spec.metro_code, a_side.port) {
        (Some(code), _) => refs.keep(&format!("{at}.metroCode"), MetroCode::parse(code)),
        (None, Some(port)) => {
            if port.metro.is_none() {
                refs.invalid(&format!("the port does not say its metro: give {at}.metroCode"));
            }
            port.metro
        }
        (None, None) => None,
    };
    let metro = refs.metro(metro, a_side, &format!("{at}.metroCode")).await;
    let key = refs
        .secret(
            spec.authentication_key.as_deref(),
            spec.authentication_key_ref.as_ref(),
            "authenticationKeyRef",
        )
        .await?
        .map(|secret| References::parse(secret.as_ref(), AuthenticationKey::parse));
    let key = key.and_then(|key| refs.keep(&format!("{at}.authenticationKey"), key));
    let z_c_tag = spec.link_protocol.as_ref().and_then(|link| link.vlan_c_tag);
    let z_c_tag = z_c_tag.map(Vlan::new).transpose();
    let z_c_tag = refs.keep(&format!("{at}.linkProtocol.vlanCTag"), z_c_tag);
    let peering = spec.peering_type.map(peering);
    if let (Some(profile), Some(z_c_tag)) = (&profile, z_c_tag) {
        let kind = match Flow::of_profile(&profile.name) {
            Flow::Azure => ZSideKind::Azure(peering),
            _ => ZSideKind::of(profile.encapsulation),
        };
        refs.problems.extend(checks::tags(a_side, kind, z_c_tag, at));
    }
    if let Some(profile) = &profile {
        answers::check(refs, a_side.leg, Some(profile));
    }
    if let (Some(profile), Purpose::Order) = (&profile, refs.purpose) {
        refs.problems.extend(checks::bandwidth(profile, a_side.bandwidth));
        refs.problems.extend(checks::metro(profile, a_side, metro, at));
        refs.problems.extend(checks::pair(
            profile,
            a_side.leg,
            refs.object,
            refs.session.reads.can().pairs_in_one_order,
        ));
    }
    let (Some(profile), Some(metro), Some(key), Some(z_c_tag)) = (profile, metro, key, z_c_tag)
    else {
        return Ok(None);
    };
    let seller_region = spec.seller_region.clone();
    if refs.purpose == Purpose::Order {
        let end = KeyUse { profile: &profile, metro, seller_region: seller_region.as_deref() };
        refs.key(key.as_ref(), end, a_side, at).await;
    }
    let id = profile.id.clone();
    let z_side = ZSide::Profile { profile: id, metro, seller_region, key, peering, z_c_tag };
    Ok(Some(ResolvedZSide { z_side, profile: Some(profile), metro: Some(metro) }))
}

async fn own_port(
    refs: &mut References<'_>,
    at: &str,
    spec: &OwnPort,
    a_side: ASideContext<'_>,
) -> Option<ResolvedZSide> {
    let reference = fabric_api::PortRef { name: spec.name.clone(), uuid: spec.uuid.clone() };
    let port = refs.port(&reference, at).await;
    let z_link = refs.keep(&format!("{at}.linkProtocol"), ports::link(&spec.link_protocol));
    if let (Some(port), Some(z_link)) = (&port, z_link) {
        let at = format!("{at}.linkProtocol");
        refs.problems.extend(ports::may_order(port, z_link, &at));
    }
    if let Some(z_link) = ports::carried(port.as_ref(), z_link) {
        let (kind, z_c_tag) = match z_link {
            LinkProtocol::Dot1q(_) => (ZSideKind::Dot1q, None),
            LinkProtocol::Qinq { c_tag, .. } => (ZSideKind::Qinq, c_tag),
        };
        refs.problems.extend(checks::tags(a_side, kind, z_c_tag, at));
    }
    let metro = port.as_ref().and_then(|port| port.metro);
    refs.metro(metro, a_side, at).await;
    let profile = match &spec.service_profile {
        Some(profile) => {
            let at = format!("{at}.serviceProfile");
            let found = refs.profile(profile.uuid.as_deref(), profile.name.as_deref(), &at).await;
            if let Some(profile) = &found {
                answers::check(refs, a_side.leg, Some(profile));
            }
            if let (Some(profile), Purpose::Order) = (&found, refs.purpose) {
                refs.problems.extend(checks::bandwidth(profile, a_side.bandwidth));
                refs.problems.extend(checks::metro(profile, a_side, metro, &at));
                refs.problems.extend(checks::pair(
                    profile,
                    a_side.leg,
                    refs.object,
                    refs.session.reads.can().pairs_in_one_order,
                ));
            }
            Some(found?)
        }
        None if refs.session.reads.can().own_ports_through_profiles => {
            refs.invalid(&format!("ECX v3 orders a connection to an own port through the profile that holds it: give {at}.serviceProfile"));
            None
        }
        None => {
            answers::check(refs, a_side.leg, None);
            None
        }
    };
    let (port, link) = (port?, z_link?);
    let id = profile.as_ref().map(|profile| profile.id.clone());
    let z_side = ZSide::Port { port: port.id, link, profile: id, metro: port.metro };
    Some(ResolvedZSide { z_side, profile, metro: port.metro })
}

async fn token(
    refs: &mut References<'_>,
    at: &str,
    spec: &ServiceToken,
) -> Result<Option<ResolvedZSide>, ApiError> {
    let token = refs
        .secret(spec.uuid.as_deref(), spec.secret_ref.as_ref(), "serviceToken.secretRef")
        .await?;
    let token = token.map(|secret| References::parse(secret.as_ref(), ServiceTokenId::parse));
    let token = token.and_then(|token| refs.keep(at, token));
    let z_side = token.flatten().map(ZSide::Token);
    Ok(z_side.map(|z_side| ResolvedZSide { z_side, profile: None, metro: None }))
}

async fn invitation(
    refs: &mut References<'_>,
    at: &str,
    spec: &Invitation,
    a_side: ASideContext<'_>,
) -> Option<ResolvedZSide> {
    let email = refs.keep(&format!("{at}.email"), Email::parse(&spec.email));
    let metro = refs.keep(&format!("{at}.metroCode"), MetroCode::parse(&spec.metro_code));
    let metro = refs.metro(metro, a_side, &format!("{at}.metroCode")).await;
    let (email, metro) = (email?, metro?);
    let z_side = ZSide::Invitation { email, message: spec.message.clone(), metro };
    Some(ResolvedZSide { z_side, profile: None, metro: Some(metro) })
}

fn peering(peering: PeeringType) -> Peering {
    match peering {
        PeeringType::Private => Peering::Private,
        PeeringType::Public => Peering::Public,
        PeeringType::Microsoft => Peering::Microsoft,
        PeeringType::Manual => Peering::Manual,
    }
}
