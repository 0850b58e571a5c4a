//! From the spec to an order: values parsed, references resolved, everything wrong told at once.
//!
//! Reads at the provider and reads Secrets; changes nothing.

use kube::ResourceExt;
use sha2::{Digest, Sha256};

use super::{
    far_side::{far_side, merged},
    line::Part,
    near::Near,
    permits,
    references::{Purpose, References},
};
use crate::{
    api::{FabricConnection, RedundancyPriority, Resolved},
    controller::{accounts::Session, context::Context, ports, problem::Problem, status::Error},
    domain::{
        ASide, ConnectionName, Email, Flow, Half, Invalid, Join, Mbps, Money, Order, Priority,
        PurchaseOrderNumber, Term,
    },
};

/// An order that can be sent, and what its references were found to be.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Desired {
    /// The line that the order is for; a pair counts as its primary.
    pub(super) part: Part,
    pub(super) order: Order,
    pub(super) resolved: Resolved,
    /// What all lines of the resource cost a month, if it is known.
    pub(super) price: Option<Money>,
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
    purpose: Purpose,
    session: &Session,
    context: &Context,
) -> Result<Result<Desired, Vec<Problem>>, Error> {
    let spec = &object.spec;
    let mut refs = References::new(object, purpose, session, context);
    refs.problems.extend(permits::unsupported(object, session.provider.can()));
    let bandwidth = refs.keep("spec.bandwidthMbps", Mbps::new(spec.bandwidth_mbps));
    let number = spec.purchase_order_number.as_deref().map(PurchaseOrderNumber::parse).transpose();
    let number = refs.keep("spec.purchaseOrderNumber", number);
    let emails = spec.notifications.iter().map(|e| Email::parse(e)).collect::<Result<Vec<_>, _>>();
    let emails = refs.keep("spec.notifications", emails);
    let term = refs.keep("spec.termMonths", spec.term_months.map(Term::new).transpose());
    let mut resolved = Resolved::default();
    let at = At { root: "spec", part: Part::Primary, bandwidth };
    let primary = half(&mut refs, at, &spec.a_side, &spec.z_side, &mut resolved).await?;
    let secondary = match &spec.secondary {
        None => None,
        Some(second) => {
            let at = At { root: "spec.secondary", part: Part::Secondary, bandwidth };
            let z_side = merged(&spec.z_side, second.z_side.as_ref());
            // What the second half resolves to besides its port is what the first does.
            let mut own = Resolved::default();
            half(&mut refs, at, &second.a_side, &z_side, &mut own).await?
        }
    };
    let missing_half = spec.secondary.is_some() && secondary.is_none();
    let problems = refs.problems;
    let parts = (primary, bandwidth, number, emails, term);
    let (
        Some(primary),
        Some(bandwidth),
        Some(purchase_order_number),
        Some(notifications),
        Some(term),
    ) = parts
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
        term,
        notifications,
        a_side,
        z_side,
        secondary,
        join,
    };
    Ok(Ok(Desired { part: Part::Primary, order, resolved, price: None }))
}

/// Where in the spec a half stands.
#[derive(Clone, Copy)]
struct At {
    root: &'static str,
    part: Part,
    bandwidth: Option<Mbps>,
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
    let near = refs.keep(&format!("{root}.aSide.linkProtocol"), ports::link(&a_side.link_protocol));
    let port = refs.port(&a_side.port, &format!("{root}.aSide.port")).await;
    if let (Some(port), Some(near)) = (&port, near) {
        let at = format!("{root}.aSide.linkProtocol");
        refs.problems.extend(ports::may_order(port, near, &at));
    }
    resolved.port_uuid = port.as_ref().map(|port| port.id.to_string());
    let ends = Near { part: at.part, port: port.as_ref(), link: near, bandwidth: at.bandwidth };
    let z_side = far_side(refs, root, z_side, ends, resolved).await?;
    let (Some(name), Some(port), Some(link), Some(z_side)) = (name, port, near, z_side) else {
        return Ok(None);
    };
    Ok(Some(Half { name, a_side: ASide { port: port.id, link }, z_side }))
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

/// Who is at the other end, as far as it changes what a state means.
pub(in crate::controller) fn flow(object: &FabricConnection) -> Flow {
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
