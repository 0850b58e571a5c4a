//! From the spec to an order: parses values, resolves references, and reports everything wrong at once.
//!
//! Reads at the provider and reads Secrets; changes nothing.

mod answers;
pub(super) mod checks;
pub(super) mod lookups;
pub(super) mod price;
mod z_side;

use kube::ResourceExt;
use sha2::{Digest, Sha256};

use fabric_api::{FabricConnection, Reason, RedundancyPriority, Resolved};
use fabric_domain::{
    ASide, ConnectionName, Email, Invalid, Join, Leg, LegOrder, LinkProtocol, Mbps, Money, Order,
    Port, PurchaseOrderNumber, Term,
};

use crate::{
    account::{ports, session::Session},
    connection::{
        ConnectionPass,
        resolve::lookups::{Purpose, References},
    },
    reconcile::{problem::Problem, status::ApiError},
};
use z_side::{ResolvedZSide, merged, resolve_z_side};

/// An order that can be sent, and what its references were found to be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Desired {
    /// The line that the order is for; a pair counts as its primary.
    pub(super) leg: Leg,
    pub(super) order: Order,
    pub(super) resolved: Resolved,
    /// What all lines of the resource cost a month, if it is known.
    pub(super) price: Option<Money>,
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
    pub(super) leg: Leg,
    pub(super) port: Option<&'a Port>,
    /// `None` also if the port does not carry it: a tag that fits no port needs no second remedy.
    pub(super) link: Option<LinkProtocol>,
    pub(super) bandwidth: Option<Mbps>,
}

/// Builds the order, or says everything that is in its way.
pub(super) async fn resolve(
    pass: &ConnectionPass<'_>,
    purpose: Purpose,
    session: &Session,
) -> Result<Result<Desired, Problem>, ApiError> {
    let (object, spec) = (pass.object, &pass.object.spec);
    let mut refs = References::new(pass, purpose, session);
    refs.problems.extend(checks::unsupported(object, session.reads.can()));
    let bandwidth = refs.keep("spec.bandwidthMbps", Mbps::new(spec.bandwidth_mbps));
    let number = spec.purchase_order_number.as_deref().map(PurchaseOrderNumber::parse).transpose();
    let number = refs.keep("spec.purchaseOrderNumber", number);
    let emails = spec.notifications.iter().map(|e| Email::parse(e)).collect::<Result<Vec<_>, _>>();
    let emails = refs.keep("spec.notifications", emails);
    let term = refs.keep("spec.termMonths", spec.term_months.map(Term::new).transpose());
    refs.answers = answers::read(&mut refs).await?;
    let at = At { root: "spec", leg: Leg::Primary, bandwidth };
    let primary = leg_order(&mut refs, at, &spec.a_side, &spec.z_side).await?;
    let secondary = match &spec.secondary {
        None => None,
        Some(second) => {
            let at = At { root: "spec.secondary", leg: Leg::Secondary, bandwidth };
            let z_side = merged(&spec.z_side, second.z_side.as_ref());
            leg_order(&mut refs, at, &second.a_side, &z_side).await?
        }
    };
    let lacks_secondary = spec.secondary.is_some() && secondary.is_none();
    if let (Some((first, _)), Some((second, _))) = (&primary, &secondary)
        && first.a_side == second.a_side
    {
        refs.invalid(
            "spec.secondary.aSide has the port and tags of spec.aSide, and one of them carries one connection; give it another port or tag",
        );
    }
    let References { problems, answers, .. } = refs;
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
    Ok(Ok(Desired { leg: Leg::Primary, order, resolved, price: None }))
}

/// Several problems as one.
fn all(problems: &[Problem]) -> Problem {
    let unclear = || Problem::stalled(Reason::InvalidSpec, "the spec cannot be ordered");
    Problem::all(problems).unwrap_or_else(unclear)
}

/// Where in the spec a leg stands.
#[derive(Clone, Copy)]
struct At {
    root: &'static str,
    leg: Leg,
    bandwidth: Option<Mbps>,
}

/// The order of one leg, and what its references were found to be.
async fn leg_order(
    refs: &mut References<'_>,
    at: At,
    a_side: &fabric_api::ASide,
    z_side: &fabric_api::ZSide,
) -> Result<Option<(LegOrder, Resolved)>, ApiError> {
    let root = at.root;
    let name = refs.keep(&format!("{root}.name"), connection_name(refs.object, at.leg));
    let link = refs.keep(&format!("{root}.aSide.linkProtocol"), ports::link(&a_side.link_protocol));
    let port = refs.port(&a_side.port, &format!("{root}.aSide.port")).await;
    if let (Some(port), Some(link)) = (&port, link) {
        let at = format!("{root}.aSide.linkProtocol");
        refs.problems.extend(ports::may_order(port, link, &at));
    }
    let from = ASideContext {
        leg: at.leg,
        port: port.as_ref(),
        link: ports::carried(port.as_ref(), link),
        bandwidth: at.bandwidth,
    };
    let z_side = resolve_z_side(refs, root, z_side, from).await?;
    let (Some(name), Some(port), Some(link), Some(z_side)) = (name, port, link, z_side) else {
        return Ok(None);
    };
    let ResolvedZSide { z_side, profile, metro } = z_side;
    let resolved = Resolved {
        port_uuid: Some(port.id.to_string()),
        profile_uuid: profile.as_ref().map(|profile| profile.id.to_string()),
        profile_name: profile.map(|profile| profile.name),
        metro_code: metro.map(|metro| metro.to_string()),
    };
    Ok(Some((LegOrder { name, a_side: ASide { port: port.id, link }, z_side }, resolved)))
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
