//! From the spec to an order: references resolved, values parsed, everything wrong told at once.
//!
//! Reads at the provider and reads Secrets; changes nothing.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1::Namespace;
use kube::{Api, ResourceExt};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};

use crate::{
    api::{
        AllowedNamespaces, FabricConnection, LinkProtocolType, ManagementPolicy, PeeringType,
        Reason, Resolved, SecretKeyRef, ServiceProfileRef,
    },
    controller::{
        accounts::Session,
        context::Context,
        problem::Problem,
        secrets,
        status::{Error, bounded},
    },
    domain::{
        ASide, AuthenticationKey, ConnectionName, Email, Encapsulation, Flow, Invalid,
        LinkProtocol, Mbps, MetroCode, Order, Peering, Port, ProfileId, PurchaseOrderNumber,
        ServiceProfile, ServiceTokenId, Vlan, ZSide,
    },
};

/// An order that can be sent, and what its references were found to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Desired {
    pub(super) order: Order,
    pub(super) resolved: Resolved,
}

/// What this version does not carry out, or the account's dialect does not offer.
pub(super) fn unsupported(object: &FabricConnection, session: &Session) -> Vec<Problem> {
    let spec = &object.spec;
    let can = session.provider.can();
    let z_side = &spec.z_side;
    let z_link = z_side.service_profile.as_ref().and_then(|p| p.link_protocol.as_ref());
    let version = "is not carried out by this version; remove it";
    let dialect = "is not offered by ECX v3; use a FabricAccount of dialect FabricV4";
    [
        (spec.secondary.is_some(), "spec.secondary", version),
        (spec.redundancy.is_some(), "spec.redundancy", version),
        (spec.max_monthly_price.is_some(), "spec.maxMonthlyPrice", version),
        (spec.adopt.is_some(), "spec.adopt", version),
        (
            spec.management_policy == ManagementPolicy::Observe,
            "spec.managementPolicy Observe",
            version,
        ),
        (z_side.port.is_some(), "spec.zSide.port", version),
        (z_link.is_some(), "spec.zSide.serviceProfile.linkProtocol", version),
        (z_side.service_token.is_some() && !can.service_tokens, "spec.zSide.serviceToken", dialect),
        (z_side.invitation.is_some() && !can.invitations, "spec.zSide.invitation", dialect),
    ]
    .into_iter()
    .filter(|(asked, _, _)| *asked)
    .map(|(_, field, why)| Problem::stalled(Reason::NotSupported, format!("{field} {why}")))
    .collect()
}

/// Whether the account lets the object's namespace order.
pub(super) async fn allowed(
    object: &FabricConnection,
    rule: Option<&AllowedNamespaces>,
    context: &Context,
) -> Result<Option<Problem>, Error> {
    let namespace = object.namespace().unwrap_or_default();
    let allowed = match rule {
        Some(AllowedNamespaces { all: Some(all), .. }) => *all,
        Some(AllowedNamespaces { names: Some(names), .. }) => names.contains(&namespace),
        Some(AllowedNamespaces { selector: Some(selector), .. }) => {
            let api: Api<Namespace> = Api::all(context.client.clone());
            let labels = bounded("reading the namespace", api.get(&namespace)).await?;
            selector.matches(labels.metadata.labels.as_ref().unwrap_or(&BTreeMap::new()))
        }
        Some(AllowedNamespaces { all: None, names: None, selector: None }) | None => false,
    };
    Ok((!allowed).then(|| {
        Problem::stalled(
            Reason::NamespaceNotAllowed,
            format!(
                "FabricAccount {} does not allow namespace {namespace}; ask its administrator to add it to spec.allowedNamespaces",
                object.spec.account
            ),
        )
    }))
}

/// Builds the order, or says everything that is in its way.
pub(super) async fn resolve(
    object: &FabricConnection,
    session: &Session,
    context: &Context,
) -> Result<Result<Desired, Vec<Problem>>, Error> {
    let spec = &object.spec;
    let mut problems = vec![];
    let name = keep(&mut problems, "spec.name", name(object));
    let bandwidth = keep(&mut problems, "spec.bandwidthMbps", Mbps::new(spec.bandwidth_mbps));
    let number = spec.purchase_order_number.as_deref().map(PurchaseOrderNumber::parse).transpose();
    let number = keep(&mut problems, "spec.purchaseOrderNumber", number);
    let emails = spec.notifications.iter().map(|e| Email::parse(e)).collect::<Result<Vec<_>, _>>();
    let emails = keep(&mut problems, "spec.notifications", emails);
    let link = keep(&mut problems, "spec.aSide.linkProtocol", link(object));
    let port = take(&mut problems, port(object, session).await);
    if let (Some(port), Some(link)) = (&port, link) {
        problems.extend(port_fits(port, link));
    }
    let mut resolved =
        Resolved { port_uuid: port.as_ref().map(|p| p.id.to_string()), ..Resolved::default() };
    let z_side = match z_side(object, session, context, port.as_ref(), &mut resolved).await? {
        Ok(z_side) => Some(z_side),
        Err(more) => {
            problems.extend(more);
            None
        }
    };
    let (Some(name), Some(bandwidth), Some(purchase_order_number), Some(notifications)) =
        (name, bandwidth, number, emails)
    else {
        return Ok(Err(problems));
    };
    let (Some(port), Some(link), Some(z_side), true) = (port, link, z_side, problems.is_empty())
    else {
        return Ok(Err(problems));
    };
    let a_side = ASide { port: port.id, link };
    let order = Order { name, bandwidth, purchase_order_number, notifications, a_side, z_side };
    Ok(Ok(Desired { order, resolved }))
}

fn keep<T>(problems: &mut Vec<Problem>, field: &str, value: Result<T, Invalid>) -> Option<T> {
    take(
        problems,
        value.map_err(|e| Problem::stalled(Reason::InvalidSpec, format!("{field}: {e}"))),
    )
}

fn take<T>(problems: &mut Vec<Problem>, value: Result<T, Problem>) -> Option<T> {
    value.map_err(|problem| problems.push(problem)).ok()
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

fn link(object: &FabricConnection) -> Result<LinkProtocol, Invalid> {
    let spec = &object.spec.a_side.link_protocol;
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

async fn port(object: &FabricConnection, session: &Session) -> Result<Port, Problem> {
    let spec = &object.spec.a_side.port;
    let fits = |port: &Port| match (&spec.uuid, &spec.name) {
        (Some(uuid), _) => port.id.as_str() == uuid,
        (None, Some(name)) => port.name == *name,
        (None, None) => false,
    };
    let asked = spec.uuid.as_deref().or(spec.name.as_deref()).unwrap_or_default();
    let account = &object.spec.account;
    let mut ports = session
        .ports(fits)
        .await
        .map_err(|error| Problem::of("listing the ports", account, &error))?;
    match (ports.pop(), ports.is_empty()) {
        (Some(port), true) => Ok(port),
        (Some(port), false) => {
            let all: Vec<String> = ports.iter().chain([&port]).map(|p| p.id.to_string()).collect();
            Err(Problem::stalled(
                Reason::PortAmbiguous,
                format!(
                    "several ports are named {asked}: give spec.aSide.port.uuid as one of {}",
                    all.join(", ")
                ),
            ))
        }
        (None, _) => Err(Problem::stalled(
            Reason::PortNotFound,
            format!(
                "FabricAccount {account} has no port {asked}; correct spec.aSide.port, or have the port assigned to the account"
            ),
        )),
    }
}

fn port_fits(port: &Port, link: LinkProtocol) -> Option<Problem> {
    let invalid = |message: String| Some(Problem::stalled(Reason::InvalidSpec, message));
    if port.may_order == Some(false) {
        return Some(Problem::stalled(
            Reason::Forbidden,
            format!(
                "the account may not order on port {}; ask the master administrator at Equinix for the right",
                port.id
            ),
        ));
    }
    match (port.encapsulation, link) {
        (Some(Encapsulation::Dot1q), LinkProtocol::Qinq { .. }) => invalid(format!(
            "port {} is a Dot1q port: give spec.aSide.linkProtocol type DOT1Q with vlanTag",
            port.id
        )),
        (Some(Encapsulation::Qinq), LinkProtocol::Dot1q(_)) => invalid(format!(
            "port {} is a QinQ port: give spec.aSide.linkProtocol type QINQ with vlanSTag",
            port.id
        )),
        (Some(Encapsulation::Untagged), _) => {
            invalid(format!("port {} takes no tags; choose a Dot1q or QinQ port", port.id))
        }
        (Some(Encapsulation::Dot1q), LinkProtocol::Dot1q(_))
        | (Some(Encapsulation::Qinq), LinkProtocol::Qinq { .. })
        | (None, _) => None,
    }
}

async fn z_side(
    object: &FabricConnection,
    session: &Session,
    context: &Context,
    port: Option<&Port>,
    resolved: &mut Resolved,
) -> Result<Result<ZSide, Vec<Problem>>, Error> {
    let spec = &object.spec.z_side;
    let mut problems = vec![];
    let side = if let Some(spec) = &spec.service_profile {
        let profile = take(&mut problems, profile(object, spec, session).await);
        let metro = match (&spec.metro_code, port.and_then(|p| p.metro)) {
            (Some(code), _) => {
                keep(&mut problems, "spec.zSide.serviceProfile.metroCode", MetroCode::parse(code))
            }
            (None, Some(metro)) => Some(metro),
            (None, None) => {
                if port.is_some() {
                    problems.push(Problem::stalled(
                        Reason::InvalidSpec,
                        "the port does not say its metro: give spec.zSide.serviceProfile.metroCode",
                    ));
                }
                None
            }
        };
        let metro = known_metro(object, session, metro, &mut problems).await;
        let key = match (&spec.authentication_key, &spec.authentication_key_ref) {
            (Some(key), _) => Some(SecretString::from(key.as_str())),
            (None, Some(reference)) => {
                take(&mut problems, secret(object, reference, context).await?)
            }
            (None, None) => None,
        };
        let key = key.map(|k| AuthenticationKey::parse(k.expose_secret())).transpose();
        let key = keep(&mut problems, "spec.zSide.serviceProfile.authenticationKey", key);
        resolved.profile_uuid = profile.as_ref().map(|p| p.id.to_string());
        resolved.profile_name = profile.as_ref().map(|p| p.name.clone());
        resolved.metro_code = metro.map(|m| m.to_string());
        match (profile, metro, key) {
            (Some(profile), Some(metro), Some(key)) => Some(ZSide::Profile {
                profile: profile.id,
                metro,
                seller_region: spec.seller_region.clone(),
                key,
                peering: spec.peering_type.map(peering),
            }),
            _ => None,
        }
    } else if let Some(spec) = &spec.service_token {
        let token = match (&spec.uuid, &spec.secret_ref) {
            (Some(uuid), _) => Some(SecretString::from(uuid.as_str())),
            (None, Some(reference)) => {
                take(&mut problems, secret(object, reference, context).await?)
            }
            (None, None) => None,
        };
        let token = token.map(|t| ServiceTokenId::parse(t.expose_secret())).transpose();
        keep(&mut problems, "spec.zSide.serviceToken", token).flatten().map(ZSide::Token)
    } else if let Some(spec) = &spec.invitation {
        let email = keep(&mut problems, "spec.zSide.invitation.email", Email::parse(&spec.email));
        let metro = MetroCode::parse(&spec.metro_code);
        let metro = keep(&mut problems, "spec.zSide.invitation.metroCode", metro);
        let metro = known_metro(object, session, metro, &mut problems).await;
        resolved.metro_code = metro.map(|m| m.to_string());
        match (email, metro) {
            (Some(email), Some(metro)) => {
                Some(ZSide::Invitation { email, message: spec.message.clone(), metro })
            }
            _ => None,
        }
    } else {
        None
    };
    Ok(match side {
        Some(side) if problems.is_empty() => Ok(side),
        _ => {
            if problems.is_empty() {
                problems.push(Problem::stalled(
                    Reason::InvalidSpec,
                    "spec.zSide needs exactly one of serviceProfile, port, serviceToken, invitation",
                ));
            }
            Err(problems)
        }
    })
}

async fn secret(
    object: &FabricConnection,
    reference: &SecretKeyRef,
    context: &Context,
) -> Result<Result<SecretString, Problem>, Error> {
    let namespace = object.namespace().unwrap_or_default();
    Ok(secrets::read_key(&context.client, &namespace, reference).await?)
}

async fn profile(
    object: &FabricConnection,
    spec: &ServiceProfileRef,
    session: &Session,
) -> Result<ServiceProfile, Problem> {
    let account = &object.spec.account;
    let not_found = |asked: &str| {
        Problem::stalled(
            Reason::ProfileNotFound,
            format!(
                "FabricAccount {account} sees no service profile {asked}; correct spec.zSide.serviceProfile, or ask the seller for access"
            ),
        )
    };
    match (&spec.uuid, &spec.name) {
        (Some(uuid), _) => {
            let id = ProfileId::parse(uuid).map_err(|_| not_found(uuid))?;
            session.profile(&id).await.map_err(|error| match error {
                crate::provider::Error::NotVisible(_)
                | crate::provider::Error::Refused(_)
                | crate::provider::Error::Gone(_) => {
                    let said = Problem::of("reading the service profile", account, &error);
                    Problem { faults: said.faults, ..not_found(uuid) }
                }
                error => Problem::of("reading the service profile", account, &error),
            })
        }
        (None, Some(name)) => {
            let mut found =
                session.provider.profiles_named(name).await.map_err(|error| {
                    Problem::of("listing the service profiles", account, &error)
                })?;
            match (found.pop(), found.is_empty()) {
                (Some(profile), true) => Ok(profile),
                (Some(profile), false) => {
                    let candidates: Vec<String> = found
                        .iter()
                        .chain([&profile])
                        .map(|p| match &p.organization {
                            Some(organization) => format!("{} of {organization}", p.id),
                            None => p.id.to_string(),
                        })
                        .collect();
                    Err(Problem::stalled(
                        Reason::ProfileAmbiguous,
                        format!(
                            "several service profiles are named {name}: give spec.zSide.serviceProfile.uuid as one of {}",
                            candidates.join(", ")
                        ),
                    ))
                }
                (None, _) => Err(not_found(name)),
            }
        }
        (None, None) => Err(not_found("")),
    }
}

async fn known_metro(
    object: &FabricConnection,
    session: &Session,
    metro: Option<MetroCode>,
    problems: &mut Vec<Problem>,
) -> Option<MetroCode> {
    let metro = metro?;
    let account = &object.spec.account;
    let metros = session.metros().await;
    let metros =
        take(problems, metros.map_err(|e| Problem::of("listing the metros", account, &e)))?;
    if metros.iter().any(|m| m.code == metro) {
        return Some(metro);
    }
    let codes: Vec<&str> = metros.iter().map(|m| m.code.as_str()).collect();
    problems.push(Problem::stalled(
        Reason::MetroNotFound,
        format!("there is no metro {metro}; the metros are {}", codes.join(", ")),
    ));
    None
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
    let resolved = object.status.as_ref().and_then(|s| s.resolved.as_ref());
    let found = resolved.and_then(|r| r.profile_name.as_deref());
    let named = z_side.service_profile.as_ref().and_then(|p| p.name.as_deref());
    found.or(named).map_or(Flow::Seller, Flow::of_profile)
}
