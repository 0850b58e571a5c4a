//! The Z side: from the spec to the order.
//!
//! Reads at the provider and reads Secrets; changes nothing.

use fabric_api::{
    Invitation, OwnPort, PeeringType, SecondaryZSide, ServiceProfileRef, ServiceToken,
};
use fabric_domain::{
    AuthenticationKey, Email, Flow, LinkProtocol, MetroCode, Peering, Port, ServiceProfile,
    ServiceTokenId, Vlan, ZSide, ZSideKind,
};

use crate::{
    account::ports,
    connection::resolve::{
        ASideContext, answers, checks,
        fields::PROFILE,
        lookups::{GivenSecret, KeyUse, Purpose, References},
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
pub(in crate::connection) struct FoundZSide {
    pub(super) z_side: ZSide,
    pub(super) profile: Option<ServiceProfile>,
    pub(super) metro: Option<MetroCode>,
}

/// A Z side, as far as it is resolved.
#[derive(Default)]
pub(in crate::connection) struct ResolvedZSide {
    /// If it is a port of the account: the field of its tags, the port and the tags.
    pub(super) z_port: Option<(&'static str, Port, LinkProtocol)>,
    /// `None` if a problem is in the way.
    pub(super) found: Option<FoundZSide>,
}

impl From<Option<FoundZSide>> for ResolvedZSide {
    fn from(found: Option<FoundZSide>) -> Self {
        Self { z_port: None, found }
    }
}

/// Resolves the Z side.
pub(in crate::connection) async fn resolve_z_side(
    refs: &mut References<'_>,
    spec: &fabric_api::ZSide,
    a_side: ASideContext<'_>,
) -> Result<ResolvedZSide, ApiError> {
    if let Some(spec) = &spec.service_profile {
        return Ok(seller(refs, spec, a_side).await?.into());
    }
    if let Some(spec) = &spec.port {
        return Ok(own_port(refs, spec, a_side).await);
    }
    if let Some(spec) = &spec.service_token {
        answers::check(refs, a_side.fields.leg(), None);
        return Ok(token(refs, spec, a_side).await?.into());
    }
    if let Some(spec) = &spec.invitation {
        answers::check(refs, a_side.fields.leg(), None);
        return Ok(invitation(refs, spec, a_side).await.into());
    }
    refs.invalid("spec.zSide needs exactly one of serviceProfile, port, serviceToken, invitation");
    Ok(ResolvedZSide::default())
}

async fn seller(
    refs: &mut References<'_>,
    spec: &ServiceProfileRef,
    a_side: ASideContext<'_>,
) -> Result<Option<FoundZSide>, ApiError> {
    let fields = a_side.fields;
    let profile = refs.profile(spec.uuid.as_deref(), spec.name.as_deref(), PROFILE).await;
    let metro = match (&spec.metro_code, a_side.port) {
        (Some(code), _) => refs.keep(fields.profile_metro(), MetroCode::parse(code)),
        (None, Some(port)) => {
            if port.metro.is_none() {
                let field = fields.profile_metro();
                refs.invalid(&format!("Equinix does not say where the port is; give {field}"));
            }
            port.metro
        }
        (None, None) => None,
    };
    let metro = refs.metro(metro, a_side, fields.profile_metro()).await;
    let (clear, reference) = (&spec.authentication_key, &spec.authentication_key_ref);
    let key_field = if clear.is_some() { fields.key() } else { fields.key_ref() };
    let given = GivenSecret {
        clear: clear.as_deref(),
        clear_at: fields.key(),
        reference: reference.as_ref(),
        reference_at: fields.key_ref(),
    };
    let key = refs.secret(given, AuthenticationKey::parse).await?;
    let z_c_tag = spec.link_protocol.as_ref().and_then(|link| link.vlan_c_tag);
    let z_c_tag = z_c_tag.map(Vlan::new).transpose();
    let z_c_tag = refs.keep(&format!("{}.vlanCTag", fields.profile_link()), z_c_tag);
    let peering = spec.peering_type.map(peering);
    let seller_region = spec.seller_region.clone();
    if let (Some(profile), Some(z_c_tag)) = (&profile, z_c_tag) {
        let kind = match Flow::of_profile(&profile.name) {
            Flow::Azure => ZSideKind::Azure(peering),
            _ => ZSideKind::of(profile.encapsulation),
        };
        refs.problems.extend(checks::tags(a_side, kind, z_c_tag, fields.profile_link()));
    }
    if let Some(profile) = &profile {
        answers::check(refs, a_side.fields.leg(), Some(profile));
    }
    if let (Some(profile), Purpose::Order) = (&profile, refs.purpose) {
        refs.problems.extend(checks::offer(refs, profile, a_side, metro, fields.profile_metro()));
        match (&key, metro) {
            (Some(None), _) if profile.needs_key => refs.invalid(&format!(
                "{} asks for a key: give {} or {}",
                profile.name,
                fields.key(),
                fields.key_ref()
            )),
            (Some(Some(key)), Some(metro)) => {
                let seller_region = seller_region.as_deref();
                let key_use = KeyUse { key, field: key_field, profile, metro, seller_region };
                refs.check_key(key_use, a_side).await;
            }
            (None | Some(_), _) => {}
        }
    }
    let (Some(profile), Some(metro), Some(key), Some(z_c_tag)) = (profile, metro, key, z_c_tag)
    else {
        return Ok(None);
    };
    let id = profile.id.clone();
    let z_side = ZSide::Profile { profile: id, metro, seller_region, key, peering, z_c_tag };
    Ok(Some(FoundZSide { z_side, profile: Some(profile), metro: Some(metro) }))
}

async fn own_port(
    refs: &mut References<'_>,
    spec: &OwnPort,
    a_side: ASideContext<'_>,
) -> ResolvedZSide {
    let (at, at_link) = (a_side.fields.z_port(), a_side.fields.z_port_link());
    let reference = fabric_api::PortRef { name: spec.name.clone(), uuid: spec.uuid.clone() };
    let port = refs.port(&reference, at).await;
    let z_link = refs.keep(at_link, ports::link(&spec.link_protocol));
    if let Some(port) = &port {
        if let Some(link) = z_link {
            refs.uses(port, link, at, at_link);
        }
        refs.problems.extend(ports::may_order(port));
        refs.problems.extend(z_link.and_then(|link| ports::carries(port, link, at_link)));
        if refs.purpose == Purpose::Order {
            refs.problems.extend(checks::port_speed(port, a_side.bandwidth));
        }
    }
    if let Some(z_link) = ports::carried(port.as_ref(), z_link) {
        let (kind, z_c_tag) = match z_link {
            LinkProtocol::Dot1q(_) => (ZSideKind::Dot1q, None),
            LinkProtocol::Qinq { c_tag, .. } => (ZSideKind::Qinq, c_tag),
        };
        refs.problems.extend(checks::tags(a_side, kind, z_c_tag, at_link));
    }
    let metro = port.as_ref().and_then(|port| port.metro);
    refs.metro(metro, a_side, at).await;
    let profile = match &spec.service_profile {
        Some(profile) => {
            let (uuid, name) = (profile.uuid.as_deref(), profile.name.as_deref());
            let found = refs.profile(uuid, name, "spec.zSide.port.serviceProfile").await;
            if let Some(profile) = &found {
                answers::check(refs, a_side.fields.leg(), Some(profile));
            }
            if let (Some(profile), Purpose::Order) = (&found, refs.purpose) {
                refs.problems.extend(checks::offer(refs, profile, a_side, metro, at));
            }
            found.map(Some)
        }
        None if refs.session.reads.can().own_ports_through_profiles => {
            refs.invalid("ECX v3 orders a connection to an own port through the profile that holds it: give spec.zSide.port.serviceProfile");
            None
        }
        None => {
            answers::check(refs, a_side.fields.leg(), None);
            Some(None)
        }
    };
    let z_port = port.clone().zip(z_link).map(|(port, link)| (at_link, port, link));
    let found = port.zip(z_link).zip(profile).map(|((port, link), profile)| FoundZSide {
        metro: port.metro,
        z_side: ZSide::Port {
            port: port.id,
            link,
            profile: profile.as_ref().map(|profile| profile.id.clone()),
            metro: port.metro,
        },
        profile,
    });
    ResolvedZSide { z_port, found }
}

async fn token(
    refs: &mut References<'_>,
    spec: &ServiceToken,
    a_side: ASideContext<'_>,
) -> Result<Option<FoundZSide>, ApiError> {
    let fields = a_side.fields;
    refs.asked.unshown.push(fields.token().to_owned());
    refs.asked.metros.push((None, fields.token().to_owned()));
    refs.problems.extend(checks::both_tags(a_side, "a service token"));
    let given = GivenSecret {
        clear: spec.uuid.as_deref(),
        clear_at: fields.token(),
        reference: spec.secret_ref.as_ref(),
        reference_at: fields.token_ref(),
    };
    let token = refs.secret(given, ServiceTokenId::parse).await?;
    let z_side = token.flatten().map(ZSide::Token);
    Ok(z_side.map(|z_side| FoundZSide { z_side, profile: None, metro: None }))
}

async fn invitation(
    refs: &mut References<'_>,
    spec: &Invitation,
    a_side: ASideContext<'_>,
) -> Option<FoundZSide> {
    let at = a_side.fields.invitation_metro();
    refs.asked.unshown.push("spec.zSide.invitation".to_owned());
    refs.problems.extend(checks::both_tags(a_side, "an invitation"));
    if refs.purpose == Purpose::Order {
        refs.problems.extend(checks::invited_bandwidth(a_side.bandwidth));
    }
    let email = refs.keep("spec.zSide.invitation.email", Email::parse(&spec.email));
    let metro = refs.keep(at, MetroCode::parse(&spec.metro_code));
    let metro = refs.metro(metro, a_side, at).await;
    let (email, metro) = (email?, metro?);
    let z_side = ZSide::Invitation { email, message: spec.message.clone(), metro };
    Some(FoundZSide { z_side, profile: None, metro: Some(metro) })
}

fn peering(peering: PeeringType) -> Peering {
    match peering {
        PeeringType::Private => Peering::Private,
        PeeringType::Public => Peering::Public,
        PeeringType::Microsoft => Peering::Microsoft,
        PeeringType::Manual => Peering::Manual,
    }
}
