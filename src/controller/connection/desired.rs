//! From the spec to an order: values parsed, references resolved, everything wrong told at once.
//!
//! Reads at the provider and reads Secrets; changes nothing.

use kube::ResourceExt;
use sha2::{Digest, Sha256};

use super::{line::Part, permits, references::References};
use crate::{
    api::{
        FabricConnection, Invitation, LinkProtocolType, OwnPort, PeeringType, RedundancyPriority,
        Resolved, SecondaryZSide, ServiceProfileRef, ServiceToken,
    },
    controller::{accounts::Session, context::Context, problem::Problem, status::Error},
    domain::{
        ASide, AuthenticationKey, ConnectionName, Email, FarEnd, Flow, Half, Invalid, Join,
        LinkProtocol, Mbps, MetroCode, Order, Peering, Port, Priority, PurchaseOrderNumber,
        ServiceTokenId, Vlan, ZSide,
    },
};

/// An order that can be sent, and what its references were found to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Desired {
    /// The line that the order is for; a pair counts as its primary.
    pub(super) part: Part,
    pub(super) order: Order,
    pub(super) resolved: Resolved,
}

impl Desired {
    /// The lines that the order makes.
    pub(super) fn sides(&self) -> impl Iterator<Item = (Part, &ConnectionName, &ASide)> {
        let half = self.order.secondary.as_ref();
        let half = half.map(|half| (Part::Secondary, &half.name, &half.a_side));
        [(self.part, &self.order.name, &self.order.a_side)].into_iter().chain(half)
    }
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
    let bandwidth = refs.keep("spec.bandwidthMbps", Mbps::new(spec.bandwidth_mbps));
    let number = spec.purchase_order_number.as_deref().map(PurchaseOrderNumber::parse).transpose();
    let number = refs.keep("spec.purchaseOrderNumber", number);
    let emails = spec.notifications.iter().map(|e| Email::parse(e)).collect::<Result<Vec<_>, _>>();
    let emails = refs.keep("spec.notifications", emails);
    let mut resolved = Resolved::default();
    let at = At { root: "spec", part: Part::Primary };
    let primary = half(&mut refs, at, &spec.a_side, &spec.z_side, &mut resolved).await?;
    let secondary = match &spec.secondary {
        None => None,
        Some(second) => {
            let at = At { root: "spec.secondary", part: Part::Secondary };
            let z_side = merged(&spec.z_side, second.z_side.as_ref());
            // What the second half resolves to besides its port is what the first does.
            let mut own = Resolved::default();
            half(&mut refs, at, &second.a_side, &z_side, &mut own).await?
        }
    };
    let missing_half = spec.secondary.is_some() && secondary.is_none();
    let problems = refs.problems;
    let parts = (primary, bandwidth, number, emails);
    let (Some(primary), Some(bandwidth), Some(purchase_order_number), Some(notifications)) = parts
    else {
        return Ok(Err(problems));
    };
    if missing_half || !problems.is_empty() {
        return Ok(Err(problems));
    }
    let join = spec.redundancy.as_ref().map(|join| Join {
        group: join.group.clone(),
        priority: match join.priority {
            RedundancyPriority::Primary => Priority::Primary,
            RedundancyPriority::Secondary => Priority::Secondary,
        },
    });
    let Half { name, a_side, z_side } = primary;
    let order = Order {
        name,
        bandwidth,
        purchase_order_number,
        notifications,
        a_side,
        z_side,
        secondary,
        join,
    };
    Ok(Ok(Desired { part: Part::Primary, order, resolved }))
}

/// Where in the spec a half stands.
#[derive(Clone, Copy)]
struct At {
    root: &'static str,
    part: Part,
}

/// One half: its name and both its ends.
async fn half(
    refs: &mut References<'_>,
    at: At,
    a_side: &crate::api::ASide,
    z_side: &crate::api::ZSide,
    resolved: &mut Resolved,
) -> Result<Option<Half>, Error> {
    let root = at.root;
    let name = refs.keep(&format!("{root}.name"), name(refs.object, at.part));
    let near = refs.keep(&format!("{root}.aSide.linkProtocol"), link(&a_side.link_protocol));
    let port = refs.port(&a_side.port, &format!("{root}.aSide.port")).await;
    if let (Some(port), Some(near)) = (&port, near) {
        let at = format!("{root}.aSide.linkProtocol");
        refs.problems.extend(permits::port_carries(port, near, &at));
    }
    resolved.port_uuid = port.as_ref().map(|port| port.id.to_string());
    let z_side = far_side(refs, root, z_side, port.as_ref(), near, resolved).await?;
    let (Some(name), Some(port), Some(link), Some(z_side)) = (name, port, near, z_side) else {
        return Ok(None);
    };
    Ok(Some(Half { name, a_side: ASide { port: port.id, link }, z_side }))
}

/// The Z side of the second half: the first one's, but for what the second one says itself.
fn merged(first: &crate::api::ZSide, second: Option<&SecondaryZSide>) -> crate::api::ZSide {
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
            port.link_protocol = crate::api::LinkProtocol {
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

/// Whether a line's name is made from the resource, and so proves whose it is.
pub(super) fn name_is_made(object: &FabricConnection, part: Part) -> bool {
    match part {
        Part::Primary => object.spec.name.is_none(),
        Part::Secondary => object.spec.secondary.as_ref().is_some_and(|half| half.name.is_none()),
    }
}

/// The name at the provider: the spec's, or one made from the resource's name and uid.
pub(super) fn name(object: &FabricConnection, part: Part) -> Result<ConnectionName, Invalid> {
    let given = match part {
        Part::Primary => object.spec.name.as_deref(),
        Part::Secondary => object.spec.secondary.as_ref().and_then(|half| half.name.as_deref()),
    };
    if let Some(name) = given {
        return ConnectionName::parse(name);
    }
    let hash: [u8; 32] = Sha256::digest(object.uid().unwrap_or_default()).into();
    let hash = u32::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let (length, end) = match part {
        Part::Primary => (15, ""),
        Part::Secondary => (13, "-2"),
    };
    let readable: String = object
        .name_any()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(length)
        .collect();
    ConnectionName::parse(&format!("{readable}-{hash:08x}{end}"))
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
async fn far_side(
    refs: &mut References<'_>,
    root: &str,
    spec: &crate::api::ZSide,
    near_port: Option<&Port>,
    near: Option<LinkProtocol>,
    resolved: &mut Resolved,
) -> Result<Option<ZSide>, Error> {
    if let Some(spec) = &spec.service_profile {
        let near = (near_port, near);
        return seller(refs, &format!("{root}.zSide.serviceProfile"), spec, near, resolved).await;
    }
    if let Some(spec) = &spec.port {
        return Ok(own_port(refs, &format!("{root}.zSide.port"), spec, near, resolved).await);
    }
    if let Some(spec) = &spec.service_token {
        return token(refs, &format!("{root}.zSide.serviceToken"), spec).await;
    }
    if let Some(spec) = &spec.invitation {
        return Ok(invitation(refs, &format!("{root}.zSide.invitation"), spec, resolved).await);
    }
    refs.invalid("spec.zSide needs exactly one of serviceProfile, port, serviceToken, invitation");
    Ok(None)
}

async fn seller(
    refs: &mut References<'_>,
    at: &str,
    spec: &ServiceProfileRef,
    (near_port, near): (Option<&Port>, Option<LinkProtocol>),
    resolved: &mut Resolved,
) -> Result<Option<ZSide>, Error> {
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
    let metro = refs.metro(metro, &format!("{at}.metroCode")).await;
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
    at: &str,
    spec: &OwnPort,
    near: Option<LinkProtocol>,
    resolved: &mut Resolved,
) -> Option<ZSide> {
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

async fn token(
    refs: &mut References<'_>,
    at: &str,
    spec: &ServiceToken,
) -> Result<Option<ZSide>, Error> {
    let token = refs.secret(spec.uuid.as_deref(), spec.secret_ref.as_ref()).await?;
    let token = token.map(|secret| References::parse(secret.as_ref(), ServiceTokenId::parse));
    let token = token.and_then(|token| refs.keep(at, token));
    Ok(token.flatten().map(ZSide::Token))
}

async fn invitation(
    refs: &mut References<'_>,
    at: &str,
    spec: &Invitation,
    resolved: &mut Resolved,
) -> Option<ZSide> {
    let email = refs.keep(&format!("{at}.email"), Email::parse(&spec.email));
    let metro = refs.keep(&format!("{at}.metroCode"), MetroCode::parse(&spec.metro_code));
    let metro = refs.metro(metro, &format!("{at}.metroCode")).await;
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
