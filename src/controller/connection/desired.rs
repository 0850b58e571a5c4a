//! From the spec to an order: values parsed, references resolved, everything wrong told at once.
//!
//! Reads at the provider and reads Secrets; changes nothing.

use kube::ResourceExt;
use sha2::{Digest, Sha256};

use super::{permits, references::References};
use crate::{
    api::{
        FabricConnection, Invitation, LinkProtocolType, OwnPort, PeeringType, Resolved,
        ServiceProfileRef, ServiceToken,
    },
    controller::{accounts::Session, context::Context, problem::Problem, status::Error},
    domain::{
        ASide, AuthenticationKey, ConnectionName, Email, FarEnd, Flow, Invalid, LinkProtocol, Mbps,
        MetroCode, Order, Peering, Port, PurchaseOrderNumber, ServiceTokenId, Vlan, ZSide,
    },
};

/// An order that can be sent, and what its references were found to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Desired {
    pub(super) order: Order,
    pub(super) resolved: Resolved,
}

/// Builds the order, or says everything that is in its way.
pub(super) async fn resolve(
    object: &FabricConnection,
    session: &Session,
    context: &Context,
) -> Result<Result<Desired, Vec<Problem>>, Error> {
    let spec = &object.spec;
    let mut refs = References::new(object, session, context);
    refs.problems.extend(permits::unsupported(object, session.provider.can()));
    let name = refs.keep("spec.name", name(object));
    let bandwidth = refs.keep("spec.bandwidthMbps", Mbps::new(spec.bandwidth_mbps));
    let number = spec.purchase_order_number.as_deref().map(PurchaseOrderNumber::parse).transpose();
    let number = refs.keep("spec.purchaseOrderNumber", number);
    let emails = spec.notifications.iter().map(|e| Email::parse(e)).collect::<Result<Vec<_>, _>>();
    let emails = refs.keep("spec.notifications", emails);
    let near = refs.keep("spec.aSide.linkProtocol", link(&spec.a_side.link_protocol));
    let port = refs.port(&spec.a_side.port, "spec.aSide.port").await;
    if let (Some(port), Some(near)) = (&port, near) {
        refs.problems.extend(permits::port_carries(port, near, "spec.aSide.linkProtocol"));
    }
    let mut resolved = Resolved {
        port_uuid: port.as_ref().map(|port| port.id.to_string()),
        ..Resolved::default()
    };
    let z_side = z_side(&mut refs, port.as_ref(), near, &mut resolved).await?;
    let problems = refs.problems;
    let parts = (name, bandwidth, number, emails, port, near, z_side);
    let (
        Some(name),
        Some(bandwidth),
        Some(purchase_order_number),
        Some(notifications),
        Some(port),
        Some(link),
        Some(z_side),
    ) = parts
    else {
        return Ok(Err(problems));
    };
    if !problems.is_empty() {
        return Ok(Err(problems));
    }
    let a_side = ASide { port: port.id, link };
    let order = Order { name, bandwidth, purchase_order_number, notifications, a_side, z_side };
    Ok(Ok(Desired { order, resolved }))
}

/// The name at the provider: the spec's, or one made from the resource's name and uid.
pub(super) fn name(object: &FabricConnection) -> Result<ConnectionName, Invalid> {
    if let Some(name) = &object.spec.name {
        return ConnectionName::parse(name);
    }
    let hash: [u8; 32] = Sha256::digest(object.uid().unwrap_or_default()).into();
    let hash = u32::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let readable: String = object
        .name_any()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(15)
        .collect();
    ConnectionName::parse(&format!("{readable}-{hash:08x}"))
}

fn link(spec: &crate::api::LinkProtocol) -> Result<LinkProtocol, Invalid> {
    let needs = |tag: Option<u16>, name: &str| {
        tag.ok_or_else(|| Invalid::new("link protocol", format!("needs {name}")))
            .and_then(Vlan::new)
    };
    match spec.r#type {
        LinkProtocolType::Dot1q => Ok(LinkProtocol::Dot1q(needs(spec.vlan_tag, "vlanTag")?)),
        LinkProtocolType::Qinq => Ok(LinkProtocol::Qinq {
            outer: needs(spec.vlan_s_tag, "vlanSTag")?,
            inner: spec.vlan_c_tag.map(Vlan::new).transpose()?,
        }),
    }
}

/// The Z side; `None` if something is in its way.
async fn z_side(
    refs: &mut References<'_>,
    near_port: Option<&Port>,
    near: Option<LinkProtocol>,
    resolved: &mut Resolved,
) -> Result<Option<ZSide>, Error> {
    let object = refs.object;
    let spec = &object.spec.z_side;
    if let Some(spec) = &spec.service_profile {
        return seller(refs, spec, near_port, near, resolved).await;
    }
    if let Some(spec) = &spec.port {
        return Ok(own_port(refs, spec, near, resolved).await);
    }
    if let Some(spec) = &spec.service_token {
        return token(refs, spec).await;
    }
    if let Some(spec) = &spec.invitation {
        return Ok(invitation(refs, spec, resolved).await);
    }
    refs.invalid("spec.zSide needs exactly one of serviceProfile, port, serviceToken, invitation");
    Ok(None)
}

async fn seller(
    refs: &mut References<'_>,
    spec: &ServiceProfileRef,
    near_port: Option<&Port>,
    near: Option<LinkProtocol>,
    resolved: &mut Resolved,
) -> Result<Option<ZSide>, Error> {
    let at = "spec.zSide.serviceProfile";
    let profile = refs.profile(spec.uuid.as_deref(), spec.name.as_deref(), at).await;
    let metro = match (&spec.metro_code, near_port) {
        (Some(code), _) => refs.keep(&format!("{at}.metroCode"), MetroCode::parse(code)),
        (None, Some(port)) => {
            if port.metro.is_none() {
                refs.invalid(&format!("the port does not say its metro: give {at}.metroCode"));
            }
            port.metro
        }
        (None, None) => None,
    };
    let metro = refs.metro(metro).await;
    let key = refs
        .secret(spec.authentication_key.as_deref(), spec.authentication_key_ref.as_ref())
        .await?
        .map(|secret| References::parse(secret.as_ref(), AuthenticationKey::parse));
    let key = key.and_then(|key| refs.keep(&format!("{at}.authenticationKey"), key));
    let far_inner = spec.link_protocol.as_ref().and_then(|link| link.vlan_c_tag);
    let far_inner = far_inner.map(Vlan::new).transpose();
    let far_inner = refs.keep(&format!("{at}.linkProtocol.vlanCTag"), far_inner);
    let peering = spec.peering_type.map(peering);
    if let (Some(profile), Some(near), Some(far_inner)) = (&profile, near, far_inner) {
        let far = match Flow::of_profile(&profile.name) {
            Flow::Azure => FarEnd::Azure(peering),
            _ => FarEnd::of(profile.encapsulation),
        };
        refs.problems.extend(permits::tags(near, far, far_inner, at));
    }
    resolved.profile_uuid = profile.as_ref().map(|p| p.id.to_string());
    resolved.profile_name = profile.as_ref().map(|p| p.name.clone());
    resolved.metro_code = metro.map(|m| m.to_string());
    let (Some(profile), Some(metro), Some(key), Some(far_inner)) = (profile, metro, key, far_inner)
    else {
        return Ok(None);
    };
    let seller_region = spec.seller_region.clone();
    Ok(Some(ZSide::Profile { profile: profile.id, metro, seller_region, key, peering, far_inner }))
}

async fn own_port(
    refs: &mut References<'_>,
    spec: &OwnPort,
    near: Option<LinkProtocol>,
    resolved: &mut Resolved,
) -> Option<ZSide> {
    let at = "spec.zSide.port";
    let reference = crate::api::PortRef { name: spec.name.clone(), uuid: spec.uuid.clone() };
    let port = refs.port(&reference, at).await;
    let far = refs.keep(&format!("{at}.linkProtocol"), link(&spec.link_protocol));
    if let (Some(port), Some(far)) = (&port, far) {
        let at = format!("{at}.linkProtocol");
        refs.problems.extend(permits::port_carries(port, far, &at));
    }
    if let (Some(near), Some(far)) = (near, far) {
        let (end, inner) = match far {
            LinkProtocol::Dot1q(_) => (FarEnd::Dot1q, None),
            LinkProtocol::Qinq { inner, .. } => (FarEnd::Qinq, inner),
        };
        refs.problems.extend(permits::tags(near, end, inner, at));
    }
    let profile = match &spec.service_profile {
        Some(profile) => {
            let at = format!("{at}.serviceProfile");
            let found = refs.profile(profile.uuid.as_deref(), profile.name.as_deref(), &at).await;
            resolved.profile_uuid = found.as_ref().map(|p| p.id.to_string());
            resolved.profile_name = found.as_ref().map(|p| p.name.clone());
            Some(found?.id)
        }
        None if refs.session.provider.can().own_ports_through_profiles => {
            refs.invalid(&format!("ECX v3 orders a connection to an own port through the profile that holds it: give {at}.serviceProfile"));
            None
        }
        None => None,
    };
    let port = port?;
    resolved.metro_code = port.metro.map(|m| m.to_string());
    Some(ZSide::Port { port: port.id, link: far?, profile, metro: port.metro })
}

async fn token(refs: &mut References<'_>, spec: &ServiceToken) -> Result<Option<ZSide>, Error> {
    let token = refs.secret(spec.uuid.as_deref(), spec.secret_ref.as_ref()).await?;
    let token = token.map(|secret| References::parse(secret.as_ref(), ServiceTokenId::parse));
    let token = token.and_then(|token| refs.keep("spec.zSide.serviceToken", token));
    Ok(token.flatten().map(ZSide::Token))
}

async fn invitation(
    refs: &mut References<'_>,
    spec: &Invitation,
    resolved: &mut Resolved,
) -> Option<ZSide> {
    let at = "spec.zSide.invitation";
    let email = refs.keep(&format!("{at}.email"), Email::parse(&spec.email));
    let metro = refs.keep(&format!("{at}.metroCode"), MetroCode::parse(&spec.metro_code));
    let metro = refs.metro(metro).await;
    resolved.metro_code = metro.map(|m| m.to_string());
    Some(ZSide::Invitation { email: email?, message: spec.message.clone(), metro: metro? })
}

fn peering(peering: PeeringType) -> Peering {
    match peering {
        PeeringType::Private => Peering::Private,
        PeeringType::Public => Peering::Public,
        PeeringType::Microsoft => Peering::Microsoft,
        PeeringType::Manual => Peering::Manual,
    }
}

/// Who is at the other end, as far as it changes what a state means.
pub(super) fn flow(object: &FabricConnection) -> Flow {
    let z_side = &object.spec.z_side;
    if z_side.service_token.is_some() {
        return Flow::Token;
    }
    if z_side.invitation.is_some() {
        return Flow::Invitation;
    }
    if z_side.port.is_some() {
        return Flow::Own;
    }
    let resolved = object.status.as_ref().and_then(|s| s.resolved.as_ref());
    let found = resolved.and_then(|r| r.profile_name.as_deref());
    let named = z_side.service_profile.as_ref().and_then(|p| p.name.as_deref());
    found.or(named).map_or(Flow::Seller, Flow::of_profile)
}
