//! From the spec to an order: parses values, resolves references, and reports everything wrong at once.
//!
//! Each check needs only what it is about, so that no mistake hides another: the tags need port and
//! profile, the reach two metros, the check of a key profile, metro and key. Reads at the provider and
//! reads Secrets; changes nothing.

mod answers;
pub(super) mod checks;
pub(super) mod fields;
pub(super) mod lookups;
pub(super) mod moved_key;
pub(super) mod price;
mod z_side;

use kube::ResourceExt;
use sha2::{Digest, Sha256};

use fabric_api::{FabricConnection, Reason, RedundancyPriority, Resolved};
use fabric_domain::{
    ASide, ConnectionName, Email, Invalid, Join, Leg, LegOrder, LinkProtocol, Mbps, Money, Order,
    Port, PurchaseOrderNumber, ServiceTokenId, Term, ZSide,
};

use crate::{
    account::{
        grants::{AccountUse, Granted},
        ports,
        session::Session,
    },
    connection::{
        ConnectionPass,
        resolve::{
            fields::{BANDWIDTH, SpecFields},
            lookups::{Purpose, References},
        },
    },
    reconcile::{problem::Problem, status::ApiError},
};
use z_side::{FoundZSide, ResolvedZSide, merged, resolve_z_side};

/// An order that can be sent, and what its references were found to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Desired {
    /// The line that the order is for; a pair counts as its primary.
    pub(super) leg: Leg,
    pub(super) order: Order,
    pub(super) resolved: Resolved,
    /// What all connections of the resource cost a month, if it is known.
    pub(super) price: Option<Money>,
    /// What the order uses of the account.
    pub(super) asked: AccountUse,
}

impl Desired {
    /// The lines that the order makes.
    pub(super) fn sides(&self) -> impl Iterator<Item = (Leg, &ConnectionName, &ASide)> {
        let half = self.order.secondary.as_ref();
        let half = half.map(|half| (Leg::Secondary, &half.name, &half.a_side));
        [(self.leg, &self.order.name, &self.order.a_side)].into_iter().chain(half)
    }
}

/// The A side of a leg, as far as it is resolved.
#[derive(Clone, Copy)]
pub(super) struct ASideContext<'a> {
    pub(super) fields: SpecFields<'a>,
    pub(super) port: Option<&'a Port>,
    /// `None` also if the port does not carry it: a tag that fits no port needs no second remedy.
    pub(super) link: Option<LinkProtocol>,
    pub(super) bandwidth: Option<Mbps>,
}

/// Builds the order, or says everything that is in its way. What is not `granted` is not found.
pub(super) async fn resolve(
    pass: &ConnectionPass<'_>,
    purpose: Purpose,
    session: &Session,
    granted: Option<&Granted>,
) -> Result<Result<Desired, Problem>, ApiError> {
    let (object, spec) = (pass.object, &pass.object.spec);
    let mut refs = References::new(pass, purpose, session, granted);
    refs.problems.extend(checks::unsupported(object, session.reads.can()));
    let bandwidth = refs.keep(BANDWIDTH, Mbps::new(spec.bandwidth_mbps));
    let number = spec.purchase_order_number.as_deref().map(PurchaseOrderNumber::parse).transpose();
    let number = refs.keep("spec.purchaseOrderNumber", number);
    let emails: Vec<Option<Email>> = spec
        .notifications
        .iter()
        .enumerate()
        .map(|(at, email)| refs.keep(&format!("spec.notifications[{at}]"), Email::parse(email)))
        .collect();
    let emails: Option<Vec<Email>> = emails.into_iter().collect();
    let term = refs.keep("spec.termMonths", spec.term_months.map(Term::new).transpose());
    refs.answers = answers::read(&mut refs).await?;
    if purpose == Purpose::Order {
        let limit = spec.max_monthly_price.as_ref().map(price::most).transpose();
        refs.keep("spec.maxMonthlyPrice", limit);
    }
    let fields = SpecFields::primary();
    let primary = leg_order(&mut refs, fields, bandwidth, &spec.a_side, &spec.z_side).await?;
    let secondary = match &spec.secondary {
        None => None,
        Some(second) => {
            let fields = SpecFields::secondary(second.z_side.as_ref());
            let z_side = merged(&spec.z_side, second.z_side.as_ref());
            Some(leg_order(&mut refs, fields, bandwidth, &second.a_side, &z_side).await?)
        }
    };
    let legs: Vec<&ResolvedLeg> = [&primary].into_iter().chain(&secondary).collect();
    refs.problems.extend(checks::crossed(&legs));
    if purpose == Purpose::Order {
        refs.problems.extend(checks::halves(&legs, session.reads.can()));
    }
    let secondary = secondary.map(|secondary| secondary.order);
    let lacks_secondary = matches!(secondary, Some(None));
    let secondary = secondary.flatten();
    let primary = primary.order;
    let References { problems, answers, asked, .. } = refs;
    let asked = AccountUse { bandwidth: Some(spec.bandwidth_mbps), ..asked };
    let legs = (primary, bandwidth, number, emails, term);
    let (
        Some((primary, resolved)),
        Some(bandwidth),
        Some(purchase_order_number),
        Some(notifications),
        Some(term),
    ) = legs
    else {
        return Ok(Err(all(&problems)));
    };
    if lacks_secondary || !problems.is_empty() {
        return Ok(Err(all(&problems)));
    }
    let join = spec.redundancy.as_ref().map(|join| Join {
        group: join.group.clone(),
        leg: match join.priority {
            RedundancyPriority::Primary => Leg::Primary,
            RedundancyPriority::Secondary => Leg::Secondary,
        },
    });
    let LegOrder { name, a_side, z_side } = primary;
    let order = Order {
        name,
        bandwidth,
        purchase_order_number,
        reference: None,
        term,
        notifications,
        answers: answers.into_iter().flatten().collect(),
        a_side,
        z_side,
        // What the secondary resolves to besides its port is what the primary does.
        secondary: secondary.map(|(secondary, _)| secondary),
        join,
    };
    Ok(Ok(Desired { leg: Leg::Primary, order, resolved, price: None, asked }))
}

/// Several problems as one.
fn all(problems: &[Problem]) -> Problem {
    let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be ordered");
    Problem::all(problems).unwrap_or_else(unclear)
}

/// A leg, as far as it is resolved.
pub(super) struct ResolvedLeg {
    /// The port and tags of each end that is a port of the account, with the field of its tags.
    pub(super) ends: Vec<(&'static str, Port, LinkProtocol)>,
    /// The service token and its field, if the Z side is one.
    pub(super) token: Option<(&'static str, ServiceTokenId)>,
    /// The order of the leg, and what its references were found to be; `None` if a problem is in the
    /// way.
    pub(super) order: Option<(LegOrder, Resolved)>,
}

async fn leg_order(
    refs: &mut References<'_>,
    fields: SpecFields<'_>,
    bandwidth: Option<Mbps>,
    a_side: &fabric_api::ASide,
    z_side: &fabric_api::ZSide,
) -> Result<ResolvedLeg, ApiError> {
    let name = refs.keep(fields.name(), connection_name(refs.object, fields.leg()));
    let link = refs.keep(fields.a_link(), ports::link(&a_side.link_protocol));
    let port = refs.port(&a_side.port, fields.a_port()).await;
    if let Some(port) = &port {
        if let Some(link) = link {
            refs.uses(port, link, fields.a_port(), fields.a_link());
        }
        refs.problems.extend(ports::may_order(port));
        refs.problems.extend(link.and_then(|link| ports::carries(port, link, fields.a_link())));
        if refs.purpose == Purpose::Order {
            refs.problems.extend(checks::port_speed(port, bandwidth));
        }
    }
    let from = ASideContext {
        fields,
        port: port.as_ref(),
        link: ports::carried(port.as_ref(), link),
        bandwidth,
    };
    let ResolvedZSide { z_port, found } = resolve_z_side(refs, z_side, from).await?;
    let a_end = port.clone().zip(link).map(|(port, link)| (fields.a_link(), port, link));
    let ends = a_end.into_iter().chain(z_port).collect();
    let token = found.as_ref().and_then(|found| match &found.z_side {
        ZSide::Token(token) => Some((fields.token(), token.clone())),
        ZSide::Profile { .. } | ZSide::Port { .. } | ZSide::Invitation { .. } => None,
    });
    let (Some(name), Some(port), Some(link), Some(found)) = (name, port, link, found) else {
        return Ok(ResolvedLeg { ends, token, order: None });
    };
    let FoundZSide { z_side, profile, metro } = found;
    let resolved = Resolved {
        port_uuid: Some(port.id.to_string()),
        profile_uuid: profile.as_ref().map(|profile| profile.id.to_string()),
        profile_name: profile.map(|profile| profile.name),
        metro_code: metro.map(|metro| metro.to_string()),
    };
    let order = LegOrder { name, a_side: ASide { port: port.id, link }, z_side };
    Ok(ResolvedLeg { ends, token, order: Some((order, resolved)) })
}

/// Whether a line's name is made from the resource, and so proves whose it is.
pub(super) fn name_is_made(object: &FabricConnection, leg: Leg) -> bool {
    match leg {
        Leg::Primary => object.spec.name.is_none(),
        Leg::Secondary => object.spec.secondary.as_ref().is_some_and(|half| half.name.is_none()),
    }
}

/// The name at the provider: the spec's, or one made from the resource's name and uid.
pub(super) fn connection_name(
    object: &FabricConnection,
    leg: Leg,
) -> Result<ConnectionName, Invalid> {
    connection_name_with(object, &object.uid().unwrap_or_default(), leg)
}

/// The name that `object` would give if its uid were `uid`.
pub(super) fn connection_name_with(
    object: &FabricConnection,
    uid: &str,
    leg: Leg,
) -> Result<ConnectionName, Invalid> {
    let given = match leg {
        Leg::Primary => object.spec.name.as_deref(),
        Leg::Secondary => object.spec.secondary.as_ref().and_then(|half| half.name.as_deref()),
    };
    if let Some(name) = given {
        return ConnectionName::parse(name);
    }
    let hash: [u8; 32] = Sha256::digest(uid).into();
    let hash = u32::from_be_bytes(hash.first_chunk().copied().unwrap_or_default());
    let (length, end) = match leg {
        Leg::Primary => (15, ""),
        Leg::Secondary => (13, "-2"),
    };
    let readable: String = object
        .name_any()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '-' })
        .take(length)
        .collect();
    ConnectionName::parse(&format!("{readable}-{hash:08x}{end}"))
}
